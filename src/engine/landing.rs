//! What a forge merged, as the ledger records it afterwards: what persons approved, exactly as they approved it, and nothing else.
//!
//! A commit that nobody recorded counts as an approved merge where its change against its actual first parent is an approved
//! change, and what policy asks for is met by approvals that the ledger has and nobody objects to; with them, where policy lets
//! it, by those that were given on the page of the very pull request that the forge made it of, before it did. What is left is for
//! a person to look at: the watch of the target and `ledger verify` name it.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::ledger::{
    Approval, Entry, EntryKind, Item, LandedQuestion, LandingFacts, LedgerView, MergeRecord, Origin, PolicyRef,
    RefUpdate, Stated, state, stated,
};
use crate::model::forge::{PullRequest, PullState};
use crate::model::{ChangeId, EntryId, Oid, Outcome, Ruling, Tier};
use crate::policy::{self, Reviewed, Role, Root};

use super::planning::{authority, no_genesis};
use super::world::told_in;
use super::{Authorised, Force, Refusal, World, root, soft_facts};

/// Merges of one entry: one signature says what happened, and a bound keeps it from growing with what was missed.
const MOST: usize = 500;

/// A commit of the target that no entry accounts for.
#[derive(Debug, Clone)]
pub struct Unrecorded {
    /// The commit.
    pub commit: Oid,
    /// What it is and changes.
    pub facts: LandingFacts,
    /// The pull request that the forge made it of, as far as it was asked.
    pub pull: Option<LandedPull>,
}

/// A pull request that a forge says it merged as a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandedPull {
    /// The pull request, with what people think of it.
    pub pull: PullRequest,
    /// When it was merged.
    pub at: Timestamp,
    /// What its head changes, merged here into the commit's first parent.
    pub change_id: ChangeId,
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

/// What policy says of a landed change with the approvals that there are for it.
pub type Allows<'a> = &'a dyn Fn(&LandedQuestion<'_>) -> Result<Ruling, String>;

/// Reads a file as a commit has it; `None` where it has none.
pub type ReadsFile<'a> = &'a dyn Fn(Oid, &str) -> Result<Option<Vec<u8>>, String>;

/// What is asked about commits that landed.
#[derive(Clone, Copy)]
pub struct Asks<'a> {
    /// Whether policy is satisfied.
    pub allows: Allows<'a>,
    /// Whether it is lessons and nothing else.
    pub teaches: Teaches<'a>,
    /// What policy and signers it brings.
    pub file: ReadsFile<'a>,
}

