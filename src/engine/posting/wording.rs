//! The texts of posts: the reviewer's words, bounded, with the mark before them. Of the agent's there are only file names.

use crate::ledger::{Entry, EntryKind};
use crate::model::{Comment, CommentSide, Oid, text};

/// Bytes of a post's text, mark and all. Forges take as many characters.
pub const BODY_LIMIT: usize = 64 << 10;
/// What stands where a text was cut.
const CUT: &str = "\n\n(There is more of it in the ledger.)";

/// The text of an approval.
pub(super) fn approved(mark: &str, entry: &Entry, head: Oid) -> String {
    bounded(mark, &paragraphs(entry, "Approved."), entry, head)
}

/// The text of a rejection, a hold or a question; `inline` has the remarks on lines in it.
pub(super) fn objected(mark: &str, entry: &Entry, head: Oid, inline: bool) -> String {
    let lead = match entry.kind {
        EntryKind::Reject => {
            let reason = entry.reason.unwrap_or_default().word().replace('_', " ");
            format!("Rejected: {reason}.")
        }
        EntryKind::Hold => "On hold.".to_owned(),
        _ => "A question.".to_owned(),
    };
    let mut parts = paragraphs(entry, &lead);
    if inline {
        parts.extend(entry.comments.iter().map(remark));
    }
    if let Some(lesson) = &entry.lesson {
        parts.push(format!("Lesson: {}", text::single_line(&lesson.text)));
    }
    bounded(mark, &parts, entry, head)
}

/// Why reviews are dismissed, on one line.
pub(super) fn withdrawn(entry: &Entry) -> String {
    let note = entry.note.as_deref().map(|note| format!(" {}", text::single_line(note))).unwrap_or_default();
    cut(format!("Withdrawn by entry {} of the ledger.{note}", entry.id.short(8)), BODY_LIMIT)
}

/// The remarks on lines, each fit to be posted.
pub(super) fn comments(all: &[Comment]) -> Vec<Comment> {
    let fit = |comment: &Comment| Comment { text: cut(lines(&comment.text), BODY_LIMIT), ..comment.clone() };
    all.iter().map(fit).collect()
}

fn paragraphs(entry: &Entry, lead: &str) -> Vec<String> {
    let note = entry.note.as_deref().map(lines).filter(|note| !note.is_empty());
    std::iter::once(lead.to_owned()).chain(note).collect()
}

fn remark(comment: &Comment) -> String {
    let side = if comment.side == CommentSide::Old { " (before)" } else { "" };
    format!("{}{side}: {}", code(&format!("{}:{}", comment.file, comment.line)), lines(&comment.text))
}

/// Text of others as code: nothing in it is markup, a mention or a reference.
fn code(name: &str) -> String {
    format!("`{}`", text::single_line(name).replace('`', "'"))
}

/// Lines as they are, with what acts on its surroundings shown.
fn lines(said: &str) -> String {
    let line = |line: &str| text::printable(&line.replace('\t', "    ")).trim_end().to_owned();
    said.trim().lines().map(line).collect::<Vec<_>>().join("\n")
}

fn bounded(mark: &str, parts: &[String], entry: &Entry, head: Oid) -> String {
    let foot = format!("\n\nEntry {} of the ledger, on {}.", code(&entry.id.short(8)), code(&head.short(12)));
    let room = BODY_LIMIT.saturating_sub(mark.len() + 1 + foot.len());
    format!("{mark}\n{}{foot}", cut(parts.join("\n\n"), room))
}

/// At most so many bytes, whole characters.
fn cut(mut said: String, limit: usize) -> String {
    if said.len() > limit {
        let most = limit.saturating_sub(CUT.len());
        said.truncate((0..=most).rev().find(|at| said.is_char_boundary(*at)).unwrap_or(0));
        said.push_str(CUT);
    }
    said
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_said_the_text_is_bounded_and_begins_with_its_mark(
            said in "\\PC{0,40}", times in 0_usize..4_000, file in "\\PC{0,40}",
        ) {
            let mut entry = crate::ledger::Entry::new(
                EntryKind::Reject,
                crate::model::EntryId::from_bytes([1; 16]),
                crate::model::EntryId::from_bytes([2; 16]),
                jiff::Timestamp::UNIX_EPOCH,
                "maria",
            );
            entry.note = Some(said.repeat(times));
            entry.comments = vec![Comment { file, side: CommentSide::Old, line: 1, text: said }];
            let body = objected("<!-- m -->", &entry, Oid::ZERO, true);
            prop_assert!(body.len() <= BODY_LIMIT && body.starts_with("<!-- m -->\nRejected: wrong fix."));
            prop_assert!(body.ends_with("Entry `01010101` of the ledger, on `000000000000`."));
            let acts = |c: char| c != '\n' && c != '\u{200d}' && text::is_active(c);
            prop_assert!(!body.chars().any(acts));
            prop_assert!(comments(&entry.comments).iter().all(|comment| comment.text.len() <= BODY_LIMIT));
        }
    }

    #[test]
    fn names_of_files_are_only_names() {
        assert_eq!(code("a`@team` #1\u{202e}\n<b>"), "`a'@team' #1<U+202E> <b>`");
    }
}
