//! Myers' O(ND) algorithm in linear space (Algorithmica 1, 1986) over interned lines: what the histogram falls back to
//! where every common line is too frequent to split at.
//!
//! As git does, lines without a counterpart are set aside first, and so are very frequent lines among many of those; and the
//! search for a middle gives up at a cost that keeps long texts affordable, and takes the furthest point reached.

use std::ops::Range;

use imara_diff::Token;

use super::budget::Budget;

/// A search for the middle may always cost so many edits before it settles for less than the best.
const MIN_COST: i64 = 256;

/// Lines with so many counterparts are frequent in a text of any size.
const MAX_FREQUENT: u32 = 1024;

/// How far the neighbours of a frequent line are looked at.
const NEIGHBOURS: usize = 100;

/// Stands for a diagonal that cannot be reached: far from every line number, and still far after a few steps.
const NOWHERE: i64 = i64::MAX / 2;

/// A part of both sides.
pub(super) type Region = (Range<usize>, Range<usize>);

/// Calls `differ` with each pair of runs that differ in a region; counted against `budget`, and coarse once that is spent.
pub(super) fn compare(
    (old, new): (&[Token], &[Token]),
    counts: &mut Counts,
    budget: &mut Budget,
    mut differ: impl FnMut(Range<usize>, Range<usize>),
) {
    let (prefix, suffix) = common_ends(old, new);
    counts.count(old, new);
    let old_kept = keep(old, prefix..old.len() - suffix, &counts.new, |line| differ(line..line + 1, 0..0));
    let new_kept = keep(new, prefix..new.len() - suffix, &counts.old, |line| differ(0..0, line..line + 1));
    counts.reset(old, new);
    let old_tokens: Vec<Token> = old_kept.iter().map(|line| old[*line]).collect();
    let new_tokens: Vec<Token> = new_kept.iter().map(|line| new[*line]).collect();
    let mut search = Search::new(&old_tokens, &new_tokens);
    let mut regions: Vec<Region> = vec![(0..old_tokens.len(), 0..new_tokens.len())];
    while let Some(region) = regions.pop() {
        let region = trim(&old_tokens, &new_tokens, region);
        let middle = search.middle(&region, budget);
        let (a, b) = region;
        if let Some((x, y)) = middle {
            regions.push((x..a.end, y..b.end));
            regions.push((a.start..x, b.start..y));
        } else {
            old_kept[a].iter().for_each(|line| differ(*line..line + 1, 0..0));
            new_kept[b].iter().for_each(|line| differ(0..0, *line..line + 1));
        }
    }
}

/// A region without the lines that are common at its ends.
pub(super) fn trim(old: &[Token], new: &[Token], (a, b): Region) -> Region {
    let (prefix, suffix) = common_ends(&old[a.clone()], &new[b.clone()]);
    (a.start + prefix..a.end - suffix, b.start + prefix..b.end - suffix)
}

/// How many lines two sides have in common at their start and, behind that, at their end.
fn common_ends(old: &[Token], new: &[Token]) -> (usize, usize) {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old[prefix..].iter().rev().zip(new[prefix..].iter().rev());
    (prefix, rest.take_while(|(a, b)| a == b).count())
}

/// How often each token occurs on either side of a region; kept between regions so that none pays for all tokens.
pub(super) struct Counts {
    old: Vec<u32>,
    new: Vec<u32>,
}

impl Counts {
    /// Room for so many tokens.
    pub(super) fn new(tokens: u32) -> Self {
        Self { old: vec![0; tokens as usize], new: vec![0; tokens as usize] }
    }

    fn count(&mut self, old: &[Token], new: &[Token]) {
        for token in old {
            self.old[token.0 as usize] += 1;
        }
        for token in new {
            self.new[token.0 as usize] += 1;
        }
    }

    fn reset(&mut self, old: &[Token], new: &[Token]) {
        for token in old {
            self.old[token.0 as usize] = 0;
        }
        for token in new {
            self.new[token.0 as usize] = 0;
        }
    }
}

/// What a line has on the other side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counterparts {
    None,
    Some,
    Many,
}

