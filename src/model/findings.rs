//! Findings: what a row of the queue shows of the evidence.

use super::{Known, Monthly};

/// What the evidence about a round comes to in a row of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What it costs.
    pub cost: Known<CostInBrief>,
    /// How many incidents were on the same field, file or object.
    pub incidents: Known<usize>,
    /// What stands against merging it unseen, the gravest first, each in a few words that are fit for a terminal.
    pub against: Vec<String>,
    /// What is worth a word and stands against nothing.
    pub remarks: Vec<String>,
    /// What it costs and what of the agent's words is not so, a line each, fit for a terminal.
    pub found: Vec<String>,
    /// Where the first value comes from that it overwrites, and what went wrong the last time, a line each, fit for a terminal.
    pub before: Vec<String>,
    /// The full names of other proposals that do the same.
    pub twins: Vec<String>,
}

impl Findings {
    /// Whether nothing at all was found that stands against merging it unseen.
    #[must_use]
    pub const fn clean(&self) -> bool {
        self.against.is_empty()
    }

    /// A few words for the row; empty where there is nothing to say.
    #[must_use]
    pub fn note(&self) -> String {
        self.against.iter().chain(&self.remarks).take(2).cloned().collect::<Vec<_>>().join(", ")
    }
}

/// What a round costs, in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostInBrief {
    /// The currency's code.
    pub currency: String,
    /// What it adds a month; `None` where that cannot be told.
    pub delta: Option<Monthly>,
    /// Whether the agent says something else.
    pub contradicted: bool,
}
