//! The checks of many heads in one question of GraphQL, where REST would take two for each.
//!
//! What it tells is believed where it is exact. A rollup also has the runs that were repeated since, and does not say which of a
//! name counts: such a head is asked about over REST, as is one with more checks than a page.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::error::GitHubError;
use super::raw;
use super::wire::Still;
use crate::model::Oid;
use crate::model::forge::{Check, Checks};

/// Pull requests a question (GitHub: with two lists for each, they cost one point of the budget).
pub(super) const PAGE: usize = 25;

const QUERY: &str = "query HeadChecks($ids: [ID!]!) { nodes(ids: $ids) { ... on PullRequest { \
    commits(last: 1) { nodes { commit { oid statusCheckRollup { contexts(first: 100) { pageInfo { hasNextPage } nodes { __typename \
    ... on CheckRun { name status conclusion title permalink detailsUrl checkSuite { app { slug } } } \
    ... on StatusContext { context state description targetUrl } } } } } } } } } }";

#[derive(Deserialize)]
struct Data {
    nodes: Vec<Value>,
}

#[derive(Deserialize)]
struct Node {
    commits: Commits,
}

#[derive(Deserialize)]
struct Commits {
    nodes: Vec<CommitNode>,
}

#[derive(Deserialize)]
struct CommitNode {
    commit: Commit,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    oid: String,
    status_check_rollup: Option<Rollup>,
}

#[derive(Deserialize)]
struct Rollup {
    contexts: Contexts,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contexts {
    page_info: PageInfo,
    nodes: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

/// The checks of the heads of these pull requests, by GitHub's ids of them, as far as that is told exactly.
pub fn rollups(client: &Client, ids: &[&str], still: Still<'_>) -> Result<HashMap<Oid, Checks>, GitHubError> {
    let (data, said) = client.query::<Data>(QUERY, &json!({ "ids": ids }), "the checks of pull requests", still)?;
    // What a token may not see is null, and so is what is not there: only the words beside it tell them apart.
    let all = if said.is_some() { Vec::new() } else { data.nodes };
    Ok(all.into_iter().filter_map(read).map(|checks| (checks.commit, checks)).collect())
}

/// The checks of one head; nothing where they are not all told, or one of a name says something else than another.
fn read(node: Value) -> Option<Checks> {
    let CommitNode { commit } = Node::deserialize(node).ok()?.commits.nodes.pop()?;
    let contexts = commit.status_check_rollup.map(|rollup| rollup.contexts);
    let whole = contexts.as_ref().is_none_or(|contexts| !contexts.page_info.has_next_page);
    let nodes = contexts.map(|contexts| contexts.nodes).unwrap_or_default();
    let all: Vec<Check> = nodes.into_iter().map(|node| raw::context(node).ok()).collect::<Option<_>>()?;
    (whole && is_exact(&all)).then_some(Checks { commit: commit.oid.parse().ok()?, all, cut: false })
}

fn is_exact(all: &[Check]) -> bool {
    let mut known = HashMap::new();
    all.iter().all(|check| *known.entry((&check.name, &check.app)).or_insert(check.state) == check.state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forge::CheckState;

    const HEAD: &str = "0123456789012345678901234567890123456789";

    fn run(name: &str, conclusion: &str) -> Value {
        json!({ "__typename": "CheckRun", "name": name, "status": "COMPLETED", "conclusion": conclusion, "title": "t",
            "permalink": "https://github.com/a/b/runs/1", "detailsUrl": null, "checkSuite": { "app": { "slug": "ci" } } })
    }

    fn rollup(nodes: &[Value]) -> Value {
        let contexts = json!({ "pageInfo": { "hasNextPage": false }, "nodes": nodes });
        let commit = json!({ "oid": HEAD, "statusCheckRollup": { "contexts": contexts } });
        json!({ "commits": { "nodes": [{ "commit": commit }] } })
    }

    fn states(node: Value) -> Option<Vec<(String, CheckState)>> {
        read(node).map(|checks| checks.all.into_iter().map(|check| (check.name, check.state)).collect())
    }

    #[test]
    fn runs_and_statuses_are_told_as_rest_tells_them() {
        let status = json!({ "__typename": "StatusContext", "context": "ci/x", "state": "EXPECTED", "description": "d",
            "targetUrl": "https://ci.example/1" });
        let told = read(rollup(&[run("lint", "TIMED_OUT"), status.clone()])).unwrap().all;
        let rest_run = json!({ "name": "lint", "status": "completed", "conclusion": "timed_out", "output": { "title": "t" },
            "app": { "slug": "ci" }, "html_url": "https://github.com/a/b/runs/1" });
        assert_eq!(told[0], raw::check_run(rest_run).unwrap());
        assert_eq!((&*told[1].name, told[1].state, &told[1].app), ("ci/x", CheckState::Pending, &None));
        let rest_status = |state: &str| {
            raw::status(
                json!({ "context": "ci/x", "state": state, "description": "d", "target_url": "https://ci.example/1" }),
            )
        };
        for (graphql, rest) in
            [("SUCCESS", "success"), ("PENDING", "pending"), ("ERROR", "error"), ("FAILURE", "failure")]
        {
            let mut one = status.clone();
            one["state"] = json!(graphql);
            assert_eq!(read(rollup(&[one])).unwrap().all, [rest_status(rest).unwrap()], "{graphql}");
        }
    }

    #[test]
    fn what_is_not_told_exactly_is_asked_otherwise() {
        let fine = rollup(&[run("a", "SUCCESS"), run("a", "SUCCESS"), run("b", "FAILURE")]);
        assert_eq!(states(fine.clone()).unwrap().len(), 3);
        assert_eq!(states(rollup(&[run("a", "FAILURE"), run("a", "SUCCESS")])), None, "which one counts?");
        let mut none = fine.clone();
        none["commits"]["nodes"][0]["commit"]["statusCheckRollup"] = Value::Null;
        assert_eq!(states(none), Some(vec![]));
        let contexts = "/commits/nodes/0/commit/statusCheckRollup/contexts";
        for (member, odd) in [
            (format!("{contexts}/pageInfo/hasNextPage"), json!(true)),
            (format!("{contexts}/nodes/0/__typename"), json!("OfTomorrow")),
            (format!("{contexts}/nodes/0/name"), Value::Null),
            (format!("{contexts}/nodes/0"), Value::Null),
            (contexts.to_owned(), Value::Null),
            ("/commits/nodes/0/commit/oid".to_owned(), json!("x")),
            ("/commits/nodes".to_owned(), json!([])),
        ] {
            let mut altered = fine.clone();
            *altered.pointer_mut(&member).unwrap() = odd;
            assert_eq!(states(altered), None, "{member}");
        }
    }
}
