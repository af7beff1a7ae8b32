//! Lines compared with lines: the histogram algorithm, counted as git counts.

use std::ops::Range;

use bstr::ByteSlice as _;
use imara_diff::sources::byte_lines;
use imara_diff::{IndentLevel, Interner, Token};

use super::budget::Budget;
use super::content::{Content, is_binary};
use super::histogram::{self, Flags};
use super::slide::slide;
use crate::model::LineStats;

/// Columns between tab stops where indentation is measured, as git measures it.
const TAB: u8 = 8;

/// Texts of more lines, both together, than a document shows are compared by their ends alone: a line takes some forty bytes
/// while it is compared.
const MAX_LINES: usize = 2 * (Content::MAX_LINES + 1);

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
        if old == new {
            return Self::default();
        }
        if old.is_empty() || new.is_empty() || line_count(old) + line_count(new) > MAX_LINES {
            return Self::of_ends(old, new);
        }
        let mut interner: Interner<&[u8]> = Interner::new(0);
        let old: Vec<Token> = byte_lines(old).map(|line| interner.intern(line)).collect();
        let new: Vec<Token> = byte_lines(new).map(|line| interner.intern(line)).collect();
        let mut budget = Budget::for_lines(old.len() + new.len());
        let tokens = interner.num_tokens();
        let mut flags = histogram::compare(&old, &new, tokens, &mut budget);
        let coarse = budget.is_spent();
        let level = |token| IndentLevel::for_ascii_line(interner[Token(token)].iter().copied(), TAB);
        let levels: Vec<IndentLevel> = (0..tokens).map(level).collect();
        let indent = |token: Token| levels[token.0 as usize];
        slide(&old, &mut flags.removed, &flags.added, indent, &mut budget);
        slide(&new, &mut flags.added, &flags.removed, indent, &mut budget);
        Self { changes: runs(&flags), coarse }
    }

    /// One change between what is common at the start and at the end; nothing is kept in memory for a line.
    fn of_ends(old: &[u8], new: &[u8]) -> Self {
        let prefix = byte_lines(old).zip(byte_lines(new)).take_while(|(a, b)| a == b).count();
        let ends = |text| <[u8]>::rsplit(text, |byte| *byte == b'\n');
        let (old_lines, new_lines) = (line_count(old), line_count(new));
        let rest = old_lines.min(new_lines) - prefix;
        // An open end, or the nothing behind a closed one, is the first piece from behind.
        let suffix = ends(old).zip(ends(new)).take_while(|(a, b)| a == b).count();
        let suffix = if old.ends_with(b"\n") && new.ends_with(b"\n") { suffix.saturating_sub(1) } else { suffix };
        let suffix = suffix.min(rest);
        let change =
            Change { old: prefix as u32..(old_lines - suffix) as u32, new: prefix as u32..(new_lines - suffix) as u32 };
        Self {
            coarse: !change.old.is_empty() && !change.new.is_empty() && !old.is_empty() && !new.is_empty(),
            changes: vec![change],
        }
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

/// How many lines a text has; the last may lack its newline.
fn line_count(text: &[u8]) -> usize {
    text.find_iter(b"\n").count() + usize::from(!text.is_empty() && !text.ends_with(b"\n"))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The lines of both sides as a patch without context would have them: ` a`, `-b`, `+c`.
    fn patch(old: &str, new: &str) -> String {
        let (old_lines, new_lines): (Vec<_>, Vec<_>) =
            (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
        let mut out = Vec::new();
        let mut at = 0;
        let mut put = |sign: char, line: &str| out.push(format!("{sign}{}", line.trim_end()));
        for Change { old, new } in LineDiff::compute(old.as_bytes(), new.as_bytes()).changes {
            old_lines[at..old.start as usize].iter().for_each(|line| put(' ', line));
            old.clone().for_each(|line| put('-', old_lines[line as usize]));
            new.clone().for_each(|line| put('+', new_lines[line as usize]));
            at = old.end as usize;
        }
        old_lines[at..].iter().for_each(|line| put(' ', line));
        out.join(" ")
    }

    #[test]
    fn small_texts() {
        for (old, new, expected) in [
            ("", "", ""),
            ("a\n", "a\n", " a"),
            ("", "a\n", "+a"),
            ("a\n", "", "-a"),
            ("a\nb\nc\n", "a\nx\nc\n", " a -b +x  c"),
            // A missing newline makes another line of it.
            ("a\nb", "a\nb\n", " a -b +b"),
            ("a\r\nb\n", "a\nb\n", "-a +a  b"),
            // Runs that can slide stand at the end of what they repeat.
            ("a\nb\n", "a\nb\na\nb\n", " a  b +a +b"),
            // The rarest common line splits, not the longest run of frequent ones.
            ("x\nx\nu\nx\n", "u\nx\nx\nx\n", "-x -x  u  x +x +x"),
        ] {
            assert_eq!(patch(old, new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn indentation_places_what_can_slide() {
        let old = "a:\n  x: 1\nb:\n  x: 1\n";
        let new = "a:\n  x: 1\nc:\n  x: 1\nb:\n  x: 1\n";
        assert_eq!(patch(old, new), " a:    x: 1 +c: +  x: 1  b:    x: 1");
    }

    #[test]
    fn frequent_lines_are_left_to_myers() {
        let old = "a\nb\n".repeat(100);
        let new = format!("{}c\n{}", "a\nb\n".repeat(50), "a\nb\n".repeat(50));
        assert_eq!(line_stats(old.as_bytes(), new.as_bytes()), LineStats { additions: 1, deletions: 0, binary: false });
    }

    #[test]
    fn binary_is_not_counted() {
        assert_eq!(line_stats(b"a\0", b"b"), LineStats { additions: 0, deletions: 0, binary: true });
    }

    #[test]
    fn repetition_without_end_is_compared_coarsely() {
        let noise = |mut seed: u64| {
            let mut text = Vec::new();
            for _ in 0..60_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.extend_from_slice(if seed >> 63 == 0 { b"a\n" } else { b"b\n" });
            }
            text
        };
        let diff = LineDiff::compute(&noise(1), &noise(2));
        assert!(diff.coarse);
        assert_agrees(&noise(1), &noise(2));
    }

    /// What is not in the changes is equal, in order; changes are in order and apart.
    fn assert_agrees(old: &[u8], new: &[u8]) {
        let lines = |text: &[u8]| text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (old, new) = (lines(old), lines(new));
        let diff = LineDiff::compute(&old.concat(), &new.concat());
        let (mut a, mut b) = (0, 0);
        for (index, change) in diff.changes.iter().enumerate() {
            assert!(!change.old.is_empty() || !change.new.is_empty());
            let (start, end) = (change.old.start as usize, change.new.start as usize);
            assert!(index == 0 || start > a);
            assert_eq!(old[a..start], new[b..end]);
            (a, b) = (change.old.end as usize, change.new.end as usize);
        }
        assert_eq!(old[a..], new[b..]);
    }

    /// Texts of few different lines, long enough for every branch of both algorithms.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            6 => (0u8..3).prop_map(|n| format!("{n}\n").into_bytes()),
            2 => (0u8..200).prop_map(|n| format!("  {n}\n").into_bytes()),
            1 => Just(b"\n".to_vec()),
            1 => Just(b"\xff\r\n".to_vec()),
        ];
        (proptest::collection::vec(line, 0..400), any::<bool>()).prop_map(|(lines, open)| {
            let mut text = lines.concat();
            if open {
                text.pop();
            }
            text
        })
    }

    #[test]
    fn too_many_lines_are_compared_by_their_ends() {
        for (old, new, change) in [
            ("a\nb\nc\n", "a\nx\nc\n", (1..2, 1..2)),
            ("a\nb\n", "a\nc\nb\n", (1..1, 1..2)),
            ("a\nb", "a\nb\n", (1..2, 1..2)),
            ("a\nb", "c\nb", (0..1, 0..1)),
            ("a\na\n", "a\na\na\n", (2..2, 2..3)),
            ("\n\n\n", "\n", (1..3, 1..1)),
            ("a\n\nb\n", "\nb\n", (0..1, 0..0)),
            ("", "a\nb", (0..0, 0..2)),
            ("a", "", (0..1, 0..0)),
            ("ab", "b", (0..1, 0..1)),
        ] {
            let Change { old: removed, new: added } =
                LineDiff::of_ends(old.as_bytes(), new.as_bytes()).changes.remove(0);
            assert_eq!((removed, added), change, "{old:?} {new:?}");
        }
        let many = b"\n".repeat(MAX_LINES);
        let diff = LineDiff::compute(&many, &[&many[..], b"x\n"].concat());
        assert_eq!((diff.stats().additions, diff.stats().deletions, diff.coarse), (1, 0, false));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn changes_turn_old_into_new(old in text(), new in text()) {
            assert_agrees(&old, &new);
        }

        #[test]
        fn ends_agree_with_their_texts(old in text(), new in text()) {
            prop_assume!(old != new);
            let lines = |text: &[u8]| text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
            let (a, b) = (lines(&old), lines(&new));
            let Change { old, new } = LineDiff::of_ends(&old, &new).changes.remove(0);
            prop_assert_eq!(&a[..old.start as usize], &b[..new.start as usize]);
            prop_assert_eq!(&a[old.end as usize..], &b[new.end as usize..]);
        }

        #[test]
        fn equal_texts_do_not_differ(text in text()) {
            prop_assert_eq!(LineDiff::compute(&text, &text), LineDiff::default());
        }
    }
}
