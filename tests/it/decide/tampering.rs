//! What somebody does behind the ledger's back is found, named and answered with an exit status.

use std::process::Command;

use super::{Sandbox, agent, page};
use crate::support::{Ran, Repo};

/// Runs git with a person's key.
fn signed(repo: &Repo<'_>, name: &str, arguments: &[&str]) -> String {
    let mut git: Command = repo.sandbox().git_command(repo);
    let key = repo.sandbox().path(format!("keys/{name}"));
    git.args(["-c", "gpg.format=ssh", "-c", &format!("user.signingKey={}", key.display())]).args(arguments);
    Ran::of(&mut assert_cmd::Command::from_std(git)).succeeds().stdout.trim_end().to_owned()
}

#[test]
fn an_entry_signed_by_another_key_has_no_effect() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let _ = maria.run(&["hold", &origin.at(&one), "-m", "Wait.", "--yes"]).succeeds();
    let _ = sandbox.person("eve");
    let message = origin.git(&["log", "-1", "--format=%B", "countersign/ledger"]);
    let (tree, parent) = (origin.rev("countersign/ledger^{tree}"), origin.rev("countersign/ledger^"));
    let forged = signed(&origin, "eve", &["commit-tree", "-S", "-m", &message, "-p", &parent, &tree]);
    origin.git(&["update-ref", "refs/heads/countersign/ledger", &forged]);
    let report = maria.run(&["ledger", "verify", "--json"]).exits(1);
    assert!(report.json()["faults"][0]["what"].is_string(), "{report}");
    // This clone has seen the entry that was amended away: nobody decides here until that is cleared up.
    let ran = maria.run(&["approve", &origin.at(&one), "--yes"]).exits(1);
    assert!(ran.stderr.contains("rewritten"), "{ran}");
    assert!(maria.run(&["status"]).exits(1).stdout.contains("ALARM"));
    assert!(maria.run(&["doctor"]).exits(1).stdout.contains("rewritten"));
    let fresh = origin.clone_to("fresh");
    let ran = fresh.run(&["ledger", "verify"]).exits(1);
    assert!(ran.stdout.contains("no effect") && ran.stdout.contains("NOT sound"), "{ran}");
    assert_eq!(fresh.proposal(&one)["state"], "pending", "a forged hold holds nothing");
}

#[test]
fn a_commit_that_nobody_approved_is_counted() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let _ = maria.run(&["approve", &origin.at(&page(&origin, "one")), "--yes"]).succeeds();
    let straight = origin.commit("main", agent("Straight to main\n\nCountersign-Entry: x").file("docs/x.md", "x\n"));
    let report = maria.run(&["ledger", "verify", "--json"]).succeeds().json();
    assert_eq!(
        (&report["unapproved_total"], &report["unapproved"][0]["commit"]),
        (&1.into(), &straight.clone().into())
    );
    // A message that claims an approval is not one.
    let entry = origin.ledger()[1]["id"].as_str().expect("an id").to_owned();
    origin.commit("main", agent(&format!("Mine\n\nCountersign-Entry: {entry}\n")).file("docs/y.md", "y\n"));
    let report = maria.run(&["ledger", "verify", "--json"]).succeeds().json();
    assert_eq!(report["unapproved_total"], 2);
    assert!(maria.run(&["ledger", "verify"]).succeeds().stdout.contains(&straight[..12]));
    // In the stage enforce it is an offence.
    let policy = origin.show("main", ".countersign/policy.yaml") + "gate: check\n";
    origin.commit("people/gate", super::maria("Enforce").file(".countersign/policy.yaml", policy));
    let _ = maria.run(&["approve", &origin.at("people/gate"), "--yes"]).succeeds();
    let _ = maria.run(&["ledger", "verify"]).exits(1);
}

#[test]
fn a_landed_merge_that_was_altered_is_a_mismatch() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let _ = maria.run(&["approve", &origin.at(&page(&origin, "one")), "--yes"]).succeeds();
    let message = origin.git(&["log", "-1", "--format=%B", "main"]);
    origin.commit("main", agent(&message).from("main^").file("docs/one.md", "evil\n"));
    origin.commit("main", agent("Later").file("docs/two.md", "2\n"));
    let ran = maria.run(&["ledger", "verify"]).exits(1);
    assert!(ran.stdout.contains("mismatch"), "{ran}");
}

#[test]
fn a_ledger_that_is_gone_or_replaced_is_an_alarm_and_no_new_start() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let tip = origin.rev("countersign/ledger");
    let fresh = sandbox.reviewer(&origin, "fresh");
    origin.git(&["update-ref", "-d", "refs/heads/countersign/ledger"]);
    for clone in [&maria, &fresh] {
        assert!(clone.run(&["status"]).exits(1).stdout.contains("ALARM"));
        let _ = clone.run(&["approve", &origin.at(&one), "--yes"]).exits(1);
        let _ = clone.run(&["ledger", "verify"]).exits(1);
        let _ = clone.run(&["init", "--yes"]).exits(2);
    }
    origin.git(&["update-ref", "refs/heads/countersign/ledger", &tip]);
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    // Another ledger in its place, with a policy that names it.
    let other = Sandbox::new();
    let (theirs, _) = other.solo();
    origin.git(&["fetch", "--quiet", &theirs.path().to_string_lossy(), "+refs/heads/*:refs/theirs/*"]);
    origin.git(&["update-ref", "refs/heads/countersign/ledger", "refs/theirs/countersign/ledger"]);
    origin.git(&["update-ref", "refs/heads/main", "refs/theirs/main"]);
    assert!(maria.run(&["status"]).exits(1).stdout.contains("ALARM"));
    let ran = maria.run(&["approve", &origin.at(&one), "--yes"]).exits(1);
    assert!(ran.stderr.contains("replaced") || ran.stderr.contains("rewritten"), "{ran}");
}

#[test]
fn a_tree_that_names_a_path_twice_lands_nothing() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let docs = origin.rev("main:docs");
    let blob = origin.rev("main:prod/web/values.yaml");
    let listing = origin.git(&["ls-tree", &docs]) + &format!("\n100644 blob {blob}\ta.md\n");
    let twins = tree(&origin, &listing);
    let root = origin.git(&["ls-tree", "main"]).replace(&docs, &twins) + "\n";
    let head = origin.git(&["commit-tree", "-p", "main", "-m", "Twins", &tree(&origin, &root)]);
    origin.git(&["update-ref", "refs/heads/agent/infra/twins", &head]);
    let proposal = maria.proposal("agent/infra/twins");
    assert_eq!((&proposal["state"], &proposal["result"]), (&"blocked".into(), &serde_json::Value::Null), "{proposal}");
    let ran = maria.run(&["approve", &origin.at("agent/infra/twins"), "--yes"]).exits(1);
    assert!(ran.stderr.contains("twice"), "{ran}");
}

/// Makes a tree of what `git ls-tree` would say of it.
fn tree(repo: &Repo<'_>, listing: &str) -> String {
    let mut git = assert_cmd::Command::from_std(repo.sandbox().git_command(repo));
    Ran::of(git.arg("mktree").write_stdin(listing.to_owned())).succeeds().stdout.trim_end().to_owned()
}
