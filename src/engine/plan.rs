//! The plan: the exact steps that decisions will execute; shown before, executed as shown, recorded after.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::ledger::Origin;
use crate::model::{
    Answers, ChangeId, Contributor, DecisionKind, EntryId, Intent, LineStats, Oid, Place, Ruling, Seen, Subject, Tier,
    TreeDiff, text,
};
use crate::policy::{MemoryVia, MergeMethod, Reviewed};

use super::Via;

/// What happens to one proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is approved and lands; `diff` is what changes on top of the items before it.
    Merge {
        /// From the stacked tree before it to the one after it.
        diff: Arc<TreeDiff>,
    },
    /// The approval is recorded, and does not suffice yet.
    Record {
        /// What is still wanted.
        awaits: Awaits,
    },
    /// The decision (reject, hold, ask, withdraw) is recorded.
    Note,
}

/// What is wanted before something that was approved may land.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaits {
    /// The approvals of so many more persons.
    People(usize),
    /// Nothing but its required checks.
    Checks,
}

impl Awaits {
    /// The persons still missing.
    #[must_use]
    pub const fn people(self) -> usize {
        match self {
            Self::People(missing) => missing,
            Self::Checks => 0,
        }
    }

    /// What a recorded approval still needs, in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::People(missing) => format!("still needs {missing} more"),
            Self::Checks => "waits for required checks".to_owned(),
        }
    }
}

/// One proposal of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedItem {
    /// Which intent of the plan it belongs to.
    pub intent: usize,
    /// The proposal as it was seen.
    pub subject: Subject,
    /// What of it was on a screen.
    pub seen: Option<Seen>,
    /// The answers to the five questions.
    pub answers: Answers,
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
    /// Where the agent's lessons are written.
    pub memory: String,
    /// The author of a squash.
    pub author: Contributor,
    /// When the head says it was made.
    pub authored: Timestamp,
    /// Its lines.
    pub stats: LineStats,
    /// The ruling on the stacked difference.
    pub ruling: Ruling,
    /// What happens.
    pub action: Action,
    /// The entries, of this or earlier pushes, whose approvals the merge relies on.
    pub relies_on: Vec<EntryId>,
    /// The reviews on GitHub that the merge relies on beside them: the entry states them.
    pub reviews: Vec<Reviewed>,
    /// What the forge said of it, as its entry records that; empty without one.
    pub soft_facts: Map<String, Value>,
    /// Where it came from, where it is a pull request.
    pub origin: Origin,
}

impl PlannedItem {
    /// What becomes of the same proposal otherwise in `fresh`.
    fn difference(&self, fresh: &PlanParts) -> Option<String> {
        let name = text::single_line(&self.subject.proposal);
        let same = |subject: &Subject| subject.proposal == self.subject.proposal;
        let Some(item) = fresh.items.iter().find(|item| same(&item.subject)) else {
            let dropped = fresh.dropped.iter().find(|dropped| same(&dropped.subject));
            return Some(
                dropped.map_or_else(|| format!("{name} is gone"), |left| format!("{name} is left out: {}", left.why)),
            );
        };
        let (was, is) = (self.tier(), item.tier());
        match (&self.action, &item.action) {
            _ if was != is => Some(format!("{name} is {is} now, not {was}")),
            (Action::Merge { diff: old }, Action::Merge { diff: new }) if old.change_id != new.change_id => {
                Some(format!("{name} would change other lines"))
            }
            (Action::Merge { .. }, Action::Record { awaits }) => Some(match awaits {
                Awaits::People(_) => format!("{name} needs more people now"),
                Awaits::Checks => format!("{name} waits for required checks now"),
            }),
            (Action::Record { .. }, Action::Merge { .. }) => Some(format!("{name} would be merged now")),
            _ => None,
        }
    }

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

/// A value that only the engine makes, and nobody changes: what the functions in `io` that move a ref insist on.
#[derive(Debug, Clone)]
pub struct Authorised<T> {
    authority: T,
}

impl<T> Authorised<T> {
    pub(super) const fn grant(value: T) -> Self {
        Self { authority: value }
    }

    /// For tests of what shows plans, and never executes them.
    #[cfg(test)]
    pub(crate) const fn pretended(value: T) -> Self {
        Self { authority: value }
    }
}

impl<T> std::ops::Deref for Authorised<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.authority
    }
}

/// What decisions will execute. Only [`super::plan()`] makes one.
pub type Plan = Authorised<PlanParts>;

