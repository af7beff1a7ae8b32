//! A decision before it is signed: what a sheet drafts, the undo window holds and the outbox keeps.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Answers, Comment, DecisionKind, EntryId, LessonDraft, Oid, ReasonCode, Seen, Subject};

/// One proposal of an intent, as the person saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentItem {
    /// What was decided on.
    #[serde(flatten)]
    pub subject: Subject,
    /// What of it was on a screen; `None` where it was approved by its summary.
    pub seen: Option<Seen>,
    /// The answers to the five questions.
    pub answers: Answers,
}

/// A decision by a person, unsigned. A batch is one intent with many items, and becomes one ledger entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The `id` of the entry that it becomes, so that sending twice cannot record twice.
    pub id: EntryId,
    /// What is decided.
    pub kind: DecisionKind,
    /// On which proposals, in the order in which they are to land.
    pub items: Vec<IntentItem>,
    /// Why it is rejected.
    pub reason: Option<ReasonCode>,
    /// What the person says, to the agent and to the record.
    pub note: Option<String>,
    /// Remarks on lines.
    pub comments: Vec<Comment>,
    /// The lesson that a rejection teaches.
    pub lesson: Option<LessonDraft>,
    /// When the person decided.
    pub at: Timestamp,
}

impl Intent {
    /// Whether it decides the same as another one, under whatever id and at whatever time: what a person repeats after a crash
    /// that left it open whether the first try arrived.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        let subjects = |intent: &Self| -> Vec<(String, Oid)> {
            intent.items.iter().map(|item| (item.subject.proposal.clone(), item.subject.head)).collect()
        };
        self.kind == other.kind
            && subjects(self) == subjects(other)
            && (&self.reason, &self.note, &self.lesson) == (&other.reason, &other.note, &other.lesson)
            && self.comments == other.comments
    }

    /// Whether it decides on this proposal.
    #[must_use]
    pub fn is_about(&self, proposal: &str) -> bool {
        self.items.iter().any(|item| item.subject.proposal == proposal)
    }
}
