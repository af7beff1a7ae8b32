//! Lessons on their way from the ledger to those who read them: with the push of the decision that teaches, or by a branch of their
//! own, which somebody merges.
//!
//! A lesson is in its entry, whatever becomes of its way, and no decision fails for it: a target that takes no pushes, or a
//! branch that cannot be made, is said beside what was recorded.

use std::sync::Arc;

use crate::engine::{self, Plan, Stack as _, Via};
use crate::ledger::{Entry, EntryKind};
use crate::model::{Oid, Problem, TreeDiff, text};
use crate::policy::MemoryVia;

use super::git::stack::TreeStack;
use super::git::store::{BLOB_LIMIT, Store, StoreError, Writes};
use super::git::verify;
use super::git::write::{Lessons, MEMORY_BRANCH};
use super::github::{self, Source};
use super::post::{PostError, Watch};
use super::workspace::{Scope, Situation, Workspace};

/// How far the lessons of a plan go, and what is to be said of it.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) lessons: Lessons,
    pub(super) problems: Vec<Problem>,
}

/// Whether a plan moves the target for nothing but lessons: then all else of it can go without that move.
pub(super) fn alone_move(plan: &Plan) -> bool {
    let lands = plan.via == Via::Git && plan.merges().next().is_some();
    plan.memory_via == MemoryVia::Push && !plan.memory.is_empty() && !lands
}

impl Workspace {
    /// How far the lessons of a plan go. Those that wait on their branch although policy pushes them wait because the target took
    /// no push: what comes now joins them, and is not tried there first.
    pub(super) fn way_of_lessons(&self, store: &Store, situation: &Situation, plan: &Plan) -> Result<Way, StoreError> {
        if plan.memory_via == MemoryVia::PullRequest {
            return self.way_by_branch(store, situation, plan);
        }
        if !alone_move(plan) || self.waiting_lessons(store, situation)?.is_none() {
            return Ok(Way { lessons: Lessons::Target, problems: Vec::new() });
        }
        let mut way = self.way_by_branch(store, situation, plan)?;
        if way.lessons == Lessons::Branch {
            let what = format!("what was taught joins the lessons that wait on {MEMORY_BRANCH}");
            way.problems.push(self.unmerged(what, situation));
        }
        Ok(way)
    }

    /// The same once the target has refused the push.
    pub(super) fn way_past_target(
        &self,
        store: &Store,
        situation: &Situation,
        plan: &Plan,
        said: &str,
    ) -> Result<Way, StoreError> {
        let mut way = self.way_by_branch(store, situation, plan)?;
        let target = text::single_line(situation.target.branch());
        let what = format!("{target} takes no pushes, so what was taught waits on {MEMORY_BRANCH} ({said})");
        way.problems.push(self.unmerged(what, situation));
        Ok(way)
    }

    fn unmerged(&self, what: String, situation: &Situation) -> Problem {
        let target = text::single_line(situation.target.branch());
        let next = match &self.forge {
            Some(_) => "merge the pull request that is opened for it".to_owned(),
            None => format!("merge that branch into {target} where it is kept"),
        };
        let next =
            format!("{next}; write `memory_via: pull_request` in policy.yaml where {target} is to take no pushes");
        problem(what, next)
    }

    /// By their branch, unless it has them already or cannot be made.
    fn way_by_branch(&self, store: &Store, situation: &Situation, plan: &Plan) -> Result<Way, StoreError> {
        let stay = |problems| Way { lessons: Lessons::Ledger, problems };
        let below = self.repository.tips(&self.repository.tracking(MEMORY_BRANCH))?;
        if !below.is_empty() && !plan.memory.is_empty() {
            let what = format!("a branch below {MEMORY_BRANCH}/ is in the way of the one on which lessons wait");
            let next = "delete or rename it; the lessons are in the ledger, and come with the next decision after that";
            return Ok(stay(vec![problem(what, next)]));
        }
        // A branch that is made anew with the same content would be another one to whoever looks at its pull request.
        if self.has_them_already(store, situation, plan)? {
            return Ok(stay(Vec::new()));
        }
        Ok(Way { lessons: Lessons::Branch, problems: Vec::new() })
    }

