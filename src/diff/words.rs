//! Words that changed inside changed lines.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Interner, Token};

use super::alike::Bag;

/// Longer lines, in bytes, are not cut into words: the differing middle is emphasised as one.
const MAX_WORDS: usize = 1_000;

/// Lines with more combinations of words are not compared by words either: every line of a screen may be one.
const MAX_WORD_PAIRS: usize = 40_000;

/// Longer lines, in bytes, get no emphasis at all.
const MAX_MIDDLE: usize = 1 << 16;

/// A block with more than so many combinations of a removed with an added line is paired line by line: the first frame that
/// shows a block pays for its pairing.
const MAX_COMBINATIONS: usize = 16_384;

/// A block of more bytes than this is paired line by line.
const MAX_BLOCK: usize = 1 << 15;

/// Lines less alike than this, of 1, are not the same line changed.
const MIN_ALIKE: f32 = 0.4;

/// Which removed line of a change became which added line, both counted from the change's first.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// For each removed line.
    added: Box<[Option<u32>]>,
    /// For each added line.
    removed: Box<[Option<u32>]>,
}

impl Pairs {
    /// Pairs lines that are alike, in order.
    pub(super) fn new(removed: &[&[u8]], added: &[&[u8]]) -> Self {
        let mut pairs = Self { added: vec![None; removed.len()].into(), removed: vec![None; added.len()].into() };
        let bags = |lines: &[&[u8]]| lines.iter().map(|line| Bag::of_words(cut(line, MAX_WORDS))).collect::<Vec<_>>();
        let bytes: usize = removed.iter().chain(added).map(|line| line.len().min(MAX_WORDS)).sum();
        let matched = match removed.len().saturating_mul(added.len()) {
            0 => Vec::new(),
            1..=MAX_COMBINATIONS if bytes <= MAX_BLOCK => align(&bags(removed), &bags(added)),
            // Lines that are not alike get no emphasis when it comes to their words.
            _ if removed.len() == added.len() => (0..removed.len()).map(|line| (line, line)).collect(),
            _ => Vec::new(),
        };
        for (old, new) in matched {
            pairs.added[old] = Some(new as u32);
            pairs.removed[new] = Some(old as u32);
        }
        pairs
    }

    /// The added line that a removed line became.
    pub(super) fn added(&self, removed: usize) -> Option<u32> {
        self.added.get(removed).copied().flatten()
    }

    /// The removed line that became an added line.
    pub(super) fn removed(&self, added: usize) -> Option<u32> {
        self.removed.get(added).copied().flatten()
    }
}

