//! The `git` program: everything that crosses a network, signs, or moves a ref goes through it, so that SSH configuration,
//! agents, jump hosts, credential helpers and hooks work as the user set them up.
//!
//! The one place that starts it. Arguments are vectors, never a shell's; the process has a session of its own, so that
//! nothing can ask for a passphrase behind a full-screen console (it fails instead, and says so). Only [`Git::asking`] leaves it
//! the terminal: for commands, and for a console that has stepped aside.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap, ProcessSession};

/// Why a run of `git` gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program could not be started.
    #[error("git could not be started: {0}")]
    Start(#[source] std::io::Error),
    /// It ran and failed.
    #[error("git {command} failed{}: {stderr}", code.map(|c| format!(" with {c}")).unwrap_or_default())]
    Failed {
        /// The subcommand.
        command: String,
        /// Its exit code; `None` where a signal ended it.
        code: Option<i32>,
        /// What it said, bounded and made printable.
        stderr: String,
    },
    /// It did not finish in time and was ended.
    #[error("git {command} did not finish within {seconds} s and was ended")]
    TimedOut {
        /// The subcommand.
        command: String,
        /// The limit.
        seconds: u64,
    },
    /// Nobody wanted its answer any more, and it was ended.
    #[error("git {command} was stopped")]
    Stopped {
        /// The subcommand.
        command: String,
    },
    /// Another process fetches into the same mirror, and is not done with it in time.
    #[error("another countersign is fetching into the same mirror")]
    Busy,
    /// Talking to it failed.
    #[error("git {command}: {source}")]
    Pipe {
        /// The subcommand.
        command: String,
        /// What happened.
        source: std::io::Error,
    },
}

/// How much of what git says about an error is kept.
const STDERR_KEPT: usize = 8 << 10;

/// Starts `git` in one repository.
#[derive(Debug, Clone)]
pub struct Git {
    dir: PathBuf,
    settings: Vec<String>,
    asks: bool,
}

/// What a run printed.
#[derive(Debug)]
pub struct Output {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, as it came.
    pub stderr: Vec<u8>,
    /// Whether it exited with 0.
    pub success: bool,
    /// The exit code.
    pub code: Option<i32>,
}

impl Output {
    /// Standard output as text without the last newline.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches('\n').to_owned()
    }
}

impl Git {
    /// For the repository that owns `dir` (a work tree or a git directory).
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), settings: Vec::new(), asks: false }
    }

    /// The same at the person's terminal: it, and what it starts, may ask for a passphrase, a password or a yes there, for as
    /// long as the person takes; ctrl-c ends it.
    #[must_use]
    pub const fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    /// Whether it may ask at the terminal.
    #[must_use]
    pub const fn asks(&self) -> bool {
        self.asks
    }

    /// The same with one more `-c NAME=VALUE`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push(format!("{name}={value}"));
        self
    }

    /// The folder that it runs in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Runs it to its end; a failure of git is an error.
    pub fn run<S: AsRef<str>>(&self, args: &[S]) -> Result<Output, GitError> {
        self.run_with(args, &[], None)
    }

    /// Runs it with more environment and standard input; a failure of git is an error.
    pub fn run_with<S: AsRef<str>>(
        &self,
        args: &[S],
        env: &[(&str, String)],
        stdin: Option<&[u8]>,
    ) -> Result<Output, GitError> {
        let output = self.try_run(args, env, stdin)?;
        if output.success { Ok(output) } else { Err(failure(&command_word(args), &output)) }
    }

    /// Runs it to its end; that git fails is part of the answer.
    pub fn try_run<S: AsRef<str>>(
        &self,
        args: &[S],
        env: &[(&str, String)],
        stdin: Option<&[u8]>,
    ) -> Result<Output, GitError> {
        self.try_run_within(args, env, stdin, if self.asks { PERSON_LIMIT } else { DEFAULT_LIMIT })
    }

    /// [`Self::try_run`] with a limit of time, after which the process is ended.
    pub fn try_run_within<S: AsRef<str>>(
        &self,
        args: &[S],
        env: &[(&str, String)],
        stdin: Option<&[u8]>,
        limit: Duration,
    ) -> Result<Output, GitError> {
        self.try_run_while(args, env, stdin, limit, &|| true)
    }

    /// [`Self::try_run_within`], ended too once its answer is not wanted any more.
    pub fn try_run_while<S: AsRef<str>>(
        &self,
        args: &[S],
        env: &[(&str, String)],
        stdin: Option<&[u8]>,
        limit: Duration,
        still: &dyn Fn() -> bool,
    ) -> Result<Output, GitError> {
        let fed = if self.asks && stdin.is_none() { Stdio::inherit() } else { Stdio::piped() };
        finish(command_word(args), self.start(args, env, fed)?, stdin, limit, still)
    }

    pub(super) fn spawn<S: AsRef<str>>(
        &self,
        args: &[S],
        env: &[(&str, String)],
    ) -> Result<Box<dyn ChildWrapper>, GitError> {
        self.start(args, env, Stdio::piped())
    }

    fn start<S: AsRef<str>>(
        &self,
        args: &[S],
        env: &[(&str, String)],
        stdin: Stdio,
    ) -> Result<Box<dyn ChildWrapper>, GitError> {
        let mut command = program("git", &self.dir);
        command.args(self.arguments(args));
        // Replace refs would let a push decide what a commit says; prompts would hang a console.
        command.env("GIT_NO_REPLACE_OBJECTS", "1").env("LC_ALL", "C.UTF-8");
        command.env("GIT_TERMINAL_PROMPT", if self.asks { "1" } else { "0" });
        // What a hook or a wrapper set for another repository must not redirect this one.
        for name in
            ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"]
        {
            command.env_remove(name);
        }
        command.envs(env.iter().map(|(name, value)| (*name, value.as_str())));
        if self.asks { at_the_terminal(command, stdin) } else { in_own_session(command) }
    }

    fn arguments<S: AsRef<str>>(&self, args: &[S]) -> Vec<OsString> {
        let settings = self.settings.iter().flat_map(|setting| ["-c".into(), OsString::from(setting)]);
        settings.chain(args.iter().map(|arg| OsString::from(arg.as_ref()))).collect()
    }
}

