//! A line of hostile bytes as terminal columns.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::SyntaxRole;
use crate::model::text::printable;

/// A grapheme of more characters than this is shown as codes: no writing system needs so many, and a line of them would
/// hang over its neighbours. Family emoji with skin tones have eleven.
const MAX_GRAPHEME: usize = 16;

/// As many bytes as a column can need: a grapheme of [`MAX_GRAPHEME`] characters of four bytes.
const BYTES_A_COLUMN: usize = MAX_GRAPHEME * 4;

/// White space at the end of a line is looked for in its last so many bytes.
const MAX_TRAILING: usize = 4_096;

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
    /// The bytes of the line that it shows; at an edge of the window perhaps only a part of their columns.
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

/// The columns of a line that a window shows, as spans in order, together at most as wide as the window. Looks at no more
/// bytes than the columns up to the window's end can need, however long the line is.
#[must_use]
pub fn display_line(line: &[u8], window: Window, marks: Marks<'_>) -> Vec<Span> {
    if window.columns == 0 {
        return Vec::new();
    }
    let end = window.offset.saturating_add(window.columns);
    let needed = end.saturating_mul(BYTES_A_COLUMN).min(line.len());
    let mut painter = Painter { window, end, marks, spans: Vec::new(), column: 0, trailing: trailing(line) };
    let mut at = 0;
    for chunk in line[..needed].utf8_chunks() {
        at = painter.valid(chunk.valid(), at);
        // A character that is cut where the looking stops is not invalid; nothing of it is in the window.
        if painter.done() || (at + chunk.invalid().len() == needed && needed < line.len()) {
            break;
        }
        for byte in chunk.invalid() {
            painter.put(&format!("\\x{byte:02x}"), at..at + 1, SpanKind::Invalid);
            at += 1;
        }
    }
    painter.spans
}

/// Where the white space at the end of a line starts.
fn trailing(line: &[u8]) -> usize {
    let near = &line[line.len().saturating_sub(MAX_TRAILING)..];
    line.len() - near.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}

struct Painter<'a> {
    window: Window,
    /// The column behind the window.
    end: usize,
    marks: Marks<'a>,
    spans: Vec<Span>,
    /// The column that comes next.
    column: usize,
    /// Where the white space at the end of the line starts.
    trailing: usize,
}

impl Painter<'_> {
    fn done(&self) -> bool {
        self.column >= self.end
    }

    /// Paints text that starts at byte `at`; returns where it ends.
    fn valid(&mut self, text: &str, mut at: usize) -> usize {
        let mut rest = text;
        while !rest.is_empty() && !self.done() {
            let ascii = plain_prefix(rest, self.end - self.column);
            let (piece, behind) = rest.split_at(if ascii > 0 { ascii } else { first_grapheme(rest) });
            if ascii > 0 {
                self.ascii(piece, at);
            } else {
                self.grapheme(piece, at);
            }
            at += piece.len();
            rest = behind;
        }
        at
    }

    /// Paints characters that are one column wide each.
    fn ascii(&mut self, text: &str, at: usize) {
        let blank = self.trailing.clamp(at, at + text.len()) - at;
        for (piece, range, kind) in [
            (&text[..blank], at..at + blank, SpanKind::Plain),
            (&text[blank..], at + blank..at + text.len(), SpanKind::Trailing),
        ] {
            let mut from = 0;
            while from < piece.len() {
                let to = self.marks.next_edge(range.start + from).unwrap_or(usize::MAX).min(range.end) - range.start;
                self.put(&piece[from..to], range.start + from..range.start + to, kind);
                from = to;
            }
        }
    }

    fn grapheme(&mut self, grapheme: &str, at: usize) {
        let range = at..at + grapheme.len();
        let kind = if at >= self.trailing { SpanKind::Trailing } else { SpanKind::Plain };
        if grapheme == "\t" {
            let tab = self.window.tab_width.max(1);
            return self.put(&" ".repeat(tab - self.column % tab), range, kind);
        }
        match printable(grapheme) {
            Cow::Borrowed(text) if text.width() > 0 && text.chars().count() <= MAX_GRAPHEME => {
                self.put(text, range, kind);
            }
            Cow::Owned(text) => self.put(&text, range, SpanKind::Active),
            Cow::Borrowed(text) => self.put(&codes(text), range, SpanKind::Active),
        }
    }

    /// Paints printable text that stands for a range of bytes, as far as the window shows it.
    fn put(&mut self, text: &str, range: Range<usize>, kind: SpanKind) {
        let width = columns(text);
        let start = self.column;
        self.column += width;
        if width == 0 || self.column <= self.window.offset || start >= self.end {
            return;
        }
        let left = self.window.offset.saturating_sub(start);
        let right = self.column.saturating_sub(self.end);
        let (text, range) = clip(text, range, (left, right));
        let span = Span {
            width: width - left - right,
            emphasis: covers(self.marks.words, range.start),
            found: covers(self.marks.found, range.start),
            syntax: self.marks.role(range.start),
            text: text.into_owned(),
            range,
            kind,
        };
        match self.spans.last_mut() {
            Some(last) if last.looks_like(&span) => last.append(&span),
            _ => self.spans.push(span),
        }
    }
}