/// The lines of `range` that take part in the search; the others are handed to `differ`.
fn keep(side: &[Token], range: Range<usize>, other: &[u32], mut differ: impl FnMut(usize)) -> Vec<usize> {
    let many = rough_root(side.len()).min(MAX_FREQUENT);
    let found: Vec<Counterparts> = side[range.clone()]
        .iter()
        .map(|token| match other[token.0 as usize] {
            0 => Counterparts::None,
            count if count >= many => Counterparts::Many,
            _ => Counterparts::Some,
        })
        .collect();
    let mut kept = Vec::with_capacity(found.len());
    for (at, line) in range.enumerate() {
        match found[at] {
            Counterparts::None => differ(line),
            Counterparts::Many if is_noise(&found, at) => differ(line),
            _ => kept.push(line),
        }
    }
    kept
}

/// Whether a frequent line stands among lines that have no counterpart, far more of them than frequent ones.
fn is_noise(found: &[Counterparts], at: usize) -> bool {
    let (lone_above, many_above) = neighbours(found[..at].iter().rev());
    let (lone_below, many_below) = neighbours(found[at + 1..].iter());
    lone_above > 0 && lone_below > 0 && lone_above + lone_below > 3 * (many_above + many_below)
}

/// The neighbours without a counterpart and the frequent ones (the line itself counts as one) up to the first ordinary line.
fn neighbours<'a>(found: impl Iterator<Item = &'a Counterparts>) -> (u32, u32) {
    found.take(NEIGHBOURS).take_while(|found| **found != Counterparts::Some).fold((0, 1), |(lone, many), found| {
        match found {
            Counterparts::None => (lone + 1, many),
            _ => (lone, many + 1),
        }
    })
}

/// A power of two near the square root.
const fn rough_root(mut n: usize) -> u32 {
    let mut root = 1;
    while n > 0 {
        root <<= 1;
        n >>= 2;
    }
    root
}

/// One direction of the search: the furthest old line reached on each diagonal (old minus new) from `low` to `high`.
struct Front {
    reached: Vec<i64>,
    /// What is added to a diagonal to index `reached`.
    shift: i64,
    low: i64,
    high: i64,
    nowhere: i64,
}

impl Front {
    fn new(old: usize, new: usize, nowhere: i64) -> Self {
        Self { reached: vec![nowhere; old + new + 5], shift: new as i64 + 2, low: 0, high: 0, nowhere }
    }

    fn at(&self, diagonal: i64) -> i64 {
        self.reached[(diagonal + self.shift) as usize]
    }

    fn set(&mut self, diagonal: i64, line: i64) {
        self.reached[(diagonal + self.shift) as usize] = line;
    }

    /// Starts again from one point.
    fn start(&mut self, diagonal: i64, line: i64) {
        (self.low, self.high) = (diagonal, diagonal);
        self.set(diagonal, line);
    }

    /// One more edit reaches one more diagonal on either end, within a region's own.
    fn widen(&mut self, lowest: i64, highest: i64) {
        if self.low > lowest {
            self.low -= 1;
            self.set(self.low - 1, self.nowhere);
        } else {
            self.low += 1;
        }
        if self.high < highest {
            self.high += 1;
            self.set(self.high + 1, self.nowhere);
        } else {
            self.high -= 1;
        }
    }

    fn covers(&self, diagonal: i64) -> bool {
        (self.low..=self.high).contains(&diagonal)
    }

    /// The diagonals that the present number of edits can end on.
    fn diagonals(&self) -> impl Iterator<Item = i64> + use<> {
        (self.low..=self.high).rev().step_by(2)
    }
}

/// A box of the search: the lines of both sides that it spans.
struct Bounds {
    x: Range<i64>,
    y: Range<i64>,
}

struct Search<'a> {
    old: &'a [Token],
    new: &'a [Token],
    forward: Front,
    backward: Front,
    max_cost: i64,
}

impl<'a> Search<'a> {
    fn new(old: &'a [Token], new: &'a [Token]) -> Self {
        let max_cost = i64::from(rough_root(old.len() + new.len() + 3)).max(MIN_COST);
        let front = |nowhere| Front::new(old.len(), new.len(), nowhere);
        Self { old, new, forward: front(-NOWHERE), backward: front(NOWHERE), max_cost }
    }

