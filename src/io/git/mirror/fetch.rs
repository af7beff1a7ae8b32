//! Fetching into a mirror: one process for branches, pull requests, ledger and notes, so that all of it is of one moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::process::{Git, GitError, Output, command_word, failure};
use super::super::refresh::NOTES_REF;
use super::place::{ABANDONED, PATIENCE};
use super::{Mirror, MirrorError, Origin, environment};

/// Where the heads of pull requests are: no branch of anybody can come to lie there.
pub const PULLS: &str = "refs/countersign/pulls";
/// The file whose time is that of the last fetch; it says whether the server left contents out.
const FETCHED: &str = "countersign-fetched";
/// Long enough for the first fetch of a large repository over a bad line.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);
/// Refs in files of their own from which on they are packed: libgit2 opens each of them for each reading.
const LOOSE: usize = 200;
/// Packs from which on they are made one: each object is looked for in all of them.
const PACKS: usize = 40;
/// A lock of git that is older was left behind: nobody else works here while we do.
const STALE: Duration = Duration::from_secs(60);
/// Entries of folders that are looked at.
const ENTRIES: usize = 1_000_000;

/// How a fetch went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Another process was fetching; what it brought, as far as it has, is what is there.
    pub by_another: bool,
    /// The server does not leave contents out, so that all of them came. Said once for each mirror.
    pub everything: bool,
}

impl Mirror {
    /// Fetches refs, commits and trees; where another process does so, waits for it. `asks` says whether git may ask the person
    /// at the terminal, `still` whether the answer is still wanted. Errors: [`MirrorError::Busy`] where the other one is not done in
    /// time; what it will bring nobody knows yet.
    pub fn fetch(&self, asks: bool, still: &(dyn Fn() -> bool + Sync)) -> Result<Fetched, MirrorError> {
        self.fetch_within(PATIENCE, asks, still)
    }

    pub(super) fn fetch_within(
        &self,
        patience: Duration,
        asks: bool,
        still: &(dyn Fn() -> bool + Sync),
    ) -> Result<Fetched, MirrorError> {
        let before = self.fetched_at();
        let _lock = self.lock(patience)?.ok_or(MirrorError::Busy)?;
        if before != self.fetched_at() {
            return Ok(Fetched { by_another: true, ..Fetched::default() });
        }
        let found = self.sweep();
        let notes = format!("+{NOTES_REF}*:refs/countersign/remotes/origin/notes/reasoning*");
        let pulls = format!("+refs/pull/*/head:{PULLS}/*");
        let options = ["--no-tags", "--prune", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc"];
        // A branch called HEAD would be written through the symbolic ref that git keeps under that name.
        let refs = ["+refs/heads/*:refs/remotes/origin/*", "^refs/heads/HEAD", &pulls, &notes];
        let args = [&["fetch", "--quiet"][..], &options, &["--refmap=", "--", "origin"], &refs].concat();
        let output = Self::run(&self.git(asks), &args, None, still)?;
        let everything = String::from_utf8_lossy(&output.stderr).contains("filtering not recognized");
        if self.target().is_none() {
            self.ask_target(asks, still)?;
        }
        self.tidy(&found)?;
        self.brought();
        self.stamp(everything)
    }

    /// Runs a git that fetches.
    pub(super) fn run(
        git: &Git,
        args: &[&str],
        stdin: Option<&[u8]>,
        still: &(dyn Fn() -> bool + Sync),
    ) -> Result<Output, MirrorError> {
        let output = match git.try_run_while(args, &environment(), stdin, LIMIT, still) {
            Err(GitError::Stopped { .. }) => return Err(MirrorError::Stopped),
            output => output?,
        };
        if output.success { Ok(output) } else { Err(failure(&command_word(args), &output).into()) }
    }

    /// Asks the remote which branch is its default one.
    fn ask_target(&self, asks: bool, still: &(dyn Fn() -> bool + Sync)) -> Result<(), MirrorError> {
        let output =
            Self::run(&self.git(asks), &["ls-remote", "--quiet", "--symref", "--", "origin", "HEAD"], None, still)?;
        let said = output.text();
        let branch = said.lines().find_map(|line| line.strip_prefix("ref: refs/heads/")?.split('\t').next());
        let (Some(branch), Some(url)) = (branch, self.url()) else { return Ok(()) };
        self.configure(Origin { url: &url, branch: Some(branch) })
    }

    /// Whether anything was fetched into it that can be read.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.fetched_at().is_some() && self.target().is_some() && !self.is_spoilt()
    }

