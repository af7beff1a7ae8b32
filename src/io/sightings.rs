//! When proposals were first seen here.
//!
//! An agent writes the dates of its commits, so rates and orders of what is proposed rest on when a round was first seen, and on the
//! look before that, which did not show it. A file of the cache folder, replaced as a whole: it can be deleted at any time,
//! and then nothing is known but what commits say.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::cache::{read_own, replace};
use super::state::repository_key;
use crate::model::{Oid, Proposal, SeenBetween};

/// Raised when the file changes its form.
const FORMAT: &str = "countersign sightings 1";
/// Rounds that are kept: the last ones that were seen first.
const ROUNDS: usize = 20_000;
/// Bytes of a file that is read or written.
const LIMIT: u64 = 8 << 20;
/// A look is not written down again so soon after another: an earlier one is a bound as well.
const LOOKS: SignedDuration = SignedDuration::from_secs(60);

/// The file of one repository.
#[derive(Debug, Clone)]
pub struct Sightings {
    file: PathBuf,
}

/// When the rounds of proposals were first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstSeen {
    /// The last look that would have shown any proposal.
    looked: Option<Timestamp>,
    /// For each name its heads, each with the look before it and the one that showed it first.
    rounds: BTreeMap<String, Vec<(Oid, Option<Timestamp>, Timestamp)>>,
}

impl FirstSeen {
    /// Between which looks this round came.
    #[must_use]
    pub fn of(&self, proposal: &Proposal) -> SeenBetween {
        let heads = self.rounds.get(&proposal.id).map(Vec::as_slice).unwrap_or_default();
        let found = heads.iter().find(|(head, ..)| *head == proposal.head);
        found.map_or_else(SeenBetween::default, |(_, after, until)| SeenBetween { after: *after, until: Some(*until) })
    }

    /// Takes in a look; says whether anything is new. `whole` says that all proposals were looked at, `asked` that the remote was
    /// asked just before.
    fn look(&mut self, proposals: &[Arc<Proposal>], now: Timestamp, whole: bool, asked: bool) -> bool {
        let mut new = false;
        for proposal in proposals {
            let heads = self.rounds.entry(proposal.id.clone()).or_default();
            if heads.iter().all(|(head, ..)| *head != proposal.head) {
                heads.push((proposal.head, self.looked.filter(|looked| *looked <= now), now));
                new = true;
            }
        }
        if whole {
            let here: HashSet<(&str, Oid)> = proposals.iter().map(|one| (one.id.as_str(), one.head)).collect();
            new |= self.keep(|name, head| here.contains(&(name, head)));
        }
        let often = self.looked.is_some_and(|looked| looked <= now && now.duration_since(looked) < LOOKS);
        if whole && asked && !often {
            self.looked = Some(now);
            new = true;
        }
        self.bound();
        new
    }

    /// Forgets rounds; says whether there were any.
    fn keep(&mut self, wanted: impl Fn(&str, Oid) -> bool) -> bool {
        let mut gone = false;
        self.rounds.retain(|name, heads| {
            let before = heads.len();
            heads.retain(|(head, ..)| wanted(name, *head));
            gone |= heads.len() < before;
            !heads.is_empty()
        });
        gone
    }

    fn bound(&mut self) {
        let mut times: Vec<Timestamp> = self.rounds.values().flatten().map(|(.., until)| *until).collect();
        if times.len() > ROUNDS {
            times.sort_unstable();
            let oldest = times[times.len() - ROUNDS];
            self.rounds.retain(|_, heads| {
                heads.retain(|(.., until)| *until >= oldest);
                !heads.is_empty()
            });
        }
    }
}

impl Sightings {
    /// The file of the repository at `git_dir`, as its remote of that name has it, below the user's cache folder `base`.
    #[must_use]
    pub fn of(base: &Path, git_dir: &Path, remote: Option<&str>) -> Self {
        Self { file: base.join(repository_key(git_dir, remote)).join("sightings") }
    }

