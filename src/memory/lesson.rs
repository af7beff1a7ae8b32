//! Lessons: what the ledger taught, numbered, with repetitions counted.

use std::collections::HashMap;

use bstr::BStr;
use globset::GlobBuilder;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ledger::{LedgerView, LessonRecord, Taught};
use crate::model::{EntryId, Scope};

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
/// A lesson that says the same (text, scope, file) as an earlier one that has not expired when it is taught is a repetition:
/// it counts for the earlier one, renews it, and gets no number; so does one that was withdrawn in between. Numbers never
/// change as the ledger grows, since who was first depends on the past alone.
#[must_use]
pub fn lessons(view: &LedgerView) -> Vec<Lesson> {
    let mut lessons: Vec<Lesson> = Vec::new();
    // For each lesson that can be repeated: its place, and the last day on which a repetition joins it.
    let mut open: HashMap<(&str, &Scope, &str), (usize, Date)> = HashMap::new();
    for (taught, record) in view.taught().iter().filter_map(|taught| Some((taught, taught.entry.lesson.as_ref()?))) {
        let day = taught.entry.at.to_zoned(TimeZone::UTC).date();
        let key = (record.text.trim(), &record.scope, record.into.as_str());
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
