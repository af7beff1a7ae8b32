//! Repositories on GitHub: how they are named, and how one is opened.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::config::{GitHubSettings, Settings};
use crate::io::clock::Clock;
use crate::io::git::mirror::{self, Mirror, MirrorError, Origin};
use crate::io::git::process::Git;
use crate::io::git::repository::LocalRepository;
use crate::io::github::{
    Connection, Filter, Found, GitHubError, Host, ListingCache, Lookup, Proxies, Search, Setup, Source,
};
use crate::io::workspace::Workspace;
use crate::model::Problem;
use crate::model::forge::RepoName;

use super::CliError;
use super::output::Output;
use super::session::Session;

/// The setting that names repositories by what is open in them.
const SEARCH: &str = "github.search";

/// Whether a text is how a repository on GitHub is named: `owner/name`, `HOST/owner/name`, or the address of its page. Gives the
/// host, where it is said, and the name.
#[must_use]
pub fn spelled(text: &str) -> Option<(Option<&str>, RepoName)> {
    let bare = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
    let bare = bare.strip_suffix(".git").unwrap_or(bare);
    let plain = |part: &str| !part.starts_with(['.', '~']);
    let parts: Vec<&str> = bare.split('/').collect();
    let (host, owner, name) = match parts.as_slice() {
        [owner, name] if plain(owner) && bare == text => (None, owner, name),
        [host, owner, name] if host.contains('.') && plain(host) => (Some(*host), owner, name),
        _ => return None,
    };
    Some((host, format!("{owner}/{name}").parse().ok()?))
}

/// The repository on GitHub that a path names. What is there as a folder is that folder.
pub fn named(path: &Path, settings: &GitHubSettings) -> Result<Option<RepoName>, CliError> {
    let text = path.to_str().filter(|_| !path.exists());
    let Some((host, name)) = text.and_then(spelled) else { return Ok(None) };
    let ours = self::host(settings)?;
    if let Some(other) = host.filter(|host| !host.eq_ignore_ascii_case(ours.name())) {
        let what = format!("{name} is on {other}, and the GitHub of the settings is {}", ours.name());
        return Err(CliError::usage(what, "name that host under `[github]` in config.toml: host = \"HOST\""));
    }
    Ok(Some(name))
}

fn host(settings: &GitHubSettings) -> Result<Host, CliError> {
    Host::parse(&settings.host)
        .map_err(|error| CliError::usage(format!("config.toml: {error}"), "mend `host` under `[github]`"))
}

/// What is known of the search of the settings.
#[derive(Debug, Default)]
pub(super) struct Searched {
    /// The repositories.
    pub repos: BTreeSet<RepoName>,
    /// Why it could not be made.
    pub problem: Option<Problem>,
    /// The search, where it is to be made anew while they are looked at.
    pub behind: Option<Behind>,
}

/// A search that is made while what it found last is looked at.
#[derive(Debug)]
pub(super) struct Behind {
    search: Search,
    known: Found,
    clock: Clock,
}

impl Behind {
    /// Makes it, and says what is to be known of it.
    pub(super) fn make(self) -> Option<Problem> {
        let found = match self.search.make(self.clock.now(), &|| true) {
            Ok(found) => found,
            Err(error) => return Some(unsearched(&error)),
        };
        let new: Vec<String> = found.repos.difference(&self.known.repos).map(ToString::to_string).collect();
        (!new.is_empty()).then(|| Problem {
            place: SEARCH.into(),
            what: format!("{SEARCH} finds {} as well now; leave and come back to see it", new.join(", ")),
            next: String::new(),
        })
    }
}

fn unsearched(error: &GitHubError) -> Problem {
    Problem {
        place: SEARCH.into(),
        what: format!("GitHub could not be searched: {error}"),
        next: "these are the repositories that were known before".into(),
    }
}

impl Session {
    /// Opens a repository on GitHub by its mirror. The first time that is fetched, which takes as long as a clone does.
    pub(super) fn workspace_on_github(&self, repo: &RepoName, settings: &Settings) -> Result<Workspace, CliError> {
        let (github, host) = (&settings.github, host(&settings.github)?);
        let source = self.source(repo, settings)?;
        let folder = mirror::folder(&self.cache_folder()?, host.name(), repo.owner(), repo.name());
        let folder =
            folder.ok_or_else(|| CliError::usage(format!("{repo} is no name of a repository"), "write owner/name"))?;
        let url = github.git_url(host.name(), repo);
        let made = Mirror::made(&folder, Origin { url: &url, branch: None });
        let made = made.map_err(|error| unmade(repo, &error))?;
        if !made.is_begun() {
            self.begin(repo, &made)?;
        }
        let mut repository = LocalRepository::open(&folder, self.target.as_deref(), None)?;
        repository.asks = self.asks;
        repo.name().clone_into(&mut repository.name);
        Ok(self.workspace_of(repository, settings)?.on(source))
    }

    /// The repository on GitHub that the arguments name, without its mirror.
    pub(super) fn forge(&self) -> Result<Option<Source>, CliError> {
        let (settings, _) = self.settings();
        let Some(path) = &self.repo else { return Ok(None) };
        named(path, &settings.github)?.map(|repo| self.source(&repo, &settings)).transpose()
    }

