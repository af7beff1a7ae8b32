//! The plan: the exact steps that decisions will execute; shown before, executed as shown, recorded after.

use std::sync::Arc;

use crate::model::{Contributor, Intent, Oid, Place, Ruling, Subject, Tier, TreeDiff};

/// What happens to one proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is approved and lands; `diff` is what changes on top of the items before it.
    Merge {
        /// From the stacked tree before it to the one after it.
        diff: Arc<TreeDiff>,
    },
    /// The approval is recorded; it still needs so many persons.
    Record {
        /// Persons still missing.
        missing: usize,
    },
    /// The decision (reject, hold, ask, withdraw) is recorded.
    Note,
}

/// One proposal of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedItem {
    /// Which intent of the plan it belongs to.
    pub intent: usize,
    /// The proposal as it was seen.
    pub subject: Subject,
    /// The target's full ref name.
    pub target: String,
    /// What it does, in our words.
    pub summary: String,
    /// The agent's title, as it came.
    pub title: String,
    /// The agent's last message, as it came, for the landing commit.
    pub message: String,
    /// The agent.
    pub agent: String,
    /// The author of a squash.
    pub author: Contributor,
    /// The ruling on the stacked difference.
    pub ruling: Ruling,
    /// What happens.
    pub action: Action,
    /// The entries, of this or earlier pushes, whose approvals the merge relies on.
    pub relies_on: Vec<crate::model::EntryId>,
}

impl PlannedItem {
    /// The tier that the entry records.
    #[must_use]
    pub const fn tier(&self) -> Tier {
        self.ruling.tier
    }
}

/// A proposal that cannot be part of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The proposal as it was seen.
    pub subject: Subject,
    /// What it does, in our words.
    pub summary: String,
    /// Why it is left out.
    pub why: String,
    /// Where that is written, if it is.
    pub at: Option<Place>,
}

/// A memory file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryChange {
    /// The path in the repository.
    pub path: String,
    /// The whole file before; `None` where there is none.
    pub before: Option<Vec<u8>>,
    /// The whole file after.
    pub after: Vec<u8>,
}

/// A ref that the push moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefMove {
    /// The full name.
    pub refname: String,
    /// Where it is now.
    pub old: Oid,
}

/// What decisions will execute. Only [`super::plan`] makes one; the private field sees to that.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The decisions, in the order in which they become entries.
    pub intents: Vec<Intent>,
    /// What happens to each proposal, in landing order.
    pub items: Vec<PlannedItem>,
    /// What is left out, and why.
    pub dropped: Vec<Dropped>,
    /// The memory files that the lessons of this sitting change, as they will be.
    pub memory: Vec<MemoryChange>,
    /// The person who decides.
    pub by: String,
    /// The ledger's tip that the plan was made on.
    pub ledger_tip: Oid,
    /// The target that merges and lessons move.
    pub target: RefMove,
    /// The commit and blob of the policy in force.
    pub policy: (Oid, Oid),
    /// Proof that `engine` made it.
    #[expect(dead_code, reason = "its privacy is its purpose")]
    pub(super) authority: (),
}

impl Plan {
    /// The items that land.
    pub fn merges(&self) -> impl Iterator<Item = &PlannedItem> {
        self.items.iter().filter(|item| matches!(item.action, Action::Merge { .. }))
    }

    /// Whether executing `fresh` does what this plan showed: the same items with the same heads, change ids, tiers and
    /// actions. Main and the ledger may have moved; what was consented to may not.
    #[must_use]
    pub fn agrees_with(&self, fresh: &Self) -> bool {
        let consent = |plan: &Self| -> Vec<(Subject, Tier, std::mem::Discriminant<Action>)> {
            plan.items.iter().map(|i| (i.subject.clone(), i.tier(), std::mem::discriminant(&i.action))).collect()
        };
        self.intents == fresh.intents && consent(self) == consent(fresh)
    }
}
