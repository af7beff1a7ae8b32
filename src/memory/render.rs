//! The managed section of one memory file, rendered from the ledger to the same bytes by everyone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Lesson, lessons};
use crate::ledger::LedgerView;
use crate::model::text;

/// The marker that begins the section; a line of its own.
pub const BEGIN: &str = "<!-- BEGIN countersign lessons v1 -->";

/// The marker that ends the section; a line of its own.
pub const END: &str = "<!-- END countersign lessons -->";

/// The heading under the BEGIN marker.
pub const HEADING: &str = "## Lessons from review";

/// The most lessons in one section: every agent reads all of them every time.
pub const MAX_LESSONS: usize = 20;

/// The section of the memory file `into`, from a ledger up to some entry, at that entry's time. `None` where the ledger
/// never taught anything for that file; where all of it has left, the section is there and empty.
///
/// Expired and withdrawn lessons are dropped. Of more than [`MAX_LESSONS`], the least repeated leave, and among those the
/// oldest.
#[must_use]
pub fn render(view: &LedgerView, at: Timestamp, into: &str) -> Option<String> {
    let mut lessons: Vec<Lesson> = lessons(view).into_iter().filter(|lesson| lesson.into == into).collect();
    if lessons.is_empty() {
        return None;
    }
    let day = at.to_zoned(TimeZone::UTC).date();
    lessons.retain(|lesson| lesson.stands(day));
    lessons.sort_by_key(|lesson| std::cmp::Reverse((lesson.repeats, lesson.number)));
    lessons.truncate(MAX_LESSONS);
    lessons.sort_by_key(|lesson| lesson.number);
    let mut section = format!("{BEGIN}\n{HEADING}\n");
    if !lessons.is_empty() {
        section.push('\n');
    }
    for lesson in &lessons {
        section.push_str(&line(lesson));
        section.push('\n');
    }
    section.push_str(END);
    Some(section)
}

/// A lesson as its line says it, without the line end.
#[must_use]
pub fn line(lesson: &Lesson) -> String {
    let sentence = escaped(&lesson.text);
    let stop = if sentence.ends_with(['.', '!', '?']) { "" } else { "." };
    format!(
        "- {}{stop} Scope: {}. [{} {}, {}, until {}]",
        unmarked(&sentence),
        escaped(&lesson.scope.to_string()),
        lesson.label(),
        lesson.since.strftime("%Y-%m"),
        lesson.id8(),
        lesson.until,
    )
}

/// Text in which nothing acts: neither on a terminal nor, as Markdown, on what reads it.
///
/// Escaped with a backslash, which Markdown does not show: `[` (links, images, forged labels), `<` before what could begin
/// HTML, `!` behind it and `>` behind `--` (comments), runs of three or more backticks or tildes (fences), `@` where an
/// import could begin, and a backslash that would undo one of these.
fn escaped(text: &str) -> String {
    let line = text::single_line(text);
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::with_capacity(line.len() + 8);
    for (index, &c) in chars.iter().enumerate() {
        if acts(&chars, index) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether the character at `index` could do something in Markdown or to an agent's loader.
fn acts(chars: &[char], index: usize) -> bool {
    let at = |index: usize| chars.get(index).copied();
    let before = |steps: usize| index.checked_sub(steps).and_then(at);
    let after = at(index + 1);
    match chars[index] {
        '[' => true,
        '\\' => after.is_none_or(|next| next.is_ascii_punctuation()),
        '<' => after.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '!' | '/' | '?')),
        '!' => before(1) == Some('<'),
        '>' => before(1) == Some('-') && before(2) == Some('-'),
        '@' => before(1).is_none_or(|previous| !previous.is_alphanumeric()),
        fence @ ('`' | '~') => run_length(chars, index, fence) >= 3,
        _ => false,
    }
}

/// How many equal characters stand together around `index`.
fn run_length(chars: &[char], index: usize, wanted: char) -> usize {
    let left = chars[..index].iter().rev().take_while(|c| **c == wanted).count();
    let right = chars[index..].iter().take_while(|c| **c == wanted).count();
    left + right
}

/// A sentence that does not begin another block inside its list item: no heading, list, quote, rule, table or setext line.
fn unmarked(sentence: &str) -> String {
    let digits = sentence.len() - sentence.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &sentence[digits..];
    if digits == 0 && rest.starts_with(['#', '>', '-', '*', '+', '=', '|', '_', ':']) {
        format!("\\{sentence}")
    } else if digits > 0 && rest.starts_with(['.', ')']) {
        format!("{}\\{rest}", &sentence[..digits])
    } else {
        sentence.to_owned()
    }
}
