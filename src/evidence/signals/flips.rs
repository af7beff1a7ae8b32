//! Oscillation: A → B → A.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{Event, PathHistory, Signal, Source, StormLimits};
use crate::model::{Moment, Side};

/// Flips that are listed: the newest.
const LISTED: usize = 40;
/// A second return within this time is an oscillation, however long each lasted.
const AGAIN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A change that goes back to what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flip {
    /// The change.
    pub event: Event,
    /// When that content had been left.
    pub left: Moment,
    /// What had left it.
    pub left_by: Source,
}

impl Flip {
    /// How long the content between lasted.
    #[must_use]
    pub fn lasted(&self) -> SignedDuration {
        self.event.at.at.duration_since(self.left.at)
    }
}

/// Every change of a path that goes back to a content that it had before: what landed in order, then what is proposed by
/// others, last what is looked at.
pub(super) fn flips(file: &PathHistory<'_>) -> Vec<Flip> {
    let mut left: HashMap<Option<Side>, &Event> = HashMap::new();
    let mut flips = Vec::new();
    let flip = |left: &HashMap<Option<Side>, &Event>, event: &Event| {
        left.get(&event.after).map(|leaver| Flip {
            event: event.clone(),
            left: leaver.at,
            left_by: leaver.source.clone(),
        })
    };
    for event in file.landed {
        left.insert(event.before, event);
        flips.extend(flip(&left, event));
    }
    // Each of these begins with what the target has; none follows another.
    flips.extend(file.pending.iter().filter_map(|event| flip(&left, event)));
    flips.extend(flip(&left, file.this));
    flips
}

/// The flips of late. What is looked at is always one: it would land now, whatever date it carries.
pub(super) fn recent<'f>(
    flips: &'f [Flip],
    within: SignedDuration,
    now: Timestamp,
    this: &'f Event,
) -> impl DoubleEndedIterator<Item = &'f Flip> {
    let late = move |event: &Event| now.duration_since(event.at.at) <= within || event.source == this.source;
    flips.iter().filter(move |flip| late(&flip.event))
}

/// A return is an oscillation where it comes soon after the content was left, or where it is not the first one of late; or
/// where the file is flipped so often that policy calls it a storm.
pub(super) fn oscillation(
    file: &PathHistory<'_>,
    flips: &[Flip],
    limits: &StormLimits,
    now: Timestamp,
) -> Option<Signal> {
    let this = flips.last().filter(|flip| flip.event.source == file.this.source);
    let again = recent(flips, AGAIN, now, file.this).count() > 1;
    // That a file which was tried out is taken away again is no oscillation; that it comes and goes is.
    let soon = |flip: &Flip| flip.lasted() <= limits.flips_within && flip.event.after.is_some();
    let back = this.is_some_and(|flip| soon(flip) || again);
    let stormy = recent(flips, limits.flips_within, now, file.this).count() >= limits.flips;
    if !back && !stormy {
        return None;
    }
    let mut listed: Vec<Flip> = recent(flips, AGAIN, now, file.this).rev().take(LISTED).cloned().collect();
    listed.reverse();
    Some(Signal::Oscillation { paths: vec![file.this.path.clone()], flips: listed, this: this.is_some() })
}
