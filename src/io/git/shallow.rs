//! Shallow clones: where their history ends, and what cannot be said because of it.
//!
//! git lists the commits whose parents a clone does not have (gitrepository-layout(5), `shallow`). What lies on this side of
//! them is read as everywhere; what would need the other side is not known, and never taken for nothing.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::repository::{LocalRepository, OpenError};
use super::store::{StoreError, cooked, raw};
use crate::io::state::hexadecimal;
use crate::model::{Oid, Problem};

/// Bytes of the list that are read.
const LIST: u64 = 4 << 20;
/// Commits of the target's first-parent chain that are walked in search of its end.
const WALK: usize = 2_000;
/// What everything begins with that is said of a shallow clone.
pub const SHALLOW: &str = "this clone is shallow: ";
/// What brings the rest.
const NEXT: &str = "run `git fetch --unshallow`";

/// The commits whose parents a clone does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boundary {
    /// The commits.
    pub commits: HashSet<Oid>,
    /// A digest of their list, by which another one is told from it; empty where there are none.
    pub digest: String,
}

impl Boundary {
    /// Reads the list of the repository at `git_dir`. It has no commits in a clone that is whole.
    pub fn of(git_dir: &Path) -> std::io::Result<Self> {
        let mut text = Vec::new();
        match File::open(git_dir.join("shallow")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
            Ok(file) => file.take(LIST).read_to_end(&mut text)?,
        };
        let commits: HashSet<Oid> =
            String::from_utf8_lossy(&text).lines().filter_map(|line| line.parse().ok()).collect();
        let digest = if commits.is_empty() { String::new() } else { hexadecimal(&Sha256::digest(&text)[..16]) };
        Ok(Self { commits, digest })
    }

    /// Whether the clone has all of its history.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.commits.is_empty()
    }
}

/// What history cannot tell that ends at a commit: `this clone is shallow: history ends at 1a2b3c4d5e6f, 12 Mar 2026; …`.
#[must_use]
pub fn sentence(end: Oid, made: Option<Timestamp>) -> String {
    format!("{SHALLOW}{}; {NEXT}", said(end, made))
}

fn said(end: Oid, made: Option<Timestamp>) -> String {
    let date = made.map(|at| at.to_zoned(TimeZone::UTC).strftime(", %-d %b %Y").to_string()).unwrap_or_default();
    format!("history ends at {}{date}", end.short(12))
}

/// The history of a shallow clone as git sees it: cut off at its boundary.
pub(super) struct Cut {
    /// Knows of the boundary, so that the commits of it have no parents here.
    pub repo: git2::Repository,
    boundary: Boundary,
}

impl Cut {
    /// `None` where the repository at `git_dir` has all of its history.
    pub fn of(git_dir: &Path) -> Result<Option<Self>, StoreError> {
        let boundary = Boundary::of(git_dir)
            .map_err(|error| StoreError::Git(format!("the list of a shallow clone cannot be read: {error}")))?;
        if boundary.is_none() {
            return Ok(None);
        }
        Ok(Some(Self { repo: super::limits::open(git_dir)?, boundary }))
    }

    /// Whether nothing beyond the boundary could change what was found: `bases` are those of the merge of `head` with `onto`.
    ///
    /// What both have in common is older than the one base. A commit of the boundary that only one of them has may lead to
    /// something else that they have in common; so may any, where not exactly one base was found. And what `head` alone seems to
    /// have may lie beyond the boundary of the other, unless it comes after all of that.
    pub fn hold(&self, head: Oid, onto: &[Oid], bases: &[Oid]) -> Result<(), StoreError> {
        let tips: Vec<Oid> = std::iter::once(head).chain(onto.iter().copied()).collect();
        let apart = self.reached(&tips, bases.get(..1).filter(|_| bases.len() == 1).unwrap_or_default())?;
        if let Some(end) = apart.iter().find(|oid| self.boundary.commits.contains(oid)) {
            return Err(self.unjudged("its merge base may lie before that", *end));
        }
        let [base] = bases else { return Ok(()) };
        let own: HashSet<Oid> = self.reached(&[head], onto)?.into_iter().collect();
        for commit in &own {
            let parents = self.parents(*commit)?;
            let first = !parents.iter().any(|parent| own.contains(parent));
            if first && !parents.contains(base) {
                let ends = self.ends(*base)?;
                let known = self.ends(*commit)?;
                if let Some(end) = ends.difference(&known).next() {
                    return Err(self.unjudged("what is its own may lie before that", *end));
                }
            }
        }
        Ok(())
    }

