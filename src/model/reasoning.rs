//! What the agent says for its change: claims, never facts.

use std::fmt;

use serde::Serialize;

/// The parts of a reasoning, as policy and screens name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Why the change is needed.
    Why,
    /// What it does.
    What,
    /// What it does to users and systems.
    Impact,
    /// How to go back.
    Rollback,
    /// How sure the agent is, and from what.
    Confidence,
}

impl Part {
    /// All parts, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Why, Self::What, Self::Impact, Self::Rollback, Self::Confidence];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Why => "why",
            Self::What => "what",
            Self::Impact => "impact",
            Self::Rollback => "rollback",
            Self::Confidence => "confidence",
        })
    }
}

/// How sure the agent says it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confidence {
    /// From 0 to 1; `None` where the agent only used words.
    pub value: Option<f64>,
    /// From what: "metrics, 7 days". Empty where it does not say.
    pub basis: String,
}

/// What the agent says, part by part. Raw text of the agent: sanitise before showing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reasoning {
    /// Why the change is needed.
    pub why: Option<String>,
    /// What it does.
    pub what: Option<String>,
    /// What it does to users and systems.
    pub impact: Option<String>,
    /// How to go back.
    pub rollback: Option<String>,
    /// How sure it is, and from what.
    pub confidence: Option<Confidence>,
    /// The parts that are not there.
    pub missing: Vec<Part>,
}
