//! A proposal: one pending change by an agent, and how it stands.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::forge::{PullRequest, RepoName};
use super::{Findings, Known, LineStats, Oid, ProposalName, Ruling, Subject, TreeDiff, WebAddress};

/// Where a proposal wants to land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The full name: `refs/heads/main`.
    #[serde(rename = "ref")]
    pub refname: String,
    /// Its tip when the proposal was read.
    pub tip: Oid,
}

impl Target {
    /// The branch name without `refs/heads/`.
    #[must_use]
    pub fn branch(&self) -> &str {
        self.refname.strip_prefix("refs/heads/").unwrap_or(&self.refname)
    }
}

/// An author or committer of a proposal's own commits: strings that the agent chose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contributor {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// What merging a proposal into its target gives, computed hermetically.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Landing {
    /// It merges cleanly into this difference.
    Clean(Arc<TreeDiff>),
    /// It needs a rebase, and why: conflicting paths, several merge bases, none.
    NeedsRebase(String),
    /// Its result equals the target's tree: it has landed already.
    Landed,
    /// Its objects could not be read.
    Unreadable(String),
}

/// What a change does, read from its fields; both texts are fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// `checkout: memory limit 4Gi → 2Gi (-50 %)`.
    pub headline: String,
    /// What it has in common with others that do the same kind of thing: `image tag, patch version up`.
    pub shape: String,
    /// Whether all of the change is in its shape: every line is explained, and every kind is named.
    pub whole: bool,
}

impl Words {
    /// The shape, where it says all that others of the same shape do.
    #[must_use]
    pub fn common(&self) -> Option<&str> {
        self.whole.then_some(self.shape.as_str())
    }
}

/// One pending change by an agent: a branch with a target. Immutable once read; text is the agent's, as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The full name: the branch (`agent/infra/0001`), or the number of a pull request (`#12`). With `repo` it is unique.
    pub id: String,
    /// The repository's name, so that several can make one queue.
    pub repo: String,
    /// The agent's name by the shape of the branch; policy may know a better one.
    pub agent: String,
    /// The subject of the head commit, or the title of a pull request: a claim.
    pub title: String,
    /// The messages of the proposal's own commits, oldest first, bounded.
    pub messages: Vec<String>,
    /// The git note under `refs/notes/reasoning` on the head.
    pub note: Option<String>,
    /// The pull request that it is, as the forge tells it: description, labels, who opened it.
    #[serde(default)]
    pub pull: Option<Arc<PullRequest>>,
    /// Authors and committers of the proposal's own commits, each once.
    pub contributors: Vec<Contributor>,
    /// The author of the head commit, who becomes the author of a squash.
    pub author: Contributor,
    /// Where it wants to land.
    pub target: Target,
    /// The one merge base; `None` where there is none, or several.
    pub base: Option<Oid>,
    /// The head.
    pub head: Oid,
    /// What merging it gives.
    pub landing: Landing,
    /// Lines, counted over the rows shown. `None` while they have not been counted.
    pub stats: Option<LineStats>,
    /// What it does in words; `None` where its fields have not been read, or say nothing.
    pub words: Option<Words>,
    /// When its first own commit says it was made (an agent's claim).
    pub created: Timestamp,
    /// When its head says it was made (an agent's claim).
    pub updated: Timestamp,
}

impl Proposal {
    /// What tells it from all others of a queue.
    #[must_use]
    pub fn name(&self) -> ProposalName {
        ProposalName { repo: self.repo.clone(), proposal: self.id.clone() }
    }

