use proptest::prelude::*;

use super::*;
use crate::policy::Role;

const SMALL: &str = "\
version: 1
people:
  - { name: maria, emails: [maria@corp.example], roles: [approve, admin] }
tiers: { high: { approvals: 1 } }
";

/// The small policy with more lines.
fn with(more: &str) -> Result<Policy, Vec<PolicyError>> {
    parse(&format!("{SMALL}{more}"), "policy.yaml")
}

fn errors(text: &str) -> Vec<String> {
    parse(text, "p").err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_small_policy_has_strict_defaults() {
    let policy = with("").unwrap();
    assert_eq!(policy.default_tier, Tier::Medium);
    assert_eq!([policy.tiers.low, policy.tiers.medium].map(|needs| (needs.approvals, needs.batch)), [(1, false); 2]);
    assert_eq!((policy.self_approval, policy.merge), (SelfApproval::Never, MergeMethod::Squash));
    assert_eq!((policy.gate, policy.on_reject), (GateMode::None, OnReject::Keep));
    assert!(policy.protect.is_empty() && policy.rules.is_empty() && !policy.built_in);
    assert_eq!(policy.people[0].at.to_string(), "policy.yaml:3:5");
}

#[test]
fn everything_that_is_supported_is_read() {
    let policy = parse(
        r#"
version: 1
ledger: { id: 5f2c0123456789abcdef0123456789ab, ref: countersign/ledger }
gate: hook
protect: [main, "release/*"]
people:
  - { name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }
  - { name: jonas, emails: [jonas@corp.example] }
agents:
  - name: infra-bot
    match: { branches: ["agent/infra/**"], authors: ["infra-bot[bot]"], trailers: ["Co-Authored-By: Claude*"] }
    scope: ["apps/**", "clusters/staging/**"]
    memory: docs/AGENTS.md
tiers:
  low:    { approvals: 1, batch: true }
  medium: { approvals: 1 }
  high:   { approvals: 2 }
default_tier: high
rules:
  - { name: docs, only_paths: ["docs/**", "**/*.md"], tier: low }
  - { name: secrets, paths: ["**/*secret*"], tier: high }
  - { name: frozen, paths: ["legacy/**"], deny: nobody works on this any more }
approvals: { self: allowed }
signatures: { low: key, medium: key, high: touch }
merge: merge
on_reject: close
memory_via: pull_request
incidents: ["ops/outages/**/*.md"]
services: [{ name: checkout, match: ["apps/checkout/**"], critical: true }, { name: web, match: [web/**] }]
clusters: [{ name: staging, paths: ["clusters/staging/**"], endpoints: ["https://staging.example:6443/"] }]
priorities: "Q4: reliability before cost"
"#,
        "policy.yaml",
    )
    .unwrap();
    assert_eq!(policy.ledger.as_ref().unwrap().id.short(4), "5f2c");
    assert_eq!((policy.gate, policy.merge, policy.on_reject), (GateMode::Hook, MergeMethod::Merge, OnReject::Close));
    assert!(policy.protect.matches("release/1.2".into()));
    assert_eq!(policy.people[1].roles, [Role::Approve]);
    assert_eq!(policy.memory_of(Some("infra-bot")), "docs/AGENTS.md");
    assert_eq!(policy.memory_of(None), "AGENTS.md");
    assert_eq!((policy.default_tier, policy.tiers.high.approvals, policy.tiers.low.batch), (Tier::High, 2, true));
    let places: Vec<String> = policy.rules.iter().map(|rule| format!("{} {}", rule.name, rule.at)).collect();
    assert_eq!(places, ["docs policy.yaml:20:5", "secrets policy.yaml:21:5", "frozen policy.yaml:22:5"]);
    assert_eq!(policy.tiers_at[2].to_string(), "policy.yaml:17:3");
    assert_eq!(policy.signature(Tier::High), KeyKind::Touch);
    assert_eq!(policy.memory_via, MemoryVia::PullRequest);
    assert_eq!(policy.self_approval, SelfApproval::Allowed);
    assert!(policy.incidents.matches("ops/outages/2025/a.md".into()));
    let services: Vec<(&str, bool)> = policy.services.iter().map(|one| (one.name.as_str(), one.critical)).collect();
    assert_eq!(services, [("checkout", true), ("web", false)]);
    assert_eq!(policy.clusters[0].endpoints, ["https://staging.example:6443"]);
    let priorities = policy.priorities.unwrap();
    assert_eq!(
        (priorities.text.as_str(), priorities.at.to_string().as_str()),
        ("Q4: reliability before cost", "policy.yaml:31:13")
    );
}

/// Each key of the format that this version does not read, where the design has it.
#[test]
fn what_comes_later_is_said_so() {
    let mut later: Vec<(String, &str)> = TOP.later.iter().map(|key| (format!("{key}: x"), *key)).collect();
    for (place, keys) in [
        ("tiers: { low: { KEY: x } }", NEEDS.later),
        ("rules: [{ name: a, paths: [a], tier: low, KEY: x }]", &["when", "on_deny"]),
        ("approvals: { KEY: x }", APPROVALS.later),
        ("checks: { KEY: [] }", required::CHECKS.later),
        ("agents: [{ name: a, match: { branches: [a] }, KEY: x }]", &["clusters"]),
    ] {
        later.extend(keys.iter().map(|key| (place.replace("KEY", key), *key)));
    }
    assert_eq!(later.len(), 16);
    for (line, key) in later {
        let text = SMALL.replace("tiers: { high: { approvals: 1 } }\n", "") + &line;
        let found = errors(&text);
        let expected = format!(
            "`{key}` is not supported by this version yet\n  hint: remove it: what it asks for would not be done"
        );
        assert!(found.iter().any(|error| error.ends_with(&expected)), "{line}: {found:?}");
    }
}

#[test]
fn all_mistakes_come_at_once() {
    let found = errors("version: 2\npeople: maria\ngaet: none\nmerge: rebase\nrules: [{ name: a }]\n");
    assert_eq!(
        found,
        [
            "p:1:10: this version of the policy format is not supported\n  hint: this program reads `version: 1`",
            "p:2:9: `people` must be a list, not text\n  hint: write `people: [...]`",
            "p:3:1: unknown key `gaet` in the policy\n  hint: did you mean `gate`?",
            "p:4:8: `merge` must be one of squash, merge, not `rebase`\n  hint: `squash` lands one commit a proposal, \
             `merge` a merge commit",
            "p:5:9: a rule needs a condition\n  hint: write `paths: [...]` or `only_paths: [...]`",
            "p:5:9: a rule needs an effect\n  hint: write `tier: high`, or `deny: WHY`",
        ]
    );
}

#[test]
fn hostile_yaml_is_refused_quickly() {
    let many = 30_000;
    for text in [
        "[".repeat(many),
        "{".repeat(many),
        "- ".repeat(many),
        "? ".repeat(many),
        "a: ".repeat(many / 2),
        "&a ".repeat(many / 2),
        "!a ".repeat(many / 2),
        "#".repeat(many),
        "a\n".repeat(many),
        "[a,".repeat(many / 2),
        "\"".repeat(many),
        "|\n".repeat(many / 2),
        "---\n".repeat(many / 4),
        "%YAML 1.2\n".repeat(many / 8),
        vec!["k: 1\n"; 8000].concat(),
        vec!["- 1\n"; 15_000].concat(),
        format!("version: 1\npeople: [{}]", "{name: a},".repeat(5000)),
        format!("version: 1\nrules: [{}]", "{name: a, paths: [\"a{b,c}{d,e}\"]},".repeat(1000)),
        format!("version: 1\nprotect: [\"{}\"]", "{a,b}".repeat(200)),
    ] {
        let began = std::time::Instant::now();
        assert!(parse(&text, "p").is_err());
        assert!(began.elapsed().as_secs() < 5, "{} took {:?}", &text[..20], began.elapsed());
    }
}

proptest! {
    #[test]
    fn parse_never_panics(text in "(?s).{0,300}") {
        let _ = parse(&text, "p");
    }

    #[test]
    fn parse_never_panics_on_what_looks_like_yaml(text in "([a-c]{1,3}|version: 1|rules|people|name|paths|[-:,?&*!|>'\"{}\\[\\] \n~]){0,80}") {
        let _ = parse(&text, "p");
    }

    /// Every single key or value of a full policy, replaced by something else: read, or refused with a place.
    #[test]
    fn parse_never_panics_on_a_damaged_policy(at in 0..FULL.len(), cut in 0..40usize, with in "[-a-z0-9:,{}\\[\\]\"' \n]{0,6}") {
        let (Some(before), Some(after)) = (FULL.get(..at), FULL.get((at + cut).min(FULL.len())..)) else { return Ok(()) };
        if let Err(errors) = parse(&format!("{before}{with}{after}"), "p") {
            prop_assert!(!errors.is_empty() && errors.iter().all(|error| error.line > 0 && error.column > 0));
            prop_assert!(errors.iter().all(|error| error.hint.is_some()), "{:?}", errors);
        }
    }
}

const FULL: &str = include_str!("../../../tests/fixtures/policy/valid/full.yaml");
