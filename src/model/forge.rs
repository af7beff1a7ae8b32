//! Pull requests of a forge, and what people and programs said of them: as the forge tells it.
//!
//! Text is as it came, bounded where it was read, and hostile: [`text`](super::text) makes it fit to be shown. What the forge did
//! not tell is `None`, and none of it is a ground to lower a tier.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{EntryId, Oid};

/// A repository on a forge: `owner/name`. Both parts are of the characters that forges allow, so that it can be shown, and
/// put into an address and a file name, as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoName {
    owner: String,
    name: String,
}

/// Says that a text is not `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a repository: write owner/name")]
pub struct ParseRepoError(String);

/// Characters of an owner or of a name (GitHub: 39 and 100).
const NAME_LENGTH: usize = 100;

impl RepoName {
    /// Who has it: a user or an organisation.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name there.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for RepoName {
    type Err = ParseRepoError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fit = |part: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=NAME_LENGTH).contains(&part.len()) && part.bytes().all(allowed) && part != "." && part != ".."
        };
        match text.split_once('/') {
            Some((owner, name)) if fit(owner) && fit(name) => Ok(Self { owner: owner.into(), name: name.into() }),
            _ => Err(ParseRepoError(super::text::single_line(&text.chars().take(200).collect::<String>()))),
        }
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl Serialize for RepoName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RepoName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A person's, or a program's that says it is one.
    User,
    /// An app's: its login ends with `[bot]`.
    App,
    /// Anything else, a deleted account too.
    Other,
}

/// Who did something on a forge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// The login, as the forge's pages show it: `maria-k`, `renovate[bot]`, `ghost` for a deleted one.
    pub login: String,
    /// What it is.
    pub kind: AccountKind,
}

/// How far a pull request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    /// It waits.
    Open,
    /// It was closed without a merge.
    Closed,
    /// It was merged.
    Merged,
}

/// Whether a forge says that a pull request merges cleanly. What lands is computed from git's objects; this only says what the
/// forge's own merge would answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mergeable {
    /// It does.
    Clean,
    /// It conflicts.
    Conflict,
    /// The forge has not found out yet.
    Computing,
}

/// What a forge's branch protection says of the reviews of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewDecision {
    /// Enough people approved.
    Approved,
    /// Somebody wants changes.
    ChangesRequested,
    /// Reviews are required, and missing.
    Required,
    /// No review is required.
    NoneRequired,
}

/// One end of a pull request: a branch at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullEnd {
    /// The branch's name without `refs/heads/`; a well-formed one.
    pub branch: String,
    /// Where it was when the forge was asked.
    pub oid: Oid,
    /// The repository that has it; `None` for a fork that was deleted.
    pub repo: Option<RepoName>,
}

/// A pull request, as a forge lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// The repository that it was opened in.
    pub repo: RepoName,
    /// Its number there.
    pub number: u64,
    /// The forge's own id of it; empty where it gives none.
    pub node_id: String,
    /// The title.
    pub title: String,
    /// The description: the agent's reasoning is here.
    pub body: String,
    /// Whether the description was longer than is kept.
    pub body_cut: bool,
    /// Who opened it.
    pub author: Account,
    /// What is proposed.
    pub head: PullEnd,
    /// Where it wants to land.
    pub base: PullEnd,
    /// Whether its author says that it is not ready.
    pub draft: bool,
    /// How far it is.
    pub state: PullState,
    /// Its labels.
    pub labels: Vec<String>,
    /// When it was opened.
    pub created: Timestamp,
    /// When anything of it changed last.
    pub updated: Timestamp,
    /// Whether the forge would merge it; `None` where it did not say.
    pub mergeable: Option<Mergeable>,
    /// What branch protection says of its reviews; `None` where it did not say.
    pub review: Option<ReviewDecision>,
    /// Comments of all kinds; `None` where it did not say.
    pub comments: Option<u64>,
    /// Its page; `None` where the forge gives no plain web address.
    pub url: Option<String>,
    /// At least the last review with an opinion of everybody who gave one; `None` where the forge did not say, or not all of them.
    #[serde(default)]
    pub opinions: Option<Vec<Opinion>>,
    /// When it was made to land elsewhere last, as far as opinions are known: what was said before was said of another change.
    #[serde(default)]
    pub retargeted: Option<Timestamp>,
    /// Whether the forge merges it by itself as soon as its own rules are met: a review may be what they wait for.
    #[serde(default)]
    pub auto_merge: bool,
}

