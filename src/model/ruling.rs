//! What policy says of a round.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Risk, as policy sees it. Ordered: `Low < Medium < High`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Harmless by policy's own words.
    Low,
    /// Everything that nobody called harmless.
    Medium,
    /// Dangerous, or in error.
    High,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

/// The verdict as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that policy asks for is there.
    Satisfied,
    /// Something is still needed: approvals.
    Pending,
    /// Policy forbids it, whoever approves.
    Denied,
    /// Policy could not be evaluated; it blocks, and the tier is high.
    Error,
}

/// What one reason does to the ruling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A rule (or `default_tier`) set the tier.
    Tier,
    /// A rule forbids the change.
    Deny,
    /// Something is still needed.
    Needs,
    /// The rule could not be evaluated.
    Error,
    /// A rule that no policy can switch off.
    Builtin,
}

/// Where a reason is written: `policy.yaml:31:5`, or `built-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Place {
    /// In the policy file, 1-based.
    File {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// In this program.
    BuiltIn,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { line, column } => write!(f, "policy.yaml:{line}:{column}"),
            Self::BuiltIn => f.write_str("built-in"),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

/// One line of the answer to "why".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The rule's name, in policy or built in.
    pub rule: String,
    /// What it does.
    pub effect: Effect,
    /// A sentence for people.
    pub text: String,
    /// Where it is written.
    pub at: Place,
}

/// How many persons have approved, and how many must.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Approvals {
    /// Persons whose approval counts.
    pub have: usize,
    /// Persons that the tier asks for.
    pub need: usize,
    /// Their names.
    pub by: Vec<String>,
    /// Those of them whose approval was given on GitHub, and is not in the ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_github: Vec<String>,
}

impl Approvals {
    /// Their names for people, with where it was said.
    #[must_use]
    pub fn names(&self) -> String {
        let name = |name: &String| {
            let on_page = self.on_github.contains(name);
            if on_page { format!("{name} on GitHub") } else { name.clone() }
        };
        self.by.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// What policy says of a round: its tier, what blocks it, what it still needs, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// The verdict.
    pub outcome: Outcome,
    /// The tier; high where the outcome is an error.
    pub tier: Tier,
    /// The approvals, counted by person.
    pub approvals: Approvals,
    /// Why, in the order in which it was found: rules in the order of the file, then built-in ones, then needs.
    pub reasons: Vec<Reason>,
}

impl Ruling {
    /// Whether nothing stands against the change but the approvals that are still missing.
    #[must_use]
    pub const fn approvable(&self) -> bool {
        matches!(self.outcome, Outcome::Satisfied | Outcome::Pending)
    }
}
