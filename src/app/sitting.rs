//! What was done in this sitting, so that the end of it can be told.

use super::count;
use crate::engine::{Fate, Report};
use crate::model::DecisionKind;

/// Decisions that were sent since the console was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sitting {
    merged: usize,
    rejected: usize,
    others: usize,
    lessons: usize,
}

impl Sitting {
    /// Adds what became of decisions.
    pub fn count(&mut self, report: &Report) {
        for item in &report.items {
            match (&item.fate, item.kind) {
                (Fate::Dropped { .. }, _) => {}
                (Fate::Merged { .. }, _) => self.merged += 1,
                (_, DecisionKind::Reject) => self.rejected += 1,
                _ => self.others += 1,
            }
        }
        self.lessons += usize::from(!report.memory.is_empty());
    }

    /// `28 merged, 1 rejected, 1 lesson`; `None` where nothing was done.
    #[must_use]
    pub fn said(&self) -> Option<String> {
        let words = [(self.merged, "merged"), (self.rejected, "rejected"), (self.others, "recorded")];
        let mut parts: Vec<String> =
            words.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
        if self.lessons > 0 {
            parts.push(format!("memory taught {}", count(self.lessons, "time")));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happened_is_told() {
        assert_eq!(Sitting::default().said(), None);
        let sitting = Sitting { merged: 28, rejected: 1, others: 0, lessons: 1 };
        assert_eq!(sitting.said().unwrap(), "28 merged, 1 rejected, memory taught 1 time");
    }
}
