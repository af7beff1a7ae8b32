//! How often signals speak over real histories: every commit of the target is looked at as if it were a proposal on the one
//! before it, with everything after it cut off. Ordinary histories have few storms and few oscillations; each rate is held
//! by a bound, and a sample is printed to be read.

use std::collections::HashMap;
use std::time::Duration;

use bstr::BString;
use countersign::evidence::signals::{Event, PathHistory, Signal, StormLimits, signals};
use countersign::io::clock::Clock;
use countersign::io::git::repository::LocalRepository;
use countersign::io::index::{Index, Request};
use countersign::model::PastTouch;

use super::super::support::needs;

/// Commits of a history in which something was found, in a thousand.
#[derive(Debug, Default)]
struct Rates {
    commits: usize,
    storms: usize,
    oscillations: usize,
    said: Vec<String>,
    /// The same of commits by bots, which are what a queue has.
    bots: [usize; 3],
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
        let rates = replay(&view.moves_from(0, usize::MAX >> 1).expect("moves"));
        let per_thousand = |found: usize, of: usize| found as f64 * 1000.0 / of.max(1) as f64;
        let [bots, bot_storms, bot_oscillations] = rates.bots;
        for (who, of, storms, oscillations) in [
            ("commits", rates.commits, rates.storms, rates.oscillations),
            ("commits of bots", bots, bot_storms, bot_oscillations),
        ] {
            needs::say(&format!(
                "{name}: of {of} {who} {storms} are in a storm ({:.1} in 1,000), {oscillations} oscillate ({:.1} in 1,000)",
                per_thousand(storms, of),
                per_thousand(oscillations, of)
            ));
        }
        let step = (rates.said.len() / 20).max(1);
        rates.said.iter().step_by(step).for_each(|said| needs::say(said));
        assert!(per_thousand(rates.storms, rates.commits) < 15.0, "{name}");
        assert!(per_thousand(rates.oscillations, rates.commits) < 75.0, "{name}");
        assert!(per_thousand(bot_storms, bots) < 2.0 && per_thousand(bot_oscillations, bots) < 8.0, "{name}");
    }
}

fn replay(moves: &[PastTouch]) -> Rates {
    let limits = StormLimits::default();
    let mut past: HashMap<BString, Vec<Event>> = HashMap::new();
    let mut rates = Rates::default();
    for commit in moves.chunk_by(|one, next| one.commit.place == next.commit.place) {
        rates.commits += 1;
        let events: Vec<Event> = commit.iter().map(Event::landed).collect();
        let newest =
            |event: &Event| past.get(&event.path).map_or(&[][..], |past| &past[past.len().saturating_sub(500)..]);
        let files: Vec<PathHistory<'_>> =
            events.iter().map(|this| PathHistory { landed: newest(this), pending: &[], this }).collect();
        let now = events[0].at.at;
        let found = signals(&files, &limits, now);
        let is_storm = |signal: &Signal| matches!(signal, Signal::Storm { .. });
        rates.storms += usize::from(found.iter().any(is_storm));
        rates.oscillations += usize::from(found.iter().any(|signal| !is_storm(signal)));
        let author = commit[0].commit.author.name.to_lowercase();
        if author.contains("bot") || author.contains("renovate") {
            let [all, storms, oscillations] = &mut rates.bots;
            *all += 1;
            *storms += usize::from(found.iter().any(is_storm));
            *oscillations += usize::from(found.iter().any(|signal| !is_storm(signal)));
        }
        if let Some(first) = found.last() {
            let commit = &commit[0].commit;
            rates.said.push(format!("  {} {:.60}: {}", commit.oid.short(9), commit.subject, first.sentence()));
        }
        for event in events {
            past.entry(event.path.clone()).or_default().push(event);
        }
    }
    rates
}
