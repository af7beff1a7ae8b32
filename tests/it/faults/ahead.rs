//! A target that does not have what the ledger says: by a push that stopped, or by somebody who moved it back. Who cannot know
//! which it was moves nothing and signs nothing, and says it everywhere.

use super::{Repo, Sandbox, count, page, with_fault};

/// Runs countersign as if a minute had passed.
fn later(repo: &Repo<'_>, arguments: &[&str]) -> crate::support::Ran {
    with_fault(repo, "grace:fail", arguments)
}

/// Approves two, one after the other, and forces main back to before both. Answers their names and the refs.
fn forced_back(origin: &Repo<'_>, maria: &Repo<'_>, landings: usize) -> (Vec<String>, String, String) {
    let before = origin.rev("main");
    let pages: Vec<String> = (0..landings).map(|number| page(origin, &format!("page-{number}"))).collect();
    for page in &pages {
        let _ = maria.run(&["approve", page, "--yes"]).succeeds();
    }
    let after = origin.rev("main");
    origin.git(&["update-ref", "refs/heads/main", &before]);
    (pages, before, after)
}

#[test]
fn a_host_that_never_saw_it_land_asks_a_person() {
    let sandbox = Sandbox::new();
    let (origin, maria, _) = sandbox.pair();
    let (_, before, after) = forced_back(&origin, &maria, 1);
    let two = page(&origin, "two");
    std::fs::remove_dir_all(sandbox.home().join(".local/state/countersign")).expect("what maria's host saw");
    let refs = origin.refs();
    let fresh = origin.clone_to("fresh");
    fresh.git(&["fetch", "--quiet", "origin", &after]);
    fresh.belongs_to(&crate::support::Person {
        name: "maria".into(),
        email: "maria@corp.example".into(),
        key: sandbox.path("keys/maria"),
    });
    for host in [&fresh, &maria] {
        assert!(later(host, &["status"]).exits(1).stdout.contains("ALARM     the ledger is ahead"));
        assert!(later(host, &["status", "--short"]).exits(1).stdout.contains("ALARM"));
        assert!(later(host, &["doctor"]).exits(1).stdout.contains("countersign ledger finish"));
        assert!(later(host, &["ledger", "verify"]).exits(1).stdout.contains("ALARM"));
        let _ = later(host, &["list"]).succeeds();
        for words in [&["approve", &two, "--yes"][..], &["hold", &two, "-m", "Wait.", "--yes"]] {
            let ran = later(host, words).exits(1);
            assert!(ran.stderr.contains("countersign ledger void"), "{ran}");
        }
        let _ = later(host, &["ledger", "finish"]).exits(2);
        let _ = later(host, &["ledger", "finish", "--dry-run"]).succeeds();
        assert_eq!(origin.refs(), refs, "nothing is moved, nothing is signed");
    }
    assert_eq!(origin.rev("main"), before);
    let ran = later(&fresh, &["ledger", "finish", "--yes"]).succeeds();
    assert!(ran.stdout.contains("agent/infra/page-0") && ran.stdout.contains("main is now at"), "{ran}");
    assert_eq!(origin.rev("main"), after);
    assert_eq!(origin.rev("countersign/ledger"), refs["refs/heads/countersign/ledger"]);
    let _ = fresh.sound();
    let _ = maria.run(&["approve", &two, "--yes"]).succeeds();
}

