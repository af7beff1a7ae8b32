//! One test for each way to tamper with a ledger.

use std::sync::Arc;

use proptest::prelude::*;
use sha2::Digest as _;
use ssh_key::PrivateKey;

use super::*;
use crate::ledger::testing::{
    ABSENT, Bench, MAIN, TestRoots, commit, id, item, key, merged, moved, oid, payload, root, sealed, signer, time,
    with_signature,
};
use crate::ledger::{FormFault, RefUpdate};
use crate::policy::Signers;

/// A genesis, an approval by maria, a rejection by sam.
fn three() -> Bench {
    let mut bench = Bench::new();
    bench.decide(EntryKind::Approve, "maria", item("a", "head a", "change a"));
    bench.decide(EntryKind::Reject, "sam", item("b", "head b", "change b"));
    bench
}

/// The faults of a chain, with the places of their commits.
fn faults(bench: &Bench) -> Vec<(usize, String)> {
    let chain = bench.chain();
    let places = chain.commits().iter().enumerate();
    places.filter_map(|(place, checked)| Some((place, checked.entry.as_ref().err()?.to_string()))).collect()
}

#[track_caller]
fn assert_faults(bench: &Bench, wanted: &[(usize, &str)]) {
    let found = faults(bench);
    assert_eq!(
        found.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        wanted.iter().map(|w| w.0).collect::<Vec<_>>(),
        "{found:?}"
    );
    for ((_, found), (_, wanted)) in found.iter().zip(wanted) {
        assert!(found.contains(wanted), "{found}");
    }
}

/// The object of a raw commit, as it was signed.
fn object(raw: &RawCommit) -> Vec<u8> {
    with_signature(&raw.payload, std::str::from_utf8(raw.signature.as_deref().unwrap()).unwrap())
}

/// Replaces text in the object of one commit, without signing again.
fn edit(bench: &mut Bench, place: usize, from: &str, to: &str) {
    let text = String::from_utf8(object(&bench.raw[place])).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    bench.raw[place] = commit(text.replacen(from, to, 1).as_bytes());
}

/// Appends an entry whose object is built by the caller.
fn push(bench: &mut Bench, entry: &Entry, make: impl Fn(Oid, &[u8]) -> Vec<u8>) {
    let tip = bench.raw.last().map(|raw| raw.oid).unwrap();
    let bytes = make(tip, crate::ledger::message(entry).as_bytes());
    bench.push_raw(&sealed(&bytes, &key(&entry.by)));
}

mod roots;

#[test]
fn an_honest_chain_is_valid() {
    let bench = three();
    let chain = bench.chain();
    assert_eq!(faults(&bench), []);
    assert_eq!(chain.alarms(), []);
    assert_eq!(chain.genesis().map(|genesis| genesis.id), Some(id("genesis")));
    assert_eq!(chain.default_ref(), Some(MAIN));
    assert_eq!(chain.latest(), Some(time(120)));
    assert_eq!(chain.tip(), bench.raw.last().map(|raw| raw.oid));
    let signed = chain.commits()[2].signed.clone().unwrap();
    assert_eq!(signed.principal, "sam@corp.example");
}

#[test]
fn a_chain_can_be_read_in_pieces() {
    let bench = three();
    let externals = Externals::default();
    let around = Surroundings { roots: &bench.roots, externals: &externals, now: time(3600) };
    let mut chain = Chain::new(Some(id("genesis")));
    for raw in &bench.raw {
        chain.extend(std::slice::from_ref(raw), &around);
    }
    assert_eq!(chain.entries().collect::<Vec<_>>(), bench.chain().entries().collect::<Vec<_>>());
}

#[test]
fn an_edited_entry_is_reported() {
    let mut bench = three();
    edit(&mut bench, 1, "\"low\"", "\"high\"");
    // The edited object has another id, so the next one does not follow it.
    assert_faults(&bench, &[(1, "does not hold"), (2, "the chain is broken here")]);
}

#[test]
fn an_entry_edited_and_signed_by_another_key_is_reported() {
    let mut bench = three();
    let text = String::from_utf8(bench.raw[2].payload.clone()).unwrap().replace("\"low\"", "\"high\"");
    bench.raw[2] = commit(&sealed(text.as_bytes(), &key("maria")));
    assert_faults(&bench, &[(2, "it says sam, and maria@corp.example signed it")]);
    bench.raw[2] = commit(&sealed(text.as_bytes(), &key("mallory")));
    assert_faults(&bench, &[(2, "not among the signers in force")]);
}

#[test]
fn a_dropped_entry_is_reported() {
    let mut bench = three();
    bench.raw.remove(1);
    assert_faults(&bench, &[(1, "the chain is broken here")]);
}

