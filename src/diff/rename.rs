//! Deleted and added files that are one file that moved: for display only.

use std::cmp::Reverse;
use std::collections::HashMap;

use bstr::{BStr, ByteSlice as _};

use super::alike::Bag;
use super::{Content, FileInput};
use crate::model::{Mode, Oid, Side};

/// More files than this on either side are not compared by content, as git does not (`diff.renameLimit`).
const MAX_FILES: usize = 1_000;

/// Larger files, in bytes, are not compared by content.
const MAX_BYTES: usize = 1 << 20;

/// How many pairs are compared by content at most.
const MAX_PAIRS: usize = 100_000;

/// Per cent of its content that must have stayed in a file that moved.
const MIN_SIMILARITY: u8 = 50;

/// A pair that may be a rename.
struct Candidate {
    gone: usize,
    come: usize,
    similarity: u8,
    same_name: bool,
}

/// Finds deleted files that live on as added ones: indexes of the deleted and of the added input, and how much they are
/// alike, in per cent from 50.
///
/// Equal contents are paired first, then those that share most of their lines; the same file name decides between equals.
/// The work is bounded, so that among thousands of moved files those that changed as well may stay unpaired.
#[must_use]
pub fn pair_renames(inputs: &[FileInput]) -> Vec<(usize, usize, u8)> {
    let moved = |test: fn(&FileInput) -> Option<Side>| -> Vec<(usize, Side)> {
        inputs.iter().enumerate().filter_map(|(at, input)| Some((at, test(input)?))).collect()
    };
    let gone = moved(|input| input.change.old.filter(|_| input.change.new.is_none() && movable(&input.old)));
    let come = moved(|input| input.change.new.filter(|_| input.change.old.is_none() && movable(&input.new)));
    let mut taken = vec![false; inputs.len()];
    let mut pairs = Vec::new();
    for exact in [true, false] {
        let open = |side: &[(usize, Side)]| side.iter().copied().filter(|(at, _)| !taken[*at]).collect::<Vec<_>>();
        let (gone, come) = (open(&gone), open(&come));
        let mut candidates = if exact { equal(inputs, &gone, &come) } else { alike(inputs, &gone, &come) };
        candidates.sort_by_key(|pair| (Reverse(pair.similarity), Reverse(pair.same_name), pair.come, pair.gone));
        for pair in candidates {
            if !taken[pair.gone] && !taken[pair.come] {
                (taken[pair.gone], taken[pair.come]) = (true, true);
                pairs.push((pair.gone, pair.come, pair.similarity));
            }
        }
    }
    pairs.sort_unstable_by_key(|pair| pair.1);
    pairs
}

/// Whether there is something to recognise a file by. Empty files and submodules are all alike.
fn movable(content: &Content) -> bool {
    match content {
        Content::Text(bytes) | Content::Symlink(bytes) => !bytes.is_empty(),
        Content::Binary { .. } | Content::Lfs { .. } | Content::TooLarge { .. } => true,
        Content::Submodule(_) | Content::Missing(_) | Content::Absent => false,
    }
}

/// Whether a file stays what it is: links move among links.
fn same_kind(old: Side, new: Side) -> bool {
    (old.mode == Mode::Symlink) == (new.mode == Mode::Symlink)
}

/// Pairs with the same object.
fn equal(inputs: &[FileInput], gone: &[(usize, Side)], come: &[(usize, Side)]) -> Vec<Candidate> {
    let mut by_oid: HashMap<Oid, Vec<(usize, Side)>> = HashMap::new();
    for (at, side) in gone {
        by_oid.entry(side.oid).or_default().push((*at, *side));
    }
    let mut candidates = Vec::new();
    for (come, new) in come {
        for (gone, _) in by_oid.get(&new.oid).into_iter().flatten().filter(|(_, old)| same_kind(*old, *new)) {
            let same_name = name(inputs, *gone) == name(inputs, *come);
            candidates.push(Candidate { gone: *gone, come: *come, similarity: 100, same_name });
            if candidates.len() >= MAX_PAIRS {
                return candidates;
            }
        }
    }
    candidates
}