    /// Whether what waits on the branch is exactly what a plan would put there.
    fn has_them_already(&self, store: &Store, situation: &Situation, plan: &Plan) -> Result<bool, StoreError> {
        let Some(waits) = self.repository.tip(&self.repository.tracking(MEMORY_BRANCH))? else { return Ok(false) };
        let commit = store.commit(waits)?;
        let Some(parent) = commit.parents.first() else { return Ok(false) };
        let moved = store.diff(store.tree_of(*parent)?, commit.tree)?;
        if moved.files.iter().any(|file| plan.memory.iter().all(|change| file.path != *change.path)) {
            return Ok(false);
        }
        for change in &plan.memory {
            let Some(side) = store.entry(commit.tree, &change.path)? else { return Ok(false) };
            // One that lies here only in part is made anew.
            if store.blob(side.oid, BLOB_LIMIT).ok().as_ref() != Some(&change.after) {
                return Ok(false);
            }
        }
        Ok(brought(store, situation, waits)?.is_some())
    }

    /// The commit on their branch by which lessons wait: merging it brings what the ledger renders and nothing else, whoever pushed
    /// it.
    fn waiting_lessons(&self, store: &Store, situation: &Situation) -> Result<Option<Oid>, StoreError> {
        let Some(waits) = self.repository.tip(&self.repository.tracking(MEMORY_BRANCH))? else { return Ok(None) };
        let (Some(view), Some(genesis)) = (&situation.view, &situation.ledger_key) else { return Ok(None) };
        let Some(brought) = brought(store, situation, waits)? else { return Ok(None) };
        let now = Entry::new(EntryKind::Lesson, genesis.id, genesis.id, situation.now, "");
        Ok(verify::only_sections(store, &brought, &now, view).is_ok().then_some(waits))
    }

    /// Has a pull request opened for lessons that wait on their branch, where none is open and nobody has said no to them.
    pub(super) fn offer_lessons(&self, forge: &Source, watch: &Watch<'_>) -> Result<(), PostError> {
        let there = self.repository.tip(&self.repository.tracking(MEMORY_BRANCH))?;
        if there.is_none() || forge.has_open(MEMORY_BRANCH, &self.repository.target_branch) {
            return Ok(());
        }
        let none = std::collections::BTreeSet::new();
        let situation = self.read(&Scope { only: Some(&none), ..Scope::default() })?;
        let store = self.repository.store(Writes::InMemory)?;
        // Whoever may push could put anything there: what is offered in our words is what the ledger renders.
        if let Some(waits) = self.waiting_lessons(&store, &situation)?
            && let Some(order) = engine::offer(&situation.world(), &forge.repo, (MEMORY_BRANCH, waits))?
        {
            github::offer(&*forge.connection().client()?, &order, watch.still)?;
        }
        Ok(())
    }
}

/// What is said where their branch took no push.
pub(super) fn unwritten(said: &str) -> Problem {
    let what = format!("what was taught could not be put on {MEMORY_BRANCH}: {said}");
    problem(
        what,
        "let that branch take pushes; the lesson is in the ledger, and comes with the next decision after that",
    )
}

/// What merging a commit changes; `None` for nothing: it was merged, or it conflicts and is made anew by the next lesson.
fn brought(store: &Store, situation: &Situation, commit: Oid) -> Result<Option<Arc<TreeDiff>>, StoreError> {
    let mut stack = TreeStack::new(store, situation.target.tip, situation.policy().merge)?;
    Ok(stack.offer(commit).ok().filter(|diff| !diff.files.is_empty()))
}

fn problem(what: String, next: impl Into<String>) -> Problem {
    Problem { place: "memory".into(), what, next: next.into() }
}
