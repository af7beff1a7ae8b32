//! What the agent says for its change, read out of commit messages and the git note.
//!
//! Our own form is five headings (`## Why`, `## What`, `## Impact`, `## Rollback`, `## Confidence`) or lines that begin with
//! those words; [`template`] shows it. The forms that agents and teams use today are read too, by one table of titles.
//! Where there are no headings, a paragraph of prose counts by how it opens, and says why where it opens like any other.
//!
//! What others wrote is left out first: quoted prompts, summaries by other tools, release notes, boxes that steer a bot,
//! footers, trailers. Text stays as the agent wrote it, active characters included: making it fit for a screen is the
//! screen's work. Bounded and linear; never fails: what could not be read is a [`Problem`] beside what could.

mod confidence;
mod footer;
mod key;
mod markup;
mod own;
mod sections;

use crate::model::{Confidence, Part, Problem, Proposal, Reasoning};

use key::Key;
use sections::Words;

/// How much of the messages, and of the note, is read: 64 KiB each. A reasoning that is longer is not read by people either.
pub const MAX_BYTES: usize = 64 * 1024;

/// The form that agents are asked to use, as the README shows it.
#[must_use]
pub const fn template() -> &'static str {
    TEMPLATE
}

const TEMPLATE: &str = "\
checkout: raise the memory limit from 2Gi to 4Gi

## Why
The container was killed for memory four times since Monday, at the month-end peak.

## What
Raises the memory limit of checkout in production from 2Gi to 4Gi. Requests stay as they are.

## Impact
One rolling restart of checkout, no downtime. About 31 USD more a month.

## Rollback
Revert this commit; the rollout takes four minutes.

## Confidence
0.92 (metrics, 35 days)
";

/// Reads what the agent says in a proposal: its note wins, then the description of a pull request, then its commits.
#[must_use]
pub fn of(proposal: &Proposal) -> (Reasoning, Vec<Problem>) {
    said(&proposal.messages, &[(DESCRIPTION, proposal.body()), (NOTE, proposal.note.as_deref())])
}

/// What the texts beside commit messages are called.
const DESCRIPTION: &str = "description";
const NOTE: &str = "git note";

/// Reads what the agent says: `messages` are those of the proposal's own commits, oldest first; the note wins, part by part.
///
/// What several commits say under one heading is joined, oldest first; of confidences the newest counts.
#[must_use]
pub fn read(messages: &[String], note: Option<&str>) -> (Reasoning, Vec<Problem>) {
    said(messages, &[(NOTE, note)])
}

/// Reads commit messages and texts beside them; a later text wins over what came before it, part by part.
fn said(messages: &[String], texts: &[(&str, Option<&str>)]) -> (Reasoning, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut reasoning = from_messages(messages, &mut problems).into_reasoning("commit message", &mut problems);
    for (name, text) in texts {
        let Some(text) = text else { continue };
        let said = from_text(text, name, &mut problems).into_reasoning(name, &mut problems);
        reasoning = over(said, reasoning);
    }
    reasoning.missing = Part::ALL.into_iter().filter(|part| !has(&reasoning, *part)).collect();
    (reasoning, problems)
}

/// A line that the agent wrote itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLine {
    /// The line, raw: sanitise before showing.
    pub text: String,
    /// Where it stands.
    pub kind: LineKind,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// It is the subject of a commit.
    Title,
    /// It is prose, a list, a table, a heading.
    Prose,
    /// It is in a fenced block.
    Code,
}

/// All that the agent wrote itself in a proposal: its commits, then title and description of a pull request, the note last.
#[must_use]
pub fn own_lines_of(proposal: &Proposal) -> Vec<OwnLine> {
    let mut lines = own_lines(&proposal.messages, None);
    if let Some(pull) = &proposal.pull {
        lines.push(OwnLine { text: pull.title.clone(), kind: LineKind::Title });
    }
    for text in [proposal.body(), proposal.note.as_deref()].into_iter().flatten() {
        lines.extend(own::words(start_of(text, MAX_BYTES)).lines.into_iter().filter_map(own_line));
    }
    lines
}

/// All that the agent wrote itself, oldest message first, the note last: what others wrote is left out, as in [`read`].
#[must_use]
pub fn own_lines(messages: &[String], note: Option<&str>) -> Vec<OwnLine> {
    let mut lines = Vec::new();
    let mut nobody = Vec::new();
    for message in bounded(messages, &mut nobody) {
        let message = message.trim_start_matches(['\n', '\r', ' ']);
        let (title, body) = message.split_once('\n').unwrap_or((message, ""));
        lines.push(OwnLine { text: title.to_owned(), kind: LineKind::Title });
        lines.extend(own::words(body).lines.into_iter().filter_map(own_line));
    }
    let note = start_of(note.unwrap_or_default(), MAX_BYTES);
    lines.extend(own::words(note).lines.into_iter().filter_map(own_line));
    lines
}

