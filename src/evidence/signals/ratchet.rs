//! Ratchets: an amount that is only ever moved the same way, a little at a time: 4 → 3 → 2.5 → 2.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Event, FieldRef, PathHistory, Signal, Track, Turned};

/// So many steps the same way, that of the change that is looked at among them, are a ratchet.
const STEPS: usize = 3;
/// Steps that are listed: the newest.
const LISTED: usize = 20;

/// One step of a ratchet.
#[derive(Debug, Clone, PartialEq)]
pub struct Notch {
    /// The change.
    pub event: Event,
    /// What it did to the amount.
    pub turned: Turned,
}

/// The ratchet that a field is in, if the change that is looked at goes on with it. A step the other way ends it.
pub(super) fn ratchet(file: &PathHistory<'_>, track: &Track) -> Option<Signal> {
    let this = track.this.as_ref().filter(|_| track.is_capacity)?;
    let (mut from, to) = this.numbers?;
    let way = direction(from, to)?;
    let mut steps = vec![Notch { event: file.this.clone(), turned: this.clone() }];
    for turned in track.landed.iter().rev() {
        let Some((before, after)) = turned.numbers.filter(|(before, after)| direction(*before, *after) == Some(way))
        else {
            break;
        };
        // Something between is not known.
        let (Some(event), true) = (file.landed.get(turned.at), after == from) else { break };
        steps.push(Notch { event: event.clone(), turned: turned.clone() });
        from = before;
    }
    if steps.len() < STEPS {
        return None;
    }
    steps.truncate(LISTED);
    steps.reverse();
    let field = FieldRef::of(&file.this.path, track);
    Some(Signal::Ratchet { paths: vec![file.this.path.clone()], field, steps, lowers: way == Ordering::Less })
}

fn direction(before: Decimal, after: Decimal) -> Option<Ordering> {
    Some(after.cmp(&before)).filter(|way| way.is_ne())
}
