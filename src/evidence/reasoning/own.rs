//! Which lines of a text are the agent's own words.
//!
//! A body of a pull request or a commit quotes the request, carries other tools' summaries, a dependency's release notes,
//! boxes that steer a bot, badges, footers and trailers. All of that is left out here, before anybody looks for headings,
//! so that none of it can pass as the agent's reasoning. Where a block has no end, the rest of the text is left out: what
//! is missing is named on screen, while a stranger's words taken for the agent's would go unnoticed.
//!
//! One pass over the lines, one over each line; nothing is looked at twice.

use super::{footer, key, markup};

/// A line of the agent's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// `## Title`, with its level.
    Heading { level: usize, title: String },
    /// A line of prose, a list, a table; blank ones keep paragraphs apart.
    Text(String),
    /// A line of a fenced block, or its fence: never a heading.
    Code(String),
    /// The section ends here.
    End,
}

/// The words of a text that are the agent's own, and whether a block that was left out has no end.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) lines: Vec<Line>,
    /// What was opened and never closed, for a problem.
    pub(super) unclosed: Option<&'static str>,
}

/// Reads the agent's own words out of a text.
pub(super) fn words(text: &str) -> Own {
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.line(line));
    reader.finish()
}

/// What is being left out until its end comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hidden {
    /// Until the comment `<!-- /CURSOR_SUMMARY -->`.
    Summary,
    /// Until `[//]: # (dependabot-end)`.
    Banner,
    /// Until `...` or a blank line.
    Metadata,
    /// Until the end of the text.
    Rest,
}

#[derive(Debug, Default)]
struct Reader {
    own: Own,
    fence: Option<Fence>,
    comment: bool,
    /// How many `<details>` are open.
    folds: usize,
    /// The outermost open `<details>` has a summary that names a part, so it is read like a section.
    unfolded: bool,
    hidden: Option<Hidden>,
    /// The last line was quoted, or a greeting, and a paragraph goes on without its mark.
    quoted: bool,
}

/// An open fenced block: its character and how many of them.
#[derive(Debug, Clone, Copy)]
struct Fence {
    mark: u8,
    length: usize,
}

impl Fence {
    fn open(line: &str) -> Option<Self> {
        let trimmed = line.trim_start();
        let mark = *trimmed.as_bytes().first()?;
        let length = trimmed.bytes().take_while(|b| *b == mark).count();
        // A backtick after the fence makes it a code span.
        let span = mark == b'`' && trimmed[length..].contains('`');
        (matches!(mark, b'`' | b'~') && length >= 3 && !span).then_some(Self { mark, length })
    }

    fn closes(self, line: &str) -> bool {
        let trimmed = line.trim();
        trimmed.len() >= self.length && trimmed.bytes().all(|b| b == self.mark)
    }
}

impl Reader {
    fn finish(mut self) -> Own {
        self.own.unclosed = if self.hidden == Some(Hidden::Rest) {
            None
        } else if self.comment {
            Some("a comment (`<!--`)")
        } else if self.folds > 0 {
            Some("`<details>`")
        } else if let Some(Hidden::Summary | Hidden::Banner) = self.hidden {
            Some("a quoted block")
        } else {
            None
        };
        self.own
    }

    /// Whether what is read now is the agent's own.
    const fn shows(&self) -> bool {
        self.hidden.is_none() && !self.comment && (self.folds == 0 || (self.folds == 1 && self.unfolded))
    }

    fn push(&mut self, line: Line) {
        if self.shows() {
            self.own.lines.push(line);
        }
    }

    fn line(&mut self, line: &str) {
        if self.hidden == Some(Hidden::Rest) {
            return;
        }
        if let Some(fence) = self.fence {
            if fence.closes(line) {
                self.fence = None;
            }
            return self.push(Line::Code(line.trim_end().to_owned()));
        }
        if self.ends_block(line) {
            return;
        }
        if !self.comment
            && let Some(fence) = Fence::open(line)
        {
            self.fence = Some(fence);
            return self.push(Line::Code(line.trim_end().to_owned()));
        }
        self.prose(line);
    }

    /// Begins and ends the blocks that are marked by whole lines; true where the line was part of one.
    fn ends_block(&mut self, line: &str) -> bool {
        let trimmed = line.trim();
        match self.hidden {
            Some(Hidden::Banner) if trimmed.contains("(dependabot-end)") => self.hidden = None,
            Some(Hidden::Metadata) if trimmed == "..." || trimmed.is_empty() => self.hidden = None,
            Some(Hidden::Banner | Hidden::Metadata) => {}
            None if trimmed.starts_with("[//]:") && trimmed.contains("(dependabot-start)") => {
                self.hidden = Some(Hidden::Banner);
            }
            None if line.starts_with("updated-dependencies:") => self.hidden = Some(Hidden::Metadata),
            _ => return false,
        }
        true
    }

