//! Whose signatures count, and for how much.

use super::facts::{Approval, Facts};
use super::github::{is_agent, person_by_login};
use super::{KeyKind, Policy, Reviewed, Role, SelfApproval};
use crate::model::{Approvals, Effect, EntryId, Place, Reason, Tier};

/// The approvals of a round, counted.
pub(super) struct Count {
    /// How many persons, of how many, and who.
    pub approvals: Approvals,
    /// The entries of those that count.
    pub relies_on: Vec<EntryId>,
    /// The reviews on GitHub of those that count, where it is not enough without them.
    pub reviews: Vec<Reviewed>,
    /// What is still missing, and why a signature does not count.
    pub reasons: Vec<Reason>,
    /// Whether all that is needed is there.
    pub enough: bool,
}

/// Counts distinct persons: those who may approve, with the kind of key that `tier` asks for. Who has own commits in the
/// proposal counts beside another person, never alone, unless policy allows it. Where `root` changes, one must be an
/// admin. More approvals never count for less.
///
/// A review on GitHub stands on the word of whoever states it, and proves nothing of what was looked at: high takes at least one
/// approval that is signed in the ledger, and a change of `root` that of an admin there.
pub(super) fn count(policy: &Policy, facts: &Facts, tier: Tier, root: bool) -> Count {
    let signed: Vec<&Approval> = facts.approvals.iter().filter(|approval| approval.review().is_none()).collect();
    let alone = tally(policy, facts, signed.iter().copied(), tier, root);
    if signed.len() == facts.approvals.len() {
        return alone;
    }
    // What is in the ledger comes first: a person who said it there, too, needs nobody's word for it.
    let reviewed = facts.approvals.iter().filter(|approval| approval.review().is_some());
    let count = tally(policy, facts, signed.into_iter().chain(reviewed), tier, root);
    if alone.enough { Count { reviews: Vec::new(), ..count } } else { count }
}

fn tally<'a>(
    policy: &Policy,
    facts: &Facts,
    approvals: impl Iterator<Item = &'a Approval>,
    tier: Tier,
    root: bool,
) -> Count {
    let mut reasons = Vec::new();
    let valid = valid(policy, facts, approvals, tier, &mut reasons);
    let own = |name: &str| is_own(policy, facts, name);
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
    let signed = || counted.iter().filter(|approval| approval.review().is_none());
    let unsigned = tier == Tier::High && !counted.is_empty() && signed().next().is_none();
    if unsigned {
        let text = format!("needs an approval that is signed in the ledger: {tier} does not go by GitHub alone");
        reasons.push(needs("approvals.from", text, policy.from_at.clone()));
    }
    let admin = !root || signed().any(|a| policy.person(&a.person).is_some_and(|person| person.has(Role::Admin)));
    if !admin {
        reasons.push(needs("countersign", "needs the approval of an admin".to_owned(), Place::BuiltIn));
    }
    let reviews: Vec<Reviewed> = counted.iter().filter_map(|approval| approval.review().cloned()).collect();
    Count {
        relies_on: counted.iter().filter_map(|approval| approval.entry()).collect(),
        approvals: Approvals {
            have: counted.len(),
            need,
            by: counted.iter().map(|approval| approval.person.clone()).collect(),
            on_github: reviews.iter().map(|review| review.person.clone()).collect(),
        },
        reviews,
        reasons,
        enough: missing == 0 && admin && !unsigned,
    }
}

/// One approval for each person who may give it, in order.
fn valid<'a>(
    policy: &Policy,
    facts: &Facts,
    approvals: impl Iterator<Item = &'a Approval>,
    tier: Tier,
    reasons: &mut Vec<Reason>,
) -> Vec<&'a Approval> {
    let mut valid: Vec<&Approval> = Vec::new();
    let mut refused: Vec<(&str, &'static str)> = Vec::new();
    for approval in approvals {
        match refusal(policy, facts, approval, tier) {
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
            reasons.push(needs("approvals", format!("the approval of {person} does not count: {why}"), at));
        }
    }
    valid
}

fn refusal(policy: &Policy, facts: &Facts, approval: &Approval, tier: Tier) -> Option<&'static str> {
    let Some(person) = policy.person(&approval.person) else { return Some("nobody of that name is in `people`") };
    if !person.has(Role::Approve) {
        Some("the role `approve` is missing")
    } else if policy.agent(&person.name).is_some() {
        Some("an agent has that name")
    } else if policy.signature(tier) == KeyKind::Touch && !approval.touched() {
        Some("this tier asks for a hardware key with a finger on it")
    } else {
        approval.review().and_then(|review| unheard(policy, facts, review))
    }
}

/// Why a review on GitHub is not a person's word by this policy.
fn unheard(policy: &Policy, facts: &Facts, review: &Reviewed) -> Option<&'static str> {
    let person = person_by_login(policy, &review.login).filter(|person| person.name == review.person);
    let own = || is_own(policy, facts, &review.person);
    if !policy.from_github {
        Some("`approvals.from` does not name github")
    } else if person.is_none() {
        Some("the login is not theirs")
    } else if is_agent(policy, &review.login) {
        Some("the account is an agent's")
    } else if policy.self_approval == SelfApproval::Never && own() {
        Some("a review on GitHub of own commits never does")
    } else {
        None
    }
}

/// Whether a proposal is a person's own: commits in it are, or the account that opened it is.
fn is_own(policy: &Policy, facts: &Facts, name: &str) -> bool {
    let opened = |login: &str| policy.person(name).is_some_and(|person| person.has_login(login));
    facts.opener.is_some_and(opened)
        || facts.contributors.iter().filter_map(|c| policy.person_of(c)).any(|own| own.name == name)
}

fn needed(policy: &Policy, tier: Tier, missing: usize) -> String {
    let persons = if missing == 1 { "1 more person".to_owned() } else { format!("{missing} more persons") };
    let key = if policy.signature(tier) == KeyKind::Touch { " with a hardware key" } else { "" };
    format!("needs the approval of {persons}{key}: {tier} asks for {}", policy.tiers.of(tier).approvals)
}

fn beside(policy: &Policy, person: &str) -> Reason {
    let text = format!(
        "the signature of {person}, who opened it or has own commits in it, counts only beside another person's"
    );
    needs("approvals.self", text, policy.self_approval_at.clone())
}

pub(super) fn needs(rule: &str, text: String, at: Place) -> Reason {
    Reason { rule: rule.to_owned(), effect: Effect::Needs, text, at }
}