impl Span {
    fn looks_like(&self, other: &Self) -> bool {
        let look = |span: &Self| (span.kind, span.emphasis, span.found, span.syntax);
        look(self) == look(other)
    }

    fn append(&mut self, behind: &Self) {
        self.text.push_str(&behind.text);
        self.width += behind.width;
        self.range.end = behind.range.end;
    }
}

impl Marks<'_> {
    /// The role at a byte.
    fn role(&self, at: usize) -> Option<SyntaxRole> {
        let next = self.syntax.partition_point(|(range, _)| range.end <= at);
        self.syntax.get(next).filter(|(range, _)| range.contains(&at)).map(|(_, role)| *role)
    }

    /// The first byte behind `at` where some mark starts or ends.
    fn next_edge(&self, at: usize) -> Option<usize> {
        let syntax = self.syntax.partition_point(|(range, _)| range.end <= at);
        let syntax = self.syntax.get(syntax).map(|(range, _)| edge(range, at));
        [edge_of(self.words, at), edge_of(self.found, at), syntax].into_iter().flatten().min()
    }
}

fn edge_of(ranges: &[Range<usize>], at: usize) -> Option<usize> {
    ranges.get(ranges.partition_point(|range| range.end <= at)).map(|range| edge(range, at))
}

/// The start of a range that lies ahead, else its end.
const fn edge(range: &Range<usize>, at: usize) -> usize {
    if range.start > at { range.start } else { range.end }
}

fn covers(ranges: &[Range<usize>], at: usize) -> bool {
    ranges.get(ranges.partition_point(|range| range.end <= at)).is_some_and(|range| range.contains(&at))
}

/// A text without so many columns at its left and right. What is cut of something wider than a column becomes blank.
fn clip(text: &str, range: Range<usize>, (left, right): (usize, usize)) -> (Cow<'_, str>, Range<usize>) {
    match (left, right) {
        (0, 0) => (Cow::Borrowed(text), range),
        // One byte a column; the bytes shown are only known where the text is what it stands for.
        _ if text.is_ascii() => {
            let same = text.len() == range.len();
            let bytes = if same { range.start + left..range.end - right } else { range };
            (Cow::Borrowed(&text[left..text.len() - right]), bytes)
        }
        _ => (Cow::Owned(" ".repeat(text.width() - left - right)), range),
    }
}

/// How many bytes at the start are printable ASCII, looking at few more than `columns`. The last of them before anything
/// else is left out: a combining mark may follow and belong to it.
fn plain_prefix(text: &str, columns: usize) -> usize {
    let ascii = text.bytes().take(columns.saturating_add(1)).take_while(|byte| matches!(byte, b' '..=b'~')).count();
    if text.as_bytes().get(ascii).is_none_or(u8::is_ascii) { ascii } else { ascii.saturating_sub(1) }
}

fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

fn first_grapheme(text: &str) -> usize {
    text.graphemes(true).next().map_or(text.len(), str::len)
}

