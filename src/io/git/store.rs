//! The object database of one repository, alone: no configuration, attributes, drivers or filters, and, unless asked for,
//! nothing is written. Every host computes the same from it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice as _};
use jiff::Timestamp;

use super::mirror::Mirror;
use super::shallow::Cut;
use crate::diff;
use crate::model::{Contributor, FileChange, Mode, Oid, Side, TreeDiff};

/// Why an object, a merge or a difference could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The object is not in the database.
    #[error("object {0} is missing; `git fetch` may bring it, and `git fsck` says what else is")]
    Missing(Oid),
    /// The object is not here yet: a mirror has only the contents that were asked for, and commits as of its last fetch.
    #[error("{UNFETCHED} (object {0})")]
    Unfetched(Oid),
    /// The object is there and cannot be read.
    #[error("object {oid} cannot be read ({why}); `git fsck` says what else is broken")]
    Broken {
        /// The object.
        oid: Oid,
        /// What libgit2 says.
        why: String,
    },
    /// The object is larger than what is read.
    #[error("a file is too large to be shown: object {oid} has {size} bytes, and {limit} are read")]
    TooLarge {
        /// The object.
        oid: Oid,
        /// Its size.
        size: u64,
        /// The bound.
        limit: u64,
    },
    /// Merging is not possible without a person: conflicting paths, or not exactly one merge base.
    #[error("{0}")]
    NeedsRebase(String),
    /// The clone is shallow, and what would be needed lies beyond its boundary.
    #[error("{0}")]
    Cut(String),
    /// Everything else that libgit2 says.
    #[error("{0}")]
    Git(String),
}

/// What everything begins with that is said of an object that a mirror does not have yet.
pub const UNFETCHED: &str = "its contents were not fetched yet";

impl StoreError {
    /// Whether it is for want of something that a mirror has not fetched.
    #[must_use]
    pub const fn is_unfetched(&self) -> bool {
        matches!(self, Self::Unfetched(_))
    }

    pub(super) fn of(error: &git2::Error, oid: Oid) -> Self {
        match error.code() {
            git2::ErrorCode::NotFound => Self::Missing(oid),
            _ => Self::Broken { oid, why: error.message().to_owned() },
        }
    }
}

impl From<&git2::Error> for StoreError {
    fn from(error: &git2::Error) -> Self {
        Self::Git(error.message().to_owned())
    }
}

impl From<git2::Error> for StoreError {
    fn from(error: git2::Error) -> Self {
        Self::from(&error)
    }
}

/// A commit, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub oid: Oid,
    /// Its tree.
    pub tree: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Who wrote the change.
    pub author: Contributor,
    /// Who made the commit.
    pub committer: Contributor,
    /// When the author says he wrote it.
    pub authored: Timestamp,
    /// When the committer says he made it.
    pub committed: Timestamp,
    /// The message, lossily as UTF-8, bounded.
    pub message: String,
}

/// Bytes of a message that are read.
const MESSAGE_LIMIT: usize = 64 << 10;
/// Bytes of a blob that are read.
pub const BLOB_LIMIT: u64 = 32 << 20;
/// Own commits of one proposal that are read; more than that is no proposal that a person can review.
pub const OWN_COMMITS_LIMIT: usize = 2_000;

/// Whether what is merged may reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// New objects stay in memory and vanish with the store.
    InMemory,
    /// New objects are written to the repository; refs are never touched here.
    ToDisk,
}

/// The differences of pairs of trees.
pub(super) type Compared = HashMap<(Oid, Oid), Arc<super::merge::Changed>>;

/// The object database. Not `Sync`: one a thread.
pub struct Store {
    repo: git2::Repository,
    /// The history of a shallow clone; the objects alone do not tell where it ends.
    cut: Option<Cut>,
    /// What brings objects that are missing; `None` where all should be here.
    promised: Option<Arc<Mirror>>,
    /// How many contents were asked for that are not here yet.
    lacked: Cell<usize>,
    /// Differences between trees that were computed for merges.
    pub(super) compared: RefCell<Compared>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the object database of the repository at `git_dir`.
    pub fn open(git_dir: &Path, writes: Writes) -> Result<Self, StoreError> {
        let whole = super::limits::open(git_dir)?;
        let odb = whole.odb()?;
        if writes == Writes::InMemory {
            // Above the disk's backends in priority, so that every write ends here.
            odb.add_new_mempack_backend(1_000)?;
        }
        let (repo, cut) = (git2::Repository::from_odb(odb)?, Cut::of(git_dir)?);
        Ok(Self { repo, cut, promised: None, lacked: Cell::new(0), compared: RefCell::default() })
    }

