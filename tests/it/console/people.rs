//! Two reviewers, each on a host of their own.

use super::{Demo, leave, sign};

const SECRET: &str = "agent/infra-bot/rotate-db-credentials";

#[test]
fn the_second_person_merges_what_the_first_approved_elsewhere() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    terminal.keys("j");
    terminal.wait_for(&format!("{SECRET} → main"));
    let named = demo.origin().at(SECRET);
    let ran = demo.sam().run(&["approve", &named, "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["result"]["items"][0]["outcome"], "recorded", "{ran}");

    terminal.keys("r");
    let view = terminal.wait_for("1 of 2: sam");
    assert!(view.has(&format!("{SECRET} → main")), "the cursor stays where it was\n{view}");
    terminal.keys("a");
    terminal.wait_for("y sign and send 1");
    sign(&terminal, "y", "1 approval in");
    terminal.keys("S");
    terminal.wait_for("1 merged; 1 signature");
    leave(terminal);

    let entries = demo.origin().ledger();
    let by: Vec<&str> = entries.iter().filter_map(|entry| entry["by"].as_str()).collect();
    assert_eq!(by, ["you", "sam", "you"]);
    let relies_on = entries[2]["items"][0]["merge"]["relies_on"].as_array().expect("a list").clone();
    assert_eq!(relies_on.len(), 2);
    assert!(relies_on.contains(&entries[1]["id"]) && relies_on.contains(&entries[2]["id"]));
    for clone in [demo.work(), demo.sam()] {
        let _ = clone.sound();
    }
}

#[test]
fn one_person_alone_does_not_merge_what_takes_two() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let before = demo.origin().rev("main");
    let terminal = demo.open();
    terminal.keys("j");
    terminal.wait_for(&format!("{SECRET} → main"));
    terminal.keys("a");
    let sheet = terminal.wait_for("y sign and send 1");
    assert!(sheet.has("1 approval recorded, more people needed"), "{sheet}");
    sign(&terminal, "y", "1 approval in");
    terminal.keys("S");
    terminal.wait_for("1 approved, people still missing");
    terminal.wait_for("1 of 2: you");
    terminal.keys("ka");
    terminal.wait_for("you have; 1 of 2 people");
    leave(terminal);
    assert_eq!(demo.origin().rev("main"), before);
    assert_eq!(demo.origin().ledger().len(), 2);
}

#[test]
fn a_race_is_won_by_neither_in_silence() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    super::batch(&terminal);
    // While the window is open, the other one rejects one of the batch and merges another.
    let origin = demo.origin();
    let sam = demo.sam();
    let rejected = origin.at("renovate/staging-web");
    let _ = sam.run(&["reject", &rejected, "-m", "Not this week.", "--no-lesson", "--yes"]).succeeds();
    let _ = sam.run(&["approve", &origin.at("agent/cost-bot/storage-bill"), "--yes"]).succeeds();
    terminal.keys("S");
    // What would happen is not what was shown, so it is shown again, and signed again.
    let sheet = terminal.wait_for("changed underneath");
    assert!(sheet.has("y sign and send 24") && sheet.has("left out, and why"), "{sheet}");
    sign(&terminal, "y", "24 approvals in");
    terminal.keys("S");
    terminal.wait_for("24 merged");
    leave(terminal);
    let entries = origin.ledger();
    let kinds: Vec<&str> = entries.iter().filter_map(|entry| entry["kind"].as_str()).collect();
    assert_eq!(kinds, ["genesis", "reject", "approve", "approve"]);
    let _ = demo.work().sound();
}
