//! What every deciding command does: plan, show, ask, send, report.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::engine::{Action, Fate, NextStep, Plan, Report};
use crate::io::post;
use crate::io::send::SendError;
use crate::io::workspace::{Ruling, Situation, Workspace};
use crate::model::{DecisionKind, Intent, text};

use super::args::DecideArgs;
use super::output::Output;
use super::{CliError, Exit, refused};

/// Plans the intents, shows the plan, and sends it if that is wanted.
pub fn decide(
    workspace: &Workspace,
    situation: &Situation,
    intents: &[Intent],
    args: &DecideArgs,
    output: &mut Output,
) -> Result<Exit, CliError> {
    if let [intent] = intents
        && let Some(report) = situation.arrived_before(intent)
    {
        output.remark("it had arrived before: nothing is recorded twice");
        return finish(None, &report, args, output);
    }
    let intents: Vec<Intent> = intents.iter().map(|intent| resumed(situation, intent)).collect();
    let plan = workspace.plan(situation, &intents).map_err(failure)?;
    if plan.is_empty() {
        return Err(failed(&plan, refused::nothing(situation, &plan, output), args, output)?);
    }
    if !args.json {
        show(&plan, output);
    }
    if args.dry_run {
        if args.json {
            output.document(&json!({ "plan": plan_json(&plan), "result": null, "error": null }))?;
        }
        return Ok(Exit::Done);
    }
    if !args.yes && output.interactive() && !agreed(output) {
        return Err(CliError::refused("nothing was sent", "say --yes to send without being asked"));
    }
    match send(workspace, situation, &plan, args.json, output) {
        Ok(report) => finish(Some(&plan), &report, args, output),
        Err(error) => Err(failed(&plan, error, args, output)?),
    }
}

/// An error of which a script that reads JSON is told, too.
fn failed(plan: &Plan, error: CliError, args: &DecideArgs, output: &mut Output) -> Result<CliError, CliError> {
    if args.json {
        let said = json!({ "what": error.what, "next": error.next });
        output.document(&json!({ "plan": plan_json(plan), "result": null, "error": said }))?;
    }
    Ok(error)
}

fn finish(plan: Option<&Plan>, report: &Report, args: &DecideArgs, output: &mut Output) -> Result<Exit, CliError> {
    if args.json {
        output.document(&json!({ "plan": plan.map(plan_json), "result": report_json(report), "error": null }))?;
    } else {
        let shown = plan.map(|plan| plan.problems.as_slice()).unwrap_or_default();
        tell(report, shown, output);
    }
    let undone = report.items.iter().any(|item| matches!(item.fate, Fate::Unposted { .. } | Fate::Astray { .. }));
    Ok(if plan.is_none_or(|plan| plan.dropped.is_empty()) && !undone { Exit::Done } else { Exit::Partly })
}

/// A decision that an interrupted command left in the outbox keeps its id when it is repeated: should the first try still
/// arrive, there is one entry.
fn resumed(situation: &Situation, intent: &Intent) -> Intent {
    let kept = situation.outbox.iter().find(|kept| kept.repeats(intent));
    kept.map_or_else(|| intent.clone(), |kept| Intent { id: kept.id, ..intent.clone() })
}

/// Whether anybody can decide here now; asked before anything is chosen, so that it is the first thing that is said.
pub fn possible(situation: &Situation) -> Result<(), CliError> {
    if let Some(alarm) = &situation.alarm {
        let next = "see `countersign ledger verify`, and ask who did that";
        return Err(CliError::refused(format!("nothing can be decided: {alarm}"), next));
    }
    match (&situation.ruling, &situation.key) {
        (Ruling::BuiltIn, _) => {
            let next = "run `countersign init`";
            Err(CliError::usage("there is no ledger yet, so nothing can be decided here", next))
        }
        (Ruling::Invalid(errors), _) => {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            let what = format!("the policy cannot be read, so nothing can be decided: {first}");
            Err(CliError::usage(what, "mend it on the default branch; `countersign policy lint` says where"))
        }
        (Ruling::Root(_), Err(error)) => Err(error.clone().into()),
        (Ruling::Root(_), Ok(_)) => Ok(()),
    }
}

fn agreed(output: &mut Output) -> bool {
    output.ask("Send this? [y/N]").is_some_and(|answer| matches!(answer.as_str(), "y" | "Y" | "yes"))
}

