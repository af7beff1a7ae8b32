//! Where the token comes from: the environment, the `gh` program's login, git's credential helper, or a file, the first that has
//! one. It is never written anywhere, never logged, and in no program's arguments.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::host::Host;
use super::secret::Secret;
use crate::io::git::process::{Git, Output, TOKENS, run_program};

/// Variables with a token for github.com and its cloud, as `gh` reads them.
const CLOUD: [&str; 2] = [TOKENS[0], TOKENS[1]];
/// Variables with a token for Enterprise servers, as `gh` reads them: one for github.com is not shown to another host.
const ENTERPRISE: [&str; 2] = [TOKENS[2], TOKENS[3]];
/// How long a credential helper may take: one that takes longer asks for something that nobody sees.
const HELPER_LIMIT: Duration = Duration::from_secs(10);
/// Bytes of a token's file, and of a program's answer, that are read.
const LIMIT: u64 = 8 << 10;

/// Where a token was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// A variable of the environment.
    Variable(&'static str),
    /// The `gh` program's login.
    Gh,
    /// git's credential helper.
    Git,
    /// A file that the settings name.
    File(PathBuf),
}

impl TokenSource {
    /// What to do about a token that is refused.
    #[must_use]
    pub fn renewal(&self, host: &Host) -> String {
        let name = host.name();
        match self {
            Self::Variable(variable) => format!("make a new token and set {variable} to it"),
            Self::Gh => format!("run: gh auth login --hostname {name}"),
            Self::Git => format!(
                "run: printf 'protocol=https\\nhost={name}\\n' | git credential reject, then git fetch, which asks anew"
            ),
            Self::File(path) => format!("make a new token and write it to {}", path.display()),
        }
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(variable) => f.write_str(variable),
            Self::Gh => f.write_str("gh's login"),
            Self::Git => f.write_str("git's credential helper"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A token and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub secret: Secret,
    /// Where it was found.
    pub source: TokenSource,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// None was found anywhere.
    #[error(
        "no token for {host}: set {variable}, run `gh auth login --hostname {host}`, or name a file in `github.token_file`"
    )]
    None {
        /// The host.
        host: String,
        /// The variable to set.
        variable: &'static str,
    },
    /// A place has something that is no token.
    #[error("{place} has no token in it, but something else: {next}")]
    Malformed {
        /// The place.
        place: String,
        /// What to do.
        next: String,
    },
    /// The file cannot be read.
    #[error("the token's file {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// Others could have read or written the file.
    #[error(
        "the token's file {path} is not yours alone ({why}): run chmod 600 {path} as its owner, and make a new token if others use this machine"
    )]
    Exposed {
        /// The file.
        path: String,
        /// How others come to it.
        why: String,
    },
}

/// Where a token is looked for; all of it is handed in.
pub struct Surroundings<'a> {
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// git, in the folder whose settings say which helper is used.
    pub git: &'a Git,
    /// The `gh` program.
    pub gh: &'a str,
    /// The file that the settings name.
    pub file: Option<&'a Path>,
}

