//! Moving through a document: hunks, files, places that survive a change of rows, and showing more or less.

use super::document::Document;
use super::row::{LineRow, Row};
use crate::model::CommentSide;

/// What more of a fold to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expand {
    /// So many lines at its top, behind the change above.
    Top(u32),
    /// So many lines at its bottom, before the change below.
    Bottom(u32),
    /// So many lines at both ends.
    Both(u32),
    /// Everything.
    Whole,
}

/// A place that survives expanding, folding and another amount of context.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The header of a file.
    File(usize),
    /// A line of a side.
    Line {
        /// Which file.
        file: usize,
        /// Which side.
        side: CommentSide,
        /// Which line, from 1.
        line: u32,
    },
    /// The fold of a gap.
    Fold {
        /// Which file.
        file: usize,
        /// Which gap.
        gap: usize,
    },
}

/// Where a row is among the hunks of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HunkPlace {
    /// Which hunk, from 1.
    pub number: usize,
    /// How many the file has.
    pub of: usize,
}

impl Document {
    /// Which hunk of its file a row is in or nearest to; the header counts to the first, a fold to the one below it. `None`
    /// in a file that shows no changed line.
    #[must_use]
    pub fn hunk_of(&self, row: usize) -> Option<HunkPlace> {
        let file = self.file_of(row)?;
        let diff = &self.files[file];
        let change = self.nearest_change(file, self.within(file, row))? as u32;
        let hunk = diff.hunks.partition_point(|hunk| hunk.end <= change);
        Some(HunkPlace { number: hunk + 1, of: diff.hunks.len() })
    }

    /// The change that a row (counted from the file's header) belongs to or stands near.
    fn nearest_change(&self, file: usize, row: u32) -> Option<usize> {
        let (diff, layout, facts) = (&self.files[file], &self.views[file].layout, &self.views[file].facts);
        let last = layout.change_rows.len().checked_sub(1)?;
        let below = layout.change_rows.partition_point(|start| *start <= row);
        let Some(above) = below.checked_sub(1) else { return Some(0) };
        match layout.row(diff, facts, file, row)? {
            Row::Line(LineRow { change: Some(change), .. }) => Some(change),
            Row::Fold(_) => Some(below.min(last)),
            Row::Fact(row) => Some(row.change),
            Row::Note(_) | Row::File(_) => Some(above),
            Row::Line(_) if below > last => Some(last),
            Row::Line(_) => {
                let change = &diff.changes[above];
                let end = layout.change_rows[above] + (change.old.len() + change.new.len()) as u32;
                let nearer_above = row.saturating_sub(end) < layout.change_rows[below] - row;
                Some(if nearer_above { above } else { below })
            }
        }
    }

    /// The first changed row of the next hunk after `from`; files that show no changed line count as one, at their header.
    #[must_use]
    pub fn next_hunk(&self, from: usize) -> Option<usize> {
        let file = self.file_of(from)?;
        (file..self.files.len()).find_map(|file| self.stop(file, self.stops_before(file, from + 1)))
    }

    /// The first changed row of the hunk before `from`.
    #[must_use]
    pub fn prev_hunk(&self, from: usize) -> Option<usize> {
        let file = self.file_of(from)?;
        (0..=file).rev().find_map(|file| self.stop(file, self.stops_before(file, from).checked_sub(1)?))
    }

    /// The row at which moving by hunks stops in a file for the `at`th time: at each hunk, or else at the header.
    fn stop(&self, file: usize, at: usize) -> Option<usize> {
        let change_rows = &self.views[file].layout.change_rows;
        let row = match self.files[file].hunks.get(at) {
            _ if change_rows.is_empty() => (at == 0).then_some(0),
            Some(hunk) => change_rows.get(hunk.start as usize).copied(),
            None => None,
        };
        row.map(|row| self.starts[file] + row as usize)
    }

    /// How many of a file's stops lie before a row.
    fn stops_before(&self, file: usize, row: usize) -> usize {
        let row = self.within(file, row);
        let change_rows = &self.views[file].layout.change_rows;
        let before = |change: u32| change_rows.get(change as usize).is_some_and(|stop| *stop < row);
        if change_rows.is_empty() {
            return usize::from(row > 0);
        }
        self.files[file].hunks.partition_point(|hunk| before(hunk.start))
    }

    /// The header of the next file.
    #[must_use]
    pub fn next_file(&self, from: usize) -> Option<usize> {
        let next = self.file_of(from)? + 1;
        (next < self.files.len()).then(|| self.starts[next])
    }

    /// The header of this file, or of the one before where `from` is on the header.
    #[must_use]
    pub fn prev_file(&self, from: usize) -> Option<usize> {
        let file = self.file_of(from)?;
        match self.starts[file] {
            start if start < from => Some(start),
            _ => file.checked_sub(1).map(|file| self.starts[file]),
        }
    }

    /// Shows more of the fold at `row`, or of the nearest fold of its file, those below first. Returns how many lines it
    /// hides less.
    pub fn expand(&mut self, row: usize, how: Expand) -> u32 {
        let Some(file) = self.file_of(row) else { return 0 };
        let Some(gap) = self.nearest_fold(file, self.within(file, row)) else { return 0 };
        let hidden = |document: &Self| document.views[file].layout.hidden(gap);
        let before = hidden(self);
        let shown = &mut self.views[file].shown[gap];
        let (top, bottom) = match how {
            Expand::Top(lines) => (lines, 0),
            Expand::Bottom(lines) => (0, lines),
            Expand::Both(lines) => (lines, lines),
            Expand::Whole => (u32::MAX, 0),
        };
        shown.top = shown.top.saturating_add(top);
        shown.bottom = shown.bottom.saturating_add(bottom);
        self.lay_out(file);
        before - hidden(self)
    }

    /// The gap whose fold is at a row (counted from the file's header) or nearest to it.
    fn nearest_fold(&self, file: usize, row: u32) -> Option<usize> {
        let (layout, facts) = (&self.views[file].layout, &self.views[file].facts);
        if let Row::Fold(fold) = layout.row(&self.files[file], facts, file, row)? {
            return Some(fold.gap);
        }
        layout.fold_near(row)
    }

    /// The place of a row, to be found again after the rows changed.
    #[must_use]
    pub fn anchor(&self, row: usize) -> Option<Anchor> {
        Some(match self.row(row)? {
            Row::File(row) => Anchor::File(row.file),
            Row::Note(row) => Anchor::File(row.file),
            Row::Fold(row) => Anchor::Fold { file: row.file, gap: row.gap },
            Row::Line(row) => Anchor::Line { file: row.file, side: row.side(), line: row.number() },
            // Facts come and go; the line above them stays.
            Row::Fact(_) => return self.anchor(row.checked_sub(1)?),
        })
    }

    /// The row of a place: of the fold that hides a line, of the first change after a fold that is gone; the header of its
    /// file where nothing of it is shown.
    #[must_use]
    pub fn row_of(&self, anchor: &Anchor) -> usize {
        let layout = |file: usize| self.views.get(file).map(|view| &view.layout);
        let (file, within) = match *anchor {
            Anchor::File(file) => (file, None),
            Anchor::Line { file, side, line } => (file, layout(file).and_then(|layout| layout.row_of(side, line))),
            Anchor::Fold { file, gap } => (file, layout(file).and_then(|layout| layout.row_of_gap(gap))),
        };
        self.header_of(file) + within.unwrap_or(0) as usize
    }

    /// A row counted from its file's header.
    fn within(&self, file: usize, row: usize) -> u32 {
        row.saturating_sub(self.starts[file]) as u32
    }
}
