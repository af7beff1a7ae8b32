//! What is said of one pull request: reviews, remarks and checks, each readable without the others.

use countersign::io::github::{checks, details};
use countersign::model::forge::{CheckState, ChecksState, Mergeable, ReviewState};
use countersign::model::{Known, Oid};
use serde_json::{Value, json};

use super::{ALWAYS, SHOP, client, forge};
use crate::support::github::{Fault, GitHub};
use crate::support::{Repo, Sandbox};

fn run(name: &str, status: &str, conclusion: Option<&str>) -> Value {
    json!({
        "id": 1, "name": name, "status": status, "conclusion": conclusion, "app": { "slug": "github-actions" },
        "html_url": "https://github.com/acme/shop/runs/1", "output": { "title": "3 tests failed" },
    })
}

/// A pull request with a review, a remark on a line, a comment, and checks.
fn discussed(github: &GitHub, repo: &Repo<'_>) -> Oid {
    let sha = repo.propose("agent/a", "a", &[("a.yaml", "a: 2\n")]);
    github.open("acme/shop", "agent/a", "infra-bot[bot]", "A", "B");
    let mut world = github.world();
    let pull = world.pull("acme/shop", 1);
    let account = json!({ "login": "maria-k", "type": "User" });
    let review = |id: u64, state: &str, commit: &str| json!({ "id": id, "user": account, "state": state, "body": "ok", "commit_id": commit, "submitted_at": "2025-01-06T13:00:00Z" });
    pull.reviews = vec![review(1, "APPROVED", &sha), review(2, "COMMENTED", &sha), review(3, "UNHEARD_OF", &sha)];
    let said =
        |id: u64, at: &str| json!({ "id": id, "user": account, "body": "why?", "created_at": at, "updated_at": at });
    let mut on_line = said(4, "2025-01-06T14:00:00Z");
    (on_line["path"], on_line["line"], on_line["side"]) = (json!("a.yaml"), json!(1), json!("LEFT"));
    pull.remarks = vec![on_line];
    pull.comments = vec![said(5, "2025-01-06T13:30:00Z"), said(6, "2025-01-06T15:00:00Z")];
    let repo = world.repos.get_mut("acme/shop").unwrap();
    let runs = vec![
        run("test", "completed", Some("failure")),
        run("lint", "completed", Some("skipped")),
        run("e2e", "queued", None),
    ];
    repo.checks.insert(sha.clone(), runs);
    let status =
        json!({ "context": "ci/old", "state": "success", "description": "fine", "target_url": "javascript:alert(1)" });
    repo.statuses.insert(sha.clone(), vec![status]);
    drop(world);
    sha.parse().unwrap()
}

/// There may be thousands of them, each as long as GitHub lets it be.
#[test]
fn of_long_texts_the_begin_is_held() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let head = discussed(&github, &repo);
    {
        let mut world = github.world();
        let pull = world.pull("acme/shop", 1);
        for said in pull.reviews.iter_mut().chain(&mut pull.remarks).chain(&mut pull.comments) {
            said["body"] = json!(format!("{}{}", " ".repeat(9_000), "é".repeat(30_000)));
        }
    }
    let found = details(&client(&github), &SHOP, 1, head, None, ALWAYS).unwrap();
    let reviews = found.reviews.found().unwrap().iter().map(|review| &review.body);
    let texts: Vec<&String> = reviews.chain(found.remarks.found().unwrap().iter().map(|remark| &remark.body)).collect();
    assert_eq!(texts.len(), 5);
    assert!(texts.iter().all(|text| text.len() == 8 << 10 && text.starts_with("éé")), "{texts:?}");
}

#[test]
fn all_that_is_said_is_read() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let head = discussed(&github, &repo);
    let client = client(&github);
    let found = details(&client, &SHOP, 1, head, None, ALWAYS).unwrap();
    assert_eq!(found.pull.found().unwrap().mergeable, Some(Mergeable::Clean));
    let reviews = found.reviews.found().unwrap();
    assert_eq!(
        reviews.iter().map(|review| review.state).collect::<Vec<_>>(),
        [ReviewState::Approved, ReviewState::Commented]
    );
    assert_eq!(reviews[0].commit, Some(head));
    let remarks = found.remarks.found().unwrap();
    assert_eq!(remarks.iter().map(|remark| remark.id).collect::<Vec<_>>(), [5, 4, 6], "in their order");
    let place = remarks[1].place.as_ref().unwrap();
    assert_eq!((place.path.as_str(), place.line, place.old), ("a.yaml", Some(1), true));
    let checks = found.checks.found().unwrap();
    assert_eq!(checks.state(), ChecksState::Failed);
    let failed: Vec<_> = checks.failed().map(|check| (check.name.as_str(), check.url.as_deref())).collect();
    assert_eq!(failed, [("test", Some("https://github.com/acme/shop/runs/1"))]);
    let states: Vec<_> = checks.all.iter().map(|check| check.state).collect();
    assert_eq!(states, [CheckState::Failed, CheckState::Passed, CheckState::Pending, CheckState::Passed]);
    assert_eq!((&checks.all[3].app, &checks.all[3].url), (&None, &None), "no address of a kind that runs");
    assert_eq!(found.problems.len(), 1, "a review in a state that nobody knows: {:?}", found.problems);
    let count = github.count();
    assert_eq!((count.len(), count.values().sum::<usize>()), (6, 6), "{count:?}");
    // Asked again, nothing is sent again.
    details(&client, &SHOP, 1, head, None, ALWAYS).unwrap();
    assert_eq!(client.budgets()[0].remaining, 5_000 - 6);
}

#[test]
fn remarks_since_a_time() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let head = discussed(&github, &repo);
    let since = "2025-01-06T14:00:00Z".parse().unwrap();
    let found = details(&client(&github), &SHOP, 1, head, Some(since), ALWAYS).unwrap();
    assert_eq!(found.remarks.found().unwrap().iter().map(|remark| remark.id).collect::<Vec<_>>(), [4, 6]);
}

#[test]
fn a_part_that_the_token_may_not_read_costs_no_other() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let head = discussed(&github, &repo);
    github.fault(Fault::status(
        "GET /repos/{}/{}/commits/{}/check-runs",
        403,
        "Resource not accessible by integration",
    ));
    let found = details(&client(&github), &SHOP, 1, head, None, ALWAYS).unwrap();
    assert!(matches!(&found.checks, Known::Unknown(why) if why.contains("may not")), "{:?}", found.checks);
    assert!(found.reviews.found().is_some() && found.remarks.found().is_some());
}

#[test]
fn checks_that_cannot_all_be_read_are_not_green() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let head = discussed(&github, &repo);
    let of = |runs: Vec<Value>| {
        github.world().repos.get_mut("acme/shop").unwrap().checks.insert(head.to_string(), runs);
        checks(&client(&github), &SHOP, head, ALWAYS).unwrap()
    };
    let fine = || run("test", "completed", Some("success"));
    assert_eq!(of(vec![fine()]).state(), ChecksState::Passed);
    assert_eq!(of(vec![fine(), json!({ "id": 2 })]).state(), ChecksState::Pending);
    assert_eq!(of(vec![fine(), run("new", "completed", Some("exploded"))]).state(), ChecksState::Failed);
    // More than a page.
    let many: Vec<Value> = (0..250).map(|_| fine()).collect();
    assert_eq!(of(many).all.len(), 251);
}