fn own_line(line: own::Line) -> Option<OwnLine> {
    let (text, kind) = match line {
        own::Line::Heading { title, .. } => (title, LineKind::Prose),
        own::Line::Text(text) => (text, LineKind::Prose),
        own::Line::Code(text) => (text, LineKind::Code),
        own::Line::End => return None,
    };
    (!text.trim().is_empty()).then_some(OwnLine { text, kind })
}

fn from_messages(messages: &[String], problems: &mut Vec<Problem>) -> Words {
    let mut words = Words::default();
    for message in bounded(messages, problems) {
        words.append(of_text(without_subject(message), "commit message", problems));
    }
    words
}

fn from_text(text: &str, name: &str, problems: &mut Vec<Problem>) -> Words {
    let whole = start_of(text, MAX_BYTES);
    if whole.len() < text.len() {
        problems.push(too_long(name));
    }
    of_text(whole, name, problems)
}

/// The messages, oldest first, as far as the limit allows; the newest are read first, since they are about the head.
fn bounded<'a>(messages: &'a [String], problems: &mut Vec<Problem>) -> Vec<&'a str> {
    let mut left = MAX_BYTES;
    let mut read = Vec::new();
    for message in messages.iter().rev() {
        let start = start_of(message, left);
        left -= start.len();
        read.push(start);
        if start.len() < message.len() {
            problems.push(too_long("commit message"));
            break;
        }
    }
    read.reverse();
    read
}

/// The first bytes of a text, at most so many, whole characters.
fn start_of(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn too_long(place: &str) -> Problem {
    Problem {
        place: place.to_owned(),
        what: "it is longer than 64 KiB; what follows was not read as reasoning".to_owned(),
        next: "read the whole text in the review, or ask the agent for a shorter one".to_owned(),
    }
}

/// A message without its first line, which is the title; a message that starts with a part has none.
fn without_subject(message: &str) -> &str {
    let message = message.trim_start_matches(['\n', '\r', ' ']);
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    let title = subject.trim_start_matches(['#', ' ']);
    let titled = title.split_once(':').map_or(title, |(title, _)| title);
    if key::is_own(titled) { message } else { body }
}

fn of_text(text: &str, place: &str, problems: &mut Vec<Problem>) -> Words {
    let own = own::words(text);
    problems.extend(own.unclosed.map(|what| Problem {
        place: place.to_owned(),
        what: format!("{what} is opened and never closed; what follows was not read as reasoning"),
        next: "read the whole text in the review, or ask the agent to close it".to_owned(),
    }));
    sections::read(&own.lines)
}

impl Words {
    fn into_reasoning(self, place: &str, problems: &mut Vec<Problem>) -> Reasoning {
        let evidence = self.of(Key::Evidence);
        let stated = self.last(Key::Confidence).and_then(|text| match confidence::read(text) {
            (confidence, None) => Some(confidence),
            // It says nothing that could be held against what is said elsewhere, and it is missing.
            (_, Some(wrong)) => {
                problems.push(out_of_range(place, wrong));
                None
            }
        });
        Reasoning {
            why: self.of(Key::Why),
            what: self.of(Key::What),
            impact: self.of(Key::Impact),
            rollback: self.of(Key::Rollback),
            confidence: rested(stated, evidence),
            missing: Vec::new(),
        }
    }
}

fn out_of_range(place: &str, what: String) -> Problem {
    Problem {
        place: place.to_owned(),
        what,
        next: "ask the agent for a confidence such as `0.92 (metrics, 7 days)` or `92 %`".to_owned(),
    }
}

/// A confidence that names no basis rests on the evidence that the text tells of.
fn rested(stated: Option<Confidence>, evidence: Option<String>) -> Option<Confidence> {
    match (stated, evidence) {
        (Some(stated), Some(basis)) if stated.basis.is_empty() => Some(Confidence { basis, ..stated }),
        (Some(stated), _) => Some(stated),
        (None, evidence) => evidence.map(|basis| Confidence { value: None, basis }),
    }
}

/// `first`, and where it is silent, `second`.
fn over(first: Reasoning, second: Reasoning) -> Reasoning {
    Reasoning {
        why: first.why.or(second.why),
        what: first.what.or(second.what),
        impact: first.impact.or(second.impact),
        rollback: first.rollback.or(second.rollback),
        confidence: first.confidence.or(second.confidence),
        missing: Vec::new(),
    }
}

const fn has(reasoning: &Reasoning, part: Part) -> bool {
    match part {
        Part::Why => reasoning.why.is_some(),
        Part::What => reasoning.what.is_some(),
        Part::Impact => reasoning.impact.is_some(),
        Part::Rollback => reasoning.rollback.is_some(),
        Part::Confidence => reasoning.confidence.is_some(),
    }
}

#[cfg(test)]
mod tests;
