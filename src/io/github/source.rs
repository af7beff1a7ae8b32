//! One repository on GitHub as a source of proposals: what was listed last, and how it is asked again.
//!
//! Nothing is looked for before somebody asks GitHub: a token may come from another program, and the first frame does not wait
//! for it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::about;
use super::asked::Asked;
use super::cache::ListingCache;
use super::client::{Client, Setup};
use super::error::GitHubError;
use super::filter::Filter;
use super::host::Host;
use super::listing::{self, Landed, Listing};
use super::token::Surroundings;
use super::wire::Still;
use crate::io::git::process::Git;
use crate::model::forge::{Account, Budget, PullRequest, RepoFacts, RepoName};
use crate::model::{Oid, Problem};

/// How long only changes are asked for: what GitHub does not count as a change is read anew after that.
const WHOLE: SignedDuration = SignedDuration::from_hours(1);

/// How long one that did not answer is left alone by what only adds to the list.
const DOWN: SignedDuration = SignedDuration::from_mins(1);

/// Where the token is looked for, once it is needed.
pub struct Lookup {
    /// The environment.
    pub variable: fn(&str) -> Option<String>,
    /// git, in the folder whose settings say which helper is used.
    pub git: Git,
    /// The file that the settings name.
    pub file: Option<PathBuf>,
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The one connection of a process to a GitHub, for all repositories there.
#[derive(Debug)]
pub struct Connection {
    host: Host,
    lookup: Lookup,
    setup: Setup,
    open: Mutex<Open>,
    /// Held by whoever looks for a token: other programs are asked, and one who only looks at what is open does not wait for them.
    opening: Mutex<()>,
    /// When some repository there did not answer at all, and with what error, unless one has answered since.
    down: Mutex<Option<Down>>,
}

#[derive(Debug, Default)]
struct Open {
    client: Option<Arc<Client>>,
    me: Option<Account>,
}

/// When there was no answer, and with what error.
type Down = (Timestamp, GitHubError);

impl Connection {
    /// A connection of which nothing is opened yet.
    #[must_use]
    pub fn new(host: Host, lookup: Lookup, setup: Setup) -> Self {
        Self { host, lookup, setup, open: Mutex::default(), opening: Mutex::default(), down: Mutex::default() }
    }

    /// Where it leads.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The client, with the token that is found first.
    pub fn client(&self) -> Result<Arc<Client>, GitHubError> {
        if let Some(client) = self.opened() {
            return Ok(client);
        }
        let _turn = lock(&self.opening);
        // Somebody may have found it meanwhile.
        if let Some(client) = self.opened() {
            return Ok(client);
        }
        let Lookup { variable, git, file } = &self.lookup;
        let token = Surroundings { variable, git, gh: "gh", file: file.as_deref() }.token(&self.host)?;
        let client = Arc::new(Client::new(self.host.clone(), token, &self.setup)?);
        lock(&self.open).client = Some(Arc::clone(&client));
        Ok(client)
    }

    /// The client, where it was opened; nobody is waited for.
    #[must_use]
    pub fn opened(&self) -> Option<Arc<Client>> {
        lock(&self.open).client.clone()
    }

    /// Whose token it is. Nobody is asked where nobody answered a moment ago.
    pub fn me(&self, still: Still<'_>) -> Result<Account, GitHubError> {
        if let Some(me) = lock(&self.open).me.clone() {
            return Ok(me);
        }
        if let Some(error) = self.recent(&self.down) {
            return Err(error);
        }
        let me = about::identity(&*self.client()?, still).map_err(|error| self.refused(error))?.account;
        lock(&self.open).me = Some(me.clone());
        Ok(me)
    }

    /// The error with which there was no answer a moment ago.
    fn recent(&self, down: &Mutex<Option<Down>>) -> Option<GitHubError> {
        let now = self.setup.clock.now();
        let recent = |(at, _): &Down| now.duration_since(*at).abs() < DOWN;
        lock(down).clone().filter(recent).map(|(_, error)| error)
    }

    /// A token that was refused is looked for anew: somebody may have renewed it.
    pub(super) fn refused(&self, error: GitHubError) -> GitHubError {
        if error.status() == Some(401) {
            *lock(&self.open) = Open::default();
        }
        error
    }
}

/// A repository on GitHub.
#[derive(Debug)]
pub struct Source {
    /// Which.
    pub repo: RepoName,
    connection: Arc<Connection>,
    filter: Filter,
    cache: ListingCache,
    listing: Mutex<Option<Arc<Listing>>>,
    facts: Mutex<Option<Arc<RepoFacts>>>,
    pub(super) asked: Asked,
    /// When it did not answer at all, and with what error, unless it has answered since.
    down: Mutex<Option<Down>>,
    /// Whether it told the list when it was asked last.
    told: AtomicBool,
    silent: bool,
}

impl Source {
    /// A repository as the cache knows it.
    #[must_use]
    pub fn new(repo: RepoName, connection: Arc<Connection>, filter: Filter, cache: ListingCache) -> Self {
        let listing = Mutex::new(cache.load(&repo).map(Arc::new));
        let facts = Mutex::default();
        let (asked, down, told) = (Asked::default(), Mutex::default(), AtomicBool::new(false));
        Self { repo, connection, filter, cache, listing, facts, asked, down, told, silent: false }
    }

    /// The same, with nobody to be asked what is only asked when somebody looks.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { silent: true, ..self }
    }

    pub(super) const fn is_silent(&self) -> bool {
        self.silent
    }

    /// The error with which it did not answer a moment ago: nobody waits for the same silence twice.
    #[must_use]
    pub fn is_down(&self) -> Option<GitHubError> {
        self.connection.recent(&self.down)
    }

