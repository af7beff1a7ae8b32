//! What one screen row of a diff is. Every view (unified, split, search, heights) is made from these.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::model::text::printable;
use crate::model::{CommentSide, Mode, Oid};

/// A row of a [`super::Document`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The header of a file.
    File(FileRow),
    /// A remark that stands instead of lines, or explains them.
    Note(NoteRow),
    /// Equal lines that are not shown.
    Fold(FoldRow),
    /// A line of text.
    Line(LineRow),
    /// What is known of the change above it.
    Fact(FactRow),
}

impl Row {
    /// The file that the row belongs to, as an index into [`super::Document::files`].
    #[must_use]
    pub const fn file(&self) -> usize {
        match self {
            Self::File(row) => row.file,
            Self::Note(row) => row.file,
            Self::Fold(row) => row.file,
            Self::Line(row) => row.file,
            Self::Fact(row) => row.file,
        }
    }
}

/// The header of a file; [`super::Document::files`] has what to write into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Which file.
    pub file: usize,
    /// Whether everything below the header is folded away.
    pub folded: bool,
}

/// A remark about a file or a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// Which file.
    pub file: usize,
    /// The remark; prints as a few words.
    pub note: Note,
}

/// What is known of a change, under its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRow {
    /// Which file.
    pub file: usize,
    /// Which run of changed lines, from 0.
    pub change: usize,
    /// What is known.
    pub fact: Fact,
}

/// Something that is known of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// In one line that is fit for a terminal.
    pub text: String,
    /// Whether it stands against the change.
    pub warns: bool,
}

/// Equal lines that are not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldRow {
    /// Which file.
    pub file: usize,
    /// Which gap between the changes of the file: gap 0 lies before the first change.
    pub gap: usize,
    /// How many lines are hidden; at least 1.
    pub lines: u32,
    /// The first hidden line of the old side, from 1.
    pub old: u32,
    /// The first hidden line of the new side, from 1.
    pub new: u32,
}

/// What a line is to the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// On both sides.
    Equal,
    /// Only on the old side.
    Removed,
    /// Only on the new side.
    Added,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    /// Which file.
    pub file: usize,
    /// What it is to the change.
    pub kind: LineKind,
    /// Its number on the old side, from 1.
    pub old: Option<u32>,
    /// Its number on the new side, from 1.
    pub new: Option<u32>,
    /// Which run of changed lines of the file it belongs to, from 0; `None` for an equal line.
    pub change: Option<usize>,
    /// Where it lies in the text of [`LineRow::side`], without its line ending.
    pub range: Range<usize>,
}

impl LineRow {
    /// The side whose text it is read from: the old one for removed lines, else the new one.
    #[must_use]
    pub const fn side(&self) -> CommentSide {
        match self.kind {
            LineKind::Removed => CommentSide::Old,
            LineKind::Equal | LineKind::Added => CommentSide::New,
        }
    }

    /// Its number on [`LineRow::side`], from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        match self.kind {
            LineKind::Removed => self.old.unwrap_or(0),
            LineKind::Equal | LineKind::Added => self.new.unwrap_or(0),
        }
    }
}

