//! Signals in words.

use jiff::{SignedDuration, Timestamp};

use super::{Event, Flip, Signal, Source, basis};
use crate::model::text::{count, printable_bytes};
use crate::model::{Moment, TimeBasis};

impl Signal {
    /// The word that it is called by.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Storm { .. } => "storm",
            Self::Oscillation { .. } => "oscillation",
        }
    }

    /// What it says, in a line that is fit for a terminal.
    #[must_use]
    pub fn sentence(&self) -> String {
        let paths = match self {
            Self::Storm { paths, .. } | Self::Oscillation { paths, .. } => paths,
        };
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
            Self::Oscillation { flips, this, .. } => returns(flips, *this),
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
                .map(|flip| format!("{}; back to what was left {}", told(&flip.event), moment(flip.left)))
                .collect(),
        };
        lines.into_iter()
    }

    /// What its times rest on.
    #[must_use]
    pub fn basis(&self) -> TimeBasis {
        match self {
            Self::Storm { burst, .. } => basis(&burst.events),
            Self::Oscillation { flips, .. } => basis(flips.iter().map(|flip| &flip.event)),
        }
    }
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
    // Timestamps print fractions only where they have some.
    Timestamp::from_second(moment.at.as_second()).unwrap_or(moment.at).to_string()
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