/// The variables in which people keep tokens of forges.
pub const TOKENS: [&str; 4] = ["GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

fn program(name: &str, dir: &Path) -> Command {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts programs")]
    let mut command = Command::new(name);
    command.current_dir(dir);
    command
}

/// A program that has no business with a forge. git keeps the tokens: its credential helper may be the one that reads them.
fn without_tokens(name: &str, dir: &Path) -> Command {
    let mut command = program(name, dir);
    for variable in TOKENS {
        command.env_remove(variable);
    }
    command
}

fn in_own_session(mut command: Command) -> Result<Box<dyn ChildWrapper>, GitError> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut wrapped = CommandWrap::from(command);
    wrapped.wrap(ProcessSession);
    wrapped.spawn().map_err(GitError::Start)
}

/// In our session and process group: it has the terminal as long as we have, and ctrl-c reaches it.
fn at_the_terminal(mut command: Command, stdin: Stdio) -> Result<Box<dyn ChildWrapper>, GitError> {
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    CommandWrap::from(command).spawn().map_err(GitError::Start)
}

/// Runs another program: `ssh-add`, `ssh-keygen`, or one of the user's own choosing (git's `gpg.ssh.defaultKeyCommand`).
pub fn run_program(dir: &Path, words: &[String], stdin: &[u8]) -> Result<Output, GitError> {
    let (name, args) = words.split_first().ok_or_else(|| GitError::Start(std::io::ErrorKind::NotFound.into()))?;
    let mut command = without_tokens(name, dir);
    command.args(args);
    finish(name.clone(), in_own_session(command)?, Some(stdin), PROGRAM_LIMIT, &|| true)
}

/// Runs a program to its end in a session of its own, so that it outlives ours; it says nothing and reads nothing.
pub fn start_program(dir: &Path, words: &[String]) -> Result<(), GitError> {
    let (name, args) = words.split_first().ok_or_else(|| GitError::Start(std::io::ErrorKind::NotFound.into()))?;
    let mut command = without_tokens(name, dir);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut wrapped = CommandWrap::from(command);
    let mut child = wrapped.wrap(ProcessSession).spawn().map_err(GitError::Start)?;
    let pipe = |source| GitError::Pipe { command: name.clone(), source };
    let status = child.wait().map_err(pipe)?;
    if status.success() { Ok(()) } else { Err(pipe(std::io::Error::other(status.to_string()))) }
}

/// A key command that takes longer asks for something that nobody sees.
const PROGRAM_LIMIT: Duration = Duration::from_secs(10);