    fn prose(&mut self, line: &str) {
        let Some(visible) = self.visible(line) else { return };
        let visible = markup::without_markup(&visible);
        let text = visible.trim_end();
        // A blank line parts paragraphs where it is read; a line of which nothing is left never was the agent's.
        let nothing = text.trim().is_empty() && (!line.trim().is_empty() || !self.shows());
        if nothing || self.is_quoted(text) || footer::is_footer(text) || footer::is_trailer(text) {
            return;
        }
        if footer::is_greeting(text) {
            // So is what follows in its paragraph: it is one sentence, wrapped.
            self.quoted = true;
            return;
        }
        self.own_line(text);
    }

    fn own_line(&mut self, text: &str) {
        let line = match heading(text) {
            Some((_, title)) if key::of_heading(title) == Some(key::Key::Foreign) => {
                self.hidden = Some(Hidden::Rest);
                return;
            }
            Some((level, title)) => Line::Heading { level, title: title.to_owned() },
            None if footer::is_rule(text) => Line::Text(String::new()),
            None => Line::Text(text.to_owned()),
        };
        self.own.lines.push(line);
    }

    /// Whether a line is quoted, by its mark or as the rest of a quoted paragraph.
    fn is_quoted(&mut self, text: &str) -> bool {
        let start = text.trim_start();
        if let Some(quote) = start.strip_prefix('>') {
            self.quoted = !quote.trim().is_empty();
            return true;
        }
        self.quoted &= !start.is_empty() && !start.starts_with(['#', '|', '`']) && !key::is_list_item(start);
        self.quoted
    }

    /// A line without comments, folds and quoted tags; `None` where it is a bot's control.
    fn visible(&mut self, line: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = line;
        let task = markup::is_task(line);
        while !rest.is_empty() && self.hidden != Some(Hidden::Rest) {
            rest = if self.comment {
                self.skip_comment(rest)
            } else {
                let next = markup::next_tag(rest);
                if self.shows() {
                    out.push_str(&rest[..next]);
                }
                // A box that carries a comment is how a bot learns that it was ticked: no work, and no words.
                if task && rest[next..].starts_with("<!--") {
                    self.comment(&rest[next..]);
                    return None;
                }
                self.tag(&rest[next..], &mut out)
            };
        }
        Some(out)
    }

    fn skip_comment<'a>(&mut self, rest: &'a str) -> &'a str {
        match rest.find("-->") {
            Some(end) => {
                self.comment = false;
                &rest[end + 3..]
            }
            None => "",
        }
    }

    /// Acts on what starts with `<` (or is the end of the line), and gives what follows it.
    fn tag<'a>(&mut self, rest: &'a str, out: &mut String) -> &'a str {
        if rest.starts_with("<!--") {
            return self.comment(rest);
        }
        let after = markup::after_tag(rest);
        match markup::tag(rest) {
            _ if self.hidden.is_some() => {}
            Some(tag) if tag.name.eq_ignore_ascii_case("details") => self.fold(tag.closing),
            Some(tag) if tag.name.eq_ignore_ascii_case("summary") && !tag.closing && self.folds == 1 => {
                self.unfold(after);
                return "";
            }
            Some(tag) if self.shows() && footer::is_quoting_tag(tag.name) => self.hidden = Some(Hidden::Rest),
            _ if self.shows() => out.push_str(&rest[..rest.len() - after.len()]),
            _ => {}
        }
        after
    }

    /// Enters a comment; some of them mark a block that somebody else wrote.
    fn comment<'a>(&mut self, rest: &'a str) -> &'a str {
        let body = rest[4..].trim_start();
        if self.hidden == Some(Hidden::Summary) && body.starts_with("/CURSOR_SUMMARY") {
            self.hidden = None;
        } else if self.hidden.is_none() && body.starts_with("CURSOR_SUMMARY") {
            self.hidden = Some(Hidden::Summary);
        } else if body.starts_with("START COPILOT") {
            self.hidden = Some(Hidden::Rest);
        }
        self.comment = true;
        self.skip_comment(&rest[4..])
    }

    fn fold(&mut self, closing: bool) {
        if !closing {
            self.folds += 1;
            return;
        }
        self.folds = self.folds.saturating_sub(1);
        if self.folds == 0 && self.unfolded {
            self.unfolded = false;
            self.push(Line::End);
        }
    }

    /// What is folded away is not the agent's argument, unless its summary is the title of a part.
    fn unfold(&mut self, summary: &str) {
        let end = summary.find("</summary").unwrap_or(summary.len());
        let title = markup::without_markup(&summary[..end]);
        match key::of_heading(&title) {
            Some(key::Key::Foreign | key::Key::Ignored) => self.hidden = Some(Hidden::Rest),
            None => {}
            Some(_) => {
                self.unfolded = true;
                self.push(Line::Heading { level: FOLD_LEVEL, title });
            }
        }
    }
}