    fn source(&self, repo: &RepoName, settings: &Settings) -> Result<Source, CliError> {
        let (host, filter) = (host(&settings.github)?, filter(&settings.github)?);
        let cache = ListingCache::of(&self.cache_folder()?, &host, repo);
        let source = Source::new(repo.clone(), self.connection(host, &settings.github), filter, cache);
        Ok(if self.offline { source.silent() } else { source })
    }

    /// The first fetch, or one that mends what is there. Somebody waits for it, so that it is said.
    fn begin(&self, repo: &RepoName, mirror: &Mirror) -> Result<(), CliError> {
        let spoilt = mirror.is_spoilt();
        if self.offline {
            let why = if spoilt { "is spoilt here, as a crash leaves it" } else { "was never fetched here" };
            return Err(CliError::usage(
                format!("{repo} {why}, and --offline asks nobody"),
                "leave --offline out once",
            ));
        }
        let said = if spoilt {
            format!("fetching {repo} again: what is kept of it in the cache folder is spoilt, as a crash leaves it")
        } else {
            format!("fetching {repo} for the first time; its history is kept in the cache folder")
        };
        Output::standard(false).remark(said);
        mirror.fetch(self.asks, &|| true).map_err(|error| unmade(repo, &error))?;
        // Another one that is not done with it yet has brought nothing that could be read.
        if mirror.is_begun() { Ok(()) } else { Err(unmade(repo, &MirrorError::Busy)) }
    }

    /// The repositories that the search of the settings finds: what it found last, and where that is old the search to be made behind
    /// them. Where nothing is known somebody waits for it, so that it is said.
    pub(super) fn searched(&self, settings: &Settings) -> Result<Searched, CliError> {
        let Some(query) = &settings.github.search else { return Ok(Searched::default()) };
        let host = host(&settings.github)?;
        let said = format!("asking {host} for the repositories of `github.search`");
        let search = Search::new(self.connection(host, &settings.github), &self.cache_folder()?, query);
        let now = self.clock.now();
        match search.kept() {
            Some(found) => {
                let behind = (!self.offline && !found.is_fresh(now)).then(|| Behind {
                    search,
                    known: found.clone(),
                    clock: self.clock,
                });
                Ok(Searched { repos: found.repos, problem: None, behind })
            }
            None if self.offline => Ok(Searched::default()),
            None => {
                Output::standard(false).remark(said);
                let (found, problem) = match search.make(now, &|| true) {
                    Ok(found) => (found.repos, None),
                    Err(error) => (BTreeSet::new(), Some(unsearched(&error))),
                };
                Ok(Searched { repos: found, problem, behind: None })
            }
        }
    }

    fn connection(&self, host: Host, settings: &GitHubSettings) -> Arc<Connection> {
        let open = || {
            let file = settings.token_file.as_deref().map(|path| self.expanded(path));
            let git = Git::new(self.home.as_deref().unwrap_or_else(|| Path::new("/")));
            let setup = Setup { proxies: Proxies::of(&variable), clock: self.clock, ..Setup::default() };
            Arc::new(Connection::new(host, Lookup { variable, git, file }, setup))
        };
        Arc::clone(self.connection.get_or_init(open))
    }
}

fn filter(settings: &GitHubSettings) -> Result<Filter, CliError> {
    let patterns = |texts: &[String]| texts.iter().map(|text| Filter::pattern(text)).collect::<Result<Vec<_>, _>>();
    let wrong = |error| CliError::usage(format!("config.toml: {error}"), "mend the pattern under `[github]`");
    Ok(Filter {
        authors: settings.authors.clone(),
        apps_only: settings.apps_only,
        labels: settings.labels.clone(),
        branches: patterns(&settings.branches).map_err(wrong)?,
        targets: patterns(&settings.targets).map_err(wrong)?,
        no_drafts: !settings.drafts,
    })
}

fn unmade(repo: &RepoName, error: &MirrorError) -> CliError {
    let next = match error {
        MirrorError::Busy => "wait until that one is done, and try again",
        MirrorError::Folder { .. } | MirrorError::Store(_) => {
            "see that the cache folder is yours and not full, or delete the mirror"
        }
        MirrorError::Name(_) => "mend `git_url` under `[github]` in config.toml",
        _ => {
            "there is no folder of that name here; if it is on GitHub, see that git may read it there (`git_url` under `[github]` \
             in config.toml says how git gets to it)"
        }
    };
    CliError::outside(format!("{repo} could not be fetched: {error}"), next)
}

/// A variable of the environment; one that is not UTF-8 counts as not set.
#[expect(clippy::disallowed_methods, reason = "tokens and proxies are in the environment, as for gh and curl")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_on_github_are_told_from_paths() {
        for (text, wanted) in [
            ("acme/shop", Some((None, "acme/shop"))),
            ("github.com/acme/shop", Some((Some("github.com"), "acme/shop"))),
            ("https://ghe.corp/acme/shop.git", Some((Some("ghe.corp"), "acme/shop"))),
            ("https://github.com/acme/shop/", Some((Some("github.com"), "acme/shop"))),
            ("shop", None),
            ("./acme/shop", None),
            ("../acme", None),
            ("~/acme", None),
            ("/acme/shop", None),
            ("acme/shop/", None),
            ("a/b/c", None),
            ("acme/sh op", None),
        ] {
            let found = spelled(text).map(|(host, name)| (host, name.to_string()));
            assert_eq!(found, wanted.map(|(host, name)| (host, name.to_owned())), "{text}");
        }
    }
}
