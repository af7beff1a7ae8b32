//! What a forge said when a decision was made, as its entry records it: the signer's statement, by which nothing is lowered.

use serde_json::{Map, Value, json};

use crate::model::forge::{Check, Checks};
use crate::model::text::{single_line, truncate};
use crate::model::{DecisionKind, Proposal};

use super::{ForgeChecks, PlannedItem};

/// Failed checks, and labels, that are named.
const NAMES: usize = 20;
/// Columns of a name.
const COLUMNS: usize = 100;
/// Bytes that all facts of an entry may take: a ledger entry has to hold its items first.
const BYTES: usize = 64 << 10;
/// Items of an entry whose facts are recorded; of more the entry itself is long enough.
const ITEMS: usize = 500;

/// What was known of a proposal: `checks.state` and `checks.failed` of its head, and `proposal.labels`; each only where it was.
#[must_use]
pub(super) fn of(proposal: &Proposal, checks: &ForgeChecks) -> Map<String, Value> {
    let mut facts = Map::new();
    if let Some(checks) = checks.of(proposal).of_head.found() {
        facts.insert("checks.state".into(), json!(checks.state()));
        facts.insert("checks.failed".into(), names(failed(checks)));
    }
    if let Some(pull) = &proposal.pull {
        facts.insert("proposal.labels".into(), names(pull.labels.iter().map(String::as_str)));
    }
    facts
}

fn failed(checks: &Checks) -> impl Iterator<Item = &str> {
    checks.failed().map(|check: &Check| check.name.as_str())
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> Value {
    all.take(NAMES).map(|name| Value::from(truncate(&single_line(name), COLUMNS))).collect()
}

/// The facts of an entry, by the names of its proposals; nothing but approvals is given by them.
#[must_use]
pub(super) fn of_entry<'p>(
    kind: DecisionKind,
    items: impl Iterator<Item = &'p PlannedItem> + Clone,
) -> Option<Map<String, Value>> {
    if kind != DecisionKind::Approve || items.clone().nth(ITEMS).is_some() {
        return None;
    }
    let (mut facts, mut left) = (Map::new(), BYTES);
    for item in items.filter(|item| !item.soft_facts.is_empty()) {
        let own = Value::Object(item.soft_facts.clone());
        let size = own.to_string().len() + item.subject.proposal.len();
        let Some(rest) = left.checked_sub(size) else { break };
        left = rest;
        facts.insert(item.subject.proposal.clone(), own);
    }
    Some(facts).filter(|facts| !facts.is_empty())
}