/// The entry, under the id `id`, that records what was approved and landed, of commits in the order of the branch; `None` where
/// none of them was approved, or the person has not the role for it. What brings another policy or other signers is recorded alone: the rest is judged by those; so
/// are lessons that somebody merged. A policy that could not rule is never recorded: once the ledger names it, nobody is left who
/// could put it right.
pub fn recording(
    world: &World<'_>,
    id: EntryId,
    unrecorded: &[Unrecorded],
    asks: Asks<'_>,
) -> Result<Option<Recording>, Refusal> {
    if let Some(alarm) = world.alarm {
        return Err(Refusal::new(format!("nothing can be recorded: {alarm}"), "see `countersign ledger verify`"));
    }
    if world.me.is_some_and(|me| !me.has(Role::Approve)) {
        // The ledger would give it no effect; somebody else records it.
        return Ok(None);
    }
    let (root, me) = authority(world)?;
    let ledger = world.ledger.ok_or_else(no_genesis)?;
    let at = world.now.max(ledger.latest().unwrap_or(world.now));
    let mut entry = Entry::new(EntryKind::Merge, id, ledger.genesis().ok_or_else(no_genesis)?, at, &me.name);
    entry.policy = Some(PolicyRef { commit: root.commit, blob: root.policy_blob });
    let court = Court::new(world, ledger, root, asks.allows, entry.clone());
    let (mut said, mut found) = (Vec::new(), Vec::new());
    for landed in unrecorded {
        let Some(Approved { item, reviews, origin }) = court.item(landed) else { continue };
        if root::touched(&landed.facts.diff) {
            let file = |path: &str| (asks.file)(landed.commit, path);
            if root::fault(file, root.policy.ledger.as_ref(), ledger.is_demo()).is_some() {
                continue;
            }
            if found.is_empty() {
                entry.refs.push(moved(&item.target, landed));
                said.extend(reviews.into_iter().map(|review| (item.proposal.clone(), review)));
                found.push((item, origin));
            }
            break;
        }
        said.extend(reviews.into_iter().map(|review| (item.proposal.clone(), review)));
        found.push((item, origin));
        if found.len() == MOST {
            break;
        }
    }
    entry.soft_facts = soft_facts::of_landed(&found, world.checks);
    entry.items = found.into_iter().map(|(item, _)| item).collect();
    state(&mut entry, said.iter().map(|(proposal, review)| (proposal.as_str(), review)));
    if entry.items.is_empty() {
        entry.kind = EntryKind::Lesson;
        let Some(taught) = unrecorded.iter().find(|landed| (asks.teaches)(landed.commit, &entry)) else {
            return Ok(None);
        };
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

/// Whether anything was approved that is not recorded as merged: without that nothing waits to be, and nobody need look.
#[must_use]
pub fn may_await_record(world: &World<'_>) -> bool {
    let open = |ledger: &LedgerView, item: &Item| {
        item.merge.is_none() && ledger.merged(&item.proposal, &item.target, item.head).is_none()
    };
    world.ledger.is_some_and(|ledger| {
        let approvals = ledger.entries().iter().filter(|entry| entry.kind == EntryKind::Approve);
        approvals.flat_map(|entry| &entry.items).any(|item| item.target == world.target.refname && open(ledger, item))
    })
}

/// What was approved and landed and no entry says so, with the items of an entry that would: whoever can sign records it. Known to everybody who reads.
#[must_use]
pub fn awaiting_record<'u>(
    world: &World<'_>,
    unrecorded: &'u [Unrecorded],
    allows: Allows<'_>,
) -> Vec<(&'u Unrecorded, Item)> {
    let (Force::Root(root), Some(ledger)) = (world.force, world.ledger) else { return Vec::new() };
    let Some(genesis) = ledger.genesis() else { return Vec::new() };
    let entry = Entry::new(EntryKind::Merge, genesis, genesis, world.now, "");
    let court = Court::new(world, ledger, root, allows, entry);
    let named = |landed: &'u Unrecorded| Some((landed, court.item(landed)?.item));
    unrecorded.iter().filter_map(named).collect()
}

/// What a commit landed, where it was approved.
struct Approved {
    /// The item that says so.
    item: Item,
    /// The reviews that were needed for it.
    reviews: Vec<Reviewed>,
    /// Where it came from.
    origin: Origin,
}

/// What landed commits are judged by.
struct Court<'a> {
    ledger: &'a LedgerView,
    root: &'a Root,
    allows: Allows<'a>,
    target: &'a str,
    /// What was approved for the target, by what it changes.
    approved: HashMap<ChangeId, Vec<&'a Item>>,
    /// The entry that is made, without items.
    entry: Entry,
}

impl<'a> Court<'a> {
    fn new(world: &World<'a>, ledger: &'a LedgerView, root: &'a Root, allows: Allows<'a>, entry: Entry) -> Self {
        let target = world.target.refname.as_str();
        let approvals = ledger.entries().iter().filter(|entry| entry.kind == EntryKind::Approve);
        let here = |item: &&Item| item.target == target && item.merge.is_none();
        let mut approved: HashMap<ChangeId, Vec<&Item>> = HashMap::new();
        for item in approvals.flat_map(|entry| &entry.items).filter(here) {
            if let Some(change) = item.change_id {
                approved.entry(change).or_default().push(item);
            }
        }
        Self { ledger, root, allows, target, approved, entry }
    }

    /// What a commit landed, where it was approved: what its message names first, then what the ledger has alone, then what the page
    /// adds.
    fn item(&self, landed: &Unrecorded) -> Option<Approved> {
        let facts = &landed.facts;
        let named = facts.trailers.iter().find(|(key, _)| key.eq_ignore_ascii_case("Countersign-Proposal"));
        let is_named =
            |item: &Item| named.is_some_and(|(_, value)| *value == format!("{}@{}", item.proposal, item.head));
        let mut candidates = self.approved.get(&facts.diff.change_id).cloned().unwrap_or_default();
        candidates.sort_by_key(|item| !is_named(item));
        let signed = candidates.into_iter().find_map(|item| {
            let item = Item { seen: None, answers: None, ..item.clone() };
            let (item, _, origin) = self.judged(landed, item, &[])?;
            Some(Approved { item, reviews: Vec::new(), origin })
        });
        signed.or_else(|| self.reviewed(landed))
    }

