//! Lines compared with lines: the histogram algorithm, counted as git counts.

use std::ops::Range;

use imara_diff::sources::byte_lines;
use imara_diff::{IndentLevel, Interner, Token};

use super::budget::Budget;
use super::content::is_binary;
use super::histogram::{self, Flags};
use super::slide::slide;
use crate::model::LineStats;

/// Columns between tab stops where indentation is measured, as git measures it.
const TAB: u8 = 8;

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
        let mut interner: Interner<&[u8]> = Interner::new(0);
        let old: Vec<Token> = byte_lines(old).map(|line| interner.intern(line)).collect();
        let new: Vec<Token> = byte_lines(new).map(|line| interner.intern(line)).collect();
        let mut budget = Budget::for_lines(old.len() + new.len());
        let mut flags = histogram::compare(&old, &new, interner.num_tokens(), &mut budget);
        let coarse = budget.is_spent();
        let indent = |token| IndentLevel::for_ascii_line(interner[token].iter().copied(), TAB);
        slide(&old, &mut flags.removed, &flags.added, indent, &mut budget);
        slide(&new, &mut flags.added, &flags.removed, indent, &mut budget);
        Self { changes: runs(&flags), coarse }
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

/// The differing lines as runs; equal lines advance on both sides together.
fn runs(flags: &Flags) -> Vec<Change> {
    let run = |flags: &[bool], from: usize| flags[from..].iter().take_while(|differs| **differs).count();
    let mut changes = Vec::new();
    let (mut old, mut new) = (0, 0);
    while old < flags.removed.len() || new < flags.added.len() {
        let (removed, added) = (run(&flags.removed, old), run(&flags.added, new));
        if removed + added > 0 {
            let change = (old as u32..(old + removed) as u32, new as u32..(new + added) as u32);
            changes.push(Change { old: change.0, new: change.1 });
        }
        old += removed + 1;
        new += added + 1;
    }
    changes
}
