//! The program dies, or a step fails, at every named point of a deciding command.

use super::{Repo, Sandbox, count, page, with_fault};

/// The points that a deciding command passes, in order; `between-refs` only where there is no remote.
const POINTS: [&str; 8] = [
    "after-keep",
    "after-commits",
    "before-sign",
    "after-sign",
    "before-push",
    "between-refs",
    "after-push",
    "before-drop",
];

/// Main and ledger of a repository.
fn tips(origin: &Repo<'_>) -> (String, String) {
    (origin.rev("refs/heads/main"), origin.rev("refs/heads/countersign/ledger"))
}

/// Crashes a command at a point, looks at what is there, repeats it, and looks again.
fn crash(origin: &Repo<'_>, clone: &Repo<'_>, fault: &str, kind: &str, ids: &[&str], arguments: &[&str]) {
    let before = tips(origin);
    let words: Vec<&str> = [&[kind], ids, arguments, &["--yes"]].concat();
    let ran = with_fault(clone, fault, &words);
    let (main, ledger) = tips(origin);
    assert!(main == before.0 || ledger != before.1, "{fault}: main never moves without the ledger\n{ran}");
    let (killed, passed) = (ran.code.is_none(), fault.starts_with("between") && clone.rev("HEAD").is_empty());
    assert!(killed == fault.ends_with(":kill") || passed, "{fault}: {ran}");
    if !killed && ran.code != Some(0) {
        assert_eq!(ran.code, Some(4), "{fault}: {ran}");
        assert!(ran.stderr.contains("hint: "), "{fault}: {ran}");
    }
    let early = !["between", "after-push", "before-drop"].iter().any(|late| fault.starts_with(late));
    assert!(!early || (main, ledger) == before, "{fault}: the old state\n{ran}");
    // What is listed is true, and reading repairs nothing.
    let _ = clone.run(&["list"]).succeeds();
    let again = clone.run(&words);
    // A failed step that turned out to have arrived was reported as done; then there is nothing left to do.
    // (Where only the outbox could not be emptied, the second try is told so.)
    let done = ran.code == Some(0) && kind == "approve" && !fault.starts_with("before-drop");
    assert_eq!(again.code, Some(i32::from(done)), "{fault}: {again}");
    if ran.code != Some(0) {
        for id in ids {
            assert_eq!(count(origin, kind, id), 1, "{fault}: {again}");
        }
    }
    assert_eq!(origin.sandbox().outbox(), 0, "{fault}: {again}");
    let _ = clone.sound();
}

/// Crashes approvals of two, and rejections with a lesson, at all points.
fn crash_everywhere(origin: &Repo<'_>, clone: &Repo<'_>, remote: bool) {
    for point in POINTS.iter().filter(|point| !remote || **point != "between-refs") {
        for end in ["kill", "fail"] {
            let fault = format!("{point}:{end}");
            let name = format!("{point}-{end}");
            let (one, two) = (page(origin, &format!("{name}-1")), page(origin, &format!("{name}-2")));
            crash(origin, clone, &fault, "approve", &[&one, &two], &[]);
            assert_eq!(origin.show("main", &format!("docs/{name}-2.md")), "text\n", "{fault}");
            let three = page(origin, &format!("{name}-3"));
            let lesson = format!("Never write {name} twice.");
            crash(origin, clone, &fault, "reject", &[&three], &["-m", &lesson]);
            assert!(origin.show("main", "AGENTS.md").contains(&lesson), "{fault}");
        }
    }
    let _ = (origin.git(&["fsck", "--strict"]), origin.ledger());
}

#[test]
fn with_a_remote() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    crash_everywhere(&origin, &maria, true);
}

#[test]
fn in_a_bare_repository() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("repo.git");
    repo.commit("main", Sandbox::first_commit());
    repo.belongs_to(&sandbox.person("maria"));
    let _ = repo.run(&["init", "--yes"]).succeeds();
    crash_everywhere(&repo, &repo, false);
}

#[test]
fn in_a_work_tree_with_the_target_checked_out() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    repo.commit("main", Sandbox::first_commit());
    repo.belongs_to(&sandbox.person("maria"));
    let _ = repo.run(&["init", "--yes"]).succeeds();
    crash_everywhere(&repo, &repo, false);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_crash_after_the_outbox_was_emptied_leaves_nothing_to_do() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    for end in ["kill", "fail"] {
        let one = page(&origin, end);
        let ran = with_fault(&maria, &format!("after-drop:{end}"), &["approve", &one, "--yes"]);
        assert_eq!(ran.code, (end == "fail").then_some(0), "{ran}");
        assert_eq!((count(&origin, "approve", &one), sandbox.outbox()), (1, 0));
        let again = maria.run(&["approve", &one, "--yes"]).exits(1);
        assert!(again.stderr.contains("merged already"), "{again}");
        let _ = maria.sound();
    }
}

#[test]
fn a_hold_that_was_killed_is_recorded_once() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    for point in ["after-keep", "before-sign", "after-sign", "before-push", "after-push"] {
        let one = page(&origin, point);
        crash(&origin, &maria, &format!("{point}:kill"), "hold", &[&one], &["-m", "Wait."]);
    }
    // The same words on another day are another hold.
    let one = page(&origin, "again");
    let _ = maria.run(&["hold", &one, "-m", "Wait.", "--yes"]).succeeds();
    let _ = maria.run(&["withdraw", "agent/infra/again", "--yes"]).succeeds();
    let _ = maria.run(&["hold", &one, "-m", "Wait.", "--yes"]).succeeds();
    assert_eq!(count(&origin, "hold", &one), 2);
}

#[test]
fn another_decision_after_a_crash_says_what_had_arrived_and_replaces_what_had_not() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two, three) = (page(&origin, "one"), page(&origin, "two"), page(&origin, "three"));
    let _ = with_fault(&maria, "after-push:kill", &["approve", &one, "--yes"]);
    let ran = maria.run(&["hold", &two, "-m", "Wait.", "--yes"]).succeeds();
    assert!(ran.stderr.contains("had arrived: approve of agent/infra/one"), "{ran}");
    let _ = maria.run(&["withdraw", "agent/infra/two", "--yes"]).succeeds();
    let _ = with_fault(&maria, "before-sign:kill", &["approve", &two, &three, "--yes"]);
    assert_eq!(sandbox.outbox(), 1);
    assert_eq!(maria.proposal("agent/infra/two")["state"], "unsent");
    let status = maria.run(&["status"]).succeeds();
    assert!(status.stdout.contains("2 decisions in the outbox"), "one entry, and a decision on each: {status}");
    // Unsent is not decided: the rest of the batch stays as it was meant, until somebody decides on it, too.
    let ran = maria.run(&["reject", &two, "-m", "Not this one.", "--no-lesson", "--yes"]).succeeds();
    assert!(ran.stderr.contains("replaced"), "{ran}");
    assert_eq!(sandbox.outbox(), 1);
    let _ = maria.run(&["approve", "--tier", "low", "--yes"]).succeeds();
    assert_eq!((count(&origin, "approve", &three), count(&origin, "approve", &two), sandbox.outbox()), (1, 0, 0));
    let _ = maria.sound();
}
