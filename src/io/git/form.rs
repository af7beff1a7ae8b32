//! Whether what a change brings into a tree can be checked out, and means to every program what it means here.
//!
//! libgit2 reads trees that no git would write: unsorted, with a name twice, with names that git refuses to check out. Only
//! the folders that differ are looked at, so it costs what changed.

use std::collections::{HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice as _};

use crate::diff::checkout;
use crate::model::{FileChange, Mode, Oid, text};

use super::store::{Store, StoreError};

/// Bytes of a path: `git fsck` warns of longer ones (largePathname), and no file system takes them.
const PATH_LIMIT: usize = 4_096;

impl Store {
    /// Refuses a change that brings in a link where git or this program wants none, or a path that git refuses to check out.
    pub(super) fn refuse_unfit(files: &[FileChange]) -> Result<(), StoreError> {
        let brought = |file: &FileChange| file.new.filter(|new| file.old.is_none_or(|old| old.mode != new.mode));
        let refused = |file: &FileChange| {
            let why = brought(file).and_then(|side| checkout::refused(file.path.as_bstr(), side.mode))?;
            Some(unfit(file.path.as_bstr(), why))
        };
        files.iter().find_map(refused).map_or(Ok(()), Err)
    }

    /// Refuses two trees between which something differs that no git would write. To be asked before libgit2 is: it passes
    /// modes on that nobody knows.
    pub(super) fn refuse_folders(&self, old: Oid, new: Oid) -> Result<(), StoreError> {
        let mut open = vec![(old, new, BString::default())];
        while let Some((old, new, path)) = open.pop() {
            if old == new {
                continue;
            }
            if path.len() > PATH_LIMIT {
                return Err(unfit(path.as_bstr(), "its path is longer than git reads"));
            }
            let (before, after) = (self.folder(old)?, self.folder(new)?);
            let malformed = || unfit(path.as_bstr(), "its folder is not in git's form");
            let (was, is) = (listed(&before).ok_or_else(malformed)?, listed(&after).ok_or_else(malformed)?);
            if !in_order(&is) && in_order(&was) {
                return Err(unfit(path.as_bstr(), "its folder lists names twice or out of order"));
            }
            for (old, new) in differing(&was, &is) {
                let name = new.or(old).map(|entry| entry.name).unwrap_or_default();
                let path = below(&path, name);
                if let Some(why) = entry_fault(old, new) {
                    return Err(unfit(path.as_bstr(), why));
                }
                let folder = |entry: Option<&Listed<'_>>| {
                    entry.filter(|entry| entry.is_folder()).map_or(Oid::EMPTY_TREE, |entry| entry.oid)
                };
                open.push((folder(old), folder(new), path));
            }
        }
        Ok(())
    }

    /// The bytes of a tree. git knows the empty one without having it.
    fn folder(&self, tree: Oid) -> Result<Vec<u8>, StoreError> {
        if tree == Oid::EMPTY_TREE { Ok(Vec::new()) } else { self.raw_object(tree) }
    }
}

/// The entries that are not the same in both, as pairs by name.
fn differing<'a, 'b>(
    was: &'a [Listed<'b>],
    is: &'a [Listed<'b>],
) -> Vec<(Option<&'a Listed<'b>>, Option<&'a Listed<'b>>)> {
    let known: HashMap<&[u8], &Listed<'_>> = was.iter().map(|entry| (entry.name, entry)).collect();
    let kept: HashSet<&[u8]> = is.iter().map(|entry| entry.name).collect();
    let gone = was.iter().filter(|entry| !kept.contains(entry.name)).map(|entry| (Some(entry), None));
    let pairs = is.iter().map(|entry| (known.get(entry.name).copied(), Some(entry)));
    pairs.filter(|(old, new)| old.map(Listed::value) != new.map(Listed::value)).chain(gone).collect()
}

