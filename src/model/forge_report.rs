//! What a forge says of a pull request, as evidence: its checks, its reviews, and what was said since the last decision.
//!
//! Everything in it is fit for a terminal and bounded: it is made by [`crate::evidence::forge`], from what others wrote.

use jiff::Timestamp;
use serde::Serialize;

use super::forge::{ChecksState, Mergeable, ReviewState};
use super::{Known, Oid};

/// What a forge says of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForgeReport {
    /// Its page.
    pub url: Option<String>,
    /// Whether its author says that it is not ready; `None` for what is no pull request.
    pub draft: Option<bool>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Whether the forge would merge it; `None` where it did not say.
    pub mergeable: Option<Mergeable>,
    /// The checks of its head.
    pub checks: Known<ChecksReport>,
    /// The reviews.
    pub reviews: Known<Reviews>,
    /// What was said of it and of its lines.
    pub remarks: Known<Remarks>,
    /// What could not be read, or was too much.
    pub problems: Vec<String>,
}

/// How the checks of a head stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChecksReport {
    /// All together.
    #[serde(rename = "checks_state")]
    pub state: ChecksState,
    /// How many there are.
    pub total: usize,
    /// Those that failed, bounded.
    pub failed: Vec<CheckLine>,
    /// How many failed.
    pub failed_total: usize,
    /// Those that have not ended, bounded.
    pub pending: Vec<CheckLine>,
    /// How many have not ended.
    pub pending_total: usize,
    /// Whether there are more than were read.
    pub cut: bool,
}

/// A check that did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckLine {
    /// Its name.
    pub name: String,
    /// The app that made it; `None` for a commit status, which anybody with a token may set.
    pub app: Option<String>,
    /// The forge's word for how it ended.
    pub word: String,
    /// Its one-line summary; empty where it has none.
    pub summary: String,
    /// Where it says more.
    pub url: Option<String>,
}

/// The reviews of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reviews {
    /// The newest, oldest first.
    pub reviews: Vec<ReviewLine>,
    /// How many older ones are left out.
    pub more: usize,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewLine {
    /// The login.
    pub by: String,
    /// Whether that is the agent's, or whoever opened the pull request: it counts for nothing.
    pub own: bool,
    /// What it says.
    pub state: ReviewState,
    /// The commit that it was given on.
    pub commit: Option<Oid>,
    /// Whether that is the head.
    pub of_head: bool,
    /// When.
    pub at: Option<Timestamp>,
    /// Its text, bounded.
    pub text: String,
    /// Its page.
    pub url: Option<String>,
}

/// What was said of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remarks {
    /// The last decision on it in the ledger, since when these are; `None` where there is none, and these are all.
    pub since: Option<Timestamp>,
    /// The agent's first, then those of others, each oldest first.
    pub remarks: Vec<RemarkLine>,
    /// How many older ones are left out.
    pub more: usize,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemarkLine {
    /// The login.
    pub by: String,
    /// Whether that is the agent's, or whoever opened the pull request.
    pub own: bool,
    /// The file that it is about; `None` for the whole.
    pub path: Option<String>,
    /// The line.
    pub line: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// What was said, line by line fit for a terminal, bounded.
    pub text: String,
    /// Whether there was more of it.
    pub cut: bool,
    /// Its page.
    pub url: Option<String>,
}
