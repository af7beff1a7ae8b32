//! Asking where the proposals come from: the forge which pull requests there are, git for what is in them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::git::process::GitError;
use super::github::{GitHubError, Still};
use super::workspace::{Scope, Situation, Workspace};
use crate::model::Problem;
use crate::model::forge::PullRequest;

/// Why it could not be asked, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// git could not fetch.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The forge did not say which pull requests there are.
    #[error(transparent)]
    Forge(#[from] GitHubError),
}

impl FetchError {
    /// What git failed with, if it did.
    #[must_use]
    pub const fn of_git(&self) -> Option<&GitError> {
        match self {
            Self::Git(error) => Some(error),
            Self::Forge(_) => None,
        }
    }

    /// What to say of it beside what was fetched before.
    #[must_use]
    pub fn problem(&self, workspace: &Workspace) -> Problem {
        let place = match self {
            Self::Git(_) => workspace.repository.remote.as_ref().map(|remote| remote.name.clone()).unwrap_or_default(),
            Self::Forge(_) => workspace.repository.name.clone(),
        };
        let asked = match self {
            Self::Git(_) => "the remote",
            Self::Forge(_) => "GitHub",
        };
        Problem {
            place,
            what: format!("{asked} could not be asked: {self}"),
            next: "this is what was fetched before; try again, or say --offline".into(),
        }
    }
}

impl Workspace {
    /// Whether it is known which pull requests there are, as of some time; always so without a forge.
    #[must_use]
    pub fn was_listed(&self) -> bool {
        self.forge.as_ref().is_none_or(|forge| forge.listed().is_some())
    }

    /// Asks the forge, then git, so that the heads that the forge names have arrived. Where one of them does not answer the other
    /// is asked all the same.
    pub fn fetch(&self, still: Still<'_>) -> Result<(), FetchError> {
        self.fetch_after(self.list(still), still)
    }

    fn fetch_after(&self, listed: Result<(), GitHubError>, still: Still<'_>) -> Result<(), FetchError> {
        self.repository.fetch()?;
        self.hear(still)?;
        Ok(listed?)
    }

    /// [`Self::fetch`] for somebody who decides: where the forge does not tell what people think of its pull requests now, that is
    /// not known, whatever it told before. Nobody merges by a yes that may have been taken back since. A forge that did not answer
    /// at all a moment ago is not waited for again: a decision needs git alone.
    pub fn fetch_to_decide(&self, still: Still<'_>) -> Result<(), FetchError> {
        let down = self.forge.as_ref().and_then(|forge| forge.is_down());
        let fetched = self.fetch_after(down.map_or_else(|| self.list(still), Err), still);
        if let (Err(FetchError::Forge(_)), Some(pulls)) = (&fetched, self.proposed()) {
            let unheard =
                |pull: &Arc<PullRequest>| Arc::new(PullRequest { opinions: None, ..PullRequest::clone(pull) });
            self.propose(pulls.iter().map(unheard).collect());
        }
        fetched
    }

    /// Asks what persons say on the forge, where policy lets it count and lists do not tell it: older servers, which have REST alone.
    fn hear(&self, still: Still<'_>) -> Result<(), GitHubError> {
        let Some(forge) = self.forge.as_ref().filter(|forge| forge.is_unheard()) else { return Ok(()) };
        let none = BTreeSet::new();
        let counts = |situation: Situation| situation.policy().from_github;
        if self.read(&Scope { only: Some(&none), ..Scope::default() }).is_ok_and(counts) {
            forge.hear(still)?;
            self.propose(forge.pulls());
        }
        Ok(())
    }

    /// Asks the forge which pull requests there are; without one there is nothing to ask.
    fn list(&self, still: Still<'_>) -> Result<(), GitHubError> {
        let Some(forge) = &self.forge else { return Ok(()) };
        forge.refresh(self.clock.now(), still)?;
        self.propose(forge.pulls());
        Ok(())
    }
}
