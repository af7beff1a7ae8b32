//! A bare mirror of a forge's repository in the cache folder: all commits and trees, and of the contents of files those that
//! somebody asked for.
//!
//! libgit2 reads no partial clones, so nothing in the folder may say that it is one: git is told by `-c`, for each process
//! that fetches, that the remote can be asked again, and what it fetches into then is a plain repository with objects missing.
//! A `--filter` on the command line would write that down (`partial_clone_register` of git's list-objects-filter-options.c), so
//! it is never given. No other git process here is told, so that none of any version fetches one object at a time behind our
//! back; `GIT_NO_LAZY_FETCH` says the same to those that know it (git 2.44).
//!
//! - `place`: where it is, how it is made.
//! - `fetch`: commits, trees and refs.
//! - `contents`: contents, many at once; what is missing is never taken for what is not there.
//!
//! The folder can be deleted at any time. A lock file beside it lets one process at a time change it.

mod contents;
mod fetch;
mod place;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

pub use contents::{Filled, Watch};
pub use fetch::{Fetched, PULLS};
pub use place::{Origin, folder};

use super::process::{Git, GitError};
use super::store::StoreError;
use crate::model::Oid;

/// Why a mirror could not be made, or not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// Its address or branch cannot stand in git's configuration.
    #[error("{0} cannot be an address or a branch: it has characters that nobody sees")]
    Name(String),
    /// Its folder cannot be used.
    #[error("the mirror in {folder} cannot be used: {source}; it can be deleted, and is made again")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// git could not fetch.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Its objects cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server hands out branches, and nothing by its id.
    #[error("the server gives no contents by their ids ({0}); `uploadpack.allowAnySHA1InWant` there allows it")]
    Ids(String),
    /// Another process changes it.
    #[error("another countersign is fetching into the same mirror")]
    Busy,
    /// Nobody wants the answer any more.
    #[error("it was stopped")]
    Stopped,
}

impl MirrorError {
    /// As git's own failure, for those who fetch from clones and mirrors alike.
    pub(super) fn of_git(self) -> GitError {
        match self {
            Self::Git(error) => error,
            Self::Busy => GitError::Busy,
            other => GitError::Failed { command: "fetch".to_owned(), code: None, stderr: other.to_string() },
        }
    }
}

/// A mirror. One for each repository of a process: what readers miss is collected here.
#[derive(Debug)]
pub struct Mirror {
    git_dir: PathBuf,
    /// The contents that readers asked for and did not find.
    missed: Mutex<BTreeSet<Oid>>,
    /// Raised whenever contents came, so that what was found without them is not found again.
    brought: AtomicU64,
}

impl Mirror {
    /// The mirror in a folder; `None` where the repository there is something else.
    #[must_use]
    pub fn at(git_dir: &Path) -> Option<Arc<Self>> {
        place::is_mirror(git_dir).then(|| Arc::new(Self::new(git_dir)))
    }

    fn new(git_dir: &Path) -> Self {
        Self { git_dir: git_dir.to_owned(), missed: Mutex::default(), brought: AtomicU64::new(0) }
    }

    /// Where it is.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// A git that knows that contents may be missing, and that the remote has them.
    fn git(&self, asks: bool) -> Git {
        let git = Git::new(&self.git_dir);
        let git = git.with("remote.origin.promisor", "true").with("remote.origin.partialclonefilter", "blob:none");
        if asks { git.asking() } else { git }
    }

    fn refused(&self, source: std::io::Error) -> MirrorError {
        MirrorError::Folder { folder: self.git_dir.clone(), source }
    }
}

/// What each git that fetches is told beside its arguments.
fn environment() -> [(&'static str, String); 1] {
    [("GIT_NO_LAZY_FETCH", "1".to_owned())]
}

#[cfg(test)]
mod tests;
