//! One test for each way in which what landed can differ from the ledger.

use std::cell::RefCell;
use std::collections::HashMap;

use bstr::BString;

use super::*;
use crate::ledger::testing::{Bench, MAIN, TestRoots, change, id, item, merged, moved, oid, root};
use crate::ledger::{Item, MergeRecord};
use crate::model::{FileChange, Mode, Side, Tier, TreeDiff};

/// A repository that has landed commits as they should be, unless a test spoils one.
#[derive(Default, Clone)]
struct Repo {
    commits: HashMap<Oid, LandingFacts>,
    memory: HashMap<Oid, EntryId>,
    asked: RefCell<Vec<Oid>>,
}

impl Landings for Repo {
    fn landing(&self, commit: Oid) -> Result<LandingFacts, String> {
        self.commits.get(&commit).cloned().ok_or_else(|| "no such commit".to_owned())
    }
}

fn file(path: &str, old: &str, new: &str) -> FileChange {
    let side = |name: &str| Some(Side { mode: Mode::File, oid: oid(name) });
    FileChange { path: BString::from(path), old: side(old), new: side(new) }
}

impl Repo {
    /// Lands what an entry says.
    fn land(&mut self, entry: &Entry) {
        for (item, merge) in entry.merges() {
            let change_id = item.change_id.unwrap();
            let files = vec![file("a.yaml", "old", "new")];
            let diff = TreeDiff { old: oid("before"), new: merge.tree, files, change_id };
            let facts = LandingFacts {
                parents: vec![merge.first_parent],
                diff: Arc::new(diff),
                trailers: vec![
                    ("Countersign-Entry".to_owned(), entry.id.to_string()),
                    ("Countersign-Proposal".to_owned(), format!("{}@{}", item.proposal, item.head)),
                ],
            };
            self.commits.insert(merge.commit, facts);
        }
    }

    fn report(&self, bench: &Bench, commits: &[&str], stage: Stage) -> VerifyReport {
        let memory = |commit: Oid, entry: &Entry, view: &LedgerView| {
            assert!(view.entry(entry.id).is_some());
            self.asked.borrow_mut().push(commit);
            if self.memory.get(&commit) == Some(&entry.id) { Ok(()) } else { Err("no memory section".to_owned()) }
        };
        let branches =
            [Branch { refname: MAIN.to_owned(), commits: commits.iter().map(|name| oid(name)).collect(), moved: true }];
        let evidence =
            Evidence { landings: self, needs: &needs_by_recorded_tier, memory: &memory, branches: &branches, stage };
        verify(&bench.chain(), &evidence)
    }
}

/// An approval by maria that lands items in order on top of `main0`; the commits are named after the proposals.
fn approve(bench: &mut Bench, repo: &mut Repo, items: Vec<Item>, from: &str) -> EntryId {
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    let mut parent = from.to_owned();
    for item in items {
        let commit = format!("landed {}", item.proposal);
        entry.items.push(merged(item, &parent, &commit, &[entry.id]));
        parent = commit;
    }
    entry.refs.push(moved(from, &parent));
    repo.land(&entry);
    bench.push(&entry)
}

fn stacked() -> (Bench, Repo) {
    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    approve(&mut bench, &mut repo, vec![item("a", "h1", "c1"), item("b", "h2", "c2")], "main0");
    (bench, repo)
}

#[track_caller]
fn assert_mismatch(report: &VerifyReport, wanted: &str) {
    assert!(!report.ok, "{report:?}");
    assert!(
        report.mismatches.iter().any(|mismatch| mismatch.what.contains(wanted)),
        "{wanted}: {:?}",
        report.mismatches
    );
}

#[test]
fn an_honest_history_is_in_order() {
    let (bench, repo) = stacked();
    let report = repo.report(&bench, &["landed a", "landed b"], Stage::Enforce);
    assert!(report.ok, "{report:?}");
    assert_eq!((report.merges, report.entries, report.commits, report.unapproved_total), (2, 2, 2, 0));
    assert_eq!(serde_json::to_value(&report).unwrap()["ok"], true);
}

