//! What a plan writes: the messages of landing commits, and the ledger entries, once the commits that they name exist.

use jiff::Timestamp;

use crate::ledger::{Entry, EntryKind, Item, LessonRecord, MergeRecord, PolicyRef, RefUpdate};
use crate::model::{Answers, DecisionKind, EntryId, Intent, Oid, text};

use super::{Action, PlanParts, PlannedItem, soft_facts};

/// A landing commit that was made for an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// The target's commit just before it.
    pub first_parent: Oid,
    /// The commit.
    pub commit: Oid,
    /// Its tree.
    pub tree: Oid,
}

/// Bytes of the agent's text that a landing commit keeps.
const BODY_LIMIT: usize = 4 << 10;
/// Columns of a subject.
const SUBJECT_COLUMNS: usize = 72;

/// The message of a landing commit: the sanitised title, the agent's text without lines that pretend to be ours, and the
/// trailers that name entry and proposal as the last paragraph.
#[must_use]
pub fn landing_message(item: &PlannedItem, entry: EntryId) -> String {
    let subject = landing_subject(&item.title, &item.summary);
    let body = landing_body(&item.message);
    let separator = if body.is_empty() { "" } else { "\n\n" };
    let trailers = landing_trailers(entry, &item.subject.proposal, item.subject.head);
    format!("{subject}{separator}{body}\n\n{trailers}\n")
}

/// The agent's title on one line, or our own words where it has none, or pretends to be ours.
pub(super) fn landing_subject(title: &str, summary: &str) -> String {
    let title = text::single_line(title);
    let subject = if title.is_empty() || is_ours(&title) { summary } else { &title };
    text::truncate(subject, SUBJECT_COLUMNS).into_owned()
}

/// The last paragraph of a landing commit.
pub(super) fn landing_trailers(entry: EntryId, proposal: &str, head: Oid) -> String {
    format!("Countersign-Entry: {entry}\nCountersign-Proposal: {}@{head}", text::printable(proposal))
}

/// The agent's text after its first line, line by line harmless.
pub(super) fn landing_body(message: &str) -> String {
    let rest = message.split_once('\n').map_or("", |(_, rest)| rest);
    let mut body = String::new();
    for line in rest.lines().filter(|line| !is_ours(line)) {
        let line = text::printable(line.trim_end()).into_owned();
        // git-interpret-trailers(1) takes such a line for the end of the message, and would find the agent's trailers.
        let line = if divides(&line) { format!(" {line}") } else { line };
        if body.len() + line.len() >= BODY_LIMIT {
            break;
        }
        body.push_str(&line);
        body.push('\n');
    }
    body.trim().to_owned()
}

/// Whether a line is what git takes for the beginning of a patch.
fn divides(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Whether a line pretends to be one of ours.
fn is_ours(line: &str) -> bool {
    let word = line.trim_start().get(.."Countersign-".len());
    word.is_some_and(|word| word.eq_ignore_ascii_case("Countersign-"))
}

/// The message of the commit that moves the memory files of a sitting. Where it teaches nothing itself, the files follow
/// what was decided before, and it names the entry whose push brings them.
#[must_use]
pub fn memory_message(plan: &PlanParts) -> String {
    let taught: Vec<&Intent> = plan.intents.iter().filter(|intent| teaches(plan, intent)).collect();
    let subject = match taught.as_slice() {
        [] => "Lessons from review, as they stand now".to_owned(),
        [one] => one
            .lesson
            .as_ref()
            .map_or_else(String::new, |lesson| format!("Lesson from review: {}", text::single_line(&lesson.text))),
        several => format!("{} lessons from review", several.len()),
    };
    let recorded = plan.intents.iter().rfind(|intent| items_of(plan, intent).next().is_some());
    let named = if taught.is_empty() { recorded.into_iter().collect() } else { taught };
    let trailers: Vec<String> = named.iter().map(|intent| format!("Countersign-Entry: {}\n", intent.id)).collect();
    format!("{}\n\n{}", text::truncate(&subject, SUBJECT_COLUMNS), trailers.concat())
}

fn teaches(plan: &PlanParts, intent: &Intent) -> bool {
    intent.lesson.is_some() && items_of(plan, intent).next().is_some()
}

fn items_of<'a>(plan: &'a PlanParts, intent: &'a Intent) -> impl Iterator<Item = (usize, &'a PlannedItem)> + Clone {
    let index = plan.intents.iter().position(|other| other.id == intent.id);
    plan.items.iter().enumerate().filter(move |(_, item)| Some(item.intent) == index)
}

