//! What `show` prints of the rest of the queue.

use crate::evidence::Evidence;
use crate::model::{Known, text};

use super::output::Output;

/// Neighbours that are listed; `--json` has them all.
const LISTED: usize = 8;

/// The other proposals that touch the same files, and what cannot be said of the agent's habits.
pub(super) fn beside(evidence: &Evidence, output: &mut Output) {
    let Some(report) = evidence.signals.found() else { return };
    for neighbour in report.neighbours.iter().take(LISTED) {
        output.line(format!("beside  {}", neighbour.sentence()));
    }
    if report.neighbours.len() > LISTED {
        output.line(format!("beside  and {} more touch some of the same files", report.neighbours.len() - LISTED));
    }
    if let Known::Unknown(why) = &report.unusual {
        output.line(format!("habits  not known: {}", text::single_line(why)));
    }
}