impl Surroundings<'_> {
    /// The token for a host. A place that has none is passed over; one that has something unfit is an error, because a person
    /// who put it there expects it to be used.
    pub fn token(&self, host: &Host) -> Result<Token, TokenError> {
        if let Some(token) = self.in_environment(host)? {
            return Ok(token);
        }
        if let Some(secret) = self.of_gh(host) {
            return Ok(Token { secret, source: TokenSource::Gh });
        }
        if let Some(secret) = self.of_git(host) {
            return Ok(Token { secret, source: TokenSource::Git });
        }
        if let Some(path) = self.file {
            return Ok(Token { secret: read(path)?, source: TokenSource::File(path.to_owned()) });
        }
        Err(TokenError::None { host: host.name().to_owned(), variable: variables(host.in_the_cloud())[0] })
    }

    fn in_environment(&self, host: &Host) -> Result<Option<Token>, TokenError> {
        for name in variables(host.in_the_cloud()) {
            // Set to nothing counts as unset, as it does for gh.
            let Some(text) = (self.variable)(name).filter(|text| !text.trim().is_empty()) else { continue };
            let next = format!("set {name} to a token, or unset it");
            let secret = Secret::new(&text).ok_or_else(|| TokenError::Malformed { place: name.to_owned(), next })?;
            return Ok(Some(Token { secret, source: TokenSource::Variable(name) }));
        }
        Ok(None)
    }

    fn of_gh(&self, host: &Host) -> Option<Secret> {
        let words = [self.gh, "auth", "token", "--hostname", host.name()].map(str::to_owned);
        let output = run_program(self.git.dir(), &words, b"").ok().filter(|output| output.success)?;
        Secret::new(bounded(&output)?)
    }

    /// What the helper keeps as the password. Nothing is asked: there is no terminal, and no program that opens a window.
    fn of_git(&self, host: &Host) -> Option<Secret> {
        let asked = format!("protocol=https\nhost={}\n\n", host.name());
        let quiet = ["GIT_ASKPASS", "SSH_ASKPASS"].map(|name| (name, String::new()));
        let git = self.git.clone().with("core.askPass", "").with("credential.interactive", "false");
        let output = git.try_run_within(&["credential", "fill"], &quiet, Some(asked.as_bytes()), HELPER_LIMIT);
        let output = output.ok().filter(|output| output.success)?;
        bounded(&output)?.lines().find_map(|line| line.strip_prefix("password=")).and_then(Secret::new)
    }
}

const fn variables(host_is_in_the_cloud: bool) -> [&'static str; 2] {
    if host_is_in_the_cloud { CLOUD } else { ENTERPRISE }
}

fn bounded(output: &Output) -> Option<&str> {
    std::str::from_utf8(&output.stdout).ok().filter(|text| text.len() as u64 <= LIMIT)
}

