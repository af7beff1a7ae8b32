//! What `doctor` says of the two branches that matter on GitHub: the one that proposals land on, and the ledger's. It tells what is
//! prevented there from what is only detected.

use crate::io::github::{self, Client, GitHubError, Still};
use crate::model::forge::{BranchRule, BranchRules, RepoFacts};
use crate::model::{Tier, text};
use crate::policy::MemoryVia;

use super::check::Check;
use super::forge::{Standing, failed};

const ALWAYS: Still<'static> = &|| true;

/// A branch on GitHub, as far as the token is told.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) name: String,
    /// Whether it is there.
    exists: bool,
    found: Result<BranchRules, GitHubError>,
    /// Whether it is protected by what only admins are shown.
    veiled: bool,
}

impl Branch {
    /// Asks what its rules are.
    pub(super) fn ask(client: &Client, facts: &RepoFacts, name: &str) -> Self {
        let found = github::rules(client, &facts.repo, name, ALWAYS);
        let protected = github::protected(client, &facts.repo, name, ALWAYS);
        let bare = found.as_ref().is_ok_and(|rules| *rules == BranchRules::default());
        let (exists, veiled) = match &protected {
            Ok(protected) => (protected.is_some(), *protected == Some(true) && (bare || facts.admin != Some(true))),
            Err(_) => (true, true),
        };
        let found = found.and_then(|rules| protected.map(|_| rules));
        Self { name: name.to_owned(), exists, found, veiled }
    }

    /// Whether it is known to ask for this.
    pub(super) fn asks(&self, rule: BranchRule) -> bool {
        self.found.as_ref().is_ok_and(|rules| rules.also.contains(&rule))
    }
}

/// The branch that proposals land on.
pub(super) fn target(branch: &Branch, standing: &Standing) -> Check {
    let (what, name) = ("target branch", &branch.name);
    let rules = match &branch.found {
        Ok(rules) => rules,
        Err(error) => return failed(what, error),
    };
    let mut found = demands(rules);
    if branch.veiled {
        found.push("what its protection says to admins alone is not known".to_owned());
    }
    let said = if found.is_empty() { "it asks for nothing".to_owned() } else { found.join("; ") };
    let said = format!("{name}: {said}");
    if rules.refuse_pushes() && standing.adopted && standing.memory_via == MemoryVia::Push {
        let found = format!("{said}. Lessons are pushed to it, which it refuses: they wait on countersign/memory");
        return Check::bad(
            what,
            found,
            "write `memory_via: pull_request` in policy.yaml, and no push is tried and signed in vain",
        );
    }
    if let Some(short) = short_of(rules, standing) {
        return Check::note(
            what,
            format!("{said}. {short}"),
            "raise `tiers` in policy.yaml, or expect such merges to be refused",
        );
    }
    if branch.veiled {
        return Check::unknown(what, said, "ask an admin of the repository, or run doctor with an admin's token");
    }
    if rules.refuse_pushes() {
        return Check::good(what, format!("{said}. Changes past pull requests are prevented, by GitHub"));
    }
    let found = format!("{said}. Whoever may write can push past the ledger: that is detected, not prevented");
    Check::note(
        what,
        found,
        format!("protect {name} on GitHub: a ruleset that requires pull requests, and `memory_via: pull_request`"),
    )
}

/// What a branch asks for, in words.
fn demands(rules: &BranchRules) -> Vec<String> {
    let asks = |rule| rules.also.contains(&rule);
    let approvals =
        rules.approvals.map(|count| format!("pull requests with {}", text::count(count as usize, "approval")));
    let checks = (!rules.checks.is_empty()).then(|| format!("checks {}", rules.checks.join(", ")));
    let words = [
        (BranchRule::UpToDate, "proposals that are up to date"),
        (BranchRule::Signed, "signed commits (GitHub signs the merges that it makes)"),
        (BranchRule::Restricted, "only some may update it"),
        (BranchRule::MergeQueue, "a merge queue"),
    ];
    let also = words.into_iter().filter(|(rule, _)| asks(*rule)).map(|(_, words)| words.to_owned());
    approvals.into_iter().chain(checks).chain(also).collect()
}

/// Where policy is content with fewer approvals than GitHub.
fn short_of(rules: &BranchRules, standing: &Standing) -> Option<String> {
    let (wanted, tiers) = (rules.approvals?, standing.tiers?);
    let fewer = |tier: &Tier| (tiers.of(*tier).approvals as u64) < wanted;
    let tiers: Vec<String> =
        [Tier::Low, Tier::Medium, Tier::High].into_iter().filter(fewer).map(|tier| tier.to_string()).collect();
    (!tiers.is_empty()).then(|| format!("policy is content with fewer for {}", tiers.join(", ")))
}

/// The ledger's branch: who may move it, and what of that is prevented.
pub(super) fn ledger(branch: &Branch, standing: &Standing) -> Check {
    let (what, name) = ("ledger branch", &branch.name);
    let rules = match &branch.found {
        Ok(rules) => rules,
        Err(error) => return failed(what, error),
    };
    if rules.approvals.is_some() || !rules.checks.is_empty() {
        let found = format!("{name} changes by pull requests or after checks alone: every decision would be refused");
        return Check::bad(what, found, format!("leave {name} out of that rule; entries are pushed, and signed"));
    }
    if !branch.exists && !standing.adopted {
        return Check::good(what, format!("{name} is not there yet; `countersign init` makes it"));
    }
    let guard = format!(
        "make a ruleset for {name}: restrict updates to those who decide, restrict deletions, block force pushes"
    );
    let asks = |rule| rules.also.contains(&rule);
    if asks(BranchRule::Signed) {
        let found = format!("{name} takes commits alone whose signatures GitHub verifies");
        return Check::note(what, found, "add the key that signs decisions to the account on GitHub, as a signing key");
    }
    let kept = asks(BranchRule::NoForce) && asks(BranchRule::NoDeletion);
    if branch.veiled && !kept {
        let found = format!("{name} is protected; how is told to admins alone");
        return Check::unknown(what, found, "ask an admin of the repository, or run doctor with an admin's token");
    }
    match (asks(BranchRule::Restricted), kept) {
        (true, true) => Check::good(what, format!("{name}: only some may add to it, nobody rewrites or deletes it")),
        (false, true) => {
            let found = format!(
                "{name}: rewriting and deleting it is prevented; whoever may write to the repository can add to it, and what \
                 policy's people did not sign is detected, counts for nothing, and is not prevented"
            );
            Check::note(what, found, guard)
        }
        (only_some, false) => {
            let who = if only_some { "those who may update it" } else { "whoever may write to the repository" };
            let found = format!(
                "{name}: {who} can rewrite and delete it, too; every host that saw it detects that, and nothing prevents it"
            );
            Check::note(what, found, guard)
        }
    }
}