    /// A point on a path through a region whose ends differ: the middle of a shortest path where that is found at a bearable
    /// cost. `None` where there is nothing to split, or the budget is spent.
    fn middle(&mut self, (a, b): &Region, budget: &mut Budget) -> Option<(usize, usize)> {
        if a.is_empty() || b.is_empty() || budget.is_spent() {
            return None;
        }
        let bounds = Bounds { x: a.start as i64..a.end as i64, y: b.start as i64..b.end as i64 };
        let (lowest, highest) = (bounds.x.start - bounds.y.end, bounds.x.end - bounds.y.start);
        let (first, last) = (bounds.x.start - bounds.y.start, bounds.x.end - bounds.y.end);
        let odd = (first - last) % 2 != 0;
        self.forward.start(first, bounds.x.start);
        self.backward.start(last, bounds.x.end);
        for _ in 0..self.max_cost {
            self.forward.widen(lowest, highest);
            if let Some(met) = self.advance(&bounds, odd, budget) {
                return Some(met);
            }
            self.backward.widen(lowest, highest);
            if let Some(met) = self.retreat(&bounds, !odd, budget) {
                return Some(met);
            }
            if budget.is_spent() {
                return None;
            }
        }
        self.furthest(&bounds)
    }

    /// One more edit from the start, then as many equal lines as there are. The point where it meets the other direction.
    fn advance(&mut self, bounds: &Bounds, may_meet: bool, budget: &mut Budget) -> Option<(usize, usize)> {
        for k in self.forward.diagonals() {
            let removed = Some(self.forward.at(k - 1) + 1).filter(|x| *x <= bounds.x.end);
            let added = Some(self.forward.at(k + 1)).filter(|x| x - k <= bounds.y.end);
            let from = removed.max(added).unwrap_or(-NOWHERE).max(-NOWHERE);
            let mut x = from;
            while x >= 0 && x < bounds.x.end && x - k < bounds.y.end && self.equal(x, x - k) {
                x += 1;
            }
            budget.spend((x - from) as u64 + 1);
            self.forward.set(k, x);
            if may_meet && x >= 0 && self.backward.covers(k) && self.backward.at(k) <= x {
                return Some((x as usize, (x - k) as usize));
            }
        }
        None
    }

    /// The same from the end.
    fn retreat(&mut self, bounds: &Bounds, may_meet: bool, budget: &mut Budget) -> Option<(usize, usize)> {
        for k in self.backward.diagonals() {
            let removed = Some(self.backward.at(k + 1) - 1).filter(|x| *x >= bounds.x.start);
            let added = Some(self.backward.at(k - 1)).filter(|x| x - k >= bounds.y.start);
            let from = removed.into_iter().chain(added).min().unwrap_or(NOWHERE).min(NOWHERE);
            let mut x = from;
            while x > bounds.x.start && x < NOWHERE / 2 && x - k > bounds.y.start && self.equal(x - 1, x - k - 1) {
                x -= 1;
            }
            budget.spend((from - x) as u64 + 1);
            self.backward.set(k, x);
            if may_meet && self.forward.covers(k) && x <= self.forward.at(k) {
                return Some((x as usize, (x - k) as usize));
            }
        }
        None
    }

    fn equal(&self, x: i64, y: i64) -> bool {
        self.old[x as usize] == self.new[y as usize]
    }

    /// The point that either direction got furthest to, where a shortest path costs too much.
    fn furthest(&self, bounds: &Bounds) -> Option<(usize, usize)> {
        let points = |front: &Front| -> Vec<(i64, i64)> {
            let point = |k| (front.at(k), front.at(k) - k);
            let inside = |point: &(i64, i64)| {
                (bounds.x.start..=bounds.x.end).contains(&point.0) && (bounds.y.start..=bounds.y.end).contains(&point.1)
            };
            front.diagonals().map(point).filter(inside).collect()
        };
        let from_start = |point: &(i64, i64)| point.0 - bounds.x.start + point.1 - bounds.y.start;
        let from_end = |point: &(i64, i64)| bounds.x.end - point.0 + bounds.y.end - point.1;
        let forward = points(&self.forward).into_iter().max_by_key(from_start);
        let backward = points(&self.backward).into_iter().max_by_key(from_end);
        let best = match (forward, backward) {
            (Some(forward), Some(backward)) if from_start(&forward) > from_end(&backward) => Some(forward),
            (_, Some(backward)) => Some(backward),
            (forward, None) => forward,
        };
        best.filter(|point| from_start(point) > 0 && from_end(point) > 0).map(|(x, y)| (x as usize, y as usize))
    }
}
