//! Consent is to what was read: type-ahead, a held key and pasted text sign nothing.

use std::time::{Duration, Instant};

use super::{BATCH, Demo, LOOK, batch, eventually, sign};
use crate::support::{Terminal, View};

/// The sheet of the batch with its plan, whatever the hint bar says.
const PLAN: &str = "one push: 26 merges";

/// Waits until the sheet is drawn and nothing more happens, and demands that it still waits.
#[track_caller]
fn still_waits(demo: &Demo, terminal: &Terminal) -> View {
    terminal.wait_for(PLAN);
    let view = terminal.wait_still(LOOK);
    assert!(view.has(PLAN) && view.has("nothing sent yet"), "{view}");
    assert_eq!(demo.sandbox.outbox(), 0, "{view}");
    view
}

#[test]
fn keys_typed_ahead_sign_nothing() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    for ahead in ["by", "byyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"] {
        terminal.send(ahead.as_bytes());
        still_waits(&demo, &terminal);
        terminal.keys("n");
        terminal.wait_gone(PLAN);
    }
    // Once the sheet was looked at, one is enough.
    batch(&terminal);
    eventually("the decision", || demo.sandbox.outbox() == 1);
}

#[test]
fn a_key_that_opens_does_not_sign() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    terminal.keys("b");
    terminal.wait_for(BATCH);
    for key in ["b", "<enter>", "S", "<ctrl-s>", "a"] {
        terminal.wait_still(LOOK);
        terminal.keys(key);
        terminal.wait_still(LOOK);
        assert_eq!(demo.sandbox.outbox(), 0, "{key}\n{}", terminal.view());
        if !terminal.view().has(PLAN) {
            // Enter opened a proposal of the sheet, which waits beneath.
            terminal.keys("q");
            terminal.wait_for(PLAN);
        }
    }
    sign(&terminal, "y", "26 approvals in");
}

#[test]
fn pasted_text_signs_nothing() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    terminal.keys("b");
    terminal.wait_for(BATCH);
    terminal.wait_still(LOOK);
    terminal.paste("y");
    let view = terminal.wait_for("pasted text is no key");
    assert!(view.has(PLAN), "{view}");
    // Nor does a paste take the place of the look: the sheet is counted afresh.
    terminal.send(b"\x1b[200~y\x1b[201~y");
    still_waits(&demo, &terminal);
    sign(&terminal, "y", "26 approvals in");
}

#[test]
fn a_held_key_signs_nothing() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    // A keyboard repeats every 30 ms. Where the machine stalled us for so long that it was no repeat any more, we try again.
    for _ in 0..5 {
        terminal.keys("b");
        let mut last = Instant::now();
        let mut longest = Duration::ZERO;
        for _ in 0..50 {
            terminal.keys("y");
            longest = longest.max(last.elapsed());
            last = Instant::now();
            terminal.wait_still(Duration::from_millis(30));
        }
        if demo.sandbox.outbox() == 0 && !terminal.view().has("26 approvals in") {
            still_waits(&demo, &terminal);
            sign(&terminal, "y", "26 approvals in");
            return;
        }
        assert!(longest > Duration::from_millis(200), "a held key signed, {longest:?} at most between two presses");
        terminal.keys("u");
        terminal.wait_for("taken back");
        eventually("an empty outbox", || demo.sandbox.outbox() == 0);
    }
    panic!("this machine is too slow to hold a key down");
}

#[test]
fn what_was_typed_ahead_is_not_sent_either() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    terminal.keys("x");
    terminal.wait_for("REJECT");
    terminal.send(b"Not like this.\x13\x13");
    terminal.wait_for("L-001");
    terminal.wait_still(LOOK);
    assert_eq!(demo.sandbox.outbox(), 0);
    sign(&terminal, "<ctrl-s>", "1 rejection in");
}
