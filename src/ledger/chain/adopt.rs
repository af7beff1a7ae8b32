//! Which policy and signers an entry brings into force, and which it only claims.
//!
//! The chain alone cannot know whether the default branch really went where an entry says. So a *changed* policy or signer
//! list comes into force only by an entry that lands exactly that change, as the commit's own objects have it, with the
//! approvals of as many persons as `high` asks for, an admin among them: else whoever may approve could name a commit of his
//! own making beside an admin's approval of something else, and rule by it. And only where the move began at what is in
//! force: else a policy that somebody pushed straight to the branch would come into force with the next thing that lands on
//! top of it, and nobody would have approved it.

use std::sync::Arc;

use super::{Chain, Checked, Fault, Landing, Roots, Surroundings, belongs};
use crate::ledger::{Entry, EntryKind, Item, MergeRecord, RefUpdate};
use crate::model::{EntryId, Oid};
use crate::policy::{Role, Root};

/// An entry that moved the default branch to policy or signers which are not in force by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unadopted {
    /// The entry.
    pub entry: EntryId,
    /// The commit that it moved the branch to.
    pub commit: Oid,
    /// Why they are not in force.
    pub why: String,
    /// Whether the entry itself brought the change: it landed what it may not. Where it does not, it landed on top of a
    /// change that somebody pushed without an entry.
    pub own: bool,
}

impl Chain {
    /// What the entry changes about the root in force: a moved default branch brings its own, a void takes its own back.
    pub(super) fn apply_root(
        &mut self,
        entry: &Entry,
        root: &Arc<Root>,
        around: &Surroundings<'_>,
    ) -> Result<(), Fault> {
        if entry.kind == EntryKind::Void {
            return self.take_roots_back(entry, root);
        }
        let Some(update) = self.default_ref().and_then(|name| entry.moves(name)) else {
            return Ok(());
        };
        // A push that a crash cut in two on another host leaves an entry whose commit nobody else has: what was in force stays,
        // until the move is made or taken back.
        if update.new == root.commit || !around.roots.has(update.new) {
            return Ok(());
        }
        let next = around.roots.root(update.new).and_then(|next| belongs(&next, entry.repo).map(|()| next));
        if let Some(same) = next.as_ref().ok().filter(|next| same_trust(root, next)) {
            self.roots.push((entry.id, Arc::clone(same)));
            return Ok(());
        }
        if !begins_at(root, update.old, around.roots) {
            self.keep_out(entry, update, "it lies on a change of .countersign/ that no entry names".to_owned(), false);
            return Ok(());
        }
        if let Err(why) = self.agreed(entry, update, root, around.roots) {
            self.keep_out(entry, update, why, true);
            return Ok(());
        }
        let next = next.map_err(|why| Fault::Root { commit: update.new, why })?;
        self.roots.push((entry.id, next));
        Ok(())
    }

    fn keep_out(&mut self, entry: &Entry, update: &RefUpdate, why: String, own: bool) {
        self.unadopted.push(Unadopted { entry: entry.id, commit: update.new, why, own });
    }

    /// Whether those stand behind a change of policy or signers who must, and behind exactly that one; else why not. An
    /// override or a reset is signed by an admin, and is its own reason.
    fn agreed(&self, entry: &Entry, update: &RefUpdate, root: &Root, roots: &dyn Roots) -> Result<(), String> {
        match entry.kind {
            EntryKind::Override | EntryKind::Reset => return Ok(()),
            EntryKind::Approve | EntryKind::Merge => {}
            other => return Err(format!("a {other} approves no change of .countersign/")),
        }
        let mut landed = entry.merges();
        let (Some((item, merge)), None) = (landed.next(), landed.next()) else {
            return Err("what changes .countersign/ lands alone".to_owned());
        };
        if (merge.first_parent, merge.commit) != (update.old, update.new) {
            return Err(format!("it lands {} and moves the branch to {}", merge.commit, update.new));
        }
        is_that_change(&roots.landing(merge.commit)?, item, merge)?;
        self.enough(entry, item, merge, root)
    }

    /// Whether as many persons approve as `high` asks for, an admin among them.
    fn enough(&self, entry: &Entry, item: &Item, merge: &MergeRecord, root: &Root) -> Result<(), String> {
        let own = (entry.kind == EntryKind::Approve).then_some(entry.by.as_str());
        let earlier = merge.relies_on.iter().filter_map(|id| self.standing_approval(*id, item));
        let mut persons: Vec<&str> =
            own.into_iter().chain(earlier).filter(|name| has(root, name, Role::Approve)).collect();
        persons.sort_unstable();
        persons.dedup();
        let need = root.policy.tiers.high.approvals;
        if !persons.iter().any(|name| has(root, name, Role::Admin)) {
            return Err("no admin approved exactly this change of .countersign/".to_owned());
        }
        if persons.len() < need {
            return Err(format!("{} of {need} persons approved this change of .countersign/", persons.len()));
        }
        Ok(())
    }

