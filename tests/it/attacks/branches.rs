//! A second protected branch: what lands there is compared as on the default branch.

use serde_json::Value;

use super::{Commit, Repo, Sandbox, page};

/// The counts of one branch in a report.
fn counts<'a>(report: &'a Value, name: &str) -> &'a Value {
    let branches = report["branches"].as_array().expect("a list");
    branches.iter().find(|branch| branch["ref"] == name).unwrap_or_else(|| panic!("{name} in {report}"))
}

#[test]
fn every_protected_branch_is_compared_and_counted() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let policy = origin.show("main", ".countersign/policy.yaml").replace("[main]", "[main, \"release/*\"]");
    origin.commit(
        "people/protect",
        Commit::new("Protect").by("maria", "maria@corp.example").file(".countersign/policy.yaml", policy),
    );
    let _ = maria.run(&["approve", &origin.at("people/protect"), "--yes"]).succeeds();
    for name in ["release/1", "release/2", "release/3"] {
        origin.git(&["branch", name, "main"]);
    }
    let one = page(&origin, "one");
    maria.git(&["fetch", "--quiet", "origin"]);
    let _ = maria.run(&["approve", &origin.at(&one), "--yes", "--target", "release/1"]).succeeds();
    assert_eq!(origin.show("release/1", "docs/one.md"), "text\n");
    let report = maria.sound();
    assert_eq!(
        counts(&report, "refs/heads/release/1"),
        &serde_json::json!({ "ref": "refs/heads/release/1", "commits": 1, "unapproved": 0, "moved": true })
    );
    assert_eq!(counts(&report, "refs/heads/release/2")["unapproved"], 0);
    // Straight to a branch that entries moved, and to one that none ever moved.
    let now = jiff::Timestamp::now().as_second() + 60;
    origin.commit("release/1", Commit::new("Straight").at(now).file("docs/x.md", "x\n"));
    origin.commit("release/2", Commit::new("Straight, too").at(now).file("docs/x.md", "x\n"));
    let report = maria.run(&["ledger", "verify", "--json"]).succeeds().json();
    assert_eq!(
        (
            &counts(&report, "refs/heads/release/1")["unapproved"],
            &counts(&report, "refs/heads/release/2")["unapproved"],
            &report["unapproved_total"]
        ),
        (&1.into(), &1.into(), &2.into()),
        "{report}"
    );
    let ran = maria.run(&["ledger", "verify"]).succeeds();
    assert!(
        ran.stdout.contains("1 commit on refs/heads/release/1") && ran.stdout.contains("no entry ever moved it"),
        "{ran}"
    );
    altered(&origin, &maria);
}

/// What landed on release/1 is replaced by something else under the same message.
fn altered(origin: &Repo<'_>, maria: &Repo<'_>) {
    let landed = origin.rev("release/1^");
    let message = origin.git(&["log", "-1", "--format=%B", &landed]);
    origin.commit("release/1", Commit::new(&message).from(&format!("{landed}^")).file("docs/one.md", "evil\n"));
    let ran = maria.run(&["ledger", "verify"]).exits(1);
    assert!(ran.stdout.contains("mismatch") && ran.stdout.contains("refs/heads/release/1"), "{ran}");
}
