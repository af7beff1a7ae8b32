//! Sending decisions: the plan is made again on a fresh reading, and executed only if it agrees with what was shown.
//!
//! One mechanism serves execution, a lost race and a resumed outbox: fetch, read, plan, compare, write. A lost race is
//! retried silently, with jitter, at most [`ATTEMPTS`] times or for [`PATIENCE`], and only while the plans agree.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::engine::{self, Action, Failure, Fate, Plan, Refusal, Report, SentItem};
use crate::ledger::{Entry, LedgerView};
use crate::model::{DecisionKind, EntryId, Intent, Oid};

use super::git::process::GitError;
use super::git::stack::TreeStack;
use super::git::store::{Store, StoreError, Writes};
use super::git::write::{self, Commits, WriteError};
use super::workspace::{Scope, Situation, Workspace};

/// How often a lost race is tried again.
const ATTEMPTS: u32 = 8;
/// For how long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why decisions were not sent. In every case nothing of them is in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nobody can decide here now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What would happen is not what was shown; this is.
    #[error("what would happen now is not what was shown")]
    Changed(Box<Plan>),
    /// Nothing is left of it.
    #[error("nothing is left to do: {}", dropped_sentence(.0))]
    Nothing(Box<Plan>),
    /// The remote could not be asked.
    #[error("the remote could not be asked: {0}")]
    Offline(#[source] GitError),
    /// Objects could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Writing failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn dropped_sentence(plan: &Plan) -> String {
    plan.dropped.first().map_or_else(String::new, |dropped| format!("{}: {}", dropped.subject.proposal, dropped.why))
}

impl Workspace {
    /// Plans intents on what is known here, without asking the remote.
    pub fn plan(&self, situation: &Situation, intents: &[Intent]) -> Result<Plan, SendError> {
        let store = self.repository.store(Writes::InMemory)?;
        plan_on(&store, situation, intents)
    }

    /// Sends what `shown` showed. The intents leave the outbox once they are in the ledger.
    pub fn send(&self, shown: &Plan) -> Result<Report, SendError> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.repository.fetch().map_err(SendError::Offline)?;
            match self.attempt(shown) {
                Err(SendError::Write(WriteError::Lost(_))) if attempt < ATTEMPTS && started.elapsed() < PATIENCE => {
                    pause(attempt);
                }
                other => return other,
            }
        }
    }

    fn attempt(&self, shown: &Plan) -> Result<Report, SendError> {
        let names: BTreeSet<String> = shown.items.iter().map(|item| item.subject.proposal.clone()).collect();
        let extra: Vec<String> = names.iter().cloned().collect();
        let situation = self.read(&Scope { only: Some(&names), extra: &extra, progress: None })?;
        if let Some(report) = already_recorded(&situation, shown) {
            self.forget(&shown.intents);
            return Ok(report);
        }
        let store = self.repository.store(Writes::ToDisk)?;
        // Dropped items were shown as dropped: they are not asked for again.
        let fresh = plan_on(&store, &situation, &shown.remaining_intents())?;
        if fresh.is_empty() {
            return Err(SendError::Nothing(Box::new(fresh)));
        }
        if !shown.agrees_with(&fresh) {
            return Err(SendError::Changed(Box::new(fresh)));
        }
        let (commits, entries) = self.write(&store, &situation, &fresh)?;
        self.forget(&shown.intents);
        let mut report = report(&fresh, &commits, &entries);
        report.items.extend(shown.dropped.iter().map(|dropped| dropped_item(shown, dropped)));
        if let Err(error) = self.repository.fetch() {
            report.problems.push(crate::model::Problem {
                place: self.repository.name.clone(),
                what: format!("it was sent, and could not be fetched back: {error}"),
                next: "refresh later".into(),
            });
        }
        Ok(report)
    }

    fn write(&self, store: &Store, situation: &Situation, plan: &Plan) -> Result<(Commits, Vec<Entry>), SendError> {
        let (Ok(key), Some(ledger)) = (&situation.key, &situation.ledger_key) else {
            // The plan could not have been made without both.
            return Err(WriteError::Refused("there is no key or no ledger".into()).into());
        };
        let at = self.clock.seconds();
        let commits = write::commits(store, plan, &key.identity(), at)?;
        write::check_work_trees(&self.repository, plan, store, commits.tip)?;
        let entries = engine::entries(plan, &commits.landed, commits.tip, at);
        let tip = write::sign_entries(&self.repository, key, &entries, Some(plan.ledger_tip))?;
        let tip = tip.unwrap_or(plan.ledger_tip);
        write::publish(&self.repository, plan, ledger, tip, commits.tip)?;
        Ok((commits, entries))
    }

    /// Takes intents out of the outbox. One that cannot be removed is found in the ledger before it is sent again.
    fn forget(&self, intents: &[Intent]) {
        for intent in intents {
            let _ = self.state.drop_intent(intent.id);
        }
    }
}

