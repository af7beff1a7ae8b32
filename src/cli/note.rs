//! `countersign reject|hold|ask ID@HEAD -m TEXT` and `withdraw ID`.

use crate::io::workspace::{Scope, Situation, Workspace};
use crate::memory;
use crate::model::{DecisionKind, LessonDraft, Queued};

use super::approve::intent;
use super::args::{NoteArgs, RejectArgs, WithdrawArgs};
use super::decide::decide;
use super::find::{self, Typed};
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs `reject`.
pub fn reject(session: &Session, args: &RejectArgs, output: &mut Output) -> Result<Exit, CliError> {
    said(&args.message)?;
    let (workspace, situation, queued) = one(session, &args.id, output)?;
    let note = Some(args.message.clone());
    let mut intent = intent(&workspace, DecisionKind::Reject, std::slice::from_ref(&queued), note);
    intent.reason = Some(args.reason);
    intent.lesson = lesson(args, &queued);
    decide(&workspace, &situation, &[intent], &args.decide, output)
}

/// The lesson that was asked for, else the first sentence of the message, where such a reason teaches.
fn lesson(args: &RejectArgs, queued: &Queued) -> Option<LessonDraft> {
    if args.no_lesson {
        return None;
    }
    let text = match &args.lesson {
        Some(lesson) => lesson.trim().to_owned(),
        None if args.reason.teaches() => memory::lesson_from_note(&args.message)?,
        None => return None,
    };
    let scope = args.scope.clone().unwrap_or_else(|| {
        let files = queued.proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default();
        let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
        memory::default_scope(&paths)
    });
    (!text.is_empty()).then_some(LessonDraft { text, scope, expires_days: args.expires })
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
    let (workspace, situation, queued) = one(session, &args.id, output)?;
    let intent = intent(&workspace, kind, &[queued], Some(args.message.clone()));
    decide(&workspace, &situation, &[intent], &args.decide, output)
}

/// Runs `withdraw`. Taking back needs no head: it lifts what the person said, whatever came since.
pub fn withdraw(session: &Session, args: &WithdrawArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let typed = Typed::parse(&args.id);
    let names = [typed.id.clone()];
    let situation = session.read_to_decide(&workspace, &Scope { extra: &names, ..Scope::default() }, output)?;
    let queued = find::to_decide(&situation.queue(), &typed, true)?;
    let intent = intent(&workspace, DecisionKind::Withdraw, &[queued], args.message.clone());
    decide(&workspace, &situation, &[intent], &args.decide, output)
}

fn one(session: &Session, id: &str, output: &mut Output) -> Result<(Workspace, Situation, Queued), CliError> {
    let workspace = session.workspace()?;
    let typed = Typed::parse(id);
    let names = [typed.id.clone()];
    let situation = session.read_to_decide(&workspace, &Scope { extra: &names, ..Scope::default() }, output)?;
    let queued = find::to_decide(&situation.queue(), &typed, output.interactive())?;
    Ok((workspace, situation, queued))
}

fn said(message: &str) -> Result<(), CliError> {
    if message.trim().is_empty() {
        return Err(CliError::usage("the message is empty", "say with -m what the agent should know"));
    }
    Ok(())
}
