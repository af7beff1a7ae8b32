//! What is written to GitHub: each post once, whatever fails; and why it was not made, in words that say what to do.

mod batch;
mod refusals;

use countersign::engine::PostOrder;
use countersign::io::github::{Client, Posted, Refused, post};
use countersign::ledger::{Entry, EntryKind};
use countersign::model::forge::{Account, AccountKind};
use countersign::model::{Comment, CommentSide, EntryId};
use serde_json::{Value, json};

use super::{ALWAYS, SHOP, branch, client, forge};
use crate::support::github::GitHub;
use crate::support::signed::{Proposed, Signed};
use crate::support::{Repo, Sandbox};

const REVIEW: &str = "POST /repos/{}/{}/pulls/{}/reviews";
const MERGE: &str = "PUT /repos/{}/{}/pulls/{}/merge";
const COMMENT: &str = "POST /repos/{}/{}/issues/{}/comments";
const CLOSE: &str = "PATCH /repos/{}/{}/pulls/{}";
const PULL: &str = "GET /repos/{}/{}/pulls/{}";

fn maria() -> Account {
    Account { login: "maria-k".into(), kind: AccountKind::User }
}

/// Opens so many pull requests and answers them as proposals; the paths of the first `high` take two persons.
fn pulls(github: &GitHub, repo: &Repo<'_>, count: usize, high: usize) -> Vec<Proposed> {
    let numbers = super::propose(github, repo, "acme/shop", count);
    let proposed = |(at, number): (usize, u64)| Proposed {
        number,
        head: repo.rev(&branch(at)).parse().expect("an id"),
        path: format!("{}/f{at}.yaml", if at < high { "prod" } else { "apps" }),
    };
    numbers.into_iter().enumerate().map(proposed).collect()
}

/// One pull request, and the orders for a decision on it.
fn decided(github: &GitHub, repo: &Repo<'_>, kind: EntryKind, with: &dyn Fn(&mut Entry)) -> (Vec<PostOrder>, EntryId) {
    let open = pulls(github, repo, 1, 0);
    let mut ledger = Signed::new();
    let id = ledger.decide(kind, &open, with);
    (ledger.posts(id, &SHOP, &open).orders, id)
}

fn rejection(entry: &mut Entry) {
    entry.reason = Some(countersign::model::ReasonCode::WrongFix);
    entry.note = Some("Why fewer?".into());
    let (file, text) = ("f0.yaml".to_owned(), "Not this.".to_owned());
    entry.comments = vec![Comment { file, side: CommentSide::New, line: 1, text }];
}

fn question(entry: &mut Entry) {
    entry.note = Some("Why?".into());
}

fn make(client: &Client, order: &PostOrder) -> Result<Posted, Refused> {
    post(client, &maria(), order, ALWAYS, &mut |_| Ok(()))
}

/// Makes it twice: the second time it is there.
fn made(client: &Client, order: &PostOrder) -> Posted {
    let first = make(client, order).expect("a post");
    assert!(!first.before);
    let second = make(client, order).expect("the same post");
    assert!(second.before && second.commit == first.commit, "{second:?}");
    first
}

/// What was written since it was asked last.
fn writes(github: &GitHub) -> Vec<String> {
    let mut counted: Vec<String> = Vec::new();
    for (route, count) in github.count() {
        if !route.starts_with("GET ") {
            counted.extend(std::iter::repeat_n(route, count));
        }
    }
    counted
}

#[test]
fn an_approval_is_a_review_on_exactly_that_commit_and_a_merge_is_pinned_to_it() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, id) = decided(&github, &repo, EntryKind::Approve, &|_| ());
    let [approve, merge] = orders.as_slice() else { panic!("{orders:?}") };
    let client = client(&github);
    let before = repo.rev("main");
    let posted = made(&client, approve);
    assert!(!posted.before);
    let landed = made(&client, merge);
    assert_eq!(writes(&github), [REVIEW, MERGE], "each once");
    let review = github.world().pull("acme/shop", 1).reviews[0].clone();
    assert_eq!(
        (review["state"].clone(), review["commit_id"].clone()),
        (json!("APPROVED"), json!(approve.head.to_string()))
    );
    let commit = landed.commit.expect("the commit that GitHub made").to_string();
    assert_eq!((repo.rev("main"), repo.rev("main^")), (commit, before));
    let message = repo.git(&["log", "-1", "--format=%B", "main"]);
    let named = format!("Countersign-Entry: {id}\nCountersign-Proposal: #1@{}", merge.head);
    assert_eq!(message.trim(), format!("Change it, @ team (#1)\n\nBecause of # 1.\n\n{named}"));
}

