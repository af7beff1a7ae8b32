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
