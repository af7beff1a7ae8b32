//! A ledger that was begun and not adopted: a crash came between ledger and target, or the remote refused the target.

use crate::engine::{self, Recovery, RefNow, Refusal, Unfinished};
use crate::ledger::LedgerView;
use crate::model::Oid;
use crate::policy::LedgerKey;

use super::git::ledger::{self, RootReader};
use super::git::store::Writes;
use super::git::write::{self, WriteError};
use super::init::{InitError, Started};
use super::signer;
use super::workspace::{Situation, Workspace};

/// The branch on which policy and signers wait where the target may not be pushed to.
pub const OFFER_BRANCH: &str = "countersign/init";

/// A ledger without a policy on the target that names it, and the move that would adopt it.
#[derive(Debug)]
pub struct Begun {
    /// The ledger.
    pub ledger: LedgerKey,
    /// Who began it.
    pub by: String,
    /// What is to be done.
    pub recovery: Recovery,
}

impl Workspace {
    /// What was begun on the branch `branch`, if anything was; where it cannot be gone on with, why, and what to do.
    pub(super) fn begun(&self, situation: &Situation, branch: &str) -> Result<Option<Begun>, InitError> {
        let Some(tip) = self.repository.tip(&self.repository.tracking(branch))? else { return Ok(None) };
        let store = self.repository.store(Writes::InMemory)?;
        let chain = ledger::read(&store, &RootReader::new(&store), Some(tip), None, self.clock.now())?;
        let view = LedgerView::of(&chain);
        let (target, by) = (&situation.target, chain.genesis().map(|genesis| genesis.by.clone()).unwrap_or_default());
        let now = match view.last_move(&target.refname) {
            Some((_, update)) if update.old == target.tip && store.has(update.new) => RefNow::Before,
            _ => RefNow::Astray,
        };
        let at = self.clock.seconds();
        match (engine::unfinished(&view, &target.refname, now, &by, signer::random_id(), at), view.genesis()) {
            (Some(Unfinished::Finish(recovery)), Some(id)) => {
                Ok(Some(Begun { ledger: LedgerKey { id, branch: branch.to_owned() }, by, recovery }))
            }
            _ => Err(self.stuck(branch)?.into()),
        }
    }

    /// A beginning whose commit is not here, or whose target went on.
    fn stuck(&self, branch: &str) -> Result<Refusal, InitError> {
        let offered = self.repository.tip(&self.repository.tracking(OFFER_BRANCH))?.is_some();
        let what = format!("a ledger was begun on the branch {branch}, and the target has no policy that names it");
        let next = if offered {
            format!("merge the branch {OFFER_BRANCH} into the target")
        } else {
            format!("nothing was decided in it: delete the branch {branch} and run `countersign init` again")
        };
        Ok(Refusal { what, next })
    }

    /// Adopts what was begun; where the remote still refuses the target, leaves it on the branch [`OFFER_BRANCH`].
    pub fn finish_init(&self, begun: &Begun) -> Result<Started, InitError> {
        let commit: Oid = begun.recovery.new;
        let store = self.repository.store(Writes::InMemory)?;
        let started = match write::finish_move(&self.repository, &begun.recovery, &begun.ledger, &store) {
            Ok(()) => Started::Adopted { commit },
            Err(WriteError::Refused(_)) if self.repository.remote.is_some() => {
                if self.repository.tip(&self.repository.tracking(OFFER_BRANCH))? != Some(commit) {
                    write::offer_move(&self.repository, &begun.recovery, OFFER_BRANCH)?;
                }
                Started::Offered { commit }
            }
            Err(error) => return Err(error.into()),
        };
        // What is written is written; the next reading fetches it.
        let _ = self.repository.fetch();
        Ok(started)
    }
}
