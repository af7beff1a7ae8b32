//! What each decision does to those before it.

use proptest::prelude::*;

use super::*;
use crate::ledger::testing::{Bench, MAIN, change, id, item, merged, moved, oid};
use crate::ledger::{EntryKind, LessonRecord};
use crate::model::{ChangeId, EntryId, Oid};

/// Who counts as approving proposal `a`, head `h1`, change `c1`.
fn approvers(view: &LedgerView) -> Vec<String> {
    view.approvals_for("a", MAIN, oid("h1"), change("c1")).into_iter().map(|approval| approval.person).collect()
}

/// Who objects to a proposal, and how, as it looks from a round.
fn objectors(view: &LedgerView, name: &str, head: &str, body: &str) -> Vec<(ObjectionKind, String, bool)> {
    let objections = view.objections(name, oid(head), Some(change(body)));
    objections.into_iter().map(|o| (o.kind, o.person, o.same_round)).collect()
}

fn a1() -> Item {
    item("a", "h1", "c1")
}

#[test]
fn an_approval_binds_name_target_head_and_change() {
    let mut bench = Bench::new();
    let entry = bench.decide(EntryKind::Approve, "maria", a1());
    let view = bench.view();
    assert_eq!(approvers(&view), ["maria"]);
    assert_eq!(view.approvals_for("a", MAIN, oid("h1"), change("c1"))[0].entry, entry);
    for (name, target, head, body) in [
        ("b", MAIN, "h1", "c1"),
        ("a", "refs/heads/release", "h1", "c1"),
        ("a", MAIN, "h2", "c1"),
        ("a", MAIN, "h1", "c2"),
    ] {
        assert_eq!(view.approvals_for(name, target, oid(head), change(body)), [], "{name} {target} {head} {body}");
    }
}

#[test]
fn approvals_count_by_person() {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Approve, "maria", a1());
    bench.decide(EntryKind::Approve, "sam", a1());
    let again = bench.decide(EntryKind::Approve, "maria", a1());
    let view = bench.view();
    assert_eq!(approvers(&view), ["sam", "maria"]);
    assert_eq!(view.approvals_for("a", MAIN, oid("h1"), change("c1"))[1].entry, again);
}

#[test]
fn an_own_later_decision_ends_an_approval() {
    for kind in [EntryKind::Reject, EntryKind::Hold, EntryKind::Ask, EntryKind::Withdraw] {
        for (by, later, ends) in [
            ("maria", item("a", "h1", "c1"), true),
            ("maria", item("a", "h2", "c2"), true),
            ("maria", item("b", "h9", "c1"), true),
            ("maria", item("b", "h9", "c9"), false),
            ("sam", item("a", "h1", "c1"), false),
        ] {
            let mut bench = Bench::new();
            bench.decide(EntryKind::Approve, "maria", a1());
            bench.decide(kind, by, later.clone());
            assert_eq!(approvers(&bench.view()).is_empty(), ends, "{kind} by {by} on {later:?}");
            bench.decide(EntryKind::Approve, "maria", a1());
            assert_eq!(approvers(&bench.view()), ["maria"]);
        }
    }
}

#[test]
fn who_may_not_approve_any_more_does_not_count() {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Approve, "sam", a1());
    let mut without = crate::ledger::testing::root("main1");
    without.policy_blob = oid("policy 2");
    without.policy.people.retain(|person| person.name != "sam");
    bench.roots.known.insert(oid("main1"), Ok(Arc::new(without)));
    let mut entry = bench.entry(EntryKind::Override, "maria");
    entry.items.push(item("policy", "h", "c"));
    entry.refs.push(moved("main0", "main1"));
    bench.push(&entry);
    assert_eq!(approvers(&bench.view()), [""; 0]);
}

#[test]
fn a_merge_uses_its_approvals_up_and_a_void_gives_them_back() {
    let mut bench = Bench::new();
    let first = bench.decide(EntryKind::Approve, "sam", a1());
    bench.decide(EntryKind::Approve, "sam", Item { target: "refs/heads/release".to_owned(), ..a1() });
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    entry.items.push(merged(a1(), "main0", "main1", &[first, entry.id]));
    entry.refs.push(moved("main0", "main1"));
    let merge = bench.push(&entry);
    let view = bench.view();
    assert_eq!(approvers(&view), [""; 0]);
    assert_eq!(view.approvals_for("a", "refs/heads/release", oid("h1"), change("c1")).len(), 1);
    assert_eq!(view.merged("a", MAIN, oid("h1")).map(|merged| merged.commit), Some(oid("main1")));
    assert_eq!(view.merged("a", MAIN, oid("h2")), None);
    assert_eq!(view.merged_change(change("c1")).map(|merged| merged.entry), Some(merge));
    assert_eq!(view.landed(oid("main1")).map(|merged| merged.proposal.as_str()), Some("a"));
    assert_eq!(view.last_move(MAIN), Some((merge, &moved("main0", "main1"))));

    let mut void = bench.entry(EntryKind::Void, "maria");
    void.about.push(merge);
    let void = bench.push(&void);
    let view = bench.view();
    assert_eq!(approvers(&view), ["sam", "maria"]);
    assert_eq!(view.merged("a", MAIN, oid("h1")), None);
    assert_eq!(view.landed(oid("main1")), None);
    assert_eq!(view.voided(merge), Some(void));
    assert_eq!(view.last_move(MAIN).map(|(entry, _)| entry), Some(id("genesis")));
    assert_eq!(view.merges().count(), 0);
}

