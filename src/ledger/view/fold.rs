//! The state behind a view, and how one entry changes it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Approval, Merged, Objection, ObjectionKind, Taught};
use crate::ledger::{Chain, Checked, Entry, EntryKind, Item, RefUpdate};
use crate::model::{ChangeId, EntryId, Oid};
use crate::policy::{Role, Root};

/// Where an item stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub entry: usize,
    pub item: usize,
}

/// What is known under a proposal's name.
#[derive(Debug, Clone, Default)]
pub(super) struct ProposalState {
    pub rounds: Vec<(Oid, Option<ChangeId>)>,
    pub items: Vec<Place>,
    pub merges: Vec<usize>,
    seen: HashSet<(Oid, Option<ChangeId>)>,
    /// All approvals, by what they bind.
    approvals: HashMap<(Oid, ChangeId), Vec<usize>>,
    live: Live,
}

/// What is known of a change under any name.
#[derive(Debug, Clone, Default)]
pub(super) struct ChangeState {
    pub merges: Vec<usize>,
    live: Live,
}

/// Approvals and objections that have not ended: lists that shrink as they are walked, so that a walk costs what is alive.
#[derive(Debug, Clone, Default)]
struct Live {
    approvals: Vec<usize>,
    objections: Vec<usize>,
}

#[derive(Debug, Clone)]
struct ApprovalState {
    place: Place,
    touched: bool,
    /// Taken back, or overtaken by the person's own later decision.
    ended: bool,
    /// The entry whose merge used it up.
    used: Option<EntryId>,
}

#[derive(Debug, Clone)]
struct ObjectionState {
    place: Place,
    kind: ObjectionKind,
    /// Whether it still binds the name it was made on, and the change under other names.
    binds_name: bool,
    binds_change: bool,
}

/// The state.
#[derive(Debug, Clone, Default)]
pub(in crate::ledger) struct Fold {
    pub(super) commits: usize,
    pub(super) tip: Option<Oid>,
    pub(super) root: Option<Arc<Root>>,
    pub(super) entries: Vec<Arc<Entry>>,
    pub(super) by_id: HashMap<EntryId, usize>,
    pub(super) proposals: HashMap<String, ProposalState>,
    pub(super) changes: HashMap<ChangeId, ChangeState>,
    pub(super) merges: Vec<Merged>,
    pub(super) by_commit: HashMap<Oid, Vec<usize>>,
    pub(super) taught: Vec<Taught>,
    pub(super) voids: HashMap<EntryId, EntryId>,
    approvals: Vec<ApprovalState>,
    objections: Vec<ObjectionState>,
    /// For each ref the entries that move it, in order.
    moves: HashMap<String, Vec<usize>>,
    /// For each entry that taught, its place in `taught`.
    teaches: HashMap<EntryId, usize>,
    /// For each entry that landed something, its merges and the approvals that they used up.
    landings: HashMap<EntryId, Landed>,
    /// For each rejecting entry, how many of its items still bind their names.
    standing: HashMap<usize, usize>,
}

/// What one entry landed.
#[derive(Debug, Clone, Default)]
struct Landed {
    merges: Vec<usize>,
    approvals: Vec<usize>,
}

impl Fold {
    /// Takes in one commit: its decisions, then what it landed.
    pub(in crate::ledger) fn apply(&mut self, checked: &Checked) {
        self.decide(checked);
        self.land(checked);
    }

    /// What holds of the chain as a whole.
    pub(super) fn settle(&mut self, chain: &Chain) {
        self.tip = chain.tip();
        self.root = chain.root().cloned();
    }

    /// Takes in the decisions of a commit. Between this and [`Fold::land`] the approvals are those that its merges rely on.
    pub(in crate::ledger) fn decide(&mut self, checked: &Checked) {
        self.commits += 1;
        self.tip = Some(checked.oid);
        let Some(entry) = checked.valid() else { return };
        self.root.clone_from(&checked.root);
        let index = self.entries.len();
        self.entries.push(Arc::clone(entry));
        self.by_id.insert(entry.id, index);
        for (item, _) in entry.items.iter().enumerate() {
            self.decide_item(checked, entry, Place { entry: index, item });
        }
        if entry.lesson.is_some() {
            self.teaches.insert(entry.id, self.taught.len());
            self.taught.push(Taught { entry: Arc::clone(entry), withdrawn: None });
        }
        match entry.kind {
            EntryKind::Withdraw => self.withdraw(checked, entry),
            EntryKind::Void => self.void(entry),
            _ => {}
        }
    }

