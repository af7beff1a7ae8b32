//! What moves between a decision and its merge: whoever said something meanwhile is heard, and what lands is what was decided on.

use serde_json::{Value, json};

use super::persons::{is_merged, page};
use super::{Desk, SHOP, at};
use crate::support::github::{Fault, Wrong};
use crate::support::{Commit, Ran, Repo, Sandbox, needs};

const REVIEWS: &str = "POST /repos/{}/{}/pulls/{}/reviews";
const MERGE: &str = "PUT /repos/{}/{}/pulls/{}/merge";

/// A repository whose policy names maria and sam, both with keys and logins; `from` says whose words count, `needed` how many.
fn adopted<'a>(sandbox: &'a Sandbox, from: &str, needed: u8) -> (Desk<'a>, Repo<'a>) {
    let (desk, shop) = Desk::new(sandbox);
    desk.adopt(&shop, SHOP);
    let adopted = shop.show("main", ".countersign/policy.yaml");
    let id = adopted.split('"').find(|part| part.len() == 32).expect("an id in the policy");
    let _ = sandbox.person("sam");
    let signers = ["maria", "sam"].map(|name| sandbox.signer_line(name)).concat();
    let policy = format!(
        r#"version: 1
ledger: {{ id: "{id}", ref: countersign/ledger }}
protect: [main]
people:
  - {{ name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }}
  - {{ name: sam, emails: [sam@corp.example], github: sam-h, roles: [approve] }}
agents: [{{ name: infra, match: {{ branches: ["agent/infra/**"], authors: ["infra-bot[bot]"] }} }}]
tiers: {{ low: {{ approvals: {needed} }}, medium: {{ approvals: {needed} }}, high: {{ approvals: {needed} }} }}
approvals: {{ self: never, from: {from} }}
"#
    );
    let commit = Commit::new("Two persons").by("maria", "maria@corp.example");
    let commit = commit.file(".countersign/policy.yaml", policy).file(".countersign/allowed_signers", signers);
    shop.commit("people/two", commit);
    let own = desk.github.open(SHOP, "people/two", "maria-k", "Two persons", "");
    let _ = desk.run(SHOP, &["approve", &at(&shop, own, "people/two"), "--yes"]).succeeds();
    (desk, shop)
}

fn review(event: &str, commit: &str, body: &str) -> Value {
    json!({ "event": event, "body": body, "commit_id": commit })
}

/// Somebody says something on the page.
fn says(desk: &Desk<'_>, login: &str, number: u64, review: &Value) {
    let (status, answer) = desk.github.act(login, "POST", &format!("/repos/{SHOP}/pulls/{number}/reviews"), review);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn what_is_made_to_land_elsewhere_meanwhile_is_not_merged() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    for (route, reviewed) in [(REVIEWS, true), ("GET /repos/{}/{}/pulls/{}", false)] {
        let sandbox = Sandbox::new();
        let (desk, shop) = adopted(&sandbox, "[ledger]", 1);
        let (number, branch) = page(&desk, &shop, "a");
        shop.git(&["branch", "release/prod", "main"]);
        let pull = format!("/repos/{SHOP}/pulls/{number}");
        desk.github.fault(Fault::acts(route, "infra-bot[bot]", ("PATCH", &pull), &json!({ "base": "release/prod" })));
        let ran = desk.run(SHOP, &["approve", &at(&shop, number, &branch), "--yes"]).exits(3);
        assert!(ran.stdout.contains("its target is another than was decided on"), "{ran}");
        assert!(!is_merged(&desk, number), "{ran}");
        assert_eq!(!desk.github.world().pull(SHOP, number).reviews.is_empty(), reviewed, "{ran}");
    }
}

