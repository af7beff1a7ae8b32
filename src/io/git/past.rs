//! Rounds that are decided and whose branch is not read any more: it is gone, or no pattern names it. The ledger knows them,
//! and most of their objects are still there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ledger::{EntryKind, LedgerView, Merged, ObjectionKind};
use crate::model::{Landing, Oid, Problem, Proposal, Target};

use super::proposals::Objects;
use super::repository::{Branch, LocalRepository};
use super::store::StoreError;

/// How many are read: a list of more is for `ledger log`.
const MOST: usize = 500;

/// The last decided round of each proposal of the ledger that is not among `present`, as it landed or was rejected, the newest
/// at most; and what a person should know.
pub fn read(
    repository: &LocalRepository,
    target: &Target,
    view: &LedgerView,
    present: &[Arc<Proposal>],
) -> Result<(Vec<Arc<Proposal>>, Vec<Problem>), StoreError> {
    let rounds = rounds(view, &present.iter().map(|proposal| proposal.id.as_str()).collect());
    let objects = Objects::open(repository, target)?;
    let shown = rounds.iter().rev().take(MOST).map(|round| Arc::new(objects.round(round))).collect();
    let left = rounds.len().saturating_sub(MOST);
    let problem = (left > 0).then(|| Problem {
        place: "list --all".into(),
        what: format!("{left} older decided rounds, whose branches are gone, are not shown"),
        next: "`countersign ledger log` has them".into(),
    });
    Ok((shown, problem.into_iter().collect()))
}

/// A decided round.
enum Round<'a> {
    Merged(&'a Merged),
    Rejected { name: &'a str, head: Oid },
}

/// The last round of each name, in the order in which they were decided.
fn rounds<'a>(view: &'a LedgerView, present: &BTreeSet<&str>) -> Vec<Round<'a>> {
    let mut last: BTreeMap<&str, (usize, Round<'a>)> = BTreeMap::new();
    for (place, entry) in view.entries().iter().enumerate() {
        for item in entry.items.iter().filter(|item| !present.contains(item.proposal.as_str())) {
            let merged = view.merged(&item.proposal, &item.target, item.head);
            let rejected = || {
                let objections = view.objections(&item.proposal, item.head, item.change_id);
                objections.iter().any(|objection| objection.kind == ObjectionKind::Reject && objection.same_round)
            };
            if let Some(merged) = merged {
                last.insert(&item.proposal, (place, Round::Merged(merged)));
            } else if entry.kind == EntryKind::Reject && rejected() {
                last.insert(&item.proposal, (place, Round::Rejected { name: &item.proposal, head: item.head }));
            }
        }
    }
    let mut rounds: Vec<(usize, Round<'a>)> = last.into_values().collect();
    rounds.sort_by_key(|(place, _)| *place);
    rounds.into_iter().map(|(_, round)| round).collect()
}

impl Objects<'_> {
    fn round(&self, round: &Round<'_>) -> Proposal {
        match round {
            Round::Merged(merged) => self.merged(merged),
            Round::Rejected { name, head } => {
                let branch = Branch { name: (*name).to_owned(), tip: *head };
                // A head that the target has in the meantime has landed.
                self.proposal(&branch).unwrap_or_else(|| self.landed(&branch, *head))
            }
        }
    }

    /// What landed, on what it landed on.
    fn merged(&self, merged: &Merged) -> Proposal {
        let branch = Branch { name: merged.proposal.clone(), tip: merged.head };
        let proposal = self.landed(&branch, merged.commit);
        let old = self.store.tree_of(merged.first_parent);
        let Ok(diff) = old.and_then(|old| self.store.diff(old, merged.tree)) else { return proposal };
        let stats = self.stats(&diff.files).ok();
        let target = Target { refname: merged.target.clone(), tip: merged.first_parent };
        Proposal { target, stats, landing: Landing::Clean(Arc::new(diff)), ..proposal }
    }

    /// What the head says, and where that commit is gone, the one that landed it.
    fn landed(&self, branch: &Branch, instead: Oid) -> Proposal {
        match self.store.commit(branch.tip).or_else(|_| self.store.commit(instead)) {
            Ok(commit) => self.bare(branch, &commit),
            Err(error) => self.unreadable(branch, &error),
        }
    }
}
