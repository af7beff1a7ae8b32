//! What `doctor` asks GitHub: whose token it is and what it may, whether the API answers, and what the repository allows.

use jiff::{SignedDuration, Timestamp};

use crate::io::github::{self, Client, GitHubError, Source, Still};
use crate::io::workspace::{Situation, Workspace};
use crate::model::forge::{BranchRule, Budget, Identity, RepoFacts};
use crate::model::{Stage, text};
use crate::policy::{LedgerKey, MemoryVia, MergeMethod, Person, Policy, Tiers};

use super::super::session::Session;
use super::branches::{self, Branch};
use super::check::Check;

/// A token that expires within this time is said to.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Somebody waits for all of it.
const ALWAYS: Still<'static> = &|| true;
/// What tokens without scopes need, by GitHub's own names.
const PERMISSIONS: &str = "Pull requests and Contents: read and write; Checks and Commit statuses: read";

/// What the repository on this host says that matters to GitHub.
#[derive(Debug)]
pub(super) struct Standing {
    target: Option<String>,
    pub(super) ledger: String,
    pub(super) adopted: bool,
    pub(super) tiers: Option<Tiers>,
    pub(super) memory_via: MemoryVia,
    merge: Option<MergeMethod>,
    me: Option<Person>,
    /// What was not sent from this host.
    waits: Vec<String>,
}

impl Default for Standing {
    fn default() -> Self {
        let ledger = LedgerKey::DEFAULT_BRANCH.to_owned();
        Self {
            target: None,
            ledger,
            adopted: false,
            tiers: None,
            memory_via: MemoryVia::default(),
            merge: None,
            me: None,
            waits: Vec::new(),
        }
    }
}

impl Standing {
    pub(super) fn of(workspace: &Workspace, situation: &Situation) -> Self {
        let policy: Option<&Policy> = situation.root().map(|root| &root.policy);
        let default = Self::default();
        Self {
            target: Some(workspace.repository.target_branch.clone()),
            ledger: situation.ledger_key.as_ref().map_or(default.ledger, |key| key.branch.clone()),
            adopted: situation.stage != Stage::Look,
            tiers: policy.map(|policy| policy.tiers),
            memory_via: policy.map(|policy| policy.memory_via).unwrap_or_default(),
            merge: policy.map(|policy| policy.merge),
            me: situation.key.as_ref().ok().map(|key| key.person.clone()),
            waits: waits(workspace),
        }
    }
}

/// Everything that only GitHub knows.
pub(super) fn checks(session: &Session, source: &Source, standing: &Standing) -> Vec<Check> {
    let host = source.connection().host();
    if session.offline {
        return vec![Check::unknown("GitHub", format!("{host} was not asked"), "leave --offline out")];
    }
    let client = match source.connection().client() {
        Ok(client) => client,
        Err(error) => return vec![failed("token", &error), unasked("without a token")],
    };
    let identity = github::identity(&client, ALWAYS);
    let mut checks = vec![token(&client, &identity, session.clock.now())];
    let silent = identity.as_ref().err().filter(|error| error.may_pass()).cloned();
    match identity {
        Err(error) if error.may_pass() => checks.push(unasked("because it does not answer")),
        Err(error) if error.status() == Some(401) => checks.push(unasked("with a token that is refused")),
        identity => checks.extend(of_the_repository(&client, source, identity.ok().as_ref(), standing)),
    }
    // Last, because every answer tells what is left.
    checks.push(match silent {
        Some(error) => Check::bad("API", error.to_string(), next(&error)),
        None => reach(&client, session.clock.now()),
    });
    checks
}

fn of_the_repository(client: &Client, source: &Source, identity: Option<&Identity>, standing: &Standing) -> Vec<Check> {
    let mut checks: Vec<Check> = identity.map(|identity| login(identity, standing)).into_iter().collect();
    let facts = match github::repository(client, &source.repo, ALWAYS) {
        Ok(facts) => facts,
        Err(error) => {
            checks.extend([failed("repository", &error), unasked("about a repository that does not answer")]);
            return checks;
        }
    };
    let target = standing.target.as_ref().unwrap_or(&facts.default_branch);
    checks.push(repository(source, &facts, standing));
    checks.push(match github::readable(client, &facts.repo, target, ALWAYS) {
        Ok(()) => Check::good("reading", "pull requests, checks and commit statuses can be read"),
        Err(error) => failed("reading", &error),
    });
    checks.push(permissions(identity, &facts));
    let target = Branch::ask(client, &facts, target);
    checks.push(method(&facts, &target, standing.merge));
    checks.push(branches::target(&target, standing));
    checks.push(branches::ledger(&Branch::ask(client, &facts, &standing.ledger), standing));
    checks
}

