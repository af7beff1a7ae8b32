//! Everything that a decision depends on, read at one moment.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::ForgeChecks;
use crate::ledger::{CLOCK_SKEW, Entry, EntryKind, LedgerView, ObjectionKind};
use crate::model::forge::{Opinion, ReviewState};
use crate::model::{DecisionKind, EntryId, Findings, Oid, Proposal, Stage, Target, TreeDiff};
use crate::policy::{self, Approval, Evaluation, Facts, Objection, OnGitHub, Person, Policy, PolicyError, Root};

/// The policy that rules at this moment.
#[derive(Debug, Clone, Copy)]
pub enum Force<'a> {
    /// None is adopted: the built-in default rules, and merges nothing.
    BuiltIn(&'a Policy),
    /// The root named by the ledger.
    Root(&'a Root),
    /// There is one, and it cannot be read: it blocks everything.
    Invalid(&'a [PolicyError]),
}

/// What makes merges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Via {
    /// git: landing commits are made here, and land in one push with the ledger.
    #[default]
    Git,
    /// A forge, which is asked once the ledger has the approvals; what it made is recorded after.
    Forge,
}

/// Whether what somebody says on GitHub is what an entry says, and heard in the ledger: the word of the same person, to the same
/// effect.
fn is_told(policy: &Policy, entry: &Entry, said: &Opinion) -> bool {
    let login = policy.person(&entry.by).and_then(|person| person.github.as_deref());
    let kind = match said.state {
        ReviewState::Approved => entry.kind == EntryKind::Approve,
        ReviewState::ChangesRequested => entry.kind == EntryKind::Reject,
        // It has no effect.
        ReviewState::Commented | ReviewState::Dismissed | ReviewState::Pending => true,
    };
    kind && login.is_some_and(|login| login.eq_ignore_ascii_case(&said.author.login))
}

/// Whether an entry is heard in the ledger where reviews of a proposal tell it. Whoever writes a mark can name any entry: all that
/// name this one must be its.
pub(super) fn told_in(
    ledger: &LedgerView,
    policy: &Policy,
    proposal: &str,
    opinions: &[Opinion],
) -> impl Fn(EntryId) -> bool {
    move |entry| {
        let entry = ledger.entry(entry).filter(|entry| entry.items.iter().any(|item| item.proposal == proposal));
        let mut claims = opinions.iter().filter(|said| said.tells == entry.map(|entry| entry.id));
        entry.is_some_and(|entry| claims.all(|said| is_told(policy, entry, said)))
    }
}

/// What was found about rounds, by the name and the head of each.
pub type Found = HashMap<(String, Oid), Arc<Findings>>;

/// A repository as it is now, as far as decisions depend on it.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// How far the repository has adopted the product.
    pub stage: Stage,
    /// The policy.
    pub force: Force<'a>,
    /// What must be resolved before anybody decides: the ledger is missing, replaced or rewritten.
    pub alarm: Option<&'a str>,
    /// What the ledger says; `None` before the genesis.
    pub ledger: Option<&'a LedgerView>,
    /// The person who decides; `None` where this host has no key that policy knows.
    pub me: Option<&'a Person>,
    /// Whether that person's key is a hardware key, which feels a finger at each signature.
    pub touches: bool,
    /// Where proposals land.
    pub target: &'a Target,
    /// What makes merges there.
    pub via: Via,
    /// The proposals.
    pub proposals: &'a [Arc<Proposal>],
    /// The names of proposals on which a decision lies in the outbox.
    pub unsent: &'a BTreeSet<String>,
    /// What was found about them, as far as it was looked for.
    pub found: &'a Found,
    /// What the forge says of their checks, as far as it was asked.
    pub checks: &'a ForgeChecks,
    /// Now.
    pub now: Timestamp,
}