#[test]
fn entries_in_another_order_are_reported() {
    let mut bench = three();
    bench.raw.swap(1, 2);
    assert_faults(&bench, &[(1, "the chain is broken here"), (2, "the chain is broken here")]);
}

#[test]
fn a_fork_is_reported() {
    let mut bench = three();
    let branch = bench.raw[1].oid;
    let entry = bench.entry(EntryKind::Approve, "maria");
    let mut entry = entry;
    entry.items.push(item("c", "h", "c"));
    push(&mut bench, &entry, |_, text| payload(&[branch], Oid::EMPTY_TREE, "", entry.at, text));
    assert_faults(&bench, &[(3, "the chain is broken here")]);
}

#[test]
fn a_merge_commit_is_reported_and_the_chain_goes_on() {
    let mut bench = three();
    let other = bench.raw[0].oid;
    let entry = approve(&mut bench, "c");
    push(&mut bench, &entry, |tip, text| payload(&[tip, other], Oid::EMPTY_TREE, "", entry.at, text));
    bench.decide(EntryKind::Hold, "lee", item("d", "h", "c"));
    assert_faults(&bench, &[(3, "2 parents where 1 belong")]);
}

#[test]
fn content_and_further_headers_are_reported() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    push(&mut bench, &entry, |tip, text| payload(&[tip], oid("tree"), "", entry.at, text));
    let entry = approve(&mut bench, "d");
    push(&mut bench, &entry, |tip, text| payload(&[tip], Oid::EMPTY_TREE, "encoding latin-1\n", entry.at, text));
    assert_faults(&bench, &[(3, "not the empty tree"), (4, "header `encoding`")]);
}

#[test]
fn garbage_is_reported_and_the_chain_goes_on() {
    let mut bench = three();
    bench.push_raw(b"not a commit at all");
    let tip = bench.raw[3].oid;
    bench.push_raw(&payload(&[tip], Oid::EMPTY_TREE, "", time(0), b"hello\n"));
    bench.decide(EntryKind::Hold, "lee", item("c", "h", "c"));
    assert_faults(&bench, &[(3, "malformed"), (4, "subject, a blank line and one line")]);
    assert_eq!(bench.chain().entries().count(), 4);
}

#[test]
fn a_wrong_key_is_reported() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    bench.push_signed(&entry, &key("mallory"));
    let entry = approve(&mut bench, "d");
    bench.push_signed(&entry, &key("sam"));
    assert_faults(&bench, &[(3, "not among the signers"), (4, "it says maria, and sam@corp.example signed it")]);
}

#[test]
fn an_unsigned_entry_is_reported() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    let tip = bench.raw[2].oid;
    let bytes = payload(&[tip], Oid::EMPTY_TREE, "", entry.at, crate::ledger::message(&entry).as_bytes());
    bench.push_raw(&bytes);
    assert_faults(&bench, &[(3, "not signed")]);
}

#[test]
fn a_replay_within_the_ledger_is_reported() {
    let mut bench = three();
    let entry = Entry::clone(bench.chain().commits()[1].valid().unwrap());
    bench.push_signed(&Entry { at: time(180), ..entry }, &key("maria"));
    assert_faults(&bench, &[(3, "has been used before")]);
}

#[test]
fn a_replay_from_another_ledger_is_reported() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    bench.push_signed(&Entry { repo: id("another ledger"), ..entry }, &key("maria"));
    assert_faults(&bench, &[(3, "belongs to the ledger")]);
}

#[test]
fn a_back_dated_entry_is_reported_and_a_late_one_is_not() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    bench.push_signed(&Entry { at: time(119), ..entry }, &key("maria"));
    let entry = approve(&mut bench, "d");
    bench.push_signed(&Entry { at: time(120), ..entry }, &key("maria"));
    assert_faults(&bench, &[(3, "back-dated")]);
}

#[test]
fn an_entry_from_the_future_has_no_effect_on_those_after_it() {
    let mut bench = three();
    let far = time(86_400 * 3650);
    let entry = approve(&mut bench, "c");
    bench.push_signed(&Entry { at: far, ..entry }, &key("maria"));
    bench.decide(EntryKind::Hold, "lee", item("d", "h", "c"));
    assert_faults(&bench, &[(3, "more than five minutes after")]);
    let at = |now| {
        let chain = read(&bench.raw, None, &bench.roots, &Externals::default(), now);
        chain.faults().count()
    };
    // Five minutes ahead are allowed, not a second more; the last entry is at 240 seconds.
    assert_eq!((at(time(-60)), at(time(-61))), (1, 2));
}

#[test]
fn a_date_other_than_the_committers_is_reported() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    push(&mut bench, &entry, |tip, text| payload(&[tip], Oid::EMPTY_TREE, "", time(181), text));
    assert_faults(&bench, &[(3, "its committer date is")]);
}

