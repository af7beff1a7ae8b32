//! Asking the forge for required checks: of those proposals that somebody wants to know it of, and only where any are required.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::github::Still;
use super::workspace::{Situation, Workspace};
use crate::engine::ForgeChecks;
use crate::model::{Intent, Oid, Proposal, Queued, Tier};

/// How old an answer may be while one looks at a queue.
pub const LOOKING: SignedDuration = SignedDuration::from_mins(1);
/// How old it may be where something is merged by it.
pub const MERGING: SignedDuration = SignedDuration::ZERO;
/// Targets that are asked for their rules; a repository has a few.
const TARGETS: usize = 8;
/// Heads that are asked for at once.
const HEADS: usize = 300;

/// Those whose required checks decide anything: what is low, and what waits for nothing else.
#[must_use]
pub fn matter(queued: &Queued) -> bool {
    let standing = &queued.standing;
    let only_checks = || {
        let approvals = &standing.ruling.approvals;
        approvals.have >= approvals.need && !standing.is_green()
    };
    standing.state.open() && standing.ruling.approvable() && (standing.ruling.tier == Tier::Low || only_checks())
}

/// Those that decisions are about.
pub fn decided(intents: &[Intent]) -> impl Fn(&Queued) -> bool {
    let names: BTreeSet<String> =
        intents.iter().flat_map(|intent| &intent.items).map(|item| item.subject.proposal.clone()).collect();
    move |queued| names.contains(&queued.proposal.id)
}

impl Workspace {
    /// What is known of checks.
    #[must_use]
    pub fn checks(&self) -> Arc<ForgeChecks> {
        Arc::new(self.forge.as_ref().map_or_else(ForgeChecks::nowhere, |forge| forge.checks()))
    }

    /// Asks the forge for the required checks of those that are wanted, unless that was done within `age`, and puts what it says
    /// into the situation. Without a forge there is nobody to ask.
    pub fn ask_checks(
        &self,
        situation: &mut Situation,
        wanted: &dyn Fn(&Queued) -> bool,
        age: SignedDuration,
        still: Still<'_>,
    ) {
        if self.forge.is_none() {
            return;
        }
        let queue = situation.queue();
        let wanted = queue.iter().filter(|q| q.proposal.diff().is_some() && wanted(q)).map(|q| &*q.proposal);
        self.ask_checks_of(situation, &wanted.collect::<Vec<_>>(), age, still);
    }

    /// The same of these proposals.
    pub(super) fn ask_checks_of(
        &self,
        situation: &mut Situation,
        wanted: &[&Proposal],
        age: SignedDuration,
        still: Still<'_>,
    ) {
        let Some(forge) = &self.forge else { return };
        let now = self.clock.now();
        let targets: BTreeSet<&str> = wanted.iter().map(|proposal| &*proposal.target.refname).collect();
        let asking = forge.ask_rules(&targets.into_iter().take(TARGETS).collect(), now, still);
        let by_policy = !situation.policy().checks.is_empty();
        let required = |proposal: &&&Proposal| by_policy || asking.contains(&*proposal.target.refname);
        let heads: BTreeSet<Oid> = wanted.iter().filter(required).map(|proposal| proposal.head).take(HEADS).collect();
        forge.ask_checks(&heads.into_iter().collect::<Vec<_>>(), now, age, still);
        situation.checks = self.checks();
    }
}