    /// The commits that some have and others have not.
    fn reached(&self, from: &[Oid], but: &[Oid]) -> Result<Vec<Oid>, StoreError> {
        let mut walk = self.repo.revwalk()?;
        for oid in from {
            walk.push(raw(*oid)).map_err(|error| StoreError::of(&error, *oid))?;
        }
        for oid in but {
            walk.hide(raw(*oid)).map_err(|error| StoreError::of(&error, *oid))?;
        }
        Ok(walk.map(|oid| oid.map(cooked)).collect::<Result<_, _>>()?)
    }

    fn parents(&self, commit: Oid) -> Result<Vec<Oid>, StoreError> {
        let found = self.repo.find_commit(raw(commit)).map_err(|error| StoreError::of(&error, commit))?;
        Ok(found.parent_ids().map(cooked).collect())
    }

    /// The commits of the boundary that one comes after.
    fn ends(&self, commit: Oid) -> Result<BTreeSet<Oid>, StoreError> {
        let reached = self.reached(&[commit], &[])?;
        Ok(reached.into_iter().filter(|oid| self.boundary.commits.contains(oid)).collect())
    }

    fn unjudged(&self, why: &str, end: Oid) -> StoreError {
        StoreError::Cut(format!("{SHALLOW}{}, and {why}, so it cannot be judged; {NEXT}", said(end, self.made(end))))
    }

    fn made(&self, commit: Oid) -> Option<Timestamp> {
        let time = self.repo.find_commit(raw(commit)).ok()?.time().seconds();
        Timestamp::from_second(time).ok()
    }

    /// Where the history of a tip ends; the newest commit of the boundary where that is not found on its first-parent chain.
    fn end(&self, tip: Oid) -> Option<Oid> {
        let first = |commit: &Oid| self.parents(*commit).ok()?.first().copied();
        let line = std::iter::successors(Some(tip), first).take(WALK);
        let mut ends = line.filter(|commit| self.boundary.commits.contains(commit));
        ends.next().or_else(|| {
            let known = self.boundary.commits.iter().take(WALK);
            known.max_by_key(|commit| (self.made(**commit), **commit)).copied()
        })
    }
}

impl LocalRepository {
    /// Refuses a clone that lacks history: whoever decides must see all of it.
    pub fn whole(&self) -> Result<(), OpenError> {
        // What cannot be read is told by whoever needs it.
        if Boundary::of(&self.git_dir).is_ok_and(|boundary| boundary.is_none()) {
            return Ok(());
        }
        Err(OpenError {
            what: "this clone is shallow: it lacks the history that proposals are merged and approvals are judged by"
                .to_owned(),
            next: "fetch the rest with `git fetch --unshallow`".to_owned(),
        })
    }

    /// What cannot be known of the history of `tip` in a shallow clone; `None` in a whole one.
    #[must_use]
    pub fn cut_off(&self, tip: Oid) -> Option<String> {
        let cut = Cut::of(&self.git_dir).ok().flatten()?;
        cut.end(tip).map(|end| sentence(end, cut.made(end)))
    }

    /// What a person should know before believing what is shown of a shallow clone; `None` in a whole one.
    #[must_use]
    pub fn shallowness(&self, tip: Oid) -> Option<Problem> {
        let cut = Cut::of(&self.git_dir).ok().flatten()?;
        let ends = cut.end(tip).map(|end| said(end, cut.made(end))).unwrap_or_default();
        Some(Problem {
            place: "history".to_owned(),
            what: format!(
                "{SHALLOW}{ends}; what came before is not known, no ledger is read, and nothing can be decided"
            ),
            next: NEXT.to_owned(),
        })
    }
}

impl std::fmt::Debug for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cut").field("boundary", &self.boundary).finish_non_exhaustive()
    }
}
