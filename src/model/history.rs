//! What landed before: commits of the target's history and the paths that they changed.

use std::sync::Arc;

use bstr::BString;
use jiff::Timestamp;
use serde::Serialize;

use super::{Contributor, Oid, Side, UndoneBy};

/// A commit of the target's history. Names, subject and both of its own dates are whatever its maker wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCommit {
    /// Its id.
    pub oid: Oid,
    /// Who wrote it, as it says; lossily as UTF-8, bounded.
    pub author: Contributor,
    /// When it was written, as it says; `None` where its date cannot be read.
    pub authored: Option<Timestamp>,
    /// When it was made, as it says; `None` where its date cannot be read.
    pub committed: Option<Timestamp>,
    /// When it came to the target, as far as that was watched.
    pub seen: SeenBetween,
    /// Its subject, lossily as UTF-8, bounded.
    pub subject: String,
    /// What it takes back, if it says so.
    pub undoes: Option<Undoing>,
    /// How many parents it has; more than one is a merge.
    pub parents: u32,
    /// Whether it is on the target's first-parent chain: then its changes are how the target itself moved.
    pub mainline: bool,
    /// Which commit of the first-parent chain brought it, counted from the oldest that is known. Order by this: dates lie.
    pub place: u64,
}

impl PastCommit {
    /// When it came to the target: its own date, held within what was observed.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.seen.held(self.committed.or(self.authored).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

impl SeenBetween {
    /// A date that somebody wrote, held within what was observed.
    #[must_use]
    pub fn held(self, said: Timestamp) -> Moment {
        let Self { after, until } = self;
        match until {
            None => Moment { at: said, basis: TimeBasis::CommitDate },
            Some(until) => Moment {
                at: said.min(until).max(after.unwrap_or(Timestamp::MIN)),
                basis: if after.is_some() { TimeBasis::Observed } else { TimeBasis::CommitDate },
            },
        }
    }
}

/// The two looks at the target between which a commit came to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeenBetween {
    /// The last look that did not show it; `None` where nobody looked before.
    pub after: Option<Timestamp>,
    /// The first look that showed it; `None` where nobody looked since.
    pub until: Option<Timestamp>,
}

/// What a time rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeBasis {
    /// It lies between two looks at the target.
    Observed,
    /// A commit says so, and its maker chose what it says.
    CommitDate,
}

/// A time and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment {
    /// The time.
    pub at: Timestamp,
    /// What it rests on.
    pub basis: TimeBasis,
}

/// What a commit says that it takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undoing {
    /// The commit whose id begins so.
    Commit(String),
    /// The commit with this subject, without the number of its pull request.
    Subject(String),
    /// The commit that brought the pull request with this number.
    Request(String),
    /// Something.
    Unnamed,
}

impl Undoing {
    /// By what the commit is known that is taken back.
    #[must_use]
    pub const fn by(&self) -> Option<UndoneBy> {
        match self {
            Self::Commit(_) => Some(UndoneBy::Id),
            Self::Subject(_) => Some(UndoneBy::Title),
            Self::Request(_) => Some(UndoneBy::Request),
            Self::Unnamed => None,
        }
    }
}

/// A path that a commit changed, against its first parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastTouch {
    /// The path, as the bytes that git has.
    pub path: BString,
    /// The commit.
    pub commit: Arc<PastCommit>,
    /// Before; `None` where the path was not there.
    pub before: Option<Side>,
    /// After; `None` where the path is gone.
    pub after: Option<Side>,
}

/// How much of the target's history is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The target's tip up to which it is known.
    pub tip: Oid,
    /// Commits that are known.
    pub commits: u64,
    /// Why there is history that is not known; `None` where all of it is.
    pub missing: Option<String>,
}
