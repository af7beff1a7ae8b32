//! `countersign reject|hold|ask ID@HEAD -m TEXT` and `withdraw ID`.

use std::collections::BTreeSet;

use crate::io::workspace::{Scope, Situation, Workspace};
use crate::memory;
use crate::model::{DecisionKind, LessonDraft, Queued};

use super::approve::intent;
use super::args::{NoteArgs, RejectArgs, WithdrawArgs};
use super::decide::decide;
use super::find;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs `reject`.
pub fn reject(session: &Session, args: &RejectArgs, output: &mut Output) -> Result<Exit, CliError> {
    said(&args.message)?;
    let (workspace, situation, chosen) =
        chosen(session, &args.id, (output.interactive(), args.decide.dry_run), output)?;
    let mut intent = intent(&workspace, DecisionKind::Reject, &chosen, Some(&args.message));
    intent.reason = Some(args.reason);
    intent.lesson = lesson(args, &chosen)?;
    decide(&workspace, &situation, &[intent], &args.decide, output)
}

/// The lesson that was asked for, else the first sentence of the message, where such a reason teaches.
fn lesson(args: &RejectArgs, chosen: &[Queued]) -> Result<Option<LessonDraft>, CliError> {
    if args.no_lesson {
        return Ok(None);
    }
    let text = match &args.lesson {
        Some(lesson) => Some(sentence(lesson)?),
        None if args.reason.teaches() => memory::lesson_from_note(&args.message),
        None => None,
    };
    let Some(text) = text else { return Ok(None) };
    let scope = args.scope.clone().unwrap_or_else(|| {
        let files = chosen.iter().filter_map(|queued| queued.proposal.diff()).flat_map(|diff| &diff.files);
        let paths: BTreeSet<_> = files.map(|file| file.path.clone()).collect();
        memory::default_scope(&paths.into_iter().collect::<Vec<_>>())
    });
    Ok(Some(LessonDraft { text, scope, expires_days: args.expires }))
}

/// A lesson that was typed: one line that says something.
fn sentence(lesson: &str) -> Result<String, CliError> {
    let lesson = lesson.trim();
    if lesson.is_empty() {
        return Err(CliError::usage("the lesson is empty", "say --no-lesson to teach nothing"));
    }
    if lesson.contains(['\n', '\r']) {
        return Err(CliError::usage("the lesson has several lines", "write it as one sentence on one line"));
    }
    Ok(lesson.to_owned())
}

/// Runs `hold`.
pub fn hold(session: &Session, args: &NoteArgs, output: &mut Output) -> Result<Exit, CliError> {
    note(session, DecisionKind::Hold, args, output)
}

/// Runs `ask`.
pub fn ask(session: &Session, args: &NoteArgs, output: &mut Output) -> Result<Exit, CliError> {
    note(session, DecisionKind::Ask, args, output)
}

fn note(session: &Session, kind: DecisionKind, args: &NoteArgs, output: &mut Output) -> Result<Exit, CliError> {
    said(&args.message)?;
    let (workspace, situation, chosen) =
        chosen(session, &args.id, (output.interactive(), args.decide.dry_run), output)?;
    let intent = intent(&workspace, kind, &chosen, Some(&args.message));
    decide(&workspace, &situation, &[intent], &args.decide, output)
}

/// Runs `withdraw`. Taking back needs no head: it lifts what the person said, whatever came since.
pub fn withdraw(session: &Session, args: &WithdrawArgs, output: &mut Output) -> Result<Exit, CliError> {
    let (workspace, situation, chosen) = chosen(session, &args.id, (true, args.decide.dry_run), output)?;
    let intent = intent(&workspace, DecisionKind::Withdraw, &chosen, args.message.as_deref());
    decide(&workspace, &situation, &[intent], &args.decide, output)
}

/// What is decided on: the proposal that was typed, or those that standard input names. `headless` ones may leave the head out.
fn chosen(
    session: &Session,
    id: &str,
    (headless, dry): (bool, bool),
    output: &mut Output,
) -> Result<(Workspace, Situation, Vec<Queued>), CliError> {
    let workspace = session.workspace()?;
    let typed = find::typed(&[id.to_owned()])?;
    let names: Vec<String> = typed.iter().map(|typed| typed.id.clone()).collect();
    let situation = session.read_to_decide(&workspace, &Scope { extra: &names, ..Scope::default() }, dry, output)?;
    let queue = situation.queue();
    let chosen = typed.iter().map(|typed| find::to_decide(&queue, typed, headless)).collect::<Result<_, _>>()?;
    Ok((workspace, situation, chosen))
}

fn said(message: &str) -> Result<(), CliError> {
    if message.trim().is_empty() {
        return Err(CliError::usage("the message is empty", "say with -m what the agent should know"));
    }
    Ok(())
}
