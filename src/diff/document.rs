//! All files of a proposal as one scroll of rows.

use std::ops::Range;

use bstr::{BStr, ByteSlice as _};

use super::file::{FileDiff, FileInput, FileSummary};
use super::layout::{Layout, Shown};
use super::row::{LineKind, LineRow, Row};
use super::{Lines, pair_renames, seen_mark};
use crate::model::{ChangeId, CommentSide};

/// How many equal lines are shown around a change unless the reader asks for more.
pub const CONTEXT: u32 = 3;

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
    /// A line of a side, from 1.
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

/// The diff of a proposal: every row of every file, found in logarithmic time, with nothing stored per row.
#[derive(Debug, Default)]
pub struct Document {
    files: Vec<FileDiff>,
    summaries: Vec<FileSummary>,
    views: Vec<View>,
    /// The first row of each file and, last, the number of rows.
    starts: Vec<usize>,
}

/// How one file is shown at present.
#[derive(Debug)]
struct View {
    shown: Vec<Shown>,
    folded: bool,
    layout: Layout,
}

impl Document {
    /// Joins files, in the order in which they are to be shown.
    #[must_use]
    pub fn new(files: Vec<FileDiff>, context: u32) -> Self {
        let views = files
            .iter()
            .map(|diff| {
                let shown = around(diff, context);
                View { layout: Layout::new(diff, &shown, false), shown, folded: false }
            })
            .collect();
        let summaries = files.iter().map(|diff| diff.summary.clone()).collect();
        let mut document = Self { files, summaries, views, starts: Vec::new() };
        document.index();
        document
    }

    /// Pairs renames, compares every file and joins them: all in one, on the calling thread.
    #[must_use]
    pub fn build(inputs: Vec<FileInput>, context: u32) -> Self {
        let pairs = pair_renames(&inputs);
        let mut inputs: Vec<Option<FileInput>> = inputs.into_iter().map(Some).collect();
        let mut files: Vec<(usize, FileDiff)> = Vec::with_capacity(inputs.len());
        for (gone, come, similarity) in pairs {
            if let (Some(old), Some(new)) = (inputs[gone].take(), inputs[come].take()) {
                files.push((come, FileDiff::compute_renamed(old, new, similarity, context)));
            }
        }
        for (at, input) in inputs.into_iter().enumerate() {
            files.extend(input.map(|input| (at, FileDiff::compute(input, context))));
        }
        files.sort_by_key(|(at, _)| *at);
        Self::new(files.into_iter().map(|(_, diff)| diff).collect(), context)
    }

    /// What the headers show, one a file.
    #[must_use]
    pub fn files(&self) -> &[FileSummary] {
        &self.summaries
    }

    /// Added lines as git counts them without renames.
    #[must_use]
    pub fn additions(&self) -> u32 {
        self.files.iter().map(|diff| diff.unpaired().additions).sum()
    }

    /// Deleted lines as git counts them without renames.
    #[must_use]
    pub fn deletions(&self) -> u32 {
        self.files.iter().map(|diff| diff.unpaired().deletions).sum()
    }

    /// Changed lines that have a row, folded or not: what a reader can see, and less than git counts where files moved.
    #[must_use]
    pub fn changed_lines(&self) -> u32 {
        self.summaries.iter().map(|file| file.stats.additions + file.stats.deletions).sum()
    }

