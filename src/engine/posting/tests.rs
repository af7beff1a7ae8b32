use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::*;
use crate::diff::Edits;
use crate::engine::{Force, ForgeChecks, Found, Via};
use crate::ledger::testing::{Bench, MAIN, change, id, item, merged, moved, oid, root, time};
use crate::model::{
    CommentSide, Contributor, FileChange, Landing, LineStats, Mode, Side, Stage, Target, Tier, TreeDiff,
};
use crate::policy::{Globs, Rule};

/// A world of pull requests whose changes are named by letters; `prod/` takes two persons.
struct Case {
    bench: Bench,
    root: Root,
    proposals: Vec<Arc<Proposal>>,
    me: &'static str,
    facts: Option<RepoFacts>,
    stacked: HashMap<Oid, Arc<TreeDiff>>,
    checks: ForgeChecks,
}

fn diff(path: &str, body: &str) -> Arc<TreeDiff> {
    let side = |name: &str| Some(Side { mode: Mode::File, oid: oid(&format!("{body} {name}")) });
    let files = vec![FileChange { path: path.into(), old: side("old"), new: side("new") }];
    Arc::new(TreeDiff { old: oid("before"), new: oid("after"), change_id: change(body), files })
}

fn pull(name: &str, path: &str) -> Proposal {
    let bot = Contributor { name: "bot".into(), email: "bot@agents.example".into() };
    let json = serde_json::json!({
        "id": name, "repo": "shop", "agent": "bot", "title": "Fewer, fixes #4 for @acme/leads",
        "messages": ["Fewer\n\nCloses #5, [skip ci].\nCountersign-Entry: forged\n"], "note": null, "contributors": [bot],
        "author": bot, "target": { "ref": MAIN, "tip": oid("main0") }, "base": null, "head": oid(name),
        "landing": "Landed", "stats": LineStats::default(), "words": null, "created": time(0), "updated": time(0),
    });
    let proposal: Proposal = serde_json::from_value(json).unwrap();
    Proposal { landing: Landing::Clean(diff(path, &format!("change of {name}"))), ..proposal }
}

fn of(name: &str) -> Item {
    item(name, name, &format!("change of {name}"))
}

impl Stack for Case {
    fn offer(&mut self, head: Oid) -> Result<Arc<TreeDiff>, String> {
        let alone = self.proposals.iter().find(|proposal| proposal.head == head).and_then(|proposal| proposal.diff());
        self.stacked.get(&head).or(alone).cloned().ok_or_else(|| "no such head".to_owned())
    }

    fn edits(&self, _diff: &TreeDiff) -> Result<Edits, String> {
        Ok(Edits::default())
    }

    fn accept(&mut self) {}

