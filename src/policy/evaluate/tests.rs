use proptest::prelude::*;

use super::*;
use crate::model::{Contributor, Mode, Oid, Side};
use crate::policy::{Approval, Objection, built_in, parse};

const POLICY: &str = r#"
version: 1
people:
  - { name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }
  - { name: jonas, emails: [jonas@corp.example], roles: [approve] }
  - { name: lena, emails: [lena@corp.example], roles: [admin] }
agents:
  - { name: infra, match: { branches: ["agent/infra/**"] }, scope: ["apps/**", "docs/**", "**/*.md"], memory: notes/infra.txt }
  - { name: web, match: { branches: ["agent/web/**"], trailers: ["Agent: web*"] }, scope: ["web/**", "docs/**"] }
  - { name: free, match: { authors: ["free[bot]", "*@free.example"] } }
tiers: { low: { approvals: 1, batch: true }, medium: { approvals: 1 }, high: { approvals: 2 } }
rules:
  - { name: docs, only_paths: ["docs/**", "**/*.md"], tier: low }
  - { name: notes, only_paths: ["notes/**"], tier: low }
  - { name: secrets, paths: ["**/*secret*"], tier: high }
  - { name: frozen, paths: ["apps/legacy/**"], deny: nobody works on this any more }
"#;

fn policy(more: &str) -> Policy {
    parse(&format!("{POLICY}{more}"), "policy.yaml").unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn changes(paths: &[&str]) -> Vec<FileChange> {
    let side = Side { mode: Mode::File, oid: Oid::ZERO };
    paths.iter().map(|path| FileChange { path: (*path).into(), old: None, new: Some(side) }).collect()
}

fn signed(persons: &[&str]) -> Vec<Approval> {
    persons.iter().map(|person| Approval::planned(person, false)).collect()
}

fn by(emails: &[&str]) -> Vec<Contributor> {
    let contributor = |email: &&str| Contributor { name: email.replace("[bot]", ""), email: (*email).to_owned() };
    emails.iter().map(contributor).collect()
}

/// A round of the agent `infra` in the stage record, with nothing said about it.
fn facts(changes: &[FileChange]) -> Facts<'_> {
    Facts {
        stage: Stage::Record,
        proposal: "agent/infra/0001",
        branch: None,
        target: "refs/heads/main",
        changes: Some(changes),
        contributors: &[],
        opener: None,
        messages: &[],
        approvals: &[],
        objections: &[],
        unheard: false,
        repeat: false,
        checks: None,
    }
}

fn rules(evaluation: &Evaluation, effect: Effect) -> Vec<&str> {
    evaluation.ruling.reasons.iter().filter(|r| r.effect == effect).map(|r| r.rule.as_str()).collect()
}

#[test]
fn the_highest_tier_wins() {
    let policy = policy("");
    for (paths, tier, by) in [
        (&["docs/a.txt"][..], Tier::Low, &["docs"][..]),
        (&["apps/a.yaml"], Tier::Medium, &["default_tier"]),
        (&["docs/a.txt", "apps/a.yaml"], Tier::Medium, &["default_tier"]),
        (&["docs/secret.md"], Tier::High, &["docs", "secrets"]),
        (&["apps/x/secret.yaml", "apps/a.yaml"], Tier::High, &["secrets"]),
        (&[], Tier::Medium, &["default_tier"]),
    ] {
        let changes = changes(paths);
        let evaluation = evaluate(&policy, &facts(&changes));
        assert_eq!((evaluation.ruling.tier, rules(&evaluation, Effect::Tier)), (tier, by.to_vec()), "{paths:?}");
        assert_eq!(evaluation.ruling.outcome, Outcome::Pending);
        assert_eq!(evaluation.agent.as_deref(), Some("infra"));
    }
}

#[test]
fn a_low_rule_speaks_only_for_what_it_names() {
    let policy = policy("  - { name: prose, paths: [\"docs/**\"], tier: low }\n");
    for (paths, tier, by) in [
        (&["docs/a.txt"][..], Tier::Low, &["docs", "prose"][..]),
        (&["docs/a.txt", "apps/a.yaml"], Tier::Medium, &["prose", "default_tier"]),
        (&["docs/a.txt", "apps/secret"], Tier::High, &["secrets", "prose"]),
        (&["docs/a.txt", "apps/a.md"], Tier::Low, &["docs", "prose"]),
    ] {
        let changes = changes(paths);
        let evaluation = evaluate(&policy, &facts(&changes));
        assert_eq!((evaluation.ruling.tier, rules(&evaluation, Effect::Tier)), (tier, by.to_vec()), "{paths:?}");
    }
}

