//! The little of Markdown and HTML that has to be known to tell text from what surrounds it.

/// A tag at the start of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) closing: bool,
}

/// The tag that a text starts with; `None` where `<` is only a sign, as in `<2s`.
pub(super) fn tag(text: &str) -> Option<Tag<'_>> {
    let rest = text.strip_prefix('<')?;
    let (closing, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
    (end > 0 && rest.starts_with(|c: char| c.is_ascii_alphabetic())).then(|| Tag { name: &rest[..end], closing })
}

/// What follows a tag that ends on its line; where none does, what follows its `<`.
pub(super) fn after_tag(text: &str) -> &str {
    if tag(text).is_none() {
        return text.get(1..).unwrap_or("");
    }
    // An unfinished tag takes its line with it, so that its search is the line's last.
    text.find('>').map_or("", |end| &text[end + 1..])
}

/// Where the next `<` is that no code span holds; the length of the text where there is none.
pub(super) fn next_tag(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'<' => return at,
            b'`' => at = after_span(text, at),
            _ => at += 1,
        }
    }
    text.len()
}

/// Where the code span that starts at `start` ends; after its ticks where they are never closed.
fn after_span(text: &str, start: usize) -> usize {
    let ticks = text[start..].bytes().take_while(|b| *b == b'`').count();
    let mut at = start + ticks;
    let bytes = text.as_bytes();
    // A span that goes on for longer is none that a person wrote; the limit keeps hostile lines linear.
    let limit = bytes.len().min(at + SPAN);
    while at < limit {
        let run = bytes[at..].iter().take_while(|b| **b == b'`').count();
        if run == ticks {
            return at + run;
        }
        at += run.max(1);
    }
    start + ticks
}

/// The longest code span that is looked for, in bytes.
const SPAN: usize = 512;

/// Whether a line is an item of a task list.
pub(super) fn is_task(line: &str) -> bool {
    let item = line.trim_start();
    let item = item.strip_prefix(['-', '*', '+']).map(str::trim_start).unwrap_or_default();
    ["[ ]", "[x]", "[X]"].iter().any(|mark| item.starts_with(mark))
}

/// Whether a line is an item of a task list that is not ticked.
pub(super) fn is_open_task(line: &str) -> bool {
    is_task(line) && line.trim_start()[1..].trim_start().starts_with("[ ]")
}

/// Tags that only lay out: they go, and what they surround stays.
const LAYOUT: [&str; 16] = [
    "a", "b", "br", "div", "em", "i", "img", "kbd", "p", "picture", "source", "span", "strong", "sub", "sup", "summary",
];

/// Entities that stand for nothing visible, which bots put into mentions and version numbers.
const INVISIBLE: [&str; 5] = ["&#8203;", "&#x200b;", "&#x200B;", "&ZeroWidthSpace;", "&#65279;"];

/// A line without images, layout tags and invisible entities.
pub(super) fn without_markup(line: &str) -> String {
    let mut line = without_images(line);
    if line.contains('&') {
        line = INVISIBLE.iter().fold(line, |line, entity| line.replace(entity, ""));
    }
    without_layout(&line)
}

fn without_layout(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    loop {
        let next = next_tag(rest);
        out.push_str(&rest[..next]);
        rest = &rest[next..];
        if rest.is_empty() {
            return out;
        }
        let after = after_tag(rest);
        let layout = tag(rest).is_some_and(|tag| LAYOUT.iter().any(|name| tag.name.eq_ignore_ascii_case(name)));
        if !layout {
            out.push_str(&rest[..rest.len() - after.len()]);
        }
        rest = after;
    }
}

/// A line without `![alt](source)` and `[![alt](source)](target)`. A search that fails is the line's last.
fn without_images(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find("![") {
        let Some(after) = after_link(&rest[start..]) else { break };
        // An image that is the text of a link goes with the link.
        let linked = rest[..start].strip_suffix('[').filter(|_| after.starts_with("]("));
        let (before, after) = linked.zip(after_link(after)).unwrap_or((&rest[..start], after));
        out.push_str(before);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What follows the next `](…)`.
fn after_link(text: &str) -> Option<&str> {
    let (_, target) = text.split_once("](")?;
    target.split_once(')').map(|(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_go_and_text_stays() {
        for (line, left) in [
            ("a ![x](y) b", "a  b"),
            ("[![x](y)](z) b", " b"),
            ("[![x](y)](z)[![x](y)](z)", ""),
            ("[x](y)", "[x](y)"),
            ("![unfinished](y", "![unfinished](y"),
            ("![![![", "![![!["),
            ("[![x](y) and [b](c)", "[ and [b](c)"),
            ("@&#8203;user<br>", "@user"),
            ("<a href=\"x\"><picture><img src=y></picture></a>", ""),
            ("a <none> b", "a <none> b"),
        ] {
            assert_eq!(without_markup(line), left, "{line}");
        }
    }

    #[test]
    fn tasks_are_told_from_lists() {
        assert!(is_task(" - [ ] a") && is_task("* [x] a") && !is_task("- a") && !is_task("[ ] a"));
        assert!(is_open_task("- [ ] a") && !is_open_task("- [x] a"));
    }
}