impl<'a> World<'a> {
    /// The proposal with this full name.
    #[must_use]
    pub fn proposal(&self, id: &str) -> Option<&'a Arc<Proposal>> {
        self.proposals.iter().find(|proposal| proposal.id == id)
    }

    /// The policy that rules, where one can be read.
    #[must_use]
    pub const fn policy(&self) -> Option<&'a Policy> {
        match self.force {
            Force::BuiltIn(policy) => Some(policy),
            Force::Root(root) => Some(&root.policy),
            Force::Invalid(_) => None,
        }
    }

    /// Why there is no way for it to land, in a word and in a sentence: what a forge merges is a pull request that is ready.
    pub(super) fn no_way(&self, proposal: &Proposal) -> Option<(&'static str, &'static str)> {
        let pull = proposal.pull.as_ref().filter(|_| self.via == Via::Forge);
        match (self.via, pull) {
            (Via::Git, _) => None,
            (Via::Forge, None) => {
                Some(("no pull request", "it is a branch, and a forge merges pull requests: open one for it"))
            }
            (Via::Forge, Some(pull)) => pull.draft.then_some((
                "a draft",
                "it is a draft: its author says that it is not ready; have it marked as ready on its page",
            )),
        }
    }

    /// What policy says of a proposal as it would land now.
    pub fn judge(&self, proposal: &Proposal) -> Result<Evaluation, &'a [PolicyError]> {
        self.judge_as(proposal, proposal.diff().map(AsRef::as_ref), None)
    }

    /// What policy says of a proposal that would land as `diff`, with the approvals that the ledger has for exactly that
    /// change and, where it is given, one more that is being planned by a person whose own objections it lifts.
    pub(super) fn judge_as(
        &self,
        proposal: &Proposal,
        diff: Option<&TreeDiff>,
        planned: Option<&Approval>,
    ) -> Result<Evaluation, &'a [PolicyError]> {
        let policy = match self.force {
            Force::BuiltIn(policy) => policy,
            Force::Root(root) => &root.policy,
            Force::Invalid(errors) => return Err(errors),
        };
        let (mut approvals, mut objections) = self.said_of(proposal, diff);
        let page = self.on_github(proposal);
        if let Some(planned) = planned {
            approvals.retain(|approval| approval.person != planned.person);
            objections.retain(|objection| objection.person != planned.person);
            approvals.push(planned.clone());
        }
        let repeat = self.refused_before(&proposal.id) || page.wanted_before;
        let branch = proposal.branch();
        let facts = Facts {
            stage: self.stage,
            proposal: &proposal.id,
            branch: Some(&branch),
            target: &proposal.target.refname,
            changes: diff.map(|diff| diff.files.as_slice()),
            contributors: &proposal.contributors,
            opener: proposal.pull.as_ref().map(|pull| pull.author.login.as_str()),
            messages: &proposal.messages,
            approvals: &approvals,
            objections: &objections,
            unheard: page.unknown,
            repeat,
            checks: Some(self.checks.of(proposal)),
        };
        Ok(policy::evaluate(policy, &facts))
    }

    /// Whether a round of this name was ever rejected or held: then it merges only with a person's new approval.
    fn refused_before(&self, id: &str) -> bool {
        use crate::ledger::EntryKind::{Hold, Reject};
        self.ledger.is_some_and(|ledger| ledger.history(id).any(|(entry, _)| matches!(entry.kind, Reject | Hold)))
    }

    /// The approvals and objections of the present round: what the ledger has, and what persons said on GitHub where policy lets
    /// that count. A person's latest word counts, wherever it was said; what the ledger holds is lifted there alone.
    pub(super) fn said_of(&self, proposal: &Proposal, diff: Option<&TreeDiff>) -> (Vec<Approval>, Vec<Objection>) {
        let Some(ledger) = self.ledger else { return (Vec::new(), Vec::new()) };
        let change_id = diff.map(|diff| diff.change_id);
        let approvals = change_id
            .map(|change_id| ledger.approvals_for(&proposal.id, &proposal.target.refname, proposal.head, change_id))
            .unwrap_or_default();
        let approvals =
            approvals.into_iter().map(|one| Approval::signed(&one.person, one.entry, one.touched)).collect::<Vec<_>>();
        let mut objections: Vec<Objection> = ledger
            .objections(&proposal.id, proposal.head, change_id)
            .into_iter()
            .map(|objection| Objection {
                kind: decision(objection.kind),
                person: objection.person,
                entry: Some(objection.entry),
            })
            .collect();
        let said = self.on_github(proposal);
        let reviewed = said.approvals.into_iter().filter(|said| {
            let signed = approvals.iter().any(|own| own.person == said.person);
            let objects = objections.iter().any(|own| own.person == said.person && own.kind != DecisionKind::Ask);
            !signed && !objects
        });
        let reviewed: Vec<Approval> = reviewed.map(Approval::reviewed).collect();
        objections.extend(said.objections.into_iter().map(|said| Objection {
            kind: DecisionKind::Reject,
            person: said.person,
            entry: None,
        }));
        (approvals.into_iter().chain(reviewed).collect(), objections)
    }

    /// Whether the forge told all that a ruling on a proposal depends on: reviews, and checks where any are required.
    pub(super) fn is_told(&self, proposal: &Proposal) -> bool {
        let checks = self.checks.of(proposal);
        let asks = self.policy().is_some_and(|policy| !policy.checks.is_empty())
            || checks.asked.found().is_none_or(|names| !names.is_empty());
        !self.on_github(proposal).unknown && (!asks || checks.of_head.found().is_some())
    }

    /// What persons said on GitHub since they last said anything in the ledger.
    fn on_github(&self, proposal: &Proposal) -> OnGitHub {
        let (Some(policy), Some(pull), Some(ledger)) = (self.policy(), &proposal.pull, self.ledger) else {
            return OnGitHub::default();
        };
        let told = told_in(ledger, policy, &proposal.id, pull.opinions.as_deref().unwrap_or_default());
        let mut said = policy::on_github(policy, pull, proposal.head, &told);
        // Within one second nobody knows which came first: then it is no approval.
        said.approvals.retain(|said| ledger.last_word(&proposal.id, &said.person).is_none_or(|word| said.at > word));
        // A no is lifted only by what was certainly said after it, whatever the clock of the host that signed was worth.
        let before = |said: Timestamp, word: Timestamp| word.duration_since(said) > CLOCK_SKEW;
        said.objections
            .retain(|said| ledger.last_word(&proposal.id, &said.person).is_none_or(|word| !before(said.at, word)));
        said
    }
}

const fn decision(kind: ObjectionKind) -> DecisionKind {
    match kind {
        ObjectionKind::Hold => DecisionKind::Hold,
        ObjectionKind::Reject => DecisionKind::Reject,
        ObjectionKind::Ask => DecisionKind::Ask,
    }
}
