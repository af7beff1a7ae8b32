//! What a command finds when it starts: where it is, who runs it, the settings, the repository.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use directories::ProjectDirs;

use crate::config::{Settings, Source};
use crate::io::clock::Clock;
use crate::io::fetch::FetchError;
use crate::io::git::mirror::{MirrorError, Watch};
use crate::io::git::repository::LocalRepository;
use crate::io::github::Connection;
use crate::io::post;
use crate::io::workspace::{Scope, Situation, Workspace};
use crate::model::{Problem, Queued, text};
use crate::policy::Globs;

use super::forge;
use super::output::Output;
use super::{Arguments, CliError, Command};

/// Everything that a command needs of the process that it runs in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Where "now" comes from.
    pub clock: Clock,
    /// Whether the remote is asked.
    pub offline: bool,
    pub(super) repo: Option<PathBuf>,
    pub(super) target: Option<String>,
    remote: Option<String>,
    folders: Option<ProjectDirs>,
    pub(super) home: Option<PathBuf>,
    /// Whether git may ask at the terminal: not behind the console, and not where a script reads the answer.
    pub(super) asks: bool,
    /// The connection to GitHub, once a repository there is opened.
    pub(super) connection: Arc<OnceLock<Arc<Connection>>>,
}

impl Session {
    /// From the arguments and the environment.
    #[must_use]
    pub fn new(arguments: &Arguments) -> Self {
        Self {
            clock: Clock::System,
            offline: arguments.offline,
            repo: arguments.repo.clone(),
            target: arguments.target.clone(),
            remote: arguments.remote.clone(),
            folders: ProjectDirs::from("", "", "countersign"),
            home: directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()),
            asks: !matches!(arguments.command, None | Some(Command::Demo(_)))
                && !arguments.json()
                && std::io::stdin().is_terminal()
                && std::io::stderr().is_terminal(),
            connection: Arc::default(),
        }
    }

    /// The same with another clock.
    #[must_use]
    pub fn at(&self, clock: Clock) -> Self {
        Self { clock, ..self.clone() }
    }

    /// The folder of `config.toml`, `keymap.toml` and `theme.toml`.
    #[must_use]
    pub fn config_folder(&self) -> Option<&Path> {
        self.folders.as_ref().map(ProjectDirs::config_dir)
    }

    /// The text of a file in the configuration folder; `None` where there is none.
    pub fn config_text(&self, name: &str) -> Result<Option<String>, CliError> {
        let Some(path) = self.config_folder().map(|folder| folder.join(name)) else { return Ok(None) };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(CliError::usage(format!("{} cannot be read: {error}", path.display()), "mend or remove it"))
            }
        }
    }

    /// The settings, and what is wrong with them.
    ///
    /// None of it keeps a command from working: what is wrong has its default, and is told beside the answer.
    #[must_use]
    pub fn settings(&self) -> (Settings, Vec<Problem>) {
        match self.config_text("config.toml") {
            Ok(text) => Settings::load(text.as_deref().map(|text| Source::new("config.toml", text))),
            Err(error) => {
                let problem = Problem { place: "config.toml".into(), what: error.what, next: error.next };
                (Settings::default(), vec![problem])
            }
        }
    }

    /// Opens the repository that the arguments name, else the one around the current directory.
    pub fn workspace(&self) -> Result<Workspace, CliError> {
        self.workspace_at(self.repo.as_deref().unwrap_or_else(|| Path::new(".")))
    }

    /// Whether the arguments name a repository.
    #[must_use]
    pub const fn names_one(&self) -> bool {
        self.repo.is_some()
    }

    /// A path of the settings; `~/` is the home folder.
    #[must_use]
    pub fn expanded(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }

    /// Opens the repository around `path`, or the one on GitHub that it names.
    pub fn workspace_at(&self, path: &Path) -> Result<Workspace, CliError> {
        let (settings, _) = self.settings();
        if let Some(repo) = forge::named(path, &settings.github)? {
            return self.workspace_on_github(&repo, &settings);
        }
        let remote = self.remote.as_deref().or(settings.remote.as_deref());
        let mut repository = LocalRepository::open(path, self.target.as_deref(), remote)?;
        repository.asks = self.asks;
        self.workspace_of(repository, &settings)
    }

    pub(super) fn workspace_of(&self, repository: LocalRepository, settings: &Settings) -> Result<Workspace, CliError> {
        let patterns = Globs::new(&settings.branches)
            .map_err(|error| CliError::usage(format!("config.toml: {error}"), "mend the pattern under `branches`"))?;
        let (state, cache) = (self.state_folder()?, self.cache_folder()?);
        Ok(Workspace::new(repository, &state, &cache, patterns, self.clock, self.home.clone()))
    }

    fn state_folder(&self) -> Result<PathBuf, CliError> {
        let folders = self.folders()?;
        Ok(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
    }

    pub(super) fn cache_folder(&self) -> Result<PathBuf, CliError> {
        Ok(self.folders()?.cache_dir().to_owned())
    }

    fn folders(&self) -> Result<&ProjectDirs, CliError> {
        self.folders.as_ref().ok_or_else(|| {
            CliError::usage("there is no home directory, so decisions could not be kept safely", "set HOME")
        })
    }

    /// [`Self::read`] for a command that decides: what a crash left is finished first, visibly. What lies unsent in the outbox
    /// does not keep anybody from deciding the same anew. A `dry` run finishes nothing: it writes nowhere.
    pub fn read_to_decide(
        &self,
        workspace: &Workspace,
        scope: &Scope<'_>,
        dry: bool,
        output: &mut Output,
    ) -> Result<Situation, CliError> {
        workspace.repository.whole()?;
        let fetched = if self.offline { Ok(()) } else { workspace.fetch_to_decide(&|| true) };
        // What lies at the remote and is not here may stand against what is owed.
        let current = !self.offline && fetched.as_ref().err().and_then(FetchError::of_git).is_none();
        let situation = self.read_after(fetched, workspace, scope)?;
        let (mut said, mut again) = if dry { (Vec::new(), false) } else { workspace.recover(&situation)? };
        if current && !dry {
            let caught = workspace.catch_up(&post::Watch { progress: &|_, _| {}, still: &|| true }).unwrap_or_default();
            again |= !caught.done.is_empty() || !caught.problems.is_empty();
            caught.done.iter().for_each(|line| output.remark(line));
            said.extend(caught.problems);
        }
        output.problems(&said);
        let arrived = situation.arrived.clone();
        let problems = situation.problems.clone();
        let mut situation = if again { workspace.read(scope)? } else { situation };
        output.problems(&problems);
        super::decide::possible(&situation)?;
        situation.arrived = arrived;
        situation.unsent = BTreeSet::new();
        Ok(situation)
    }

    /// Does work until all contents that it takes are here, where some are brought when they are first wanted; the error says
    /// why some are not.
    pub fn whole<T>(&self, workspace: &Workspace, mut work: impl FnMut() -> T) -> (T, Result<(), MirrorError>) {
        match workspace.repository.mirror.as_ref().filter(|_| !self.offline) {
            Some(mirror) => mirror.whole(&Watch::NOBODY, work),
            None => (work(), Ok(())),
        }
    }

    /// Brings what the evidence of those that are wanted is known to take, where contents may be missing.
    pub fn bring_evidence(
        &self,
        workspace: &Workspace,
        situation: &Situation,
        wanted: &dyn Fn(&Queued) -> bool,
    ) -> Result<(), MirrorError> {
        if self.offline || workspace.repository.mirror.is_none() {
            return Ok(());
        }
        let queue = situation.queue();
        let wanted = queue.iter().filter(|queued| wanted(queued)).map(|queued| queued.proposal.as_ref());
        let view = workspace.index.at(situation.target.tip);
        workspace.bring_evidence(situation, &wanted.collect::<Vec<_>>(), view.as_ref(), &Watch::NOBODY).map(drop)
    }

    /// Asks the remote unless told not to, and reads. A remote that does not answer is a problem, not an error: everything
    /// that was fetched works.
    pub fn read(&self, workspace: &Workspace, scope: &Scope<'_>) -> Result<Situation, CliError> {
        let fetched = if self.offline { Ok(()) } else { workspace.fetch(&|| true) };
        self.read_after(fetched, workspace, scope)
    }

    fn read_after(
        &self,
        fetched: Result<(), FetchError>,
        workspace: &Workspace,
        scope: &Scope<'_>,
    ) -> Result<Situation, CliError> {
        let brought = if self.offline { Ok(()) } else { workspace.bring_queue(scope.extra, &Watch::NOBODY).map(drop) };
        let (situation, whole) = self.whole(workspace, || workspace.read(scope));
        let mut situation = situation?;
        situation.problems.extend(self.settings().1);
        situation.problems.extend(brought.and(whole).err().map(|error| unbrought(&error)));
        situation.problems.extend(fetched.err().map(|error| error.problem(workspace)));
        Ok(situation)
    }
}

/// What is said where contents could not be brought: what lacks them says so, too.
pub fn unbrought(error: &MirrorError) -> Problem {
    Problem {
        place: "contents".into(),
        what: format!("some contents could not be fetched: {}", text::single_line(&error.to_string())),
        next: "what lacks them says so; try again".into(),
    }
}
