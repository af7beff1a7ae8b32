//! The change id: what an approval binds to besides the head.

use sha2::{Digest as _, Sha256};

use crate::model::{ChangeId, FileChange, Mode, Oid, Side};

/// The mode that git's raw format prints for a side that is not there.
const NO_MODE: &str = "000000";

/// The identity of a change: SHA-256 over exactly the bytes that `git --no-replace-objects diff-tree -r -z --no-renames
/// --ignore-submodules=none OLD NEW` prints for the two trees.
///
/// `changes` may come in any order: they are hashed in the byte order of their paths, as git prints them. A change without
/// either side is nothing that git could print, and is passed over.
#[must_use]
pub fn change_id(changes: &[FileChange]) -> ChangeId {
    let mut hasher = Sha256::new();
    let mut sorted: Vec<&FileChange> = changes.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    for change in sorted {
        hash_record(&mut hasher, change);
    }
    ChangeId::from_bytes(hasher.finalize().into())
}

/// Hashes one record: `:OLDMODE NEWMODE OLDOID NEWOID STATUS\0PATH\0`.
fn hash_record(hasher: &mut Sha256, change: &FileChange) {
    let Some(status) = status(change) else { return };
    let mode = |side: Option<Side>| side.map_or(NO_MODE, |side| side.mode.octal());
    let oid = |side: Option<Side>| side.map_or(Oid::ZERO, |side| side.oid);
    let (old, new) = (change.old, change.new);
    hasher.update(format!(":{} {} {} {} {status}\0", mode(old), mode(new), oid(old), oid(new)));
    hasher.update(change.path.as_slice());
    hasher.update([0]);
}

/// git's letter for what happened to a path; `T` where the kind of the entry changed, which a chmod is not.
const fn status(change: &FileChange) -> Option<char> {
    match (change.old, change.new) {
        (None, None) => None,
        (None, Some(_)) => Some('A'),
        (Some(_), None) => Some('D'),
        (Some(old), Some(new)) if kind(old.mode) == kind(new.mode) => Some('M'),
        (Some(_), Some(_)) => Some('T'),
    }
}

/// The kind of a tree entry without its permissions.
const fn kind(mode: Mode) -> u8 {
    match mode {
        Mode::File | Mode::Executable => 0,
        Mode::Symlink => 1,
        Mode::Submodule => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(byte: u8) -> Oid {
        Oid::from_bytes([byte; 20])
    }

    fn side(mode: Mode, byte: u8) -> Side {
        Side { mode, oid: oid(byte) }
    }

    fn change(path: &str, old: impl Into<Option<Side>>, new: impl Into<Option<Side>>) -> FileChange {
        FileChange { path: path.into(), old: old.into(), new: new.into() }
    }

    #[test]
    fn hashes_the_raw_records() {
        let changes = [
            change("a b\n", None, side(Mode::File, 1)),
            change("bin/run", side(Mode::File, 1), side(Mode::Executable, 1)),
            change("gone", side(Mode::Symlink, 3), None),
            change("sub", side(Mode::Submodule, 4), side(Mode::File, 5)),
        ];
        let mut raw = Vec::new();
        for (head, path) in [
            (format!(":000000 100644 {} {} A", oid(0), oid(1)), "a b\n"),
            (format!(":100644 100755 {} {} M", oid(1), oid(1)), "bin/run"),
            (format!(":120000 000000 {} {} D", oid(3), oid(0)), "gone"),
            (format!(":160000 100644 {} {} T", oid(4), oid(5)), "sub"),
        ] {
            raw.extend_from_slice(format!("{head}\0{path}\0").as_bytes());
        }
        assert_eq!(change_id(&changes).as_bytes(), Sha256::digest(&raw).as_slice());
    }

    #[test]
    fn order_does_not_matter() {
        let (a, b) = (change("a", None, side(Mode::File, 1)), change("a.b", None, side(Mode::File, 2)));
        assert_eq!(change_id(&[a.clone(), b.clone()]), change_id(&[b, a]));
    }

    #[test]
    fn path_mode_and_blob_all_count() {
        let base = change("a", side(Mode::File, 1), side(Mode::File, 2));
        let others = [
            change("b", side(Mode::File, 1), side(Mode::File, 2)),
            change("a", side(Mode::Executable, 1), side(Mode::File, 2)),
            change("a", side(Mode::File, 1), side(Mode::File, 3)),
            change("a", None, side(Mode::File, 2)),
        ];
        for other in others {
            assert_ne!(change_id(std::slice::from_ref(&base)), change_id(&[other]));
        }
    }

    #[test]
    fn nothing_is_the_digest_of_nothing() {
        assert_eq!(change_id(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
