//! Looking again right before a merge: a batch takes minutes, and nobody who objects meanwhile is passed over.
//!
//! What is asked is little: where ledger and target are, which costs nothing where they did not move, what people say of this one
//! pull request, where that counts, and its checks, where any are required. Only if somebody else moved one of the two is
//! everything read again. What cannot be asked is not merged.

use std::sync::Arc;

use crate::engine::{self, Act, PostOrder};
use crate::ledger::LedgerView;
use crate::model::{Oid, Proposal, text};

use super::checks;
use super::git::store::Writes;
use super::github::{GitHubError, Refused, Source, Still, Why};
use super::workspace::{Scope, Situation, Workspace};

/// Where a sitting is while it posts.
pub(super) struct Place<'s> {
    /// What was read last.
    pub situation: &'s mut Situation,
    /// Where the target is, by what was read and merged since.
    pub target: Oid,
}

impl Place<'_> {
    fn ledger(&self) -> Option<Oid> {
        self.situation.view.as_ref().and_then(LedgerView::tip)
    }
}

impl Workspace {
    /// Whether an approval or a merge may be made as things are now; before a merge the situation is brought up to date.
    pub(super) fn may_be_made(
        &self,
        forge: &Source,
        place: &mut Place<'_>,
        order: &PostOrder,
        still: Still<'_>,
    ) -> Result<(), Refused> {
        if matches!(order.act, Act::Merge { .. }) {
            self.follow(forge, place, still)?;
            hear_again(forge, place.situation, order.number, still)?;
            self.look_at_checks_again(place.situation, order.number, still);
        }
        match engine::stands(&place.situation.world(), order) {
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

    /// Reads everything again where the ledger or the target is elsewhere than it was, but for what was merged just now.
    fn follow(&self, forge: &Source, place: &mut Place<'_>, still: Still<'_>) -> Result<(), Refused> {
        let Some(key) = &place.situation.ledger_key else { return Err(Why::Unheard.into()) };
        let (ledger, target) = (key.branch.clone(), place.situation.target.branch().to_owned());
        let ask = |branch: &str| forge.tip(branch, still).map_err(|error| unasked(&error));
        let (told, here) = (ask(&ledger)?, ask(&target)?);
        if told.is_some() && told == place.ledger() && here == Some(place.target) {
            return Ok(());
        }
        self.repository.fetch().map_err(|error| unheard(&error))?;
        *place.situation = self.read(&Scope::default()).map_err(|error| unheard(&error))?;
        place.target = place.situation.target.tip;
        // What git does not show yet may be what objects.
        let store = self.repository.store(Writes::InMemory).map_err(|error| unheard(&error))?;
        let has = |tip: Option<Oid>, told: Option<Oid>| {
            tip.zip(told).is_some_and(|(tip, told)| store.contains(tip, told).unwrap_or(false))
        };
        let shown = has(place.ledger(), told) && has(Some(place.target), here);
        if shown { Ok(()) } else { Err(Refused::from(Why::Unheard).saying("git does not show yet what GitHub has")) }
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
