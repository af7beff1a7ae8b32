//! How each proposal stands: ledger and policy, put together into the rows of a queue.

use std::sync::Arc;

use crate::diff;
use crate::ledger::{LedgerView, Merged, Objection, ObjectionKind};
use crate::model::{
    Approvals, ChecksReport, Effect, Findings, Known, Landing, LineStats, Outcome, Place, Proposal, Queued, Reason,
    Ruling, Stage, Standing, State, text,
};
use crate::policy::{self, Evaluation};

use super::World;

/// The queue: every proposal with how it stands, in the order of `world.proposals`.
#[must_use]
pub fn queue(world: &World<'_>) -> Vec<Queued> {
    world.proposals.iter().map(|proposal| queued(proposal, world)).collect()
}

/// One proposal with how it stands.
#[must_use]
pub fn queued(proposal: &Arc<Proposal>, world: &World<'_>) -> Queued {
    let findings = world.found.get(&(proposal.id.clone(), proposal.head)).cloned();
    let mut standing = standing(proposal, world, findings.as_deref());
    let findings = findings.map(|found| with_checks(found, standing.checks.found()));
    standing.clean &= findings.as_deref().is_some_and(Findings::clean);
    let checks =
        world.checks.heads.get(&proposal.head).and_then(Known::found).map(|checks| ChecksReport::of(checks).sentence());
    Queued { proposal: Arc::clone(proposal), standing, summary: summary(proposal), findings, checks }
}

/// Findings with what is open of required checks: those end at their own time, whatever was found.
fn with_checks(found: Arc<Findings>, checks: Option<&Vec<String>>) -> Arc<Findings> {
    let Some(checks) = checks.filter(|checks| !checks.is_empty()) else { return found };
    let mut found = Arc::unwrap_or_clone(found);
    found.against.extend_from_slice(checks);
    Arc::new(found)
}

/// What a proposal does, in our words.
#[must_use]
pub fn summary(proposal: &Proposal) -> String {
    match &proposal.landing {
        Landing::Clean(diff) => {
            let stats = proposal.stats.unwrap_or_default();
            match &proposal.words {
                Some(words) => diff::with_counts(words.headline.clone(), stats),
                None => diff::summary(diff, stats),
            }
        }
        Landing::NeedsRebase(_) => "cannot be merged as it is".to_owned(),
        Landing::Landed => "nothing that the target has not".to_owned(),
        Landing::Unreadable(_) => "cannot be read".to_owned(),
    }
}

fn standing(proposal: &Proposal, world: &World<'_>, findings: Option<&Findings>) -> Standing {
    let merged = world.ledger.and_then(|view| view.merged(&proposal.id, &proposal.target.refname, proposal.head));
    if let (Some(merged), Some(view)) = (merged, world.ledger) {
        return landed(proposal, view, merged);
    }
    let objections = objections(proposal, world);
    let round = world.ledger.map_or(1, |ledger| ledger.round(&proposal.id, proposal.head));
    match world.judge(proposal) {
        Ok(mut evaluation) => {
            not_a_conflict(proposal, &mut evaluation.ruling);
            let wants = on_github(proposal, world);
            let state = state(proposal, world, &objections, &evaluation.ruling);
            let state = if wants.is_some() && may_be_rejected(state) { State::Rejected } else { state };
            let no_way = world.no_way(proposal);
            let harmless = evaluation.clean && may_be_approved(state) && no_way.is_none();
            let checks = evaluation.checks.clone();
            let clean = harmless && checks.found().is_some_and(Vec::is_empty) && findings.is_some_and(Findings::clean);
            let note = match (wants, no_way) {
                (Some(person), _) if state == State::Rejected && objections.is_empty() => {
                    format!("changes wanted on GitHub by {person}")
                }
                (None, Some((word, _))) if may_be_approved(state) => word.to_owned(),
                _ => note(proposal, &objections, &evaluation, state, findings),
            };
            let agent = evaluation.agent.clone().unwrap_or_else(|| proposal.agent.clone());
            Standing { agent, round, state, until: None, harmless, clean, note, checks, ruling: evaluation.ruling }
        }
        Err(errors) => {
            let ruling = policy::error_ruling(errors);
            let state = state(proposal, world, &objections, &ruling);
            plain(proposal, round, state, "policy is broken".to_owned(), ruling)
        }
    }
}

/// What the ledger has landed stands as it did then: what policy would say of it today is beside the point.
fn landed(proposal: &Proposal, view: &LedgerView, merged: &Merged) -> Standing {
    let mut by: Vec<String> = Vec::new();
    for entry in merged.relies_on.iter().filter_map(|id| view.entry(*id)) {
        if !by.contains(&entry.by) {
            by.push(entry.by.clone());
        }
    }
    let (commit, entry) = (merged.commit.short(12), merged.entry.short(8));
    let note = format!("landed as {commit} by {}", merged.by);
    let state = if merged.reverted.is_some() { State::Reverted } else { State::Merged };
    let text = format!("landed as {commit} on {}, as entry {entry} of {} says", merged.at, merged.by);
    let reason = Reason { rule: "ledger".to_owned(), effect: Effect::Builtin, text, at: Place::BuiltIn };
    let approvals = Approvals { have: by.len(), need: by.len(), by, on_github: Vec::new() };
    let ruling = Ruling { outcome: Outcome::Satisfied, tier: merged.tier, approvals, reasons: vec![reason] };
    plain(proposal, view.round(&proposal.id, proposal.head), state, note, ruling)
}

