//! Reads what `git log --raw -z` prints: commits, and the paths that each changed against its first parent.
//!
//! Everything in it was written by somebody else. Fields end at NUL, which neither a commit nor a path can hold, so no text
//! can pass for another field. What is longer than its bound is cut, and a path that is cut counts as lost.

use std::io::{self, BufRead};

use bstr::ByteSlice as _;

use crate::model::Oid;

/// The fields of a commit, in order. `%B` is read whole, for a subject of several lines is one to git too.
pub const FORMAT: &str = "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%B%x00";

/// Bytes of a message that are kept; the rest of a longer one is read over.
const MESSAGE: usize = 64 << 10;
/// Bytes of a name or an address that are kept.
const NAME: usize = 1 << 10;
/// Bytes of a path that are kept; Linux takes 4,096.
const PATH: usize = 16 << 10;
/// Parents that are kept: an octopus of more is nobody's.
const PARENTS: usize = 64;

/// A commit as the log has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub oid: Option<Oid>,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Who wrote it.
    pub name: Vec<u8>,
    /// Their address.
    pub email: Vec<u8>,
    /// When it was written, in seconds; `None` where that cannot be read.
    pub authored: Option<i64>,
    /// When it was made, in seconds; `None` where that cannot be read.
    pub committed: Option<i64>,
    /// Its message, cut at a bound.
    pub message: Vec<u8>,
}

/// A path that a commit changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// The mode before, 0 where the path was not there.
    pub old_mode: u32,
    /// The mode after, 0 where the path is gone.
    pub new_mode: u32,
    /// The blob before.
    pub old: Option<Oid>,
    /// The blob after.
    pub new: Option<Oid>,
    /// The path.
    pub path: Vec<u8>,
    /// Whether the path was too long and is cut.
    pub cut: bool,
}

/// What comes next in a log.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// A commit, in [`LogReader::commit`].
    Commit,
    /// A path of the commit before, in [`LogReader::touch`].
    Touch,
    /// The log is at its end.
    End,
}

/// Reads a log, item by item, into buffers that it uses again.
#[derive(Debug)]
pub struct LogReader<R> {
    from: R,
    field: Vec<u8>,
    /// The last commit.
    pub commit: Commit,
    /// The last path.
    pub touch: Touch,
}

impl<R: BufRead> LogReader<R> {
    /// Reads from the output of `git log -z --raw --no-abbrev` with [`FORMAT`].
    pub fn new(from: R) -> Self {
        Self { from, field: Vec::new(), commit: Commit::default(), touch: Touch::default() }
    }

    /// Reads the next item.
    pub fn next(&mut self) -> io::Result<Item> {
        loop {
            match self.from.fill_buf()?.first() {
                None => return Ok(Item::End),
                // Between a message and its paths, and after a commit.
                Some(b'\n' | 0) => self.from.consume(1),
                Some(b':') => return self.read_touch().map(|()| Item::Touch),
                Some(_) => return self.read_commit().map(|()| Item::Commit),
            }
        }
    }

    fn read_commit(&mut self) -> io::Result<()> {
        self.read_field(40)?;
        self.commit.oid = Some(oid(&self.field)?);
        self.read_field(PARENTS * 41)?;
        self.commit.parents.clear();
        for parent in self.field.split_str(b" ").filter(|parent| parent.len() == 40) {
            self.commit.parents.push(oid(parent)?);
        }
        read_until_nul(&mut self.from, &mut self.commit.name, NAME)?;
        read_until_nul(&mut self.from, &mut self.commit.email, NAME)?;
        self.read_field(32)?;
        self.commit.authored = seconds(&self.field);
        self.read_field(32)?;
        self.commit.committed = seconds(&self.field);
        read_until_nul(&mut self.from, &mut self.commit.message, MESSAGE)?;
        Ok(())
    }

    /// `:MODE MODE ID ID STATUS`, then the path.
    fn read_touch(&mut self) -> io::Result<()> {
        self.read_field(128)?;
        let mut parts = self.field[1..].split(|byte| *byte == b' ');
        let mut part = || parts.next().ok_or_else(|| broken("a line of a changed path"));
        let (old_mode, new_mode) = (mode(part()?)?, mode(part()?)?);
        let (old, new) = (oid(part()?)?, oid(part()?)?);
        let there = |mode: u32, oid: Oid| (mode != 0).then_some(oid);
        (self.touch.old_mode, self.touch.new_mode) = (old_mode, new_mode);
        (self.touch.old, self.touch.new) = (there(old_mode, old), there(new_mode, new));
        self.touch.cut = read_until_nul(&mut self.from, &mut self.touch.path, PATH)?;
        Ok(())
    }

