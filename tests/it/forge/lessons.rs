//! Lessons on their way to a branch that takes no pushes, or by a branch that cannot be made: no decision fails for them.

use serde_json::json;

use super::deciding::{adopted, kinds};
use super::{Desk, SHOP, at};
use crate::support::{Commit, Ran, Repo, Sandbox, needs};

const MEMORY: &str = "countersign/memory";

/// A rejection that teaches.
fn reject(desk: &Desk<'_>, shop: &Repo<'_>, (number, branch): &(u64, String), lesson: &str) -> Ran {
    desk.run(SHOP, &["reject", &at(shop, *number, branch), "-m", lesson, "--yes"])
}

fn hold(desk: &Desk<'_>, shop: &Repo<'_>, (number, branch): &(u64, String)) -> Ran {
    desk.run(SHOP, &["hold", &at(shop, *number, branch), "-m", "Wait.", "--yes"])
}

/// The pull requests that were ever opened for lessons.
fn offered(desk: &Desk<'_>) -> Vec<u64> {
    let world = desk.github.world();
    world.repos[SHOP].pulls.values().filter(|pull| pull.head == MEMORY).map(|pull| pull.number).collect()
}

/// Somebody merges on the page.
fn merge(desk: &Desk<'_>, number: u64, method: &str) {
    let path = format!("/repos/{SHOP}/pulls/{number}/merge");
    let (status, answer) = desk.github.act("sam", "PUT", &path, &json!({ "merge_method": method }));
    assert_eq!(status, 200, "{answer}");
}

/// Adds a line to the policy, by a pull request of maria's.
fn ask_for(desk: &Desk<'_>, shop: &Repo<'_>, line: &str) {
    let policy = shop.show("main", ".countersign/policy.yaml") + line;
    let commit = Commit::new("Another policy").by("maria", "maria@corp.example");
    shop.commit("people/policy", commit.file(".countersign/policy.yaml", policy));
    let own = desk.github.open(SHOP, "people/policy", "maria-k", "Another policy", "");
    let _ = desk.run(SHOP, &["approve", &at(shop, own, "people/policy"), "--yes"]).succeeds();
}

#[test]
fn a_rejection_is_recorded_though_the_branch_takes_no_pushes() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 3);
    desk.github.protect(SHOP, "main", 0);
    let main = shop.rev("main");
    let ran = reject(&desk, &shop, &open[0], "Ask the writers first.").succeeds();
    assert!(ran.stdout.contains("rejected  #1"), "{ran}");
    assert!(ran.stderr.contains("main takes no pushes") && ran.stderr.contains("GH006"), "{ran}");
    assert!(ran.stderr.contains("write `memory_via: pull_request` in policy.yaml"), "{ran}");
    assert_eq!((shop.rev("main"), kinds(&shop)), (main.clone(), vec!["genesis".to_owned(), "reject".to_owned()]));
    assert!(shop.show(MEMORY, "AGENTS.md").contains("Ask the writers first."));
    assert_eq!((offered(&desk).len(), desk.github.declined(SHOP)), (1, 1));
    // The next lesson joins it, and the target is not tried again.
    let ran = reject(&desk, &shop, &open[1], "Keep pages short.").succeeds();
    assert!(ran.stderr.contains("joins the lessons that wait") && ran.stderr.contains("memory_via"), "{ran}");
    let taught = shop.show(MEMORY, "AGENTS.md");
    assert!(taught.contains("Ask the writers first.") && taught.contains("Keep pages short."), "{taught}");
    assert_eq!((offered(&desk).len(), desk.github.declined(SHOP)), (1, 1));
    // Nothing is lost, and nothing is left once somebody merged it.
    merge(&desk, offered(&desk)[0], "squash");
    let ran = hold(&desk, &shop, &open[2]).succeeds();
    assert!(!ran.stderr.contains("warning"), "{ran}");
    assert_eq!(kinds(&shop), ["genesis", "reject", "reject", "lesson", "hold"]);
    assert_eq!((offered(&desk).len(), desk.github.declined(SHOP)), (1, 1));
    desk.sound(SHOP);
}

#[test]
fn lessons_that_lag_behind_the_ledger_stop_no_decision_where_the_branch_takes_no_pushes() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 4);
    let _ = reject(&desk, &shop, &open[0], "Ask the writers first.").succeeds();
    let _ = reject(&desk, &shop, &open[1], "Keep pages short.").succeeds();
    assert!(shop.show("main", "AGENTS.md").contains("Ask the writers first."));
    desk.github.protect(SHOP, "main", 0);
    // What is taken back leaves the file, and with it every plan would move the branch.
    let _ = desk.run(SHOP, &["withdraw", "#1", "--yes"]).succeeds();
    let waits = shop.rev(MEMORY);
    assert!(!shop.show(MEMORY, "AGENTS.md").contains("Ask the writers first."));
    let _ = hold(&desk, &shop, &open[2]).succeeds();
    let ran = desk.run(SHOP, &["approve", &at(&shop, open[3].0, &open[3].1), "--yes"]).succeeds();
    assert!(ran.stdout.contains("merged    #4"), "{ran}");
    assert_eq!(kinds(&shop), ["genesis", "reject", "reject", "withdraw", "hold", "approve", "merge"]);
    assert_eq!((shop.rev(MEMORY), desk.github.declined(SHOP)), (waits, 1), "what waits already is left as it is");
    desk.sound(SHOP);
}

