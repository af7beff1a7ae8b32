//! Making a plan: every item is judged as it would land, in landing order, on top of the items before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::ledger::LedgerView;
use crate::memory;
use crate::model::text;
use crate::model::{
    DecisionKind, Effect, EntryId, Intent, IntentItem, Landing, Outcome, Place, Proposal, Reason, Ruling, TreeDiff,
};
use crate::policy::{self, Approval, Evaluation, Person, Role, Root};

use super::plan::{Authorised, Awaits, PlanParts, RefMove};
use super::{
    Action, Dropped, Force, MemoryChange, Plan, PlannedItem, Stack, Via, World, record, root, soft_facts, standing,
};

/// Why nothing can be decided at all: what happened, why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// What is refused, and why.
    pub what: String,
    /// What to do next.
    pub next: String,
}

impl Refusal {
    pub(super) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }
}

/// Makes the plan of `intents` in `world`. Items that cannot be part of it are in `PlanParts::dropped`, with why; only a
/// world in which nobody can decide is a refusal.
pub fn plan(intents: &[Intent], world: &World<'_>, stack: &mut dyn Stack) -> Result<Plan, Refusal> {
    if let Some(alarm) = world.alarm {
        return Err(Refusal::new(format!("nothing can be decided: {alarm}"), "see `countersign ledger verify`"));
    }
    let (root, me) = authority(world)?;
    let ledger = world.ledger.ok_or_else(no_genesis)?;
    let count = intents.iter().map(|intent| intent.items.len()).sum();
    let mut planner = Planner { world, root, me, stack: &mut *stack, count, items: Vec::new(), dropped: Vec::new() };
    for (index, intent) in intents.iter().enumerate() {
        for item in &intent.items {
            planner.add(index, intent, item);
        }
    }
    let Planner { items, dropped, .. } = planner;
    let mut plan = PlanParts {
        intents: intents.to_vec(),
        items,
        dropped,
        memory: Vec::new(),
        problems: Vec::new(),
        by: me.name.clone(),
        repo: ledger.genesis().ok_or_else(no_genesis)?,
        ledger_tip: ledger.tip().ok_or_else(no_genesis)?,
        ledger_at: ledger.latest().unwrap_or(world.now),
        target: RefMove { refname: world.target.refname.clone(), old: world.target.tip },
        policy: (root.commit, root.policy_blob),
        method: root.policy.merge,
        via: world.via,
        memory_via: root.policy.memory_via,
    };
    teach(&mut plan, ledger, stack, world.now);
    Ok(Authorised::grant(plan))
}

pub(super) fn no_genesis() -> Refusal {
    Refusal::new("there is no ledger yet, so nothing can be decided here", "run `countersign init`")
}

/// The root in force and the person who decides, who has the role for it: the ledger gives no effect to the word of others.
pub(super) fn authority<'a>(world: &World<'a>) -> Result<(&'a Root, &'a Person), Refusal> {
    let root = match world.force {
        Force::BuiltIn(_) => return Err(no_genesis()),
        Force::Root(root) => root,
        Force::Invalid(errors) => {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            let what = format!("the policy in force cannot be read, so nothing can be decided: {first}");
            return Err(Refusal::new(what, "mend it on the default branch; `countersign policy lint` says where"));
        }
    };
    let me = world.me.ok_or_else(|| {
        let next = "set `git config countersign.signingKey` to a key that .countersign/allowed_signers knows";
        Refusal::new("this host has no key that the policy in force knows, so nobody can be said to decide", next)
    })?;
    if !me.has(Role::Approve) {
        let what = format!("{} has not the role `approve` in the policy in force, and decides nothing", me.name);
        return Err(Refusal::new(
            what,
            "have it given on the default branch, or sign with the key of somebody who has it",
        ));
    }
    Ok((root, me))
}

struct Planner<'a, 'w> {
    world: &'a World<'w>,
    root: &'a Root,
    me: &'a Person,
    stack: &'a mut dyn Stack,
    /// Items of all intents together.
    count: usize,
    items: Vec<PlannedItem>,
    dropped: Vec<Dropped>,
}

/// Why an item is left out, and where that is written.
type Left = (String, Option<Place>);