/// The pairs, in order on both sides, whose likeness is greatest in sum.
fn align(removed: &[Bag], added: &[Bag]) -> Vec<(usize, usize)> {
    let width = added.len() + 1;
    let mut alike = vec![0.0_f32; removed.len() * added.len()];
    // best[i * width + j]: the sum for the removed lines from i on and the added ones from j on.
    let mut best = vec![0.0_f32; (removed.len() + 1) * width];
    for i in (0..removed.len()).rev() {
        for j in (0..added.len()).rev() {
            let both = removed[i].alike(&added[j]);
            alike[i * added.len() + j] = both;
            let paired = if both >= MIN_ALIKE { both + best[(i + 1) * width + j + 1] } else { 0.0 };
            best[i * width + j] = paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < removed.len() && j < added.len() {
        let (here, below, right) = (best[i * width + j], best[(i + 1) * width + j], best[i * width + j + 1]);
        if here > below && here > right {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if below >= right {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

fn cut(line: &[u8], bytes: usize) -> &[u8] {
    &line[..line.len().min(bytes)]
}

/// The parts that differ, in the old and in the new line.
type Both = (Vec<Range<usize>>, Vec<Range<usize>>);

/// The parts of two lines that differ. Both empty where nearly everything does.
pub(super) fn changed_words(old: &[u8], new: &[u8]) -> Both {
    if old.len().max(new.len()) > MAX_MIDDLE {
        return Both::default();
    }
    let ranges = if old.len().max(new.len()) > MAX_WORDS { middle(old, new) } else { by_words(old, new) };
    if says_something((old, &ranges.0), (new, &ranges.1)) { ranges } else { Both::default() }
}

/// What lies between the common start and the common end, at boundaries of words.
fn middle(old: &[u8], new: &[u8]) -> Both {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - prefix;
    let suffix = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let widen = |line: &[u8]| {
        let is_word = |byte: &u8| Class::of(*byte) == Class::Word;
        let start = prefix - line[..prefix].iter().rev().take_while(|byte| is_word(byte)).count();
        let end = line.len() - suffix;
        let end = end + line[end..].iter().take_while(|byte| is_word(byte)).count();
        (start < end).then_some(start..end).into_iter().collect()
    };
    (widen(old), widen(new))
}

/// The words that differ, by the shortest edit script over words.
fn by_words(old: &[u8], new: &[u8]) -> Both {
    let (old_words, new_words) = (words(old), words(new));
    if old_words.len() * new_words.len() > MAX_WORD_PAIRS {
        return middle(old, new);
    }
    let mut interner: Interner<&[u8]> = Interner::new(0);
    let a: Vec<Token> = old_words.iter().map(|word| interner.intern(&old[word.clone()])).collect();
    let b: Vec<Token> = new_words.iter().map(|word| interner.intern(&new[word.clone()])).collect();
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::MyersMinimal, &a, &b, interner.num_tokens());
    let mut both = Both::default();
    for hunk in diff.hunks() {
        extend(&mut both.0, old, &old_words[hunk.before.start as usize..hunk.before.end as usize]);
        extend(&mut both.1, new, &new_words[hunk.after.start as usize..hunk.after.end as usize]);
    }
    both
}

/// Adds a run of words; runs with nothing but blanks between them become one.
fn extend(ranges: &mut Vec<Range<usize>>, line: &[u8], words: &[Range<usize>]) {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
    match ranges.last_mut() {
        Some(range) if line[range.end..first.start].iter().all(u8::is_ascii_whitespace) => range.end = last.end,
        _ => ranges.push(first.start..last.end),
    }
}

/// Whether enough stayed for an emphasis to point anything out: a quarter of the letters and digits of the longer line.
fn says_something(old: (&[u8], &[Range<usize>]), new: (&[u8], &[Range<usize>])) -> bool {
    let letters = |line: &[u8]| line.iter().filter(|byte| Class::of(**byte) == Class::Word).count();
    let changed = |(line, ranges): (&[u8], &[Range<usize>])| -> usize {
        ranges.iter().map(|range| letters(&line[range.clone()])).sum()
    };
    let (old_letters, new_letters) = (letters(old.0), letters(new.0));
    let stayed = (old_letters - changed(old)).min(new_letters - changed(new));
    stayed * 4 >= old_letters.max(new_letters)
}

/// What a byte is to a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Blank,
    Other,
}

impl Class {
    /// Bytes beyond ASCII are letters: a character is never cut in two.
    const fn of(byte: u8) -> Self {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.. => Self::Word,
            b' ' | b'\t' | b'\r' => Self::Blank,
            _ => Self::Other,
        }
    }
}

/// Cuts a line into words, runs of blanks, and single other bytes.
pub(super) fn words(line: &[u8]) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::with_capacity(line.len() / 3);
    let mut before = Class::Other;
    for (at, byte) in line.iter().enumerate() {
        let class = Class::of(*byte);
        match words.last_mut() {
            Some(word) if class == before && class != Class::Other => word.end = at + 1,
            _ => words.push(at..at + 1),
        }
        before = class;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(line: &str, ranges: &[Range<usize>]) -> String {
        let mut at = 0;
        let mut out: Vec<&str> = Vec::new();
        for range in ranges {
            out.extend([&line[at..range.start], "[", &line[range.clone()], "]"]);
            at = range.end;
        }
        out.concat() + &line[at..]
    }

    #[test]
    fn words_that_changed() {
        for (old, new, old_marked, new_marked) in [
            ("memory: 4Gi", "memory: 2Gi", "memory: [4Gi]", "memory: [2Gi]"),
            ("tag: 16.3", "tag: 17.0 # pinned", "tag: [16].[3]", "tag: [17].[0 # pinned]"),
            ("  replicas: 1", "    replicas: 1", "[  ]replicas: 1", "[    ]replicas: 1"),
            ("a: b", "a: b c", "a: b", "a: b[ c]"),
            ("größe: klein", "größe: groß", "größe: [klein]", "größe: [groß]"),
            ("one two three four", "one 2 3 four", "one [two three] four", "one [2 3] four"),
            ("same", "same", "same", "same"),
            // Nearly everything changed: nothing is pointed out.
            ("alpha", "omega", "alpha", "omega"),
            ("image: nginx:1.27", "command: [sleep]", "image: nginx:1.27", "command: [sleep]"),
        ] {
            let (a, b) = changed_words(old.as_bytes(), new.as_bytes());
            assert_eq!((marked(old, &a), marked(new, &b)), (old_marked.to_owned(), new_marked.to_owned()));
        }
    }

    #[test]
    fn long_lines_get_their_middle_or_nothing() {
        let (head, tail) = ("head ".repeat(200), " tail".repeat(200));
        let (old, new) = (format!("{head}changed one{tail}"), format!("{head}change two{tail}"));
        let (a, b) = changed_words(old.as_bytes(), new.as_bytes());
        assert_eq!((&old[a[0].clone()], &new[b[0].clone()]), ("changed one", "change two"));
        let huge = "x ".repeat(MAX_MIDDLE);
        assert_eq!(changed_words(huge.as_bytes(), format!("{huge}y").as_bytes()), Both::default());
    }

    fn slices<T: AsRef<str>>(lines: &[T]) -> Vec<&[u8]> {
        lines.iter().map(|line| line.as_ref().as_bytes()).collect()
    }

    fn pairs(removed: &[&str], added: &[&str]) -> Vec<Option<u32>> {
        let pairs = Pairs::new(&slices(removed), &slices(added));
        (0..removed.len()).map(|line| pairs.added(line)).collect()
    }

    #[test]
    fn lines_are_paired_with_what_they_became() {
        assert_eq!(pairs(&["cpu: 1", "memory: 4Gi"], &["memory: 2Gi", "disk: 9"]), [None, Some(0)]);
        assert_eq!(pairs(&["image: a:1.0"], &["# pinned", "image: a:1.1", "pull: true"]), [Some(1)]);
        assert_eq!(pairs(&["x: 1"], &[]), [None]);
        assert_eq!(pairs(&["alpha: beta"], &["gamma: delta"]), [None]);
    }

    #[test]
    fn large_blocks_are_paired_line_by_line() {
        let old: Vec<String> = (0..200).map(|n| format!("key{n}: 1")).collect();
        let new: Vec<String> =
            (0..200).map(|n| if n == 7 { "other".to_owned() } else { format!("key{n}: 2") }).collect();
        let pairs = Pairs::new(&slices(&old), &slices(&new));
        assert_eq!((pairs.added(6), pairs.removed(199)), (Some(6), Some(199)));
        assert_eq!(changed_words(old[7].as_bytes(), new[7].as_bytes()), Both::default());
    }
}
