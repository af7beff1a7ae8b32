//! People who stay on GitHub's pages: their reviews count where policy says so, on exactly the commit that they are of.

use serde_json::{Value, json};

use super::{Desk, SHOP, at};
use crate::support::github::{Fault, Wrong};
use crate::support::{Commit, Repo, Sandbox, needs};

const BRANCH: &str = "agent/infra/fewer";

/// A policy of maria, who signs, and sam, who does not: everything takes two.
fn policy(id: &str, from: &str) -> String {
    format!(
        r#"version: 1
ledger: {{ id: "{id}", ref: countersign/ledger }}
protect: [main]
people:
  - {{ name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }}
  - {{ name: sam, emails: [sam@corp.example], github: sam-h, roles: [approve] }}
agents: [{{ name: infra, match: {{ branches: ["agent/infra/**"], authors: ["infra-bot[bot]"] }} }}]
tiers: {{ low: {{ approvals: 2 }}, medium: {{ approvals: 2 }}, high: {{ approvals: 2 }} }}
rules: [{{ name: prod, paths: ["prod/**"], tier: high }}]
approvals: {{ self: never, from: {from} }}
"#
    )
}

/// A repository that maria has adopted, whose policy names sam; an open pull request.
fn two<'a>(sandbox: &'a Sandbox, from: &str) -> (Desk<'a>, Repo<'a>, u64) {
    let (desk, shop) = Desk::new(sandbox);
    desk.adopt(&shop, SHOP);
    let adopted = shop.show("main", ".countersign/policy.yaml");
    let id = adopted.split('"').find(|part| part.len() == 32).expect("an id in the policy");
    let commit = Commit::new("Two persons").by("maria", "maria@corp.example");
    let commit = commit.file(".countersign/policy.yaml", policy(id, from));
    // Without GitHub somebody else has to be able to sign.
    let commit = if from.contains("github") {
        commit
    } else {
        let _ = sandbox.person("sam");
        let signers = ["maria", "sam"].map(|name| sandbox.signer_line(name)).concat();
        commit.file(".countersign/allowed_signers", signers)
    };
    shop.commit("people/two", commit);
    let own = desk.github.open(SHOP, "people/two", "maria-k", "Two persons", "");
    let _ = desk.run(SHOP, &["approve", &at(&shop, own, "people/two"), "--yes"]).succeeds();
    let number = desk.propose(&shop, SHOP, BRANCH, ("apps/web/values.yaml", "replicas: 2\nimage: web:1.0\n"));
    (desk, shop, number)
}

/// Somebody says something on the page; answers the number of the review.
fn says(desk: &Desk<'_>, login: &str, number: u64, event: &str, commit: &str) -> u64 {
    let review = json!({ "event": event, "body": "So be it.", "commit_id": commit });
    let (status, answer) = desk.github.act(login, "POST", &format!("/repos/{SHOP}/pulls/{number}/reviews"), &review);
    assert_eq!(status, 200, "{answer}");
    answer["id"].as_u64().expect("an id")
}

/// The proposal as `list --json` tells it.
fn told(desk: &Desk<'_>, number: u64) -> Value {
    let id = format!("#{number}");
    desk.list(SHOP, &[]).into_iter().find(|one| one["id"] == *id).expect("the pull request")
}

/// How many approve, of how many, and who.
fn approvals(desk: &Desk<'_>, number: u64) -> (u64, u64, Value) {
    let approvals = told(desk, number)["ruling"]["approvals"].clone();
    let count = |key: &str| approvals[key].as_u64().unwrap_or(99);
    (count("have"), count("need"), approvals["by"].clone())
}

