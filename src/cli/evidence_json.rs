//! The shapes of `evidence` in `show --json` (stable; scripts depend on them).

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::{FileHistory, PastChange};
use crate::evidence::signals::{Event, Flip, Signal, Source};
use crate::model::{IncidentEvidence, Known, Moment, Oid, TimeBasis};

/// What is known about a proposal, kind by kind; each says whether it is known.
#[derive(Debug, Serialize)]
pub struct EvidenceJson<'a> {
    /// What happened the last time somebody touched what it touches.
    pub incidents: &'a IncidentEvidence,
    /// Who changed the files before.
    pub history: Known<HistoryJson<'a>>,
    /// The warnings.
    pub signals: Known<SignalsJson<'a>>,
}

impl<'a> EvidenceJson<'a> {
    /// What went wrong before, and how the files moved.
    #[must_use]
    pub fn new(incidents: &'a IncidentEvidence, past: &'a Known<FileHistory>) -> Self {
        Self {
            incidents,
            history: of(past, |past| HistoryJson {
                missing: past.missing.as_deref(),
                commits: past.changes.iter().map(PastChangeJson::from).collect(),
            }),
            signals: of(past, |past| SignalsJson {
                missing: past.missing.as_deref(),
                signals: past.signals.iter().map(SignalJson::from).collect(),
            }),
        }
    }
}

fn of<'a, T>(past: &'a Known<FileHistory>, make: impl FnOnce(&'a FileHistory) -> T) -> Known<T> {
    match past {
        Known::Known(past) => Known::Known(make(past)),
        Known::Unknown(why) => Known::Unknown(why.clone()),
        Known::Indexing => Known::Indexing,
    }
}

/// Who changed the files before.
#[derive(Debug, Serialize)]
pub struct HistoryJson<'a> {
    /// Why some of it is not known.
    pub missing: Option<&'a str>,
    /// The commits, newest first, bounded.
    pub commits: Vec<PastChangeJson<'a>>,
}

/// A commit that changed a file before.
#[derive(Debug, Serialize)]
pub struct PastChangeJson<'a> {
    /// Its id.
    pub commit: Oid,
    /// Who wrote it, as it says.
    pub author: &'a str,
    /// When, as it says.
    pub date: Timestamp,
    /// Its subject.
    pub subject: &'a str,
    /// Which of the files it changed.
    pub files: &'a [String],
}

impl<'a> From<&'a PastChange> for PastChangeJson<'a> {
    fn from(change: &'a PastChange) -> Self {
        Self {
            commit: change.commit,
            author: &change.author,
            date: change.date,
            subject: &change.subject,
            files: &change.files,
        }
    }
}

/// The warnings.
#[derive(Debug, Serialize)]
pub struct SignalsJson<'a> {
    /// Why some may be missing.
    pub missing: Option<&'a str>,
    /// The warnings.
    pub signals: Vec<SignalJson<'a>>,
}

/// A warning.
#[derive(Debug, Serialize)]
pub struct SignalJson<'a> {
    /// `storm` or `oscillation`.
    pub kind: &'static str,
    /// What it says, in a line.
    pub text: String,
    /// The files, lossily as UTF-8.
    pub paths: Vec<String>,
    /// What its times rest on.
    pub basis: TimeBasis,
    /// A storm's numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateJson>,
    /// Whether the proposal itself goes back to what was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this: Option<bool>,
    /// What it rests on, oldest first, bounded.
    pub events: Vec<EventJson<'a>>,
}

/// How many changes and returns came in which time.
#[derive(Debug, Serialize)]
pub struct RateJson {
    /// The most changes of one file within that time.
    pub commits: usize,
    /// The time, in seconds.
    pub within: i64,
    /// The returns.
    pub flips: usize,
    /// Their time, in seconds.
    pub flips_within: i64,
}

/// A change that landed or is proposed.
#[derive(Debug, Serialize)]
pub struct EventJson<'a> {
    /// When, and what that rests on.
    #[serde(flatten)]
    pub at: Moment,
    /// The commit, if it landed.
    pub commit: Option<Oid>,
    /// The proposal, if it waits.
    pub proposal: Option<&'a str>,
    /// Who wrote it, as it says.
    pub who: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// The blob before; null where the file was not there.
    pub before: Option<Oid>,
    /// The blob after; null where the file is gone.
    pub after: Option<Oid>,
    /// When the content that it goes back to was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Moment>,
}

impl<'a> From<&'a Signal> for SignalJson<'a> {
    fn from(signal: &'a Signal) -> Self {
        let (paths, rate, this, events) = match signal {
            Signal::Storm { paths, burst } => {
                let rate = RateJson {
                    commits: burst.changes,
                    within: burst.within.as_secs(),
                    flips: burst.flips,
                    flips_within: burst.flips_within.as_secs(),
                };
                (paths, Some(rate), None, burst.events.iter().map(|event| EventJson::of(event, None)).collect())
            }
            Signal::Oscillation { paths, flips, this } => {
                let flip = |flip: &'a Flip| EventJson::of(&flip.event, Some(flip.left));
                (paths, None, Some(*this), flips.iter().map(flip).collect())
            }
        };
        Self {
            kind: signal.name(),
            text: signal.sentence(),
            paths: paths.iter().map(ToString::to_string).collect(),
            basis: signal.basis(),
            rate,
            this,
            events,
        }
    }
}

impl<'a> EventJson<'a> {
    fn of(event: &'a Event, left: Option<Moment>) -> Self {
        let (commit, proposal) = match &event.source {
            Source::Landed(commit) => (Some(*commit), None),
            Source::Pending(proposal) => (None, Some(proposal.as_str())),
        };
        Self {
            at: event.at,
            commit,
            proposal,
            who: &event.who,
            subject: &event.subject,
            before: event.before.map(|side| side.oid),
            after: event.after.map(|side| side.oid),
            left,
        }
    }
}
