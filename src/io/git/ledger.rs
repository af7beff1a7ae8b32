//! Reading the ledger: raw commits along first parents, roots by commit, and what `ssh-keygen` says where the signature is
//! of a kind that is not verified in process.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::{POLICY_PATH, ROOT_FILE_LIMIT, SIGNERS_PATH};
use crate::ledger::{self, Chain, Externals, Landing, Question, RawCommit, Roots};
use crate::model::{EntryId, Oid, Side};
use crate::policy::{self, PolicyError, Root, Signers};

use super::process::{self, GitError};
use super::store::{Store, StoreError};

/// Policy and signers by commit, each read once.
#[derive(Debug)]
pub struct RootReader<'a> {
    store: &'a Store,
    read: RefCell<HashMap<Oid, Result<Arc<Root>, RootError>>>,
}

/// Why a commit has no usable root.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RootError {
    /// It has no policy at all.
    #[error("there is no {POLICY_PATH}")]
    Absent,
    /// Its policy cannot be used.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<PolicyError>),
    /// It is there in a form that cannot be used.
    #[error("{0}")]
    Unfit(String),
    /// Its objects cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<'a> RootReader<'a> {
    /// Reads from `store`.
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self { store, read: RefCell::default() }
    }

    /// The root at a commit, or why there is none.
    pub fn read(&self, commit: Oid) -> Result<Arc<Root>, RootError> {
        if let Some(known) = self.read.borrow().get(&commit) {
            return known.clone();
        }
        let root = self.read_new(commit).map(Arc::new);
        self.read.borrow_mut().insert(commit, root.clone());
        root
    }

    fn read_new(&self, commit: Oid) -> Result<Root, RootError> {
        let tree = self.store.tree_of(commit)?;
        let side = self.store.entry(tree, POLICY_PATH)?.ok_or(RootError::Absent)?;
        let policy = policy::parse(&self.text(side, POLICY_PATH)?, "policy.yaml").map_err(RootError::Invalid)?;
        let missing = || RootError::Unfit(format!("there is no {SIGNERS_PATH}"));
        let listed = self.store.entry(tree, SIGNERS_PATH)?.ok_or_else(missing)?;
        let (signers, _) = Signers::parse(&self.text(listed, SIGNERS_PATH)?);
        Ok(Root { commit, policy_blob: side.oid, signers_blob: listed.oid, policy, signers })
    }

    fn landing_of(&self, commit: Oid) -> Result<Landing, StoreError> {
        let found = self.store.commit(commit)?;
        let before = found.parents.first().map_or(Ok(Oid::EMPTY_TREE), |parent| self.store.tree_of(*parent))?;
        let diff = self.store.diff(before, found.tree)?;
        Ok(Landing { parents: found.parents, tree: found.tree, change_id: diff.change_id })
    }

    fn text(&self, side: Side, path: &str) -> Result<String, RootError> {
        use crate::model::Mode::{Executable, File};
        if !matches!(side.mode, File | Executable) {
            return Err(RootError::Unfit(format!("{path} is not a plain file")));
        }
        let bytes = match self.store.blob(side.oid, ROOT_FILE_LIMIT) {
            Err(error @ StoreError::TooLarge { .. }) => return Err(RootError::Unfit(format!("{path}: {error}"))),
            read => read?,
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        PolicyError::read(name, bytes).map_err(|error| RootError::Invalid(vec![error]))
    }
}

impl Roots for RootReader<'_> {
    fn root(&self, commit: Oid) -> Result<Arc<Root>, String> {
        self.read(commit).map_err(|error| error.to_string())
    }

    fn has(&self, commit: Oid) -> bool {
        self.store.has(commit)
    }

    fn landing(&self, commit: Oid) -> Result<Landing, String> {
        self.landing_of(commit).map_err(|error| error.to_string())
    }
}

