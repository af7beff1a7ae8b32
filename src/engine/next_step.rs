//! What a person can do about a post that a forge did not take.

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// Read the proposal anew, and decide on what it is now.
    Refresh,
    /// Nothing: it is tried again, and what is there already is found first.
    Again,
    /// Nothing before the time has come; then it is tried again.
    Later,
    /// Go on with the pull request's page.
    Page,
    /// Go on with the pull request's page; then it is tried again.
    Settle,
    /// Change the token, or what it may do; then it is tried again.
    Token,
    /// Approve again once what it waits for is there.
    Approve,
    /// Look at what came of it instead.
    Verify,
    /// Decide again once what is in the way is settled.
    Decide,
}

impl NextStep {
    /// What to do, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Refresh => "read it anew, and decide on what it is now",
            Self::Again => "the next console or deciding command tries it again by itself",
            Self::Later => "the next console or deciding command after that tries it again by itself",
            Self::Page => "settle it on the pull request's page",
            Self::Settle => "settle it on the pull request's page; then it is tried again by itself",
            Self::Token => "mend the token, as `countersign doctor` says; then it is tried again by itself",
            Self::Approve => "approve it again once that is settled",
            Self::Verify => "see `countersign ledger verify`, and revert it if it should not be there",
            Self::Decide => "decide again once that is settled",
        }
    }

    /// Whether it is tried again by itself.
    #[must_use]
    pub const fn is_by_itself(self) -> bool {
        matches!(self, Self::Again | Self::Later | Self::Settle | Self::Token)
    }
}
