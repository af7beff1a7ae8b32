//! The shapes of `--json` (stable; scripts depend on them).

use jiff::Timestamp;
use serde::Serialize;

use super::evidence_json::EvidenceJson;
use crate::evidence::signals::TargetWatch;
use crate::model::{
    ChangeId, FileChange, Known, Landing, LineStats, Oid, Problem, Queued, Reasoning, Ruling, State, Target, Tier,
};

/// `list --json`.
#[derive(Debug, Serialize)]
pub struct ListDocument<'a> {
    /// The proposals, what should be looked at first first.
    pub proposals: Vec<ProposalJson<'a>>,
    /// What could not be read.
    pub problems: &'a [Problem],
    /// What came to the target and was not recorded; `indexing` where the history has not been indexed yet.
    pub watch: Known<TargetWatch>,
}

/// A proposal.
#[derive(Debug, Serialize)]
pub struct ProposalJson<'a> {
    /// The full name.
    pub id: &'a str,
    /// The repository.
    pub repo: &'a str,
    /// Its page on the forge; null for a branch.
    pub url: Option<String>,
    /// The agent: policy's name, else the name in the branch.
    pub agent: &'a str,
    /// The agent's claim.
    pub title: &'a str,
    /// Our words.
    pub summary: &'a str,
    /// What it has in common with others that do the same kind of thing; null where its fields say nothing.
    pub shape: Option<&'a str>,
    /// Where it lands.
    pub target: &'a Target,
    /// The merge base.
    pub base: Option<Oid>,
    /// The head.
    pub head: Oid,
    /// The merged tree, which is the target's where it has landed; null on conflict.
    pub result: Option<Oid>,
    /// The identity of the change; null on conflict.
    pub change_id: Option<ChangeId>,
    /// The round, from 1.
    pub round: usize,
    /// The state.
    pub state: State,
    /// Until when it waits.
    pub until: Option<Timestamp>,
    /// The tier.
    pub tier: Tier,
    /// Whether it joins a batch unasked.
    pub clean: bool,
    /// Changed files.
    pub files: usize,
    /// Added lines.
    pub additions: u32,
    /// Deleted lines.
    pub deletions: u32,
    /// When its first commit says it was made.
    pub created: Timestamp,
    /// When its head says it was made.
    pub updated: Timestamp,
    /// What policy says.
    pub ruling: &'a Ruling,
}

impl<'a> ProposalJson<'a> {
    /// A proposal; `target_tree` is that of the target's tip, which is what merging one that has landed gives.
    #[must_use]
    pub fn new(queued: &'a Queued, target_tree: Option<Oid>) -> Self {
        let (proposal, standing) = (&queued.proposal, &queued.standing);
        let diff = proposal.diff();
        let stats = proposal.stats.unwrap_or_default();
        let result = match &proposal.landing {
            Landing::Clean(diff) => Some(diff.new),
            Landing::Landed => target_tree,
            Landing::NeedsRebase(_) | Landing::Unreadable(_) => None,
        };
        Self {
            id: &proposal.id,
            repo: &proposal.repo,
            url: proposal.page().map(|page| page.to_string()),
            agent: &standing.agent,
            title: &proposal.title,
            summary: &queued.summary,
            shape: proposal.words.as_ref().map(|words| words.shape.as_str()),
            target: &proposal.target,
            base: proposal.base,
            head: proposal.head,
            result,
            change_id: diff.map(|diff| diff.change_id),
            round: standing.round,
            state: standing.state,
            until: standing.until,
            tier: standing.ruling.tier,
            clean: standing.clean,
            files: diff.map_or(0, |diff| diff.files.len()),
            additions: stats.additions,
            deletions: stats.deletions,
            created: proposal.created,
            updated: proposal.updated,
            ruling: &standing.ruling,
        }
    }
}

/// `show --json`.
#[derive(Debug, Serialize)]
pub struct ShowDocument<'a> {
    /// The proposal.
    #[serde(flatten)]
    pub proposal: ProposalJson<'a>,
    /// What the agent says.
    pub reasoning: &'a Reasoning,
    /// Its files.
    pub changes: Vec<ChangeJson>,
    /// What is known about it.
    pub evidence: EvidenceJson<'a>,
    /// What could not be read.
    pub problems: &'a [Problem],
}

/// A changed path.
#[derive(Debug, Serialize)]
pub struct ChangeJson {
    /// The path, lossily as UTF-8.
    pub path: String,
    /// `added`, `deleted` or `modified`.
    pub status: &'static str,
    /// The octal mode before.
    pub old_mode: Option<&'static str>,
    /// The octal mode after.
    pub new_mode: Option<&'static str>,
    /// The blob before.
    pub old: Option<Oid>,
    /// The blob after.
    pub new: Option<Oid>,
    /// Its lines.
    #[serde(flatten)]
    pub stats: LineStats,
}

impl ChangeJson {
    /// A changed path with its line counts.
    #[must_use]
    pub fn new(change: &FileChange, stats: LineStats) -> Self {
        let status = match (change.old, change.new) {
            (None, _) => "added",
            (_, None) => "deleted",
            _ => "modified",
        };
        Self {
            path: change.path.to_string(),
            status,
            old_mode: change.old.map(|side| side.mode.octal()),
            new_mode: change.new.map(|side| side.mode.octal()),
            old: change.old.map(|side| side.oid),
            new: change.new.map(|side| side.oid),
            stats,
        }
    }
}