    /// Whether a crash left nothing of where the default branch is: a fetch mends that.
    #[must_use]
    pub fn is_spoilt(&self) -> bool {
        let file = |branch: String| self.git_dir().join("refs/remotes/origin").join(branch);
        self.target().is_some_and(|branch| !is_ref(&file(branch))) || !is_ref(&self.git_dir().join("HEAD"))
    }

    /// Whether the server left contents out, as far as a fetch has told.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !fs::read(self.git_dir().join(FETCHED)).is_ok_and(|said| said == b"everything\n")
    }

    fn fetched_at(&self) -> Option<std::time::SystemTime> {
        fs::metadata(self.git_dir().join(FETCHED)).and_then(|found| found.modified()).ok()
    }

    fn stamp(&self, everything: bool) -> Result<Fetched, MirrorError> {
        let said = everything && self.is_partial();
        let text = if everything { "everything\n" } else { "commits and trees\n" };
        fs::write(self.git_dir().join(FETCHED), text).map_err(|source| self.refused(source))?;
        Ok(Fetched { by_another: false, everything: said })
    }

    /// Puts many refs into one file, and many packs into one.
    fn tidy(&self, found: &Swept) -> Result<(), MirrorError> {
        let always = || true;
        if found.loose > LOOSE || count(&self.git_dir().join("refs"), LOOSE + 1) > LOOSE {
            Self::run(&self.git(false), &["pack-refs", "--all", "--prune"], None, &always)?;
        }
        if found.packs > PACKS {
            // Told of the promise, so that it does not look for what was never here.
            Self::run(&self.git(false), &["repack", "-a", "-d", "-q"], None, &always)?;
        }
        Ok(())
    }

    /// Removes what processes left behind that were killed, or hosts that crashed: locks of git, packs that were not finished, and refs
    /// that say nothing, which the next fetch brings again. To be called with our own lock held.
    pub(super) fn sweep(&self) -> Swept {
        let mut swept = Swept::default();
        let pack = self.git_dir().join("objects/pack");
        for path in files(&pack, ENTRIES) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            swept.packs += usize::from(path.extension().is_some_and(|end| end == "pack"));
            if name.starts_with("tmp_") {
                remove_older(&path, ABANDONED);
            }
        }
        for path in files(&self.git_dir().join("refs"), ENTRIES).into_iter().chain(locks(self.git_dir())) {
            if path.extension().is_some_and(|end| end == "lock") {
                remove_older(&path, STALE);
            } else if is_ref(&path) {
                swept.loose += 1;
            } else {
                // Where it cannot be removed git says so itself.
                let _ = fs::remove_file(path);
            }
        }
        let head = self.git_dir().join("HEAD");
        if !is_ref(&head) {
            // Nothing is read by it, but without it git takes the folder for none of its own.
            let _ = fs::write(head, "ref: refs/heads/main\n");
        }
        swept
    }
}

/// What a mirror consists of.
#[derive(Debug, Default)]
pub(super) struct Swept {
    /// Refs in files of their own.
    loose: usize,
    /// Packs.
    packs: usize,
}

/// Whether a file says where a ref is, or which other one it is. Of one that is not there, or cannot be read just now, others may know.
fn is_ref(path: &Path) -> bool {
    let says = |text: Vec<u8>| {
        let text = text.trim_ascii();
        text.starts_with(b"ref: refs/") || text.len() == 40 && text.iter().all(u8::is_ascii_hexdigit)
    };
    fs::read(path).map_or(true, says)
}

fn remove_older(path: &Path, age: Duration) {
    let modified = path.metadata().and_then(|found| found.modified());
    if modified.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed > age)) {
        // Where it cannot be removed git says so itself.
        let _ = fs::remove_file(path);
    }
}

/// The locks in a folder itself.
fn locks(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "lock")).collect()
}

fn count(folder: &Path, most: usize) -> usize {
    files(folder, most).len()
}

/// The files in and below a folder, at most so many; links are not followed.
fn files(folder: &Path, most: usize) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(_) => {}
            }
            if found.len() >= most {
                return found;
            }
        }
    }
    found
}
