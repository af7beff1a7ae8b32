//! A push that the server carried out, and whose answer never came: the connection dies after the refs have moved. Who pushed
//! finds his own entry, and does nothing twice.

use super::{Repo, Sandbox, count, page, with_fault};
use crate::support::Ran;

/// Makes the server die as soon as the ledger has moved; `also` runs before that.
fn dies(origin: &Repo<'_>, also: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = committed ] || exit 0\ngrep -q refs/heads/countersign/ledger || exit 0\n{also}\nkill -9 \"$PPID\"\n"
    );
    let path = origin.path().join("hooks/reference-transaction");
    std::fs::write(&path, text).expect("a hook");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

fn lives(origin: &Repo<'_>) {
    std::fs::remove_file(origin.path().join("hooks/reference-transaction")).expect("the hook");
}

#[test]
fn who_pushed_finds_his_entry() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two, three) = (page(&origin, "one"), page(&origin, "two"), page(&origin, "three"));
    let lesson = &["reject", &two, "-m", "Never write two.", "--yes"];
    for (kind, words) in [
        ("approve", &["approve", &one, "--yes"][..]),
        ("reject", lesson),
        ("hold", &["hold", &three, "-m", "Wait.", "--yes"]),
        ("withdraw", &["withdraw", "agent/infra/three", "--yes"]),
    ] {
        dies(&origin, "");
        let ran = maria.run(words).succeeds();
        lives(&origin);
        let at = if kind == "approve" {
            &one
        } else if kind == "reject" {
            &two
        } else {
            &three
        };
        assert_eq!((count(&origin, kind, at), sandbox.outbox()), (1, 0), "{kind}: {ran}");
        assert!(ran.stdout.contains("ledger    "), "{kind}: {ran}");
        let _ = maria.sound();
    }
    assert!(origin.show("main", "AGENTS.md").contains("Never write two."));
    assert_eq!(origin.show("main", "docs/one.md"), "text\n");
}

#[test]
fn a_server_that_is_gone_with_its_answer_is_asked_later() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let away = sandbox.path("away.git");
    let vanish = |also: &str| dies(&origin, &format!("mv \"$PWD\" {}{also}", away.display()));
    let returns = || {
        std::fs::rename(&away, origin.path()).expect("the server");
        lives(&origin);
    };
    vanish("");
    let ran = maria.run(&["approve", &one, "--yes"]).exits(4);
    assert!(ran.stderr.contains("it is not known whether it arrived"), "{ran}");
    assert!(maria.run(&["list"]).succeeds().stderr.contains("could not be asked"));
    returns();
    assert_eq!(sandbox.outbox(), 1);
    let ran = maria.run(&["approve", &one, "--yes"]).succeeds();
    assert!(ran.stderr.contains("nothing is recorded twice"), "{ran}");
    assert_eq!((count(&origin, "approve", &one), sandbox.outbox()), (1, 0));
    // The same where the client dies, too.
    vanish("");
    let ran = with_fault(&maria, "after-push:kill", &["approve", &two, "--yes"]);
    assert_ne!(ran.code, Some(0), "{ran}");
    returns();
    let _ = maria.run(&["approve", &two, "--yes"]).succeeds();
    assert_eq!((count(&origin, "approve", &two), sandbox.outbox()), (1, 0));
    let _ = maria.sound();
}

#[test]
fn a_ledger_that_began_without_an_answer_has_begun() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let maria = sandbox.reviewer(&origin, "maria");
    dies(&origin, "");
    let ran: Ran = maria.run(&["init", "--yes"]).succeeds();
    lives(&origin);
    assert!(ran.stdout.contains("begins"), "{ran}");
    assert_eq!(origin.ledger().len(), 1);
    let _ = maria.sound();
    let _ = maria.run(&["init", "--yes"]).exits(2);
}

#[test]
fn what_a_person_put_right_without_an_answer_is_right() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let before = origin.rev("main");
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    let after = origin.rev("main");
    for (words, wanted) in [(["ledger", "finish", "--yes"], &after), (["ledger", "void", "--yes"], &before)] {
        origin.git(&["update-ref", "refs/heads/main", &before]);
        let _ = maria.run(&["status"]).exits(1);
        dies(&origin, "");
        let ran = maria.run(&words);
        lives(&origin);
        assert!(matches!(ran.code, Some(0 | 4)), "{ran}");
        let _ = maria.run(&["status"]).succeeds();
        assert_eq!(origin.rev("main"), *wanted, "{ran}");
        let _ = maria.run(&words).exits(1);
        let _ = maria.sound();
    }
    assert_eq!(origin.ledger().iter().filter(|entry| entry["kind"] == "void").count(), 1);
}
