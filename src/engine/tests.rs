//! Plans, made without git: a ledger that tests sign, a stack that answers from a table.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::diff::Edits;
use crate::ledger::testing::{Bench, MAIN, item, oid, root, time};
use crate::ledger::{EntryKind, LedgerView, LessonRecord};
use crate::model::{
    Answers, ChangeId, Contributor, DecisionKind, EntryId, FileChange, Intent, IntentItem, Known, Landing, LessonDraft,
    LineStats, Mode, Oid, Place, Proposal, Scope, Side, Stage, State, Target, Tier, TreeDiff,
};
use crate::policy::{Globs, RequiredCheck, Root, Rule};

use super::*;

/// A change of one file; `flavour` is what its blobs are.
fn diff(path: &str, flavour: &str) -> Arc<TreeDiff> {
    let side = |name: &str| Some(Side { mode: Mode::File, oid: oid(&format!("{path} {flavour} {name}")) });
    let files = vec![FileChange { path: path.into(), old: side("old"), new: side("new") }];
    let (old, new) = (oid(&format!("before {flavour}")), oid(&format!("after {path} {flavour}")));
    Arc::new(TreeDiff { old, new, change_id: crate::diff::change_id(&files), files })
}

fn proposal(name: &str, path: &str) -> Arc<Proposal> {
    let bot = Contributor { name: "bot".into(), email: "bot@agents.example".into() };
    Arc::new(Proposal {
        id: name.into(),
        repo: "repo".into(),
        agent: "bot".into(),
        title: format!("change {path}"),
        messages: vec![format!("change {path}\n\nBecause.\nCountersign-Entry: forged\n\x1b[2Jgone\n")],
        note: None,
        pull: None,
        contributors: vec![bot.clone()],
        author: bot,
        target: Target { refname: MAIN.into(), tip: oid("main0") },
        base: Some(oid("main0")),
        head: oid(&format!("head of {name}")),
        landing: Landing::Clean(diff(path, "alone")),
        stats: Some(LineStats { additions: 1, deletions: 1, binary: false }),
        words: None,
        created: time(0),
        updated: time(0),
    })
}

/// What merging a head on top of the others gives; heads that are not named give what they give alone.
#[derive(Default)]
struct Table {
    offers: HashMap<Oid, Result<Arc<TreeDiff>, String>>,
    alone: HashMap<Oid, Arc<TreeDiff>>,
    /// Changes whose lines are those of the change alone.
    same_lines: BTreeSet<ChangeId>,
    accepted: usize,
    memory: Option<Vec<u8>>,
}

impl Stack for Table {
    fn offer(&mut self, head: Oid) -> Result<Arc<TreeDiff>, String> {
        self.offers.get(&head).cloned().unwrap_or_else(|| Ok(Arc::clone(&self.alone[&head])))
    }

    fn edits(&self, diff: &TreeDiff) -> Result<Edits, String> {
        let known = self.alone.values().any(|alone| alone.change_id == diff.change_id);
        let same = known || self.same_lines.contains(&diff.change_id);
        let mut edits = Edits::default();
        edits.add(&diff.files[0], b"", if same { b"same" } else { diff.change_id.as_bytes() });
        Ok(edits)
    }

    fn accept(&mut self) {
        self.accepted += 1;
    }

    fn file(&self, _path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.memory.clone())
    }
}

/// A repository in which docs are low, `prod/` is high and the rest is medium; maria decides.
struct Case {
    proposals: Vec<Arc<Proposal>>,
    root: Root,
    view: LedgerView,
    target: Target,
    unsent: BTreeSet<String>,
    found: Found,
    checks: ForgeChecks,
    stack: Table,
}

impl Case {
    fn new(proposals: &[(&str, &str)], bench: &Bench) -> Self {
        let proposals: Vec<_> = proposals.iter().map(|(name, path)| proposal(name, path)).collect();
        let mut root = root("main0");
        let rule = |name: &str, globs: &[&str], tier: Tier| Rule {
            name: name.into(),
            paths: None,
            only_paths: Some(Globs::new(globs).unwrap()),
            tier: Some(tier),
            deny: None,
            at: Place::File { line: 9, column: 5 },
        };
        root.policy.rules = vec![rule("docs", &["docs/**"], Tier::Low), rule("prod", &["prod/**"], Tier::High)];
        let alone = proposals.iter().map(|p| (p.head, Arc::clone(p.diff().unwrap()))).collect();
        Self {
            proposals,
            root,
            view: bench.view(),
            target: Target { refname: MAIN.into(), tip: oid("main0") },
            unsent: BTreeSet::new(),
            found: Found::new(),
            checks: ForgeChecks::nowhere(),
            stack: Table { alone, ..Table::default() },
        }
    }

