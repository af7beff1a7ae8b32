//! `git` as nobody: no user's settings, hooks or templates reach what a demo writes, so its ids are the same everywhere.

use std::path::Path;

use super::super::git::process::{Git, GitError};

/// What keeps the surroundings out: settings of the user and the system, those that a calling git hands down, and the
/// formats that a user may have chosen for new repositories.
pub(super) fn nobody() -> Vec<(&'static str, String)> {
    let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
    [
        ("GIT_CONFIG_GLOBAL", nothing),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_COUNT", "0"),
        ("GIT_CONFIG_PARAMETERS", ""),
        ("GIT_DEFAULT_HASH", "sha1"),
        ("GIT_DEFAULT_REF_FORMAT", "files"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// Runs `git` to its end in a folder.
pub(super) fn run<S: AsRef<str>>(folder: &Path, words: &[S]) -> Result<(), GitError> {
    Git::new(folder).run_with(words, &nobody(), None).map(drop)
}
