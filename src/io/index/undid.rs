//! Finds what commits take back: by the id that they name, or as the newest commit before them that had the subject or the
//! number that they name. Done once, when a log was read, since it takes a pass over all subjects.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Statement, params};

use super::IndexError;
use super::fill::undoing_of;
use crate::evidence::incidents::{request_of, without_request};
use crate::model::{Oid, Undoing};

/// A commit that takes another back.
struct Revert {
    id: i64,
    place: u64,
    undoes: Undoing,
}

/// Where a name was used: place and commit.
type Uses = HashMap<String, Vec<(u64, i64)>>;

/// Writes down what the commits from number `first` on take back.
pub fn resolve(db: &Connection, first: i64) -> Result<(), IndexError> {
    let reverts = reverts(db, first)?;
    let uses = uses(db, &reverts)?;
    let mut set = db.prepare("UPDATE past SET undid = ? WHERE id = ?")?;
    let mut by_id =
        db.prepare("SELECT p.id, l.place FROM past p JOIN landing l USING(id) WHERE p.oid BETWEEN ? AND ? LIMIT 2")?;
    for revert in &reverts {
        let found = match &revert.undoes {
            Undoing::Commit(prefix) => by_prefix(&mut by_id, prefix, revert)?,
            named => name(named).and_then(|name| newest(uses.get(&name)?, revert.place)),
        };
        if let Some(found) = found {
            set.execute(params![found, revert.id])?;
        }
    }
    Ok(())
}

fn reverts(db: &Connection, first: i64) -> Result<Vec<Revert>, IndexError> {
    let mut find = db.prepare(
        "SELECT p.id, l.place, p.undoing, p.undone FROM past p JOIN landing l USING(id) \
         WHERE p.undoing IS NOT NULL AND p.id >= ?",
    )?;
    let rows = find.query_map([first], |row| {
        let (word, text): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        Ok(Revert { id: row.get(0)?, place: row.get(1)?, undoes: undoing_of(&word, text.unwrap_or_default()) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The commit whose id begins so, if there is exactly one, and it did not come later.
fn by_prefix(find: &mut Statement<'_>, prefix: &str, revert: &Revert) -> Result<Option<i64>, IndexError> {
    let bound = |fill: &str| format!("{prefix}{}", fill.repeat(40 - prefix.len().min(40))).parse::<Oid>().ok();
    let (Some(low), Some(high)) = (bound("0"), bound("f")) else { return Ok(None) };
    let found = find.query_map([low.as_bytes(), high.as_bytes()], |row| Ok((row.get(0)?, row.get::<_, u64>(1)?)))?;
    let found: Vec<(i64, u64)> = found.collect::<Result<_, _>>()?;
    Ok(match found.as_slice() {
        [(id, place)] if *place <= revert.place && *id != revert.id => Some(*id),
        _ => None,
    })
}

fn newest(uses: &[(u64, i64)], place: u64) -> Option<i64> {
    uses.iter().filter(|(used, _)| *used < place).max_by_key(|(used, _)| *used).map(|(_, id)| *id)
}

/// Where the names by which commits are taken back were used, in one pass over all subjects.
fn uses(db: &Connection, reverts: &[Revert]) -> Result<Uses, IndexError> {
    let mut wanted: Uses = reverts.iter().filter_map(|revert| Some((name(&revert.undoes)?, Vec::new()))).collect();
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let mut all = db.prepare("SELECT p.subject, l.place, p.id FROM past p JOIN landing l USING(id)")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let subject = row.get_ref(0)?.as_str().unwrap_or_default();
        let number = request_of(subject).map(|number| format!("(#{number})"));
        for name in [Some(without_request(subject)), number.as_deref()].into_iter().flatten() {
            if let Some(places) = wanted.get_mut(name) {
                places.push((row.get(1)?, row.get(2)?));
            }
        }
    }
    Ok(wanted)
}

/// The name by which a commit is taken back where no id is given: its subject, or `(#12)`.
fn name(undoing: &Undoing) -> Option<String> {
    match undoing {
        Undoing::Subject(subject) => Some(subject.clone()),
        Undoing::Request(number) => Some(format!("(#{number})")),
        Undoing::Commit(_) | Undoing::Unnamed => None,
    }
}

/// The number of the first commit that comes after those that are known.
pub fn next(db: &Connection) -> Result<i64, IndexError> {
    let last: Option<i64> = db.query_row("SELECT max(id) FROM past", [], |row| row.get(0)).optional()?.flatten();
    Ok(last.unwrap_or(0) + 1)
}
