//! One changed file compared: what changed, where, and what has to be said about it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bstr::BString;

use super::{Change, Content, LineDiff, Lines, Note};
use crate::model::{CommentSide, FileChange, LineStats, Mode, Side};

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

/// What the header of a file and the file tree show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSummary {
    /// The path; of a renamed file the new one.
    pub path: BString,
    /// The path that a renamed file had.
    pub old_path: Option<BString>,
    /// What happened to it.
    pub kind: FileKind,
    /// The side before.
    pub old: Option<Side>,
    /// The side after.
    pub new: Option<Side>,
    /// Lines of the rows shown.
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
    /// What its header shows.
    pub(super) summary: FileSummary,
    /// git's count without rename pairing.
    pub(super) unpaired: LineStats,
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
    pub(super) pairs: Box<[OnceLock<super::words::Pairs>]>,
}

impl FileDiff {
    /// Compares the two sides of a file. Changes with at most `2 * context` equal lines between them make one hunk.
    #[must_use]
    pub fn compute(input: FileInput, context: u32) -> Self {
        let FileInput { change, old, new } = input;
        let kind = kind(&change);
        let notes = notes(&change, &old, &new);
        let summary = FileSummary {
            path: change.path,
            old_path: None,
            kind,
            old: change.old,
            new: change.new,
            stats: LineStats::default(),
            hunks: 0,
            crlf: false,
        };
        Self::compare(summary, notes, (&old, &new), context)
    }

    /// Compares a deleted file with an added one as one file that moved; `similarity` is per cent.
    #[must_use]
    pub fn compute_renamed(old: FileInput, new: FileInput, similarity: u8, context: u32) -> Self {
        let change = FileChange { path: new.change.path, old: old.change.old, new: new.change.new };
        let mut notes = notes(&change, &old.old, &new.new);
        notes.insert(0, Note::Renamed { similarity });
        let summary = FileSummary {
            path: change.path,
            old_path: Some(old.change.path),
            kind: FileKind::Renamed,
            old: change.old,
            new: change.new,
            stats: LineStats::default(),
            hunks: 0,
            crlf: false,
        };
        let mut diff = Self::compare(summary, notes, (&old.old, &new.new), context);
        diff.unpaired.additions = diff.new.len();
        diff.unpaired.deletions = diff.old.len();
        diff
    }

    /// What its header shows.
    #[must_use]
    pub const fn summary(&self) -> &FileSummary {
        &self.summary
    }

    /// Lines as git counts them without rename pairing: all lines of both sides for a renamed file.
    #[must_use]
    pub const fn unpaired(&self) -> LineStats {
        self.unpaired
    }

    fn compare(mut summary: FileSummary, mut notes: Vec<Note>, sides: (&Content, &Content), context: u32) -> Self {
        let (old, new, diff) = match (sides.0.lines(), sides.1.lines()) {
            (Some(old), Some(new)) => {
                let diff = LineDiff::compute(&old, &new);
                summary.stats = diff.stats();
                (Lines::new(old), Lines::new(new), diff)
            }
            _ => {
                summary.stats.binary = true;
                (Lines::default(), Lines::default(), LineDiff::default())
            }
        };
        summary.crlf = (old.all_crlf() || old.is_empty())
            && (new.all_crlf() || new.is_empty())
            && !(old.is_empty() && new.is_empty());
        if summary.crlf {
            notes.push(Note::Crlf);
        }
        if diff.coarse {
            notes.push(Note::Coarse);
        }
        let hunks = group(&diff.changes, context);
        summary.hunks = hunks.len();
        let pairs = std::iter::repeat_with(OnceLock::new).take(diff.changes.len()).collect();
        Self { unpaired: summary.stats, summary, notes, old, new, changes: diff.changes, hunks, pairs }
    }
}

