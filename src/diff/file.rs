//! One changed file compared: what changed, where, and what has to be said about it.

use std::ops::Range;
use std::sync::OnceLock;

use bstr::BString;

use super::notes::{is_plain, notes};
use super::words::{Pairs, changed_words};
use super::{Change, Content, LineDiff, Lines, Note};
use crate::model::{CommentSide, FileChange, LineStats, Side};

/// A changed path with what both sides hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInput {
    /// The path, modes and object ids.
    pub change: FileChange,
    /// Before.
    pub old: Content,
    /// After.
    pub new: Content,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// Its content changed.
    Modified,
    /// It moved; a pairing for display, never part of the identity of a change.
    Renamed,
    /// It became another kind of entry.
    Retyped,
    /// Only its permissions changed.
    Mode,
}

impl FileKind {
    /// What happened to a path, renames aside.
    fn of(change: &FileChange) -> Self {
        match (change.old, change.new) {
            (None, _) => Self::Added,
            (_, None) => Self::Deleted,
            (Some(old), Some(new)) if old.mode != new.mode && !(is_plain(old.mode) && is_plain(new.mode)) => {
                Self::Retyped
            }
            (Some(old), Some(new)) if old.oid == new.oid => Self::Mode,
            _ => Self::Modified,
        }
    }
}

/// What the header of a file and the file tree show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSummary {
    /// The path, raw; of a renamed file the new one.
    pub path: BString,
    /// The path, raw, that a renamed file had.
    pub old_path: Option<BString>,
    /// What happened to it.
    pub kind: FileKind,
    /// The side before.
    pub old: Option<Side>,
    /// The side after.
    pub new: Option<Side>,
    /// Changed lines that have a row.
    pub stats: LineStats,
    /// How many hunks its rows have.
    pub hunks: usize,
    /// Every line of both sides ends with CRLF.
    pub crlf: bool,
}

/// A file compared, ready to become part of a [`super::Document`]. Independent of all other files, so that many can be
/// computed at the same time.
#[derive(Debug)]
pub struct FileDiff {
    pub(super) summary: FileSummary,
    /// git's count without rename pairing.
    unpaired: LineStats,
    /// Remarks, in the order of their rows.
    pub(super) notes: Vec<Note>,
    /// The text before.
    pub(super) old: Lines,
    /// The text after.
    pub(super) new: Lines,
    /// The differing runs.
    pub(super) changes: Vec<Change>,
    /// Which changes make each hunk.
    pub(super) hunks: Vec<Range<u32>>,
    /// For each change, once somebody asked: which removed line became which added line.
    pairs: Box<[OnceLock<Box<Pairs>>]>,
}

impl FileDiff {
    /// The run of changed lines that line `line` (from 1) of a side belongs to.
    pub(super) fn change_at(&self, side: CommentSide, line: u32) -> Option<usize> {
        let line = line.checked_sub(1)?;
        let range = |change: &Change| if side == CommentSide::Old { change.old.clone() } else { change.new.clone() };
        let at = self.changes.partition_point(|change| range(change).end <= line);
        self.changes.get(at).is_some_and(|change| range(change).contains(&line)).then_some(at)
    }

    /// Compares the two sides of a file. Changes with at most `2 * context` equal lines between them make one hunk.
    #[must_use]
    pub fn compute(input: FileInput, context: u32) -> Self {
        let notes = notes(&input.change, &input.old, &input.new);
        let kind = FileKind::of(&input.change);
        Self::compare(input, kind, notes, context)
    }

    /// Compares a deleted file with an added one as one file that moved; `similarity` is per cent.
    #[must_use]
    pub fn compute_renamed(old: FileInput, new: FileInput, similarity: u8, context: u32) -> Self {
        let change = FileChange { path: new.change.path, old: old.change.old, new: new.change.new };
        let mut notes = notes(&change, &old.old, &new.new);
        notes.insert(0, Note::Renamed { similarity });
        let input = FileInput { change, old: old.old, new: new.new };
        let mut diff = Self::compare(input, FileKind::Renamed, notes, context);
        diff.summary.old_path = Some(old.change.path);
        (diff.unpaired.additions, diff.unpaired.deletions) = (diff.new.len(), diff.old.len());
        diff
    }

    /// What its header shows.
    #[must_use]
    pub const fn summary(&self) -> &FileSummary {
        &self.summary
    }