impl Planner<'_, '_> {
    fn add(&mut self, index: usize, intent: &Intent, item: &IntentItem) {
        match self.consider(index, intent, item) {
            Ok(planned) => self.items.push(planned),
            Err((why, at)) => {
                let known = self.world.proposal(&item.subject.proposal);
                let summary = known.map(|proposal| standing::summary(proposal)).unwrap_or_default();
                self.dropped.push(Dropped { subject: item.subject.clone(), summary, why, at });
            }
        }
    }

    fn consider(&mut self, index: usize, intent: &Intent, item: &IntentItem) -> Result<PlannedItem, Left> {
        let subject = &item.subject;
        if self.items.iter().any(|planned| planned.subject.proposal == subject.proposal) {
            return Err(("it is decided on above already".into(), None));
        }
        let proposal =
            self.world.proposal(&subject.proposal).ok_or_else(|| ("it is not there any more".into(), None))?;
        if proposal.head != subject.head {
            let (seen, now) = (subject.head.short(12), proposal.head.short(12));
            return Err((format!("its head moved from {seen} to {now}: look at the new round first"), None));
        }
        self.not_landed(intent.kind, proposal)?;
        let (action, evaluation, relies_on) = match intent.kind {
            DecisionKind::Approve => self.approve(intent, item, proposal)?,
            _ => self.note(intent.kind, proposal)?,
        };
        let agent = evaluation.agent.clone().unwrap_or_else(|| proposal.agent.clone());
        Ok(PlannedItem {
            intent: index,
            subject: subject.clone(),
            seen: item.seen.clone(),
            answers: item.answers,
            target: proposal.target.refname.clone(),
            summary: standing::summary(proposal),
            title: proposal.title.clone(),
            message: proposal.messages.last().cloned().unwrap_or_default(),
            memory: self.root.policy.memory_of(evaluation.agent.as_deref()).to_owned(),
            agent,
            author: proposal.author.clone(),
            authored: proposal.updated,
            stats: proposal.stats.unwrap_or_default(),
            // What waits for nothing but its checks is merged by this entry, too.
            reviews: match action {
                Action::Merge { .. } | Action::Record { awaits: Awaits::Checks } => evaluation.reviews,
                Action::Record { .. } | Action::Note => Vec::new(),
            },
            ruling: evaluation.ruling,
            action,
            relies_on,
            soft_facts: soft_facts::of(proposal, self.world.checks),
            origin: proposal.pull.as_deref().map(soft_facts::origin).unwrap_or_default(),
        })
    }

    /// What has landed can be undone by another proposal, and not by a decision on this one.
    fn not_landed(&self, kind: DecisionKind, proposal: &Proposal) -> Result<(), Left> {
        let ledger = self.world.ledger;
        let merged = ledger.and_then(|view| view.merged(&proposal.id, &proposal.target.refname, proposal.head));
        if let Some(merged) = merged {
            let (commit, by) = (merged.commit.short(12), &merged.by);
            let undo = if kind == DecisionKind::Approve { "" } else { "; to undo it, propose its revert" };
            return Err((format!("it has been merged already, as {commit} by {by}{undo}"), None));
        }
        let decides = !matches!(kind, DecisionKind::Approve | DecisionKind::Withdraw);
        if decides && matches!(proposal.landing, Landing::Landed) {
            return Err(("the target has all of it already; to undo it, propose its revert".into(), None));
        }
        Ok(())
    }

