//! Deciding: the ledger first, then reviews and merges on GitHub, then what it merged in the ledger.

use super::{Desk, SHOP};
use crate::support::{Sandbox, needs};

#[test]
fn an_approval_becomes_a_review_a_merge_and_a_record() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.signs();
    let _ = desk.run(SHOP, &["init", "--yes"]).succeeds();
    let number = desk.propose(&shop, SHOP, "agent/infra/docs", ("docs/a.md", "1\ntwo\nthree\n"));
    let head = shop.rev("agent/infra/docs");
    let ran = desk.run(SHOP, &["approve", &format!("#{number}@{head}"), "--yes"]).succeeds();
    assert!(ran.stdout.contains("merged    #1"), "{ran}");
    let review = desk.github.world().pull(SHOP, number).reviews[0].clone();
    assert_eq!((&review["state"], &review["commit_id"]), (&"APPROVED".into(), &head.clone().into()));
    let merged = desk.github.world().pull(SHOP, number).merged.clone();
    assert_eq!(merged, Some(shop.rev("main")), "GitHub made the commit");
    let kinds: Vec<String> =
        shop.entries().iter().map(|entry| entry["kind"].as_str().unwrap_or_default().into()).collect();
    assert_eq!(kinds, ["genesis", "approve", "merge"]);
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).succeeds();
    assert_eq!(verified.json()["unapproved_total"], 0, "{verified}");
    desk.token_is_nowhere();
}
