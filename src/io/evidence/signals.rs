//! All signals of a round: what its files did before, and what is seen without any history.

use super::{Looked, Scene, hostile};
use crate::evidence::signals::{Collision, Duplicate, Signal, SignalReport};
use crate::model::Known;

impl Scene<'_> {
    /// The signals of what would land, with what the other open proposals would do.
    pub(super) fn signals(&self, looked: &Looked<'_>) -> Known<SignalReport> {
        let mut own = self.seen_at_once(looked);
        own.unusual = self.unusual(looked);
        let unusual = own.unusual.found().filter(|unusual| unusual.any()).cloned();
        own.signals.extend(unusual.map(Signal::Unusual));
        joined(self.moves(looked), own)
    }

    /// The signals of a round of which nobody knows what would land: what it says, and what was said of its name.
    pub(super) fn signals_of_unfit(&self, looked: &Looked<'_>, why: &str) -> Known<SignalReport> {
        joined(Known::Unknown(why.to_owned()), self.seen_at_once(looked))
    }

    /// What needs no history.
    fn seen_at_once(&self, looked: &Looked<'_>) -> SignalReport {
        let beside = self.beside(looked);
        let found = [
            hostile::search(looked).found().map(Signal::Hostile),
            self.repeat(looked).map(Signal::Repeat),
            Duplicate::of(beside.twins).map(Signal::Duplicate),
            Collision::of(&beside.neighbours).map(Signal::Collision),
        ];
        let signals = found.into_iter().flatten().collect();
        let unusual = Known::Unknown("what would land is not known".to_owned());
        SignalReport { signals, neighbours: beside.neighbours, unusual, missing: None }
    }
}

/// Both together. What was found is there, though the history is not: then it says what is missing. Where nothing was found
/// without the history, nothing is known.
fn joined(moves: Known<SignalReport>, mut own: SignalReport) -> Known<SignalReport> {
    let missing = match moves {
        Known::Known(mut report) => {
            report.signals.append(&mut own.signals);
            report.neighbours = own.neighbours;
            report.unusual = own.unusual;
            return Known::Known(report);
        }
        // What could not be looked at is not taken for nothing.
        other if own.signals.is_empty() => return other,
        Known::Unknown(why) => why,
        Known::Indexing => "the history is being indexed".to_owned(),
    };
    own.missing = Some(missing);
    Known::Known(own)
}
