//! GraphQL, as far as the client asks: named queries, of which just the fields come back that were selected. A field that
//! GitHub's schema does not have is an error in a 200, as it is there.

use serde_json::{Map, Value, json};

use super::http::{Request, Response};
use super::pulls::{node_id, url};
use super::world::{Pull, Repo, World, time};

/// `POST /graphql`.
pub fn answer(world: &World, sees: &dyn Fn(&str) -> bool, request: &Request) -> Response {
    let body = request.json();
    let (query, variables) = (body["query"].as_str().unwrap_or_default(), &body["variables"]);
    let name = query.trim_start().strip_prefix("query ").and_then(|rest| rest.split(['(', ' ', '{']).next());
    let selected = Selection::parse(query);
    let data = match name {
        Some("PullRequests") => pulls(world, sees, variables),
        Some("FoundPullRequests") => Ok(found(world, sees, variables)),
        Some("HeadChecks") => Ok(checks(world, sees, variables)),
        _ => Err(unknown("undefinedOperation", "the fake does not know this query")),
    };
    let whole = match data {
        Ok(data) => data,
        Err(error) => return Response::json(200, &json!({ "data": { "repository": null }, "errors": [error] })),
    };
    match selected.of(&whole) {
        Ok(data) => Response::json(200, &json!({ "data": data })),
        Err(field) => {
            let words = format!("Field '{field}' doesn't exist");
            Response::json(200, &json!({ "errors": [unknown("undefinedField", &words)] }))
        }
    }
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "type": kind, "path": ["repository"], "locations": [{ "line": 1, "column": 1 }], "message": message })
}

/// What GitHub says of a question that is not of its schema.
fn unknown(code: &str, message: &str) -> Value {
    json!({ "path": ["query"], "extensions": { "code": code }, "locations": [{ "line": 1, "column": 1 }], "message": message })
}

fn pulls(world: &World, sees: &dyn Fn(&str) -> bool, variables: &Value) -> Result<Value, Value> {
    let asked = format!("{}/{}", variables["owner"].as_str().unwrap_or(""), variables["name"].as_str().unwrap_or(""));
    let name = world.moved.get(&asked).unwrap_or(&asked);
    let words = format!("Could not resolve to a Repository with the name '{asked}'.");
    let repo = world.repos.get(name).filter(|_| sees(name)).ok_or_else(|| error("NOT_FOUND", &words))?;
    let states: Vec<&str> = variables["states"]
        .as_array()
        .map_or_else(Vec::new, |states| states.iter().filter_map(Value::as_str).collect());
    let mut pulls: Vec<&Pull> =
        repo.pulls.values().filter(|pull| states.is_empty() || states.contains(&state(pull))).collect();
    pulls.sort_by_key(|pull| std::cmp::Reverse((pull.updated, pull.number)));
    Ok(json!({
        "repository": {
            "nameWithOwner": repo.name,
            "pullRequests": connection(&pulls, variables, |pull| node(repo, pull)),
        },
    }))
}

fn found(world: &World, sees: &dyn Fn(&str) -> bool, variables: &Value) -> Value {
    let pulls = matching(world, sees, variables["query"].as_str().unwrap_or_default());
    let mut connection = connection(&pulls, variables, |(repo, pull)| node(repo, pull));
    connection["issueCount"] = json!(pulls.len());
    json!({ "search": connection })
}

/// The pull requests that a search finds, the one that changed last first.
pub fn matching<'w>(world: &'w World, sees: &dyn Fn(&str) -> bool, query: &str) -> Vec<(&'w Repo, &'w Pull)> {
    let wants = |repo: &Repo, pull: &Pull| {
        query.split_whitespace().all(|term| match term.split_once(':') {
            Some(("is" | "state", "open")) => pull.open,
            Some(("org" | "user", owner)) => repo.name.starts_with(&format!("{owner}/")),
            Some(("repo", name)) => repo.name == name,
            Some(("author", login)) => pull.author == login,
            Some(("label", label)) => pull.labels.iter().any(|known| known == label),
            Some(("is", "pr") | ("sort" | "archived", _)) => true,
            _ => pull.title.contains(term),
        })
    };
    let mut pulls: Vec<(&Repo, &Pull)> = world
        .repos
        .values()
        .filter(|repo| sees(&repo.name))
        .flat_map(|repo| repo.pulls.values().map(move |pull| (repo, pull)))
        .filter(|(repo, pull)| wants(repo, pull))
        .collect();
    pulls.sort_by_key(|(_, pull)| std::cmp::Reverse((pull.updated, pull.number)));
    pulls
}

