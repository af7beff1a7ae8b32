//! Asking the forge for required checks: of those proposals that somebody wants to know it of, and only where any are required.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::github::Still;
use super::workspace::{Situation, Workspace};
use crate::engine::ForgeChecks;
use crate::model::{Intent, Oid, Queued, Tier};

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
        let Some(forge) = &self.forge else { return };
        let queue = situation.queue();
        let wanted: Vec<&Queued> = queue.iter().filter(|q| q.proposal.diff().is_some() && wanted(q)).collect();
        let target = |queued: &&Queued| queued.proposal.target.refname.clone();
        let targets: BTreeSet<String> = wanted.iter().map(target).collect();
        let now = self.clock.now();
        let asking = forge.ask_rules(&targets.iter().map(String::as_str).take(TARGETS).collect(), now, still);
        let by_policy = !situation.policy().checks.is_empty();
        let required = |queued: &&&Queued| by_policy || asking.contains(queued.proposal.target.refname.as_str());
        let heads: BTreeSet<Oid> = wanted.iter().filter(required).map(|q| q.proposal.head).take(HEADS).collect();
        forge.ask_checks(&heads.into_iter().collect::<Vec<_>>(), now, age, still);
        situation.checks = self.checks();
    }
}
