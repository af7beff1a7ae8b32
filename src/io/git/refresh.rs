//! Fetching, through the `git` program, in one process, so that all refs show one moment.

use std::sync::atomic::Ordering;

use super::mirror::MirrorError;
use super::process::GitError;
use super::repository::LocalRepository;

/// Where agents leave their reasoning as git notes.
pub const NOTES_REF: &str = "refs/notes/reasoning";

impl LocalRepository {
    /// Where the remote's reasoning notes are mirrored; the local ref of that name belongs to the user.
    #[must_use]
    pub fn notes_mirror(&self) -> Option<String> {
        self.remote.as_ref().map(|remote| format!("refs/countersign/remotes/{}/notes/reasoning", remote.name))
    }

    /// Fetches branches, ledger and notes of the remote; without a remote there is nothing to fetch.
    ///
    /// Branches that are gone are pruned: what the remote no longer offers must not be approved.
    pub fn fetch(&self) -> Result<(), GitError> {
        if let Some(mirror) = &self.mirror {
            let fetched = mirror.fetch(self.asks, &|| true).map_err(MirrorError::of_git)?;
            self.fetched.store(!fetched.by_another, Ordering::Relaxed);
            return Ok(());
        }
        let (Some(remote), Some(mirror)) = (&self.remote, self.notes_mirror()) else { return Ok(()) };
        let branches = format!("+refs/heads/*:refs/remotes/{}/*", remote.name);
        // A pattern, because a plain name that the remote has not would fail the whole fetch.
        let notes = format!("+{NOTES_REF}*:{mirror}*");
        let args =
            ["fetch", "--quiet", "--no-tags", "--prune", "--no-recurse-submodules", "--no-write-fetch-head", "--"];
        let args: Vec<&str> = args.into_iter().chain([remote.name.as_str(), &branches, &notes]).collect();
        self.git().run(&args)?;
        self.fetched.store(true, Ordering::Relaxed);
        Ok(())
    }
}
