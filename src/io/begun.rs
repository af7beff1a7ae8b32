//! A ledger that was begun and not adopted: a crash came between ledger and target, or the remote refused the target.

use crate::engine::{Consent, Recovery, Refusal};
use crate::model::Oid;
use crate::policy::LedgerKey;

use super::git::ledger::{self, RootReader};
use super::git::store::Writes;
use super::git::write::{self, WriteError};
use super::init::{InitError, Started};
use super::recover;
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
        let target = &situation.target;
        let gap = recover::gap_of(&chain, &store, target).filter(|gap| gap.entries.len() == 1);
        // Whoever runs `init` is shown the move, and asked.
        let recovery = gap.map(|gap| gap.finish(recover::ref_now(&gap, &store, target.tip), Consent::Person));
        match (recovery, chain.genesis()) {
            (Some(Ok(recovery)), Some(genesis)) => {
                let (ledger, by) = (LedgerKey { id: genesis.id, branch: branch.to_owned() }, genesis.by.clone());
                Ok(Some(Begun { ledger, by, recovery }))
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
