//! Why a post was not made, and what to do next: one table from how the pull request stands and what GitHub answered.

use std::fmt;

use super::error::GitHubError;
use super::write::Pull;
use crate::engine::{Act, NextStep, Post};
use crate::model::forge::PullState;

/// Why a post was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// The pull request is the account's own.
    Own,
    /// The account has begun a review on the web page and not submitted it.
    PendingReview,
    /// The head is another than was decided on.
    HeadMoved,
    /// It would land on another branch than was decided on.
    Retargeted,
    /// It conflicts with its target, or may not be merged for a reason that GitHub does not tell.
    NotMergeable,
    /// The target moved while GitHub merged.
    BaseMoved,
    /// Branch protection asks for more reviews.
    ReviewsMissing,
    /// Branch protection asks for checks.
    ChecksMissing,
    /// The branch is merged to through GitHub's merge queue.
    Queue,
    /// The repository does not let pull requests be merged like this.
    Method,
    /// Its author says that it is not ready.
    Draft,
    /// It was closed meanwhile.
    Closed,
    /// It was merged meanwhile, by somebody else.
    Merged,
    /// Nobody may write there any more.
    Archived,
    /// Its conversation is locked.
    Locked,
    /// Remarks are on lines that GitHub does not show.
    Lines,
    /// It is not there, or the token cannot see it.
    NotFound,
    /// The token may not.
    Forbidden,
    /// The token is refused.
    Token,
    /// The token is another account's than the person's who decided.
    OtherAccount,
    /// A limit was met.
    Limited,
    /// There is more to read than is read before writing.
    TooMuch,
    /// GitHub finds something else wrong with it.
    Invalid,
    /// There was no whole answer, and it is not there. It may still come.
    Unanswered,
    /// GitHub does not answer at all.
    Down,
    /// GitHub cannot be asked about this one, so that it is not known whether it was posted.
    Unknown,
    /// What it was ordered for does not hold any more: somebody objects, or took back what allowed it.
    Overtaken,
    /// Whether it still may be made cannot be asked.
    Unheard,
    /// What comes before it was not posted, and will not be.
    Before,
    /// What comes before it is tried again first.
    Waits,
    /// Nobody waits for it any more.
    Stopped,
}

impl Why {
    /// What happened, in words, and what to do next.
    #[must_use]
    pub const fn told(self) -> (&'static str, NextStep) {
        use NextStep::{Again, Approve, Decide, Later, Page, Refresh, Settle, Token};
        match self {
            Self::Own => ("it is this account's own pull request, which GitHub lets nobody review", Page),
            Self::PendingReview => {
                ("a review that was begun on the page is not submitted: submit or discard it", Settle)
            }
            Self::HeadMoved => ("its head is another than was decided on", Refresh),
            Self::Retargeted => ("its target is another than was decided on", Refresh),
            Self::NotMergeable => ("GitHub cannot merge it as it is: it conflicts, or something holds it", Refresh),
            Self::BaseMoved => ("its target moved just then", Again),
            Self::ReviewsMissing => ("the branch asks for more reviews", Approve),
            Self::ChecksMissing => ("the branch asks for checks that have not passed", Approve),
            Self::Queue => ("the branch is merged to through a queue of its own: add it there", Page),
            Self::Method => ("the repository does not let it be merged as policy says", Approve),
            Self::Draft => ("it is a draft: its author says that it is not ready", Refresh),
            Self::Closed => ("it was closed meanwhile", Refresh),
            Self::Merged => ("it was merged meanwhile, and not by this decision", Refresh),
            Self::Archived => ("the repository is archived: nothing can be written to it", Page),
            Self::Locked => ("its conversation is locked", Settle),
            Self::Lines => ("remarks are on lines that GitHub does not show", Page),
            Self::NotFound => ("it is not there, or the token cannot see or change it", Token),
            Self::Forbidden => ("the token may not", Token),
            Self::Token => ("the token is refused", Token),
            Self::OtherAccount => ("the token is of another account than the person's who decided", Token),
            Self::Limited => ("GitHub wants to be left alone", Later),
            Self::TooMuch => ("more was said of it than is read before posting", Page),
            Self::Invalid => ("GitHub does not take it", Page),
            Self::Unanswered => ("no whole answer came, and it is not there; it may still come", Again),
            Self::Down => ("GitHub does not answer", Again),
            Self::Unknown => ("it is not known whether it was posted: GitHub cannot be asked", Again),
            Self::Overtaken => ("it may not be done any more", Refresh),
            Self::Unheard => ("whether it still may be done cannot be asked", Again),
            Self::Before => ("what comes before it was not posted", Decide),
            Self::Waits => ("it waits for what comes before it", Again),
            Self::Stopped => ("it was stopped before it was sent", Again),
        }
    }

    /// Whether what comes after it would fail as well.
    #[must_use]
    pub const fn stops_all(self) -> bool {
        matches!(self, Self::Token | Self::OtherAccount | Self::Limited | Self::Down | Self::Stopped)
    }

    /// Whether what comes after it would fail as well if another pull request is answered the same: what is wrong with one need
    /// not be wrong with all.
    #[must_use]
    pub const fn is_ominous(self) -> bool {
        matches!(self, Self::Unknown | Self::Unheard | Self::Forbidden | Self::NotFound)
    }
}

