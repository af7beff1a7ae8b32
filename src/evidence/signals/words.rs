//! Signals in words.

use bstr::BString;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Event, FieldRef, Flip, Notch, Signal, Source, Turned, basis};
use crate::diff::fields::{called, value_text};
use crate::model::text::{count, printable_bytes, single_line};
use crate::model::{Moment, TimeBasis};

impl Signal {
    /// The word that it is called by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Storm { .. } => "storm",
            Self::Oscillation { .. } => "oscillation",
            Self::Ratchet { .. } => "ratchet",
            Self::Duplicate(_) => "duplicate",
            Self::Collision(_) => "collision",
            Self::Repeat(_) => "repeat",
            Self::Hostile(found) => found.name(),
            Self::Unusual(_) => "unusual",
        }
    }

    /// What it says, in a line that is fit for a terminal.
    #[must_use]
    pub fn sentence(&self) -> String {
        let paths = self.paths();
        let first = paths.first().map(|path| printable_bytes(path)).unwrap_or_default();
        let files = if paths.len() > 1 { format!("{first} and {} more", paths.len() - 1) } else { first };
        let what = match self {
            Self::Storm { burst, .. } => {
                let changes = format!("{} within {}", count(burst.changes, "change"), words(burst.within));
                match burst.flips {
                    0 => changes,
                    flips => format!("{changes}, {} within {}", count(flips, "return"), words(burst.flips_within)),
                }
            }
            Self::Oscillation { fields, flips, this, .. } => of_fields(fields) + &returns(flips, *this),
            Self::Ratchet { field, steps, lowers, .. } => {
                let way = if *lowers { "lowered" } else { "raised" };
                format!("{}{way} step by step, {}", of_fields(std::slice::from_ref(field)), amounts(steps))
            }
            Self::Duplicate(found) => return format!("duplicate: {}", found.sentence()),
            Self::Collision(found) => return format!("collision: {}", found.sentence()),
            Self::Repeat(found) => return format!("repeat: {}", found.sentence()),
            Self::Hostile(found) => return format!("{}: {}", found.name(), found.sentence()),
            Self::Unusual(found) => return format!("unusual: {}", found.sentence()),
        };
        let doubt = if self.basis() == TimeBasis::CommitDate { ", by commit dates" } else { "" };
        format!("{}: {what}{doubt}: {files}", self.name())
    }

    /// The changes that it rests on, a line each, oldest first; as they came where they are the agent's words.
    pub fn told(&self) -> impl Iterator<Item = String> {
        let lines: Vec<String> = match self {
            Self::Storm { burst, .. } => burst.events.iter().map(told).collect(),
            Self::Oscillation { flips, .. } => flips
                .iter()
                .map(|flip| {
                    let turned = flip.turned.as_ref().map(|turned| format!("; {}", step(turned))).unwrap_or_default();
                    format!("{}{turned}; back to what was left {}", told(&flip.event), moment(flip.left))
                })
                .collect(),
            Self::Ratchet { steps, .. } => {
                steps.iter().map(|notch| format!("{}; {}", told(&notch.event), step(&notch.turned))).collect()
            }
            Self::Duplicate(found) => found.told(),
            Self::Collision(found) => found.told(),
            Self::Repeat(found) => found.told(),
            Self::Hostile(found) => found.told(),
            Self::Unusual(_) => Vec::new(),
        };
        lines.into_iter()
    }

    /// The files that it is about, in path order; none where it is not about files.
    #[must_use]
    pub fn paths(&self) -> &[BString] {
        match self {
            Self::Storm { paths, .. } | Self::Oscillation { paths, .. } | Self::Ratchet { paths, .. } => paths,
            Self::Collision(found) => &found.paths,
            Self::Repeat(found) => found.paths(),
            Self::Duplicate(_) | Self::Hostile(_) | Self::Unusual(_) => &[],
        }
    }

    /// What its times rest on; what has none rests on no date.
    #[must_use]
    pub fn basis(&self) -> TimeBasis {
        match self {
            Self::Storm { burst, .. } => basis(&burst.events),
            // That something goes back soon rests on when it was left, too.
            Self::Oscillation { flips, .. } if flips.iter().all(Flip::is_observed) => TimeBasis::Observed,
            Self::Oscillation { .. } => TimeBasis::CommitDate,
            Self::Ratchet { steps, .. } => basis(steps.iter().map(|notch| &notch.event)),
            _ => TimeBasis::Observed,
        }
    }
}

/// `a`, `a and b`, `a, b, c and 4 more`: names that somebody else wrote, fit for a terminal.
pub(super) fn named(names: &[&str]) -> String {
    const NAMED: usize = 3;
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| single_line(name)).collect();
    match (names.len().saturating_sub(NAMED), shown.split_last()) {
        (0, Some((last, []))) => last.clone(),
        (0, Some((last, before))) => format!("{} and {last}", before.join(", ")),
        (more, _) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `memory limit `, `backup and 2 more fields `; nothing where a whole file is meant.
fn of_fields(fields: &[FieldRef]) -> String {
    let Some(first) = fields.first() else { return String::new() };
    let object = first.document.name.as_deref().map(|name| format!("{} ", single_line(name))).unwrap_or_default();
    match fields.len() - 1 {
        0 => format!("{object}{} ", called(&first.path)),
        more => format!("{object}{} and {} ", called(&first.path), count(more, "more field")),
    }
}

/// `4 → 3 → 2.5 → 2`.
fn amounts(steps: &[Notch]) -> String {
    let first = steps.first().map(|notch| shown(notch.turned.before.as_ref()));
    let rest = steps.iter().map(|notch| shown(notch.turned.after.as_ref()));
    first.into_iter().chain(rest).collect::<Vec<_>>().join(" → ")
}

/// `on → off`.
fn step(turned: &Turned) -> String {
    format!("{} → {}", shown(turned.before.as_ref()), shown(turned.after.as_ref()))
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), value_text)
}

fn returns(flips: &[Flip], this: bool) -> String {
    let others = flips.len().saturating_sub(usize::from(this));
    match (this, flips.last(), others) {
        (true, Some(flip), 0) => format!("goes back to what it was until {}", moment(flip.left)),
        (true, Some(flip), others) => {
            format!("goes back to what it was until {}, after {}", moment(flip.left), count(others, "return"))
        }
        (_, _, others) => format!("{} to what was there before", count(others, "return")),
    }
}

fn told(event: &Event) -> String {
    let source = match &event.source {
        Source::Landed(commit) => commit.short(9),
        Source::Pending(proposal) => format!("proposed by {proposal}"),
    };
    format!("{}  {source}  {}: {}", moment(event.at), event.who, event.subject)
}

/// To the second, since two changes of one minute are what a storm is made of.
fn moment(moment: Moment) -> String {
    moment.at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y %H:%M:%S").to_string()
}

fn words(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    for (unit, name) in [(86_400, "d"), (3600, "h"), (60, "min")] {
        if seconds >= unit && seconds % unit == 0 {
            return format!("{} {name}", seconds / unit);
        }
    }
    format!("{seconds} s")
}
