//! Which way a lesson points: what it forbids a value to do, as far as its words tell.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::model::field::{FieldChange, FieldOp, Unit};

/// What a change does to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Lower,
    Raise,
    Remove,
    Add,
    Off,
    On,
}

impl Move {
    const fn opposite(self) -> Self {
        match self {
            Self::Lower => Self::Raise,
            Self::Raise => Self::Lower,
            Self::Remove => Self::Add,
            Self::Add => Self::Remove,
            Self::Off => Self::On,
            Self::On => Self::Off,
        }
    }
}

/// Words for what is done, by their stems.
const DOING: &[(&str, Move)] = &[
    ("lower", Move::Lower),
    ("reduc", Move::Lower),
    ("decreas", Move::Lower),
    ("shrink", Move::Lower),
    ("cut", Move::Lower),
    ("halv", Move::Lower),
    ("downsiz", Move::Lower),
    ("rais", Move::Raise),
    ("increas", Move::Raise),
    ("grow", Move::Raise),
    ("bump", Move::Raise),
    ("doubl", Move::Raise),
    ("remov", Move::Remove),
    ("delet", Move::Remove),
    ("drop", Move::Remove),
    ("add", Move::Add),
    ("disabl", Move::Off),
    ("enabl", Move::On),
];

/// Words for where a value is.
const BEING: &[(&str, Move)] = &[
    ("below", Move::Lower),
    ("under", Move::Lower),
    ("fewer", Move::Lower),
    ("less", Move::Lower),
    ("above", Move::Raise),
    ("over", Move::Raise),
    ("exceed", Move::Raise),
    ("more", Move::Raise),
];

const ENDINGS: [&str; 8] = ["", "e", "s", "es", "ed", "d", "ing", "ting"];
const NEGATIONS: [&str; 8] = ["never", "not", "no", "don", "dont", "avoid", "stop", "cannot"];
const OPENERS: [&str; 3] = ["always", "please", "do"];

/// What values are called; a lesson that names some is about those.
const NOUNS: [&str; 20] = [
    "memory",
    "cpu",
    "replica",
    "storage",
    "limit",
    "request",
    "retention",
    "timeout",
    "image",
    "tag",
    "version",
    "schedule",
    "interval",
    "backup",
    "probe",
    "budget",
    "disk",
    "volume",
    "instance",
    "capacity",
];

/// What a lesson forbids.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Forbidden {
    /// Ways that values must not go; `None` where its words name no way, or both.
    moves: Option<Vec<Move>>,
    /// What it is about; empty where it does not say.
    nouns: Vec<&'static str>,
    /// The number of pieces below which a value must not go.
    floor: Option<Decimal>,
}

impl Forbidden {
    /// Reads a lesson.
    pub(super) fn of(lesson: &str) -> Self {
        let lower = lesson.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
        let words: Vec<&str> =
            words.iter().map(|word| word.trim_matches('.')).filter(|word| !word.is_empty()).collect();
        let nouns = NOUNS.into_iter().filter(|noun| words.iter().any(|word| is_noun(word, noun))).collect();
        let moves = moves(&words);
        let lowers = moves.as_deref() == Some(&[Move::Lower]);
        let mut numbers = words.iter().rev().filter_map(|word| word.parse().ok());
        let floor = numbers.next().filter(|_| lowers);
        Self { moves, nouns, floor }
    }

    /// Whether it says which way.
    pub(super) const fn has_direction(&self) -> bool {
        self.moves.is_some()
    }

    /// Whether a change goes the way that it forbids.
    pub(super) fn forbids(&self, field: &FieldChange) -> bool {
        let path = field.path.to_string().to_lowercase();
        let meant = self.nouns.is_empty() || self.nouns.iter().any(|noun| path.contains(noun));
        let high_enough = match (self.floor, field.after_number, field.unit) {
            (Some(floor), Some(after), Some(Unit::Count)) => after >= floor,
            _ => false,
        };
        let done = done(field);
        meant && !high_enough && self.moves.as_ref().is_none_or(|moves| done.iter().any(|one| moves.contains(one)))
    }
}

fn is_noun(word: &str, noun: &str) -> bool {
    word.strip_prefix(noun).is_some_and(|ending| matches!(ending, "" | "s"))
}

