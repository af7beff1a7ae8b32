use super::*;
use crate::model::Mode;

const PATH: &str = "kubernetes/main/apps/databases/cluster.yaml";

fn content(name: char) -> Option<Side> {
    (name != '-').then_some(Side { mode: Mode::File, oid: Oid::from_bytes([name as u8; 20]) })
}

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
}

fn event(number: u8, at: i64, before: char, after: char) -> Event {
    Event {
        path: PATH.into(),
        at: Moment { at: minute(at), basis: TimeBasis::Observed },
        source: Source::Landed(Oid::from_bytes([number; 20])),
        who: "bot".into(),
        subject: format!("{before} to {after}"),
        before: content(before),
        after: content(after),
        takes_back: false,
    }
}

/// `"0 A, 10 B"`: what the file was at which minute.
fn story(text: &str) -> Vec<Event> {
    let states: Vec<(i64, char)> = text
        .split(", ")
        .map(|state| state.split_once(' ').unwrap())
        .map(|(at, state)| (at.parse().unwrap(), state.chars().next().unwrap()))
        .collect();
    (1..).zip(states.windows(2)).map(|(number, pair)| event(number, pair[1].0, pair[0].1, pair[1].1)).collect()
}

/// The signals of the last change of a story, at the moment in which it comes.
fn last(text: &str) -> Vec<Signal> {
    let mut events = story(text);
    let this = events.pop().unwrap();
    signals(
        &[PathHistory { landed: &events, pending: &[], this: &this, values: None }],
        &StormLimits::default(),
        this.at.at,
    )
}

fn kinds(signals: &[Signal]) -> String {
    let kind = |signal: &Signal| match signal {
        Signal::Storm { burst, .. } => format!("storm {}/{}", burst.changes, burst.flips),
        Signal::Oscillation { flips, this, .. } => {
            format!("oscillation {}{}", flips.len(), if *this { "*" } else { "" })
        }
        Signal::Ratchet { steps, .. } => format!("ratchet {}", steps.len()),
        other => other.name().to_owned(),
    };
    signals.iter().map(kind).collect::<Vec<_>>().join(", ")
}

const DAY: i64 = 24 * 60;

#[test]
fn a_return_is_an_oscillation_where_it_is_soon_or_again() {
    for (name, text, found) in [
        ("ordinary updates", "0 A, 10 B, 20 C, 30 D", ""),
        ("back within the hour", "0 A, 10 B, 40 A", "oscillation 1*"),
        ("back by way of another", "0 A, 10 B, 20 C, 40 A", "oscillation 1*"),
        ("back after two days", "0 A, 10 B, 2900 A", ""),
        ("back and forth over weeks", "0 A, 10 B, 10000 A, 20000 B", "oscillation 2*"),
        ("back again after a year", "0 A, 10 B, 10000 A, 600000 B", ""),
        ("tried out and taken away", "0 -, 10 A, 20 -", ""),
        ("comes and goes", "0 -, 10 A, 20 -, 3000 A", "oscillation 2*"),
        ("deleted and put back", "0 A, 10 -, 20 A", "oscillation 1*"),
        ("taken away after a month", "0 -, 10 A, 50000 -", ""),
        ("three in a day", "0 A, 10 B, 20 A, 30 B, 40 A", "storm 2/3, oscillation 3*"),
    ] {
        assert_eq!(kinds(&last(text)), found, "{name}");
    }
}

#[test]
fn a_storm_is_a_rate_on_the_same_file() {
    let letters: Vec<String> = ('a'..='k').enumerate().map(|(at, letter)| format!("{at} {letter}")).collect();
    assert_eq!(kinds(&last(&letters.join(", "))), "storm 10/0");
    let slower: Vec<String> = ('a'..='k').enumerate().map(|(at, letter)| format!("{} {letter}", at * 2)).collect();
    assert_eq!(kinds(&last(&slower.join(", "))), "");
    let events = story(&letters.join(", "));
    let this = event(99, 2 * DAY, 'k', 'z');
    let file = PathHistory { landed: &events, pending: &[], this: &this, values: None };
    assert_eq!(signals(&[file], &StormLimits::default(), minute(2 * DAY)), [], "it is over");
}

/// One value of one database cluster, switched on and off within half an hour, twice in the same second, among the other
/// commits of the day. The first switch is news, the second goes back, the fourth is a storm.
#[test]
fn a_value_that_is_switched_on_and_off_is_flagged_while_it_happens() {
    // Hours and minutes; the last five are two pairs of equal times.
    let times = [1414, 1415, 1419, 1421, 1425, 1431, 1432, 1439, 1439, 1442, 1442];
    let minutes = times.map(|time| i64::from(time / 100 * 60 + time % 100));
    let states = ['A', 'B'].into_iter().cycle();
    let events: Vec<Event> = (1..)
        .zip(minutes)
        .zip(states.clone().zip(states.skip(1)))
        .map(|((number, at), (before, after))| event(number, at, before, after))
        .collect();
    let found: Vec<String> = (0..events.len())
        .map(|at| {
            let file = PathHistory { landed: &events[..at], pending: &[], this: &events[at], values: None };
            kinds(&signals(&[file], &StormLimits::default(), events[at].at.at))
        })
        .collect();
    assert_eq!(
        found,
        [
            "",
            "oscillation 1*",
            "oscillation 2*",
            "storm 4/3, oscillation 3*",
            "storm 4/4, oscillation 4*",
            "storm 4/5, oscillation 5*",
            "storm 4/6, oscillation 6*",
            "storm 4/7, oscillation 7*",
            "storm 4/8, oscillation 8*",
            "storm 4/9, oscillation 9*",
            "storm 5/10, oscillation 10*",
        ]
    );
    let file = PathHistory { landed: &events[..10], pending: &[], this: &events[10], values: None };
    let signals = signals(&[file], &StormLimits::default(), events[10].at.at);
    let Some(Signal::Oscillation { flips, .. }) = signals.last() else { panic!("{signals:?}") };
    let listed: Vec<i64> = flips.iter().map(|flip| (flip.event.at.at.as_second() - 1_700_000_000) / 60).collect();
    assert_eq!(listed, minutes[1..], "each is listed and dated");
}