    /// The proposal as it is: what a decision about it names.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let change_id = self.diff().map(|diff| diff.change_id);
        Subject { repo: self.repo.clone(), proposal: self.id.clone(), head: self.head, change_id }
    }

    /// The branch that holds it. That of a fork has its owner before it, so that nobody's fork passes for a branch of the
    /// repository.
    #[must_use]
    pub fn branch(&self) -> Cow<'_, str> {
        match &self.pull {
            None => Cow::Borrowed(&self.id),
            Some(pull) if !pull.from_fork() => Cow::Borrowed(&pull.head.branch),
            Some(pull) => {
                let owner = pull.head.repo.as_ref().map_or("ghost", RepoName::owner);
                Cow::Owned(format!("{owner}:{}", pull.head.branch))
            }
        }
    }

    /// Its page on the forge, where it has one.
    #[must_use]
    pub fn page(&self) -> Option<WebAddress> {
        self.pull.as_ref().and_then(|pull| WebAddress::parse(pull.url.as_deref()?))
    }

    /// What the agent says beside its commits: the description of a pull request.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.pull.as_ref().map(|pull| pull.body.as_str()).filter(|body| !body.trim().is_empty())
    }

    /// The difference that would land, where it merges.
    #[must_use]
    pub fn diff(&self) -> Option<&Arc<TreeDiff>> {
        match &self.landing {
            Landing::Clean(diff) => Some(diff),
            _ => None,
        }
    }
}

/// How far a repository has adopted the product; on the top line at all times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// No genesis: needs nothing, writes nothing.
    Look,
    /// Decisions are signed into the ledger.
    Record,
    /// A gate refuses what has no recorded approval.
    Enforce,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Look => "look",
            Self::Record => "record",
            Self::Enforce => "enforce",
        })
    }
}

/// The state of a proposal, stable for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Needs people.
    Pending,
    /// May merge now, and nobody has merged it yet.
    Ready,
    /// Allowed at a time that is given.
    Waiting,
    /// A person asked the agent something about this round.
    Asked,
    /// A person holds it.
    Held,
    /// This round was rejected.
    Rejected,
    /// Policy, an error or the scope stops it.
    Blocked,
    /// It needs a rebase.
    Conflict,
    /// Given back to the agent by policy.
    Returned,
    /// A decision on it lies in the outbox.
    Unsent,
    /// It has landed.
    Merged,
    /// It has landed and its verification is not done.
    Unverified,
    /// It landed and was reverted.
    Reverted,
}

impl State {
    /// Whether a proposal in this state belongs into the queue; the others show in `list --all`.
    #[must_use]
    pub const fn open(self) -> bool {
        !matches!(self, Self::Rejected | Self::Merged | Self::Reverted)
    }

    /// The word of screens and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Asked => "asked",
            Self::Held => "held",
            Self::Rejected => "rejected",
            Self::Blocked => "blocked",
            Self::Conflict => "conflict",
            Self::Returned => "returned",
            Self::Unsent => "unsent",
            Self::Merged => "merged",
            Self::Unverified => "unverified",
            Self::Reverted => "reverted",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How a proposal stands: what ledger and policy say of its present round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The agent, as policy names it.
    pub agent: String,
    /// 1 + the distinct earlier (head, change id) of its name in the ledger.
    pub round: usize,
    /// Its state.
    pub state: State,
    /// Until when it waits.
    pub until: Option<Timestamp>,
    /// Low, and neither policy nor ledger has anything against merging it unseen.
    pub harmless: bool,
    /// Harmless, and what was found has nothing against it either; not before it was looked for.
    pub clean: bool,
    /// Why it is not clean, or held, or asked: a few words, empty for a clean one.
    pub note: String,
    /// What of required checks is not green, in a few words each.
    pub checks: Known<Vec<String>>,
    /// The ruling.
    pub ruling: Ruling,
}

impl Standing {
    /// Whether all required checks are known to be green; they are where none is required.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.checks.found().is_some_and(Vec::is_empty)
    }
}

/// A proposal in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The proposal.
    pub proposal: Arc<Proposal>,
    /// How it stands.
    pub standing: Standing,
    /// What it does, in our words, from the tree diff.
    pub summary: String,
    /// What was found about it; `None` where that was not looked for yet.
    pub findings: Option<Arc<Findings>>,
    /// How the checks of its head stand, in a line fit for a terminal; `None` where that is not known.
    pub checks: Option<String>,
}

/// Something that went wrong beside the main thing: where, what, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A file, branch, entry or pane.
    #[serde(rename = "where")]
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do next.
    pub next: String,
}
