//! What a forge merged, as the ledger records it afterwards: what persons approved, exactly as they approved it, and nothing else.
//!
//! A commit that nobody recorded counts as an approved merge where its change against its actual first parent is an approved
//! change, and what policy asks for is met by approvals that the ledger has and nobody objects to. What is left is for a
//! person to look at: the watch of the target and `ledger verify` name it.

use std::collections::HashMap;

use crate::ledger::{
    Approval, Entry, EntryKind, Item, LandedQuestion, LandingFacts, LedgerView, MergeRecord, PolicyRef, RefUpdate,
    stated,
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
        let relies_on: Vec<EntryId> = approvals.iter().map(|approval| approval.entry).collect();
        let reviews = stated(ledger, entry, &item, &relies_on);
        let question = LandedQuestion { root, entry, item: &item, facts, approvals: &approvals, reviews: &reviews };
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::engine::{ForgeChecks, Found, Via};
    use crate::ledger::verify::needs_by_recorded_tier;
    use crate::ledger::testing::{Bench, MAIN, change, id, item, merged, oid, root, time};
    use crate::model::{FileChange, Mode, Side, Stage, Target, Tier, TreeDiff};

    /// A commit that landed this change on `main0`, in a file.
    fn landed(name: &str, changes: &str, path: &str) -> Unrecorded {
        let side = |name: &str| Some(Side { mode: Mode::File, oid: oid(name) });
        let files = vec![FileChange { path: path.into(), old: side("old"), new: side("new") }];
        let diff = TreeDiff { old: oid("before"), new: oid(name), change_id: change(changes), files };
        let facts = LandingFacts { parents: vec![oid("main0")], diff: Arc::new(diff), trailers: Vec::new() };
        Unrecorded { commit: oid(name), facts }
    }

    fn plain(name: &str, changes: &str) -> Unrecorded {
        landed(name, changes, "apps/web.yaml")
    }

    fn with(mut landed: Unrecorded, second: &[&str]) -> Unrecorded {
        landed.facts.parents.extend(second.iter().map(|name| oid(name)));
        landed
    }

    /// What is recorded of these: the kind, each proposal with those it relies on, and the moves.
    fn told(
        bench: &Bench,
        unrecorded: &[Unrecorded],
        taught: &str,
    ) -> Option<(EntryKind, Vec<(String, usize)>, usize)> {
        let (view, root) = (bench.view(), root("main0"));
        let target = Target { refname: MAIN.into(), tip: oid("main9") };
        let world = World {
            stage: Stage::Record,
            force: Force::Root(&root),
            alarm: None,
            ledger: Some(&view),
            me: root.policy.person("lee"),
            touches: false,
            target: &target,
            via: Via::Forge,
            proposals: &[],
            unsent: &BTreeSet::new(),
            found: &Found::new(),
            checks: &ForgeChecks::nowhere(),
            now: time(7200),
        };
        let allows = |question: &LandedQuestion<'_>| needs_by_recorded_tier(question);
        let teaches = |commit: Oid, _: &Entry| commit == oid(taught);
        let waiting = awaiting_record(&world, unrecorded, &allows).len();
        let made = recording(&world, id("made"), unrecorded, (&allows, &teaches)).unwrap()?;
        let entry = &made.entry;
        assert_eq!((entry.check().map_err(|fault| fault.to_string()), entry.by.as_str()), (Ok(()), "lee"));
        assert!(waiting >= entry.items.len(), "what is recorded was waiting");
        let of = |(item, merge): (&Item, &MergeRecord)| (item.proposal.clone(), merge.relies_on.len());
        Some((entry.kind, entry.merges().map(of).collect(), entry.refs.len()))
    }

    /// The proposals of a merge entry; none where none is made.
    fn merges(bench: &Bench, unrecorded: &[Unrecorded]) -> Vec<String> {
        let told = told(bench, unrecorded, "nothing");
        told.map(|(_, merges, _)| merges.into_iter().map(|(proposal, _)| proposal).collect()).unwrap_or_default()
    }

    #[test]
    fn exactly_what_was_approved_is_recorded() {
        let mut bench = Bench::new();
        bench.decide(EntryKind::Approve, "maria", item("#1", "h1", "a"));
        for (what, commit, recorded) in [
            ("squashed", plain("c", "a"), true),
            ("merged with its head", with(plain("c", "a"), &["h1"]), true),
            ("another change", plain("c", "b"), false),
            ("merged with another head", with(plain("c", "a"), &["h2"]), false),
            ("an octopus", with(plain("c", "a"), &["h1", "h2"]), false),
        ] {
            assert_eq!(merges(&bench, &[commit]), if recorded { vec!["#1"] } else { vec![] }, "{what}");
        }
    }

    #[test]
    fn what_no_longer_stands_or_is_not_enough_is_not_recorded() {
        let approved = || {
            let mut bench = Bench::new();
            bench.decide(EntryKind::Approve, "maria", item("#1", "h1", "a"));
            bench
        };
        let commit = [plain("c", "a")];
        for kind in [EntryKind::Hold, EntryKind::Reject, EntryKind::Ask] {
            let mut bench = approved();
            bench.decide(kind, "sam", item("#1", "h1", "a"));
            assert!(merges(&bench, &commit).is_empty(), "{kind}");
        }
        let mut withdrawn = approved();
        withdrawn.decide(EntryKind::Withdraw, "maria", item("#1", "h1", "a"));
        assert!(merges(&withdrawn, &commit).is_empty());
        let mut before = approved();
        let mut entry = before.entry(EntryKind::Merge, "sam");
        entry.items.push(merged(item("#1", "h1", "a"), "main0", "earlier", &[]));
        before.push(&entry);
        assert!(merges(&before, &commit).is_empty(), "an approval is used once");
        let mut high = Bench::new();
        let item = Item { tier: Tier::High, ..item("#1", "h1", "a") };
        high.decide(EntryKind::Approve, "maria", item.clone());
        assert!(merges(&high, &commit).is_empty(), "one of two");
        high.decide(EntryKind::Approve, "sam", item);
        assert_eq!(told(&high, &commit, ""), Some((EntryKind::Merge, vec![("#1".into(), 2)], 0)));
    }

    #[test]
    fn the_message_says_which_of_two_that_do_the_same() {
        let mut bench = Bench::new();
        for (name, head) in [("#1", "h1"), ("#2", "h2")] {
            bench.decide(EntryKind::Approve, "maria", item(name, head, "a"));
        }
        let mut commit = plain("c", "a");
        assert_eq!(merges(&bench, &[commit.clone()]), ["#1"]);
        commit.facts.trailers.push(("countersign-proposal".into(), format!("#2@{}", oid("h2"))));
        assert_eq!(merges(&bench, &[commit.clone()]), ["#2"]);
        commit.facts.trailers[0].1 = format!("#3@{}", oid("h3"));
        assert_eq!(merges(&bench, &[commit]), ["#1"], "what it names was not approved");
    }

    #[test]
    fn another_policy_is_recorded_alone_with_its_move_and_lessons_after_all_merges() {
        let mut bench = Bench::new();
        for (name, changes) in [("#1", "a"), ("#2", "b")] {
            bench.decide(EntryKind::Approve, "maria", item(name, name, changes));
        }
        let (web, policy) = (plain("c", "a"), landed("p", "b", ".countersign/policy.yaml"));
        let one = |name: &str, moves| Some((EntryKind::Merge, vec![(name.to_owned(), 1)], moves));
        assert_eq!(told(&bench, &[web.clone(), policy.clone()], "t"), one("#1", 0));
        assert_eq!(told(&bench, &[policy, web.clone()], "t"), one("#2", 1));
        let taught = plain("t", "lessons");
        assert_eq!(told(&bench, &[taught.clone(), web], "t"), one("#1", 0));
        assert_eq!(told(&bench, &[plain("x", "y"), taught], "t"), Some((EntryKind::Lesson, vec![], 1)));
        assert_eq!(told(&bench, &[plain("x", "y")], "t"), None);
    }
}
