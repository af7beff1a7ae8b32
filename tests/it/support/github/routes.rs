//! Which request is which.

use serde_json::{Value, json};

use super::faults::refusal;
use super::http::{Request, Response, decoded};
use super::world::{World, account, git, time};
use super::{graphql, pulls, talk};

/// A request's route, by which faults are set and requests are counted: `GET /repos/{}/{}/pulls/{}`.
pub fn route(request: &Request) -> String {
    let names =
        ["user", "rate_limit", "graphql", "repos", "pulls", "issues", "commits", "reviews", "comments", "labels"];
    let more =
        ["merge", "check-runs", "status", "statuses", "branches", "protection", "contents", "search", "api", "v3"];
    let mut parts: Vec<&str> = Vec::new();
    for (at, part) in request.path.split('/').skip(1).enumerate() {
        let owner = parts.first() == Some(&"repos") && (at == 1 || at == 2);
        let known = !owner && (names.contains(&part) || more.contains(&part));
        match part {
            _ if parts.last() == Some(&"{}") && parts.get(3) == Some(&"contents") => {}
            _ => parts.push(if known { part } else { "{}" }),
        }
    }
    format!("{} /{}", request.method, parts.join("/"))
}

/// Answers in the name of `login`.
pub fn answer(world: &mut World, login: &str, request: &Request) -> Response {
    let path = request.path.strip_prefix("/api").filter(|rest| rest.starts_with("/graphql")).unwrap_or(&request.path);
    let path = path.strip_prefix("/api/v3").unwrap_or(path).to_owned();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["graphql"]) if world.graphql => {
            let sees = |name: &str| !world.hidden.contains(&(login.to_owned(), name.to_owned()));
            graphql::answer(world, &sees, request)
        }
        ("GET", ["user"]) => Response::json(200, &account(login)),
        ("GET", ["search", "issues"]) => searched(world, login, request),
        ("GET", ["rate_limit"]) => Response::json(200, &json!({ "resources": {}, "rate": {} })),
        (_, ["repos", owner, name, rest @ ..]) => {
            let name = format!("{owner}/{name}");
            match world.moved.get(&name) {
                Some(to) => moved(to, rest, request),
                None if world.hidden.contains(&(login.to_owned(), name.clone())) => refusal(404, "Not Found"),
                None if world.repos.contains_key(&name) => repository(world, &name, rest, login, request),
                None => refusal(404, "Not Found"),
            }
        }
        _ => refusal(404, "Not Found"),
    }
}

/// `GET search/issues`, of pull requests alone.
fn searched(world: &World, login: &str, request: &Request) -> Response {
    let sees = |name: &str| !world.hidden.contains(&(login.to_owned(), name.to_owned()));
    let query = request.query.get("q").map_or("", String::as_str);
    let found = graphql::matching(world, &sees, query).into_iter().map(|(repo, pull)| {
        let address = format!("http://{}/repos/{}", request.header("host").unwrap_or_default(), repo.name);
        json!({ "number": pull.number, "title": pull.title, "repository_url": address, "pull_request": {} })
    });
    let found: Vec<Value> = found.collect();
    let total = found.len();
    let page = paged(found, request);
    let items: Value = serde_json::from_slice(&page.body).expect("a page");
    let body = json!({ "total_count": total, "incomplete_results": false, "items": items });
    Response { body: body.to_string().into_bytes(), ..page }
}

fn moved(to: &str, rest: &[&str], request: &Request) -> Response {
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let path: Vec<&str> = ["repos", to].iter().chain(rest).copied().collect();
    let address =
        format!("http://{}/{}?{}", request.header("host").unwrap_or_default(), path.join("/"), query.join("&"));
    let body =
        json!({ "message": "Moved Permanently", "url": address, "documentation_url": "https://docs.github.com/rest" });
    // Who writes is sent there with the same method and body.
    Response::json(if request.method == "GET" { 301 } else { 307 }, &body).with("Location", address)
}

