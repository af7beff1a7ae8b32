//! Lessons: what the ledger taught, numbered, with repetitions counted.

use std::collections::HashMap;

use bstr::BStr;
use globset::GlobBuilder;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ledger::{LedgerView, LessonRecord, Taught};
use crate::model::{EntryId, Scope, text};

/// A lesson as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Its number in the ledger, from 1. A repetition gets none.
    pub number: usize,
    /// The entry that taught it first.
    pub entry: EntryId,
    /// Who taught it first.
    pub by: String,
    /// The reviewer's sentence, as written.
    pub text: String,
    /// What it is about.
    pub scope: Scope,
    /// The day in UTC on which it was taught first.
    pub since: Date,
    /// The last day in UTC on which it stands, renewed by repetitions. Meaningless once withdrawn.
    pub until: Date,
    /// The memory file.
    pub into: String,
    /// How often it was taught and not taken back; 0 is withdrawn.
    pub repeats: usize,
}

impl Lesson {
    /// `L-007`: three digits at least.
    #[must_use]
    pub fn label(&self) -> String {
        format!("L-{:03}", self.number)
    }

    /// The first eight digits of the entry that taught it.
    #[must_use]
    pub fn id8(&self) -> String {
        self.entry.short(8)
    }

    /// Whether it stands on this day: neither withdrawn nor expired.
    #[must_use]
    pub fn stands(&self, day: Date) -> bool {
        self.repeats > 0 && day <= self.until
    }

    /// Whether its scope covers a path. A field's scope says nothing about paths.
    #[must_use]
    pub fn covers(&self, path: &BStr) -> bool {
        match &self.scope {
            Scope::File(file) => file.as_bytes() == <BStr as AsRef<[u8]>>::as_ref(path),
            Scope::Folder(glob) => {
                let glob = GlobBuilder::new(glob).literal_separator(true).build();
                glob.is_ok_and(|glob| glob.compile_matcher().is_match(bstr::ByteSlice::to_path_lossy(&**path)))
            }
            Scope::Field(_) => false,
        }
    }
}

/// All lessons of a ledger, by number, those that were withdrawn or have expired among them.
///
/// A lesson that says the same (sentence, scope, file) as an earlier one that has not expired when it is taught is a repetition:
/// it counts for the earlier one, renews it, and gets no number; so does one that was withdrawn in between. Numbers never
/// change as the ledger grows, since who was first depends on the past alone.
#[must_use]
pub fn lessons(view: &LedgerView) -> Vec<Lesson> {
    let mut lessons: Vec<Lesson> = Vec::new();
    // For each lesson that can be repeated: its place, and the last day on which a repetition joins it.
    let mut open: HashMap<(String, &Scope, &str), (usize, Date)> = HashMap::new();
    for (taught, record) in view.taught().iter().filter_map(|taught| Some((taught, taught.entry.lesson.as_ref()?))) {
        let day = taught.entry.at.to_zoned(TimeZone::UTC).date();
        let key = (sentence(&record.text), &record.scope, record.into.as_str());
        let joins = open.get(&key).copied().filter(|(_, last)| day <= *last);
        let (index, last) = joins.unwrap_or((lessons.len(), record.expires));
        if joins.is_none() {
            lessons.push(first(index + 1, taught, record, day));
        }
        open.insert(key, (index, last.max(record.expires)));
        if taught.withdrawn.is_none() {
            count(&mut lessons[index], record);
        }
    }
    lessons
}

/// A lesson's text as one sentence, before anything in it is escaped: what two that render alike have in common.
pub(super) fn sentence(text: &str) -> String {
    let line = text::single_line(text);
    let stop = if line.ends_with(['.', '!', '?']) { "" } else { "." };
    line + stop
}

fn first(number: usize, taught: &Taught, record: &LessonRecord, since: Date) -> Lesson {
    Lesson {
        number,
        entry: taught.entry.id,
        by: taught.entry.by.clone(),
        text: record.text.trim().to_owned(),
        scope: record.scope.clone(),
        since,
        until: record.expires,
        into: record.into.clone(),
        repeats: 0,
    }
}

