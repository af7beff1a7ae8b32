//! Asks the index.

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::BString;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::update::meta;
use super::{IndexError, fill, instant};
use crate::io::git::shallow;
use crate::model::{Contributor, Coverage, Mode, Oid, PastCommit, PastTouch, SeenBetween, Side};

/// The columns of a commit, in the order in which [`View::commit_of`] reads them.
pub(super) const COMMIT: &str = "p.oid, p.name, p.email, p.authored, p.committed, p.subject, p.parents, p.undoing, p.undone, \
                      l.mainline, l.place";
/// Its columns: those of a path come after them.
pub(super) const COLUMNS: usize = 11;

/// The index, open to be read. It shows one state for as long as nobody updates it.
#[derive(Debug)]
pub struct View {
    pub(super) db: Connection,
    coverage: Coverage,
    looks: Vec<Look>,
}

/// A look at the target: where its tip was, the first time that this was known here and the last that it was asked.
#[derive(Debug, Clone, Copy)]
struct Look {
    place: u64,
    first: i64,
    last: Option<i64>,
}

/// Commits with the paths that were asked about and that they changed, newest first.
pub type Commits = Vec<(Arc<PastCommit>, Vec<BString>)>;

/// A commit that says that it takes another back, and that one, where it was found.
#[derive(Debug, Clone)]
pub struct Revert {
    /// The commit.
    pub commit: Arc<PastCommit>,
    /// What it takes back, if it is in the history before it.
    pub of: Option<Arc<PastCommit>>,
}

impl View {
    pub(super) fn new(db: Connection) -> Result<Option<Self>, IndexError> {
        let Some(tip) = meta::<[u8; 20]>(&db, "tip")? else { return Ok(None) };
        let commits = db.query_row("SELECT count(*) FROM past", [], |row| row.get(0))?;
        let coverage = Coverage { tip: Oid::from_bytes(tip), commits, missing: missing(&db)? };
        let looks = looks(&db)?;
        Ok(Some(Self { db, coverage, looks }))
    }

    /// How much of the history it knows.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The newest commits that changed any of these paths, at most `most`. A merge is left out where what it brought a commit
    /// had made: it is listed where it changed a path in its own way.
    pub fn commits_on<P: AsRef<[u8]>>(&self, paths: &[P], most: usize) -> Result<Commits, IndexError> {
        let mut newest: BTreeMap<(std::cmp::Reverse<u64>, i64), Vec<BString>> = BTreeMap::new();
        let mut find = self.db.prepare(
            "SELECT l.place, t.past FROM touch t JOIN landing l ON l.id = t.past JOIN past p ON p.id = t.past \
             WHERE t.path = (SELECT id FROM path WHERE bytes = ?1) \
             AND (p.parents < 2 OR NOT EXISTS (SELECT 1 FROM touch o JOIN landing ol ON ol.id = o.past \
                  WHERE o.path = t.path AND o.past <> t.past AND o.new IS t.new AND ol.place = l.place)) \
             ORDER BY l.place DESC, t.past LIMIT ?2",
        )?;
        for path in paths {
            let mut rows = find.query(params![path.as_ref(), most])?;
            while let Some(row) = rows.next()? {
                let key = (std::cmp::Reverse(row.get(0)?), row.get(1)?);
                newest.entry(key).or_default().push(BString::from(path.as_ref()));
                if newest.len() > most {
                    newest.pop_last();
                }
            }
        }
        let mut read =
            self.db.prepare(&format!("SELECT {COMMIT} FROM past p JOIN landing l USING(id) WHERE p.id = ?"))?;
        newest
            .into_iter()
            .map(|((_, id), paths)| Ok((Arc::new(read.query_row([id], |row| self.commit_of(row))?), paths)))
            .collect()
    }

