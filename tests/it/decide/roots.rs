//! Changes of the policy: they land alone, by an admin, and rule from then on; a broken one blocks and says where.

use super::{Sandbox, agent, page, queue};

#[test]
fn a_changed_policy_lands_alone_by_an_admin_and_is_then_in_force() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let stricter = origin.show("main", ".countersign/policy.yaml").replace("tier: low", "tier: medium");
    origin.commit("people/stricter", super::maria("Docs are medium").file(".countersign/policy.yaml", stricter));
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    assert_eq!(maria.proposal(&two)["tier"], "low");
    let _ = maria.run(&["approve", &origin.at("people/stricter"), "--yes"]).succeeds();
    let ran = sam.run(&["approve", &origin.at(&one), &origin.at("people/stricter"), "--yes", "--json"]).exits(3);
    assert!(ran.json()["plan"]["dropped"][0]["why"].as_str().is_some_and(|why| why.contains("alone")), "{ran}");
    assert_eq!(maria.proposal(&two)["tier"], "low");
    let _ = sam.run(&["approve", &origin.at("people/stricter"), "--yes"]).succeeds();
    assert_eq!(maria.proposal(&two)["tier"], "medium", "the new policy rules at once");
    assert_eq!(sam.proposal(&two)["tier"], "medium");
    let _ = maria.run(&["approve", "--tier", "low", "--yes"]).exits(1);
    let _ = sam.run(&["approve", &origin.at(&two), "--yes"]).succeeds();
    let _ = maria.sound();
    let _ = sam.sound();
}

#[test]
fn a_policy_that_nobody_approved_is_not_in_force_and_reported() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let looser = origin.show("main", ".countersign/policy.yaml").replace("tier: high", "tier: low");
    origin.commit("main", super::maria("Looser").file(".countersign/policy.yaml", looser));
    origin.propose("agent/infra/secret", "Rotate", &[("apps/secret.yaml", "x: 1\n")]);
    let ran = maria.run(&["list"]).succeeds();
    assert!(ran.stderr.contains("another policy than the one in force"), "{ran}");
    assert_eq!(maria.proposal("agent/infra/secret")["tier"], "high");
    assert!(maria.run(&["policy", "explain", "secret"]).succeeds().stdout.contains("secrets"));
}

#[test]
fn a_broken_policy_blocks_and_says_where_and_the_mended_one_rules_again() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let good = origin.show("main", ".countersign/policy.yaml");
    let broken = good.replacen("tier: high", "teir: high", 1);
    origin.commit("main", super::maria("Oops").file(".countersign/policy.yaml", broken));
    let before = origin.refs();
    let fresh = sandbox.reviewer(&origin, "fresh");
    for clone in [&maria, &fresh] {
        let ran = clone.run(&["approve", &origin.at(&one), "--yes"]);
        assert!(ran.code == Some(2) && ran.stderr.contains("policy.yaml:10:"), "{ran}");
        let ran = clone.run(&["list"]).succeeds();
        assert!(ran.stdout.contains("blocked") && ran.stderr.contains("policy.yaml:10:"), "{ran}");
        let ran = clone.run(&["status"]);
        assert!(!ran.stdout.contains("look"), "{ran}");
        let _ = clone.run(&["init", "--yes"]).exits(2);
    }
    assert_eq!(origin.refs(), before);
    origin.commit("main", super::maria("Mend").file(".countersign/policy.yaml", good));
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    assert_eq!(queue(&maria), []);
}

/// The key of the demo's first reviewer, which everybody has.
const DEMO_KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAICUKCF0nA8JDt9/VtBJvKW3D4ZlLUSVqCiszltsWnQjQ";

