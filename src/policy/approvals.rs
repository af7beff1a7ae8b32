//! Whose signatures count, and for how much.

use super::facts::{Approval, Facts};
use super::{KeyKind, Policy, Role, SelfApproval};
use crate::model::{Approvals, Effect, EntryId, Place, Reason, Tier};

/// The approvals of a round, counted.
pub(super) struct Count {
    /// How many persons, of how many, and who.
    pub approvals: Approvals,
    /// The entries of those that count.
    pub relies_on: Vec<EntryId>,
    /// What is still missing, and why a signature does not count.
    pub reasons: Vec<Reason>,
    /// Whether all that is needed is there.
    pub enough: bool,
}

/// Counts distinct persons: those who may approve, with the kind of key that `tier` asks for. Who has own commits in the
/// proposal counts beside another person, never alone, unless policy allows it. Where `root` changes, one must be an
/// admin. More approvals never count for less.
pub(super) fn count(policy: &Policy, facts: &Facts, tier: Tier, root: bool) -> Count {
    let mut reasons = Vec::new();
    let valid = valid(policy, facts, tier, &mut reasons);
    let own = |name: &str| facts.contributors.iter().any(|c| policy.person_of(c).is_some_and(|p| p.name == name));
    let counted = if policy.self_approval == SelfApproval::Never && valid.len() == 1 && own(&valid[0].person) {
        reasons.push(beside(policy, &valid[0].person));
        Vec::new()
    } else {
        valid
    };
    let need = policy.tiers.of(tier).approvals;
    let missing = need.saturating_sub(counted.len());
    if missing > 0 {
        reasons.push(needs("approvals", needed(policy, tier, missing), policy.tiers_at[tier as usize].clone()));
    }
    let admin = !root || counted.iter().any(|a| policy.person(&a.person).is_some_and(|person| person.has(Role::Admin)));
    if !admin {
        reasons.push(needs("countersign", "needs the approval of an admin".to_owned(), Place::BuiltIn));
    }
    Count {
        approvals: Approvals { have: counted.len(), need, by: counted.iter().map(|a| a.person.clone()).collect() },
        relies_on: counted.iter().filter_map(|approval| approval.entry).collect(),
        reasons,
        enough: missing == 0 && admin,
    }
}

/// One approval for each person who may give it, in order.
fn valid<'a>(policy: &Policy, facts: &Facts<'a>, tier: Tier, reasons: &mut Vec<Reason>) -> Vec<&'a Approval> {
    let mut valid: Vec<&Approval> = Vec::new();
    let mut refused: Vec<(&str, &'static str)> = Vec::new();
    for approval in facts.approvals {
        match refusal(policy, approval, tier) {
            _ if valid.iter().any(|other| other.person == approval.person) => {}
            Some(why) => refused.push((&approval.person, why)),
            None => valid.push(approval),
        }
    }
    refused.dedup();
    for (person, why) in refused {
        // A person who signed again, with the right key, has nothing to explain.
        if !valid.iter().any(|approval| approval.person == person) {
            let at = policy.person(person).map_or(Place::BuiltIn, |person| person.at.clone());
            reasons.push(needs("approvals", format!("the signature of {person} does not count: {why}"), at));
        }
    }
    valid
}

fn refusal(policy: &Policy, approval: &Approval, tier: Tier) -> Option<&'static str> {
    let Some(person) = policy.person(&approval.person) else { return Some("nobody of that name is in `people`") };
    if !person.has(Role::Approve) {
        Some("the role `approve` is missing")
    } else if policy.agent(&person.name).is_some() {
        Some("an agent has that name")
    } else if policy.signature(tier) == KeyKind::Touch && !approval.touch {
        Some("this tier asks for a hardware key with a finger on it")
    } else {
        None
    }
}

fn needed(policy: &Policy, tier: Tier, missing: usize) -> String {
    let persons = if missing == 1 { "1 more person".to_owned() } else { format!("{missing} more persons") };
    let key = if policy.signature(tier) == KeyKind::Touch { " with a hardware key" } else { "" };
    format!("needs the approval of {persons}{key}: {tier} asks for {}", policy.tiers.of(tier).approvals)
}

fn beside(policy: &Policy, person: &str) -> Reason {
    let text = format!("the signature of {person}, who has own commits in it, counts only beside another person's");
    needs("approvals.self", text, policy.self_approval_at.clone())
}

pub(super) fn needs(rule: &str, text: String, at: Place) -> Reason {
    Reason { rule: rule.to_owned(), effect: Effect::Needs, text, at }
}
