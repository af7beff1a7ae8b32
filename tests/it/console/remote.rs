//! A remote that goes away and comes back.

use super::{Demo, batch, leave, sign};

#[test]
fn without_the_remote_the_console_works_and_keeps_what_it_cannot_send() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let (here, away) = (demo.sandbox.path("demo/origin.git"), demo.sandbox.path("demo/away.git"));
    std::fs::rename(&here, &away).expect("the remote goes away");
    let terminal = demo.open();
    let view = terminal.wait_for("! offline");
    assert!(view.has("b batch"), "{view}");
    terminal.keys("<enter>");
    terminal.wait_for("0.0.0.0/0");
    terminal.keys("q");
    terminal.wait_for("! offline");

    batch(&terminal);
    terminal.keys("S");
    let view = terminal.wait_for("nothing was sent: the remote could not be asked");
    assert!(view.has("26 decisions not sent, kept"), "{view}");
    assert!(terminal.wait_still(super::LOOK).has("! offline"), "{}", terminal.view());
    assert_eq!(demo.sandbox.outbox(), 1);
    leave(terminal);

    // Still away at the next start; then it answers again.
    let terminal = demo.open();
    terminal.wait_for("! offline");
    terminal.wait_for("26 decisions not sent, kept");
    std::fs::rename(&away, &here).expect("the remote comes back");
    terminal.keys("S");
    terminal.wait_for("sign and send 26");
    sign(&terminal, "y", "26 approvals in");
    terminal.keys("S");
    terminal.wait_for("26 merged");
    let view = terminal.wait_gone("! offline");
    assert!(!view.has("not sent, kept"), "{view}");
    leave(terminal);
    assert_eq!(demo.sandbox.outbox(), 0);
    let _ = demo.sam().sound();
}

#[test]
fn a_remote_that_refuses_is_told_in_its_own_words() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let before = demo.origin().refs();
    let hook = demo
        .sandbox
        .write("demo/origin.git/hooks/pre-receive", "#!/bin/sh\necho 'closed for the weekend' >&2\nexit 1\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, executable).expect("a hook that can run");
    let terminal = demo.open();
    batch(&terminal);
    terminal.keys("S");
    let view = terminal.wait_for("nothing was sent");
    assert!(view.has("closed for the weekend"), "{view}");
    assert!(view.has("26 decisions not sent, kept"), "{view}");
    terminal.keys("!");
    let page = terminal.wait_for("next: it is kept");
    assert!(page.has("closed for the weekend; [remote rejected] (pre-receive hook declined)"), "{page}");
    leave(terminal);
    assert_eq!((demo.sandbox.outbox(), demo.origin().refs()), (1, before));
}
