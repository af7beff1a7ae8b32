//! Where a value comes from, in a line for people.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::diff::fields::value_text;
use crate::model::text::{count, single_line, truncate};
use crate::model::{FieldOrigin, Repair, Sibling, UndoneBy, ValueSet};

/// Columns of a subject that is quoted.
const SUBJECT: usize = 60;
/// Environments that are named.
const NAMED: usize = 2;

impl FieldOrigin {
    /// Where the value comes from, in a line that is fit for a terminal:
    /// `4Gi: maria, 12 Mar 2025, 9c1e2f0 "fix OOM in checkout", for INC-213; staging has 2Gi for 9 days`.
    /// `None` where nothing is known of it.
    #[must_use]
    pub fn sentence(&self, now: Timestamp) -> Option<String> {
        let mut parts: Vec<String> = match (&self.set, self.earlier.first()) {
            (Some(set), _) => vec![set.sentence()],
            (None, Some(gone)) if gone.value.is_none() => {
                let was = self.earlier.get(1).map(|before| format!(", it was {}", shown(before.value.as_ref())));
                vec![format!("taken away before: {}{}", gone.maker(), was.unwrap_or_default())]
            }
            (None, _) => self.missing.iter().map(|why| format!("not known: {why}")).collect(),
        };
        let named = self.siblings.iter().take(NAMED).map(|sibling| sibling.sentence(now));
        parts.extend(named);
        let more = self.siblings.len().saturating_sub(NAMED);
        if more > 0 {
            parts.push(format!("and {}", count(more, "other environment")));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl ValueSet {
    /// The value and who set it: `4Gi: maria, 12 Mar 2025, 9c1e2f0 "fix OOM in checkout", for INC-213`.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}: {}", shown(self.value.as_ref()), self.maker())
    }

    fn maker(&self) -> String {
        let date = self.at.at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string();
        let subject = single_line(&self.subject);
        let mut said = format!(
            "{}, {date}, {} \"{}\"",
            single_line(&self.author),
            self.commit.short(7),
            truncate(&subject, SUBJECT)
        );
        if let Some(repair) = &self.repairs {
            let _ = write!(said, ", {}", repair.words());
        }
        said
    }
}

impl Repair {
    /// What was put right, in a few words: `for INC-213`, `a fix`, `takes back 9c1e2f0`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Revert { of: Some(of), by, .. } => {
                format!("takes back {}{}", of.short(7), by.map_or("", UndoneBy::words))
            }
            Self::Revert { of: None, .. } => "a revert".to_owned(),
            Self::Fix => "a fix".to_owned(),
            Self::Hotfix => "a hotfix".to_owned(),
            Self::Rollback => "a rollback".to_owned(),
            Self::Workaround => "a workaround".to_owned(),
            Self::Incident { id, .. } => format!("for {}", single_line(id)),
        }
    }
}

impl Sibling {
    fn sentence(&self, now: Timestamp) -> String {
        let place = single_line(&self.environment);
        let Some(value) = &self.value else { return format!("{place} does not set it") };
        let since = self.since.map(|since| format!(" for {}", lasting(now.duration_since(since.at))));
        format!("{place} has {}{}", value_text(value), since.unwrap_or_default())
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), value_text)
}

/// A time in its largest unit: `9 days`.
fn lasting(time: SignedDuration) -> String {
    let hours = time.as_hours().max(0);
    match usize::try_from(hours).unwrap_or_default() {
        0 => "less than an hour".to_owned(),
        hours @ 1..=47 => count(hours, "hour"),
        hours if hours < 24 * 730 => count(hours / 24, "day"),
        hours => count(hours / 24 / 365, "year"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::field::{DocumentName, FieldPath, Lines};
    use crate::model::{Moment, Oid, TimeBasis};

    fn at(day: i64) -> Moment {
        Moment { at: Timestamp::from_second(1_741_773_600 + day * 86_400).unwrap(), basis: TimeBasis::CommitDate }
    }

    fn set(value: Option<Value>, subject: &str, repairs: Option<Repair>) -> ValueSet {
        let commit = Oid::from_bytes([0x9c; 20]);
        ValueSet { value, commit, author: "maria".into(), at: at(0), subject: subject.into(), repairs }
    }

    fn origin() -> FieldOrigin {
        FieldOrigin {
            file: "a.yaml".into(),
            document: DocumentName::default(),
            path: FieldPath::default(),
            lines: Lines::default(),
            set: None,
            earlier: Vec::new(),
            siblings: Vec::new(),
            missing: None,
        }
    }

    #[test]
    fn a_line_says_who_why_and_what_the_others_have() {
        let incident = Repair::Incident { id: "INC-213".into(), title: "Out of memory".into() };
        let staging =
            |value| Sibling { environment: "staging".into(), file: "s.yaml".into(), value, since: Some(at(1)) };
        let known = FieldOrigin {
            set: Some(set(Some(json!("4Gi")), "fix OOM\u{1b}[2J in checkout", Some(incident))),
            siblings: vec![staging(Some(json!("2Gi")))],
            ..origin()
        };
        let line = known.sentence(at(10).at).unwrap();
        assert!(!line.contains('\u{1b}') && line.starts_with("4Gi: maria, 12 Mar 2025, 9c9c9c9 \"fix OOM"), "{line}");
        assert!(line.ends_with("\", for INC-213; staging has 2Gi for 9 days"), "{line}");
        let unset = FieldOrigin { siblings: vec![staging(None)], ..origin() };
        assert_eq!(unset.sentence(at(10).at).as_deref(), Some("staging does not set it"));
        assert_eq!(origin().sentence(at(10).at), None);
    }

    #[test]
    fn what_a_title_alone_tells_is_no_fact() {
        let revert = |by| Repair::Revert { of: Some(Oid::from_bytes([0x1a; 20])), subject: None, by: Some(by) }.words();
        assert_eq!(revert(UndoneBy::Id), "takes back 1a1a1a1");
        assert_eq!(revert(UndoneBy::Title), "takes back 1a1a1a1 (by its title)");
        assert_eq!(revert(UndoneBy::Request), "takes back 1a1a1a1 (by its request's number)");
    }

    #[test]
    fn what_was_taken_away_before_is_told() {
        let gone = FieldOrigin {
            earlier: vec![set(None, "drop it", Some(Repair::Fix)), set(Some(json!(3)), "add it", None)],
            ..origin()
        };
        let line = gone.sentence(at(1).at).unwrap();
        assert_eq!(line, "taken away before: maria, 12 Mar 2025, 9c9c9c9 \"drop it\", a fix, it was 3");
    }
}
