//! How often signals speak over real histories: every commit of the target is looked at as if it were a proposal on the one
//! before it, with everything after it cut off. Ordinary histories have few storms, oscillations and ratchets; each rate is
//! held by a bound, and a sample is printed to be read.

use std::collections::HashMap;
use std::time::Duration;

use bstr::{BString, ByteSlice as _};
use countersign::diff::fields::{ValueMove, has_values};
use countersign::evidence::signals::{Event, PathHistory, Signal, StormLimits, Tracks, signals};
use countersign::io::clock::Clock;
use countersign::io::git::repository::LocalRepository;
use countersign::io::git::store::{Store, Writes};
use countersign::io::index::{Index, Request};
use countersign::io::values::{Reading, ValueCache};
use countersign::model::PastTouch;
use countersign::model::field::{FieldChange, FieldOp};

use super::super::support::needs;

/// Commits of a history in which something was found.
#[derive(Debug, Default)]
struct Rates {
    commits: usize,
    /// Of contents alone: storms, oscillations.
    contents: [usize; 2],
    /// With values: storms, oscillations, ratchets.
    found: [usize; 3],
    said: Vec<String>,
}

#[test]
fn ordinary_histories_raise_few_alarms() {
    for name in ["onedr0p/home-ops", "joryirving/home-ops"] {
        let Some(path) = needs::corpus(name) else { return };
        let folder = tempfile::tempdir().expect("a folder");
        let mut repository = LocalRepository::open(&path, None, None).expect("a repository");
        // A mirror without a configuration is taken for the `.git` of the folder around it.
        repository.workdir = None;
        let tip = repository.target().expect("a target").tip;
        let now = Clock::System.now();
        let request = Request { repository: &repository, tip, now, asked: false, patience: Duration::ZERO };
        let view = Index::of(folder.path(), &path, None).update(&request, &|_| {}).expect("an index");
        let store = repository.store(Writes::InMemory).expect("objects");
        let [bots, people] = replay(&store, &view.moves_from(0, usize::MAX >> 1).expect("moves"));
        for (who, rates) in [("bots", &bots), ("people", &people)] {
            let rate = |found: usize| found as f64 * 1000.0 / rates.commits.max(1) as f64;
            let [storms, oscillations, ratchets] = rates.found.map(rate);
            let [by_content, back_by_content] = rates.contents.map(rate);
            needs::say(&format!(
                "{name}: of {} commits by {who}, in 1,000: {storms:.1} in a storm (contents alone: {by_content:.1}), \
                 {oscillations:.1} oscillate ({back_by_content:.1}), {ratchets:.1} go on with a ratchet",
                rates.commits
            ));
            let step = (rates.said.len() / 20).max(1);
            let sampled = |(at, said): &(usize, &String)| at % step == 0 || said.contains(": ratchet: ");
            rates.said.iter().enumerate().filter(sampled).for_each(|(_, said)| needs::say(said));
        }
        let rate = |found: usize, rates: &Rates| found as f64 * 1000.0 / rates.commits.max(1) as f64;
        for (bot, person, at) in [(2.0, 60.0, 0), (8.0, 160.0, 1), (2.0, 20.0, 2)] {
            assert!(rate(bots.found[at], &bots) < bot && rate(people.found[at], &people) < person, "{name}: {at}");
        }
    }
}

/// How one path moved so far.
#[derive(Default)]
struct Moved {
    events: Vec<Event>,
    readings: Vec<Reading>,
}

/// Changes of a path that are kept, and those of them whose values are followed.
const KEPT: usize = 500;
const FOLLOWED: usize = 60;

fn replay(store: &Store, moves: &[PastTouch]) -> [Rates; 2] {
    let cache = ValueCache::default();
    let mut past: HashMap<BString, Moved> = HashMap::new();
    let mut rates = [Rates::default(), Rates::default()];
    for commit in moves.chunk_by(|one, next| one.commit.place == next.commit.place) {
        let read = |touch: &PastTouch| -> Reading {
            cache.of(store, touch.path.as_bstr(), &[(touch.before, touch.after)]).remove(0)
        };
        let events: Vec<(Event, Reading)> = commit.iter().map(|touch| (Event::landed(touch), read(touch))).collect();
        let author = commit[0].commit.author.name.to_lowercase();
        let person = !(author.contains("bot") || author.contains("renovate"));
        look(&mut rates[usize::from(person)], &past, &events, commit);
        for (event, reading) in events {
            let moved = past.entry(event.path.clone()).or_default();
            moved.events.push(event);
            moved.readings.push(reading);
        }
    }
    rates
}

fn look(rates: &mut Rates, past: &HashMap<BString, Moved>, events: &[(Event, Reading)], commit: &[PastTouch]) {
    let limits = StormLimits::default();
    let none = Moved::default();
    let moved = |event: &Event| past.get(&event.path).unwrap_or(&none);
    let landed = |event: &Event| {
        let events = &moved(event).events;
        &events[events.len().saturating_sub(KEPT)..]
    };
    let tracks: Vec<Option<Tracks>> = events
        .iter()
        .map(|(event, reading)| {
            let before = &moved(event).readings;
            let before = &before[before.len().saturating_sub(KEPT)..];
            let old = before.len().saturating_sub(FOLLOWED);
            let told = before[old..].iter().map(|reading| reading.as_deref().ok());
            let landed: Vec<Option<&[ValueMove]>> = std::iter::repeat_n(None, old).chain(told).collect();
            let own = reading.as_deref().ok();
            let fields: Vec<FieldChange> = own.into_iter().flatten().map(|one| field(&event.path, one)).collect();
            let all: Vec<&FieldChange> = fields.iter().collect();
            has_values(event.path.as_bstr()).then(|| Tracks::of(&all, !all.is_empty(), &landed, &[]))
        })
        .collect();
    let history = |values: bool| -> Vec<PathHistory<'_>> {
        events
            .iter()
            .zip(&tracks)
            .map(|((this, _), tracks)| PathHistory {
                landed: landed(this),
                pending: &[],
                this,
                values: tracks.as_ref().filter(|_| values),
            })
            .collect()
    };
    let now = events[0].0.at.at;
    let kinds = |found: &[Signal]| {
        let has = |name: &str| usize::from(found.iter().any(|signal| signal.name() == name));
        [has("storm"), has("oscillation"), has("ratchet")]
    };
    let [storms, oscillations, _] = kinds(&signals(&history(false), &limits, now));
    let found = signals(&history(true), &limits, now);
    rates.commits += 1;
    rates.contents = [rates.contents[0] + storms, rates.contents[1] + oscillations];
    rates.found = std::array::from_fn(|at| rates.found[at] + kinds(&found)[at]);
    if let Some(last) = found.last() {
        let commit = &commit[0].commit;
        rates.said.push(format!("  {} {:.60}: {}", commit.oid.short(9), commit.subject, last.sentence()));
    }
}

/// A move of a value as the difference of a proposal has it.
fn field(file: &BString, one: &ValueMove) -> FieldChange {
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
        ..FieldChange::of(file.clone(), one.document.clone(), one.path.clone(), op)
    }
}
