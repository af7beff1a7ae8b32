//! A policy that cannot be read blocks, and the console says where it is wrong.

use super::{Demo, leave};
use crate::support::Commit;

#[test]
fn a_broken_policy_on_main_blocks_and_says_where() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let origin = demo.origin();
    let broken =
        origin.show("main", ".countersign/policy.yaml").replace("default_tier: medium", "default_teir: medium");
    let line = broken.lines().position(|line| line.starts_with("default_teir")).expect("the line") + 1;
    origin.commit("main", Commit::new("Tidy").by("you", "you@orbit.example").file(".countersign/policy.yaml", broken));
    let terminal = demo.open();
    // What no entry names is not in force: what was in force still is, and the change is reported with its place.
    terminal.wait_for("!");
    terminal.keys("!");
    let view = terminal.wait_for(&format!("policy.yaml:{line}:1"));
    assert!(view.has("default_teir"), "{view}");
    leave(terminal);
}