    /// Whose token it is, where GitHub tells; nobody is asked where nobody is to be, or where nobody answered a moment ago.
    #[must_use]
    pub fn login(&self, still: Still<'_>) -> Option<String> {
        let asks = !self.silent && self.is_down().is_none();
        asks.then(|| self.connection.me(still).ok()).flatten().map(|me| me.login)
    }

    /// The connection that it is asked over.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The pull requests that make the queue, as they were listed last.
    #[must_use]
    pub fn pulls(&self) -> Arc<[Arc<PullRequest>]> {
        let listing = lock(&self.listing).clone();
        let pulls = listing.iter().flat_map(|listing| &listing.pulls);
        pulls.filter(|pull| self.filter.admits(pull)).cloned().map(Arc::new).collect()
    }

    /// Whether a pull request of this repository's own branch is open to land on another, as it was listed last.
    #[must_use]
    pub fn has_open(&self, branch: &str, base: &str) -> bool {
        let listing = lock(&self.listing).clone();
        let same = |pull: &PullRequest| pull.head.branch == branch && pull.base.branch == base && !pull.from_fork();
        listing.iter().flat_map(|listing| &listing.pulls).any(same)
    }

    /// The budget of which least is left, as the last answer told it; `None` before the first.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        Budget::least(self.connection.opened()?.budgets())
    }

    /// When GitHub said last that it is so; nothing where it was never asked.
    #[must_use]
    pub fn listed(&self) -> Option<Timestamp> {
        lock(&self.listing).as_ref().map(|listing| listing.fetched)
    }

    /// What could not be listed.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let Some(listing) = lock(&self.listing).clone() else { return Vec::new() };
        let cut = listing.cut.then(|| Problem {
            place: self.repo.to_string(),
            what: format!("it has more open pull requests than the {} that are read", listing.pulls.len()),
            next: "name authors or labels in `[github]` of config.toml, or close some".into(),
        });
        let moved = listing.pulls.iter().map(|pull| &pull.repo).find(|repo| !self.is(repo)).map(|repo| Problem {
            place: self.repo.to_string(),
            what: format!("it is {repo} now, and GitHub leads there until somebody takes the old name"),
            next: "see what `countersign doctor` says of it".into(),
        });
        listing.problems.iter().cloned().chain(cut).chain(moved).collect()
    }

    /// Whether a name is that of this repository: GitHub's know no case.
    #[must_use]
    pub fn is(&self, repo: &RepoName) -> bool {
        repo.to_string().eq_ignore_ascii_case(&self.repo.to_string())
    }

    /// Whether all that is open was listed when it was asked last: what is not in the list is gone then, or left out by the settings.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let told = self.told.load(Ordering::Relaxed);
        told && lock(&self.listing).as_ref().is_some_and(|listing| listing.problems.is_empty() && !listing.cut)
    }

    /// Asks for what changed, and keeps it.
    pub fn refresh(&self, now: Timestamp, still: Still<'_>) -> Result<(), GitHubError> {
        let client = self.connection.client()?;
        let known = lock(&self.listing).clone();
        let listing = listing::refresh(&client, &self.repo, known.as_deref(), now, WHOLE, still);
        let down = listing.as_ref().err().filter(|error| error.is_down()).map(|error| (now, error.clone()));
        lock(&self.connection.down).clone_from(&down);
        *lock(&self.down) = down;
        self.told.store(listing.is_ok(), Ordering::Relaxed);
        let listing = listing.map_err(|error| self.connection.refused(error))?;
        // The next console asks for everything where it cannot be kept.
        let _ = self.cache.keep(&listing);
        *lock(&self.listing) = Some(Arc::new(listing));
        Ok(())
    }

    /// Whether the listing does not tell what people think of some pull requests.
    #[must_use]
    pub fn is_unheard(&self) -> bool {
        lock(&self.listing).iter().flat_map(|listing| &listing.pulls).any(|pull| pull.opinions.is_none())
    }

    /// Asks what people think of those of which the listing does not tell it, and keeps it.
    pub fn hear(&self, still: Still<'_>) -> Result<(), GitHubError> {
        let Some(known) = lock(&self.listing).clone() else { return Ok(()) };
        let mut listing = Listing::clone(&known);
        if self.ask(|client| listing::hear(client, &mut listing, still))? {
            let _ = self.cache.keep(&listing);
            *lock(&self.listing) = Some(Arc::new(listing));
        }
        Ok(())
    }

    /// One pull request with what people think of it right now.
    pub fn hear_again(&self, pull: &PullRequest, still: Still<'_>) -> Result<PullRequest, GitHubError> {
        let client = self.connection.client()?;
        listing::hear_again(&client, &self.repo, pull, still).map_err(|error| self.connection.refused(error))
    }

    /// Where a branch is right now; `None` where there is none. One that did not move costs nothing.
    pub fn tip(&self, branch: &str, still: Still<'_>) -> Result<Option<Oid>, GitHubError> {
        let client = self.connection.client()?;
        about::tip(&client, &self.repo, branch, still).map_err(|error| self.connection.refused(error))
    }

    /// The pull requests that became these commits of a branch, among those that were closed and changed last.
    pub fn landed(&self, branch: &str, commits: &BTreeSet<Oid>, still: Still<'_>) -> Result<Vec<Landed>, GitHubError> {
        self.ask(|client| listing::landed(client, &self.repo, branch, commits, still))
    }

    /// What GitHub says of the repository itself, asked once.
    pub fn facts(&self, still: Still<'_>) -> Result<Arc<RepoFacts>, GitHubError> {
        if let Some(facts) = lock(&self.facts).clone() {
            return Ok(facts);
        }
        let facts = Arc::new(self.ask(|client| about::repository(client, &self.repo, still))?);
        *lock(&self.facts) = Some(Arc::clone(&facts));
        Ok(facts)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