#[test]
fn a_revert_marks_what_it_reverts() {
    let mut bench = Bench::new();
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    entry.items.push(merged(a1(), "main0", "main1", &[entry.id]));
    let merge = bench.push(&entry);
    let mut revert = bench.entry(EntryKind::Revert, "maria");
    revert.about.push(merge);
    let revert = bench.push(&revert);
    assert_eq!(bench.view().merged("a", MAIN, oid("h1")).and_then(|merged| merged.reverted), Some(revert));
}

#[test]
fn holds_and_rejections_survive_a_push_and_questions_do_not() {
    use ObjectionKind::{Ask, Hold, Reject};
    for (kind, made, binds) in
        [(EntryKind::Hold, Hold, true), (EntryKind::Reject, Reject, true), (EntryKind::Ask, Ask, false)]
    {
        let mut bench = Bench::new();
        bench.decide(kind, "sam", a1());
        let view = bench.view();
        let sam = |same_round| vec![(made, "sam".to_owned(), same_round)];
        assert_eq!(objectors(&view, "a", "h1", "c1"), sam(true), "{kind}");
        // The target moved under it: no round.
        assert_eq!(objectors(&view, "a", "h1", "c9"), sam(true), "{kind}");
        // The agent pushed; also an amend without a change.
        let after = if binds { sam(false) } else { Vec::new() };
        assert_eq!(objectors(&view, "a", "h2", "c2"), after, "{kind}");
        assert_eq!(objectors(&view, "a", "h2", "c1"), after, "{kind}");
        // The same change under another name, and something else altogether.
        assert_eq!(objectors(&view, "b", "h3", "c1"), sam(false), "{kind}");
        assert_eq!(objectors(&view, "b", "h3", "c3"), [], "{kind}");
    }
}

#[test]
fn objections_are_lifted_by_who_made_them_or_by_an_override() {
    for kind in [EntryKind::Hold, EntryKind::Reject, EntryKind::Ask] {
        for (lifting, by, lifts) in [
            (EntryKind::Withdraw, "sam", true),
            (EntryKind::Approve, "sam", true),
            (EntryKind::Withdraw, "lee", false),
            (EntryKind::Approve, "maria", false),
            (EntryKind::Override, "maria", true),
        ] {
            let mut bench = Bench::new();
            bench.decide(kind, "sam", a1());
            bench.decide(lifting, by, item("a", "h1", "c1"));
            let view = bench.view();
            assert_eq!(objectors(&view, "a", "h1", "c1").is_empty(), lifts, "{lifting} of {kind} by {by}");
            assert_eq!(objectors(&view, "b", "h1", "c1").is_empty(), lifts, "{lifting} of {kind} by {by}");
        }
    }
}

#[test]
fn lifting_one_name_of_a_change_leaves_the_other_held() {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Hold, "sam", a1());
    bench.decide(EntryKind::Approve, "sam", item("b", "h2", "c1"));
    let view = bench.view();
    assert_eq!(objectors(&view, "b", "h2", "c1"), []);
    assert_eq!(objectors(&view, "a", "h1", "c1").len(), 1);
}

#[test]
fn a_rejection_without_a_change_binds_the_name() {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Reject, "sam", Item { change_id: None, ..a1() });
    let view = bench.view();
    assert_eq!(view.objections("a", oid("h1"), None).len(), 1);
    assert_eq!(objectors(&view, "a", "h2", "c1").len(), 1);
    assert_eq!(objectors(&view, "b", "h1", "c1").len(), 0);
}

#[test]
fn rounds_are_counted_by_what_the_agent_pushed() {
    let mut bench = Bench::new();
    assert_eq!(bench.view().round("a", oid("h1")), 1);
    bench.decide(EntryKind::Reject, "sam", a1());
    bench.decide(EntryKind::Hold, "maria", item("a", "h1", "c1 on a moved target"));
    bench.decide(EntryKind::Reject, "sam", item("a", "h2", "c1"));
    let view = bench.view();
    assert_eq!(view.rounds("a").len(), 3);
    assert_eq!(["h1", "h2", "h3"].map(|head| view.round("a", oid(head))), [1, 2, 3]);
    assert_eq!(view.history("a").map(|(entry, _)| entry.kind).collect::<Vec<_>>().len(), 3);
}

fn teach(bench: &mut Bench, by: &str, names: &[&str]) -> EntryId {
    let mut entry = bench.entry(EntryKind::Reject, by);
    entry.items = names.iter().map(|name| item(name, "h1", name)).collect();
    entry.lesson = Some(LessonRecord {
        text: "Ask first.".to_owned(),
        scope: "file:a".parse().unwrap(),
        expires: jiff::civil::date(2027, 1, 1),
        into: "AGENTS.md".to_owned(),
    });
    bench.push(&entry)
}