/// The checks of the heads of pull requests that are named by their ids; null for those that are not there.
fn checks(world: &World, sees: &dyn Fn(&str) -> bool, variables: &Value) -> Value {
    let all = || {
        world
            .repos
            .values()
            .filter(|repo| sees(&repo.name))
            .flat_map(|repo| repo.pulls.values().map(move |pull| (repo, pull)))
    };
    let ids = variables["ids"].as_array().into_iter().flatten();
    let nodes =
        ids.map(|id| all().find(|(repo, pull)| node_id(repo, pull) == *id).map(|(repo, pull)| rollup(repo, pull)));
    json!({ "nodes": nodes.collect::<Vec<_>>() })
}

fn rollup(repo: &Repo, pull: &Pull) -> Value {
    let words = |value: &Value| value.as_str().map(str::to_uppercase);
    let run = |run: &Value| {
        json!({
            "__typename": "CheckRun", "name": run["name"], "status": words(&run["status"]), "conclusion": words(&run["conclusion"]),
            "title": run["output"]["title"], "permalink": run["html_url"], "detailsUrl": run["details_url"],
            "checkSuite": { "app": { "slug": run["app"]["slug"] } }, "context": null, "state": null, "description": null,
            "targetUrl": null,
        })
    };
    let status = |status: &Value| {
        json!({
            "__typename": "StatusContext", "context": status["context"], "state": words(&status["state"]),
            "description": status["description"], "targetUrl": status["target_url"], "name": null, "status": null,
            "conclusion": null, "title": null, "permalink": null, "detailsUrl": null, "checkSuite": null,
        })
    };
    let runs = repo.checks.get(&pull.sha).into_iter().flatten().map(run);
    let contexts: Vec<Value> = runs.chain(repo.statuses.get(&pull.sha).into_iter().flatten().map(status)).collect();
    let more = contexts.len() > 100;
    let page: Vec<&Value> = contexts.iter().take(100).collect();
    let contexts = json!({ "pageInfo": { "hasNextPage": more }, "nodes": page });
    let rollup = if page.is_empty() { Value::Null } else { json!({ "contexts": contexts }) };
    json!({ "commits": { "nodes": [{ "commit": { "oid": pull.sha, "statusCheckRollup": rollup } }] } })
}

/// A page of a connection. Its cursors are places.
fn connection<T>(all: &[T], variables: &Value, node: impl Fn(&T) -> Value) -> Value {
    let first = variables["first"].as_u64().unwrap_or(100).min(100) as usize;
    let start: usize = variables["after"].as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let total = all.len();
    let page: Vec<Value> = all.iter().skip(start).take(first).map(node).collect();
    let end = start + page.len();
    json!({
        "totalCount": total,
        "pageInfo": { "hasNextPage": end < total, "endCursor": end.to_string() },
        "nodes": page,
    })
}

fn state(pull: &Pull) -> &'static str {
    match (pull.open, &pull.merged) {
        (true, _) => "OPEN",
        (_, Some(_)) => "MERGED",
        _ => "CLOSED",
    }
}

/// All fields of a pull request that the fake knows, named as in GitHub's schema.
fn node(repo: &Repo, pull: &Pull) -> Value {
    let bot = pull.author.strip_suffix("[bot]");
    let head_repo = match pull.fork.as_deref() {
        Some("") => Value::Null,
        fork => json!({ "nameWithOwner": fork.unwrap_or(&repo.name) }),
    };
    let approved = pull.reviews.iter().any(|review| review["state"] == "APPROVED");
    let decision =
        repo.protected.contains_key(&pull.base).then_some(if approved { "APPROVED" } else { "REVIEW_REQUIRED" });
    let labels: Vec<Value> = pull.labels.iter().map(|name| json!({ "name": name })).collect();
    let mergeable = match repo.merged_tree(pull) {
        _ if !pull.open => "UNKNOWN",
        Some(_) => "MERGEABLE",
        None => "CONFLICTING",
    };
    json!({
        "id": node_id(repo, pull),
        "number": pull.number,
        "title": pull.title,
        "body": pull.body.clone().unwrap_or_default(),
        "url": url(repo, pull),
        "isDraft": pull.draft,
        "state": state(pull),
        "createdAt": time(pull.created),
        "updatedAt": time(pull.updated),
        "author": { "__typename": if bot.is_some() { "Bot" } else { "User" }, "login": bot.unwrap_or(&pull.author) },
        "headRefName": pull.head,
        "headRefOid": pull.sha,
        "headRepository": head_repo,
        "baseRefName": pull.base,
        "baseRefOid": repo.tip(&pull.base).unwrap_or_default(),
        "repository": { "nameWithOwner": repo.name },
        "mergeable": mergeable,
        "reviewDecision": decision,
        "autoMergeRequest": pull.auto_merge.then(|| json!({ "enabledAt": time(pull.updated) })),
        "totalCommentsCount": pull.comments.len() + pull.remarks.len(),
        "latestOpinionatedReviews": opinions(pull),
        "timelineItems": timeline(pull),
        "labels": { "totalCount": labels.len(), "nodes": labels },
    })
}