/// Counts a record that was not taken back.
fn count(lesson: &mut Lesson, record: &LessonRecord) {
    lesson.until = if lesson.repeats == 0 { record.expires } else { lesson.until.max(record.expires) };
    lesson.repeats += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{Bench, id, item, time};
    use crate::ledger::{Entry, EntryKind};

    const DAY: i64 = 86_400;

    /// A rejection by sam on day `day` that teaches `text` for 30 days.
    fn teach(bench: &mut Bench, day: i64, text: &str) -> EntryId {
        let record = LessonRecord {
            text: text.to_owned(),
            scope: "folder:apps/**".parse().unwrap(),
            expires: time(day * DAY + 30 * DAY).to_zoned(TimeZone::UTC).date(),
            into: "AGENTS.md".to_owned(),
        };
        bench.clock = bench.clock.max(day * DAY);
        let mut entry = bench.entry(EntryKind::Reject, "sam");
        entry.items.push(item(&format!("p{}", bench.clock), "h", "c"));
        entry.lesson = Some(record);
        bench.push(&entry)
    }

    fn withdraw(bench: &mut Bench, taught: EntryId) {
        let mut entry = bench.entry(EntryKind::Withdraw, "sam");
        entry.about.push(taught);
        bench.push(&entry);
    }

    fn said(bench: &Bench) -> Vec<(usize, String, usize, String)> {
        let lessons = lessons(&bench.view()).into_iter();
        lessons.map(|l| (l.number, l.text, l.repeats, l.until.to_string())).collect()
    }

    #[test]
    fn lessons_are_numbered_as_taught_and_repetitions_count() {
        let mut bench = Bench::new();
        let first = teach(&mut bench, 0, "One.");
        teach(&mut bench, 1, "Two.");
        teach(&mut bench, 2, " One ");
        teach(&mut bench, 3, "Three.");
        assert_eq!(
            said(&bench),
            [
                (1, "One.".to_owned(), 2, "2026-12-23".to_owned()),
                (2, "Two.".to_owned(), 1, "2026-12-22".to_owned()),
                (3, "Three.".to_owned(), 1, "2026-12-24".to_owned()),
            ]
        );
        let lesson = &lessons(&bench.view())[0];
        assert_eq!(
            (lesson.entry, lesson.label(), lesson.since.to_string()),
            (first, "L-001".to_owned(), "2026-11-21".to_owned())
        );
        assert_eq!(lesson.id8(), first.to_string()[..8]);
    }

    #[test]
    fn the_same_words_after_their_time_are_a_new_lesson() {
        let mut bench = Bench::new();
        teach(&mut bench, 0, "One.");
        teach(&mut bench, 30, "One.");
        teach(&mut bench, 61, "One.");
        assert_eq!(said(&bench).iter().map(|l| (l.0, l.2)).collect::<Vec<_>>(), [(1, 2), (2, 1)]);
    }

    #[test]
    fn numbers_do_not_change_when_something_is_withdrawn() {
        let mut bench = Bench::new();
        let first = teach(&mut bench, 0, "One.");
        let second = teach(&mut bench, 20, "One.");
        teach(&mut bench, 40, "One.");
        teach(&mut bench, 41, "Two.");
        assert_eq!(said(&bench).iter().map(|l| (l.0, l.2)).collect::<Vec<_>>(), [(1, 3), (2, 1)]);
        withdraw(&mut bench, second);
        assert_eq!(said(&bench).iter().map(|l| (l.0, l.2)).collect::<Vec<_>>(), [(1, 2), (2, 1)]);
        withdraw(&mut bench, first);
        assert_eq!(said(&bench)[0], (1, "One.".to_owned(), 1, "2027-01-30".to_owned()));
    }

    #[test]
    fn a_lesson_stands_up_to_its_last_day_and_not_after_all_was_withdrawn() {
        let mut bench = Bench::new();
        let taught = teach(&mut bench, 0, "One.");
        let stands = |bench: &Bench, day: &str| lessons(&bench.view())[0].stands(day.parse().unwrap());
        assert!(stands(&bench, "2026-12-21") && !stands(&bench, "2026-12-22"));
        withdraw(&mut bench, taught);
        assert!(!stands(&bench, "2026-11-22"));
    }

    #[test]
    fn scopes_cover_paths() {
        let lesson = |scope: &str| {
            let mut entry = Entry::new(EntryKind::Lesson, id("x"), id("g"), time(0), "sam");
            entry.lesson = Some(LessonRecord {
                text: "x".to_owned(),
                scope: scope.parse().unwrap(),
                expires: jiff::civil::date(2027, 1, 1),
                into: "AGENTS.md".to_owned(),
            });
            let taught = Taught { entry: std::sync::Arc::new(entry), withdrawn: None };
            let record = taught.entry.lesson.clone().unwrap();
            first(1, &taught, &record, jiff::civil::date(2026, 1, 1))
        };
        for (scope, path, covers) in [
            ("file:a/b.yaml", "a/b.yaml", true),
            ("file:a/b.yaml", "a/b.yaml.bak", false),
            ("folder:a/**", "a/b/c", true),
            ("folder:a/**", "ab/c", false),
            ("folder:**", "c", true),
            ("folder:a/*/x", "a/b/c/x", false),
            ("folder:a/[", "a/[", false),
            ("field:Deployment shop/checkout spec.replicas", "a/b", false),
        ] {
            assert_eq!(lesson(scope).covers(path.into()), covers, "{scope} {path}");
        }
    }
}