/// Reads a token from a file that is the user's alone. A link is followed, as mounted secrets are links: what is judged is what
/// was opened.
fn read(path: &Path) -> Result<Secret, TokenError> {
    let shown = || path.display().to_string();
    let unreadable = |why: &dyn fmt::Display| TokenError::Unreadable { path: shown(), why: why.to_string() };
    // Whoever put a pipe there is not waited for.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(|error| unreadable(&error))?;
    let found = file.metadata().map_err(|error| unreadable(&error))?;
    if !found.is_file() {
        return Err(unreadable(&"it is no plain file"));
    }
    if found.mode() & 0o077 != 0 {
        return Err(TokenError::Exposed { path: shown(), why: format!("its mode is {:03o}", found.mode() & 0o777) });
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(TokenError::Exposed { path: shown(), why: "it belongs to another user".to_owned() });
    }
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    let next = "write the token, and nothing else, into it".to_owned();
    Secret::new(&text).ok_or_else(|| TokenError::Malformed { place: shown(), next })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A folder with a git repository without any helper, a `gh` that knows what it is told to, and a file.
    struct World {
        folder: tempfile::TempDir,
        variables: Vec<(&'static str, &'static str)>,
        helper: &'static str,
        file: Option<&'static str>,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Git::new(folder.path()).run(&["init", "--quiet"]).unwrap();
            Self { folder, variables: Vec::new(), helper: "", file: None }
        }

        fn gh(&self, script: &str) {
            let path = self.folder.path().join("gh");
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }

        fn write(&self, text: &str, mode: u32) {
            let path = self.folder.path().join("token");
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }

        fn token(&self, host: &str) -> Result<(String, TokenSource), TokenError> {
            let variable =
                |name: &str| self.variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
            let git = Git::new(self.folder.path()).with("credential.helper", self.helper);
            let gh = self.folder.path().join("gh");
            let file = self.file.map(|name| self.folder.path().join(name));
            let surroundings =
                Surroundings { variable: &variable, git: &git, gh: gh.to_str().unwrap(), file: file.as_deref() };
            let host = Host::parse(host).unwrap();
            surroundings.token(&host).map(|token| (token.secret.expose().to_owned(), token.source))
        }
    }

    #[test]
    fn the_first_place_that_has_one_is_taken() {
        let mut world = World::new();
        let none = world.token("github.com").unwrap_err();
        assert_eq!(none, TokenError::None { host: "github.com".into(), variable: "GH_TOKEN" });

        world.file = Some("token");
        world.write("from-file\n", 0o600);
        let file = TokenSource::File(world.folder.path().join("token"));
        assert_eq!(world.token("github.com").unwrap(), ("from-file".into(), file));
        world.helper = "!f() { test \"$1\" = get && cat >/dev/null && echo username=x && echo password=from-git; }; f";
        assert_eq!(world.token("github.com").unwrap(), ("from-git".into(), TokenSource::Git));
        world.gh("test \"$*\" = 'auth token --hostname github.com' && echo from-gh");
        assert_eq!(world.token("github.com").unwrap(), ("from-gh".into(), TokenSource::Gh));
        world.variables = vec![("GITHUB_TOKEN", "second"), ("GH_ENTERPRISE_TOKEN", "other")];
        assert_eq!(world.token("github.com").unwrap(), ("second".into(), TokenSource::Variable("GITHUB_TOKEN")));
        world.variables.push(("GH_TOKEN", "first"));
        assert_eq!(world.token("acme.ghe.com").unwrap(), ("first".into(), TokenSource::Variable("GH_TOKEN")));
        let enterprise = world.token("ghe.corp").unwrap();
        assert_eq!(enterprise, ("other".into(), TokenSource::Variable("GH_ENTERPRISE_TOKEN")));
    }

    #[test]
    fn a_place_without_one_is_passed_over() {
        let mut world = World::new();
        world.variables = vec![("GH_TOKEN", " "), ("GITHUB_TOKEN", "it")];
        assert_eq!(world.token("github.com").unwrap().0, "it");
        world.variables.clear();
        world.gh("echo not-logged-in >&2; exit 1");
        world.helper = "!f() { exit 1; }; f";
        assert!(matches!(world.token("github.com"), Err(TokenError::None { .. })));
    }

    #[test]
    fn nothing_is_asked_at_a_terminal() {
        let world = World::new();
        let started = std::time::Instant::now();
        assert!(world.token("github.com").is_err());
        assert!(started.elapsed() < HELPER_LIMIT);
    }

    #[test]
    fn something_unfit_is_an_error_that_does_not_show_it() {
        let mut world = World::new();
        world.variables = vec![("GH_TOKEN", "two words-marker")];
        let error = world.token("github.com").unwrap_err().to_string();
        assert!(error.contains("GH_TOKEN") && !error.contains("marker"), "{error}");
    }

    #[test]
    fn a_file_that_others_could_read_is_refused() {
        let mut world = World::new();
        world.file = Some("token");
        for mode in [0o640, 0o604, 0o620, 0o644, 0o610] {
            world.write("marker", mode);
            let error = world.token("github.com").unwrap_err();
            assert!(matches!(error, TokenError::Exposed { .. }), "{mode:o}: {error}");
            assert!(!error.to_string().contains("marker"));
        }
        for mode in [0o600, 0o400] {
            let _ = std::fs::remove_file(world.folder.path().join("token"));
            world.write("marker", mode);
            assert_eq!(world.token("github.com").unwrap().0, "marker", "{mode:o}");
        }
        world.file = Some("absent");
        assert!(matches!(world.token("github.com"), Err(TokenError::Unreadable { .. })));
        world.file = Some(".git");
        assert!(matches!(world.token("github.com"), Err(TokenError::Unreadable { .. })));
        let pipe = world.folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        world.file = Some("pipe");
        assert!(matches!(world.token("github.com"), Err(TokenError::Unreadable { .. })));
        world.file = Some("token");
        let _ = std::fs::remove_file(world.folder.path().join("token"));
        world.write("two\nlines marker", 0o600);
        let error = world.token("github.com").unwrap_err();
        assert!(matches!(&error, TokenError::Malformed { .. }) && !error.to_string().contains("marker"), "{error}");
    }
}
