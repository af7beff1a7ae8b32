//! What is said of one pull request, read when it is looked at: reviews, remarks, checks.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::client::{Client, Reading};
use super::error::GitHubError;
use super::raw;
use super::wire::Still;
use crate::model::forge::{Check, Checks, PullRequest, Remark, RepoName, Review};
use crate::model::{Known, Oid, Problem};

/// Pages of a hundred that are read of each kind.
const PAGES: usize = 10;
/// Bytes of a text that are kept of each: more than is shown, and little enough for thousands of them.
const TEXT: usize = 8 << 10;

/// What is said of a pull request. Each part is read by itself: a token that may not read one still reads the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The pull request as it is now, with what lists do not tell.
    pub pull: Known<PullRequest>,
    /// Its reviews, oldest first.
    pub reviews: Known<Vec<Review>>,
    /// What was said of it and of its lines, oldest first.
    pub remarks: Known<Vec<Remark>>,
    /// The checks of its head.
    pub checks: Known<Checks>,
    /// What could not be read, or was too much.
    pub problems: Vec<Problem>,
}

/// A page of check runs.
#[derive(Deserialize)]
struct Runs {
    #[serde(default)]
    check_runs: Vec<Value>,
}

/// The statuses of a commit, the latest of each context.
#[derive(Deserialize)]
struct Statuses {
    #[serde(default)]
    statuses: Vec<Value>,
}

/// Reads all that is said of a pull request; of remarks those since a time. The head is the one that is looked at, which need not
/// be the newest. Only a question that was taken back is an error as a whole.
pub fn details(
    client: &Client,
    repo: &RepoName,
    number: u64,
    head: Oid,
    since: Option<Timestamp>,
    still: Still<'_>,
) -> Result<Details, GitHubError> {
    let (pull, issue) = (format!("/repos/{repo}/pulls/{number}"), format!("/repos/{repo}/issues/{number}"));
    let name = format!("{repo}#{number}");
    let from = since.map(|since| format!("&since={}", since.strftime("%Y-%m-%dT%H:%M:%SZ"))).unwrap_or_default();
    let begin = |path: String, what: &str| client.read(&path, &format!("the {what} of {name}"));
    // All are under way before the first is waited for.
    let one = client.read(&pull, &name);
    let reviews = begin(format!("{pull}/reviews?per_page=100"), "reviews");
    let on_lines = begin(format!("{pull}/comments?per_page=100{from}"), "review comments");
    let on_whole = begin(format!("{issue}/comments?per_page=100{from}"), "comments");
    let commit = Commit::begin(client, repo, head);
    let mut problems = Vec::new();
    let pull = stopped(one.wait(still).and_then(|answer| {
        client
            .parse(&answer, &name)
            .and_then(|value| raw::rest_pull(value).map_err(|why| client.unreadable(&name, &why)))
    }))?;
    let reviews = stopped(gathered(reviews, "review", review, &mut problems, still))?;
    let on_lines = gathered(on_lines, "review comment", remark, &mut problems, still);
    let on_whole = gathered(on_whole, "comment", remark, &mut problems, still);
    let remarks = stopped(on_lines.and_then(|mut remarks| {
        remarks.extend(on_whole?);
        remarks.sort_by_key(|remark| (remark.created, remark.id));
        Ok(remarks)
    }))?;
    let checks = stopped(commit.checks(&mut problems, still))?;
    Ok(Details { pull, reviews, remarks, checks, problems })
}

/// Reads the checks of a commit alone: before a merge, and again.
pub fn checks(client: &Client, repo: &RepoName, commit: Oid, still: Still<'_>) -> Result<Checks, GitHubError> {
    let mut problems = Vec::new();
    let checks = Commit::begin(client, repo, commit).checks(&mut problems, still)?;
    // A check that could not be read may have failed.
    Ok(Checks { cut: checks.cut || !problems.is_empty(), ..checks })
}

/// The questions about a commit, under way.
struct Commit<'c> {
    oid: Oid,
    runs: Reading<'c>,
    statuses: Reading<'c>,
}

impl<'c> Commit<'c> {
    fn begin(client: &'c Client, repo: &RepoName, oid: Oid) -> Self {
        let path = format!("/repos/{repo}/commits/{oid}");
        let what = format!("of {} in {repo}", oid.short(12));
        Self {
            oid,
            runs: client.read(&format!("{path}/check-runs?per_page=100"), &format!("the checks {what}")),
            statuses: client.read(&format!("{path}/status?per_page=100"), &format!("the statuses {what}")),
        }
    }

    fn checks(self, problems: &mut Vec<Problem>, still: Still<'_>) -> Result<Checks, GitHubError> {
        let (runs, more_runs) = self.runs.all::<Runs>(PAGES, still)?;
        let (statuses, more_statuses) = self.statuses.all::<Statuses>(PAGES, still)?;
        let before = problems.len();
        let mut all: Vec<Check> = Vec::new();
        let mut take = |values, read: fn(Value) -> Result<Check, String>| {
            let (found, wrong) = raw::each(values, "check", read);
            all.extend(found);
            problems.extend(wrong);
        };
        take(runs.into_iter().flat_map(|page| page.check_runs).collect(), raw::check_run);
        take(statuses.into_iter().flat_map(|page| page.statuses).collect(), raw::status);
        let cut = more_runs || more_statuses || problems.len() > before;
        Ok(Checks { commit: self.oid, all, cut })
    }
}

/// A review with the begin of its text.
fn review(value: Value) -> Result<Review, String> {
    raw::review(value).map(|review| Review { body: raw::bounded(review.body.trim_start(), TEXT).0, ..review })
}

/// A remark with the begin of its text.
fn remark(value: Value) -> Result<Remark, String> {
    raw::remark(value).map(|remark| Remark { body: raw::bounded(remark.body.trim_start(), TEXT).0, ..remark })
}

fn gathered<T>(
    reading: Reading<'_>,
    what: &str,
    read: fn(Value) -> Result<T, String>,
    problems: &mut Vec<Problem>,
    still: Still<'_>,
) -> Result<Vec<T>, GitHubError> {
    let (found, wrong, more) = reading.each(PAGES, what, read, still)?;
    problems.extend(wrong);
    if more {
        problems.push(Problem {
            place: format!("{what}s"),
            what: format!("there are more than {}, which were not read", found.len()),
            next: "read them on GitHub".to_owned(),
        });
    }
    Ok(found)
}

/// What was found, or why not; only that nobody wants it any more ends the whole.
fn stopped<T>(found: Result<T, GitHubError>) -> Result<Known<T>, GitHubError> {
    match found {
        Err(GitHubError::Stopped) => Err(GitHubError::Stopped),
        found => Ok(found.into()),
    }
}