#[test]
fn a_review_on_the_page_is_the_approval_of_that_person() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, number) = two(&sandbox, "[ledger, github]");
    for login in ["infra-bot[bot]", "somebody"] {
        if login == "somebody" {
            says(&desk, login, number, "APPROVE", &shop.rev(BRANCH));
        }
        assert_eq!(approvals(&desk, number), (0, 2, json!([])), "{login}");
    }
    says(&desk, "Sam-H", number, "APPROVE", &shop.rev(BRANCH));
    assert_eq!(approvals(&desk, number), (1, 2, json!(["sam"])));
    let rows = desk.run(SHOP, &["list"]).succeeds();
    assert!(rows.stdout.contains("(approved on GitHub by sam)"), "{rows}");
    let shown = desk.run(SHOP, &["show", &format!("#{number}")]).succeeds();
    assert!(shown.stdout.contains("1 approvals of 2 needed: sam on GitHub"), "{shown}");

    let named = at(&shop, number, BRANCH);
    let ran = desk.run(SHOP, &["approve", &named, "--yes"]).succeeds();
    assert!(ran.stdout.contains(&format!("merged    #{number}")), "{ran}");
    let entries = shop.entries();
    let approved = entries.iter().rfind(|entry| entry["kind"] == "approve").expect("an approval");
    let statement = &approved["soft_facts"]["github.approvals"];
    assert_eq!(statement[0]["person"], "sam");
    assert_eq!((&statement[0]["login"], &statement[0]["proposal"]), (&json!("Sam-H"), &json!(format!("#{number}"))));
    assert_eq!(statement[0]["commit"], shop.rev(BRANCH));
    assert_eq!(entries.last().expect("an entry")["kind"], "merge");
    desk.sound(SHOP);
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
    let remark = format!("#{number}: that sam approved it on GitHub, as Sam-H, is the word of maria");
    assert!(verified["remarks"].to_string().contains(&remark), "{verified}");
}

#[test]
fn without_github_in_the_policy_only_the_ledger_counts() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, number) = two(&sandbox, "[ledger]");
    says(&desk, "sam-h", number, "APPROVE", &shop.rev(BRANCH));
    assert_eq!(approvals(&desk, number), (0, 2, json!([])));
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, BRANCH), "--yes"]).succeeds();
    assert!(ran.stdout.contains("still needs 1 more"), "{ran}");
    assert!(desk.github.world().pull(SHOP, number).merged.is_none());
}

#[test]
fn what_moves_after_a_review_was_not_reviewed() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, number) = two(&sandbox, "[ledger, github]");
    let base = format!("/repos/{SHOP}/pulls/{number}");
    says(&desk, "sam-h", number, "APPROVE", &shop.rev(BRANCH));
    assert_eq!(approvals(&desk, number).0, 1);
    // Another target is another change, though nothing of the head moved.
    shop.git(&["branch", "release/1", "main"]);
    assert_eq!(desk.github.act("infra-bot[bot]", "PATCH", &base, &json!({ "base": "release/1" })).0, 200);
    assert_eq!(desk.github.act("infra-bot[bot]", "PATCH", &base, &json!({ "base": "main" })).0, 200);
    assert_eq!(approvals(&desk, number).0, 0, "it was of another target for a while");
    let again = says(&desk, "sam-h", number, "APPROVE", &shop.rev(BRANCH));
    assert_eq!(approvals(&desk, number).0, 1);
    // Somebody dismisses it.
    let dismissal = json!({ "message": "Not yet." });
    let path = format!("{base}/reviews/{again}/dismissals");
    assert_eq!(desk.github.act("maria-k", "PUT", &path, &dismissal).0, 200);
    assert_eq!(approvals(&desk, number).0, 0);
    says(&desk, "sam-h", number, "APPROVE", &shop.rev(BRANCH));
    assert_eq!(approvals(&desk, number).0, 1);
    // A push.
    shop.propose(BRANCH, "Fewer still", &[("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")]);
    assert_eq!(approvals(&desk, number).0, 0);
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, BRANCH), "--yes"]).succeeds();
    assert!(ran.stdout.contains("still needs 1 more"), "{ran}");
}

#[test]
fn who_wants_changes_on_the_page_stops_the_merge() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    for graphql in [true, false] {
        let sandbox = if graphql { &sandbox } else { &Sandbox::new() };
        let (desk, shop, number) = two(sandbox, "[ledger, github]");
        desk.github.world().graphql = graphql;
        says(&desk, "sam-h", number, "REQUEST_CHANGES", &shop.rev(BRANCH));
        let rows = desk.run(SHOP, &["list", "--all"]).succeeds();
        assert!(
            rows.stdout.contains("rejected") && rows.stdout.contains("(changes wanted on GitHub by sam)"),
            "{rows}"
        );
        let named = at(&shop, number, BRANCH);
        let ran = desk.run(SHOP, &["approve", &named, "--yes"]).exits(3);
        assert!(ran.stdout.contains("on GitHub: the reject of sam stands against it"), "{ran}");
        // What he says last is what counts.
        says(&desk, "sam-h", number, "APPROVE", &shop.rev(BRANCH));
        assert_eq!(approvals(&desk, number), (2, 2, json!(["maria", "sam"])));
        let ran = desk.run(SHOP, &["approve", &named, "--yes"]).succeeds();
        assert!(ran.stdout.contains(&format!("merged    #{number}")), "{ran}");
        desk.sound(SHOP);
    }
}

