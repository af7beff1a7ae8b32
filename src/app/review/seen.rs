//! Which changed lines a person has had before him.

use std::collections::{HashMap, HashSet};

use crate::app::Frame;
use crate::diff::{Document, LineRow, Row, seen_digest};
use crate::model::{ChangeId, CommentSide, Seen};

/// A changed line: file, side, number.
type Place = (usize, CommentSide, u32);

/// The changed lines of one round that were in frames, and what the ledger will say of them. A line that is longer than the
/// screen is wide counts when all of it was there: what a change hides beyond the edge nobody has seen.
#[derive(Debug, Default)]
pub struct SeenLines {
    lines: HashSet<Place>,
    /// Of longer lines the column up to which they were seen from their beginning on.
    begun: HashMap<Place, usize>,
    marks: Vec<[u8; 32]>,
    /// How many lines were seen of each file.
    by_file: Vec<u32>,
    total: u32,
}

impl SeenLines {
    /// Adds the changed lines that a frame showed; says whether any is new. The cost follows the rows, not the document.
    pub fn add(&mut self, document: &Document, change: &ChangeId, frame: &Frame) -> bool {
        self.by_file.resize(document.files().len(), 0);
        self.total = document.changed_lines();
        let before = self.lines.len();
        for at in frame.rows.start..frame.rows.end.min(document.row_count()) {
            let Some(Row::Line(line)) = document.row(at) else { continue };
            if line.change.is_none() || !self.whole(place(&line), at, frame) {
                continue;
            }
            let Some(mark) = document.mark(&line, change) else { continue };
            if self.lines.insert(place(&line)) {
                self.marks.push(mark);
                self.by_file[line.file] += 1;
            }
        }
        self.lines.len() > before
    }

    /// Whether the line on this row has been shown from end to end, with this frame.
    fn whole(&mut self, place: Place, row: usize, frame: &Frame) -> bool {
        let begun = self.begun.get(&place).copied().unwrap_or(0);
        if frame.left > begun {
            return false;
        }
        if let Some((_, column)) = frame.cut.iter().find(|cut| cut.0 == row) {
            self.begun.insert(place, begun.max(*column));
            return false;
        }
        self.begun.remove(&place);
        true
    }

    /// The first column that was not seen yet of a changed line among these rows whose beginning was.
    #[must_use]
    pub fn goes_on(&self, document: &Document, rows: std::ops::Range<usize>) -> Option<usize> {
        let lines = rows.filter_map(|row| document.row(row));
        let begun = lines.filter_map(|row| match row {
            Row::Line(line) => self.begun.get(&place(&line)).copied().filter(|_| !self.lines.contains(&place(&line))),
            _ => None,
        });
        begun.min()
    }

    /// Whether a changed line was seen.
    #[must_use]
    pub fn has(&self, file: usize, side: CommentSide, number: u32) -> bool {
        self.lines.contains(&(file, side, number))
    }

    /// How many changed lines were seen.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.lines.len() as u32
    }

    /// How many changed lines of a file were seen.
    #[must_use]
    pub fn of_file(&self, file: usize) -> u32 {
        self.by_file.get(file).copied().unwrap_or(0)
    }

    /// What the ledger will say; `None` where nothing was ever opened.
    #[must_use]
    pub fn record(&self) -> Option<Seen> {
        let digest = || seen_digest(self.marks.iter().copied());
        (self.total > 0).then(|| Seen { drawn: self.count(), total: self.total, digest: digest() })
    }
}

fn place(line: &LineRow) -> Place {
    (line.file, line.side(), line.number())
}

/// The first row from `from` on, around the end, that shows a changed line that was not seen, or a fold that hides one.
#[must_use]
pub fn next_unseen(document: &Document, seen: &SeenLines, from: usize) -> Option<usize> {
    let files = document.files().len();
    let first = document.file_of(from)?;
    (0..=files).find_map(|step| {
        let file = (first + step) % files;
        let stats = document.files()[file].stats;
        if seen.of_file(file) >= stats.additions + stats.deletions {
            return None;
        }
        let (start, end) = (document.header_of(file), document.header_of(file + 1));
        let start = if step == 0 { start.max(from) } else { start };
        if document.is_folded(file) {
            return (start < end).then_some(start);
        }
        (start..end).find(|row| match document.row(*row) {
            Some(Row::Line(line)) => line.change.is_some() && !seen.has(file, line.side(), line.number()),
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{Made, opened};

    #[test]
    fn what_lies_beyond_the_edge_was_not_seen() {
        let long = format!("short\n# {}image: evil\n", " ".repeat(300));
        let document = opened(&Made::new("agent/a/wide", "Wide").file("a.yaml", "", &long)).document;
        let change = ChangeId::from_bytes([1; 32]);
        let (row, all) = (2, 0..document.row_count());
        let frame = |left, column: Option<usize>| Frame {
            revision: 0,
            rows: 0..3,
            left,
            cut: column.map(|column| (row, column)).into_iter().collect(),
        };
        let mut seen = SeenLines::default();
        assert!(seen.add(&document, &change, &frame(0, Some(100))));
        assert_eq!((seen.count(), seen.goes_on(&document, all.clone())), (1, Some(100)));
        // Past a gap, the end says nothing of what lies between.
        assert!(!seen.add(&document, &change, &frame(240, None)));
        assert!(!seen.add(&document, &change, &frame(150, Some(250))));
        assert_eq!((seen.count(), seen.goes_on(&document, all.clone())), (1, Some(100)));
        assert!(!seen.add(&document, &change, &frame(90, Some(190))));
        assert!(!seen.add(&document, &change, &frame(100, Some(200))));
        assert_eq!(seen.goes_on(&document, all.clone()), Some(200));
        assert!(seen.add(&document, &change, &frame(200, None)));
        assert_eq!((seen.count(), seen.goes_on(&document, all)), (2, None));
    }

    #[test]
    fn a_short_line_was_not_seen_while_it_lies_at_the_left_of_the_screen() {
        let document = opened(&Made::new("agent/a/short", "Short").file("a.yaml", "", "short\n")).document;
        let mut seen = SeenLines::default();
        let frame = Frame { rows: 0..2, left: 16, ..Frame::default() };
        assert!(!seen.add(&document, &ChangeId::from_bytes([1; 32]), &frame));
        assert_eq!(seen.count(), 0);
    }
}
