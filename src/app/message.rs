//! Everything that can happen to the console, and everything that it can ask for. Both are closed: what is not here does
//! not happen.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Chord;
use crate::diff::{Lines, Roles};
use crate::engine::{Draft, Failure, InitOffer, Opened, Plan, Report, Snapshot};
use crate::evidence::Evidence;
use crate::model::{CommentSide, EntryId, ForgeReport, Intent, Known, Problem, Subject, WebAddress};

use super::RepoId;

/// Something that happened. One channel carries them, in one order.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed, at this time.
    Key(Chord, Timestamp),
    /// Text was pasted; it is text and nothing else, and never a key.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// It is this late; sent when [`super::App::wakes_at`] asked for it.
    Tick(Timestamp),
    /// A frame is on the terminal, all of it, since this time; or it would have been the same as the one before. Says so after
    /// every frame that [`super::App::dirty`] asked for.
    Flushed {
        /// When its last byte was written.
        at: Timestamp,
        /// What it showed.
        frame: Frame,
    },
    /// Something that was asked for came back.
    Outcome(Outcome),
    /// The terminal is gone, or the system wants the program to end: keep everything, and leave.
    Hangup,
}

/// What is being done while the history index is made.
pub const INDEXING: &str = "indexing the history";
/// What is being done while the findings of the queue are gathered.
pub const LOOKING: &str = "looking into";

/// What is being done while a forge is told what was decided.
pub const TELLING: &str = "telling GitHub";

/// What came back from the outside.
#[derive(Debug)]
pub enum Outcome {
    /// The proposals, read again; also when nobody asked, because something changed.
    Snapshot(Arc<Snapshot>),
    /// What a crash had left was put right, or cannot be.
    Recovered(Problem),
    /// What an earlier sitting owed a forge.
    CaughtUp {
        /// Which repository's.
        repo: RepoId,
        /// What was done, each in a line.
        done: Vec<String>,
        /// What was not.
        problems: Vec<Problem>,
    },
    /// Decisions that were taken for unsent are in the ledger.
    Arrived(Vec<EntryId>),
    /// How far reading is.
    Progress {
        /// Where.
        repo: RepoId,
        /// What is being done: "fetching origin", "reading".
        what: String,
        /// So much is done.
        done: usize,
        /// Of so much; zero where that is not known.
        total: usize,
    },
    /// A proposal was opened.
    Opened(Box<Opened>),
    /// What was found about an opened proposal, as far as it is known by now.
    Evidence(Subject, Box<Evidence>),
    /// What the forge says of an opened proposal.
    Forge(Subject, Box<Known<ForgeReport>>),
    /// The history index of a repository is made, or cannot be.
    Indexed(RepoId),
    /// What was read before, with what is known more by now; more is being looked for.
    Learnt(Arc<Snapshot>),
    /// The proposals were looked into: what was read before, with what was found.
    LookedInto(Arc<Snapshot>),
    /// The syntax colours of a part of an opened proposal.
    Highlighted {
        /// Of what.
        part: FilePart,
        /// The first line of the colours, from 0.
        from: u32,
        /// The colours, a line each.
        roles: Vec<Roles>,
    },
    /// The plan for the decisions of a sheet, or why there is none.
    Planned {
        /// Of [`Command::Preview`].
        ticket: u64,
        /// The plan.
        plan: Result<Arc<Plan>, Failure>,
    },
    /// Decisions were sent.
    Sent(Box<Report>),
    /// Decisions were not sent, because the plan is no longer the one that was shown. They are still in the outbox.
    Changed {
        /// The plan as it would be now.
        plan: Arc<Plan>,
    },
    /// What starting the ledger would write.
    InitOffered(Box<InitOffer>),
    /// The ledger was started; a line that says what was written and where.
    Started(String),
    /// Something that was asked for could not be done, because git wanted to ask a person and had no terminal; or it had one,
    /// and got no answer that helped.
    Asks {
        /// What can be done at the terminal instead.
        errand: Errand,
        /// What git wants, in a sentence without its end.
        wants: String,
    },
    /// A page could not be opened, and why.
    Unopened(WebAddress, String),
    /// Something that was asked for did not work.
    Failed {
        /// What was asked for.
        job: JobKey,
        /// What went wrong.
        failure: Failure,
    },
}

