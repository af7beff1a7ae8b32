//! `countersign incidents list|for PATH`.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use bstr::{BString, ByteSlice as _};
use serde_json::json;

use crate::evidence::incidents::Touched;
use crate::io::evidence::incidents::{Gathered, gather, services};
use crate::io::git::store::Writes;
use crate::io::workspace::{Scope, Situation, Workspace};
use crate::model::{Incident, IncidentEvidence, IncidentKind, IncidentSource, UndoneBy, text};

use super::args::IncidentsCommand;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Files of a folder that are compared.
const MAX_FILES: usize = 1_000;

/// Runs the command.
pub fn run(session: &Session, command: &IncidentsCommand, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let none = BTreeSet::new();
    let situation = session.read(&workspace, &Scope { only: Some(&none), ..Scope::default() })?;
    let view = super::indexed::history(&workspace, &situation, output);
    let gathered = gather(&workspace.repository, &situation, &view);
    output.problems(&situation.problems);
    output.problems(&gathered.problems);
    match command {
        IncidentsCommand::List(json) => list(&gathered, json.json, output),
        IncidentsCommand::For { path, json } => {
            let files = below(&workspace, &situation, path)?;
            let services = services(situation.policy(), &files);
            let files = files.iter().map(|file| file.to_str_lossy().into_owned()).collect();
            let touched = Touched { files, services, ..Touched::default() };
            tell(path, &gathered.evidence(&touched), json.json, output)
        }
    }
}

/// A path, or the files of the folder that it is on the target.
fn below(workspace: &Workspace, situation: &Situation, path: &str) -> Result<Vec<BString>, CliError> {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    let store = workspace.repository.store(Writes::InMemory)?;
    let tree = store.tree_of(situation.target.tip)?;
    if path.is_empty() || !store.is_folder(tree, path) {
        return Ok(vec![path.into()]);
    }
    let prefix = format!("{path}/");
    let found = store.files(tree, |file| file.starts_with(prefix.as_bytes()))?;
    let mut files: Vec<BString> = found.files.into_iter().map(|(file, _)| file).collect();
    files.sort();
    files.truncate(MAX_FILES);
    Ok(files)
}

fn list(gathered: &Gathered, json: bool, output: &mut Output) -> Result<Exit, CliError> {
    let mut incidents: Vec<&Arc<Incident>> = gathered.past.incidents().iter().collect();
    incidents.sort_by_key(|incident| Reverse(incident.date));
    if json {
        let incidents: Vec<&Incident> = incidents.into_iter().map(Arc::as_ref).collect();
        output.document(&json!({
            "state": "known", "why": null, "looked": gathered.looked(), "missing": gathered.missing(),
            "incidents": incidents, "problems": gathered.problems,
        }))?;
        return Ok(Exit::Done);
    }
    for incident in incidents {
        output.line(row(incident));
        output.line(format!("            {}", place(incident)));
    }
    output.remark(gathered.looked());
    gathered.missing().into_iter().for_each(|missing| output.remark(format!("not known: {missing}")));
    Ok(Exit::Done)
}

fn tell(path: &str, found: &IncidentEvidence, json: bool, output: &mut Output) -> Result<Exit, CliError> {
    if json {
        output.document(&json!({
            "path": path, "state": "known", "why": null, "looked": found.looked, "missing": found.missing,
            "hits": found.hits, "more": found.more, "problems": found.problems,
        }))?;
        return Ok(Exit::Done);
    }
    last_time(found, output);
    Ok(Exit::Done)
}

/// What happened the last time, closest first; nothing found and not known are told apart.
pub(super) fn last_time(found: &IncidentEvidence, output: &mut Output) {
    for hit in &found.hits {
        output.line(row(&hit.incident));
        output.line(format!("            {}: {}", hit.closeness.words(), text::single_line(&hit.why)));
        output.line(format!("            {}", place(&hit.incident)));
    }
    if found.more > 0 {
        output.line(format!("            and {} more", found.more));
    }
    let nothing = if found.hits.is_empty() { "nothing like it is known: " } else { "" };
    output.line(format!("last time   {nothing}{}", text::single_line(&found.looked)));
    if let Some(missing) = &found.missing {
        output.line(format!("last time   not all is known: {}", text::single_line(missing)));
    }
}

/// `2025-03-14  INC-213  Checkout was killed for memory  (sev 2, 41 min)`.
fn row(incident: &Incident) -> String {
    let date = incident.date.map_or_else(|| "no date".to_owned(), |date| date.to_string());
    let facts = [
        (incident.kind != IncidentKind::Record).then(|| incident.kind.to_string()),
        incident.severity.map(|severity| severity.to_string()),
        incident.minutes.map(|minutes| format!("{minutes} min")),
        incident.by.as_deref().map(|by| format!("by {}", text::single_line(by))),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let facts = if facts.is_empty() { String::new() } else { format!("  ({})", facts.join(", ")) };
    format!("{date:<10}  {}  {}{facts}", text::single_line(&incident.id), text::single_line(&incident.title))
}

/// Where it is written, so that it can be opened.
fn place(incident: &Incident) -> String {
    match &incident.source {
        IncidentSource::File { path } => text::printable(path).into_owned(),
        IncidentSource::Commit { commit, undoes: Some(undone), undone_by } => {
            let by = undone_by.map_or("", UndoneBy::words);
            format!("commit {}, undoes {}{by}", commit.short(12), undone.short(12))
        }
        IncidentSource::Commit { commit, undoes: None, .. } => format!("commit {}", commit.short(12)),
        IncidentSource::Entry { entry, .. } => format!("ledger entry {}", entry.short(8)),
    }
}
