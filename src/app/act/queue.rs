//! What the actions do in the list.

use jiff::SignedDuration;

use crate::app::actions::Action;
use crate::app::geometry::QueueAreas;
use crate::app::overlay::{Find, Overlay, Page, Palette};
use crate::app::review::Review;
use crate::app::status::Status;
use crate::app::{App, Command, Errand, JobKey, Preview, TextField, pages, subject_of};
use crate::model::{Queued, Subject};

/// How long the cursor must be still before the preview follows it.
const STILL_FOR: SignedDuration = SignedDuration::from_millis(120);

impl App {
    pub(in crate::app) fn act_queue(&mut self, action: Action) -> Vec<Command> {
        if self.move_in_queue(action) {
            self.still_at = self.now.checked_add(STILL_FOR).ok();
            return Vec::new();
        }
        match action {
            Action::Open => return self.open_current(),
            Action::Close => return self.close_in_queue(),
            Action::Batch => return self.batch(),
            Action::Refresh => return self.refresh(),
            Action::Unmark => self.queue.unmark(),
            Action::Find => self.find(),
            _ => return self.act_anywhere(action),
        }
        Vec::new()
    }

    /// Actions that move in the list, or change what stands where; says whether this is one.
    fn move_in_queue(&mut self, action: Action) -> bool {
        let page = usize::from(QueueAreas::of(self.screen, self.notice_count()).list.height.max(2) - 1) as isize;
        match action {
            Action::Down => self.queue.step(1),
            Action::Up => self.queue.step(-1),
            Action::HalfPageDown => self.queue.step(page / 2),
            Action::HalfPageUp => self.queue.step(-page / 2),
            Action::PageDown => self.queue.step(page),
            Action::PageUp => self.queue.step(-page),
            Action::Top => self.queue.to_top(),
            Action::Bottom => self.queue.to_bottom(),
            Action::NextMatch => self.queue.step_around(true),
            Action::PreviousMatch => self.queue.step_around(false),
            Action::Mark => self.mark(),
            Action::Range => self.queue.toggle_range(),
            Action::Fold => self.queue.toggle_fold(),
            Action::Sort => {
                self.queue.sort_next();
                self.status = Some(Status::plain(format!("sorted: {}", self.queue.order().name())));
            }
            _ => return false,
        }
        true
    }

    fn mark(&mut self) {
        let ranging = self.queue.ranging();
        self.queue.toggle_mark();
        if !ranging {
            self.queue.step(1);
        }
    }

    /// What means the same in the list and in a review.
    pub(in crate::app) fn act_anywhere(&mut self, action: Action) -> Vec<Command> {
        match action {
            Action::Help => self.show(pages::help(self)),
            Action::Palette => self.overlay = Some(Overlay::Palette(Palette::new(self.context()))),
            Action::Problems => self.show(pages::problems(self)),
            Action::Policy => self.show(pages::policy(self)),
            Action::Approve => return self.approve(),
            Action::Reject => return self.reject(),
            Action::Hold => return self.hold(),
            Action::Withdraw => return self.withdraw(),
            Action::Init => return self.offer_init(),
            Action::CopyName => return self.copy(|subject| subject.proposal),
            Action::CopyHead => return self.copy(|subject| subject.head.to_string()),
            _ => {}
        }
        Vec::new()
    }

    pub(in crate::app) fn show(&mut self, page: Page) {
        self.overlay = Some(Overlay::Page(page));
    }

    fn copy(&mut self, what: impl Fn(Subject) -> String) -> Vec<Command> {
        let Some((queued, _)) = self.chosen().first().copied() else { return Vec::new() };
        let text = what(subject_of(queued));
        self.status = Some(Status::done(format!("copied {}", crate::model::text::printable(&text))));
        vec![Command::Copy(text)]
    }

    /// Closes a begun range, else the filter. Where there is nothing to close, the second time in a row leaves.
    fn close_in_queue(&mut self) -> Vec<Command> {
        if self.queue.ranging() {
            self.queue.end_range();
        } else if self.queue.filter.active() {
            self.queue.set_filter("");
        } else if self.leaving {
            return self.leave();
        } else {
            self.leaving = true;
            self.status = Some(Status::plain("nothing to close; once more leaves, with everything kept"));
        }
        Vec::new()
    }

    pub(in crate::app) fn find(&mut self) {
        let before = match &self.review {
            Some(review) => review.search.clone(),
            None => self.queue.filter.text.clone(),
        };
        self.overlay = Some(Overlay::Find(Find { text: TextField::line_of(&before), before }));
    }

    pub(in crate::app) fn refresh(&mut self) -> Vec<Command> {
        self.queue.adopt();
        self.show_preview();
        if self.jobs.waits_for(JobKey::Refresh) {
            return Vec::new();
        }
        vec![if self.asks.fetch.take().is_some() { Command::StepAside(Errand::Refresh) } else { Command::Refresh }]
    }

    fn open_current(&mut self) -> Vec<Command> {
        let Some(entry) = self.queue.current() else { return Vec::new() };
        let (queued, short) = (entry.queued.clone(), entry.short.clone());
        self.open(queued, short)
    }

    /// Opens a proposal.
    pub(in crate::app) fn open(&mut self, queued: Queued, short: String) -> Vec<Command> {
        let subject = subject_of(&queued);
        self.queue.go_to(&subject.proposal);
        self.show_preview();
        self.review = Some(Box::new(Review::new(subject.clone(), queued, short)));
        self.look_around();
        vec![Command::Open(subject)]
    }

    /// Shows what is known of the proposal under the cursor.
    pub(in crate::app) fn show_preview(&mut self) {
        self.still_at = None;
        let entry = self.queue.current();
        if entry.map(|entry| subject_of(&entry.queued)) != self.preview.as_ref().map(|preview| preview.subject.clone())
        {
            self.preview = entry.map(Preview::of);
        }
    }
}
