//! A policy that cannot be read blocks, and the console says where it is wrong.

use super::{Demo, batch, leave};
use crate::support::Commit;

const POLICY: &str = ".countersign/policy.yaml";

#[test]
fn a_broken_policy_on_main_blocks_says_where_and_rules_again_once_it_is_mended() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let origin = demo.origin();
    let good = origin.show("main", POLICY);
    let broken = good.replace("default_tier: medium", "default_teir: medium");
    let line = broken.lines().position(|line| line.starts_with("default_teir")).expect("the line") + 1;
    let place = format!("policy.yaml:{line}:1");
    let terminal = demo.open();
    origin.commit("main", by_you("Tidy").file(POLICY, broken));
    let before = origin.refs();
    terminal.keys("r");
    // The rows say it, and what stands below the list says where.
    terminal.wait_for("policy is broken");
    let view = terminal.wait_for(&place);
    assert!(view.has("default_teir"), "{view}");
    terminal.keys("b");
    terminal.wait_for("batch: no low proposal is clean");
    terminal.keys("a");
    terminal.wait_for("approve: policy error");
    terminal.keys("!");
    let page = terminal.wait_for("what is wrong");
    assert!(page.has(&place), "{page}");
    terminal.keys("q");
    assert_eq!((origin.refs(), demo.sandbox.outbox()), (before, 0));

    origin.commit("main", by_you("Mend").file(POLICY, good));
    terminal.keys("r");
    terminal.wait_for("low ones are clean");
    batch(&terminal);
    terminal.keys("S");
    terminal.wait_for("26 merged");
    leave(terminal);
    let _ = demo.work().run(&["ledger", "verify"]).succeeds();
}

fn by_you(message: &str) -> Commit {
    Commit::new(message).by("you", "you@orbit.example")
}