    fn read_field(&mut self, most: usize) -> io::Result<()> {
        read_until_nul(&mut self.from, &mut self.field, most).map(drop)
    }
}

/// Reads up to a NUL, which is left out; keeps at most `most` bytes and says whether there were more.
fn read_until_nul<R: BufRead>(from: &mut R, into: &mut Vec<u8>, most: usize) -> io::Result<bool> {
    into.clear();
    let mut cut = false;
    loop {
        let buffer = from.fill_buf()?;
        if buffer.is_empty() {
            return Err(broken("the end of a field"));
        }
        let end = buffer.find_byte(0);
        let piece = &buffer[..end.unwrap_or(buffer.len())];
        let kept = piece.len().min(most - into.len());
        into.extend_from_slice(&piece[..kept]);
        cut |= kept < piece.len();
        let used = piece.len() + usize::from(end.is_some());
        from.consume(used);
        if end.is_some() {
            return Ok(cut);
        }
    }
}

fn oid(text: &[u8]) -> io::Result<Oid> {
    let text = std::str::from_utf8(text).map_err(|_| broken("an object id"))?;
    text.parse().map_err(|_| broken("an object id"))
}

fn mode(text: &[u8]) -> io::Result<u32> {
    let text = std::str::from_utf8(text).map_err(|_| broken("a mode"))?;
    u32::from_str_radix(text, 8).map_err(|_| broken("a mode"))
}

/// Dates are written by whoever likes to: far ahead, negative, or not at all.
fn seconds(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("git printed something else where {what} was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef01234567";
    const B: &str = "89abcdef0123456789abcdef0123456789abcdef";
    const NONE: &str = "0000000000000000000000000000000000000000";

    fn items(text: &[u8]) -> io::Result<Vec<String>> {
        let mut reader = LogReader::new(text);
        let mut items = Vec::new();
        loop {
            items.push(match reader.next()? {
                Item::End => return Ok(items),
                Item::Commit => format!(
                    "{} {} {:?} {:?} {}",
                    reader.commit.oid.unwrap().short(4),
                    reader.commit.parents.len(),
                    reader.commit.authored,
                    reader.commit.committed,
                    reader.commit.message.as_bstr()
                ),
                Item::Touch => {
                    let Touch { old, new, path, cut, .. } = &reader.touch;
                    format!("{} {} {} {cut}", old.is_some(), new.is_some(), path.as_bstr())
                }
            });
        }
    }

    #[test]
    fn commits_and_paths_are_told_apart_by_nul_alone() {
        let log = format!(
            "{A}\0{B} {B}\0n\0e\01\0-2\0a\n\n:100644 not a path\n\0\0\n:000000 100644 {NONE} {A} A\0:odd\nname\0\
             :100644 000000 {A} {NONE} D\0b\0\0{B}\0\0\0\0\099999999999999999999\0no\0\0\0"
        );
        assert_eq!(
            items(log.as_bytes()).unwrap(),
            [
                "0123 2 Some(1) Some(-2) a\n\n:100644 not a path\n",
                "false true :odd\nname false",
                "true false b false",
                "89ab 0 None None no",
            ]
        );
    }

    #[test]
    fn long_fields_are_cut_and_read_over() {
        let (long, path) = ("x".repeat(10 << 20), "p".repeat(PATH + 1));
        let log = format!(
            "{A}\0\0{long}\0{long}\01\01\0{long}\0\0\n:100644 100644 {A} {B} M\0{path}\0\0{B}\0\0\0\01\01\0m\0"
        );
        let found = items(log.as_bytes()).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].len(), "0123 0 Some(1) Some(1) ".len() + MESSAGE);
        assert!(found[1].ends_with("ppp true") && found[2].starts_with("89ab"));
    }

    #[test]
    fn what_breaks_off_is_an_error() {
        let log = format!("{A}\0\0n\0e\01\01\0m\0\0\n:100644 100644 {A} {B} M\0path\0");
        for end in 1..log.len() {
            let whole =
                [log.len() - 1, log.find(":1").unwrap(), log.find(":1").unwrap() - 1, log.find(":1").unwrap() - 2];
            let read = items(&log.as_bytes()[..end]);
            assert!(read.is_err() || whole.contains(&end), "{end}: {read:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = items(&bytes);
        }
    }
}
