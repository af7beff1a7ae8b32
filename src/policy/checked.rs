//! A policy that has been checked: after this, an invalid one cannot exist, and nothing downstream checks again.

use jiff::Timestamp;

use super::{Cluster, Globs, Priorities, Service, Signers};
use crate::evidence::signals::StormLimits;
use crate::model::{Contributor, EntryId, Oid, Place, Tier};

/// Where the ledger is and which genesis it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerKey {
    /// The genesis entry's id.
    pub id: EntryId,
    /// The branch, without `refs/heads/`: `countersign/ledger`.
    pub branch: String,
}

impl LedgerKey {
    /// The branch that `init` proposes.
    pub const DEFAULT_BRANCH: &'static str = "countersign/ledger";

    /// The branch's full ref name.
    #[must_use]
    pub fn full(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }
}

/// What stands between a push and a protected ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GateMode {
    /// Nothing: decisions are recorded, offences detected.
    #[default]
    None,
    /// A required check of a forge.
    Check,
    /// Hooks of a git server.
    Hook,
}

/// What a person may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Decisions.
    Approve,
    /// Changes of policy, overrides, resets.
    Admin,
}

/// Who may sign. One key, one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name that entries and screens use.
    pub name: String,
    /// The addresses that signer lines and commits use.
    pub emails: Vec<String>,
    /// The login on GitHub.
    pub github: Option<String>,
    /// What the person may sign.
    pub roles: Vec<Role>,
    /// Where the policy says so.
    pub at: Place,
}

/// How an agent's proposals are recognised; any one hit is enough.
#[derive(Debug, Clone)]
pub struct AgentMatch {
    /// Globs over branch names.
    pub branches: Globs,
    /// Author names or addresses, globs.
    pub authors: Globs,
    /// `Name: value` trailers, globs.
    pub trailers: Globs,
}

/// An agent that policy knows.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// How its proposals are recognised.
    pub matcher: AgentMatch,
    /// What it may touch; `None` is everything.
    pub scope: Option<Globs>,
    /// Where its lessons are written.
    pub memory: String,
    /// Where the policy says so.
    pub at: Place,
}

impl Person {
    /// Whether the policy gives the person this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether this address is the person's: one of `emails`, or the one that GitHub makes up for the login. Compared
    /// without case.
    #[must_use]
    pub fn owns(&self, email: &str) -> bool {
        self.emails.iter().any(|own| own.eq_ignore_ascii_case(email))
            || self.github.as_deref().is_some_and(|login| is_noreply_of(email, login))
    }

    /// Whether this is the person's login on GitHub; compared without case.
    #[must_use]
    pub fn has_login(&self, login: &str) -> bool {
        self.github.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(login))
    }
}

/// What the domains begin with below which GitHub makes up addresses for logins.
pub(super) const NOREPLY: &str = "users.noreply.";

/// Whether a text can be a person's login on GitHub (39 characters there; Enterprise servers add a suffix).
pub(super) fn is_login(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
}

/// Whether `email` is `LOGIN@users.noreply.HOST`, or `NUMBER+LOGIN@…`: an Enterprise server makes addresses up below its own name. Of
/// whichever host it is, it only makes more commits somebody's own.
fn is_noreply_of(email: &str, login: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    let name = local.split_once('+').map_or(local, |(_, name)| name);
    let made_up = domain.get(..NOREPLY.len()).is_some_and(|start| start.eq_ignore_ascii_case(NOREPLY));
    made_up && domain.len() > NOREPLY.len() && name.eq_ignore_ascii_case(login)
}

impl Agent {
    /// The memory file of agents that name none, and of proposals of no known agent.
    pub const DEFAULT_MEMORY: &'static str = "AGENTS.md";
}

/// What a tier asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierNeeds {
    /// Persons who must approve.
    pub approvals: usize,
    /// Whether clean proposals of this tier join a batch unasked.
    pub batch: bool,
}

/// What each tier asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiers {
    /// The low tier.
    pub low: TierNeeds,
    /// The medium tier.
    pub medium: TierNeeds,
    /// The high tier.
    pub high: TierNeeds,
}

impl Tiers {
    /// What `tier` asks for.
    #[must_use]
    pub const fn of(&self, tier: Tier) -> TierNeeds {
        match tier {
            Tier::Low => self.low,
            Tier::Medium => self.medium,
            Tier::High => self.high,
        }
    }
}

/// One rule. It matches where all the conditions that it has hold.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Holds where any changed path matches.
    pub paths: Option<Globs>,
    /// Holds where every changed path matches.
    pub only_paths: Option<Globs>,
    /// The tier that it asks for.
    pub tier: Option<Tier>,
    /// Why it forbids the change.
    pub deny: Option<String>,
    /// Where it is written.
    pub at: Place,
}

/// Whether a person's signature on a proposal with own commits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SelfApproval {
    /// As one of two or more, never as the only one.
    #[default]
    Never,
    /// Like any other: for a repository of one person, whose agents commit in his name.
    Allowed,
}

/// What kind of key a tier asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyKind {
    /// Any key that `allowed_signers` knows.
    #[default]
    Key,
    /// A hardware key with a person's finger on it.
    Touch,
}