    /// How many rows there are.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Row `row`; past the end the last one. `None` where there are no rows at all.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<Row> {
        let row = row.min(self.row_count().checked_sub(1)?);
        let file = self.file_of(row)?;
        self.views[file].layout.row(&self.files[file], file, (row - self.starts[file]) as u32)
    }

    /// The bytes of a line row without the line ending.
    #[must_use]
    pub fn text(&self, row: &LineRow) -> &[u8] {
        self.lines(row.file, row.side()).bytes().get(row.range.clone()).unwrap_or_default()
    }

    /// The text of one side of a file, cut into lines; empty where there is none.
    #[must_use]
    pub fn lines(&self, file: usize, side: CommentSide) -> &Lines {
        static NONE: std::sync::OnceLock<Lines> = std::sync::OnceLock::new();
        match (self.files.get(file), side) {
            (Some(diff), CommentSide::Old) => &diff.old,
            (Some(diff), CommentSide::New) => &diff.new,
            (None, _) => NONE.get_or_init(Lines::default),
        }
    }

    /// Which parts of a changed line to emphasise, as ranges into [`Document::text`]. Empty where the line has no
    /// counterpart or nearly all of it changed.
    #[must_use]
    pub fn words(&self, row: &LineRow) -> Vec<Range<usize>> {
        let (Some(diff), Some(change)) = (self.files.get(row.file), row.change) else { return Vec::new() };
        diff.words(change, row.side(), row.number().saturating_sub(1))
    }

    /// The seen mark of a changed line; `None` for an equal one.
    #[must_use]
    pub fn mark(&self, row: &LineRow, change_id: &ChangeId) -> Option<[u8; 32]> {
        row.change?;
        let summary = self.summaries.get(row.file)?;
        let path = match (row.kind, &summary.old_path) {
            (LineKind::Removed, Some(old)) => old,
            _ => &summary.path,
        };
        let line = self.lines(row.file, row.side()).line(row.number().checked_sub(1)?);
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        Some(seen_mark(path.as_bstr(), row.side(), row.number(), change_id, text))
    }

    /// Which file a row belongs to; past the end the last one.
    #[must_use]
    pub fn file_of(&self, row: usize) -> Option<usize> {
        let last = self.files.len().checked_sub(1)?;
        Some(self.starts.partition_point(|start| *start <= row).saturating_sub(1).min(last))
    }

    /// The row of a file's header; past the last file the number of rows.
    #[must_use]
    pub fn header_of(&self, file: usize) -> usize {
        self.starts.get(file).copied().unwrap_or_else(|| self.row_count())
    }

    /// Which hunk of its file a row is in or nearest to; `None` in a file without hunks.
    #[must_use]
    pub fn hunk_of(&self, row: usize) -> Option<HunkPlace> {
        let file = self.file_of(row)?;
        let (diff, view) = (&self.files[file], &self.views[file]);
        let row = row.checked_sub(self.starts[file])? as u32;
        let after = view.layout.change_rows.partition_point(|start| *start <= row);
        if view.layout.change_rows.is_empty() {
            return None;
        }
        let hunk_of = |change: usize| diff.hunks.partition_point(|hunk| hunk.end as usize <= change);
        let hunk = match view.layout.row(diff, file, row)? {
            Row::Line(LineRow { change: Some(change), .. }) => hunk_of(change),
            Row::Line(_) if after > 0 => {
                let above = after - 1;
                let end = view.layout.change_rows[above]
                    + diff.changes[above].old.len() as u32
                    + diff.changes[above].new.len() as u32;
                let below = view.layout.change_rows.get(after);
                hunk_of(if below.is_none_or(|start| row - end.min(row) < start - row) { above } else { after })
            }
            _ => hunk_of(after.min(diff.changes.len() - 1)),
        };
        Some(HunkPlace { number: hunk + 1, of: diff.hunks.len() })
    }

    /// The first changed row of the next hunk after `from`; files that show no changed line count as one, at their header.
    #[must_use]
    pub fn next_hunk(&self, from: usize) -> Option<usize> {
        let file = self.file_of(from)?;
        (file..self.files.len()).find_map(|file| self.stops(file).find(|stop| *stop > from))
    }

    /// The first changed row of the hunk before `from`.
    #[must_use]
    pub fn prev_hunk(&self, from: usize) -> Option<usize> {
        let file = self.file_of(from)?;
        (0..=file).rev().find_map(|file| self.stops(file).filter(|stop| *stop < from).last())
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

    /// Shows more of the fold at `row`, or of the nearest fold of its file. Returns how many lines appeared.
    pub fn expand(&mut self, row: usize, how: Expand) -> u32 {
        let Some(file) = self.file_of(row) else { return 0 };
        let within = row.saturating_sub(self.starts[file]) as u32;
        let Some(gap) = self.nearest_gap(file, within) else { return 0 };
        let before = self.views[file].layout.rows;
        let shown = &mut self.views[file].shown[gap];
        match how {
            Expand::Top(lines) => shown.top = shown.top.saturating_add(lines),
            Expand::Bottom(lines) => shown.bottom = shown.bottom.saturating_add(lines),
            Expand::Both(lines) => {
                shown.top = shown.top.saturating_add(lines);
                shown.bottom = shown.bottom.saturating_add(lines);
            }
            Expand::Whole => shown.top = u32::MAX,
        }
        self.lay_out(file);
        self.views[file].layout.rows - before
    }

    /// Folds a file to its header, or opens it again.
    pub fn fold_file(&mut self, file: usize, folded: bool) {
        if let Some(view) = self.views.get_mut(file) {
            view.folded = folded;
            self.lay_out(file);
        }
    }

    /// Whether a file is folded to its header.
    #[must_use]
    pub fn is_folded(&self, file: usize) -> bool {
        self.views.get(file).is_some_and(|view| view.folded)
    }

    /// Shows so many equal lines around every change, and takes every expansion back.
    pub fn set_context(&mut self, context: u32) {
        for (diff, view) in self.files.iter().zip(&mut self.views) {
            view.shown = around(diff, context);
            view.layout = Layout::new(diff, &view.shown, view.folded);
        }
        self.index();
    }

    /// The place of a row, to be found again after the rows changed.
    #[must_use]
    pub fn anchor(&self, row: usize) -> Option<Anchor> {
        Some(match self.row(row)? {
            Row::File(row) => Anchor::File(row.file),
            Row::Note(row) => Anchor::File(row.file),
            Row::Fold(row) => Anchor::Fold { file: row.file, gap: row.gap },
            Row::Line(row) => Anchor::Line { file: row.file, side: row.side(), line: row.number() },
        })
    }

    /// The row of a place; the header of its file where it is not shown.
    #[must_use]
    pub fn row_of(&self, anchor: &Anchor) -> usize {
        let (file, within) = match *anchor {
            Anchor::File(file) => (file, None),
            Anchor::Line { file, side, line } => {
                (file, self.views.get(file).and_then(|view| view.layout.row_of(side, line)))
            }
            Anchor::Fold { file, gap } => (file, self.views.get(file).and_then(|view| view.layout.fold_of(gap))),
        };
        self.header_of(file) + within.unwrap_or(0) as usize
    }

    /// The next row after (or before) `from` that contains `needle`, going round at the end. Only rows that are shown are
    /// searched: lines, and the paths of headers. A needle without capitals matches both cases.
    #[must_use]
    pub fn find(&self, needle: &BStr, from: usize, forward: bool) -> Option<usize> {
        let rows = self.row_count();
        if needle.is_empty() || rows == 0 {
            return None;
        }
        (1..=rows).map(|step| if forward { (from + step) % rows } else { (from + rows - step % rows) % rows }).find(
            |row| match self.row(*row) {
                Some(Row::Line(line)) => self.text(&line).contains_str(needle),
                Some(Row::File(file)) => self.summaries[file.file].path.contains_str(needle),
                _ => false,
            },
        )
    }

    /// The rows at which moving by hunks stops in a file.
    fn stops(&self, file: usize) -> impl Iterator<Item = usize> {
        let (diff, layout, start) = (&self.files[file], &self.views[file].layout, self.starts[file]);
        let header = layout.change_rows.is_empty().then_some(start);
        let hunks = diff.hunks.iter().filter_map(move |hunk| layout.change_rows.get(hunk.start as usize));
        header.into_iter().chain(hunks.map(move |row| start + *row as usize))
    }

    fn nearest_gap(&self, file: usize, row: u32) -> Option<usize> {
        let layout = &self.views[file].layout;
        if let Row::Fold(fold) = layout.row(&self.files[file], file, row)? {
            return Some(fold.gap);
        }
        let after = layout.change_rows.partition_point(|start| *start <= row);
        let folds = |gap: &usize| layout.fold_of(*gap).is_some();
        let below = (after..self.views[file].shown.len()).find(folds);
        below.or_else(|| (0..after).rev().find(folds))
    }

    fn lay_out(&mut self, file: usize) {
        let view = &mut self.views[file];
        view.layout = Layout::new(&self.files[file], &view.shown, view.folded);
        self.index();
    }

    fn index(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        let mut rows = 0;
        for view in &self.views {
            rows += view.layout.rows as usize;
            self.starts.push(rows);
        }
    }
}

/// So many lines around every change.
fn around(diff: &FileDiff, context: u32) -> Vec<Shown> {
    let gaps = diff.changes.len() + 1;
    (0..gaps)
        .map(|gap| Shown { top: if gap == 0 { 0 } else { context }, bottom: if gap + 1 == gaps { 0 } else { context } })
        .collect()
}
