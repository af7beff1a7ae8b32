//! Which policy and signers come into force, by what, and which do not.

use super::*;

#[test]
fn signers_are_those_in_force_at_the_place() {
    let mut bench = three();
    let mut without_sam = root("main1");
    without_sam.policy_blob = oid("policy 2");
    without_sam.signers.lines.remove(1);
    bench.roots.known.insert(oid("main1"), Ok(Arc::new(without_sam)));
    bench.decide(EntryKind::Hold, "sam", item("a", "h", "c"));
    land_policy(&mut bench, "main0", "main1");
    bench.decide(EntryKind::Hold, "sam", item("c", "h", "c"));
    // What sam signed before he left stays valid; what he signs afterwards is nothing.
    assert_faults(&bench, &[(6, "not among the signers in force")]);
    assert_eq!(bench.chain().root().unwrap().commit, oid("main1"));
}

#[test]
fn a_changed_policy_comes_into_force_only_by_an_admin() {
    let mut bench = three();
    let mut mine = root("main1");
    mine.signers = Signers { lines: vec![signer("sam")] };
    mine.signers_blob = oid("signers of sam");
    bench.roots.known.insert(oid("main1"), Ok(Arc::new(mine)));
    let mut entry = bench.entry(EntryKind::Approve, "sam");
    entry.items.push(item("c", "h", "c"));
    entry.refs.push(moved("main0", "main1"));
    let laundering = bench.push(&entry);
    bench.decide(EntryKind::Hold, "maria", item("d", "h", "c"));
    let chain = bench.chain();
    assert_eq!(faults(&bench), []);
    assert_eq!(unadopted(&chain), [(laundering, oid("main1"), true)]);
    assert_eq!(chain.root().unwrap().commit, oid("main0"));
}

#[test]
fn a_move_to_a_commit_that_is_not_here_leaves_in_force_what_was() {
    let mut bench = three();
    bench.roots.known.insert(oid("main1"), Err(ABSENT.to_owned()));
    let mut entry = bench.entry(EntryKind::Approve, "sam");
    entry.items.push(item("c", "h", "c"));
    entry.refs.push(moved("main0", "main1"));
    bench.push(&entry);
    bench.decide(EntryKind::Hold, "maria", item("d", "h", "c"));
    let chain = bench.chain();
    assert_eq!((faults(&bench), chain.alarms()), (vec![], &[][..]));
    assert_eq!((chain.root().unwrap().commit, chain.unadopted().len()), (oid("main0"), 0));
}

/// Entries that brought no root into force, the commits that they moved to, and whether that was their own doing.
fn unadopted(chain: &Chain) -> Vec<(EntryId, Oid, bool)> {
    chain.unadopted().iter().map(|one| (one.entry, one.commit, one.own)).collect()
}

/// Lands a change of policy as honest clients do: lee approves, maria approves and lands.
fn land_policy(bench: &mut Bench, from: &str, to: &str) -> EntryId {
    let earlier = bench.decide(EntryKind::Approve, "lee", item("policy", "h", "c"));
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    entry.items.push(merged(item("policy", "h", "c"), from, to, &[earlier, entry.id]));
    entry.refs.push(moved(from, to));
    bench.push(&entry)
}

/// A root with another policy, at a commit.
fn policy_at(bench: &mut Bench, commit: &str, blob: &str) {
    let mut changed = root(commit);
    changed.policy_blob = oid(blob);
    bench.roots.known.insert(oid(commit), Ok(Arc::new(changed)));
}

