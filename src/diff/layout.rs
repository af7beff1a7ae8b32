//! The rows of one file: runs of rows of the same kind, so that a row is found by bisection and a file of any length costs
//! what it has changes.

use std::ops::Range;

use super::file::FileDiff;
use super::find::Needle;
use super::row::{Fact, FactRow, FileRow, FoldRow, LineKind, LineRow, NoteRow, Row};
use super::{Lines, Note};
use crate::model::CommentSide;

/// How many of the equal lines between two changes are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// Behind the change above.
    pub(super) top: u32,
    /// Before the change below.
    pub(super) bottom: u32,
}

/// A run of rows of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Header,
    Note(u32),
    /// Equal lines from these (from 0) on.
    Equal {
        old: u32,
        new: u32,
    },
    Removed {
        old: u32,
        change: u32,
    },
    Added {
        new: u32,
        change: u32,
    },
    Fold {
        gap: u32,
        old: u32,
        new: u32,
        lines: u32,
    },
    NoNewline(CommentSide),
    /// Facts of a change from this one on.
    Fact {
        first: u32,
        change: u32,
    },
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    /// The first row, counted from the file's header.
    start: u32,
    run: Run,
}

/// The rows of one file.
#[derive(Debug, Default)]
pub(super) struct Layout {
    segments: Vec<Segment>,
    /// The first row of each change, counted from the header; empty while the file is folded.
    pub(super) change_rows: Vec<u32>,
    /// Rows in all.
    pub(super) rows: u32,
}

impl Layout {
    /// Lays a file out with so many lines shown in each of its gaps and its facts under their changes, or only its header.
    pub(super) fn new(diff: &FileDiff, shown: &[Shown], facts: &[(u32, Fact)], folded: bool) -> Self {
        let mut layout = Self::default();
        layout.push(Run::Header, 1);
        if folded {
            return layout;
        }
        layout.push(Run::Note(0), diff.notes.len() as u32);
        let (mut old, mut new) = (0, 0);
        for (index, change) in diff.changes.iter().enumerate() {
            layout.gap(shown, index, (old, new), change.old.start - old);
            layout.change_rows.push(layout.rows);
            layout.push(Run::Removed { old: change.old.start, change: index as u32 }, change.old.len() as u32);
            layout.open_end(diff, CommentSide::Old, !change.old.is_empty() && change.old.end == diff.old.len());
            layout.push(Run::Added { new: change.new.start, change: index as u32 }, change.new.len() as u32);
            layout.open_end(diff, CommentSide::New, !change.new.is_empty() && change.new.end == diff.new.len());
            layout.facts(facts, index as u32);
            (old, new) = (change.old.end, change.new.end);
        }
        if !diff.changes.is_empty() {
            let lines = diff.old.len() - old;
            layout.gap(shown, diff.changes.len(), (old, new), lines);
            let whole = matches!(layout.segments.last(), Some(Segment { run: Run::Equal { .. }, .. }));
            layout.open_end(diff, CommentSide::New, lines > 0 && whole);
        }
        layout
    }

    fn push(&mut self, run: Run, rows: u32) {
        if rows > 0 {
            self.segments.push(Segment { start: self.rows, run });
            self.rows += rows;
        }
    }

    fn facts(&mut self, facts: &[(u32, Fact)], change: u32) {
        let first = facts.partition_point(|(of, _)| *of < change);
        let end = facts.partition_point(|(of, _)| *of <= change);
        self.push(Run::Fact { first: first as u32, change }, (end - first) as u32);
    }

    /// The equal lines of a gap, the hidden ones as one row. A single line is never hidden: the fold would be as tall.
    fn gap(&mut self, shown: &[Shown], gap: usize, (old, new): (u32, u32), lines: u32) {
        let Shown { top, bottom } = shown.get(gap).copied().unwrap_or_default();
        let hidden = lines.saturating_sub(top).saturating_sub(bottom);
        if hidden <= 1 {
            self.push(Run::Equal { old, new }, lines);
            return;
        }
        self.push(Run::Equal { old, new }, top);
        let (old, new) = (old + top, new + top);
        self.push(Run::Fold { gap: gap as u32, old, new, lines: hidden }, 1);
        self.push(Run::Equal { old: old + hidden, new: new + hidden }, bottom);
    }