/// Why an entry that differs cannot be read, or may not come in.
fn entry_fault(old: Option<&Listed<'_>>, new: Option<&Listed<'_>>) -> Option<&'static str> {
    let odd = |entry: &&Listed<'_>| !entry.is_folder() && Mode::from_bits(entry.mode).is_none();
    let brought = new.filter(|new| old.is_none_or(|old| old.mode != new.mode));
    if old.filter(odd).or_else(|| new.filter(odd)).is_some() || brought.is_some_and(Listed::is_odd_folder) {
        return Some("it has a mode that git does not write");
    }
    brought.filter(|_| old.is_none()).and_then(|entry| checkout::refused_part(entry.name))
}

fn below(folder: &BString, name: &[u8]) -> BString {
    let mut path = folder.clone();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

fn unfit(path: &BStr, why: &str) -> StoreError {
    let path = text::printable_bytes(path);
    let path = if path.is_empty() { "its root".to_owned() } else { path };
    StoreError::Git(format!("it names a file that git refuses to check out: {path}: {why}"))
}

/// One line of a tree object.
struct Listed<'a> {
    name: &'a [u8],
    mode: u32,
    oid: Oid,
}

impl Listed<'_> {
    const fn is_folder(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    const fn is_odd_folder(&self) -> bool {
        self.is_folder() && self.mode != 0o040_000
    }

    const fn value(&self) -> (u32, Oid) {
        (self.mode, self.oid)
    }

    /// The bytes that git sorts by: a folder's name ends with a slash.
    fn key(&self) -> impl Iterator<Item = u8> {
        self.name.iter().copied().chain(self.is_folder().then_some(b'/'))
    }
}

/// Takes a tree object apart: `MODE NAME\0` and twenty bytes, again and again; `None` where it is anything else.
fn listed(tree: &[u8]) -> Option<Vec<Listed<'_>>> {
    let (mut entries, mut rest) = (Vec::new(), tree);
    while !rest.is_empty() {
        let (mode, tail) = rest.split_once_str(b" ")?;
        let (name, tail) = tail.split_once_str(b"\0")?;
        let (oid, tail) = tail.split_at_checked(20)?;
        let mode = u32::from_str_radix(mode.to_str().ok()?, 8).ok()?;
        entries.push(Listed { name, mode, oid: Oid::from_bytes(oid.try_into().ok()?) });
        rest = tail;
    }
    Some(entries)
}

/// Whether entries stand in git's order and none twice, neither with the same kind nor as a file and a folder.
fn in_order(entries: &[Listed<'_>]) -> bool {
    let names: HashSet<&[u8]> = entries.iter().map(|entry| entry.name).collect();
    names.len() == entries.len() && entries.windows(2).all(|two| two[0].key().lt(two[1].key()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(mode: &str, name: &str) -> Vec<u8> {
        [format!("{mode} {name}\0").as_bytes(), &[7; 20]].concat()
    }

    fn order(lines: &[(&str, &str)]) -> bool {
        let tree: Vec<u8> = lines.iter().flat_map(|(mode, name)| line(mode, name)).collect();
        in_order(&listed(&tree).unwrap())
    }

    #[test]
    fn order_is_gits_order() {
        assert!(order(&[("100644", "a"), ("100644", "a.b"), ("40000", "b"), ("100644", "c")]));
        assert!(order(&[("100644", "a.b"), ("40000", "a"), ("100644", "a0")]));
        assert!(!order(&[("40000", "a"), ("100644", "a.b")]));
        assert!(!order(&[("100644", "b"), ("100644", "a")]));
        assert!(!order(&[("100644", "a"), ("100644", "a")]));
        assert!(!order(&[("100644", "a"), ("100644", "a.b"), ("40000", "a")]), "a file and a folder of one name");
    }

    #[test]
    fn what_is_no_tree_is_none() {
        for bytes in [&b"100644"[..], b"100644 a", b"100644 a\0short", &[0; 40]] {
            assert!(listed(bytes).is_none(), "{bytes:?}");
        }
    }
}
