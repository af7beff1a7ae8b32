//! Numbers about the whole list, found once a change of it and never once a frame.

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr as _;

use super::Entry;
use super::order::note;
use crate::model::{DecisionKind, Known, ProposalName, Tier};

/// The columns that the widest entries take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Widths {
    /// Of short names.
    pub id: usize,
    /// Of agents.
    pub agent: usize,
    /// Of counts of lines.
    pub lines: usize,
    /// Of what should be known.
    pub note: usize,
}

impl Widths {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let widest = |width: fn(&Entry) -> usize| entries.iter().map(width).max().unwrap_or(0);
        Self {
            id: widest(|entry| entry.label.width()),
            note: widest(|entry| note(&entry.queued.standing).width()),
            agent: widest(|entry| entry.queued.standing.agent.width()),
            lines: widest(|entry| {
                let digits = |number: u32| number.max(1).ilog10() as usize + 1;
                entry.queued.proposal.stats.map_or(1, |stats| digits(stats.additions) + digits(stats.deletions) + 3)
            }),
        }
    }
}

/// How many proposals there are, without those that are gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// High risk.
    pub high: usize,
    /// Medium risk.
    pub medium: usize,
    /// Low risk.
    pub low: usize,
    /// Low, and clean unless something is found.
    pub harmless: usize,
    /// Of those, the ones that were not looked into yet.
    pub unlooked: usize,
    /// Low, and clean: what a batch offers.
    pub clean: usize,
}

impl Counts {
    pub(super) fn of(entries: &[Entry], decided: &HashMap<ProposalName, DecisionKind>) -> Self {
        let mut counts = Self::default();
        for entry in entries.iter().filter(|entry| entry.gone.is_none()) {
            match entry.tier() {
                Tier::High => counts.high += 1,
                Tier::Medium => counts.medium += 1,
                Tier::Low => counts.low += 1,
            }
            if entry.queued.standing.harmless && entry.tier() == Tier::Low {
                counts.harmless += 1;
                let asked = !matches!(entry.queued.standing.checks, Known::Indexing);
                counts.unlooked += usize::from(entry.queued.findings.is_none() || !asked);
            }
            counts.clean += usize::from(is_clean(entry) && !decided.contains_key(&entry.name));
        }
        counts
    }

    /// All of them.
    #[must_use]
    pub const fn all(self) -> usize {
        self.high + self.medium + self.low
    }
}

/// Whether a proposal may join a batch unasked.
pub(super) fn is_clean(entry: &Entry) -> bool {
    entry.gone.is_none() && entry.queued.standing.clean && entry.tier() == Tier::Low
}