    /// How a path moved on the target itself, oldest first: the newest `most` changes of it along the first-parent chain.
    pub fn moves_of(&self, path: &[u8], most: usize) -> Result<Vec<PastTouch>, IndexError> {
        let mut moves = self.touches(
            "JOIN path f ON f.id = t.path WHERE t.path = (SELECT id FROM path WHERE bytes = ?1) AND l.mainline \
             ORDER BY l.place DESC LIMIT ?2",
            params![path, most],
        )?;
        moves.reverse();
        Ok(moves)
    }

    /// The commit that made what a merge brought to a path: one that came with it and left the path as the merge has it.
    pub fn brought(&self, merge: &PastTouch) -> Result<Option<PastCommit>, IndexError> {
        let query = format!(
            "SELECT {COMMIT} FROM touch t JOIN past p ON p.id = t.past JOIN landing l ON l.id = t.past \
             WHERE t.path = (SELECT id FROM path WHERE bytes = ?1) AND l.place = ?2 AND NOT l.mainline \
             AND p.parents < 2 AND t.new IS ?3 ORDER BY t.past LIMIT 1"
        );
        let left = merge.after.map(|side| *side.oid.as_bytes());
        let wanted = params![merge.path.as_slice(), merge.commit.place, left];
        Ok(self.db.query_row(&query, wanted, |row| self.commit_of(row)).optional()?)
    }

    /// The paths that a commit changed, at most `most`.
    pub fn paths_of(&self, commit: Oid, most: usize) -> Result<Vec<PastTouch>, IndexError> {
        self.touches(
            "JOIN path f ON f.id = t.path WHERE t.past = (SELECT id FROM past WHERE oid = ?1) ORDER BY f.bytes LIMIT ?2",
            params![commit.as_bytes(), most],
        )
    }

    /// How a commit changed a path; `None` where it did not.
    pub fn touch_of(&self, commit: Oid, path: &[u8]) -> Result<Option<PastTouch>, IndexError> {
        let found = self.touches(
            "JOIN path f ON f.id = t.path WHERE t.past = (SELECT id FROM past WHERE oid = ?1) \
             AND t.path = (SELECT id FROM path WHERE bytes = ?2)",
            params![commit.as_bytes(), path],
        )?;
        Ok(found.into_iter().next())
    }

    /// Everything that moved on the target itself from a place on, oldest first, to be looked at as a whole.
    pub fn moves_from(&self, place: u64, most: usize) -> Result<Vec<PastTouch>, IndexError> {
        self.touches(
            "JOIN path f ON f.id = t.path WHERE l.mainline AND l.place >= ?1 ORDER BY l.place LIMIT ?2",
            params![place, most],
        )
    }

