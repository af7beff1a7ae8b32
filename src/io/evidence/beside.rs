//! What the other open proposals have to do with one: those that do the same, and those that touch the same files.
//!
//! Only proposals with something in common are compared, each pair once for as long as both stay what they are: a change id
//! names the bytes before and after, so that what was found of two of them holds for good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Looked, Scene};
use crate::diff::fields::field_report;
use crate::evidence::signals::{ChangePrint, Neighbour, Trial, Twin, ValuePrint};
use crate::io::git::open;
use crate::io::git::store::StoreError;
use crate::model::field::FieldReport;
use crate::model::{ChangeId, FileChange, Proposal, TreeDiff};

/// Other proposals that one is merged with on trial; where a hundred touch one file, these tell enough.
const TRIALS: usize = 40;
/// Files that are merged on trial for one proposal, over all others together.
const TRIAL_FILES: usize = 400;
/// Files of a change whose values are compared with those of others.
const VALUE_FILES: usize = 100;
/// Pairs and changes that are remembered; after that all of them are forgotten.
const REMEMBERED: usize = 100_000;

/// What comparisons gave, for all proposals of a process.
#[derive(Debug, Default)]
pub struct Comparisons {
    values: Mutex<HashMap<ChangeId, Option<ValuePrint>>>,
    trials: Mutex<HashMap<(ChangeId, ChangeId), Trial>>,
}

impl Comparisons {
    /// What a change does to values, computed where that is not known.
    pub(super) fn values(&self, id: ChangeId, compute: impl FnOnce() -> Option<ValuePrint>) -> Option<ValuePrint> {
        remembered(&self.values, id, compute)
    }

    /// What merging two changes showed; it does not matter which comes first.
    fn trial(&self, one: ChangeId, other: ChangeId, merge: impl FnOnce() -> Trial) -> Trial {
        remembered(&self.trials, (one.min(other), one.max(other)), merge)
    }
}

impl Comparisons {
    fn forget(&self, one: ChangeId, other: ChangeId) {
        let mut trials = self.trials.lock().unwrap_or_else(PoisonError::into_inner);
        trials.remove(&(one.min(other), one.max(other)));
    }
}

/// What is remembered, or what is computed now. Two threads may compute the same, and then find the same.
fn remembered<K: Copy + Eq + std::hash::Hash, V: Clone>(
    known: &Mutex<HashMap<K, V>>,
    key: K,
    compute: impl FnOnce() -> V,
) -> V {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = lock().get(&key) {
        return found.clone();
    }
    let found = compute();
    let mut known = lock();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(key, found.clone());
    found
}

/// What the other open proposals have to do with one.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Those that do the same.
    pub twins: Vec<Twin>,
    /// Those that touch some of the same files.
    pub neighbours: Vec<Neighbour>,
}

/// What may still be merged on trial.
struct Budget {
    trials: usize,
    files: usize,
}

impl Scene<'_> {
    /// Compares a proposal with the other open ones.
    pub(super) fn beside(&self, looked: &Looked<'_>) -> Beside {
        let mut beside = Beside::default();
        let Some(diff) = looked.proposal.diff() else { return beside };
        let this = self.print(diff, looked.fields);
        let mut budget = Budget { trials: TRIALS, files: TRIAL_FILES };
        for other in self.others(looked.proposal) {
            let Some(theirs) = other.diff() else { continue };
            let common = common(&diff.files, &theirs.files);
            let print = || ChangePrint { change_id: theirs.change_id, values: self.values_of(other, theirs) };
            let alike = diff.change_id == theirs.change_id || may_be_twins(looked.proposal, other, common);
            if let Some(same) = alike.then(|| this.sameness(&print())).flatten() {
                beside.twins.push(Twin { proposal: other.id.clone(), head: other.head, same });
            } else if common > 0 {
                let trial = self.trial((looked.proposal, diff), (other, theirs), common, &mut budget);
                let (proposal, head) = (other.id.clone(), other.head);
                beside.neighbours.push(Neighbour { proposal, head, files: common, trial });
            }
        }
        beside
    }

    /// The other open proposals, in name order.
    pub(super) fn others<'s>(&'s self, this: &'s Proposal) -> impl Iterator<Item = &'s Proposal> {
        let open = self.queue.iter().filter(|queued| queued.standing.state.open());
        open.map(|queued| queued.proposal.as_ref()).filter(|other| other.id != this.id)
    }

    /// A change as it is compared, whose values are known already.
    pub(super) fn print(&self, diff: &TreeDiff, fields: &FieldReport) -> ChangePrint {
        let change_id = diff.change_id;
        ChangePrint { change_id, values: self.workspace.compared.values(change_id, || ValuePrint::of(fields)) }
    }

    fn values_of(&self, proposal: &Proposal, diff: &TreeDiff) -> Option<ValuePrint> {
        self.workspace.compared.values(diff.change_id, || {
            let document = open::document(&self.workspace.repository, proposal, diff, 0).ok()?;
            ValuePrint::of(&field_report(&document))
        })
    }

    fn trial(
        &self,
        (proposal, ours): (&Proposal, &TreeDiff),
        (other, theirs): (&Proposal, &TreeDiff),
        common: usize,
        budget: &mut Budget,
    ) -> Trial {
        if budget.trials == 0 || budget.files < common {
            return Trial::Untried { why: "too many proposals touch these files".to_owned() };
        }
        budget.trials -= 1;
        budget.files -= common;
        let lacked = self.store.lacked();
        let trial = self.workspace.compared.trial(ours.change_id, theirs.change_id, || {
            let merge = || -> Result<Trial, StoreError> {
                let tip = proposal.target.tip;
                self.store.make_again(ours, tip, proposal.head)?;
                self.store.make_again(theirs, tip, other.head)?;
                let conflicts = self.store.collisions(ours, theirs)?;
                Ok(if conflicts.is_empty() { Trial::Merges } else { Trial::Conflicts { conflicts } })
            };
            merge().unwrap_or_else(|error| Trial::Untried { why: error.to_string() })
        });
        if self.store.lacked() > lacked {
            // What was missing may come, and then it is tried again.
            self.workspace.compared.forget(ours.change_id, theirs.change_id);
        }
        trial
    }
}

/// Whether two changes can do the same in other bytes: they begin with the same target, so that the same values are in the same
/// files, unless all of it is new; then what both do reads the same.
fn may_be_twins(one: &Proposal, other: &Proposal, common: usize) -> bool {
    let (Some(ours), Some(theirs)) = (one.diff(), other.diff()) else { return false };
    let files = ours.files.len();
    if files != theirs.files.len() || files > VALUE_FILES {
        return false;
    }
    let new = |diff: &TreeDiff| diff.files.iter().all(|file| file.old.is_none());
    let reads = || one.words.is_some() && one.words == other.words;
    common == files || (common == 0 && new(ours) && new(theirs) && reads())
}

/// How many paths two changes have in common; both are in path order.
fn common(ours: &[FileChange], theirs: &[FileChange]) -> usize {
    let (few, many) = if ours.len() < theirs.len() { (ours, theirs) } else { (theirs, ours) };
    few.iter().filter(|file| many.binary_search_by(|other| other.path.cmp(&file.path)).is_ok()).count()
}