impl PullRequest {
    /// Whether its head is in another repository than its target.
    #[must_use]
    pub fn from_fork(&self) -> bool {
        self.head.repo.as_ref() != Some(&self.repo)
    }
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// No, not so.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Somebody took its yes or no away.
    Dismissed,
    /// It is being written and was not submitted.
    Pending,
}

/// A review of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The forge's number of it.
    pub id: u64,
    /// Whose it is.
    pub author: Account,
    /// What it says.
    pub state: ReviewState,
    /// The commit that it was given on; `None` where the forge does not know it any more.
    pub commit: Option<Oid>,
    /// Its text.
    pub body: String,
    /// When it was submitted; `None` for one that was not.
    pub submitted: Option<Timestamp>,
    /// Its page.
    pub url: Option<String>,
}

/// What a review of a pull request says that has an opinion: yes, no, or one that was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Whose it is.
    pub author: Account,
    /// What it says.
    pub state: ReviewState,
    /// The commit that it was given on; `None` where the forge does not know it any more.
    pub commit: Option<Oid>,
    /// When it was submitted.
    pub at: Option<Timestamp>,
    /// The ledger entry that it tells, where it says that it tells one.
    pub tells: Option<EntryId>,
    /// How it came to be dismissed; `None` where it was not, or nobody tells.
    #[serde(default)]
    pub dismissed: Option<Dismissal>,
}

/// How the yes or no of a review was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissal {
    /// Who did it: whoever may write to a repository can.
    pub by: Account,
    /// What the review had said.
    pub said: ReviewState,
}

/// The line that a review comment is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewPlace {
    /// The file.
    pub path: String,
    /// The line, from 1; `None` for a comment on the file, or on lines that are gone.
    pub line: Option<u64>,
    /// Whether it is a line of the old text.
    pub old: bool,
    /// The commit that it was written on.
    pub commit: Option<Oid>,
}

/// Something that somebody said about a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The forge's number of it.
    pub id: u64,
    /// Who said it.
    pub author: Account,
    /// What was said.
    pub body: String,
    /// When.
    pub created: Timestamp,
    /// When it was changed last.
    pub updated: Timestamp,
    /// The line that it is about; `None` for one that is about the whole.
    pub place: Option<ReviewPlace>,
    /// The number of the remark that it answers.
    pub answers: Option<u64>,
    /// Its page.
    pub url: Option<String>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// It passed, or says that it does not matter here.
    Passed,
    /// It has not ended.
    Pending,
    /// It did not pass: failed, was cancelled, timed out, wants somebody to act, or ended in a way that is not known here.
    Failed,
}

/// A check that a program made of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name, or the context of a status.
    pub name: String,
    /// The app that made it; `None` for a commit status, which anybody with a token may set.
    pub app: Option<String>,
    /// How it stands.
    pub state: CheckState,
    /// The forge's own word for that: `action_required`.
    pub word: String,
    /// Its one-line summary; empty where it has none.
    pub summary: String,
    /// Where it says more.
    pub url: Option<String>,
}

/// How all checks of a commit stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChecksState {
    /// There are none, which is not green.
    None,
    /// All passed.
    Passed,
    /// None failed, and some have not ended.
    Pending,
    /// Some failed.
    Failed,
}

/// The checks of a commit: for each name and app the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// The commit.
    pub commit: Oid,
    /// The checks, in the forge's order.
    pub all: Vec<Check>,
    /// Whether there are more than were read; what is missing may have failed.
    pub cut: bool,
}

impl Checks {
    /// How they stand together; where not all were read, they never count as passed.
    #[must_use]
    pub fn state(&self) -> ChecksState {
        let any = |state| self.all.iter().any(|check| check.state == state);
        if any(CheckState::Failed) {
            ChecksState::Failed
        } else if any(CheckState::Pending) || self.cut {
            ChecksState::Pending
        } else if self.all.is_empty() {
            ChecksState::None
        } else {
            ChecksState::Passed
        }
    }

    /// Those that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.all.iter().filter(|check| check.state == CheckState::Failed)
    }
}

/// The requests that a token may still make of one kind, as the forge told it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The kind: `core`, `graphql`, `search`.
    pub resource: String,
    /// How many there are an hour.
    pub limit: u64,
    /// How many are left.
    pub remaining: u64,
    /// When they are filled again.
    pub reset: Timestamp,
}

impl Budget {
    /// The one of which the smallest part is left.
    #[must_use]
    pub fn least(all: Vec<Self>) -> Option<Self> {
        all.into_iter().min_by_key(|budget| budget.remaining.saturating_mul(100) / budget.limit.max(1))
    }

