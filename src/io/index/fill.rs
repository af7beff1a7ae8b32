//! Writes what a log says into the tables: one transaction, from the first item to the last.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use bstr::ByteSlice as _;
use rusqlite::{Connection, Statement, params};

use super::IndexError;
use super::landing::{self, Landing};
use super::log::{self, Item, LogReader};
use super::telling;
use crate::evidence::incidents::{Undone, undone, without_request};
use crate::model::{Oid, Undoing};

/// Commits of one history that are kept: the newest. Linux had 1,300,000 of them in 2025, a busy repository of manifests 30,000.
pub const MOST_COMMITS: usize = 250_000;
/// Changed paths of one history that are kept, those of the newest commits.
const MOST_TOUCHES: usize = 4_000_000;
/// Paths whose ids are kept in memory; it begins anew where there are more.
const PATHS: usize = 200_000;
/// Bytes of a subject that are kept.
const SUBJECT: usize = 1 << 10;
/// Commits between two words on how far it is.
const STEP: usize = 500;

/// What a log gave.
#[derive(Debug, Default)]
pub struct Filled {
    /// The commits with their parents, in the order of the log.
    pub commits: Vec<(Oid, Vec<Oid>)>,
    /// Changed paths.
    pub touches: usize,
    /// Changed paths that are too long to be kept.
    pub lost: usize,
    /// Whether a bound ended the reading.
    pub cut: bool,
    /// Whether one of the commits has parents that this clone does not have.
    pub cut_off: bool,
}

/// Writes commits and paths of a log.
pub struct Filler<'db> {
    commit: Statement<'db>,
    telling: Statement<'db>,
    named: Statement<'db>,
    touch: Statement<'db>,
    find_path: Statement<'db>,
    add_path: Statement<'db>,
    paths: HashMap<Vec<u8>, i64>,
    id: i64,
    filled: Filled,
}

impl<'db> Filler<'db> {
    /// Writes to `db`, inside the transaction that it is in.
    pub fn new(db: &'db Connection) -> Result<Self, IndexError> {
        let id = db.query_row("SELECT coalesce(max(id), 0) FROM past", [], |row| row.get(0))?;
        Ok(Self {
            commit: db.prepare("INSERT OR IGNORE INTO past VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)")?,
            telling: db.prepare("INSERT OR IGNORE INTO telling VALUES(?, ?)")?,
            named: db.prepare("INSERT OR IGNORE INTO named VALUES(?, ?)")?,
            touch: db.prepare("INSERT OR IGNORE INTO touch VALUES(?, ?, ?, ?, ?, ?)")?,
            find_path: db.prepare("SELECT id FROM path WHERE bytes = ?")?,
            add_path: db.prepare("INSERT INTO path(bytes) VALUES(?)")?,
            paths: HashMap::new(),
            id,
            filled: Filled::default(),
        })
    }

    /// Writes a log up to its end or to a bound. `shallow` are the commits whose parents this clone does not have: what they
    /// changed cannot be known, and what git shows as added was there before.
    pub fn fill<R: BufRead>(
        mut self,
        log: R,
        shallow: &HashSet<Oid>,
        progress: &dyn Fn(usize),
    ) -> Result<Filled, IndexError> {
        let mut log = LogReader::new(log);
        let mut rootless = false;
        loop {
            match log.next().map_err(IndexError::Log)? {
                Item::End => return Ok(self.filled),
                Item::Commit => {
                    if self.filled.commits.len() >= MOST_COMMITS || self.filled.touches >= MOST_TOUCHES {
                        self.filled.cut = true;
                        return Ok(self.filled);
                    }
                    rootless = log.commit.oid.is_some_and(|oid| shallow.contains(&oid));
                    self.filled.cut_off |= rootless;
                    self.take_commit(&mut log.commit)?;
                    if self.filled.commits.len().is_multiple_of(STEP) {
                        progress(self.filled.commits.len());
                    }
                }
                Item::Touch if rootless => {}
                Item::Touch => self.take_touch(&log.touch)?,
            }
        }
    }

    fn take_commit(&mut self, commit: &mut log::Commit) -> Result<(), IndexError> {
        let Some(oid) = commit.oid else { return Ok(()) };
        self.id += 1;
        let message = String::from_utf8_lossy(&commit.message);
        let subject = subject(&message);
        let undone = undoing(&message);
        let (undoing, undone) = (undone.as_ref().map(|undone| undone.0), undone.as_ref().map(|undone| &undone.1));
        self.commit.execute(params![
            self.id,
            oid.as_bytes(),
            commit.name.to_str_lossy(),
            commit.email.to_str_lossy(),
            commit.authored,
            commit.committed,
            subject,
            commit.parents.len(),
            undoing,
            undone,
        ])?;
        // What a merge brought was told by what it merged.
        if commit.parents.len() < 2 {
            self.take_telling(&message)?;
        }
        self.filled.commits.push((oid, std::mem::take(&mut commit.parents)));
        Ok(())
    }

