//! What an edit does to lines, wherever they stand: equal for a change alone and for the same change merged on top of
//! another one in the same file.

use sha2::{Digest as _, Sha256};

use super::line_diff::LineDiff;
use super::lines::Lines;
use crate::model::{FileChange, Side};

/// A digest over the edits of several files: for each, its path, its modes and the lines that each hunk removes and adds, in
/// order. It says that a person who saw one change saw the lines of the other; it is no identity of a change, since equal
/// lines may stand in other places.
#[derive(Debug, Default)]
pub struct EditDigest {
    hasher: Sha256,
}

impl EditDigest {
    /// Adds a file: the change and the bytes of both sides, empty where a side is not there.
    pub fn add(&mut self, change: &FileChange, old: &[u8], new: &[u8]) {
        self.field(&change.path);
        for side in [change.old, change.new] {
            self.field(side.map_or("-", |side: Side| side.mode.octal()).as_bytes());
        }
        if super::content::is_binary(old) || super::content::is_binary(new) {
            self.field(old);
            self.field(new);
            return;
        }
        let (before, after) = (Lines::new(old.into()), Lines::new(new.into()));
        for edit in LineDiff::compute(old, new).changes {
            self.field(b"@");
            edit.old.for_each(|line| self.field(&old[before.range(line)]));
            self.field(b">");
            edit.new.for_each(|line| self.field(&new[after.range(line)]));
        }
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.hasher.finalize().into()
    }

    /// Every field carries its length, so that no two sequences of fields read the same.
    fn field(&mut self, bytes: &[u8]) {
        self.hasher.update((bytes.len() as u64).to_be_bytes());
        self.hasher.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mode, Oid};

    fn digest(old: &str, new: &str) -> [u8; 32] {
        let side = |byte: u8| Some(Side { mode: Mode::File, oid: Oid::from_bytes([byte; 20]) });
        let mut digest = EditDigest::default();
        digest.add(&FileChange { path: "a.yaml".into(), old: side(1), new: side(2) }, old.as_bytes(), new.as_bytes());
        digest.finish()
    }

    #[test]
    fn an_edit_elsewhere_in_the_file_does_not_matter() {
        assert_eq!(digest("a\nb\nc\nd\n", "a\nB\nc\nd\n"), digest("x\na\nb\nc\nd\ny\n", "x\na\nB\nc\nd\ny\n"));
    }

    #[test]
    fn the_lines_and_their_order_matter() {
        assert_ne!(digest("a\nb\n", "a\nB\n"), digest("a\nb\n", "a\n B\n"));
        assert_ne!(digest("a\nb\nc\n", "A\nb\nC\n"), digest("a\nb\nc\n", "C\nb\nA\n"));
    }
}
