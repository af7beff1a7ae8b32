//! What the actions do on a sheet.

use jiff::Timestamp;

use crate::app::actions::Action;
use crate::app::overlay::Overlay;
use crate::app::sheet::{CommentSheet, Sheet};
use crate::app::status::Status;
use crate::app::{App, Command, Errand, pages};
use crate::config::Chord;

impl App {
    pub(in crate::app) fn act_sheet(&mut self, action: Action, at: Timestamp) -> Vec<Command> {
        match action {
            Action::Close => self.close_sheet(),
            Action::Confirm | Action::Send => self.confirm(action, at),
            Action::AsText => {
                self.show(pages::plan_as_text(self));
                Vec::new()
            }
            Action::LeaveOut => self.leave_out(),
            Action::Fold => {
                if let Some(Sheet::Approve(sheet)) = &mut self.sheet {
                    sheet.toggle_fold();
                }
                Vec::new()
            }
            Action::Open => self.open_from_sheet(),
            Action::Help | Action::Palette => self.act_anywhere(action),
            Action::NextField
            | Action::PreviousField
            | Action::Toggle
            | Action::ChooseNext
            | Action::ChoosePrevious => self.act_in_fields(action),
            _ => self.move_on_sheet(action),
        }
    }

    fn move_on_sheet(&mut self, action: Action) -> Vec<Command> {
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::HalfPageDown | Action::PageDown => 8,
            Action::HalfPageUp | Action::PageUp => -8,
            Action::Top => isize::MIN,
            Action::Bottom => isize::MAX,
            _ => return Vec::new(),
        };
        match &mut self.sheet {
            Some(Sheet::Approve(sheet)) => sheet.step(by),
            Some(Sheet::Init(sheet)) => {
                let last = pages::init_lines(sheet.offer.as_deref()).len().saturating_sub(1);
                sheet.top = sheet.top.saturating_add_signed(by).min(last);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Closes the sheet; what was written on it is kept.
    fn close_sheet(&mut self) -> Vec<Command> {
        let commands: Vec<Command> = self.save_draft().into_iter().collect();
        if let Some(Sheet::Write(sheet)) = &self.sheet
            && !sheet.note.text().trim().is_empty()
        {
            self.status = Some(Status::plain("the draft is kept"));
        }
        self.sheet = None;
        commands
    }

    /// The confirming key: it counts only if the sheet, with its plan, has been on the terminal long enough.
    fn confirm(&mut self, action: Action, at: Timestamp) -> Vec<Command> {
        if let Some(Sheet::Comment(_)) = self.sheet {
            return self.keep_comment();
        }
        if let Some(Sheet::Init(sheet)) = &mut self.sheet {
            let (repo, aside) = (sheet.repo, sheet.wants.is_some());
            return match sheet.confirm(at) {
                Some(offer) if aside => {
                    self.sheet = None;
                    vec![Command::StepAside(Errand::Init(repo, offer))]
                }
                Some(offer) => {
                    self.sheet = None;
                    self.status = Some(Status::plain("starting the ledger"));
                    vec![Command::Init(repo, offer)]
                }
                None => self.again(action),
            };
        }
        if matches!(&self.sheet, Some(Sheet::Write(sheet)) if !sheet.says_something()) {
            return Vec::new();
        }
        let Some(planning) = self.sheet.as_mut().and_then(Sheet::planning) else { return Vec::new() };
        match planning.confirm(at) {
            Some(plan) => self.confirmed(plan, at),
            None if planning.due().is_some() => {
                let mut commands = self.ask_plan();
                commands.extend(self.again(action));
                commands
            }
            None => self.again(action),
        }
    }

    fn again(&mut self, action: Action) -> Vec<Command> {
        let key = self.keymap.label(self.context().stack(), action.name()).unwrap_or_else(|| action.name().to_owned());
        self.status = Some(Status::warn(format!("press {key} again: it counts once the sheet has been on screen")));
        Vec::new()
    }

    fn leave_out(&mut self) -> Vec<Command> {
        if let Some(Sheet::Approve(sheet)) = &mut self.sheet {
            sheet.toggle();
            sheet.step(1);
        }
        self.ask_plan()
    }

    /// Opens a proposal of the sheet; the sheet waits until it is closed.
    fn open_from_sheet(&mut self) -> Vec<Command> {
        let Some(Sheet::Approve(sheet)) = &self.sheet else { return Vec::new() };
        let Some(name) = sheet.current().map(|candidate| candidate.subject.name()) else { return Vec::new() };
        let Some(entry) = self.queue.find(&name) else {
            self.status = Some(Status::warn("it is no longer in the queue"));
            return Vec::new();
        };
        let (queued, short) = (entry.queued.clone(), entry.short.clone());
        self.parked = self.sheet.take();
        self.open(queued, short)
    }

    fn act_in_fields(&mut self, action: Action) -> Vec<Command> {
        let Some(Sheet::Write(sheet)) = &mut self.sheet else { return Vec::new() };
        match action {
            Action::NextField => sheet.next_field(true),
            Action::PreviousField => sheet.next_field(false),
            _ => {
                sheet.choose(action != Action::ChoosePrevious);
                sheet.planning.edited(self.now);
                self.desk.touched(self.now);
            }
        }
        Vec::new()
    }

    /// A key for the text that the cursor is in.
    pub(in crate::app) fn typed(&mut self, chord: &Chord) -> Vec<Command> {
        self.disarm();
        let field = match (&mut self.overlay, &mut self.sheet) {
            (Some(overlay), _) => overlay.text(),
            (None, Some(sheet)) => sheet.text(),
            (None, None) => None,
        };
        if field.is_some_and(|field| field.press(chord)) { self.text_changed() } else { Vec::new() }
    }

    /// The text that the cursor is in has changed.
    pub(in crate::app) fn text_changed(&mut self) -> Vec<Command> {
        match (&mut self.overlay, &mut self.sheet) {
            (Some(Overlay::Palette(palette)), _) => palette.narrow(),
            (Some(Overlay::Find(find)), _) if self.review.is_none() => self.queue.set_filter(&find.text.text()),
            (None, Some(Sheet::Write(sheet))) => {
                sheet.text_changed();
                sheet.planning.edited(self.now);
                self.desk.touched(self.now);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Puts the remark to the others on this round; an empty one takes it away.
    fn keep_comment(&mut self) -> Vec<Command> {
        let Some(Sheet::Comment(sheet)) = self.sheet.take() else { return Vec::new() };
        let Some(review) = &self.review else { return Vec::new() };
        let CommentSheet { comment, text, .. } = *sheet;
        let mut draft = self.desk.draft(&review.subject);
        draft.comments.retain(|c| (&c.file, c.side, c.line) != (&comment.file, comment.side, comment.line));
        let text = text.text().trim().to_owned();
        if !text.is_empty() {
            draft.comments.push(crate::model::Comment { text, ..comment });
            draft.comments.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        }
        self.desk.keep(draft).into_iter().collect()
    }
}