#[test]
fn who_does_not_answer_is_not_asked_for_reviews_as_well() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, _shop, _) = two(&sandbox, "[ledger, github]");
    desk.github.world().graphql = false;
    let reviews = "GET /repos/{}/{}/pulls/{}/reviews";
    desk.github.fault(Fault::status(reviews, 502, "Bad Gateway"));
    let _ = desk.run(SHOP, &["list"]).succeeds();
    assert!(desk.github.count().contains_key(reviews), "a list over REST does not tell what people think");
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let ran = desk.run(SHOP, &["list"]).succeeds();
    let asked = desk.github.count();
    assert!(asked.keys().eq(["GET /repos/{}/{}/pulls"]), "{asked:?}");
    assert!(ran.stderr.contains("cannot be reached"), "{ran}");
}

#[test]
fn high_takes_a_signature_in_the_ledger() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, _) = two(&sandbox, "[ledger, github]");
    let branch = "agent/infra/prod";
    let number = desk.propose(&shop, SHOP, branch, ("prod/web/values.yaml", "replicas: 4\n"));
    for login in ["sam-h", "maria-k"] {
        says(&desk, login, number, "APPROVE", &shop.rev(branch));
    }
    assert_eq!(approvals(&desk, number), (2, 2, json!(["sam", "maria"])));
    let proposal = told(&desk, number);
    assert_eq!(proposal["state"], "pending");
    assert!(proposal["ruling"]["reasons"].to_string().contains("signed in the ledger"), "{proposal}");
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, branch), "--yes"]).succeeds();
    assert!(ran.stdout.contains(&format!("merged    #{number}")), "{ran}");
    desk.sound(SHOP);
}

/// Somebody merges on the page.
fn merges(desk: &Desk<'_>, number: u64, method: &str) {
    let path = format!("/repos/{SHOP}/pulls/{number}/merge");
    assert_eq!(desk.github.act("infra-lead", "PUT", &path, &json!({ "merge_method": method })).0, 200);
}

#[test]
fn what_was_approved_and_merged_on_the_page_alone_is_recorded_by_the_next() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, first) = two(&sandbox, "[ledger, github]");
    let propose =
        |name: &str, file: &str| desk.propose(&shop, SHOP, &format!("agent/infra/{name}"), (file, "new: 1\n"));
    let (squashed, short, prod) =
        (propose("b", "docs/b.md"), propose("c", "docs/c.md"), propose("d", "prod/d/values.yaml"));
    let waiting = propose("e", "docs/e.md");
    for (number, branch, logins) in [
        (first, BRANCH, &["sam-h", "maria-k"][..]),
        (squashed, "agent/infra/b", &["sam-h", "maria-k"]),
        (short, "agent/infra/c", &["sam-h"]),
        (prod, "agent/infra/d", &["sam-h", "maria-k"]),
    ] {
        for login in logins {
            says(&desk, login, number, "APPROVE", &shop.rev(branch));
        }
        merges(&desk, number, if number == squashed { "squash" } else { "merge" });
    }
    // Said too late.
    says(&desk, "maria-k", short, "APPROVE", &shop.rev("agent/infra/c"));
    let hold =
        |number: u64| desk.run(SHOP, &["hold", &at(&shop, number, "agent/infra/e"), "-m", "Wait.", "--yes"]).succeeds();
    let _ = hold(waiting);
    let merge = shop.entries().into_iter().rfind(|entry| entry["kind"] == "merge").expect("a merge entry");
    let items: Vec<_> = merge["items"].as_array().expect("items").iter().map(|item| &item["proposal"]).collect();
    assert_eq!(
        items,
        [&json!(format!("#{first}")), &json!(format!("#{squashed}"))],
        "one approval is not two; high takes a signature"
    );
    assert_eq!(merge["items"][0]["merge"]["relies_on"], json!([]));
    assert_eq!(merge["soft_facts"]["github.approvals"].as_array().map(Vec::len), Some(4), "{merge}");
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
    assert_eq!((&verified["mismatches"], &verified["unapproved_total"]), (&json!([]), &json!(2)), "{verified}");
    assert_eq!(told(&desk, first)["state"], "merged");
    // What is none is asked once a console at most, and nothing is recorded twice.
    let before = shop.entries().len();
    let _ = desk.run(SHOP, &["withdraw", &format!("#{waiting}"), "--yes"]).succeeds();
    assert_eq!(shop.entries().len(), before + 1);
}