/// Something that GitHub refused is in the way; where it did not answer, nothing is known.
pub(super) fn failed(what: &str, error: &GitHubError) -> Check {
    let (next, said) = (next(error), error.to_string());
    let found = said.strip_suffix(&format!("; {next}")).unwrap_or(&said);
    if error.may_pass() { Check::unknown(what, found, next) } else { Check::bad(what, found, next) }
}

fn next(error: &GitHubError) -> String {
    match error {
        GitHubError::Unauthorised { next, .. } | GitHubError::Forbidden { next, .. } => next.clone(),
        GitHubError::SingleSignOn { url, .. } => format!("open {url}"),
        GitHubError::NotFound { .. } => "check the name, and that the token has access".to_owned(),
        GitHubError::Token(_) => "do one of these, and run doctor again".to_owned(),
        GitHubError::Limited { until, .. } => format!("run doctor again after {}", until.strftime("%H:%M:%S UTC")),
        GitHubError::Unreachable { .. } => "check the network and HTTPS_PROXY, and try again".to_owned(),
        GitHubError::Host(_) | GitHubError::Setup { .. } => "mend `[github]` in config.toml".to_owned(),
        _ => "try again later; https://www.githubstatus.com says how GitHub is".to_owned(),
    }
}

fn unasked(why: &str) -> Check {
    let found = format!("permissions, branch protection and the ledger's branch were not asked for {why}");
    Check::unknown("GitHub", found, "put the lines above right, and run doctor again")
}

/// Where the token was found, whose it is, and for how long.
fn token(client: &Client, identity: &Result<Identity, GitHubError>, now: Timestamp) -> Check {
    let place = &client.token().source;
    let identity = match identity {
        Ok(identity) => identity,
        Err(error) if error.status() == Some(403) => {
            let found = format!("the token from {place} speaks for no account: {error}");
            return Check::bad("token", found, "use a token of the account that reviews; an app's own cannot");
        }
        Err(error) => return failed("token", error),
    };
    let whose = format!("from {place}, of {}", text::single_line(&identity.account.login));
    match identity.expires {
        Some(at) if at < now + SOON => {
            let found = format!("{whose}, and expires {}", at.strftime("%Y-%m-%d %H:%M UTC"));
            Check::note("token", found, place.renewal(client.host()))
        }
        Some(at) => Check::good("token", format!("{whose}, until {}", at.strftime("%Y-%m-%d"))),
        None => Check::good("token", format!("{whose}; GitHub names no day on which it expires")),
    }
}

/// Whether the API answers, and how often it still will.
fn reach(client: &Client, now: Timestamp) -> Check {
    let host = client.host();
    let Some(least) = Budget::least(client.budgets()) else {
        let found = format!("{host} told no budget of requests");
        return Check::unknown(
            "API",
            found,
            "check the network, HTTPS_PROXY and `host` under `[github]` in config.toml",
        );
    };
    let found = format!("{host} answers; {}", least.sentence(now));
    if least.is_low() {
        return Check::note("API", found, "see what else uses this account's budget");
    }
    Check::good("API", found)
}

/// Whether the person who signs here is the account that posts.
fn login(identity: &Identity, standing: &Standing) -> Check {
    let login = text::single_line(&identity.account.login);
    let Some(me) = &standing.me else {
        let found = format!("reviews will be {login}'s; no policy in force says who that is");
        return Check::note(
            "login",
            found,
            "`countersign init` writes `github: LOGIN` beside whoever runs it; write the others' beside them",
        );
    };
    let name = &me.name;
    let next = format!("write `github: {login}` beside {name} in policy.yaml, or use {name}'s token");
    match me.github.as_deref() {
        Some(own) if own.eq_ignore_ascii_case(&login) => Check::good("login", format!("{name} is {login} on GitHub")),
        Some(own) => {
            let found =
                format!("you sign as {name}, who is {own} on GitHub, and the token is {login}'s: nothing is posted");
            Check::bad("login", found, next)
        }
        None => Check::note("login", format!("policy does not say who {name} is on GitHub; posts are {login}'s"), next),
    }
}

fn repository(source: &Source, facts: &RepoFacts, standing: &Standing) -> Check {
    let (repo, asked) = (&facts.repo, &source.repo);
    if facts.archived {
        let found = format!("{repo} is archived: nothing can be written to it");
        return Check::bad("repository", found, "unarchive it in its settings, or leave it out");
    }
    if !source.is(repo) {
        return renamed(&asked.to_string(), &repo.to_string(), &standing.waits);
    }
    Check::good("repository", format!("{repo}, default branch {}", facts.default_branch))
}

