//! The repositories that a search finds, kept for an hour: a console opens them without asking first.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::GitHubError;
use super::listing;
use super::source::Connection;
use super::wire::Still;
use crate::io::cache::{read_own, replace};
use crate::io::state::hexadecimal;
use crate::model::forge::RepoName;

/// Raised when the names are kept in another way.
const FORMAT: &str = concat!("countersign ", env!("CARGO_PKG_VERSION"), " found 1");
/// Bytes of the file: names of a thousand pull requests at most.
const LIMIT: u64 = 1 << 20;
/// For how long a search is not made again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// Repositories of one search that are opened: each has a mirror.
const MOST: usize = 50;

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    at: Timestamp,
    repos: BTreeSet<RepoName>,
}

/// The repositories with open pull requests that a search finds, in name order; as they were found last where GitHub cannot be
/// asked, which is told beside them. `base` is the user's cache folder.
pub fn repositories(
    connection: &Connection,
    base: &Path,
    query: &str,
    now: Timestamp,
    still: Still<'_>,
) -> (Vec<RepoName>, Option<GitHubError>) {
    let key = hexadecimal(&Sha256::digest(format!("{} {query}", connection.host())));
    let file = base.join("github").join(format!("search-{}", &key[..16]));
    let kept = read_own(&file, LIMIT, FORMAT).and_then(|body| serde_json::from_slice::<Kept>(&body).ok());
    if let Some(kept) = kept.as_ref().filter(|kept| now.duration_since(kept.at) < FRESH && kept.at <= now) {
        return (kept.repos.iter().cloned().collect(), None);
    }
    match connection.client().and_then(|client| listing::search(&client, query, still)) {
        Ok(found) => {
            let repos: BTreeSet<RepoName> = found.pulls.into_iter().map(|pull| pull.repo).collect();
            let repos: BTreeSet<RepoName> = repos.into_iter().take(MOST).collect();
            let body = serde_json::to_vec(&Kept { at: now, repos: repos.clone() });
            // Where it cannot be kept it is searched again next time.
            let _ = body.map_err(std::io::Error::from).and_then(|body| replace(&file, FORMAT, &body));
            (repos.into_iter().collect(), None)
        }
        Err(error) => (kept.map(|kept| kept.repos.into_iter().collect()).unwrap_or_default(), Some(error)),
    }
}
