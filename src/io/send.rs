//! Sending decisions: the plan is made again on a fresh reading, and executed only if it agrees with what was shown.
//!
//! One mechanism serves execution, a lost race and a resumed outbox: fetch, read, plan, compare, write. A lost race is
//! retried silently, with jitter, at most `ATTEMPTS` times or for `PATIENCE`, and only while the plans agree.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::engine::{self, Action, Failure, Fate, Plan, Refusal, Report, SentItem};
use crate::ledger::{Entry, Item, LedgerView};
use crate::model::{DecisionKind, EntryId, Intent, Oid, Problem, Subject};

use super::fetch::FetchError;
use super::git::process::GitError;
use super::git::stack::TreeStack;
use super::git::store::{Store, StoreError, Writes};
use super::git::write::{self, Commits, Lessons, WriteError};
use super::lessons::{Way, alone_move, unwritten};
use super::state::Pin;
use super::workspace::{Scope, Situation, Workspace};

/// How often a lost race is tried again.
const ATTEMPTS: u32 = 8;
/// For how long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why decisions were not sent. Nothing of them is in the ledger, except where it says otherwise.
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
    /// They are in the ledger, and the target could not be moved yet.
    #[error("it is recorded, and the target could not be moved: {0}")]
    Halfway(#[source] WriteError),
    /// Writing failed, and the ledger cannot be asked whether they arrived.
    #[error("it is not known whether it arrived: {0}")]
    Unknown(#[source] WriteError),
}

fn dropped_sentence(plan: &Plan) -> String {
    plan.dropped.first().map_or_else(String::new, |dropped| format!("{}: {}", dropped.subject.proposal, dropped.why))
}

impl Workspace {
    /// Plans intents on what is known here, without asking the remote.
    pub fn plan(&self, situation: &Situation, intents: &[Intent]) -> Result<Plan, SendError> {
        self.repository.whole().map_err(WriteError::from)?;
        let store = self.repository.store(Writes::InMemory)?;
        plan_on(&store, situation, intents)
    }

    /// Sends what `shown` showed. The intents leave the outbox once they are in the ledger.
    pub fn send(&self, shown: &Plan) -> Result<Report, SendError> {
        self.repository.whole().map_err(WriteError::from)?;
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.fetched(shown) {
                Err(SendError::Write(WriteError::Lost(_))) if attempt < ATTEMPTS && started.elapsed() < PATIENCE => {
                    pause(attempt);
                }
                other => return other,
            }
        }
    }

    /// One attempt, on what the remote has now.
    fn fetched(&self, shown: &Plan) -> Result<Report, SendError> {
        match self.fetch_to_decide(&|| true) {
            Err(FetchError::Git(error)) if is_contended(&error) => {
                return Err(WriteError::Lost(error.to_string()).into());
            }
            Err(FetchError::Git(error)) => return Err(SendError::Offline(error)),
            // A forge that does not answer keeps nobody from recording what he thinks; what others said there counts for nothing.
            Err(FetchError::Forge(_)) | Ok(()) => {}
        }
        match self.attempt(shown) {
            Err(SendError::Write(error)) => self.aftermath(shown, error),
            other => other,
        }
    }

    /// What a write that failed left behind. A lost answer is not a lost decision: the ledger is asked.
    fn aftermath(&self, shown: &Plan, error: WriteError) -> Result<Report, SendError> {
        if !matches!(error, WriteError::Refused(_) | WriteError::Git(_) | WriteError::Io(_)) {
            return Err(error.into());
        }
        let none = BTreeSet::new();
        let asked = self.repository.fetch().is_ok();
        let situation = asked.then(|| self.read(&Scope { only: Some(&none), ..Scope::default() }).ok()).flatten();
        let Some(situation) = situation else { return Err(SendError::Unknown(error)) };
        let Some(mut report) = already_recorded(&situation, &shown.remaining_intents()) else {
            return Err(error.into());
        };
        if let Some(alarm) = &situation.alarm {
            return Err(SendError::Halfway(WriteError::Refused(alarm.clone())));
        }
        // What the other half of a push should have moved is moved now, or by the next command.
        let (said, _) = self.recover(&situation).map_err(SendError::Halfway)?;
        report.problems.extend(self.forget(&shown.intents));
        report.problems.extend(said);
        Ok(report)
    }

    fn attempt(&self, shown: &Plan) -> Result<Report, SendError> {
        let names: BTreeSet<String> = shown.items.iter().map(|item| item.subject.proposal.clone()).collect();
        let extra: Vec<String> = names.iter().cloned().collect();
        let situation = self.read(&Scope { only: Some(&names), extra: &extra, progress: None })?;
        if let Some(mut report) = already_recorded(&situation, &shown.remaining_intents()) {
            report.problems.extend(self.forget(&shown.intents));
            return Ok(report);
        }
        if self.unfinished(&situation)?.is_some() {
            // Never on top of it: the next reading, or the next start, finds it finished or taken back.
            return Err(WriteError::Lost("another push is under way, or stopped half way".into()).into());
        }
        let store = self.repository.store(Writes::InMemory)?;
        // Dropped items were shown as dropped: they are not asked for again.
        let fresh = plan_on(&store, &situation, &shown.remaining_intents())?;
        if fresh.is_empty() {
            return Err(SendError::Nothing(Box::new(fresh)));
        }
        if !shown.agrees_with(&fresh) {
            return Err(SendError::Changed(Box::new(fresh)));
        }
        let Written { commits, entries, shown_here, problems } = self.write(&store, &situation, &fresh)?;
        let mut report = report(&fresh, &commits, &entries);
        report.problems.extend(self.forget(&shown.intents));
        report.problems.extend(problems);
        report.items.extend(shown.dropped.iter().map(|dropped| dropped_item(shown, dropped)));
        let fetched = if shown_here { Ok(()) } else { self.repository.fetch() };
        if let Err(error) = fetched {
            report.problems.push(Problem {
                place: self.repository.name.clone(),
                what: format!("it was sent, and could not be fetched back: {error}"),
                next: "refresh later".into(),
            });
        }
        Ok(report)
    }

    fn write(&self, store: &Store, situation: &Situation, plan: &Plan) -> Result<Written, SendError> {
        let way = self.way_of_lessons(store, situation, plan)?;
        let tried = way.lessons;
        match self.write_by(store, situation, plan, way) {
            // An entry names what its push moves: one that is to go without the target is signed anew. The other is nothing yet.
            Err(SendError::Write(WriteError::Refused(said))) if tried == Lessons::Target && alone_move(plan) => {
                let way = self.way_past_target(store, situation, plan, &said)?;
                self.write_by(store, situation, plan, way)
            }
            other => other,
        }
    }

    fn write_by(&self, store: &Store, situation: &Situation, plan: &Plan, way: Way) -> Result<Written, SendError> {
        let (Ok(key), Some(ledger)) = (&situation.key, &situation.ledger_key) else {
            // The plan could not have been made without both.
            return Err(WriteError::Refused("there is no key or no ledger".into()).into());
        };
        let at = self.clock.seconds();
        let mut commits = write::commits(&self.repository, store, plan, (&key.identity(), at), way.lessons)?;
        write::check_way(&self.repository, plan, store, commits.tip)?;
        let entries = engine::entries(plan, &commits.landed, commits.tip, at);
        let tip = write::sign_entries(&self.repository, key, &entries, Some(plan.ledger_tip))?;
        let tip = tip.unwrap_or(plan.ledger_tip);
        let mut problems = way.problems;
        match write::publish(&self.repository, plan, ledger, tip, &commits) {
            Err(WriteError::Refused(said)) if commits.memory.take().is_some() => {
                // The entry says nothing of that branch.
                write::publish(&self.repository, plan, ledger, tip, &commits)?;
                problems.push(unwritten(&said));
                commits.lessons = Lessons::Ledger;
            }
            published => published?,
        }
        // A reading pins it, too; this one is not lost if somebody rewrites the ledger before that.
        let landed = (commits.tip != plan.target.old).then_some(commits.tip).or(situation.landed);
        let _ = self.state.set_pin(&Pin { genesis: ledger.id, branch: ledger.branch.clone(), tip, landed });
        let shown_here = write::shows(&self.repository, plan, ledger, tip, commits.tip);
        Ok(Written { commits, entries, shown_here, problems })
    }

    /// Takes intents out of the outbox. One that cannot be removed is found in the ledger before it is sent again.
    fn forget(&self, intents: &[Intent]) -> Vec<Problem> {
        let problems = self.owe(intents.iter().map(|intent| intent.id));
        for intent in intents {
            let _ = self.state.drop_intent(intent.id);
        }
        problems
    }
}

