//! What git wanted to ask a person and could not, read from what it said as it failed.
//!
//! git in the background has no terminal and asks nothing; a console that knows the wish can step aside and let it ask.
//! [`Workspace::asking`] is the same repository with git at the person's terminal.

use std::sync::{Arc, Mutex};

use super::git::process::GitError;
use super::git::write::WriteError;
use super::init::InitError;
use super::send::SendError;
use super::workspace::Workspace;

/// What git wants of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The passphrase, or the PIN, of the key that signs.
    Passphrase,
    /// A user name or a password for the remote.
    Password,
    /// A yes to a host key that nobody has seen here.
    HostKey,
    /// Something that opens the remote: ssh does not say what it would have asked for.
    Access,
}

/// What is said where something would be asked for: by ssh-keygen (OpenSSH 9.2), git (2.47) and ssh.
const SAID: &[(&str, Wish)] = &[
    ("incorrect passphrase supplied", Wish::Passphrase),
    ("ssh_askpass:", Wish::Passphrase),
    ("terminal prompts disabled", Wish::Password),
    ("could not read Username", Wish::Password),
    ("could not read Password", Wish::Password),
    ("Host key verification failed", Wish::HostKey),
    ("Permission denied (", Wish::Access),
];

impl Wish {
    /// The wish in a sentence without its end.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Passphrase => "your key wants its passphrase",
            Self::Password => "the remote wants a name and a password",
            Self::HostKey => "the remote's host key is not known here yet",
            Self::Access => "the remote let nobody in without asking",
        }
    }

    /// What to say where it was asked for, and did not help.
    #[must_use]
    pub const fn in_vain(self) -> &'static str {
        match self {
            Self::Passphrase => "the passphrase was wrong",
            Self::Password => "no name and password were given",
            Self::HostKey => "the host key was not accepted",
            Self::Access => "the remote let nobody in",
        }
    }
}

impl GitError {
    /// What git wanted to ask, if that is why it failed.
    #[must_use]
    pub fn wish(&self) -> Option<Wish> {
        let Self::Failed { stderr, .. } = self else { return None };
        SAID.iter().find(|(words, _)| stderr.contains(words)).map(|(_, wish)| *wish)
    }

    /// Whether a signal ended it, as ctrl-c does at the terminal.
    #[must_use]
    pub const fn stopped(&self) -> bool {
        matches!(self, Self::Failed { code: None, .. })
    }
}

impl WriteError {
    const fn of_git(&self) -> Option<&GitError> {
        match self {
            Self::Signing(error) | Self::Git(error) => Some(error),
            _ => None,
        }
    }
}

impl SendError {
    /// What git failed with, if it did.
    #[must_use]
    pub const fn of_git(&self) -> Option<&GitError> {
        match self {
            Self::Offline(error) => Some(error),
            Self::Write(error) | Self::Halfway(error) | Self::Unknown(error) => error.of_git(),
            _ => None,
        }
    }
}

impl InitError {
    /// What git failed with, if it did.
    #[must_use]
    pub const fn of_git(&self) -> Option<&GitError> {
        match self {
            Self::Offline(error) => Some(error),
            Self::Write(error) => error.of_git(),
            _ => None,
        }
    }
}

impl Workspace {
    /// The same repository with git at the person's terminal.
    #[must_use]
    pub fn asking(&self) -> Self {
        let mut repository = self.repository.clone();
        repository.asks = true;
        Self {
            repository,
            state: self.state.clone(),
            cache: self.cache.clone(),
            index: self.index.clone(),
            past: Arc::clone(&self.past),
            found: Arc::clone(&self.found),
            inventories: Arc::clone(&self.inventories),
            compared: Arc::clone(&self.compared),
            recorded: Arc::clone(&self.recorded),
            sought: self.sought.clone(),
            tried: Arc::clone(&self.tried),
            rejected: Arc::clone(&self.rejected),
            habits: Arc::clone(&self.habits),
            watched: Arc::clone(&self.watched),
            sightings: self.sightings.clone(),
            atlases: Arc::clone(&self.atlases),
            values: Arc::clone(&self.values),
            patterns: self.patterns.clone(),
            clock: self.clock,
            home: self.home.clone(),
            forge: self.forge.clone(),
            pulls: Mutex::new(self.proposed()),
            known: Mutex::new(self.known.lock().map(|known| known.clone()).unwrap_or_default()),
            built_in: self.built_in.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_understood() {
        for (stderr, wish) in [
            (
                r#"error: Enter passphrase: Load key "/k": incorrect passphrase supplied to decrypt private key? fatal: failed"#,
                Some(Wish::Passphrase),
            ),
            (
                "fatal: could not read Username for 'https://forge.example': terminal prompts disabled",
                Some(Wish::Password),
            ),
            (
                "git@forge: Permission denied (publickey). fatal: Could not read from remote repository.",
                Some(Wish::Access),
            ),
            ("Host key verification failed. fatal: Could not read from remote", Some(Wish::HostKey)),
            (r#"error: No private key found for "/k"?"#, None),
            ("fatal: unable to access 'https://forge.example/': Could not resolve host", None),
        ] {
            let error = GitError::Failed { command: "push".into(), code: Some(128), stderr: stderr.into() };
            assert_eq!(error.wish(), wish, "{stderr}");
            assert!(!error.stopped());
        }
    }
}
