//! Lines compared with lines: the histogram algorithm, counted as git counts.

use std::ops::Range;

use imara_diff::{Interner, Token};

use super::content::is_binary;
use crate::model::LineStats;

/// A run of lines that differ: `old` gives way to `new`. One of them may be empty, not both.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// Lines of the old side, from 0.
    pub old: Range<u32>,
    /// Lines of the new side, from 0.
    pub new: Range<u32>,
}

/// The differences between two texts, in order; between two of them lies at least one equal line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineDiff {
    /// The differing runs.
    pub changes: Vec<Change>,
    /// The texts were too repetitive to be compared within bounds, so that more lines than necessary are shown as changed.
    pub coarse: bool,
}

impl LineDiff {
    /// Compares two texts line by line.
    #[must_use]
    pub fn compute(old: &[u8], new: &[u8]) -> Self {
        let mut interner: Interner<&[u8]> = Interner::new(64);
        let a: Vec<Token> = imara_diff::sources::byte_lines(old).map(|l| interner.intern(l)).collect();
        let b: Vec<Token> = imara_diff::sources::byte_lines(new).map(|l| interner.intern(l)).collect();
        let (mut x, mut y) = (vec![false; a.len()], vec![false; b.len()]);
        super::histogram::mark(&a, &b, interner.num_tokens(), (&mut x, &mut y), 0);
        let mut changes = vec![];
        let (mut i, mut j) = (0, 0);
        while i < x.len() || j < y.len() {
            let (si, sj) = (i, j);
            while i < x.len() && x[i] {
                i += 1;
            }
            while j < y.len() && y[j] {
                j += 1;
            }
            if si != i || sj != j {
                changes.push(Change { old: si as u32..i as u32, new: sj as u32..j as u32 });
            }
            i += 1;
            j += 1;
        }
        Self { changes, coarse: false }
    }

    /// The lines counted.
    #[must_use]
    pub fn stats(&self) -> LineStats {
        LineStats {
            additions: self.changes.iter().map(|change| change.new.len() as u32).sum(),
            deletions: self.changes.iter().map(|change| change.old.len() as u32).sum(),
            binary: false,
        }
    }
}

/// Lines added and deleted between two blobs, as `git diff --no-renames --histogram --numstat` counts them; nothing is
/// counted where either is binary.
#[must_use]
pub fn line_stats(old: &[u8], new: &[u8]) -> LineStats {
    if is_binary(old) || is_binary(new) {
        return LineStats { additions: 0, deletions: 0, binary: true };
    }
    LineDiff::compute(old, new).stats()
}
