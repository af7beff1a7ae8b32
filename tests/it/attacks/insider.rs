//! A reviewer who may approve, has a key that counts, and goes around the client.

use serde_json::{Value, json};

use super::{Commit, Repo, Sandbox};

/// The policy of the pair, with sam as an admin, too.
fn looser(origin: &Repo<'_>) -> String {
    let policy = origin.show("main", ".countersign/policy.yaml");
    policy
        .replace("emails: [sam@corp.example], roles: [approve]", "emails: [sam@corp.example], roles: [approve, admin]")
}

/// Moves main to a commit with sam's own policy, and answers it.
fn own_policy(origin: &Repo<'_>) -> String {
    let policy = looser(origin);
    origin.commit("main", Commit::new("Mine").by("sam", "sam@corp.example").file(".countersign/policy.yaml", policy))
}

fn entries(report: &Value, kind: &str) -> usize {
    report[kind].as_array().expect("a list").len()
}

#[test]
fn an_admins_approval_of_one_thing_carries_no_policy() {
    let sandbox = Sandbox::new();
    let (origin, maria, _) = sandbox.pair();
    let prod = "agent/infra/prod";
    origin.propose(prod, "Fewer", &[("prod/web/values.yaml", "replicas: 2\n")]);
    let _ = maria.run(&["approve", &origin.at(prod), "--yes"]).succeeds();
    let approval = origin.ledger().pop().expect("an entry");
    let (old, in_force) = (origin.rev("main"), origin.rev("main:.countersign/policy.yaml"));
    let evil = own_policy(&origin);
    let honest = approval["items"][0]["change_id"].as_str().expect("a change").to_owned();
    // Once with the change that she approved, once with what the commit really changes, once over a commit of another name.
    let says = approval["id"].as_str().expect("an id").to_owned();
    for change in [honest, origin.change_id(&evil)] {
        let own = format!("{:032x}", sandbox.pass(1));
        let item = origin.landed_item(prod, &change, &evil, &[&says, &own]);
        let refs = json!([{ "ref": "refs/heads/main", "old": old, "new": evil }]);
        let before = origin.rev("countersign/ledger");
        origin.forge("sam", json!({ "kind": "approve", "id": own, "items": [item], "refs": refs }));
        let ran = maria.run(&["ledger", "verify", "--json"]).exits(1);
        let report = ran.json();
        assert!(entries(&report, "mismatches") > 0 && report["ok"] == false, "{ran}");
        assert!(ran.stdout.contains("is not in force"), "{ran}");
        let explained = maria.run(&["list", "--json"]).succeeds().json();
        assert!(explained["problems"].to_string().contains("another policy than the one in force"), "{explained}");
        // sam rules by nothing of it: he still is no admin.
        origin.forge("sam", json!({ "kind": "reset", "note": "I am an admin now" }));
        let report =
            sandbox.reviewer(&origin, &format!("fresh-{}", sandbox.pass(1))).run(&["ledger", "verify", "--json"]);
        assert!(report.exits(1).stdout.contains("takes the role admin"));
        origin.git(&["update-ref", "refs/heads/countersign/ledger", &before]);
        std::fs::remove_dir_all(sandbox.home().join(".local/state/countersign")).expect("the pins");
    }
    assert_ne!(origin.rev("main:.countersign/policy.yaml"), in_force);
}

#[test]
fn what_an_entry_put_on_main_beside_its_decision_is_a_mismatch() {
    let sandbox = Sandbox::new();
    let (origin, maria, _) = sandbox.pair();
    let (main, ledger) = (origin.rev("main"), origin.rev("countersign/ledger"));
    let sam = |message: &str| Commit::new(message).by("sam", "sam@corp.example");
    // A change of content; a change of nothing but what kind of file it is, whose bytes are those of every ledger.
    for change in [
        sam("Quiet").file("prod/web/values.yaml", "replicas: 0\n"),
        sam("Quieter").program("prod/web/values.yaml", "replicas: 5\n"),
        sam("Quietest").symlink("docs/a.md", "one\ntwo\nthree\n"),
    ] {
        let evil = origin.commit("main", change);
        let branch = super::page(&origin, &format!("page-{}", sandbox.pass(1)));
        let item = json!({
            "proposal": branch, "target": "refs/heads/main", "head": origin.rev(&branch),
            "change_id": origin.change_id(&branch), "tier": "low", "seen": null, "answers": null, "merge": null,
        });
        let refs = json!([{ "ref": "refs/heads/main", "old": main, "new": evil }]);
        origin.forge("sam", json!({ "kind": "hold", "items": [item], "refs": refs }));
        let ran = maria.run(&["ledger", "verify"]).exits(1);
        assert!(ran.stdout.contains("neither merges nor teaches it"), "{ran}");
        origin.git(&["update-ref", "refs/heads/main", &main]);
        origin.git(&["update-ref", "refs/heads/countersign/ledger", &ledger]);
        std::fs::remove_dir_all(sandbox.home().join(".local/state/countersign")).expect("the pins");
    }
}

#[test]
fn what_has_landed_does_not_land_again_by_the_same_approvals() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let prod = "agent/infra/prod";
    origin.propose(prod, "Fewer", &[("prod/web/values.yaml", "replicas: 2\n")]);
    let _ = maria.run(&["approve", &origin.at(prod), "--yes"]).succeeds();
    let approval = origin.ledger().pop().expect("an entry")["id"].as_str().expect("an id").to_owned();
    let _ = sam.run(&["approve", &origin.at(prod), "--yes"]).succeeds();
    // After an outage both put it back; then sam lands it once more, by what maria said of it then.
    origin.propose("agent/infra/back", "Put it back", &[]);
    let back = Commit::new("Put it back").by("infra-bot[bot]", "infra-bot@bots.example").from("main");
    origin.commit("agent/infra/back", back.file("prod/web/values.yaml", "replicas: 5\n"));
    for clone in [&maria, &sam] {
        let _ = clone.run(&["approve", &origin.at("agent/infra/back"), "--yes"]).succeeds();
    }
    let _ = maria.sound();
    let ran = sam.run(&["approve", &origin.at(prod), "--yes"]).exits(1);
    assert!(ran.stderr.contains("merged already"), "{ran}");
    let (old, own) = (origin.rev("main"), format!("{:032x}", 9));
    let message = format!("Again\n\nCountersign-Entry: {own}\nCountersign-Proposal: {}\n", origin.at(prod));
    let again = Commit::new(&message).by("sam", "sam@corp.example").file("prod/web/values.yaml", "replicas: 2\n");
    let commit = origin.commit("main", again);
    let item = origin.landed_item(prod, &origin.change_id(&commit), &commit, &[&approval, &own]);
    let refs = json!([{ "ref": "refs/heads/main", "old": old, "new": commit }]);
    origin.forge("sam", json!({ "kind": "approve", "id": own, "items": [item], "refs": refs }));
    let ran = maria.run(&["ledger", "verify"]).exits(1);
    assert!(ran.stdout.contains("holds no approval of it") && ran.stdout.contains("1 of 2 approvals"), "{ran}");
}