/// What is asked of the outside.
#[derive(Debug, Clone)]
pub enum Command {
    /// Fetch, and read the proposals of a repository again.
    Refresh(RepoId),
    /// Look into the proposals of a repository whose findings are not known.
    LookInto(RepoId),
    /// Open a proposal.
    Open(Subject),
    /// Find the syntax colours of some rows of an opened proposal.
    Highlight(HighlightRequest),
    /// Make the plan for these decisions about one repository, to be shown.
    Preview {
        /// Comes back with the plan.
        ticket: u64,
        /// The decisions.
        intents: Vec<Intent>,
    },
    /// Sign and send decisions about one repository, each as its plan was shown; together, as one sitting.
    Send(Vec<Arc<Plan>>),
    /// Keep what a person has written.
    SaveDraft(Box<Draft>),
    /// Forget what a person had written.
    DropDraft(Subject),
    /// Keep exactly these unsigned decisions, of all repositories, for the next start.
    KeepOutbox(Vec<Intent>),
    /// Put text on the clipboard of the terminal.
    Copy(String),
    /// Open a page in the browser.
    Browse(WebAddress),
    /// Work out what starting the ledger of a repository would write.
    PreviewInit(RepoId),
    /// Start the ledger as it was shown.
    Init(RepoId, Box<InitOffer>),
    /// Leave the screen and do this at the terminal, where git may ask; then come back.
    StepAside(Errand),
    /// Step aside to the shell.
    Suspend,
    /// Draw the whole screen again.
    Redraw,
    /// End, with everything kept.
    Quit,
}

/// What is done at the terminal while the console has stepped aside.
#[derive(Debug, Clone)]
pub enum Errand {
    /// Sign and send decisions.
    Send(Vec<Arc<Plan>>),
    /// Start the ledger as it was shown.
    Init(RepoId, Box<InitOffer>),
    /// Fetch, and read the proposals again.
    Refresh(RepoId),
}

impl Errand {
    /// The key of the answer that it will have.
    #[must_use]
    pub const fn key(&self) -> JobKey {
        match self {
            Self::Send(_) => JobKey::Send,
            Self::Init(..) => JobKey::Init,
            Self::Refresh(repo) => JobKey::Refresh(*repo),
        }
    }

    /// What is said on the terminal before git asks there.
    #[must_use]
    pub fn words(&self) -> String {
        let what = match self {
            Self::Send(plans) => {
                let proposals = plans.iter().map(|plan| plan.items.len()).sum();
                format!("signing and sending what you decided about {}", super::count(proposals, "proposal"))
            }
            Self::Init(..) => "signing the first entry of the ledger".to_owned(),
            Self::Refresh(_) => "fetching the proposals".to_owned(),
        };
        format!("countersign stepped aside: {what}. ctrl-c gives it up, with everything kept.")
    }
}

/// One side of a file of an opened proposal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FilePart {
    /// Whose.
    pub subject: Subject,
    /// Which file of its document.
    pub file: usize,
    /// Which side.
    pub side: CommentSide,
}

/// Lines of an opened proposal whose colours are wanted.
#[derive(Debug, Clone)]
pub struct HighlightRequest {
    /// Of what.
    pub part: FilePart,
    /// The path, by which the language is known.
    pub path: bstr::BString,
    /// The text.
    pub text: Lines,
    /// The lines, from 0.
    pub lines: Range<u32>,
}

/// What a frame showed. Only a frame of the present state says anything about what a person has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The state that it was drawn from: [`super::App::revision`].
    pub revision: u64,
    /// The rows of the open document that it showed; empty where it showed none.
    pub rows: Range<usize>,
    /// How many columns of their lines were hidden at the left.
    pub left: usize,
    /// The rows whose lines go on beyond the right edge, and the column up to which they were shown.
    pub cut: Vec<(usize, usize)>,
}

/// What an answer belongs to. Of one key only the newest question counts: the runtime drops the older one, and a late
/// answer to it is not taken. Writes are the exception: one at a time, never dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JobKey {
    /// [`Command::Refresh`].
    Refresh(RepoId),
    /// [`Command::LookInto`].
    LookInto(RepoId),
    /// [`Command::Open`].
    Open,
    /// [`Command::Highlight`].
    Highlight,
    /// [`Command::Preview`].
    Preview,
    /// [`Command::PreviewInit`].
    PreviewInit,
    /// [`Command::Send`].
    Send,
    /// [`Command::Init`].
    Init,
    /// [`Command::SaveDraft`], [`Command::DropDraft`] and [`Command::KeepOutbox`], which answer only where they fail.
    Keep,
}

impl Command {
    /// The key of the answer that it will have; `None` where there is none.
    #[must_use]
    pub const fn key(&self) -> Option<JobKey> {
        match self {
            Self::Refresh(repo) => Some(JobKey::Refresh(*repo)),
            Self::LookInto(repo) => Some(JobKey::LookInto(*repo)),
            Self::Open(_) => Some(JobKey::Open),
            Self::Highlight(_) => Some(JobKey::Highlight),
            Self::Preview { .. } => Some(JobKey::Preview),
            Self::PreviewInit(_) => Some(JobKey::PreviewInit),
            Self::Send(_) => Some(JobKey::Send),
            Self::Init(..) => Some(JobKey::Init),
            Self::StepAside(errand) => Some(errand.key()),
            _ => None,
        }
    }
}
