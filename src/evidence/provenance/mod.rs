//! Provenance: which commit gave a field the value that a proposal overwrites, whether that put something right, and what it
//! was before.
//!
//! A [`Trail`] is fed with what each landed change of the file did, newest first, until it knows enough. The commits that it
//! names are the target's; their words are their makers'.

mod siblings;
mod words;

use serde_json::Value;

use super::incidents::{Mending, description_of, is_update, mending};
use super::turn::{Turn, is_positional, turn_of};
use crate::diff::fields::ValueMove;
use crate::model::Repair;
use crate::model::field::{FieldChange, FieldOp};

pub use siblings::{Environments, Twin, same_of};

/// Values that are told: the one that is overwritten, and those before it.
const TOLD: usize = 5;
/// Fields of one proposal whose origin is looked for.
pub const FIELDS: usize = 24;

/// The values that a field had, followed back.
#[derive(Debug)]
pub struct Trail<'f> {
    /// The field change.
    pub field: &'f FieldChange,
    /// Which steps gave it a value, newest first, and which; `None` where the step took it away.
    pub turns: Vec<(usize, Option<Value>)>,
    /// Why it was lost on the way.
    pub lost: Option<&'static str>,
    held: Option<Value>,
    begun: bool,
}

impl<'f> Trail<'f> {
    /// Begins at what a proposal overwrites.
    #[must_use]
    pub fn new(field: &'f FieldChange) -> Self {
        Self { field, turns: Vec::new(), lost: None, held: field.before.clone(), begun: false }
    }

    /// Whether more steps can tell nothing more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.turns.len() >= TOLD || self.lost.is_some() || self.begun
    }

    /// Takes what the landed change number `step` did to the values of the file.
    pub fn feed(&mut self, step: usize, moves: &[ValueMove]) {
        if self.is_over() {
            return;
        }
        match turn_of(moves, &self.field.document, &self.field.path) {
            None => {}
            Some(Turn::Part) => {
                self.turns.push((step, self.held.take()));
                self.lost = Some("it was changed in part, so what it was before is not told");
            }
            Some(Turn::Value { before, after, .. }) => {
                if after != self.held && is_positional(&self.field.path) {
                    self.lost = Some("only its place in a list names it, and the list changed");
                    return;
                }
                self.begun = before.is_none();
                self.turns.push((step, after));
                self.held = before;
            }
        }
    }

    /// Takes that the values of a step cannot be told.
    pub fn stop(&mut self, why: &'static str) {
        if !self.is_over() {
            self.lost = Some(why);
        }
    }
}

/// The field changes whose origins are looked for, in order: what decides how much there is, and versions, before the rest.
#[must_use]
pub fn chosen(fields: &[FieldChange]) -> Vec<&FieldChange> {
    // An object that moved has the values that it had.
    let mut wanted: Vec<(usize, &FieldChange)> =
        fields.iter().enumerate().filter(|(_, field)| field.op != FieldOp::Moved).collect();
    let is_version = |field: &FieldChange| {
        field.path.last_key().is_some_and(|key| matches!(key, "image" | "tag" | "version" | "digest" | "newTag"))
    };
    let rank = |field: &FieldChange| match field {
        field if field.is_capacity => 0,
        field if is_version(field) => 1,
        // What is overwritten or taken away has an origin; what is new has none.
        field => 2 + u8::from(field.op == FieldOp::Added),
    };
    wanted.sort_by_key(|(at, field)| (rank(field), *at));
    wanted.truncate(FIELDS);
    wanted.sort_by_key(|(at, _)| *at);
    wanted.into_iter().map(|(_, field)| field).collect()
}

/// Whether a commit says that it is a fix. Bots call their patch updates so, too; those are none.
fn is_fix(subject: &str) -> bool {
    let (kinds, words) = description_of(subject);
    let lower = words.to_ascii_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default();
    let typed = kinds.iter().any(|kind| matches!(kind.to_ascii_lowercase().as_str(), "fix" | "bugfix"));
    let worded = matches!(first, "fix" | "fixes" | "fixed" | "mend" | "mends");
    (typed || worded) && !is_update(subject)
}