    fn world(&self) -> World<'_> {
        World {
            stage: Stage::Record,
            force: Force::Root(&self.root),
            alarm: None,
            ledger: Some(&self.view),
            me: self.root.policy.person("maria"),
            touches: false,
            target: &self.target,
            via: Via::Git,
            proposals: &self.proposals,
            unsent: &self.unsent,
            found: &self.found,
            checks: &self.checks,
            now: time(7200),
        }
    }

    fn intent(&self, kind: DecisionKind, names: &[&str]) -> Intent {
        let item = |name: &&str| {
            let proposal = self.proposals.iter().find(|proposal| proposal.id == **name).unwrap();
            IntentItem { subject: proposal.subject(), seen: None, answers: Answers::default() }
        };
        Intent {
            id: EntryId::from_bytes([7; 16]),
            kind,
            items: names.iter().map(item).collect(),
            reason: None,
            note: None,
            comments: Vec::new(),
            lesson: None,
            at: time(7200),
        }
    }

    fn plan(&mut self, intent: &Intent) -> Plan {
        let mut stack = std::mem::take(&mut self.stack);
        let plan = plan(std::slice::from_ref(intent), &self.world(), &mut stack).unwrap();
        self.stack = stack;
        plan
    }

    fn approve(&mut self, names: &[&str]) -> Plan {
        let intent = self.intent(DecisionKind::Approve, names);
        self.plan(&intent)
    }

    fn state(&self, name: &str) -> State {
        let queue = queue(&self.world());
        queue.iter().find(|queued| queued.proposal.id == name).unwrap().standing.state
    }
}

fn why(plan: &Plan) -> Vec<&str> {
    plan.dropped.iter().map(|dropped| dropped.why.as_str()).collect()
}

#[test]
fn what_one_person_may_approve_lands() {
    let mut case = Case::new(&[("agent/a/1", "docs/a.md"), ("agent/a/2", "src/b.yaml")], &Bench::new());
    let plan = case.approve(&["agent/a/1", "agent/a/2"]);
    assert_eq!((plan.merges().count(), plan.dropped.len(), case.stack.accepted), (2, 0, 2));
    assert!(plan.moves_target());
    assert_eq!(plan.items[0].relies_on, [EntryId::from_bytes([7; 16])]);
}

#[test]
fn what_needs_two_is_recorded_until_the_second_comes() {
    let mut case = Case::new(&[("agent/a/1", "prod/a.yaml")], &Bench::new());
    let plan = case.approve(&["agent/a/1"]);
    assert_eq!(plan.items[0].action, Action::Record { awaits: Awaits::People(1) });
    assert!(!plan.moves_target());

    let mut bench = Bench::new();
    let mut approved = item("agent/a/1", "head of agent/a/1", "");
    approved.change_id = case.proposals[0].diff().map(|diff| diff.change_id);
    let sams = bench.decide(EntryKind::Approve, "sam", approved);
    let mut case = Case::new(&[("agent/a/1", "prod/a.yaml")], &bench);
    let plan = case.approve(&["agent/a/1"]);
    assert_eq!(plan.merges().count(), 1);
    let relied: BTreeSet<EntryId> = plan.items[0].relies_on.iter().copied().collect();
    assert_eq!(relied, BTreeSet::from([sams, EntryId::from_bytes([7; 16])]));
}

#[test]
fn what_moved_since_it_was_seen_is_left_out() {
    let mut case = Case::new(&[("agent/a/1", "docs/a.md"), ("agent/a/2", "docs/b.md")], &Bench::new());
    let mut intent = case.intent(DecisionKind::Approve, &["agent/a/1", "agent/a/2"]);
    intent.items[0].subject.head = oid("an older head");
    intent.items[1].subject.change_id = Some(ChangeId::from_bytes([1; 32]));
    let plan = case.plan(&intent);
    assert!(plan.is_empty());
    assert!(why(&plan)[0].contains("its head moved") && why(&plan)[1].contains("not what was approved"));
    intent.items[0].subject.proposal = "agent/gone".into();
    assert!(why(&case.plan(&intent))[0].contains("not there any more"));
}

