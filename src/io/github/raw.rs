//! Answers as GitHub writes them, read into the nouns of [`forge`](crate::model::forge): bounded, and tolerant of what is missing.

use git2::Reference;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::listing::Landed;
use super::opinions::{self, NodeEvents, NodeOpinions};
use crate::model::forge::{
    Account, AccountKind, Check, CheckState, Mergeable, PullEnd, PullRequest, PullState, Remark, RepoName, Review,
    ReviewDecision, ReviewPlace, ReviewState,
};
use crate::model::text::single_line;
use crate::model::{Oid, Problem};

/// Bytes of a description or a comment that are kept: what the reasoning parser reads.
const BODY: usize = 64 << 10;
/// Bytes of a title, a name, a path or an address.
const LINE: usize = 1 << 10;
/// Labels of a pull request (GitHub has 100 at most).
const LABELS: usize = 100;

/// Reads each of a list; one that cannot be read is a problem and costs no other.
pub(super) fn each<T>(
    values: Vec<Value>,
    what: &str,
    read: impl Fn(Value) -> Result<T, String>,
) -> (Vec<T>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::with_capacity(values.len()), Vec::new());
    for value in values {
        let number = value.get("number").or_else(|| value.get("id")).and_then(Value::as_u64);
        match read(value) {
            Ok(one) => found.push(one),
            Err(why) => problems.push(Problem {
                place: number.map_or_else(|| what.to_owned(), |number| format!("{what} #{number}")),
                what: format!("what GitHub tells of it cannot be read: {}", single_line(&line(&why))),
                next: "look at it on GitHub".to_owned(),
            }),
        }
    }
    (found, problems)
}

pub(super) fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// At most so many bytes of a text, whole characters; says whether something was cut.
pub(super) fn bounded(text: &str, bytes: usize) -> (String, bool) {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    (text[..end].to_owned(), end < text.len())
}

pub(super) fn line(text: &str) -> String {
    bounded(text, LINE).0
}

/// A web address that can be shown and opened as it is; nothing where it is none.
pub(super) fn address(text: Option<String>) -> Option<String> {
    let plain = |text: &String| {
        let web = text.starts_with("https://") || text.starts_with("http://");
        web && text.len() <= LINE && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    text.filter(plain)
}

/// A branch's name, if git would have it as an argument.
pub(super) fn branch(name: Option<String>) -> Result<String, String> {
    let name = head_branch(name)?;
    if name.starts_with('-') { Err(format!("`{}` cannot be named to git", line(&name))) } else { Ok(name) }
}

/// The name of the branch that somebody proposes: one that looks like an option is one to git and GitHub, too. It is shown and compared,
/// and nothing is asked of git by it: heads come by their numbers.
fn head_branch(name: Option<String>) -> Result<String, String> {
    let name = name.ok_or("it has no branch")?;
    let fit = name.len() <= LINE && Reference::is_valid_name(&format!("refs/heads/{name}"));
    if fit { Ok(name) } else { Err(format!("`{}` is no name of a branch", line(&name))) }
}

fn oid(text: Option<&str>) -> Result<Oid, String> {
    text.unwrap_or_default().parse().map_err(|error: crate::model::ParseIdError| error.to_string())
}

/// REST's account, or GraphQL's actor.
#[derive(Deserialize)]
pub(super) struct Actor {
    login: Option<String>,
    #[serde(alias = "__typename", rename = "type")]
    kind: Option<String>,
}

/// A deleted account is none at all, and is shown as GitHub's pages do.
pub(super) fn account(actor: Option<Actor>) -> Account {
    let ghost = || Account { login: "ghost".to_owned(), kind: AccountKind::Other };
    let Some(Actor { login: Some(login), kind }) = actor else { return ghost() };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'[' | b']' | b'.');
    if login.is_empty() || login.len() > 100 || !login.bytes().all(allowed) {
        return ghost();
    }
    match kind.as_deref() {
        // GraphQL leaves out what REST and the pages show.
        Some("Bot") if !login.ends_with("[bot]") => Account { login: format!("{login}[bot]"), kind: AccountKind::App },
        Some("Bot") => Account { login, kind: AccountKind::App },
        Some("User") => Account { login, kind: AccountKind::User },
        _ => Account { login, kind: AccountKind::Other },
    }
}

