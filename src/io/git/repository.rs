//! One local repository: where it is, what it is called, its remote, branches and target.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::model::{Oid, Problem, Target, text};
use crate::policy::Globs;

use super::mirror::Mirror;
use super::process::Git;
use super::store::{Store, StoreError, Writes, cooked};

/// Why a repository cannot be worked with; each says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct OpenError {
    /// What is wrong.
    pub what: String,
    /// What to do next.
    pub next: String,
}

/// What git calls this repository itself where a remote is named.
const HERE: &str = ".";

/// A remote that is fetched from and pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name: `origin`.
    pub name: String,
    /// The URL that is fetched from.
    pub url: String,
}

/// A branch that a proposal can live on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The name without the remote: `agent/infra/0001`.
    pub name: String,
    /// Its tip.
    pub tip: Oid,
}

/// A local clone, or a bare or plain repository without a remote.
#[derive(Debug, Clone)]
pub struct LocalRepository {
    /// What screens call it.
    pub name: String,
    /// The common git directory, which holds objects and refs.
    pub git_dir: PathBuf,
    /// The work tree, if there is one.
    pub workdir: Option<PathBuf>,
    /// The remote whose branches are the proposals, if there is one.
    pub remote: Option<Remote>,
    /// The branch that proposals land on, without `refs/heads/`.
    pub target_branch: String,
    /// Whether git may ask the person at the terminal.
    pub asks: bool,
    /// Whether the remote was asked since somebody looked; shared by all copies.
    pub fetched: Arc<AtomicBool>,
    /// What brings contents that are missing, where this is the mirror of a forge's repository; shared by all copies.
    pub mirror: Option<Arc<Mirror>>,
}

impl LocalRepository {
    /// Opens the repository that `path` lies in. `target` and `remote` are the user's answers to questions that the
    /// repository itself may leave open; git's own `countersign.target` and `countersign.remote` come next.
    pub fn open(path: &Path, target: Option<&str>, remote: Option<&str>) -> Result<Self, OpenError> {
        let repo = super::limits::discover(path).map_err(|error| refused(path, &error))?;
        if let Some(lack) = super::whole::lack(&repo) {
            return Err(lack);
        }
        let config = repo.config().and_then(|mut config| config.snapshot()).ok();
        let setting = |name: &str| config.as_ref().and_then(|config| config.get_string(name).ok());
        let wanted = remote.map(str::to_owned).or_else(|| setting("countersign.remote"));
        let remote = choose_remote(&repo, wanted.as_deref())?;
        let wanted = target.map(str::to_owned).or_else(|| setting("countersign.target"));
        let target_branch = choose_target(&repo, remote.as_ref(), wanted)?;
        let git_dir = repo.commondir().to_owned();
        let workdir = repo.workdir().map(Path::to_owned);
        let name = repository_name(remote.as_ref(), workdir.as_deref().unwrap_or(&git_dir));
        let mirror = Mirror::at(&git_dir);
        Ok(Self { name, git_dir, workdir, remote, target_branch, asks: false, fetched: Arc::default(), mirror })
    }

    /// The `git` program, started where hooks and relative paths expect it.
    #[must_use]
    pub fn git(&self) -> Git {
        let git = Git::new(self.workdir.as_deref().unwrap_or(&self.git_dir));
        if self.asks { git.asking() } else { git }
    }

    /// Its object database.
    pub fn store(&self, writes: Writes) -> Result<Store, StoreError> {
        Ok(Store::open(&self.git_dir, writes)?.promised(self.mirror.as_ref()))
    }

    /// The full name, in this repository, of the ref that mirrors the branch `name` of the place where proposals live.
    #[must_use]
    pub fn tracking(&self, name: &str) -> String {
        match &self.remote {
            Some(remote) => format!("refs/remotes/{}/{name}", remote.name),
            None => format!("refs/heads/{name}"),
        }
    }

