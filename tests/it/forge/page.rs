//! What people say on GitHub's page, against an agent that knows the rules: whose word counts, and what takes it away.

use std::time::Duration;

use serde_json::{Value, json};

use super::deciding::kinds;
use super::persons::{AGENT, ONE, as_other, hold_on, is_merged, item, merges, only, page, recorded, says, with};
use super::{Desk, SHOP, at};
use crate::support::{Commit, Sandbox, needs};

/// More commits than are read of a proposal.
const LONG: usize = 2_000 + 5;

/// Two pull requests of the same head: what sam wants of the one holds up the other, too.
#[test]
fn an_objection_on_the_page_binds_the_change_under_any_name() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger, github]", ONE, AGENT, "");
    let one = page(&desk, &shop, "a");
    shop.git(&["branch", "agent/infra/b", &one.1]);
    let other = desk.github.open(SHOP, "agent/infra/b", "infra-bot[bot]", "The same", "");
    says(&desk, "sam-h", one.0, "REQUEST_CHANGES", &shop.rev(&one.1));
    let ran = desk.run(SHOP, &["approve", &at(&shop, other, "agent/infra/b"), "--yes"]);
    assert!(!is_merged(&desk, other), "{ran}");
}

/// GitHub lets whoever may write dismiss a review. An objection is lifted by the person who made it, and by no agent.
#[test]
fn an_objection_that_the_agent_dismissed_stands() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    for graphql in [true, false] {
        let sandbox = Sandbox::new();
        let (desk, shop) = with(&sandbox, "[ledger, github]", ONE, AGENT, "");
        desk.github.world().graphql = graphql;
        for (name, who) in [("a", "infra-bot[bot]"), ("b", "maria-k"), ("c", "sam-h")] {
            let one = page(&desk, &shop, name);
            says(&desk, "sam-h", one.0, "REQUEST_CHANGES", &shop.rev(&one.1));
            let id = desk.github.world().pull(SHOP, one.0).reviews[0]["id"].clone();
            let path = format!("/repos/{SHOP}/pulls/{}/reviews/{id}/dismissals", one.0);
            assert_eq!(desk.github.act(who, "PUT", &path, &json!({ "message": "Outdated." })).0, 200);
            let ran = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]);
            assert_eq!(is_merged(&desk, one.0), who == "sam-h", "{who}, graphql {graphql}: {ran}");
        }
    }
}

/// Policy names no login of maria's, and the token on this host is sam's: her approval is not his.
#[test]
fn what_is_posted_in_the_name_of_another_is_not_the_word_of_that_person() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let two = "{ low: { approvals: 2 }, medium: { approvals: 2 }, high: { approvals: 2 } }";
    let (desk, shop) = with(&sandbox, "[ledger, github]", ONE, AGENT, "");
    let policy = shop.show("main", ".countersign/policy.yaml").replace(", github: maria-k", "").replace(ONE, two);
    let commit = Commit::new("No login").file(".countersign/policy.yaml", policy);
    shop.commit("people/none", commit);
    let own = desk.github.open(SHOP, "people/none", "infra-lead", "No login", "");
    let ran = desk.run(SHOP, &["approve", &at(&shop, own, "people/none"), "--yes"]).succeeds();
    assert!(is_merged(&desk, own), "{ran}");
    let one = page(&desk, &shop, "a");
    desk.github.token(super::TOKEN, "sam-h");
    let first = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]);
    let listed = desk.list(SHOP, &[]).into_iter().find(|it| it["id"] == format!("#{}", one.0)).expect("it");
    assert_eq!(listed["ruling"]["approvals"]["by"], json!(["maria"]), "{first}\n{listed}");
    assert!(desk.github.world().pull(SHOP, one.0).reviews.is_empty(), "{first}");
    // What another program posted like that is nobody's own word either.
    let entry = shop.entries().last().expect("an entry")["id"].clone();
    let mark = format!("<!-- countersign {} {} approve -->", entry.as_str().unwrap_or_default(), one.0);
    let review = json!({ "event": "APPROVE", "body": mark, "commit_id": shop.rev(&one.1) });
    assert_eq!(desk.github.act("sam-h", "POST", &format!("/repos/{SHOP}/pulls/{}/reviews", one.0), &review).0, 200);
    let listed = desk.list(SHOP, &[]).into_iter().find(|it| it["id"] == format!("#{}", one.0)).expect("it");
    assert_eq!(listed["ruling"]["approvals"]["by"], json!(["maria"]), "{first}\n{listed}");
}

