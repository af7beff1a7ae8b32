//! The trace of a ruling: every rule, matched or not, and what decided it.

use std::fmt::Write as _;

use bstr::BStr;
use serde::Serialize;

use super::Evaluation;
use crate::model::text::{printable_bytes, truncate};
use crate::model::{Outcome, Place};

/// The most paths that a trace line names; the rest is a number.
const PATHS: usize = 3;
/// The widest path that a reason or a trace line shows, in columns.
const PATH_COLUMNS: usize = 100;

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionTrace {
    /// As the policy has it: `paths: **/*secret*`.
    pub text: String,
    /// Whether it holds; `None` where it was not evaluated, since what would land is not known.
    pub holds: Option<bool>,
    /// The first paths that decided it, fit for a terminal: those that match, or those that are outside.
    pub paths: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

/// One rule, in policy or built in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceLine {
    /// Its name.
    pub rule: String,
    /// Where it is written.
    pub at: Place,
    /// What it does where it matches: `high`, `denied: no reason given`.
    pub does: String,
    /// Whether it matched.
    pub matched: bool,
    /// Its conditions.
    pub conditions: Vec<ConditionTrace>,
}

impl ConditionTrace {
    /// A condition and the paths that decided it.
    pub(super) fn new(text: String, holds: Option<bool>, deciding: &[&BStr]) -> Self {
        let paths = deciding.iter().take(PATHS).map(|path| shown(path)).collect();
        Self { text, holds, paths, more: deciding.len().saturating_sub(PATHS) }
    }

    /// The deciding paths as words: `a, b, c and 4 more`.
    pub(super) fn list(&self) -> String {
        let mut text = self.paths.join(", ");
        if self.more > 0 {
            let _ = write!(text, " and {} more", self.more);
        }
        text
    }
}

/// A path fit for a sentence.
pub(super) fn shown(path: &BStr) -> String {
    truncate(&printable_bytes(path), PATH_COLUMNS).into_owned()
}

/// The answer to "why", for `policy explain` on a terminal: the verdict, the reasons, then every rule.
#[must_use]
pub fn explain_text(evaluation: &Evaluation) -> String {
    let ruling = &evaluation.ruling;
    let mut out = format!("{}, {}", ruling.tier, verdict(evaluation));
    if evaluation.lands_alone {
        out.push_str(", lands alone");
    }
    out.push('\n');
    for reason in &ruling.reasons {
        let _ = writeln!(out, "  {} {}: {}", reason.at, reason.rule, reason.text);
    }
    let matched = evaluation.trace.iter().filter(|line| line.matched).count();
    let _ = writeln!(out, "\n{matched} of {} rules matched", evaluation.trace.len());
    for line in &evaluation.trace {
        explain_line(&mut out, line);
    }
    out
}

fn verdict(evaluation: &Evaluation) -> String {
    let approvals = &evaluation.ruling.approvals;
    let persons = if approvals.by.is_empty() { String::new() } else { format!(" ({})", approvals.names()) };
    match evaluation.ruling.outcome {
        Outcome::Satisfied => format!("satisfied: {} of {} approvals{persons}", approvals.have, approvals.need),
        Outcome::Pending => format!("pending: {} of {} approvals{persons}", approvals.have, approvals.need),
        Outcome::Denied => "denied, whoever approves".to_owned(),
        Outcome::Error => "blocked by an error".to_owned(),
    }
}

fn explain_line(out: &mut String, line: &TraceLine) {
    let mark = if line.matched { "matched    " } else { "not matched" };
    let _ = write!(out, "  {mark}  {} ({}): {}", line.rule, line.at, line.does);
    for condition in &line.conditions {
        let holds = match condition.holds {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not evaluated",
        };
        // What nothing in the change speaks for needs no line of its own.
        let gap = if condition.paths.is_empty() { "; " } else { "\n      " };
        let because = if condition.paths.is_empty() { String::new() } else { format!(" ({})", condition.list()) };
        let _ = write!(out, "{gap}{}: {holds}{because}", condition.text);
    }
    out.push('\n');
}
