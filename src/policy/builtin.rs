//! The policy of a repository that has none.

use super::{Agent, GateMode, Globs, KeyKind, MergeMethod, OnReject, Policy, Rule, SelfApproval, TierNeeds, Tiers};
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
        agents: Vec::<Agent>::new(),
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
