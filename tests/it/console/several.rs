//! Several repositories in one queue: each with its ledger, its outbox and its name.

use super::{leave, needs, sign};
use crate::support::{Repo, Sandbox};

/// A second adopted repository, and a clone of it.
fn second(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    let apps = sandbox.bare("apps.git");
    apps.commit("main", Sandbox::first_commit());
    let clone = sandbox.reviewer(&apps, "clone");
    let _ = clone.run(&["init", "--yes"]).succeeds();
    (apps, clone)
}

fn propose(origin: &Repo<'_>, text: &str) {
    origin.propose("agent/infra/docs", "Say it better", &[("docs/a.md", text)]);
    origin.propose("agent/infra/fewer", "Fewer", &[("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")]);
}

#[test]
fn they_are_one_queue_and_every_decision_goes_to_its_own_ledger() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (origin, _) = sandbox.solo();
    let (apps, _) = second(&sandbox);
    propose(&origin, "one\n2\nthree\n");
    propose(&apps, "1\ntwo\nthree\n");
    sandbox.write("home/.config/countersign/config.toml", "undo_seconds = 120\n");
    let terminal = sandbox.console("", 120, 40, &["maria", "clone", "gone"]);
    let view = terminal.wait_for("4 pending");
    assert!(view.has("origin:docs") && view.has("apps:docs") && view.has("+1"), "{view}");
    assert!(
        view.has("gone") && view.has("! look"),
        "one that cannot be opened is said, and keeps no other away\n{view}"
    );
    terminal.wait_gone(super::LOOKING);

    // A decision in each; what is not sent is kept with its repository.
    for name in ["origin:docs", "apps:docs"] {
        terminal.keys(&format!("/{}<enter>", name.replace(':', " ")));
        terminal.wait_for("1 of 4");
        terminal.keys("a");
        terminal.wait_for("y sign and send 1");
        sign(&terminal, "y", "u takes back");
        terminal.keys("<esc>");
        // A key that comes with the escape would be another one.
        terminal.wait_gone("1 of 4");
    }
    leave(terminal);
    assert_eq!(sandbox.outbox(), 2);
    assert_eq!((origin.ledger().len(), apps.ledger().len()), (1, 1), "nothing has left");

    // The next console is about one of them, and sees only what was decided there.
    let terminal = sandbox.console("clone", 120, 40, &[]);
    terminal.wait_for("1 decision not sent");
    leave(terminal);
    let terminal = sandbox.console("", 120, 40, &["maria", "clone"]);
    terminal.wait_for("2 decisions not sent");
    for left in ["1 decision not sent", "pending"] {
        terminal.keys("S");
        terminal.wait_for("y sign and send 1");
        sign(&terminal, "y", "u takes back");
        terminal.keys("S");
        terminal.wait_for("1 merged; 1 signature");
        terminal.wait_for(left);
    }
    leave(terminal);
    for repository in [&origin, &apps] {
        assert_eq!(repository.ledger().len(), 2);
        assert_eq!(repository.git(&["log", "-1", "--format=%s", "main"]).trim(), "Say it better");
    }
    assert_eq!(sandbox.outbox(), 0);
}

#[test]
fn the_settings_name_them_where_nothing_else_does() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    propose(&origin, "one\n2\nthree\n");
    let other = sandbox.bare("corp/origin.git");
    other.commit("main", Sandbox::first_commit());
    propose(&other, "one\n2\n3\n");
    let settings = format!(
        "repositories = [\"{}\", \"{}\", \"{}\"]\n",
        sandbox.path("origin.git").display(),
        sandbox.path("corp/origin.git").display(),
        sandbox.path("origin.git").display(),
    );
    sandbox.write("home/.config/countersign/config.toml", settings);
    sandbox.write("elsewhere/file", "");
    let terminal = sandbox.console("elsewhere", 120, 40, &[]);
    let view = terminal.wait_for("4 pending");
    assert!(view.has("corp/origin:docs"), "names that are the same are told apart\n{view}");
    leave(terminal);
}
