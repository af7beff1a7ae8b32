//! What an edit does to lines, wherever they stand: equal for a change alone and for the same change merged on top of
//! another one in the same file.

use sha2::{Digest as _, Sha256};

use super::line_diff::LineDiff;
use super::lines::Lines;
use crate::model::{FileChange, Side};

/// Digests of the edits of several files, in order: for each hunk its path, the modes, and the lines that it removes and adds.
/// Equal edits say that a person who saw one change saw the lines of the other; they are no identity of a change, since equal
/// lines may stand in other places.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Edits {
    hunks: Vec<[u8; 32]>,
}

impl Edits {
    /// Adds a file: the change and the bytes of both sides, empty where a side is not there.
    pub fn add(&mut self, change: &FileChange, old: &[u8], new: &[u8]) {
        let mut start = Sha256::new();
        field(&mut start, &change.path);
        for side in [change.old, change.new] {
            field(&mut start, side.map_or("-", |side: Side| side.mode.octal()).as_bytes());
        }
        if super::content::is_binary(old) || super::content::is_binary(new) {
            return self.close(start, [&b"bytes"[..], old, new].into_iter());
        }
        // The file itself: it may change its mode, come or go without a line.
        self.close(start.clone(), std::iter::empty());
        let (before, after) = (Lines::new(old.into()), Lines::new(new.into()));
        for edit in LineDiff::compute(old, new).changes {
            // How many are removed says where those that are added begin, whatever they are.
            let count = (edit.old.len() as u64).to_be_bytes();
            let removed = edit.old.map(|line| &old[before.range(line)]);
            let added = edit.new.map(|line| &new[after.range(line)]);
            self.close(start.clone(), [&b"lines"[..], &count].into_iter().chain(removed).chain(added));
        }
    }

    /// Whether these are some of `whole`, in its order, and not all of them.
    #[must_use]
    pub fn are_part_of(&self, whole: &Self) -> bool {
        let mut rest = whole.hunks.iter();
        self.hunks.len() < whole.hunks.len() && self.hunks.iter().all(|hunk| rest.any(|other| other == hunk))
    }

    fn close<'a>(&mut self, mut hunk: Sha256, fields: impl Iterator<Item = &'a [u8]>) {
        fields.for_each(|bytes| field(&mut hunk, bytes));
        self.hunks.push(hunk.finalize().into());
    }
}

/// Every field carries its length, so that no two sequences of fields read the same.
fn field(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mode, Oid};

    fn edits(old: &str, new: &str) -> Edits {
        let side = |byte: u8| Some(Side { mode: Mode::File, oid: Oid::from_bytes([byte; 20]) });
        let mut edits = Edits::default();
        edits.add(&FileChange { path: "a.yaml".into(), old: side(1), new: side(2) }, old.as_bytes(), new.as_bytes());
        edits
    }

    #[test]
    fn an_edit_elsewhere_in_the_file_does_not_matter() {
        assert_eq!(edits("a\nb\nc\nd\n", "a\nB\nc\nd\n"), edits("x\na\nb\nc\nd\ny\n", "x\na\nB\nc\nd\ny\n"));
    }

    #[test]
    fn the_lines_and_their_order_matter() {
        assert_ne!(edits("a\nb\n", "a\nB\n"), edits("a\nb\n", "a\n B\n"));
        assert_ne!(edits("a\nb\nc\n", "A\nb\nC\n"), edits("a\nb\nc\n", "C\nb\nA\n"));
        assert_ne!(edits(">", ""), edits("", ">"), "what is removed is never what is added");
    }

    #[test]
    fn some_of_the_hunks_are_a_part() {
        let whole = edits("a\nb\nc\nd\n", "A\nb\nC\nd\n");
        for part in [edits("A\nb\nc\nd\n", "A\nb\nC\nd\n"), edits("a\nb\nC\nd\n", "A\nb\nC\nd\n")] {
            assert!(part.are_part_of(&whole) && !whole.are_part_of(&part) && !part.are_part_of(&part));
        }
        assert!(!edits("a\nb\nc\nd\n", "a\nb\nX\nd\n").are_part_of(&whole));
    }
}
