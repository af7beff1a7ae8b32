//! The policy of a repository that has none.

use std::fmt::Write as _;

use super::guards::{Floor, Guard};
use super::{
    CostFiles, GateMode, Globs, KeyKind, MemoryVia, MergeMethod, OnReject, Policy, Rule, SelfApproval, TierNeeds, Tiers,
};
use crate::evidence::signals::StormLimits;
use crate::model::{Place, Tier};

/// Names that look like secrets, or like what opens them.
const SECRETS: &[&str] = &[
    "**/*[sS]ecret*",
    "**/*[sS]ecret*/**",
    "**/*[cC]redential*",
    "**/*.sops.*",
    "**/.sops.yaml",
    "**/*.{pem,key,p12,pfx,jks,kdbx}",
    "**/id_{rsa,ecdsa,ed25519}*",
    "**/.env{,.*}",
    "**/*kubeconfig*",
];
/// Recorded state and the locks of infrastructure programs: never edited by hand for a good reason.
const STATE: &[&str] = &["**/*.tfstate{,.*}", "**/.terraform.lock.hcl"];
/// Prose.
const DOCS: &[&str] = &["docs/**", "**/*.md"];

/// The strict default of the stage *look*: it calls prose low, secrets high and everything else medium, asks for one
/// person each time, and merges nothing by itself.
#[must_use]
pub fn built_in() -> Policy {
    let one = |batch| TierNeeds { approvals: 1, batch };
    Policy {
        built_in: true,
        ledger: None,
        gate: GateMode::None,
        protect: Globs::none(),
        people: Vec::new(),
        agents: Vec::new(),
        tiers: Tiers { low: one(true), medium: one(false), high: one(false) },
        tiers_at: [Place::BuiltIn, Place::BuiltIn, Place::BuiltIn],
        default_tier: Tier::Medium,
        default_tier_at: Place::BuiltIn,
        rules: vec![
            rule("docs", None, Some(DOCS), Tier::Low),
            rule("secrets", Some(SECRETS), None, Tier::High),
            rule("state", Some(STATE), None, Tier::High),
        ],
        self_approval: SelfApproval::Never,
        self_approval_at: Place::BuiltIn,
        signatures: [KeyKind::Key; 3],
        merge: MergeMethod::Squash,
        on_reject: OnReject::Keep,
        checks: Vec::new(),
        memory_via: MemoryVia::Push,
        storm: StormLimits::default(),
        incidents: Globs::none(),
        cost: CostFiles::default(),
        services: Vec::new(),
        clusters: Vec::new(),
        priorities: None,
    }
}

fn rule(name: &str, paths: Option<&[&str]>, only_paths: Option<&[&str]>, tier: Tier) -> Rule {
    // A test holds that every pattern of this file is a glob; one that were not would leave its rule without it.
    let globs = |patterns: &[&str]| Globs::new(patterns).unwrap_or_else(|_| Globs::none());
    Rule {
        name: name.to_owned(),
        paths: paths.map(globs),
        only_paths: only_paths.map(globs),
        tier: Some(tier),
        deny: None,
        at: Place::BuiltIn,
    }
}

/// The built-in policy as a Markdown table for the README: its rules, its default, then what no policy can switch off.
#[must_use]
pub fn built_in_table() -> String {
    let policy = built_in();
    let mut out = "| rule | a proposal that | tier | approvals |\n|---|---|---|---|\n".to_owned();
    let mut row = |rule: &str, what: &str, tier: &str, approvals: &str| {
        let _ = writeln!(out, "| {rule} | {what} | {tier} | {approvals} |");
    };
    for rule in &policy.rules {
        let tier = rule.tier.unwrap_or(policy.default_tier);
        let needs = policy.tiers.of(tier);
        let batch = if needs.batch { ", joins a batch when clean" } else { "" };
        row(&rule.name, &what(rule), &format!("{tier}{batch}"), &needs.approvals.to_string());
    }
    let needs = policy.tiers.of(policy.default_tier);
    row("default_tier", "is none of these", &policy.default_tier.to_string(), &needs.approvals.to_string());
    for guard in Guard::ALL {
        let (tier, alone) = match guard.floor() {
            Floor::HighAlone => (Tier::High, ", lands alone"),
            Floor::DefaultTier => (policy.default_tier, ""),
        };
        let what = format!("touches {}{}", guard.what(), listed(guard.patterns()));
        let approvals = policy.tiers.of(tier).approvals.to_string();
        row(&format!("{} (always)", guard.name()), &what, &format!("at least {tier}{alone}"), &approvals);
    }
    out
}

fn what(rule: &Rule) -> String {
    let paths = rule.paths.as_ref().map(|globs| format!("touches {}", code(globs)));
    let only = rule.only_paths.as_ref().map(|globs| format!("touches nothing but {}", code(globs)));
    [paths, only].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn listed(globs: &Globs) -> String {
    if globs.is_empty() { String::new() } else { format!(": {}", code(globs)) }
}

fn code(globs: &Globs) -> String {
    globs.patterns().iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_a_glob() {
        for rule in built_in().rules {
            let globs = [rule.paths, rule.only_paths].into_iter().flatten().collect::<Vec<_>>();
            assert!(!globs.is_empty() && globs.iter().all(|globs| !globs.is_empty()), "{}", rule.name);
        }
    }

    #[test]
    fn what_it_thinks_of_names() {
        let rules = built_in().rules;
        let secrets = rules[1].paths.as_ref().unwrap();
        for path in [
            "apps/db/secret.yaml",
            "apps/db/Secret-x.yaml",
            "secrets/a",
            "a/values.sops.yaml",
            ".sops.yaml",
            "tls/server.pem",
            "tls/server.key",
            "home/.ssh/id_ed25519",
            ".env",
            "web/.env.production",
            "ops/kubeconfig",
        ] {
            assert!(secrets.matches(path.into()), "{path}");
        }
        for path in ["apps/web/values.yaml", "keys.md", "environment.yaml", "a/key/b"] {
            assert!(!secrets.matches(path.into()), "{path}");
        }
    }

    #[test]
    fn the_table_has_a_row_for_everything() {
        let table = built_in_table();
        assert_eq!(table.lines().count(), 2 + built_in().rules.len() + 1 + Guard::ALL.len());
        assert!(
            table.contains("| docs | touches nothing but `docs/**` `**/*.md` | low, joins a batch when clean | 1 |")
        );
        assert!(table.contains("| default_tier | is none of these | medium | 1 |"));
    }
}
