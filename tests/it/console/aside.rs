//! A key with a passphrase: the console asks nothing behind its screen, steps aside, and comes back whatever happens there.

use std::process::Command as Process;

use rustix::process::Signal;

use super::{Demo, LOOK, leave, sign};
use crate::support::{COUNTERSIGN, Ran, Terminal, View};

const PROMPT: &str = "Enter passphrase";
const OFFER: &str = "your key wants its passphrase: this screen steps aside";

/// A demo whose key is locked, without an agent that knows it.
fn locked() -> Option<Demo> {
    let demo = Demo::with_undo(120)?;
    let key = demo.sandbox.path("demo/keys/you");
    let mut lock: Process = demo.sandbox.command("ssh-keygen", "");
    lock.args(["-q", "-p", "-P", "", "-N", "open-sesame", "-f"]).arg(key);
    let _ = Ran::of(&mut assert_cmd::Command::from_std(lock)).succeeds();
    Some(demo)
}

/// Decides to reject the first proposal, sends that at once, and is offered to be asked.
#[track_caller]
fn rejected(terminal: &Terminal) {
    terminal.keys("x");
    terminal.wait_for("REJECT  narrow-web-sg");
    terminal.keys("Ask the network team first.");
    terminal.wait_for("[L-001");
    sign(terminal, "<ctrl-s>", "1 rejection in");
    terminal.keys("S");
    terminal.wait_for(OFFER);
}

/// Confirms the offer, and waits for the prompt on a screen that is not the console's.
#[track_caller]
fn aside(terminal: &Terminal) {
    for _ in 0..20 {
        terminal.wait_still(LOOK);
        terminal.keys("y");
        let view = terminal.wait_until("the prompt, or the key wanted again", |view| {
            prompted(view) || view.has("again: it counts once")
        });
        if prompted(&view) {
            // ssh-keygen prompts before it reads: a signal in between is lost on it.
            terminal.wait_still(LOOK);
            return;
        }
    }
    panic!("never stepped aside; the screen is\n{}", terminal.view());
}

/// Whether the shell's screen is there, and its last line is the prompt.
fn prompted(view: &View) -> bool {
    let rows = view.rows();
    let last = rows.iter().rev().find(|row| !row.trim().is_empty());
    !view.screen().alternate_screen() && last.is_some_and(|row| row.contains(PROMPT))
}

#[test]
fn it_steps_aside_and_comes_back() {
    let Some(demo) = locked() else { return };
    let terminal = demo.open();
    rejected(&terminal);
    assert_eq!((demo.sandbox.outbox(), demo.origin().ledger().len()), (1, 1), "nothing was sent, all is kept");
    aside(&terminal);
    // Not a key of the console's, nor of anybody's but ssh-keygen's.
    terminal.keys("qqqx<enter>");
    let view = terminal.wait_for("the passphrase was wrong");
    assert!(view.screen().alternate_screen() && view.has("SEND WHAT WAS KEPT"), "{view}");
    aside(&terminal);
    terminal.keys("sec<ctrl-c>");
    terminal.wait_for("you gave it up");
    assert_eq!((demo.sandbox.outbox(), demo.origin().ledger().len()), (1, 1));
    // It lives, at any size, and asks once more.
    terminal.resize(80, 24);
    terminal.wait_for("you gave it up");
    terminal.resize(120, 40);
    terminal.keys("n");
    terminal.wait_for("asks for it here");
    terminal.keys("S");
    terminal.wait_for("SEND WHAT WAS KEPT");
    aside(&terminal);
    terminal.keys("open-sesame<enter>");
    let view = terminal.wait_for("1 recorded; 1 signature");
    assert!(view.screen().alternate_screen() && view.has("narrow-web-sg"), "{view}");
    assert!(!String::from_utf8_lossy(&terminal.printed()).contains("sesame"), "a passphrase is not shown");
    leave(terminal);
    assert_eq!((demo.sandbox.outbox(), demo.origin().ledger().len()), (0, 2));
}

