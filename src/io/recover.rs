//! What the last session left: decisions that are in the ledger already, and a move that a crash cut in two.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::engine::{self, RefNow, Unfinished};
use crate::ledger::Entry;
use crate::model::{EntryId, Oid, Problem, text};

use super::fault;
use super::git::store::{StoreError, Writes};
use super::git::write::{self, WriteError};
use super::send::pause;
use super::signer;
use super::workspace::{Scope, Situation, Workspace};

/// How long a push whose commits are on another host may take before it counts as dead, and is taken back.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// How often it is looked whether another process finishes what it is at.
const ATTEMPTS: u32 = 5;

impl Workspace {
    /// Puts right what can be put right, and says so. Returns whether the repository has to be read again. Where this fails,
    /// nothing may be decided on top of what is unfinished. What looks unfinished may just be another process at work: it is
    /// looked at again a few times.
    pub fn recover(&self, situation: &Situation) -> Result<(Vec<Problem>, bool), WriteError> {
        let mut said = Vec::new();
        let mut fresh: Option<Situation> = None;
        for attempt in 1.. {
            let now = fresh.as_ref().unwrap_or(situation);
            let Some(unfinished) = self.unfinished(now)? else { break };
            match self.put_right(now, &unfinished) {
                Ok(problem) => said.push(problem),
                Err(error @ (WriteError::Lost(_) | WriteError::Git(_))) if attempt == ATTEMPTS => return Err(error),
                Err(WriteError::Lost(_) | WriteError::Git(_)) => pause(attempt),
                Err(error) => return Err(error),
            }
            let _ = self.repository.fetch();
            if !said.is_empty() {
                break;
            }
            fresh = Some(self.read(&Scope { only: Some(&BTreeSet::new()), ..Scope::default() })?);
        }
        said.extend(self.forget_arrived(situation));
        let again = fresh.is_some() || !said.is_empty();
        Ok((said, again))
    }

    fn put_right(&self, situation: &Situation, unfinished: &Unfinished) -> Result<Problem, WriteError> {
        match unfinished {
            Unfinished::Finish(recovery) => self.finish(situation, recovery),
            Unfinished::Void(void) => self.void(situation, void),
            Unfinished::Elsewhere(entry) => {
                let entry = entry.short(8);
                Err(WriteError::Lost(format!("the push of entry {entry} by another host is under way, or stopped")))
            }
        }
    }

    /// Intents whose entries are in the ledger were sent; only the answer was lost.
    fn forget_arrived(&self, situation: &Situation) -> Vec<Problem> {
        let arrived = situation.arrived.iter().filter(|intent| self.state.drop_intent(intent.id).is_ok());
        let say = |intent: &crate::model::Intent| Problem {
            place: "ledger".into(),
            what: format!("the answer was lost, and this had arrived: {}", arrived_sentence(intent)),
            next: "look at it with `countersign ledger log`".into(),
        };
        arrived.map(say).collect()
    }

    /// Makes the move.
    fn finish(&self, situation: &Situation, recovery: &engine::Recovery) -> Result<Problem, WriteError> {
        let ledger = situation.ledger_key.as_ref().ok_or_else(|| WriteError::Refused("there is no ledger".into()))?;
        let store = self.repository.store(Writes::InMemory)?;
        write::finish_move(&self.repository, recovery, ledger, &store)?;
        let branch = text::printable(recovery.refname.trim_start_matches("refs/heads/")).into_owned();
        let (new, entry) = (recovery.new.short(12), recovery.entry.short(8));
        Ok(recovered(format!("a push had stopped half way: {branch} is now at {new}, as entry {entry} says")))
    }

    /// Takes the move back, so that nothing relies on it.
    fn void(&self, situation: &Situation, void: &engine::Void) -> Result<Problem, WriteError> {
        let entry = void.about.short(8);
        let (Ok(key), Some(ledger)) = (&situation.key, &situation.ledger_key) else {
            let what =
                format!("the push of entry {entry} stopped half way, and this host has no key to take it back with");
            return Err(WriteError::Refused(what));
        };
        write::publish_void(&self.repository, void, ledger, key)?;
        Ok(recovered(format!("a push had stopped half way and cannot be finished: entry {entry} is taken back")))
    }

    /// What the ledger names last for the target, and the target does not have.
    pub(super) fn unfinished(&self, situation: &Situation) -> Result<Option<Unfinished>, StoreError> {
        let Some(view) = situation.view.as_ref().filter(|_| situation.alarm.is_none()) else { return Ok(None) };
        let refname = situation.target.refname.as_str();
        let Some((entry, update)) = view.last_move(refname) else { return Ok(None) };
        if situation.landed == Some(update.new) {
            // It arrived once. If it is gone, somebody took it back, and nothing lands again by itself.
            return Ok(None);
        }
        let now = match self.ref_now(update.old, update.new, situation.target.tip)? {
            RefNow::BeforeElsewhere if view.entry(entry).is_some_and(|entry| self.is_stale(entry)) => RefNow::Astray,
            now => now,
        };
        let by = situation.key.as_ref().map_or("", |key| &key.person.name);
        Ok(engine::unfinished(view, refname, now, by, signer::random_id(), self.clock.seconds()))
    }

    fn is_stale(&self, entry: &Entry) -> bool {
        self.clock.now().duration_since(entry.at) > GRACE || fault::point("grace").is_err()
    }

    fn ref_now(&self, old: Oid, new: Oid, tip: Oid) -> Result<RefNow, StoreError> {
        let store = self.repository.store(Writes::InMemory)?;
        Ok(match (tip == old, store.has(new)) {
            (true, true) => RefNow::Before,
            (true, false) => RefNow::BeforeElsewhere,
            (false, true) if store.contains(tip, new)? => RefNow::After,
            (false, _) => RefNow::Astray,
        })
    }
}

fn recovered(what: String) -> Problem {
    Problem { place: "ledger".into(), what, next: "look at it with `countersign ledger log`".into() }
}

fn arrived_sentence(intent: &crate::model::Intent) -> String {
    let id: EntryId = intent.id;
    match intent.items.as_slice() {
        [one] => format!("{} of {}, entry {}", intent.kind, text::printable(&one.subject.proposal), id.short(8)),
        several => format!("{} of {} proposals, entry {}", intent.kind, several.len(), id.short(8)),
    }
}