#[test]
fn a_branch_in_the_way_of_the_lessons_keeps_nobody_from_rejecting() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    ask_for(&desk, &shop, "memory_via: pull_request\n");
    shop.git(&["branch", "countersign/memory/x", &open[0].1]);
    let ran = reject(&desk, &shop, &open[0], "Ask the writers first.").succeeds();
    assert!(ran.stdout.contains("rejected  #1") && !ran.stdout.contains("wrote"), "{ran}");
    assert!(ran.stderr.contains("a branch below countersign/memory/ is in the way"), "{ran}");
    assert_eq!(kinds(&shop)[3..], ["reject"]);
    // Once it is gone the lesson comes.
    shop.git(&["branch", "-D", "countersign/memory/x"]);
    let _ = hold(&desk, &shop, &open[1]).succeeds();
    assert!(shop.show(MEMORY, "AGENTS.md").contains("Ask the writers first."));
    assert_eq!(offered(&desk).len(), 1);
    desk.sound(SHOP);
}

#[test]
fn lessons_that_somebody_turned_down_are_not_offered_again_until_there_is_another() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 4);
    ask_for(&desk, &shop, "memory_via: pull_request\n");
    let _ = reject(&desk, &shop, &open[0], "Ask the writers first.").succeeds();
    let [first] = offered(&desk)[..] else { panic!("one is offered") };
    let path = format!("/repos/{SHOP}/pulls/{first}");
    assert_eq!(desk.github.act("sam", "PATCH", &path, &json!({ "state": "closed" })).0, 200);
    desk.github.count();
    for one in &open[1..3] {
        let _ = hold(&desk, &shop, one).succeeds();
        assert_eq!(offered(&desk), [first], "somebody said no");
    }
    let asked = desk.github.requests().iter().filter(|request| request.query.contains_key("head")).count();
    assert_eq!(asked, 4, "one question whenever it could be offered: before a decision, and after it");
    // Another lesson is another question.
    let _ = reject(&desk, &shop, &open[3], "Keep pages short.").succeeds();
    assert_eq!(offered(&desk).len(), 2);
    desk.sound(SHOP);
}

#[test]
fn lessons_are_recorded_however_somebody_merges_them() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    for method in ["merge", "squash"] {
        let sandbox = Sandbox::new();
        let (desk, shop, open) = adopted(&sandbox, 2);
        ask_for(&desk, &shop, "memory_via: pull_request\n");
        let _ = reject(&desk, &shop, &open[0], "Ask the writers first.").succeeds();
        merge(&desk, offered(&desk)[0], method);
        let _ = hold(&desk, &shop, &open[1]).succeeds();
        assert_eq!(kinds(&shop)[3..], ["reject", "lesson", "hold"], "{method}");
        desk.sound(SHOP);
    }
}

#[test]
fn a_merge_that_brings_more_than_lessons_is_no_lesson() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    ask_for(&desk, &shop, "memory_via: pull_request\n");
    let _ = reject(&desk, &shop, &open[0], "Ask the writers first.").succeeds();
    // Somebody adds to the branch what is not in the ledger, below a commit that looks as before.
    let text = shop.show(MEMORY, "AGENTS.md");
    let more = Commit::new("More").file("docs/more.md", "More.\n");
    shop.git(&["branch", "-f", "side", "main"]);
    shop.commit("side", more);
    shop.commit("side", Commit::new("Lessons from review").file("AGENTS.md", text));
    shop.git(&["branch", "-f", MEMORY, "side"]);
    merge(&desk, offered(&desk)[0], "merge");
    let _ = hold(&desk, &shop, &open[1]).succeeds();
    assert_eq!(kinds(&shop)[3..], ["reject", "hold"]);
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
    assert_eq!(verified["unapproved_total"], 1, "{verified}");
}

#[test]
fn a_policy_for_a_branch_that_takes_no_pushes_has_lessons_wait() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.signs();
    desk.github.protect(SHOP, "main", 1);
    let _ = desk.run(SHOP, &["init", "--yes"]);
    let policy = shop.show("countersign/init", ".countersign/policy.yaml");
    assert!(policy.contains("\nmemory_via: pull_request"), "{policy}");
}

#[test]
fn a_remote_that_is_no_forge_keeps_the_lesson_on_its_branch() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let closed = "#!/bin/sh\ncase $1 in */main) echo 'main is closed' >&2; exit 1 ;; esac\n";
    let hook = sandbox.write("origin.git/hooks/update", closed);
    std::fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    for (place, lesson) in ["Ask the writers first.", "Keep pages short."].into_iter().enumerate() {
        let branch = format!("agent/infra/docs-{place}");
        origin.propose(&branch, "Change it", &[(&format!("docs/{place}.md"), "text\n")]);
        let ran = maria.run(&["reject", &origin.at(&branch), "-m", lesson, "--yes"]).succeeds();
        assert!(ran.stderr.contains("merge that branch into main where it is kept"), "{ran}");
        assert!(origin.show(MEMORY, "AGENTS.md").contains(lesson));
    }
    // What cannot land without the target is refused as a whole, as ever.
    origin.propose("agent/infra/more", "Change it", &[("docs/more.md", "text\n")]);
    let ran = maria.run(&["approve", &origin.at("agent/infra/more"), "--yes"]).exits(1);
    assert!(ran.stderr.contains("main is closed"), "{ran}");
    assert_eq!(kinds(&origin), ["genesis", "reject", "reject"]);
}
