//! However the console ends, the terminal is as the shell left it.

use rustix::process::Signal;

use super::{Demo, QUEUE};
use crate::support::{COUNTERSIGN, Terminal};

#[test]
fn the_terminal_is_restored() {
    type End = fn(&Terminal);
    let ends: [(&str, End, u32); 5] = [
        ("q q", |terminal| terminal.keys("qq"), 0),
        ("ctrl-c", |terminal| terminal.keys("<ctrl-c>"), 0),
        ("SIGINT", |terminal| terminal.signal(Signal::INT), 4),
        ("SIGTERM", |terminal| terminal.signal(Signal::TERM), 4),
        ("SIGHUP", |terminal| terminal.signal(Signal::HUP), 4),
    ];
    let Some(demo) = Demo::new() else { return };
    for (what, end, code) in ends {
        let mut terminal = demo.open();
        let screen = terminal.view();
        assert!(screen.screen().alternate_screen() && screen.screen().hide_cursor(), "{what}");
        assert!(screen.screen().bracketed_paste() && !terminal.restored(), "{what}");
        end(&terminal);
        let status = terminal.wait_end();
        assert_eq!(status.exit_code(), code, "{what}");
        assert!(terminal.restored(), "{what}");
        let left = terminal.view();
        if code == 0 {
            assert_eq!(left.rows().concat(), "", "{what}: nothing is left on the shell's screen");
        } else {
            assert!(left.has("told to stop") && left.has("hint: what you wrote and decided is kept"), "{what}\n{left}");
        }
    }
}

#[test]
fn a_panic_restores_the_terminal_and_says_why() {
    let Some(demo) = Demo::new() else { return };
    let mut terminal =
        demo.sandbox.terminal("demo/work", 120, 40, &[COUNTERSIGN], &[("COUNTERSIGN_FAULT", "redraw:panic")]);
    terminal.wait_for(QUEUE);
    terminal.keys("<ctrl-l>");
    let status = terminal.wait_end();
    assert_eq!(status.exit_code(), 101);
    assert!(terminal.restored());
    let view = terminal.view();
    assert!(view.has("fault injected at redraw"), "the shell's screen says why\n{view}");
}

#[test]
fn a_part_that_breaks_is_not_in_silence() {
    let Some(demo) = Demo::new() else { return };
    let env = [("COUNTERSIGN_FAULT", "open:panic")];
    let terminal = demo.sandbox.terminal("demo/work", 120, 40, &[COUNTERSIGN], &env);
    terminal.wait_for(QUEUE);
    terminal.keys("<enter>");
    terminal.wait_for("it could not be opened");
    // The rest of the console works on.
    terminal.keys("q");
    terminal.wait_for(QUEUE);
    terminal.keys("<ctrl-c>");
    let mut terminal = terminal;
    assert!(!terminal.wait_end().success());
    assert!(terminal.restored());
    assert!(terminal.view().has("fault injected at open"), "{}", terminal.view());
}

#[test]
fn stepping_aside_and_coming_back() {
    let Some(demo) = Demo::new() else { return };
    let shell = "set -m; \"$0\"; echo stopped; fg >/dev/null; echo \"ended $?\"; exec sleep 1000";
    let terminal = demo.sandbox.terminal("demo/work", 120, 40, &["bash", "-c", shell, COUNTERSIGN], &[]);
    let queue = terminal.wait_for(QUEUE);
    terminal.keys("j<ctrl-z>");
    terminal.wait_until("the console again, as it was", |view| {
        view.screen().alternate_screen() && view.has(QUEUE) && view.rows()[5..12] != queue.rows()[5..12]
    });
    terminal.keys("<ctrl-c>");
    let view = terminal.wait_for("ended 0");
    assert!(view.has("stopped"), "{view}");
    assert!(terminal.restored());
}