    /// Takes in what a commit landed and moved.
    pub(in crate::ledger) fn land(&mut self, checked: &Checked) {
        let Some(entry) = checked.valid() else { return };
        let index = self.entries.len() - 1;
        for update in &entry.refs {
            self.moves.entry(update.refname.clone()).or_default().push(index);
        }
        if entry.kind == EntryKind::Revert {
            self.revert(entry);
        }
        for (item, merge) in entry.merges() {
            let merged = Merged {
                entry: entry.id,
                proposal: item.proposal.clone(),
                target: item.target.clone(),
                head: item.head,
                change_id: item.change_id,
                commit: merge.commit,
                first_parent: merge.first_parent,
                tree: merge.tree,
                tier: item.tier,
                by: entry.by.clone(),
                at: entry.at,
                relies_on: merge.relies_on.clone(),
                reverted: None,
                voided: None,
            };
            self.record_merge(merged);
        }
    }

    fn decide_item(&mut self, checked: &Checked, entry: &Entry, place: Place) {
        let item = &entry.items[place.item];
        let state = self.proposals.entry(item.proposal.clone()).or_default();
        state.items.push(place);
        if state.seen.insert((item.head, item.change_id)) {
            state.rounds.push((item.head, item.change_id));
        }
        match entry.kind {
            EntryKind::Approve => {
                self.lift(item, Some(&entry.by));
                self.approve(item, place, checked.signed.as_ref().is_some_and(|signed| signed.touched));
            }
            EntryKind::Reject => self.object(item, place, &entry.by, ObjectionKind::Reject),
            EntryKind::Hold => self.object(item, place, &entry.by, ObjectionKind::Hold),
            EntryKind::Ask => self.object(item, place, &entry.by, ObjectionKind::Ask),
            EntryKind::Withdraw => self.take_back(item, entry),
            EntryKind::Override => drop(self.lift(item, None)),
            _ => {}
        }
    }

    fn approve(&mut self, item: &Item, place: Place, touched: bool) {
        let Some(change) = item.change_id else { return };
        let index = self.approvals.len();
        self.approvals.push(ApprovalState { place, touched, ended: false, used: None });
        let state = self.proposals.entry(item.proposal.clone()).or_default();
        state.approvals.entry((item.head, change)).or_default().push(index);
        state.live.approvals.push(index);
        self.changes.entry(change).or_default().live.approvals.push(index);
    }

    fn object(&mut self, item: &Item, place: Place, by: &str, kind: ObjectionKind) {
        self.end_approvals(item, by);
        let index = self.objections.len();
        self.objections.push(ObjectionState { place, kind, binds_name: true, binds_change: true });
        self.proposals.entry(item.proposal.clone()).or_default().live.objections.push(index);
        if let Some(change) = item.change_id {
            self.changes.entry(change).or_default().live.objections.push(index);
        }
        *self.standing.entry(place.entry).or_default() += 1;
    }

    /// Takes everything back that a person decided on a proposal; with the last item of a rejection goes its lesson.
    fn take_back(&mut self, item: &Item, withdraw: &Entry) {
        self.end_approvals(item, &withdraw.by);
        for emptied in self.lift(item, Some(&withdraw.by)) {
            self.unteach(self.entries[emptied].id, withdraw.id);
        }
    }

    /// Ends a person's approvals of the item's name, and of its change under any name.
    fn end_approvals(&mut self, item: &Item, by: &str) {
        let Self { proposals, changes, approvals, entries, .. } = self;
        let named = proposals.get_mut(&item.proposal).map(|state| &mut state.live.approvals);
        let same = item.change_id.and_then(|change| changes.get_mut(&change)).map(|state| &mut state.live.approvals);
        for list in named.into_iter().chain(same) {
            list.retain(|&index| {
                let approval = &mut approvals[index];
                approval.ended |= entries[approval.place.entry].by == by;
                !approval.ended
            });
        }
    }

    /// Lifts a person's (or everybody's) objections. A decision on the name lifts what was made on that name; one on the same
    /// change under another name only lifts the hold that the objection has on other names. Returns the entries of which no
    /// item binds its name any more.
    fn lift(&mut self, item: &Item, by: Option<&str>) -> Vec<usize> {
        let Self { proposals, changes, objections, entries, standing, .. } = self;
        let theirs = |state: &ObjectionState| by.is_none_or(|by| entries[state.place.entry].by == by);
        let mut emptied = Vec::new();
        if let Some(state) = proposals.get_mut(&item.proposal) {
            state.live.objections.retain(|&index| {
                let objection = &mut objections[index];
                if !theirs(objection) {
                    return true;
                }
                (objection.binds_name, objection.binds_change) = (false, false);
                let left = standing.entry(objection.place.entry).or_insert(1);
                *left = left.saturating_sub(1);
                if *left == 0 {
                    emptied.push(objection.place.entry);
                }
                false
            });
        }
        if let Some(state) = item.change_id.and_then(|change| changes.get_mut(&change)) {
            state.live.objections.retain(|&index| {
                let objection = &mut objections[index];
                objection.binds_change &= !theirs(objection);
                objection.binds_change
            });
        }
        emptied
    }

