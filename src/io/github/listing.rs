//! The open pull requests of a repository: by GraphQL in pages of cheap fields, by REST where there is none.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::client::{Changed, Client};
use super::error::GitHubError;
use super::wire::Still;
use super::{opinions, raw};
use crate::model::forge::{PullRequest, PullState, RepoName, ReviewState};
use crate::model::{Oid, Problem};

/// Pull requests a page: with three lists nested in each, as many as cost one point of the budget (GitHub: a point for each hundred
/// lists, rounded, however long the nested ones may be). A server that fails over so many is asked for fewer.
const PAGE: usize = 40;
/// The smallest page that is tried.
const SMALLEST: usize = 10;
/// Pull requests of one repository.
pub const MOST: usize = 1_000;
/// How many may leave a list that was cut until it is read anew: there is room then for those that were left out.
const GAPS: usize = MOST / 10;
/// Pull requests that are asked about one by one, where lists do not tell what people think of them.
const UNHEARD: usize = 100;
/// Pages of a hundred reviews, and of events, that are read of each.
const SAID: usize = 5;
/// Pages of a hundred closed pull requests among which those are looked for that became a commit.
const CLOSED: usize = 3;
/// For how long nothing must have changed until the mark of the last change is kept.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

/// What is read of each: nothing nested but labels (all that GitHub lets one have: rules and filters go by them), opinions (with
/// their count, since some say nothing of the others), and what became of those: changes of target, and who dismissed which.
const FIELDS: &str = "id number title body url isDraft state createdAt updatedAt author { __typename login } \
    headRefName headRefOid headRepository { nameWithOwner } baseRefName baseRefOid repository { nameWithOwner } \
    mergeable reviewDecision totalCommentsCount autoMergeRequest { enabledAt } labels(first: 100) { nodes { name } } \
    latestOpinionatedReviews(first: 20) { totalCount nodes { author { __typename login } state body submittedAt commit { oid } } } \
    timelineItems(last: 30, itemTypes: [BASE_REF_CHANGED_EVENT, AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT, REVIEW_DISMISSED_EVENT]) { \
    pageInfo { hasPreviousPage } nodes { __typename ... on BaseRefChangedEvent { createdAt } \
    ... on AutomaticBaseChangeSucceededEvent { createdAt } ... on ReviewDismissedEvent { createdAt previousReviewState \
    actor { __typename login } review { author { __typename login } state body submittedAt commit { oid } } } } }";

/// What is known of a repository's open pull requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The repository, as it was asked for.
    pub repo: RepoName,
    /// The pull requests, the one that changed last first.
    pub pulls: Vec<PullRequest>,
    /// Those that could not be read. They are said as long as the listing is known.
    pub problems: Vec<Problem>,
    /// Whether GitHub left something out, and nobody knows what: it is asked for anew, also where nothing changed.
    pub(super) left_out: bool,
    /// The pull requests of which too much was said to be read, as of their last change: they are not asked about again before the next.
    #[serde(default)]
    pub(super) too_much: Vec<(u64, Timestamp)>,
    /// Whether there are more than were read.
    pub cut: bool,
    /// When GitHub said last that it is so.
    pub fetched: Timestamp,
    /// When all of them were read last, and not only what changed.
    pub whole: Timestamp,
    /// The mark of the answer that says whether anything changed.
    pub(super) mark: Option<String>,
    /// The last change of any pull request, open or not, that is taken in.
    pub(super) newest: Option<Timestamp>,
}

/// A pull request that was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// The pull request.
    pub pull: PullRequest,
    /// The commit that it became.
    pub commit: Oid,
    /// When.
    pub at: Timestamp,
}

