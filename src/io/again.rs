//! Looking again right before a merge: a batch takes minutes, and nobody who objects meanwhile is passed over.
//!
//! What is asked is little: where the ledger is, which costs nothing where it did not move, and what people say of this one pull
//! request, where that counts, and its checks, where any are required. Only if the ledger moved is everything read again. What cannot be asked is not merged.

use std::sync::Arc;

use crate::engine::{self, Act, PostOrder};
use crate::ledger::LedgerView;
use crate::model::{Proposal, text};

use super::checks;
use super::github::{GitHubError, Refused, Source, Still, Why};
use super::workspace::{Scope, Situation, Workspace};

impl Workspace {
    /// Whether an approval or a merge may be made as things are now; before a merge `situation` is brought up to date.
    pub(super) fn may_be_made(
        &self,
        forge: &Source,
        situation: &mut Situation,
        order: &PostOrder,
        still: Still<'_>,
    ) -> Result<(), Refused> {
        if matches!(order.act, Act::Merge { .. }) {
            self.follow_ledger(forge, situation, still)?;
            hear_again(forge, situation, order.number, still)?;
            self.look_at_checks_again(situation, order.number, still);
        }
        match engine::stands(&situation.world(), order) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(Refused::from(Why::Overtaken).saying(text::single_line(&why))),
            Err(refusal) => Err(unheard(&refusal)),
        }
    }

    /// What cannot be asked is not known, and what is not known is not green.
    fn look_at_checks_again(&self, situation: &mut Situation, number: u64, still: Still<'_>) {
        let name = format!("#{number}");
        let proposal = situation.proposals.iter().find(|proposal| proposal.id == name).map(Arc::clone);
        if let Some(proposal) = proposal {
            self.ask_checks_of(situation, &[&proposal], checks::MERGING, still);
        }
    }

    /// Reads everything again where the ledger is elsewhere than it was.
    fn follow_ledger(&self, forge: &Source, situation: &mut Situation, still: Still<'_>) -> Result<(), Refused> {
        let known = situation.view.as_ref().and_then(LedgerView::tip);
        let Some(ledger) = &situation.ledger_key else { return Err(Why::Unheard.into()) };
        if known.is_some() && forge.tip(&ledger.branch, still).map_err(|error| unasked(&error))? == known {
            return Ok(());
        }
        self.repository.fetch().map_err(|error| unheard(&error))?;
        *situation = self.read(&Scope::default()).map_err(|error| unheard(&error))?;
        Ok(())
    }
}

/// Puts what people say of a pull request now into the situation, where policy lets it count.
fn hear_again(forge: &Source, situation: &mut Situation, number: u64, still: Still<'_>) -> Result<(), Refused> {
    if !situation.policy().from_github {
        return Ok(());
    }
    let name = format!("#{number}");
    let Some(proposal) = situation.proposals.iter_mut().find(|proposal| proposal.id == name) else { return Ok(()) };
    if let Some(pull) = &proposal.pull {
        let pull = forge.hear_again(pull, still).map_err(|error| unasked(&error))?;
        *proposal = Arc::new(Proposal { pull: Some(Arc::new(pull)), ..Proposal::clone(proposal) });
    }
    Ok(())
}

/// GitHub was asked, and did not say.
fn unasked(error: &GitHubError) -> Refused {
    let refused = Refused::from(error);
    if refused.why == Why::Unknown { Refused { why: Why::Unheard, ..refused } } else { refused }
}

fn unheard(error: &dyn std::error::Error) -> Refused {
    Refused::from(Why::Unheard).saying(text::single_line(&error.to_string()))
}
