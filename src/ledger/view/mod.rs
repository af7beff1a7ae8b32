//! What the valid entries of a ledger add up to: rounds, approvals, objections, merges, lessons.
//!
//! Built in one pass ([`LedgerView::of`]), continued by [`LedgerView::extended`], and shared by a pointer. Every answer costs
//! what it returns, never the length of the ledger.

mod fold;

use std::sync::Arc;

use jiff::Timestamp;

use self::fold::Fold;
use super::{Chain, Checked, Entry, Item, RefUpdate};
use crate::model::{ChangeId, EntryId, Oid, ReasonCode, Tier};
use crate::policy::{Role, Root};

/// A person's approval that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The person.
    pub person: String,
    /// The entry that says so.
    pub entry: EntryId,
    /// When.
    pub at: Timestamp,
    /// Whether a hardware key felt a finger.
    pub touched: bool,
}

/// How a person objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectionKind {
    /// Stopped until lifted.
    Hold,
    /// Refused.
    Reject,
    /// Asked; ends with the next round.
    Ask,
}

/// An objection that binds a proposal and has not been lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// How.
    pub kind: ObjectionKind,
    /// Who.
    pub person: String,
    /// The entry that says so.
    pub entry: EntryId,
    /// When.
    pub at: Timestamp,
    /// What the person says.
    pub note: Option<String>,
    /// Why it was rejected.
    pub reason: Option<ReasonCode>,
    /// The proposal that it was made on, which may have another name.
    pub proposal: String,
    /// The head that it was made on.
    pub head: Oid,
    /// The change that it was made on.
    pub change_id: Option<ChangeId>,
    /// Whether it was made on this very head. False for an objection that outlived a push, or that comes with the same change
    /// from another name.
    pub same_round: bool,
}

/// A proposal that landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The entry that records it.
    pub entry: EntryId,
    /// The proposal.
    pub proposal: String,
    /// The full name of the ref.
    pub target: String,
    /// Its head.
    pub head: Oid,
    /// Its change.
    pub change_id: Option<ChangeId>,
    /// The landing commit.
    pub commit: Oid,
    /// The commit before it.
    pub first_parent: Oid,
    /// The landing commit's tree.
    pub tree: Oid,
    /// The tier that the entry names.
    pub tier: Tier,
    /// Who landed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The entries whose approvals it relies on.
    pub relies_on: Vec<EntryId>,
    /// The entry that reverted it.
    pub reverted: Option<EntryId>,
    /// The entry that says that it never happened.
    pub voided: Option<EntryId>,
}

/// A lesson as an entry taught it.
#[derive(Debug, Clone)]
pub struct Taught {
    /// The entry; its `lesson` is there.
    pub entry: Arc<Entry>,
    /// The entry that took it back.
    pub withdrawn: Option<EntryId>,
}

/// A projection of the ledger. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LedgerView {
    fold: Arc<Fold>,
}

impl LedgerView {
    /// What a chain adds up to.
    #[must_use]
    pub fn of(chain: &Chain) -> Self {
        Self::default().extended(chain)
    }

    /// The same view with what the chain has got since it was built. The chain must be the same one, extended.
    #[must_use]
    pub fn extended(mut self, chain: &Chain) -> Self {
        let fold = Arc::make_mut(&mut self.fold);
        for checked in chain.commits().iter().skip(fold.commits) {
            fold.apply(checked);
        }
        fold.settle(chain);
        self
    }

    /// What the ledger would say with these entries on top of it: for previews, never for rulings, since nobody signed them.
    #[must_use]
    pub fn assuming(&self, entries: &[Entry]) -> Self {
        let mut after = self.clone();
        let fold = Arc::make_mut(&mut after.fold);
        for entry in entries {
            let (oid, root) = (Oid::ZERO, self.root().cloned());
            let entry = Ok(Arc::new(entry.clone()));
            fold.apply(&Checked { oid, entry, claimed: None, signed: None, root });
        }
        after
    }

