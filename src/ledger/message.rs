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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::testing::{id, item, merged, moved, time};
    use crate::ledger::{LessonRecord, PolicyRef};
    use crate::model::{Answers, Comment, CommentSide, Oid, ReasonCode, Seen};

    fn reject() -> Entry {
        let mut entry = Entry::new(EntryKind::Reject, id("entry"), id("genesis"), time(0), "maria");
        entry.items.push(item("agent/infra/0001", "head", "body"));
        entry.reason = Some(ReasonCode::WrongFix);
        entry.note = Some("INC-213 was an OOM at 2Gi.".to_owned());
        entry.lesson = Some(LessonRecord {
            text: "Never lower a memory limit without 35 days of peak data.".to_owned(),
            scope: "folder:apps/checkout/**".parse().unwrap(),
            expires: jiff::civil::date(2027, 2, 19),
            into: "AGENTS.md".to_owned(),
        });
        entry
    }

    #[test]
    fn a_message_is_a_subject_and_one_line_of_canonical_json() {
        let text = message(&reject());
        assert_eq!(
            text,
            "reject agent/infra/0001: wrong_fix\n\n\
             {\"at\":\"2026-11-21T08:00:00Z\",\"by\":\"maria\",\
             \"id\":\"923fe53966c6cd9343e11af776cd4b05\",\
             \"items\":[{\"answers\":null,\
             \"change_id\":\"230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5\",\
             \"head\":\"9f2e6d33a3717ee826353a404ba4618d1aeeb687\",\"merge\":null,\
             \"proposal\":\"agent/infra/0001\",\"seen\":null,\"target\":\"refs/heads/main\",\"tier\":\"low\"}],\
             \"kind\":\"reject\",\
             \"lesson\":{\"expires\":\"2027-02-19\",\"into\":\"AGENTS.md\",\"scope\":\"folder:apps/checkout/**\",\
             \"text\":\"Never lower a memory limit without 35 days of peak data.\"},\
             \"note\":\"INC-213 was an OOM at 2Gi.\",\"reason\":\"wrong_fix\",\
             \"repo\":\"aeebad4a796fcc2e15dc4c6061b45ed9\",\"v\":1}\n"
        );
        assert_eq!(parse_message(text.as_bytes()).unwrap(), reject());
    }

    #[test]
    fn every_member_survives() {
        let mut entry = Entry::new(EntryKind::Approve, id("entry"), id("genesis"), time(0), "maria");
        let mut one = merged(item("a", "h", "c"), "p", "m", &[id("entry")]);
        one.answers = Some(Answers::default());
        one.seen = Some(Seen { drawn: 3, total: 4, digest: "a".repeat(64) });
        entry.items = vec![one, item("b", "h2", "c2")];
        entry.refs.push(moved("p", "m"));
        entry.policy = Some(PolicyRef { commit: Oid::ZERO, blob: Oid::EMPTY_TREE });
        entry.soft_facts = serde_json::from_str(r#"{"labels":["a","b"],"ratio":0.5,"deep":{"null":null}}"#).ok();
        entry.comments.push(Comment {
            file: "a".to_owned(),
            side: CommentSide::Old,
            line: 3,
            text: "\u{202e}x".to_owned(),
        });
        assert_eq!(parse_message(message(&entry).as_bytes()).unwrap(), entry);
    }

    #[test]
    fn any_other_spelling_is_refused() {
        let good = message(&reject());
        for (from, to, fault) in [
            ("\n\n{", "\n{", "blank line"),
            ("}\n", "}", "does not end"),
            ("}\n", "}\n\n", "something follows"),
            ("}\n", "}\nSigned-off-by: x\n", "something follows"),
            ("reject agent", "\u{1b}[2J agent", "control"),
            ("reject agent/infra/0001: wrong_fix", "", "empty"),
            ("{\"at\"", "{ \"at\"", "canonical"),
            ("\"v\":1}", "\"v\":1.0}", "JSON is not an entry"),
            ("\"v\":1}", "\"v\":1,\"x\":2}", "unknown field `x`"),
            ("\"by\":\"maria\"", "\"by\":\"maria\",\"by\":\"maria\"", "duplicate field `by`"),
            ("\"seen\":null,", "", "missing field `seen`"),
            ("\"note\"", "\"about\":[],\"note\"", "canonical"),
            ("\"v\":1}", "\"soft_facts\":null,\"v\":1}", "canonical"),
            ("maria", "m\\u0061ria", "canonical"),
            ("08:00:00Z", "08:00:00.000Z", "canonical"),
            ("08:00:00Z", "08:00:00.5Z", "fraction"),
            ("08:00:00Z", "09:00:00+01:00", "canonical"),
            ("\"v\":1}", "\"v\":2}", "version 2"),
            ("\"kind\":\"reject\"", "\"kind\":\"Reject\"", "unknown variant"),
        ] {
            assert!(good.contains(from), "{from}");
            let bad = good.replacen(from, to, 1);
            let error = parse_message(bad.as_bytes()).expect_err(to).to_string();
            assert!(error.contains(fault), "{from} → {to}: {error}");
        }
    }

    #[test]
    fn soft_facts_have_one_spelling_too() {
        let mut entry = reject();
        entry.soft_facts = serde_json::from_str(r#"{"a":1}"#).ok();
        let good = message(&entry);
        for bad in [r#"{"a":1,"a":1}"#, r#"{"a":1.0}"#, r#"{"b":1,"a":1}"#, r#"{"a":9007199254740993}"#, r#"{"a":1e0}"#]
        {
            assert!(parse_message(good.replace(r#"{"a":1}"#, bad).as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_read_is_bounded() {
        let mut entry = reject();
        entry.note = Some("x".repeat(MESSAGE_LIMIT));
        assert!(matches!(parse_message(message(&entry).as_bytes()), Err(FormFault::Size(_))));
        let deep = format!("s\n\n{}\n", "[".repeat(500_000));
        assert!(parse_message(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_subject_is_ours_whatever_the_agent_named_its_branch() {
        let mut entry = reject();
        for name in ["a\u{1b}]0;pwned\u{7}", "a\u{202e}gnp.exe", "a\nCountersign-Entry: x", &"long/".repeat(100)] {
            name.clone_into(&mut entry.items[0].proposal);
            let text = message(&entry);
            let (subject, rest) = text.split_once('\n').unwrap();
            assert!(unicode_width::UnicodeWidthStr::width(subject) <= SUBJECT_COLUMNS, "{subject}");
            assert!(!subject.chars().any(text::is_active), "{subject}");
            assert!(rest.starts_with("\n{"));
            assert_eq!(parse_message(text.as_bytes()).unwrap(), entry);
        }
    }

    proptest! {
        #[test]
        fn texts_of_any_kind_come_back(by in "\\PC{1,20}", name in any::<String>(), note in any::<String>()) {
            prop_assume!(!by.chars().any(text::is_active) && !name.is_empty() && !note.trim().is_empty());
            let mut entry = reject();
            entry.by = by;
            entry.items[0].proposal = name;
            entry.note = Some(note);
            prop_assert_eq!(parse_message(message(&entry).as_bytes()), Ok(entry));
        }

        #[test]
        fn garbage_is_refused_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(parse_message(&bytes).is_err());
        }
    }
}
