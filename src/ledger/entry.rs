//! A ledger entry: one decision, or what came of one. The format is closed: unknown members are refused.
//!
//! Absent and null: a member of the entry that does not apply is **absent** (never null, never an empty list), and so is
//! every list without elements. The members of an item are **always there**, and null where there is nothing to say:
//! `change_id`, `seen`, `answers`, `merge`. One entry has exactly one spelling, and readers refuse any other.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{Answers, ChangeId, Comment, EntryId, LessonDraft, Oid, ReasonCode, Scope, Seen, Tier};

/// The version of the format that this program writes, and the only one that it reads.
pub const VERSION: u32 = 1;

/// What an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The ledger begins; `refs` names the commit with the first policy and signers.
    Genesis,
    /// A person agrees; with `merge` in its items they land at once.
    Approve,
    /// A person refuses, with a reason and perhaps a lesson.
    Reject,
    /// A person stops a proposal until the hold is lifted.
    Hold,
    /// A person asks the agent something.
    Ask,
    /// A person takes own decisions back, or, through `about`, an own lesson.
    Withdraw,
    /// An admin lifts the objections of others, with a reason that stays.
    Override,
    /// Completes earlier approvals, or records a forge's merge.
    Merge,
    /// Moves a memory section alone, or teaches without a rejection.
    Lesson,
    /// When a proposal was first seen.
    Observe,
    /// What the check after a merge found.
    Verify,
    /// The exact inverse of a merge.
    Revert,
    /// Takes the moves of an unfinished entry back, or acknowledges a commit that is no entry.
    Void,
    /// An admin re-arms what had stopped.
    Reset,
}

impl EntryKind {
    /// The word of the format and of screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Genesis => "genesis",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Hold => "hold",
            Self::Ask => "ask",
            Self::Withdraw => "withdraw",
            Self::Override => "override",
            Self::Merge => "merge",
            Self::Lesson => "lesson",
            Self::Observe => "observe",
            Self::Verify => "verify",
            Self::Revert => "revert",
            Self::Void => "void",
            Self::Reset => "reset",
        }
    }
}

impl std::fmt::Display for EntryKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// How an item landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeRecord {
    /// The target's commit just before it.
    pub first_parent: Oid,
    /// The landing commit.
    pub commit: Oid,
    /// Its tree.
    pub tree: Oid,
    /// The entries whose approvals it relies on; its own `id` among them where the entry itself approves.
    pub relies_on: Vec<EntryId>,
}

/// One proposal of an entry, exactly as the person saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The proposal's full name.
    pub proposal: String,
    /// The full name of the ref that it wants to land on: `refs/heads/main`.
    pub target: String,
    /// Its head.
    pub head: Oid,
    /// Its change; null where it does not merge, which no approval can have.
    #[serde(deserialize_with = "present")]
    pub change_id: Option<ChangeId>,
    /// The tier that policy gave it, as the signer's client computed it.
    pub tier: Tier,
    /// What of it was drawn; null where it was decided by its summary.
    #[serde(deserialize_with = "present")]
    pub seen: Option<Seen>,
    /// The answers to the five questions; null where none was answered.
    #[serde(deserialize_with = "present")]
    pub answers: Option<Answers>,
    /// How it landed; null where it did not.
    #[serde(deserialize_with = "present")]
    pub merge: Option<MergeRecord>,
}

/// A protected ref that the push of an entry moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefUpdate {
    /// The full name.
    #[serde(rename = "ref")]
    pub refname: String,
    /// Where it was; [`Oid::ZERO`] where it was not.
    pub old: Oid,
    /// Where it is afterwards.
    pub new: Oid,
}

/// The policy that the signer's client evaluated: a statement, since what is in force follows from the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRef {
    /// The commit of the default branch.
    pub commit: Oid,
    /// The blob of `.countersign/policy.yaml`.
    pub blob: Oid,
}

/// A lesson as it was taught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonRecord {
    /// One imperative, checkable sentence in the reviewer's words, on one line.
    pub text: String,
    /// What it is about.
    pub scope: Scope,
    /// The last day, in UTC, on which it stands in the memory file.
    pub expires: Date,
    /// The memory file, a path from the root of the repository.
    pub into: String,
}

impl LessonRecord {
    /// The lesson that a person drafted at `at`, for the memory file `into`. Lessons without end end with the year 9999.
    #[must_use]
    pub fn from_draft(draft: &LessonDraft, at: Timestamp, into: &str) -> Self {
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let expires = day.checked_add(jiff::Span::new().days(i64::from(draft.expires_days.min(3_000_000))));
        Self {
            text: crate::model::text::single_line(&draft.text),
            scope: draft.scope.clone(),
            expires: expires.unwrap_or(Date::MAX),
            into: into.to_owned(),
        }
    }
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The version of the format; [`VERSION`].
    pub v: u32,
    /// Its random name.
    pub id: EntryId,
    /// The `id` of the genesis entry, its own for the genesis: a signature holds in one ledger only.
    pub repo: EntryId,
    /// What it records.
    pub kind: EntryKind,
    /// When; whole seconds, equal to the committer date.
    pub at: Timestamp,
    /// Who: a name of policy's `people` (or `machines`).
    pub by: String,
    /// The proposals, in landing order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Every protected ref that its push moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<RefUpdate>,
    /// The policy that was evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyRef>,
    /// What only the signer's host could know, as his statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_facts: Option<Map<String, Value>>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonCode>,
    /// What the person says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Remarks on lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Comment>,
    /// What it teaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<LessonRecord>,
    /// The entries that it is about. A commit that is no entry is named by the first 32 digits of its object id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<EntryId>,
    /// Genesis of a sandbox, where marked keys are allowed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

impl Entry {
    /// An entry of this kind with nothing in it yet. `at` is cut to whole seconds.
    #[must_use]
    pub fn new(kind: EntryKind, id: EntryId, repo: EntryId, at: Timestamp, by: &str) -> Self {
        Self {
            v: VERSION,
            id,
            repo,
            kind,
            at: Timestamp::from_second(at.as_second()).unwrap_or(at),
            by: by.to_owned(),
            items: Vec::new(),
            refs: Vec::new(),
            policy: None,
            soft_facts: None,
            reason: None,
            note: None,
            comments: Vec::new(),
            lesson: None,
            about: Vec::new(),
            demo: false,
        }
    }

    /// The items that landed, with how.
    pub fn merges(&self) -> impl Iterator<Item = (&Item, &MergeRecord)> {
        self.items.iter().filter_map(|item| item.merge.as_ref().map(|merge| (item, merge)))
    }

    /// The move of one ref, if its push moves it.
    #[must_use]
    pub fn moves(&self, refname: &str) -> Option<&RefUpdate> {
        self.refs.iter().find(|update| update.refname == refname)
    }

    /// The name by which a `void` acknowledges a commit of the ledger that is no valid entry: the first 128 bits of its
    /// object id, since such a commit has no `id` that could be trusted.
    #[must_use]
    pub fn name_of_commit(oid: Oid) -> EntryId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&oid.as_bytes()[..16]);
        EntryId::from_bytes(bytes)
    }
}

/// A member that must be written, though it may be null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}