/// How a proposal lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MergeMethod {
    /// One commit on the target.
    #[default]
    Squash,
    /// A merge commit with the head as its second parent.
    Merge,
}

/// What happens to a rejected branch or pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnReject {
    /// It stays.
    #[default]
    Keep,
    /// A forge's pull request is closed.
    Close,
}

/// How the lessons of a sitting reach the memory files of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemoryVia {
    /// They are pushed together with the ledger.
    #[default]
    Push,
    /// They wait on a branch of their own, and on a forge as a pull request: for a target that takes no pushes.
    PullRequest,
}

/// Where cost is read from: files of the target's tip.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CostFiles {
    /// A report of Infracost; `{head}` in it stands for the head of the proposal.
    pub infracost: Option<String>,
    /// The price list; `None` where the policy names none: then it is [`CostFiles::PRICES`], if that is there.
    pub prices: Option<String>,
}

impl CostFiles {
    /// Where the price list is, if the policy does not say.
    pub const PRICES: &'static str = ".countersign/prices.yaml";
}

/// A check that must be green on the head of what lands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredCheck {
    /// Its name, as the forge has it: that of a check run, or the context of a status.
    pub name: String,
    /// Where the policy says so.
    pub at: Place,
}

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Whether this is the built-in default, which rules the stage *look* and merges nothing.
    pub built_in: bool,
    /// The ledger; `None` before `init`.
    pub ledger: Option<LedgerKey>,
    /// The gate.
    pub gate: GateMode,
    /// The protected branches, without `refs/heads/`. The default branch is protected whether it is named or not, so that
    /// an empty list means the default branch alone.
    pub protect: Globs,
    /// Who may sign.
    pub people: Vec<Person>,
    /// The agents.
    pub agents: Vec<Agent>,
    /// What the tiers ask for.
    pub tiers: Tiers,
    /// Where it is written what low, medium and high ask for.
    pub tiers_at: [Place; 3],
    /// The tier of what no rule matches.
    pub default_tier: Tier,
    /// Where `default_tier` is written.
    pub default_tier_at: Place,
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// Whether a signature on an own proposal counts.
    pub self_approval: SelfApproval,
    /// Where `approvals.self` is written.
    pub self_approval_at: Place,
    /// Whether approvals that were given on GitHub count: `approvals.from` names it.
    pub from_github: bool,
    /// Where `approvals.from` is written.
    pub from_at: Place,
    /// What kind of key low, medium and high ask for.
    pub signatures: [KeyKind; 3],
    /// How proposals land.
    pub merge: MergeMethod,
    /// What becomes of rejected ones.
    pub on_reject: OnReject,
    /// The checks that must be green, each name once.
    pub checks: Vec<RequiredCheck>,
    /// How lessons reach the target.
    pub memory_via: MemoryVia,
    /// What counts as a storm. It is shown, and holds nothing.
    pub storm: StormLimits,
    /// Files that tell of incidents, beside those in the usual folders.
    pub incidents: Globs,
    /// Where cost is read from.
    pub cost: CostFiles,
    /// The services.
    pub services: Vec<Service>,
    /// The clusters.
    pub clusters: Vec<Cluster>,
    /// What matters most at the moment, where somebody wrote it down.
    pub priorities: Option<Priorities>,
}

impl Policy {
    /// The person with this name.
    #[must_use]
    pub fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name == name)
    }

    /// The person whose signer lines use this address, compared without case.
    #[must_use]
    pub fn person_by_email(&self, email: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.emails.iter().any(|own| own.eq_ignore_ascii_case(email)))
    }

    /// The person who claims to have written a commit.
    #[must_use]
    pub fn person_of(&self, contributor: &Contributor) -> Option<&Person> {
        self.people.iter().find(|person| person.owns(&contributor.email))
    }

    /// The agent with this name.
    #[must_use]
    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.name == name)
    }

    /// The memory file of this agent, or of proposals whose agent policy does not know.
    #[must_use]
    pub fn memory_of(&self, agent: Option<&str>) -> &str {
        agent.and_then(|name| self.agent(name)).map_or(Agent::DEFAULT_MEMORY, |agent| &agent.memory)
    }

    /// What kind of key `tier` asks for.
    #[must_use]
    pub const fn signature(&self, tier: Tier) -> KeyKind {
        self.signatures[tier as usize]
    }
}

/// The root of trust at one commit of the default branch: its policy and its signers.
#[derive(Debug, Clone)]
pub struct Root {
    /// The commit.
    pub commit: Oid,
    /// The blob of `.countersign/policy.yaml`.
    pub policy_blob: Oid,
    /// The blob of `.countersign/allowed_signers`.
    pub signers_blob: Oid,
    /// The policy.
    pub policy: Policy,
    /// The signers.
    pub signers: Signers,
}

impl Root {
    /// The person whose key this is at this moment; `None` where the signers do not know it, or not as one person's.
    #[must_use]
    pub fn signer(&self, key: &ssh_key::public::KeyData, at: Timestamp) -> Option<&Person> {
        self.policy.person_by_email(&self.signers.valid_at(key, at)?.principal)
    }
}