/// Pairs that share at least half of their lines.
fn alike(inputs: &[FileInput], gone: &[(usize, Side)], come: &[(usize, Side)]) -> Vec<Candidate> {
    if gone.len() > MAX_FILES || come.len() > MAX_FILES {
        return Vec::new();
    }
    let bag = |content: &Content| match content {
        Content::Text(bytes) if bytes.len() <= MAX_BYTES => Some(Bag::of_lines(bytes)),
        _ => None,
    };
    let bags = |side: &[(usize, Side)], content: fn(&FileInput) -> &Content| -> Vec<(usize, Bag)> {
        side.iter().filter_map(|(at, _)| Some((*at, bag(content(&inputs[*at]))?))).collect()
    };
    let (gone, come) = (bags(gone, |input| &input.old), bags(come, |input| &input.new));
    let pairs = come.iter().flat_map(|new| gone.iter().map(move |old| (old, new)));
    // Shared bytes are counted against the larger file: one more than twice the other cannot reach a half.
    let near = pairs.filter(|(old, new)| old.1.weight().max(new.1.weight()) <= 2 * old.1.weight().min(new.1.weight()));
    near.take(MAX_PAIRS)
        .map(|(old, new)| Candidate {
            gone: old.0,
            come: new.0,
            similarity: (old.1.alike(&new.1) * 100.0) as u8,
            same_name: name(inputs, old.0) == name(inputs, new.0),
        })
        .filter(|pair| pair.similarity >= MIN_SIMILARITY)
        .collect()
}

/// The last part of an input's path.
fn name(inputs: &[FileInput], at: usize) -> &BStr {
    let path = &inputs[at].change.path;
    path.rsplit_str("/").next().unwrap_or(path).as_bstr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileChange;

    fn side(text: &str) -> Side {
        use sha2::{Digest as _, Sha256};
        let mut oid = [0; 20];
        oid.copy_from_slice(&Sha256::digest(text)[..20]);
        Side { mode: Mode::File, oid: Oid::from_bytes(oid) }
    }

    fn text(text: &str) -> Content {
        Content::classify(Mode::File, text.as_bytes())
    }

    fn gone(path: &str, was: &str) -> FileInput {
        FileInput {
            change: FileChange { path: path.into(), old: Some(side(was)), new: None },
            old: text(was),
            new: Content::Absent,
        }
    }

    fn come(path: &str, is: &str) -> FileInput {
        FileInput {
            change: FileChange { path: path.into(), old: None, new: Some(side(is)) },
            old: Content::Absent,
            new: text(is),
        }
    }

    fn body(lines: std::ops::Range<u32>) -> String {
        lines.map(|n| format!("line number {n:03}")).collect::<Vec<_>>().join("\n") + "\n"
    }

    #[test]
    fn equal_contents_first_and_by_name() {
        let inputs = [gone("a/x", "1\n"), gone("b/y", "1\n"), come("c/y", "1\n"), come("d/x", "1\n")];
        assert_eq!(pair_renames(&inputs), [(1, 2, 100), (0, 3, 100)]);
    }

    #[test]
    fn most_of_the_lines_stayed() {
        let inputs =
            [gone("a", &body(0..10)), come("b", &body(2..12)), come("c", &body(5..15)), come("d", &body(90..99))];
        assert_eq!(pair_renames(&inputs), [(0, 1, 80)]);
    }

    #[test]
    fn what_is_no_rename() {
        for inputs in [
            vec![gone("a", ""), come("b", "")],
            vec![gone("a", &body(0..10)), come("b", &body(6..16))],
            vec![gone("a", &body(0..10)), come("b", &body(0..21))],
            vec![come("a", "1\n"), come("b", "1\n")],
        ] {
            assert_eq!(pair_renames(&inputs), []);
        }
        let mut link = come("b", "1\n");
        link.change.new = link.change.new.map(|side| Side { mode: Mode::Symlink, ..side });
        link.new = Content::classify(Mode::Symlink, b"1\n".as_slice());
        assert_eq!(pair_renames(&[gone("a", "1\n"), link]), []);
    }

    #[test]
    fn thousands_of_equal_files_are_bounded() {
        let mut inputs: Vec<FileInput> = (0..3_000).map(|n| gone(&format!("a/{n}"), "1\n")).collect();
        inputs.extend((0..3_000).map(|n| come(&format!("b/{n}"), "1\n")));
        assert!(!pair_renames(&inputs).is_empty());
    }
}