    /// What a withdraw does beyond its items: it takes own entries that it is about back, with their lessons. Lessons of others
    /// it takes back only for an admin.
    fn withdraw(&mut self, checked: &Checked, entry: &Entry) {
        let admin = checked.root.as_ref().is_some_and(|root| {
            root.policy.person(&entry.by).is_some_and(|person| person.roles.contains(&Role::Admin))
        });
        for id in &entry.about {
            let Some(target) = self.by_id.get(id).map(|&index| Arc::clone(&self.entries[index])) else { continue };
            let own = target.by == entry.by;
            for item in target.items.iter().filter(|_| own) {
                self.take_back(item, entry);
            }
            if own || admin {
                self.unteach(*id, entry.id);
            }
        }
    }

    fn unteach(&mut self, taught_by: EntryId, withdrawn_by: EntryId) {
        if let Some(&index) = self.teaches.get(&taught_by) {
            self.taught[index].withdrawn.get_or_insert(withdrawn_by);
        }
    }

    /// A void takes the merges and moves of an entry back and gives the approvals that they used back; what persons decided
    /// in it stands.
    fn void(&mut self, entry: &Entry) {
        for id in &entry.about {
            self.voids.entry(*id).or_insert(entry.id);
            let Some(landed) = self.landings.get(id) else { continue };
            for &index in &landed.merges {
                self.merges[index].voided.get_or_insert(entry.id);
            }
            for &index in &landed.approvals {
                self.approvals[index].used = None;
            }
        }
    }

    fn revert(&mut self, entry: &Entry) {
        let landed = entry.about.iter().filter_map(|id| self.landings.get(id));
        for &index in landed.flat_map(|landed| &landed.merges) {
            self.merges[index].reverted.get_or_insert(entry.id);
        }
    }

    fn record_merge(&mut self, merged: Merged) {
        let index = self.merges.len();
        self.by_commit.entry(merged.commit).or_default().push(index);
        let landed = self.landings.entry(merged.entry).or_default();
        landed.merges.push(index);
        let state = self.proposals.entry(merged.proposal.clone()).or_default();
        state.merges.push(index);
        if let Some(change) = merged.change_id {
            self.changes.entry(change).or_default().merges.push(index);
            for &approval in state.approvals.get(&(merged.head, change)).into_iter().flatten() {
                let state = &mut self.approvals[approval];
                let here = self.entries[state.place.entry].items[state.place.item].target == merged.target;
                if here && state.used.is_none() {
                    state.used = Some(merged.entry);
                    landed.approvals.push(approval);
                }
            }
        }
        self.merges.push(merged);
    }

    pub(super) fn last_move(&self, refname: &str) -> Option<(EntryId, &RefUpdate)> {
        let entries = self.moves.get(refname)?.iter().rev().map(|&index| &self.entries[index]);
        let entry = entries.into_iter().find(|entry| !self.voids.contains_key(&entry.id))?;
        entry.moves(refname).map(|update| (entry.id, update))
    }

    pub(super) fn approvals_for(&self, name: &str, target: &str, head: Oid, change: ChangeId) -> Vec<Approval> {
        let mut counted: Vec<Approval> = Vec::new();
        let bound = self.proposals.get(name).and_then(|state| state.approvals.get(&(head, change)));
        for approval in
            bound.into_iter().flatten().map(|&index| &self.approvals[index]).filter(|a| !a.ended && a.used.is_none())
        {
            let entry = &self.entries[approval.place.entry];
            if entry.items[approval.place.item].target != target {
                continue;
            }
            counted.retain(|earlier| earlier.person != entry.by);
            counted.push(Approval {
                person: entry.by.clone(),
                entry: entry.id,
                at: entry.at,
                touched: approval.touched,
            });
        }
        counted
    }

    pub(super) fn objections(&self, name: &str, head: Oid, change: Option<ChangeId>) -> Vec<Objection> {
        let named = self.proposals.get(name).map_or(&[][..], |state| &state.live.objections);
        let same = change.and_then(|change| self.changes.get(&change)).map_or(&[][..], |state| &state.live.objections);
        let mut indexes: Vec<usize> = named.iter().copied().filter(|&i| self.objections[i].binds_name).collect();
        indexes.extend(same.iter().copied().filter(|&i| self.objections[i].binds_change));
        indexes.sort_unstable();
        indexes.dedup();
        indexes.into_iter().filter_map(|index| self.objection(index, name, head)).collect()
    }

    /// One objection as it looks from a round. A question made on this name ends when the head moves; it still binds a copy of
    /// the change under another name, or an agent could shed it by renaming a branch.
    fn objection(&self, index: usize, name: &str, head: Oid) -> Option<Objection> {
        let state = &self.objections[index];
        let entry = &self.entries[state.place.entry];
        let item = &entry.items[state.place.item];
        let same_round = item.head == head;
        if state.kind == ObjectionKind::Ask && item.proposal == name && !same_round {
            return None;
        }
        Some(Objection {
            kind: state.kind,
            person: entry.by.clone(),
            entry: entry.id,
            at: entry.at,
            note: entry.note.clone(),
            reason: entry.reason,
            proposal: item.proposal.clone(),
            head: item.head,
            change_id: item.change_id,
            same_round,
        })
    }
}
