//! Contents, many at once: what is missing, and how it is brought.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::super::process::GitError;
use super::super::store::{StoreError, raw};
use super::place::PATIENCE;
use super::{Mirror, MirrorError};
use crate::model::Oid;

/// Ids that one process asks for: a pack of so many is one that a slow line can bring, and a stop loses no more.
const BATCH: usize = 20_000;
/// Ids that a server does not have which are left out one after the other; it names one at a time.
const REFUSALS: usize = 64;
/// Misses that are remembered between two fillings.
const MISSED: usize = 200_000;
/// How often work is begun again because contents were missing. Each time what it came to is more.
const ROUNDS: usize = 12;

/// Who watches a filling.
pub struct Watch<'a> {
    /// Whether git may ask the person at the terminal.
    pub asks: bool,
    /// Told how many of how many are there.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Whether the answer is still wanted.
    pub still: &'a (dyn Fn() -> bool + Sync),
}

impl Watch<'_> {
    /// Asks nothing, tells nobody, and is not stopped.
    pub const NOBODY: Watch<'static> = Watch { asks: false, progress: &|_, _| {}, still: &|| true };
}

/// How a filling went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// How many came.
    pub brought: usize,
    /// What the server does not have: its place in history was pushed away, and thrown away there.
    pub refused: Vec<Oid>,
}

impl Mirror {
    /// Those of the contents that are not here, each once, in the order given.
    pub fn missing(&self, wanted: &[Oid]) -> Result<Vec<Oid>, StoreError> {
        let repo = super::super::limits::open(self.git_dir())?;
        let odb = repo.odb()?;
        // Looked at once: libgit2 looks for new packs at each miss otherwise.
        odb.refresh()?;
        let absent = |oid: &Oid| !odb.exists_ext(raw(*oid), git2::OdbLookupFlags::NO_REFRESH);
        let mut seen = HashSet::new();
        Ok(wanted.iter().copied().filter(|oid| seen.insert(*oid)).filter(absent).collect())
    }

    /// Brings those of the contents that are not here, in one process for each twenty thousand.
    pub fn fill(&self, wanted: &[Oid], watch: &Watch<'_>) -> Result<Filled, MirrorError> {
        if self.missing(wanted)?.is_empty() {
            return Ok(Filled::default());
        }
        let _lock = self.lock(PATIENCE)?.ok_or(MirrorError::Busy)?;
        // Whoever held it may have brought some.
        let missing = self.missing(wanted)?;
        let (mut done, mut refused) = (0, BTreeSet::new());
        (watch.progress)(0, missing.len());
        for batch in missing.chunks(BATCH) {
            self.batch(batch, &mut refused, watch)?;
            done += batch.len();
            self.brought();
            (watch.progress)(done, missing.len());
        }
        let left = self.missing(&missing)?;
        Ok(Filled { brought: missing.len() - left.len(), refused: left })
    }

    fn batch(&self, batch: &[Oid], refused: &mut BTreeSet<Oid>, watch: &Watch<'_>) -> Result<(), MirrorError> {
        for _ in 0..=REFUSALS {
            let ids = batch.iter().filter(|oid| !refused.contains(oid)).fold(String::new(), |mut ids, oid| {
                let _ = writeln!(ids, "{oid}");
                ids
            });
            if ids.is_empty() {
                return Ok(());
            }
            match self.ask(&ids, watch) {
                Err(MirrorError::Git(GitError::Failed { stderr, .. })) if unknown(&stderr).is_some() => {
                    refused.extend(unknown(&stderr));
                }
                answer => return answer,
            }
        }
        Err(MirrorError::Ids(format!("it does not have {} of them", refused.len())))
    }

    fn ask(&self, ids: &str, watch: &Watch<'_>) -> Result<(), MirrorError> {
        let options = ["--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc"];
        // What is here says nothing of what is missing: there is nothing to negotiate.
        let git = self.git(watch.asks).with("fetch.negotiationAlgorithm", "noop");
        let args = [&["fetch", "--quiet"][..], &options, &["--refmap=", "--stdin", "origin"]].concat();
        match Self::run(&git, &args, Some(ids.as_bytes()), watch.still) {
            Err(MirrorError::Git(GitError::Failed { stderr, .. })) if stderr.contains("unadvertised object") => {
                Err(MirrorError::Ids(stderr))
            }
            answer => answer.map(drop),
        }
    }

    /// Remembers that somebody looked for these contents.
    pub(in crate::io::git) fn miss(&self, oid: Oid) {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.len() < MISSED {
            missed.insert(oid);
        }
    }

    /// What was looked for and not found since the last time; a console fills it in behind what is on screen.
    #[must_use]
    pub fn take_missed(&self) -> Vec<Oid> {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *missed).into_iter().collect()
    }

    /// Does work again until nothing was missing that it looked for, or nothing more can be had; the error says why not.
    pub fn whole<T>(&self, watch: &Watch<'_>, mut work: impl FnMut() -> T) -> (T, Result<(), MirrorError>) {
        drop(self.take_missed());
        let mut result = work();
        for _ in 1..ROUNDS {
            let missed = self.take_missed();
            if missed.is_empty() {
                break;
            }
            match self.fill(&missed, watch) {
                Ok(Filled { brought: 0, .. }) => break,
                Ok(_) => result = work(),
                Err(error) => return (result, Err(error)),
            }
        }
        (result, Ok(()))
    }

    pub(super) fn brought(&self) {
        self.brought.fetch_add(1, Ordering::Relaxed);
    }

    /// How often something came: what was found at another number may have been found without it.
    #[must_use]
    pub fn contents(&self) -> u64 {
        self.brought.load(Ordering::Relaxed)
    }
}

/// The id that a server says it does not have.
fn unknown(stderr: &str) -> Option<Oid> {
    let (_, rest) = stderr.split_once("not our ref ")?;
    rest.get(..40)?.parse().ok()
}
