//! What a forge said when a decision was made, as its entry records it: the signer's statement, by which nothing is lowered.

use serde_json::{Map, Value, json};

use crate::model::forge::{Check, Checks};
use crate::model::text::{single_line, truncate};
use crate::model::{DecisionKind, Known, Proposal};

use crate::ledger::Item;

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
    let mut facts = checks.of(proposal).of_head.found().map(of_checks).unwrap_or_default();
    if let Some(pull) = &proposal.pull {
        facts.insert("proposal.labels".into(), names(pull.labels.iter().map(String::as_str)));
    }
    facts
}

fn of_checks(checks: &Checks) -> Map<String, Value> {
    let state = [("checks.state", json!(checks.state())), ("checks.failed", names(failed(checks)))];
    state.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
    if kind != DecisionKind::Approve {
        return None;
    }
    bounded(items.map(|item| (item.subject.proposal.as_str(), item.soft_facts.clone())))
}

/// What is known of the checks of what a forge merged: it may have been merged although some had failed.
#[must_use]
pub(super) fn of_landed(items: &[Item], checks: &ForgeChecks) -> Option<Map<String, Value>> {
    let known = |item: &Item| checks.heads.get(&item.head).and_then(Known::found).map(of_checks).unwrap_or_default();
    bounded(items.iter().map(|item| (item.proposal.as_str(), known(item))))
}

/// As many facts as an entry has room for.
fn bounded<'p>(all: impl Iterator<Item = (&'p str, Map<String, Value>)> + Clone) -> Option<Map<String, Value>> {
    if all.clone().nth(ITEMS).is_some() {
        return None;
    }
    let (mut facts, mut left) = (Map::new(), BYTES);
    for (proposal, own) in all.filter(|(_, own)| !own.is_empty()) {
        let own = Value::Object(own);
        let Some(rest) = left.checked_sub(own.to_string().len() + proposal.len()) else { break };
        left = rest;
        facts.insert(proposal.to_owned(), own);
    }
    Some(facts).filter(|facts| !facts.is_empty())
}
