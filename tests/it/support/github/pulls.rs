//! Pull requests over REST: listed, shown, changed, merged.

use serde_json::{Value, json};

use super::faults::{invalid, refusal};
use super::http::{Request, Response};
use super::world::{Pull, Repo, World, account, git, time};

/// A pull request as the API shows it; `whole` adds what only the single one has.
pub fn shown(repo: &Repo, pull: &Pull, whole: bool) -> Value {
    let base = repo.tip(&pull.base).unwrap_or_default();
    let head_repo = match pull.fork.as_deref() {
        Some("") => Value::Null,
        Some(fork) => json!({ "full_name": fork, "fork": true }),
        None => json!({ "full_name": repo.name, "fork": false }),
    };
    let owner = repo.name.split('/').next().unwrap_or_default();
    let labels: Vec<Value> =
        pull.labels.iter().map(|name| json!({ "id": 1, "name": name, "color": "ededed" })).collect();
    let mut value = json!({
        "id": 10_000 + pull.number,
        "node_id": node_id(repo, pull),
        "number": pull.number,
        "state": if pull.open { "open" } else { "closed" },
        "title": pull.title,
        "body": pull.body,
        "user": account(&pull.author),
        "draft": pull.draft,
        "labels": labels,
        "html_url": url(repo, pull),
        "created_at": time(pull.created),
        "updated_at": time(pull.updated),
        "merged_at": pull.merged_at.map(time),
        "merge_commit_sha": pull.merged,
        "head": { "label": format!("{owner}:{}", pull.head), "ref": pull.head, "sha": pull.sha, "repo": head_repo },
        "base": { "label": format!("{owner}:{}", pull.base), "ref": pull.base, "sha": base, "repo": { "full_name": repo.name } },
    });
    if whole {
        let clean = repo.merged_tree(pull).is_some();
        value["merged"] = json!(pull.merged.is_some());
        value["mergeable"] = if pull.open { json!(clean) } else { Value::Null };
        value["mergeable_state"] = json!(if clean { "clean" } else { "dirty" });
        value["comments"] = json!(pull.comments.len());
        value["review_comments"] = json!(pull.remarks.len());
    }
    value
}

pub fn url(repo: &Repo, pull: &Pull) -> String {
    format!("https://github.com/{}/pull/{}", repo.name, pull.number)
}

pub fn node_id(repo: &Repo, pull: &Pull) -> String {
    format!("PR_{}_{}", repo.name.replace('/', "_"), pull.number)
}

/// `GET pulls`.
pub fn list(repo: &Repo, request: &Request) -> Vec<Value> {
    let state = request.query.get("state").map_or("open", String::as_str);
    let mut pulls: Vec<&Pull> = repo
        .pulls
        .values()
        .filter(|pull| state == "all" || pull.open == (state == "open"))
        .filter(|pull| request.query.get("base").is_none_or(|base| *base == pull.base))
        .filter(|pull| request.query.get("head").is_none_or(|head| head.split(':').nth(1) == Some(&pull.head)))
        .collect();
    if request.query.get("sort").is_some_and(|sort| sort == "updated") {
        pulls.sort_by_key(|pull| (pull.updated, pull.number));
    } else {
        pulls.sort_by_key(|pull| (pull.created, pull.number));
    }
    if request.query.get("direction").is_none_or(|direction| direction == "desc") {
        pulls.reverse();
    }
    pulls.into_iter().map(|pull| shown(repo, pull, false)).collect()
}

