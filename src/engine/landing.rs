//! What a forge merged, as the ledger records it afterwards: what persons approved, exactly as they approved it, and nothing else.
//!
//! A commit that nobody recorded counts as an approved merge where its change against its actual first parent is an approved
//! change, and what policy asks for is met by approvals that the ledger has and nobody objects to. What is left is for a
//! person to look at: the watch of the target and `ledger verify` name it.

use std::collections::HashMap;

use crate::ledger::{
    Approval, Entry, EntryKind, Item, LandedQuestion, LandingFacts, LedgerView, MergeRecord, PolicyRef, RefUpdate,
};
use crate::model::{ChangeId, EntryId, Oid, Outcome, Ruling};
use crate::policy::Root;

use super::planning::{authority, no_genesis};
use super::{Authorised, Force, Refusal, World, root};

/// Merges of one entry: one signature says what happened, and a bound keeps it from growing with what was missed.
const MOST: usize = 500;

/// A commit of the target that no entry accounts for.
#[derive(Debug, Clone)]
pub struct Unrecorded {
    /// The commit.
    pub commit: Oid,
    /// What it is and changes.
    pub facts: LandingFacts,
}

/// An entry that records merges of a forge. Only [`recording`] makes one.
pub type Recording = Authorised<RecordingParts>;

/// What a [`Recording`] consists of.
#[derive(Debug, Clone)]
pub struct RecordingParts {
    /// The entry.
    pub entry: Entry,
    /// The ledger's tip that it was made on.
    pub ledger_tip: Oid,
}

/// Whether a commit moves nothing but memory sections, to what the ledger renders at an entry.
pub type Teaches<'a> = &'a dyn Fn(Oid, &Entry) -> bool;

/// What policy says of a landed change with the approvals that the ledger has for it.
pub type Allows<'a> = &'a dyn Fn(&LandedQuestion<'_>) -> Result<Ruling, String>;

/// The entry, under the id `id`, that records what was approved and landed, of commits in the order of the branch; `None` where
/// none of them was approved. What brings another policy or other signers is recorded alone: the rest is judged by those; so
/// are lessons that somebody merged.
pub fn recording(
    world: &World<'_>,
    id: EntryId,
    unrecorded: &[Unrecorded],
    (allows, teaches): (Allows<'_>, Teaches<'_>),
) -> Result<Option<Recording>, Refusal> {
    if let Some(alarm) = world.alarm {
        return Err(Refusal::new(format!("nothing can be recorded: {alarm}"), "see `countersign ledger verify`"));
    }
    let (root, me) = authority(world)?;
    let ledger = world.ledger.ok_or_else(no_genesis)?;
    let at = world.now.max(ledger.latest().unwrap_or(world.now));
    let mut entry = Entry::new(EntryKind::Merge, id, ledger.genesis().ok_or_else(no_genesis)?, at, &me.name);
    entry.policy = Some(PolicyRef { commit: root.commit, blob: root.policy_blob });
    let approved = approved(ledger, &world.target.refname);
    for landed in unrecorded.iter().take(MOST) {
        let Some(item) = item(landed, &approved, ledger, root, allows, &entry) else { continue };
        if root::touched(&landed.facts.diff) {
            if entry.items.is_empty() {
                entry.refs.push(moved(&item.target, landed));
                entry.items.push(item);
            }
            break;
        }
        entry.items.push(item);
    }
    if entry.items.is_empty() {
        entry.kind = EntryKind::Lesson;
        let Some(taught) = unrecorded.iter().find(|landed| teaches(landed.commit, &entry)) else { return Ok(None) };
        entry.refs.push(moved(&world.target.refname, taught));
    }
    let ledger_tip = ledger.tip().ok_or_else(no_genesis)?;
    Ok(Some(Authorised::grant(RecordingParts { entry, ledger_tip })))
}

/// The move that a commit of a branch is.
fn moved(refname: &str, landed: &Unrecorded) -> RefUpdate {
    let old = landed.facts.parents.first().copied().unwrap_or(Oid::ZERO);
    RefUpdate { refname: refname.to_owned(), old, new: landed.commit }
}

/// What was approved and landed and no entry says so, with the proposals: whoever can sign records it. Known to everybody who reads.
#[must_use]
pub fn awaiting_record<'u>(
    world: &World<'_>,
    unrecorded: &'u [Unrecorded],
    allows: Allows<'_>,
) -> Vec<(&'u Unrecorded, String)> {
    let (Force::Root(root), Some(ledger)) = (world.force, world.ledger) else { return Vec::new() };
    let Some(genesis) = ledger.genesis() else { return Vec::new() };
    let entry = Entry::new(EntryKind::Merge, genesis, genesis, world.now, "");
    let approved = approved(ledger, &world.target.refname);
    let named = |landed: &'u Unrecorded| {
        let item = item(landed, &approved, ledger, root, allows, &entry)?;
        Some((landed, item.proposal))
    };
    unrecorded.iter().take(MOST).filter_map(named).collect()
}

/// What was approved for a branch, by what it changes.
fn approved<'l>(ledger: &'l LedgerView, target: &str) -> HashMap<ChangeId, Vec<&'l Item>> {
    let mut found: HashMap<ChangeId, Vec<&Item>> = HashMap::new();
    let approvals = ledger.entries().iter().filter(|entry| entry.kind == EntryKind::Approve);
    for item in approvals.flat_map(|entry| &entry.items).filter(|item| item.target == target && item.merge.is_none()) {
        if let Some(change) = item.change_id {
            found.entry(change).or_default().push(item);
        }
    }
    found
}

/// The item that says what a commit landed, where it was approved: what its message names first.
fn item(
    landed: &Unrecorded,
    approved: &HashMap<ChangeId, Vec<&Item>>,
    ledger: &LedgerView,
    root: &Root,
    allows: Allows<'_>,
    entry: &Entry,
) -> Option<Item> {
    let facts = &landed.facts;
    let named = facts.trailers.iter().find(|(key, _)| key.eq_ignore_ascii_case("Countersign-Proposal"));
    let is_named = |item: &Item| named.is_some_and(|(_, value)| *value == format!("{}@{}", item.proposal, item.head));
    let mut candidates: Vec<&Item> = approved.get(&facts.diff.change_id)?.clone();
    candidates.sort_by_key(|item| !is_named(item));
    candidates.into_iter().find_map(|item| {
        let parents = facts.parents.get(1..).unwrap_or_default();
        let own = parents.len() <= 1 && parents.iter().all(|parent| *parent == item.head);
        let stands = own
            && ledger.merged(&item.proposal, &item.target, item.head).is_none()
            && ledger.objections(&item.proposal, item.head, item.change_id).is_empty();
        let approvals = ledger.approvals_for(&item.proposal, &item.target, item.head, item.change_id?);
        let item = Item { seen: None, answers: None, ..(*item).clone() };
        let item = Item { merge: Some(record(landed, &approvals)), ..item };
        let question = LandedQuestion { root, entry, item: &item, facts, approvals: &approvals };
        let allowed = stands && allows(&question).is_ok_and(|ruling| ruling.outcome == Outcome::Satisfied);
        allowed.then_some(item)
    })
}

fn record(landed: &Unrecorded, approvals: &[Approval]) -> MergeRecord {
    MergeRecord {
        first_parent: landed.facts.parents.first().copied().unwrap_or(Oid::ZERO),
        commit: landed.commit,
        tree: landed.facts.diff.new,
        relies_on: approvals.iter().map(|approval| approval.entry).collect(),
    }
}