#[test]
fn any_deny_blocks() {
    let (policy, changes) = (policy(""), changes(&["apps/legacy/a.yaml", "apps/b.yaml"]));
    let evaluation = evaluate(&policy, &Facts { approvals: &signed(&["maria", "jonas"]), ..facts(&changes) });
    assert_eq!(evaluation.ruling.outcome, Outcome::Denied);
    let deny = evaluation.ruling.reasons.iter().find(|reason| reason.effect == Effect::Deny).unwrap();
    assert_eq!(deny.text, "denied: nobody works on this any more: touches apps/legacy/a.yaml");
    assert_eq!(deny.at.to_string(), "policy.yaml:16:5");
    assert_eq!((evaluation.clean, evaluation.note.as_str()), (false, "denied by frozen"));
}

#[test]
fn scope_is_what_all_of_them_may_touch() {
    let policy = policy("");
    let free = by(&["free[bot]"]);
    for (proposal, contributors, paths, tier, denied) in [
        ("agent/infra/1", &[][..], &["docs/a.md"][..], Tier::Low, false),
        ("agent/infra/1", &[], &["web/a.js"], Tier::Medium, true),
        ("agent/infra/1", &[], &["apps/a", "web/a.js"], Tier::Medium, true),
        // Several: what both may, and never low.
        ("agent/infra/1", &free, &["docs/a.md"], Tier::Medium, false),
        ("agent/infra/1", &free, &["web/a.js"], Tier::Medium, true),
        // None: what everybody may, and never low.
        ("fix/typo", &[], &["docs/a.md"], Tier::Medium, false),
        ("fix/typo", &[], &["apps/a"], Tier::Medium, true),
        ("fix/typo", &[], &[".countersign/policy.yaml"], Tier::High, false),
        ("agent/infra/1", &[], &[".countersign/policy.yaml"], Tier::High, true),
        // One without a scope.
        ("fix/typo", &free, &["anything"], Tier::Medium, false),
        ("fix/typo", &free, &["docs/a.md"], Tier::Low, false),
    ] {
        let changes = changes(paths);
        let evaluation = evaluate(&policy, &Facts { proposal, contributors, ..facts(&changes) });
        let got = (evaluation.ruling.tier, evaluation.ruling.outcome == Outcome::Denied);
        assert_eq!(got, (tier, denied), "{proposal} {contributors:?} {paths:?}");
        assert_eq!(rules(&evaluation, Effect::Deny), if denied { &["scope"][..] } else { &[] });
    }
}

#[test]
fn agents_are_recognised_by_any_hit() {
    let policy = policy("");
    let changes = changes(&["docs/a.md"]);
    let message = ["Subject\n\nAgent: web-2\n\nmore".to_owned()];
    for (proposal, emails, messages, agent) in [
        ("agent/infra/x/y", &[][..], &[][..], Some("infra")),
        ("x", &["FREE[bot]"], &[], Some("free")),
        ("x", &["a@free.example"], &[], Some("free")),
        ("x", &[], &message[..], Some("web")),
        ("agent/web/1", &[], &message, Some("web")),
        ("agent/infra/1", &[], &message, None),
        ("x", &["a@free.example.org"], &[], None),
    ] {
        let contributors = by(emails);
        let facts = Facts { proposal, contributors: &contributors, messages, ..facts(&changes) };
        assert_eq!(evaluate(&policy, &facts).agent.as_deref(), agent, "{proposal} {emails:?}");
    }
}

#[test]
fn who_opened_it_binds_and_loosens_nothing() {
    let policy = policy("");
    let changes = changes(&["docs/a.md"]);
    for (proposal, opener, agent) in [
        ("agent/infra/1", None, Some("infra")),
        ("agent/infra/1", Some("somebody"), Some("infra")),
        ("agent/infra/1", Some("FREE[bot]"), None),
        ("x", Some("FREE[bot]"), None),
    ] {
        let evaluation = evaluate(&policy, &Facts { proposal, opener, ..facts(&changes) });
        assert_eq!(evaluation.agent.as_deref(), agent, "{proposal} {opener:?}");
    }
    let approvals = signed(&["maria"]);
    for (opener, outcome) in [(Some("MARIA-K"), Outcome::Pending), (Some("other"), Outcome::Satisfied)] {
        let facts = Facts { proposal: "agent/infra/1", opener, approvals: &approvals, ..facts(&changes) };
        assert_eq!(evaluate(&policy, &facts).ruling.outcome, outcome, "{opener:?}");
    }
}