    /// The remark that a last line lacks its newline. Symbolic links never have one.
    fn open_end(&mut self, diff: &FileDiff, side: CommentSide, at_end: bool) {
        let lines = if side == CommentSide::Old { &diff.old } else { &diff.new };
        let link = diff.notes.iter().any(|note| matches!(note, Note::SymlinkTarget { .. }));
        if at_end && lines.ends_open() && !link {
            self.push(Run::NoNewline(side), 1);
        }
    }

    fn segment(&self, row: u32) -> Option<Segment> {
        let index = self.segments.partition_point(|segment| segment.start <= row).checked_sub(1)?;
        (row < self.rows).then(|| self.segments[index])
    }

    /// Row `row`, counted from the header; `None` past the end.
    pub(super) fn row(&self, diff: &FileDiff, facts: &[(u32, Fact)], file: usize, row: u32) -> Option<Row> {
        let Segment { start, run } = self.segment(row)?;
        let offset = row - start;
        Some(match run {
            Run::Header => Row::File(FileRow { file, folded: self.segments.len() == 1 && diff.folds() }),
            Run::Note(first) => Row::Note(NoteRow { file, note: diff.notes.get((first + offset) as usize)?.clone() }),
            Run::Fact { first, change } => {
                let (_, fact) = facts.get((first + offset) as usize)?;
                Row::Fact(FactRow { file, change: change as usize, fact: fact.clone() })
            }
            Run::NoNewline(side) => Row::Note(NoteRow { file, note: Note::NoNewline(side) }),
            Run::Fold { gap, old, new, lines } => {
                Row::Fold(FoldRow { file, gap: gap as usize, lines, old: old + 1, new: new + 1 })
            }
            Run::Equal { old, new } => line(diff, file, LineKind::Equal, Some(old + offset), Some(new + offset), None),
            Run::Removed { old, change } => line(diff, file, LineKind::Removed, Some(old + offset), None, Some(change)),
            Run::Added { new, change } => line(diff, file, LineKind::Added, None, Some(new + offset), Some(change)),
        })
    }

    /// The row, counted from the header, that shows line `line` (from 1) of a side, or the fold that hides it.
    pub(super) fn row_of(&self, side: CommentSide, line: u32) -> Option<u32> {
        let line = line.checked_sub(1)?;
        self.segments.iter().enumerate().find_map(|(index, segment)| {
            let end = self.segments.get(index + 1).map_or(self.rows, |next| next.start);
            let (first, lines) = segment.run.lines(side, end - segment.start)?;
            let inside = line.checked_sub(first).filter(|offset| *offset < lines)?;
            Some(segment.start + if matches!(segment.run, Run::Fold { .. }) { 0 } else { inside })
        })
    }

    /// The row, counted from the header, of the fold of a gap, or of the change below it.
    pub(super) fn row_of_gap(&self, gap: usize) -> Option<u32> {
        let fold = self.folds().find(|fold| fold.1 == gap).map(|fold| fold.0);
        fold.or_else(|| self.change_rows.get(gap).copied())
    }

    /// How many lines the fold of a gap hides.
    pub(super) fn hidden(&self, gap: usize) -> u32 {
        self.folds().find(|fold| fold.1 == gap).map_or(0, |fold| fold.2)
    }

    /// The gap of the next fold below a row (counted from the header), else of the last one above it.
    pub(super) fn fold_near(&self, row: u32) -> Option<usize> {
        let below = self.folds().find(|fold| fold.0 >= row);
        below.or_else(|| self.folds().last()).map(|fold| fold.1)
    }

