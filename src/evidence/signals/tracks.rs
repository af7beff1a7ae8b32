//! Tracks: how single fields moved, from what each change of their file did to values.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::diff::fields::ValueMove;
use crate::evidence::turn::{self, is_positional, turn_of};
use crate::model::field::{DocumentName, FieldChange, FieldOp, FieldPath, masked};

/// Fields of one file that are followed.
const FIELDS: usize = 200;

/// How one field of a file moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Which document of the file.
    pub document: DocumentName,
    /// Where in the document.
    pub path: FieldPath,
    /// Whether it decides how much there is of something.
    pub is_capacity: bool,
    /// What landed changes did to it, oldest first.
    pub landed: Vec<Turned>,
    /// What others propose to do to it.
    pub pending: Vec<Turned>,
    /// What the change that is looked at does to it.
    pub this: Option<Turned>,
}

/// A field that got another value.
#[derive(Debug, Clone, PartialEq)]
pub struct Turned {
    /// Which of the changes did it, from 0.
    pub at: usize,
    /// Before, secrets masked; `None` where it was not set.
    pub before: Option<Value>,
    /// After, secrets masked; `None` where it is not set.
    pub after: Option<Value>,
    /// Both in base units, where both sides count the same.
    pub numbers: Option<(Decimal, Decimal)>,
}

/// What single fields of a file did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracks {
    /// The fields.
    pub fields: Vec<Track>,
    /// Whether they tell all of what is looked at. Where they do not, contents are compared as a whole, too.
    pub whole: bool,
}

impl Tracks {
    /// Follows the fields that a change of a file touches, and those that were switched on and off before. `landed` and `pending`
    /// say for each other change what it did; `None` where that cannot be told. `explained` is whether `fields` are all that the
    /// change does to the file.
    #[must_use]
    pub fn of(
        fields: &[&FieldChange],
        explained: bool,
        landed: &[Option<&[ValueMove]>],
        pending: &[Option<&[ValueMove]>],
    ) -> Self {
        let own = fields.iter().filter(|field| can_return(field)).take(FIELDS);
        let mut tracks: Vec<Track> = own.map(|field| own_track(field, landed, pending)).collect();
        let whole = explained && tracks.len() == fields.iter().filter(|field| field.op != FieldOp::Moved).count();
        let others = switched(landed);
        let is_new = |track: &Track| {
            !fields.iter().any(|own| own.path == track.path && turn::same_document(&own.document, &track.document))
        };
        tracks.extend(others.into_iter().filter(is_new).take(FIELDS));
        Self { fields: tracks, whole }
    }
}

/// Whether it can be told that a field goes back: its values can be seen, and its place is its own.
fn can_return(field: &FieldChange) -> bool {
    field.op != FieldOp::Moved && !is_positional(&field.path) && !hidden(field.before.as_ref(), field.after.as_ref())
}

fn hidden(before: Option<&Value>, after: Option<&Value>) -> bool {
    [before, after].into_iter().flatten().any(|value| *value == masked())
}

fn own_track(field: &FieldChange, landed: &[Option<&[ValueMove]>], pending: &[Option<&[ValueMove]>]) -> Track {
    let turns = |changes: &[Option<&[ValueMove]>]| {
        let turn = |(at, moves): (usize, Option<&[ValueMove]>)| match turn_of(moves?, &field.document, &field.path)? {
            turn::Turn::Value { before, after, numbers } => Some(Turned { at, before, after, numbers }),
            turn::Turn::Part => None,
        };
        changes.iter().copied().enumerate().filter_map(turn).collect()
    };
    let (before, after) = (field.before.clone(), field.after.clone());
    let numbers = field.before_number.zip(field.after_number);
    Track {
        document: field.document.clone(),
        path: field.path.clone(),
        is_capacity: field.is_capacity,
        landed: turns(landed),
        pending: turns(pending),
        this: Some(Turned { at: 0, before, after, numbers }),
    }
}

/// Whether a field goes on and off: changes that undo the one before them, more than once. What is tried with one value after
/// another is no concern of who changes something else in the file.
fn is_switched(track: &Track) -> bool {
    let undoes = |pair: &&[Turned]| (&pair[0].before, &pair[0].after) == (&pair[1].after, &pair[1].before);
    track.landed.windows(2).filter(undoes).count() > 1
}

/// Where a field is: kind and name of its object, else the place of its document, and its path.
type Place<'m> = (Option<&'m str>, Option<&'m str>, usize, &'m FieldPath);

/// The fields that landed changes switched on and off.
fn switched(landed: &[Option<&[ValueMove]>]) -> Vec<Track> {
    let mut found: HashMap<Place<'_>, Track> = HashMap::new();
    for (at, moves) in landed.iter().enumerate() {
        for one in moves.iter().flat_map(|moves| moves.iter()) {
            if is_positional(&one.path) || one.path.0.is_empty() || hidden(one.before.as_ref(), one.after.as_ref()) {
                continue;
            }
            let DocumentName { kind, name, index, .. } = &one.document;
            let place = if name.is_some() { 0 } else { *index };
            let track = found.entry((kind.as_deref(), name.as_deref(), place, &one.path)).or_insert_with(|| Track {
                document: one.document.clone(),
                path: one.path.clone(),
                is_capacity: false,
                landed: Vec::new(),
                pending: Vec::new(),
                this: None,
            });
            let (before, after, numbers) = (one.before.clone(), one.after.clone(), one.numbers);
            track.landed.push(Turned { at, before, after, numbers });
        }
    }
    let mut tracks: Vec<Track> = found.into_values().filter(is_switched).collect();
    tracks.sort_by_key(|track| track.path.to_string());
    tracks
}
