//! The fake itself: that it refuses what GitHub refuses, in GitHub's words, and that what it merges is really merged.

use serde_json::{Value, json};

use super::{branch, forge, propose};
use crate::support::github::GitHub;
use crate::support::{Commit, Repo, Sandbox};

const PULL: &str = "/repos/acme/shop/pulls/1";

/// A review by somebody: the status, and the message with its details.
fn review(github: &GitHub, login: &str, body: &Value) -> (u16, String) {
    said(github.act(login, "POST", &format!("{PULL}/reviews"), body))
}

fn merge(github: &GitHub, body: &Value) -> (u16, String) {
    said(github.act("maria-k", "PUT", &format!("{PULL}/merge"), body))
}

fn said((status, answer): (u16, Value)) -> (u16, String) {
    let details = answer["errors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    (status, [answer["message"].as_str().unwrap_or_default(), &details.join(", ")].join("|"))
}

fn one(sandbox: &Sandbox) -> (GitHub, Repo<'_>) {
    let (github, repo) = forge(sandbox);
    propose(&github, &repo, "acme/shop", 1);
    (github, repo)
}

#[test]
fn reviews_are_refused_as_github_refuses_them() {
    let sandbox = Sandbox::new();
    let (github, repo) = one(&sandbox);
    let invalid = |words: &str| (422, format!("Unprocessable Entity|{words}"));
    let approve = json!({ "event": "APPROVE" });
    assert_eq!(review(&github, "infra-bot[bot]", &approve), invalid("Can not approve your own pull request"));
    let no = json!({ "event": "REQUEST_CHANGES", "body": "no" });
    assert_eq!(review(&github, "infra-bot[bot]", &no), invalid("Can not request changes on your own pull request"));
    assert_eq!(review(&github, "maria-k", &json!({ "event": "REQUEST_CHANGES" })), invalid("Review Can not be blank"));
    let old = repo.rev(&branch(0));
    repo.git(&["update-ref", &format!("refs/heads/{}", branch(0)), "main"]);
    repo.propose(&branch(0), "another", &[("f0.yaml", "x: 3\n")]);
    let stale = json!({ "event": "APPROVE", "commit_id": old });
    assert_eq!(review(&github, "maria-k", &stale), invalid("Commit is not part of the pull request"));
    assert_eq!(review(&github, "maria-k", &json!({ "body": "later" })).0, 200, "a pending one");
    let twice = invalid("User can only have one pending review per pull request");
    assert_eq!(review(&github, "maria-k", &approve), twice);
    let lines = json!([{ "path": "f0.yaml", "line": 1, "body": "why?" }]);
    assert_eq!(
        review(&github, "tom-b", &json!({ "event": "REQUEST_CHANGES", "body": "no", "comments": lines })).0,
        200
    );
    let mut world = github.world();
    let pull = world.pull("acme/shop", 1);
    assert_eq!(
        pull.reviews.iter().map(|review| review["state"].clone()).collect::<Vec<_>>(),
        ["PENDING", "CHANGES_REQUESTED"]
    );
    assert_eq!((pull.remarks[0]["path"].clone(), pull.sha.clone()), (json!("f0.yaml"), repo.rev(&branch(0))));
}

#[test]
fn merges_are_refused_as_github_refuses_them() {
    let sandbox = Sandbox::new();
    let (github, repo) = one(&sandbox);
    let before = repo.rev("main");
    let moved = json!({ "sha": before, "merge_method": "squash" });
    assert_eq!(merge(&github, &moved), (409, "Head branch was modified. Review and try the merge again.|".into()));
    github.world().pull("acme/shop", 1).draft = true;
    assert_eq!(merge(&github, &json!({})), (405, "Pull Request is still a draft|".into()));
    github.world().pull("acme/shop", 1).draft = false;
    github.world().repos.get_mut("acme/shop").unwrap().methods = vec!["squash"];
    assert_eq!(merge(&github, &json!({})), (405, "Merge commits are not allowed on this repository.|".into()));
    github.world().repos.get_mut("acme/shop").unwrap().protected.insert("main".into(), 1);
    let squash = json!({ "merge_method": "squash" });
    assert_eq!(merge(&github, &squash).0, 405, "it wants an approval");
    assert_eq!(review(&github, "maria-k", &json!({ "event": "APPROVE" })).0, 200);
    assert_eq!(repo.rev("main"), before);
    assert_eq!(merge(&github, &squash).0, 200);
    assert_eq!(merge(&github, &squash), (405, "Pull Request is not mergeable|".into()), "it is merged");
    // A conflict with what landed.
    repo.git(&["update-ref", &format!("refs/heads/{}", branch(1)), &branched(&repo, &before)]);
    github.open("acme/shop", &branch(1), "infra-bot[bot]", "B", "");
    let path = "/repos/acme/shop/pulls/2";
    assert_eq!(github.act("maria-k", "GET", path, &Value::Null).1["mergeable"], json!(false));
    review(&github, "tom-b", &json!({ "event": "APPROVE" }));
    github.world().repos.get_mut("acme/shop").unwrap().protected.clear();
    assert_eq!(
        said(github.act("maria-k", "PUT", &format!("{path}/merge"), &squash)).1,
        "Pull Request is not mergeable|"
    );
}

/// A commit on top of another that writes the file that was merged.
fn branched(repo: &Repo<'_>, from: &str) -> String {
    repo.commit("conflicting", Commit::new("conflict").from(from).file("f0.yaml", "x: 7\n"))
}

#[test]
fn what_is_merged_is_a_commit_in_the_repository() {
    for (method, parents) in [("squash", 1), ("merge", 2)] {
        let sandbox = Sandbox::new();
        let (github, repo) = one(&sandbox);
        let (before, head) = (repo.rev("main"), repo.rev(&branch(0)));
        assert_eq!(repo.rev("refs/pull/1/head"), head);
        let body = json!({ "sha": head, "merge_method": method, "commit_title": "Land it", "commit_message": "Countersign-Entry: 1" });
        let (status, answer) = github.act("maria-k", "PUT", &format!("{PULL}/merge"), &body);
        assert_eq!((status, answer["merged"].clone()), (200, json!(true)));
        let commit = answer["sha"].as_str().unwrap();
        assert_eq!((repo.rev("main").as_str(), repo.rev("main^1")), (commit, before));
        assert_eq!(repo.git(&["rev-list", "--parents", "-1", "main"]).split(' ').count(), 1 + parents);
        assert_eq!(repo.show("main", "f0.yaml"), "x: 1\n");
        assert_eq!(repo.git(&["log", "-1", "--format=%B", "main"]).trim(), "Land it\n\nCountersign-Entry: 1");
        let pull = github.act("maria-k", "GET", PULL, &Value::Null).1;
        assert_eq!(
            (pull["merged"].clone(), pull["state"].clone(), pull["merge_commit_sha"].clone()),
            (json!(true), json!("closed"), json!(commit))
        );
    }
}

#[test]
fn comments_labels_and_closing() {
    let sandbox = Sandbox::new();
    let (github, repo) = one(&sandbox);
    let issue = "/repos/acme/shop/issues/1";
    assert_eq!(github.act("tom-b", "POST", &format!("{issue}/comments"), &json!({ "body": "why?" })).0, 201);
    assert_eq!(github.act("tom-b", "POST", &format!("{issue}/comments"), &json!({ "body": "" })).0, 422);
    let labels = json!({ "labels": ["held", "held"] });
    assert_eq!(github.act("tom-b", "POST", &format!("{issue}/labels"), &labels).1, json!([{ "name": "held" }]));
    assert_eq!(github.act("tom-b", "PATCH", PULL, &json!({ "state": "closed" })).1["state"], "closed");
    // A head that was deleted, and one that was pushed after closing, stay as they were.
    let head = repo.rev(&branch(0));
    repo.git(&["branch", "-D", &branch(0)]);
    assert_eq!(github.act("tom-b", "GET", PULL, &Value::Null).1["head"]["sha"], json!(head));
    assert_eq!(github.act("tom-b", "GET", "/repos/acme/shop/pulls/9", &Value::Null).0, 404);
    assert_eq!(github.act("tom-b", "GET", "/repos/acme/none/pulls", &Value::Null).0, 404);
}