/// What is kept on this host goes by the name that a repository is opened by.
fn renamed(asked: &str, repo: &str, waits: &[String]) -> Check {
    if waits.is_empty() {
        let found = format!("{asked} is {repo} now, and nothing waits here under the old name");
        return Check::note(
            "repository",
            found,
            format!("name it {repo}; its ledger is pinned anew at the first look"),
        );
    }
    let found = format!("{asked} is {repo} now, and under the old name alone are kept: {}", waits.join(", "));
    let next =
        format!("open it as {asked}, which GitHub leads on, until these are sent or dropped; then name it {repo}");
    Check::bad("repository", found, next)
}

/// What this host has not sent, in words.
fn waits(workspace: &Workspace) -> Vec<String> {
    let counts = [
        (workspace.unsent().0.len(), "unsent decision"),
        (workspace.state.posts().len(), "untold entry"),
        (workspace.drafts().len(), "draft"),
    ];
    counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| text::count(count, what)).collect()
}

/// What the account may do in the repository, and its token with it.
fn permissions(identity: Option<&Identity>, facts: &RepoFacts) -> Check {
    let what = "permissions";
    let has = |scope: &str| identity.iter().flat_map(|who| who.scopes.iter().flatten()).any(|one| one == scope);
    match (facts.push, identity.and_then(|identity| identity.scopes.as_deref())) {
        (Some(false), _) => {
            let found = "the account may read and not write: it cannot merge, its reviews do not count for branch protection, \
                         and git cannot push the ledger in its name";
            Check::bad(what, found, format!("have it given the role Write in {}", facts.repo))
        }
        (_, Some(scopes)) if !has("repo") && !has("public_repo") => {
            let found = format!("the token has the scopes [{}]: it can neither review nor merge", scopes.join(", "));
            Check::bad(what, found, "give it the scope repo (public_repo is enough for a public repository)")
        }
        (None, _) => {
            let found = "GitHub did not say whether the account may write";
            Check::unknown(what, found, format!("see that the token has {PERMISSIONS}"))
        }
        (Some(true), None) => {
            let found = "the account may write; what this kind of token may do GitHub tells nobody, so that only the first review \
                         and merge will show it";
            Check::unknown(what, found, format!("see that the token has {PERMISSIONS}"))
        }
        (Some(true), Some(_)) if !has("workflow") => {
            let found = "it can review and merge; without the scope workflow GitHub may refuse merges that change \
                         .github/workflows. git pushes the ledger with credentials of its own";
            Check::note(what, found, "give it the scope workflow if such proposals are to be merged from here")
        }
        (Some(true), Some(_)) => {
            let found =
                "it can review and merge; git pushes the ledger with credentials of its own, which were not tried";
            Check::good(what, found)
        }
    }
}

/// Whether proposals may land as policy says.
fn method(facts: &RepoFacts, target: &Branch, merge: Option<MergeMethod>) -> Check {
    let what = "merge method";
    let squash = merge.unwrap_or_default() == MergeMethod::Squash;
    let (word, allowed, other) =
        if squash { ("squash", facts.squash, "merge") } else { ("merge", facts.merge, "squash") };
    let refused = if squash { BranchRule::NoSquash } else { BranchRule::NoMergeCommit };
    if target.asks(BranchRule::MergeQueue) {
        let found = format!("{} takes pull requests through a merge queue, which is not joined from here", target.name);
        return Check::bad(
            what,
            found,
            "approve here and merge on the page, or take the queue out of the branch's rules",
        );
    }
    let allowed = allowed.map(|allowed| allowed && !target.asks(refused));
    let next = format!("allow it in the repository's settings and rules, or write `merge: {other}` in policy.yaml");
    match allowed {
        Some(true) => Check::good(what, format!("{word} is allowed")),
        Some(false) => Check::bad(what, format!("policy merges by {word}, which the repository does not allow"), next),
        None => Check::unknown(what, format!("GitHub did not say whether {word} is allowed"), next),
    }
}

/// Whether GitHub knows all that the ledger has.
pub(super) fn owed(workspace: &Workspace) -> Check {
    match workspace.state.posts().len() {
        0 => Check::good("posts", "GitHub was told everything that was decided here"),
        count => {
            let found = format!("GitHub was not told of {} of the ledger", text::count(count, "entry"));
            Check::bad("posts", found, "the next console or command that decides tells it; open one")
        }
    }
}