    /// The differing runs of lines, in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Lines as git counts them without rename pairing: all lines of both sides for a renamed file.
    #[must_use]
    pub const fn unpaired(&self) -> LineStats {
        self.unpaired
    }

    fn compare(input: FileInput, kind: FileKind, mut notes: Vec<Note>, context: u32) -> Self {
        let (old, new, diff, stats) = if let (Some(old), Some(new)) = (input.old.lines(), input.new.lines()) {
            let diff = LineDiff::compute(&old, &new);
            let stats = diff.stats();
            (Lines::new(old), Lines::new(new), diff, stats)
        } else {
            let uncounted = LineStats { binary: true, ..LineStats::default() };
            (Lines::default(), Lines::default(), LineDiff::default(), uncounted)
        };
        let crlf = [&old, &new].into_iter().all(|lines| lines.is_empty() || lines.all_crlf())
            && !(old.is_empty() && new.is_empty());
        notes.extend(crlf.then_some(Note::Crlf));
        notes.extend(diff.coarse.then_some(Note::Coarse));
        let hunks = group(&diff.changes, context);
        let FileChange { path, old: old_side, new: new_side } = input.change;
        let summary =
            FileSummary { path, old_path: None, kind, old: old_side, new: new_side, stats, hunks: hunks.len(), crlf };
        let pairs = diff.changes.iter().map(|_| OnceLock::new()).collect();
        Self { summary, unpaired: stats, notes, old, new, changes: diff.changes, hunks, pairs }
    }

    /// Whether there is anything below the header to fold.
    pub(super) fn folds(&self) -> bool {
        !self.notes.is_empty() || !self.changes.is_empty()
    }

    /// The text of a side.
    pub(super) const fn lines(&self, side: CommentSide) -> &Lines {
        match side {
            CommentSide::Old => &self.old,
            CommentSide::New => &self.new,
        }
    }

    /// Where line `line` (from 0) of a side lies without the line ending: `\n`, and `\r\n` where every line ends so.
    pub(super) fn visible(&self, side: CommentSide, line: u32) -> Range<usize> {
        let lines = self.lines(side);
        let mut range = lines.range(line);
        let bytes = &lines.bytes()[range.clone()];
        let ending: &[u8] = if self.summary.crlf && bytes.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
        if bytes.ends_with(ending) {
            range.end -= ending.len();
        }
        range
    }

    fn text(&self, side: CommentSide, line: u32) -> &[u8] {
        &self.lines(side).bytes()[self.visible(side, line)]
    }

    /// Which parts of a changed line (from 0) differ from the line that it was or became.
    pub(super) fn words(&self, change: usize, side: CommentSide, line: u32) -> Vec<Range<usize>> {
        let (Some(Change { old, new }), Some(pairs)) = (self.changes.get(change), self.pairs.get(change)) else {
            return Vec::new();
        };
        let pairs = pairs.get_or_init(|| {
            let removed: Vec<&[u8]> = old.clone().map(|line| self.text(CommentSide::Old, line)).collect();
            let added: Vec<&[u8]> = new.clone().map(|line| self.text(CommentSide::New, line)).collect();
            Box::new(Pairs::new(&removed, &added))
        });
        let both = |old, new| changed_words(self.text(CommentSide::Old, old), self.text(CommentSide::New, new));
        match side {
            CommentSide::Old => match line.checked_sub(old.start).and_then(|at| pairs.added(at as usize)) {
                Some(at) => both(line, new.start + at).0,
                None => Vec::new(),
            },
            CommentSide::New => match line.checked_sub(new.start).and_then(|at| pairs.removed(at as usize)) {
                Some(at) => both(old.start + at, line).1,
                None => Vec::new(),
            },
        }
    }
}

/// Groups changes into hunks as `git diff -U<context>` does: those with at most `2 * context` equal lines between them.
fn group(changes: &[Change], context: u32) -> Vec<Range<u32>> {
    let mut hunks: Vec<Range<u32>> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let near = index > 0 && change.old.start - changes[index - 1].old.end <= context.saturating_mul(2);
        match hunks.last_mut() {
            Some(hunk) if near => hunk.end += 1,
            _ => hunks.push(index as u32..index as u32 + 1),
        }
    }
    hunks
}
