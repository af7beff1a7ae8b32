//! The console's state: actions, messages, update. Pure: no terminal, no clock, no git.
//!
//! [`update()`] takes what happened and answers with what is to be done: the state is a fold over messages, so a test is a
//! fixture, a string of keys and a screen. Reads are latest-wins by [`JobKey`]; what comes back for something that is no
//! longer open is dropped. Writes are serial, and only [`Command::Send`] and [`Command::Init`] ask for one. How many answers
//! are still to come is [`App::busy`], so that nobody has to sleep to know that the console is idle.
//!
//! A screen lies below (the queue, or a review), a sheet may lie over it, and over that an overlay (page, palette, search).
//! The top one reads the keys.

mod act;
pub mod actions;
mod age;
mod desk;
mod disabled;
mod entry_ids;
pub mod geometry;
pub mod hints;
mod jobs;
mod keys;
mod message;
mod outbox;
pub mod overlay;
mod pages;
mod poll;
mod preview;
pub mod prose;
pub mod queue;
mod repos;
pub mod review;
pub mod sheet;
mod sitting;
mod status;
#[cfg(test)]
pub(crate) mod testing;
mod text_field;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;

pub use actions::{ACTIONS, Action, ActionInfo, Group};
pub use age::{ago, short_age};
pub use entry_ids::EntryIds;
pub use message::{
    Command, Errand, FilePart, Frame, HighlightRequest, INDEXING, JobKey, LOOKING, Msg, Outcome, TELLING,
};
pub use outbox::Outbox;
pub use pages::{init_lines, key_table, key_table_markdown};
pub use preview::Preview;
pub use repos::{RepoId, Repos};
pub use status::{Status, Tone};
pub use text_field::TextField;
pub use update::update;

use crate::config::{Chord, Context, Keymap};
use crate::engine::{Draft, Failure, Report, Snapshot};
pub(crate) use crate::model::text::count;
use crate::model::{Intent, Problem, Queued};
use desk::Desk;
use jobs::Jobs;
use overlay::Overlay;
use poll::Poll;
use queue::Queue;
use review::Review;
use sheet::Sheet;
use sitting::Sitting;

/// What a console begins with.
#[derive(Debug)]
pub struct Start {
    /// The keys.
    pub keymap: Keymap,
    /// Its repositories, at least one, as they were read so far; [`Snapshot::empty`] where nothing was.
    pub repos: Vec<Arc<Snapshot>>,
    /// What an earlier console left written.
    pub drafts: Vec<Draft>,
    /// Decisions that an earlier console left unsent.
    pub unsent: Vec<Intent>,
    /// What is wrong with the user's settings.
    pub problems: Vec<Problem>,
    /// 32 random bytes, for the ids of ledger entries.
    pub seed: [u8; 32],
    /// How long a decision can be taken back.
    pub undo: SignedDuration,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether a browser would open before the person's eyes.
    pub browser: bool,
    /// The time.
    pub now: Timestamp,
}

/// How far reading is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub what: String,
    /// So much is done.
    pub done: usize,
    /// Of so much; zero where that is not known.
    pub total: usize,
}

/// The state of a console.
#[derive(Debug)]
pub struct App {
    /// The keys.
    pub(crate) keymap: Keymap,
    /// The begun chord.
    pub(crate) pending: Vec<Chord>,
    /// The terminal.
    pub(crate) screen: Rect,
    /// The time of the last message that had one.
    pub(crate) now: Timestamp,
    /// The list.
    pub(crate) queue: Queue,
    /// What is known of the proposal under the cursor of the list.
    pub(crate) preview: Option<Preview>,
    /// The opened proposal.
    pub(crate) review: Option<Box<Review>>,
    /// The sheet over the screen.
    pub(crate) sheet: Option<Sheet>,
    /// The sheet that waits while one of its proposals is open.
    pub(crate) parked: Option<Sheet>,
    /// What lies over everything.
    pub(crate) overlay: Option<Overlay>,
    /// Decisions that have not left.
    pub(crate) outbox: Outbox,
    /// What was written, answered and seen.
    pub(crate) desk: Desk,
    /// What is under way outside.
    pub(crate) jobs: Jobs,
    /// How far reading is, where it goes on.
    pub(crate) progress: BTreeMap<RepoId, Progress>,
    /// The answer to the last key.
    pub(crate) status: Option<Status>,
    /// What became of what was sent last.
    pub(crate) report: Option<Box<Report>>,
    /// What was done since the console was opened.
    pub(crate) sitting: Sitting,
    /// Why the last sending failed, until another succeeds.
    pub(crate) unsent_because: Option<Failure>,
    /// What git wanted to ask a person, until it was asked.
    pub(crate) asks: Asks,
    /// What is wrong with the user's settings.
    pub(crate) problems: Vec<Problem>,
    /// What a forge was not told of what an earlier sitting owed it.
    pub(crate) owed: BTreeMap<RepoId, Vec<Problem>>,
    still_at: Option<Timestamp>,
    ids: EntryIds,
    ticket: u64,
    /// When forges are asked again.
    poll: Poll,
    revision: u64,
    dirty: bool,
    leaving: bool,
    /// Whether a browser would open before the person's eyes.
    browser: bool,
}