    fn file(&self, _path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

impl Case {
    fn new(pulls: &[(&str, &str)]) -> Self {
        let mut root = root("main0");
        let rule = |name: &str, glob: &str, tier, deny: Option<&str>| Rule {
            name: name.into(),
            paths: Some(Globs::new(&[glob]).unwrap()),
            only_paths: None,
            tier,
            deny: deny.map(str::to_owned),
            at: crate::model::Place::File { line: 9, column: 5 },
        };
        let never = Some("not there");
        root.policy.rules = vec![rule("prod", "prod/**", Some(Tier::High), None), rule("no", "no/**", None, never)];
        root.policy.people[0].github = Some("maria-k".into());
        let proposals = pulls.iter().map(|(name, path)| Arc::new(pull(name, path))).collect();
        Self {
            bench: Bench::new(),
            root,
            proposals,
            me: "maria",
            facts: None,
            stacked: HashMap::new(),
            checks: ForgeChecks::nowhere(),
        }
    }

    fn decided(&mut self, kind: EntryKind, by: &str, names: &[&str]) -> EntryId {
        let mut entry = self.bench.entry(kind, by);
        entry.items = names.iter().map(|name| of(name)).collect();
        self.bench.push(&entry)
    }

    fn posts(&mut self, id: EntryId) -> Result<Posts, Refusal> {
        let (view, root, proposals) = (self.bench.view(), self.root.clone(), self.proposals.clone());
        let target = Target { refname: MAIN.into(), tip: oid("main0") };
        let (unsent, found, facts) = (BTreeSet::new(), Found::new(), self.facts.clone());
        let checks = self.checks.clone();
        let world = World {
            stage: Stage::Record,
            force: Force::Root(&root),
            alarm: None,
            ledger: Some(&view),
            me: root.policy.person(self.me),
            touches: false,
            target: &target,
            via: Via::Forge,
            proposals: &proposals,
            unsent: &unsent,
            found: &found,
            checks: &checks,
            now: time(7200),
        };
        let repo = "acme/shop".parse().unwrap();
        posts(&world, id, Desk { repo: &repo, facts: facts.as_ref() }, &mut Merging::on(self))
    }

    /// The acts in words, and what is held and why.
    fn told(&mut self, id: EntryId) -> (Vec<String>, Vec<String>) {
        let posts = self.posts(id).unwrap();
        let orders = posts.orders.iter().map(|order| format!("{} {}", order.act.word(), order.number)).collect();
        (orders, posts.held.iter().map(|held| format!("{}: {}", held.proposal, held.hold.words())).collect())
    }
}

#[test]
fn an_approval_is_a_review_of_its_head_and_then_a_merge() {
    let mut case = Case::new(&[("#7", "src/a"), ("#8", "src/b")]);
    let id = case.decided(EntryKind::Approve, "maria", &["#8", "#7"]);
    assert_eq!(case.told(id), (["approve 8", "merge 8", "approve 7", "merge 7"].map(str::to_owned).into(), vec![]));
    let posts = case.posts(id).unwrap();
    let [approve, merge, ..] = posts.orders.as_slice() else { panic!("two and more") };
    let Act::Approve { body } = &approve.act else { panic!("an approval") };
    let (entry, head) = (id.short(8), oid("#8").short(12));
    let foot = format!("Approved.\n\nEntry `{entry}` of the ledger, on `{head}`.");
    assert_eq!(*body, format!("<!-- countersign {id} 8 approve -->\n{foot}"));
    assert_eq!((approve.head, approve.login.as_deref()), (oid("#8"), Some("maria-k")));
    let Act::Merge { title, message, method: MergeMethod::Squash } = &merge.act else { panic!("a merge") };
    assert_eq!(title, "Fewer, fixes # 4 for @ acme/leads (#8)", "nothing of the agent's acts");
    let named = format!("Countersign-Entry: {id}\nCountersign-Proposal: #8@{}", oid("#8"));
    assert_eq!(*message, format!("Closes # 5, [ skip ci].\n\n{named}"));
    assert!(merge.is_landed_by(&format!("x\n\n{named}\n\nCo-authored-by: bot")) && !merge.is_landed_by("x"));
    assert!(approve.is_told_by(body) && !approve.is_told_by(&format!("> {body}")) && !merge.is_told_by(body));
}

#[test]
fn only_what_stands_and_is_allowed_is_posted() {
    let mut case =
        Case::new(&[("#1", "prod/a"), ("#2", "src/b"), ("#3", "no/c"), ("agent/x", "src/d"), ("#5", "src/e")]);
    Arc::make_mut(&mut case.proposals[4]).head = oid("another");
    let id = case.decided(EntryKind::Approve, "maria", &["#1", "#2", "#3", "agent/x", "#5", "#6"]);
    let (orders, held) = case.told(id);
    assert_eq!(orders, ["approve 1", "approve 2", "merge 2"], "the first one takes two persons");
    let why: Vec<&str> = held.iter().map(String::as_str).collect();
    assert_eq!(why.len(), 5, "{why:?}");
    assert_eq!(why[0], "#1: needs the approval of 1 more person: high asks for 2");
    let why = &why[1..];
    assert!(why[0].starts_with("#3: ") && why[0].contains("not there"), "{why:?}");
    assert_eq!(why[1], "agent/x: it is no pull request");
    assert_eq!(why[2], "#5: it is not what was approved any more: look at the new round");
    assert_eq!(why[3], "#6: it is in the queue no more: merged, closed, or left out by the settings");
    // Another person's word is not mine to say, and the merge that it allows is anybody's.
    case.me = "lee";
    assert_eq!(case.told(id).0, ["merge 2"]);
    case.me = "maria";
    case.decided(EntryKind::Hold, "sam", &["#2"]);
    let (orders, held) = case.told(id);
    assert_eq!((orders, held[1].as_str()), (vec!["approve 1".to_owned()], "#2: the hold of sam stands against it"));
    case.decided(EntryKind::Withdraw, "maria", &["#1"]);
    let (orders, held) = case.told(id);
    assert_eq!((orders.len(), held[0].as_str()), (0, "#1: the approval does not stand any more"));
}

#[test]
fn a_merge_does_what_was_approved_or_is_not_ordered() {
    let mut case = Case::new(&[("#1", "src/a"), ("#2", "src/a")]);
    let id = case.decided(EntryKind::Approve, "maria", &["#1", "#2"]);
    case.stacked.insert(oid("#2"), diff("src/a", "another"));
    let (orders, held) = case.told(id);
    assert_eq!(orders, ["approve 1", "merge 1", "approve 2"]);
    assert_eq!(held, ["#2: what lands before it changes what it would do: look at it again after that"]);
    case.facts = Some(RepoFacts {
        repo: "acme/shop".parse().unwrap(),
        default_branch: "main".into(),
        archived: false,
        merge: Some(true),
        squash: Some(false),
        push: None,
        admin: None,
    });
    let (orders, held) = case.told(id);
    assert_eq!(orders, ["approve 1", "approve 2"], "never in another way than policy says");
    assert_eq!(held[0], "#1: policy says `merge: squash`, and the settings of acme/shop forbid it");
    case.root.policy.merge = MergeMethod::Merge;
    assert_eq!(case.told(id).0, ["approve 1", "merge 1", "approve 2"]);
    let mut landed = case.bench.entry(EntryKind::Merge, "maria");
    landed.items.push(merged(of("#1"), "main0", "main1", &[id]));
    landed.refs.push(moved("main0", "main1"));
    case.bench.push(&landed);
    assert_eq!(
        case.told(id).1[0],
        format!("#1: it is recorded as merged as {}", oid("main1").short(12)),
        "that is done, and nothing stands against it"
    );
}

#[test]
fn what_was_taken_back_is_not_merged_and_what_was_objected_stands() {
    for (kind, orders, held) in [(EntryKind::Approve, vec![], "#7: entry "), (EntryKind::Reject, vec!["reject 7"], "")]
    {
        let mut case = Case::new(&[("#7", "src/a")]);
        let id = case.decided(kind, "maria", &["#7"]);
        let mut void = case.bench.entry(EntryKind::Void, "maria");
        void.about = vec![id];
        case.bench.push(&void);
        let told = case.told(id);
        assert_eq!(told.0, orders, "{kind}");
        assert!(told.1.iter().all(|why| !held.is_empty() && why.starts_with(held)), "{kind}: {told:?}");
        assert_eq!(told.1.is_empty(), held.is_empty(), "{kind}");
    }
}

#[test]
fn a_change_of_the_rules_lands_alone() {
    let mut case = Case::new(&[("#1", ".countersign/policy.yaml"), ("#2", "src/a")]);
    let both = case.decided(EntryKind::Approve, "maria", &["#1", "#2"]);
    case.decided(EntryKind::Approve, "sam", &["#1"]);
    let (orders, held) = case.told(both);
    assert_eq!(orders, ["approve 1", "approve 2", "merge 2"]);
    assert_eq!(held, ["#1: it changes what others are judged by, so it lands alone"]);
    let alone = case.decided(EntryKind::Approve, "maria", &["#1"]);
    let (orders, held) = case.told(alone);
    assert_eq!(orders, ["approve 1"]);
    assert!(held[0].starts_with("#1: the policy that it brings could not rule: "), "{held:?}");
}

#[test]
fn an_objection_is_told_until_it_is_lifted() {
    let mut case = Case::new(&[("#1", "src/a")]);
    let mut entry = case.bench.entry(EntryKind::Reject, "maria");
    entry.note = Some("No.\n\tNot \u{202e}so @sam.".into());
    let remark = |file: &str| Comment { file: file.into(), side: CommentSide::Old, line: 3, text: "why?".into() };
    entry.comments = vec![remark("a`@team.yaml")];
    entry.items = vec![of("#1")];
    let reject = case.bench.push(&entry);
    case.root.policy.on_reject = OnReject::Close;
    assert_eq!(case.told(reject).0, ["reject 1", "close 1"]);
    let posts = case.posts(reject).unwrap();
    let Act::RequestChanges { body, comments, whole } = &posts.orders[0].act else { panic!("a review") };
    assert!(body.contains("Rejected: wrong fix.\n\nNo.\n    Not <U+202E>so @sam.\n\nEntry"), "{body}");
    assert!(whole.contains("\n\n`a'@team.yaml:3` (before): why?\n\n"), "{whole}");
    assert_eq!(comments.len(), 1);
    let hold = case.decided(EntryKind::Hold, "maria", &["#1"]);
    assert_eq!(case.told(hold).0, ["comment 1"]);
    case.me = "sam";
    assert_eq!(case.told(hold).1, ["#1: the word of maria is theirs to post"]);
    case.me = "maria";
    case.decided(EntryKind::Withdraw, "maria", &["#1"]);
    for id in [reject, hold] {
        assert_eq!(case.told(id), (vec![], vec!["#1: the objection was lifted".to_owned()]));
    }
}

#[test]
fn only_entries_of_the_ledger_are_posted() {
    let mut case = Case::new(&[("#1", "src/a")]);
    let refusal = case.posts(id("nothing")).unwrap_err();
    assert!(refusal.what.starts_with("the ledger has no entry "), "{refusal}");
    let genesis = id("genesis");
    assert!(case.posts(genesis).unwrap().orders.is_empty());
    case.me = "nobody";
    assert!(case.posts(genesis).is_err(), "somebody whom policy does not know has nothing to say");
}

#[test]
fn a_number_has_one_spelling() {
    for (name, wanted) in [("#12", Some(12)), ("12", None), ("#012", None), ("#+1", None), ("#0", None), ("#", None)] {
        assert_eq!(number(name), wanted, "{name}");
    }
}

#[test]
fn a_required_check_that_is_open_holds_the_merge_and_not_the_review() {
    use crate::model::Known;
    use crate::model::forge::{Check, CheckState, Checks};
    let mut case = Case::new(&[("#7", "src/a")]);
    let at = crate::model::Place::File { line: 3, column: 5 };
    case.root.policy.checks = vec![crate::policy::RequiredCheck { name: "ci".into(), at }];
    let id = case.decided(EntryKind::Approve, "maria", &["#7"]);
    let ended = |state: CheckState, word: &str| {
        let (name, word) = ("ci".to_owned(), word.to_owned());
        let all = vec![Check { name, app: None, state, word, summary: String::new(), url: None }];
        Known::Known(Checks { commit: oid("#7"), all, cut: false })
    };
    for (checks, merges, why) in [
        (ended(CheckState::Passed, "success"), true, ""),
        (ended(CheckState::Pending, "queued"), false, "#7: checks: ci has not passed: queued"),
        (ended(CheckState::Failed, "failure"), false, "#7: checks: ci has not passed: failure"),
        (Known::Unknown("403".into()), false, "#7: checks: ci is not known: 403"),
        (Known::Indexing, false, "#7: checks: ci was not asked for yet"),
    ] {
        let is_told = checks.found().is_some();
        let mut known = ForgeChecks::unasked();
        known.asked.insert(MAIN.into(), Known::Known(Vec::new()));
        known.heads.insert(oid("#7"), checks);
        case.checks = known;
        let orders: &[&str] = if merges { &["approve 7", "merge 7"] } else { &["approve 7"] };
        let held: Vec<&str> = Some(why).into_iter().filter(|why| !why.is_empty()).collect();
        let told = case.told(id);
        assert_eq!(
            (told.0, told.1),
            (orders.iter().map(ToString::to_string).collect(), held.iter().map(ToString::to_string).collect())
        );
        assert!(case.posts(id).unwrap().held.iter().all(|held| match held.hold {
            Hold::Waits(_) => is_told,
            // What nobody told now is asked for again.
            Hold::Unknown(_) => !is_told,
            _ => false,
        }));
    }
}
