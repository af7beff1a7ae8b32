//! Reviews, remarks, comments and labels.

use serde_json::{Value, json};

use super::faults::{invalid, refusal};
use super::http::{Request, Response};
use super::pulls::url;
use super::world::{Dismissal, World, account, git, time};

/// `POST pulls/N/reviews`.
pub fn review(world: &mut World, name: &str, number: u64, login: &str, request: &Request) -> Response {
    let body = request.json();
    let (id, now) = (world.id(), world.tick());
    let repo = &world.repos[name];
    let pull = &repo.pulls[&number];
    let state = match body["event"].as_str() {
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        _ => "PENDING",
    };
    let own = pull.author == login;
    if own && state == "APPROVED" {
        return invalid("Unprocessable Entity", &json!(["Can not approve your own pull request"]));
    }
    if own && state == "CHANGES_REQUESTED" {
        return invalid("Unprocessable Entity", &json!(["Can not request changes on your own pull request"]));
    }
    let text = body["body"].as_str().unwrap_or_default();
    if text.is_empty() && matches!(state, "CHANGES_REQUESTED" | "COMMENTED") {
        return invalid("Unprocessable Entity", &json!(["Review Can not be blank"]));
    }
    if pull.reviews.iter().any(|review| review["state"] == "PENDING" && review["user"]["login"] == login) {
        return invalid("Unprocessable Entity", &json!(["User can only have one pending review per pull request"]));
    }
    let commit = body["commit_id"].as_str().unwrap_or(&pull.sha).to_owned();
    let base = repo.tip(&pull.base).unwrap_or_default();
    let own_commits = git(&repo.git, &["rev-list", &pull.sha, &format!("^{base}")]);
    // What was merged has its commits still.
    if pull.sha != commit && !own_commits.lines().any(|sha| sha == commit) {
        return invalid("Unprocessable Entity", &json!(["Commit is not part of the pull request"]));
    }
    let review = json!({
        "id": id,
        "node_id": format!("PRR_{id}"),
        "user": account(login),
        "body": text,
        "state": state,
        "commit_id": commit,
        "html_url": format!("{}#pullrequestreview-{id}", url(repo, pull)),
        "submitted_at": (state != "PENDING").then(|| time(now)),
    });
    let comments = body["comments"].as_array().cloned().unwrap_or_default();
    let remarks: Vec<Value> = comments.iter().map(|comment| remark(world, login, now, &commit, comment)).collect();
    let pull = world.pull(name, number);
    pull.updated = now;
    pull.reviews.push(review.clone());
    pull.remarks.extend(remarks);
    Response::json(200, &review)
}

fn remark(world: &mut World, login: &str, now: i64, commit: &str, asked: &Value) -> Value {
    let id = world.id();
    json!({
        "id": id,
        "user": account(login),
        "body": asked["body"],
        "path": asked["path"],
        "line": asked["line"],
        "side": asked["side"].as_str().unwrap_or("RIGHT"),
        "commit_id": commit,
        "original_commit_id": commit,
        "html_url": format!("https://github.com/discussion_r{id}"),
        "created_at": time(now),
        "updated_at": time(now),
    })
}

/// `PUT pulls/N/reviews/ID/dismissals`.
pub fn dismiss(world: &mut World, name: &str, number: u64, id: &str, login: &str, request: &Request) -> Response {
    let (now, body) = (world.tick(), request.json());
    if body["message"].as_str().is_none_or(str::is_empty) {
        return refusal(422, "Invalid request.\n\n\"message\" wasn't supplied.");
    }
    let pull = world.pull(name, number);
    let Some(review) = pull.reviews.iter_mut().find(|review| review["id"] == id.parse::<u64>().unwrap_or_default())
    else {
        return refusal(404, "Not Found");
    };
    let said = review["state"].as_str().unwrap_or_default().to_owned();
    if !matches!(said.as_str(), "APPROVED" | "CHANGES_REQUESTED") {
        return refusal(422, "Can not dismiss a commented pull request review");
    }
    review["state"] = json!("DISMISSED");
    let review = review.clone();
    pull.updated = now;
    pull.dismissals.push(Dismissal { review: review.clone(), said, by: login.to_owned(), at: now });
    Response::json(200, &review)
}

/// `POST issues/N/comments`.
pub fn comment(world: &mut World, name: &str, number: u64, login: &str, request: &Request) -> Response {
    let (id, now, body) = (world.id(), world.tick(), request.json());
    let Some(text) = body["body"].as_str().filter(|text| !text.is_empty()) else {
        return invalid(
            "Validation Failed",
            &json!([{ "resource": "IssueComment", "code": "missing_field", "field": "body" }]),
        );
    };
    let comment = json!({
        "id": id,
        "user": account(login),
        "body": text,
        "html_url": format!("https://github.com/{name}/pull/{number}#issuecomment-{id}"),
        "created_at": time(now),
        "updated_at": time(now),
    });
    let pull = world.pull(name, number);
    pull.updated = now;
    pull.comments.push(comment.clone());
    Response::json(201, &comment)
}

/// `POST issues/N/labels`.
pub fn label(world: &mut World, name: &str, number: u64, request: &Request) -> Response {
    let (now, body) = (world.tick(), request.json());
    let Some(names) = body["labels"].as_array() else { return refusal(422, "Invalid request.") };
    let pull = world.pull(name, number);
    pull.updated = now;
    for label in names.iter().filter_map(Value::as_str) {
        if !pull.labels.iter().any(|known| known == label) {
            pull.labels.push(label.to_owned());
        }
    }
    let labels: Vec<Value> = pull.labels.iter().map(|name| json!({ "name": name })).collect();
    Response::json(200, &json!(labels))
}

/// Those that changed at or after `since`.
pub fn since(all: &[Value], request: &Request) -> Vec<Value> {
    let from = request.query.get("since").cloned().unwrap_or_default();
    all.iter().filter(|one| one["updated_at"].as_str().is_none_or(|at| at >= from.as_str())).cloned().collect()
}