/// A page of a connection.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub page_info: PageInfo,
    #[serde(default)]
    pub nodes: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct PullsData {
    repository: RepositoryData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryData {
    pull_requests: Page,
}

/// Reads a repository anew, or what changed since `known`; nothing but a question that costs nothing where nothing did.
///
/// What does not count as a change to GitHub is not seen by that question: a target that moved (git tells), checks (they are
/// read on demand), and `mergeable`. All of it is read anew once `known` is as old as `keep`, or as far
/// ahead, where a clock was.
pub fn refresh(
    client: &Client,
    repo: &RepoName,
    known: Option<&Listing>,
    now: Timestamp,
    keep: SignedDuration,
    still: Still<'_>,
) -> Result<Listing, GitHubError> {
    let known = known.filter(|known| known.repo == *repo && now.duration_since(known.whole).abs() < keep);
    let path = format!("/repos/{repo}/pulls?state=all&sort=updated&direction=desc&per_page=1");
    let mark = known.and_then(|known| known.mark.as_deref());
    let Changed::Yes(answer) = client.changed(&path, mark, &whose(repo), still)? else {
        // Only a known listing has a mark.
        return known
            .map(|known| Listing { fetched: now, ..known.clone() })
            .ok_or_else(|| client.unreadable(&whose(repo), "it says that nothing changed, though nothing was known"));
    };
    let last: Vec<Value> = client.parse(&answer, &whose(repo))?;
    let newest = last.first().and_then(|value| value.get("updated_at")?.as_str()?.parse().ok());
    let mark = answer.header("etag").filter(|_| is_settled(&answer, newest)).map(str::to_owned);
    let listing = match known {
        Some(known) => match since(client, repo, known, now, still)? {
            Some(listing) => listing,
            None => whole(client, repo, now, still)?,
        },
        None => whole(client, repo, now, still)?,
    };
    // One that ended before it was full, or has holes, is asked for again, whether anything changed or not.
    let ended = listing.cut && listing.pulls.len() + GAPS < MOST;
    let (mark, newest) = (mark.filter(|_| !ended && !listing.left_out), newest.filter(|_| !listing.left_out));
    Ok(Listing { mark, newest, ..listing })
}

/// Whether an answer with the last change can be told from one after another change: GitHub counts seconds, and two pull requests
/// that change in one of them may leave it the same. By GitHub's own clock; without it, it is not known.
fn is_settled(answer: &Answer, newest: Option<Timestamp>) -> bool {
    let age = answer.date().zip(newest).map(|(now, newest)| now.duration_since(newest));
    age.is_some_and(|age| age > SETTLED) || newest.is_none()
}

/// All open ones.
fn whole(client: &Client, repo: &RepoName, now: Timestamp, still: Still<'_>) -> Result<Listing, GitHubError> {
    match nodes(client, repo, &json!(["OPEN"]), still, |_| true) {
        Err(error) if lacks_graphql(&error) => over_rest(client, repo, None, now, still),
        read => {
            let pages = read?;
            let (left_out, (pulls, problems, cut)) = (pages.said.is_some(), pages.read(&whose(repo)));
            Ok(Listing { left_out, ..anew(repo, pulls, problems, cut, now) })
        }
    }
}

/// All open ones over REST, a hundred at a time. What was said of one is still known where nothing of it changed, and the second in
/// which it changed last was over when that was read: GitHub counts seconds.
fn over_rest(
    client: &Client,
    repo: &RepoName,
    known: Option<&Listing>,
    now: Timestamp,
    still: Still<'_>,
) -> Result<Listing, GitHubError> {
    let path = format!("/repos/{repo}/pulls?state=open&sort=updated&direction=desc&per_page=100");
    let what = whose(repo);
    let (mut pulls, problems, cut) = client.read(&path, &what).each(MOST / 100, &what, raw::rest_pull, still)?;
    for pull in &mut pulls {
        let over = |old: &PullRequest| known.and_then(|known| known.newest).is_some_and(|newest| old.updated < newest);
        let same = |old: &&PullRequest| {
            let unchanged = old.updated == pull.updated && old.base.branch == pull.base.branch;
            old.number == pull.number && unchanged && over(old)
        };
        if let Some(old) = known.and_then(|known| known.pulls.iter().find(same)) {
            (pull.opinions, pull.retargeted) = (old.opinions.clone(), old.retargeted);
        }
    }
    let too_much = known.map(|known| known.too_much.clone()).unwrap_or_default();
    Ok(Listing { too_much, ..anew(repo, pulls, problems, cut, now) })
}

fn anew(repo: &RepoName, pulls: Vec<PullRequest>, problems: Vec<Problem>, cut: bool, now: Timestamp) -> Listing {
    let (repo, pulls) = (repo.clone(), open(pulls));
    Listing {
        repo,
        pulls,
        problems,
        left_out: false,
        too_much: Vec::new(),
        cut,
        fetched: now,
        whole: now,
        mark: None,
        newest: None,
    }
}

/// Asks what people think of those of which the listing does not tell it, one by one and at most [`UNHEARD`] of them, those that
/// changed last first. One of which not all can be read stays unknown, and is not asked about again before it changed; says whether
/// any were asked about.
pub fn hear(client: &Client, listing: &mut Listing, still: Still<'_>) -> Result<bool, GitHubError> {
    let (repo, mut too_much) = (listing.repo.clone(), std::mem::take(&mut listing.too_much));
    too_much.retain(|known| listing.pulls.iter().any(|pull| (pull.number, pull.updated) == *known));
    let wanted = |pull: &&mut PullRequest| pull.opinions.is_none() && !too_much.contains(&(pull.number, pull.updated));
    let (mut new, mut asked) = (Vec::new(), 0);
    for pull in listing.pulls.iter_mut().filter(wanted).take(UNHEARD) {
        hear_one(client, &repo, pull, still)?;
        asked += 1;
        new.extend(pull.opinions.is_none().then_some((pull.number, pull.updated)));
    }
    listing.too_much = [too_much, new].concat();
    Ok(asked > 0)
}

/// Asks what people think of one. Where not all of it can be read, it stays unknown.
fn hear_one(client: &Client, repo: &RepoName, pull: &mut PullRequest, still: Still<'_>) -> Result<(), GitHubError> {
    let what = format!("the reviews of {repo}#{}", pull.number);
    let reviews = client.read(&format!("/repos/{repo}/pulls/{}/reviews?per_page=100", pull.number), &what);
    let (reviews, odd, more) = reviews.each(SAID, &what, raw::review, still)?;
    let events = events(client, repo, pull.number, still)?;
    if let Some(events) = events.filter(|_| !more && odd.is_empty()) {
        pull.opinions = Some(opinions::opinions(reviews, &events, pull.number));
        pull.retargeted = events.iter().filter_map(opinions::Event::retargeted).max();
    }
    Ok(())
}

/// What happened to one that bears on what people said; nothing where not all of it can be read.
fn events(
    client: &Client,
    repo: &RepoName,
    number: u64,
    still: Still<'_>,
) -> Result<Option<Vec<opinions::Event>>, GitHubError> {
    let what = format!("the events of {repo}#{number}");
    let events = client.read(&format!("/repos/{repo}/issues/{number}/events?per_page=100"), &what);
    let (events, odd, more) = events.each(SAID, &what, opinions::event, still)?;
    Ok((!more && odd.is_empty()).then(|| events.into_iter().flatten().collect()))
}

/// One pull request with what people think of it right now. Of its approvals those are left that were known already: nobody has
/// asked for the others whether it was to land elsewhere meanwhile. Where not all can be read, nothing is known.
pub fn hear_again(
    client: &Client,
    repo: &RepoName,
    pull: &PullRequest,
    still: Still<'_>,
) -> Result<PullRequest, GitHubError> {
    let what = format!("the reviews of {repo}#{}", pull.number);
    let reviews = client.read(&format!("/repos/{repo}/pulls/{}/reviews?per_page=100", pull.number), &what);
    let (reviews, odd, more) = reviews.each(SAID, &what, raw::review, still)?;
    // Whose doing it was is asked only where something was dismissed; what is not told stays unexplained.
    let undone = reviews.iter().any(|review| review.state == ReviewState::Dismissed);
    let events = if undone { events(client, repo, pull.number, still)?.unwrap_or_default() } else { Vec::new() };
    let all = (!more && odd.is_empty()).then(|| opinions::opinions(reviews, &events, pull.number));
    let opinions = all.zip(pull.opinions.as_ref()).map(|(mut now, known)| {
        now.retain(|opinion| opinion.state != ReviewState::Approved || known.contains(opinion));
        now
    });
    Ok(PullRequest { opinions, ..pull.clone() })
}

/// The pull requests that became these commits of a branch, with what people think of them and when they were merged; among those
/// that were closed and changed last.
pub fn landed(
    client: &Client,
    repo: &RepoName,
    branch: &str,
    commits: &BTreeSet<Oid>,
    still: Still<'_>,
) -> Result<Vec<Landed>, GitHubError> {
    let path = format!("/repos/{repo}/pulls?state=closed&sort=updated&direction=desc&per_page=100");
    let mut found: Vec<Landed> = Vec::new();
    client.read(&path, &whose(repo)).through::<Vec<Value>>(CLOSED, still, |page| {
        let merged = page.into_iter().filter_map(raw::merged_pull);
        found.extend(merged.filter(|landed| landed.pull.base.branch == branch && commits.contains(&landed.commit)));
    })?;
    for landed in &mut found {
        hear_one(client, repo, &mut landed.pull, still)?;
    }
    Ok(found)
}

/// What was known with what changed since; nothing where too much did.
fn since(
    client: &Client,
    repo: &RepoName,
    known: &Listing,
    now: Timestamp,
    still: Still<'_>,
) -> Result<Option<Listing>, GitHubError> {
    // What could not be read may be what changed.
    let Some(newest) = known.newest.filter(|_| known.problems.is_empty()) else { return Ok(None) };
    let updated = |node: &Value| node.get("updatedAt").and_then(Value::as_str).and_then(|at| at.parse().ok());
    // Down to the second that was seen last, and that second too: more may have happened in it.
    let fresh = move |node: &Value| updated(node).is_none_or(|at: Timestamp| at >= newest);
    let pages = match nodes(client, repo, &Value::Null, still, fresh) {
        Err(error) if lacks_graphql(&error) => return over_rest(client, repo, Some(known), now, still).map(Some),
        read => read?,
    };
    let (changed, problems, cut) = pages.read(&whose(repo));
    if cut || !problems.is_empty() {
        return Ok(None);
    }
    let untouched = |old: &&PullRequest| changed.iter().all(|new| new.number != old.number);
    let mut pulls: Vec<PullRequest> = known.pulls.iter().filter(untouched).cloned().collect();
    pulls.extend(changed);
    let mut pulls = open(pulls);
    // What a cut list leaves out changed before all that it has. What changes of it is among the changed, as of the others.
    if known.cut && pulls.len() + GAPS < MOST {
        return Ok(None);
    }
    let cut = known.cut || pulls.len() > MOST;
    pulls.truncate(MOST);
    Ok(Some(Listing { pulls, cut, fetched: now, ..known.clone() }))
}

/// Pull requests of a repository, as long as `wanted` says so of the last of a page.
fn nodes(
    client: &Client,
    repo: &RepoName,
    states: &Value,
    still: Still<'_>,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Pages, GitHubError> {
    let asked = format!(
        "query PullRequests($owner: String!, $name: String!, $states: [PullRequestState!], $first: Int!, $after: String) {{ \
         repository(owner: $owner, name: $name) {{ pullRequests(states: $states, first: $first, after: $after, \
         orderBy: {{field: UPDATED_AT, direction: DESC}}) {{ \
         pageInfo {{ hasNextPage endCursor }} nodes {{ {FIELDS} }} }} }} }}"
    );
    let mut pages = Pages::default();
    while let Some((first, after)) = pages.next() {
        let variables =
            json!({ "owner": repo.owner(), "name": repo.name(), "states": states, "first": first, "after": after });
        let read = client.query::<PullsData>(&asked, &variables, &whose(repo), still);
        pages.take(read.map(|(data, said)| (data.repository.pull_requests, said)), &wanted)?;
    }
    Ok(pages)
}

/// Where a list that is read in pages is.
struct Pages {
    nodes: Vec<Value>,
    first: usize,
    after: Option<String>,
    more: bool,
    cut: bool,
    /// Whether a page did not come in time.
    late: bool,
    /// What the server said is missing.
    said: Option<String>,
}

impl Default for Pages {
    fn default() -> Self {
        Self { nodes: Vec::new(), first: PAGE, after: None, more: true, cut: false, late: false, said: None }
    }
}

impl Pages {
    /// The size and the place of the page to ask for.
    fn next(&mut self) -> Option<(usize, Option<String>)> {
        self.cut |= self.more && self.nodes.len() >= MOST;
        (self.more && !self.cut).then(|| (self.first, self.after.clone()))
    }

    /// Takes a page in. Where the server gave up over it, a smaller one is asked for; where it said nothing at all, the smallest, once.
    fn take(
        &mut self,
        page: Result<(Page, Option<String>), GitHubError>,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<(), GitHubError> {
        let (page, said) = match page {
            Err(error) if gave_up(&error) && self.first > SMALLEST && !self.late => {
                self.late = matches!(error, GitHubError::TimedOut { .. });
                self.first = if self.late { SMALLEST } else { (self.first / 2).max(SMALLEST) };
                return Ok(());
            }
            page => page?,
        };
        let holes = page.nodes.iter().any(Value::is_null).then(|| "it says nothing of some".to_owned());
        self.said = said.or(holes).or(self.said.take());
        let (last, none) = (page.nodes.last().is_some_and(&wanted), page.nodes.is_empty());
        self.nodes.extend(page.nodes.into_iter().filter(|node| !node.is_null() && wanted(node)));
        // A cursor that does not move would be asked for ever.
        let moves = page.page_info.end_cursor.is_some() && page.page_info.end_cursor != self.after;
        let more = page.page_info.has_next_page && last;
        // It ends here, and there is more.
        self.cut |= page.page_info.has_next_page && none || more && !moves;
        self.more = more && moves;
        self.after = page.page_info.end_cursor;
        Ok(())
    }

    /// The pull requests, what is wrong with the others, and whether there are more.
    fn read(self, what: &str) -> (Vec<PullRequest>, Vec<Problem>, bool) {
        let (pulls, mut problems) = raw::each(self.nodes, what, raw::node);
        problems.extend(self.said.map(|said| Problem {
            place: what.to_owned(),
            what: format!("GitHub left some of it out: {said}"),
            next: "check what the token may see".to_owned(),
        }));
        (pulls, problems, self.cut)
    }
}

/// Whether an error says that there is no GraphQL here, or another one, or none for this token, rather than that something went
/// wrong with it.
pub(super) const fn lacks_graphql(error: &GitHubError) -> bool {
    matches!(
        error,
        GitHubError::NotFound { .. }
            | GitHubError::Forbidden { .. }
            | GitHubError::Refused { .. }
            | GitHubError::Unknown { .. }
    )
}

/// Whether less may be answered where so much was not.
const fn gave_up(error: &GitHubError) -> bool {
    matches!(
        error,
        GitHubError::Server { .. }
            | GitHubError::TimedOut { .. }
            | GitHubError::TooLarge { .. }
            | GitHubError::Query { .. }
    )
}

/// The open ones, each once, the one that changed last first.
fn open(mut pulls: Vec<PullRequest>) -> Vec<PullRequest> {
    pulls.retain(|pull| pull.state == PullState::Open);
    pulls.sort_by(|a, b| (b.updated, &b.repo, b.number).cmp(&(a.updated, &a.repo, a.number)));
    // One that changed while pages were read is on two of them.
    let mut seen = std::collections::HashSet::new();
    pulls.retain(|pull| seen.insert((pull.repo.clone(), pull.number)));
    pulls
}

fn whose(repo: &RepoName) -> String {
    format!("the pull requests of {repo}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(nodes: usize, cursor: Option<&str>) -> (Page, Option<String>) {
        let page_info = PageInfo { has_next_page: true, end_cursor: cursor.map(str::to_owned) };
        (Page { page_info, nodes: vec![json!({ "number": 1 }); nodes] }, None)
    }

    fn server() -> Result<(Page, Option<String>), GitHubError> {
        Err(GitHubError::Server { what: String::new(), host: String::new(), status: 502, why: String::new() })
    }

    #[test]
    fn a_list_ends_where_it_is_long_enough() {
        let mut pages = Pages::default();
        let mut asked = 0;
        while let Some((first, _)) = pages.next() {
            asked += 1;
            pages.take(Ok(page(first, Some(&asked.to_string()))), |_| true).unwrap();
        }
        assert_eq!((pages.nodes.len(), asked, pages.cut), (MOST, MOST / PAGE, true));
    }

    #[test]
    fn a_cursor_that_does_not_move_ends_it() {
        for (cursors, wanted) in [(vec![None], 1), (vec![Some("a"), Some("a")], 2)] {
            let mut pages = Pages::default();
            let mut asked = 0;
            while pages.next().is_some() {
                pages.take(Ok(page(1, cursors[asked])), |_| true).unwrap();
                asked += 1;
            }
            assert_eq!((asked, pages.cut), (wanted, true), "there is more, and nobody can ask for it");
        }
    }

    #[test]
    fn an_empty_page_ends_it() {
        let mut pages = Pages::default();
        pages.take(Ok(page(0, Some("a"))), |_| true).unwrap();
        assert!(pages.next().is_none() && pages.cut, "GitHub says that there is more");
        let mut pages = Pages::default();
        let (mut last, said) = page(0, None);
        last.page_info.has_next_page = false;
        pages.take(Ok((last, said)), |_| true).unwrap();
        assert!(pages.next().is_none() && !pages.cut);
    }

    /// The sizes of the pages that are asked for until an answer like this one fails.
    fn sizes(answer: impl Fn() -> Result<(Page, Option<String>), GitHubError>) -> (Vec<usize>, GitHubError) {
        let mut pages = Pages::default();
        let mut sizes = Vec::new();
        loop {
            sizes.push(pages.next().unwrap().0);
            if let Err(error) = pages.take(answer(), |_| true) {
                return (sizes, error);
            }
        }
    }

    #[test]
    fn pages_shrink_down_to_the_smallest() {
        let (sizes, failed) = sizes(server);
        assert_eq!((sizes, failed.status()), (vec![40, 20, 10], Some(502)));
    }

    #[test]
    fn a_silent_graphql_is_waited_for_once() {
        let (sizes, failed) = sizes(|| Err(GitHubError::TimedOut { host: String::new(), seconds: 12 }));
        assert_eq!((sizes, failed.is_down()), (vec![40, 10], true));
    }
}