impl App {
    /// A console and what it asks for first.
    #[must_use]
    pub fn start(start: Start) -> (Self, Vec<Command>) {
        let Start { keymap, repos, drafts, unsent, problems, seed, undo, size, browser, now } = start;
        let mut app = Self {
            keymap,
            pending: Vec::new(),
            screen: Rect::new(0, 0, size.0, size.1),
            now,
            queue: Queue::new(Repos::new(repos)),
            preview: None,
            review: None,
            sheet: None,
            parked: None,
            overlay: None,
            outbox: Outbox::new(unsent, undo),
            desk: Desk::new(drafts),
            jobs: Jobs::default(),
            progress: BTreeMap::new(),
            status: None,
            report: None,
            sitting: Sitting::default(),
            unsent_because: None,
            asks: Asks::default(),
            problems,
            owed: BTreeMap::new(),
            still_at: None,
            poll: Poll::new(now),
            ids: EntryIds::new(seed),
            ticket: 0,
            revision: 0,
            dirty: true,
            leaving: false,
            browser,
        };
        app.queue.set_decided(app.outbox.decided());
        app.show_preview();
        app.scroll_into();
        let commands: Vec<Command> = app.repos().ids().map(Command::Refresh).collect();
        app.jobs.asked(&commands);
        (app, commands)
    }

    /// How many answers from outside are still to come.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.jobs.count()
    }

    /// Counts the states; a frame says which one it shows.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether there is something new to draw. A frame that was flushed makes it false, unless what was seen changed the
    /// screen.
    #[must_use]
    pub const fn dirty(&self) -> bool {
        self.dirty
    }

    /// When the console wants a [`Msg::Tick`]; `None` while nothing waits for time to pass.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let planning = self.sheet.as_ref().and_then(Sheet::plan).and_then(sheet::Planning::due);
        let ages = self.next_minute();
        [self.still_at, planning, self.desk.save_at(), self.outbox.next_second(self.now), ages, self.next_poll()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When a forge is asked again; `None` where no repository is on one, or nobody is there.
    fn next_poll(&self) -> Option<Timestamp> {
        self.repos().iter().any(|snapshot| snapshot.polls).then(|| self.poll.next()).flatten()
    }

    /// When the age on the top line will be another number: what is read must not look fresher than it is.
    fn next_minute(&self) -> Option<Timestamp> {
        let read = self.repos().read_at();
        let minutes = (self.now.as_second() - read.as_second()).max(0) / 60;
        read.checked_add(SignedDuration::from_mins(minutes + 1)).ok()
    }

    /// Where keys are read: the top thing decides.
    #[must_use]
    pub fn context(&self) -> Context {
        match (&self.overlay, &self.sheet, &self.review) {
            (Some(overlay), _, _) => overlay.context(),
            (None, Some(sheet), _) => sheet.context(),
            (None, None, Some(_)) => Context::Review,
            (None, None, None) => Context::Queue,
        }
    }

    /// The repositories.
    #[must_use]
    pub const fn repos(&self) -> &Repos {
        self.queue.repos()
    }

    /// The repository that the screen is about: of the sheet, of the opened proposal, or of the one under the cursor.
    #[must_use]
    pub fn here(&self) -> &Arc<Snapshot> {
        let sheet = self.sheet.as_ref().and_then(Sheet::repo);
        let open = || self.review.as_ref().map(|review| review.subject.repo.as_str());
        let under = || self.queue.current().map(|entry| entry.name.repo.as_str());
        self.repos().of(sheet.or_else(open).or_else(under).unwrap_or_default())
    }

    /// Whether a repository is being read.
    #[must_use]
    pub fn reading(&self) -> bool {
        self.repos().ids().any(|repo| self.jobs.waits_for(JobKey::Refresh(repo)))
    }

    /// The proposals that a decision means now: the opened one, else the marked ones, else those under the cursor.
    pub(crate) fn chosen(&self) -> Vec<(&Queued, &str)> {
        match &self.review {
            Some(review) => vec![(&review.queued, &review.short)],
            None => self.queue.selection().into_iter().map(|entry| (&entry.queued, entry.short.as_str())).collect(),
        }
    }

    /// The opened proposal, else the one under the cursor, whatever is marked.
    pub(crate) fn under_cursor(&self) -> Option<&Queued> {
        match &self.review {
            Some(review) => Some(&review.queued),
            None => self.queue.current().map(|entry| &entry.queued),
        }
    }

    /// How many proposals a decision means now, and which, if it is one; cheap enough for every frame.
    pub(crate) fn meant(&self) -> Meant<'_> {
        if let Some(review) = &self.review {
            return Meant::One(&review.queued);
        }
        match self.queue.selected() {
            0 => Meant::Nothing,
            1 => self.queue.selection().first().map_or(Meant::Nothing, |entry| Meant::One(&entry.queued)),
            _ => Meant::Many,
        }
    }

    fn next_ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }
}

/// What git wanted to ask a person, in a sentence without its end.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    /// When it signed or pushed decisions.
    pub send: Option<String>,
    /// When it fetched.
    pub fetch: BTreeMap<RepoId, String>,
}

/// What a decision means.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meant<'a> {
    /// There is nothing there.
    Nothing,
    /// This proposal.
    One(&'a Queued),
    /// Several.
    Many,
}

/// What a proposal does, in our words, without the counts of lines that a column or a header shows beside it.
#[must_use]
pub fn does(queued: &Queued) -> String {
    // In words that were read from values, `-1` at the end may be a value.
    queued.proposal.words.as_ref().map_or_else(|| headline(&queued.summary), |words| words.headline.clone())
}

/// A summary without its counts of lines.
fn headline(summary: &str) -> String {
    let mut text = crate::model::text::single_line(summary);
    while let Some((rest, last)) = text.rsplit_once(' ') {
        let count =
            last.strip_prefix(['+', '-']).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if !count {
            break;
        }
        text.truncate(rest.len());
    }
    text
}

#[cfg(test)]
mod tests;
