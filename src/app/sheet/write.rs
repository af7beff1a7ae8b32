//! The sheets that are written in: reject, hold or ask.

use jiff::Timestamp;

use super::planning::Planning;
use crate::app::text_field::TextField;
use crate::engine::Draft;
use crate::model::{Comment, DecisionKind, EntryId, Intent, IntentItem, LessonDraft, ReasonCode, Scope};

/// The days after which a lesson can end.
pub const ENDS: [u32; 4] = [30, 90, 180, 365];

/// What stands in the memory file where the lesson is not written yet.
pub const YET_TO_COME: &str = "(the rule that you write stands here)";

/// A field of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Why it is rejected.
    Reason,
    /// Hold, or ask.
    Mode,
    /// What the person says to the agent.
    Note,
    /// Whether the rejection teaches.
    Teach,
    /// The rule that it teaches.
    Lesson,
    /// What the rule is about.
    Scope,
    /// When the rule ends.
    Ends,
}

/// A sheet that is written in.
#[derive(Debug)]
pub struct WriteSheet {
    /// What is decided on, as it was seen.
    pub items: Vec<IntentItem>,
    /// The same, for people: the short name, and what it does in our words.
    pub named: Vec<(String, String)>,
    /// What is decided.
    pub kind: DecisionKind,
    /// Why it is rejected.
    pub reason: ReasonCode,
    /// What the person says.
    pub note: TextField,
    /// The rule; follows the note until it is written in.
    pub lesson: TextField,
    /// The scopes that are offered.
    pub scopes: Vec<Scope>,
    /// Remarks on lines, which travel with it.
    pub comments: Vec<Comment>,
    /// The plan.
    pub planning: Planning,
    /// The field that keys go to.
    pub field: Field,
    scope: usize,
    ends: usize,
    teach: Option<bool>,
    own_lesson: bool,
}

impl WriteSheet {
    /// A sheet over these proposals, as a draft left it.
    #[must_use]
    pub fn new(
        kind: DecisionKind,
        items: Vec<IntentItem>,
        named: Vec<(String, String)>,
        scopes: Vec<Scope>,
        draft: &Draft,
    ) -> Self {
        let own_lesson = draft.lesson.is_some();
        let lesson = draft.lesson.clone().unwrap_or_else(|| lesson_from(&draft.note));
        Self {
            items,
            named,
            kind,
            reason: draft.reason,
            note: TextField::lines_of(&draft.note),
            lesson: TextField::line_of(&lesson),
            scope: draft.scope.min(scopes.len().saturating_sub(1)),
            ends: ENDS.iter().position(|days| *days == draft.expires_days).unwrap_or(2),
            teach: draft.teach,
            own_lesson,
            scopes,
            comments: draft.comments.clone(),
            planning: Planning::default(),
            field: Field::Note,
        }
    }

    /// What is worth keeping of it, over the draft that it began with.
    #[must_use]
    pub fn draft(&self, draft: Draft) -> Draft {
        Draft {
            kind: Some(self.kind),
            note: self.note.text(),
            reason: self.reason,
            teach: self.teach,
            lesson: self.own_lesson.then(|| self.lesson.text()),
            scope: self.scope,
            expires_days: ENDS[self.ends],
            ..draft
        }
    }

    /// The decision as the sheet says it now; `None` while nothing is said.
    #[must_use]
    pub fn intent(&self, id: EntryId, at: Timestamp) -> Option<Intent> {
        let note = self.note.text().trim().to_owned();
        let rejects = self.kind == DecisionKind::Reject;
        (!note.is_empty()).then(|| Intent {
            id,
            kind: self.kind,
            items: self.items.clone(),
            reason: rejects.then_some(self.reason),
            note: Some(note),
            comments: self.comments.clone(),
            lesson: self.lesson_draft(),
            at,
        })
    }

    /// What the decision would be if something stood where nothing is written yet, so that the memory file can be shown with
    /// the place of the lesson. Never to be sent; `None` where something is said, or nothing is taught.
    #[must_use]
    pub fn sketch(&self, id: EntryId, at: Timestamp) -> Option<Intent> {
        let scope = self.scopes.get(self.scope).filter(|_| !self.says_something() && self.teaches())?.clone();
        let own = self.lesson.text().trim().to_owned();
        let text = if own.is_empty() { YET_TO_COME.to_owned() } else { own };
        Some(Intent {
            id,
            kind: self.kind,
            items: self.items.clone(),
            reason: Some(self.reason),
            note: Some(YET_TO_COME.to_owned()),
            comments: Vec::new(),
            lesson: Some(LessonDraft { text, scope, expires_days: ENDS[self.ends] }),
            at,
        })
    }