#[test]
fn in_the_middle_of_something_it_only_says_so() {
    let Some(demo) = locked() else { return };
    let terminal = demo.open();
    terminal.keys("x");
    terminal.wait_for("REJECT  narrow-web-sg");
    terminal.keys("Ask the network team first.");
    terminal.wait_for("[L-001");
    sign(&terminal, "<ctrl-s>", "1 rejection in");
    terminal.keys("<enter>S");
    let view = terminal.wait_for("S asks for it here");
    assert!(view.has("1 of 45") || view.has("2 of 45"), "the review stays: {view}");
    assert_eq!(demo.sandbox.outbox(), 1);
    leave(terminal);
    assert_eq!(demo.sandbox.outbox(), 1, "all is kept");
}

#[test]
fn killed_while_it_is_aside_it_has_kept_everything() {
    let Some(demo) = locked() else { return };
    let mut terminal = demo.open();
    rejected(&terminal);
    aside(&terminal);
    terminal.signal(Signal::KILL);
    terminal.wait_end();
    assert_eq!((demo.sandbox.outbox(), demo.origin().ledger().len()), (1, 1));
}

#[test]
fn a_command_in_a_terminal_asks_there() {
    let Some(demo) = locked() else { return };
    let head = demo.origin().rev("refs/heads/agent/infra-bot/narrow-web-sg");
    let hold = |more: &[&str]| {
        let id = format!("agent/infra-bot/narrow-web-sg@{head}");
        let arguments = [&[COUNTERSIGN, "hold", &id, "-m", "Ask the network team first.", "--yes"], more].concat();
        demo.sandbox.terminal("demo/work", 120, 40, &arguments, &[])
    };
    let mut given_up = hold(&[]);
    given_up.wait_for(PROMPT);
    given_up.wait_still(LOOK);
    given_up.keys("<ctrl-c>");
    given_up.wait_end();
    assert_eq!(demo.origin().ledger().len(), 1);
    let mut scripted = hold(&["--json"]);
    assert_eq!(scripted.wait_end().exit_code(), 4, "{}", scripted.view());
    assert!(scripted.view().has("ssh-add"), "{}", scripted.view());
    let mut asked = hold(&[]);
    let view = asked.wait_for(PROMPT);
    assert!(view.has("signing with"), "{view}");
    asked.keys("open-sesame<enter>");
    assert!(asked.wait_end().success(), "{}", asked.view());
    assert_eq!(demo.origin().ledger().len(), 2);
}

#[test]
fn a_remote_that_wants_a_password_is_asked_for_it_on_request() {
    let Some(demo) = Demo::new() else { return };
    // A remote helper that wants what https wants, and is happy with anything.
    let helper = "#!/bin/sh\nif [ \"$GIT_TERMINAL_PROMPT\" = 0 ]; then\n  echo \"fatal: could not read Username for 'https://forge.example': terminal prompts disabled\" >&2\n  exit 128\nfi\nprintf 'Username for forge: ' >/dev/tty\nread -r name </dev/tty\nexec git remote-ext \"$1\" \"git %s $ORIGIN\"\n";
    demo.sandbox.write("bin/git-remote-locked", helper);
    let bin = demo.sandbox.path("bin");
    std::fs::set_permissions(bin.join("git-remote-locked"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("an executable");
    let _ = demo.work().git(&["remote", "set-url", "origin", "locked::forge"]);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let origin = demo.sandbox.path("demo/origin.git").display().to_string();
    let terminal = demo.open_with(120, 40, &[("PATH", &path), ("ORIGIN", &origin)]);
    terminal.wait_for("the remote wants a name and a password");
    terminal.keys("r");
    terminal.wait_for("Username for forge:");
    terminal.keys("me<enter>");
    let view = terminal.wait_for("45 pending");
    assert!(view.screen().alternate_screen(), "{view}");
    terminal.wait_gone("offline");
    leave(terminal);
}