#[test]
fn a_landed_commit_must_be_the_one_that_was_approved() {
    type Spoil = fn(&mut LandingFacts);
    let spoilt: [(&str, Spoil); 9] = [
        ("its first parent is", |f| f.parents[0] = oid("foxtrot")),
        ("its first parent is", |f| f.parents.clear()),
        ("merges something else than the head", |f| f.parents.push(oid("another head"))),
        ("merges something else than the head", |f| f.parents.extend([oid("h1"), oid("x")])),
        ("its tree is", |f| Arc::make_mut(&mut f.diff).new = oid("evil tree")),
        ("it landed the change", |f| Arc::make_mut(&mut f.diff).change_id = change("evil")),
        ("does not name the entry", |f| f.trailers.clear()),
        ("does not name the entry", |f| f.trailers.push(("countersign-entry".to_owned(), id("x").to_string()))),
        ("does not name a@", |f| f.trailers[1].1 = format!("b@{}", oid("h1"))),
    ];
    for (text, spoil) in spoilt {
        let (bench, mut repo) = stacked();
        spoil(repo.commits.get_mut(&oid("landed a")).unwrap());
        assert_mismatch(&repo.report(&bench, &["landed a", "landed b"], Stage::Record), text);
    }
    let (bench, mut repo) = stacked();
    repo.commits.remove(&oid("landed a"));
    assert_mismatch(&repo.report(&bench, &["landed a", "landed b"], Stage::Record), "cannot be read");
}

#[test]
fn a_merge_commit_of_the_head_is_as_good_as_a_squash() {
    let (bench, mut repo) = stacked();
    repo.commits.get_mut(&oid("landed a")).unwrap().parents.push(oid("h1"));
    assert!(repo.report(&bench, &["landed a", "landed b"], Stage::Record).ok);
}

#[test]
fn a_merge_needs_enough_persons_at_its_place() {
    let high = || Item { tier: Tier::High, ..item("a", "h1", "c1") };
    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    approve(&mut bench, &mut repo, vec![high()], "main0");
    assert_mismatch(&repo.report(&bench, &["landed a"], Stage::Record), "1 of 2 approvals");

    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    bench.decide(EntryKind::Approve, "sam", high());
    approve(&mut bench, &mut repo, vec![high()], "main0");
    assert!(repo.report(&bench, &["landed a"], Stage::Record).ok);

    // The second person came too late.
    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    approve(&mut bench, &mut repo, vec![high()], "main0");
    bench.decide(EntryKind::Approve, "sam", high());
    assert_mismatch(&repo.report(&bench, &["landed a"], Stage::Record), "1 of 2 approvals");
}

#[test]
fn a_merge_over_an_objection_is_a_mismatch() {
    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    bench.decide(EntryKind::Hold, "sam", item("a", "h0", "c0"));
    approve(&mut bench, &mut repo, vec![item("a", "h1", "c1")], "main0");
    assert_mismatch(&repo.report(&bench, &["landed a"], Stage::Record), "over the objection");
}

#[test]
fn a_merge_relies_on_approvals_that_hold() {
    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    let by_sam = bench.decide(EntryKind::Approve, "sam", item("a", "h1", "c1"));
    bench.decide(EntryKind::Withdraw, "sam", item("a", "h1", "c1"));
    let mut entry = bench.entry(EntryKind::Merge, "maria");
    entry.items.push(merged(item("a", "h1", "c1"), "main0", "landed a", &[by_sam]));
    entry.refs.push(moved("main0", "landed a"));
    repo.land(&entry);
    bench.push(&entry);
    let report = repo.report(&bench, &["landed a"], Stage::Record);
    assert_mismatch(&report, "holds no approval of it");
    assert_mismatch(&report, "0 of 1 approvals");
}

#[test]
fn an_approval_lands_once() {
    let (mut bench, mut repo) = stacked();
    let first = bench.chain().entries().nth(1).unwrap().id;
    let mut again = bench.entry(EntryKind::Merge, "maria");
    again.items.push(merged(item("a", "h1", "c1"), "landed b", "landed again", &[first]));
    again.refs.push(moved("landed b", "landed again"));
    repo.land(&again);
    bench.push(&again);
    let report = repo.report(&bench, &["landed a", "landed b", "landed again"], Stage::Record);
    assert_mismatch(&report, "0 of 1 approvals");
}

#[test]
fn commits_without_an_entry_are_counted_and_fail_only_where_a_gate_stands() {
    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    approve(&mut bench, &mut repo, vec![item("a", "h1", "c1"), item("b", "h2", "c2")], "pushed 1");
    let commits = ["pushed 1", "landed a", "landed b", "pushed 2"];
    let report = repo.report(&bench, &commits, Stage::Record);
    assert_eq!(report.unapproved.iter().map(|u| u.commit).collect::<Vec<_>>(), [oid("pushed 1"), oid("pushed 2")]);
    assert!(report.ok, "{report:?}");
    assert!(!repo.report(&bench, &commits, Stage::Enforce).ok);
}