#[test]
fn what_was_said_before_the_list_could_not_be_read_again_approves_nothing() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    for dismissed in [true, false] {
        let sandbox = Sandbox::new();
        let (desk, shop) = adopted(&sandbox, "[ledger, github]", 2);
        let (number, branch) = page(&desk, &shop, "a");
        says(&desk, "sam-h", number, &review("APPROVE", &shop.rev(&branch), "Yes."));
        assert_eq!(desk.list(SHOP, &[]).iter().filter(|one| one["state"] == "pending").count(), 1);
        // He takes it back, and GitHub tells nobody which pull requests there are.
        if dismissed {
            let id = desk.github.world().pull(SHOP, number).reviews[0]["id"].clone();
            let path = format!("/repos/{SHOP}/pulls/{number}/reviews/{id}/dismissals");
            assert_eq!(desk.github.act("sam-h", "PUT", &path, &json!({ "message": "No." })).0, 200);
            desk.github.fault(Fault::at("GET /repos/{}/{}/pulls", Wrong::Truncated(3)));
        } else {
            says(&desk, "sam-h", number, &review("REQUEST_CHANGES", &shop.rev(&branch), "No."));
            desk.github.fault(Fault::status("GET /repos/{}/{}/pulls", 502, "Bad Gateway"));
        }
        let ran = desk.run(SHOP, &["approve", &at(&shop, number, &branch), "--yes"]).succeeds();
        assert!(ran.stdout.contains("still needs 1 more"), "{ran}");
        assert!(!is_merged(&desk, number), "{ran}");
        let entry = shop.entries().into_iter().rfind(|entry| entry["kind"] == "approve").expect("an approval");
        assert_eq!(
            entry["soft_facts"]["github.approvals"],
            Value::Null,
            "nothing is stated that is not known: {entry}"
        );
    }
}

/// A hold of sam's on a pull request, on top of the ledger as it is; no ref moves.
fn hold(shop: &Repo<'_>, (number, branch): &(u64, String)) -> String {
    let item = json!({
        "proposal": format!("#{number}"), "target": "refs/heads/main", "head": shop.rev(branch), "change_id": null,
        "tier": "medium", "seen": null, "answers": null, "merge": null,
    });
    let entry = json!({ "kind": "hold", "note": "Stop.", "items": [item] });
    shop.forge_on(&shop.rev("countersign/ledger"), "sam", entry).0
}

/// Approves while GitHub cannot be reached, so that it is owed what is approved.
fn owe(desk: &Desk<'_>, shop: &Repo<'_>, pages: &[(u64, String)]) {
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let ids: Vec<String> = pages.iter().map(|(number, branch)| at(shop, *number, branch)).collect();
    let arguments: Vec<&str> = ["approve", "--yes"].into_iter().chain(ids.iter().map(String::as_str)).collect();
    let _ = desk.run(SHOP, &arguments).exits(3);
    desk.github.mend();
}

#[test]
fn a_hold_that_reaches_the_ledger_during_a_batch_stops_what_is_not_merged_yet() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = adopted(&sandbox, "[ledger]", 1);
    let pages = ["a", "b", "c", "d"].map(|name| page(&desk, &shop, name));
    owe(&desk, &shop, &pages[..3]);
    let held = hold(&shop, &pages[1]);
    desk.github.fault(Fault::moves(MERGE, &shop, "countersign/ledger", &held).times(1));
    desk.github.count();
    let ran = desk.run(SHOP, &["ask", &at(&shop, pages[3].0, &pages[3].1), "-m", "Why?", "--yes"]).succeeds();
    let merged: Vec<bool> = pages.iter().map(|(number, _)| is_merged(&desk, *number)).collect();
    assert_eq!(merged, [true, false, true, false], "{ran}");
    assert!(ran.stderr.contains("the hold of sam stands against it"), "{ran}");
    let asked = desk.github.requests().iter().filter(|request| request.path.ends_with("ledger")).count();
    assert_eq!(asked, 3, "once before each merge");
    desk.sound(SHOP);
}

#[test]
fn who_wants_changes_during_a_batch_stops_what_is_not_merged_yet() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = adopted(&sandbox, "[ledger, github]", 1);
    let pages = ["a", "b"].map(|name| page(&desk, &shop, name));
    let reviews = format!("/repos/{SHOP}/pulls/{}/reviews", pages[1].0);
    let no = review("REQUEST_CHANGES", &shop.rev(&pages[1].1), "No.");
    desk.github.fault(Fault::acts(MERGE, "sam-h", ("POST", &reviews), &no));
    let ids = pages.each_ref().map(|(number, branch)| at(&shop, *number, branch));
    let ran = desk.run(SHOP, &["approve", &ids[0], &ids[1], "--yes"]).exits(3);
    assert_eq!([is_merged(&desk, pages[0].0), is_merged(&desk, pages[1].0)], [true, false], "{ran}");
    assert!(ran.stdout.contains("the reject of sam stands against it"), "{ran}");
}

