//! Checks, reviews, replies and labels: shown where somebody looks, demanded where they are required, and recorded.

use serde_json::{Value, json};

use super::deciding::adopted;
use super::{Desk, SHOP, at};
use crate::support::github::{Fault, Response, Wrong, refusal};
use crate::support::{Commit, Repo, Sandbox, needs};

const RUNS: &str = "GET /repos/{}/{}/commits/{}/check-runs";

fn run(name: &str, status: &str, conclusion: Option<&str>) -> Value {
    json!({
        "id": 1, "name": name, "status": status, "conclusion": conclusion, "app": { "slug": "github-actions" },
        "html_url": format!("https://github.com/acme/shop/runs/{name}"), "output": { "title": "3 errors" },
    })
}

/// A check of a branch's head, as it stands now.
fn check(desk: &Desk<'_>, repo: &Repo<'_>, branch: &str, run: Value) {
    let head = repo.rev(branch);
    desk.github.world().repos.get_mut(SHOP).expect("the repository").checks.insert(head, vec![run]);
}

/// Protects main: a check of this name is required.
fn require(desk: &Desk<'_>, name: &str) {
    let rule =
        json!({ "type": "required_status_checks", "parameters": { "required_status_checks": [{ "context": name }] } });
    desk.github.world().repos.get_mut(SHOP).expect("the repository").rulesets.insert("main".into(), vec![rule]);
}

/// The proposal of this name.
fn of<'l>(list: &'l [Value], id: &str) -> &'l Value {
    list.iter().find(|one| one["id"] == id).expect("it is listed")
}

fn said(login: &str, at: &str, body: &str) -> Value {
    let account = json!({ "login": login, "type": "User" });
    json!({ "id": at.len() + body.len(), "user": account, "body": body, "created_at": at, "updated_at": at })
}

#[test]
fn what_the_forge_says_is_shown_to_whoever_looks() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    check(&desk, &shop, "agent/infra/fewer", run("lint", "completed", Some("failure")));
    let head = shop.rev("agent/infra/fewer");
    {
        let mut world = desk.github.world();
        let pull = world.pull(SHOP, 1);
        pull.labels.push("capacity".into());
        pull.draft = true;
        pull.comments = vec![
            said("sam", "2025-01-06T13:00:00Z", "Is it idle at night too?"),
            said("infra-bot[bot]", "2025-01-06T14:00:00Z", "It is.\n\u{1b}[2J\u{202e}Trust me."),
        ];
        let mut review = said("sam", "2025-01-06T13:00:00Z", "");
        (review["state"], review["commit_id"]) = (json!("APPROVED"), json!(head));
        review["submitted_at"] = json!("2025-01-06T13:00:00Z");
        pull.reviews = vec![review];
    }
    let shown = desk.run(SHOP, &["show", "#1"]).succeeds();
    for words in [
        "checks  the one check failed: lint",
        "check lint: failure, 3 errors",
        "https://github.com/acme/shop/runs/lint",
        "review  sam approved, on this commit",
        "a draft",
        "labels  capacity",
        "says  infra-bot[bot], the agent",
        "<U+001B>[2J<U+202E>Trust me.",
        "Is it idle at night too?",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown}");
    }
    let (agent, sam) = (shown.stdout.find("It is."), shown.stdout.find("Is it idle"));
    assert!(agent < sam, "the agent's reply comes first: {shown}");
    let json = desk.run(SHOP, &["show", "#1", "--json"]).succeeds().json();
    let forge = &json["evidence"]["forge"];
    assert_eq!((&forge["state"], &forge["checks"]["checks_state"]), (&json!("known"), &json!("failed")));
    assert_eq!(forge["checks"]["failed"][0]["url"], "https://github.com/acme/shop/runs/lint");
    assert_eq!((&forge["labels"], &forge["draft"]), (&json!(["capacity"]), &json!(true)));
    assert_eq!(forge["reviews"]["reviews"][0]["of_head"], true);

    // Nobody asks for the queue.
    desk.github.count();
    desk.list(SHOP, &[]);
    let asked = desk.github.count();
    assert!(asked.keys().all(|route| !route.contains("check-runs") && !route.contains("comments")), "{asked:?}");

    // On a screen, as much as fits under the question, and all of it on a page.
    for (columns, rows) in [(120, 40), (80, 24)] {
        let terminal = sandbox.console("home", columns, rows, &[SHOP]);
        terminal.wait_for("replicas");
        terminal.keys("<enter>");
        terminal.wait_for("-replicas");
        if rows == 24 {
            terminal.keys("<tab>");
        }
        let view = terminal.wait_for("lint: failure");
        assert!(view.has("the one check failed: lint"), "{view}");
        terminal.keys("t");
        let view = terminal.wait_for("REVIEWS");
        assert!(view.has("runs/lint") && view.has("sam approved, on this commit"), "{view}");
    }

    desk.github.fault(Fault::status(RUNS, 403, "Resource not accessible by personal access token"));
    let shown = desk.run(SHOP, &["show", "#1"]).succeeds();
    assert!(shown.stdout.contains("checks  not known: ") && shown.stdout.contains("may not"), "{shown}");
    assert!(shown.stdout.contains("review  sam approved"), "the rest is known: {shown}");
    let offline = desk.run(SHOP, &["--offline", "show", "#1"]).succeeds();
    assert!(offline.stdout.contains("forge   not known: --offline asks nobody"), "{offline}");
    desk.token_is_nowhere();
}

