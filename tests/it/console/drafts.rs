//! What a person wrote is there again, however the console ended.

use rustix::process::Signal;

use super::{Demo, eventually, leave};
use crate::support::{COUNTERSIGN, Terminal};

const TEXT: &str = "Not before the month's end, when";

/// Opens the sheet and writes.
#[track_caller]
fn write(terminal: &Terminal) {
    terminal.keys("x");
    terminal.wait_for("REJECT  narrow-web-sg");
    terminal.keys(TEXT);
    terminal.wait_for(TEXT);
}

/// Opens the console again: the text is there, goes on, and is still unsent.
#[track_caller]
fn goes_on(demo: &Demo, what: &str) {
    let terminal = demo.open();
    terminal.keys("x");
    let view = terminal.wait_for("REJECT  narrow-web-sg");
    assert!(view.has(TEXT), "{what}\n{view}");
    terminal.keys(" it peaks");
    terminal.wait_for(&format!("{TEXT} it peaks"));
    leave(terminal);
    assert_eq!((demo.sandbox.outbox(), demo.origin().ledger().len()), (0, 1), "{what}");
}

#[test]
fn a_draft_outlives_signals_and_the_line() {
    type End = fn(&mut Terminal);
    let ends: [(&str, End); 4] = [
        ("SIGTERM", |terminal| terminal.signal(Signal::TERM)),
        ("SIGHUP", |terminal| terminal.signal(Signal::HUP)),
        ("the line is cut", Terminal::cut),
        ("ctrl-c", |terminal| terminal.keys("<ctrl-c>")),
    ];
    for (what, end) in ends {
        let Some(demo) = Demo::new() else { return };
        let mut terminal = demo.open();
        write(&terminal);
        end(&mut terminal);
        terminal.wait_end();
        goes_on(&demo, what);
    }
}

#[test]
fn a_draft_outlives_a_panic() {
    let Some(demo) = Demo::new() else { return };
    let mut terminal =
        demo.sandbox.terminal("demo/work", 120, 40, &[COUNTERSIGN], &[("COUNTERSIGN_FAULT", "redraw:panic")]);
    terminal.wait_for(super::QUEUE);
    write(&terminal);
    terminal.keys("<ctrl-l>");
    assert!(!terminal.wait_end().success());
    goes_on(&demo, "panic");
}

#[test]
fn a_second_of_writing_is_all_that_a_kill_can_take() {
    let Some(demo) = Demo::new() else { return };
    let mut terminal = demo.open();
    write(&terminal);
    let kept = |draft: &std::path::PathBuf| std::fs::read_to_string(draft).is_ok_and(|text| text.contains(TEXT));
    eventually("the draft on the disk", || demo.sandbox.kept("drafts").iter().any(kept));
    terminal.signal(Signal::KILL);
    terminal.wait_end();
    goes_on(&demo, "SIGKILL");
}

#[test]
fn a_draft_that_was_sent_is_gone() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    write(&terminal);
    super::sign(&terminal, "<ctrl-s>", "1 rejection in");
    terminal.keys("S");
    terminal.wait_for("1 recorded; 1 signature");
    leave(terminal);
    assert!(demo.sandbox.kept("drafts").is_empty());
}