/// A remark about a file or a line; prints as a few words that are fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The permissions changed.
    Mode {
        /// Before.
        old: Mode,
        /// After.
        new: Mode,
    },
    /// It became another kind of entry: a file gave way to a symbolic link, say.
    Retyped {
        /// Before.
        old: Mode,
        /// After.
        new: Mode,
    },
    /// A program, symbolic link or submodule is added or deleted; plain files need no remark.
    Kind(Mode),
    /// It moved, and so much of it stayed.
    Renamed {
        /// Per cent.
        similarity: u8,
    },
    /// A symbolic link's target changed.
    SymlinkTarget {
        /// Before, as raw bytes.
        old: Option<Arc<[u8]>>,
        /// After, as raw bytes.
        new: Option<Arc<[u8]>>,
    },
    /// A submodule's commit changed.
    Submodule {
        /// Before.
        old: Option<Oid>,
        /// After.
        new: Option<Oid>,
    },
    /// A side is binary: sizes in bytes, `None` for a side that is not there.
    Binary {
        /// Before.
        old: Option<u64>,
        /// After.
        new: Option<u64>,
    },
    /// The lines below are those of a pointer of Git LFS: the sizes, in bytes, of what it stands for.
    Lfs {
        /// Before.
        old: Option<u64>,
        /// After.
        new: Option<u64>,
    },
    /// A side is too large to be shown.
    TooLarge {
        /// Which.
        side: CommentSide,
        /// Bytes.
        size: u64,
    },
    /// A side could not be read.
    Missing {
        /// Which.
        side: CommentSide,
        /// Why.
        why: Arc<str>,
    },
    /// The file is empty where it exists.
    Empty,
    /// Every line of both sides ends with CRLF, which is therefore not shown on each line.
    Crlf,
    /// The texts are too repetitive to be compared exactly.
    Coarse,
    /// The line above lacks its newline at the end of the file.
    NoNewline(CommentSide),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode { old, new } => write!(f, "mode {} → {}", old.octal(), new.octal()),
            Self::Retyped { old, new } => write!(f, "{} → {}", kind(*old), kind(*new)),
            Self::Kind(mode) => f.write_str(kind(*mode)),
            Self::Renamed { similarity } => write!(f, "renamed, {similarity} % alike"),
            Self::SymlinkTarget { old, new } => {
                let target = |side: &Option<Arc<[u8]>>| side.as_deref().map(crate::model::text::printable_bytes);
                write_pair(f, "symlink", target(old), target(new))
            }
            Self::Submodule { old, new } => {
                write_pair(f, "submodule", old.map(|oid| oid.short(12)), new.map(|oid| oid.short(12)))
            }
            Self::Binary { old, new } => write_pair(f, "binary", old.map(bytes), new.map(bytes)),
            Self::Lfs { old, new } => write_pair(f, "pointer of Git LFS", old.map(bytes), new.map(bytes)),
            Self::TooLarge { side, size } => write!(f, "{} side too large to show: {}", word(*side), bytes(*size)),
            Self::Missing { side, why } => write!(f, "{} side cannot be read: {}", word(*side), printable(why)),
            Self::Empty => f.write_str("empty file"),
            Self::Crlf => f.write_str("CRLF line endings"),
            Self::Coarse => f.write_str("too repetitive to compare exactly: more lines than necessary show as changed"),
            Self::NoNewline(_) => f.write_str("no newline at end of file"),
        }
    }
}

/// The word for a kind of entry.
const fn kind(mode: Mode) -> &'static str {
    match mode {
        Mode::File => "file",
        Mode::Executable => "program",
        Mode::Symlink => "symlink",
        Mode::Submodule => "submodule",
    }
}

/// The word for a side.
pub(super) const fn word(side: CommentSide) -> &'static str {
    match side {
        CommentSide::Old => "old",
        CommentSide::New => "new",
    }
}

/// `what: old → new`, or only the one there is.
fn write_pair(f: &mut fmt::Formatter<'_>, what: &str, old: Option<String>, new: Option<String>) -> fmt::Result {
    match (old, new) {
        (Some(old), Some(new)) => write!(f, "{what}: {old} → {new}"),
        (Some(one), None) | (None, Some(one)) => write!(f, "{what}: {one}"),
        (None, None) => f.write_str(what),
    }
}

/// A size for people: `812 bytes`, `1.4 MB`. Decimal units, as forges print them.
fn bytes(size: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|unit| size >= unit.0) {
        Some((scale, unit)) => format!("{:.1} {unit}", size as f64 / *scale as f64),
        None => format!("{size} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_print_as_words() {
        for (note, text) in [
            (Note::Mode { old: Mode::File, new: Mode::Executable }, "mode 100644 → 100755"),
            (Note::Retyped { old: Mode::File, new: Mode::Symlink }, "file → symlink"),
            (Note::Binary { old: None, new: Some(1_400_000) }, "binary: 1.4 MB"),
            (Note::Binary { old: Some(12), new: Some(0) }, "binary: 12 bytes → 0 bytes"),
            (Note::Lfs { old: Some(2_000), new: Some(3_000_000_000) }, "pointer of Git LFS: 2.0 kB → 3.0 GB"),
            (
                Note::SymlinkTarget {
                    old: Some(b"../a".as_slice().into()),
                    new: Some(b"\x1b[2J\xff".as_slice().into()),
                },
                "symlink: ../a → <U+001B>[2J\\xff",
            ),
            (Note::Submodule { old: None, new: Some(Oid::EMPTY_TREE) }, "submodule: 4b825dc642cb"),
            (
                Note::Missing { side: CommentSide::New, why: "no such\u{202e} object".into() },
                "new side cannot be read: no such<U+202E> object",
            ),
        ] {
            assert_eq!(note.to_string(), text);
        }
    }
}
