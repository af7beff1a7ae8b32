//! Markdown's colours, by hand: the grammar that comes with the others embeds forty of them and takes 20 to 35 MB.

use std::ops::Range;

use super::SyntaxRole;
use super::highlight::Roles;

/// What is known before a line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Markdown {
    /// The fence that the line is in: its character and how many of them.
    fence: Option<(u8, usize)>,
    /// The line is in a comment.
    comment: bool,
}

impl Markdown {
    /// The roles of one line, without its line ending.
    pub(super) fn line(&mut self, line: &[u8]) -> Roles {
        let indent = line.iter().take_while(|byte| **byte == b' ').count();
        let rest = &line[indent..];
        if let Some(fence) = self.fence {
            return self.fenced(line, rest, fence);
        }
        if self.comment || rest.starts_with(b"<!--") {
            self.comment = !rest.windows(3).any(|bytes| bytes == b"-->");
            return role(indent..line.len(), SyntaxRole::Comment);
        }
        if let Some(fence) = fence(rest) {
            self.fence = Some(fence);
            return role(indent..line.len(), SyntaxRole::Punctuation);
        }
        let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
        if (1..=6).contains(&hashes) && rest.get(hashes).is_none_or(|byte| *byte == b' ') {
            return role(indent..line.len(), SyntaxRole::Heading);
        }
        let marker = marker(rest);
        let mut roles = role(indent..indent + marker, SyntaxRole::Punctuation);
        roles.extend(code_spans(line, indent + marker));
        roles
    }

    fn fenced(&mut self, line: &[u8], rest: &[u8], (character, length): (u8, usize)) -> Roles {
        let closes = fence(rest).is_some_and(|(other, longer)| other == character && longer >= length);
        if closes && rest.trim_ascii_end().iter().all(|byte| *byte == character) {
            self.fence = None;
            return role(line.len() - rest.len()..line.len(), SyntaxRole::Punctuation);
        }
        role(0..line.len(), SyntaxRole::String)
    }
}

fn role(range: Range<usize>, role: SyntaxRole) -> Roles {
    if range.is_empty() { Roles::new() } else { vec![(range, role)] }
}

/// The character and length of a code fence.
fn fence(line: &[u8]) -> Option<(u8, usize)> {
    let character = *line.first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = line.iter().take_while(|byte| **byte == character).count();
    // Backticks behind backticks are code within a line, not a fence.
    let inline = character == b'`' && line[length..].contains(&b'`');
    (length >= 3 && !inline).then_some((character, length))
}

/// How many bytes mark a list item or a quotation.
fn marker(line: &[u8]) -> usize {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (digits, line.get(digits), line.get(digits + 1)) {
        (0, Some(b'>'), _) | (0, Some(b'-' | b'*' | b'+'), None | Some(b' ')) => 1,
        (1..=9, Some(b'.' | b')'), None | Some(b' ')) => digits + 1,
        _ => 0,
    }
}

/// Code between backticks: as many at the end as at the start.
fn code_spans(line: &[u8], mut at: usize) -> Roles {
    let run = |from: usize| line[from..].iter().take_while(|byte| **byte == b'`').count();
    let next = |from: usize| line[from..].iter().position(|byte| *byte == b'`').map(|ahead| from + ahead);
    let mut roles = Roles::new();
    while let Some(start) = next(at) {
        let ticks = run(start);
        let mut end = next(start + ticks);
        while let Some(candidate) = end.filter(|candidate| run(*candidate) != ticks) {
            end = next(candidate + run(candidate));
        }
        at = end.map_or(start + ticks, |end| end + ticks);
        roles.extend(end.map(|_| (start..at, SyntaxRole::String)));
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document() {
        let mut markdown = Markdown::default();
        for (line, roles) in [
            ("# Title", vec![(0..7, SyntaxRole::Heading)]),
            ("#hashtag", vec![]),
            ("", vec![]),
            (
                "- item with `code` and ``a ` b``",
                vec![(0..1, SyntaxRole::Punctuation), (12..18, SyntaxRole::String), (23..32, SyntaxRole::String)],
            ),
            ("  12. numbered", vec![(2..5, SyntaxRole::Punctuation)]),
            ("> quoted", vec![(0..1, SyntaxRole::Punctuation)]),
            ("open ` tick", vec![]),
            ("-not a list", vec![]),
            ("```yaml", vec![(0..7, SyntaxRole::Punctuation)]),
            ("# not a title", vec![(0..13, SyntaxRole::String)]),
            ("``", vec![(0..2, SyntaxRole::String)]),
            ("```", vec![(0..3, SyntaxRole::Punctuation)]),
            ("<!-- a comment", vec![(0..14, SyntaxRole::Comment)]),
            ("ends -->", vec![(0..8, SyntaxRole::Comment)]),
            ("text", vec![]),
        ] {
            assert_eq!(markdown.line(line.as_bytes()), roles, "{line}");
        }
    }
}