/// Every character as its code.
fn codes(text: &str) -> String {
    text.chars().fold(String::new(), |mut codes, c| {
        let _ = write!(codes, "<U+{:04X}>", c as u32);
        codes
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(offset: usize, columns: usize) -> Window {
        Window { tab_width: 4, offset, columns }
    }

    fn shown(line: &[u8], window: Window) -> String {
        display_line(line, window, Marks::default()).into_iter().map(|span| span.text).collect()
    }

    #[test]
    fn lines_as_columns() {
        for (line, offset, columns, text) in [
            (&b"plain text"[..], 0, 80, "plain text"),
            (b"plain text", 0, 5, "plain"),
            (b"plain text", 6, 80, "text"),
            (b"plain text", 60, 80, ""),
            (b"", 0, 80, ""),
            (b"a\tb\t\tc", 0, 80, "a   b       c"),
            (b"a\tb", 2, 80, "  b"),
            ("日本語".as_bytes(), 0, 4, "日本"),
            ("日本語".as_bytes(), 0, 5, "日本 "),
            ("日本語".as_bytes(), 1, 80, " 本語"),
            ("e\u{301}a".as_bytes(), 0, 80, "e\u{301}a"),
            ("e\u{301}a".as_bytes(), 1, 80, "a"),
            ("👩‍👩‍👧 x".as_bytes(), 0, 80, "👩‍👩‍👧 x"),
            (b"a\x1b[2Jb", 0, 80, "a<U+001B>[2Jb"),
            (b"a\x1b[2Jb", 0, 4, "a<U+"),
            ("x\u{202e}y".as_bytes(), 0, 80, "x<U+202E>y"),
            ("\u{301}".as_bytes(), 0, 80, "<U+0301>"),
            (b"caf\xe9!", 0, 80, "caf\\xe9!"),
            (b"end\r", 0, 80, "end<U+000D>"),
        ] {
            assert_eq!(shown(line, window(offset, columns)), text, "{:?}", bstr::BStr::new(line));
        }
    }

    fn kinds(line: &[u8]) -> Vec<(String, SpanKind)> {
        let spans = display_line(line, window(0, 80), Marks::default());
        spans.into_iter().map(|span| (span.text, span.kind)).collect()
    }

    #[test]
    fn spans_say_what_they_stand_for() {
        let is = |text: &str, kind| (text.to_owned(), kind);
        assert_eq!(kinds(b"a b  \t"), [is("a b", SpanKind::Plain), is("     ", SpanKind::Trailing)]);
        assert_eq!(kinds(b"  "), [is("  ", SpanKind::Trailing)]);
        assert_eq!(
            kinds(b"a\x07\xff"),
            [is("a", SpanKind::Plain), is("<U+0007>", SpanKind::Active), is("\\xff", SpanKind::Invalid)]
        );
    }

    #[test]
    fn marks_cut_spans() {
        let syntax = [(0..4, SyntaxRole::Key), (4..5, SyntaxRole::Punctuation), (6..9, SyntaxRole::String)];
        let (words, found) = ([7..8, 8..9], [2..5, 8..9]);
        let marks = Marks { words: &words, found: &found, syntax: &syntax };
        let spans = display_line(b"name: abc def", window(1, 80), marks);
        let look = |span: &Span| (span.text.clone(), span.range.clone(), span.emphasis, span.found, span.syntax);
        let owned = |text: &str| text.to_owned();
        assert_eq!(
            spans.iter().map(look).collect::<Vec<_>>(),
            [
                (owned("a"), 1..2, false, false, Some(SyntaxRole::Key)),
                (owned("me"), 2..4, false, true, Some(SyntaxRole::Key)),
                (owned(":"), 4..5, false, true, Some(SyntaxRole::Punctuation)),
                (owned(" "), 5..6, false, false, None),
                (owned("a"), 6..7, false, false, Some(SyntaxRole::String)),
                (owned("b"), 7..8, true, false, Some(SyntaxRole::String)),
                (owned("c"), 8..9, true, true, Some(SyntaxRole::String)),
                (owned(" def"), 9..13, false, false, None),
            ]
        );
    }

    #[test]
    fn a_stack_of_combining_marks_is_shown_as_codes() {
        let line = format!("a{}", "\u{301}".repeat(1_000));
        assert!(shown(line.as_bytes(), window(0, 20)).starts_with("<U+0061><U+0301>"));
    }

    #[test]
    fn huge_lines_are_cut() {
        for piece in ["x", "日", "\u{301}", "\x1b", " "] {
            let line = piece.repeat(10_000_000 / piece.len());
            for offset in 0..100 {
                assert!(columns(&shown(line.as_bytes(), window(offset, 200))) <= 200);
            }
        }
    }

    proptest! {
        #[test]
        fn never_wider_than_the_window_and_always_printable(
            line in proptest::collection::vec(prop_oneof![any::<u8>().prop_map(|b| vec![b]),
                any::<char>().prop_map(|c| c.to_string().into_bytes()), Just(b"\t".to_vec()), Just("日".into())], 0..60),
            offset in 0usize..50, columns in 0usize..50,
        ) {
            let line = line.concat();
            let spans = display_line(&line, window(offset, columns), Marks::default());
            prop_assert!(spans.iter().map(|span| span.width).sum::<usize>() <= columns);
            for span in &spans {
                prop_assert_eq!(super::columns(&span.text), span.width);
                prop_assert_eq!(printable(&span.text), span.text.as_str());
                prop_assert!(span.range.start < span.range.end && span.range.end <= line.len());
            }
            prop_assert!(spans.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start + 1));
        }

        #[test]
        fn everything_is_shown_where_there_is_room(line in proptest::collection::vec(any::<u8>(), 0..60)) {
            let spans = display_line(&line, window(0, 10_000), Marks::default());
            let mut at = 0;
            for span in spans {
                prop_assert_eq!(span.range.start, at);
                at = span.range.end;
            }
            prop_assert_eq!(at, line.len());
        }
    }
}
