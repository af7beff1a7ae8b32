//! Signals: warnings computed from how files moved, on the target and in what is proposed for it.
//!
//! Fields are followed by their values where a file has any, so that A → B → A is a fact about one setting; what else a file
//! holds is compared as a whole, by blob id and mode. The order of landed changes is that of the target's first-parent chain. Times
//! are observed ones where there are any: an agent chooses what its commits say, so a signal that rests on commit dates says
//! that it does.

mod collision;
mod direction;
mod duplicate;
mod flips;
mod hostile;
mod ratchet;
mod repeat;
mod storm;
mod tracks;
mod unusual;
mod watch;
mod words;

use bstr::BString;
use jiff::{SignedDuration, Timestamp};

pub use collision::{Collision, Neighbour, Trial};
pub use duplicate::{ChangePrint, Duplicate, Sameness, Twin, ValuePrint};
pub use flips::{AGAIN, Flip};
pub use hostile::{Find, Hostile, Search, Spot, Threat};
pub use ratchet::Notch;
pub use repeat::{Against, Like, Rejected, Repeat, Taught, against};
pub use storm::Burst;
pub use tracks::{Track, Tracks, Turned};
pub use unusual::{Habits, Unusual};
pub use watch::{Flipping, TargetWatch, Unrecorded, WatchedSince};

use self::flips::Returns;
use crate::model::field::{DocumentName, FieldPath};
use crate::model::{FileChange, Known, Moment, Oid, PastTouch, Proposal, SeenBetween, Side, TimeBasis};

/// Where policy draws the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StormLimits {
    /// So many changes of one file…
    pub commits: usize,
    /// …within this time are a storm.
    pub within: SignedDuration,
    /// So many changes that go back to what was there before…
    pub flips: usize,
    /// …within this time are a storm too. A return within it is an oscillation.
    pub flips_within: SignedDuration,
}

impl Default for StormLimits {
    /// Ten changes in ten minutes; three flips in a day.
    fn default() -> Self {
        Self {
            commits: 10,
            within: SignedDuration::from_mins(10),
            flips: 3,
            flips_within: SignedDuration::from_hours(24),
        }
    }
}

/// What made a change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A commit of the target.
    Landed(Oid),
    /// A proposal that waits.
    Pending(String),
}

/// A change of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The path.
    pub path: BString,
    /// When it came.
    pub at: Moment,
    /// What made it.
    pub source: Source,
    /// Who wrote it, as it says.
    pub who: String,
    /// Its subject or title, as it came.
    pub subject: String,
    /// Before; `None` where the path was not there.
    pub before: Option<Side>,
    /// After; `None` where the path is gone.
    pub after: Option<Side>,
    /// Whether it says that it takes another change back.
    pub takes_back: bool,
}

impl Event {
    /// A change that landed.
    #[must_use]
    pub fn landed(touch: &PastTouch) -> Self {
        Self {
            path: touch.path.clone(),
            at: touch.commit.moment(),
            source: Source::Landed(touch.commit.oid),
            who: touch.commit.author.name.clone(),
            subject: touch.commit.subject.clone(),
            before: touch.before,
            after: touch.after,
            takes_back: touch.commit.undoes.is_some(),
        }
    }

    /// A change that is proposed, and between which looks it was first seen. Where nobody looked before, its head's date
    /// tells, which cannot be later than now.
    #[must_use]
    pub fn pending(proposal: &Proposal, change: &FileChange, seen: SeenBetween, now: Timestamp) -> Self {
        Self {
            path: change.path.clone(),
            at: seen.held(proposal.updated.min(now)),
            source: Source::Pending(proposal.id.clone()),
            who: proposal.agent.clone(),
            subject: proposal.title.clone(),
            before: change.old,
            after: change.new,
            takes_back: false,
        }
    }
}

/// Everything that is known of one path, and the change of it that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct PathHistory<'a> {
    /// What landed, oldest first: each begins with what the one before left.
    pub landed: &'a [Event],
    /// What others propose.
    pub pending: &'a [Event],
    /// What is looked at.
    pub this: &'a Event,
    /// What its fields did; `None` where it has none that can be read.
    pub values: Option<&'a Tracks>,
}

/// A field, by its file, its document and its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRef {
    /// The file.
    pub file: BString,
    /// Which document of it.
    pub document: DocumentName,
    /// Where in the document.
    pub path: FieldPath,
}

impl FieldRef {
    fn of(file: &BString, track: &Track) -> Self {
        Self { file: file.clone(), document: track.document.clone(), path: track.path.clone() }
    }
}