fn repository(world: &mut World, name: &str, rest: &[&str], login: &str, request: &Request) -> Response {
    let repo = &world.repos[name];
    if let ["pulls" | "issues", number, ..] = rest {
        let Some(number) = number.parse().ok().filter(|number| repo.pulls.contains_key(number)) else {
            return refusal(404, "Not Found");
        };
        return one_pull(world, name, number, rest, login, request);
    }
    match (request.method.as_str(), rest) {
        ("GET", []) => Response::json(
            200,
            &json!({
                "full_name": name, "default_branch": "main", "private": false, "archived": false,
                "allow_merge_commit": repo.methods.contains(&"merge"), "allow_squash_merge": repo.methods.contains(&"squash"),
                "allow_rebase_merge": repo.methods.contains(&"rebase"),
                "permissions": { "admin": false, "push": true, "pull": true },
            }),
        ),
        ("GET", ["pulls"]) => paged(pulls::list(repo, request), request),
        ("POST", ["pulls"]) => pulls::open(world, name, login, request),
        ("GET", ["commits", sha, "check-runs"]) => {
            let runs = repo.checks.get(*sha).cloned().unwrap_or_default();
            let total = runs.len();
            let page = paged(runs, request);
            let body: Value = serde_json::from_slice(&page.body).expect("a page");
            Response { body: json!({ "total_count": total, "check_runs": body }).to_string().into_bytes(), ..page }
        }
        ("GET", ["commits", sha, "status"]) => {
            let all = repo.statuses.get(*sha).cloned().unwrap_or_default();
            let body = json!({ "state": "pending", "sha": sha, "total_count": all.len(), "statuses": all });
            Response::json(200, &body)
        }
        ("GET", ["commits", sha]) => commit_shown(world, name, sha),
        ("GET", ["branches", branch]) => branch_shown(world, name, &decoded(branch)),
        ("GET", ["branches", branch, "protection"]) => match repo.protected.get(&decoded(branch)) {
            Some(count) => Response::json(
                200,
                &json!({
                    "required_pull_request_reviews": { "required_approving_review_count": count },
                }),
            ),
            None => refusal(404, "Branch not protected"),
        },
        ("GET", ["rules", "branches", branch]) => {
            let rules = repo.rulesets.get(&decoded(branch)).cloned().unwrap_or_default();
            paged(rules, request)
        }
        ("GET", ["contents", path @ ..]) => contents(world, name, &decoded(&path.join("/")), request),
        _ => refusal(404, "Not Found"),
    }
}

fn one_pull(world: &mut World, name: &str, number: u64, rest: &[&str], login: &str, request: &Request) -> Response {
    let repo = &world.repos[name];
    let pull = &repo.pulls[&number];
    match (request.method.as_str(), rest) {
        ("GET", ["pulls", _]) => Response::json(200, &pulls::shown(repo, pull, true)),
        ("GET", ["pulls", _, "reviews"]) => paged(pull.reviews.clone(), request),
        ("GET", ["pulls", _, "comments"]) => paged(talk::since(&pull.remarks, request), request),
        ("GET", ["issues", _, "comments"]) => paged(talk::since(&pull.comments, request), request),
        ("PATCH", ["pulls" | "issues", _]) => pulls::change(world, name, number, request),
        ("PUT", ["pulls", _, "merge"]) => pulls::merge(world, name, number, request),
        ("GET", ["issues", _, "events"]) => {
            let moved = |at| json!({ "id": 1, "event": "base_ref_changed", "created_at": time(at) });
            paged(pull.retargeted.map(moved).into_iter().collect(), request)
        }
        ("PUT", ["pulls", _, "reviews", id, "dismissals"]) => talk::dismiss(world, name, number, id, request),
        ("POST", ["pulls", _, "reviews"]) => talk::review(world, name, number, login, request),
        ("POST", ["issues", _, "comments"]) => talk::comment(world, name, number, login, request),
        ("POST", ["issues", _, "labels"]) => talk::label(world, name, number, request),
        _ => refusal(404, "Not Found"),
    }
}

fn commit_shown(world: &World, name: &str, sha: &str) -> Response {
    let message = git(&world.repos[name].git, &["log", "-1", "--format=%B", sha]);
    Response::json(200, &json!({ "sha": sha, "commit": { "message": message } }))
}

fn branch_shown(world: &World, name: &str, branch: &str) -> Response {
    let repo = &world.repos[name];
    match repo.tip(branch) {
        Some(sha) => {
            let protected = repo.protected.contains_key(branch);
            let contexts = if protected { json!([]) } else { Value::Null };
            let checks =
                json!({ "enforcement_level": if protected { "everyone" } else { "off" }, "contexts": contexts });
            let protection = json!({ "enabled": protected, "required_status_checks": checks });
            Response::json(
                200,
                &json!({ "name": branch, "commit": { "sha": sha }, "protected": protected, "protection": protection }),
            )
        }
        None => refusal(404, "Branch not found"),
    }
}

fn contents(world: &World, name: &str, path: &str, request: &Request) -> Response {
    use base64::Engine as _;
    let repo = &world.repos[name];
    let revision = request.query.get("ref").map_or("main", String::as_str);
    let listed = git(&repo.git, &["ls-tree", revision, "--", path]);
    let Some(sha) = listed.split_whitespace().nth(2) else { return refusal(404, "Not Found") };
    let text = git(&repo.git, &["cat-file", "blob", sha]);
    let content = base64::prelude::BASE64_STANDARD.encode(text);
    Response::json(200, &json!({ "type": "file", "path": path, "sha": sha, "encoding": "base64", "content": content }))
}

/// A page of a list, with the links to the others.
fn paged(all: Vec<Value>, request: &Request) -> Response {
    let (size, page) = (request.number("per_page", 30).clamp(1, 100), request.number("page", 1).max(1));
    let (start, total) = ((page - 1) * size, all.len());
    let shown: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let end = start + shown.len();
    let response = Response::json(200, &Value::Array(shown));
    if end >= total {
        return response;
    }
    let mut query = request.query.clone();
    query.insert("page".into(), (page + 1).to_string());
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
    let host = request.header("host").unwrap_or_default();
    response.with("Link", format!("<http://{host}{}?{}>; rel=\"next\"", request.path, query.join("&")))
}
