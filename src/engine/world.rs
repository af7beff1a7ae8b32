//! Everything that a decision depends on, read at one moment.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::ForgeChecks;
use crate::ledger::{CLOCK_SKEW, Entry, EntryKind, LedgerView, ObjectionKind};
use crate::model::forge::{Opinion, ReviewState};
use crate::model::{ChangeId, DecisionKind, Findings, Oid, Proposal, Stage, Target, TreeDiff};
use crate::policy::{
    self, Approval, Evaluation, Facts, Objection, OnGitHub, Person, Policy, PolicyError, Reviewed, Root,
};

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
    // What was dismissed is what it had said; where nobody tells that, it may have been a no.
    let kind = match said.dismissed.as_ref().map_or(said.state, |dismissed| dismissed.said) {
        ReviewState::Approved => entry.kind == EntryKind::Approve,
        ReviewState::ChangesRequested | ReviewState::Dismissed => entry.kind == EntryKind::Reject,
        // It has no effect.
        ReviewState::Commented | ReviewState::Pending => true,
    };
    kind && login.is_some_and(|login| login.eq_ignore_ascii_case(&said.author.login))
}

/// Whether what somebody says on the page of a proposal is heard in the ledger, or not at all. Whoever writes a mark can name any
/// entry: all that name this one must be its. But an approval that tells an entry is nobody's own word, whoever gave it: it may have
/// been posted with the account of another.
pub(super) fn told_in(
    ledger: &LedgerView,
    policy: &Policy,
    proposal: &str,
    opinions: &[Opinion],
) -> impl Fn(&Opinion) -> bool {
    move |said| {
        let named = said.tells.and_then(|entry| ledger.entry(entry));
        let Some(entry) = named.filter(|entry| entry.items.iter().any(|item| item.proposal == proposal)) else {
            return false;
        };
        let mut claims = opinions.iter().filter(|said| said.tells == Some(entry.id));
        said.state == ReviewState::Approved || claims.all(|said| is_told(policy, entry, said))
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
        let page = self.on_github(proposal, diff);
        if let Some(planned) = planned {
            approvals.retain(|approval| approval.person != planned.person);
            objections.retain(|objection| objection.person != planned.person);
            approvals.push(planned.clone());
        }
        let repeat = self.refused_before(&proposal.id) || page.wanted_before.is_some();
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
        let said = self.on_github(proposal, diff);
        let approvals = change_id
            .map(|change_id| ledger.approvals_for(&proposal.id, &proposal.target.refname, proposal.head, change_id))
            .unwrap_or_default();
        // A head that was refused as another and came back takes approvals that are newer than that.
        let new = approvals.into_iter().filter(|one| said.wanted_before.is_none_or(|wanted| one.at > wanted));
        let approvals: Vec<_> = new.map(|one| Approval::signed(&one.person, one.entry, one.touched)).collect();
        let mut objections: Vec<Objection> = ledger
            .objections(&proposal.id, proposal.head, change_id)
            .into_iter()
            .map(|objection| Objection {
                kind: decision(objection.kind),
                person: objection.person,
                entry: Some(objection.entry),
            })
            .collect();
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
        !self.on_github(proposal, proposal.diff().map(AsRef::as_ref)).unknown
            && (!asks || checks.of_head.found().is_some())
    }

    /// What persons said on GitHub since they last said anything in the ledger: on its own page, and what they want changed on
    /// the page of another that is the same.
    fn on_github(&self, proposal: &Proposal, diff: Option<&TreeDiff>) -> OnGitHub {
        let (Some(policy), Some(pull), Some(ledger)) = (self.policy(), &proposal.pull, self.ledger) else {
            return OnGitHub::default();
        };
        let told = told_in(ledger, policy, &proposal.id, pull.opinions.as_deref().unwrap_or_default());
        let mut said = policy::on_github(policy, pull, proposal.head, &told);
        let (elsewhere, unknown) =
            self.wanted_elsewhere(&proposal.id, proposal.head, diff.map(|diff| diff.change_id), &said.approvals);
        said.objections.retain(|said| !is_lifted(ledger, &proposal.id, said));
        said.objections.extend(elsewhere);
        said.unknown |= unknown;
        // Within one second nobody knows which came first: then it is no approval.
        said.approvals.retain(|said| ledger.last_word(&proposal.id, &said.person).is_none_or(|word| said.at > word));
        said
    }

    /// What persons want changed of the same head, or of the same change, on the pages of other pull requests, and have not lifted
    /// there, here in the ledger, or by one of these later approvals; and whether GitHub did not tell of one of them.
    pub(super) fn wanted_elsewhere(
        &self,
        name: &str,
        head: Oid,
        change: Option<ChangeId>,
        approvals: &[Reviewed],
    ) -> (Vec<Reviewed>, bool) {
        let (Some(policy), Some(ledger)) = (self.policy().filter(|policy| policy.from_github), self.ledger) else {
            return (Vec::new(), false);
        };
        let (mut wanted, mut unknown): (Vec<Reviewed>, bool) = (Vec::new(), false);
        for other in self.proposals.iter().filter(|other| other.id != name) {
            let Some(pull) = &other.pull else { continue };
            // Nobody said anything of most, and there are many.
            if pull.opinions.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let opinions = pull.opinions.as_deref().unwrap_or_default();
            let same = other.head == head || change.is_some() && other.diff().map(|diff| diff.change_id) == change;
            unknown |= same && pull.opinions.is_none();
            // What was said of this head is about it, wherever that other one is now.
            let own = same.then_some(other.head).filter(|own| *own != head);
            let told = told_in(ledger, policy, &other.id, opinions);
            for head in own.into_iter().chain(opinions.iter().any(|said| said.commit == Some(head)).then_some(head)) {
                let said = policy::on_github(policy, pull, head, &told).objections.into_iter();
                let later = |said: &Reviewed| approvals.iter().any(|yes| yes.person == said.person && yes.at > said.at);
                wanted.extend(said.filter(|said| {
                    !later(said) && [name, &other.id].iter().all(|name| !is_lifted(ledger, name, said))
                }));
            }
        }
        (wanted, unknown)
    }
}

/// Whether a person lifted in the ledger what they wanted on a page: only by what was certainly said after it, whatever the clock of
/// the host that signed was worth.
fn is_lifted(ledger: &LedgerView, name: &str, said: &Reviewed) -> bool {
    ledger.lifted(name, &said.person).is_some_and(|word| word.duration_since(said.at) > CLOCK_SKEW)
}

const fn decision(kind: ObjectionKind) -> DecisionKind {
    match kind {
        ObjectionKind::Hold => DecisionKind::Hold,
        ObjectionKind::Reject => DecisionKind::Reject,
        ObjectionKind::Ask => DecisionKind::Ask,
    }
}
