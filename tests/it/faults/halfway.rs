//! A push that a server carried out half: the ledger is ahead of its target.

use super::{Repo, Sandbox, count, page, with_fault};
use crate::support::Commit;

/// Approves, and leaves things as a server that died between its two renames does: the ledger is ahead of main, and who
/// pushed has no answer. Answers where main would have gone.
fn half(origin: &Repo<'_>, clone: &Repo<'_>, at: &str) -> String {
    let before = origin.rev("main");
    assert_eq!(with_fault(clone, "after-push:kill", &["approve", at, "--yes"]).code, None);
    let after = origin.rev("main");
    origin.git(&["update-ref", "refs/heads/main", &before]);
    after
}

#[test]
fn who_pushed_it_finishes_it() {
    let sandbox = Sandbox::new();
    let (origin, maria, _) = sandbox.pair();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let after = half(&origin, &maria, &one);
    let report = maria.run(&["ledger", "verify", "--json"]).succeeds().json();
    assert_eq!(report["unfinished"][0]["new"].as_str(), Some(after.as_str()), "{report}");
    let ran = maria.run(&["hold", &two, "-m", "Wait.", "--yes"]).succeeds();
    assert!(ran.stderr.contains("stopped half way: main is now at"), "{ran}");
    assert_eq!(origin.rev("main"), after);
    let _ = maria.sound();
}

#[test]
fn who_has_not_its_commits_waits_and_then_takes_it_back() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let before = origin.rev("main");
    let _ = half(&origin, &maria, &one);
    let ran = sam.run(&["approve", &two, "--yes"]).exits(4);
    assert!(ran.stderr.contains("under way, or stopped"), "{ran}");
    assert_eq!(origin.rev("main"), before, "nothing is decided on top of it");
    let refs = origin.refs();
    let ran = with_fault(&sam, "grace:fail", &["approve", &two, "--yes"]).exits(1);
    assert!(ran.stderr.contains("the ledger is ahead") && ran.stderr.contains("countersign ledger void"), "{ran}");
    let ran = with_fault(&sam, "grace:fail", &["ledger", "finish", "--yes"]).exits(1);
    assert!(ran.stderr.contains("not here"), "{ran}");
    assert_eq!(origin.refs(), refs, "nothing is moved or signed by itself");
    let ran = with_fault(&sam, "grace:fail", &["ledger", "void", "--yes", "-m", "It never came."]).succeeds();
    assert!(ran.stdout.contains("taken back") && ran.stdout.contains("agent/infra/one"), "{ran}");
    let _ = sam.run(&["approve", &two, "--yes"]).succeeds();
    assert_eq!(count(&origin, "approve", &two), 1);
    assert_eq!(origin.ledger().iter().filter(|entry| entry["kind"] == "void").count(), 1);
    // What maria said stands; it has not landed, and her next word lands it.
    let proposal = maria.proposal("agent/infra/one");
    assert_eq!(
        (&proposal["state"], &proposal["ruling"]["approvals"]["have"]),
        (&"ready".into(), &1.into()),
        "{proposal}"
    );
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    assert_eq!(origin.show("main", "docs/one.md"), "text\n");
    let _ = maria.sound();
    let _ = sam.sound();
}

#[test]
fn a_target_that_went_elsewhere_takes_it_back() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let _ = half(&origin, &maria, &one);
    origin.commit("main", Commit::new("By hand").file("docs/hand.md", "h\n"));
    // That the push was maria's own does not say what to do now: she says it, and nothing is signed before.
    let ran = maria.run(&["approve", &one, "--yes"]).exits(1);
    assert!(ran.stderr.contains("countersign ledger void"), "{ran}");
    let _ = maria.run(&["ledger", "finish", "--yes"]).exits(1);
    let before = origin.refs();
    let _ = maria.run(&["ledger", "void", "--dry-run"]).succeeds();
    let _ = maria.run(&["ledger", "void"]).exits(2);
    assert_eq!(origin.refs(), before);
    let _ = maria.run(&["ledger", "void", "--yes"]).succeeds();
    let _ = maria.run(&["ledger", "void", "--yes"]).exits(1);
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    assert_eq!(
        (origin.show("main", "docs/one.md"), origin.show("main", "docs/hand.md")),
        ("text\n".into(), "h\n".into())
    );
    let report = maria.run(&["ledger", "verify", "--json"]).succeeds().json();
    assert_eq!((&report["unapproved_total"], &report["merges"]), (&1.into(), &1.into()), "{report}");
}

#[test]
fn a_crash_while_putting_it_right_is_put_right() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let after = half(&origin, &maria, &one);
    for point in ["before-push:kill", "before-push:fail", "after-push:kill"] {
        let ran = with_fault(&maria, point, &["hold", &two, "-m", "Wait.", "--yes"]);
        assert_ne!(ran.code, Some(0), "{point}: {ran}");
    }
    let _ = maria.run(&["hold", &two, "-m", "Wait.", "--yes"]).succeeds();
    assert_eq!(origin.rev("main"), after);
    assert_eq!(count(&origin, "hold", &two), 1);
    let _ = maria.sound();
}

#[test]
fn changes_in_the_way_of_finishing_are_said_and_kept() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    repo.commit("main", Sandbox::first_commit());
    repo.belongs_to(&sandbox.person("maria"));
    let _ = repo.run(&["init", "--yes"]).succeeds();
    let (one, two) = (page(&repo, "one"), page(&repo, "two"));
    let _ = with_fault(&repo, "between-refs:kill", &["approve", &one, "--yes"]);
    sandbox.write("repo/docs/one.md", "mine\n");
    let ran = repo.run(&["hold", &two, "-m", "Wait.", "--yes"]).exits(1);
    assert!(ran.stderr.contains("docs/one.md"), "{ran}");
    assert_eq!(count(&repo, "hold", &two), 0);
    std::fs::remove_file(repo.path().join("docs/one.md")).expect("the file");
    let _ = repo.run(&["hold", &two, "-m", "Wait.", "--yes"]).succeeds();
    assert_eq!(repo.show("main", "docs/one.md"), "text\n");
    let _ = repo.sound();
}
