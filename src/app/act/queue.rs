//! What the actions do in the list.

use jiff::SignedDuration;

use crate::app::actions::Action;
use crate::app::geometry::QueueAreas;
use crate::app::overlay::{Find, Overlay, Page, Palette};
use crate::app::review::Review;
use crate::app::status::Status;
use crate::app::{App, Command, Errand, JobKey, Preview, RepoId, TextField, count, hints, pages};
use crate::config::Context;
use crate::model::{Queued, Subject, WebAddress};

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
            Action::Close => self.close_in_queue(),
            Action::Leave => return self.leave_queue(),
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
            Action::MarkAlike => self.mark_alike(),
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

    fn mark_alike(&mut self) {
        let alike = self.queue.mark_alike();
        self.status = Some(Status::done(format!("marked {} that do the same", count(alike, "proposal"))));
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
            Action::OpenPage => return self.open_page(),
            _ => {}
        }
        Vec::new()
    }

    /// Has the page opened where the person would see it, else hands its address over.
    fn open_page(&mut self) -> Vec<Command> {
        let Some(page) = self.under_cursor().and_then(|queued| queued.proposal.page()) else { return Vec::new() };
        if !self.browser {
            return self.hand_over(&page, "");
        }
        self.status = Some(Status::done(format!("opening {page}")));
        vec![Command::Browse(page)]
    }

    /// Says an address, and puts it on the clipboard; `why` it was not opened comes before it.
    pub(in crate::app) fn hand_over(&mut self, page: &WebAddress, why: &str) -> Vec<Command> {
        self.status = Some(Status::done(format!("{why}{page} (copied)")));
        vec![Command::Copy(page.to_string())]
    }

    pub(in crate::app) fn show(&mut self, page: Page) {
        self.overlay = Some(Overlay::Page(page));
    }

    fn copy(&mut self, what: impl Fn(Subject) -> String) -> Vec<Command> {
        let Some((queued, _)) = self.chosen().first().copied() else { return Vec::new() };
        let text = what(queued.proposal.subject());
        self.status = Some(Status::done(format!("copied {}", crate::model::text::printable(&text))));
        vec![Command::Copy(text)]
    }

    /// Closes a begun range, else the filter; says whether there was one.
    fn close_top(&mut self) -> bool {
        if self.queue.ranging() {
            self.queue.end_range();
        } else if self.queue.filter.active() {
            self.queue.set_filter("");
        } else {
            return false;
        }
        true
    }

    fn close_in_queue(&mut self) {
        if !self.close_top() {
            let key = hints::label(self, Context::Queue, Action::Leave).unwrap_or_default();
            self.status = Some(Status::plain(format!("nothing to close; {key} leaves")));
        }
    }

    /// Closes what there is to close, else leaves: at once, or the second time where something would be left undone.
    fn leave_queue(&mut self) -> Vec<Command> {
        if self.close_top() {
            return Vec::new();
        }
        match self.undone() {
            Some(undone) if !self.leaving => {
                self.leaving = true;
                let key = hints::label(self, Context::Queue, Action::Leave).unwrap_or_default();
                self.status = Some(Status::warn(format!("{undone}. {key} once more leaves")));
                Vec::new()
            }
            _ => self.leave(),
        }
    }

    /// What would be left undone by leaving now.
    fn undone(&self) -> Option<String> {
        let waiting: usize = self.outbox.waiting().iter().map(|plan| plan.items.len()).sum();
        let kept: usize = self.outbox.kept().iter().map(|intent| intent.items.len()).sum();
        let send = hints::label(self, Context::Queue, Action::SendNow).unwrap_or_default();
        match (waiting + kept, self.queue.marked()) {
            (0, 0) => None,
            (0, marked) => Some(format!("{} would be forgotten", count(marked, "mark"))),
            (unsent, _) => {
                Some(format!("{} not sent, and kept for the next time: {send} sends", count(unsent, "decision")))
            }
        }
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
        self.poll.ask(self.now);
        // One at a time steps aside; what others asked for is still asked for.
        let aside = self.asks.fetch.pop_first().map(|(repo, _)| repo);
        let idle = |repo: &RepoId| Some(*repo) != aside && !self.jobs.waits_for(JobKey::Refresh(*repo));
        let rest = self.repos().ids().filter(idle).map(Command::Refresh);
        rest.chain(aside.map(|repo| Command::StepAside(Errand::Refresh(repo)))).collect()
    }

    /// Asks the forges that wait for nothing else.
    pub(in crate::app) fn poll(&mut self) -> Vec<Command> {
        if self.next_poll().is_none_or(|next| next > self.now) {
            return Vec::new();
        }
        self.poll.ask(self.now);
        let polled = self.repos().ids().zip(self.repos().iter());
        let polled = polled.filter(|(repo, shown)| shown.polls && !self.jobs.waits_for(JobKey::Refresh(*repo)));
        polled.map(|(repo, _)| Command::Refresh(repo)).collect()
    }

    fn open_current(&mut self) -> Vec<Command> {
        let Some(entry) = self.queue.current() else { return Vec::new() };
        let (queued, short) = (entry.queued.clone(), entry.short.clone());
        self.open(queued, short)
    }

    /// Opens a proposal.
    pub(in crate::app) fn open(&mut self, queued: Queued, short: String) -> Vec<Command> {
        let subject = queued.proposal.subject();
        self.queue.go_to(&subject.name());
        self.show_preview();
        self.review = Some(Box::new(Review::new(subject.clone(), queued, short)));
        self.look_around();
        vec![Command::Open(subject)]
    }

    /// Shows what is known of the proposal under the cursor.
    pub(in crate::app) fn show_preview(&mut self) {
        self.still_at = None;
        let entry = self.queue.current();
        if entry.map(|entry| entry.queued.proposal.subject())
            != self.preview.as_ref().map(|preview| preview.subject.clone())
        {
            self.preview = entry.map(Preview::of);
        }
    }
}
