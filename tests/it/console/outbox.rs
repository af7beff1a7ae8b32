//! The undo window: nothing is signed in it, it can be taken back, and it outlives the console.

use rustix::process::Signal;

use super::{Demo, batch, eventually, leave, sign};

/// What the list says of decisions that an earlier console left.
const KEPT: &str = "26 decisions not sent, kept";

#[test]
fn a_decision_is_taken_back_within_the_window() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let before = demo.origin().refs();
    let objects = demo.work().git(&["count-objects"]);
    let terminal = demo.open();
    batch(&terminal);
    eventually("the decision on the disk", || demo.sandbox.outbox() == 1);
    terminal.keys("u");
    let view = terminal.wait_for("taken back: approve, 26 proposals; nothing was sent");
    assert!(!view.has("not sent yet"), "{view}");
    eventually("the decision gone from the disk", || demo.sandbox.outbox() == 0);
    leave(terminal);
    assert_eq!(demo.origin().refs(), before);
    assert_eq!(demo.work().git(&["count-objects"]), objects, "nothing was signed, or even written");
}

#[test]
fn the_window_ends_by_itself() {
    let Some(demo) = Demo::with_undo(3) else { return };
    let terminal = demo.open();
    batch(&terminal);
    terminal.wait_for("26 merged");
    leave(terminal);
    let _ = demo.work().sound();
}

#[test]
fn who_leaves_within_the_window_finds_it_unsent_and_sends_it() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let before = demo.origin().refs();
    let terminal = demo.open();
    batch(&terminal);
    leave(terminal);
    assert_eq!((demo.sandbox.outbox(), demo.origin().refs()), (1, before), "kept, and nothing sent");
    let unsent = demo.work().proposal("renovate/staging-web");
    assert_eq!(unsent["state"], "unsent");

    let terminal = demo.open();
    terminal.wait_for(KEPT);
    terminal.keys("S");
    let sheet = terminal.wait_for("sign and send 26");
    assert!(sheet.has("SEND WHAT WAS KEPT"), "{sheet}");
    sign(&terminal, "y", "26 approvals in");
    terminal.keys("S");
    let view = terminal.wait_for("26 merged");
    assert!(!view.has(KEPT), "{view}");
    leave(terminal);
    assert_eq!(demo.sandbox.outbox(), 0);
    assert_eq!(demo.origin().ledger().len(), 2);
    let _ = demo.work().sound();
}

#[test]
fn what_a_killed_console_left_can_be_dropped() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let before = demo.origin().refs();
    let mut terminal = demo.open();
    batch(&terminal);
    eventually("the decision on the disk", || demo.sandbox.outbox() == 1);
    terminal.signal(Signal::KILL);
    terminal.wait_end();

    let terminal = demo.open();
    terminal.wait_for(KEPT);
    terminal.keys("u");
    let view = terminal.wait_for("taken back: approve, 26 proposals");
    assert!(!view.has(KEPT), "{view}");
    eventually("the decision gone from the disk", || demo.sandbox.outbox() == 0);
    let view = terminal.wait_for("26 of the 29 low ones are clean");
    assert!(!view.has("not sent yet"), "{view}");
    leave(terminal);
    assert_eq!(demo.origin().refs(), before);
}

#[test]
fn who_leaves_while_it_is_sent_sends_it_once() {
    for end in ["ctrl-c", "SIGTERM"] {
        let Some(demo) = Demo::with_undo(120) else { return };
        let mut terminal = demo.open();
        batch(&terminal);
        if end == "ctrl-c" {
            terminal.send(b"S\x03");
        } else {
            terminal.keys("S");
            terminal.wait_gone("26 approvals in");
            terminal.signal(Signal::TERM);
        }
        terminal.wait_end();
        assert!(terminal.restored(), "{end}");
        assert_eq!(demo.origin().ledger().len(), 2, "{end}: writes are never dropped");
        assert_eq!(demo.sandbox.outbox(), 0, "{end}: what is in the ledger is not unsent");
        let terminal = demo.sandbox.console("demo/work", 120, 40, &[]);
        let view = terminal.wait_for("19 pending");
        assert!(!view.has("not sent, kept"), "{end}\n{view}");
        leave(terminal);
        let _ = demo.work().sound();
    }
}

#[test]
fn a_kill_at_any_step_leaves_the_old_state_or_the_new_one() {
    let steps = [("after-commits", 1), ("before-sign", 1), ("after-sign", 1), ("before-push", 1), ("after-push", 2)];
    for (step, entries) in steps {
        let Some(demo) = Demo::with_undo(120) else { return };
        let before = demo.origin().refs();
        let fault = format!("{step}:kill");
        let mut terminal = demo.open_with(120, 40, &[("COUNTERSIGN_FAULT", &fault)]);
        batch(&terminal);
        terminal.keys("S");
        terminal.wait_end();
        assert_eq!(demo.origin().ledger().len(), entries, "{step}");
        assert_eq!(demo.origin().refs() == before, entries == 1, "{step}");
        assert_eq!(demo.sandbox.outbox(), 1, "{step}: whether it was sent is not known yet");

        let terminal = demo.sandbox.console("demo/work", 120, 40, &[]);
        if entries == 1 {
            terminal.wait_for(KEPT);
            terminal.keys("S");
            terminal.wait_for("sign and send 26");
            sign(&terminal, "y", "26 approvals in");
            terminal.keys("S");
            terminal.wait_for("26 merged");
        } else {
            // It is in the ledger: the console finds that out by itself, and has nothing left to send.
            terminal.wait_for("19 pending");
            terminal.wait_gone("not sent, kept");
        }
        leave(terminal);
        assert_eq!((demo.origin().ledger().len(), demo.sandbox.outbox()), (2, 0), "{step}");
        let _ = demo.work().sound();
    }
}

#[test]
fn what_was_decided_in_one_sitting_leaves_in_one_push() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let origin = demo.origin();
    origin.git(&["config", "core.logAllRefUpdates", "always"]);
    let terminal = demo.open();
    batch(&terminal);
    for note in ["Not now.", "Ask the network team before you narrow this."] {
        terminal.keys("gg");
        terminal.keys("x");
        terminal.wait_for("REJECT  narrow-web-sg");
        terminal.keys(note);
        terminal.wait_for("[L-001");
        sign(&terminal, "<ctrl-s>", "27 decisions in");
        if note == "Not now." {
            // What was decided last is taken back, and the batch still waits; the text is there again, to be mended.
            terminal.keys("u");
            terminal.wait_for("taken back: reject, 1 proposal");
            terminal.keys("x");
            terminal.wait_for(note);
            terminal.keys("<ctrl-u><esc>");
            terminal.wait_for("26 approvals in");
        }
    }
    terminal.keys("S");
    terminal.wait_for("26 merged, 1 recorded; 2 signatures");
    leave(terminal);
    let kinds: Vec<String> = origin.ledger().iter().map(|entry| entry["kind"].to_string()).collect();
    assert_eq!(kinds, ["\"genesis\"", "\"approve\"", "\"reject\""]);
    let moves = |branch: &str| origin.git(&["reflog", "show", "--format=%H", branch]).lines().count();
    assert_eq!((moves("main"), moves("countersign/ledger")), (1, 1), "one push");
    assert!(origin.show("main", "AGENTS.md").contains("- Ask the network team before you narrow this."));
    let _ = demo.work().sound();
}