#[test]
fn what_an_entry_says_it_pushed_and_does_not_explain_is_a_mismatch() {
    for kind in [EntryKind::Hold, EntryKind::Approve] {
        let (mut bench, mut repo) = stacked();
        let mut entry = bench.entry(kind, "sam");
        entry.items.push(item("c", "h3", "c3"));
        entry.refs.push(moved("landed b", "sneaked in"));
        repo.land(&entry);
        bench.push(&entry);
        let report = repo.report(&bench, &["landed a", "landed b", "sneaked in"], Stage::Record);
        assert_mismatch(&report, "neither merges nor teaches it");
    }
}

#[test]
fn a_memory_commit_is_accounted_for_by_its_entry() {
    let (mut bench, mut repo) = stacked();
    let mut entry = bench.entry(EntryKind::Reject, "sam");
    entry.items.push(item("c", "h3", "c3"));
    entry.refs.push(moved("landed b", "lessons"));
    let entry = bench.push(&entry);
    let commits = ["landed a", "landed b", "lessons"];
    assert_eq!(repo.report(&bench, &commits, Stage::Enforce).unapproved_total, 1);
    repo.memory.insert(oid("lessons"), entry);
    repo.asked.borrow_mut().clear();
    assert!(repo.report(&bench, &commits, Stage::Enforce).ok);
    // Only what could be one is asked about: neither merges nor commits outside an entry's move.
    assert_eq!(*repo.asked.borrow(), [oid("lessons")]);
}

#[test]
fn several_entries_of_one_push_may_name_its_move_or_only_the_last() {
    for both in [false, true] {
        let (mut bench, mut repo) = (Bench::new(), Repo::default());
        let mut first = bench.entry(EntryKind::Approve, "maria");
        first.items.push(merged(item("a", "h1", "c1"), "main0", "landed a", &[first.id]));
        if both {
            first.refs.push(moved("main0", "lessons"));
        }
        repo.land(&first);
        bench.push(&first);
        let mut second = bench.entry(EntryKind::Reject, "maria");
        second.items.push(item("b", "h2", "c2"));
        second.refs.push(moved("main0", "lessons"));
        let second = bench.push(&second);
        repo.memory.insert(oid("lessons"), second);
        let report = repo.report(&bench, &["landed a", "lessons"], Stage::Enforce);
        assert!(report.ok, "{both}: {report:?}");
    }
}

#[test]
fn a_push_that_did_not_finish_is_told_from_a_rewritten_branch() {
    let (mut bench, mut repo) = stacked();
    let pending = approve(&mut bench, &mut repo, vec![item("c", "h3", "c3")], "landed b");
    let report = repo.report(&bench, &["landed a", "landed b"], Stage::Enforce);
    assert!(report.ok, "{report:?}");
    assert_eq!(report.unfinished.iter().map(|u| (u.entry, u.new)).collect::<Vec<_>>(), [(pending, oid("landed c")); 2]);

    // The branch went elsewhere meanwhile.
    let report = repo.report(&bench, &["landed a", "landed b", "pushed"], Stage::Record);
    assert_mismatch(&report, "void the entry");

    // A later entry arrived, so the earlier one was dropped by force.
    approve(&mut bench, &mut repo, vec![item("d", "h4", "c4")], "landed b");
    let report = repo.report(&bench, &["landed a", "landed b", "landed d"], Stage::Record);
    assert_mismatch(&report, "though later moves are");
}

#[test]
fn a_void_explains_what_did_not_land_and_accuses_what_did() {
    let (mut bench, mut repo) = stacked();
    let pending = approve(&mut bench, &mut repo, vec![item("c", "h3", "c3")], "landed b");
    let mut void = bench.entry(EntryKind::Void, "maria");
    void.about.push(pending);
    bench.push(&void);
    let report = repo.report(&bench, &["landed a", "landed b"], Stage::Enforce);
    assert!(report.ok && report.unfinished.is_empty(), "{report:?}");
    let report = repo.report(&bench, &["landed a", "landed b", "landed c"], Stage::Record);
    assert_mismatch(&report, "a void says");
}

#[test]
fn a_ref_that_jumps_is_a_mismatch() {
    let (mut bench, mut repo) = stacked();
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    entry.items.push(merged(item("c", "h3", "c3"), "elsewhere", "landed c", &[entry.id]));
    entry.refs.push(moved("elsewhere", "landed c"));
    repo.land(&entry);
    bench.push(&entry);
    assert_mismatch(
        &repo.report(&bench, &["landed a", "landed b", "landed c"], Stage::Record),
        "the ledger left it at",
    );
}

