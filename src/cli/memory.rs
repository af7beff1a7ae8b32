//! `countersign memory list|for PATH|render`.

use std::collections::BTreeSet;

use bstr::BStr;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::io::workspace::Scope;
use crate::memory::{self, Lesson};
use crate::model::text;

use super::args::MemoryCommand;
use super::ledger::no_ledger;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, command: &MemoryCommand, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let none = BTreeSet::new();
    let situation = session.read(&workspace, &Scope { only: Some(&none), ..Scope::default() })?;
    output.problems(&situation.warnings());
    let view = situation.view.as_ref().ok_or_else(no_ledger)?;
    let today = situation.now.to_zoned(TimeZone::UTC).date();
    let mut lessons: Vec<Lesson> = memory::lessons(view).into_iter().filter(|lesson| lesson.stands(today)).collect();
    match command {
        MemoryCommand::Render { path } => {
            if let Some(section) = memory::render(view, situation.now, path) {
                output.line(section);
            }
        }
        MemoryCommand::List(json) => tell(&lessons, json.json, output)?,
        MemoryCommand::For { path, json } => {
            lessons.retain(|lesson| lesson.covers(BStr::new(path)));
            tell(&lessons, json.json, output)?;
        }
    }
    Ok(if situation.alarm.is_some() { Exit::Refused } else { Exit::Done })
}

fn tell(lessons: &[Lesson], json: bool, output: &mut Output) -> Result<(), CliError> {
    if json {
        let lessons: Vec<Value> = lessons.iter().map(lesson_json).collect();
        output.document(&json!({ "lessons": lessons }))?;
        return Ok(());
    }
    if lessons.is_empty() {
        output.remark("no lesson is in force; a rejection teaches one");
    }
    for lesson in lessons {
        let times = if lesson.repeats > 1 { format!(", {} times", lesson.repeats) } else { String::new() };
        output.line(format!("{}  {}", lesson.label(), text::single_line(&lesson.text)));
        let scope = text::printable(&lesson.scope.to_string()).into_owned();
        output.line(format!(
            "       {scope}, by {} since {}, until {}{times}",
            text::printable(&lesson.by),
            lesson.since,
            lesson.until
        ));
    }
    Ok(())
}

fn lesson_json(lesson: &Lesson) -> Value {
    json!({
        "label": lesson.label(), "entry": lesson.entry, "by": lesson.by, "text": lesson.text, "scope": lesson.scope,
        "since": lesson.since, "until": lesson.until, "into": lesson.into, "repeats": lesson.repeats,
    })
}
