//! `countersign memory list|for PATH|render`.

use std::collections::BTreeSet;

use bstr::BStr;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::io::workspace::Scope;
use crate::ledger::LedgerView;
use crate::memory::{self, Lesson};
use crate::model::{Problem, text};

use super::args::MemoryCommand;
use super::ledger::NONE_YET;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, command: &MemoryCommand, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    workspace.repository.whole()?;
    let none = BTreeSet::new();
    let situation = session.read(&workspace, &Scope { only: Some(&none), ..Scope::default() })?;
    output.problems(&situation.warnings());
    if situation.view.is_none() {
        output.remark(NONE_YET);
    }
    let none = LedgerView::default();
    let view = situation.view.as_ref().unwrap_or(&none);
    let today = situation.now.to_zoned(TimeZone::UTC).date();
    let mut lessons: Vec<Lesson> = memory::lessons(view).into_iter().filter(|lesson| lesson.stands(today)).collect();
    match command {
        MemoryCommand::Render { path } => {
            if let Some(section) = memory::render(view, situation.now, path) {
                output.line(section);
            }
        }
        MemoryCommand::List(json) => {
            let none = "no lesson is in force; a rejection teaches one";
            tell(&lessons, none, json.json, &situation.warnings(), output)?;
        }
        MemoryCommand::For { path, json } => {
            let all = lessons.len();
            lessons.retain(|lesson| lesson.covers(BStr::new(path)));
            tell(&lessons, &none_about(path, all), json.json, &situation.warnings(), output)?;
        }
    }
    Ok(if situation.alarm.is_some() { Exit::Refused } else { Exit::Done })
}

/// What to say where none of so many lessons is about a path.
fn none_about(path: &str, all: usize) -> String {
    let path = text::printable(path);
    let elsewhere = if all == 0 { "none is in force" } else { "`countersign memory list` shows those in force" };
    format!("no lesson names {path}; {elsewhere}")
}

fn tell(lessons: &[Lesson], none: &str, json: bool, problems: &[Problem], output: &mut Output) -> Result<(), CliError> {
    if json {
        let lessons: Vec<Value> = lessons.iter().map(lesson_json).collect();
        output.document(&json!({ "lessons": lessons, "problems": problems }))?;
        return Ok(());
    }
    if lessons.is_empty() {
        output.remark(none);
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