    /// The row, gap and hidden lines of every fold.
    fn folds(&self) -> impl Iterator<Item = (u32, usize, u32)> {
        self.segments.iter().filter_map(|segment| match segment.run {
            Run::Fold { gap, lines, .. } => Some((segment.start, gap as usize, lines)),
            _ => None,
        })
    }

    /// The first (or last) of these rows, counted from the header, that contains a needle.
    pub(super) fn find(&self, diff: &FileDiff, needle: &Needle, rows: Range<u32>, forward: bool) -> Option<u32> {
        let first = self.segments.partition_point(|segment| segment.start <= rows.start).saturating_sub(1);
        let last = self.segments.partition_point(|segment| segment.start < rows.end);
        let look = |index: usize| {
            let segment = self.segments[index];
            let end = self.segments.get(index + 1).map_or(self.rows, |next| next.start);
            let within = rows.start.max(segment.start) - segment.start..rows.end.min(end) - segment.start;
            segment.run.find(diff, needle, within, forward).map(|row| segment.start + row)
        };
        if forward { (first..last).find_map(look) } else { (first..last).rev().find_map(look) }
    }
}

impl Run {
    /// The lines of a side that the run shows or hides: the first (from 0) and how many.
    const fn lines(&self, side: CommentSide, rows: u32) -> Option<(u32, u32)> {
        match (self, side) {
            (Self::Equal { old, .. } | Self::Removed { old, .. }, CommentSide::Old) => Some((*old, rows)),
            (Self::Equal { new, .. } | Self::Added { new, .. }, CommentSide::New) => Some((*new, rows)),
            (Self::Fold { old, lines, .. }, CommentSide::Old) => Some((*old, *lines)),
            (Self::Fold { new, lines, .. }, CommentSide::New) => Some((*new, *lines)),
            _ => None,
        }
    }
}

impl Run {
    /// The first (or last) of these rows of the run that contains a needle.
    fn find(&self, diff: &FileDiff, needle: &Needle, rows: Range<u32>, forward: bool) -> Option<u32> {
        match self {
            Self::Header => needle.first(&diff.summary.path).map(|_| 0),
            Self::Fold { .. } | Self::Fact { .. } => None,
            Self::NoNewline(side) => needle.first(Note::NoNewline(*side).to_string().as_bytes()).map(|_| 0),
            Self::Note(first) => {
                let has = |row: &u32| {
                    diff.notes
                        .get((first + row) as usize)
                        .is_some_and(|note| needle.first(note.to_string().as_bytes()).is_some())
                };
                if forward { rows.clone().find(has) } else { rows.rev().find(has) }
            }
            Self::Removed { old, .. } => {
                find_line(&diff.old, needle, old + rows.start..old + rows.end, forward).map(|line| line - old)
            }
            Self::Equal { new, .. } | Self::Added { new, .. } => {
                find_line(&diff.new, needle, new + rows.start..new + rows.end, forward).map(|line| line - new)
            }
        }
    }
}

/// The first (or last) of these lines (from 0) that contains a needle. They are searched as one text.
fn find_line(lines: &Lines, needle: &Needle, wanted: Range<u32>, forward: bool) -> Option<u32> {
    let (start, end) = (lines.range(wanted.start).start, lines.range(wanted.end.checked_sub(1)?).end);
    let text = lines.bytes().get(start..end)?;
    let at = if forward { needle.first(text) } else { needle.last(text) }?;
    lines.line_at(start + at)
}

/// A line row; numbers come from 0 and leave from 1.
fn line(diff: &FileDiff, file: usize, kind: LineKind, old: Option<u32>, new: Option<u32>, change: Option<u32>) -> Row {
    let range = match kind {
        LineKind::Removed => diff.visible(CommentSide::Old, old.unwrap_or(0)),
        LineKind::Equal | LineKind::Added => diff.visible(CommentSide::New, new.unwrap_or(0)),
    };
    let number = |line: Option<u32>| line.map(|line| line + 1);
    Row::Line(LineRow { file, kind, old: number(old), new: number(new), change: change.map(|at| at as usize), range })
}