    fn approve(
        &mut self,
        intent: &Intent,
        item: &IntentItem,
        proposal: &Proposal,
    ) -> Result<(Action, Evaluation, Vec<EntryId>), Left> {
        if proposal.target.refname != self.world.target.refname {
            // What is stacked and pushed here is stacked on one branch.
            let [other, own] = [&proposal.target, self.world.target].map(|target| text::single_line(target.branch()));
            return Err((format!("it lands on {other}, and decisions here land on {own}"), None));
        }
        if let Some((_, why)) = self.world.no_way(proposal) {
            return Err((why.into(), None));
        }
        let diff = proposal.diff().ok_or_else(|| (cannot_land(proposal), None))?;
        if item.subject.change_id != Some(diff.change_id) {
            return Err(("what it would change is not what was approved: look at it again".into(), None));
        }
        let mine = Approval::signed(&self.me.name, intent.id, self.world.touches);
        let evaluation = self.judge(proposal, diff, &mine)?;
        match evaluation.ruling.outcome {
            Outcome::Denied | Outcome::Error => Err(blocking(&evaluation.ruling)),
            Outcome::Pending => {
                let approvals = &evaluation.ruling.approvals;
                let missing = approvals.need.saturating_sub(approvals.have);
                // A forge's checks end some day; where nobody tells of them, nobody is to wait.
                if missing == 0 && !(evaluation.waits_for_checks && self.world.via == Via::Forge) {
                    Err(blocking(&evaluation.ruling))
                } else if missing == 0 && self.stands_already(proposal, diff, &mine) {
                    let why = blocking(&evaluation.ruling).0;
                    Err((format!("you approved it already, and it is not merged yet: {why}"), None))
                } else if self.stands_already(proposal, diff, &mine) {
                    let persons = if missing == 1 { "1 more person" } else { "more persons" };
                    Err((format!("you approved it already, and it still needs {persons}"), None))
                } else {
                    let awaits = if missing == 0 { Awaits::Checks } else { Awaits::People(missing) };
                    Ok((Action::Record { awaits }, evaluation, vec![]))
                }
            }
            Outcome::Satisfied => self.merge(proposal, diff, &evaluation, &mine),
        }
    }

    /// Whether the same approval by the same person counts already, with as much of a key, and nothing of his stands
    /// against it: an entry that changes nothing is not written.
    fn stands_already(&self, proposal: &Proposal, diff: &TreeDiff, mine: &Approval) -> bool {
        let (approvals, objections) = self.world.said_of(proposal, Some(diff));
        objections.iter().all(|objection| objection.person != mine.person)
            && approvals.iter().any(|other| {
                other.person == mine.person && other.entry().is_some() && (other.touched() || !mine.touched())
            })
    }

    /// Stacks the merge and rules again on what it changes there.
    fn merge(
        &mut self,
        proposal: &Proposal,
        alone: &Arc<TreeDiff>,
        evaluation: &Evaluation,
        mine: &Approval,
    ) -> Result<(Action, Evaluation, Vec<EntryId>), Left> {
        if evaluation.lands_alone && self.count > 1 {
            return Err(("it changes what others are judged by, so it lands alone".into(), Some(Place::BuiltIn)));
        }
        // Alone it merges: what stands in its way now came with the items before it.
        let stacked = self.stack.offer(proposal.head);
        let stacked = stacked.map_err(|why| (why.replace("with the target", "with what lands before it"), None))?;
        if stacked.files.is_empty() {
            return Err(("what lands before it has all of it already".into(), None));
        }
        if stacked.change_id != alone.change_id {
            if self.world.via == Via::Forge {
                // What was approved is what a forge must land, and not the same lines on top of others.
                return Err(("it changes a file that one above changes: approve it once that has landed".into(), None));
            }
            self.same_edits(alone, &stacked).map_err(|why| (why, None))?;
        }
        let again = self.judge(proposal, &stacked, mine)?;
        if again.ruling.outcome != Outcome::Satisfied || again.ruling.tier != evaluation.ruling.tier {
            return Err(blocking(&again.ruling));
        }
        self.stack.accept();
        self.root(&stacked)?;
        let relies_on = again.relies_on.clone();
        Ok((Action::Merge { diff: stacked }, again, relies_on))
    }

    /// A change of policy or signers must leave some that can rule. It lands alone, so that what was accepted is all of it.
    fn root(&self, stacked: &TreeDiff) -> Result<(), Left> {
        let demo = self.world.ledger.is_some_and(LedgerView::is_demo);
        let read = |path: &str| self.stack.file(path);
        let fault = root::touched(stacked).then(|| root::fault(read, self.root.policy.ledger.as_ref(), demo));
        fault.flatten().map_or(Ok(()), |why| Err((format!("the policy that it brings could not rule: {why}"), None)))
    }

    /// Demands that a change on top of others in the same files still removes and adds the lines that were seen, all of
    /// them. Its identity is another one then, and approvals that others gave to the change alone do not count for it.
    fn same_edits(&self, alone: &TreeDiff, stacked: &TreeDiff) -> Result<(), String> {
        let (seen, lands) = (self.stack.edits(alone)?, self.stack.edits(stacked)?);
        if seen == lands {
            Ok(())
        } else if lands.are_part_of(&seen) {
            // Nothing else would land, and still: two who did the same may not have meant to.
            Err("what lands before it has a part of it already: look at what is left of it".into())
        } else {
            Err("together with the items above it would change other lines: it needs a rebase".into())
        }
    }