#[test]
fn a_policy_that_could_not_rule_is_refused_before_it_lands() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let policy = origin.show("main", ".countersign/policy.yaml");
    let signers = origin.show("main", ".countersign/allowed_signers");
    let spoilt = [
        (
            "broken",
            super::maria("1").file(".countersign/policy.yaml", policy.replacen("tier: high", "teir: high", 1)),
            "policy.yaml:",
        ),
        ("gone", super::maria("2").delete(".countersign/policy.yaml"), "policy"),
        ("no-signers", super::maria("3").delete(".countersign/allowed_signers"), "signers"),
        ("nobody", super::maria("4").file(".countersign/allowed_signers", "# none\n"), "nobody could satisfy"),
        (
            "two",
            super::maria("5")
                .file(".countersign/policy.yaml", policy.replace("high: { approvals: 1 }", "high: { approvals: 2 }")),
            "nobody could satisfy",
        ),
        (
            "other",
            super::maria("6").file(".countersign/policy.yaml", policy.replace(&maria.ledger_id(), &"0".repeat(32))),
            "ledger",
        ),
        ("link", super::maria("7").symlink(".countersign/policy.yaml", "../docs/a.md"), "plain folders and files"),
        (
            "garbled",
            super::maria("8").file(".countersign/allowed_signers", format!("{signers}nonsense\n")),
            "allowed_signers:",
        ),
        (
            "everybody",
            super::maria("10").file(
                ".countersign/allowed_signers",
                format!("{signers}maria@corp.example ssh-ed25519 {DEMO_KEY} anything\n"),
            ),
            "belongs to the demo",
        ),
        (
            "no-admin",
            super::maria("9").file(".countersign/policy.yaml", policy.replace("[approve, admin]", "[approve]")),
            "admin",
        ),
    ];
    let before = origin.rev("main");
    for (name, commit, says) in spoilt {
        let branch = format!("people/{name}");
        origin.commit(&branch, commit);
        let ran = maria.run(&["approve", &origin.at(&branch), "--yes"]).exits(1);
        assert!(ran.stderr.contains(says), "{name}: {says}\n{ran}");
    }
    assert_eq!(origin.rev("main"), before);
    let _ = maria.sound();
}

#[test]
fn what_others_are_judged_by_is_high_and_lands_alone() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    for (name, path) in [
        ("agents", "AGENTS.md"),
        ("ci", ".github/workflows/ci.yaml"),
        ("owners", "CODEOWNERS"),
        ("case", ".GitHub/Workflows/x.yml"),
    ] {
        let branch = format!("agent/infra/{name}");
        origin.commit(&branch, agent("Harmless docs").file(path, "x\n").file("docs/x.md", "x\n"));
        let proposal = maria.proposal(&branch);
        assert_eq!((&proposal["tier"], &proposal["clean"]), (&"high".into(), &false.into()), "{path}");
        let _ = maria.run(&["approve", &origin.at(&branch), "--yes"]).succeeds();
    }
    let one = page(&origin, "one");
    let ran = sam.run(&["approve", &origin.at("agent/infra/ci"), &origin.at(&one), "--yes"]).exits(3);
    assert!(ran.stdout.contains("lands alone"), "{ran}");
    assert_eq!(origin.git(&["ls-tree", "--name-only", "main", ".github"]), "");
    let _ = sam.run(&["approve", &origin.at("agent/infra/ci"), "--yes"]).succeeds();
    let _ = sam.sound();
}

#[test]
fn a_policy_that_was_pushed_straight_never_rides_into_force_on_a_merge() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let policy = origin.show("main", ".countersign/policy.yaml");
    let signers = origin.show("main", ".countersign/allowed_signers");
    let _ = sandbox.person("eve");
    let eves = signers.clone() + &sandbox.signer_line("eve").replace("eve@", "maria@");
    let secret = "agent/infra/secret";
    origin.propose(secret, "Rotate", &[("apps/secret.yaml", "x: 1\n")]);
    for (name, commit) in [
        ("looser", agent("Typo").file(".countersign/policy.yaml", policy.replace("tier: high", "tier: low"))),
        ("other", agent("Typo").file(".countersign/policy.yaml", policy.replace(&maria.ledger_id(), &"0".repeat(32)))),
        ("signer", agent("Typo").file(".countersign/allowed_signers", eves)),
    ] {
        origin.commit("main", commit);
        let one = page(&origin, name);
        let ran = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
        assert!(ran.stderr.contains("does not rule"), "{ran}");
        let status = maria.run(&["status"]).succeeds();
        assert!(status.stderr.contains("than the one in force") && !status.stdout.contains("ALARM"), "{status}");
        assert_eq!(maria.proposal(secret)["tier"], "high", "{name}");
        let _ = maria.run(&["ledger", "verify"]).succeeds();
        // A proposal that puts the policy back is judged by what it puts back.
        let back = format!("people/back-{name}");
        let restored = super::maria("Back")
            .file(".countersign/policy.yaml", policy.clone())
            .file(".countersign/allowed_signers", signers.clone());
        origin.commit(&back, restored);
        let _ = maria.run(&["approve", &origin.at(&back), "--yes"]).succeeds();
        assert_eq!(maria.run(&["status"]).succeeds().stderr, "", "{name}");
    }
}
