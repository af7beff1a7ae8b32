//! Which changed lines a person has had before him.

use std::collections::HashSet;

use crate::diff::{Document, Row, seen_digest};
use crate::model::{ChangeId, CommentSide, Seen};

/// A changed line: file, side, number.
type Place = (usize, CommentSide, u32);

/// The changed lines of one round that were in frames, and what the ledger will say of them.
#[derive(Debug, Default)]
pub struct SeenLines {
    lines: HashSet<Place>,
    marks: Vec<[u8; 32]>,
    /// How many lines were seen of each file.
    by_file: Vec<u32>,
    total: u32,
}

impl SeenLines {
    /// Adds the changed lines among these rows; says whether any is new. The cost follows the rows, not the document.
    pub fn add(&mut self, document: &Document, change: &ChangeId, rows: std::ops::Range<usize>) -> bool {
        self.by_file.resize(document.files().len(), 0);
        self.total = document.changed_lines();
        let before = self.lines.len();
        for at in rows.start..rows.end.min(document.row_count()) {
            let Some(Row::Line(line)) = document.row(at) else { continue };
            let Some(mark) = document.mark(&line, change) else { continue };
            if self.lines.insert((line.file, line.side(), line.number())) {
                self.marks.push(mark);
                self.by_file[line.file] += 1;
            }
        }
        self.lines.len() > before
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