/// The last review with an opinion of everybody who gave one.
fn opinions(pull: &Pull) -> Value {
    let mut last: Vec<&Value> = Vec::new();
    let has_one =
        |review: &&Value| matches!(review["state"].as_str(), Some("APPROVED" | "CHANGES_REQUESTED" | "DISMISSED"));
    for review in pull.reviews.iter().filter(has_one) {
        last.retain(|other| other["user"]["login"] != review["user"]["login"]);
        last.push(review);
    }
    let nodes: Vec<Value> = last.into_iter().map(opinion).collect();
    json!({ "totalCount": nodes.len(), "nodes": nodes })
}

fn opinion(review: &Value) -> Value {
    json!({
        "author": actor(review["user"]["login"].as_str().unwrap_or_default()),
        "state": review["state"],
        "body": review["body"],
        "submittedAt": review["submitted_at"],
        "commit": { "oid": review["commit_id"] },
    })
}

fn actor(login: &str) -> Value {
    let bot = login.strip_suffix("[bot]");
    json!({ "__typename": if bot.is_some() { "Bot" } else { "User" }, "login": bot.unwrap_or(login) })
}

/// Changes of target, and reviews that were dismissed.
fn timeline(pull: &Pull) -> Value {
    let event = |kind: &str, at: i64| json!({ "__typename": kind, "createdAt": time(at), "actor": null, "previousReviewState": null, "review": null });
    let mut nodes: Vec<Value> = pull.retargeted.map(|at| event("BaseRefChangedEvent", at)).into_iter().collect();
    nodes.extend(pull.dismissals.iter().map(|dismissal| {
        let mut node = event("ReviewDismissedEvent", dismissal.at);
        node["actor"] = actor(&dismissal.by);
        node["previousReviewState"] = json!(dismissal.said);
        node["review"] = opinion(&dismissal.review);
        node
    }));
    json!({ "pageInfo": { "hasPreviousPage": false }, "nodes": nodes })
}

/// What a query selects, and of how many.
#[derive(Debug, Default)]
struct Selection {
    fields: Vec<(String, Selection)>,
    first: Option<usize>,
}

impl Selection {
    fn parse(query: &str) -> Self {
        let mut words = words(query).into_iter().skip_while(|word| word != "{");
        words.next();
        Self::body(&mut words)
    }

    /// Up to the closing brace. Fragments in place (`... on PullRequest { … }`) count as what they hold.
    fn body(words: &mut dyn Iterator<Item = String>) -> Self {
        let mut found = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "}" => break,
                "{" => {
                    let inner = Self::body(words);
                    match found.fields.last_mut() {
                        Some((name, _)) if name == "..." => {
                            found.fields.pop();
                            found.fields.extend(inner.fields);
                        }
                        Some((_, last)) => last.fields = inner.fields,
                        None => {}
                    }
                }
                "on" => drop(words.next()),
                word => match (word.strip_prefix('#'), found.fields.last_mut()) {
                    (Some(first), Some((_, last))) => last.first = first.parse().ok(),
                    _ => found.fields.push((word.to_owned(), Self::default())),
                },
            }
        }
        found
    }

    /// The selected part of a value, or the name of a field that it does not have.
    fn of(&self, value: &Value) -> Result<Value, String> {
        match value {
            _ if self.fields.is_empty() => Ok(value.clone()),
            Value::Null => Ok(Value::Null),
            Value::Array(all) => all.iter().map(|one| self.of(one)).collect(),
            Value::Object(members) => {
                let mut chosen = Map::new();
                for (name, inner) in &self.fields {
                    let member = members.get(name).ok_or_else(|| name.clone())?;
                    chosen.insert(name.clone(), inner.of(member)?);
                }
                if let (Some(first), Some(Value::Array(nodes))) = (self.first, chosen.get_mut("nodes")) {
                    nodes.truncate(first);
                }
                Ok(Value::Object(chosen))
            }
            _ => Err(self.fields[0].0.clone()),
        }
    }
}

/// How many the arguments of a list ask for, where they say it in digits.
fn first(arguments: &str) -> Option<usize> {
    let digits = arguments.split_once("first: ")?.1;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Names, braces and dots of a query; of its arguments only how many are asked for, as `#20`.
fn words(query: &str) -> Vec<String> {
    let (mut found, mut word, mut depth) = (Vec::new(), String::new(), 0);
    let mut arguments = String::new();
    for c in query.chars().chain([' ']) {
        let part = c.is_alphanumeric() || c == '_' || c == '.';
        if depth == 0 && part {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                found.extend(first(&std::mem::take(&mut arguments)).map(|first| format!("#{first}")));
            }
            _ if depth > 0 => arguments.push(c),
            '{' | '}' if depth == 0 => found.push(c.to_string()),
            _ => {}
        }
    }
    found
}
