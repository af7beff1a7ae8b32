//! What the last session left: decisions that are in the ledger already, and a move that a crash cut in two.
//!
//! What this host's own outbox proves to be its own crash is finished, visibly. Everything else that the ledger says and the
//! target does not have is an alarm that a person resolves: by [`Workspace::finish_gap`] or [`Workspace::void_gap`].

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::engine::{self, Consent, Gap, RefNow, Refusal};
use crate::ledger::Chain;
use crate::model::{EntryId, Intent, Oid, Problem, Target, text};

use super::fault;
use super::git::store::{Store, StoreError, Writes};
use super::git::write::{self, WriteError};
use super::send::pause;
use super::signer;
use super::workspace::{Scope, Situation, Workspace};

/// How long a push by another host may take before what it left counts as left.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// How often it is looked whether another process finishes what it is at.
const ATTEMPTS: u32 = 5;

/// How to see what the target lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// This host's own push was cut in two, and can be finished.
    Own,
    /// Another host may just be at it.
    UnderWay,
    /// It is for a person to say what it is.
    Open,
}

/// Why what the target lacks was not put right.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// It cannot be, or not so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// This host cannot sign.
    #[error(transparent)]
    Signer(#[from] signer::SignerError),
    /// Objects could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Writing failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What the ledger says of the target and the target does not have.
pub(super) fn gap_of(chain: &Chain, store: &Store, target: &Target) -> Option<Gap> {
    engine::gap(chain, &target.refname, &|commit| store.contains(target.tip, commit).unwrap_or(false))
}

/// What is to be done about a gap. `kept` are the decisions in this host's outbox, `landed` is the move that was seen here to
/// have arrived: one that is gone again was not cut in two, somebody moved the branch back.
pub(super) fn standing(gap: &Gap, now: RefNow, kept: &[Intent], landed: Option<Oid>, clock: Timestamp) -> Standing {
    let seen = landed == Some(gap.new);
    let mine = kept.iter().any(|intent| intent.id == gap.entry());
    let fresh = clock.duration_since(gap.at()) <= GRACE && fault::point("grace").is_ok();
    match now {
        RefNow::Before if mine && !seen && gap.entries.len() == 1 && gap.last => Standing::Own,
        RefNow::Before | RefNow::BeforeElsewhere if !mine && !seen && fresh => Standing::UnderWay,
        _ => Standing::Open,
    }
}

/// How the target is, compared with the newest move that it lacks.
pub(super) fn ref_now(gap: &Gap, store: &Store, tip: Oid) -> RefNow {
    match (tip == gap.old, store.has(gap.new)) {
        (true, true) => RefNow::Before,
        (true, false) => RefNow::BeforeElsewhere,
        (false, _) => RefNow::Astray,
    }
}

/// The alarm of a gap, with what a person can do about it.
pub(super) fn alarm(gap: &Gap, now: RefNow, seen: bool, target: &Target) -> String {
    let branch = text::printable(target.branch());
    let (entry, by, new) = (gap.entry().short(8), text::printable(gap.by()), gap.new.short(12));
    let others = gap.entries.len() - 1;
    let more = if others > 0 { format!(" (and {others} before it)") } else { String::new() };
    let what = if seen {
        format!(
            "somebody moved {branch} back: it had {new}, which entry {entry} of {by}{more} landed, and has it no more"
        )
    } else {
        format!(
            "the ledger is ahead: entry {entry} of {by}{more} moves {branch} to {new}, and {branch} does not have it; \
                 a push stopped half way, or somebody moved {branch} back"
        )
    };
    let void = "`countersign ledger void` takes the entry back";
    if now == RefNow::Before && gap.last && others == 0 {
        format!("{what}; `countersign ledger finish` moves it there, {void}")
    } else {
        format!("{what}; {void}")
    }
}

impl Workspace {
    /// Puts right what this host's own crash left, and says so. Returns whether the repository has to be read again. Where this
    /// fails, nothing may be decided on top of what is unfinished. What looks unfinished may just be another process at work:
    /// it is looked at again a few times.
    pub fn recover(&self, situation: &Situation) -> Result<(Vec<Problem>, bool), WriteError> {
        let mut said = Vec::new();
        let mut fresh: Option<Situation> = None;
        for attempt in 1.. {
            let now = fresh.as_ref().unwrap_or(situation);
            if now.alarm.is_some() {
                // What a person has to resolve keeps its traces until then.
                return Ok((said, fresh.is_some()));
            }
            let Some(gap) = self.unfinished(now)? else { break };
            match self.finish_own(now, &gap) {
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

    /// What the ledger names last for the target, and the target does not have.
    pub(super) fn unfinished(&self, situation: &Situation) -> Result<Option<Gap>, StoreError> {
        let Some(chain) = &situation.chain else { return Ok(None) };
        Ok(gap_of(chain, &self.repository.store(Writes::InMemory)?, &situation.target))
    }

    /// What a person can finish or take back now; a refusal where there is nothing, or where something worse is wrong.
    pub fn open_gap(&self, situation: &Situation) -> Result<Gap, MendError> {
        let nothing = || Refusal {
            what: "the target has everything that the ledger says, so there is nothing to put right".into(),
            next: "see `countersign ledger verify`".into(),
        };
        let gap = self.unfinished(situation)?.ok_or_else(nothing)?;
        let store = self.repository.store(Writes::InMemory)?;
        let now = ref_now(&gap, &store, situation.target.tip);
        let expected = alarm(&gap, now, situation.landed == Some(gap.new), &situation.target);
        match &situation.alarm {
            Some(other) if *other != expected => {
                Err(Refusal { what: other.clone(), next: "see `countersign ledger verify`".into() }.into())
            }
            None if standing(&gap, now, &situation.arrived, situation.landed, self.clock.now())
                == Standing::UnderWay =>
            {
                let entry = gap.entry().short(8);
                Err(WriteError::Lost(format!("the push of entry {entry} by another host may be under way")).into())
            }
            _ => Ok(gap),
        }
    }

    /// Makes the move that this host began.
    fn finish_own(&self, situation: &Situation, gap: &Gap) -> Result<Problem, WriteError> {
        let store = self.repository.store(Writes::InMemory)?;
        let now = ref_now(gap, &store, situation.target.tip);
        if standing(gap, now, &situation.arrived, situation.landed, self.clock.now()) != Standing::Own {
            let entry = gap.entry().short(8);
            let what = format!("the push of entry {entry} by another host is under way, or stopped");
            return Err(WriteError::Lost(what));
        }
        let recovery = gap.finish(now, Consent::OwnCrash).map_err(|refusal| WriteError::Refused(refusal.what))?;
        self.make(situation, &recovery)?;
        Ok(finished(&recovery))
    }

    /// Makes the newest move that the target lacks, for a person who was shown it and said yes.
    pub fn finish_gap(&self, situation: &Situation, gap: &Gap) -> Result<Problem, MendError> {
        let recovery = self.can_finish(situation, gap)?;
        self.make(situation, &recovery)?;
        let _ = self.repository.fetch();
        self.forget_arrived(situation);
        Ok(finished(&recovery))
    }

    /// The move, if it can be made.
    pub fn can_finish(&self, situation: &Situation, gap: &Gap) -> Result<engine::Recovery, MendError> {
        let store = self.repository.store(Writes::InMemory)?;
        Ok(gap.finish(ref_now(gap, &store, situation.target.tip), Consent::Person)?)
    }

    fn make(&self, situation: &Situation, recovery: &engine::Recovery) -> Result<(), WriteError> {
        let ledger = situation.ledger_key.as_ref().ok_or_else(|| WriteError::Refused("there is no ledger".into()))?;
        write::finish_move(&self.repository, recovery, ledger, &self.repository.store(Writes::InMemory)?)
    }

    /// Takes everything back that the target lacks, for a person who was shown it and said yes: nothing relies on it then,
    /// and what persons decided in it stands.
    pub fn void_gap(&self, situation: &Situation, gap: &Gap, note: Option<String>) -> Result<EntryId, MendError> {
        let void = self.can_void(situation, gap, note)?;
        let (Ok(key), Some(ledger)) = (&situation.key, &situation.ledger_key) else {
            return Err(WriteError::Refused("there is no key or no ledger".into()).into());
        };
        fault::point("before-void").map_err(WriteError::Io)?;
        write::publish_void(&self.repository, &void, ledger, key)?;
        fault::point("after-void").map_err(WriteError::Io)?;
        let _ = self.repository.fetch();
        self.forget_arrived(situation);
        Ok(void.entry.id)
    }

    /// The void, if this person may sign it.
    pub fn can_void(&self, situation: &Situation, gap: &Gap, note: Option<String>) -> Result<engine::Void, MendError> {
        let key = situation.key.as_ref().map_err(Clone::clone)?;
        let none = || Refusal { what: "there is no ledger".into(), next: "run `countersign init`".into() };
        let chain = situation.chain.as_ref().ok_or_else(none)?;
        let store = self.repository.store(Writes::InMemory)?;
        let (signed, here) = ((signer::random_id(), self.clock.seconds()), |commit: Oid| store.has(commit));
        Ok(gap.take_back(chain, &here, (&key.person, note), signed)?)
    }

    /// Intents whose entries are in the ledger were sent; only the answer was lost.
    fn forget_arrived(&self, situation: &Situation) -> Vec<Problem> {
        let unkept = self.owe(situation.arrived.iter().map(|intent| intent.id));
        let arrived = situation.arrived.iter().filter(|intent| self.state.drop_intent(intent.id).is_ok());
        let say = |intent: &Intent| Problem {
            place: "ledger".into(),
            what: format!("the answer was lost, and this had arrived: {}", arrived_sentence(intent)),
            next: "look at it with `countersign ledger log`".into(),
        };
        arrived.map(say).chain(unkept).collect()
    }
}

fn finished(recovery: &engine::Recovery) -> Problem {
    let branch = text::printable(recovery.refname.trim_start_matches("refs/heads/")).into_owned();
    let (new, entry) = (recovery.new.short(12), recovery.entry.short(8));
    let what = match recovery.consent {
        Consent::OwnCrash => {
            format!("a push from here had stopped half way: {branch} is now at {new}, as entry {entry} says")
        }
        Consent::Person => format!("{branch} is now at {new}, as entry {entry} says"),
    };
    Problem { place: "ledger".into(), what, next: "look at it with `countersign ledger log`".into() }
}

fn arrived_sentence(intent: &Intent) -> String {
    let id: EntryId = intent.id;
    match intent.items.as_slice() {
        [one] => format!("{} of {}, entry {}", intent.kind, text::printable(&one.subject.proposal), id.short(8)),
        several => format!("{} of {} proposals, entry {}", intent.kind, several.len(), id.short(8)),
    }
}
