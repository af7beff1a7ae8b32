//! Brings the tables up to a tip: finds what they share with it, drops the rest, reads what is new.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use super::IndexError;
use super::fill::{self, Filled, Filler, MOST_COMMITS};
use super::{schema, undid};
use crate::io::git::limits;
use crate::io::git::repository::LocalRepository;
use crate::io::git::shallow::Boundary;
use crate::io::git::store::{StoreError, cooked, raw};
use crate::io::git::stream::Stream;
use crate::model::Oid;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

/// Commits of the first-parent chain that are walked in search of one that is known. Reading all is faster than walking more.
const WALK: usize = 5_000;
/// Bytes of git's own record of where a ref was that are read, from its end.
const REFLOG: u64 = 1 << 20;
/// Looks at the target that are kept, and that are read from git's own record of it.
const LOOKS: usize = 5_000;
/// A look at a target that stands still is written down once in so many seconds.
const LOOK_AGAIN: i64 = 60;

/// What the index is brought up to.
#[derive(Debug)]
pub struct Request<'a> {
    /// The repository.
    pub repository: &'a LocalRepository,
    /// The target's tip.
    pub tip: Oid,
    /// The time.
    pub now: Timestamp,
    /// Whether the target was asked for its tip just now, or the tip is what an earlier fetch had found.
    pub asked: bool,
    /// How long another process that is at it is waited for.
    pub patience: Duration,
}

/// What the tables know.
struct Known {
    tip: Option<Oid>,
    shallow: String,
}

/// A commit of the first-parent chain that tables and target share.
struct Shared {
    oid: Oid,
    place: u64,
}