    /// The tip of a ref by its full name.
    pub fn tip(&self, refname: &str) -> Result<Option<Oid>, StoreError> {
        let repo = super::limits::open(&self.git_dir)?;
        match repo.find_reference(refname).and_then(|reference| reference.peel_to_commit()) {
            Ok(commit) => Ok(Some(cooked(commit.id()))),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The tips of all refs in a folder of refs.
    pub fn tips(&self, folder: &str) -> Result<BTreeSet<Oid>, StoreError> {
        let repo = super::limits::open(&self.git_dir)?;
        let mut tips = BTreeSet::new();
        for reference in repo.references_glob(&format!("{folder}/*"))? {
            tips.extend(reference?.target().map(cooked));
        }
        Ok(tips)
    }

    /// Where proposals land.
    pub fn target(&self) -> Result<Target, StoreError> {
        let tip = self.tip(&self.tracking(&self.target_branch))?.ok_or_else(|| {
            StoreError::Git(format!("the target branch {} has no commit yet", text::printable(&self.target_branch)))
        })?;
        Ok(Target { refname: format!("refs/heads/{}", self.target_branch), tip })
    }

    /// A number that is another one once contents came that were missing; where none ever are, it stays.
    #[must_use]
    pub fn contents(&self) -> u64 {
        self.mirror.as_ref().map_or(0, |mirror| mirror.contents())
    }

    /// Lock files of refs and the index that are older than any git process takes for its work.
    #[must_use]
    pub fn stale_locks(&self) -> Vec<PathBuf> {
        let old = |path: &PathBuf| {
            let modified = path.metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE_LOCK))
        };
        let remote = self.remote.as_ref().map(|remote| format!("refs/remotes/{}", remote.name));
        let heads = ["refs/heads".to_owned()].into_iter().chain(remote);
        let refs = heads.flat_map(|heads| [self.git_dir.join(&heads), self.git_dir.join(heads).join("countersign")]);
        let folders: Vec<PathBuf> = std::iter::once(self.git_dir.clone()).chain(refs).collect();
        let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let locks = files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "lock"));
        locks.filter(old).collect()
    }

    /// The branches that match `patterns` or are named in `extra`, in name order; names that are not UTF-8 are problems.
    pub fn branches(&self, patterns: &Globs, extra: &[String]) -> Result<(Vec<Branch>, Vec<Problem>), StoreError> {
        let repo = super::limits::open(&self.git_dir)?;
        let prefix = self.tracking("");
        let (mut branches, mut problems) = (Vec::new(), Vec::new());
        for reference in repo.references()? {
            let reference = reference?;
            let Some(short) = reference.name_bytes().strip_prefix(prefix.as_bytes()) else { continue };
            let Ok(name) = std::str::from_utf8(short) else {
                problems.push(unreadable_name(short));
                continue;
            };
            let wanted = patterns.matches(name.into()) || extra.iter().any(|extra| extra == name);
            let Some(tip) = reference.target().filter(|_| wanted && name != self.target_branch) else { continue };
            branches.push(Branch { name: name.to_owned(), tip: cooked(tip) });
        }
        branches.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((branches, problems))
    }
}

/// A lock that is older belongs to nobody who is still at work.
const STALE_LOCK: std::time::Duration = std::time::Duration::from_secs(60);

fn unreadable_name(name: &[u8]) -> Problem {
    Problem {
        place: text::printable_bytes(name),
        what: "the branch name is not valid UTF-8, so no policy and no command can name it".into(),
        next: "have the agent push it under another name".into(),
    }
}

fn refused(path: &Path, error: &git2::Error) -> OpenError {
    let message = error.message();
    let (what, next) = if error.code() == git2::ErrorCode::NotFound {
        (format!("{} is not inside a git repository", path.display()), "run it in a clone, or name one")
    } else if message.contains("refstorage") || message.contains("reftable") {
        (
            "this repository keeps its refs in a reftable, which libgit2 cannot read".into(),
            "clone it with --ref-format=files",
        )
    } else if message.contains("partialclone") {
        ("this is a partial clone, and its missing objects cannot be read in process".into(), "make a full clone")
    } else if message.contains("sha256") || message.contains("object format") {
        ("this repository uses SHA-256 object ids, which are not supported yet".into(), "use a SHA-1 repository")
    } else if error.code() == git2::ErrorCode::Owner {
        (format!("{} belongs to another user", path.display()), "add it to git's safe.directory if you trust it")
    } else {
        (format!("{} cannot be opened: {message}", path.display()), "run `git status` there and mend what it says")
    };
    OpenError { what, next: next.into() }
}