#[test]
fn on_top_of_others_the_lines_must_stay() {
    let mut case = Case::new(&[("a", "docs/a.md"), ("b", "docs/b.md"), ("c", "docs/c.md")], &Bench::new());
    let head = |name: &str| oid(&format!("head of {name}"));
    let (same, other) = (diff("docs/a.md", "stacked"), diff("docs/b.md", "stacked"));
    case.stack.same_lines.insert(same.change_id);
    case.stack.offers.insert(head("a"), Ok(Arc::clone(&same)));
    case.stack.offers.insert(head("b"), Ok(other));
    case.stack.offers.insert(head("c"), Err("it conflicts with the target in docs/c.md".into()));
    let plan = case.approve(&["a", "b", "c"]);
    assert_eq!(plan.items.len(), 1);
    assert!(why(&plan)[0].contains("other lines"));
    assert_eq!(why(&plan)[1], "it conflicts with what lands before it in docs/c.md");
    let entries = entries(&plan, &[Some(landed())], oid("after"), time(7200));
    assert_eq!(entries[0].items[0].change_id, Some(same.change_id), "the entry names what landed");
}

fn landed() -> Landed {
    Landed { first_parent: oid("main0"), commit: oid("landing"), tree: oid("tree") }
}

#[test]
fn an_approval_of_the_change_alone_is_none_of_the_stacked_one() {
    let mut bench = Bench::new();
    let mut approved = item("agent/a/1", "head of agent/a/1", "");
    approved.change_id = Some(diff("prod/a.yaml", "alone").change_id);
    bench.decide(EntryKind::Approve, "sam", approved);
    let mut case = Case::new(&[("agent/a/1", "prod/a.yaml")], &bench);
    let stacked = diff("prod/a.yaml", "stacked");
    case.stack.same_lines.insert(stacked.change_id);
    case.stack.offers.insert(case.proposals[0].head, Ok(stacked));
    let plan = case.approve(&["agent/a/1"]);
    assert!(plan.is_empty() && why(&plan)[0].contains("approval"), "{:?}", why(&plan));
}

