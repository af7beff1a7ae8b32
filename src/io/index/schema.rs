//! The file: where it may lie, who may read it, and its tables.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::IndexError;

/// Raised when the tables change, or when the same history is read in another way. Another one is thrown away.
const FORMAT: i32 = 3;
/// "CSIX": a file of another program is not ours.
const APPLICATION: i32 = 0x4353_4958;
/// Pages of 4 KiB: a file that is larger than 1 GiB is no cache any more.
const MOST_PAGES: u32 = 1 << 18;
/// How long a reader waits for the moment in which a writer replaces pages.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the lock is asked for.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// `past.undid` is the commit that one takes back. `telling` keeps the messages of what went wrong, `named` what incidents commits
/// name. `touch` is ordered by path, since that is how it is asked. `landing` is written when all commits of a log were seen.
/// `seen` keeps the looks at the target: its tip, the first time that it was here, and the last that it was there.
const TABLES: &str = "
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE path(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE);
CREATE TABLE past(
    id INTEGER PRIMARY KEY, oid BLOB NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT NOT NULL, authored INTEGER,
    committed INTEGER, subject TEXT NOT NULL, parents INTEGER NOT NULL, undoing TEXT, undone TEXT,
    undid INTEGER);
CREATE INDEX undoing ON past(id) WHERE undoing IS NOT NULL;
CREATE TABLE telling(past INTEGER PRIMARY KEY, message TEXT NOT NULL);
CREATE TABLE named(name TEXT NOT NULL, past INTEGER NOT NULL, PRIMARY KEY(name, past)) WITHOUT ROWID;
CREATE INDEX named_past ON named(past);
CREATE TABLE landing(id INTEGER PRIMARY KEY, place INTEGER NOT NULL, mainline INTEGER NOT NULL);
CREATE INDEX landing_place ON landing(place);
CREATE TABLE touch(
    path INTEGER NOT NULL, past INTEGER NOT NULL, old_mode INTEGER NOT NULL, new_mode INTEGER NOT NULL, old BLOB,
    new BLOB, PRIMARY KEY(path, past)) WITHOUT ROWID;
CREATE INDEX touch_past ON touch(past);
CREATE TABLE seen(oid BLOB PRIMARY KEY, first INTEGER NOT NULL, last INTEGER) WITHOUT ROWID;
";

/// Opens the file to write, and makes it where there is none. One that cannot be used is an error.
pub fn open_to_write(file: &Path) -> Result<Connection, IndexError> {
    if let Some(folder) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // SQLite gives its journal the mode of the file.
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file)?;
    let db = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // A power cut may cost the file, which can be made again; it must not go unnoticed, so the journal stays on.
    db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;")?;
    db.pragma_update(None, "max_page_count", MOST_PAGES)?;
    if version(&db)? == (0, 0) {
        db.execute_batch(TABLES)?;
        db.pragma_update(None, "application_id", APPLICATION)?;
        db.pragma_update(None, "user_version", FORMAT)?;
    }
    ours(&db)?;
    Ok(db)
}

/// Opens the file to read; `None` where there is none.
pub fn open_to_read(file: &Path) -> Result<Option<Connection>, IndexError> {
    if !file.is_file() {
        return Ok(None);
    }
    // To read after a crash the journal must be played back, so that a reader may have to write.
    let db = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    match version(&db)? {
        (0, 0) => Ok(None),
        _ => ours(&db).map(|()| Some(db)),
    }
}

fn connect(file: &Path, flags: OpenFlags) -> Result<Connection, IndexError> {
    own(file)?;
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    // A link among the folders above is the user's own; one in the place of the file is not followed.
    let folder = file.parent().unwrap_or(file).canonicalize()?;
    let db = Connection::open_with_flags(folder.join(file.file_name().unwrap_or_default()), flags)?;
    db.busy_timeout(PATIENCE)?;
    db.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    Ok(db)
}

/// A file that somebody else could have written is not read.
fn own(file: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(file)?;
    let own = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0;
    if found.is_file() && own { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

fn version(db: &Connection) -> Result<(i32, i32), IndexError> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get(0));
    Ok((number("application_id")?, number("user_version")?))
}

fn ours(db: &Connection) -> Result<(), IndexError> {
    if version(db)? == (APPLICATION, FORMAT) { Ok(()) } else { Err(IndexError::Foreign) }
}

/// Throws the file away, with what a crash left beside it. The file first: a journal without it does nothing.
pub fn remove(file: &Path) -> io::Result<()> {
    let mut journal = file.as_os_str().to_owned();
    journal.push("-journal");
    for path in [file, Path::new(&journal)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Holds all other writers off until it is dropped; `None` where one is at work for longer than we have patience.
pub fn lock(file: &Path, patience: Duration) -> io::Result<Option<File>> {
    if let Some(folder) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let path = file.with_extension("lock");
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let end = Instant::now() + patience;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Some(lock)),
            Err(fs::TryLockError::Error(error)) => return Err(error),
            Err(fs::TryLockError::WouldBlock) if Instant::now() >= end => return Ok(None),
            Err(fs::TryLockError::WouldBlock) => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a file lock is waited for without a limit, or asked again"
                )]
                std::thread::sleep(ASK_AGAIN);
            }
        }
    }
}
