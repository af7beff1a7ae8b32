//! Which agent a proposal comes from, and what that agent may touch.
//!
//! Branch, author and trailer are strings that the agent chose: they are believed only where that tightens. A proposal of
//! no known agent, or of several, may touch only what all of them may, and is never low.

use bstr::{BStr, ByteSlice as _};

use super::facts::trailers;
use super::github::is_account_of;
use super::trace::{ConditionTrace, TraceLine};
use super::{Agent, Facts, Policy};
use crate::model::Place;

/// What agents and their scopes say of a round.
pub(super) struct ScopeRuling {
    /// Why it is not certain which agent it is.
    pub unsure: Option<String>,
    /// Why it is denied, and where that is written.
    pub denied: Option<(String, Place)>,
    /// The lines of the trace.
    pub trace: Vec<TraceLine>,
}

/// The agents that a proposal matches, in the order of the policy.
pub(super) fn matched<'p>(policy: &'p Policy, facts: &Facts) -> Vec<&'p Agent> {
    if policy.agents.is_empty() {
        return Vec::new();
    }
    let trailers: Vec<String> =
        trailers(facts.messages).into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let found: Vec<&Agent> = policy.agents.iter().filter(|agent| matches(agent, facts, &trailers)).collect();
    let opened = |agent: &&Agent| facts.opener.is_some_and(|login| is_account_of(agent, login));
    if found.is_empty() || !policy.agents.iter().any(|agent| opened(&agent)) {
        return found;
    }
    // An account says more than a branch does, and is believed where it binds to the scope of one more.
    policy.agents.iter().filter(|agent| opened(agent) || matches(agent, facts, &trailers)).collect()
}

fn matches(agent: &Agent, facts: &Facts, trailers: &[String]) -> bool {
    let how = &agent.matcher;
    how.branches.matches(facts.branch.unwrap_or(facts.proposal).into())
        || facts
            .contributors
            .iter()
            .any(|c| how.authors.matches(c.name.as_str().into()) || how.authors.matches(c.email.as_str().into()))
        || trailers.iter().any(|trailer| how.trailers.matches(trailer.as_str().into()))
}

/// Rules on scope; `None` where the policy knows no agents, and so has nothing to say.
pub(super) fn rule(policy: &Policy, facts: &Facts, matched: &[&Agent]) -> Option<ScopeRuling> {
    if policy.agents.is_empty() {
        return None;
    }
    let unsure = match matched {
        [_] => None,
        [] => Some("it matches no agent of the policy".to_owned()),
        several => Some(format!("it matches several agents ({})", names(several))),
    };
    let all: Vec<&Agent> = policy.agents.iter().collect();
    let bound = if matched.is_empty() { &all } else { matched };
    let mut trace = vec![recognition(policy, matched, unsure.is_some())];
    let mut denied = None;
    for agent in bound.iter().filter(|agent| agent.scope.is_some()) {
        let outside = outside(agent, facts, matched.is_empty());
        let condition = condition(agent, facts, &outside);
        if !outside.is_empty() && denied.is_none() {
            denied = Some((refusal(agent, matched, &condition), agent.at.clone()));
        }
        trace.push(line(agent, &outside, condition));
    }
    Some(ScopeRuling { unsure, denied, trace })
}

/// The changed paths that `agent` may not touch. The root of trust is never denied to a proposal of no known agent: it is
/// high, needs an admin and lands alone, and a policy that no branch could change would be there for good.
fn outside<'a>(agent: &Agent, facts: &Facts<'a>, unknown: bool) -> Vec<&'a BStr> {
    let Some(scope) = &agent.scope else { return Vec::new() };
    let paths = facts.changes.unwrap_or_default().iter().map(|change| change.path.as_bstr());
    paths.filter(|path| !(scope.matches(path) || unknown && path.starts_with(b".countersign/"))).collect()
}

fn condition(agent: &Agent, facts: &Facts, outside: &[&BStr]) -> ConditionTrace {
    let scope = agent.scope.as_ref().map(ToString::to_string).unwrap_or_default();
    ConditionTrace::new(format!("outside {scope}"), facts.changes.map(|_| !outside.is_empty()), outside)
}

/// The line of the trace that says which agent it is.
fn recognition(policy: &Policy, matched: &[&Agent], unsure: bool) -> TraceLine {
    let who = if matched.is_empty() { "none".to_owned() } else { names(matched) };
    TraceLine {
        rule: "agents".to_owned(),
        at: Place::BuiltIn,
        does: format!("at least {}", policy.default_tier),
        matched: unsure,
        conditions: vec![ConditionTrace::new(
            format!("from no known agent, or from several (matches {who})"),
            Some(unsure),
            &[],
        )],
    }
}

fn line(agent: &Agent, outside: &[&BStr], condition: ConditionTrace) -> TraceLine {
    TraceLine {
        rule: format!("scope of {}", agent.name),
        at: agent.at.clone(),
        does: "denied: out of scope".to_owned(),
        matched: !outside.is_empty(),
        conditions: vec![condition],
    }
}

fn refusal(agent: &Agent, matched: &[&Agent], condition: &ConditionTrace) -> String {
    let scope = agent.scope.as_ref().map(ToString::to_string).unwrap_or_default();
    let unknown = "no agent of the policy is known to have made it, so that it may do what all of them may, and ";
    let who = if matched.is_empty() { unknown } else { "" };
    format!("denied: {who}{} may touch only {scope}: {}", agent.name, condition.list())
}

fn names(agents: &[&Agent]) -> String {
    agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>().join(", ")
}