fn choose_remote(repo: &git2::Repository, wanted: Option<&str>) -> Result<Option<Remote>, OpenError> {
    if wanted == Some(HERE) {
        return Ok(None);
    }
    if let Some(url) = mirrored(repo) {
        return Err(OpenError {
            what: format!(
                "this is a mirror of {}: its next fetch would undo what is decided here",
                text::single_line(&url)
            ),
            next: "use an ordinary clone; or, where nothing is fetched any more, git config countersign.remote ."
                .into(),
        });
    }
    if wanted.is_none() && repo.is_bare() && !has_tracking_branches(repo) {
        // `git clone --bare` keeps the URL that it came from, and takes the branches for its own.
        return Ok(None);
    }
    let names = repo.remotes().map_err(|error| refused(repo.path(), &error))?;
    let names: Vec<&str> = names.iter().flatten().flatten().collect();
    let name = match (wanted, names.as_slice()) {
        (Some(wanted), _) if names.contains(&wanted) => wanted,
        (Some(wanted), _) => {
            return Err(OpenError {
                what: format!("there is no remote `{wanted}`"),
                next: format!("name one of: {}", names.join(", ")),
            });
        }
        (None, []) => return Ok(None),
        (None, [only]) => only,
        (None, several) if several.contains(&"origin") => "origin",
        (None, several) => {
            return Err(OpenError {
                what: format!("there are several remotes ({}) and none is called origin", several.join(", ")),
                next: "say which one holds the proposals: git config countersign.remote NAME".into(),
            });
        }
    };
    let remote = repo.find_remote(name).map_err(|error| refused(repo.path(), &error))?;
    let url = remote.url().unwrap_or_default().to_owned();
    Ok(Some(Remote { name: name.to_owned(), url }))
}

/// The URL of a remote whose branches a fetch puts in the place of this repository's own, as `git clone --mirror` sets it up.
fn mirrored(repo: &git2::Repository) -> Option<String> {
    let names = repo.remotes().ok()?;
    let mut remotes = names.iter().flatten().flatten().filter_map(|name| repo.find_remote(name).ok());
    let own = |remote: &git2::Remote<'_>| {
        remote.refspecs().any(|spec| spec.direction() == git2::Direction::Fetch && spec.dst_matches("refs/heads/main"))
    };
    remotes.find(own).map(|remote| remote.url().unwrap_or_default().to_owned())
}

fn has_tracking_branches(repo: &git2::Repository) -> bool {
    repo.references_glob("refs/remotes/*").is_ok_and(|mut references| references.next().is_some())
}

fn choose_target(
    repo: &git2::Repository,
    remote: Option<&Remote>,
    wanted: Option<String>,
) -> Result<String, OpenError> {
    let full = |branch: &str| match remote {
        Some(remote) => format!("refs/remotes/{}/{branch}", remote.name),
        None => format!("refs/heads/{branch}"),
    };
    let exists = |branch: &str| repo.find_reference(&full(branch)).is_ok();
    if let Some(wanted) = wanted {
        return if exists(&wanted) {
            Ok(wanted)
        } else {
            Err(OpenError {
                what: format!("there is no branch `{wanted}` to land on"),
                next: "fetch it, or name another".into(),
            })
        };
    }
    let head = default_branch(repo, remote).filter(|branch| exists(branch));
    let known = head.or_else(|| ["main", "master"].into_iter().find(|branch| exists(branch)).map(str::to_owned));
    known.ok_or_else(|| OpenError {
        what: "it is not clear which branch proposals land on: the remote names none, and there is no main or master"
            .into(),
        next: "say it: git config countersign.target BRANCH (after a first commit and fetch)".into(),
    })
}

/// The remote's HEAD as the last clone or `git remote set-head` saw it; a bare repository's own HEAD. A plain
/// repository's HEAD is what somebody happens to have checked out, and says nothing.
fn default_branch(repo: &git2::Repository, remote: Option<&Remote>) -> Option<String> {
    let (name, prefix) = match remote {
        Some(remote) => (format!("refs/remotes/{}/HEAD", remote.name), format!("refs/remotes/{}/", remote.name)),
        None if repo.is_bare() => ("HEAD".to_owned(), "refs/heads/".to_owned()),
        None => return None,
    };
    let reference = repo.find_reference(&name).ok()?;
    let target = reference.symbolic_target().ok().flatten()?;
    target.strip_prefix(&prefix).map(str::to_owned)
}

/// The last segment of the remote's URL, else of the folder, without `.git`.
fn repository_name(remote: Option<&Remote>, folder: &Path) -> String {
    let folder = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let url = remote.map(|remote| remote.url.trim_end_matches('/')).and_then(|url| url.rsplit(['/', ':']).next());
    let name = url.filter(|name| !name.is_empty()).unwrap_or(&folder);
    text::printable(name.strip_suffix(".git").unwrap_or(name)).into_owned()
}