/// What an attempt wrote.
struct Written {
    commits: Commits,
    entries: Vec<Entry>,
    /// Whether this clone shows it without asking the remote again.
    shown_here: bool,
    /// What became of its lessons, where that is not what was planned.
    problems: Vec<Problem>,
}

/// Makes the plan on an object database that decides whether merged trees reach the disk.
fn plan_on(store: &Store, situation: &Situation, intents: &[Intent]) -> Result<Plan, SendError> {
    let mut stack = TreeStack::new(store, situation.target.tip, situation.policy().merge)?;
    Ok(engine::plan(intents, &situation.world(), &mut stack)?)
}

/// Whether git failed because another git in the same repository holds a lock, or was faster.
fn is_contended(error: &GitError) -> bool {
    let GitError::Failed { stderr, .. } = error else { return false };
    ["cannot lock ref", "File exists", "could not be updated", "unable to update local ref"]
        .iter()
        .any(|w| stderr.contains(w))
}

/// Waits before the next attempt: longer each time, and never the same for two reviewers who collided.
pub(super) fn pause(attempt: u32) {
    let base = 20_u64 << attempt.min(6);
    let jitter = rand::random_range(0..=base);
    #[expect(clippy::disallowed_methods, reason = "backing off is what this thread is here for")]
    std::thread::sleep(Duration::from_millis(base + jitter));
}