#[test]
fn an_approval_carries_no_other_commit_into_force() {
    type Spoil = fn(&mut Bench, &mut Entry);
    let spoilt: [(&str, Spoil); 8] = [
        ("", |_, _| {}),
        ("is not the change that was approved", |bench, _| {
            bench.roots.landed.get_mut(&oid("main1")).unwrap().change_id = crate::ledger::testing::change("evil");
        }),
        ("is not the change that was approved", |bench, _| {
            bench.roots.landed.get_mut(&oid("main1")).unwrap().tree = oid("evil tree");
        }),
        ("does not lie on", |bench, _| {
            bench.roots.landed.get_mut(&oid("main1")).unwrap().parents[0] = oid("elsewhere");
        }),
        ("does not lie on", |bench, _| bench.roots.landed.get_mut(&oid("main1")).unwrap().parents.push(oid("x"))),
        ("it lands", |_, entry| entry.items[0].merge.as_mut().unwrap().commit = oid("another")),
        ("lands alone", |_, entry| entry.items.push(merged(item("b", "h", "c2"), "main0", "b", &[]))),
        ("lands alone", |_, entry| entry.items[0].merge = None),
    ];
    for (why, spoil) in spoilt {
        let mut bench = three();
        policy_at(&mut bench, "main1", "policy 2");
        let approval = bench.decide(EntryKind::Approve, "maria", item("policy", "h", "c"));
        let mut entry = bench.entry(EntryKind::Approve, "sam");
        entry.items.push(merged(item("policy", "h", "c"), "main0", "main1", &[approval, entry.id]));
        entry.refs.push(moved("main0", "main1"));
        let facts = Landing {
            parents: vec![oid("main0")],
            tree: oid("tree of main1"),
            change_id: entry.items[0].change_id.unwrap(),
        };
        bench.roots.landed.insert(oid("main1"), facts);
        spoil(&mut bench, &mut entry);
        bench.push(&entry);
        let chain = bench.chain();
        assert_eq!((faults(&bench), chain.alarms()), (vec![], &[][..]), "{why}");
        let said: Vec<&str> = chain.unadopted().iter().map(|one| one.why.as_str()).collect();
        assert!(
            if why.is_empty() { said.is_empty() } else { said.len() == 1 && said[0].contains(why) },
            "{why}: {said:?}"
        );
        assert_eq!(chain.root().unwrap().commit, oid(if why.is_empty() { "main1" } else { "main0" }), "{why}");
    }
}

#[test]
fn an_approval_is_used_up_by_the_change_of_policy_that_it_allowed() {
    for voided in [false, true] {
        let mut bench = three();
        for (commit, blob) in [("loose", "policy 2"), ("strict", "policy"), ("again", "policy 2")] {
            policy_at(&mut bench, commit, blob);
        }
        let approval = bench.decide(EntryKind::Approve, "maria", item("loosen", "h", "c"));
        let land = |bench: &mut Bench, from: &str, to: &str| {
            let mut entry = bench.entry(EntryKind::Approve, "sam");
            entry.items.push(merged(item("loosen", "h", "c"), from, to, &[approval, entry.id]));
            entry.refs.push(moved(from, to));
            bench.push(&entry)
        };
        let first = land(&mut bench, "main0", "loose");
        if voided {
            let mut entry = bench.entry(EntryKind::Void, "maria");
            entry.about.push(first);
            bench.push(&entry);
        } else {
            land_policy(&mut bench, "loose", "strict");
        }
        let again = land(&mut bench, if voided { "main0" } else { "strict" }, "again");
        let chain = bench.chain();
        assert_eq!(faults(&bench), []);
        let wanted = if voided { vec![] } else { vec![(again, oid("again"), true)] };
        assert_eq!(unadopted(&chain), wanted, "{voided}");
    }
}

#[test]
fn an_admin_alone_changes_no_policy_that_asks_for_two() {
    let mut bench = three();
    policy_at(&mut bench, "main1", "policy 2");
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    entry.items.push(merged(item("policy", "h", "c"), "main0", "main1", &[entry.id]));
    entry.refs.push(moved("main0", "main1"));
    let alone = bench.push(&entry);
    assert_eq!(unadopted(&bench.chain()), [(alone, oid("main1"), true)]);
    assert!(bench.chain().unadopted()[0].why.contains("1 of 2 persons"));
    // In an emergency she says why, and that stays.
    let mut entry = bench.entry(EntryKind::Override, "maria");
    entry.items.push(merged(item("policy", "h", "c"), "main0", "main1", &[]));
    entry.refs.push(moved("main0", "main1"));
    bench.push(&entry);
    assert_eq!((faults(&bench), bench.chain().root().unwrap().commit), (vec![], oid("main1")));
}

#[test]
fn signers_that_differ_in_a_byte_are_other_signers() {
    let mut bench = three();
    let mut other = root("main1");
    other.signers_blob = oid("a line that only ssh-keygen reads");
    bench.roots.known.insert(oid("main1"), Ok(Arc::new(other)));
    let mut entry = bench.entry(EntryKind::Approve, "sam");
    entry.items.push(merged(item("docs", "h", "c"), "main0", "main1", &[entry.id]));
    entry.refs.push(moved("main0", "main1"));
    let sneaky = bench.push(&entry);
    assert_eq!(unadopted(&bench.chain()), [(sneaky, oid("main1"), true)]);
}