#[test]
fn what_others_are_judged_by_lands_alone() {
    let mut case = Case::new(&[("a", ".github/workflows/ci.yaml"), ("b", "docs/b.md")], &Bench::new());
    case.root.policy.tiers.high.approvals = 1;
    let plan = case.approve(&["a", "b"]);
    assert_eq!(plan.merges().map(|item| item.subject.proposal.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(why(&plan)[0].contains("lands alone"));
    assert_eq!(case.approve(&["a"]).merges().count(), 1);
}

#[test]
fn a_hold_stops_everybody_but_who_made_it() {
    for (by, lands) in [("sam", false), ("maria", true)] {
        let mut bench = Bench::new();
        bench.decide(EntryKind::Hold, by, item("agent/a/1", "head of agent/a/1", ""));
        let mut case = Case::new(&[("agent/a/1", "docs/a.md")], &bench);
        assert_eq!(case.state("agent/a/1"), State::Held);
        assert_eq!(case.approve(&["agent/a/1"]).merges().count() == 1, lands, "{by}");
    }
}

#[test]
fn a_rejection_outlives_a_push_as_a_repeat() {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Reject, "sam", item("agent/a/1", "an older head", ""));
    let case = Case::new(&[("agent/a/1", "docs/a.md")], &bench);
    let queue = queue(&case.world());
    let standing = &queue[0].standing;
    assert_eq!((standing.state, standing.round, standing.clean), (State::Pending, 2, false));
    assert_eq!(standing.note, "repeat: rejected by sam");
}

#[test]
fn nobody_decides_without_a_ledger_a_person_or_under_an_alarm() {
    let mut case = Case::new(&[("a", "docs/a.md")], &Bench::new());
    let intent = case.intent(DecisionKind::Approve, &["a"]);
    let built_in = crate::policy::built_in();
    let mut stack = std::mem::take(&mut case.stack);
    for world in [
        World { me: None, ..case.world() },
        World { ledger: None, ..case.world() },
        World { alarm: Some("the ledger was rewritten"), ..case.world() },
        World { force: Force::BuiltIn(&built_in), ..case.world() },
        World { force: Force::Invalid(&[]), ..case.world() },
    ] {
        assert!(plan(std::slice::from_ref(&intent), &world, &mut stack).is_err());
    }
    assert_eq!(stack.accepted, 0);
}

#[test]
fn a_lesson_is_previewed_as_it_will_be() {
    let mut case = Case::new(&[("a", "docs/a.md")], &Bench::new());
    case.stack.memory = Some(b"# House rules\n".to_vec());
    let mut intent = case.intent(DecisionKind::Reject, &["a"]);
    let scope = Scope::File("docs/a.md".into());
    intent.lesson = Some(LessonDraft { text: "Never do this.".into(), scope, expires_days: 180 });
    let plan = case.plan(&intent);
    let after = String::from_utf8(plan.memory[0].after.clone()).unwrap();
    assert_eq!(plan.memory[0].path, "AGENTS.md");
    assert!(
        after.starts_with("# House rules\n\n<!-- BEGIN") && after.contains("- Never do this. Scope: file:docs/a.md.")
    );
    assert!(memory_message(&plan).contains("Countersign-Entry: 0707"));
    let entries = entries(&plan, &[None], oid("memory"), time(7200));
    assert_eq!(entries[0].refs[0].new, oid("memory"));
}

/// A ledger in which maria rejected `old` and taught a lesson.
fn taught() -> (Bench, EntryId) {
    let mut bench = Bench::new();
    let mut entry = bench.entry(EntryKind::Reject, "maria");
    entry.items.push(item("old", "an older head", ""));
    let draft = LessonDraft { text: "Never.".into(), scope: Scope::File("docs/a.md".into()), expires_days: 180 };
    entry.lesson = Some(LessonRecord::from_draft(&draft, entry.at, "AGENTS.md"));
    let id = bench.push(&entry);
    (bench, id)
}

#[test]
fn what_could_not_be_written_before_arrives_with_the_next_push() {
    let mut case = Case::new(&[("a", "docs/a.md")], &taught().0);
    case.stack.memory = Some(b"# House rules\n".to_vec());
    let plan = case.approve(&["a"]);
    assert!(String::from_utf8_lossy(&plan.memory[0].after).contains("- Never. Scope"));
    let message = memory_message(&plan);
    assert_eq!(
        message,
        format!("Lessons from review, as they stand now\n\nCountersign-Entry: {}\n", plan.intents[0].id)
    );
    case.stack.memory = Some(plan.memory[0].after.clone());
    assert!(case.approve(&["a"]).memory.is_empty(), "it says so already");
}

#[test]
fn a_withdrawn_lesson_leaves_with_the_withdrawal() {
    let (bench, _) = taught();
    let mut case = Case::new(&[("old", "docs/a.md")], &bench);
    let section = crate::memory::render(&case.view, time(3600), "AGENTS.md");
    case.stack.memory = Some(crate::memory::apply(None, section.as_deref()).unwrap());
    let withdraw = case.intent(DecisionKind::Withdraw, &["old"]);
    let plan = case.plan(&withdraw);
    assert_eq!(plan.items.len(), 1, "{:?}", why(&plan));
    assert!(!String::from_utf8_lossy(&plan.memory[0].after).contains("Never"));
}

#[test]
fn another_branch_gets_no_lessons_that_were_not_taught_on_it() {
    let mut case = Case::new(&[("a", "docs/a.md")], &taught().0);
    case.target.refname = "refs/heads/release/1".into();
    assert!(case.approve(&["a"]).memory.is_empty());
}

#[test]
fn consent_is_to_heads_changes_tiers_and_what_happens() {
    let names = ["a", "b"];
    let mut case = Case::new(&[("a", "docs/a.md"), ("b", "docs/b.md")], &Bench::new());
    let shown = case.approve(&names);
    assert!(shown.agrees_with(&case.approve(&names)));
    case.target.tip = oid("main moved on");
    assert!(shown.agrees_with(&case.approve(&names)), "main may move");
    case.root.policy.rules.clear();
    assert!(!shown.agrees_with(&case.approve(&names)), "the tier may not");
    let tiers = "a is medium now, not low, and 1 more";
    assert_eq!(shown.difference(&case.approve(&names)).as_deref(), Some(tiers));
    let mut case = Case::new(&[("a", "docs/a.md"), ("b", "docs/b.md")], &Bench::new());
    case.stack.offers.insert(case.proposals[1].head, Err("it conflicts with the target".into()));
    assert!(!shown.agrees_with(&case.approve(&names)), "what lands may not");
    let left_out = "b is left out: it conflicts with what lands before it";
    assert_eq!(shown.difference(&case.approve(&names)).as_deref(), Some(left_out));
    assert_eq!(shown.difference(&shown), None);
}

#[test]
fn a_landing_commit_says_nothing_that_the_agent_could_forge() {
    let mut case = Case::new(&[("a", "docs/a.md")], &Bench::new());
    let plan = case.approve(&["a"]);
    let message = landing_message(&plan.items[0], plan.intents[0].id);
    let head = case.proposals[0].head;
    assert_eq!(
        message,
        format!(
            "change docs/a.md\n\nBecause.\n<U+001B>[2Jgone\n\nCountersign-Entry: {}\nCountersign-Proposal: a@{head}\n",
            EntryId::from_bytes([7; 16])
        )
    );
}

#[test]
fn what_the_ledger_says_and_the_ref_has_not_is_found() {
    let mut bench = Bench::new();
    let entry = lands(&mut bench, "main0", "main1");
    let (has_all, has_none) = (|_: Oid| true, |commit: Oid| commit == oid("main0"));
    assert!(gap(&bench.chain(), MAIN, &has_all).is_none());
    assert!(gap(&bench.chain(), "refs/heads/other", &has_none).is_none());
    let found = gap(&bench.chain(), MAIN, &has_none).unwrap();
    assert_eq!((found.entry(), found.old, found.new, found.last), (entry, oid("main0"), oid("main1"), true));
    let finish = |now| found.finish(now, Consent::Person);
    assert!(finish(RefNow::Before).is_ok_and(|recovery| recovery.new == oid("main1")));
    assert!(finish(RefNow::Astray).is_err_and(|refusal| refusal.what.contains("elsewhere")));
    assert!(finish(RefNow::BeforeElsewhere).is_err_and(|refusal| refusal.what.contains("not here")));
    // Somebody objected since: it is not finished any more, and both of two are taken back together.
    let second = lands(&mut bench, "main1", "main2");
    bench.decide(EntryKind::Hold, "sam", item("agent/a/1", "head", ""));
    let chain = bench.chain();
    let found = gap(&chain, MAIN, &has_none).unwrap();
    assert!(found.finish(RefNow::Before, Consent::Person).is_err());
    let maria = root("main0").policy.people[0].clone();
    let void = found.take_back(&chain, &has_all, (&maria, None), (EntryId::from_bytes([9; 16]), time(9000))).unwrap();
    assert_eq!(void.entry.about, [second, entry]);
    bench.clock += 9000;
    bench.push(&void.entry);
    assert_eq!(bench.chain().faults().count(), 0);
    assert!(gap(&bench.chain(), MAIN, &has_none).is_none());
}

/// A lesson's entry that moves main.
fn lands(bench: &mut Bench, old: &str, new: &str) -> EntryId {
    let mut entry = bench.entry(EntryKind::Lesson, "maria");
    entry.refs.push(crate::ledger::testing::moved(old, new));
    bench.push(&entry)
}

#[test]
fn what_lands_on_another_branch_is_not_stacked_here() {
    let mut case = Case::new(&[("agent/a/1", "docs/a.md"), ("agent/a/2", "docs/b.md")], &Bench::new());
    let target = Target { refname: "refs/heads/release/1".into(), tip: oid("release") };
    case.proposals[0] = Arc::new(Proposal { target, ..Proposal::clone(&case.proposals[0]) });
    let plan = case.approve(&["agent/a/1", "agent/a/2"]);
    assert_eq!(why(&plan), ["it lands on release/1, and decisions here land on main"]);
    assert_eq!(plan.items.len(), 1);
}

/// What somebody says on the page of a pull request that is `proposal`.
fn reviewed(proposal: &Arc<Proposal>, state: &str, at: i64) -> Arc<Proposal> {
    let end = serde_json::json!({ "branch": "a", "oid": proposal.head, "repo": "acme/shop" });
    let opinion = serde_json::json!({
        "author": { "login": "sam-h", "kind": "user" }, "state": state, "commit": proposal.head, "at": time(at), "tells": null,
    });
    let pull = serde_json::json!({
        "repo": "acme/shop", "number": 1, "node_id": "", "title": "", "body": "", "body_cut": false,
        "author": { "login": "infra-bot[bot]", "kind": "app" }, "head": end, "base": end, "draft": false, "state": "open",
        "labels": [], "created": time(0), "updated": time(0), "mergeable": null, "review": null, "comments": null, "url": null,
        "opinions": [opinion],
    });
    Arc::new(Proposal { pull: serde_json::from_value(pull).unwrap(), ..Proposal::clone(proposal) })
}

/// A case in which sam is known on GitHub, after decisions of his in the ledger, a minute apart.
fn on_github(decided: &[EntryKind], state: &str, at: i64) -> Case {
    let mut bench = Bench::new();
    for kind in decided {
        let change = Case::new(&[("#1", "prod/a")], &bench).proposals[0].subject().change_id;
        bench.decide(*kind, "sam", crate::ledger::Item { change_id: change, ..item("#1", "head of #1", "") });
    }
    let mut case = Case::new(&[("#1", "prod/a")], &bench);
    case.proposals[0] = reviewed(&case.proposals[0], state, at);
    case.root.policy.from_github = true;
    case.root.policy.people[1].github = Some("sam-h".into());
    case
}

#[test]
fn a_persons_latest_word_counts_wherever_it_was_said() {
    use EntryKind::{Approve, Ask, Hold, Reject, Withdraw};
    for (decided, state, at, approvals, objections) in [
        (&[][..], "approved", 10, &["sam github"][..], &[][..]),
        (&[Approve], "approved", 100, &["sam ledger"], &[]),
        (&[Approve, Withdraw], "approved", 119, &[], &[]),
        (&[Approve, Withdraw], "approved", 120, &[], &[]),
        (&[Approve, Withdraw], "approved", 121, &["sam github"], &[]),
        (&[Ask], "approved", 59, &[], &["ask ledger"]),
        (&[Ask], "approved", 61, &["sam github"], &["ask ledger"]),
        (&[Hold], "approved", 61, &[], &["hold ledger"]),
        (&[Reject], "approved", 61, &[], &["reject ledger"]),
        (&[], "changes_requested", 10, &[], &["reject github"]),
        (&[Approve], "changes_requested", 60 - 301, &["sam ledger"], &[]),
        (&[Approve], "changes_requested", 60 - 300, &["sam ledger"], &["reject github"]),
        (&[Approve], "changes_requested", 61, &["sam ledger"], &["reject github"]),
        (&[], "dismissed", 10, &[], &[]),
    ] {
        let case = on_github(decided, state, at);
        let (world, proposal) = (case.world(), &case.proposals[0]);
        let (yes, no) = world.said_of(proposal, proposal.diff().map(AsRef::as_ref));
        let place = |ledger: bool| if ledger { "ledger" } else { "github" };
        let yes: Vec<_> = yes.iter().map(|one| format!("{} {}", one.person, place(one.entry().is_some()))).collect();
        let no: Vec<_> = no.iter().map(|one| format!("{} {}", one.kind, place(one.entry.is_some()))).collect();
        assert_eq!(
            (yes, no),
            (approvals.iter().map(ToString::to_string).collect(), objections.iter().map(ToString::to_string).collect()),
            "{decided:?} {state} {at}"
        );
    }
}

#[test]
fn a_merge_states_the_reviews_that_it_relies_on() {
    let mut case = on_github(&[], "approved", 10);
    let plan = case.approve(&["#1"]);
    assert!(matches!(plan.items[0].action, Action::Merge { .. }), "high takes two, and sam is one");
    let entries = record::entries(&plan, &[], plan.target.old, time(7200));
    let stated = serde_json::json!([
        { "proposal": "#1", "person": "sam", "login": "sam-h", "commit": case.proposals[0].head, "at": time(10) }
    ]);
    assert_eq!(entries[0].soft_facts.as_ref().unwrap()["github.approvals"], stated);

    // Where it is not needed, or does not count, nothing is stated.
    let mut enough = on_github(&[EntryKind::Approve], "approved", 100);
    let mut closed = on_github(&[], "approved", 10);
    closed.root.policy.from_github = false;
    for case in [&mut enough, &mut closed] {
        let plan = case.approve(&["#1"]);
        let facts = record::entries(&plan, &[], plan.target.old, time(7200)).remove(0).soft_facts.unwrap_or_default();
        assert!(!facts.contains_key("github.approvals"), "{facts:?}");
    }
}

#[test]
fn what_github_did_not_tell_stops_a_merge_only_where_it_counts() {
    for from_github in [true, false] {
        let mut case = on_github(&[EntryKind::Approve], "approved", 10);
        let mut proposal = Proposal::clone(&case.proposals[0]);
        let pull = proposal.pull.as_deref().unwrap().clone();
        proposal.pull = Some(Arc::new(crate::model::forge::PullRequest { opinions: None, ..pull }));
        case.proposals[0] = Arc::new(proposal);
        case.root.policy.from_github = from_github;
        let plan = case.approve(&["#1"]);
        let why: Vec<&str> = plan.dropped.iter().map(|dropped| dropped.why.as_str()).collect();
        assert_eq!(why.first().copied(), from_github.then_some("GitHub did not tell whether anybody wants changes"));
    }
}

#[test]
fn what_is_required_and_not_green_is_recorded_and_not_merged() {
    use crate::model::forge::{Check, CheckState, Checks};
    let mut case = Case::new(&[("#1", "docs/a.md"), ("#2", "docs/b.md")], &Bench::new());
    let at = Place::File { line: 3, column: 5 };
    case.root.policy.checks = vec![RequiredCheck { name: "ci".into(), at }];
    let alone = case.approve(&["#1"]);
    assert_eq!(alone.dropped[0].why, "checks: ci is not known: no forge tells of checks here");
    case.proposals = case.proposals.iter().map(|proposal| reviewed(proposal, "dismissed", 1)).collect();

    let ended = |head: Oid, state: CheckState, word: &str| {
        let check = Check { name: "ci".into(), app: None, state, word: word.into(), summary: String::new(), url: None };
        (head, Known::Known(Checks { commit: head, all: vec![check], cut: false }))
    };
    let heads: Vec<Oid> = case.proposals.iter().map(|proposal| proposal.head).collect();
    let mut known = ForgeChecks::unasked();
    known.asked.insert(MAIN.into(), Known::Known(Vec::new()));
    known
        .heads
        .extend([ended(heads[0], CheckState::Pending, "queued"), ended(heads[1], CheckState::Passed, "success")]);
    case.checks = known;
    let plan = {
        let intents = [case.intent(DecisionKind::Approve, &["#1", "#2"])];
        let (world, mut stack) =
            (World { via: Via::Forge, ..case.world() }, Table { alone: case.stack.alone.clone(), ..Table::default() });
        plan(&intents, &world, &mut stack).unwrap()
    };
    assert_eq!(plan.items[0].action, Action::Record { awaits: Awaits::Checks }, "it waits for its check");
    assert!(matches!(plan.items[1].action, Action::Merge { .. }));
    let entries = record::entries(&plan, &[], plan.target.old, time(7200));
    let facts = serde_json::to_value(&entries[0].soft_facts).unwrap();
    assert_eq!(
        facts,
        serde_json::json!({
            "#1": { "checks.state": "pending", "checks.failed": [], "proposal.labels": [], "proposal.branch": "a",
                "proposal.opener": "infra-bot[bot]" },
            "#2": { "checks.state": "passed", "checks.failed": [], "proposal.labels": [], "proposal.branch": "a",
                "proposal.opener": "infra-bot[bot]" },
        })
    );

    let queue = queue(&World { via: Via::Forge, ..case.world() });
    assert_eq!(queue[0].standing.checks, Known::Known(vec!["check ci: queued".to_owned()]));
    assert_eq!(queue[0].standing.note, "check ci: queued", "its row says why it is not clean");
    assert_eq!(queue[1].checks.as_deref(), Some("the one check passed"));
    assert!(queue[0].standing.harmless && !queue[0].standing.clean && queue[1].standing.is_green());
}
