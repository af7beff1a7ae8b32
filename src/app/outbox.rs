//! Decisions that have been confirmed and have not left: the undo window, and what an earlier console left behind.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::engine::Plan;
use crate::model::{DecisionKind, EntryId, Intent, ProposalName};

/// Decisions on their way.
#[derive(Debug)]
pub struct Outbox {
    /// How long a confirmed decision waits, unsigned, so that it can be taken back.
    window: SignedDuration,
    /// Confirmed in this console, oldest first; they leave together.
    waiting: Vec<Arc<Plan>>,
    /// For each of these the proposals that had been marked for it.
    marked: Vec<Vec<ProposalName>>,
    leaves_at: Option<Timestamp>,
    /// Sent, and no answer yet: what left together, oldest first.
    sending: VecDeque<Vec<Arc<Plan>>>,
    /// Left by an earlier console, and those that could not be sent: they wait for a person to say.
    kept: Vec<Intent>,
}

impl Outbox {
    /// The outbox as an earlier console left it; confirmed decisions will wait for so long.
    #[must_use]
    pub const fn new(kept: Vec<Intent>, window: SignedDuration) -> Self {
        Self { window, waiting: Vec::new(), marked: Vec::new(), leaves_at: None, sending: VecDeque::new(), kept }
    }

    /// Puts confirmed decisions in, and which of them had been marked for it; everything that waits now leaves together, when
    /// the window is over.
    pub fn put(&mut self, plan: Arc<Plan>, marked: Vec<ProposalName>, at: Timestamp) {
        let ids: Vec<_> = plan.intents.iter().map(|intent| intent.id).collect();
        self.kept.retain(|intent| !ids.contains(&intent.id));
        self.waiting.push(plan);
        self.marked.push(marked);
        self.leaves_at = at.checked_add(self.window).ok();
    }

    /// Takes the last confirmed decisions back, with what had been marked for them.
    pub fn take_back(&mut self) -> Option<(Arc<Plan>, Vec<ProposalName>)> {
        let taken = self.waiting.pop().zip(self.marked.pop());
        if self.waiting.is_empty() {
            self.leaves_at = None;
        }
        taken
    }

    /// Everything that waits, by repository, if it is time; it is then on its way.
    pub fn due(&mut self, now: Timestamp) -> Vec<Vec<Arc<Plan>>> {
        if self.leaves_at.is_some_and(|at| at <= now) { self.leave() } else { Vec::new() }
    }

    /// Everything that waits, by repository: what is about one of them leaves together. It is then on its way.
    pub fn leave(&mut self) -> Vec<Vec<Arc<Plan>>> {
        self.leaves_at = None;
        self.marked.clear();
        let mut leaving: Vec<Vec<Arc<Plan>>> = Vec::new();
        for plan in self.waiting.drain(..) {
            let same = |others: &&mut Vec<Arc<Plan>>| repo_of(&others[0].intents) == repo_of(&plan.intents);
            match leaving.iter_mut().find(same) {
                Some(others) => others.push(plan),
                None => leaving.push(vec![plan]),
            }
        }
        self.sending.extend(leaving.iter().cloned());
        leaving
    }

    /// What was sent first has an answer: it is done with, or, where it failed, kept until a person says. Answers what it was.
    pub fn answered(&mut self, sent: bool) -> Vec<Arc<Plan>> {
        let plans = self.sending.pop_front().unwrap_or_default();
        if !sent {
            self.kept.extend(plans.iter().flat_map(|plan| plan.remaining_intents()));
        }
        plans
    }

    /// Some of what was kept is in the ledger.
    pub fn arrived(&mut self, entries: &[EntryId]) {
        self.kept.retain(|intent| !entries.contains(&intent.id));
    }

    /// Drops what was kept.
    pub fn drop_kept(&mut self) -> Vec<Intent> {
        std::mem::take(&mut self.kept)
    }

    /// What must survive the end of the console: everything unsigned.
    #[must_use]
    pub fn unsigned(&self) -> Vec<Intent> {
        self.kept.iter().cloned().chain(self.confirmed()).collect()
    }

    /// What was confirmed here and has no answer yet. What a plan left out was shown as left out: it is not part of it.
    fn confirmed(&self) -> impl Iterator<Item = Intent> {
        self.sending.iter().flatten().chain(&self.waiting).flat_map(|plan| plan.remaining_intents())
    }

    /// When what waits will leave.
    #[must_use]
    pub const fn leaves_at(&self) -> Option<Timestamp> {
        self.leaves_at
    }

    /// Whole seconds until it leaves, the begun one counted.
    #[must_use]
    pub fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        let left = self.leaves_at?.as_millisecond() - now.as_millisecond();
        Some((left.max(0) + 999) / 1000)
    }

    /// When [`Outbox::seconds_left`] will be another number.
    #[must_use]
    pub fn next_second(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = self.seconds_left(now)?;
        self.leaves_at?.checked_sub(SignedDuration::from_secs((seconds - 1).max(0))).ok()
    }

    /// What waits in its window.
    #[must_use]
    pub fn waiting(&self) -> &[Arc<Plan>] {
        &self.waiting
    }

    /// Whether anything is on its way.
    #[must_use]
    pub fn sending(&self) -> bool {
        !self.sending.is_empty()
    }

    /// What an earlier console left, and what could not be sent.
    #[must_use]
    pub fn kept(&self) -> &[Intent] {
        &self.kept
    }

    /// The same, of the repository of the first of it: it is planned and sent together.
    #[must_use]
    pub fn kept_of_one(&self) -> Vec<Intent> {
        let first = repo_of(&self.kept);
        self.kept.iter().filter(|intent| repo_of(std::slice::from_ref(intent)) == first).cloned().collect()
    }

    /// What was decided, by proposal, and has not left.
    #[must_use]
    pub fn decided(&self) -> HashMap<ProposalName, DecisionKind> {
        let mut decided = HashMap::new();
        for intent in self.unsigned() {
            decided.extend(intent.items.into_iter().map(|item| (item.subject.name(), intent.kind)));
        }
        decided
    }
}

/// The repository that decisions are about: that of the first, since all are of the same.
fn repo_of(intents: &[Intent]) -> Option<&str> {
    intents.iter().flat_map(|intent| &intent.items).map(|item| item.subject.repo.as_str()).next()
}