/// An account of its own.
pub(super) fn account_of(value: Value) -> Result<Account, String> {
    let account = account(Some(parsed(value)?));
    if account.login == "ghost" { Err("it names no account".to_owned()) } else { Ok(account) }
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

fn labels(named: Vec<Named>) -> Vec<String> {
    named.into_iter().take(LABELS).filter_map(|label| label.name).map(|name| line(&name)).collect()
}

#[derive(Deserialize)]
struct RestRepo {
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct RestEnd {
    #[serde(rename = "ref")]
    branch: Option<String>,
    sha: Option<String>,
    repo: Option<RestRepo>,
}

impl RestEnd {
    fn read(self, named: fn(Option<String>) -> Result<String, String>) -> Result<PullEnd, String> {
        let repo = self.repo.and_then(|repo| repo.full_name).and_then(|name| name.parse().ok());
        Ok(PullEnd { branch: named(self.branch)?, oid: oid(self.sha.as_deref())?, repo })
    }
}

#[derive(Deserialize)]
struct RestPull {
    number: u64,
    node_id: Option<String>,
    title: Option<String>,
    body: Option<String>,
    user: Option<Actor>,
    state: Option<String>,
    draft: Option<bool>,
    merged: Option<bool>,
    merged_at: Option<String>,
    labels: Option<Vec<Named>>,
    head: RestEnd,
    base: RestEnd,
    created_at: Timestamp,
    updated_at: Timestamp,
    mergeable: Option<bool>,
    comments: Option<u64>,
    review_comments: Option<u64>,
    html_url: Option<String>,
    auto_merge: Option<Value>,
}

/// A pull request of the REST API or of a webhook's payload.
pub fn rest_pull(value: Value) -> Result<PullRequest, String> {
    // A `mergeable` of null is "not found out yet", and none is "not told": serde's derive calls both `None`.
    let told = value.get("mergeable").is_some();
    let raw: RestPull = parsed(value)?;
    let (body, body_cut) = bounded(raw.body.as_deref().unwrap_or_default(), BODY);
    let base = raw.base.read(branch)?;
    let mergeable = match raw.mergeable {
        Some(true) => Some(Mergeable::Clean),
        Some(false) => Some(Mergeable::Conflict),
        None => told.then_some(Mergeable::Computing),
    };
    let state = match raw.state.as_deref() {
        _ if raw.merged == Some(true) || raw.merged_at.is_some() => PullState::Merged,
        Some("open") => PullState::Open,
        _ => PullState::Closed,
    };
    Ok(PullRequest {
        repo: base.repo.clone().ok_or("it does not say which repository it is of")?,
        number: raw.number,
        node_id: line(&raw.node_id.unwrap_or_default()),
        title: line(&raw.title.unwrap_or_default()),
        body,
        body_cut,
        author: account(raw.user),
        head: raw.head.read(head_branch)?,
        base,
        draft: raw.draft.unwrap_or(false),
        state,
        labels: labels(raw.labels.unwrap_or_default()),
        created: raw.created_at,
        updated: raw.updated_at,
        mergeable: mergeable.filter(|_| state == PullState::Open),
        review: None,
        comments: raw.comments.map(|comments| comments.saturating_add(raw.review_comments.unwrap_or(0))),
        url: address(raw.html_url),
        opinions: None,
        retargeted: None,
        auto_merge: raw.auto_merge.is_some_and(|on| !on.is_null()),
    })
}

#[derive(Deserialize)]
struct RestMerge {
    merged_at: Timestamp,
    merge_commit_sha: String,
}

/// A pull request of the REST API that was merged; `None` for any other, and where it cannot be read.
pub(super) fn merged_pull(value: Value) -> Option<Landed> {
    let RestMerge { merged_at: at, merge_commit_sha } = RestMerge::deserialize(&value).ok()?;
    Some(Landed { pull: rest_pull(value).ok()?, commit: merge_commit_sha.parse().ok()?, at })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeRepo {
    name_with_owner: Option<String>,
}

impl NodeRepo {
    fn read(self) -> Option<RepoName> {
        self.name_with_owner?.parse().ok()
    }
}

#[derive(Deserialize)]
struct NodeLabels {
    nodes: Option<Vec<Option<Named>>>,
}

/// A state of a review in either API's spelling.
pub(super) fn review_state(word: &str) -> Option<ReviewState> {
    Some(match word.to_ascii_lowercase().as_str() {
        "approved" => ReviewState::Approved,
        "changes_requested" => ReviewState::ChangesRequested,
        "commented" => ReviewState::Commented,
        "dismissed" => ReviewState::Dismissed,
        "pending" => ReviewState::Pending,
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: Option<String>,
    number: u64,
    title: Option<String>,
    body: Option<String>,
    url: Option<String>,
    is_draft: Option<bool>,
    state: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    author: Option<Actor>,
    head_ref_name: Option<String>,
    head_ref_oid: Option<String>,
    head_repository: Option<NodeRepo>,
    base_ref_name: Option<String>,
    base_ref_oid: Option<String>,
    repository: Option<NodeRepo>,
    mergeable: Option<String>,
    review_decision: Option<String>,
    total_comments_count: Option<u64>,
    labels: Option<NodeLabels>,
    latest_opinionated_reviews: Option<NodeOpinions>,
    timeline_items: Option<NodeEvents>,
    auto_merge_request: Option<Value>,
}

/// A pull request of the GraphQL API.
pub(super) fn node(value: Value) -> Result<PullRequest, String> {
    // A decision of null is "none required", and none is "not told".
    let decided = value.get("reviewDecision").is_some();
    let raw: Node = parsed(value)?;
    let (body, body_cut) = bounded(raw.body.as_deref().unwrap_or_default(), BODY);
    let repo = raw.repository.and_then(NodeRepo::read).ok_or("it does not say which repository it is of")?;
    let review = match raw.review_decision.as_deref() {
        None => decided.then_some(ReviewDecision::NoneRequired),
        Some("APPROVED") => Some(ReviewDecision::Approved),
        Some("CHANGES_REQUESTED") => Some(ReviewDecision::ChangesRequested),
        Some("REVIEW_REQUIRED") => Some(ReviewDecision::Required),
        Some(_) => None,
    };
    let state = match raw.state.as_deref() {
        Some("OPEN") => PullState::Open,
        Some("MERGED") => PullState::Merged,
        _ => PullState::Closed,
    };
    let mergeable = match raw.mergeable.as_deref() {
        Some("MERGEABLE") => Some(Mergeable::Clean),
        Some("CONFLICTING") => Some(Mergeable::Conflict),
        Some(_) => Some(Mergeable::Computing),
        None => None,
    };
    let (opinions, retargeted) = opinions::told(raw.latest_opinionated_reviews, raw.timeline_items, raw.number);
    let named = raw.labels.and_then(|labels| labels.nodes).unwrap_or_default();
    Ok(PullRequest {
        number: raw.number,
        node_id: line(&raw.id.unwrap_or_default()),
        title: line(&raw.title.unwrap_or_default()),
        body,
        body_cut,
        author: account(raw.author),
        head: PullEnd {
            branch: head_branch(raw.head_ref_name)?,
            oid: oid(raw.head_ref_oid.as_deref())?,
            repo: raw.head_repository.and_then(NodeRepo::read),
        },
        base: PullEnd {
            branch: branch(raw.base_ref_name)?,
            oid: oid(raw.base_ref_oid.as_deref())?,
            repo: Some(repo.clone()),
        },
        draft: raw.is_draft.unwrap_or(false),
        state,
        labels: labels(named.into_iter().flatten().collect()),
        created: raw.created_at,
        updated: raw.updated_at,
        mergeable: mergeable.filter(|_| state == PullState::Open),
        review,
        comments: raw.total_comments_count,
        url: address(raw.url),
        opinions,
        retargeted,
        auto_merge: raw.auto_merge_request.is_some_and(|on| !on.is_null()),
        repo,
    })
}

#[derive(Deserialize)]
struct RestReview {
    id: u64,
    user: Option<Actor>,
    state: Option<String>,
    body: Option<String>,
    commit_id: Option<String>,
    submitted_at: Option<Timestamp>,
    html_url: Option<String>,
}

/// A review of the REST API or of a webhook's payload.
pub fn review(value: Value) -> Result<Review, String> {
    let raw: RestReview = parsed(value)?;
    let state = raw.state.unwrap_or_default();
    Ok(Review {
        id: raw.id,
        author: account(raw.user),
        state: review_state(&state).ok_or_else(|| format!("a review cannot be `{}`", line(&state)))?,
        commit: raw.commit_id.and_then(|sha| sha.parse().ok()),
        body: bounded(raw.body.as_deref().unwrap_or_default(), BODY).0,
        submitted: raw.submitted_at,
        url: address(raw.html_url),
    })
}

#[derive(Deserialize)]
struct RestRemark {
    id: u64,
    user: Option<Actor>,
    body: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    html_url: Option<String>,
    in_reply_to_id: Option<u64>,
    path: Option<String>,
    line: Option<u64>,
    side: Option<String>,
    commit_id: Option<String>,
}

/// A comment on a pull request, or a review comment on one of its lines.
pub fn remark(value: Value) -> Result<Remark, String> {
    let raw: RestRemark = parsed(value)?;
    let place = raw.path.map(|path| ReviewPlace {
        path: line(&path),
        line: raw.line,
        old: raw.side.as_deref() == Some("LEFT"),
        commit: raw.commit_id.and_then(|sha| sha.parse().ok()),
    });
    Ok(Remark {
        id: raw.id,
        author: account(raw.user),
        body: bounded(raw.body.as_deref().unwrap_or_default(), BODY).0,
        created: raw.created_at,
        updated: raw.updated_at,
        place,
        answers: raw.in_reply_to_id,
        url: address(raw.html_url),
    })
}

#[derive(Deserialize)]
struct RunOutput {
    title: Option<String>,
}

#[derive(Deserialize)]
struct RunApp {
    slug: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct RestRun {
    name: Option<String>,
    status: Option<String>,
    conclusion: Option<String>,
    output: Option<RunOutput>,
    app: Option<RunApp>,
    html_url: Option<String>,
    details_url: Option<String>,
}

/// A check run.
pub fn check_run(value: Value) -> Result<Check, String> {
    let raw: RestRun = parsed(value)?;
    let app = raw.app.and_then(|app| app.slug.or(app.name));
    let (state, word) = run_state(raw.status.unwrap_or_default(), raw.conclusion.unwrap_or_default());
    Ok(Check {
        name: line(&raw.name.ok_or("it has no name")?),
        app: Some(line(&app.unwrap_or_default())),
        state,
        word: line(&word),
        summary: line(&raw.output.and_then(|output| output.title).unwrap_or_default()),
        url: address(raw.html_url).or_else(|| address(raw.details_url)),
    })
}

/// How a run stands, and GitHub's word for it.
fn run_state(status: String, conclusion: String) -> (CheckState, String) {
    match (status.as_str(), conclusion.as_str()) {
        ("completed", "success" | "neutral" | "skipped") => (CheckState::Passed, conclusion),
        ("completed", _) => (CheckState::Failed, conclusion),
        _ => (CheckState::Pending, status),
    }
}

#[derive(Deserialize)]
struct RestStatus {
    context: Option<String>,
    state: Option<String>,
    description: Option<String>,
    #[serde(alias = "targetUrl")]
    target_url: Option<String>,
}

/// A commit status.
pub fn status(value: Value) -> Result<Check, String> {
    let raw: RestStatus = parsed(value)?;
    let word = raw.state.unwrap_or_default().to_ascii_lowercase();
    Ok(Check {
        name: line(&raw.context.ok_or("it has no context")?),
        app: None,
        state: match word.as_str() {
            "success" => CheckState::Passed,
            // Only GraphQL tells of one that is required and was not reported.
            "pending" | "expected" => CheckState::Pending,
            _ => CheckState::Failed,
        },
        word: line(&word),
        summary: line(&raw.description.unwrap_or_default()),
        url: address(raw.target_url),
    })
}

#[derive(Deserialize)]
struct NodeSuite {
    app: Option<RunApp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeRun {
    name: Option<String>,
    status: Option<String>,
    conclusion: Option<String>,
    title: Option<String>,
    check_suite: Option<NodeSuite>,
    permalink: Option<String>,
    details_url: Option<String>,
}

/// A check run or a commit status of the GraphQL API.
pub(super) fn context(value: Value) -> Result<Check, String> {
    match value.get("__typename").and_then(Value::as_str) {
        Some("StatusContext") => return status(value),
        Some("CheckRun") => {}
        _ => return Err("it is neither a run nor a status".to_owned()),
    }
    let raw: NodeRun = parsed(value)?;
    let app = raw.check_suite.and_then(|suite| suite.app).and_then(|app| app.slug.or(app.name));
    let small = |word: Option<String>| word.unwrap_or_default().to_ascii_lowercase();
    let (state, word) = run_state(small(raw.status), small(raw.conclusion));
    Ok(Check {
        name: line(&raw.name.ok_or("it has no name")?),
        app: Some(line(&app.unwrap_or_default())),
        state,
        word: line(&word),
        summary: line(&raw.title.unwrap_or_default()),
        url: address(raw.permalink).or_else(|| address(raw.details_url)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::opinions::{Event, event, opinions};
    use super::*;

    fn rest() -> Value {
        let end =
            json!({ "ref": "main", "sha": "0123456789012345678901234567890123456789", "repo": { "full_name": "a/b" } });
        json!({
            "number": 7, "node_id": "PR_7", "title": "T", "body": "B", "user": { "login": "x[bot]", "type": "Bot" },
            "state": "open", "draft": false, "merged": false, "merged_at": null, "labels": [{ "name": "l" }], "head": end,
            "base": end, "created_at": "2025-01-06T12:00:00Z", "updated_at": "2025-01-06T12:00:00Z", "mergeable": null,
            "comments": 1, "review_comments": 2, "html_url": "https://github.com/a/b/pull/7", "auto_merge": { "merge_method": "squash" },
        })
    }

    fn graphql() -> Value {
        let sha = "0123456789012345678901234567890123456789";
        json!({
            "id": "PR_7", "number": 7, "title": "T", "body": "B", "url": "https://github.com/a/b/pull/7", "isDraft": false,
            "state": "OPEN", "createdAt": "2025-01-06T12:00:00Z", "updatedAt": "2025-01-06T12:00:00Z",
            "author": { "__typename": "Bot", "login": "x" }, "headRefName": "main", "headRefOid": sha,
            "headRepository": { "nameWithOwner": "a/b" }, "baseRefName": "main", "baseRefOid": sha,
            "repository": { "nameWithOwner": "a/b" }, "mergeable": "UNKNOWN", "reviewDecision": null,
            "totalCommentsCount": 3, "autoMergeRequest": { "enabledAt": "2025-01-06T12:00:00Z" }, "labels": { "nodes": [{ "name": "l" }] },
            "latestOpinionatedReviews": { "totalCount": 1, "nodes": [{
                "author": { "__typename": "User", "login": "sam" }, "state": "APPROVED", "submittedAt": "2025-01-06T12:00:00Z",
                "body": "<!-- countersign 07070707070707070707070707070707 7 approve -->\nFine.", "commit": { "oid": sha },
            }] },
            "timelineItems": { "pageInfo": { "hasPreviousPage": false }, "nodes": [{
                "__typename": "ReviewDismissedEvent", "createdAt": "2025-01-06T12:30:00Z", "previousReviewState": "CHANGES_REQUESTED",
                "actor": { "__typename": "Bot", "login": "x" }, "review": {
                    "author": { "__typename": "User", "login": "lee" }, "submittedAt": "2025-01-06T12:20:00Z",
                    "body": "<!-- countersign 07070707070707070707070707070707 7 approve -->\nFine.",
                    "state": "DISMISSED", "commit": { "oid": sha } },
            }, {
                "__typename": "BaseRefChangedEvent", "createdAt": "2025-01-06T12:10:00Z", "actor": null,
                "previousReviewState": null, "review": null,
            }] },
        })
    }

    /// Every place of a value, as the path to it.
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        let inner: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
            Value::Array(all) => all.iter().enumerate().map(|(place, value)| (place.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        for (name, value) in inner {
            let place = format!("{at}/{name}");
            places(value, &place, found);
            found.push(place);
        }
    }

    #[test]
    fn both_apis_tell_the_same() {
        let (rest, graphql) = (rest_pull(rest()).unwrap(), node(graphql()).unwrap());
        assert_eq!(rest.mergeable, Some(Mergeable::Computing));
        let review = |id: u64, login: &str, state: &str, at: &str| {
            review(json!({
                "id": id, "user": { "login": login, "type": "User" }, "state": state, "commit_id": rest.head.oid,
                "submitted_at": at, "body": "<!-- countersign 07070707070707070707070707070707 7 approve -->\nFine.",
            }))
            .unwrap()
        };
        let said = [
            ("sam", "CHANGES_REQUESTED", "2025-01-06T11:00:00Z"),
            ("sam", "APPROVED", "2025-01-06T12:00:00Z"),
            ("sam", "COMMENTED", "2025-01-06T13:00:00Z"),
            ("lee", "DISMISSED", "2025-01-06T12:20:00Z"),
        ];
        let events = [
            json!({ "event": "base_ref_changed", "created_at": "2025-01-06T12:10:00Z" }),
            json!({ "event": "review_dismissed", "created_at": "2025-01-06T12:30:00Z", "actor": { "login": "x[bot]", "type": "Bot" },
                "dismissed_review": { "state": "changes_requested", "review_id": 4 } }),
            json!({ "event": "labeled", "created_at": "2025-01-06T12:40:00Z" }),
            json!({ "event": "review_dismissed", "created_at": "2025-01-06T12:50:00Z" }),
        ];
        let events: Vec<Event> = events.into_iter().filter_map(|value| event(value).unwrap()).collect();
        let retargeted = events.iter().find_map(Event::retargeted);
        let reviews = said.iter().zip(1..).map(|((login, state, at), id)| review(id, login, state, at)).collect();
        let opinions = Some(opinions(reviews, &events, 7));
        assert!(retargeted.is_some());
        assert_eq!(PullRequest { review: Some(ReviewDecision::NoneRequired), opinions, retargeted, ..rest }, graphql);
    }

    #[test]
    fn a_head_may_be_named_like_an_option_and_a_base_may_not() {
        for (member, fine) in
            [("/head/ref", true), ("/base/ref", false), ("/headRefName", true), ("/baseRefName", false)]
        {
            for name in ["-x", "--upload-pack=x"] {
                let (mut value, read) = if member.contains("Name") {
                    (graphql(), node as fn(Value) -> Result<PullRequest, String>)
                } else {
                    (rest(), rest_pull as _)
                };
                *value.pointer_mut(member).unwrap() = json!(name);
                assert_eq!(read(value).is_ok(), fine, "{member} {name}");
            }
        }
    }

    #[test]
    fn comments_are_counted_as_far_as_numbers_go() {
        let mut many = rest();
        many["comments"] = json!(u64::MAX);
        assert_eq!(rest_pull(many).unwrap().comments, Some(u64::MAX));
    }

    #[test]
    fn opinions_that_are_not_all_told_are_unknown() {
        for (member, wanted) in [
            ("/latestOpinionatedReviews/totalCount", json!(2)),
            ("/latestOpinionatedReviews/nodes/0", Value::Null),
            ("/latestOpinionatedReviews/nodes/0/state", json!("OF_TOMORROW")),
            ("/latestOpinionatedReviews/nodes", Value::Null),
            ("/latestOpinionatedReviews", Value::Null),
            ("/timelineItems", Value::Null),
            ("/timelineItems/nodes", Value::Null),
            ("/timelineItems/nodes/0", Value::Null),
            ("/timelineItems/nodes/0/__typename", Value::Null),
            ("/timelineItems/nodes/0/review", Value::Null),
            ("/timelineItems/nodes/1", Value::Null),
            ("/timelineItems/nodes/1/createdAt", Value::Null),
            ("/timelineItems/pageInfo", Value::Null),
            ("/timelineItems/pageInfo/hasPreviousPage", json!(true)),
        ] {
            let mut odd = graphql();
            *odd.pointer_mut(member).unwrap() = wanted;
            assert_eq!(node(odd).unwrap().opinions, None, "{member}");
        }
    }

    #[test]
    fn whatever_is_in_a_member_is_read_or_refused() {
        let odd = [
            Value::Null,
            json!(-1),
            json!(1e300),
            json!(true),
            json!([]),
            json!({}),
            json!("\u{1b}]0;x\u{7}\u{202e}"),
            json!("..//@{"),
            json!("x".repeat(200_000)),
        ];
        for (whole, read) in [(rest(), rest_pull as fn(Value) -> Result<PullRequest, String>), (graphql(), node)] {
            let mut all = Vec::new();
            places(&whole, "", &mut all);
            for place in all {
                for odd in &odd {
                    let mut altered = whole.clone();
                    *altered.pointer_mut(&place).unwrap() = odd.clone();
                    let Ok(pull) = read(altered) else { continue };
                    let login = pull.author.login.bytes().all(|byte| byte.is_ascii_graphic());
                    let branch = [&pull.head.branch, &pull.base.branch].iter().all(|name| name.as_str() == "main");
                    let url = pull.url.is_none_or(|url| {
                        url.starts_with("https://") && url.bytes().all(|byte| byte.is_ascii_graphic())
                    });
                    assert!(
                        login && branch && url && pull.title.len() <= LINE && pull.body.len() <= BODY,
                        "{place} {odd}"
                    );
                }
            }
        }
    }

    #[test]
    fn checks_pass_only_by_words_that_say_so() {
        for (status, conclusion, wanted) in [
            ("completed", json!("success"), CheckState::Passed),
            ("completed", json!("neutral"), CheckState::Passed),
            ("completed", json!("skipped"), CheckState::Passed),
            ("completed", json!("failure"), CheckState::Failed),
            ("completed", json!("cancelled"), CheckState::Failed),
            ("completed", json!("timed_out"), CheckState::Failed),
            ("completed", json!("action_required"), CheckState::Failed),
            ("completed", json!("stale"), CheckState::Failed),
            ("completed", json!("of tomorrow"), CheckState::Failed),
            ("completed", Value::Null, CheckState::Failed),
            ("queued", Value::Null, CheckState::Pending),
            ("in_progress", json!("success"), CheckState::Pending),
            ("waiting", Value::Null, CheckState::Pending),
        ] {
            let run = check_run(json!({ "name": "n", "status": status, "conclusion": conclusion })).unwrap();
            assert_eq!(run.state, wanted, "{status} {conclusion}");
        }
        for (state, wanted) in [
            ("success", CheckState::Passed),
            ("pending", CheckState::Pending),
            ("error", CheckState::Failed),
            ("", CheckState::Failed),
        ] {
            assert_eq!(status(json!({ "context": "c", "state": state })).unwrap().state, wanted, "{state}");
        }
    }
}
