//! What can go wrong with GitHub: what happened, why, and what to do next.

use jiff::Timestamp;

use super::answer::Answer;
use super::host::{Host, HostError};
use super::limits::Limit;
use super::token::{Token, TokenError};
use crate::model::text::{single_line, truncate};

/// What a token needs, where the answer does not say.
pub(super) const ACCESS: &str = "give it access to this repository, to pull requests, checks and contents";
/// Columns of somebody else's words that are kept.
const WORDS: usize = 300;

/// Why an answer was not had, or what it refused. Words of others are printable, bounded, and without the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// The address is none.
    #[error(transparent)]
    Host(#[from] HostError),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The connection could not be made ready.
    #[error("the connection to {host} cannot be set up: {why}")]
    Setup {
        /// The host.
        host: String,
        /// What is in the way.
        why: String,
    },
    /// Nobody is to be asked.
    #[error("--offline asks nobody")]
    Silent,
    /// 401: the token is refused.
    #[error("{host} refused the token from {place} ({why}): it may have expired or been revoked; {next}")]
    Unauthorised {
        /// The host.
        host: String,
        /// Where the token was found.
        place: String,
        /// What it said.
        why: String,
        /// How to renew it.
        next: String,
    },
    /// 403: the organisation wants the token authorised.
    #[error("{what}: the organisation wants the token from {place} authorised for single sign-on; open {url}")]
    SingleSignOn {
        /// What was asked for.
        what: String,
        /// Where the token was found.
        place: String,
        /// Where to authorise it.
        url: String,
    },
    /// 403: the token may not.
    #[error("{what}: the token from {place} may not ({why}); {next}")]
    Forbidden {
        /// What was asked for.
        what: String,
        /// Where the token was found.
        place: String,
        /// What it said.
        why: String,
        /// What the token needs.
        next: String,
    },
    /// 404: it is not there, or the token cannot see it: GitHub answers the same.
    #[error(
        "{what}: not found, or the token from {place} cannot see it; check the name, and that the token has access"
    )]
    NotFound {
        /// What was asked for.
        what: String,
        /// Where the token was found.
        place: String,
    },
    /// A limit was met; nothing of its kind is sent before then.
    #[error("{}", limited(*limit, *until))]
    Limited {
        /// Which.
        limit: Limit,
        /// Until when nothing is asked.
        until: Timestamp,
    },
    /// Any other refusal: 405, 409, 410, 422, 451.
    #[error("{what}: {host} refused with {status}: {why}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The host.
        host: String,
        /// The status.
        status: u16,
        /// What it said.
        why: String,
    },
    /// It failed, also when it was asked again.
    #[error(
        "{what}: {host} failed with {status} ({why}); try again later, https://www.githubstatus.com says how it is"
    )]
    Server {
        /// What was asked for.
        what: String,
        /// The host.
        host: String,
        /// The status.
        status: u16,
        /// What it said.
        why: String,
    },
    /// No connection, or one that broke.
    #[error("{host} cannot be reached: {why}; check the network and HTTPS_PROXY, and try again")]
    Unreachable {
        /// The host.
        host: String,
        /// What happened.
        why: String,
        /// Whether an answer had begun to come.
        began: bool,
    },
    /// No whole answer in time.
    #[error("{host} did not answer within {seconds} s; try again")]
    TimedOut {
        /// The host.
        host: String,
        /// The limit.
        seconds: u64,
    },
    /// More than is read.
    #[error("{what}: the answer is larger than {mib} MiB and was not read")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// The limit.
        mib: usize,
    },
    /// It is not what GitHub's documents say.
    #[error("{what}: the answer cannot be read ({why}); something between here and {host} may have answered instead")]
    Unreadable {
        /// What was asked for.
        what: String,
        /// The host.
        host: String,
        /// Where it is wrong.
        why: String,
    },
    /// GraphQL's own errors, in an answer that is otherwise fine.
    #[error("{what}: {host} answered: {why}; try again later")]
    Query {
        /// What was asked for.
        what: String,
        /// The host.
        host: String,
        /// What it said.
        why: String,
    },
    /// GraphQL does not know what is asked for: a server of another version.
    #[error("{what}: {host} does not understand the question: {why}")]
    Unknown {
        /// What was asked for.
        what: String,
        /// The host.
        host: String,
        /// What it said.
        why: String,
    },
    /// Nobody wants the answer any more.
    #[error("the question was taken back")]
    Stopped,
}

impl GitHubError {
    /// Whether nothing came back at all.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        matches!(self, Self::Unreachable { began: false, .. } | Self::TimedOut { .. })
    }

    /// Whether trying again later, with nothing changed here, may help.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Limited { .. }
                | Self::Server { .. }
                | Self::Unreachable { .. }
                | Self::TimedOut { .. }
                | Self::Query { .. }
                | Self::Stopped
        )
    }

    /// The status of a refusal, by which decisions tell what to say.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Unauthorised { .. } => Some(401),
            Self::SingleSignOn { .. } | Self::Forbidden { .. } => Some(403),
            Self::NotFound { .. } => Some(404),
            Self::Refused { status, .. } | Self::Server { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What a refusing answer means. `what` was asked for, in words.
    pub(super) fn of(answer: &Answer, what: &str, host: &Host, token: &Token) -> Self {
        let (what, place, name) = (what.to_owned(), token.source.to_string(), host.name().to_owned());
        let why = words(&answer.message(), token);
        match answer.status {
            401 => Self::Unauthorised { host: name, place, why, next: token.source.renewal(host) },
            403 => match answer.single_sign_on() {
                Some(url) => Self::SingleSignOn { what, place, url: words(url, token) },
                None => Self::Forbidden { what, place, why, next: words(&needs(answer), token) },
            },
            404 => Self::NotFound { what, place },
            status @ 500.. => Self::Server { what, host: name, status, why },
            status => Self::Refused { what, host: name, status, why },
        }
    }
}

/// What others said, fit to be shown.
pub(super) fn words(text: &str, token: &Token) -> String {
    // Blotted out first: cut in two, a token would not be found.
    let text = token.secret.redact(text);
    let start: String = text.chars().take(WORDS * 4).collect();
    truncate(&single_line(&start), WORDS).into_owned()
}

/// What a token would need, as the answer's headers tell it.
fn needs(answer: &Answer) -> String {
    let header = |name| answer.header(name).map(str::trim).filter(|value| !value.is_empty());
    if let Some(permissions) = header("x-accepted-github-permissions") {
        return format!("it needs the permissions {permissions}");
    }
    match (header("x-accepted-oauth-scopes"), header("x-oauth-scopes")) {
        (Some(wanted), had) => format!("it needs the scope {wanted}, and has {}", had.unwrap_or("none")),
        (None, _) => ACCESS.to_owned(),
    }
}

fn limited(limit: Limit, until: Timestamp) -> String {
    let time = until.strftime("%H:%M:%S UTC");
    match limit {
        Limit::Primary => format!("GitHub's budget of requests is used up: nothing is asked until {time}"),
        Limit::Secondary => format!("GitHub asks to be left alone for a while: nothing is sent until {time}"),
    }
}
