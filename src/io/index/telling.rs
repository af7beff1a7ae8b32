//! The commits that tell of something that went wrong: those that took others back or were made in a hurry, and those that
//! name an incident.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bstr::BString;
use rusqlite::{Row, Statement, params};

use super::read::{COLUMNS, COMMIT};
use super::{IndexError, View};
use crate::evidence::incidents::{PastCommit as Told, names_in, tells};
use crate::model::Oid;

/// Bytes of a message that are kept.
const MESSAGE: usize = 16 << 10;
/// Names that one message can name.
const NAMES: usize = 50;

/// What is kept of a message that tells of something.
pub(super) struct Kept<'m> {
    /// The message, if it tells by itself; bounded.
    pub text: Option<&'m str>,
    /// What it names, in small letters.
    pub names: Vec<String>,
}

/// What is kept of a message; `None` of most.
pub(super) fn kept(message: &str) -> Option<Kept<'_>> {
    let message = start(message, MESSAGE);
    let mut names: Vec<String> = names_in(message).take(NAMES).map(str::to_ascii_lowercase).collect();
    names.sort();
    names.dedup();
    let text = tells(message).then_some(message);
    (text.is_some() || !names.is_empty()).then_some(Kept { text, names })
}

fn start(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    &text[..end]
}

impl View {
    /// The newest commits that tell of something, and those that name one of `names` (in small letters), newest first, at most
    /// `most` of both together; merges are none. Of each at most `files` paths.
    pub fn telling(&self, names: &[String], most: usize, files: usize) -> Result<Vec<Told>, IndexError> {
        let mut found: BTreeSet<(Reverse<u64>, i64)> = BTreeSet::new();
        let mut tells = self.db.prepare(
            "SELECT l.place, t.past FROM telling t JOIN landing l ON l.id = t.past ORDER BY l.place DESC LIMIT ?",
        )?;
        let mut names_one = self.db.prepare(
            "SELECT l.place, n.past FROM named n JOIN landing l ON l.id = n.past WHERE n.name = ? \
             ORDER BY l.place DESC LIMIT ?",
        )?;
        let key = |row: &Row<'_>| Ok((Reverse(row.get(0)?), row.get(1)?));
        for row in tells.query_map([most], key)? {
            found.insert(row?);
        }
        for name in names {
            for row in names_one.query_map(params![name, most], key)? {
                found.insert(row?);
            }
        }
        let mut reader = Reader::new(self)?;
        found.into_iter().take(most).map(|(_, id)| reader.told(id, files)).collect()
    }
}

/// Reads commits with what is kept of their messages.
struct Reader<'v> {
    view: &'v View,
    commit: Statement<'v>,
    names: Statement<'v>,
    paths: Statement<'v>,
}

impl<'v> Reader<'v> {
    fn new(view: &'v View) -> Result<Self, IndexError> {
        let commit = format!(
            "SELECT {COMMIT}, t.message, v.oid FROM past p JOIN landing l USING(id) LEFT JOIN telling t ON t.past = p.id \
             LEFT JOIN past v ON v.id = p.undid WHERE p.id = ?"
        );
        let paths =
            "SELECT f.bytes FROM touch t JOIN path f ON f.id = t.path WHERE t.past = ? ORDER BY f.bytes LIMIT ?";
        Ok(Self {
            view,
            commit: view.db.prepare(&commit)?,
            names: view.db.prepare("SELECT name FROM named WHERE past = ?")?,
            paths: view.db.prepare(paths)?,
        })
    }

    /// A commit, with at most so many of its paths.
    fn told(&mut self, id: i64, files: usize) -> Result<Told, IndexError> {
        let (commit, message, undoes) = self.commit.query_row([id], |row| {
            let undoes: Option<[u8; 20]> = row.get(COLUMNS + 1)?;
            Ok((self.view.commit_of(row)?, row.get::<_, Option<String>>(COLUMNS)?, undoes.map(Oid::from_bytes)))
        })?;
        let names = self.names.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let paths = self.paths.query_map(params![id, files], |row| row.get::<_, Vec<u8>>(0))?;
        Ok(Told {
            commit: commit.oid,
            author: commit.author.name,
            date: commit.committed.or(commit.authored).unwrap_or(jiff::Timestamp::UNIX_EPOCH),
            message: message.unwrap_or(commit.subject),
            names,
            undoes,
            files: paths.map(|path| path.map(|path| BString::from(path).to_string())).collect::<Result<_, _>>()?,
            objects: Vec::new(),
            fields: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_messages_are_not_kept() {
        assert!(kept("web: two\n\nBecause.").is_none());
        let fix = kept("fix OOM in checkout\n\nINC-213, and inc-213 again").unwrap();
        assert_eq!((fix.text, fix.names), (None, vec!["inc-213".to_owned()]));
        let long = format!("hotfix: it\n\n{}", "é".repeat(MESSAGE));
        assert!(kept(&long).unwrap().text.is_some_and(|text| text.len() <= MESSAGE));
    }
}
