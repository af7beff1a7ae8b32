//! `[github]` of `config.toml`: where GitHub is, how git reaches it, and which pull requests make the queue.

use toml::Spanned;
use toml::de::DeValue;

use super::settings::{Wrong, globs, text, texts, yes};
use super::source::{Source, did_you_mean, entries, kind};
use crate::model::Problem;
use crate::model::forge::RepoName;

/// The keys, as they are written.
const KEYS: [&str; 10] =
    ["host", "git_url", "token_file", "search", "authors", "apps_only", "labels", "branches", "targets", "drafts"];
/// What git fetches from where nothing else is said.
const GIT_URL: &str = "https://{host}/{owner}/{name}.git";

/// A user's choices about GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHubSettings {
    /// The host, or the base of its API: `github.com`, `https://ghe.corp.example/api/v3`.
    pub host: String,
    /// What git fetches from and pushes to, an address or a path; `{host}`, `{owner}` and `{name}` stand for the repository's.
    pub git_url: String,
    /// A file with a token, where none is found elsewhere; `~/` is the home folder.
    pub token_file: Option<String>,
    /// A search in GitHub's own words, whose repositories are opened where none is named.
    pub search: Option<String>,
    /// Logins, one of which must have opened a pull request; none asks for nothing, here and below.
    pub authors: Vec<String>,
    /// Whether only pull requests that apps opened make the queue.
    pub apps_only: bool,
    /// Labels, one of which a pull request must have.
    pub labels: Vec<String>,
    /// Patterns, one of which the branch that is proposed must match.
    pub branches: Vec<String>,
    /// Patterns, one of which the branch that it lands on must match.
    pub targets: Vec<String>,
    /// Whether drafts make the queue.
    pub drafts: bool,
}

impl Default for GitHubSettings {
    fn default() -> Self {
        Self {
            host: "github.com".to_owned(),
            git_url: GIT_URL.to_owned(),
            token_file: None,
            search: None,
            authors: Vec::new(),
            apps_only: false,
            labels: Vec::new(),
            branches: Vec::new(),
            targets: Vec::new(),
            drafts: true,
        }
    }
}

impl GitHubSettings {
    /// What git fetches from for a repository. The parts of its name hold nothing that an address could be ended by.
    #[must_use]
    pub fn git_url(&self, host: &str, repo: &RepoName) -> String {
        self.git_url.replace("{host}", host).replace("{owner}", repo.owner()).replace("{name}", repo.name())
    }

    /// Reads the table over the defaults, with every problem.
    pub(super) fn load(source: Source<'_>, table: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Self {
        let mut settings = Self::default();
        let Some(inner) = table.get_ref().as_table() else {
            let what = format!("`github` is {}", kind(table.get_ref()));
            problems.push(source.problem(table.span(), what, "write a table: [github]"));
            return settings;
        };
        for (key, value) in entries(inner) {
            let name = key.get_ref().as_ref();
            if !KEYS.contains(&name) {
                let what = format!("unknown key `github.{name}`");
                problems.push(source.problem(key.span(), what, did_you_mean(name, KEYS)));
            } else if let Err(wrong) = settings.set(name, value) {
                let what = format!("`github.{name}` {}", wrong.what);
                problems.push(source.problem(wrong.at.unwrap_or_else(|| value.span()), what, wrong.next));
            }
        }
        settings
    }

