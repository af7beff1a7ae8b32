//! What a person decides, and what he adds to it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ChangeId;

/// What a person does with a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// Agrees that it lands; merges it where policy is then satisfied.
    Approve,
    /// Refuses it, with feedback, and perhaps a lesson.
    Reject,
    /// Stops it until the person lifts the hold.
    Hold,
    /// Asks the agent something; ends with the next round.
    Ask,
    /// Takes an own reject, hold, ask or approve back.
    Withdraw,
}

impl fmt::Display for DecisionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Hold => "hold",
            Self::Ask => "ask",
            Self::Withdraw => "withdraw",
        })
    }
}

/// Why a proposal is rejected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// There is no problem to solve.
    NotNeeded,
    /// There is one, but this does not solve it.
    #[default]
    WrongFix,
    /// Right, but at another time.
    NotNow,
    /// Against what the team is after.
    OffStrategy,
    /// Dangerous.
    Unsafe,
    /// Another proposal does the same.
    Duplicate,
}

impl ReasonCode {
    /// All of them, in the order of the reject sheet.
    pub const ALL: [Self; 6] =
        [Self::NotNeeded, Self::WrongFix, Self::NotNow, Self::OffStrategy, Self::Unsafe, Self::Duplicate];

    /// The word of the command line and of the ledger.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotNeeded => "not_needed",
            Self::WrongFix => "wrong_fix",
            Self::NotNow => "not_now",
            Self::OffStrategy => "off_strategy",
            Self::Unsafe => "unsafe",
            Self::Duplicate => "duplicate",
        }
    }

    /// Whether such a "no" teaches anything unless the person says so: bad timing and duplicates are about the moment.
    #[must_use]
    pub const fn teaches(self) -> bool {
        !matches!(self, Self::NotNow | Self::Duplicate)
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for ReasonCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|code| code.word() == text)
            .ok_or_else(|| format!("`{text}` is not a reason code; one of {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// What a lesson is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// One file: `file:apps/web/values.yaml`.
    File(String),
    /// A folder glob: `folder:apps/checkout/**`.
    Folder(String),
    /// A field of an object: `field:Deployment shop/checkout spec.replicas`.
    Field(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{path}"),
            Self::Folder(glob) => write!(f, "folder:{glob}"),
            Self::Field(field) => write!(f, "field:{field}"),
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scope = match text.split_once(':') {
            Some(("file", rest)) => Some((Self::File as fn(String) -> Self, rest)),
            Some(("folder", rest)) => Some((Self::Folder as fn(String) -> Self, rest)),
            Some(("field", rest)) => Some((Self::Field as fn(String) -> Self, rest)),
            _ => None,
        };
        match scope {
            Some((make, rest)) if !rest.trim().is_empty() => Ok(make(rest.to_owned())),
            _ => Err(format!("`{text}` is not a scope: write file:PATH, folder:GLOB or field:OBJECT PATH")),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// A lesson as a person drafts it, before the ledger numbers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonDraft {
    /// One imperative, checkable sentence, in the reviewer's words.
    pub text: String,
    /// What it is about.
    pub scope: Scope,
    /// Days until it leaves the memory file.
    pub expires_days: u32,
}

/// Which side of a diff a comment stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentSide {
    /// The text before.
    Old,
    /// The text after.
    New,
}

/// A remark on a line, which travels with a rejection or a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// The path, lossily as UTF-8.
    pub file: String,
    /// The side.
    pub side: CommentSide,
    /// The line, from 1.
    pub line: u32,
    /// What the person says.
    pub text: String,
}

/// A person's answer to one of the five questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not answered.
    #[default]
    Open,
}

/// The five questions of a review.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// Is the change necessary?
    pub necessary: Answer,
    /// Is it the right fix?
    pub right_fix: Answer,
    /// Is it the right time?
    pub right_time: Answer,
    /// Does it fit the strategy?
    pub strategy: Answer,
    /// Is there a way back?
    pub way_back: Answer,
}

/// How much of a change was in frames that a person had before him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Changed lines that were drawn.
    pub drawn: u32,
    /// Changed lines in all.
    pub total: u32,
    /// SHA-256, hexadecimal, over the sorted marks of the drawn lines; see [`crate::diff::seen_mark`].
    pub digest: String,
}

/// Which proposal, in which repository: what tells it from all others of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProposalName {
    /// The repository's name.
    pub repo: String,
    /// The proposal's full name.
    pub proposal: String,
}

/// A proposal exactly as a person saw it; every decision names one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The repository's name here and now. What is kept is kept with its repository, which may have another name next time.
    #[serde(skip)]
    pub repo: String,
    /// The proposal's full name.
    pub proposal: String,
    /// The head that was seen.
    pub head: super::Oid,
    /// The change that was seen; `None` where it does not merge.
    pub change_id: Option<ChangeId>,
}

impl Subject {
    /// Which proposal it is.
    #[must_use]
    pub fn name(&self) -> ProposalName {
        ProposalName { repo: self.repo.clone(), proposal: self.proposal.clone() }
    }
}