    /// The item of a pull request whose approvals were given on its page, all or some of them.
    fn reviewed(&self, landed: &Unrecorded) -> Option<Approved> {
        let LandedPull { pull, at, change_id } = landed.pull.as_ref()?;
        let same = *change_id == landed.facts.diff.change_id
            && pull.state == PullState::Merged
            && self.target.strip_prefix("refs/heads/") == Some(pull.base.branch.as_str());
        let head = pull.head.oid;
        let proposal = format!("#{}", pull.number);
        let opinions = pull.opinions.as_deref().unwrap_or_default();
        let said = {
            let told = told_in(self.ledger, &self.root.policy, &proposal, opinions);
            policy::on_github(&self.root.policy, pull, head, &told)
        };
        // What was said of it later neither allowed it nor held it up.
        if !same || said.unknown || said.objections.iter().any(|said| said.at <= *at) {
            return None;
        }
        let reviews: Vec<Reviewed> = said.approvals.into_iter().filter(|said| said.at <= *at).collect();
        let (target, change_id, tier) = (self.target.to_owned(), Some(*change_id), Tier::High);
        let item = Item { proposal, target, head, change_id, tier, seen: None, answers: None, merge: None };
        let (item, ruling, origin) = self.judged(landed, item, &reviews)?;
        let counted = stated(self.ledger, &self.stating(&item, &reviews), &item, &[]);
        let reviews = counted.into_iter().map(|stated| stated.review).collect();
        Some(Approved { item: Item { tier: ruling.tier, ..item }, reviews, origin })
    }

    /// The entry that is made, as far as it states reviews of an item.
    fn stating(&self, item: &Item, reviews: &[Reviewed]) -> Entry {
        let mut entry = self.entry.clone();
        state(&mut entry, reviews.iter().map(|review| (item.proposal.as_str(), review)));
        entry
    }

    /// An item as a commit landed it, with what policy says and where it came from, where policy is satisfied by what the ledger has
    /// and by these reviews.
    fn judged(&self, landed: &Unrecorded, item: Item, reviews: &[Reviewed]) -> Option<(Item, Ruling, Origin)> {
        let (ledger, facts) = (self.ledger, &landed.facts);
        let parents = facts.parents.get(1..).unwrap_or_default();
        let own = parents.len() <= 1 && parents.iter().all(|parent| *parent == item.head);
        let stands = own
            && ledger.merged(&item.proposal, &item.target, item.head).is_none()
            && ledger.objections(&item.proposal, item.head, item.change_id).is_empty();
        if !stands {
            return None;
        }
        let approvals = ledger.approvals_for(&item.proposal, &item.target, item.head, item.change_id?);
        let item = Item { merge: Some(record(landed, &approvals)), ..item };
        let relies_on: Vec<EntryId> = approvals.iter().map(|approval| approval.entry).collect();
        let mut entry = self.stating(&item, reviews);
        let pull = landed.pull.as_ref().map(|landed| &landed.pull);
        let told = pull.filter(|pull| item.proposal == format!("#{}", pull.number)).map(soft_facts::origin);
        let origin = Origin::stated(ledger, &entry, &item.proposal, &relies_on).or(told.unwrap_or_default());
        origin.state(&mut entry, &item.proposal);
        let reviews: Vec<Stated> = stated(ledger, &entry, &item, &relies_on);
        let question = LandedQuestion {
            root: self.root,
            entry: &entry,
            item: &item,
            facts,
            approvals: &approvals,
            reviews: &reviews,
            origin: &origin,
        };
        let ruling = (self.allows)(&question).ok().filter(|ruling| ruling.outcome == Outcome::Satisfied)?;
        Some((item, ruling, origin))
    }
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
    use crate::ledger::testing::{Bench, MAIN, change, id, item, merged, oid, root, time};
    use crate::ledger::verify::needs_by_recorded_tier;
    use crate::model::{FileChange, Mode, Side, Stage, Target, Tier, TreeDiff};

