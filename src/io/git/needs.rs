//! Which contents a reading takes, told from trees and the history index alone: what a mirror brings before somebody waits for it.
//!
//! These name what is read for certain. What a reader looks for beyond that (a value three renames ago, the same field of a
//! sibling) it finds missing, and says so; a mirror remembers it ([`super::mirror::Mirror::whole`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice as _};

use super::repository::LocalRepository;
use super::store::{Store, StoreError, Writes};
use crate::diff::fields::has_values;
use crate::io::index::{IndexError, View};
use crate::model::forge::PullRequest;
use crate::model::{Mode, Oid, Side};
use crate::policy::Globs;

/// Contents, each once.
pub type Contents = BTreeSet<Oid>;

/// Config files of one tree that are brought: more are never read, whatever their size.
const CONFIG_FILES: usize = 20_000;
/// Changes of one path whose contents are brought: so many are looked at for where a value comes from.
const STEPS: usize = 48;
/// Paths of one proposal whose history is brought.
const PATHS: usize = 500;
/// The folder of policy, signers, prices and incidents.
const ROOT: &[u8] = b".countersign/";

/// What reading these proposals takes, as (tip of the target, head): both sides of what each changes on its own base, and what
/// the target has at the same paths. One that cannot be merged, or whose commits are not here, takes nothing.
pub fn of_proposals(store: &Store, rounds: &[(Oid, Oid)]) -> Contents {
    rounds.iter().filter_map(|(tip, head)| of_round(store, *tip, *head).ok()).flatten().collect()
}

fn of_round(store: &Store, tip: Oid, head: Oid) -> Result<Vec<Oid>, StoreError> {
    let base = store.merge_base(head, &[tip])?;
    store.contents_of_merge(store.tree_of(base)?, store.tree_of(tip)?, store.tree_of(head)?)
}

/// Policy, signers, prices and whatever else lies in the folder of a commit that a root is read from.
pub fn of_root(store: &Store, commit: Oid) -> Result<Contents, StoreError> {
    of_files(store, commit, |path| path.starts_with(ROOT))
}

/// The config documents of a commit, in the order of their paths as far as they are ever read.
pub fn of_inventory(store: &Store, commit: Oid) -> Result<Contents, StoreError> {
    let mut files = store.files(store.tree_of(commit)?, has_values)?.files;
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files.into_iter().take(CONFIG_FILES).map(|(_, side)| side.oid).collect())
}

/// The files of a commit that tell of incidents, by their names.
pub fn of_incidents(store: &Store, commit: Oid, usual: &Globs, named: &Globs) -> Result<Contents, StoreError> {
    of_files(store, commit, |path| usual.matches(path) || named.matches(path))
}

fn of_files(store: &Store, commit: Oid, wanted: impl Fn(&BStr) -> bool) -> Result<Contents, StoreError> {
    let files = store.files(store.tree_of(commit)?, wanted)?.files;
    Ok(files.into_iter().map(|(_, side)| side.oid).collect())
}

/// What the values of these paths were before, as far back as provenance looks.
pub fn of_history(view: &View, paths: &[BString]) -> Result<Contents, IndexError> {
    let mut contents = Contents::new();
    for path in paths.iter().filter(|path| has_values(path.as_bstr())).take(PATHS) {
        for touch in view.moves_of(path, STEPS)? {
            let plain = |side: &Side| matches!(side.mode, Mode::File | Mode::Executable);
            contents.extend([touch.before, touch.after].into_iter().flatten().filter(plain).map(|side| side.oid));
        }
    }
    Ok(contents)
}

/// The notes on these heads in which agents leave their reasoning.
pub fn of_notes(repository: &LocalRepository, heads: &BTreeSet<Oid>) -> Result<Contents, StoreError> {
    let noted = super::proposals::Notes::open(repository)?.all()?;
    Ok(noted.into_iter().filter(|(head, _)| heads.contains(head)).map(|(_, note)| note).collect())
}

impl LocalRepository {
    /// What would be read as proposals, as (tip of the target, head): branches that match or are named, and pull requests.
    pub fn rounds(
        &self,
        patterns: &Globs,
        extra: &[String],
        pulls: Option<&[Arc<PullRequest>]>,
    ) -> Result<Vec<(Oid, Oid)>, StoreError> {
        let target = self.target()?;
        let (branches, _) = self.branches(patterns, extra)?;
        let all = super::pulls::candidates(self, &target, branches, pulls)?;
        Ok(all.into_iter().filter_map(|one| Some((one.target.ok()?.tip, one.branch.tip))).collect())
    }

    /// What the queue takes at first sight: its proposals, their notes, and the root of the target. `rounds` are (tip of the target,
    /// head). Nothing where contents are never missing.
    pub fn needs_of_queue(&self, rounds: &[(Oid, Oid)]) -> Result<Contents, StoreError> {
        if self.mirror.is_none() {
            return Ok(Contents::new());
        }
        let store = self.store(Writes::InMemory)?;
        let heads = rounds.iter().map(|(_, head)| *head).collect();
        let mut all = of_proposals(&store, rounds);
        all.extend(of_root(&store, self.target()?.tip)?);
        all.extend(of_notes(self, &heads)?);
        Ok(all)
    }
}