#[test]
fn a_revert_is_the_exact_inverse_of_what_it_names() {
    let (mut bench, mut repo) = stacked();
    let merge = bench.chain().entries().nth(1).unwrap().id;
    let mut revert = bench.entry(EntryKind::Revert, "sam");
    revert.items.push(merged(item("revert a", "h1", "inverse"), "landed b", "reverted", &[]));
    revert.refs.push(moved("landed b", "reverted"));
    revert.about.push(merge);
    repo.land(&revert);
    bench.push(&revert);
    let commits = ["landed a", "landed b", "reverted"];
    assert_mismatch(&repo.report(&bench, &commits, Stage::Record), "exact inverse");
    Arc::make_mut(&mut repo.commits.get_mut(&oid("reverted")).unwrap().diff).files = vec![file("a.yaml", "new", "old")];
    let report = repo.report(&bench, &commits, Stage::Enforce);
    assert!(report.ok, "{report:?}");
    // The revert of the revert would land it again, and a second revert something else: both take approvals.
    let first = bench.chain().entries().last().unwrap().id;
    for (about, files) in [(first, file("a.yaml", "old", "new")), (merge, file("a.yaml", "new", "old"))] {
        let (mut bench, mut repo) =
            (Bench { raw: bench.raw.clone(), roots: TestRoots::default(), clock: bench.clock }, repo.clone());
        let mut again = bench.entry(EntryKind::Revert, "sam");
        again.items.push(merged(item("revert b", "h1", "again"), "reverted", "again", &[]));
        again.refs.push(moved("reverted", "again"));
        again.about.push(about);
        repo.land(&again);
        Arc::make_mut(&mut repo.commits.get_mut(&oid("again")).unwrap().diff).files = vec![files];
        bench.push(&again);
        let report = repo.report(&bench, &["landed a", "landed b", "reverted", "again"], Stage::Record);
        assert_mismatch(&report, "that still stands");
    }
}

#[test]
fn a_revert_of_a_policy_takes_approvals() {
    let (mut bench, mut repo) = stacked();
    let merge = bench.chain().entries().nth(1).unwrap().id;
    let mut revert = bench.entry(EntryKind::Revert, "sam");
    revert.items.push(merged(item("revert a", "h1", "inverse"), "landed b", "reverted", &[]));
    revert.refs.push(moved("landed b", "reverted"));
    revert.about.push(merge);
    repo.land(&revert);
    bench.push(&revert);
    for (commit, old, new) in [("landed a", "old", "new"), ("reverted", "new", "old")] {
        let facts = repo.commits.get_mut(&oid(commit)).unwrap();
        Arc::make_mut(&mut facts.diff).files = vec![file(".countersign/policy.yaml", old, new)];
    }
    assert_mismatch(&repo.report(&bench, &["landed a", "landed b", "reverted"], Stage::Record), "takes approvals");
}

#[test]
fn a_recorded_merge_of_a_forge_may_name_nothing() {
    let (mut bench, mut repo) = (Bench::new(), Repo::default());
    let approval = bench.decide(EntryKind::Approve, "sam", item("a", "h1", "c1"));
    let mut entry = bench.entry(EntryKind::Merge, "maria");
    entry.items.push(merged(item("a", "h1", "c1"), "main0", "landed a", &[approval]));
    repo.land(&entry);
    repo.commits.get_mut(&oid("landed a")).unwrap().trailers.clear();
    bench.push(&entry);
    let report = repo.report(&bench, &["landed a"], Stage::Enforce);
    assert!(report.ok, "{report:?}");
}

#[test]
fn faults_fail_until_a_void_acknowledges_them() {
    let (mut bench, repo) = stacked();
    bench.push_raw(b"garbage");
    let garbage = bench.raw.last().unwrap().oid;
    let commits = ["landed a", "landed b"];
    let report = repo.report(&bench, &commits, Stage::Record);
    assert!(!report.ok);
    assert_eq!(report.faults.iter().map(|fault| fault.commit).collect::<Vec<_>>(), [garbage]);
    let mut void = bench.entry(EntryKind::Void, "sam");
    void.about.push(Entry::name_of_commit(garbage));
    let void = bench.push(&void);
    let report = repo.report(&bench, &commits, Stage::Enforce);
    assert!(report.ok, "{report:?}");
    assert_eq!(report.faults[0].acknowledged, Some(void));
}