    /// What was kept; nothing where there is no file, or none that can be used.
    #[must_use]
    pub fn load(&self) -> FirstSeen {
        let body = read_own(&self.file, LIMIT, FORMAT);
        body.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default()
    }

    /// Takes in a look at proposals, and keeps what is new. Where that fails, what is seen next is taken for new again.
    #[must_use]
    pub fn look(&self, proposals: &[Arc<Proposal>], now: Timestamp, whole: bool, asked: bool) -> FirstSeen {
        let mut seen = self.load();
        if seen.look(proposals, now, whole, asked)
            && let Ok(body) = serde_json::to_vec(&seen)
            && body.len() as u64 <= LIMIT
        {
            let _ = replace(&self.file, FORMAT, &body);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contributor, Landing, Moment, Target, TimeBasis};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn proposal(id: &str, head: u8) -> Arc<Proposal> {
        let someone = Contributor { name: "A".into(), email: "a@example.org".into() };
        Arc::new(Proposal {
            id: id.into(),
            repo: "home".into(),
            agent: "a".into(),
            title: "t".into(),
            messages: Vec::new(),
            note: None,
            pull: None,
            contributors: Vec::new(),
            author: someone,
            target: Target { refname: "refs/heads/main".into(), tip: Oid::ZERO },
            base: None,
            head: Oid::from_bytes([head; 20]),
            landing: Landing::Landed,
            stats: None,
            words: None,
            created: at(0),
            updated: at(0),
        })
    }

    fn sightings() -> (tempfile::TempDir, Sightings) {
        let base = tempfile::tempdir().expect("a folder");
        let sightings = Sightings::of(base.path(), Path::new("/a/b.git"), None);
        (base, sightings)
    }

    #[test]
    fn a_round_is_seen_between_two_looks() {
        let (_base, sightings) = sightings();
        let (one, other, next) = (proposal("a", 1), proposal("b", 2), proposal("a", 3));
        let first = sightings.look(std::slice::from_ref(&one), at(1_000), true, true);
        assert_eq!(first.of(&one), SeenBetween { after: None, until: Some(at(1_000)) }, "nobody looked before");
        let second = sightings.look(&[one.clone(), other.clone()], at(2_000), true, true);
        assert_eq!(second.of(&one).until, Some(at(1_000)), "it stays");
        let seen = second.of(&other);
        assert_eq!(seen, SeenBetween { after: Some(at(1_000)), until: Some(at(2_000)) });
        assert_eq!(seen.held(at(5)), Moment { at: at(1_000), basis: TimeBasis::Observed }, "it says that it is old");
        assert_eq!(seen.held(at(9_999)).at, at(2_000), "it says that it is of tomorrow");
        let third = sightings.look(std::slice::from_ref(&next), at(3_000), false, false);
        assert_eq!(third.of(&one).until, Some(at(1_000)), "one of them was looked at");
        let fourth = sightings.look(&[next, other], at(4_000), true, false);
        assert_eq!(fourth.of(&one), SeenBetween::default(), "it is gone");
        assert_eq!(fourth.looked, Some(at(2_000)), "the remote was not asked since");
        assert_eq!(sightings.load(), fourth);
    }

    #[test]
    fn without_the_file_nothing_is_known() {
        let (_base, sightings) = sightings();
        let one = proposal("a", 1);
        let _ = sightings.look(std::slice::from_ref(&one), at(1_000), true, true);
        std::fs::write(&sightings.file, "broken").expect("a write");
        assert_eq!(sightings.load(), FirstSeen::default());
        let again = sightings.look(std::slice::from_ref(&one), at(2_000), true, true);
        assert_eq!(again.of(&one).until, Some(at(2_000)));
    }

    #[test]
    fn the_number_of_rounds_is_bounded() {
        let mut seen = FirstSeen::default();
        let heads = (0..ROUNDS + 10).map(|n| (Oid::ZERO, None, at(n as i64))).collect();
        seen.rounds.insert("a".into(), heads);
        seen.bound();
        assert_eq!(seen.rounds["a"].len(), ROUNDS);
    }
}