/// Sends a plan. The intents lie in the outbox meanwhile, so that a crash leaves a trace of what was meant. What an earlier
/// command left there on the same proposals is replaced by what is decided now.
fn send(
    workspace: &Workspace,
    situation: &Situation,
    plan: &Plan,
    json: bool,
    output: &mut Output,
) -> Result<Report, CliError> {
    let intents = plan.remaining_intents();
    for intent in &intents {
        workspace.state.keep_intent(intent)?;
    }
    if let (true, Ok(key)) = (workspace.repository.asks, &situation.key) {
        // ssh-keygen asks for a passphrase without saying whose.
        output.remark(format!("signing with {}", text::printable(&key.candidate.found_in)));
    }
    let sent = workspace.send(plan);
    match &sent {
        Ok(_) => replace(workspace, &situation.outbox, &intents, output),
        // It may be on its way, or recorded: the next command finds out by its id.
        Err(SendError::Unknown(_) | SendError::Halfway(_)) => {}
        Err(_) => {
            for intent in &intents {
                workspace.state.drop_intent(intent.id)?;
            }
        }
    }
    match sent {
        Err(SendError::Changed(fresh)) => {
            if !json {
                output.line("What would happen now is not what was shown. It would be:");
                show(&fresh, output);
            }
            Err(CliError::refused("something moved meanwhile, and nothing was sent", "look at it, and decide again"))
        }
        other => {
            let mut report = other.map_err(failure)?;
            deliver(workspace, &mut report, output);
            Ok(report)
        }
    }
}

/// Tells the forge, one post after the other; on a terminal one sees how far.
fn deliver(workspace: &Workspace, report: &mut Report, output: &mut Output) {
    let said = Mutex::new(&mut *output);
    let progress = |done: usize, total: usize| {
        if let Ok(mut output) = said.lock() {
            output.progress(&format!("telling GitHub, {done} of {total}"));
        }
    };
    workspace.deliver(report, &post::Watch { progress: &progress, still: &|| true });
    output.progress("");
}

/// Takes the proposals that were decided now out of older unsent decisions.
fn replace(workspace: &Workspace, older: &[Intent], sent: &[Intent], output: &mut Output) {
    let decided = |proposal: &str| sent.iter().any(|intent| intent.is_about(proposal));
    for old in older.iter().filter(|old| sent.iter().all(|intent| intent.id != old.id)) {
        let mut left = old.clone();
        left.items.retain(|item| !decided(&item.subject.proposal));
        if left.items.len() == old.items.len() {
            continue;
        }
        let kept = workspace.state.drop_intent(old.id);
        let kept = kept.and_then(|()| if left.items.is_empty() { Ok(()) } else { workspace.state.keep_intent(&left) });
        match kept {
            Ok(()) => output.remark("what an interrupted command had left unsent on the same proposals is replaced"),
            Err(error) => output.remark(format!("warning: an older unsent decision stays: {error}")),
        }
    }
}

fn failure(error: SendError) -> CliError {
    let what = error.to_string();
    match error {
        SendError::Refused(refusal) => refusal.into(),
        SendError::Changed(_) | SendError::Nothing(_) => CliError::refused(what, "look at it, and decide again"),
        SendError::Offline(_) => CliError::outside(what, "nothing was sent; try again when it answers"),
        SendError::Store(error) => error.into(),
        SendError::Write(error) => error.into(),
        SendError::Halfway(_) => CliError::outside(what, "clear the way; the next deciding command finishes it"),
        SendError::Unknown(_) => {
            CliError::outside(what, "run it again when the remote answers: what arrived is not recorded twice")
        }
    }
}

