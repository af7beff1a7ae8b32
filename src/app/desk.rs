//! What a person has done with proposals and not sent: texts, answers, remarks, lines seen.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::message::Command;
use super::review::SeenLines;
use crate::engine::Draft;
use crate::model::{Answers, Comment, Subject};

/// How long written text may be unsaved.
const SAVE_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// A person's desk.
#[derive(Debug, Default)]
pub struct Desk {
    drafts: HashMap<Subject, Draft>,
    seen: HashMap<Subject, SeenLines>,
    save_at: Option<Timestamp>,
}

impl Desk {
    /// The desk as an earlier console left it.
    #[must_use]
    pub fn new(drafts: Vec<Draft>) -> Self {
        let drafts = drafts.into_iter().map(|draft| (draft.subject.clone(), draft)).collect();
        Self { drafts, ..Self::default() }
    }

    /// The draft on a round; an empty one where there is none.
    #[must_use]
    pub fn draft(&self, subject: &Subject) -> Draft {
        self.drafts.get(subject).cloned().unwrap_or_else(|| Draft::new(subject.clone()))
    }

    /// Whether something is written on a round.
    #[must_use]
    pub fn has_draft(&self, subject: &Subject) -> bool {
        self.drafts.contains_key(subject)
    }

    /// Puts a draft down; asks for it to be kept, or forgotten where it has become empty. Nothing where it is as it was.
    pub fn keep(&mut self, draft: Draft) -> Option<Command> {
        if self.drafts.get(&draft.subject) == Some(&draft) {
            return None;
        }
        if draft.is_empty() {
            return self.drop(&draft.subject);
        }
        self.drafts.insert(draft.subject.clone(), draft.clone());
        Some(Command::SaveDraft(Box::new(draft)))
    }

    /// Throws a draft away.
    pub fn drop(&mut self, subject: &Subject) -> Option<Command> {
        self.drafts.remove(subject).map(|draft| Command::DropDraft(draft.subject))
    }

    /// The answers on a round.
    #[must_use]
    pub fn answers(&self, subject: &Subject) -> Answers {
        self.drafts.get(subject).map(|draft| draft.answers).unwrap_or_default()
    }

    /// The remarks on a round.
    #[must_use]
    pub fn comments(&self, subject: &Subject) -> &[Comment] {
        self.drafts.get(subject).map_or(&[], |draft| &draft.comments)
    }

    /// The lines of a round that were seen.
    #[must_use]
    pub fn seen(&self, subject: &Subject) -> Option<&SeenLines> {
        self.seen.get(subject)
    }

    /// The lines of a round that were seen, to be added to.
    pub fn seen_mut(&mut self, subject: &Subject) -> &mut SeenLines {
        self.seen.entry(subject.clone()).or_default()
    }

    /// Something is being written; it must be saved soon.
    pub fn touched(&mut self, now: Timestamp) {
        if self.save_at.is_none() {
            self.save_at = now.checked_add(SAVE_AFTER).ok();
        }
    }

    /// When something must be saved.
    #[must_use]
    pub const fn save_at(&self) -> Option<Timestamp> {
        self.save_at
    }

    /// Whether it is time to save; it is then no longer due.
    pub fn save_due(&mut self, now: Timestamp) -> bool {
        let due = self.save_at.is_some_and(|at| at <= now);
        if due {
            self.save_at = None;
        }
        due
    }
}
