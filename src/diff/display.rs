//! A line of hostile bytes as terminal columns.

use std::fmt::Write as _;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::SyntaxRole;
use crate::model::text::is_active;

/// What a span stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// Text as it is, tabs as spaces.
    Plain,
    /// A character that would act on its surroundings, shown as `<U+202E>`.
    Active,
    /// Bytes that are not UTF-8, shown as `\xNN`.
    Invalid,
    /// White space at the end of the line.
    Trailing,
}

/// A piece of a line, ready to be drawn in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Printable text, at least one column wide.
    pub text: String,
    /// Its columns.
    pub width: usize,
    /// The bytes of the line that it shows, or a part of them where they are cut at an edge.
    pub range: Range<usize>,
    /// What it stands for.
    pub kind: SpanKind,
    /// Whether the changed words cover it.
    pub emphasis: bool,
    /// Whether a search hit covers it.
    pub found: bool,
    /// Its role in the file's syntax.
    pub syntax: Option<SyntaxRole>,
}

/// Which columns of a line to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Columns between tab stops; at least 1.
    pub tab_width: usize,
    /// The first column, from 0.
    pub offset: usize,
    /// At most so many columns.
    pub columns: usize,
}

/// What is to be marked in a line, as ranges of its bytes, each list in order and without overlaps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marks<'a> {
    /// The changed words.
    pub words: &'a [Range<usize>],
    /// Search hits.
    pub found: &'a [Range<usize>],
    /// Syntax.
    pub syntax: &'a [(Range<usize>, SyntaxRole)],
}

/// The columns of a line that a window shows, as spans in order. Looks at no more bytes than the window needs, however long
/// the line is.
#[must_use]
pub fn display_line(line: &[u8], window: Window, marks: Marks<'_>) -> Vec<Span> {
    let mut painter = Painter { window, marks, spans: Vec::new(), column: 0, trailing: trailing_start(line) };
    let mut at = 0;
    for chunk in line.utf8_chunks() {
        for grapheme in chunk.valid().graphemes(true) {
            if painter.done() {
                return painter.spans;
            }
            painter.grapheme(grapheme, at);
            at += grapheme.len();
        }
        for byte in chunk.invalid() {
            painter.put(&format!("\\x{byte:02x}"), at..at + 1, SpanKind::Invalid);
            at += 1;
        }
    }
    painter.spans
}

fn trailing_start(line: &[u8]) -> usize {
    line.len() - line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}

struct Painter<'a> {
    window: Window,
    marks: Marks<'a>,
    spans: Vec<Span>,
    column: usize,
    trailing: usize,
}

impl Painter<'_> {
    fn done(&self) -> bool {
        self.column >= self.window.offset.saturating_add(self.window.columns)
    }

    fn grapheme(&mut self, grapheme: &str, at: usize) {
        let range = at..at + grapheme.len();
        if grapheme == "\t" {
            let tab = self.window.tab_width.max(1);
            let kind = if at >= self.trailing { SpanKind::Trailing } else { SpanKind::Plain };
            self.put(&" ".repeat(tab - self.column % tab), range, kind);
        } else if grapheme.chars().any(is_active) {
            for c in grapheme.chars() {
                let mut text = String::new();
                let _ = write!(text, "<U+{:04X}>", c as u32);
                self.put(&text, range.clone(), SpanKind::Active);
            }
        } else {
            let kind = if at >= self.trailing { SpanKind::Trailing } else { SpanKind::Plain };
            self.put(grapheme, range, kind);
        }
    }

    fn put(&mut self, text: &str, range: Range<usize>, kind: SpanKind) {
        let width = text.width();
        let column = self.column;
        self.column += width;
        if column < self.window.offset || self.column > self.window.offset.saturating_add(self.window.columns) {
            return;
        }
        let covers = |ranges: &[Range<usize>]| ranges.iter().any(|mark| mark.contains(&range.start));
        let (emphasis, found) = (covers(self.marks.words), covers(self.marks.found));
        let syntax = self.marks.syntax.iter().find(|mark| mark.0.contains(&range.start)).map(|mark| mark.1);
        match self.spans.last_mut() {
            Some(span) if (span.kind, span.emphasis, span.found, span.syntax) == (kind, emphasis, found, syntax) => {
                span.text.push_str(text);
                span.width += width;
                span.range.end = range.end;
            }
            _ => self.spans.push(Span { text: text.to_owned(), width, range, kind, emphasis, found, syntax }),
        }
    }
}
