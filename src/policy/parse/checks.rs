//! What no part of a policy shows alone: whether anybody could satisfy it, and whether its branches can live together.

use super::reader::{Fields, Reader};
use super::yaml::{Node, Spot, Value};
use crate::model::Tier;
use crate::policy::refs::{ledger_before, may_sort_before};
use crate::policy::{Globs, LedgerKey, Person, Policy, Role};

/// Checks a policy whose parts have been read; says nothing of people who have mistakes of their own.
pub(super) fn check(reader: &mut Reader, fields: &Fields, policy: &Policy, people_are_fine: bool) {
    distinct(reader, fields, policy);
    protect(reader, fields, policy);
    // Who could approve is known only if everybody could be read.
    if people_are_fine {
        satisfiable(reader, fields, policy);
    }
}

/// An agent that has a person's name would be told apart from him on no screen.
fn distinct(reader: &mut Reader, fields: &Fields, policy: &Policy) {
    let at = fields.place("agents");
    for agent in &policy.agents {
        if policy.people.iter().any(|person| person.name.eq_ignore_ascii_case(&agent.name)) {
            let message = format!("`{}` is the name of a person and of an agent", agent.name);
            reader.error(spot(&agent.at).unwrap_or(at), message, "no agent may count as a person; rename it");
        }
    }
}

fn satisfiable(reader: &mut Reader, fields: &Fields, policy: &Policy) {
    let approvers: Vec<&Person> = policy.people.iter().filter(|person| can_approve(person)).collect();
    let at = fields.place("people");
    if approvers.is_empty() {
        let hint = "give somebody an address and `roles: [approve, admin]`";
        return reader.error(
            at,
            "nobody could approve anything: no person has an address and the role `approve`",
            hint,
        );
    }
    for tier in [Tier::Low, Tier::Medium, Tier::High] {
        enough(reader, at, policy, tier, &approvers);
    }
    if !approvers.iter().any(|person| person.has(Role::Admin)) {
        let hint = "give somebody `roles: [approve, admin]`";
        reader.error(at, "nobody could change this policy: no person is both `approve` and `admin`", hint);
    }
}

fn enough(reader: &mut Reader, people: Spot, policy: &Policy, tier: Tier, approvers: &[&Person]) {
    let (asked, able) = (policy.tiers.of(tier).approvals, approvers.len());
    if asked > able {
        let at = spot(&policy.tiers_at[tier as usize]);
        let default = if at.is_none() { " by default" } else { "" };
        let who = if able == 1 { "1 person".to_owned() } else { format!("{able} persons") };
        let message =
            format!("nobody could satisfy {tier}: it asks for {asked} approvals{default}, and {who} may approve");
        let hint = format!("write `tiers: {{ {tier}: {{ approvals: {able} }} }}`, or name more people");
        reader.error(at.unwrap_or(people), message, hint);
    }
}

fn can_approve(person: &Person) -> bool {
    person.has(Role::Approve) && !person.emails.is_empty()
}

/// Refs of one push move in name order, and the ledger must be the first.
fn protect(reader: &mut Reader, fields: &Fields, policy: &Policy) {
    let ledger = policy.ledger.as_ref().map_or(LedgerKey::DEFAULT_BRANCH, |key| &key.branch);
    let patterns: Vec<&str> = policy.protect.patterns().iter().map(String::as_str).collect();
    let hint = ledger_before(&patterns, None).map_or_else(
        || "name the protected branches one by one; the ledger is protected anyway".to_owned(),
        |other| format!("write `ledger: {{ ref: {other} }}`, or name the branches more narrowly"),
    );
    let Some(Node { value: Value::List(items), .. }) = fields.get("protect") else { return };
    for (item, pattern) in items.iter().zip(&patterns) {
        if may_sort_before(pattern, ledger) {
            let message = format!("`{pattern}` can name a branch before {ledger}, and the ledger must move first");
            reader.error(item.at, message, hint.clone());
        } else if Globs::new(&[pattern]).is_ok_and(|globs| globs.matches(ledger.into())) {
            reader.error(item.at, format!("`{pattern}` names the ledger, which is protected anyway"), "leave it out");
        }
    }
}

const fn spot(place: &crate::model::Place) -> Option<Spot> {
    match place {
        crate::model::Place::File { line, column } => Some(Spot { line: *line, column: *column }),
        crate::model::Place::BuiltIn => None,
    }
}