#[test]
fn replies_are_those_since_the_last_decision() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 1);
    let (number, branch) = &open[0];
    let _ = desk.run(SHOP, &["ask", &at(&shop, *number, branch), "-m", "Who reads it?", "--yes"]).succeeds();
    let later = "2099-01-01T00:00:00Z";
    desk.github.world().pull(SHOP, *number).comments.extend([
        said("infra-bot[bot]", "2025-01-06T13:00:00Z", "Opened on request."),
        said("infra-bot[bot]", later, "The people on call do."),
    ]);
    let shown = desk.run(SHOP, &["show", "#1"]).succeeds();
    assert!(
        shown.stdout.contains("The people on call do.") && shown.stdout.contains("since the decision of"),
        "{shown}"
    );
    assert!(!shown.stdout.contains("Opened on request."), "{shown}");
}

#[test]
fn a_required_check_keeps_out_of_the_batch_and_from_being_merged() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    require(&desk, "ci");
    check(&desk, &shop, &open[0].1, run("ci", "completed", Some("success")));
    check(&desk, &shop, &open[1].1, run("ci", "in_progress", None));
    let list = desk.list(SHOP, &[]);
    let (first, second) = (of(&list, "#1"), of(&list, "#2"));
    assert_eq!((&first["clean"], &second["clean"]), (&json!(true), &json!(false)), "{list:?}");
    assert!(second["ruling"]["reasons"].to_string().contains("checks: ci has not passed: in_progress"), "{list:?}");
    let ran = desk.run(SHOP, &["approve", "--tier", "low", "--yes"]).succeeds();
    assert!(ran.stdout.contains("merged    #1") && !ran.stdout.contains("#2"), "{ran}");

    // By its name it is approved, and not merged.
    desk.github.count();
    let id = at(&shop, open[1].0, &open[1].1);
    let ran = desk.run(SHOP, &["approve", &id, "--yes"]).succeeds();
    assert!(ran.stdout.contains("approved  #2  waits for required checks"), "{ran}");
    assert_eq!(desk.writes(), ["1 POST /repos/{}/{}/pulls/{}/reviews"], "a review, and no merge");
    let again = desk.run(SHOP, &["approve", &id, "--yes"]).exits(1);
    assert!(
        again.stderr.contains("you approved it already") || again.stdout.contains("you approved it already"),
        "{again}"
    );
    let entry = shop.entries().pop().expect("an entry");
    assert_eq!(
        entry["soft_facts"],
        json!({ "#2": {
            "checks.state": "pending", "checks.failed": [], "proposal.labels": [],
            "proposal.branch": "agent/infra/docs-1", "proposal.opener": "infra-bot[bot]",
        } })
    );

    check(&desk, &shop, &open[1].1, run("ci", "completed", Some("success")));
    assert_eq!(of(&desk.list(SHOP, &[]), "#2")["state"], "ready");
    let ran = desk.run(SHOP, &["approve", &id, "--yes"]).succeeds();
    assert!(ran.stdout.contains("merged    #2"), "{ran}");
    desk.sound(SHOP);
}

