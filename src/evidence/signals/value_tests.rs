use super::*;
use crate::diff::fields::{ValueMove, value_moves};
use crate::model::Mode;
use crate::model::field::{FieldChange, FieldOp};

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
}

fn event(number: usize, at: i64) -> Event {
    let content = |number: usize| Some(Side { mode: Mode::File, oid: Oid::from_bytes([number as u8; 20]) });
    Event {
        path: "db.yaml".into(),
        at: Moment { at: minute(at), basis: TimeBasis::Observed },
        source: Source::Landed(Oid::from_bytes([100 + number as u8; 20])),
        who: "bot".into(),
        subject: "step".into(),
        // Every content is a new one, so that only values can go back.
        before: content(number),
        after: content(number + 1),
        takes_back: false,
    }
}

fn field(one: &ValueMove) -> FieldChange {
    let op = match (&one.before, &one.after) {
        (None, _) => FieldOp::Added,
        (_, None) => FieldOp::Removed,
        _ => FieldOp::Modified,
    };
    FieldChange {
        before: one.before.clone(),
        after: one.after.clone(),
        before_number: one.numbers.map(|numbers| numbers.0),
        after_number: one.numbers.map(|numbers| numbers.1),
        is_capacity: one.is_capacity,
        ..FieldChange::of("db.yaml".into(), one.document.clone(), one.path.clone(), op)
    }
}

/// What the file was at which minute; the signals of the last change, at the moment in which it comes.
fn last(versions: &[(i64, &str)]) -> Vec<Signal> {
    let texts: Vec<Option<&[u8]>> = versions.iter().map(|(_, text)| Some(text.as_bytes())).collect();
    let mut moves: Vec<Vec<ValueMove>> =
        value_moves("db.yaml".into(), &texts).into_iter().map(|moves| moves.expect("values")).collect();
    let mut events: Vec<Event> = versions[1..].iter().enumerate().map(|(at, (minute, _))| event(at, *minute)).collect();
    let (this, own) = (events.pop().expect("a change"), moves.pop().expect("a change"));
    let fields: Vec<FieldChange> = own.iter().map(field).collect();
    let landed: Vec<Option<&[ValueMove]>> = moves.iter().map(|moves| Some(moves.as_slice())).collect();
    let tracks = Tracks::of(&fields.iter().collect::<Vec<_>>(), true, &landed, &[]);
    let file = PathHistory { landed: &events, pending: &[], this: &this, values: Some(&tracks) };
    signals(&[file], &StormLimits::default(), this.at.at)
}

fn said(signals: &[Signal]) -> Vec<String> {
    signals.iter().map(|signal| signal.sentence().replace(": db.yaml", "")).collect()
}

#[test]
fn a_value_goes_back_though_the_file_does_not() {
    let found = last(&[(0, "backup: true\nx: 1\n"), (10, "backup: false\nx: 2\n"), (20, "backup: true\nx: 3\n")]);
    assert_eq!(said(&found), ["oscillation: backup goes back to what it was until 14 Nov 2023 22:23:20"]);
    let told: Vec<String> = found[0].told().collect();
    assert!(told[0].contains("; off → on; back to what was left 14 Nov 2023 22:23:20"), "{told:?}");
}

#[test]
fn what_returns_beside_it_is_not_its_own() {
    let found = last(&[(0, "a: 1\nb: 1\n"), (10, "a: 2\nb: 1\n"), (20, "a: 1\nb: 1\n"), (30, "a: 1\nb: 2\n")]);
    assert_eq!(said(&found), [""; 0], "the other field went back, once");
    let story = ["1", "2", "1", "2", "1"].map(|a| format!("a: {a}\nb: 1\n"));
    let mut versions: Vec<(i64, &str)> =
        story.iter().zip([0, 10, 20, 30, 40]).map(|(s, at)| (at, s.as_str())).collect();
    versions.push((50, "a: 1\nb: 2\n"));
    let found = last(&versions);
    let found = said(&found);
    assert!(found.len() == 1 && found[0].starts_with("storm: "), "who touches a file in a storm is told: {found:?}");
}

#[test]
fn fields_that_go_back_together_are_one_signal() {
    let image = |tag: &str, digest: &str| format!("image:\n  tag: {tag}\n  digest: {digest}\n");
    let (old, new) = (image("1.0", "aa"), image("1.1", "bb"));
    let found = last(&[(0, &old), (10, &new), (20, &old)]);
    let [Signal::Oscillation { fields, paths, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((fields.len(), paths.len()), (2, 1));
}

#[test]
fn an_amount_that_only_ever_shrinks_is_a_ratchet() {
    let limit = |value: &str| format!("resources: {{limits: {{memory: {value}}}}}\n");
    let story = |values: &[&str]| {
        let texts: Vec<String> = values.iter().map(|value| limit(value)).collect();
        let versions: Vec<(i64, &str)> =
            texts.iter().enumerate().map(|(at, text)| (at as i64 * 100_000, text.as_str())).collect();
        said(&last(&versions))
    };
    assert_eq!(
        story(&["4Gi", "3Gi", "2560Mi", "2Gi"]),
        ["ratchet: memory limit lowered step by step, 4Gi → 3Gi → 2560Mi → 2Gi"]
    );
    assert_eq!(
        story(&["2Gi", "5Gi", "4Gi", "3Gi", "1Gi"]),
        ["ratchet: memory limit lowered step by step, 5Gi → 4Gi → 3Gi → 1Gi"],
        "since it was raised last"
    );
    assert_eq!(story(&["4Gi", "3Gi", "2Gi"]), [""; 0], "two steps are none");
    assert_eq!(story(&["4Gi", "3Gi", "5Gi", "2Gi"]), [""; 0]);
    assert_eq!(
        story(&["1Gi", "2Gi", "3Gi", "4Gi"]),
        ["ratchet: memory limit raised step by step, 1Gi → 2Gi → 3Gi → 4Gi"]
    );
}

#[test]
fn secrets_and_places_in_lists_are_not_followed() {
    let list = |items: &str| format!("args: [{items}]\n");
    let (old, new) = (list("a, b"), list("a, c"));
    let found = last(&[(0, &old), (10, &new), (20, &old)]);
    assert_eq!(said(&found), [""; 0], "contents are compared, and each is new");
    let found = last(&[(0, "password: a1b2\n"), (10, "password: c3d4\n"), (20, "password: e5f6\n")]);
    assert_eq!(said(&found), [""; 0], "two secrets look alike and are not");
}
