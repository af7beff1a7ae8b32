//! The sandbox of `countersign demo`: a GitOps repository with a past, four agents and their pending proposals.
//!
//! [`build()`] writes it, [`Built::complete`] adds what needs a policy first. Between the two, `init` does what it does in any
//! repository, with [`policy_text`] and [`allowed_signers_text`]. Everything follows from one moment: the same moment gives
//! the same object ids, whoever builds it, whatever git is told in the user's own settings.
//!
//! What happens is in tables: `history` (the past), `proposals` (what is pending), `services`, `incidents` and the folder
//! `files/`. Telling the story checks them: an edit that does not fit is an error.

mod build;
mod calendar;
mod cast;
mod files;
mod git;
mod history;
mod import;
mod incidents;
mod keys;
mod proposals;
mod root;
mod routine;
mod services;
mod world;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::model::{EntryId, Oid};

use super::git::process::GitError;

use calendar::Calendar;
use cast::{REVIEWERS, Who};

pub use root::{allowed_signers_text, policy_text};

/// Why a demo could not be built.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something is in the way.
    #[error("{} is not an empty folder; name another one with --dir, or remove it", .0.display())]
    NotEmpty(PathBuf),
    /// The path cannot be written into git's settings.
    #[error("{} is not a path that git's settings can hold; name a folder in UTF-8 without line breaks", .0.display())]
    Path(PathBuf),
    /// The moment is one that git's dates cannot hold.
    #[error("{0} is not a moment for a demo; name one between 1990 and 2090")]
    Moment(Timestamp),
    /// The `git` program failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// `git fast-import` was asked for an object id.
    #[error("git fast-import answered `{0}` where an object id was asked for; git 2.34 or later is needed")]
    Answer(String),
    /// A file or folder could not be written.
    #[error("{} could not be written: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A demo key could not be made.
    #[error("the demo's keys could not be made: {0}")]
    Key(#[from] ssh_key::Error),
    /// A table of the demo contradicts itself: a fault of this program.
    #[error("the demo's story does not fit together: {0}; please report this")]
    Story(String),
}

/// A reviewer of the demo: a clone with settings and a key of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// The name that the policy uses.
    pub name: &'static str,
    /// The address, in commits and in `allowed_signers`.
    pub email: &'static str,
    /// The clone.
    pub clone: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A demo, and what is where.
#[derive(Debug, Clone)]
pub struct Built {
    /// The folder that holds everything.
    pub dir: PathBuf,
    /// The bare repository that both clones push to.
    pub origin: PathBuf,
    /// The person at the console; his clone is `work`.
    pub you: Reviewer,
    /// The second reviewer; his clone is `sam`.
    pub sam: Reviewer,
    /// The tip of main, before the genesis.
    pub tip: Oid,
    /// When `init` should sign: after the last commit of main, before the first proposal.
    pub genesis_at: Timestamp,
    /// The moment of the demo.
    pub at: Timestamp,
    /// Commits on main.
    pub commits: usize,
    /// The branches of the proposals that are pending.
    pub proposals: Vec<String>,
}

/// Builds a demo in `dir`, which must be empty or not there yet. A build that fails leaves nothing behind.
pub fn build(dir: &Path, at: Timestamp) -> Result<Built, DemoError> {
    let years = Timestamp::constant(631_152_000, 0)..Timestamp::constant(3_786_912_000, 0);
    if !years.contains(&at) {
        return Err(DemoError::Moment(at));
    }
    let dir = empty_folder(dir)?;
    let built = write(&dir, at);
    if built.is_err() {
        for name in FOLDERS {
            // What cannot be removed is in the way next time, and is named then.
            let _ = fs::remove_dir_all(dir.join(name));
        }
    }
    built
}

/// What a demo's folder holds.
const FOLDERS: [&str; 4] = ["origin.git", "work", "sam", "keys"];

