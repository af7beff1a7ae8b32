//! What landed, as it landed: the change of the landing commit, and not what merging the branch once more would do today.

use std::sync::Arc;

use crate::engine;
use crate::ledger::Merged;
use crate::model::{Landing, Proposal};

use super::git::proposals::line_stats;
use super::git::store::{Store, StoreError, Writes};
use super::workspace::{Situation, Workspace};

impl Workspace {
    /// Puts the change that landed in the place of the one that would land, for the proposals that are `shown` and of which the
    /// ledger has a merge. Costs a difference each, so it is done where landed proposals are shown, and nowhere else. One
    /// that cannot be read stays as it is.
    pub fn show_landings(&self, situation: &mut Situation, shown: &dyn Fn(&str) -> bool) -> Result<(), StoreError> {
        let Some(view) = situation.view.clone() else { return Ok(()) };
        let store = self.repository.store(Writes::InMemory)?;
        for proposal in situation.proposals.iter_mut().filter(|proposal| shown(&proposal.id)) {
            let merged = view.merged(&proposal.id, &proposal.target.refname, proposal.head);
            if let Some(landed) = merged.and_then(|merged| as_landed(&store, proposal, merged).ok()) {
                *proposal = Arc::new(landed);
            }
        }
        Ok(())
    }
}

fn as_landed(store: &Store, proposal: &Proposal, merged: &Merged) -> Result<Proposal, StoreError> {
    let commit = store.commit(merged.commit)?;
    let before = store.tree_of(merged.first_parent)?;
    let diff = store.diff(before, commit.tree)?;
    let stats = engine::total(diff.files.iter().map(|file| line_stats(store, file)));
    Ok(Proposal { landing: Landing::Clean(Arc::new(diff)), stats: Some(stats), ..proposal.clone() })
}
