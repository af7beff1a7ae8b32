//! What the demo's `init` puts under `.countersign/`: the policy and the signers.

use crate::model::EntryId;

use super::cast::{REVIEWERS, Who};
use super::{DemoError, keys};

/// The demo's `.countersign/policy.yaml`, for a ledger with this genesis entry.
///
/// Tiers go by path in this version: staging and documents are low, what nobody named is medium, and checkout, payments,
/// secrets and the network are high.
#[must_use]
pub fn policy_text(ledger: EntryId) -> String {
    POLICY.replace("LEDGER", &ledger.to_string())
}

/// The rule that an agent proposes to remove.
pub(super) const NETWORK_RULE: &str = "  - { name: network, paths: [\"tf/net/**\"], tier: high }\n";

const POLICY: &str = r#"version: 1
ledger: { id: "LEDGER", ref: countersign/ledger }
gate: none
protect: [main]
people:
  - { name: you, emails: [you@orbit.example], roles: [approve, admin] }
  - { name: sam, emails: [sam@orbit.example], roles: [approve, admin] }
agents:
  - name: cost-bot
    match: { branches: ["agent/cost-bot/**"] }
    scope: ["apps/**", "docs/**"]
    memory: AGENTS.md
  - name: infra-bot
    match: { branches: ["agent/infra-bot/**"] }
    scope: ["apps/**", "platform/**", "databases/**", "secrets/**", "tf/**", "docs/**"]
    memory: AGENTS.md
  - name: renovate
    match: { branches: ["renovate/**"] }
    scope: ["apps/**", "platform/**", "databases/**", "tf/versions.tf"]
    memory: AGENTS.md
  - name: gemini-bot
    match: { branches: ["agent/gemini-bot/**"] }
    scope: ["apps/**", "databases/staging/**", "docs/**", "README.md"]
    memory: AGENTS.md
tiers:
  low:    { approvals: 1, batch: true }
  medium: { approvals: 1 }
  high:   { approvals: 2 }
default_tier: medium
rules:
  - { name: documents, only_paths: ["docs/**", "README.md"], tier: low }
  - { name: staging, only_paths: ["apps/*/staging/**"], tier: low }
  - { name: money, paths: ["apps/checkout/prod/**", "apps/payments/prod/**"], tier: high }
  - { name: secrets, paths: ["secrets/**"], tier: high }
  - { name: network, paths: ["tf/net/**"], tier: high }
  - { name: state, paths: ["**/terraform.tfstate"], deny: state does not belong into the repository }
approvals: { self: never }
signatures: { low: key, medium: key, high: key }
merge: squash
on_reject: keep
services:
  - { name: checkout, match: ["apps/checkout/**"], critical: true }
  - { name: payments, match: ["apps/payments/**"], critical: true }
  - { name: web, match: ["apps/web/**", "apps/gateway/**"], critical: true }
clusters:
  - { name: staging, paths: ["clusters/staging/**", "{apps,platform}/*/staging/**", "databases/staging/**"] }
  - { name: prod, paths: ["clusters/prod/**", "{apps,platform}/*/prod/**", "databases/prod/**"] }
priorities: "Q4: reliability before cost"
"#;

/// The demo's `.countersign/allowed_signers`: one key for each reviewer.
pub fn allowed_signers_text() -> Result<String, DemoError> {
    let line = |who: Who| Ok(format!("{} namespaces=\"git\" {}\n", who.identity().1, keys::pair(who)?.public));
    let lines: Vec<String> = REVIEWERS.into_iter().map(line).collect::<Result<_, DemoError>>()?;
    Ok(format!("# Demo keys: anybody has them. They count in this sandbox only.\n{}", lines.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_its_ledger_and_has_the_rule_that_an_agent_dislikes() {
        let id = EntryId::from_bytes([7; 16]);
        let policy = policy_text(id);
        assert!(policy.contains(&format!("id: \"{id}\"")) && policy.contains(NETWORK_RULE));
        assert!(!policy.contains("LEDGER"));
    }

    #[test]
    fn every_reviewer_signs_with_one_key() {
        let signers = allowed_signers_text().unwrap();
        assert_eq!(signers.lines().filter(|line| line.contains(keys::KEY_COMMENT)).count(), 2);
    }
}
