//! What a forge said when a decision was made, as its entry records it: the signer's statement, by which nothing is lowered.

use serde_json::{Map, Value, json};

use crate::model::forge::{Check, Checks, PullRequest};
use crate::model::text::{single_line, truncate};
use crate::model::{DecisionKind, Known, Proposal};

use crate::ledger::{Item, Origin};

use super::{ForgeChecks, PlannedItem};

/// Failed checks, and labels, that are named.
const NAMES: usize = 20;
/// Columns of a name.
const COLUMNS: usize = 100;
/// Bytes that all facts of an entry may take: a ledger entry has to hold its items first. Where all came from has its place in it
/// before anything else is recorded.
const BYTES: usize = 256 << 10;
/// Items of an entry of which more than where they came from is recorded; of more the entry itself is long enough.
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

/// Where a pull request came from: `proposal.branch` and `proposal.opener`.
#[must_use]
pub(super) fn origin(pull: &PullRequest) -> Origin {
    Origin { branch: Some(pull.head.branch.clone()), opener: Some(pull.author.login.clone()) }
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
    bounded(items.map(|item| (item.subject.proposal.as_str(), item.origin.facts(), item.soft_facts.clone())))
}

/// Where what a forge merged came from, and what is known of its checks: it may have been merged although some had failed.
#[must_use]
pub(super) fn of_landed(items: &[(Item, Origin)], checks: &ForgeChecks) -> Option<Map<String, Value>> {
    let known = |item: &Item| checks.heads.get(&item.head).and_then(Known::found).map(of_checks).unwrap_or_default();
    bounded(items.iter().map(|(item, origin)| (item.proposal.as_str(), origin.facts(), known(item))))
}

/// As many facts as an entry has room for: first where each came from, then the rest of each.
fn bounded<'p>(
    all: impl Iterator<Item = (&'p str, Map<String, Value>, Map<String, Value>)> + Clone,
) -> Option<Map<String, Value>> {
    let (mut facts, mut left) = (Map::new(), BYTES);
    let origins = all.clone().map(|(proposal, origin, _)| (proposal, origin));
    let rest = all.clone().nth(ITEMS).is_none().then(|| all.map(|(proposal, _, more)| (proposal, more)));
    for (proposal, own) in origins.chain(rest.into_iter().flatten()) {
        let size = Value::Object(own.clone()).to_string().len() + proposal.len();
        let Some(rest) = left.checked_sub(size) else { break };
        if own.is_empty() {
            continue;
        }
        left = rest;
        if let Value::Object(known) = facts.entry(proposal).or_insert_with(|| Value::Object(Map::new())) {
            known.extend(own);
        }
    }
    Some(facts).filter(|facts| !facts.is_empty())
}