/// The plan as a person reads it.
fn show(plan: &Plan, output: &mut Output) {
    let merges = plan.merges().count();
    if merges > 0 {
        let target = plan.target.refname.trim_start_matches("refs/heads/");
        output.line(format!("{merges} to merge into {}", text::printable(target)));
    }
    for item in &plan.items {
        let kind = plan.intents.get(item.intent).map_or(DecisionKind::Approve, |intent| intent.kind);
        let what = match &item.action {
            Action::Merge { .. } => "approve and merge".to_owned(),
            Action::Record { awaits } => format!("approve; {}", awaits.words()),
            Action::Note => kind.to_string(),
        };
        let (id, head) = (text::printable(&item.subject.proposal), item.subject.head.short(12));
        output.line(format!("  {what}  {id}@{head}  {}  {}", item.tier(), item.summary));
    }
    for dropped in &plan.dropped {
        let at = dropped.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
        output.line(format!(
            "  left out  {}  {}{at}",
            text::printable(&dropped.subject.proposal),
            text::single_line(&dropped.why)
        ));
    }
    for change in &plan.memory {
        output.line(format!("  {} will have", change.path));
        let before = change.before.as_deref().unwrap_or_default();
        for (sign, lines) in [('-', missing(before, &change.after)), ('+', missing(&change.after, before))] {
            for line in lines {
                output.line(format!("    {sign} {}", text::printable(&line)));
            }
        }
    }
    for problem in &plan.problems {
        output.remark(format!("warning: {}", text::single_line(problem)));
    }
    let entries = plan.remaining_intents().len();
    if entries > 0 {
        let (entries, signatures) = (count(entries, "entry", "entries"), count(entries, "signature", "signatures"));
        let posts = plan.posts_in_words().map(|posts| format!(", then on GitHub {posts}")).unwrap_or_default();
        output
            .line(format!("  {entries} in the ledger, {signatures} by {}, one push{posts}", text::printable(&plan.by)));
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The lines of `one` that `other` has nowhere.
fn missing(one: &[u8], other: &[u8]) -> Vec<String> {
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
    let other = lines(other);
    lines(one).into_iter().filter(|line| !line.is_empty() && !other.contains(line)).collect()
}

/// What became of it, but for the problems that the plan has shown.
fn tell(report: &Report, shown: &[String], output: &mut Output) {
    for item in &report.items {
        let id = text::printable(&item.subject.proposal);
        match &item.fate {
            Fate::Merged { commit } => output.line(format!("merged    {id}  as {}", commit.short(12))),
            Fate::Recorded { awaits } => output.line(format!("approved  {id}  {}", awaits.words())),
            Fate::Noted => output.line(format!("{:<8}  {id}", done(item.kind))),
            Fate::Unposted { why, next } => {
                let next = next.map(|next| format!("; {}", next.words())).unwrap_or_default();
                output.line(format!("recorded  {id}  not on GitHub: {}{next}", text::single_line(why)));
            }
            Fate::Astray { why, .. } => {
                output.line(format!("ASTRAY    {id}  {}; {}", text::single_line(why), NextStep::Verify.words()));
            }
            Fate::Dropped { why, .. } => output.line(format!("left out  {id}  {}", text::single_line(why))),
        }
    }
    for file in &report.memory {
        output.line(format!("wrote     {}", text::printable(file)));
    }
    for entry in &report.entries {
        output.line(format!("ledger    {entry}"));
    }
    let fresh = report.problems.iter().filter(|problem| !shown.contains(&problem.what));
    output.problems(&fresh.cloned().collect::<Vec<_>>());
}

const fn done(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Approve => "recorded",
        DecisionKind::Reject => "rejected",
        DecisionKind::Hold => "held",
        DecisionKind::Ask => "asked",
        DecisionKind::Withdraw => "withdrew",
    }
}

/// `{by, target, items: [{proposal, head, change_id, tier, action, missing, summary}], dropped: [{proposal, why, at}],
/// memory: [path], entries}`.
fn plan_json(plan: &Plan) -> Value {
    let items: Vec<Value> = plan
        .items
        .iter()
        .map(|item| {
            let (action, missing) = match &item.action {
                Action::Merge { .. } => ("merge", 0),
                Action::Record { awaits } => ("record", awaits.people()),
                Action::Note => ("note", 0),
            };
            json!({
                "proposal": item.subject.proposal, "head": item.subject.head, "change_id": item.subject.change_id,
                "tier": item.tier(), "action": action, "missing": missing, "summary": item.summary,
                "decision": plan.intents.get(item.intent).map(|intent| intent.kind),
            })
        })
        .collect();
    let dropped: Vec<Value> = plan
        .dropped
        .iter()
        .map(|dropped| json!({ "proposal": dropped.subject.proposal, "why": dropped.why, "at": dropped.at }))
        .collect();
    let memory: Vec<&str> = plan.memory.iter().map(|change| change.path.as_str()).collect();
    json!({
        "by": plan.by, "target": plan.target.refname, "items": items, "dropped": dropped, "memory": memory,
        "entries": plan.remaining_intents().len(), "problems": plan.problems,
    })
}

/// `{items: [{proposal, head, outcome, commit, missing, why}], entries: [id], memory: [path], problems}`.
fn report_json(report: &Report) -> Value {
    let items: Vec<Value> = report
        .items
        .iter()
        .map(|item| {
            let (outcome, commit, missing, why) = match &item.fate {
                Fate::Merged { commit } => ("merged", Some(*commit), 0, None),
                Fate::Recorded { awaits } => ("recorded", None, awaits.people(), None),
                Fate::Noted => ("noted", None, 0, None),
                Fate::Unposted { why, .. } => ("unposted", None, 0, Some(why)),
                Fate::Astray { commit, why } => ("astray", Some(*commit), 0, Some(why)),
                Fate::Dropped { why, .. } => ("dropped", None, 0, Some(why)),
            };
            json!({
                "proposal": item.subject.proposal, "head": item.subject.head, "decision": item.kind,
                "outcome": outcome, "commit": commit, "missing": missing, "why": why,
            })
        })
        .collect();
    json!({ "items": items, "entries": report.entries, "memory": report.memory, "problems": report.problems })
}