#[test]
fn another_name_is_reported() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    bench.push_signed(&Entry { by: "sam".to_owned(), ..entry }, &key("maria"));
    let entry = approve(&mut bench, "d");
    bench.push_signed(&Entry { by: "nobody".to_owned(), ..entry }, &key("maria"));
    assert_faults(
        &bench,
        &[(3, "it says sam, and maria@corp.example signed it"), (4, "nobody whom the policy in force knows")],
    );
}

#[test]
fn roles_are_asked_for() {
    let mut bench = three();
    for kind in [EntryKind::Override, EntryKind::Reset] {
        let mut entry = bench.entry(kind, "sam");
        if kind == EntryKind::Override {
            entry.items.push(item("b", "h", "c"));
        }
        bench.push(&entry);
    }
    assert_faults(&bench, &[(3, "takes the role admin"), (4, "takes the role admin")]);
}

#[test]
fn a_second_genesis_is_reported() {
    let mut bench = three();
    let mut entry = Entry::new(EntryKind::Genesis, id("new"), id("new"), time(180), "maria");
    entry.refs.push(moved("main0", "main1"));
    bench.push(&entry);
    assert_faults(&bench, &[(3, "second genesis")]);
}

#[test]
fn without_the_pinned_genesis_nothing_is_valid_and_nobody_decides() {
    let bench = three();
    let other = read(&bench.raw, Some(id("pinned")), &bench.roots, &Externals::default(), time(3600));
    assert_eq!(other.entries().count(), 0);
    assert_eq!(other.alarms(), [Alarm::OtherGenesis { found: id("genesis"), pinned: id("pinned") }]);
    let gone = read(&[], Some(id("pinned")), &bench.roots, &Externals::default(), time(3600));
    assert_eq!(gone.alarms(), [Alarm::Missing(id("pinned"))]);
    let beheaded = read(&bench.raw[1..], None, &bench.roots, &Externals::default(), time(3600));
    assert_eq!(beheaded.entries().count(), 0);
    assert!(
        matches!(beheaded.alarms(), [Alarm::NoGenesis(Fault::Form(FormFault::Parents { .. }))]),
        "{:?}",
        beheaded.alarms()
    );
}

#[test]
fn a_genesis_must_agree_with_the_root_that_it_names() {
    let with = |spoil: fn(&mut Root)| {
        let mut bench = Bench::new();
        let mut first = root("main0");
        spoil(&mut first);
        bench.roots.known.insert(oid("main0"), Ok(Arc::new(first)));
        faults(&bench).first().map(|(_, fault)| fault.clone()).unwrap_or_default()
    };
    assert_eq!(with(|_| {}), "");
    assert!(with(|root| root.policy.ledger = None).contains("names no ledger"));
    assert!(with(|root| root.policy.ledger.as_mut().unwrap().id = id("other")).contains("names the ledger"));
    assert!(with(|root| root.policy.people[0].roles = vec![Role::Approve]).contains("role admin"));
    assert!(with(|root| root.signers.lines.clear()).contains("not among the signers"));
}

#[test]
fn an_unresolved_signature_is_a_question_and_then_an_answer() {
    let mut bench = three();
    let entry = approve(&mut bench, "c");
    let tip = bench.raw[2].oid;
    let bytes = payload(&[tip], Oid::EMPTY_TREE, "", entry.at, crate::ledger::message(&entry).as_bytes());
    let unreadable = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----";
    bench.push_raw(&with_signature(&bytes, unreadable));
    let chain = bench.chain();
    let question = Question { commit: bench.raw[3].oid, root: oid("main0"), at: time(180) };
    assert_eq!(chain.questions(), [question]);
    assert_faults(&bench, &[(3, "ssh-keygen")]);
    let mut externals = Externals::default();
    externals.answers.insert((question.commit, question.root), Ok("maria@corp.example".to_owned()));
    let chain = read(&bench.raw, None, &bench.roots, &externals, time(3600));
    assert_eq!((chain.questions(), chain.faults().count()), (&[][..], 0));
}

#[test]
fn seals_that_are_known_are_not_computed_again() {
    let bench = three();
    let mut externals = Externals::default();
    for raw in &bench.raw {
        externals.seals.insert(raw.oid, crate::ledger::signature::seal(raw));
    }
    let mut stripped = bench.raw.clone();
    for raw in &mut stripped {
        raw.signature = None;
    }
    assert_eq!(read(&stripped, None, &bench.roots, &externals, time(3600)).faults().count(), 0);
}