/// A head is pushed away, objected to, and pushed back: what was approved before the objection is no new approval.
#[test]
fn a_head_that_comes_back_needs_a_new_approval() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let mut wrong = Vec::new();
    for signed in [true, false] {
        let sandbox = Sandbox::new();
        let (desk, shop) = with(&sandbox, "[ledger, github]", ONE, AGENT, "");
        let (one, other) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"));
        let first = shop.rev(&one.1);
        if signed {
            only(&desk, &["merge"]);
            let _ = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
            only(&desk, &["merge", "squash"]);
        } else {
            says(&desk, "sam-h", one.0, "APPROVE", &first);
        }
        shop.propose(&one.1, "Another", &[("docs/a.md", "Say it worse.\n")]);
        let _ = desk.list(SHOP, &[]);
        if signed {
            let _ = shop.forge(
                "sam",
                json!({ "kind": "reject", "reason": "unsafe", "note": "No.", "items": [item(&shop, &one)] }),
            );
        } else {
            says(&desk, "maria-k", one.0, "REQUEST_CHANGES", &shop.rev(&one.1));
        }
        shop.git(&["update-ref", &format!("refs/heads/{}", one.1), &first]);
        let listed = desk.list(SHOP, &[]).into_iter().find(|it| it["id"] == format!("#{}", one.0)).expect("it");
        merges(&desk, one.0, &[]);
        let ran = as_other(
            &desk,
            "sam",
            "sam-h",
            &["hold", &at(&shop, other.0, &other.1), "-m", "Wait.", "--yes"],
            Duration::from_secs(60),
        );
        if recorded(&shop).contains(&format!("#{}", one.0)) {
            wrong.push(format!("signed {signed}: {}\n{listed}\n{ran}", listed["state"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sam wants changes on the page, and asks a question in the ledger later: a question lifts nothing.
#[test]
fn a_question_in_the_ledger_lifts_no_objection_on_the_page() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger, github]", ONE, AGENT, "");
    let one = page(&desk, &shop, "a");
    says(&desk, "sam-h", one.0, "REQUEST_CHANGES", &shop.rev(&one.1));
    let _ = shop.forge("sam", json!({ "kind": "ask", "note": "Why?", "items": [item(&shop, &one)] }));
    let listed = desk.list(SHOP, &[]).into_iter().find(|it| it["id"] == format!("#{}", one.0)).expect("it");
    assert!(listed["ruling"]["reasons"].to_string().contains("sam wants changes on GitHub"), "{listed}");
}

/// On an Enterprise server the address that is made up for a login is below that server's name.
#[test]
fn commits_made_on_the_page_of_an_enterprise_server_are_own_ones() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let one = page(&desk, &shop, "a");
    let commit = Commit::new("Update a.md").by("Maria K", "12+maria-k@users.noreply.ghe.corp.example");
    shop.commit(&one.1, commit.file("docs/a.md", "Say it as I do.\n"));
    let ran = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]);
    assert!(!is_merged(&desk, one.0), "{ran}");
}

/// A proposal of more commits than are read: whose they are is not known, and nobody's review is enough.
#[test]
fn a_proposal_of_too_many_commits_is_not_recorded_by_its_authors_review() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger, github]", ONE, AGENT, "");
    let branch = "agent/infra/long";
    shop.commit(branch, Commit::new("Hers").by("maria", "maria@corp.example").file("docs/l.md", "Mine.\n"));
    let start = shop.rev(branch);
    let mut stream = String::new();
    for at in 0..LONG {
        let from = if at == 0 { format!("from {start}\n") } else { String::new() };
        let who = "infra-bot[bot] <infra-bot@bots.example>";
        let commit = format!("commit refs/heads/{branch}\ncommitter {who} 1736000000 +0000\ndata 1\nx\n{from}\n");
        stream.push_str(&commit);
    }
    shop.fast_import(stream.as_bytes());
    let number = desk.github.open(SHOP, branch, "infra-bot[bot]", "Long", "");
    let waiting = page(&desk, &shop, "w");
    says(&desk, "maria-k", number, "APPROVE", &shop.rev(branch));
    merges(&desk, number, &[("merge_method", "squash")]);
    let ran = hold_on(&desk, &shop, &waiting);
    assert!(!recorded(&shop).contains(&format!("#{number}")), "{ran}");
}

/// An agent that talks a lot hides nothing of what a person said.
#[test]
fn an_agent_that_talks_hides_nothing_that_a_person_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    let one = page(&desk, &shop, "a");
    let head = shop.rev(&one.1);
    let said = |id: u64, login: &str, body: &str| {
        let at = format!("2025-01-06T13:{:02}:{:02}Z", id / 60, id % 60);
        let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
        json!({
            "id": id, "user": { "login": login, "type": kind }, "body": body, "created_at": at, "updated_at": at,
            "state": if id == 0 { "CHANGES_REQUESTED" } else { "COMMENTED" }, "commit_id": head, "submitted_at": at,
        })
    };
    {
        let mut world = desk.github.world();
        let pull = world.pull(SHOP, one.0);
        let talk = |first: &str| -> Vec<Value> {
            let mut all = vec![said(0, "sam-h", first)];
            all.extend((1..=60).map(|id| said(id, "infra-bot[bot]", "All is well.")));
            all
        };
        pull.comments = talk("This breaks the shop at night.");
        pull.reviews = talk("I will not have this.");
    }
    let shown = desk.run(SHOP, &["show", &format!("#{}", one.0)]).succeeds();
    for words in ["This breaks the shop at night.", "I will not have this."] {
        assert!(shown.stdout.contains(words), "{words}: {shown}");
    }
}

/// A branch whose name begins with a dash is one for git and for GitHub: its pull request can be decided like any other.
#[test]
fn a_pull_request_of_an_oddly_named_branch_can_be_decided() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let one = page(&desk, &shop, "a");
    shop.git(&["update-ref", "refs/heads/-x", &shop.rev(&one.1)]);
    let odd = desk.github.open(SHOP, "-x", "infra-bot[bot]", "Odd", "");
    let id = format!("#{odd}@{}", shop.rev(&one.1));
    let ran = desk.run(SHOP, &["reject", &id, "-m", "No.", "--no-lesson", "--yes"]);
    assert!(kinds(&shop).contains(&"reject".to_owned()), "{ran}");
}
