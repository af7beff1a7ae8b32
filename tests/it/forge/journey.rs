//! The whole way through the console: list, review, approve a batch, be killed in the middle of it, go on, and reject.

use super::{Desk, SHOP};
use crate::console::{leave, sign};
use crate::support::{COUNTERSIGN, Sandbox, needs};

/// Pull requests that are approved together.
const BATCH: usize = 60;
/// Pull requests that are rejected.
const REJECTED: usize = 3;

#[test]
fn a_batch_is_approved_and_merged_a_few_are_rejected_and_nothing_is_lost_on_the_way() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    for at in 0..BATCH {
        desk.propose(&shop, SHOP, &format!("agent/infra/docs-{at:02}"), (&format!("docs/new-{at:02}.md"), "Better.\n"));
    }
    for at in 0..REJECTED {
        let values = format!("replicas: {}\nimage: web:1.0\n", 4 + at);
        desk.propose(&shop, SHOP, &format!("agent/infra/more-{at}"), ("apps/web/values.yaml", &values));
    }
    let merged = || {
        let world = desk.github.world();
        world.repos[SHOP].pulls.values().filter(|pull| pull.merged.is_some()).count()
    };
    // Killed after twenty reviews and twenty merges of sixty.
    let mut terminal =
        sandbox.terminal("", 120, 40, &[COUNTERSIGN, SHOP], &[("COUNTERSIGN_FAULT", "after-post-40:kill")]);
    terminal.wait_for("63 pending");
    terminal.wait_gone("being looked into");
    terminal.keys("b");
    terminal.wait_for("y sign and send 60");
    sign(&terminal, "y", "60 approvals in");
    terminal.keys("S");
    terminal.wait_end();
    drop(terminal);
    assert_eq!(merged(), 20);

    // Whoever opens the next console finds it finished, and each posted once.
    let terminal = sandbox.console("", 120, 40, &[SHOP]);
    terminal.wait_for("that were owed");
    terminal.wait_for("3 pending");
    assert_eq!(merged(), BATCH);
    let twice = desk.github.world().repos[SHOP].pulls.values().filter(|pull| pull.reviews.len() > 1).count();
    assert_eq!(twice, 0);
    for at in 0..REJECTED {
        terminal.wait_for(&format!("{} pending", REJECTED - at));
        terminal.keys("<enter>");
        terminal.wait_for("-replicas: 3");
        terminal.keys("x");
        terminal.wait_for("REJECT");
        terminal.keys(&format!("Say who asked for it, {at}."));
        terminal.wait_for(&format!("[L-00{}", at + 1));
        sign(&terminal, "<ctrl-s>", "1 rejection in");
        terminal.keys("S");
        terminal.wait_for("1 recorded; 1 signature");
        if terminal.view().has("-replicas: 3") {
            terminal.keys("q");
        }
    }
    leave(terminal);
    let kinds: Vec<_> = shop.entries().iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(kinds, ["genesis", "approve", "merge", "merge", "reject", "reject", "reject"]);
    desk.sound(SHOP);
    desk.token_is_nowhere();
}
