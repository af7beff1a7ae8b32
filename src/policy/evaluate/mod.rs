//! A policy and the facts of a round become a ruling with its trace.
//!
//! Of the rules that match the highest tier wins; where none sets one, `default_tier` does; any deny blocks. Unknown is
//! never low: a low rule speaks for the paths that it names, and for no others. The scope of agents and the guards come on
//! top and can only tighten. Nothing here looks at what an agent says to lower anything:
//! its strings may raise a tier or narrow a scope.

mod checks;

use bstr::{BStr, ByteSlice as _};
use serde::Serialize;

use super::approvals::{self, needs};
use super::guards::{Floor, Guard, Guarded, Guards};
use super::trace::{ConditionTrace, TraceLine, shown};
use super::{Agent, Facts, LedgerKey, Policy, Reviewed, Rule, scope};
use crate::model::{DecisionKind, Effect, EntryId, FileChange, Known, Outcome, Place, Reason, Ruling, Stage, Tier};

/// What policy says of a round, and how it got there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// The ruling.
    pub ruling: Ruling,
    /// Every rule, matched or not: those of the file in its order, then agents and scope, then the built-in ones.
    pub trace: Vec<TraceLine>,
    /// The agent, where policy knows exactly one.
    pub agent: Option<String>,
    /// Whether nothing else may land in the same push.
    pub lands_alone: bool,
    /// Low by a rule of a policy that batches low, and nothing at all stands against merging it unseen.
    pub clean: bool,
    /// Why it is not clean, in a few words; empty for a clean one.
    pub note: String,
    /// The entries whose approvals count.
    pub relies_on: Vec<EntryId>,
    /// The reviews on GitHub that count and without which it is not enough.
    #[serde(skip)]
    pub reviews: Vec<Reviewed>,
    /// What of required checks is not green, a few words each; nothing is clean with any, nor before they were asked for.
    #[serde(skip)]
    pub checks: Known<Vec<String>>,
    /// Whether required checks are all that is missing.
    #[serde(skip)]
    pub waits_for_checks: bool,
}

/// Rules on a round.
#[must_use]
pub fn evaluate(policy: &Policy, facts: &Facts) -> Evaluation {
    let agents = scope::matched(policy, facts);
    let mut found = Found::default();
    found.rules(policy, facts);
    found.target(policy, facts);
    found.scope(policy, facts, &agents);
    found.guards(policy, facts);
    found.conclude(policy, facts, &agents)
}

/// What has been found while rules are gone through.
#[derive(Default)]
struct Found {
    trace: Vec<TraceLine>,
    reasons: Vec<Reason>,
    /// The highest tier that a rule of the file asks for.
    by_rule: Option<Tier>,
    /// The rule that asks for it.
    highest: Option<String>,
    /// The highest tier that is asked for whatever the rules say, and by what.
    floor: Option<(Tier, String)>,
    /// The first thing that forbids it.
    denied: Option<String>,
    /// The guard that makes it land alone.
    alone: Option<&'static str>,
    /// Whether the root of trust changes.
    root: bool,
}

impl Found {
    fn rules(&mut self, policy: &Policy, facts: &Facts) {
        let mut low: Vec<&Rule> = Vec::new();
        for rule in &policy.rules {
            let (matched, conditions) = conditions(rule, facts.changes);
            if matched {
                self.rule(rule, &conditions);
                low.extend((rule.tier == Some(Tier::Low)).then_some(rule));
            }
            self.trace.push(TraceLine {
                rule: rule.name.clone(),
                at: rule.at.clone(),
                does: does(rule),
                matched,
                conditions,
            });
        }
        self.default_tier(policy, facts, &low);
    }

    /// What no rule speaks of has the default tier. A low rule speaks only for the paths that it names: what else a change
    /// touches does not become low by touching a low file, too.
    fn default_tier(&mut self, policy: &Policy, facts: &Facts, low: &[&Rule]) {
        let named = |path: &BStr| {
            let globs = low.iter().flat_map(|rule| [&rule.paths, &rule.only_paths]).flatten();
            globs.into_iter().any(|globs| globs.matches(path))
        };
        let mut paths = facts.changes.unwrap_or_default().iter().map(|change| change.path.as_bstr());
        let text = match self.by_rule {
            None => Some("no rule sets a tier".to_owned()),
            Some(Tier::Low) => paths.find(|path| !named(path)).map(|path| format!("no rule speaks of {}", shown(path))),
            Some(_) => None,
        };
        self.trace.push(TraceLine {
            rule: "default_tier".to_owned(),
            at: policy.default_tier_at.clone(),
            does: policy.default_tier.to_string(),
            matched: text.is_some(),
            conditions: Vec::new(),
        });
        if let Some(text) = text {
            let text = format!("{}: {text}", policy.default_tier);
            self.reason("default_tier", Effect::Tier, text, policy.default_tier_at.clone());
            self.raise(policy.default_tier, "default_tier");
        }
    }