    /// The same of a mirror, in which objects may be missing.
    #[must_use]
    pub(super) fn promised(mut self, mirror: Option<&Arc<Mirror>>) -> Self {
        self.promised = mirror.cloned();
        self
    }

    /// Why an object could not be had.
    pub(super) fn lost(&self, error: &git2::Error, oid: Oid) -> StoreError {
        match (StoreError::of(error, oid), &self.promised) {
            (StoreError::Missing(oid), Some(_)) => StoreError::Unfetched(oid),
            (error, _) => error,
        }
    }

    /// The same of contents, which can be brought by themselves: that they are wanted is remembered.
    pub(super) fn lost_contents(&self, error: &git2::Error, oid: Oid) -> StoreError {
        let error = self.lost(error, oid);
        if let (StoreError::Unfetched(oid), Some(mirror)) = (&error, &self.promised) {
            self.lacked.set(self.lacked.get() + 1);
            mirror.miss(*oid);
        }
        error
    }

    /// How many contents were asked for that are not here yet: where it grows during work, that was done without them.
    pub(in crate::io) const fn lacked(&self) -> usize {
        self.lacked.get()
    }

    /// Whether contents may be missing that are there elsewhere.
    pub(super) const fn is_promised(&self) -> bool {
        self.promised.is_some()
    }

    /// Refuses to go on without these contents; all that are missing are remembered. libgit2 would say of none which it was.
    pub(super) fn hold_contents(&self, wanted: impl IntoIterator<Item = Oid>) -> Result<(), StoreError> {
        let Some(mirror) = &self.promised else { return Ok(()) };
        let lost: Vec<Oid> = wanted.into_iter().filter(|oid| !self.has(*oid)).collect();
        self.lacked.set(self.lacked.get() + lost.len());
        for oid in &lost {
            mirror.miss(*oid);
        }
        lost.first().map_or(Ok(()), |oid| Err(StoreError::Unfetched(*oid)))
    }

    /// The commit.
    pub fn commit(&self, oid: Oid) -> Result<Commit, StoreError> {
        let commit = self.repo.find_commit(raw(oid)).map_err(|e| self.lost(&e, oid))?;
        let message = commit.message_raw_bytes();
        Ok(Commit {
            oid,
            tree: cooked(commit.tree_id()),
            parents: commit.parent_ids().map(cooked).collect(),
            author: contributor(&commit.author()),
            committer: contributor(&commit.committer()),
            authored: timestamp(commit.author().when()),
            committed: timestamp(commit.committer().when()),
            message: message[..message.len().min(MESSAGE_LIMIT)].to_str_lossy().into_owned(),
        })
    }

    /// The tree of a commit.
    pub fn tree_of(&self, commit: Oid) -> Result<Oid, StoreError> {
        let found = self.repo.find_commit(raw(commit)).map_err(|e| self.lost(&e, commit))?;
        Ok(cooked(found.tree_id()))
    }

    /// The bytes of an object as git hashes them, without its header.
    pub fn raw_object(&self, oid: Oid) -> Result<Vec<u8>, StoreError> {
        let odb = self.repo.odb()?;
        let object = odb.read(raw(oid)).map_err(|e| self.lost(&e, oid))?;
        Ok(object.data().to_vec())
    }

    /// Whether the object is there.
    #[must_use]
    pub fn has(&self, oid: Oid) -> bool {
        self.repo.odb().is_ok_and(|odb| odb.exists(raw(oid)))
    }

    /// Refuses to go on without the contents of both sides of a difference.
    pub(in crate::io) fn hold_sides(&self, diff: &TreeDiff) -> Result<(), StoreError> {
        let sides = diff.files.iter().flat_map(|file| [file.old, file.new]).flatten();
        self.hold_contents(sides.filter(|side| side.mode != Mode::Submodule).map(|side| side.oid))
    }