    /// Whether less than a tenth is left.
    #[must_use]
    pub const fn is_low(&self) -> bool {
        self.remaining.saturating_mul(10) < self.limit
    }

    /// `4950 of 5000 requests (core) are left, filled up again in 41 min`.
    #[must_use]
    pub fn sentence(&self, now: Timestamp) -> String {
        let minutes = self.reset.duration_since(now).as_mins().max(0);
        let Self { remaining, limit, resource, .. } = self;
        format!("{remaining} of {limit} requests ({resource}) are left, filled up again in {minutes} min")
    }
}

/// Whose token it is that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: Account,
    /// The scopes of a classic token; `None` for kinds that have permissions instead, which the forge does not tell.
    pub scopes: Option<Vec<String>>,
    /// When the token expires; `None` where it does not, or the forge does not tell.
    pub expires: Option<Timestamp>,
}

/// What a forge says of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoFacts {
    /// Its name now: it may have been renamed.
    pub repo: RepoName,
    /// Its default branch.
    pub default_branch: String,
    /// Whether nothing can be written to it any more.
    pub archived: bool,
    /// Whether a pull request may become a merge commit; `None` where the forge did not say, as for those who may not push.
    pub merge: Option<bool>,
    /// Whether a pull request may become one commit.
    pub squash: Option<bool>,
    /// Whether the token may push: merge, close, and label.
    pub push: Option<bool>,
    /// Whether the token may change its settings, and see all of its protection.
    pub admin: Option<bool>,
}

/// Something that a forge asks of a branch, or does not let happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BranchRule {
    /// A pull request must be up to date with it.
    UpToDate,
    /// Its commits must be signed.
    Signed,
    /// It cannot be pushed to by force.
    NoForce,
    /// It cannot be deleted.
    NoDeletion,
    /// Only some may update it.
    Restricted,
    /// No pull request may become a merge commit on it.
    NoMergeCommit,
    /// No pull request may become one commit on it.
    NoSquash,
    /// Pull requests land through a queue, and by no merge of ours.
    MergeQueue,
}

/// What a forge asks of changes to a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchRules {
    /// How many approvals a pull request needs; `None` where it changes without pull requests too.
    pub approvals: Option<u64>,
    /// Checks that must pass, by name, each once.
    pub checks: Vec<String>,
    /// What else.
    pub also: BTreeSet<BranchRule>,
    /// Whether it is protected in a way that this token may not read, so that it may ask for more.
    pub hidden: bool,
}

impl BranchRules {
    /// Whether a plain push to it would be refused, as far as these rules say.
    #[must_use]
    pub fn refuse_pushes(&self) -> bool {
        let also = [BranchRule::Restricted, BranchRule::Signed, BranchRule::MergeQueue];
        self.approvals.is_some() || !self.checks.is_empty() || also.iter().any(|rule| self.also.contains(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::CheckState::{Failed, Passed, Pending};
    use super::*;

    #[test]
    fn repositories_have_an_owner_and_a_name() {
        for text in ["acme/shop", "a/b.c_d-e", "0/.github"] {
            assert_eq!(text.parse::<RepoName>().unwrap().to_string(), text);
        }
        let long = format!("a/{}", "b".repeat(101));
        for text in ["", "shop", "a/", "/b", "a/b/c", "a/..", "./b", "a b/c", "a/b?x", "a/b%2f", "ä/b", &long] {
            assert!(text.parse::<RepoName>().is_err(), "{text}");
        }
        let hostile = "a/\u{1b}[2J".parse::<RepoName>().unwrap_err().to_string();
        assert!(!hostile.contains('\u{1b}'), "{hostile:?}");
    }

    #[test]
    fn checks_count_as_passed_only_where_all_of_them_are_known_to() {
        let check = |state| Check {
            name: "ci".into(),
            app: None,
            state,
            word: String::new(),
            summary: String::new(),
            url: None,
        };
        let of = |states: &[CheckState], cut| {
            let all = states.iter().map(|state| check(*state)).collect();
            Checks { commit: Oid::ZERO, all, cut }.state()
        };
        for (states, cut, wanted) in [
            (&[][..], false, ChecksState::None),
            (&[], true, ChecksState::Pending),
            (&[Passed], false, ChecksState::Passed),
            (&[Passed], true, ChecksState::Pending),
            (&[Passed, Pending], false, ChecksState::Pending),
            (&[Passed, Pending, Failed], true, ChecksState::Failed),
        ] {
            assert_eq!(of(states, cut), wanted, "{states:?} {cut}");
        }
    }
}