fn write(dir: &Path, at: Timestamp) -> Result<Built, DemoError> {
    let calendar = Calendar::new(at);
    let origin = dir.join("origin.git");
    git::run(dir, &["init", "--quiet", "--bare", "--template=", "-b", "main", "origin.git"])?;
    let chronicle = build::tell(&origin, calendar)?;
    write_keys(&dir.join("keys"))?;
    let [you, sam] = [(Who::You, "work"), (Who::Sam, "sam")].map(|(who, clone)| reviewer(dir, who, clone));
    for reviewer in [&you, &sam] {
        clone(dir, reviewer)?;
    }
    Ok(Built {
        dir: dir.to_owned(),
        origin,
        you,
        sam,
        tip: chronicle.tip,
        genesis_at: Timestamp::from_second(calendar.genesis()).unwrap_or(at),
        at,
        commits: build::COMMITS,
        proposals: chronicle.branches,
    })
}

impl Built {
    /// Adds the proposal that changes the policy, once `init` has put one on main, and fetches in both clones. `tip` is the
    /// commit that carries the policy, `ledger` the genesis entry that it names.
    pub fn complete(&mut self, tip: Oid, ledger: EntryId) -> Result<(), DemoError> {
        let policy = policy_text(ledger).replace(root::NETWORK_RULE, "");
        let branch = build::propose_policy(&self.origin, tip, policy, Calendar::new(self.at))?;
        self.proposals.push(branch.to_owned());
        [&self.you, &self.sam].into_iter().try_for_each(|reviewer| fetch(&reviewer.clone))
    }
}

/// Makes sure that there is an empty folder, and gives its absolute path.
fn empty_folder(dir: &Path) -> Result<PathBuf, DemoError> {
    fs::create_dir_all(dir).map_err(|source| DemoError::Write { path: dir.to_owned(), source })?;
    let whole = dir.canonicalize().map_err(|source| DemoError::Write { path: dir.to_owned(), source })?;
    let mut entries = fs::read_dir(&whole).map_err(|source| DemoError::Write { path: dir.to_owned(), source })?;
    if entries.next().is_some() {
        return Err(DemoError::NotEmpty(dir.to_owned()));
    }
    match whole.to_str() {
        Some(text) if !text.contains(['\n', '\r', '"']) => Ok(whole),
        _ => Err(DemoError::Path(dir.to_owned())),
    }
}

fn reviewer(dir: &Path, who: Who, clone: &str) -> Reviewer {
    let (name, email) = who.identity();
    Reviewer { name, email, clone: dir.join(clone), key: dir.join("keys").join(name) }
}

fn write_keys(keys: &Path) -> Result<(), DemoError> {
    let wrote = |path: &Path, result: io::Result<()>| {
        result.map_err(|source| DemoError::Write { path: path.to_owned(), source })
    };
    wrote(keys, fs::create_dir(keys))?;
    for who in REVIEWERS {
        let pair = keys::pair(who)?;
        let path = keys.join(who.identity().0);
        wrote(&path, write_private(&path, &pair.private))?;
        let public = path.with_extension("pub");
        wrote(&public, fs::write(&public, format!("{}\n", pair.public)))?;
    }
    let signers = keys.join("allowed_signers");
    wrote(&signers, fs::write(&signers, allowed_signers_text()?))
}

/// Writes a file that only its owner can read, as ssh demands of keys; it is never anything else, not for a moment.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

/// Clones for a reviewer. Identity, key and signers are in the clone's own settings, so an empty home will do.
fn clone(dir: &Path, reviewer: &Reviewer) -> Result<(), DemoError> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let key = path(&reviewer.key);
    let mut words = ["clone", "--quiet", "--template="].map(str::to_owned).to_vec();
    for (name, value) in [
        ("user.name", reviewer.name),
        ("user.email", reviewer.email),
        ("gpg.format", "ssh"),
        ("user.signingKey", &key),
        ("countersign.signingKey", &key),
        ("gpg.ssh.allowedSignersFile", &path(&dir.join("keys").join("allowed_signers"))),
        ("core.autocrlf", "false"),
    ] {
        words.extend(["--config".to_owned(), format!("{name}={value}")]);
    }
    words.extend([path(&dir.join("origin.git")), path(&reviewer.clone)]);
    git::run(dir, &words)?;
    fetch(&reviewer.clone)
}

fn fetch(clone: &Path) -> Result<(), DemoError> {
    let notes = "+refs/notes/reasoning:refs/notes/reasoning";
    Ok(git::run(clone, &["fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", notes])?)
}

#[cfg(test)]
mod tests;