    /// A commit that landed this change on `main0`, in a file.
    fn landed(name: &str, changes: &str, path: &str) -> Unrecorded {
        let side = |name: &str| Some(Side { mode: Mode::File, oid: oid(name) });
        let files = vec![FileChange { path: path.into(), old: side("old"), new: side("new") }];
        let diff = TreeDiff { old: oid("before"), new: oid(name), change_id: change(changes), files };
        let facts = LandingFacts { parents: vec![oid("main0")], diff: Arc::new(diff), trailers: Vec::new() };
        Unrecorded { commit: oid(name), facts, pull: None }
    }

    fn plain(name: &str, changes: &str) -> Unrecorded {
        landed(name, changes, "apps/web.yaml")
    }

    fn with(mut landed: Unrecorded, second: &[&str]) -> Unrecorded {
        landed.facts.parents.extend(second.iter().map(|name| oid(name)));
        landed
    }

    /// A file of a root that could rule.
    fn root_file(path: &str) -> Vec<u8> {
        let ed = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKp9zBMR5U5f/SU4ONT+ma928UAOMMy7nGKLaUy7x/Hg";
        let maria = "{ name: maria, emails: [maria@corp.example], roles: [approve, admin] }";
        let policy = format!(
            "version: 1\nledger: {{ id: \"{}\", ref: countersign/ledger }}\nprotect: [main]\npeople: [{maria}]\n\
             tiers: {{ high: {{ approvals: 1 }} }}\n",
            id("genesis")
        );
        if path.ends_with("policy.yaml") { policy.into() } else { format!("maria@corp.example {ed}\n").into() }
    }

    /// The kind of an entry, each proposal with the number of those it relies on, and how many moves it names.
    type Made = (EntryKind, Vec<(String, usize)>, usize);

    /// What is recorded of these: the kind, each proposal with those it relies on, and the moves.
    fn told(bench: &Bench, unrecorded: &[Unrecorded], taught: &str) -> Option<Made> {
        let (view, mut root) = (bench.view(), root("main0"));
        root.policy.from_github = true;
        root.policy.people[1].github = Some("sam-h".into());
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
        // As policy would: what was decided at its tier, all else as low; an approval is an approval.
        let allows = |question: &LandedQuestion<'_>| {
            let tier = if question.approvals.is_empty() { Tier::Low } else { question.item.tier };
            let mut ruling =
                needs_by_recorded_tier(&LandedQuestion { item: &Item { tier, ..question.item.clone() }, ..*question })?;
            ruling.approvals.have += question.reviews.len();
            if ruling.approvals.have >= ruling.approvals.need {
                ruling.outcome = Outcome::Satisfied;
            }
            Ok(ruling)
        };
        let teaches = |commit: Oid, _: &Entry| commit == oid(taught);
        let waiting = awaiting_record(&world, unrecorded, &allows).len();
        let file = |commit: Oid, path: &str| {
            let broken = commit == oid("broken") && path.ends_with("policy.yaml");
            Ok(Some(if broken { b"version: 1\nno such: key\n".to_vec() } else { root_file(path) }))
        };
        let asks = Asks { allows: &allows, teaches: &teaches, file: &file };
        let made = recording(&world, id("made"), unrecorded, asks).unwrap()?;
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
    fn a_policy_that_could_not_rule_is_never_recorded() {
        let mut bench = Bench::new();
        for (name, changes) in [("#1", "a"), ("#2", "b")] {
            bench.decide(EntryKind::Approve, "maria", item(name, name, changes));
        }
        let broken = landed("broken", "a", ".countersign/policy.yaml");
        assert_eq!(merges(&bench, std::slice::from_ref(&broken)), Vec::<String>::new());
        assert_eq!(merges(&bench, &[broken, plain("c", "b")]), ["#2"], "and holds up no other");
    }