    fn set(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<(), Wrong> {
        let words = |value, next| text(value, next).map(str::to_owned);
        match name {
            "host" => self.host = words(value, "write host = \"github.com\"")?,
            "git_url" => self.git_url = address(words(value, "write git_url = \"git@{host}:{owner}/{name}.git\"")?)?,
            "token_file" => self.token_file = Some(words(value, "write the path of a file that only you can read")?),
            "search" => self.search = Some(words(value, "write search = \"org:acme label:infra\"")?),
            "authors" => self.authors = texts(value, "write authors = [\"renovate[bot]\"]")?,
            "apps_only" => self.apps_only = yes(value)?,
            "labels" => self.labels = texts(value, "write labels = [\"infra\"]")?,
            "branches" => self.branches = globs(value, "write branches = [\"agent/**\"]")?,
            "targets" => self.targets = globs(value, "write targets = [\"main\", \"release/*\"]")?,
            _ => self.drafts = yes(value)?,
        }
        Ok(())
    }
}

/// An address without a secret in it: what is in an address is shown, and written where git is told of it.
fn address(text: String) -> Result<String, Wrong> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", ""));
    let user =
        rest.split(['/', '?', '#']).next().and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    let secret = user.is_some_and(|user| user.contains(':') || scheme.to_ascii_lowercase().starts_with("http"));
    if secret {
        return Err(Wrong::new(
            "has a name or a password in the address",
            "leave it out: git's credential helper keeps it",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, Source};
    use super::*;

    fn load(text: &str) -> (GitHubSettings, Vec<String>) {
        let (settings, problems) = Settings::load(Some(Source::new("config.toml", text)));
        (settings.github, problems.iter().map(|p| format!("{}: {}; {}", p.place, p.what, p.next)).collect())
    }

    #[test]
    fn an_address_holds_no_secret() {
        for (url, fine) in [
            ("git@{host}:{owner}/{name}.git", true),
            ("ssh://git@{host}/{owner}/{name}", true),
            ("https://{host}/{owner}/{name}.git", true),
            ("/srv/{owner}/{name}.git", true),
            ("https://x-access-token:ghp_marker@{host}/{owner}/{name}", false),
            ("HTTPS://ghp_marker@{host}/{owner}/{name}", false),
            ("ssh://git:marker@{host}/{owner}/{name}", false),
        ] {
            let (settings, problems) = load(&format!("[github]\ngit_url = \"{url}\"\n"));
            assert_eq!((settings.git_url == url, problems.is_empty()), (fine, fine), "{url}: {problems:?}");
            assert!(!problems.join("").contains("marker"));
        }
    }

    #[test]
    fn every_key_is_read() {
        let (settings, problems) = load(
            "[github]\nhost = \"https://ghe.corp/api/v3\"\ngit_url = \"git@{host}:{owner}/{name}.git\"\ntoken_file = \"~/t\"\n\
             search = \"org:acme\"\nauthors = [\"a\"]\napps_only = true\nlabels = [\"l\"]\nbranches = [\"b/*\"]\n\
             targets = [\"main\"]\ndrafts = false\n",
        );
        assert_eq!(problems, [""; 0]);
        let one = |text: &str| vec![text.to_owned()];
        let expected = GitHubSettings {
            host: "https://ghe.corp/api/v3".into(),
            git_url: "git@{host}:{owner}/{name}.git".into(),
            token_file: Some("~/t".into()),
            search: Some("org:acme".into()),
            authors: one("a"),
            apps_only: true,
            labels: one("l"),
            branches: one("b/*"),
            targets: one("main"),
            drafts: false,
        };
        assert_eq!(settings, expected);
        assert_eq!(settings.git_url("ghe.corp", &"acme/shop".parse().unwrap()), "git@ghe.corp:acme/shop.git");
    }

    #[test]
    fn every_mistake_is_reported_with_place_and_hint() {
        for (text, message) in [
            ("github = 1", "config.toml:1:10: `github` is a whole number; write a table: [github]"),
            ("[github]\nhots = \"x\"", "config.toml:2:1: unknown key `github.hots`; did you mean `host`?"),
            ("[github]\nhost = \"\"", "2:8: `github.host` is empty"),
            ("[github]\ndrafts = \"no\"", "2:10: `github.drafts` is text; write true or false"),
            ("[github]\nlabels = \"infra\"", "2:10: `github.labels` is not a list"),
            ("[github]\nbranches = [\"b[\"]", "2:13: `github.branches` holds a bad pattern"),
        ] {
            let (settings, problems) = load(text);
            assert_eq!(settings, GitHubSettings::default(), "{text}");
            assert!(problems.len() == 1 && problems[0].contains(message), "{text}: {problems:?}");
        }
    }
}
