//! Which commits of the target no entry accounts for, when they were first seen here, and which of them a forge was asked about for
//! good.
//!
//! A file of the cache folder, replaced as a whole: it can be deleted at any time, and then the forge is asked once more. Nothing is
//! recorded by it: what it says only keeps a question from being asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cache::{read_own, replace};
use super::state::repository_key;
use crate::model::Oid;

/// Raised when the file changes its form.
const FORMAT: &str = "countersign sought 1";
/// Bytes of a file that is read or written.
const LIMIT: u64 = 8 << 20;

/// The file of one repository.
#[derive(Debug, Clone)]
pub struct Sought {
    file: PathBuf,
}

/// What is known of the commits that no entry accounts for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// When each was first seen here: its own dates are those of whoever made it.
    seen: BTreeMap<Oid, Timestamp>,
    /// The policy and the signers by which it was told what follows; others may allow what these did not.
    by: Option<[Oid; 2]>,
    /// Those of which the forge has told all that it ever will, and nobody had approved them.
    settled: BTreeSet<Oid>,
}

impl Known {
    /// Whether the forge need not be asked about a commit again.
    pub(super) fn is_settled(&self, commit: Oid) -> bool {
        self.settled.contains(&commit)
    }

    /// When a commit landed, as far as anybody can tell: by its own date, but not after it was seen here.
    pub(super) fn landed(&self, commit: Oid, committed: Timestamp, now: Timestamp) -> Timestamp {
        committed.min(self.seen.get(&commit).copied().unwrap_or(now).min(now))
    }

    /// Takes in the commits that are unaccounted for, and forgets all others; what was settled by another policy is open again.
    fn see(&mut self, commits: &BTreeSet<Oid>, by: [Oid; 2], now: Timestamp) {
        self.seen.retain(|commit, _| commits.contains(commit));
        for commit in commits {
            let _ = self.seen.entry(*commit).or_insert(now);
        }
        if self.by.replace(by) != Some(by) {
            self.settled.clear();
        }
        self.settled.retain(|commit| commits.contains(commit));
    }
}

impl Sought {
    /// The file of the repository at `git_dir`, as its remote of that name has it, below the user's cache folder `base`.
    #[must_use]
    pub fn of(base: &Path, git_dir: &Path, remote: Option<&str>) -> Self {
        Self { file: base.join(repository_key(git_dir, remote)).join("sought") }
    }

    fn load(&self) -> Known {
        let body = read_own(&self.file, LIMIT, FORMAT);
        body.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default()
    }

    /// Where it cannot be kept, it is asked and seen for the first time again.
    fn keep(&self, before: &Known, known: &Known) {
        if known != before
            && let Ok(body) = serde_json::to_vec(known)
            && body.len() as u64 <= LIMIT
        {
            let _ = replace(&self.file, FORMAT, &body);
        }
    }

    /// Takes in the commits that are unaccounted for now, by the blobs of policy and signers.
    pub(super) fn see(&self, commits: &BTreeSet<Oid>, by: [Oid; 2], now: Timestamp) -> Known {
        let before = self.load();
        let mut known = before.clone();
        known.see(commits, by, now);
        self.keep(&before, &known);
        known
    }

    /// Keeps which commits are settled as well.
    pub(super) fn settle(&self, commits: &BTreeSet<Oid>) {
        let before = self.load();
        let mut known = before.clone();
        known.settled.extend(commits.iter().filter(|commit| before.seen.contains_key(commit)));
        self.keep(&before, &known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn oid(byte: u8) -> Oid {
        Oid::from_bytes([byte; 20])
    }

    #[test]
    fn what_is_known_outlives_the_process_and_not_the_commit_or_the_policy() {
        let folder = tempfile::tempdir().unwrap();
        let sought = Sought::of(folder.path(), folder.path(), None);
        let (one, both) = (BTreeSet::from([oid(1)]), BTreeSet::from([oid(1), oid(2)]));
        let by = [oid(8), oid(9)];
        assert!(!sought.see(&one, by, at(100)).is_settled(oid(1)));
        sought.settle(&both);
        let known = sought.see(&both, by, at(200));
        assert_eq!((known.is_settled(oid(1)), known.is_settled(oid(2))), (true, false), "only what was seen");
        assert_eq!((known.seen[&oid(1)], known.seen[&oid(2)]), (at(100), at(200)));
        assert!(!sought.see(&both, [oid(8), oid(7)], at(300)).is_settled(oid(1)), "somebody else may count now");
        sought.settle(&both);
        assert_eq!(sought.see(&BTreeSet::new(), [oid(8), oid(7)], at(400)).seen.len(), 0);
        assert_eq!(sought.see(&one, [oid(8), oid(7)], at(500)).seen[&oid(1)], at(500));
    }

    #[test]
    fn a_date_of_a_time_to_come_is_none() {
        let mut known = Known::default();
        assert_eq!(known.landed(oid(1), at(900), at(500)), at(500));
        known.see(&BTreeSet::from([oid(1)]), [oid(8), oid(9)], at(100));
        for (committed, landed) in [(50, 50), (100, 100), (4_000_000_000, 100)] {
            assert_eq!(known.landed(oid(1), at(committed), at(500)), at(landed));
        }
    }
}