/// What a commit says that it puts right; what it says of itself is more than that it is a fix.
#[must_use]
pub fn said_repair(message: &str) -> Option<Repair> {
    Some(match mending(message) {
        Some(Mending::Hotfix) => Repair::Hotfix,
        Some(Mending::Rollback) => Repair::Rollback,
        Some(Mending::Workaround) => Repair::Workaround,
        None => return is_fix(message.trim_start().lines().next().unwrap_or_default()).then_some(Repair::Fix),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::fields::value_moves;
    use crate::model::field::{DocumentName, FieldPath, PathStep};

    fn change(keys: &[&str], before: Option<Value>) -> FieldChange {
        let path = FieldPath(keys.iter().map(|key| PathStep::Key((*key).into())).collect());
        let op = if before.is_some() { FieldOp::Modified } else { FieldOp::Added };
        FieldChange { before, ..FieldChange::of("a.yaml".into(), DocumentName::default(), path, op) }
    }

    /// Follows a field back through versions, the oldest first.
    fn followed(field: &FieldChange, versions: &[Option<&str>]) -> (Vec<(usize, Option<Value>)>, Option<&'static str>) {
        let versions: Vec<Option<&[u8]>> = versions.iter().map(|text| text.map(str::as_bytes)).collect();
        let moves = value_moves("a.yaml".into(), &versions);
        let mut trail = Trail::new(field);
        for (step, moves) in moves.iter().rev().enumerate() {
            match moves {
                Ok(moves) => trail.feed(step, moves),
                Err(_) => trail.stop("broken"),
            }
        }
        (trail.turns, trail.lost)
    }

    #[test]
    fn the_commit_that_set_a_value_is_the_last_that_moved_it() {
        let field = change(&["m"], Some(json!(4)));
        let story = [None, Some("m: 2\n"), Some("m: 4\n"), Some("m: 4\nx: 1\n"), Some("m: 4\nx: 2\n")];
        assert_eq!(followed(&field, &story), (vec![(2, Some(json!(4))), (3, Some(json!(2)))], None));
    }

    #[test]
    fn a_new_field_may_have_been_there_before() {
        let field = change(&["m"], None);
        let story = [Some("x: 1\n"), Some("m: 2\nx: 1\n"), Some("x: 1\n"), Some("x: 2\n")];
        assert_eq!(followed(&field, &story), (vec![(1, None), (2, Some(json!(2)))], None));
        assert_eq!(followed(&field, &story[2..]), (vec![], None), "it never was");
    }

    #[test]
    fn what_cannot_be_followed_says_so() {
        let field = change(&["m"], Some(json!(4)));
        let (turns, lost) = followed(&field, &[Some("m: 1\n"), Some("m: ["), Some("m: 4\n")]);
        assert_eq!((turns, lost), (vec![], Some("broken")));
        let list = FieldChange {
            path: FieldPath(vec![PathStep::Key("l".into()), PathStep::Index(1)]),
            ..change(&[], Some(json!("b")))
        };
        let (turns, lost) = followed(&list, &[Some("l: [a, c]\n"), Some("l: [a, x]\n"), Some("l: [0, a, b]\n")]);
        assert!(turns.is_empty() || lost.is_some(), "{turns:?} {lost:?}");
        let map = change(&["m"], Some(json!({ "a": 2 })));
        let (turns, lost) = followed(&map, &[Some("m: {a: 1}\n"), Some("m: {a: 2}\n")]);
        assert!(turns.len() == 1 && lost.is_some(), "{turns:?} {lost:?}");
    }

    #[test]
    fn capacity_and_versions_come_first() {
        let mut fields: Vec<FieldChange> = (0..60).map(|n| change(&[&format!("k{n}")], Some(json!(1)))).collect();
        fields[50].is_capacity = true;
        fields[40].path = FieldPath(vec![PathStep::Key("image".into())]);
        let chosen = chosen(&fields);
        let ends: Vec<String> = chosen.iter().rev().take(2).map(|field| field.path.to_string()).collect();
        assert_eq!((chosen.len(), ends), (FIELDS, vec!["k50".to_owned(), "image".to_owned()]));
    }

    #[test]
    fn fixes_are_told_from_updates() {
        for (subject, expected) in [
            ("fix OOM in checkout", true),
            ("fix(plex): raise the memory limit", true),
            ("fixed probes", true),
            ("fix(container): update image ghcr.io/x/y (1.2.3 → 1.2.4)", false),
            ("fix(helm): update chart grafana to 1.2.4", false),
            ("feat: prefix routes", false),
            ("chore: tidy up", false),
            ("", false),
        ] {
            assert_eq!(is_fix(subject), expected, "{subject}");
            assert_eq!(said_repair(subject), expected.then_some(Repair::Fix), "{subject}");
        }
        assert_eq!(said_repair("fix: raise it (hotfix)"), Some(Repair::Hotfix));
        assert_eq!(said_repair("fix: pin it\n\nA workaround until the next one."), Some(Repair::Workaround));
    }
}
