//! Where a mirror is, how it is made, and what its configuration says.
//!
//! It is made in a folder of its own and renamed when it is whole: a crash leaves a folder that nobody looks at, or a mirror.
//! Its configuration is written as a whole, by us, so that it says nothing else.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::super::process::Git;
use super::{Mirror, MirrorError};
use crate::io::index;
use crate::model::text;

/// The file that says that a folder is a mirror, and of which form.
const MARK: &str = "countersign-mirror";
/// What it says. Raised where an older mirror cannot be used any more.
const FORM: &str = "countersign mirror 1\n";
/// What has not changed for so long is not being made any more.
pub(super) const ABANDONED: Duration = Duration::from_secs(60 * 60);
/// Characters of one part of a name (GitHub: 39 and 100; a host name has 253).
const PART: usize = 253;
/// How long another process is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Where a mirror comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// What git fetches from: an address, or a path.
    pub url: &'a str,
    /// The default branch, where it is known; the remote is asked where it is not.
    pub branch: Option<&'a str>,
}

/// The folder, below the user's cache folder, of the mirror of a repository; `None` where a part of its name is none that a host
/// or a forge gives. Forges do not tell large letters from small ones.
#[must_use]
pub fn folder(cache: &Path, host: &str, owner: &str, name: &str) -> Option<PathBuf> {
    let host = host.replace(':', "_");
    let fit = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (1..=PART).contains(&part.len()) && part.bytes().all(plain) && !part.bytes().all(|byte| byte == b'.')
    };
    let parts = [host.as_str(), owner, name];
    let [host, owner, name] = parts.map(str::to_ascii_lowercase);
    let all = parts.iter().all(|part| fit(part));
    all.then(|| cache.join("mirrors").join(host).join(owner).join(format!("{name}.git")))
}

/// Whether this git directory is a mirror that this version can use.
pub(super) fn is_mirror(git_dir: &Path) -> bool {
    fs::read(git_dir.join(MARK)).is_ok_and(|said| said == FORM.as_bytes())
}

impl Mirror {
    /// The mirror in `folder`, made where there is none, with its origin as given. Nothing is fetched yet. One that is as it should
    /// be is only looked at: whoever fetches into it meanwhile may take as long as a network takes.
    pub fn made(folder: &Path, origin: Origin<'_>) -> Result<Arc<Self>, MirrorError> {
        let mirror = Self::new(folder);
        if is_mirror(folder) && mirror.is_configured(origin)? {
            return Ok(Arc::new(mirror));
        }
        let _lock = mirror.lock(PATIENCE)?.ok_or(MirrorError::Busy)?;
        if is_mirror(folder) {
            mirror.configure(origin)?;
        } else {
            mirror.make(origin)?;
        }
        Ok(Arc::new(mirror))
    }

    /// Holds all other processes off; `None` where one is at work for longer than we have patience.
    pub(super) fn lock(&self, patience: Duration) -> Result<Option<File>, MirrorError> {
        index::lock(&self.git_dir, patience).map_err(|source| self.refused(source))
    }

    fn make(&self, origin: Origin<'_>) -> Result<(), MirrorError> {
        let broken = |source| self.refused(source);
        let parent = self.git_dir.parent().unwrap_or(&self.git_dir);
        DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(broken)?;
        abandon(parent);
        let private = fs::Permissions::from_mode(0o700);
        let new = tempfile::Builder::new().prefix(".new-").permissions(private).tempdir_in(parent).map_err(broken)?;
        let bare = ["init", "--quiet", "--bare", "--template=", "."];
        // What a user likes better is nothing that libgit2 reads.
        let form = [("GIT_DEFAULT_HASH", "sha1".to_owned()), ("GIT_DEFAULT_REF_FORMAT", "files".to_owned())];
        Git::new(new.path()).run_with(&bare, &form, None)?;
        Self::new(new.path()).configure(origin)?;
        fs::write(new.path().join(MARK), FORM).map_err(broken)?;
        // What is in its place is no mirror, or one of another form, and this is the cache folder.
        let old = tempfile::Builder::new().prefix(".old-").tempdir_in(parent).map_err(broken)?;
        match fs::rename(&self.git_dir, old.path().join("mirror")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(broken(error)),
            _ => {}
        }
        fs::rename(new.keep(), &self.git_dir).map_err(broken)
    }

    /// Writes the configuration, where it is another one. A branch that is not given stays as it is.
    pub(super) fn configure(&self, origin: Origin<'_>) -> Result<(), MirrorError> {
        if self.is_configured(origin)? {
            return Ok(());
        }
        let config = self.wanted(origin)?;
        let write = || {
            let mut new = tempfile::NamedTempFile::new_in(&self.git_dir)?;
            new.write_all(config.as_bytes())?;
            new.persist(self.git_dir.join("config")).map(drop).map_err(io::Error::from)
        };
        write().map_err(|source| self.refused(source))
    }

    /// Whether the configuration is the one that such an origin has.
    pub(super) fn is_configured(&self, origin: Origin<'_>) -> Result<bool, MirrorError> {
        let config = self.wanted(origin)?;
        Ok(fs::read(self.git_dir.join("config")).is_ok_and(|written| written == config.as_bytes()))
    }

    fn wanted(&self, origin: Origin<'_>) -> Result<String, MirrorError> {
        let known = self.target();
        configuration(origin.url, origin.branch.or(known.as_deref()))
    }

    /// The branch that proposals land on, as the configuration has it.
    pub(super) fn target(&self) -> Option<String> {
        self.setting("countersign.target")
    }

    /// Where it is fetched from.
    pub(super) fn url(&self) -> Option<String> {
        self.setting("remote.origin.url")
    }

    fn setting(&self, name: &str) -> Option<String> {
        let config = git2::Config::open(&self.git_dir.join("config")).ok()?;
        config.get_string(name).ok()
    }
}

/// Removes mirrors that were being made when their process was killed.
fn abandon(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let half = [".new-", ".old-"].iter().any(|begin| name.to_string_lossy().starts_with(begin));
        let modified = entry.metadata().and_then(|found| found.modified());
        if half && modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED)) {
            // It is in nobody's way where it cannot be removed.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The whole configuration. Maintenance is ours: git's own would look for objects that are missing on purpose.
fn configuration(url: &str, branch: Option<&str>) -> Result<String, MirrorError> {
    let target = branch.map(quoted).transpose()?.map(|branch| format!("[countersign]\n\ttarget = {branch}\n"));
    Ok(format!(
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\
         [remote \"origin\"]\n\turl = {}\n\
         [gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n\
         [fetch]\n\tprune = false\n\tpruneTags = false\n\trecurseSubmodules = false\n\twriteCommitGraph = false\n{}",
        quoted(url)?,
        target.unwrap_or_default()
    ))
}

/// A value as git reads it back (git-config(1), "Syntax").
fn quoted(value: &str) -> Result<String, MirrorError> {
    if value.is_empty() || value.starts_with('-') || value.chars().any(char::is_control) {
        return Err(MirrorError::Name(format!("`{}`", text::single_line(value))));
    }
    Ok(format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
}