/// Months after a revert the same again is no first return like another.
#[test]
fn what_was_taken_back_is_not_proposed_again_in_silence() {
    let mut landed = story("0 A, 10 B, 100000 A");
    let this = Event { source: Source::Pending("this".into()), ..event(9, 500_000, 'A', 'B') };
    let found = |landed: &[Event]| {
        let file = PathHistory { landed, pending: &[], this: &this, values: None };
        kinds(&signals(&[file], &StormLimits::default(), minute(500_000)))
    };
    assert_eq!(found(&landed), "");
    landed.last_mut().expect("a change").takes_back = true;
    assert_eq!(found(&landed), "oscillation 1*");
}

#[test]
fn what_others_propose_counts_too() {
    let landed = story("0 A, 10 B");
    let proposed = |number: u8, name: &str, after: char| Event {
        source: Source::Pending(name.into()),
        at: Moment { at: minute(20), basis: TimeBasis::CommitDate },
        ..event(number, 20, 'B', after)
    };
    let others = [proposed(5, "one", 'A'), proposed(6, "two", 'A'), proposed(7, "three", 'A')];
    let this = proposed(8, "this", 'C');
    let file = PathHistory { landed: &landed, pending: &others, this: &this, values: None };
    let found = signals(&[file], &StormLimits::default(), minute(25));
    assert_eq!(kinds(&found), "storm 5/3, oscillation 3");
    let Signal::Storm { burst, .. } = &found[0] else { panic!("{found:?}") };
    assert_eq!(basis(&burst.events), TimeBasis::CommitDate, "some of it rests on what commits say");
    assert_eq!(basis(&landed), TimeBasis::Observed);
}

/// An agent chooses its dates: far back, so that it is not of late, or far ahead, so that what it ends has lasted.
#[test]
fn dates_of_a_proposal_hide_nothing() {
    let landed = story("0 A, 10 B");
    for at in [-1_000_000, 20] {
        let this = Event { source: Source::Pending("this".into()), ..event(9, at, 'B', 'A') };
        let file = PathHistory { landed: &landed, pending: &[], this: &this, values: None };
        assert_eq!(kinds(&signals(&[file], &StormLimits::default(), minute(30))), "oscillation 1*", "{at}");
    }
}

#[test]
fn files_that_move_together_are_one_signal() {
    let first = story("0 A, 10 B, 20 A");
    let second: Vec<Event> = first.iter().map(|event| Event { path: "other".into(), ..event.clone() }).collect();
    let of =
        |events: &'static [Event]| PathHistory { landed: &events[..1], pending: &[], this: &events[1], values: None };
    let (first, second): (&[Event], &[Event]) = (first.leak(), second.leak());
    let found = signals(&[of(first), of(second)], &StormLimits::default(), minute(20));
    let [Signal::Oscillation { paths, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(paths.len(), 2);
}

proptest::proptest! {
    /// Whatever the dates say, nothing breaks, and a flip is a return to a content that was there.
    #[test]
    fn never_panics(states in proptest::collection::vec((proptest::prelude::any::<i32>(), 0_u8..4), 2..60)) {
        let text: Vec<String> = states.iter().map(|(at, state)| format!("{at} {}", (b'a' + state) as char)).collect();
        let _ = last(&text.join(", "));
    }
}

/// That a value goes back soon is as sure as when it was left.
#[test]
fn an_oscillation_rests_on_when_the_value_was_left_too() {
    let mut events = story("0 A, 10 B");
    let this = event(9, 20, 'B', 'A');
    let basis = |landed: &[Event]| {
        let file = PathHistory { landed, pending: &[], this: &this, values: None };
        let found = signals(&[file], &StormLimits::default(), minute(20));
        found.iter().find(|signal| signal.name() == "oscillation").map(|one| (one.basis(), one.sentence()))
    };
    let (observed, said) = basis(&events).expect("an oscillation");
    assert!(observed == TimeBasis::Observed && !said.contains("by commit dates"), "{said}");
    if let Some(last) = events.last_mut() {
        last.at.basis = TimeBasis::CommitDate;
    }
    let (dated, said) = basis(&events).expect("an oscillation");
    assert!(dated == TimeBasis::CommitDate && said.contains("by commit dates"), "{said}");
}