    /// The person of an earlier approval of exactly this, if it stands: not taken back, and not used up by a merge.
    fn standing_approval(&self, id: EntryId, wanted: &Item) -> Option<&str> {
        let place = *self.ids.get(&id)?;
        let mut later = self.commits.get(place..)?.iter().filter_map(Checked::valid);
        let approval = later.next().filter(|entry| entry.kind == EntryKind::Approve)?;
        let same = |item: &Item| {
            (&item.proposal, &item.target, item.head, item.change_id)
                == (&wanted.proposal, &wanted.target, wanted.head, wanted.change_id)
        };
        let touches = |item: &Item| item.proposal == wanted.proposal || item.change_id == wanted.change_id;
        let objects = |entry: &Entry| {
            let decides =
                matches!(entry.kind, EntryKind::Reject | EntryKind::Hold | EntryKind::Ask | EntryKind::Withdraw);
            entry.by == approval.by && decides && (entry.about.contains(&id) || entry.items.iter().any(touches))
        };
        let uses = |entry: &Entry| entry.merges().any(|(item, _)| same(item)) && !self.is_void(entry.id, place);
        let approves = approval.items.iter().any(same);
        let ended = uses(approval) || later.any(|entry| objects(entry) || uses(entry));
        (approves && !ended).then_some(approval.by.as_str())
    }

    /// Whether a later entry says that what this one landed never happened.
    fn is_void(&self, id: EntryId, from: usize) -> bool {
        let mut later = self.commits.iter().skip(from).filter_map(Checked::valid);
        later.any(|entry| entry.kind == EntryKind::Void && entry.about.contains(&id))
    }

    /// Whether other policy or signers would be in force without what these entries brought.
    #[must_use]
    pub fn changes_trust(&self, about: &[EntryId]) -> bool {
        let (left, now) = (self.roots_without(about), self.root());
        left.last().zip(now).is_some_and(|((_, before), now)| !same_trust(before, now))
    }

    fn roots_without(&self, about: &[EntryId]) -> Vec<(EntryId, Arc<Root>)> {
        let stays = |(place, (id, _)): &(usize, &(EntryId, Arc<Root>))| *place == 0 || !about.contains(id);
        self.roots.iter().enumerate().filter(stays).map(|(_, root)| root.clone()).collect()
    }

    /// A void puts what was in force before the entries that it takes back in force again. Where the two differ that is a
    /// change of who may sign, and takes an admin.
    fn take_roots_back(&mut self, entry: &Entry, root: &Root) -> Result<(), Fault> {
        if self.changes_trust(&entry.about) && !has(root, &entry.by, Role::Admin) {
            let by = entry.by.clone();
            return Err(Fault::Void(format!("{by} voids a change of policy or signers: that takes the role admin")));
        }
        self.roots = self.roots_without(&entry.about);
        Ok(())
    }
}

/// Whether a commit is the one change that an item says it landed; else what it is.
fn is_that_change(commit: &Landing, item: &Item, merge: &MergeRecord) -> Result<(), String> {
    let (first, others) = (commit.parents.first(), commit.parents.get(1..).unwrap_or_default());
    if first != Some(&merge.first_parent) || others.len() > 1 || others.iter().any(|other| *other != item.head) {
        return Err(format!("{} does not lie on {} with the head {}", merge.commit, merge.first_parent, item.head));
    }
    if commit.tree != merge.tree || Some(commit.change_id) != item.change_id {
        return Err(format!("{} is not the change that was approved", merge.commit));
    }
    Ok(())
}

/// Whether a commit has the policy and the signers that are in force.
fn begins_at(root: &Root, commit: Oid, roots: &dyn Roots) -> bool {
    commit == root.commit || roots.root(commit).is_ok_and(|there| same_trust(root, &there))
}

/// Whether a person has a role under a root.
fn has(root: &Root, name: &str, role: Role) -> bool {
    root.policy.person(name).is_some_and(|person| person.has(role))
}

/// Whether two roots have the same policy and the same signers, byte for byte: other programs read the files, too.
fn same_trust(one: &Root, other: &Root) -> bool {
    (one.policy_blob, one.signers_blob) == (other.policy_blob, other.signers_blob)
}