    #[test]
    fn what_strangers_did_before_hides_nothing() {
        let mut bench = Bench::new();
        bench.decide(EntryKind::Approve, "maria", item("#1", "h1", "a"));
        let strangers = (0..=MOST).map(|at| plain(&format!("s{at}"), &format!("strange {at}")));
        let commits: Vec<Unrecorded> = strangers.chain([plain("c", "a")]).collect();
        assert_eq!(merges(&bench, &commits), ["#1"]);
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
        let good = |path: &str| Ok(Some(root_file(path)));
        assert_eq!(root::fault(good, root("main0").policy.ledger.as_ref(), false), None);
        assert_eq!(told(&bench, &[policy, web.clone()], "t"), one("#2", 1));
        let taught = plain("t", "lessons");
        assert_eq!(told(&bench, &[taught.clone(), web], "t"), one("#1", 0));
        assert_eq!(told(&bench, &[plain("x", "y"), taught], "t"), Some((EntryKind::Lesson, vec![], 1)));
        assert_eq!(told(&bench, &[plain("x", "y")], "t"), None);
    }
    /// A commit of the pull request #1 with the head `h1`, merged at minute 10, of which sam said this at a minute.
    fn by_page(state: &str, minute: i64) -> Unrecorded {
        let end =
            |branch: &str, name: &str| serde_json::json!({ "branch": branch, "oid": oid(name), "repo": "acme/shop" });
        let opinion = serde_json::json!({
            "author": { "login": "sam-h", "kind": "user" }, "state": state, "commit": oid("h1"), "at": time(60 * minute), "tells": null,
        });
        let pull = serde_json::json!({
            "repo": "acme/shop", "number": 1, "node_id": "", "title": "", "body": "", "body_cut": false, "labels": [],
            "author": { "login": "infra-bot[bot]", "kind": "app" }, "head": end("a", "h1"), "base": end("main", "main0"),
            "draft": false, "state": "merged", "created": time(0), "updated": time(0), "mergeable": null, "review": null,
            "comments": null, "url": null, "opinions": [opinion],
        });
        let pull = LandedPull { pull: serde_json::from_value(pull).unwrap(), at: time(600), change_id: change("a") };
        Unrecorded { pull: Some(pull), ..plain("c", "a") }
    }

    #[test]
    fn what_a_page_approved_before_it_merged_is_recorded() {
        let bench = Bench::new();
        let with = |change: fn(&mut LandedPull)| {
            let mut landed = by_page("approved", 5);
            change(landed.pull.as_mut().unwrap());
            landed
        };
        for (what, commit, recorded) in [
            ("approved", by_page("approved", 5), true),
            ("approved in the very second", by_page("approved", 10), true),
            ("approved afterwards", by_page("approved", 11), false),
            ("changes wanted", by_page("changes_requested", 5), false),
            ("changes wanted afterwards", by_page("changes_requested", 11), false),
            ("dismissed", by_page("dismissed", 5), false),
            ("another change landed", with(|pull| pull.change_id = change("b")), false),
            ("it says that it landed elsewhere", with(|pull| pull.pull.base.branch = "release".into()), false),
            ("it says that it is open", with(|pull| pull.pull.state = PullState::Open), false),
            ("another head", with(|pull| pull.pull.head.oid = oid("h2")), false),
            ("nobody knows what was said", with(|pull| pull.pull.opinions = None), false),
            ("made to land here afterwards", with(|pull| pull.pull.retargeted = Some(time(301))), false),
            ("opened by who approves", with(|pull| pull.pull.author.login = "Sam-H".into()), false),
        ] {
            let wanted = recorded.then(|| (EntryKind::Merge, vec![("#1".to_owned(), 0)], 0));
            assert_eq!(told(&bench, &[commit], ""), wanted, "{what}");
        }
    }

    #[test]
    fn a_page_adds_to_what_the_ledger_has_and_takes_nothing_back() {
        let high = Item { tier: Tier::High, ..item("#1", "h1", "a") };
        let mut bench = Bench::new();
        bench.decide(EntryKind::Approve, "maria", high.clone());
        assert_eq!(told(&bench, &[plain("c", "a")], ""), None, "one of two");
        assert_eq!(told(&bench, &[by_page("approved", 5)], ""), Some((EntryKind::Merge, vec![("#1".into(), 1)], 0)));
        bench.decide(EntryKind::Hold, "lee", high);
        assert_eq!(told(&bench, &[by_page("approved", 5)], ""), None, "somebody holds it");
    }
}
