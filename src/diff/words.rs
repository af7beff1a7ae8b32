//! Words that changed inside changed lines.

use std::ops::Range;

/// Which removed line of a change became which added line.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// For each removed line of the change the added one, counted from the change's first.
    pub(super) added: Vec<Option<u32>>,
    /// The other way round.
    pub(super) removed: Vec<Option<u32>>,
}

impl Pairs {
    /// Pairs lines one by one where there are as many removed as added ones.
    pub(super) fn new(removed: &[&[u8]], added: &[&[u8]]) -> Self {
        if removed.len() != added.len() {
            return Self { added: vec![None; removed.len()], removed: vec![None; added.len()] };
        }
        let same: Vec<Option<u32>> = (0..removed.len() as u32).map(Some).collect();
        Self { added: same.clone(), removed: same }
    }
}

/// The parts of both lines that differ.
pub(super) fn changed_words(old: &[u8], new: &[u8]) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = (old.len() - prefix).min(new.len() - prefix);
    let suffix = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let one = |range: Range<usize>| if range.is_empty() { Vec::new() } else { vec![range] };
    (one(prefix..old.len() - suffix), one(prefix..new.len() - suffix))
}