#[test]
fn guards_cannot_be_switched_off() {
    let policy = policy("");
    for (path, tier, alone) in [
        ("docs/CODEOWNERS", Tier::High, true),
        ("docs/AGENTS.md", Tier::High, true),
        ("docs/claude.md", Tier::High, true),
        ("notes/infra.txt", Tier::High, true),
        ("notes/INFRA.txt", Tier::High, true),
        ("notes/other.txt", Tier::Low, false),
        ("docs/.gitattributes", Tier::Medium, false),
        ("docs/a\u{202e}b.md", Tier::Medium, false),
    ] {
        let changes = changes(&[path]);
        let evaluation = evaluate(&policy, &facts(&changes));
        assert_eq!((evaluation.ruling.tier, evaluation.lands_alone), (tier, alone), "{path}");
        assert_eq!(evaluation.ruling.reasons.iter().any(|r| r.effect == Effect::Builtin), tier != Tier::Low, "{path}");
    }
}

#[test]
fn links_are_never_low() {
    let policy = policy("");
    for mode in [Mode::Symlink, Mode::Submodule, Mode::Executable] {
        let mut changes = changes(&["docs/a.md"]);
        changes[0].old = Some(Side { mode, oid: Oid::ZERO });
        let tier = evaluate(&policy, &facts(&changes)).ruling.tier;
        assert_eq!(tier, if mode == Mode::Executable { Tier::Low } else { Tier::Medium }, "{mode:?}");
    }
}

#[test]
fn approvals_count_by_person() {
    let policy = policy("");
    let (low, high, root) =
        (changes(&["docs/a.md"]), changes(&["docs/secret.md"]), changes(&[".countersign/policy.yaml"]));
    for (proposal, changes, persons, authors, have, outcome) in [
        ("agent/infra/1", &low, &[][..], &[][..], 0, Outcome::Pending),
        ("agent/infra/1", &low, &["jonas"], &[], 1, Outcome::Satisfied),
        ("agent/infra/1", &low, &["nobody"], &[], 0, Outcome::Pending),
        ("agent/infra/1", &low, &["lena"], &[], 0, Outcome::Pending),
        ("agent/infra/1", &high, &["jonas"], &[], 1, Outcome::Pending),
        ("agent/infra/1", &high, &["jonas", "jonas"], &[], 1, Outcome::Pending),
        ("agent/infra/1", &high, &["jonas", "maria"], &[], 2, Outcome::Satisfied),
        // Own commits: one of two, never alone.
        ("agent/infra/1", &low, &["jonas"], &["JONAS@corp.example"], 0, Outcome::Pending),
        ("agent/infra/1", &low, &["maria"], &["7+Maria-K@users.noreply.github.com"], 0, Outcome::Pending),
        ("agent/infra/1", &low, &["jonas"], &["maria@corp.example"], 1, Outcome::Satisfied),
        ("agent/infra/1", &high, &["jonas", "maria"], &["jonas@corp.example"], 2, Outcome::Satisfied),
        // The root of trust: an admin among them.
        ("fix/policy", &root, &["jonas", "maria"], &[], 2, Outcome::Satisfied),
        ("fix/policy", &root, &["jonas", "lena"], &[], 1, Outcome::Pending),
    ] {
        let (approvals, contributors) = (signed(persons), by(authors));
        let facts = Facts { proposal, approvals: &approvals, contributors: &contributors, ..facts(changes) };
        let evaluation = evaluate(&policy, &facts);
        let got = (evaluation.ruling.approvals.have, evaluation.ruling.outcome);
        assert_eq!(got, (have, outcome), "{persons:?} {authors:?} {:?}", evaluation.ruling);
        let needs = !rules(&evaluation, Effect::Needs).is_empty();
        assert!(needs == (outcome == Outcome::Pending), "{persons:?} {authors:?}");
    }
}

#[test]
fn two_who_may_but_no_admin() {
    let text = POLICY.replace("roles: [admin] }", "roles: [approve] }");
    let policy = parse(&text, "p").unwrap();
    let changes = changes(&[".countersign/allowed_signers"]);
    let approvals = signed(&["jonas", "lena"]);
    let evaluation = evaluate(&policy, &Facts { proposal: "x", approvals: &approvals, ..facts(&changes) });
    assert_eq!((evaluation.ruling.approvals.have, evaluation.ruling.outcome), (2, Outcome::Pending));
    assert_eq!(rules(&evaluation, Effect::Needs), ["countersign"]);
}

