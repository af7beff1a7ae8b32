//! Why a command gave nothing: what happened, why, what to do next, and the exit status that scripts read.

use std::process::ExitCode;

use crate::engine::Refusal;
use crate::io::git::process::GitError;
use crate::io::git::repository::OpenError;
use crate::io::git::store::StoreError;
use crate::io::git::write::WriteError;
use crate::io::signer::SignerError;

/// The exit status of the program (stable; scripts depend on it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Refused: policy, gate, moved head, nothing matched.
    Refused,
    /// Wrong usage or configuration.
    Usage,
    /// Some of a batch failed.
    Partly,
    /// The outside failed, and trying again may help.
    Outside,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Partly => 3,
            Exit::Outside => 4,
        })
    }
}

/// An error at the rim.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CliError {
    /// The exit status.
    pub exit: Exit,
    /// What happened, and why.
    pub what: String,
    /// What to do next; empty where there is nothing to say.
    pub next: String,
}

impl CliError {
    /// Wrong usage or configuration.
    pub fn usage(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, what: what.into(), next: next.into() }
    }

    /// Refused.
    pub fn refused(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, what: what.into(), next: next.into() }
    }

    /// The outside failed.
    pub fn outside(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Outside, what: what.into(), next: next.into() }
    }
}

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        Self::usage(error.what, error.next)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::outside(error.to_string(), "run `git fsck` in the repository")
    }
}

impl From<GitError> for CliError {
    fn from(error: GitError) -> Self {
        Self::outside(error.to_string(), "see what git says, and try again")
    }
}

impl From<SignerError> for CliError {
    fn from(error: SignerError) -> Self {
        Self::usage(error.what, error.next)
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        Self::usage(refusal.what, refusal.next)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::outside(error.to_string(), "check the disk and the permissions, and try again")
    }
}

impl From<WriteError> for CliError {
    fn from(error: WriteError) -> Self {
        let what = error.to_string();
        match error {
            WriteError::Lost(_) => {
                Self::outside(what, "nothing was written; run it again, and see `countersign doctor` if it stays so")
            }
            WriteError::Refused(_) => Self::refused(what, "nothing was written; ask who may push there"),
            WriteError::Declined(_) => Self::refused(
                what,
                "nothing was written; do what the hook asks for and run it again, or let it pass pushes to these branches",
            ),
            WriteError::Destination(_) => Self::usage(
                what,
                "nothing was written; leave one URL: see `git remote get-url --push --all`, and `git remote set-url --push`",
            ),
            WriteError::Signing(_) => Self::outside(
                what,
                "nothing was written; unlock the key (`ssh-add`) or run it in a terminal, where it is asked for, or set countersign.signingKey to one that can sign here",
            ),
            WriteError::Lacking(error) => error.into(),
            WriteError::InTheWay(_) => Self::refused(what, "commit or stash them, and run it again"),
            WriteError::Store(_) | WriteError::Git(_) | WriteError::Io(_) => {
                Self::outside(what, "nothing was decided; see what it says, and try again")
            }
        }
    }
}