#[test]
fn what_somebody_took_back_from_main_does_not_land_again_by_itself() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (pages, before, _) = forced_back(&origin, &maria, 2);
    let two = page(&origin, "two");
    for _ in 0..2 {
        maria.git(&["fetch", "--quiet", "origin"]);
        let ran = maria.run(&["status"]).exits(1);
        assert!(ran.stdout.contains("somebody moved main back") && ran.stdout.contains("and 1 before it"), "{ran}");
        let ran = maria.run(&["hold", &two, "-m", "Wait.", "--yes"]).exits(1);
        assert!(!ran.stderr.contains("half way"), "{ran}");
    }
    assert_eq!(origin.rev("main"), before);
    // Of two landings none can be made again; both are taken back in one entry, and what was decided stands.
    let _ = maria.run(&["ledger", "finish", "--yes"]).exits(1);
    let _ = maria.run(&["ledger", "void", "-m", "It broke the site.", "--yes"]).succeeds();
    let void = origin.ledger().pop().expect("an entry");
    assert_eq!(void["about"].as_array().map(Vec::len), Some(2), "{void}");
    let _ = maria.sound();
    assert!(maria.run(&["status"]).succeeds().stdout.contains("2 ready to merge"));
    let _ = maria.run(&["hold", &two, "-m", "Wait.", "--yes"]).succeeds();
    let _ = maria.run(&["approve", &pages[0], "--yes"]).succeeds();
    assert_eq!(count(&origin, "approve", &pages[0]), 2);
    let _ = maria.sound();
}

#[test]
fn an_own_push_that_was_seen_to_land_and_then_taken_back_is_not_made_again() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let before = origin.rev("main");
    let _ = with_fault(&maria, "after-push:kill", &["approve", &one, "--yes"]);
    // Reading sees it there, and leaves the outbox as it is.
    let _ = maria.run(&["list"]).succeeds();
    origin.git(&["update-ref", "refs/heads/main", &before]);
    let ran = maria.run(&["hold", &two, "-m", "Wait.", "--yes"]).exits(1);
    assert!(ran.stderr.contains("somebody moved main back"), "{ran}");
    assert_eq!((origin.rev("main"), sandbox.outbox()), (before, 1));
}

#[test]
fn a_void_is_signed_by_who_may_and_survives_a_crash() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let stricter = origin.show("main", ".countersign/policy.yaml").replace("tier: low", "tier: medium");
    let change = crate::support::Commit::new("Stricter").by("maria", "maria@corp.example");
    origin.commit("people/stricter", change.file(".countersign/policy.yaml", stricter));
    let before = origin.rev("main");
    for clone in [&sam, &maria] {
        let _ = clone.run(&["approve", &origin.at("people/stricter"), "--yes"]).succeeds();
    }
    origin.git(&["update-ref", "refs/heads/main", &before]);
    // It takes a policy out of force, so it takes an admin.
    let ran = later(&sam, &["ledger", "void", "--yes"]).exits(1);
    assert!(ran.stderr.contains("the role admin"), "{ran}");
    let refs = origin.refs();
    for point in ["before-void", "before-sign", "after-sign", "before-push"] {
        for end in ["kill", "fail"] {
            let ran = with_fault(&maria, &format!("{point}:{end}"), &["ledger", "void", "--yes"]);
            assert_eq!(ran.code, (end == "fail").then_some(4), "{point}: {ran}");
            assert_eq!(origin.refs(), refs, "{point}: the old state");
        }
    }
    let _ = with_fault(&maria, "after-push:kill", &["ledger", "void", "--yes"]);
    assert_ne!(origin.refs(), refs);
    let _ = maria.run(&["ledger", "void", "--yes"]).exits(1);
    assert_eq!(origin.ledger().iter().filter(|entry| entry["kind"] == "void").count(), 1);
    let _ = maria.sound();
    let _ = sam.sound();
}

#[test]
fn a_void_of_what_did_land_is_an_alarm() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    let entry = origin.ledger().pop().expect("an entry")["id"].clone();
    // With it the approval would count a second time.
    origin.forge("sam", serde_json::json!({ "kind": "void", "about": [entry] }));
    for clone in [&maria, &sam] {
        assert!(clone.run(&["status"]).exits(1).stdout.contains("never landed"));
        assert!(clone.run(&["approve", &two, "--yes"]).exits(1).stderr.contains("never landed"));
        assert!(clone.run(&["ledger", "verify"]).exits(1).stdout.contains("a void says that"));
    }
}
