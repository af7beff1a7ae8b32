//! Terminals of every size and colour, and the two through which people really come: tmux and ssh.

use super::{Demo, LOOK, QUEUE, batch, leave};
use crate::support::{COUNTERSIGN, Sandbox, View};

/// Rows are as wide as the screen and the frame is where it belongs.
#[track_caller]
fn whole(view: &View, what: &str) {
    let rows = view.rows();
    assert!(rows[0].contains("45") && rows[0].contains("record"), "{what}\n{view}");
    assert!(rows.last().is_some_and(|last| last.contains("? keys")), "{what}\n{view}");
    assert!(view.has("narrow-web"), "{what}\n{view}");
}

#[test]
fn every_size_shows_the_queue_or_says_that_it_is_too_small() {
    let Some(demo) = Demo::new() else { return };
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let terminal = demo.open_with(columns, rows, &[]);
        terminal.wait_for("record");
        whole(&terminal.view(), &format!("{columns} x {rows}"));
        leave(terminal);
    }
    let terminal = demo.sandbox.terminal("demo/work", 40, 10, &[COUNTERSIGN], &[]);
    let view = terminal.wait_for("too small");
    assert!(view.has("40 x 10 here") && view.has("wanted"), "{view}");
    leave(terminal);
}

#[test]
fn a_window_that_changes_its_size_is_drawn_anew() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    terminal.resize(40, 10);
    terminal.wait_for("too small");
    // Keys are not lost on somebody who cannot see what they do: deciding waits for a screen.
    terminal.resize(200, 60);
    terminal.wait_for(QUEUE);
    whole(&terminal.wait_still(LOOK), "200 x 60");
    terminal.resize(80, 24);
    terminal.wait_for("45:");
    whole(&terminal.wait_still(LOOK), "80 x 24");
    terminal.resize(120, 40);
    terminal.wait_for(QUEUE);
    let resized = terminal.wait_still(LOOK);
    whole(&resized, "120 x 40");
    assert_eq!(resized.rows()[1..], demo.open().wait_still(LOOK).rows()[1..], "as if it had always been so");
    // Also in the middle of a sheet and of a review.
    terminal.keys("b");
    terminal.wait_for("y sign and send 26");
    terminal.resize(80, 24);
    terminal.wait_for("APPROVE  26 proposals");
    terminal.resize(120, 40);
    terminal.keys("n<enter>");
    terminal.wait_for("0.0.0.0/0");
    terminal.resize(80, 24);
    terminal.wait_for("0.0.0.0/0");
    leave(terminal);
}

#[test]
fn nothing_is_decided_on_a_screen_that_is_too_small_to_show_it() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let terminal = demo.open();
    terminal.keys("b");
    terminal.wait_for("y sign and send 26");
    terminal.resize(40, 10);
    terminal.wait_for("too small");
    terminal.wait_still(LOOK);
    terminal.keys("y");
    terminal.wait_still(LOOK);
    assert_eq!(demo.sandbox.outbox(), 0, "{}", terminal.view());
    terminal.resize(120, 40);
    terminal.wait_for("nothing sent yet");
    super::sign(&terminal, "y", "26 approvals in");
}

/// The parameters of every `CSI … m` that was printed.
fn colours(printed: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(printed);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences.flat_map(|parameters| parameters.split(';').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// What must be true of everything that was printed.
type Held<'a> = &'a dyn Fn(&[u8]) -> bool;

#[test]
fn the_selection_is_seen_without_colours() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let no_colours = |printed: &[u8]| {
        colours(printed).iter().all(|one| !matches!(one.parse::<u8>().unwrap_or(0), 30..=38 | 40..=48 | 90..=107))
    };
    let at_most_16 = |printed: &[u8]| colours(printed).iter().all(|one| !matches!(one.as_str(), "38" | "48"));
    let terminals: [(&[(&str, &str)], Held<'_>); 4] = [
        (&[("NO_COLOR", "1")], &no_colours),
        (&[("TERM", "vt100"), ("COLORTERM", "")], &no_colours),
        (&[("TERM", "xterm"), ("COLORTERM", "")], &at_most_16),
        (&[("TERM", "linux"), ("COLORTERM", "")], &at_most_16),
    ];
    for (env, held) in terminals {
        let terminal = demo.open_with(120, 40, env);
        let (row, _) = terminal.view().find("narrow-web-sg").expect("the first row");
        assert!(terminal.view().rows()[usize::from(row)].starts_with('>'), "{env:?}\n{}", terminal.view());
        terminal.keys("j<space>");
        let view = terminal.wait_until("the cursor two rows on, and a mark", |view| {
            let rows = view.rows();
            let at = rows.iter().position(|row| row.contains("rotate-db"));
            at.is_some_and(|at| rows[at].contains('*') && rows[at + 1].starts_with('>'))
        });
        let cell = view.screen().cell(row + 2, 0).expect("a cell");
        assert!(cell.inverse() || cell.bold() || cell.bgcolor() != vt100::Color::Default, "{env:?}: more than a glyph");
        terminal.keys("V");
        batch(&terminal);
        terminal.keys("u");
        terminal.wait_for("taken back");
        terminal.keys("V<enter>");
        terminal.wait_for("1 of ");
        let printed = terminal.printed();
        assert!(held(&printed), "{env:?}: {:?}", colours(&printed));
        leave(terminal);
        super::eventually("an empty outbox", || demo.sandbox.outbox() == 0);
    }
}

#[test]
fn a_terminal_that_cannot_draw_gets_a_sentence() {
    let sandbox = Sandbox::new();
    let _ = sandbox.origin();
    let mut terminal = sandbox.terminal("origin.git", 80, 24, &[COUNTERSIGN], &[("TERM", "dumb")]);
    let view = terminal.wait_for("countersign list");
    assert!(view.has("cannot draw a console (TERM=dumb)"), "{view}");
    assert_eq!(terminal.wait_end().exit_code(), 2);
    assert!(!terminal.printed().contains(&0x1b), "and nothing that it does not understand");
}