/// The entries of a plan, in chain order. `landed` has one element for each item, in order; `new` is where the target
/// ends. The last entry names the move of the target, because it is the ledger's tip after the push.
#[must_use]
pub fn entries(plan: &PlanParts, landed: &[Option<Landed>], new: Oid, at: Timestamp) -> Vec<Entry> {
    let mut entries: Vec<Entry> = plan
        .intents
        .iter()
        .filter(|intent| items_of(plan, intent).next().is_some())
        .map(|intent| entry(plan, intent, landed, at))
        .collect();
    if let Some(last) = entries.last_mut().filter(|_| new != plan.target.old) {
        last.refs.push(RefUpdate { refname: plan.target.refname.clone(), old: plan.target.old, new });
    }
    entries
}

fn entry(plan: &PlanParts, intent: &Intent, landed: &[Option<Landed>], at: Timestamp) -> Entry {
    let kind = match intent.kind {
        DecisionKind::Approve => EntryKind::Approve,
        DecisionKind::Reject => EntryKind::Reject,
        DecisionKind::Hold => EntryKind::Hold,
        DecisionKind::Ask => EntryKind::Ask,
        DecisionKind::Withdraw => EntryKind::Withdraw,
    };
    let mut entry = Entry::new(kind, intent.id, plan.repo, at.max(plan.ledger_at), &plan.by);
    entry.items =
        items_of(plan, intent).map(|(index, item)| ledger_item(item, landed.get(index).copied().flatten())).collect();
    entry.soft_facts = soft_facts::of_entry(intent.kind, items_of(plan, intent).map(|(_, item)| item));
    entry.policy = Some(PolicyRef { commit: plan.policy.0, blob: plan.policy.1 });
    entry.reason = (intent.kind == DecisionKind::Reject).then(|| intent.reason.unwrap_or_default());
    entry.note = intent.note.clone().filter(|note| !note.trim().is_empty());
    entry.comments.clone_from(&intent.comments);
    entry.lesson = lesson_record(plan, intent, entry.at);
    entry
}

/// The lesson of an intent as its entry records it, if it teaches one.
#[must_use]
pub fn lesson_record(plan: &PlanParts, intent: &Intent, at: Timestamp) -> Option<LessonRecord> {
    let (_, first) = items_of(plan, intent).next()?;
    Some(LessonRecord::from_draft(intent.lesson.as_ref()?, at, &first.memory))
}

/// A merged item names the change that landed, which is another one than was seen where it was merged on top of others in
/// the same files.
fn ledger_item(item: &PlannedItem, landed: Option<Landed>) -> Item {
    let (change_id, merge) = match (&item.action, landed) {
        (Action::Merge { diff }, Some(landed)) => {
            let Landed { first_parent, commit, tree } = landed;
            (Some(diff.change_id), Some(MergeRecord { first_parent, commit, tree, relies_on: item.relies_on.clone() }))
        }
        _ => (item.subject.change_id, None),
    };
    Item {
        proposal: item.subject.proposal.clone(),
        target: item.target.clone(),
        head: item.subject.head,
        change_id,
        tier: item.tier(),
        seen: item.seen.clone(),
        answers: Some(item.answers).filter(|answers| *answers != Answers::default()),
        merge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_agent_hides_or_forges_trailers() {
        for (message, body) in [
            ("t\n\nWhy: a\n---\nReviewed-by: maria", "Why: a\n ---\nReviewed-by: maria"),
            ("t\n\na\n--- a/file\n----\nb", "a\n --- a/file\n----\nb"),
            ("t\n\na\n\u{a0}countersign-entry: 00\nCountersign-Proposal: x@y\nb", "a\nb"),
            ("t\n\na\rCountersign-Entry: 00", "a<U+000D>Countersign-Entry: 00"),
        ] {
            assert_eq!(landing_body(message), body, "{message:?}");
        }
    }
}