    fn judge(&self, proposal: &Proposal, diff: &TreeDiff, mine: &Approval) -> Result<Evaluation, Left> {
        self.world.judge_as(proposal, Some(diff), Some(mine)).map_err(|errors| blocking(&policy::error_ruling(errors)))
    }

    /// Reject, hold, ask and withdraw only write something down.
    fn note(&self, kind: DecisionKind, proposal: &Proposal) -> Result<(Action, Evaluation, Vec<EntryId>), Left> {
        if kind == DecisionKind::Withdraw {
            let (approvals, objections) = self.world.said_of(proposal, proposal.diff().map(AsRef::as_ref));
            let mut own = approvals.iter().map(|a| &a.person).chain(objections.iter().map(|o| &o.person));
            if !own.any(|person| *person == self.me.name) {
                return Err(("there is nothing of yours on it to withdraw".into(), None));
            }
        }
        let evaluation = self.world.judge(proposal);
        let evaluation = evaluation.map_err(|errors| blocking(&policy::error_ruling(errors)))?;
        Ok((Action::Note, evaluation, Vec::new()))
    }
}

/// Adds the memory files as the ledger renders them once this sitting is in it: those that it teaches, and on the default
/// branch each that the ledger ever taught, so that what was withdrawn, has expired or could not be written before
/// arrives with the next push. A file that cannot be rewritten is a problem, and keeps no decision from being recorded.
fn teach(plan: &mut PlanParts, ledger: &LedgerView, stack: &dyn Stack, now: Timestamp) {
    let entries = record::entries(plan, &[], plan.target.old, now);
    let Some(at) = entries.last().map(|entry| entry.at) else { return };
    let after = ledger.assuming(&entries);
    let ever = after.taught().iter().filter(|_| after.default_ref() == Some(plan.target.refname.as_str()));
    let lessons = entries.iter().chain(ever.map(|taught| &*taught.entry)).filter_map(|entry| entry.lesson.as_ref());
    let paths: BTreeSet<&str> = lessons.map(|lesson| lesson.into.as_str()).collect();
    for path in paths {
        if plan.via == Via::Forge && plan.items.iter().any(|item| changes(item, path)) {
            plan.problems
                .push(format!("{path}: the forge merges a change of it; the lessons follow with the next push"));
            continue;
        }
        match rewritten(stack, &after, path, at) {
            Ok(Some(change)) => plan.memory.push(change),
            Ok(None) => {}
            Err(problem) => plan.problems.push(format!("{path}: {problem}")),
        }
    }
}

/// Whether an item that lands changes a file.
fn changes(item: &PlannedItem, path: &str) -> bool {
    matches!(&item.action, Action::Merge { diff } if diff.files.iter().any(|file| file.path == path))
}

/// The memory file with the section that the ledger renders; `None` where it says so already.
fn rewritten(stack: &dyn Stack, after: &LedgerView, path: &str, at: Timestamp) -> Result<Option<MemoryChange>, String> {
    let before = stack.file(path)?;
    let section = memory::render(after, at, path);
    let after = memory::apply(before.as_deref(), section.as_deref()).map_err(|fault| fault.to_string())?;
    let changed = before.as_deref() != Some(after.as_slice());
    Ok(changed.then(|| MemoryChange { path: path.to_owned(), before, after }))
}

fn cannot_land(proposal: &Proposal) -> String {
    match &proposal.landing {
        crate::model::Landing::NeedsRebase(why) | crate::model::Landing::Unreadable(why) => why.clone(),
        _ => "the target has all of it already".to_owned(),
    }
}

/// The reason of a ruling that stops a merge.
pub(super) fn blocking(ruling: &Ruling) -> Left {
    let weight = |reason: &&Reason| match reason.effect {
        Effect::Error => 0,
        Effect::Deny => 1,
        Effect::Needs => 2,
        Effect::Builtin => 3,
        Effect::Tier => 4,
    };
    let reason = ruling.reasons.iter().min_by_key(weight);
    reason.map_or_else(|| ("policy does not allow it".into(), None), |r| (r.text.clone(), Some(r.at.clone())))
}