/// What happened to a path.
fn kind(change: &FileChange) -> FileKind {
    match (change.old, change.new) {
        (None, _) => FileKind::Added,
        (_, None) => FileKind::Deleted,
        (Some(old), Some(new)) if is_plain(old.mode) != is_plain(new.mode) => FileKind::Retyped,
        (Some(old), Some(new)) if !is_plain(old.mode) && old.mode != new.mode => FileKind::Retyped,
        (Some(old), Some(new)) if old.oid == new.oid => FileKind::Mode,
        _ => FileKind::Modified,
    }
}

/// Whether an entry is a file, whatever its permissions.
const fn is_plain(mode: Mode) -> bool {
    matches!(mode, Mode::File | Mode::Executable)
}

/// What has to be said before the lines.
fn notes(change: &FileChange, old: &Content, new: &Content) -> Vec<Note> {
    let mut notes = Vec::new();
    match (change.old.map(|side| side.mode), change.new.map(|side| side.mode)) {
        (Some(old), Some(new)) if is_plain(old) && is_plain(new) && old != new => notes.push(Note::Mode { old, new }),
        (Some(old), Some(new)) if old != new => notes.push(Note::Retyped { old, new }),
        (Some(mode), None) | (None, Some(mode)) if mode == Mode::Executable => notes.push(Note::Kind(mode)),
        _ => {}
    }
    content_notes(old, new, &mut notes);
    for (side, content) in [(CommentSide::Old, old), (CommentSide::New, new)] {
        match content {
            Content::TooLarge { size } => notes.push(Note::TooLarge { side, size: *size }),
            Content::Missing(why) => notes.push(Note::Missing { side, why: why.as_str().into() }),
            _ => {}
        }
    }
    notes
}

/// What has to be said about contents that are not plain text.
fn content_notes(old: &Content, new: &Content, notes: &mut Vec<Note>) {
    let is = |test: fn(&Content) -> bool| test(old) || test(new);
    if is(|side| matches!(side, Content::Symlink(_))) {
        let target = |side: &Content| match side {
            Content::Symlink(target) => Some(Arc::clone(target)),
            _ => None,
        };
        notes.push(Note::SymlinkTarget { old: target(old), new: target(new) });
    }
    if is(|side| matches!(side, Content::Submodule(_))) {
        let commit = |side: &Content| match side {
            Content::Submodule(oid) => Some(*oid),
            _ => None,
        };
        notes.push(Note::Submodule { old: commit(old), new: commit(new) });
    }
    if is(|side| matches!(side, Content::Binary { .. })) {
        notes.push(Note::Binary { old: size(old), new: size(new) });
    }
    if is(|side| matches!(side, Content::Lfs { .. })) {
        notes.push(Note::Lfs { old: size(old), new: size(new) });
    }
    if matches!((old.lines(), new.lines()), (Some(old), Some(new)) if old.is_empty() && new.is_empty()) {
        notes.push(Note::Empty);
    }
}

/// How many bytes a side is, or stands for.
fn size(side: &Content) -> Option<u64> {
    match side {
        Content::Text(bytes) => Some(bytes.len() as u64),
        Content::Binary { size } | Content::Lfs { size, .. } | Content::TooLarge { size } => Some(*size),
        Content::Symlink(_) | Content::Submodule(_) | Content::Missing(_) | Content::Absent => None,
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

impl FileDiff {
    /// Whether there is anything below the header to fold.
    pub(super) fn folds(&self) -> bool {
        !self.notes.is_empty() || !self.changes.is_empty()
    }

    /// Where line `line` (from 0) of one of its texts lies without the line ending: `\n`, and `\r\n` where every line ends so.
    pub(super) fn visible(&self, lines: &Lines, line: u32) -> Range<usize> {
        let mut range = lines.range(line);
        let bytes = &lines.bytes()[range.clone()];
        let ending: &[u8] = if self.summary.crlf && bytes.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
        if bytes.ends_with(ending) {
            range.end -= ending.len();
        }
        range
    }
}
