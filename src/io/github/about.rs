//! Whose token it is, and what a forge says of a repository and asks of its branches.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::client::Client;
use super::error::GitHubError;
use super::raw;
use super::wire::Still;
use crate::model::Oid;
use crate::model::forge::{BranchRule, BranchRules, Identity, RepoFacts, RepoName};

/// Rules of a branch, a page of a hundred each (there are a few).
const PAGES: usize = 3;
/// Names of checks that are kept.
const CHECKS: usize = 200;

/// Asks whose token it is. An app's own token speaks for nobody, and is refused.
pub fn identity(client: &Client, still: Still<'_>) -> Result<Identity, GitHubError> {
    let what = "the token's account";
    let answer = client.read("/user", what).wait(still)?;
    let account = raw::account_of(client.parse(&answer, what)?).map_err(|why| client.unreadable(what, &why))?;
    let scopes = answer
        .header("x-oauth-scopes")
        .map(|scopes| scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(raw::line).collect());
    Ok(Identity { account, scopes, expires: expiry(&answer) })
}

/// When the token expires: `2025-02-01 09:00:00 UTC`, or with an offset.
fn expiry(answer: &Answer) -> Option<Timestamp> {
    let text = answer.header("github-authentication-token-expiration")?;
    if let Some(civil) = text.strip_suffix(" UTC") {
        return civil.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).ok()
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
    default_branch: Option<String>,
    archived: Option<bool>,
    allow_merge_commit: Option<bool>,
    allow_squash_merge: Option<bool>,
    permissions: Option<Permissions>,
}

#[derive(Deserialize)]
struct Permissions {
    push: Option<bool>,
    admin: Option<bool>,
}

/// Asks about a repository.
pub fn repository(client: &Client, repo: &RepoName, still: Still<'_>) -> Result<RepoFacts, GitHubError> {
    let what = repo.to_string();
    let answer = client.read(&format!("/repos/{repo}"), &what).wait(still)?;
    let raw: Repository = client.parse(&answer, &what)?;
    let read = || {
        let name = raw.full_name.parse().map_err(|error: crate::model::forge::ParseRepoError| error.to_string())?;
        Ok((name, raw::branch(raw.default_branch)?))
    };
    let (repo, default_branch) = read().map_err(|why: String| client.unreadable(&what, &why))?;
    Ok(RepoFacts {
        repo,
        default_branch,
        archived: raw.archived.unwrap_or(false),
        merge: raw.allow_merge_commit,
        squash: raw.allow_squash_merge,
        push: raw.permissions.as_ref().and_then(|permissions| permissions.push),
        admin: raw.permissions.as_ref().and_then(|permissions| permissions.admin),
    })
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Value,
}