/// `POST pulls`: one a branch.
pub fn open(world: &mut World, name: &str, login: &str, request: &Request) -> Response {
    let (now, body) = (world.tick(), request.json());
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let (head, base) = (text("head"), text("base"));
    let repo = world.repos.get_mut(name).expect("a repository of the fake");
    let problem = |message: &str| json!([{ "resource": "PullRequest", "code": "custom", "message": message }]);
    if repo.pulls.values().any(|pull| pull.open && pull.head == head && pull.base == base) {
        let message = format!("A pull request already exists for {login}:{head}.");
        return invalid("Validation Failed", &problem(&message));
    }
    if repo.tip(&head).is_none() {
        return invalid("Validation Failed", &problem("Head sha can't be blank"));
    }
    let number = repo.pulls.len() as u64 + 1;
    let (title, body) = (text("title"), Some(text("body")));
    let author = login.to_owned();
    let pull =
        Pull { number, title, body, author, head, base, open: true, created: now, updated: now, ..Pull::default() };
    repo.pulls.insert(number, pull);
    world.look_at(name);
    let repo = &world.repos[name];
    Response::json(201, &shown(repo, &repo.pulls[&number], true))
}

/// `PATCH pulls/N`: title, body, and closing.
pub fn change(world: &mut World, name: &str, number: u64, request: &Request) -> Response {
    let (now, body) = (world.tick(), request.json());
    let pull = world.pull(name, number);
    if pull.merged.is_some() && body["state"] == "open" {
        return invalid(
            "Validation Failed",
            &json!([{ "resource": "PullRequest", "code": "invalid", "field": "state" }]),
        );
    }
    if let Some(state) = body["state"].as_str() {
        pull.open = state == "open";
    }
    if let Some(title) = body["title"].as_str() {
        title.clone_into(&mut pull.title);
    }
    if let Some(base) = body["base"].as_str() {
        base.clone_into(&mut pull.base);
        pull.retargeted = Some(now);
    }
    pull.updated = now;
    let repo = &world.repos[name];
    Response::json(200, &shown(repo, &repo.pulls[&number], true))
}

/// `PUT pulls/N/merge`: makes the real commit.
pub fn merge(world: &mut World, name: &str, number: u64, request: &Request) -> Response {
    let body = request.json();
    let repo = &world.repos[name];
    let pull = &repo.pulls[&number];
    let method = body["merge_method"].as_str().unwrap_or("merge");
    if !pull.open || pull.draft {
        return refusal(
            405,
            if pull.draft { "Pull Request is still a draft" } else { "Pull Request is not mergeable" },
        );
    }
    if !repo.methods.contains(&method) {
        let words = match method {
            "merge" => "Merge commits are not allowed on this repository.",
            "squash" => "Squash merges are not allowed on this repository.",
            _ => "Rebase merges are not allowed on this repository.",
        };
        return refusal(405, words);
    }
    if body["sha"].as_str().is_some_and(|sha| sha != pull.sha) {
        return refusal(409, "Head branch was modified. Review and try the merge again.");
    }
    let needed = repo.protected.get(&pull.base).copied().unwrap_or(0);
    let given = pull.reviews.iter().filter(|review| review["state"] == "APPROVED").count() as u64;
    if given < needed {
        let words = format!("At least {needed} approving review is required by reviewers with write access.");
        return refusal(405, &words);
    }
    let Some(tree) = repo.merged_tree(pull) else {
        return refusal(405, "Pull Request is not mergeable");
    };
    let title = body["commit_title"].as_str().map_or_else(|| format!("{} (#{number})", pull.title), str::to_owned);
    let message = format!("{title}\n\n{}", body["commit_message"].as_str().unwrap_or_default());
    let base = repo.tip(&pull.base).expect("the base is there");
    let mut arguments = vec!["commit-tree", &tree, "-p", &base, "-m", message.trim_end()];
    if method == "merge" {
        arguments.extend(["-p", &pull.sha]);
    }
    let commit = git(&repo.git, &arguments);
    git(&repo.git, &["update-ref", &format!("refs/heads/{}", pull.base), &commit, &base]);
    let now = world.tick();
    let pull = world.pull(name, number);
    (pull.open, pull.merged, pull.merged_at, pull.updated) = (false, Some(commit.clone()), Some(now), now);
    Response::json(200, &json!({ "sha": commit, "merged": true, "message": "Pull Request successfully merged" }))
}
