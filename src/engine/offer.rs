//! Lessons that wait for somebody to merge them: the pull request that a forge is asked to open for them.

use crate::model::Oid;
use crate::model::forge::RepoName;
use crate::policy::Role;

use super::planning::authority;
use super::{Authorised, Refusal, World};

/// A pull request that may be opened. Only [`offer`] makes one.
pub type OfferOrder = Authorised<Offer>;

/// A pull request for the lessons on a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The repository.
    pub repo: RepoName,
    /// The branch that has them.
    pub branch: String,
    /// The commit by which they wait there.
    pub head: Oid,
    /// The branch that they are for.
    pub base: String,
    /// The title.
    pub title: String,
    /// The description.
    pub body: String,
}

/// The pull request for the lessons that wait on a branch: because policy says so, or because the target took no push. `None` where
/// something is to be resolved first. The text is ours: the lessons are in the diff.
pub fn offer(world: &World<'_>, repo: &RepoName, (branch, head): (&str, Oid)) -> Result<Option<OfferOrder>, Refusal> {
    if world.me.is_some_and(|me| !me.has(Role::Approve)) {
        return Ok(None);
    }
    let _ = authority(world)?;
    if world.alarm.is_some() {
        return Ok(None);
    }
    let base = world.target.branch().to_owned();
    let body = "What reviewers taught, as the ledger renders it. Nothing else is changed: `countersign ledger verify` checks \
                that once it is merged.\n\nThe branch is written anew with each lesson.\n";
    Ok(Some(Authorised::grant(Offer {
        repo: repo.clone(),
        branch: branch.to_owned(),
        head,
        base,
        title: "Lessons from review".to_owned(),
        body: body.to_owned(),
    })))
}
