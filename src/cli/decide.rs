//! What every deciding command does: plan, show, ask, send, report.

use serde_json::{Value, json};

use crate::engine::{Action, Fate, Plan, Report};
use crate::io::send::SendError;
use crate::io::workspace::{Situation, Workspace};
use crate::model::{DecisionKind, Intent, Stage, text};

use super::args::DecideArgs;
use super::output::Output;
use super::{CliError, Exit};

/// Plans the intents, shows the plan, and sends it if that is wanted.
pub fn decide(
    workspace: &Workspace,
    situation: &Situation,
    intents: &[Intent],
    args: &DecideArgs,
    output: &mut Output,
) -> Result<Exit, CliError> {
    if situation.stage == Stage::Look && situation.alarm.is_none() {
        return Err(CliError::usage(
            "there is no ledger yet, so nothing can be decided here",
            "run `countersign init`",
        ));
    }
    let plan = workspace.plan(situation, intents).map_err(failure)?;
    if !args.json {
        show(&plan, output);
    }
    if args.dry_run || plan.is_empty() {
        if args.json {
            output.document(&json!({ "plan": plan_json(&plan), "result": null }))?;
        }
        return Ok(if plan.is_empty() { Exit::Refused } else { Exit::Done });
    }
    if !args.yes && output.interactive() && !agreed(output) {
        return Err(CliError::refused("nothing was sent", "say --yes to send without being asked"));
    }
    let report = send(workspace, &plan, args.json, output)?;
    if args.json {
        output.document(&json!({ "plan": plan_json(&plan), "result": report_json(&report) }))?;
    } else {
        tell(&report, output);
    }
    Ok(if plan.dropped.is_empty() { Exit::Done } else { Exit::Partly })
}

fn agreed(output: &mut Output) -> bool {
    output.ask("Send this? [y/N]").is_some_and(|answer| matches!(answer.as_str(), "y" | "Y" | "yes"))
}

/// Sends a plan. The intents lie in the outbox meanwhile, so that a crash leaves a trace of what was meant.
fn send(workspace: &Workspace, plan: &Plan, json: bool, output: &mut Output) -> Result<Report, CliError> {
    let intents = plan.remaining_intents();
    for intent in &intents {
        workspace.state.keep_intent(intent)?;
    }
    let sent = workspace.send(plan);
    if sent.is_err() {
        for intent in &intents {
            workspace.state.drop_intent(intent.id)?;
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
        other => other.map_err(failure),
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
            Action::Record { missing } => format!("approve; still needs {missing} more"),
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
        for line in added(change.before.as_deref(), &change.after) {
            output.line(format!("    + {}", text::printable(&line)));
        }
    }
    for problem in &plan.problems {
        output.remark(format!("warning: {}", text::single_line(problem)));
    }
    let entries = plan.remaining_intents().len();
    if entries > 0 {
        let (entries, signatures) = (count(entries, "entry", "entries"), count(entries, "signature", "signatures"));
        output.line(format!("  {entries} in the ledger, {signatures} by {}, one push", text::printable(&plan.by)));
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The lines that a file gets.
fn added(before: Option<&[u8]>, after: &[u8]) -> Vec<String> {
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
    let before = lines(before.unwrap_or_default());
    lines(after).into_iter().filter(|line| !line.is_empty() && !before.contains(line)).collect()
}

/// What became of it.
fn tell(report: &Report, output: &mut Output) {
    for item in &report.items {
        let id = text::printable(&item.subject.proposal);
        match &item.fate {
            Fate::Merged { commit } => output.line(format!("merged    {id}  as {}", commit.short(12))),
            Fate::Recorded { missing } => output.line(format!("approved  {id}  still needs {missing} more")),
            Fate::Noted => output.line(format!("{:<8}  {id}", done(item.kind))),
            Fate::Dropped { why, .. } => output.line(format!("left out  {id}  {}", text::single_line(why))),
        }
    }
    for file in &report.memory {
        output.line(format!("wrote     {}", text::printable(file)));
    }
    for entry in &report.entries {
        output.line(format!("ledger    {entry}"));
    }
    output.problems(&report.problems);
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
                Action::Record { missing } => ("record", *missing),
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
                Fate::Recorded { missing } => ("recorded", None, *missing, None),
                Fate::Noted => ("noted", None, 0, None),
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
