//! The history index: which commit changed which path from what to what, in a file of the user's cache folder.
//!
//! Built from one streamed `git log --raw -z` and kept up with the target after that: only new commits are read, and what the
//! target no longer reaches is dropped. It answers in microseconds what git must walk the history for. Merges are compared
//! with their first parent: that is what they changed on the target. The file can be deleted at any time; one that is broken,
//! of another version or not the user's own is made anew. Two processes can use it at once: one writes, in one transaction,
//! and whoever reads meanwhile sees the state before or is told that it is being made.
//!
//! What it says is a soft fact: messages, names and dates are their makers', and the file lies on the reviewer's host.

mod fill;
mod landing;
mod log;
mod read;
mod schema;
mod telling;
mod undid;
mod update;
mod whose;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use read::{Commits, Revert, View};
pub(in crate::io) use schema::lock;
pub use update::Request;

use super::git::process::GitError;
use super::git::store::StoreError;
use super::state::repository_key;
use crate::model::Oid;

/// Why there is no index, or none that can be asked.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// git could not be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What git printed could not be read.
    #[error("the log could not be read: {0}")]
    Log(#[source] std::io::Error),
    /// Objects could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be read or written.
    #[error("the history index cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// The database could not be read or written.
    #[error("the history index cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file is another program's, or another version's.
    #[error("the history index is of another version")]
    Foreign,
    /// Another process is at work on it.
    #[error("another countersign is reading the history")]
    Busy,
}

impl IndexError {
    /// Whether the file itself is to blame, so that making it anew helps.
    fn is_broken(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SchemaChanged, TypeMismatch, Unknown};
        match self {
            Self::Foreign => true,
            Self::Database(rusqlite::Error::SqliteFailure(error, _)) => {
                matches!(error.code, DatabaseCorrupt | NotADatabase | SchemaChanged | TypeMismatch | Unknown)
            }
            // A table or a column that is not as it was made.
            Self::Database(error) => !matches!(error, rusqlite::Error::QueryReturnedNoRows),
            Self::File(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
            _ => false,
        }
    }
}

/// The index of one repository: where it is. Cheap to copy; nothing is open.
#[derive(Debug, Clone)]
pub struct Index {
    file: PathBuf,
}

impl Index {
    /// The index of the repository at `git_dir`, as its remote of that name has it, below the user's cache folder `base`.
    #[must_use]
    pub fn of(base: &Path, git_dir: &Path, remote: Option<&str>) -> Self {
        Self { file: base.join(repository_key(git_dir, remote)).join("history.db") }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// The index as it is; `None` where there is none yet. Which tip it knows is in [`View::coverage`].
    pub fn open(&self) -> Result<Option<View>, IndexError> {
        match schema::open_to_read(&self.file)? {
            Some(db) => View::new(db),
            None => Ok(None),
        }
    }

    /// The index of exactly this history; `None` where it knows another one, or none.
    #[must_use]
    pub fn at(&self, tip: Oid) -> Option<View> {
        self.open().ok().flatten().filter(|view| view.coverage().tip == tip)
    }

    /// Brings the index up to a tip, and opens it. A file that is broken is thrown away first.
    ///
    /// `progress` is told how many commits were read. Errors: [`IndexError::Busy`] where another process is at it
    /// for longer than the request has patience.
    pub fn update(&self, request: &Request<'_>, progress: &dyn Fn(usize)) -> Result<View, IndexError> {
        let lock = schema::lock(&self.file, request.patience)?.ok_or(IndexError::Busy)?;
        let updated = match update::update(&self.file, request, progress) {
            Err(error) if error.is_broken() => {
                schema::remove(&self.file)?;
                update::update(&self.file, request, progress)
            }
            updated => updated,
        };
        // Closing the file would not do: a child that is being started beside this holds a copy of it for a moment.
        lock.unlock()?;
        updated?;
        // It was here a moment ago; who deletes it now gets an error and not a wrong answer.
        self.open()?.ok_or(IndexError::Busy)
    }

    /// Throws it away.
    pub fn clear(&self) -> std::io::Result<()> {
        schema::remove(&self.file)
    }
}

/// Seconds of a commit as a time; those that no calendar has are the nearest that it has.
fn instant(seconds: i64) -> Timestamp {
    let nearest = seconds.clamp(Timestamp::MIN.as_second() + 1, Timestamp::MAX.as_second() - 1);
    Timestamp::from_second(nearest).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
