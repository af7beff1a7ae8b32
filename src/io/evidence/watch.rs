//! The watch of the target: which of its commits nobody recorded.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;

use crate::evidence::signals::{Event, TargetWatch, WatchedSince};
use crate::io::git::store::Writes;
use crate::io::git::verify;
use crate::io::index::{IndexError, View};
use crate::io::workspace::{Situation, Workspace};
use crate::ledger::{Chain, LedgerView};
use crate::model::{Known, Oid, PastCommit, Stage};

/// How far back is looked where no ledger says from when on.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Commits of a day that are looked at.
const COMMITS: usize = 1_000;
/// Commits whose files are looked at, the newest.
const LOOKED: usize = 200;
/// Files of one commit.
const FILES: usize = 50;
/// Files of all of them.
const PATHS: usize = 300;
/// Moves of one file, the newest.
const MOVES: usize = 200;

/// What was watched last, by the tips of target and ledger.
#[derive(Debug, Default)]
pub struct Watched(Mutex<Option<(Key, Arc<TargetWatch>)>>);

/// Tips of target and ledger and, without a ledger, the hour: commits of a day go by.
type Key = (Oid, Option<Oid>, Option<i64>);

impl Workspace {
    /// What came to the target and was not recorded, where that was read before.
    #[must_use]
    pub fn watched(&self, situation: &Situation) -> Known<TargetWatch> {
        let known = self.watched.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = known.as_ref().filter(|(known, _)| *known == key(situation));
        same.map_or(Known::Indexing, |(_, watch)| Known::Known(watch.as_ref().clone()))
    }

    /// What came to the target and was not recorded, as far as the index is there; it is not made for this.
    #[must_use]
    pub fn watch(&self, situation: &Situation) -> Known<TargetWatch> {
        if let Known::Known(watch) = self.watched(situation) {
            return Known::Known(watch);
        }
        let Some(view) = self.index.at(situation.target.tip) else { return Known::Indexing };
        let watch = match chain(situation) {
            Some(chain) => self.unrecorded(situation, chain, &view),
            None => of_a_day(situation, &view),
        };
        if let Ok(watch) = &watch {
            let read = Some((key(situation), Arc::new(watch.clone())));
            *self.watched.0.lock().unwrap_or_else(PoisonError::into_inner) = read;
        }
        watch.into()
    }

    /// Commits since the genesis that no entry names, as `ledger verify` counts them.
    fn unrecorded(&self, situation: &Situation, chain: &Chain, view: &View) -> Result<TargetWatch, String> {
        let store = self.repository.store(Writes::InMemory).map_err(|error| error.to_string())?;
        let all = verify::unaccounted(&self.repository, &store, chain).map_err(|error| error.to_string())?;
        let target = &situation.target.refname;
        let commits: Vec<Oid> = all.into_iter().filter(|one| one.refname == *target).map(|one| one.commit).collect();
        let genesis = chain.genesis().map_or(situation.now, |entry| entry.at);
        let read = || told(situation, view, WatchedSince::Genesis(genesis), &view.on_mainline(&commits)?);
        read().map_err(|error| error.to_string())
    }
}

/// The ledger that could name commits.
fn chain(situation: &Situation) -> Option<&Chain> {
    situation.chain.as_ref().filter(|_| situation.stage != Stage::Look)
}

fn key(situation: &Situation) -> Key {
    let hour = chain(situation).is_none().then(|| situation.now.as_second() / 3600);
    (situation.target.tip, situation.view.as_ref().and_then(LedgerView::tip), hour)
}

/// Commits of the last day: there is no ledger that could name them.
fn of_a_day(situation: &Situation, view: &View) -> Result<TargetWatch, String> {
    let from = situation.now - DAY;
    let mut commits = view.mainline(COMMITS).map_err(|error| error.to_string())?;
    let all = commits.len();
    commits.retain(|commit| commit.moment().at >= from);
    if let Some(missing) = view.coverage().missing.as_ref().filter(|_| all < COMMITS && commits.len() == all) {
        // The day is longer than what is known of it.
        return Err(missing.clone());
    }
    commits.reverse();
    told(situation, view, WatchedSince::Day(from), &commits).map_err(|error| error.to_string())
}

fn told(
    situation: &Situation,
    view: &View,
    since: WatchedSince,
    commits: &[PastCommit],
) -> Result<TargetWatch, IndexError> {
    let mut paths = BTreeSet::new();
    for commit in commits.iter().rev().take(LOOKED) {
        paths.extend(view.paths_of(commit.oid, FILES)?.into_iter().map(|touch| touch.path));
    }
    let moves = paths.iter().take(PATHS).map(|path| {
        let moves = view.moves_of(path, MOVES)?;
        Ok(moves.iter().map(Event::landed).collect())
    });
    let moves = moves.collect::<Result<Vec<Vec<Event>>, IndexError>>()?;
    Ok(TargetWatch::of(since, commits, &moves, &situation.policy().storm))
}
