//! Oscillation: A → B → A, of a field's value or of a whole file.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Event, FieldRef, PathHistory, Signal, Source, StormLimits, Track, Turned};
use crate::model::{Moment, Side, TimeBasis};

/// Flips that are listed: the newest.
const LISTED: usize = 40;
/// A second return within this time is an oscillation, however long each lasted. Flips before it are not looked for.
pub const AGAIN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A change that goes back to what was there before.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// The change.
    pub event: Event,
    /// What it did to the field that went back; `None` where the file went back as a whole.
    pub turned: Option<Turned>,
    /// When what it goes back to had been left.
    pub left: Moment,
    /// What had left it.
    pub left_by: Source,
    /// Whether that took it back: what it goes back to had been tried, and was found wanting.
    pub taken_back: bool,
}

impl Flip {
    /// How long what was between lasted.
    #[must_use]
    pub fn lasted(&self) -> SignedDuration {
        self.event.at.at.duration_since(self.left.at)
    }

    /// Whether both of its times were observed: when it came, and when what it goes back to had been left.
    #[must_use]
    pub const fn is_observed(&self) -> bool {
        matches!((self.event.at.basis, self.left.basis), (TimeBasis::Observed, TimeBasis::Observed))
    }

    /// Whether it waits, and would do what another one would.
    fn proposes_as(&self, other: Option<&Self>) -> bool {
        let (Some(other), Source::Pending(_)) = (other, &self.event.source) else { return false };
        let after = |flip: &Self| flip.turned.as_ref().map(|turned| turned.after.clone());
        self.event.source != other.event.source
            && after(self) == after(other)
            && (self.turned.is_some() || self.event.after == other.event.after)
    }

    /// Whether it takes away what had come.
    fn takes_away(&self) -> bool {
        self.turned.as_ref().map_or(self.event.after.is_none(), |turned| turned.after.is_none())
    }
}

/// A change as it is compared with others: from what to what.
struct Step<'a, K> {
    event: &'a Event,
    before: K,
    after: K,
    turned: Option<&'a Turned>,
}

/// Every change that goes back to what was there before: what landed in order, then what is proposed by others, last what is
/// looked at.
fn returns<'a, K: Hash + Eq>(
    landed: impl Iterator<Item = Step<'a, K>>,
    open: impl Iterator<Item = Step<'a, K>>,
) -> Vec<Flip> {
    let mut left: HashMap<K, &Event> = HashMap::new();
    let mut flips = Vec::new();
    let flip = |left: &HashMap<K, &Event>, step: &Step<'_, K>| {
        left.get(&step.after).map(|leaver| Flip {
            event: step.event.clone(),
            turned: step.turned.cloned(),
            left: leaver.at,
            left_by: leaver.source.clone(),
            taken_back: leaver.takes_back,
        })
    };
    for step in landed {
        // What it leaves is left before it arrives: a change to the same is none, and no return either.
        if step.before != step.after {
            flips.extend(flip(&left, &step));
            left.insert(step.before, step.event);
        }
    }
    // Each of these begins with what the target has; none follows another.
    flips.extend(open.filter_map(|step| flip(&left, &step)));
    flips
}

/// Every change of a file that goes back to a content that it had before.
pub(super) fn of_file(file: &PathHistory<'_>) -> Vec<Flip> {
    let step = |event| Step::<Option<Side>> { event, before: event.before, after: event.after, turned: None };
    returns(file.landed.iter().map(step), file.pending.iter().chain([file.this]).map(step))
}

/// Every change of a field that goes back to a value that it had before.
pub(super) fn of_field(file: &PathHistory<'_>, track: &Track) -> Vec<Flip> {
    fn step<'a>(events: &'a [Event], turned: &'a Turned) -> Option<Step<'a, Option<String>>> {
        let said = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
        let (before, after) = (said(&turned.before), said(&turned.after));
        Some(Step { event: events.get(turned.at)?, before, after, turned: Some(turned) })
    }
    let landed = track.landed.iter().filter_map(|turned| step(file.landed, turned));
    let pending = track.pending.iter().filter_map(|turned| step(file.pending, turned));
    let this = track.this.iter().filter_map(|turned| step(std::slice::from_ref(file.this), turned));
    returns(landed, pending.chain(this))
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

/// The returns of a file: of each of its fields, and as a whole where its fields do not tell all.
pub(super) struct Returns<'t> {
    fields: Vec<(&'t Track, Vec<Flip>)>,
    whole: Vec<Flip>,
}

impl<'t> Returns<'t> {
    pub fn of(file: &PathHistory<'t>) -> Self {
        let fields = file.values.map(|values| values.fields.as_slice()).unwrap_or_default();
        let told = file.values.is_some_and(|values| values.whole);
        Self {
            fields: fields.iter().map(|track| (track, of_field(file, track))).collect(),
            whole: if told { Vec::new() } else { of_file(file) },
        }
    }

    /// How often one thing of the file went back of late.
    pub fn most(&self, within: SignedDuration, now: Timestamp, this: &Event) -> usize {
        let count = |flips: &[Flip]| recent(flips, within, now, this).count();
        let fields = self.fields.iter().map(|(_, flips)| count(flips));
        fields.chain([count(&self.whole)]).max().unwrap_or_default()
    }

    /// The oscillations of the file: of its fields, else as a whole.
    pub fn oscillations(&self, file: &PathHistory<'_>, limits: &StormLimits, now: Timestamp) -> Vec<Signal> {
        // That others go back and forth is a storm, and no oscillation of what is looked at.
        let field = |(track, flips): &(&Track, Vec<Flip>)| {
            let name = track.this.as_ref().map(|_| FieldRef::of(&file.this.path, track))?;
            oscillation(file, flips, Some(name), limits, now)
        };
        let found: Vec<Signal> = self.fields.iter().filter_map(field).collect();
        if found.is_empty() {
            return oscillation(file, &self.whole, None, limits, now).into_iter().collect();
        }
        found
    }
}

/// A return is an oscillation where it comes soon after what it goes back to was left, where that was taken back by a revert,
/// however long ago, or where it is not the first one of late; or where something is flipped so often that policy calls it a storm.
fn oscillation(
    file: &PathHistory<'_>,
    flips: &[Flip],
    field: Option<FieldRef>,
    limits: &StormLimits,
    now: Timestamp,
) -> Option<Signal> {
    let this = flips.last().filter(|flip| flip.event.source == file.this.source);
    // Two that wait and propose the same are no two returns: one of them will have nothing left to do.
    let landed = |flip: &Flip| matches!(flip.event.source, Source::Landed(_));
    let counts = |flip: &&Flip| !flip.proposes_as(this) && (landed(flip) || !flip.takes_away());
    let again = recent(flips, AGAIN, now, file.this).filter(counts).count() > 1;
    // That what was tried out is taken away again is no oscillation; that it comes and goes is.
    let soon = |flip: &Flip| flip.lasted() <= limits.flips_within && !flip.takes_away();
    let back = this.is_some_and(|flip| soon(flip) || again || flip.taken_back && !flip.takes_away());
    let stormy = recent(flips, limits.flips_within, now, file.this).count() >= limits.flips;
    if !back && !stormy {
        return None;
    }
    let mut listed: Vec<Flip> = recent(flips, AGAIN, now, file.this).rev().take(LISTED).cloned().collect();
    listed.reverse();
    let fields = field.into_iter().collect();
    Some(Signal::Oscillation { paths: vec![file.this.path.clone()], fields, flips: listed, this: this.is_some() })
}
