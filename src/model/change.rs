//! What differs between two trees, file by file, before anything is read from the files.

use bstr::{BString, ByteSlice as _};
use serde::{Deserialize, Serialize, Serializer};

use super::{ChangeId, Oid};

/// A file mode as git trees store it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `100644`, a plain file.
    File,
    /// `100755`, a program.
    Executable,
    /// `120000`, a symbolic link; the blob is its target.
    Symlink,
    /// `160000`, a submodule; the id is a commit of another repository.
    Submodule,
}

impl Mode {
    /// The mode of a tree entry's number; `None` for trees and for numbers that git does not write.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            // 100664 is found in very old trees; git reads it as a plain file.
            0o100_644 | 0o100_664 => Some(Self::File),
            0o100_755 => Some(Self::Executable),
            0o120_000 => Some(Self::Symlink),
            0o160_000 => Some(Self::Submodule),
            _ => None,
        }
    }

    /// The six octal digits that git prints.
    #[must_use]
    pub const fn octal(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Submodule => "160000",
        }
    }
}

/// One side of a changed path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Side {
    /// What kind of entry it is.
    pub mode: Mode,
    /// The blob, or the commit of a submodule.
    pub oid: Oid,
}

/// A path that differs between two trees. At least one side is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileChange {
    /// The path from the root, as the bytes that git has.
    #[serde(serialize_with = "path_as_text")]
    pub path: BString,
    /// Before; `None` for an added path.
    pub old: Option<Side>,
    /// After; `None` for a deleted path.
    pub new: Option<Side>,
}

/// Nearly every path is text, and a list of numbers is read by nobody; both are read back.
fn path_as_text<S: Serializer>(path: &BString, serializer: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Ok(text) => serializer.serialize_str(text),
        Err(_) => path.serialize(serializer),
    }
}

/// Every path that differs between two trees, in path order, renames off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeDiff {
    /// The tree before: the target's tip.
    pub old: Oid,
    /// The tree after: the result of merging.
    pub new: Oid,
    /// The changed paths, in byte order.
    pub files: Vec<FileChange>,
    /// The identity of this change.
    pub change_id: ChangeId,
}

/// Lines added and deleted, as `git diff --no-renames --histogram --numstat` counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineStats {
    /// Lines that only the new side has.
    pub additions: u32,
    /// Lines that only the old side has.
    pub deletions: u32,
    /// Either side is binary, so lines are not counted.
    pub binary: bool,
}
