//! The histogram algorithm over interned lines, after its description in `JGit`'s `HistogramDiff`: the common run whose rarest
//! line is rarest on the old side splits both sides, and each part is compared in turn. That is patience diff where lines are
//! unique, and a good answer where they are not.
//!
//! Written here because counts must be git's: `imara-diff` (0.2) cuts common ends off first and passes over places of
//! repeated lines, which gives other counts on real files.

use std::ops::Range;

use imara_diff::Token;

use super::budget::Budget;
use super::myers::{self, Counts, Region};

/// Lines that occur more often than this on the old side do not split it.
const MAX_CHAIN: u32 = 64;

/// No line.
const NONE: u32 = u32::MAX;

/// Which lines of both sides differ, by index.
pub(super) struct Flags {
    /// Lines that only the old side has.
    pub(super) removed: Vec<bool>,
    /// Lines that only the new side has.
    pub(super) added: Vec<bool>,
}

impl Flags {
    fn fill(&mut self, (old, new): &Region) {
        self.removed[old.clone()].fill(true);
        self.added[new.clone()].fill(true);
    }
}

/// What a region can be split at.
enum Split {
    /// Equal lines.
    At(Region),
    /// No line is common.
    Disjoint,
    /// Lines are common, but all of them too often.
    TooCommon,
}

/// Compares two sides whose tokens are below `tokens`. Once the budget is spent, what is left counts as changed but for its
/// common ends.
pub(super) fn compare(old: &[Token], new: &[Token], tokens: u32, budget: &mut Budget) -> Flags {
    let mut flags = Flags { removed: vec![false; old.len()], added: vec![false; new.len()] };
    let mut search = Search::new(old, new, tokens);
    let mut counts = None;
    let mut regions: Vec<Region> = vec![(0..old.len(), 0..new.len())];
    while let Some(region) = regions.pop() {
        if budget.is_spent() {
            flags.fill(&myers::trim(old, new, region));
            continue;
        }
        let (a, b) = region.clone();
        match search.split(&region, budget) {
            Split::At((x, y)) => {
                regions.push((x.end..a.end, y.end..b.end));
                regions.push((a.start..x.start, b.start..y.start));
            }
            Split::Disjoint => flags.fill(&region),
            Split::TooCommon => {
                let counts = counts.get_or_insert_with(|| Counts::new(tokens));
                let within = |start: usize, lines: Range<usize>| start + lines.start..start + lines.end;
                myers::compare((&old[a.clone()], &new[b.clone()]), counts, budget, |x, y| {
                    flags.fill(&(within(a.start, x), within(b.start, y)));
                });
            }
        }
    }
    flags
}

/// Finds where to split; what it knows of one region is wiped before the next.
struct Search<'a> {
    old: &'a [Token],
    new: &'a [Token],
    /// For each token, the first line of the region's old side that is equal to it.
    first: Vec<u32>,
    /// For each token, how often it occurs in the region's old side.
    count: Vec<u32>,
    /// For each old line, the next one that is equal to it.
    next: Vec<u32>,
}

/// The best split found so far.
struct Best {
    run: Region,
    /// How often its rarest line occurs.
    rarest: u32,
}

impl<'a> Search<'a> {
    fn new(old: &'a [Token], new: &'a [Token], tokens: u32) -> Self {
        let tokens = tokens as usize;
        Self { old, new, first: vec![NONE; tokens], count: vec![0; tokens], next: vec![NONE; old.len()] }
    }

    fn split(&mut self, region: &Region, budget: &mut Budget) -> Split {
        let (a, b) = region;
        if a.is_empty() || b.is_empty() {
            return Split::Disjoint;
        }
        budget.spend((2 * a.len() + b.len()) as u64);
        self.read(a);
        let mut best = Best { run: (0..0, 0..0), rarest: MAX_CHAIN + 1 };
        let mut common = false;
        let mut line = b.start;
        while line < b.end && !budget.is_spent() {
            let count = self.count[self.new[line].0 as usize];
            common |= count > 0;
            let try_it = count > 0 && count <= best.rarest;
            line = if try_it { self.try_line(region, line, &mut best, budget) } else { line + 1 };
        }
        self.wipe(a);
        match common {
            false => Split::Disjoint,
            true if best.rarest > MAX_CHAIN => Split::TooCommon,
            true => Split::At(best.run),
        }
    }

    fn read(&mut self, lines: &Range<usize>) {
        for line in lines.clone().rev() {
            let token = self.old[line].0 as usize;
            self.next[line] = self.first[token];
            self.first[token] = line as u32;
            self.count[token] += 1;
        }
    }

    fn wipe(&mut self, lines: &Range<usize>) {
        for token in &self.old[lines.clone()] {
            self.first[token.0 as usize] = NONE;
            self.count[token.0 as usize] = 0;
        }
    }

    /// Widens a new line into the longest equal run at each of its places in the old side. Returns the next line to try: the
    /// first behind all those runs.
    fn try_line(&self, region: &Region, line: usize, best: &mut Best, budget: &mut Budget) -> usize {
        let mut resume = line + 1;
        let mut place = self.first[self.new[line].0 as usize];
        while place != NONE {
            let run = self.widen(region, place as usize, line);
            budget.spend(run.0.len() as u64 + 1);
            resume = resume.max(run.1.end);
            let behind = run.0.end as u32;
            let rarest = self.old[run.0.clone()].iter().map(|token| self.count[token.0 as usize]).min().unwrap_or(NONE);
            if run.0.len() > best.run.0.len() || rarest < best.rarest {
                *best = Best { run, rarest };
            }
            while place != NONE && place < behind {
                place = self.next[place as usize];
            }
        }
        resume
    }

    /// The longest run of equal lines around an old and a new line, which are equal.
    fn widen(&self, (a, b): &Region, old: usize, new: usize) -> Region {
        let above = self.old[a.start..old].iter().rev().zip(self.new[b.start..new].iter().rev());
        let above = above.take_while(|(x, y)| x == y).count();
        let below = self.old[old..a.end].iter().zip(&self.new[new..b.end]);
        let below = below.take_while(|(x, y)| x == y).count();
        (old - above..old + below, new - above..new + below)
    }
}
