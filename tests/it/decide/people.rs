//! Who counts: two persons, own proposals, keys that nobody knows.

use serde_json::json;

use super::{Sandbox, agent, page, queue};
use crate::support::Commit;

#[test]
fn high_takes_two_persons_and_the_second_one_merges() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let prod = "agent/infra/prod";
    origin.propose(prod, "Fewer in production", &[("prod/web/values.yaml", "replicas: 2\n")]);
    let before = origin.rev("main");
    let ran = maria.run(&["approve", &origin.at(prod), "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["result"]["items"][0]["outcome"], "recorded", "{ran}");
    assert_eq!(ran.json()["result"]["items"][0]["missing"], 1, "{ran}");
    assert_eq!(origin.rev("main"), before);
    let first = origin.ledger().pop().expect("an entry")["id"].clone();
    let again = maria.run(&["approve", &origin.at(prod), "--yes"]).exits(1);
    assert!(again.stderr.contains("you approved it already"), "one person is one person: {again}");
    assert_eq!(origin.ledger().pop().expect("an entry")["id"], first, "and nothing is written twice");
    let ruling = sam.proposal(prod)["ruling"].clone();
    assert_eq!(ruling["approvals"], json!({ "have": 1, "need": 2, "by": ["maria"] }), "{ruling}");
    // Another merge moves main: what was approved is the change, and it is the same.
    let _ = maria.run(&["approve", &origin.at(&page(&origin, "meanwhile")), "--yes"]).succeeds();
    let _ = sam.run(&["approve", &origin.at(prod), "--yes"]).succeeds();
    assert_eq!(origin.show("main", "prod/web/values.yaml"), "replicas: 2\n");
    let last = origin.ledger().pop().expect("an entry");
    let relies_on = last["items"][0]["merge"]["relies_on"].as_array().expect("a list").clone();
    assert_eq!(relies_on.len(), 2);
    assert!(relies_on.contains(&first), "{last}");
    assert!(relies_on.contains(&last["id"]));
    let _ = maria.sound();
    let _ = sam.sound();
}

#[test]
fn an_approval_binds_the_head_and_the_change() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let prod = "agent/infra/prod";
    origin.propose(prod, "Fewer", &[("prod/web/values.yaml", "replicas: 2\n")]);
    let _ = maria.run(&["approve", &origin.at(prod), "--yes"]).succeeds();
    // The agent pushes again, with the very same change.
    origin.commit(prod, agent("Same").from("main").file("prod/web/values.yaml", "replicas: 2\n"));
    assert_eq!(sam.proposal(prod)["ruling"]["approvals"]["have"], 0);
    let ran = sam.run(&["approve", &origin.at(prod), "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["result"]["items"][0]["outcome"], "recorded", "{ran}");
    // maria takes part in the new round; then main changes what the proposal would change.
    origin.commit("main", super::maria("By hand").file("prod/web/values.yaml", "replicas: 5\n# note\n"));
    assert_eq!(maria.proposal(prod)["state"], "conflict");
    let _ = maria.run(&["approve", &origin.at(prod), "--yes"]).exits(1);
    assert_eq!(origin.show("main", "prod/web/values.yaml"), "replicas: 5\n# note\n");
}

#[test]
fn an_own_proposal_takes_another_person() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    origin.commit("people/note", super::maria("A note").file("docs/note.md", "n\n"));
    let ran = maria.run(&["approve", &origin.at("people/note"), "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["result"]["items"][0]["outcome"], "recorded", "{ran}");
    let _ = sam.run(&["approve", &origin.at("people/note"), "--yes"]).succeeds();
    assert_eq!(origin.show("main", "docs/note.md"), "n\n");
    // An agent that commits in her name does not make her approval count, nor keep his from counting.
    origin.commit("agent/infra/dressed", agent("One").file("docs/x.md", "x\n"));
    origin.commit("agent/infra/dressed", super::maria("Two").file("docs/x.md", "y\n"));
    let ran = maria.run(&["approve", &origin.at("agent/infra/dressed"), "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["result"]["items"][0]["outcome"], "recorded", "{ran}");
    let _ = sam.run(&["approve", &origin.at("agent/infra/dressed"), "--yes"]).succeeds();
    let _ = sam.sound();
}

#[test]
fn own_commits_count_as_one_of_two() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    origin.commit("people/prod", super::maria("Mine").file("prod/web/values.yaml", "replicas: 4\n"));
    let ran = sam.run(&["approve", &origin.at("people/prod"), "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["result"]["items"][0]["outcome"], "recorded", "{ran}");
    let _ = maria.run(&["approve", &origin.at("people/prod"), "--yes"]).succeeds();
    assert_eq!(origin.show("main", "prod/web/values.yaml"), "replicas: 4\n");
    let _ = maria.sound();
}

#[test]
fn who_is_not_in_the_policy_reads_and_decides_nothing() {
    let sandbox = Sandbox::new();
    let (origin, _) = sandbox.solo();
    let one = page(&origin, "one");
    let eve = sandbox.reviewer(&origin, "eve");
    assert_eq!(queue(&eve), [(one.clone(), "pending".to_owned())]);
    let before = origin.refs();
    let ran = eve.run(&["approve", &origin.at(&one), "--yes"]).exits(2);
    assert!(ran.stderr.contains("allowed_signers") && ran.stderr.contains("SHA256:"), "{ran}");
    assert_eq!(origin.refs(), before);
    let _ = eve.sound();
}

#[test]
fn a_withdrawn_approval_does_not_count() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let prod = "agent/infra/prod";
    origin
        .commit(prod, Commit::new("Fewer").by("bot", "bot@bots.example").file("prod/web/values.yaml", "replicas: 2\n"));
    let _ = maria.run(&["approve", &origin.at(prod), "--yes"]).succeeds();
    let _ = maria.run(&["withdraw", prod, "--yes"]).succeeds();
    let ran = sam.run(&["approve", &origin.at(prod), "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["result"]["items"][0]["outcome"], "recorded", "{ran}");
    assert_eq!(origin.show("main", "prod/web/values.yaml"), "replicas: 5\n");
    let _ = sam.sound();
}