/// The ledger's commits from the first one to `tip`, oldest first.
pub fn commits(store: &Store, tip: Oid) -> Result<Vec<RawCommit>, StoreError> {
    let mut line = Vec::new();
    let mut next = Some(tip);
    while let Some(oid) = next {
        let commit = RawCommit::parse(oid, &store.raw_object(oid)?);
        next = commit.parents.first().copied();
        line.push(commit);
    }
    line.reverse();
    Ok(line)
}

/// Judges the ledger at `tip`; signatures that need `ssh-keygen` are put to it, and the chain is read again.
pub fn read(
    store: &Store,
    roots: &RootReader<'_>,
    tip: Option<Oid>,
    pin: Option<EntryId>,
    now: Timestamp,
) -> Result<Chain, StoreError> {
    let raw = tip.map(|tip| commits(store, tip)).transpose()?.unwrap_or_default();
    let mut externals = Externals { seals: seals(&raw), ..Externals::default() };
    // An answer may bring other signers into force, by whom the commits after it are asked about anew.
    loop {
        let chain = ledger::read(&raw, pin, roots, &externals, now);
        let asked = |question: &&Question| externals.answers.contains_key(&(question.commit, question.root));
        let open: Vec<Question> = chain.questions().iter().filter(|question| !asked(question)).copied().collect();
        if open.is_empty() {
            return Ok(chain);
        }
        for question in open {
            let commit = raw.iter().find(|commit| commit.oid == question.commit);
            let answer = commit.ok_or_else(|| "the commit is gone".to_owned()).and_then(|c| ask(store, c, &question));
            externals.answers.insert((question.commit, question.root), answer);
        }
    }
}

/// Checks the signatures on all cores: that is nearly all of the work of reading a ledger.
fn seals(raw: &[RawCommit]) -> HashMap<Oid, ledger::Sealed> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    let share = raw.len().div_ceil(workers).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = raw
            .chunks(share)
            .map(|chunk| scope.spawn(|| chunk.iter().map(|c| (c.oid, ledger::signature::seal(c))).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

/// What `ssh-keygen -Y verify` says: the principal, or why not (ssh-keygen(1)).
fn ask(store: &Store, commit: &RawCommit, question: &Question) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let tree = store.tree_of(question.root).map_err(|e| text(&e))?;
    let side = store.entry(tree, SIGNERS_PATH).map_err(|e| text(&e))?.ok_or("no signers at that commit")?;
    let signers = store.blob(side.oid, ROOT_FILE_LIMIT).map_err(|e| text(&e))?;
    let folder = tempfile::tempdir().map_err(|e| text(&e))?;
    let put = |name: &str, bytes: &[u8]| -> Result<String, String> {
        let path = folder.path().join(name);
        std::fs::File::create(&path).and_then(|mut file| file.write_all(bytes)).map_err(|e| text(&e))?;
        path.to_str().map(str::to_owned).ok_or_else(|| "the temporary folder's name is not UTF-8".to_owned())
    };
    let signers = put("allowed_signers", &signers)?;
    let signature = put("signature", commit.signature.as_deref().unwrap_or_default())?;
    let time = format!("-Overify-time={}", question.at.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%SZ"));
    let run = |words: &[&str], stdin: &[u8]| -> Result<process::Output, GitError> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        process::run_program(folder.path(), &words, stdin)
    };
    let found = run(&["ssh-keygen", "-Y", "find-principals", &time, "-s", &signature, "-f", &signers], b"");
    let found = found.map_err(|e| text(&e))?;
    let principal = found.text().lines().next().unwrap_or_default().to_owned();
    if !found.success || principal.is_empty() {
        return Err("ssh-keygen finds no principal for this signature".to_owned());
    }
    let verify = ["ssh-keygen", "-Y", "verify", &time, "-n", "git", "-I", &principal, "-s", &signature, "-f", &signers];
    let verified = run(&verify, &commit.payload).map_err(|e| text(&e))?;
    if verified.success { Ok(principal) } else { Err("ssh-keygen does not accept the signature".to_owned()) }
}