#[test]
fn what_is_odd_and_breaks_nothing_is_remarked() {
    let (mut bench, mut repo) = stacked();
    // Somebody pushed another policy straight to the branch, and something else lands on top of it.
    for commit in ["straight", "landed c"] {
        policy_at(&mut bench, commit);
    }
    let mut entry = bench.entry(EntryKind::Approve, "sam");
    entry.items.push(merged(item("c", "h3", "c3"), "straight", "landed c", &[entry.id]));
    entry.refs.push(moved("straight", "landed c"));
    entry.policy = Some(crate::ledger::PolicyRef { commit: oid("main0"), blob: oid("another policy") });
    repo.land(&entry);
    bench.push(&entry);
    let report = repo.report(&bench, &["landed a", "landed b", "straight", "landed c"], Stage::Record);
    assert!(report.ok && report.unapproved_total == 1, "{report:?}");
    let remarks: Vec<&str> = report.remarks.iter().map(|remark| remark.what.as_str()).collect();
    assert!(remarks[0].contains("decided under the policy") && remarks[1].contains("not in force"), "{remarks:?}");
}

/// Another policy than the first, at a commit.
fn policy_at(bench: &mut Bench, commit: &str) {
    let mut changed = root(commit);
    changed.policy_blob = oid("policy 2");
    bench.roots.known.insert(oid(commit), Ok(Arc::new(changed)));
}

#[test]
fn an_entry_that_brings_a_policy_nobody_agreed_to_is_a_mismatch() {
    let (mut bench, mut repo) = stacked();
    policy_at(&mut bench, "landed c");
    let mut entry = bench.entry(EntryKind::Approve, "sam");
    entry.items.push(merged(item("c", "h3", "c3"), "landed b", "landed c", &[entry.id]));
    entry.refs.push(moved("landed b", "landed c"));
    repo.land(&entry);
    bench.push(&entry);
    let report = repo.report(&bench, &["landed a", "landed b", "landed c"], Stage::Record);
    assert_mismatch(&report, "no admin approved exactly this change");
}

#[test]
fn what_needs_says_is_final() {
    let (bench, repo) = stacked();
    let asked = RefCell::new(Vec::new());
    let needs = |question: &Question<'_>| {
        asked.borrow_mut().push((question.item.proposal.clone(), question.approvals.len(), question.root.commit));
        Err("no".to_owned())
    };
    let branches = [Branch { refname: MAIN.to_owned(), commits: vec![oid("landed a"), oid("landed b")], moved: true }];
    let memory = |_: Oid, _: &Entry, _: &LedgerView| Err(String::new());
    let evidence =
        Evidence { landings: &repo, needs: &needs, memory: &memory, branches: &branches, stage: Stage::Record };
    assert_mismatch(&verify(&bench.chain(), &evidence), "could not be evaluated: no");
    assert_eq!(*asked.borrow(), [("a".to_owned(), 1, oid("main0")), ("b".to_owned(), 1, oid("main0"))]);
}

#[test]
fn an_alarm_is_never_in_order() {
    let bench = Bench::new();
    let chain = crate::ledger::read(
        &bench.raw,
        Some(id("pinned")),
        &bench.roots,
        &crate::ledger::Externals::default(),
        crate::ledger::testing::time(0),
    );
    let repo = Repo::default();
    let memory = |_: Oid, _: &Entry, _: &LedgerView| Err(String::new());
    let evidence = Evidence {
        landings: &repo,
        needs: &needs_by_recorded_tier,
        memory: &memory,
        branches: &[],
        stage: Stage::Record,
    };
    let report = verify(&chain, &evidence);
    assert!(!report.ok && report.alarms.len() == 1, "{report:?}");
}

#[test]
fn a_merge_that_a_ref_does_not_have_is_not_hidden_by_its_move() {
    let (mut bench, mut repo) = stacked();
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    let record = MergeRecord {
        first_parent: oid("landed b"),
        commit: oid("nowhere"),
        tree: oid("t"),
        relies_on: vec![entry.id],
    };
    entry.items.push(Item { merge: Some(record), ..item("c", "h3", "c3") });
    entry.refs.push(moved("landed b", "sneaked in"));
    repo.land(&entry);
    bench.push(&entry);
    let report = repo.report(&bench, &["landed a", "landed b", "sneaked in"], Stage::Record);
    assert_mismatch(&report, "and it is not");
    assert_eq!(report.unapproved_total, 1);
}

#[test]
fn a_merge_into_a_branch_that_was_not_given_is_remarked() {
    let (mut bench, mut repo) = stacked();
    let release = Item { target: "refs/heads/release/1".to_owned(), ..item("c", "h3", "c3") };
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    entry.items.push(merged(release, "release0", "landed c", &[entry.id]));
    repo.land(&entry);
    bench.push(&entry);
    let report = repo.report(&bench, &["landed a", "landed b"], Stage::Enforce);
    assert!(report.ok && report.remarks.iter().any(|remark| remark.what.contains("not here to compare")), "{report:?}");
}