/// A ledger of `count` decisions of which the first and the last few are signed for real; reading takes the seals as known.
fn long(count: usize) -> (Vec<RawCommit>, Externals) {
    let mut bench = Bench::new();
    let mut externals = Externals::default();
    let maria: PrivateKey = key("maria");
    let crate::ledger::Sealed::Holds(seal) = crate::ledger::signature::seal(&bench.raw[0]) else { panic!("no seal") };
    for number in 0..count {
        let mut entry = bench.entry(EntryKind::Approve, "maria");
        entry.items.push(item(&format!("p{}", number % 50), &format!("h{number}"), &format!("c{}", number % 70)));
        if number == 0 {
            bench.push_signed(&entry, &maria);
            continue;
        }
        let tip = bench.raw[number].oid;
        bench.push_raw(&payload(&[tip], Oid::EMPTY_TREE, "", entry.at, crate::ledger::message(&entry).as_bytes()));
    }
    for raw in &bench.raw {
        externals.seals.insert(raw.oid, crate::ledger::Sealed::Holds(seal.clone()));
    }
    (bench.raw, externals)
}

#[test]
fn reading_is_linear() {
    let (raw, externals) = long(10_000);
    let read = |count: usize| {
        let start = std::time::Instant::now();
        let chain = read(&raw[..count], None, &TestRoots::default(), &externals, time(10_000_000));
        let view = crate::ledger::LedgerView::of(&chain);
        assert_eq!(view.entries().len(), count);
        start.elapsed()
    };
    let (small, large) = (read(1_000), read(10_001));
    assert!(large < small * 40, "1,000 entries took {small:?}, 10,000 took {large:?}");
}

fn approve(bench: &mut Bench, name: &str) -> Entry {
    let mut entry = bench.entry(EntryKind::Approve, "maria");
    entry.items.push(item(name, "head", "change"));
    entry
}

/// Whether a chain with the last of three commits replaced reports exactly that.
fn reports(bench: &Bench, externals: &Externals, bytes: &[u8]) -> bool {
    let raw = [bench.raw[0].clone(), bench.raw[1].clone(), commit(bytes)];
    let chain = read(&raw, Some(id("genesis")), &bench.roots, externals, time(3600));
    chain.commits().iter().map(|checked| checked.entry.is_ok()).eq([true, true, false])
}

#[test]
fn every_flipped_bit_of_a_signed_entry_is_reported() {
    let bench = three();
    let mut externals = Externals::default();
    for raw in &bench.raw[..2] {
        externals.seals.insert(raw.oid, crate::ledger::signature::seal(raw));
    }
    let good = object(&bench.raw[2]);
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[place] ^= 1 << bit;
            assert!(
                reports(&bench, &externals, &bytes),
                "bit {bit} of byte {place}: {}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_replaced_dropped_or_added_byte_is_reported(
        place in any::<prop::sample::Index>(), byte in any::<u8>(), what in 0..3_u8
    ) {
        let bench = three();
        let mut bytes = object(&bench.raw[2]);
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        match what {
            0 => bytes[place] = byte,
            1 => drop(bytes.remove(place)),
            _ => bytes.insert(place, byte),
        }
        prop_assert!(reports(&bench, &Externals::default(), &bytes), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_ref_of_another_branch_brings_no_root() {
    let mut bench = three();
    bench.roots.known.insert(oid("release1"), Err("no policy there".to_owned()));
    let mut entry = approve(&mut bench, "c");
    entry.refs.push(RefUpdate { refname: "refs/heads/release/1".to_owned(), ..moved("release0", "release1") });
    bench.push(&entry);
    assert_eq!(faults(&bench), []);
    assert_eq!(bench.chain().root().unwrap().commit, oid("main0"));
}

#[test]
fn a_key_that_everybody_has_signs_in_a_demo_alone() {
    let seed = sha2::Sha256::digest("countersign-demo-only: you");
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&seed.into());
    let everybodys = ssh_key::PrivateKey::from(pair);
    for demo in [false, true] {
        let mut bench = Bench { raw: Vec::new(), roots: TestRoots::default(), clock: 0 };
        let mut with = root("main0");
        with.signers.lines[1].key = everybodys.public_key().clone();
        bench.roots.known.insert(oid("main0"), Ok(Arc::new(with)));
        let mut genesis = Entry::new(EntryKind::Genesis, id("genesis"), id("genesis"), time(0), "maria");
        genesis.refs.push(moved("before", "main0"));
        genesis.demo = demo;
        bench.push(&genesis);
        let mut entry = bench.entry(EntryKind::Approve, "sam");
        entry.items.push(item("p", "h", "c"));
        bench.push_signed(&entry, &everybodys);
        assert_eq!(faults(&bench), if demo { vec![] } else { vec![(1, Fault::DemoKey.to_string())] });
    }
}