#[test]
fn nothing_is_merged_while_the_remote_cannot_be_asked_whether_anybody_objects() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = adopted(&sandbox, "[ledger]", 1);
    let pages = ["a", "b"].map(|name| page(&desk, &shop, name));
    owe(&desk, &shop, &pages[..1]);
    desk.github.count();
    let ask = |protocols: &str| {
        let mut command = sandbox.countersign("");
        command.args(["--repo", SHOP, "ask", &at(&shop, pages[1].0, &pages[1].1), "-m", "Why?", "--yes"]);
        Ran::of(command.env("GIT_ALLOW_PROTOCOL", protocols))
    };
    let ran = ask("https").exits(4);
    assert_eq!((desk.writes(), is_merged(&desk, pages[0].0)), (vec![], false), "{ran}");
    let ran = ask("https:file").succeeds();
    assert!(is_merged(&desk, pages[0].0), "{ran}");
}

#[test]
fn only_the_review_that_tells_an_entry_is_heard_in_the_ledger_instead() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = adopted(&sandbox, "[ledger, github]", 1);
    let genesis = shop.entries()[0]["id"].as_str().expect("an id").to_owned();
    let (number, branch) = page(&desk, &shop, "a");
    let body = format!("<!-- countersign {genesis} {number} approve -->\nNo.");
    says(&desk, "sam-h", number, &review("REQUEST_CHANGES", &shop.rev(&branch), &body));
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, &branch), "--yes"]).exits(1);
    assert!(!is_merged(&desk, number) && ran.stderr.contains("sam wants changes on GitHub"), "{ran}");
}

#[test]
fn a_no_on_the_page_is_heard_after_a_yes_that_a_fast_clock_signed() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = adopted(&sandbox, "[ledger, github]", 2);
    let (number, branch) = page(&desk, &shop, "a");
    let head = shop.rev(&branch);
    let now = jiff::Timestamp::now();
    let item = json!({
        "proposal": format!("#{number}"), "target": "refs/heads/main", "head": head, "change_id": shop.change_id(&branch),
        "tier": "medium", "seen": null, "answers": null, "merge": null,
    });
    let ahead = jiff::Timestamp::from_second(now.as_second() + 240).expect("a time").to_string();
    let _ = shop.forge("sam", json!({ "kind": "approve", "at": ahead, "items": [item] }));
    says(&desk, "sam-h", number, &review("REQUEST_CHANGES", &head, "No, wait."));
    let said = jiff::Timestamp::from_second(now.as_second()).expect("a time").to_string();
    desk.github.world().pull(SHOP, number).reviews[0]["submitted_at"] = json!(said);
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, &branch), "--yes"]).exits(1);
    assert!(!is_merged(&desk, number) && ran.stderr.contains("sam wants changes on GitHub"), "{ran}");
}

#[test]
fn two_that_change_within_a_second_are_both_seen() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = adopted(&sandbox, "[ledger, github]", 1);
    let [(first, branch), (last, _)] = ["a", "b"].map(|name| page(&desk, &shop, name));
    desk.github.world().idle = 0;
    let _ = desk.list(SHOP, &[]);
    says(&desk, "sam-h", first, &review("REQUEST_CHANGES", &shop.rev(&branch), "No."));
    {
        let mut world = desk.github.world();
        let then = world.pull(SHOP, last).updated;
        world.pull(SHOP, first).updated = then;
    }
    let stands =
        || desk.list(SHOP, &[]).into_iter().find(|one| one["id"] == format!("#{first}")).expect("it")["state"].clone();
    assert_eq!(stands(), "rejected", "the other one is still the last that changed");
    // Once nothing happened for a while, the question costs nothing again.
    desk.github.world().idle = 3;
    assert_eq!(stands(), "rejected");
    desk.github.count();
    assert_eq!(stands(), "rejected");
    assert_eq!(desk.github.count().keys().collect::<Vec<_>>(), ["GET /repos/{}/{}/pulls"]);
}
