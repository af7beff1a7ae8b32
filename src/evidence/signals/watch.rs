//! The watch of the target: commits that came to it and that nobody recorded, and the files that they flip.

use std::collections::BTreeMap;

use bstr::BString;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{Event, PathHistory, Source, StormLimits, flips};
use crate::model::text::{count, printable_bytes, single_line};
use crate::model::{Moment, Oid, PastCommit};

/// Commits that are listed, the newest.
const COMMITS: usize = 40;
/// Makers and files that are listed.
const LISTED: usize = 10;
/// Makers that a sentence names.
const NAMED: usize = 2;

/// From when on commits are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "since", content = "from", rename_all = "snake_case")]
pub enum WatchedSince {
    /// The ledger's first entry: every commit after it should be named by one.
    Genesis(Timestamp),
    /// A day before now: there is no ledger yet that could name any.
    Day(Timestamp),
}

/// A commit that nobody recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unrecorded {
    /// The commit.
    pub commit: Oid,
    /// When it came.
    #[serde(flatten)]
    pub at: Moment,
    /// Who wrote it, as it says.
    pub who: String,
    /// Its subject.
    pub subject: String,
}

/// A file that these commits put back to what it was a short while before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flipping {
    /// The file, lossily as UTF-8 in JSON.
    #[serde(serialize_with = "lossy")]
    pub path: BString,
    /// How often.
    pub flips: usize,
    /// The last time.
    pub last: Moment,
}

/// What came to the target and was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetWatch {
    /// From when on.
    #[serde(flatten)]
    pub since: WatchedSince,
    /// How many commits there are.
    pub commits: usize,
    /// The first of them.
    pub first: Option<Moment>,
    /// Who wrote them, as they say, and how many; the busiest first, bounded.
    pub by: Vec<(String, usize)>,
    /// The newest of them, newest first.
    pub newest: Vec<Unrecorded>,
    /// The files that they flip, the most often first, bounded.
    pub flipping: Vec<Flipping>,
}

impl TargetWatch {
    /// What these commits, oldest first, are to somebody who watches. `moves` is how each file that they changed moved on the
    /// target, oldest first.
    #[must_use]
    pub fn of(since: WatchedSince, commits: &[PastCommit], moves: &[Vec<Event>], limits: &StormLimits) -> Self {
        let mut by: BTreeMap<&str, usize> = BTreeMap::new();
        for commit in commits {
            *by.entry(&commit.author.name).or_default() += 1;
        }
        let mut by: Vec<(String, usize)> = by.into_iter().map(|(name, number)| (name.to_owned(), number)).collect();
        by.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        by.truncate(LISTED);
        let unrecorded = |commit: &PastCommit| Unrecorded {
            commit: commit.oid,
            at: commit.moment(),
            who: commit.author.name.clone(),
            subject: commit.subject.clone(),
        };
        let mut flipping: Vec<Flipping> = moves.iter().filter_map(|moves| flipping(moves, commits, limits)).collect();
        flipping.sort_by_key(|file| std::cmp::Reverse(file.flips));
        flipping.truncate(LISTED);
        Self {
            since,
            commits: commits.len(),
            first: commits.first().map(PastCommit::moment),
            by,
            newest: commits.iter().rev().take(COMMITS).map(unrecorded).collect(),
            flipping,
        }
    }

    /// What a line says of it that is fit for a terminal; `None` where there is nothing to say.
    #[must_use]
    pub fn sentence(&self, target: &str) -> Option<String> {
        if self.commits == 0 {
            return None;
        }
        let (target, commits) = (single_line(target), count(self.commits, "commit"));
        let what = match self.since {
            WatchedSince::Genesis(_) => format!("{target} took {commits} that no entry names"),
            WatchedSince::Day(_) => format!("{target} took {commits} in 24 h, and nobody recorded them"),
        };
        let names = self.by.iter().take(NAMED).map(|(name, number)| format!("{} ({number})", single_line(name)));
        let names = names.collect::<Vec<_>>().join(", ");
        let flips = match self.flipping.as_slice() {
            [] => String::new(),
            [file] => format!("; {} went back {}", printable_bytes(&file.path), times(file.flips)),
            files => format!("; {} went back and forth", count(files.len(), "file")),
        };
        Some(format!("{what}, by {names}{flips}"))
    }
}