/// After a lost answer the ledger may have the entries already: then nothing is done twice.
fn already_recorded(situation: &Situation, intents: &[Intent]) -> Option<Report> {
    let view = situation.view.as_ref()?;
    let recorded: Vec<&Entry> = intents.iter().map(|i| view.entry(i.id).map(AsRef::as_ref)).collect::<Option<_>>()?;
    (!recorded.is_empty()).then(|| Report {
        items: intents.iter().zip(&recorded).flat_map(|(intent, entry)| recorded_items(view, intent, entry)).collect(),
        entries: recorded.iter().map(|entry| entry.id).collect(),
        log: Vec::new(),
        memory: Vec::new(),
        problems: Vec::new(),
    })
}

fn recorded_items(view: &LedgerView, intent: &Intent, entry: &Entry) -> Vec<SentItem> {
    let taken_back = view.voided(entry.id).is_some();
    let fate = |item: &Item| match &item.merge {
        Some(_) if taken_back => {
            let why = "its push stopped half way and was taken back; decide again".to_owned();
            Fate::Dropped { why, at: None }
        }
        Some(merge) => Fate::Merged { commit: merge.commit },
        None => Fate::Noted,
    };
    let repo = intent.items.first().map(|item| item.subject.repo.clone()).unwrap_or_default();
    let sent = |item: &Item| SentItem {
        subject: Subject {
            repo: repo.clone(),
            proposal: item.proposal.clone(),
            head: item.head,
            change_id: item.change_id,
        },
        kind: intent.kind,
        summary: String::new(),
        fate: fate(item),
    };
    entry.items.iter().map(sent).collect()
}

impl Situation {
    /// What became of a decision that somebody repeats because he never heard of it; `None` where it did not arrive, or was
    /// taken back.
    #[must_use]
    pub fn arrived_before(&self, intent: &Intent) -> Option<Report> {
        let view = self.view.as_ref()?;
        let stands = |arrived: &&Intent| arrived.repeats(intent) && view.voided(arrived.id).is_none();
        let arrived = self.arrived.iter().find(stands)?;
        already_recorded(self, std::slice::from_ref(arrived))
    }
}

fn report(plan: &Plan, commits: &Commits, entries: &[Entry]) -> Report {
    let items = plan.items.iter().zip(&commits.landed).map(|(item, landed)| {
        let fate = match (&item.action, landed) {
            (Action::Merge { .. }, Some(landed)) => Fate::Merged { commit: landed.commit },
            (Action::Record { awaits }, _) => Fate::Recorded { awaits: *awaits },
            _ => Fate::Noted,
        };
        sent_item(plan, item, fate)
    });
    Report {
        items: items.collect(),
        entries: entries.iter().map(|entry| entry.id).collect::<Vec<EntryId>>(),
        log: log_lines(plan, commits),
        memory: plan
            .memory
            .iter()
            .filter(|_| commits.lessons != Lessons::Ledger)
            .map(|change| change.path.clone())
            .collect(),
        problems: plan.problems.iter().map(|what| memory_problem(what)).collect(),
    }
}

fn memory_problem(what: &str) -> Problem {
    Problem {
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
    let taught = commits.lessons == Lessons::Target && !plan.memory.is_empty();
    let memory = taught.then(|| line(commits.tip, &engine::memory_message(plan)));
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
            SendError::Halfway(_) => {
                ("it is recorded and not landed", "clear the way and refresh: that finishes it".into())
            }
            SendError::Unknown(_) => {
                ("it may have been sent", "refresh when the remote answers: nothing is recorded twice".into())
            }
        };
        Self { what: what.into(), why: error.to_string(), next }
    }
}
