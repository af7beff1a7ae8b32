//! Pull requests as proposals: the forge says which there are and where they stand, git has their commits.
//!
//! The head is the one that the forge named, found in the objects: whatever ref brought it, a fork's or one that was deleted
//! since. One that git has not fetched yet cannot be read, and says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::mirror::PULLS;
use super::repository::{Branch, LocalRepository};
use super::store::StoreError;
use crate::model::forge::PullRequest;
use crate::model::{Oid, Target};

/// One thing that is read as a proposal.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Its name and head.
    pub branch: Branch,
    /// Where it wants to land; the error says why that is not known.
    pub target: Result<Target, StoreError>,
    /// The pull request that it is.
    pub pull: Option<Arc<PullRequest>>,
}

/// The name of a proposal that is a pull request: `#12`.
#[must_use]
pub(super) fn name(pull: &PullRequest) -> String {
    format!("#{}", pull.number)
}

/// Branches and pull requests together. A branch that is the head of a pull request is that, and no proposal of its own, also
/// once the pull request is closed, until somebody pushes to it again.
pub(super) fn candidates(
    repository: &LocalRepository,
    target: &Target,
    branches: Vec<Branch>,
    pulls: Option<&[Arc<PullRequest>]>,
) -> Result<Vec<Candidate>, StoreError> {
    let known = pulls.is_some();
    let (pulls, before) = match pulls {
        Some(pulls) => (pulls, repository.tips(PULLS)?),
        // Nobody said which of them are open.
        None => (&[][..], BTreeSet::new()),
    };
    let heads: BTreeSet<&str> =
        pulls.iter().filter(|pull| !pull.from_fork()).map(|pull| pull.head.branch.as_str()).collect();
    let alone = |branch: &Branch| !heads.contains(branch.name.as_str()) && !before.contains(&branch.tip);
    // Where there are pull requests, `#12` is one, whatever somebody calls a branch.
    let is_number = |branch: &Branch| known && branch.name.starts_with('#');
    let own = branches.into_iter().filter(|branch| alone(branch) && !is_number(branch));
    let own = own.map(|branch| Candidate { branch, target: Ok(target.clone()), pull: None });
    let pulls = pulls.iter().map(|pull| Candidate {
        branch: Branch { name: name(pull), tip: pull.head.oid },
        target: target_of(repository, target, pull),
        pull: Some(Arc::clone(pull)),
    });
    Ok(own.chain(pulls).collect())
}

/// Where a pull request lands: the tip of its own target branch, as it was fetched.
fn target_of(repository: &LocalRepository, target: &Target, pull: &PullRequest) -> Result<Target, StoreError> {
    let refname = format!("refs/heads/{}", pull.base.branch);
    if refname == target.refname {
        return Ok(target.clone());
    }
    match repository.tip(&repository.tracking(&pull.base.branch))? {
        Some(tip) => Ok(Target { refname, tip }),
        None => Err(StoreError::Unfetched(pull.base.oid)),
    }
}

impl Candidate {
    /// Where it wants to land, as far as that is known.
    pub fn wanted(&self) -> Target {
        let base = self.pull.as_ref().map(|pull| &pull.base);
        let unknown = || Target {
            refname: base.map(|base| format!("refs/heads/{}", base.branch)).unwrap_or_default(),
            tip: base.map_or(Oid::ZERO, |base| base.oid),
        };
        self.target.clone().unwrap_or_else(|_| unknown())
    }
}
