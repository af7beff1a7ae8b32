//! Where the values of a line end, so that what is behind them can be told to be a comment.

use super::node::{Node, Span, Value};
use super::parsed::Parsed;
use crate::diff::Lines;

/// For each line of a text, the offset behind its last value. Inside a value of several lines nothing is a comment.
#[derive(Debug)]
pub(super) struct Tails {
    ends: Vec<u32>,
}

/// The comment marks of a format.
pub(super) type Marks = &'static [&'static str];

impl Tails {
    pub fn of(lines: &Lines, parsed: &Parsed<'_>) -> Self {
        let mut tails = Self { ends: vec![0; lines.len() as usize] };
        for document in &parsed.documents {
            tails.node(lines, &document.root);
        }
        tails
    }

    fn node(&mut self, lines: &Lines, node: &Node<'_>) {
        match &node.value {
            Value::Scalar(_) => self.span(lines, node.span),
            Value::List(items) => items.iter().for_each(|item| self.node(lines, item)),
            Value::Map(entries) => {
                for entry in entries {
                    // A key is at most one line; of longer ones only values are measured.
                    let key = Span { start: entry.span.start, end: entry.node.span.start.max(entry.span.start) };
                    self.key(lines, key);
                    self.node(lines, &entry.node);
                }
            }
        }
    }

    /// A key: from where an entry begins to its colon or equals sign, which is on the same line.
    fn key(&mut self, lines: &Lines, span: Span) {
        let Some(line) = lines.line_at(span.start as usize) else { return };
        let end = (span.end as usize).min(lines.range(line).end);
        let bytes = lines.bytes().get(span.start as usize..end).unwrap_or_default();
        // Behind the key and before a value on a later line there may be a comment.
        let sign = bytes.iter().position(|b| matches!(b, b'#')).unwrap_or(bytes.len());
        self.mark(line, span.start + sign as u32);
    }

    fn span(&mut self, lines: &Lines, span: Span) {
        let last = (span.end as usize).saturating_sub(1).max(span.start as usize);
        let (Some(first), Some(end)) = (lines.line_at(span.start as usize), lines.line_at(last)) else { return };
        for line in first..end {
            self.mark(line, u32::MAX);
        }
        self.mark(end, span.end);
    }

    fn mark(&mut self, line: u32, end: u32) {
        if let Some(own) = self.ends.get_mut(line as usize) {
            *own = (*own).max(end);
        }
    }

    /// A line (from 0) cut into what it says and its comment, both trimmed.
    pub fn cut<'l>(&self, lines: &'l Lines, line: u32, marks: Marks) -> (&'l [u8], &'l [u8]) {
        let text = lines.line(line);
        let from = self.ends.get(line as usize).copied().unwrap_or(0);
        let from = (from as usize).saturating_sub(lines.range(line).start);
        let begins = |at: &usize| marks.iter().any(|mark| text[*at..].starts_with(mark.as_bytes()));
        let at = (from.min(text.len())..text.len()).find(begins).unwrap_or(text.len());
        (text[..at].trim_ascii(), text[at..].trim_ascii())
    }
}
