//! What each message does to the state.

use jiff::Timestamp;

use super::actions::Action;
use super::geometry::{self, QueueAreas, ReviewAreas};
use super::message::{Command, FilePart, Frame, HighlightRequest, JobKey, Msg};
use super::sheet::Sheet;
use super::status::Status;
use super::{App, Context};

/// Takes a message and says what is to be done outside.
pub fn update(app: &mut App, msg: Msg) -> Vec<Command> {
    let mut commands = match msg {
        Msg::Flushed { at, frame } => app.flushed(at, &frame),
        other => {
            app.revision += 1;
            app.dirty = true;
            app.take(other)
        }
    };
    app.scroll_into();
    commands.extend(app.highlight());
    app.jobs.asked(&commands);
    commands
}

impl App {
    fn take(&mut self, msg: Msg) -> Vec<Command> {
        match msg {
            Msg::Key(chord, at) => self.key(chord, at),
            Msg::Paste(text) => self.paste(&text),
            Msg::Resize(width, height) => {
                self.screen = ratatui::layout::Rect::new(0, 0, width, height);
                // What was on the terminal no longer is.
                self.disarm();
                Vec::new()
            }
            Msg::Tick(now) => self.tick(now),
            Msg::Outcome(outcome) => self.outcome(outcome),
            Msg::Hangup => self.leave(),
            Msg::Flushed { .. } => Vec::new(),
        }
    }

    /// A frame is on the terminal. Only one of the present state says what a person has seen, or may confirm.
    fn flushed(&mut self, at: Timestamp, frame: &Frame) -> Vec<Command> {
        if frame.revision != self.revision {
            return Vec::new();
        }
        self.dirty = false;
        if geometry::too_small(self.screen) {
            return Vec::new();
        }
        if self.overlay.is_none()
            && let Some(sheet) = &mut self.sheet
        {
            sheet.flushed(at);
        } else if let Some(review) = &self.review
            && let (Some(document), Some(change)) = (review.document(), &review.subject.change_id)
        {
            let seen = self.desk.seen_mut(&review.subject);
            self.dirty = seen.add(document, change, frame);
        }
        Vec::new()
    }

    /// Time has passed.
    fn tick(&mut self, now: Timestamp) -> Vec<Command> {
        self.now = self.now.max(now);
        let mut commands = Vec::new();
        if self.still_at.is_some_and(|at| at <= self.now) {
            self.show_preview();
        }
        if self.desk.save_due(self.now) {
            commands.extend(self.save_draft());
        }
        let due = self.sheet.as_ref().and_then(Sheet::plan).and_then(super::sheet::Planning::due);
        if due.is_some_and(|at| at <= self.now) {
            commands.extend(self.ask_plan());
        }
        commands.extend(self.poll());
        commands.extend(self.outbox.due(self.now).into_iter().map(Command::Send));
        commands
    }

    /// Keeps everything and leaves.
    pub(super) fn leave(&mut self) -> Vec<Command> {
        let mut commands: Vec<Command> = self.save_draft().into_iter().collect();
        commands.push(Command::KeepOutbox(self.outbox.unsigned()));
        commands.push(Command::Quit);
        commands
    }

    /// Takes pasted text as text, and where no text is written, not at all.
    fn paste(&mut self, text: &str) -> Vec<Command> {
        self.disarm();
        self.leaving = false;
        let field = match (&mut self.overlay, &mut self.sheet) {
            (Some(overlay), _) => overlay.text(),
            (None, Some(sheet)) => sheet.text(),
            (None, None) => None,
        };
        let Some(field) = field else {
            self.status = Some(Status::plain("pasted text is no key: nothing was done"));
            return Vec::new();
        };
        if field.paste(text) { self.text_changed() } else { Vec::new() }
    }

    /// Does what an action means with what lies on top.
    pub(super) fn act(&mut self, action: Action, at: Timestamp) -> Vec<Command> {
        match action {
            Action::Quit => self.leave(),
            Action::Suspend => self.save_draft().into_iter().chain([Command::Suspend]).collect(),
            Action::Redraw => vec![Command::Redraw],
            Action::Undo => self.undo(),
            Action::SendNow => self.send_now(),
            _ => match self.context() {
                Context::Page | Context::Find | Context::Palette => self.act_overlay(action, at),
                Context::Confirm | Context::Write => self.act_sheet(action, at),
                Context::Review => self.act_review(action),
                Context::Queue | Context::Everywhere => self.act_queue(action),
            },
        }
    }

    /// Lines above the list that want a look.
    #[must_use]
    pub(crate) fn notice_count(&self) -> u16 {
        super::hints::notices(self).len() as u16
    }

    /// Rows of the list on the screen.
    #[must_use]
    pub(crate) fn list_height(&self) -> usize {
        let list = QueueAreas::of(self.screen, self.notice_count()).list.height;
        usize::from(list.saturating_sub(u16::from(self.queue.waiting().any())))
    }

    /// Scrolls whatever the cursor is in so that it is in view.
    pub(super) fn scroll_into(&mut self) {
        let screen = self.screen;
        if geometry::too_small(screen) {
            return;
        }
        self.queue.scroll_into(self.list_height());
        if let Some(review) = &mut self.review {
            let height = ReviewAreas::of(screen, review.pane).diff.height;
            review.scroll_into(usize::from(height));
        }
        if let Some(Sheet::Approve(sheet)) = &mut self.sheet {
            sheet.scroll_into(usize::from(super::sheet::rows_for_items(screen.height)));
        }
    }

    /// Asks for the colours of what is in view, one part at a time.
    fn highlight(&mut self) -> Option<Command> {
        if self.jobs.waits_for(JobKey::Highlight) {
            return None;
        }
        let review = self.review.as_mut()?;
        let height = usize::from(ReviewAreas::of(self.screen, review.pane).diff.height);
        let (file, side, lines) = review.uncoloured(review.top()..review.top() + height)?;
        review.colours.asked(file, side, &lines);
        let document = review.document()?;
        let summary = document.files().get(file)?;
        let part = FilePart { subject: review.subject.clone(), file, side };
        let text = document.lines(file, side).clone();
        Some(Command::Highlight(HighlightRequest { part, path: summary.path.clone(), text, lines }))
    }
}
