//! What passes between a console and the outside: what was read, what was opened, what was sent.
//!
//! Plain values. `io` fills them, the console keeps them behind an [`Arc`] and draws from them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diff::Document;
use crate::evidence::Evidence;
use crate::evidence::signals::TargetWatch;
use crate::model::forge::Budget;
use crate::model::{
    Answers, Comment, DecisionKind, EntryId, Known, Oid, Place, Problem, Queued, ReasonCode, Reasoning, Stage, Subject,
};
use crate::policy::{GateMode, MergeMethod, Policy, Tiers, TraceLine};

use super::{Awaits, NextStep};

/// How the ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerHealth {
    /// There is none: the stage is *look*.
    None,
    /// Every entry verifies.
    Sound {
        /// The entries.
        entries: usize,
    },
    /// Something is wrong that a person must look at.
    Alarm {
        /// The entries.
        entries: usize,
        /// What is wrong, in one line.
        what: String,
    },
}

/// A repository's proposals and how they stand, read at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The repository's name.
    pub repo: String,
    /// How far it has adopted the product.
    pub stage: Stage,
    /// What stands between a push and a protected ref.
    pub gate: GateMode,
    /// How the ledger is.
    pub ledger: LedgerHealth,
    /// The person that this host's key signs as; `None` where policy knows no such key.
    pub me: Option<String>,
    /// The branch that proposals land on, without `refs/heads/`.
    pub target: String,
    /// What the tiers ask for.
    pub tiers: Tiers,
    /// How proposals land.
    pub merge: MergeMethod,
    /// What the team wants first, as the policy says it.
    pub priorities: Option<String>,
    /// Whether the policy is the built-in default.
    pub built_in: bool,
    /// The open proposals, in no order.
    pub queue: Arc<[Queued]>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Whether it is what was kept from the last time, to be looked at until it was read.
    pub kept: bool,
    /// When it was read; of a forge, when it said last which pull requests there are.
    pub read_at: Timestamp,
    /// Whether it is asked again by itself what is new, as a forge is.
    pub polls: bool,
    /// Why the remote could not be asked; `None` where it was, or where there is none.
    pub offline: Option<String>,
    /// How often the forge may still be asked, as it told last.
    pub budget: Option<Budget>,
    /// What came to the target and was not recorded; not known before the history is indexed.
    pub watch: Known<TargetWatch>,
}

impl Snapshot {
    /// A snapshot of nothing yet, under `policy`: what a console shows while it reads.
    #[must_use]
    pub fn empty(repo: &str, target: &str, policy: &Policy, read_at: Timestamp) -> Self {
        Self {
            repo: repo.to_owned(),
            stage: Stage::Look,
            gate: policy.gate,
            ledger: LedgerHealth::None,
            me: None,
            target: target.to_owned(),
            tiers: policy.tiers,
            merge: policy.merge,
            priorities: policy.priorities.as_ref().map(|priorities| priorities.text.clone()),
            built_in: policy.built_in,
            queue: Arc::from([]),
            problems: Vec::new(),
            kept: false,
            read_at,
            polls: false,
            offline: None,
            budget: None,
            watch: Known::Indexing,
        }
    }
}

/// Everything about one round of a proposal that a review shows.
#[derive(Debug)]
pub struct Opened {
    /// The round.
    pub subject: Subject,
    /// The difference that would land, ready to be drawn.
    pub document: Document,
    /// What the agent says.
    pub reasoning: Reasoning,
    /// What policy says, rule by rule.
    pub trace: Vec<TraceLine>,
    /// What was found, as far as it is known by now.
    pub evidence: Evidence,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Something that did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What did not work.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do next.
    pub next: String,
}

/// What became of one proposal of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It landed.
    Merged {
        /// The landing commit.
        commit: Oid,
    },
    /// Its approval was recorded, and does not suffice yet.
    Recorded {
        /// What is still wanted.
        awaits: Awaits,
    },
    /// The decision was recorded.
    Noted,
    /// The decision was recorded, and the forge was not told of it, or did not do what it was asked to.
    Unposted {
        /// Why.
        why: String,
        /// What to do next, where it is more than to read why.
        next: Option<NextStep>,
    },
    /// The forge merged it, and not as it was approved, or the target does not have that.
    Astray {
        /// The commit.
        commit: Oid,
        /// Why.
        why: String,
    },
    /// It dropped out: nothing was recorded for it.
    Dropped {
        /// Why.
        why: String,
        /// Where that is written, if it is.
        at: Option<Place>,
    },
}

/// One proposal of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentItem {
    /// The proposal as it was seen.
    pub subject: Subject,
    /// What was decided.
    pub kind: DecisionKind,
    /// What it does, in our words.
    pub summary: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of decisions that were sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The proposals, in landing order.
    pub items: Vec<SentItem>,
    /// The ledger entries that were signed.
    pub entries: Vec<EntryId>,
    /// What a `git log --oneline` of the push would show, newest first, bounded.
    pub log: Vec<String>,
    /// The memory files that changed.
    pub memory: Vec<String>,
    /// What went wrong beside it.
    pub problems: Vec<Problem>,
}

/// What starting the ledger would write, and what the policy would say today.
#[derive(Debug, Clone)]
pub struct InitOffer {
    /// The id that the ledger would have.
    pub ledger: EntryId,
    /// The person who becomes the first admin.
    pub person: String,
    /// The key that signs, as `ssh-keygen -l` names it.
    pub key: String,
    /// The files that it commits: path and text.
    pub files: Vec<(String, String)>,
    /// What happens, a line each: the commit, the genesis entry, the push and where it goes.
    pub steps: Vec<String>,
    /// How many of the proposals would be high, medium and low today.
    pub tiers: [usize; 3],
    /// How many of the low ones would be clean.
    pub clean: usize,
    /// What stands in the way, or should be known before.
    pub problems: Vec<Problem>,
}

/// What a person wrote and has not sent; survives the end of the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// On which round of which proposal.
    pub subject: Subject,
    /// Which sheet it was written on; `None` for answers and comments alone.
    pub kind: Option<DecisionKind>,
    /// What the person says.
    pub note: String,
    /// Why it is rejected.
    pub reason: ReasonCode,
    /// Whether the rejection teaches; `None` while the person has not touched the box.
    pub teach: Option<bool>,
    /// The lesson's text; `None` while it follows the note.
    pub lesson: Option<String>,
    /// Which of the scopes that were offered.
    pub scope: usize,
    /// Days until the lesson leaves the memory file.
    pub expires_days: u32,
    /// Remarks on lines.
    pub comments: Vec<Comment>,
    /// Answers to the five questions.
    pub answers: Answers,
}

impl Draft {
    /// Days until a lesson leaves the memory file, unless the person says otherwise: half a year.
    pub const EXPIRES_DAYS: u32 = 180;

    /// An empty draft on a round.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            kind: None,
            note: String::new(),
            reason: ReasonCode::default(),
            teach: None,
            lesson: None,
            scope: 0,
            expires_days: Self::EXPIRES_DAYS,
            comments: Vec::new(),
            answers: Answers::default(),
        }
    }

    /// Whether there is nothing in it worth keeping.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.note.trim().is_empty()
            && self.lesson.as_deref().is_none_or(|text| text.trim().is_empty())
            && self.comments.is_empty()
            && self.answers == Answers::default()
    }
}