#[test]
fn one_person_may_sign_own_work_where_policy_says_so() {
    let policy = policy("approvals: { self: allowed }\n");
    let (changes, approvals, own) = (changes(&["docs/a.md"]), signed(&["jonas"]), by(&["jonas@corp.example"]));
    let facts = Facts { approvals: &approvals, contributors: &own, ..facts(&changes) };
    assert_eq!(evaluate(&policy, &facts).ruling.outcome, Outcome::Satisfied);
}

#[test]
fn a_touch_is_asked_for_by_tier() {
    let policy = policy("signatures: { low: touch }\n");
    let changes = changes(&["docs/a.md"]);
    for (touches, outcome) in
        [(&[false][..], Outcome::Pending), (&[true], Outcome::Satisfied), (&[false, true], Outcome::Satisfied)]
    {
        let approvals: Vec<Approval> = touches.iter().map(|touch| Approval::planned("maria", *touch)).collect();
        let evaluation = evaluate(&policy, &Facts { approvals: &approvals, ..facts(&changes) });
        assert_eq!(evaluation.ruling.outcome, outcome, "{touches:?}");
        assert_eq!(rules(&evaluation, Effect::Needs).is_empty(), outcome == Outcome::Satisfied);
    }
}

#[test]
fn objections_keep_it_pending() {
    let policy = policy("");
    let (changes, approvals) = (changes(&["docs/a.md"]), signed(&["maria"]));
    for (kind, outcome, note) in [
        (DecisionKind::Hold, Outcome::Pending, "held by jonas"),
        (DecisionKind::Reject, Outcome::Pending, "rejected by jonas"),
        (DecisionKind::Ask, Outcome::Satisfied, "asked by jonas"),
    ] {
        let objections = [Objection { kind, person: "jonas".to_owned(), entry: Some(EntryId::from_bytes([7; 16])) }];
        let evaluation =
            evaluate(&policy, &Facts { approvals: &approvals, objections: &objections, ..facts(&changes) });
        assert_eq!((evaluation.ruling.outcome, evaluation.note.as_str()), (outcome, note));
        assert!(!evaluation.clean);
    }
}

#[test]
fn what_is_clean() {
    let policy = policy("");
    for (paths, note) in [
        (&["docs/a.md"][..], ""),
        (&["apps/a"], "by default"),
        (&["docs/secret.md"], "secrets"),
        (&["docs/.gitattributes"], "attributes"),
        (&["docs/AGENTS.md"], "agents-file"),
        (&["web/a"], "denied by scope"),
    ] {
        let changes = changes(paths);
        let evaluation = evaluate(&policy, &facts(&changes));
        assert_eq!((evaluation.note.as_str(), evaluation.clean), (note, note.is_empty()), "{paths:?}");
    }
    let changes = changes(&["docs/a.md"]);
    let again = evaluate(&policy, &Facts { repeat: true, ..facts(&changes) });
    assert_eq!((again.clean, again.note.as_str()), (false, "repeat: rejected or held before"));
    assert!(rules(&again, Effect::Needs).contains(&"repeat"));
    let unknown = evaluate(&policy, &Facts { changes: None, ..facts(&changes) });
    assert_eq!((unknown.ruling.tier, unknown.note.as_str()), (Tier::Medium, "needs a rebase"));
    assert!(!unknown.trace.iter().any(|line| line.matched && line.rule != "default_tier"));
    assert_eq!(unknown.trace[0].conditions[0].holds, None);
    let loose = parse(&POLICY.replace(", batch: true", ""), "p").unwrap();
    assert_eq!(evaluate(&loose, &facts(&changes)).note, "policy keeps low out of batches");
}

#[test]
fn the_built_in_policy_merges_nothing() {
    let policy = built_in();
    let changes = changes(&["docs/a.md"]);
    for stage in [Stage::Look, Stage::Record, Stage::Enforce] {
        let approvals = signed(&["maria"]);
        let evaluation = evaluate(&policy, &Facts { stage, approvals: &approvals, ..facts(&changes) });
        assert_eq!((evaluation.ruling.outcome, evaluation.clean), (Outcome::Pending, true));
        assert!(rules(&evaluation, Effect::Needs).contains(&"stage"));
    }
}

#[test]
fn the_ledger_takes_no_proposals() {
    let changes = changes(&["docs/a.md"]);
    for target in ["refs/heads/countersign/ledger", "countersign/ledger"] {
        let evaluation = evaluate(&policy(""), &Facts { target, ..facts(&changes) });
        assert_eq!(evaluation.note, "denied by ledger");
    }
}