    fn take_telling(&mut self, message: &str) -> Result<(), IndexError> {
        let Some(kept) = telling::kept(message) else { return Ok(()) };
        if let Some(text) = kept.text {
            self.telling.execute(params![self.id, text])?;
        }
        for name in kept.names {
            self.named.execute(params![name, self.id])?;
        }
        Ok(())
    }

    fn take_touch(&mut self, touch: &log::Touch) -> Result<(), IndexError> {
        if touch.cut {
            self.filled.lost += 1;
            return Ok(());
        }
        let path = self.path(&touch.path)?;
        let (old, new) = (touch.old.as_ref().map(Oid::as_bytes), touch.new.as_ref().map(Oid::as_bytes));
        self.touch.execute(params![path, self.id, touch.old_mode, touch.new_mode, old, new])?;
        self.filled.touches += 1;
        Ok(())
    }

    fn path(&mut self, bytes: &[u8]) -> Result<i64, IndexError> {
        if let Some(id) = self.paths.get(bytes) {
            return Ok(*id);
        }
        let id = match self.find_path.query_row([bytes], |row| row.get(0)) {
            Err(rusqlite::Error::QueryReturnedNoRows) => self.add_path.insert([bytes])?,
            found => found?,
        };
        if self.paths.len() >= PATHS {
            self.paths.clear();
        }
        self.paths.insert(bytes.to_owned(), id);
        Ok(id)
    }
}

/// Writes how the commits of a log came to the target, after `known` places.
pub fn fill_landings(db: &Connection, filled: &Filled, tip: Oid, known: u64) -> Result<(), IndexError> {
    let last: i64 = db.query_row("SELECT coalesce(max(id), 0) FROM past", [], |row| row.get(0))?;
    let mut landing = db.prepare("INSERT INTO landing VALUES(?, ?, ?)")?;
    let first = last - filled.commits.len() as i64 + 1;
    for (id, Landing { place, mainline }) in (first..).zip(landing::land(tip, &filled.commits, known)) {
        landing.execute(params![id, place, mainline])?;
    }
    Ok(())
}

/// The first paragraph in one line, as git makes it, bounded.
fn subject(message: &str) -> String {
    let mut subject = String::new();
    for line in message.trim_start().lines().map(str::trim).take_while(|line| !line.is_empty()) {
        if !subject.is_empty() {
            subject.push(' ');
        }
        let room = SUBJECT.saturating_sub(subject.len()).min(line.len());
        let end = (0..=room).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
        subject.push_str(&line[..end]);
        if subject.len() >= SUBJECT || end < line.len() {
            break;
        }
    }
    subject
}

/// What a message undoes, as it is kept: a word, and a text where it names something.
fn undoing(message: &str) -> Option<(&'static str, String)> {
    Some(match undone(message)? {
        Undone::Commit(id) => ("commit", id.to_ascii_lowercase()),
        Undone::Subject(subject) => ("subject", bounded(without_request(subject)).to_owned()),
        Undone::Request(number) => ("request", number.to_owned()),
        Undone::Unnamed => ("unnamed", String::new()),
    })
}

/// The inverse of [`undoing`], for a file that somebody may have changed.
#[must_use]
pub fn undoing_of(word: &str, text: String) -> Undoing {
    match word {
        "commit" => Undoing::Commit(text),
        "subject" => Undoing::Subject(text),
        "request" => Undoing::Request(text),
        _ => Undoing::Unnamed,
    }
}

/// The beginning of a text that is as long as a subject may be.
fn bounded(text: &str) -> &str {
    let end = (0..=SUBJECT.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_the_first_paragraph_in_one_line() {
        for (message, expected) in [("a\nb\n\nc", "a b"), ("\n\n a \n", "a"), ("", ""), ("a\r\n\r\nb", "a"), ("\n", "")]
        {
            assert_eq!(subject(message), expected, "{message:?}");
        }
        assert_eq!(subject(&"é".repeat(10_000)).len(), SUBJECT);
        assert_eq!(subject(&"x\n".repeat(10_000)).len(), SUBJECT);
    }

    #[test]
    fn what_is_undone_survives_its_columns() {
        for (message, expected) in [
            ("Revert \"a (#1)\" (#2)", Undoing::Subject("a".into())),
            ("x\n\nThis reverts commit 0123456789ABCDEF.", Undoing::Commit("0123456789abcdef".into())),
            ("Revert 12\n\nReverts a/b#12", Undoing::Request("12".into())),
            ("revert it all", Undoing::Unnamed),
        ] {
            let (word, text) = undoing(message).unwrap();
            assert_eq!(undoing_of(word, text), expected, "{message}");
        }
        assert_eq!(undoing("fix: a"), None);
    }
}