    fn rule(&mut self, rule: &Rule, conditions: &[ConditionTrace]) {
        let because = because(rule, conditions);
        if let Some(tier) = rule.tier {
            self.reason(&rule.name, Effect::Tier, format!("{tier}: {because}"), rule.at.clone());
            if self.by_rule.is_none_or(|highest| tier > highest) {
                self.by_rule = Some(tier);
                self.highest = Some(rule.name.clone());
            }
        }
        if let Some(why) = &rule.deny {
            self.reason(&rule.name, Effect::Deny, format!("denied: {why}: {because}"), rule.at.clone());
            self.denied.get_or_insert_with(|| rule.name.clone());
        }
    }

    /// The ledger is written by decisions, never by proposals.
    fn target(&mut self, policy: &Policy, facts: &Facts) {
        let ledger = policy.ledger.as_ref().map_or(LedgerKey::DEFAULT_BRANCH, |key| &key.branch);
        if facts.target.strip_prefix("refs/heads/").unwrap_or(facts.target) == ledger {
            let text = format!("denied: {ledger} is the ledger and takes no proposals");
            self.reason("ledger", Effect::Deny, text, Place::BuiltIn);
            self.denied.get_or_insert_with(|| "ledger".to_owned());
        }
    }

    fn scope(&mut self, policy: &Policy, facts: &Facts, agents: &[&Agent]) {
        let Some(ruling) = scope::rule(policy, facts, agents) else { return };
        if let Some(text) = ruling.unsure {
            self.reason("agents", Effect::Builtin, format!("at least {}: {text}", policy.default_tier), Place::BuiltIn);
            self.raise(policy.default_tier, "agents");
        }
        if let Some((text, at)) = ruling.denied {
            self.reason("scope", Effect::Deny, text, at);
            self.denied.get_or_insert_with(|| "scope".to_owned());
        }
        self.trace.extend(ruling.trace);
    }

    fn guards(&mut self, policy: &Policy, facts: &Facts) {
        let guards = Guards::of(policy);
        let changes = facts.changes.unwrap_or_default();
        let guarded: Vec<Guarded> = changes.iter().map(Guarded::new).collect();
        for guard in Guard::ALL {
            let paths: Vec<&BStr> = (changes.iter().zip(&guarded))
                .filter(|(_, guarded)| guards.hold(guard, guarded))
                .map(|(change, _)| change.path.as_bstr())
                .collect();
            self.guard(policy, guard, facts.changes.map(|_| !paths.is_empty()), &paths);
        }
    }

    fn guard(&mut self, policy: &Policy, guard: Guard, holds: Option<bool>, paths: &[&BStr]) {
        let condition = ConditionTrace::new(format!("touches {}", guard.what()), holds, paths);
        let (tier, alone) = match guard.floor() {
            Floor::HighAlone => (Tier::High, " and lands alone"),
            Floor::DefaultTier => (policy.default_tier, ""),
        };
        let matched = holds == Some(true);
        if matched {
            let text = format!("at least {tier}{alone}: touches {}: {}", guard.what(), condition.list());
            self.reason(guard.name(), Effect::Builtin, text, Place::BuiltIn);
            self.raise(tier, guard.name());
            self.root |= guard == Guard::Root;
            if guard.floor() == Floor::HighAlone {
                self.alone.get_or_insert(guard.name());
            }
        }
        self.trace.push(TraceLine {
            rule: guard.name().to_owned(),
            at: Place::BuiltIn,
            does: format!("at least {tier}{alone}"),
            matched,
            conditions: vec![condition],
        });
    }

    fn conclude(mut self, policy: &Policy, facts: &Facts, agents: &[&Agent]) -> Evaluation {
        let tier = self.tier(policy, facts);
        let count = approvals::count(policy, facts, tier, self.root);
        self.reasons.extend(count.reasons);
        let open = self.open(policy, facts, count.approvals.have);
        let checks = checks::open(policy, facts.checks);
        let (enough, green) = (count.enough && !open && self.denied.is_none(), checks.reasons.is_empty());
        self.reasons.extend(checks.reasons);
        let outcome = match &self.denied {
            Some(_) => Outcome::Denied,
            None if enough && green => Outcome::Satisfied,
            None => Outcome::Pending,
        };
        let note = self.note(policy, facts, tier);
        Evaluation {
            ruling: Ruling { outcome, tier, approvals: count.approvals, reasons: self.reasons },
            trace: self.trace,
            agent: if let [agent] = agents { Some(agent.name.clone()) } else { None },
            lands_alone: self.alone.is_some(),
            clean: note.is_empty(),
            note,
            relies_on: count.relies_on,
            reviews: count.reviews,
            checks: checks.words,
            waits_for_checks: enough && !green,
        }
    }

    fn tier(&self, policy: &Policy, facts: &Facts) -> Tier {
        let asked = self.by_rule.unwrap_or(policy.default_tier);
        let floor = self.floor.as_ref().map_or(Tier::Low, |(tier, _)| *tier);
        // Unknown is never low.
        let unknown = if facts.changes.is_none() { policy.default_tier.max(Tier::Medium) } else { Tier::Low };
        asked.max(floor).max(unknown)
    }