/// Answers of GitHub: the first line that has the status, and whose words are in what was said, without regard to case.
const ANSWERS: &[(u16, &str, Why)] = &[
    (401, "", Why::Token),
    (403, "archived", Why::Archived),
    // Somebody who is blocked is no conversation that is locked.
    (403, " locked", Why::Locked),
    (403, "", Why::Forbidden),
    (404, "", Why::NotFound),
    (405, "base branch was modified", Why::BaseMoved),
    (405, "status check", Why::ChecksMissing),
    (405, "approving review", Why::ReviewsMissing),
    (405, "changes were requested", Why::ReviewsMissing),
    (405, "code owner", Why::ReviewsMissing),
    (405, "merge queue", Why::Queue),
    (405, "not allowed", Why::Method),
    (405, "draft", Why::Draft),
    (405, "", Why::NotMergeable),
    (409, "head branch was modified", Why::HeadMoved),
    (409, "base branch was modified", Why::BaseMoved),
    (409, "", Why::NotMergeable),
    (410, "", Why::Invalid),
    (422, "own pull request", Why::Own),
    (422, "pending review", Why::PendingReview),
    (422, "not part of the pull request", Why::HeadMoved),
    (422, "commit_id", Why::HeadMoved),
    (422, "head sha", Why::HeadMoved),
    (422, "could not be resolved", Why::Lines),
    (422, "part of the diff", Why::Lines),
    (422, "review thread", Why::Lines),
    (422, " locked", Why::Locked),
    (422, "archived", Why::Archived),
    (422, "draft", Why::Draft),
    (422, "", Why::Invalid),
    (451, "", Why::Invalid),
];

/// A post that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub why: Why,
    /// What GitHub or this host said of it, fit to be shown; empty where the reason says all.
    pub said: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why.told().0)?;
        if self.said.is_empty() { Ok(()) } else { write!(f, " ({})", self.said) }
    }
}

impl std::error::Error for Refused {}

impl From<Why> for Refused {
    fn from(why: Why) -> Self {
        Self { why, said: String::new() }
    }
}

impl From<&GitHubError> for Refused {
    /// What an error before or instead of the write means: nothing was sent, or GitHub refused it.
    fn from(error: &GitHubError) -> Self {
        let why = match error {
            GitHubError::Limited { .. } => Why::Limited,
            GitHubError::Stopped => Why::Stopped,
            error if error.is_down() => Why::Down,
            GitHubError::Host(_) | GitHubError::Token(_) => Why::Token,
            error => error.status().and_then(|status| answered(status, said(error))).unwrap_or(Why::Unknown),
        };
        let told = match error {
            // The reason says all of it.
            GitHubError::Stopped | GitHubError::NotFound { .. } => String::new(),
            GitHubError::Forbidden { why: said, next, .. } if why == Why::Forbidden => format!("{said}; {next}"),
            GitHubError::Forbidden { why, .. } => why.clone(),
            GitHubError::Refused { status, why, .. } => format!("{status}: {why}"),
            error => error.to_string(),
        };
        Self { why, said: told }
    }
}

impl Refused {
    /// What to do next.
    #[must_use]
    pub const fn next(&self) -> NextStep {
        self.why.told().1
    }

    /// The same with what was said of it.
    #[must_use]
    pub fn saying(mut self, said: impl Into<String>) -> Self {
        self.said = said.into();
        self
    }
}

/// What an answer means.
fn answered(status: u16, said: &str) -> Option<Why> {
    let said = said.to_ascii_lowercase();
    ANSWERS.iter().find(|(code, words, _)| *code == status && said.contains(words)).map(|(.., why)| *why)
}

/// GitHub's own words of a refusal.
const fn said(error: &GitHubError) -> &str {
    match error {
        GitHubError::Refused { why, .. }
        | GitHubError::Forbidden { why, .. }
        | GitHubError::Unauthorised { why, .. }
        | GitHubError::Server { why, .. } => why.as_str(),
        _ => "",
    }
}

/// Whether a write whose answer this was may have happened all the same.
pub(super) const fn is_unclear(error: &GitHubError) -> bool {
    matches!(
        error,
        GitHubError::Server { .. }
            | GitHubError::Unreachable { .. }
            | GitHubError::TimedOut { .. }
            | GitHubError::TooLarge { .. }
            | GitHubError::Unreadable { .. }
            | GitHubError::Stopped
    )
}

/// What stands against a post by how the pull request is, before GitHub is asked. An objection is told wherever the head is.
/// Where it would land GitHub pins to nothing, so that the branch is looked at right before.
pub(super) fn by_state(post: &Post, pull: &Pull) -> Option<Why> {
    let (moved, elsewhere) = (pull.head() != Some(post.head), !pull.lands_on(&post.target));
    match (pull.state(), &post.act) {
        (_, Act::Comment { .. }) | (PullState::Open, Act::RequestChanges { .. }) => None,
        (PullState::Merged, _) => Some(Why::Merged),
        (PullState::Closed, _) => Some(Why::Closed),
        (PullState::Open, _) if elsewhere => Some(Why::Retargeted),
        (PullState::Open, _) if moved => Some(Why::HeadMoved),
        (PullState::Open, Act::Merge { .. }) if pull.draft => Some(Why::Draft),
        (PullState::Open, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_blocked_has_met_no_lock() {
        for (status, wanted) in [(403, Why::Forbidden), (422, Why::Invalid)] {
            assert_eq!(answered(status, "User is blocked"), Some(wanted));
            assert_eq!(answered(status, "issue is locked"), Some(Why::Locked));
        }
    }

    #[test]
    fn every_line_of_the_table_can_be_met() {
        for (at, (status, words, why)) in ANSWERS.iter().enumerate() {
            assert_eq!(answered(*status, words), Some(*why), "line {at}");
            assert_eq!(answered(*status, &words.to_ascii_uppercase()), Some(*why), "line {at}");
        }
        assert_eq!((answered(500, ""), answered(418, "own pull request")), (None, None));
    }
}
