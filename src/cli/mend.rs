//! `countersign ledger finish|void`: what the ledger says and the target does not have, put right by a person's word.

use serde_json::json;

use crate::engine::Gap;
use crate::io::recover::MendError;
use crate::io::workspace::{Situation, Workspace};
use crate::model::text;

use super::approve::as_written;
use super::args::DecideArgs;
use super::ledger::{line, no_ledger};
use super::output::Output;
use super::{CliError, Exit};

/// Runs `ledger finish`.
pub fn finish(
    workspace: &Workspace,
    situation: &Situation,
    args: &DecideArgs,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let gap = open_gap(workspace, situation)?;
    let recovery = workspace.can_finish(situation, &gap)?;
    let branch = text::printable(situation.target.branch()).into_owned();
    let (old, new) = (recovery.old.short(12), recovery.new.short(12));
    let step = format!("{branch} moves from {old} to {new}; nothing is signed");
    if !consent(&gap, &step, args, output)? {
        return told(&gap, false, None, args, output);
    }
    let said = workspace.finish_gap(situation, &gap)?;
    told(&gap, true, Some(said.what), args, output)
}

/// Runs `ledger void`.
pub fn void(
    workspace: &Workspace,
    situation: &Situation,
    message: Option<&str>,
    args: &DecideArgs,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let gap = open_gap(workspace, situation)?;
    let note = message.map(as_written);
    let void = workspace.can_void(situation, &gap, note.clone())?;
    let step = format!("a void signed by {} says that none of it landed; what was decided stands", void.entry.by);
    if !consent(&gap, &step, args, output)? {
        return told(&gap, false, None, args, output);
    }
    let id = workspace.void_gap(situation, &gap, note)?;
    told(&gap, true, Some(format!("{} taken back, as entry {id} says", entries(&gap))), args, output)
}

fn open_gap(workspace: &Workspace, situation: &Situation) -> Result<Gap, CliError> {
    if situation.chain.is_none() {
        return Err(no_ledger());
    }
    Ok(workspace.open_gap(situation)?)
}

/// Shows what it is about, and asks. False where only a preview was wanted.
fn consent(gap: &Gap, step: &str, args: &DecideArgs, output: &mut Output) -> Result<bool, CliError> {
    if !args.json {
        for entry in &gap.entries {
            output.line(line(entry));
            for (item, merge) in entry.merges() {
                let (name, commit) = (text::printable(&item.proposal), merge.commit.short(12));
                output.line(format!("  {name}@{}  as {commit}", item.head.short(12)));
            }
        }
        output.line(format!("- {step}"));
    }
    if args.dry_run || args.yes {
        return Ok(!args.dry_run);
    }
    if !output.interactive() {
        return Err(CliError::usage("nothing was done", "say --yes to do it"));
    }
    let agreed = output.ask("Do this? [y/N]").is_some_and(|answer| matches!(answer.as_str(), "y" | "Y" | "yes"));
    let refused = || CliError::refused("nothing was done", "say --yes to do it without being asked");
    if agreed { Ok(true) } else { Err(refused()) }
}

fn told(gap: &Gap, done: bool, said: Option<String>, args: &DecideArgs, output: &mut Output) -> Result<Exit, CliError> {
    if args.json {
        let ids: Vec<_> = gap.entries.iter().map(|entry| entry.id).collect();
        output
            .document(&json!({ "ref": gap.refname, "old": gap.old, "new": gap.new, "entries": ids, "done": done }))?;
    } else if let Some(said) = said {
        output.line(said);
    }
    Ok(Exit::Done)
}

fn entries(gap: &Gap) -> String {
    match gap.entries.as_slice() {
        [one] => format!("entry {} is", one.id.short(8)),
        several => format!("{} entries are", several.len()),
    }
}

impl From<MendError> for CliError {
    fn from(error: MendError) -> Self {
        match error {
            MendError::Refused(refusal) => Self::refused(refusal.what, refusal.next),
            MendError::Signer(error) => error.into(),
            MendError::Store(error) => error.into(),
            MendError::Write(error) => error.into(),
        }
    }
}
