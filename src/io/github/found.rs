//! The repositories that a search finds, kept: a console opens them without asking first, and searches anew behind that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::about::encoded;
use super::client::Client;
use super::error::GitHubError;
use super::listing::{Page, lacks_graphql};
use super::source::Connection;
use super::wire::Still;
use crate::io::cache::{read_own, replace};
use crate::io::state::hexadecimal;
use crate::model::forge::RepoName;
use crate::model::text;

/// Raised when the names are kept in another way.
const FORMAT: &str = concat!("countersign ", env!("CARGO_PKG_VERSION"), " found 1");
/// Bytes of the file: names of a thousand pull requests at most.
const LIMIT: u64 = 1 << 20;
/// For how long a search is not made again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// Repositories of one search that are opened: each has a mirror.
const MOST: usize = 50;
/// Pages of a hundred pull requests: GitHub's search ends there.
const PAGES: usize = 10;
/// Bytes of a query (GitHub: 256 characters).
const QUERY: usize = 1_024;
/// How long a page is waited for: whoever opens a console the first time sits before an empty screen. GitHub itself ends what takes
/// it longer than ten seconds.
const WAIT: Duration = Duration::from_secs(12);

/// A search for repositories by their open pull requests.
#[derive(Debug)]
pub struct Search {
    connection: Arc<Connection>,
    query: String,
    file: PathBuf,
}

/// What it found last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    at: Timestamp,
    /// The repositories, in name order.
    pub repos: BTreeSet<RepoName>,
}

impl Found {
    /// Whether it is so young that it need not be asked for again.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < FRESH && self.at <= now
    }
}

impl Search {
    /// A search with a query in GitHub's own words (`org:acme author:app/renovate label:infra`). `base` is the user's cache folder.
    #[must_use]
    pub fn new(connection: Arc<Connection>, base: &Path, query: &str) -> Self {
        let key = hexadecimal(&Sha256::digest(format!("{} {query}", connection.host())));
        let file = base.join("github").join(format!("search-{}", &key[..16]));
        Self { connection, query: query.to_owned(), file }
    }

    /// What it found last, however long ago; nothing where it found nothing, or was never made.
    #[must_use]
    pub fn kept(&self) -> Option<Found> {
        let body = read_own(&self.file, LIMIT, FORMAT)?;
        serde_json::from_slice::<Found>(&body).ok().filter(|found| !found.repos.is_empty())
    }

    /// Asks GitHub, and keeps what it finds. Nobody waits for a page for longer than GitHub works on one.
    pub fn make(&self, now: Timestamp, still: Still<'_>) -> Result<Found, GitHubError> {
        let client = self.connection.client()?;
        let found = search(&client, &self.query, still).map_err(|error| self.connection.refused(error))?;
        let found = Found { at: now, repos: found.into_iter().take(MOST).collect() };
        let body = serde_json::to_vec(&found);
        // Where it cannot be kept it is searched again next time.
        let _ = body.map_err(std::io::Error::from).and_then(|body| replace(&self.file, FORMAT, &body));
        Ok(found)
    }
}

/// The repositories with open pull requests that a query finds: by GraphQL, by REST where there is none.
pub fn search(client: &Client, query: &str, still: Still<'_>) -> Result<BTreeSet<RepoName>, GitHubError> {
    let query = format!("is:pr is:open archived:false {query}");
    if query.len() > QUERY {
        return Err(client.unreadable("the search", "its query is too long"));
    }
    match over_graphql(client, &query, still) {
        Err(error) if lacks_graphql(&error) => over_rest(client, &query, still),
        found => found,
    }
}

#[derive(Deserialize)]
struct Nodes {
    search: Page,
}

fn over_graphql(client: &Client, query: &str, still: Still<'_>) -> Result<BTreeSet<RepoName>, GitHubError> {
    let asked = "query FoundPullRequests($query: String!, $after: String) { \
        search(query: $query, type: ISSUE, first: 100, after: $after) { \
        pageInfo { hasNextPage endCursor } nodes { ... on PullRequest { repository { nameWithOwner } } } } }";
    let (mut found, mut after) = (BTreeSet::new(), None);
    for _ in 0..PAGES {
        let variables = json!({ "query": query, "after": after });
        let (Nodes { search }, _) = soon(client, still, |still| client.query(asked, &variables, &whose(query), still))?;
        let names = search.nodes.iter().filter_map(|node| node.pointer("/repository/nameWithOwner")?.as_str());
        found.extend(names.filter_map(|name| name.parse::<RepoName>().ok()));
        after = search.page_info.end_cursor.filter(|_| search.page_info.has_next_page);
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}

fn over_rest(client: &Client, query: &str, still: Still<'_>) -> Result<BTreeSet<RepoName>, GitHubError> {
    #[derive(Deserialize)]
    struct Items {
        #[serde(default)]
        items: Vec<Value>,
    }
    let path = format!("/search/issues?q={}&per_page=100", encoded(query));
    let reading = client.read(&path, &whose(query));
    let (pages, _) = soon(client, still, |still| reading.all::<Items>(PAGES, still))?;
    let name = |item: &Value| {
        // https://api.github.com/repos/OWNER/NAME
        let mut parts = item.get("repository_url")?.as_str()?.rsplit('/');
        let (name, owner) = (parts.next()?, parts.next()?);
        format!("{owner}/{name}").parse().ok()
    };
    Ok(pages.iter().flat_map(|page| &page.items).filter_map(name).collect())
}

/// Asks, and gives it up where no answer comes.
fn soon<T>(
    client: &Client,
    still: Still<'_>,
    ask: impl FnOnce(Still<'_>) -> Result<T, GitHubError>,
) -> Result<T, GitHubError> {
    let end = Instant::now() + WAIT;
    match ask(&|| still() && Instant::now() < end) {
        Err(GitHubError::Stopped) if still() => {
            Err(GitHubError::TimedOut { host: client.host().name().to_owned(), seconds: WAIT.as_secs() })
        }
        answer => answer,
    }
}

fn whose(query: &str) -> String {
    format!("the search \"{}\"", text::single_line(query))
}