#[test]
fn a_changed_policy_that_an_admin_approved_comes_into_force_whoever_lands_it() {
    for (taken_back, adopted) in [(false, "main1"), (true, "main0")] {
        let mut bench = three();
        let mut changed = root("main1");
        changed.policy_blob = oid("policy 2");
        bench.roots.known.insert(oid("main1"), Ok(Arc::new(changed)));
        let approval = bench.decide(EntryKind::Approve, "maria", item("policy", "h", "c"));
        if taken_back {
            bench.decide(EntryKind::Withdraw, "maria", item("policy", "h", "c"));
        }
        let mut entry = bench.entry(EntryKind::Approve, "sam");
        entry.items.push(merged(item("policy", "h", "c"), "main0", "main1", &[approval, entry.id]));
        entry.refs.push(moved("main0", "main1"));
        bench.push(&entry);
        assert_eq!(faults(&bench), []);
        assert_eq!(bench.chain().root().unwrap().commit, oid(adopted), "{taken_back}");
    }
}

#[test]
fn a_policy_that_was_pushed_straight_never_rides_into_force_on_something_else() {
    let mut pushed = root("pushed");
    pushed.policy_blob = oid("policy 2");
    pushed.signers.lines.push(signer("eve"));
    let mut other = other_ledger();
    other.policy_blob = oid("policy 3");
    for there in [Ok(Arc::new(pushed)), Ok(Arc::new(other)), Err("policy.yaml:3:1: no".to_owned())] {
        let mut bench = three();
        for commit in ["pushed", "main1", "main2"] {
            bench.roots.known.insert(oid(commit), there.clone());
        }
        let mut entry = approve(&mut bench, "docs");
        entry.refs.push(moved("pushed", "main1"));
        let first = bench.push(&entry);
        let mut entry = approve(&mut bench, "more docs");
        entry.refs.push(moved("main1", "main2"));
        let second = bench.push(&entry);
        let chain = bench.chain();
        assert_eq!((faults(&bench), chain.alarms()), (vec![], &[][..]));
        assert_eq!(unadopted(&chain), [(first, oid("main1"), false), (second, oid("main2"), false)]);
        assert_eq!(chain.root().unwrap().commit, oid("main0"));
        // What puts the policy in force back is no change of it.
        bench.roots.known.insert(oid("main3"), Ok(Arc::new(root("main3"))));
        let mut entry = approve(&mut bench, "put back");
        entry.refs.push(moved("main2", "main3"));
        bench.push(&entry);
        assert_eq!(bench.chain().root().unwrap().commit, oid("main3"));
    }
}

#[test]
fn a_root_that_cannot_be_in_force_is_an_alarm() {
    for broken in [Err("policy.yaml:3:1: no".to_owned()), Ok(Arc::new(other_ledger()))] {
        let mut bench = three();
        bench.roots.known.insert(oid("main1"), broken);
        // Nobody but those who may change the policy can raise that alarm.
        let mut entry = bench.entry(EntryKind::Approve, "sam");
        entry.items.push(merged(item("policy", "h", "c"), "main0", "main1", &[entry.id]));
        entry.refs.push(moved("main0", "main1"));
        bench.push(&entry);
        assert_eq!((faults(&bench), bench.chain().alarms()), (vec![], &[][..]));
        land_policy(&mut bench, "main0", "main1");
        bench.decide(EntryKind::Hold, "sam", item("d", "h", "c"));
        assert_faults(&bench, &[(5, "cannot be in force")]);
        assert!(matches!(bench.chain().alarms(), [Alarm::Root(_)]));
    }
}

fn other_ledger() -> Root {
    let mut root = root("main1");
    root.policy.ledger.as_mut().unwrap().id = id("other");
    root
}

#[test]
fn a_void_takes_the_last_root_back() {
    let mut bench = three();
    policy_at(&mut bench, "main1", "policy 2");
    let moving = land_policy(&mut bench, "main0", "main1");
    let void = |bench: &mut Bench, by: &str| {
        let mut entry = bench.entry(EntryKind::Void, by);
        entry.about.push(moving);
        bench.push(&entry);
    };
    void(&mut bench, "sam");
    assert_faults(&bench, &[(5, "takes the role admin")]);
    void(&mut bench, "maria");
    assert_eq!(bench.chain().root().unwrap().commit, oid("main0"));
}

#[test]
fn a_void_takes_back_what_several_entries_brought() {
    let mut bench = three();
    policy_at(&mut bench, "main1", "policy 2");
    let first = land_policy(&mut bench, "main0", "main1");
    policy_at(&mut bench, "main2", "policy 2");
    let mut entry = approve(&mut bench, "docs");
    entry.refs.push(moved("main1", "main2"));
    let second = bench.push(&entry);
    let mut entry = bench.entry(EntryKind::Void, "maria");
    entry.about.extend([first, second]);
    bench.push(&entry);
    assert_eq!((faults(&bench), bench.chain().root().unwrap().commit), (vec![], oid("main0")));
}