/// One of which nothing is to be hoped: it is not harmless, not clean, and no check matters.
fn plain(proposal: &Proposal, round: usize, state: State, note: String, ruling: Ruling) -> Standing {
    let (agent, checks) = (proposal.agent.clone(), Known::Indexing);
    Standing { agent, round, state, until: None, harmless: false, clean: false, note, checks, ruling }
}

fn objections(proposal: &Proposal, world: &World<'_>) -> Vec<Objection> {
    let change_id = proposal.diff().map(|diff| diff.change_id);
    world.ledger.map(|ledger| ledger.objections(&proposal.id, proposal.head, change_id)).unwrap_or_default()
}

/// Who wants changes of this head on GitHub, where that counts.
fn on_github(proposal: &Proposal, world: &World<'_>) -> Option<String> {
    let (_, objections) = world.said_of(proposal, proposal.diff().map(AsRef::as_ref));
    objections.into_iter().find(|objection| objection.entry.is_none()).map(|objection| objection.person)
}

/// Whether a person may approve what is in this state, and has nothing to look into first.
const fn may_be_approved(state: State) -> bool {
    matches!(state, State::Pending | State::Ready)
}

/// Whether a rejection is what matters most of a proposal in this state.
const fn may_be_rejected(state: State) -> bool {
    matches!(state, State::Pending | State::Ready | State::Asked | State::Blocked | State::Conflict)
}

fn state(proposal: &Proposal, world: &World<'_>, objections: &[Objection], ruling: &Ruling) -> State {
    let rejected = objections.iter().any(|o| o.kind == ObjectionKind::Reject && o.same_round);
    let held = objections.iter().any(|o| o.kind == ObjectionKind::Hold);
    let asked = objections.iter().any(|o| o.kind == ObjectionKind::Ask && o.same_round);
    match &proposal.landing {
        Landing::Landed => State::Merged,
        _ if world.unsent.contains(&proposal.id) => State::Unsent,
        _ if rejected => State::Rejected,
        _ if held => State::Held,
        Landing::Unreadable(_) => State::Blocked,
        Landing::NeedsRebase(_) => State::Conflict,
        Landing::Clean(_) if asked => State::Asked,
        Landing::Clean(_) => match ruling.outcome {
            Outcome::Denied | Outcome::Error => State::Blocked,
            Outcome::Satisfied if world.stage != Stage::Look => State::Ready,
            Outcome::Satisfied | Outcome::Pending => State::Pending,
        },
    }
}

/// A few words for the row: what stands against it, the most important first.
fn note(
    proposal: &Proposal,
    objections: &[Objection],
    evaluation: &Evaluation,
    state: State,
    findings: Option<&Findings>,
) -> String {
    match (state, objections.last()) {
        (State::Held, Some(last)) => format!("held by {}", last.person),
        (State::Asked, Some(last)) => format!("asked by {}", last.person),
        (State::Rejected, Some(last)) => format!("rejected by {}", last.person),
        (State::Conflict, _) => "needs a rebase".to_owned(),
        (State::Merged, _) => "the target has it, and no entry says how".to_owned(),
        (State::Unsent, _) => "not sent yet".to_owned(),
        (State::Blocked, _) if unreadable_why(proposal).is_some() => headline(unreadable_why(proposal)),
        (State::Pending | State::Ready, Some(last)) if last.kind == ObjectionKind::Reject => {
            format!("repeat: rejected by {}", last.person)
        }
        (State::Pending | State::Ready, _) if !evaluation.ruling.approvals.on_github.is_empty() => {
            format!("approved on GitHub by {}", evaluation.ruling.approvals.on_github.join(", "))
        }
        _ => {
            // Why it has its tier is said by where it stands; what was found, and what is not green, is not.
            let found = findings.map(Findings::note).filter(|found| !found.is_empty());
            let open = evaluation.checks.found().and_then(|open| open.first().cloned());
            let said: Vec<String> = found.into_iter().chain(open).collect();
            let says = !said.is_empty() && evaluation.ruling.approvable();
            if says { said.join(", ") } else { evaluation.note.clone() }
        }
    }
}

/// Why a proposal cannot be read, where it cannot.
fn unreadable_why(proposal: &Proposal) -> Option<&str> {
    match &proposal.landing {
        Landing::Unreadable(why) => Some(why),
        _ => None,
    }
}

/// What has landed, or cannot be read, does not need a rebase: the one needs nothing, the other is an error.
fn not_a_conflict(proposal: &Proposal, ruling: &mut Ruling) {
    if matches!(proposal.landing, Landing::Landed) {
        let text = "the target has all of it already".to_owned();
        ruling.reasons.retain(|reason| reason.rule != "merge");
        ruling
            .reasons
            .insert(0, Reason { rule: "landed".to_owned(), effect: Effect::Builtin, text, at: Place::BuiltIn });
    }
    let Some(why) = unreadable_why(proposal) else { return };
    let text = text::single_line(why);
    ruling.outcome = Outcome::Error;
    ruling.reasons.retain(|reason| reason.rule != "merge");
    ruling.reasons.insert(0, Reason { rule: "read".to_owned(), effect: Effect::Error, text, at: Place::BuiltIn });
}

/// The first clause of a reason, for a row.
fn headline(why: Option<&str>) -> String {
    let clause = why.unwrap_or_default().split([':', ';', '(']).next().unwrap_or_default();
    text::truncate(&text::single_line(clause), 60).into_owned()
}

/// The lines of several proposals together.
#[must_use]
pub fn total(stats: impl IntoIterator<Item = LineStats>) -> LineStats {
    stats.into_iter().fold(LineStats::default(), |sum, one| LineStats {
        additions: sum.additions.saturating_add(one.additions),
        deletions: sum.deletions.saturating_add(one.deletions),
        binary: sum.binary || one.binary,
    })
}