    /// Adds what is needed beside approvals; says whether there is anything.
    fn open(&mut self, policy: &Policy, facts: &Facts, have: usize) -> bool {
        let before = self.reasons.len();
        if facts.changes.is_none() {
            self.needs("merge", "needs a rebase: it does not merge into its target".to_owned());
        }
        for objection in facts.objections {
            let did = match objection.kind {
                DecisionKind::Reject => "rejected",
                DecisionKind::Hold => "holds",
                _ => continue,
            };
            let (who, lifts) = (&objection.person, "only a withdrawal or a later approval by");
            let text = match objection.entry {
                Some(_) => format!("{who} {did} it: {lifts} {who} lifts that"),
                None => {
                    format!("{who} wants changes on GitHub: only a later approval or a dismissal by {who} lifts that")
                }
            };
            self.needs(&objection.kind.to_string(), text);
        }
        if facts.unheard {
            let text = "GitHub did not tell whether anybody wants changes".to_owned();
            self.reasons.push(needs("approvals.from", text, policy.from_at.clone()));
        }
        if facts.repeat && have == 0 {
            self.needs("repeat", "rejected or held before: needs a person's new approval".to_owned());
        }
        if policy.built_in || facts.stage == Stage::Look {
            self.needs("stage", "nothing is decided here yet: run `countersign init`".to_owned());
        }
        self.reasons.len() > before
    }

    /// Why it is not clean; the weightiest first.
    fn note(&self, policy: &Policy, facts: &Facts, tier: Tier) -> String {
        if let Some(rule) = &self.denied {
            return format!("denied by {rule}");
        }
        if facts.changes.is_none() {
            return "needs a rebase".to_owned();
        }
        if let Some(objection) = facts.objections.first() {
            let did = match objection.kind {
                DecisionKind::Hold => "held",
                DecisionKind::Ask => "asked",
                _ if objection.entry.is_none() => "changes wanted on GitHub",
                _ => "rejected",
            };
            return format!("{did} by {}", objection.person);
        }
        if facts.repeat {
            return "repeat: rejected or held before".to_owned();
        }
        if let Some(alone) = self.alone {
            return alone.to_owned();
        }
        if tier > Tier::Low || self.by_rule.is_none() {
            return self.raised_by(tier).to_owned();
        }
        if policy.tiers.low.batch { String::new() } else { "policy keeps low out of batches".to_owned() }
    }

    /// What set the tier.
    fn raised_by(&self, tier: Tier) -> &str {
        match (&self.floor, self.by_rule, &self.highest) {
            (_, Some(asked), Some(rule)) if asked == tier => rule,
            (Some((floor, by)), _, _) if *floor == tier && self.by_rule.is_some() => by,
            _ => "by default",
        }
    }

    fn raise(&mut self, tier: Tier, by: &str) {
        if self.floor.as_ref().is_none_or(|(floor, _)| tier > *floor) {
            self.floor = Some((tier, by.to_owned()));
        }
    }

    fn needs(&mut self, rule: &str, text: String) {
        self.reasons.push(needs(rule, text, Place::BuiltIn));
    }

    fn reason(&mut self, rule: &str, effect: Effect, text: String, at: Place) {
        self.reasons.push(Reason { rule: rule.to_owned(), effect, text, at });
    }
}

/// Whether all the conditions of a rule hold, and each of them.
fn conditions(rule: &Rule, changes: Option<&[FileChange]>) -> (bool, Vec<ConditionTrace>) {
    let mut traces = Vec::new();
    let inside = |globs: &super::Globs, wanted: bool| -> Vec<&BStr> {
        let paths = changes.unwrap_or_default().iter().map(|change| change.path.as_bstr());
        paths.filter(|path| globs.matches(path) == wanted).collect()
    };
    if let Some(globs) = &rule.paths {
        let matching = inside(globs, true);
        let holds = changes.map(|_| !matching.is_empty());
        traces.push(ConditionTrace::new(format!("paths: {globs}"), holds, &matching));
    }
    if let Some(globs) = &rule.only_paths {
        let outside = inside(globs, false);
        // Of no changes at all everything could be said; a rule does not hold for nothing.
        let holds = changes.map(|changes| outside.is_empty() && !changes.is_empty());
        traces.push(ConditionTrace::new(format!("only_paths: {globs}"), holds, &outside));
    }
    (!traces.is_empty() && traces.iter().all(|trace| trace.holds == Some(true)), traces)
}

/// Why a rule matched, for a sentence.
fn because(rule: &Rule, conditions: &[ConditionTrace]) -> String {
    let matching = rule.paths.as_ref().and_then(|_| conditions.first()).map(|c| format!("touches {}", c.list()));
    let only = rule.only_paths.as_ref().map(|globs| format!("touches nothing but {globs}"));
    [matching, only].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn does(rule: &Rule) -> String {
    let tier = rule.tier.map(|tier| tier.to_string());
    let deny = rule.deny.as_ref().map(|why| format!("denied: {why}"));
    [tier, deny].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
