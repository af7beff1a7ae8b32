//! What is compared with what: files with themselves, and those that moved with what they were.

use super::rename::pair_renames;
use super::{FileDiff, FileInput};

/// One comparison of a proposal, independent of all others.
#[derive(Debug)]
pub enum Comparison {
    /// A path with itself.
    File(FileInput),
    /// A deleted path with the added one that it became.
    Renamed {
        /// Before.
        old: FileInput,
        /// After.
        new: FileInput,
        /// Per cent.
        similarity: u8,
    },
}

impl Comparison {
    /// Compares, sharing the texts; `context` is as in [`FileDiff::compute`].
    #[must_use]
    pub fn compute(&self, context: u32) -> FileDiff {
        match self {
            Self::File(input) => FileDiff::compute(input.clone(), context),
            Self::Renamed { old, new, similarity } => {
                FileDiff::compute_renamed(old.clone(), new.clone(), *similarity, context)
            }
        }
    }
}

/// Pairs what moved, and puts everything in the order in which it is shown: that of the paths, a file that moved at its new
/// one.
#[must_use]
pub fn comparisons(inputs: Vec<FileInput>) -> Vec<Comparison> {
    let pairs = pair_renames(&inputs);
    let mut inputs: Vec<Option<FileInput>> = inputs.into_iter().map(Some).collect();
    let mut found: Vec<(usize, Comparison)> = Vec::with_capacity(inputs.len());
    for (gone, come, similarity) in pairs {
        if let (Some(old), Some(new)) = (inputs[gone].take(), inputs[come].take()) {
            found.push((come, Comparison::Renamed { old, new, similarity }));
        }
    }
    let rest = inputs.into_iter().enumerate();
    found.extend(rest.filter_map(|(at, input)| Some((at, Comparison::File(input?)))));
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, comparison)| comparison).collect()
}
