//! A folder to work in, and the environment of every program that a test starts there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::{Ran, Repo};

/// The program under test, built by cargo for this test run, fault points included.
pub const COUNTERSIGN: &str = env!("CARGO_BIN_EXE_countersign");

/// 2025-01-06 09:00:00 UTC, a Monday: the date of the first commit of every sandbox.
const FIRST_COMMIT: i64 = 1_736_154_000;

/// How long a program without a terminal may take before the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// A temporary folder with an empty home. Removed at the end; kept with `COUNTERSIGN_KEEP=1`, which says where.
pub struct Sandbox {
    folder: tempfile::TempDir,
    root: PathBuf,
    clock: AtomicI64,
}

impl Sandbox {
    /// Makes the folder and its empty home.
    pub fn new() -> Self {
        let keep = std::env::var_os("COUNTERSIGN_KEEP").is_some();
        let folder = tempfile::Builder::new().prefix("countersign-").disable_cleanup(keep).tempdir();
        let folder = folder.expect("a temporary folder");
        let root = folder.path().canonicalize().expect("the temporary folder is there");
        for part in ["home/.config", "tmp"] {
            std::fs::create_dir_all(root.join(part)).expect("an empty home");
        }
        let settings = "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n";
        std::fs::write(root.join("home/.gitconfig"), settings).expect("git's settings");
        if keep {
            super::needs::say(&format!("kept: {}", root.display()));
        }
        Self { folder, root, clock: AtomicI64::new(FIRST_COMMIT) }
    }

    /// A path in the sandbox; `""` is the sandbox itself.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// The home folder, with git's settings in `.gitconfig` and an empty `.config`.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// Writes a file, making its folders.
    pub fn write(&self, relative: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder in the sandbox");
        }
        std::fs::write(&path, contents).expect("a file in the sandbox");
        path
    }

    /// The whole environment of a program in the sandbox: nothing of the user's is in it but `PATH`.
    pub fn env(&self) -> Vec<(&'static str, OsString)> {
        let home = self.home();
        vec![
            ("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())),
            ("HOME", home.clone().into()),
            ("XDG_CONFIG_HOME", home.join(".config").into()),
            ("XDG_STATE_HOME", home.join(".local/state").into()),
            ("XDG_DATA_HOME", home.join(".local/share").into()),
            ("XDG_CACHE_HOME", home.join(".cache").into()),
            ("TMPDIR", self.path("tmp").into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CONFIG_SYSTEM", "/dev/null".into()),
            ("GIT_CONFIG_GLOBAL", home.join(".gitconfig").into()),
            ("GIT_CEILING_DIRECTORIES", self.path("").into()),
            ("GIT_ATTR_NOSYSTEM", "1".into()),
        ]
    }

    /// A program in a folder of the sandbox, with the sandbox's environment and no standard input.
    pub fn command(&self, program: impl Into<OsString>, folder: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.into());
        command.env_clear().envs(self.env()).current_dir(self.path(folder)).stdin(Stdio::null());
        command
    }

    /// Countersign itself, without a terminal, stopped after two minutes. Add arguments, then [`Ran::of`].
    pub fn countersign(&self, folder: impl AsRef<Path>) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::from_std(self.command(COUNTERSIGN, folder));
        command.timeout(PATIENCE);
        command
    }

    /// Runs countersign to its end.
    pub fn run(&self, folder: impl AsRef<Path>, arguments: &[&str]) -> Ran {
        Ran::of(self.countersign(folder).args(arguments))
    }

    /// git in a folder of the sandbox, as nobody in particular, never asking anything.
    pub fn git_command(&self, folder: impl AsRef<Path>) -> Command {
        let mut command = self.command("git", folder);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Nobody").env(format!("GIT_{role}_EMAIL"), "nobody@example.org");
            command.env(format!("GIT_{role}_DATE"), format!("@{} +0000", self.now()));
        }
        command.env("GIT_TERMINAL_PROMPT", "0");
        command
    }

    /// Runs git, which must succeed; the answer is its output without the last line break.
    pub fn git(&self, folder: impl AsRef<Path>, arguments: &[&str]) -> String {
        let ran = Ran::of(&mut assert_cmd::Command::from_std({
            let mut command = self.git_command(folder);
            command.args(arguments);
            command
        }));
        ran.succeeds().stdout.trim_end_matches('\n').to_owned()
    }

    /// An empty bare repository.
    pub fn bare(&self, name: &str) -> Repo<'_> {
        self.git("", &["init", "--quiet", "--bare", name]);
        Repo::new(self, name)
    }

    /// An empty repository with a work tree.
    pub fn init(&self, name: &str) -> Repo<'_> {
        self.git("", &["init", "--quiet", name]);
        Repo::new(self, name)
    }

    /// The repository that is in this folder already.
    pub fn repo(&self, name: &str) -> Repo<'_> {
        Repo::new(self, name)
    }

    /// A bare repository that borrows the objects of a real one, which stays as it is.
    pub fn borrow(&self, real: &Path, name: &str) -> Repo<'_> {
        self.git("", &["clone", "--quiet", "--bare", "--shared", "--no-tags", &real.to_string_lossy(), name]);
        Repo::new(self, name)
    }

    /// The sandbox's own time, in Unix seconds: that of the commit made last. It stands still between commits.
    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// Moves the sandbox's time on, and answers the new one.
    pub fn pass(&self, seconds: i64) -> i64 {
        self.clock.fetch_add(seconds, Ordering::SeqCst) + seconds
    }

    /// A text with the sandbox's path replaced by `$SANDBOX`, so that it can be compared.
    pub fn neutral(&self, text: &str) -> String {
        text.replace(&*self.folder.path().to_string_lossy(), "$SANDBOX")
            .replace(&*self.root.to_string_lossy(), "$SANDBOX")
    }
}
