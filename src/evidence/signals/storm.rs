//! Storms: too many changes of one file in too little time.

use jiff::{SignedDuration, Timestamp};

use super::flips::Returns;
use super::{Event, PathHistory, Signal, StormLimits};

/// Changes of a storm that are listed: the newest.
const LISTED: usize = 40;

/// Changes that came too fast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    /// The most changes that came within [`StormLimits::within`].
    pub changes: usize,
    /// That time.
    pub within: SignedDuration,
    /// How often one thing of the file went back to what was there before, within [`StormLimits::flips_within`].
    pub flips: usize,
    /// That time.
    pub flips_within: SignedDuration,
    /// All changes of the file within the longer of the two times, oldest first; the last ones where there are many.
    pub events: Vec<Event>,
}

impl Burst {
    /// Whether it is made by the same changes.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.events.iter().map(|event| &event.source).eq(other.events.iter().map(|event| &event.source))
    }
}

/// The storm that a path is in now, if it is in one.
pub(super) fn storm(
    file: &PathHistory<'_>,
    returns: &Returns<'_>,
    limits: &StormLimits,
    now: Timestamp,
) -> Option<Signal> {
    let horizon = limits.flips_within.max(limits.within);
    // What is looked at would land now, whatever date it carries.
    let late = |event: &Event| now.duration_since(event.at.at) <= horizon || event.source == file.this.source;
    let all = file.landed.iter().chain(file.pending).chain(std::iter::once(file.this));
    let mut events: Vec<&Event> = all.filter(|event| late(event)).collect();
    // Landed changes keep the order of the target where their times are equal.
    events.sort_by_key(|event| event.at.at);
    let changes = busiest(&events, limits.within);
    let flips = returns.most(limits.flips_within, now, file.this);
    if changes < limits.commits && flips < limits.flips {
        return None;
    }
    let listed = events[events.len().saturating_sub(LISTED)..].iter().map(|event| (*event).clone()).collect();
    let burst = Burst { changes, within: limits.within, flips, flips_within: limits.flips_within, events: listed };
    Some(Signal::Storm { paths: vec![file.this.path.clone()], burst })
}

/// The most events that lie within one such time; they are in order.
fn busiest(events: &[&Event], within: SignedDuration) -> usize {
    let mut from = 0;
    let mut most = 0;
    for (at, event) in events.iter().enumerate() {
        while event.at.at.duration_since(events[from].at.at) > within {
            from += 1;
        }
        most = most.max(at + 1 - from);
    }
    most
}
