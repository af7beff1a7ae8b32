//! What nobody waits for: what is here already is shown, whoever else is at work and whoever does not answer.

use std::fs::File;
use std::path::PathBuf;

use super::{Desk, SHOP};
use crate::console::leave;
use crate::support::Sandbox;

/// The lock that whoever fetches into the mirror of the shop holds.
fn lock(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.cache/countersign/mirrors/127.0.0.1/acme/shop.lock")
}

#[test]
fn who_only_reads_does_not_wait_for_who_fetches() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    assert_eq!(desk.list(SHOP, &[]).len(), 1);
    let _ = desk.run(SHOP, &["show", "#1"]).succeeds();
    let held = File::options().write(true).open(lock(&sandbox)).expect("the lock of the mirror");
    held.lock().expect("nobody else is at work");
    assert_eq!(desk.list(SHOP, &["--offline"]).len(), 1);
    for command in [&["show", "#1", "--offline"][..], &["status", "--short", "--offline"]] {
        let _ = desk.run(SHOP, command).succeeds();
    }
    let terminal = sandbox.console("", 120, 40, &["--offline", SHOP]);
    assert!(terminal.wait_for("1 pending").has("replicas 3 → 1"));
    leave(terminal);
    // One that asks waits for that behind what is on its screen.
    let terminal = sandbox.console("", 120, 40, &[SHOP]);
    assert!(terminal.wait_for("1 pending").has("replicas 3 → 1"));
}