/// Makes the plan on an object database that decides whether merged trees reach the disk.
fn plan_on(store: &Store, situation: &Situation, intents: &[Intent]) -> Result<Plan, SendError> {
    let mut stack = TreeStack::new(store, situation.target.tip, situation.policy().merge)?;
    Ok(engine::plan(intents, &situation.world(), &mut stack)?)
}

/// Waits before the next attempt: longer each time, and never the same for two reviewers who collided.
fn pause(attempt: u32) {
    let base = 20_u64 << attempt.min(6);
    let jitter = rand::random_range(0..=base);
    #[expect(clippy::disallowed_methods, reason = "backing off is what this thread is here for")]
    std::thread::sleep(Duration::from_millis(base + jitter));
}

/// After a lost answer the ledger may have the entries already: then nothing is done twice.
fn already_recorded(situation: &Situation, shown: &Plan) -> Option<Report> {
    let view = situation.view.as_ref()?;
    let remaining = shown.remaining_intents();
    let recorded: Vec<&Entry> = remaining.iter().map(|i| view.entry(i.id).map(AsRef::as_ref)).collect::<Option<_>>()?;
    (!recorded.is_empty()).then(|| Report {
        items: shown.items.iter().map(|item| sent_item(shown, item, recorded_fate(view, item))).collect(),
        entries: recorded.iter().map(|entry| entry.id).collect(),
        log: Vec::new(),
        memory: Vec::new(),
        problems: Vec::new(),
    })
}

fn recorded_fate(view: &LedgerView, item: &engine::PlannedItem) -> Fate {
    match view.merged(&item.subject.proposal, item.subject.head) {
        Some(merged) => Fate::Merged { commit: merged.commit },
        None => Fate::Noted,
    }
}

fn report(plan: &Plan, commits: &Commits, entries: &[Entry]) -> Report {
    let items = plan.items.iter().zip(&commits.landed).map(|(item, landed)| {
        let fate = match (&item.action, landed) {
            (Action::Merge { .. }, Some(landed)) => Fate::Merged { commit: landed.commit },
            (Action::Record { missing }, _) => Fate::Recorded { missing: *missing },
            _ => Fate::Noted,
        };
        sent_item(plan, item, fate)
    });
    Report {
        items: items.collect(),
        entries: entries.iter().map(|entry| entry.id).collect::<Vec<EntryId>>(),
        log: log_lines(plan, commits),
        memory: plan.memory.iter().map(|change| change.path.clone()).collect(),
        problems: plan.problems.iter().map(|what| memory_problem(what)).collect(),
    }
}

fn memory_problem(what: &str) -> crate::model::Problem {
    crate::model::Problem {
        place: "memory".into(),
        what: what.to_owned(),
        next: "mend the file; the lesson is in the ledger, and the next push renders it".into(),
    }
}

/// At most this many lines of the log are kept.
const LOG_LINES: usize = 10;

/// What `git log --oneline` of the target would show, newest first.
fn log_lines(plan: &Plan, commits: &Commits) -> Vec<String> {
    let line =
        |commit: Oid, message: &str| format!("{} {}", commit.short(8), message.lines().next().unwrap_or_default());
    let memory = (!plan.memory.is_empty()).then(|| line(commits.tip, &engine::memory_message(plan)));
    let landed = plan.items.iter().zip(&commits.landed).rev().filter_map(|(item, landed)| {
        let entry = plan.intents.get(item.intent)?.id;
        Some(line(landed.as_ref()?.commit, &engine::landing_message(item, entry)))
    });
    memory.into_iter().chain(landed).take(LOG_LINES).collect()
}

fn kind_of(plan: &Plan, intent: usize) -> DecisionKind {
    plan.intents.get(intent).map_or(DecisionKind::Approve, |intent| intent.kind)
}

fn sent_item(plan: &Plan, item: &engine::PlannedItem, fate: Fate) -> SentItem {
    SentItem { subject: item.subject.clone(), kind: kind_of(plan, item.intent), summary: item.summary.clone(), fate }
}

fn dropped_item(plan: &Plan, dropped: &engine::Dropped) -> SentItem {
    let holds = |intent: &&Intent| intent.items.iter().any(|item| item.subject == dropped.subject);
    SentItem {
        subject: dropped.subject.clone(),
        kind: plan.intents.iter().find(holds).map_or(DecisionKind::Approve, |intent| intent.kind),
        summary: dropped.summary.clone(),
        fate: Fate::Dropped { why: dropped.why.clone(), at: dropped.at.clone() },
    }
}

impl From<&SendError> for Failure {
    fn from(error: &SendError) -> Self {
        let (what, next) = match error {
            SendError::Refused(refusal) => ("nothing was decided", refusal.next.clone()),
            SendError::Changed(_) | SendError::Nothing(_) => ("nothing was sent", "look at the new plan".into()),
            SendError::Offline(_) => ("nothing was sent", "it is kept; send it when the remote answers".into()),
            SendError::Store(_) => ("nothing was sent", "run `git fsck` in the repository".into()),
            SendError::Write(_) => ("nothing was sent", "it is kept; see what it says and send it again".into()),
        };
        Self { what: what.into(), why: error.to_string(), next }
    }
}