#[test]
fn a_rejection_is_one_review_with_its_remarks_and_closes_where_policy_says_so() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, EntryKind::Reject, &rejection);
    let [reject, close] = orders.as_slice() else { panic!("{orders:?}") };
    let client = client(&github);
    made(&client, reject);
    made(&client, close);
    assert_eq!(writes(&github), [CLOSE, REVIEW]);
    let mut world = github.world();
    let pull = world.pull("acme/shop", 1);
    let remark = &pull.remarks[0];
    assert_eq!((pull.open, pull.reviews[0]["state"].clone()), (false, json!("CHANGES_REQUESTED")));
    assert_eq!(
        (remark["path"].clone(), remark["line"].clone(), remark["side"].clone()),
        (json!("f0.yaml"), json!(1), json!("RIGHT"))
    );
    let body = pull.reviews[0]["body"].as_str().expect("a text");
    assert!(body.contains("Rejected: wrong fix.\n\nWhy fewer?\n\n") && !body.contains("Not this."), "{body}");
}

#[test]
fn a_hold_and_a_question_are_comments() {
    for kind in [EntryKind::Hold, EntryKind::Ask] {
        let sandbox = Sandbox::new();
        let (github, repo) = forge(&sandbox);
        let (orders, _) = decided(&github, &repo, kind, &question);
        let client = client(&github);
        made(&client, &orders[0]);
        assert_eq!((orders.len(), writes(&github)), (1, vec![COMMENT.to_owned()]));
    }
}

#[test]
fn what_others_wrote_is_not_taken_for_the_post() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, EntryKind::Ask, &question);
    let client = client(&github);
    let countersign::engine::Act::Comment { body } = &orders[0].act else { panic!("a comment") };
    let say = |login: &str, body: &str| {
        github.act(login, "POST", "/repos/acme/shop/issues/1/comments", &json!({ "body": body })).0
    };
    // An agent copies it beforehand, and the account quotes it.
    assert_eq!((say("infra-bot[bot]", body), say("maria-k", &format!("> {body}"))), (201, 201));
    assert!(!make(&client, &orders[0]).expect("a post").before);
    let told: Vec<Value> = github.world().pull("acme/shop", 1).comments.clone();
    assert_eq!(told.len(), 3);
}

#[test]
fn a_repository_that_was_renamed_is_followed() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, EntryKind::Approve, &|_| ());
    let mut world = github.world();
    let renamed = world.repos.remove("acme/shop").expect("the repository");
    world.repos.insert("acme/store".into(), renamed);
    world.moved.insert("acme/shop".into(), "acme/store".into());
    drop(world);
    made(&client(&github), &orders[0]);
    assert_eq!(github.world().pull("acme/store", 1).reviews.len(), 1);
}

#[test]
fn the_word_of_a_person_is_posted_by_no_other_account() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, EntryKind::Approve, &|_| ());
    let client = client(&github);
    let other = Account { login: "sam-s".into(), kind: AccountKind::User };
    let refused = post(&client, &other, &orders[0], ALWAYS, &mut |_| Ok(())).unwrap_err();
    assert!(refused.to_string().contains("another account") && refused.said == "sam-s instead of maria-k", "{refused}");
    let stopped = post(&client, &maria(), &orders[0], &|| false, &mut |_| Ok(())).unwrap_err();
    assert_eq!(stopped.why, countersign::io::github::Why::Stopped);
    assert_eq!(writes(&github), Vec::<String>::new());
    // Who makes the merge does not matter.
    assert!(post(&client, &other, &orders[1], ALWAYS, &mut |_| Ok(())).is_ok());
}