#[test]
fn a_lesson_goes_with_the_last_item_of_its_rejection_or_by_name() {
    let withdrawn = |bench: &Bench| bench.view().taught()[0].withdrawn.is_some();
    let mut bench = Bench::new();
    teach(&mut bench, "sam", &["a", "b"]);
    bench.decide(EntryKind::Withdraw, "sam", item("a", "h1", "a"));
    assert!(!withdrawn(&bench));
    bench.decide(EntryKind::Withdraw, "sam", item("b", "h2", "b2"));
    assert!(withdrawn(&bench));

    // A later approval says that this proposal is right, and not that the lesson was wrong.
    let mut bench = Bench::new();
    teach(&mut bench, "sam", &["a"]);
    bench.decide(EntryKind::Approve, "sam", item("a", "h2", "c2"));
    assert!(!withdrawn(&bench));

    for (by, goes) in [("lee", false), ("sam", true), ("maria", true)] {
        let mut bench = Bench::new();
        let taught = teach(&mut bench, "sam", &["a"]);
        let mut entry = bench.entry(EntryKind::Withdraw, by);
        entry.about.push(taught);
        bench.push(&entry);
        assert_eq!(withdrawn(&bench), goes, "{by}");
        // An admin takes the lesson back, and the objection stays sam's.
        assert_eq!(bench.view().objections("a", oid("h1"), None).is_empty(), by == "sam", "{by}");
    }
}

#[test]
fn entries_without_effect_change_nothing_but_the_count() {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Hold, "sam", a1());
    let mut forged = bench.entry(EntryKind::Withdraw, "sam");
    forged.items.push(a1());
    bench.push_signed(&forged, &crate::ledger::testing::key("mallory"));
    let view = LedgerView::of(&bench.chain());
    assert_eq!(objectors(&view, "a", "h1", "c1").len(), 1);
    assert_eq!((view.commits(), view.faults(), view.entries().len()), (3, 1, 2));
    assert_eq!(view.tip(), bench.raw.last().map(|raw| raw.oid));
}

#[test]
fn a_view_goes_on_where_it_was() {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Approve, "maria", a1());
    let early = bench.view();
    bench.decide(EntryKind::Reject, "sam", a1());
    let late = early.clone().extended(&bench.chain());
    assert_eq!(approvers(&early), approvers(&late));
    assert_eq!((objectors(&early, "a", "h1", "c1").len(), objectors(&late, "a", "h1", "c1").len()), (0, 1));
    assert_eq!(late.entries().len(), 3);
}

/// A decision of the walk: what, who, on which name, change and head.
type Step = (EntryKind, String, String, ChangeId, Oid);

/// A small world in which everything meets everything.
fn decisions() -> impl Strategy<Value = Vec<(usize, usize, usize, usize)>> {
    proptest::collection::vec((0..6_usize, 0..3_usize, 0..2_usize, 0..2_usize), 0..12)
}

const KINDS: [EntryKind; 6] =
    [EntryKind::Approve, EntryKind::Reject, EntryKind::Hold, EntryKind::Ask, EntryKind::Withdraw, EntryKind::Override];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// The folded view says what walking over all decisions would: an approval counts if the person decided nothing else on
    /// the name or the change since, an objection on the name stands until its maker (or an override) decides on the name.
    #[test]
    fn the_view_agrees_with_a_walk(steps in decisions()) {
        let mut bench = Bench::new();
        let mut done: Vec<Step> = Vec::new();
        for (kind, who, name, body) in steps {
            let kind = KINDS[kind];
            let who = if kind == EntryKind::Override { "maria" } else { ["maria", "sam", "lee"][who] };
            let (name, body) = (["a", "b"][name], ["c1", "c2"][body]);
            bench.decide(kind, who, item(name, "h1", body));
            done.push((kind, who.to_owned(), name.to_owned(), change(body), oid("h1")));
        }
        let view = bench.view();
        for person in ["maria", "sam", "lee"] {
            let last = |wanted: &dyn Fn(&Step) -> bool| done.iter().rposition(wanted);
            let approved = last(&|d| d.0 == EntryKind::Approve && d.1 == person && d.2 == "a" && d.3 == change("c1"));
            let ended = last(&|d| {
                d.1 == person
                    && matches!(d.0, EntryKind::Reject | EntryKind::Hold | EntryKind::Ask | EntryKind::Withdraw)
                    && (d.2 == "a" || d.3 == change("c1"))
            });
            prop_assert_eq!(approvers(&view).contains(&person.to_owned()), approved > ended && approved.is_some());
            let objected = last(&|d| {
                d.1 == person && matches!(d.0, EntryKind::Reject | EntryKind::Hold | EntryKind::Ask) && d.2 == "a"
            });
            let lifted = last(&|d| {
                let own = d.1 == person && matches!(d.0, EntryKind::Approve | EntryKind::Withdraw);
                (own || d.0 == EntryKind::Override) && d.2 == "a"
            });
            let stands = view.objections("a", oid("h1"), None).iter().any(|o| o.person == person);
            prop_assert_eq!(stands, objected > lifted && objected.is_some());
        }
    }
}