/// Brings the file up to a tip.
pub fn update(file: &Path, request: &Request<'_>, progress: &dyn Fn(usize)) -> Result<(), IndexError> {
    let mut db = schema::open_to_write(file)?;
    let shallow = Boundary::of(&request.repository.git_dir)?;
    let known = known(&db)?;
    let same_history = known.shallow == shallow.digest;
    if same_history && known.tip == Some(request.tip) && looked_recently(&db, request)? {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !same_history || known.tip != Some(request.tip) {
        let shared = if same_history { shared(&tx, request)? } else { None };
        match &shared {
            Some(shared) => drop_after(&tx, shared.place)?,
            None => drop_all(&tx)?,
        }
        let first = undid::next(&tx)?;
        let filled = read(&tx, request, shared.as_ref(), &shallow, progress)?;
        fill::fill_landings(&tx, &filled, request.tip, shared.as_ref().map_or(0, |shared| shared.place))?;
        undid::resolve(&tx, first)?;
        remember(&tx, request.tip, &shallow.digest, &filled, shared.is_none())?;
        reflog(&tx, request.repository)?;
    }
    look(&tx, request)?;
    tx.commit()?;
    Ok(())
}

fn known(db: &Connection) -> Result<Known, IndexError> {
    let tip: Option<[u8; 20]> = meta(db, "tip")?;
    let shallow: Option<String> = meta(db, "shallow")?;
    Ok(Known { tip: tip.map(Oid::from_bytes), shallow: shallow.unwrap_or_default() })
}

pub(super) fn meta<T: rusqlite::types::FromSql>(db: &Connection, name: &str) -> Result<Option<T>, IndexError> {
    Ok(db.query_row("SELECT value FROM meta WHERE name = ?", [name], |row| row.get(0)).optional()?)
}

/// The newest commit of the target's first-parent chain that the tables have on theirs.
fn shared(db: &Connection, request: &Request<'_>) -> Result<Option<Shared>, IndexError> {
    let count: usize = db.query_row("SELECT count(*) FROM past", [], |row| row.get(0))?;
    if count == 0 || count > MOST_COMMITS + MOST_COMMITS / 4 {
        return Ok(None);
    }
    let mut find =
        db.prepare("SELECT place FROM past JOIN landing USING(id) WHERE oid = ? AND mainline AND place > 0")?;
    let repo = limits::open(&request.repository.git_dir).map_err(StoreError::from)?;
    let mut next = Some(request.tip);
    for _ in 0..WALK {
        let Some(oid) = next else { return Ok(None) };
        if let Some(place) = find.query_row([oid.as_bytes()], |row| row.get(0)).optional()? {
            return Ok(Some(Shared { oid, place }));
        }
        let commit = repo.find_commit(raw(oid)).map_err(StoreError::from)?;
        next = commit.parent_id(0).ok().map(cooked);
    }
    Ok(None)
}

/// What a commit of the first-parent chain reaches is exactly what has its place or a lower one.
fn drop_after(db: &Connection, place: u64) -> Result<(), IndexError> {
    for (table, id) in [("touch", "past"), ("telling", "past"), ("named", "past"), ("past", "id")] {
        let drop = format!("DELETE FROM {table} WHERE {id} IN (SELECT id FROM landing WHERE place > ?)");
        db.execute(&drop, [place])?;
    }
    db.execute("DELETE FROM landing WHERE place > ?", [place])?;
    Ok(())
}

fn drop_all(db: &Connection) -> Result<(), IndexError> {
    db.execute_batch("DELETE FROM touch; DELETE FROM telling; DELETE FROM named; DELETE FROM past; DELETE FROM landing; DELETE FROM path; \
         DELETE FROM meta;")?;
    Ok(())
}

fn read(
    db: &Connection,
    request: &Request<'_>,
    shared: Option<&Shared>,
    shallow: &Boundary,
    progress: &dyn Fn(usize),
) -> Result<Filled, IndexError> {
    let (tip, most) = (request.tip.to_string(), format!("-n{}", MOST_COMMITS + 1));
    let but = shared.map(|shared| format!("^{}", shared.oid));
    let mut args = vec!["log", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-merges=first-parent"];
    args.extend(["--ignore-submodules=none", "--no-relative", "--no-notes", "--no-show-signature", "--no-color"]);
    args.extend(["--no-ext-diff", "--encoding=UTF-8", &most, super::log::FORMAT, &tip]);
    args.extend(but.as_deref());
    args.push("--");
    // Without it git leaves out what the first commit of all added.
    let git = request.repository.git().with("log.showRoot", "true");
    let mut stream = Stream::start(&git, &args, &[])?;
    let filled = Filler::new(db)?.fill(stream.answer(), &shallow.commits, progress);
    match filled {
        Ok(filled) if filled.cut => Ok(filled),
        // What git has to say explains why its output breaks off.
        filled => stream.end().map_err(IndexError::from).and(filled),
    }
}

fn remember(db: &Connection, tip: Oid, shallow: &str, filled: &Filled, anew: bool) -> Result<(), IndexError> {
    let mut set = db.prepare("INSERT OR REPLACE INTO meta VALUES(?, ?)")?;
    set.execute(params!["tip", tip.as_bytes()])?;
    set.execute(params!["shallow", shallow])?;
    if anew || filled.cut_off {
        set.execute(params!["cut_off", filled.cut_off])?;
    }
    if anew || filled.cut {
        set.execute(params!["cut", filled.cut])?;
    }
    let lost: i64 = meta(db, "lost")?.unwrap_or(0);
    set.execute(params!["lost", lost + filled.lost as i64])?;
    Ok(())
}

fn looked_recently(db: &Connection, request: &Request<'_>) -> Result<bool, IndexError> {
    let last = "SELECT last FROM seen WHERE oid = ?";
    let last: Option<Option<i64>> = db.query_row(last, [request.tip.as_bytes()], |row| row.get(0)).optional()?;
    Ok(match last.flatten() {
        _ if !request.asked => last.is_some(),
        Some(last) => (0..LOOK_AGAIN).contains(&(request.now.as_second() - last)),
        None => false,
    })
}

/// Writes down that the target's tip is this one now.
fn look(db: &Connection, request: &Request<'_>) -> Result<(), IndexError> {
    let now = request.now.as_second();
    let last = request.asked.then_some(now);
    db.execute(SAW, params![request.tip.as_bytes(), now, last])?;
    db.execute("DELETE FROM seen WHERE oid NOT IN (SELECT oid FROM seen ORDER BY first DESC LIMIT ?)", [LOOKS])?;
    Ok(())
}

/// A tip, the first time that it was known here, and the last that it was asked.
const SAW: &str = "INSERT INTO seen VALUES(?1, ?2, ?3) ON CONFLICT(oid) DO UPDATE SET first = min(first, ?2), \
                   last = CASE WHEN ?3 IS NULL THEN last WHEN last IS NULL THEN ?3 ELSE max(last, ?3) END";

/// git keeps a record of its own of when a ref moved. It is believed where only fetches and pushes write it: for a branch that
/// is committed to, a commit's maker chooses the time in it.
fn reflog(db: &Connection, repository: &LocalRepository) -> Result<(), IndexError> {
    if repository.remote.is_none() && repository.workdir.is_some() {
        return Ok(());
    }
    // Read by hand: libgit2 makes the file where there is none, and from then on git writes to it.
    let path = repository.git_dir.join("logs").join(repository.tracking(&repository.target_branch));
    let mut text = Vec::new();
    let Ok(mut file) = File::open(path) else { return Ok(()) };
    let begin = file.metadata()?.len().saturating_sub(REFLOG);
    file.seek(SeekFrom::Start(begin))?;
    file.take(REFLOG).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let mut saw = db.prepare(SAW)?;
    for (tip, at) in text.lines().rev().filter_map(moved).take(LOOKS) {
        saw.execute(params![tip.as_bytes(), at, at])?;
    }
    Ok(())
}

/// `OLD NEW NAME <ADDRESS> SECONDS ZONE`, a tab, and what was done.
fn moved(line: &str) -> Option<(Oid, i64)> {
    let (head, _) = line.split_once('\t').unwrap_or((line, ""));
    let (_, time) = head.rsplit_once("> ")?;
    Some((head.get(41..81)?.parse().ok()?, time.split(' ').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gits_own_record_of_a_ref_is_read() {
        let (old, new) = ("0".repeat(40), "ab".repeat(20));
        let tip = new.parse().unwrap();
        assert_eq!(moved(&format!("{old} {new} A > B <a@b> 12 +0100\tfetch: x > y")), Some((tip, 12)));
        assert_eq!(moved(&format!("{old} {new} A <a@b> -5 +0000")), Some((tip, -5)));
        for broken in ["", "x", &old, &format!("{old} {new}"), &format!("{old} {new} A <a> x y"), "é> 1"] {
            assert_eq!(moved(broken), None, "{broken}");
        }
    }
}