/// A warning.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// Too many changes of the same files in too little time.
    Storm {
        /// The files, in path order.
        paths: Vec<BString>,
        /// The changes.
        burst: Burst,
    },
    /// Fields or files go back to what they were before, and not for the first time or after a short while.
    Oscillation {
        /// The files, in path order.
        paths: Vec<BString>,
        /// The fields that go back together; none where the files do as a whole.
        fields: Vec<FieldRef>,
        /// The changes that went back, oldest first, dated; the last ones where there are many.
        flips: Vec<Flip>,
        /// Whether what is looked at goes back itself.
        this: bool,
    },
    /// An amount is moved the same way once more, a little at a time.
    Ratchet {
        /// The file.
        paths: Vec<BString>,
        /// The field.
        field: FieldRef,
        /// The steps, oldest first, dated, that of what is looked at last; the last ones where there are many.
        steps: Vec<Notch>,
        /// Whether it gets less with each step; else more.
        lowers: bool,
    },
    /// Other open proposals do the same.
    Duplicate(Duplicate),
    /// Other open proposals cannot land beside it.
    Collision(Collision),
    /// A person has refused it before, or it goes against a lesson.
    Repeat(Repeat),
    /// It holds text that misleads, or that is meant for whoever reviews.
    Hostile(Hostile),
    /// The agent never touched anything of the kind.
    Unusual(Unusual),
}

/// The warnings about a round.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalReport {
    /// The warnings, the gravest first.
    pub signals: Vec<Signal>,
    /// Other open proposals that touch some of the same files, in name order, without those that do the same. That they do
    /// is no warning in itself.
    pub neighbours: Vec<Neighbour>,
    /// What is unusual for the agent, and perhaps nothing; not known where it has no habits yet.
    pub unusual: Known<Unusual>,
    /// What could not be looked at, and why; `None` where everything was.
    pub missing: Option<String>,
}

impl Default for SignalReport {
    fn default() -> Self {
        let unusual = Known::Known(Unusual::default());
        Self { signals: Vec::new(), neighbours: Vec::new(), unusual, missing: None }
    }
}

/// The signals of a change of several files. Files that move together are one signal.
#[must_use]
pub fn signals(files: &[PathHistory<'_>], limits: &StormLimits, now: Timestamp) -> Vec<Signal> {
    let mut found: Vec<Signal> = Vec::new();
    for file in files {
        let returns = Returns::of(file);
        let storm = storm::storm(file, &returns, limits, now);
        let fields = file.values.map(|values| values.fields.as_slice()).unwrap_or_default();
        let ratchets = fields.iter().filter_map(|track| ratchet::ratchet(file, track));
        let flipping = returns.oscillations(file, limits, now);
        storm.into_iter().chain(flipping).chain(ratchets).for_each(|signal| fold(&mut found, signal));
    }
    found.sort_by_key(rank);
    found
}

/// The gravest first.
const fn rank(signal: &Signal) -> u8 {
    match signal {
        Signal::Storm { .. } => 0,
        Signal::Oscillation { .. } => 1,
        Signal::Ratchet { .. } => 2,
        _ => 3,
    }
}

/// Adds a signal of one file, to the one that says the same of others if there is one.
fn fold(found: &mut Vec<Signal>, new: Signal) {
    match found.iter_mut().find(|old| says_the_same(old, &new)) {
        Some(old) => join(old, new),
        None => found.push(new),
    }
}

fn says_the_same(old: &Signal, new: &Signal) -> bool {
    match (old, new) {
        (Signal::Storm { burst: old, .. }, Signal::Storm { burst: new, .. }) => old.same_as(new),
        (Signal::Oscillation { flips: old, .. }, Signal::Oscillation { flips: new, .. }) => {
            old.iter().map(|flip| &flip.event.source).eq(new.iter().map(|flip| &flip.event.source))
        }
        _ => false,
    }
}

fn join(old: &mut Signal, new: Signal) {
    match (old, new) {
        (Signal::Storm { paths, .. }, Signal::Storm { paths: more, .. }) => paths.extend(more),
        (Signal::Oscillation { paths, fields, .. }, Signal::Oscillation { paths: more, fields: also, .. }) => {
            paths.extend(more);
            paths.dedup();
            fields.extend(also);
        }
        _ => {}
    }
}

/// Whether any of these times rests on what a commit says.
#[must_use]
pub fn basis<'a>(events: impl IntoIterator<Item = &'a Event>) -> TimeBasis {
    events.into_iter().map(|event| event.at.basis).max().unwrap_or(TimeBasis::Observed)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod value_tests;
