//! `countersign ledger log|verify`; [`super::mend`] has `finish` and `void`.

use serde_json::json;

use crate::io::git::store::Writes;
use crate::io::git::verify;
use crate::io::workspace::{Ruling, Scope, Situation};
use crate::ledger::{Entry, LedgerView, VerifyReport};
use crate::model::{Stage, text};
use crate::policy::GateMode;

use super::args::LedgerCommand;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit, mend};

/// Runs the command.
pub fn run(session: &Session, command: &LedgerCommand, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    workspace.repository.whole()?;
    let none = std::collections::BTreeSet::new();
    let situation = session.read(&workspace, &Scope { only: Some(&none), ..Scope::default() })?;
    match command {
        LedgerCommand::Log { limit, json } => log(&situation, *limit, json.json, output),
        LedgerCommand::Verify(json) => {
            let chain = situation.chain.as_ref().ok_or_else(no_ledger)?;
            let store = workspace.repository.store(Writes::InMemory)?;
            let report = verify::verify(&workspace.repository, &store, chain, strictness(&situation))?;
            let ok = report.ok && situation.alarm.is_none();
            if json.json {
                output.document(&report)?;
            } else {
                tell(&report, situation.alarm.as_deref(), output);
            }
            Ok(if ok { Exit::Done } else { Exit::Refused })
        }
        LedgerCommand::Finish(decide) => mend::finish(&workspace, &situation, decide, output),
        LedgerCommand::Void { message, decide } => {
            mend::void(&workspace, &situation, message.as_deref(), decide, output)
        }
    }
}

/// Where policy asks for a gate, what passed without an entry is an offence, though nothing could refuse it.
fn strictness(situation: &Situation) -> Stage {
    let asked = matches!(&situation.ruling, Ruling::Root(root) if root.policy.gate != GateMode::None);
    if asked { Stage::Enforce } else { situation.stage }
}

/// What a command says that reads, where there is nothing to read yet.
pub const NONE_YET: &str = "there is no ledger here yet; `countersign init` starts one";

/// No ledger: an error where one was asked for.
pub fn no_ledger() -> CliError {
    CliError::usage("there is no ledger here yet", "run `countersign init`")
}

fn log(situation: &Situation, limit: Option<usize>, json: bool, output: &mut Output) -> Result<Exit, CliError> {
    let entries = situation.view.as_ref().map(LedgerView::entries).unwrap_or_default();
    let entries: Vec<&Entry> = entries.iter().rev().take(limit.unwrap_or(usize::MAX)).map(AsRef::as_ref).collect();
    if json {
        output.document(&json!({ "entries": entries, "problems": situation.warnings() }))?;
    } else {
        for entry in entries {
            output.line(line(entry));
        }
        output.problems(&situation.warnings());
    }
    if situation.view.is_none() {
        output.remark(NONE_YET);
    }
    Ok(if situation.alarm.is_some() { Exit::Refused } else { Exit::Done })
}

/// `1a2b3c4d 2026-11-21T08:00:00Z approve by maria: 28 proposals, 28 merged`.
pub(super) fn line(entry: &Entry) -> String {
    let merged = entry.merges().count();
    let what = match entry.items.as_slice() {
        [] => String::new(),
        [one] => text::printable(&one.proposal).into_owned(),
        several => text::count(several.len(), "proposal"),
    };
    let merged = if merged > 0 { format!(", {merged} merged") } else { String::new() };
    let note = entry.note.as_deref().map(|note| format!("  \"{}\"", text::truncate(&text::single_line(note), 60)));
    let what = if what.is_empty() { what } else { format!(": {what}{merged}") };
    let by = text::printable(&entry.by);
    format!("{} {} {} by {by}{what}{}", entry.id.short(8), entry.at, entry.kind, note.unwrap_or_default())
}

fn tell(report: &VerifyReport, alarm: Option<&str>, output: &mut Output) {
    output.line(format!(
        "{} in {}, {} compared with what landed",
        text::count(report.entries, "entry"),
        text::count(report.commits, "commit"),
        text::count(report.merges, "merge")
    ));
    for alarm in alarm.into_iter().chain(report.alarms.iter().map(String::as_str)) {
        output.line(format!("ALARM      {}", text::single_line(alarm)));
    }
    for fault in &report.faults {
        let known = if fault.acknowledged.is_some() { " (acknowledged)" } else { "" };
        output.line(format!("no effect  {}  {}{known}", fault.commit.short(12), text::single_line(&fault.what)));
    }
    for wrong in &report.mismatches {
        let what = text::single_line(&wrong.what);
        output.line(format!("mismatch   {}  {}  {what}", wrong.commit.short(12), text::printable(&wrong.proposal)));
    }
    for open in &report.unfinished {
        output.line(format!(
            "unfinished {}  {} was to go to {}",
            open.entry.short(8),
            open.refname,
            open.new.short(12)
        ));
    }
    for remark in &report.remarks {
        output.line(format!("note       {}  {}", remark.entry.short(8), text::single_line(&remark.what)));
    }
    if report.unapproved_total > 0 {
        let commits = text::count(report.unapproved_total, "commit");
        output.line(format!("{commits} since the genesis that no entry accounts for:"));
        for branch in report.branches.iter().filter(|branch| branch.unapproved > 0) {
            let (name, count) = (text::printable(&branch.refname), text::count(branch.unapproved, "commit"));
            let dated = if branch.moved { "" } else { ", by their own dates: no entry ever moved it" };
            output.line(format!("           {count} on {name}{dated}"));
        }
        for commit in report.unapproved.iter().take(20) {
            output.line(format!("           {}  on {}", commit.commit.short(12), commit.refname));
        }
    }
    output.line(if report.ok && alarm.is_none() { "the ledger is sound" } else { "the ledger is NOT sound" });
}