/// Asks what a branch asks for: by rulesets, which everybody may read, and by its protection, which only admins may; from them
/// the more. Where a token may not read the protection, the branch itself tells which checks it asks for; what it keeps to itself is
/// `hidden`.
pub fn rules(client: &Client, repo: &RepoName, branch: &str, still: Still<'_>) -> Result<BranchRules, GitHubError> {
    let what = format!("the rules of {branch} in {repo}");
    let name = encoded(branch);
    let by_rulesets = client.read(&format!("/repos/{repo}/rules/branches/{name}?per_page=100"), &what);
    let by_protection = client.read(&format!("/repos/{repo}/branches/{name}/protection"), &what);
    let mut rules = BranchRules::default();
    match by_rulesets.all::<Vec<Rule>>(PAGES, still) {
        Ok((pages, _)) => pages.into_iter().flatten().for_each(|rule| add_rule(&mut rules, &rule)),
        // Older servers have none.
        Err(GitHubError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    match by_protection.wait(still) {
        Ok(answer) => add_protection(&mut rules, &client.parse(&answer, &what)?),
        Err(GitHubError::NotFound { .. } | GitHubError::Forbidden { .. }) => {
            match summary(client, repo, branch, still) {
                Ok(summary) => add_summary(&mut rules, &summary),
                // There is none, or nobody may know.
                Err(GitHubError::NotFound { .. }) => rules.hidden = true,
                Err(error) => return Err(error),
            }
        }
        Err(error) => return Err(error),
    }
    rules.checks.sort();
    rules.checks.dedup();
    Ok(rules)
}

/// Whether a branch is protected in any way, which everybody may know who sees it; `None` where there is no such branch.
pub fn protected(
    client: &Client,
    repo: &RepoName,
    branch: &str,
    still: Still<'_>,
) -> Result<Option<bool>, GitHubError> {
    match summary(client, repo, branch, still) {
        Ok(summary) => Ok(Some(summary.protected)),
        Err(GitHubError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where a branch is; `None` where there is no such branch.
pub(super) fn tip(
    client: &Client,
    repo: &RepoName,
    branch: &str,
    still: Still<'_>,
) -> Result<Option<Oid>, GitHubError> {
    #[derive(Deserialize)]
    struct Branch {
        commit: Tip,
    }
    #[derive(Deserialize)]
    struct Tip {
        sha: Oid,
    }
    let what = format!("the branch {branch} of {repo}");
    match client.read(&format!("/repos/{repo}/branches/{}", encoded(branch)), &what).wait(still) {
        Ok(answer) => Ok(Some(client.parse::<Branch>(&answer, &what)?.commit.sha)),
        Err(GitHubError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What everybody who sees a branch may know of its protection.
#[derive(Deserialize)]
struct Summary {
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    protection: Value,
}

fn summary(client: &Client, repo: &RepoName, branch: &str, still: Still<'_>) -> Result<Summary, GitHubError> {
    let what = format!("the branch {branch} of {repo}");
    let answer = client.read(&format!("/repos/{repo}/branches/{}", encoded(branch)), &what).wait(still)?;
    client.parse(&answer, &what)
}

fn add_summary(rules: &mut BranchRules, summary: &Summary) {
    let checks = &summary.protection["required_status_checks"]["contexts"];
    rules.hidden = summary.protected && !checks.is_array();
    add_checks(rules, checks);
}

/// Tries to read what a queue is made of: pull requests, and the checks and statuses of a branch's tip.
pub fn readable(client: &Client, repo: &RepoName, branch: &str, still: Still<'_>) -> Result<(), GitHubError> {
    let name = encoded(branch);
    let parts = [
        ("pulls?per_page=1".to_owned(), "pull requests"),
        (format!("commits/{name}/check-runs?per_page=1"), "checks"),
        (format!("commits/{name}/status?per_page=1"), "commit statuses"),
    ];
    let begun = parts.map(|(path, what)| client.read(&format!("/repos/{repo}/{path}"), &format!("{what} of {repo}")));
    begun.into_iter().try_for_each(|reading| reading.wait(still).map(drop))
}

fn add_rule(rules: &mut BranchRules, rule: &Rule) {
    let given = &rule.parameters;
    let also = match rule.kind.as_str() {
        "pull_request" => return add_reviews(rules, given),
        "required_status_checks" => {
            add_checks(rules, &given["required_status_checks"]);
            (given["strict_required_status_checks_policy"] == true).then_some(BranchRule::UpToDate)
        }
        "required_signatures" => Some(BranchRule::Signed),
        "non_fast_forward" => Some(BranchRule::NoForce),
        "deletion" => Some(BranchRule::NoDeletion),
        "update" => Some(BranchRule::Restricted),
        "required_linear_history" => Some(BranchRule::NoMergeCommit),
        "merge_queue" => Some(BranchRule::MergeQueue),
        _ => None,
    };
    rules.also.extend(also);
}

fn add_protection(rules: &mut BranchRules, given: &Value) {
    if let Some(reviews) = given.get("required_pull_request_reviews") {
        add_reviews(rules, reviews);
    }
    let checks = &given["required_status_checks"];
    // Older servers name no apps.
    add_checks(rules, &checks["checks"]);
    add_checks(rules, &checks["contexts"]);
    let also = [
        (checks["strict"] == true, BranchRule::UpToDate),
        (given["required_signatures"]["enabled"] == true, BranchRule::Signed),
        // Protection refuses both unless it says otherwise.
        (given["allow_force_pushes"]["enabled"] != true, BranchRule::NoForce),
        (given["allow_deletions"]["enabled"] != true, BranchRule::NoDeletion),
        (given.get("restrictions").is_some_and(|some| !some.is_null()), BranchRule::Restricted),
        (given["required_linear_history"]["enabled"] == true, BranchRule::NoMergeCommit),
    ];
    rules.also.extend(also.into_iter().filter(|(asked, _)| *asked).map(|(_, rule)| rule));
}

fn add_reviews(rules: &mut BranchRules, given: &Value) {
    let needed = given["required_approving_review_count"].as_u64().unwrap_or(0);
    rules.approvals = Some(rules.approvals.unwrap_or(0).max(needed));
    let Some(methods) = given["allowed_merge_methods"].as_array() else { return };
    let also = [("merge", BranchRule::NoMergeCommit), ("squash", BranchRule::NoSquash)];
    rules
        .also
        .extend(also.into_iter().filter(|(word, _)| !methods.iter().any(|one| one == word)).map(|(_, rule)| rule));
}

fn add_checks(rules: &mut BranchRules, checks: &Value) {
    for check in checks.as_array().into_iter().flatten() {
        let name = check["context"].as_str().or(check.as_str()).map(raw::line);
        let name = name.filter(|name| rules.checks.len() < CHECKS && !rules.checks.contains(name));
        rules.checks.extend(name);
    }
}

/// A text, such as a branch's name, as one segment of a path, or as one value of a query.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_and_protection_add_up_to_the_more() {
        let mut rules = BranchRules::default();
        for (kind, parameters) in [
            ("pull_request", json!({ "required_approving_review_count": 1 })),
            ("required_status_checks", json!({ "required_status_checks": [{ "context": "ci" }, { "odd": 1 }] })),
            ("deletion", Value::Null),
            ("of_tomorrow", json!({})),
        ] {
            add_rule(&mut rules, &Rule { kind: kind.into(), parameters });
        }
        let also = |all: &[BranchRule]| all.iter().copied().collect();
        let before = BranchRules {
            approvals: Some(1),
            checks: vec!["ci".into()],
            also: also(&[BranchRule::NoDeletion]),
            hidden: false,
        };
        assert_eq!(rules, before);
        let protection = json!({
            "required_pull_request_reviews": { "required_approving_review_count": 2 },
            "required_status_checks": { "strict": true, "contexts": ["ci"], "checks": [{ "context": "lint", "app_id": null }] },
            "restrictions": { "users": [] }, "required_linear_history": { "enabled": true }, "allow_force_pushes": { "enabled": true },
        });
        add_protection(&mut rules, &protection);
        let after = BranchRules {
            approvals: Some(2),
            checks: vec!["ci".into(), "lint".into()],
            also: also(&[
                BranchRule::NoDeletion,
                BranchRule::UpToDate,
                BranchRule::Restricted,
                BranchRule::NoMergeCommit,
            ]),
            hidden: false,
        };
        assert_eq!(rules, after);
    }

    #[test]
    fn what_a_branch_keeps_to_itself_is_not_nothing() {
        let checks = |value: Value| json!({ "required_status_checks": { "contexts": value } });
        for (protected, protection, hidden, names) in [
            (true, checks(json!(["ci", "lint"])), false, &["ci", "lint"][..]),
            (true, checks(json!([])), false, &[]),
            (true, Value::Null, true, &[]),
            (true, json!({ "enabled": true }), true, &[]),
            (false, Value::Null, false, &[]),
        ] {
            let mut rules = BranchRules::default();
            add_summary(&mut rules, &Summary { protected, protection });
            assert_eq!((rules.hidden, rules.checks), (hidden, names.iter().map(ToString::to_string).collect()));
        }
    }

    #[test]
    fn rules_say_how_pull_requests_may_land() {
        let allowed = |words: &[&str]| ("pull_request", json!({ "allowed_merge_methods": words }));
        for ((kind, parameters), wanted) in [
            (allowed(&["merge", "squash", "rebase"]), &[][..]),
            (allowed(&["squash"]), &[BranchRule::NoMergeCommit]),
            (allowed(&["merge"]), &[BranchRule::NoSquash]),
            (("required_linear_history", Value::Null), &[BranchRule::NoMergeCommit]),
            (("merge_queue", json!({})), &[BranchRule::MergeQueue]),
        ] {
            let mut rules = BranchRules::default();
            add_rule(&mut rules, &Rule { kind: kind.into(), parameters: parameters.clone() });
            assert_eq!(rules.also.into_iter().collect::<Vec<_>>(), wanted, "{kind} {parameters}");
        }
    }

    #[test]
    fn a_branch_is_one_segment() {
        assert_eq!(encoded("release/1.0?x#ä"), "release%2F1.0%3Fx%23%C3%A4");
    }

    #[test]
    fn tokens_expire_at_a_time() {
        for (text, wanted) in [
            ("2025-02-01 09:00:00 UTC", Some("2025-02-01T09:00:00Z")),
            ("2025-02-01 09:00:00 +0200", Some("2025-02-01T07:00:00Z")),
            ("soon", None),
        ] {
            let mut headers = http::HeaderMap::new();
            headers.insert("github-authentication-token-expiration", text.parse().unwrap());
            let answer = Answer { status: 200, headers, body: Vec::new() };
            assert_eq!(expiry(&answer), wanted.map(|time| time.parse().unwrap()), "{text}");
        }
    }
}
