//! What a change does, in our words, from the tree difference alone.

use bstr::ByteSlice as _;

use crate::model::text::printable_bytes;
use crate::model::{LineStats, Side, TreeDiff};

/// The headline of a change: `kubernetes/apps/web/helmrelease.yaml +1 -1`, or `3 files in apps/checkout +9 -4`. Fit for a
/// terminal.
#[must_use]
pub fn summary(diff: &TreeDiff, stats: LineStats) -> String {
    let count = format!("+{} -{}", stats.additions, stats.deletions);
    match diff.files.as_slice() {
        [] => "nothing".to_owned(),
        [file] => format!("{} {count}", printable_bytes(&file.path)),
        files => {
            let first = files[0].path.as_bstr();
            let mut folder: Vec<&[u8]> = first.split_str("/").collect();
            folder.pop();
            for file in files {
                let same = folder.iter().zip(file.path.split_str("/")).take_while(|(a, b)| **a == *b).count();
                folder.truncate(same);
            }
            let place =
                if folder.is_empty() { String::new() } else { format!(" in {}", printable_bytes(&folder.join(&b'/'))) };
            format!("{} files{place} {count}", files.len())
        }
    }
}

/// Equal for changes that do the same to the same contents, wherever the files lie: the queue folds by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldKey(Vec<([Option<(&'static str, crate::model::Oid)>; 2], u32)>);

/// The fold key of a change: which contents (with their modes) became which, and how often, paths left out.
#[must_use]
pub fn fold_key(diff: &TreeDiff) -> FoldKey {
    let side = |side: Option<Side>| side.map(|side| (side.mode.octal(), side.oid));
    let mut pairs: Vec<_> = diff.files.iter().map(|file| [side(file.old), side(file.new)]).collect();
    pairs.sort_unstable();
    FoldKey(pairs.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect())
}
