//! What policy is asked about: one round of one proposal, as objects and ledger show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::forge::Checks;
use crate::model::{Contributor, DecisionKind, EntryId, FileChange, Known, Oid, Stage};

/// A person's yes to this round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The person, by the policy's name.
    pub person: String,
    /// Where it was given.
    pub given: Given,
}

/// Where an approval was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A signature under this round, as the ledger found it valid: it binds this target, head and change.
    Ledger {
        /// The entry that holds it; `None` for one that is being planned.
        entry: Option<EntryId>,
        /// Whether a finger was on a hardware key.
        touch: bool,
    },
    /// A review of exactly this head on GitHub.
    GitHub(Reviewed),
}

/// A review on GitHub that is a person's word: whoever relies on it states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    /// The person, by the policy's name.
    pub person: String,
    /// The login that it was given by.
    pub login: String,
    /// The commit that it was given on.
    pub commit: Oid,
    /// When it was submitted, as GitHub says.
    pub at: Timestamp,
}

impl Approval {
    /// The approval that a person is about to give.
    #[must_use]
    pub fn planned(person: &str, touch: bool) -> Self {
        Self { person: person.to_owned(), given: Given::Ledger { entry: None, touch } }
    }

    /// An approval that an entry of the ledger holds.
    #[must_use]
    pub fn signed(person: &str, entry: EntryId, touch: bool) -> Self {
        Self { person: person.to_owned(), given: Given::Ledger { entry: Some(entry), touch } }
    }

    /// An approval that was given on GitHub.
    #[must_use]
    pub fn reviewed(reviewed: Reviewed) -> Self {
        Self { person: reviewed.person.clone(), given: Given::GitHub(reviewed) }
    }

    /// The entry that holds it.
    #[must_use]
    pub const fn entry(&self) -> Option<EntryId> {
        match self.given {
            Given::Ledger { entry, .. } => entry,
            Given::GitHub(_) => None,
        }
    }

    /// Whether a finger was on a hardware key.
    #[must_use]
    pub const fn touched(&self) -> bool {
        matches!(self.given, Given::Ledger { touch: true, .. })
    }

    /// The review that it is, where it was given on GitHub.
    #[must_use]
    pub const fn review(&self) -> Option<&Reviewed> {
        match &self.given {
            Given::Ledger { .. } => None,
            Given::GitHub(reviewed) => Some(reviewed),
        }
    }
}

/// A reject, hold or ask that nobody has lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Reject, hold or ask.
    pub kind: DecisionKind,
    /// The person, by the policy's name.
    pub person: String,
    /// The entry that holds it; `None` for a review on GitHub.
    pub entry: Option<EntryId>,
}

/// What a forge says of the checks of a round at this moment. It can stand against a round, and lowers nothing.
#[derive(Debug, Clone, Copy)]
pub struct CheckFacts<'a> {
    /// The names that the forge itself asks for where it wants to land.
    pub asked: &'a Known<Vec<String>>,
    /// The checks of its head.
    pub of_head: &'a Known<Checks>,
}

/// The facts of a round. All but the checks, and what persons say on GitHub where policy lets that count, come from objects and the
/// ledger, none from an index or the network.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// How far the repository has adopted the product.
    pub stage: Stage,
    /// The proposal's name: its branch, or the number of a pull request.
    pub proposal: &'a str,
    /// The branch that holds it, where that is not its name.
    pub branch: Option<&'a str>,
    /// The full name of the ref where it wants to land.
    pub target: &'a str,
    /// What would land; `None` where it does not merge.
    pub changes: Option<&'a [FileChange]>,
    /// Authors and committers of its own commits.
    pub contributors: &'a [Contributor],
    /// The login that opened it on a forge. It only tightens: what is known of it is no part of what can be verified later.
    pub opener: Option<&'a str>,
    /// The messages of its own commits.
    pub messages: &'a [String],
    /// The approvals of this round.
    pub approvals: &'a [Approval],
    /// The objections that stand against it.
    pub objections: &'a [Objection],
    /// Whether GitHub did not tell what persons say there, where policy lets that count: somebody may object.
    pub unheard: bool,
    /// Whether an earlier round of this name was rejected or held: it merges only with a person's new approval.
    pub repeat: bool,
    /// The checks; `None` where they are beside the point: what has landed is past them.
    pub checks: Option<CheckFacts<'a>>,
}

/// The most trailers that are read from one proposal; a real one has a handful for each commit.
const MAX_TRAILERS: usize = 1024;
/// The longest trailer that is read, in bytes.
const MAX_TRAILER: usize = 1024;

/// The `Name: value` lines of whole messages, in order.
///
/// Squashed messages repeat trailers in their middle, so every line counts but the first. What only looks like a trailer
/// (`https://…`, `fix: …`) is left out: a name has a hyphen or starts with a capital.
#[must_use]
pub fn trailers<S: AsRef<str>>(messages: &[S]) -> Vec<(String, String)> {
    let lines = messages.iter().flat_map(|message| message.as_ref().lines().skip(1));
    lines.filter(|line| line.len() <= MAX_TRAILER).filter_map(trailer).take(MAX_TRAILERS).collect()
}

fn trailer(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let (name, value) = (name.trim_end(), value.trim());
    let word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let named = name.starts_with(|c: char| c.is_ascii_uppercase())
        || name.contains('-') && name.starts_with(|c: char| c.is_ascii_alphabetic());
    (word && named && !value.is_empty() && !value.starts_with("//")).then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_found_in_the_whole_message() {
        let message = "feat: one\n\n* feat: two\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n---------\n\n\
                       Assisted-by: Claude:claude-opus-4-8 coccinelle\nhttps://example.com/x\nfix: not this\n\
                       Signed-off-by : Ann <ann@corp.example>\r\nlower-case: yes\nEmpty-One:\nTwo words: no\n";
        let found: Vec<String> = trailers(&[message]).into_iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(
            found,
            [
                "Co-authored-by=Claude <noreply@anthropic.com>",
                "Assisted-by=Claude:claude-opus-4-8 coccinelle",
                "Signed-off-by=Ann <ann@corp.example>",
                "lower-case=yes",
            ]
        );
    }

    #[test]
    fn the_subject_is_no_trailer() {
        assert_eq!(trailers(&["Revert-This: now"]), []);
    }

    #[test]
    fn what_is_read_is_bounded() {
        let line = "A-B: c\n".repeat(5000);
        assert_eq!(trailers(&[format!("s\n\n{line}")]).len(), MAX_TRAILERS);
        assert_eq!(trailers(&[format!("s\nA-B: {}", "x".repeat(5000))]), []);
    }
}