fn finish(
    command: String,
    mut child: Box<dyn ChildWrapper>,
    stdin: Option<&[u8]>,
    limit: Duration,
    still: &dyn Fn() -> bool,
) -> Result<Output, GitError> {
    let pipe = |source| GitError::Pipe { command: command.clone(), source };
    let stdout = drain(child.stdout().take());
    let stderr = drain(child.stderr().take());
    let writer = feed(child.stdin().take(), stdin);
    let deadline = Instant::now() + limit;
    let Some(status) = wait_while(child.as_mut(), &|| Instant::now() < deadline && still()).map_err(pipe)? else {
        let _ = child.kill();
        let seconds = limit.as_secs();
        return Err(if still() { GitError::TimedOut { command, seconds } } else { GitError::Stopped { command } });
    };
    // A child that closed its input early is judged by its exit status, not by our broken pipe.
    drop(writer.join());
    let stderr = complaint(status, stderr.join().unwrap_or_default());
    let stdout = stdout.join().unwrap_or_default();
    Ok(Output { stdout, stderr, success: status.success(), code: status.code() })
}

/// What a process said of its end. One that a signal ended, a full disk's for example, could not say why.
pub(super) fn complaint(status: std::process::ExitStatus, stderr: Vec<u8>) -> Vec<u8> {
    if status.code().is_none() && stderr.trim_ascii().is_empty() {
        format!("ended by {status}").into_bytes()
    } else {
        stderr
    }
}

/// Long enough for a slow fetch over a bad line, short enough that nothing hangs for ever.
pub(super) const DEFAULT_LIMIT: Duration = Duration::from_secs(600);
/// A person may look for a key or a password; ctrl-c is at hand.
const PERSON_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn command_word<S: AsRef<str>>(args: &[S]) -> String {
    args.iter().map(AsRef::as_ref).find(|arg| !arg.starts_with('-')).unwrap_or("").to_owned()
}

pub(super) fn failure(command: &str, output: &Output) -> GitError {
    let kept = &output.stderr[..output.stderr.len().min(STDERR_KEPT)];
    let stderr = crate::model::text::single_line(&String::from_utf8_lossy(kept));
    GitError::Failed { command: command.to_owned(), code: output.code, stderr }
}

/// Waits for a child's end and judges it by its exit status and what it complained of; one that takes too long is ended.
pub(super) fn ended(
    command: &str,
    child: &mut dyn ChildWrapper,
    errors: std::thread::JoinHandle<Vec<u8>>,
) -> Result<(), GitError> {
    let pipe = |source| GitError::Pipe { command: command.to_owned(), source };
    let Some(status) = wait_until(child, Instant::now() + DEFAULT_LIMIT).map_err(pipe)? else {
        let _ = child.kill();
        return Err(GitError::TimedOut { command: command.to_owned(), seconds: DEFAULT_LIMIT.as_secs() });
    };
    let stderr = complaint(status, errors.join().unwrap_or_default());
    let output = Output { stdout: Vec::new(), stderr, success: status.success(), code: status.code() };
    if output.success { Ok(()) } else { Err(failure(command, &output)) }
}

pub(super) fn drain<R: Read + Send + 'static>(source: Option<R>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut source) = source {
            let _ = source.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn feed(stdin: Option<std::process::ChildStdin>, bytes: Option<&[u8]>) -> std::thread::JoinHandle<()> {
    let bytes = bytes.unwrap_or_default().to_owned();
    std::thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(&bytes);
        }
    })
}

/// The exit status, or `None` at the deadline. The pause is a small part of what has passed, so
/// that neither short commands nor long ones take notably longer for being waited for.
pub(super) fn wait_until(
    child: &mut dyn ChildWrapper,
    deadline: Instant,
) -> std::io::Result<Option<std::process::ExitStatus>> {
    wait_while(child, &|| Instant::now() < deadline)
}

/// The exit status, or `None` once it is not waited for any more.
fn wait_while(
    child: &mut dyn ChildWrapper,
    still: &dyn Fn() -> bool,
) -> std::io::Result<Option<std::process::ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if !still() {
            return Ok(None);
        }
        let pause = (started.elapsed() / 16).clamp(Duration::from_micros(200), Duration::from_millis(10));
        #[expect(clippy::disallowed_methods, reason = "the standard library waits for a process without a limit only")]
        std::thread::sleep(pause);
    }
}