    /// Whether anything is said to the agent.
    #[must_use]
    pub fn says_something(&self) -> bool {
        !self.note.text().trim().is_empty()
    }

    /// Takes the scopes of files that were not known when the sheet was opened; what a person chose stays.
    pub fn learn(&mut self, scopes: Vec<Scope>) {
        if self.scope == 0 && !scopes.is_empty() {
            self.scopes = scopes;
        }
    }

    fn lesson_draft(&self) -> Option<LessonDraft> {
        let text = self.lesson.text().trim().to_owned();
        let scope = self.scopes.get(self.scope)?.clone();
        let teaches = self.teaches() && !text.is_empty();
        teaches.then_some(LessonDraft { text, scope, expires_days: ENDS[self.ends] })
    }

    /// Whether the rejection teaches: as the person said, else as its reason does.
    #[must_use]
    pub fn teaches(&self) -> bool {
        self.kind == DecisionKind::Reject && self.teach.unwrap_or(self.reason.teaches())
    }

    /// The fields of the sheet, in order.
    #[must_use]
    pub fn fields(&self) -> &'static [Field] {
        match (self.kind, self.teaches()) {
            (DecisionKind::Reject, true) => {
                &[Field::Reason, Field::Note, Field::Teach, Field::Lesson, Field::Scope, Field::Ends]
            }
            (DecisionKind::Reject, false) => &[Field::Reason, Field::Note, Field::Teach],
            _ => &[Field::Mode, Field::Note],
        }
    }

    /// Goes to the next field, or the one before, around the ends.
    pub fn next_field(&mut self, forward: bool) {
        let fields = self.fields();
        let here = fields.iter().position(|field| *field == self.field).unwrap_or(0);
        let step = if forward { 1 } else { fields.len() - 1 };
        self.field = fields[(here + step) % fields.len()];
    }

    /// The text that keys go to, if the cursor is in one.
    pub fn text(&mut self) -> Option<&mut TextField> {
        match self.field {
            Field::Note => Some(&mut self.note),
            Field::Lesson => Some(&mut self.lesson),
            _ => None,
        }
    }

    /// The text under the cursor has changed.
    pub fn text_changed(&mut self) {
        match self.field {
            Field::Lesson => self.own_lesson = !self.lesson.text().trim().is_empty(),
            Field::Note if !self.own_lesson => self.lesson = TextField::line_of(&lesson_from(&self.note.text())),
            _ => {}
        }
    }

    /// Takes the next choice of the field under the cursor, or the one before.
    pub fn choose(&mut self, forward: bool) {
        let turn = |at: usize, of: usize| (at + if forward { 1 } else { of.max(1) - 1 }) % of.max(1);
        match self.field {
            Field::Reason => {
                let at = ReasonCode::ALL.iter().position(|code| *code == self.reason).unwrap_or(0);
                self.reason = ReasonCode::ALL[turn(at, ReasonCode::ALL.len())];
            }
            Field::Mode => {
                self.kind = if self.kind == DecisionKind::Hold { DecisionKind::Ask } else { DecisionKind::Hold };
            }
            Field::Teach => self.toggle_teach(),
            Field::Scope => self.scope = turn(self.scope, self.scopes.len()),
            Field::Ends => self.ends = turn(self.ends, ENDS.len()),
            Field::Note | Field::Lesson => {}
        }
    }

    /// Switches the box under the cursor, or takes the next choice where there is no box.
    pub fn toggle(&mut self) {
        self.choose(true);
    }

    fn toggle_teach(&mut self) {
        self.teach = Some(!self.teaches());
    }

    /// Which of the scopes.
    #[must_use]
    pub const fn scope(&self) -> usize {
        self.scope
    }

    /// Days until the lesson ends.
    #[must_use]
    pub const fn ends(&self) -> u32 {
        ENDS[self.ends]
    }
}

/// A remark that is being written on a line of a diff.
#[derive(Debug)]
pub struct CommentSheet {
    /// The remark, its text as it was.
    pub comment: Comment,
    /// The line, as it is in the file.
    pub line: String,
    /// The text.
    pub text: TextField,
}

impl CommentSheet {
    /// A sheet for a new remark, or to change one.
    #[must_use]
    pub fn new(comment: Comment, line: String) -> Self {
        let text = TextField::lines_of(&comment.text);
        Self { comment, line, text }
    }
}

/// What a note teaches unless the person says otherwise.
fn lesson_from(note: &str) -> String {
    crate::memory::lesson_from_note(note).unwrap_or_default()
}
