//! The wire format: how an entry is spelled in a commit message, and nothing else is.
//!
//! A subject in our words for `git log` (at most [`SUBJECT_COLUMNS`] columns, nothing in it acts on a terminal), a blank
//! line, one line of RFC 8785 JSON, a newline. The subject is prose and may be worded differently by other versions; the
//! JSON is read strictly: what it parses to must encode to the very same bytes, which refuses duplicate members, unknown
//! members, other number and string spellings, and white space in one stroke.

use bstr::ByteSlice as _;

use super::{Entry, EntryKind, FormFault, Item};
use crate::model::text;

/// The largest message, in bytes, that is read. A batch of 1,500 proposals fits.
pub const MESSAGE_LIMIT: usize = 1 << 20;

/// Terminal columns of the subject, as git's own tools expect them.
pub const SUBJECT_COLUMNS: usize = 72;

/// The commit message of an entry.
///
/// Total: an entry of the model always has a canonical form. (The encoder can only fail on maps with keys that are not
/// strings, which the type of `soft_facts` rules out; should it ever, the message has an empty line that no reader takes.)
#[must_use]
pub fn message(entry: &Entry) -> String {
    let json = serde_json_canonicalizer::to_string(entry).unwrap_or_default();
    format!("{}\n\n{json}\n", subject(entry))
}

/// Reads a commit message back. Nothing that [`message`] could not have written is accepted.
pub fn parse_message(bytes: &[u8]) -> Result<Entry, FormFault> {
    if bytes.len() > MESSAGE_LIMIT {
        return Err(FormFault::Size(bytes.len()));
    }
    let line = json_line(bytes)?;
    let entry: Entry = serde_json::from_slice(line).map_err(|error| FormFault::Json(shown(&error.to_string())))?;
    let canonical = serde_json_canonicalizer::to_vec(&entry).map_err(|_| FormFault::NotCanonical)?;
    if canonical != line {
        return Err(FormFault::NotCanonical);
    }
    entry.check()?;
    Ok(entry)
}

/// The third line of a message that has exactly three, the second of them empty.
fn json_line(bytes: &[u8]) -> Result<&[u8], FormFault> {
    let (subject, rest) = bytes.split_once_str("\n").ok_or(FormFault::Layout("there is one line only"))?;
    let subject = subject.to_str().map_err(|_| FormFault::Layout("the subject is not UTF-8"))?;
    if subject.trim().is_empty() || subject.chars().any(text::is_active) {
        return Err(FormFault::Layout("the subject is empty or holds control characters"));
    }
    let line = rest.strip_prefix(b"\n").ok_or(FormFault::Layout("there is no blank line after the subject"))?;
    let line = line.strip_suffix(b"\n").ok_or(FormFault::Layout("the last line does not end"))?;
    if line.contains(&b'\n') { Err(FormFault::Layout("something follows the JSON")) } else { Ok(line) }
}

/// A parser's message about hostile input, short and harmless.
fn shown(text: &str) -> String {
    text::truncate(&text::single_line(text), 200).into_owned()
}

/// The subject line.
fn subject(entry: &Entry) -> String {
    let line = match entry.kind {
        EntryKind::Genesis => format!("genesis of the ledger {}", entry.id.short(8)),
        EntryKind::Reject => match entry.reason {
            Some(reason) => format!("reject {}: {reason}", what(&entry.items)),
            None => format!("reject {}", what(&entry.items)),
        },
        EntryKind::Approve if entry.merges().next().is_some() => format!("approve and merge {}", what(&entry.items)),
        EntryKind::Lesson => entry.lesson.as_ref().map_or_else(
            || "lesson: the memory section follows the ledger".to_owned(),
            |lesson| format!("lesson: {}", text::single_line(&lesson.text)),
        ),
        kind if !entry.items.is_empty() => format!("{kind} {}", what(&entry.items)),
        kind if !entry.about.is_empty() => format!("{kind} {}", about(entry)),
        kind => format!("{kind} by {}", text::single_line(&entry.by)),
    };
    text::truncate(&line, SUBJECT_COLUMNS).into_owned()
}

/// One name, or how many and the first.
fn what(items: &[Item]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => text::single_line(&one.proposal),
        [first, ..] => format!("{} proposals: {}, …", items.len(), text::single_line(&first.proposal)),
    }
}

/// The short names of the entries that an entry is about.
fn about(entry: &Entry) -> String {
    entry.about.iter().take(4).map(|id| id.short(8)).collect::<Vec<_>>().join(", ")
}