/// What a [`Plan`] consists of.
#[derive(Debug, Clone)]
pub struct PlanParts {
    /// The decisions, in the order in which they become entries.
    pub intents: Vec<Intent>,
    /// What happens to each proposal, in landing order.
    pub items: Vec<PlannedItem>,
    /// What is left out, and why.
    pub dropped: Vec<Dropped>,
    /// The memory files that the lessons of this sitting change, as they will be.
    pub memory: Vec<MemoryChange>,
    /// What cannot be done beside the decisions, which are recorded all the same.
    pub problems: Vec<String>,
    /// The person who decides.
    pub by: String,
    /// The genesis entry of the ledger.
    pub repo: EntryId,
    /// The ledger's tip that the plan was made on.
    pub ledger_tip: Oid,
    /// The time of that tip.
    pub ledger_at: Timestamp,
    /// The target that merges and lessons move.
    pub target: RefMove,
    /// The commit and blob of the policy in force.
    pub policy: (Oid, Oid),
    /// How proposals land.
    pub method: MergeMethod,
    /// What makes merges.
    pub via: Via,
    /// How lessons reach the target.
    pub memory_via: MemoryVia,
}

impl PlanParts {
    /// The items that land.
    pub fn merges(&self) -> impl Iterator<Item = &PlannedItem> {
        self.items.iter().filter(|item| matches!(item.action, Action::Merge { .. }))
    }

    /// Whether anything is left to execute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether the push moves the target: a forge merges after it.
    #[must_use]
    pub fn moves_target(&self) -> bool {
        let taught = self.memory_via == MemoryVia::Push && !self.memory.is_empty();
        taught || (self.via == Via::Git && self.merges().next().is_some())
    }

    /// The intents without the items that were dropped, and without those of which nothing is left.
    #[must_use]
    pub fn remaining_intents(&self) -> Vec<Intent> {
        let stays = |index: usize, subject: &Subject| {
            self.items.iter().any(|item| item.intent == index && item.subject == *subject)
        };
        let remaining = self.intents.iter().enumerate().map(|(index, intent)| {
            let mut intent = intent.clone();
            intent.items.retain(|item| stays(index, &item.subject));
            intent
        });
        remaining.filter(|intent| !intent.items.is_empty()).collect()
    }

    /// What a forge is asked for after the push, in words: `28 reviews, 28 merges`; `None` where nothing but the push happens.
    #[must_use]
    pub fn posts_in_words(&self) -> Option<String> {
        let on_page = |item: &&PlannedItem| self.via == Via::Forge && item.subject.proposal.starts_with('#');
        let (mut reviews, mut comments, mut merges) = (0, 0, 0);
        for item in self.items.iter().filter(on_page) {
            match self.intents.get(item.intent).map(|intent| intent.kind) {
                Some(DecisionKind::Approve | DecisionKind::Reject) => reviews += 1,
                Some(DecisionKind::Hold | DecisionKind::Ask) => comments += 1,
                // What was posted before is dismissed, where there is anything.
                Some(DecisionKind::Withdraw) | None => {}
            }
            merges += usize::from(matches!(item.action, Action::Merge { .. }));
        }
        let counted = [(reviews, "review"), (comments, "comment"), (merges, "merge")];
        let part = |(number, noun): (usize, &str)| match number {
            0 => None,
            1 => Some(format!("1 {noun}")),
            more => Some(format!("{more} {noun}s")),
        };
        let parts: Vec<String> = counted.into_iter().filter_map(part).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Whether executing `fresh` does what this plan showed: the same items with the same heads, change ids, tiers and
    /// actions. Main and the ledger may have moved; what was consented to may not.
    #[must_use]
    pub fn agrees_with(&self, fresh: &Self) -> bool {
        let consent = |plan: &Self| -> Vec<(Subject, Tier, Option<ChangeId>, Option<Awaits>)> {
            let item = |item: &PlannedItem| match &item.action {
                Action::Merge { diff } => (item.subject.clone(), item.tier(), Some(diff.change_id), None),
                Action::Record { awaits } => (item.subject.clone(), item.tier(), None, Some(*awaits)),
                Action::Note => (item.subject.clone(), item.tier(), None, None),
            };
            plan.items.iter().map(item).collect()
        };
        self.remaining_intents() == fresh.remaining_intents() && consent(self) == consent(fresh)
    }

    /// What `fresh` does otherwise than this plan showed, in words: of the first item that differs, and how many more do.
    /// `None` where all items are as they were.
    #[must_use]
    pub fn difference(&self, fresh: &Self) -> Option<String> {
        let mut words = self.items.iter().filter_map(|item| item.difference(fresh));
        let first = words.next()?;
        match words.count() {
            0 => Some(first),
            more => Some(format!("{first}, and {more} more")),
        }
    }
}