    /// Commits of the ledger, valid or not.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.fold.commits
    }

    /// Commits without effect.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.fold.commits - self.fold.entries.len()
    }

    /// The valid entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.fold.entries
    }

    /// The entry with this id.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&Arc<Entry>> {
        self.fold.by_id.get(&id).map(|&index| &self.fold.entries[index])
    }

    /// The genesis' id; `None` without a ledger that can be believed.
    #[must_use]
    pub fn genesis(&self) -> Option<EntryId> {
        self.fold.entries.first().map(|entry| entry.id)
    }

    /// Whether the genesis is a demo's, outside of which the demo's keys sign for nobody.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.fold.entries.first().is_some_and(|genesis| genesis.demo)
    }

    /// The default branch's full ref name.
    #[must_use]
    pub fn default_ref(&self) -> Option<&str> {
        let genesis = self.fold.entries.first()?;
        genesis.refs.first().map(|update| update.refname.as_str())
    }

    /// The last commit, valid or not: the parent of the next entry.
    #[must_use]
    pub fn tip(&self) -> Option<Oid> {
        self.fold.tip
    }

    /// The `at` of the latest valid entry; the next one may not be older.
    #[must_use]
    pub fn latest(&self) -> Option<Timestamp> {
        self.fold.entries.last().map(|entry| entry.at)
    }

    /// Policy and signers in force for the next entry.
    #[must_use]
    pub fn root(&self) -> Option<&Arc<Root>> {
        self.fold.root.as_ref()
    }

    /// The latest move of a protected ref that no void took back, and the entry that names it. Where the ref is still at
    /// `old`, the push did not finish.
    #[must_use]
    pub fn last_move(&self, refname: &str) -> Option<(EntryId, &RefUpdate)> {
        self.fold.last_move(refname)
    }

    /// The rounds of a proposal that the ledger knows: its distinct (head, change id), in order.
    #[must_use]
    pub fn rounds(&self, proposal: &str) -> &[(Oid, Option<ChangeId>)] {
        self.fold.proposals.get(proposal).map_or(&[], |state| &state.rounds)
    }

    /// The number of a round: 1 + the rounds of that name before it.
    ///
    /// A head counts once. The same head with another change id is no push by the agent: the target moved under it, and that
    /// starts no round.
    #[must_use]
    pub fn round(&self, proposal: &str, head: Oid) -> usize {
        let mut heads: Vec<Oid> = Vec::new();
        for (earlier, _) in self.rounds(proposal) {
            if *earlier == head {
                break;
            }
            if !heads.contains(earlier) {
                heads.push(*earlier);
            }
        }
        heads.len() + 1
    }

    /// The decisions on a proposal and what came of them, oldest first.
    pub fn history(&self, proposal: &str) -> impl Iterator<Item = (&Arc<Entry>, &Item)> {
        let places = self.fold.proposals.get(proposal).map_or(&[][..], |state| &state.items);
        places.iter().map(|place| {
            let entry = &self.fold.entries[place.entry];
            (entry, &entry.items[place.item])
        })
    }

    /// The approvals that count for landing exactly this: one a person, oldest first. An approval ends with the person's
    /// own later decision on the proposal's name or change, and is used up by the merge that it allowed. Whoever may not
    /// approve any more by the policy in force does not count.
    #[must_use]
    pub fn approvals_for(&self, proposal: &str, target: &str, head: Oid, change_id: ChangeId) -> Vec<Approval> {
        let mut approvals = self.fold.approvals_for(proposal, target, head, change_id);
        let policy = self.fold.root.as_ref().map(|root| &root.policy);
        approvals.retain(|approval| {
            policy.and_then(|p| p.person(&approval.person)).is_some_and(|person| person.roles.contains(&Role::Approve))
        });
        approvals
    }

    /// The objections that bind this: made on the proposal's name, or on its change under any name, and not lifted. Oldest
    /// first.
    #[must_use]
    pub fn objections(&self, proposal: &str, head: Oid, change_id: Option<ChangeId>) -> Vec<Objection> {
        self.fold.objections(proposal, head, change_id)
    }

    /// When a person said the last word on a proposal of this name: a decision of any kind.
    #[must_use]
    pub fn last_word(&self, proposal: &str, person: &str) -> Option<Timestamp> {
        use super::EntryKind::{Approve, Ask, Hold, Override, Reject, Withdraw};
        let speaks = |entry: &Entry| matches!(entry.kind, Approve | Reject | Hold | Ask | Withdraw | Override);
        let own = self.history(proposal).filter(|(entry, _)| entry.by == person && speaks(entry));
        own.map(|(entry, _)| entry.at).max()
    }

    /// When what a person objects to under this name was lifted last: by an own approval or withdrawal, or by an override. Nothing
    /// else that is said lifts anything.
    #[must_use]
    pub fn lifted(&self, proposal: &str, person: &str) -> Option<Timestamp> {
        use super::EntryKind::{Approve, Override, Withdraw};
        let lifts = |entry: &Entry| match entry.kind {
            Approve | Withdraw => entry.by == person,
            kind => kind == Override,
        };
        self.history(proposal).filter(|(entry, _)| lifts(entry)).map(|(entry, _)| entry.at).max()
    }

    /// All merges that no void took back, oldest first.
    pub fn merges(&self) -> impl Iterator<Item = &Merged> {
        self.fold.merges.iter().filter(|merged| merged.voided.is_none())
    }

    /// How a proposal with this head landed on the ref `target`, if it did.
    #[must_use]
    pub fn merged(&self, proposal: &str, target: &str, head: Oid) -> Option<&Merged> {
        let state = self.fold.proposals.get(proposal)?;
        self.stands(&state.merges, |merged| merged.head == head && merged.target == target)
    }

    /// How a change landed last, under whatever name.
    #[must_use]
    pub fn merged_change(&self, change_id: ChangeId) -> Option<&Merged> {
        let state = self.fold.changes.get(&change_id)?;
        self.stands(&state.merges, |_| true)
    }

    /// The proposal that a commit landed.
    #[must_use]
    pub fn landed(&self, commit: Oid) -> Option<&Merged> {
        self.stands(self.fold.by_commit.get(&commit)?, |_| true)
    }

    /// The lessons, as taught, oldest first; [`crate::memory`] numbers and merges them.
    #[must_use]
    pub fn taught(&self) -> &[Taught] {
        &self.fold.taught
    }

    /// The entries and (by [`Entry::name_of_commit`]) commits that voids name, each with the void.
    #[must_use]
    pub fn voided(&self, id: EntryId) -> Option<EntryId> {
        self.fold.voids.get(&id).copied()
    }

    /// The last of these merges that was not voided and for which `wanted` holds.
    fn stands(&self, merges: &[usize], wanted: impl Fn(&Merged) -> bool) -> Option<&Merged> {
        merges.iter().rev().map(|&index| &self.fold.merges[index]).find(|m| m.voided.is_none() && wanted(m))
    }

    /// The state, to take entries in one by one.
    pub(super) fn fold_mut(&mut self) -> &mut Fold {
        Arc::make_mut(&mut self.fold)
    }

    /// Takes in what holds of the chain as a whole.
    pub(super) fn settle(&mut self, chain: &Chain) {
        Arc::make_mut(&mut self.fold).settle(chain);
    }
}

#[cfg(test)]
mod tests;