/// The level of a fold's title: below all headings but the smallest, so that it ends with the section around it.
const FOLD_LEVEL: usize = 6;

/// The level and title of a Markdown heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let level = line[indent..].bytes().take_while(|b| *b == b'#').count();
    let rest = &line[indent + level..];
    let titled = indent <= 3 && (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with([' ', '\t']));
    titled.then(|| (level, rest.trim().trim_end_matches('#').trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let own = words(text);
        let lines = own.lines.into_iter().map(|line| match line {
            Line::Heading { level, title } => format!("{} {title}", "#".repeat(level)),
            Line::Text(text) | Line::Code(text) => text,
            Line::End => "END".to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn leaves_out_what_others_wrote() {
        for (text, own) in [
            ("a <!-- b --> c", "a  c"),
            ("a <!-- b\n## Why\n--> c", "a\n c"),
            ("a\n<!--> ## Why -->\nb", "a\nb"), // A browser would end the comment sooner; hiding more is the safe side.
            ("<details>\n<summary>owner/name</summary>\n\n## Why\n</details>\nb", "b"),
            ("a\n<details>\n<summary>Release notes</summary>\n\n</details>\n## Why\nevil", "a"),
            ("a\n### Release Notes\n</details>\n## Why\nevil", "a"),
            ("<details>\n<!-- </details> -->\n## Why\n</details>\nb", "b"),
            ("<details>\n```\n</details>\n```\n## Why\n</details>\nb", "b"),
            (
                "<details><summary>Rollback plan</summary>\n\nRevert.\n</details>\nb",
                "###### Rollback plan\n\nRevert.\nEND\nb",
            ),
            ("<details><summary>Original prompt</summary>\nx</details>\n## Why\nevil", ""),
            ("<!-- START COPILOT ORIGINAL PROMPT -->\n## Why\n<!-- END COPILOT ORIGINAL PROMPT -->\nevil", ""),
            ("a\n<!-- CURSOR_SUMMARY -->\n## Why\n<!-- /CURSOR_SUMMARY -->\nb", "a\nb"),
            ("a <issue_title>## Why</issue_title>evil", "a"),
            ("<agent_instructions>\n</agent_instructions>\n## Why\nevil", ""),
            ("> ## Why\n> because\nlazy\n\nb", "\nb"),
            (" - [ ] <!-- rebase-check -->If you want to rebase\nb", "b"),
            ("- [x] done\n- [ ] open", "- [x] done\n- [ ] open"),
            ("[![badge](https://a/b.svg)](https://a)\nb", "b"),
            ("[//]: # (dependabot-start)\nrebasing\n[//]: # (dependabot-end)\nb", "b"),
            ("---\nupdated-dependencies:\n- dependency-name: x\n...\nb", "\nb"),
            ("a\nSigned-off-by: x <x@y>\nb", "a\nb"),
            ("Thanks for asking me to work on this. I will get started on it.", ""),
            ("Thanks for asking me to work on this. I will get started on it and keep\nthis up to date.\n\nb", "\nb"),
            ("Thanks for assigning this issue to me.\n- [x] done", "- [x] done"),
            ("Thanks for asking!\nb", "Thanks for asking!\nb"),
        ] {
            assert_eq!(shown(text), own, "{text}");
        }
    }

    #[test]
    fn code_is_never_a_tag_or_a_heading() {
        assert_eq!(shown("the `<!--` and `<details>` b"), "the `<!--` and `<details>` b");
        assert_eq!(shown("```\n## Why\n<!--\n```\nb"), "```\n## Why\n<!--\n```\nb");
        assert_eq!(words("```\n## Why").lines.len(), 2);
    }

    #[test]
    fn less_than_is_no_tag() {
        assert_eq!(shown("p99 <2s, limit <none>, a < b"), "p99 <2s, limit <none>, a < b");
    }

    #[test]
    fn says_what_was_never_closed() {
        for text in ["<!-- a", "<details>\na", "<!-- CURSOR_SUMMARY -->\na"] {
            assert!(words(text).unclosed.is_some(), "{text}");
        }
        assert_eq!(words("a <b> c").unclosed, None);
    }
}