    fn touches(&self, wanted: &str, values: impl rusqlite::Params) -> Result<Vec<PastTouch>, IndexError> {
        let query = format!(
            "SELECT {COMMIT}, f.bytes, t.old_mode, t.old, t.new_mode, t.new FROM touch t \
             JOIN past p ON p.id = t.past JOIN landing l ON l.id = t.past {wanted}"
        );
        let mut find = self.db.prepare(&query)?;
        let rows = find.query_map(values, |row| {
            Ok(PastTouch {
                commit: Arc::new(self.commit_of(row)?),
                path: BString::from(row.get_ref(COLUMNS)?.as_blob()?),
                before: side(row, COLUMNS + 1)?,
                after: side(row, COLUMNS + 3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A commit, if the history has it.
    pub fn commit(&self, oid: Oid) -> Result<Option<PastCommit>, IndexError> {
        let query = format!("SELECT {COMMIT} FROM past p JOIN landing l USING(id) WHERE p.oid = ?");
        Ok(self.db.query_row(&query, [oid.as_bytes()], |row| self.commit_of(row)).optional()?)
    }

    /// Commits that take others back, newest first, at most `most`. What they take back is found by the id that they name, or as
    /// the newest commit before them that had the subject or the pull request that they name.
    pub fn reverts(&self, most: usize) -> Result<Vec<Revert>, IndexError> {
        let query = format!(
            "SELECT {COMMIT}, v.oid FROM past p JOIN landing l USING(id) LEFT JOIN past v ON v.id = p.undid \
             WHERE p.undoing IS NOT NULL ORDER BY l.place DESC, p.id LIMIT ?"
        );
        let mut find = self.db.prepare(&query)?;
        let rows = find.query_map([most], |row| {
            let of: Option<[u8; 20]> = row.get(COLUMNS)?;
            Ok((self.commit_of(row)?, of.map(Oid::from_bytes)))
        })?;
        let undoing: Vec<(PastCommit, Option<Oid>)> = rows.collect::<Result<_, _>>()?;
        let found = undoing.into_iter().map(|(commit, of)| {
            let of = of.map(|of| self.commit(of)).transpose()?.flatten();
            Ok(Revert { commit: Arc::new(commit), of: of.map(Arc::new) })
        });
        found.collect()
    }

    pub(super) fn commit_of(&self, row: &Row<'_>) -> rusqlite::Result<PastCommit> {
        let undoing: Option<String> = row.get(7)?;
        let undone: Option<String> = row.get(8)?;
        let place = row.get(10)?;
        Ok(PastCommit {
            oid: Oid::from_bytes(row.get(0)?),
            author: Contributor { name: row.get(1)?, email: row.get(2)? },
            authored: row.get::<_, Option<i64>>(3)?.map(instant),
            committed: row.get::<_, Option<i64>>(4)?.map(instant),
            seen: self.seen(place),
            subject: row.get(5)?,
            undoes: undoing.map(|word| fill::undoing_of(&word, undone.unwrap_or_default())),
            parents: row.get(6)?,
            mainline: row.get(9)?,
            place,
        })
    }

    /// Between which looks at the target a place of it came.
    fn seen(&self, place: u64) -> SeenBetween {
        let split = self.looks.partition_point(|look| look.place < place);
        let until = self.looks[split..].iter().map(|look| look.first).min();
        // Clocks are set back, and forced pushes undo what was seen: then the first look that showed it stands.
        let before = self.looks[..split].iter().filter_map(|look| look.last);
        let after = before.filter(|after| until.is_none_or(|until| *after <= until)).max();
        SeenBetween { after: after.map(instant), until: until.map(instant) }
    }
}

fn missing(db: &Connection) -> Result<Option<String>, IndexError> {
    let cut_off: bool = meta(db, "cut_off")?.unwrap_or(false);
    let (cut, lost): (bool, i64) = (meta(db, "cut")?.unwrap_or(false), meta(db, "lost")?.unwrap_or(0));
    let mut why = Vec::new();
    if cut_off {
        let oldest =
            "SELECT p.oid, p.committed FROM past p JOIN landing l USING(id) WHERE l.mainline ORDER BY l.place LIMIT 1";
        let (end, made): ([u8; 20], Option<i64>) = db.query_row(oldest, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        why.push(shallow::sentence(Oid::from_bytes(end), made.map(instant)));
    }
    if cut {
        why.push("the history is longer than what is kept: only its newest commits are known".to_owned());
    }
    if lost > 0 {
        why.push(format!("{lost} changed paths are too long to be kept"));
    }
    Ok((!why.is_empty()).then(|| why.join("; ")))
}

fn looks(db: &Connection) -> Result<Vec<Look>, IndexError> {
    let mut find = db.prepare(
        "SELECT l.place, s.first, s.last FROM seen s JOIN past p USING(oid) JOIN landing l USING(id) \
         WHERE l.mainline AND l.place > 0 ORDER BY l.place",
    )?;
    let rows = find.query_map([], |row| Ok(Look { place: row.get(0)?, first: row.get(1)?, last: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn side(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Side>> {
    let oid: Option<[u8; 20]> = row.get(at + 1)?;
    // A mode that git does not write is a file's to it too.
    let mode = Mode::from_bits(row.get(at)?).unwrap_or(Mode::File);
    Ok(oid.map(|oid| Side { mode, oid: Oid::from_bytes(oid) }))
}