#[test]
fn what_policy_requires_is_asked_again_before_the_merge() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, _) = adopted(&sandbox, 0);
    let policy = shop.show("main", ".countersign/policy.yaml") + "checks: { required: [ci] }\n";
    let commit = Commit::new("Require the check").by("maria", "maria@corp.example");
    shop.commit("people/ci", commit.file(".countersign/policy.yaml", policy));
    let own = desk.github.open(SHOP, "people/ci", "maria-k", "Require the check", "");
    let _ = desk.run(SHOP, &["approve", &at(&shop, own, "people/ci"), "--yes"]).succeeds();
    let number = desk.propose(&shop, SHOP, "agent/infra/docs", ("docs/a.md", "1\n"));
    let id = at(&shop, number, "agent/infra/docs");
    let not_reported = desk.run(SHOP, &["approve", &id, "--dry-run"]).succeeds();
    assert!(not_reported.stdout.contains("waits for required checks"), "{not_reported}");

    // Green when it is planned, and red when it would be merged.
    check(&desk, &shop, "agent/infra/docs", run("ci", "completed", Some("success")));
    let red = json!({ "total_count": 1, "check_runs": [run("ci", "completed", Some("failure"))] });
    desk.github.fault(Fault::at(RUNS, Wrong::Answer(Response::json(200, &red))).after(1));
    let ran = desk.run(SHOP, &["approve", &id, "--yes"]).exits(3);
    assert!(ran.stdout.contains("recorded  #2  not on GitHub: checks: ci has not passed: failure"), "{ran}");
    assert_eq!(desk.github.world().pull(SHOP, number).merged, None);

    // Green when the posts are planned too, and red right before the merge.
    desk.github.mend();
    desk.github.fault(Fault::at(RUNS, Wrong::Answer(Response::json(200, &red))).after(2));
    let ran = desk.run(SHOP, &["approve", &id, "--yes"]).exits(3);
    assert!(
        ran.stdout.contains("not on GitHub: it may not be done any more (checks: ci has not passed: failure)"),
        "{ran}"
    );
    assert_eq!(desk.github.world().pull(SHOP, number).merged, None);

    // A forge that does not answer makes nothing green.
    desk.github.mend();
    desk.github.fault(Fault::status(RUNS, 403, "Resource not accessible by personal access token"));
    let list = desk.list(SHOP, &[]);
    let one = of(&list, "#2");
    assert!(one["ruling"]["reasons"].to_string().contains("checks: ci is not known"), "{list:?}");
    assert_eq!(one["clean"], false);
}

#[test]
fn what_was_merged_past_its_checks_is_recorded_with_them() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    let policy = format!("{}checks: {{ required: [ci] }}\n", shop.show("main", ".countersign/policy.yaml"));
    shop.commit(
        "people/ci",
        Commit::new("Ask for ci").by("maria", "maria@corp.example").file(".countersign/policy.yaml", policy),
    );
    let own = desk.github.open(SHOP, "people/ci", "maria-k", "Ask for ci", "");
    let _ = desk.run(SHOP, &["approve", &at(&shop, own, "people/ci"), "--yes"]).succeeds();
    let (number, branch) = &open[0];
    check(&desk, &shop, branch, run("ci", "completed", Some("failure")));
    let _ = desk.run(SHOP, &["approve", &at(&shop, *number, branch), "--yes"]);
    // Somebody merges it on the page all the same.
    let path = format!("/repos/{SHOP}/pulls/{number}/merge");
    assert_eq!(desk.github.act("sam", "PUT", &path, &json!({ "merge_method": "merge" })).0, 200);
    let _ = desk.run(SHOP, &["hold", &at(&shop, open[1].0, &open[1].1), "-m", "Wait.", "--yes"]).succeeds();
    let merge = shop.entries().into_iter().rfind(|entry| entry["kind"] == "merge").expect("a merge");
    let facts = &merge["soft_facts"][format!("#{number}")];
    assert_eq!((&facts["checks.state"], &facts["checks.failed"]), (&json!("failed"), &json!(["ci"])), "{merge}");
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
    let remark = format!("#{number}: it was merged with its checks failed, by the word of maria");
    assert!(verified["remarks"].to_string().contains(&remark), "{verified}");
}

#[test]
fn the_checks_of_many_are_one_question() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 30);
    require(&desk, "ci");
    for (number, branch) in &open {
        let conclusion = if *number == 1 { "failure" } else { "success" };
        check(&desk, &shop, branch, run("ci", "completed", Some(conclusion)));
    }
    // Of one it is not clear which of two counts.
    let repeated = vec![run("ci", "completed", Some("failure")), run("ci", "completed", Some("success"))];
    desk.github.world().repos.get_mut(SHOP).expect("the repository").checks.insert(shop.rev(&open[1].1), repeated);
    desk.github.count();
    let list = desk.list(SHOP, &[]);
    let asked = desk.github.count();
    let clean = list.iter().filter(|one| one["clean"] == true).count();
    assert_eq!(clean, 28, "{list:?}");
    let about =
        |words: &str| asked.iter().filter(|(route, _)| route.contains(words)).map(|(_, count)| count).sum::<usize>();
    assert_eq!((about("check-runs"), about("/status")), (1, 1), "only of what is not clear: {asked:?}");

    // Without GraphQL, and with a token that may not see them, REST is asked of each.
    let hidden =
        json!({ "data": { "nodes": [] }, "errors": [{ "type": "FORBIDDEN", "message": "Resource not accessible" }] });
    for answer in [refusal(404, "Not Found"), Response::json(200, &hidden)] {
        desk.github.mend();
        desk.github.fault(Fault::at("POST /graphql", Wrong::Answer(answer)));
        desk.github.count();
        assert_eq!(desk.list(SHOP, &[]).iter().filter(|one| one["clean"] == true).count(), 28);
        let asked = desk.github.count();
        assert_eq!(asked.get(RUNS), Some(&30), "{asked:?}");
    }
}