    /// The bytes of a blob, at most `limit`.
    pub fn blob(&self, oid: Oid, limit: u64) -> Result<Vec<u8>, StoreError> {
        let odb = self.repo.odb()?;
        let (size, _) = odb.read_header(raw(oid)).map_err(|e| self.lost_contents(&e, oid))?;
        if size as u64 > limit {
            return Err(StoreError::TooLarge { oid, size: size as u64, limit });
        }
        let object = odb.read(raw(oid)).map_err(|e| self.lost_contents(&e, oid))?;
        Ok(object.data().to_vec())
    }

    /// The mode and blob at `path` in a tree; `None` where there is nothing.
    pub fn entry(&self, tree: Oid, path: &str) -> Result<Option<Side>, StoreError> {
        self.entry_at(tree, path.as_bytes().as_bstr())
    }

    /// [`Self::entry`] for a path that need not be UTF-8.
    pub fn entry_at(&self, tree: Oid, path: &BStr) -> Result<Option<Side>, StoreError> {
        let tree = self.repo.find_tree(raw(tree)).map_err(|e| self.lost(&e, tree))?;
        match tree.get_path(&path.to_path_lossy()) {
            Ok(entry) => {
                Ok(Mode::from_bits(entry.filemode() as u32).map(|mode| Side { mode, oid: cooked(entry.id()) }))
            }
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether there is a folder at `path`.
    #[must_use]
    pub fn is_folder(&self, tree: Oid, path: &str) -> bool {
        let entry = self.repo.find_tree(raw(tree)).and_then(|tree| tree.get_path(Path::new(path)));
        entry.is_ok_and(|entry| entry.kind() == Some(git2::ObjectType::Tree))
    }

    /// Where questions about history are put.
    fn history(&self) -> &git2::Repository {
        self.cut.as_ref().map_or(&self.repo, |cut| &cut.repo)
    }

    /// The one merge base of `head` and the hypothetical merge of `onto`; anything else needs a rebase. In a shallow clone
    /// only what nothing beyond its boundary could change is told.
    pub fn merge_base(&self, head: Oid, onto: &[Oid]) -> Result<Oid, StoreError> {
        let all: Vec<git2::Oid> = std::iter::once(head).chain(onto.iter().copied()).map(raw).collect();
        let bases: Vec<Oid> = match self.history().merge_bases_many(&all) {
            Ok(bases) => bases.iter().copied().map(cooked).collect(),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Vec::new(),
            Err(error) => return Err(self.lost(&error, head)),
        };
        if let Some(cut) = &self.cut {
            cut.hold(head, onto, &bases)?;
        }
        match bases.as_slice() {
            [base] => Ok(*base),
            [] => Err(StoreError::NeedsRebase("it has no common history with the target".into())),
            several => Err(StoreError::NeedsRebase(format!(
                "it has {} merge bases with the target, so what it would change is ambiguous",
                several.len()
            ))),
        }
    }

    /// Whether `descendant` contains `ancestor` (a commit contains itself).
    pub fn contains(&self, descendant: Oid, ancestor: Oid) -> Result<bool, StoreError> {
        Ok(descendant == ancestor || self.history().graph_descendant_of(raw(descendant), raw(ancestor))?)
    }

    /// Every path that differs between two trees, renames off, with the change id.
    pub fn diff(&self, old: Oid, new: Oid) -> Result<TreeDiff, StoreError> {
        self.refuse_folders(old, new)?;
        let find = |oid| self.repo.find_tree(raw(oid)).map_err(|e| self.lost(&e, oid));
        let mut options = git2::DiffOptions::new();
        options.include_typechange(true).ignore_submodules(false).skip_binary_check(true).context_lines(0);
        let found = self.repo.diff_tree_to_tree(Some(&find(old)?), Some(&find(new)?), Some(&mut options))?;
        let mut files = found.deltas().map(|delta| file_change(&delta)).collect::<Result<Vec<_>, _>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        self.refuse_twins(old, &files)?;
        Self::refuse_unfit(&files)?;
        Ok(TreeDiff { old, new, change_id: diff::change_id(&files), files })
    }

    /// A tree that names a path twice is read in one way here and in another by the next program (`git fsck` calls it
    /// `duplicateEntries`): it shows as a path that is added and was there, or as two changes of one path.
    fn refuse_twins(&self, old: Oid, files: &[FileChange]) -> Result<(), StoreError> {
        let twice = files.windows(2).find_map(|two| (two[0].path == two[1].path).then_some(&two[0]));
        let mut added = files.iter().filter(|file| file.old.is_none());
        let there = |file: &&FileChange| matches!(self.entry_at(old, file.path.as_bstr()), Ok(Some(_)));
        match twice.or_else(|| added.find(there)) {
            None => Ok(()),
            Some(file) => {
                let path = crate::model::text::printable_bytes(&file.path);
                Err(StoreError::Git(format!("a tree names {path} twice; `git fsck` says more")))
            }
        }
    }

    /// The commits that `head` has and `tip` has not, oldest first.
    pub fn own_commits(&self, tip: Oid, head: Oid) -> Result<Vec<Commit>, StoreError> {
        let mut walk = self.history().revwalk()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
        walk.push(raw(head)).map_err(|e| self.lost(&e, head))?;
        walk.hide(raw(tip)).map_err(|e| self.lost(&e, tip))?;
        let mut commits = Vec::new();
        for oid in walk {
            if commits.len() == OWN_COMMITS_LIMIT {
                return Err(StoreError::NeedsRebase(format!("it has more than {OWN_COMMITS_LIMIT} own commits")));
            }
            commits.push(self.commit(cooked(oid.map_err(|e| self.lost(&e, head))?))?);
        }
        commits.reverse();
        Ok(commits)
    }

    /// The first-parent line from `tip` down to `stop` (exclusive), newest first, at most `limit` commits.
    pub fn first_parents(&self, tip: Oid, stop: Oid, limit: usize) -> Result<Vec<Commit>, StoreError> {
        let mut line = Vec::new();
        let mut next = Some(tip);
        while let Some(oid) = next.filter(|oid| *oid != stop && line.len() < limit) {
            let commit = self.commit(oid)?;
            next = commit.parents.first().copied();
            line.push(commit);
        }
        Ok(line)
    }

    /// The libgit2 repository, for the writing half.
    pub(super) const fn raw_repository(&self) -> &git2::Repository {
        &self.repo
    }
}

/// libgit2's id.
pub(in crate::io) fn raw(oid: Oid) -> git2::Oid {
    // Twenty bytes are always an id; the zero id keeps this total without a panic.
    git2::Oid::from_bytes(oid.as_bytes()).unwrap_or(git2::Oid::ZERO_SHA1)
}

/// Our id.
pub(in crate::io) fn cooked(oid: git2::Oid) -> Oid {
    let mut bytes = [0; 20];
    for (byte, source) in bytes.iter_mut().zip(oid.as_bytes()) {
        *byte = *source;
    }
    Oid::from_bytes(bytes)
}

/// A time of a commit, as an instant; outside of what can be represented it is the epoch.
fn timestamp(time: git2::Time) -> Timestamp {
    Timestamp::from_second(time.seconds()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn contributor(signature: &git2::Signature<'_>) -> Contributor {
    let bounded = |bytes: &[u8]| bytes[..bytes.len().min(512)].to_str_lossy().into_owned();
    Contributor { name: bounded(signature.name_bytes()), email: bounded(signature.email_bytes()) }
}

fn file_change(delta: &git2::DiffDelta<'_>) -> Result<FileChange, StoreError> {
    let path = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes()).unwrap_or_default();
    let side = |file: git2::DiffFile<'_>, there: bool| -> Result<Option<Side>, StoreError> {
        if !there {
            return Ok(None);
        }
        let bits = u32::from(file.mode());
        let mode = Mode::from_bits(bits).ok_or_else(|| {
            StoreError::Git(format!("{} has the mode {bits:o}, which git does not write", path.as_bstr()))
        })?;
        Ok(Some(Side { mode, oid: cooked(file.id()) }))
    };
    let status = delta.status();
    Ok(FileChange {
        path: BString::from(path),
        old: side(delta.old_file(), status != git2::Delta::Added)?,
        new: side(delta.new_file(), status != git2::Delta::Deleted)?,
    })
}

/// Names at most three of the paths that conflict.
pub(super) fn conflict_sentence(index: &git2::Index) -> String {
    let mut paths = BTreeSet::new();
    for conflict in index.conflicts().into_iter().flatten().flatten() {
        let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(entry.map(|entry| crate::model::text::printable_bytes(&entry.path)));
    }
    let named: Vec<&str> = paths.iter().take(3).map(String::as_str).collect();
    let more = paths.len().saturating_sub(3);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("it conflicts with the target in {}{tail}", named.join(", "))
}
