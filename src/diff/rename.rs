//! Deleted and added files that are one file that moved: for display only.

use super::{Content, FileInput};

/// Finds deleted files that live on as added ones: pairs of indexes (deleted, added) and how much they are alike, in per
/// cent.
#[must_use]
pub fn pair_renames(inputs: &[FileInput]) -> Vec<(usize, usize, u8)> {
    let mut pairs: Vec<(usize, usize, u8)> = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        let (Content::Absent, Some(new)) = (&input.old, input.change.new) else { continue };
        let gone = |(index, other): &(usize, &FileInput)| {
            other.new == Content::Absent
                && other.change.old.is_some_and(|old| old.oid == new.oid)
                && pairs.iter().all(|pair| pair.0 != *index)
        };
        if let Some((index, _)) = inputs.iter().enumerate().find(gone) {
            pairs.push((index, at, 100));
        }
    }
    pairs
}