#[test]
fn the_trace_has_every_rule() {
    let changes = changes(&["apps/1", "apps/2", "apps/3", "apps/4", "docs/secret.md"]);
    let evaluation = evaluate(&policy(""), &facts(&changes));
    insta::assert_snapshot!(crate::policy::explain_text(&evaluation), @r"
    high, pending: 0 of 2 approvals
      policy.yaml:15:5 secrets: high: touches docs/secret.md
      policy.yaml:11:72 approvals: needs the approval of 2 more persons: high asks for 2

    1 of 14 rules matched
      not matched  docs (policy.yaml:13:5): low
          only_paths: docs/**, **/*.md: no (apps/1, apps/2, apps/3 and 1 more)
      not matched  notes (policy.yaml:14:5): low
          only_paths: notes/**: no (apps/1, apps/2, apps/3 and 2 more)
      matched      secrets (policy.yaml:15:5): high
          paths: **/*secret*: yes (docs/secret.md)
      not matched  frozen (policy.yaml:16:5): denied: nobody works on this any more; paths: apps/legacy/**: no
      not matched  default_tier (built-in): medium
      not matched  agents (built-in): at least medium; from no known agent, or from several (matches infra): no
      not matched  scope of infra (policy.yaml:8:5): denied: out of scope; outside apps/**, docs/**, **/*.md: no
      not matched  countersign (built-in): at least high and lands alone; touches policy, signers and what they run: no
      not matched  code-owners (built-in): at least high and lands alone; touches code owners: no
      not matched  ci (built-in): at least high and lands alone; touches a CI workflow: no
      not matched  agents-file (built-in): at least high and lands alone; touches a file that agents take instructions from: no
      not matched  attributes (built-in): at least medium; touches git attributes or submodule settings: no
      not matched  links (built-in): at least medium; touches a symbolic link or a submodule: no
      not matched  file-names (built-in): at least medium; touches a file name that cannot be shown as it is: no
    ");
    let json = serde_json::to_value(&evaluation).unwrap();
    assert_eq!(json["trace"][0]["conditions"][0]["more"], 1);
    assert_eq!(json["ruling"]["reasons"][0]["effect"], "tier");
}

fn path() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "docs/a.md",
        "apps/x",
        "apps/secret",
        "apps/legacy/y",
        "AGENTS.md",
        ".github/workflows/a",
        "web/z",
        ".gitattributes",
        "notes/b",
        ".countersign/policy.yaml",
        "docs/\u{202e}",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    /// A change of more never asks for less: not the tier, nor what is denied, nor what lands alone.
    #[test]
    fn more_paths_never_lower_the_tier(paths in prop::collection::vec(path(), 1..6), more in path(), built in any::<bool>()) {
        let policy = if built { built_in() } else { policy("  - { name: prose, paths: [\"docs/**\"], tier: low }\n") };
        let few: Vec<&str> = paths.iter().map(String::as_str).collect();
        let many: Vec<&str> = few.iter().copied().chain([more.as_str()]).collect();
        let (few, many) = (changes(&few), changes(&many));
        let (before, after) = (evaluate(&policy, &facts(&few)), evaluate(&policy, &facts(&many)));
        // `only_paths` rules may stop to match, and `default_tier` is then above what they asked for, unless that was high.
        prop_assert!(after.ruling.tier >= before.ruling.tier);
        prop_assert!(before.ruling.outcome != Outcome::Denied || after.ruling.outcome == Outcome::Denied);
        prop_assert!(!before.lands_alone || after.lands_alone);
        prop_assert!(!after.clean || before.clean);
    }

    #[test]
    fn more_approvals_never_count_for_less(
        persons in prop::collection::vec(prop::sample::select(vec!["maria", "jonas", "lena", "nobody"]), 0..5),
        more in prop::sample::select(vec!["maria", "jonas", "lena", "nobody"]),
        own in prop::sample::subsequence(vec!["maria@corp.example", "jonas@corp.example"], 0..=2),
        path in path(),
    ) {
        let (policy, changes, contributors) = (policy(""), changes(&[&path]), by(&own));
        let (few, mut many) = (signed(&persons), signed(&persons));
        many.push(Approval::planned(more, false));
        let facts = Facts { contributors: &contributors, ..facts(&changes) };
        let before = evaluate(&policy, &Facts { approvals: &few, ..facts }).ruling;
        let after = evaluate(&policy, &Facts { approvals: &many, ..facts }).ruling;
        prop_assert!(after.approvals.have >= before.approvals.have);
        prop_assert!(before.outcome != Outcome::Satisfied || after.outcome == Outcome::Satisfied);
        prop_assert_eq!(after.approvals.have, after.approvals.by.len());
    }
}