/// What the words forbid. "Never lower", "lowering needs a test": what they name. "Raise", "keep above": the opposite.
fn moves(words: &[&str]) -> Option<Vec<Move>> {
    let first = words.iter().position(|word| !OPENERS.contains(word));
    let negated = |at: usize| words[..at].iter().any(|word| NEGATIONS.contains(word));
    let mut forbidden: Vec<Move> = Vec::new();
    let mut forbid = |one| {
        if !forbidden.contains(&one) {
            forbidden.push(one);
        }
    };
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).copied();
        match (before, *word) {
            (Some("at"), "least") | (_, "minimum" | "min") => forbid(Move::Lower),
            (Some("at"), "most") | (_, "maximum" | "max") => forbid(Move::Raise),
            _ => {}
        }
        if let Some((_, being)) = BEING.iter().find(|(name, _)| is_noun(word, name)) {
            forbid(if negated(at) { *being } else { being.opposite() });
        }
        if let Some((_, doing)) = DOING.iter().find(|(stem, _)| is_form(word, stem)) {
            let command = first == Some(at) && !word.ends_with("ing");
            forbid(if command { doing.opposite() } else { *doing });
        }
    }
    let both = forbidden.iter().any(|one| forbidden.contains(&one.opposite()));
    (!forbidden.is_empty() && !both).then_some(forbidden)
}

fn is_form(word: &str, stem: &str) -> bool {
    word.strip_prefix(stem).is_some_and(|ending| ENDINGS.contains(&ending))
}

/// What a change does to its value.
fn done(field: &FieldChange) -> Vec<Move> {
    let mut done = Vec::new();
    match (field.before_number, field.after_number) {
        (Some(before), Some(after)) if after < before => done.push(Move::Lower),
        (Some(before), Some(after)) if after > before => done.push(Move::Raise),
        _ => {}
    }
    match field.op {
        FieldOp::Removed => done.push(Move::Remove),
        FieldOp::Added => done.push(Move::Add),
        FieldOp::Modified | FieldOp::Moved => {}
    }
    let truth = |value: &Option<Value>| value.as_ref().and_then(Value::as_bool);
    match (truth(&field.before), truth(&field.after)) {
        (Some(true) | None, Some(false)) => done.push(Move::Off),
        (Some(false) | None, Some(true)) => done.push(Move::On),
        _ => {}
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field::{DocumentName, FieldPath, PathStep};

    pub(in crate::evidence::signals) fn number(path: &str, before: i64, after: i64) -> FieldChange {
        FieldChange {
            before: Some(before.into()),
            after: Some(after.into()),
            before_number: Some(before.into()),
            after_number: Some(after.into()),
            unit: Some(Unit::Count),
            is_capacity: true,
            ..FieldChange::of(
                "a.yaml".into(),
                DocumentName::default(),
                FieldPath(path.split('.').map(|key| PathStep::Key(key.into())).collect()),
                FieldOp::Modified,
            )
        }
    }

    #[test]
    fn lessons_say_which_way_they_point() {
        let lower = number("spec.replicas", 3, 1);
        let raise = number("spec.replicas", 1, 3);
        for (lesson, against_lower, against_raise) in [
            ("Never lower replicas of checkout.", true, false),
            ("Do not reduce the replicas in December.", true, false),
            ("Lowering replicas needs a load test.", true, false),
            ("Keep at least 2 replicas.", true, false),
            ("Do not go below 2 replicas.", true, false),
            ("Keep replicas above 2.", true, false),
            ("Raise replicas instead.", true, false),
            ("Never raise replicas without asking finance.", false, true),
            ("Run at most 2 replicas.", false, true),
            ("Lower replicas.", false, true),
            ("Raising or lowering replicas needs a ticket.", true, true),
            ("Ask the team before changing replicas.", true, true),
            ("Never lower the memory limit.", false, false),
            ("Do not remove replicas.", false, false),
        ] {
            let forbidden = Forbidden::of(lesson);
            assert_eq!(
                (forbidden.forbids(&lower), forbidden.forbids(&raise)),
                (against_lower, against_raise),
                "{lesson}"
            );
        }
        let least = Forbidden::of("Keep at least 2 replicas.");
        assert!(!least.forbids(&number("spec.replicas", 5, 2)), "it is kept");
    }

    #[test]
    fn switches_and_removals_have_a_direction_too() {
        let mut off = number("spec.backup.enabled", 0, 0);
        (off.before, off.after) = (Some(true.into()), Some(false.into()));
        (off.before_number, off.after_number, off.unit) = (None, None, None);
        assert!(Forbidden::of("Never disable backups.").forbids(&off));
        assert!(Forbidden::of("Enable backups.").forbids(&off));
        assert!(!Forbidden::of("Do not enable backups.").forbids(&off));
        off.op = FieldOp::Removed;
        assert!(Forbidden::of("Never delete a backup.").forbids(&off));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(lesson in "\\PC{0,100}", words in "((never|raise|lower|at least|[0-9]{1,40}|below|no) ){0,8}") {
            for lesson in [lesson, words] {
                let _ = Forbidden::of(&lesson).forbids(&number("spec.replicas", 3, 1));
            }
        }
    }
}