/// How often these commits put a file back to what it was at most so long before.
fn flipping(moves: &[Event], commits: &[PastCommit], limits: &StormLimits) -> Option<Flipping> {
    let (this, landed) = moves.split_last()?;
    let watched = |source: &Source| match source {
        Source::Landed(commit) => commits.iter().any(|one| one.oid == *commit),
        Source::Pending(_) => false,
    };
    let flips = flips::of_file(&PathHistory { landed, pending: &[], this, values: None });
    // That a file which was tried out is taken away again is none.
    let soon = |flip: &super::Flip| flip.lasted() <= limits.flips_within && flip.event.after.is_some();
    let flips: Vec<_> = flips.into_iter().filter(|flip| soon(flip) && watched(&flip.event.source)).collect();
    let last = flips.last()?.event.at;
    Some(Flipping { path: this.path.clone(), flips: flips.len(), last })
}

fn times(number: usize) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

fn lossy<S: Serializer>(path: &BString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contributor, Mode, SeenBetween, Side, TimeBasis};

    fn commit(number: u8, name: &str) -> PastCommit {
        PastCommit {
            oid: Oid::from_bytes([number; 20]),
            author: Contributor { name: name.into(), email: String::new() },
            authored: None,
            committed: Timestamp::from_second(1_700_000_000 + i64::from(number) * 60).ok(),
            seen: SeenBetween::default(),
            subject: format!("commit {number}"),
            undoes: None,
            parents: 1,
            mainline: true,
            place: u64::from(number),
        }
    }

    fn event(commit: &PastCommit, before: u8, after: u8) -> Event {
        let side = |content| Some(Side { mode: Mode::File, oid: Oid::from_bytes([content; 20]) });
        Event {
            path: "db.yaml".into(),
            at: Moment { at: commit.moment().at, basis: TimeBasis::CommitDate },
            source: Source::Landed(commit.oid),
            who: commit.author.name.clone(),
            subject: commit.subject.clone(),
            before: side(before),
            after: side(after),
            takes_back: false,
        }
    }

    #[test]
    fn it_says_how_many_by_whom_and_what_flips() {
        let commits: Vec<PastCommit> = (1..=13).map(|n| commit(n, if n == 3 { "joe" } else { "bot" })).collect();
        let moves: Vec<Event> =
            commits.iter().map(|one| event(one, one.oid.as_bytes()[0] % 2, 1 - one.oid.as_bytes()[0] % 2)).collect();
        let limits = StormLimits::default();
        let genesis = WatchedSince::Genesis(Timestamp::UNIX_EPOCH);
        let watch = TargetWatch::of(genesis, &commits, std::slice::from_ref(&moves), &limits);
        assert_eq!(
            watch.sentence("main").as_deref(),
            Some("main took 13 commits that no entry names, by bot (12), joe (1); db.yaml went back 12 times")
        );
        assert_eq!((watch.newest[0].commit, watch.newest.len()), (commits[12].oid, 13));
        let last = TargetWatch::of(WatchedSince::Day(Timestamp::UNIX_EPOCH), &commits[12..], &[moves], &limits);
        assert_eq!(
            last.sentence("main").as_deref(),
            Some("main took 1 commit in 24 h, and nobody recorded them, by bot (1); db.yaml went back once"),
            "what others did before counts for what it goes back to"
        );
        assert_eq!(TargetWatch::of(genesis, &[], &[], &limits).sentence("main"), None);
    }

    #[test]
    fn json_says_since_when() {
        let watch = TargetWatch::of(WatchedSince::Genesis(Timestamp::UNIX_EPOCH), &[], &[], &StormLimits::default());
        let json = serde_json::to_value(&watch).expect("json");
        assert_eq!((&json["since"], &json["from"]), (&"genesis".into(), &"1970-01-01T00:00:00Z".into()));
    }

    proptest::proptest! {
        #[test]
        fn is_bounded(contents in proptest::collection::vec((1_u8..200, 0_u8..3), 0..80)) {
            let commits: Vec<PastCommit> = contents.iter().map(|(n, _)| commit(*n, &n.to_string())).collect();
            let moves = commits.iter().zip(&contents).map(|(one, (_, content))| event(one, *content, content + 1)).collect();
            let watch = TargetWatch::of(WatchedSince::Day(Timestamp::UNIX_EPOCH), &commits, &[moves], &StormLimits::default());
            proptest::prop_assert!(watch.newest.len() <= COMMITS && watch.by.len() <= LISTED);
            let _ = watch.sentence("main");
        }
    }
}
