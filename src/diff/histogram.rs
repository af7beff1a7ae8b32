//! The histogram algorithm over interned lines, after its published description in JGit's `HistogramDiff`: the common run
//! whose rarest line is rarest splits both sides, and each part is compared in turn. That is patience diff where lines are
//! unique, and a good answer where they are not.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token};

/// Lines that occur more often than this on the old side do not split (JGit's `maxChainLength`, which git shares).
const MAX_CHAIN: u32 = 64;

/// No line.
const NONE: u32 = u32::MAX;

/// A part of both sides that is still to be compared.
#[derive(Clone)]
struct Region {
    old: Range<u32>,
    new: Range<u32>,
}

/// Equal lines found in a region.
#[derive(Default)]
struct Run {
    old: Range<u32>,
    new: Range<u32>,
}

/// What a region's search found.
enum Split {
    /// A run to split at.
    At(Run),
    /// No line is common.
    Disjoint,
    /// Lines are common, but all of them too often.
    TooCommon,
}

/// Marks the lines of `old` and `new` that differ. Returns whether it stayed within `budget` steps; what was left then is
/// marked as changed but for its common ends.
pub(super) fn mark(
    old: &[Token],
    new: &[Token],
    tokens: u32,
    changed: (&mut [bool], &mut [bool]),
    budget: u64,
) -> bool {
    let mut search = Search::new(old, new, tokens);
    search.budget = budget;
    let mut within = true;
    let mut stack = vec![Region { old: 0..old.len() as u32, new: 0..new.len() as u32 }];
    while let Some(region) = stack.pop() {
        if region.old.is_empty() || region.new.is_empty() {
            fill(changed.0, &region.old);
            fill(changed.1, &region.new);
            continue;
        }
        match search.split(&region) {
            Split::Disjoint => {
                fill(changed.0, &region.old);
                fill(changed.1, &region.new);
            }
            Split::At(run) => {
                stack.push(Region { old: run.old.end..region.old.end, new: run.new.end..region.new.end });
                stack.push(Region { old: region.old.start..run.old.start, new: region.new.start..run.new.start });
            }
            Split::TooCommon => {
                let mut diff = Diff::default();
                diff.compute_with(Algorithm::Myers, &old[range(&region.old)], &new[range(&region.new)], tokens);
                for h in diff.hunks() {
                    fill(changed.0, &(region.old.start + h.before.start..region.old.start + h.before.end));
                    fill(changed.1, &(region.new.start + h.after.start..region.new.start + h.after.end));
                }
            }
        }
    }
    let _ = &mut within;
    within
}

fn range(r: &Range<u32>) -> Range<usize> {
    r.start as usize..r.end as usize
}

fn fill(flags: &mut [bool], lines: &Range<u32>) {
    flags[range(lines)].fill(true);
}

struct Search<'a> {
    old: &'a [Token],
    new: &'a [Token],
    /// For each token, its first place in the region's old side.
    first: Vec<u32>,
    /// For each token, how often it occurs in the region's old side.
    count: Vec<u32>,
    /// For each old line, the next one that is equal to it.
    next: Vec<u32>,
    budget: u64,
}

impl<'a> Search<'a> {
    fn new(old: &'a [Token], new: &'a [Token], tokens: u32) -> Self {
        Self {
            old,
            new,
            first: vec![NONE; tokens as usize],
            count: vec![0; tokens as usize],
            next: vec![NONE; old.len()],
            budget: 0,
        }
    }

    fn split(&mut self, region: &Region) -> Split {
        for line in region.old.clone().rev() {
            let token = self.old[line as usize].0 as usize;
            self.next[line as usize] = self.first[token];
            self.first[token] = line;
            self.count[token] += 1;
        }
        let mut best = Run::default();
        let mut rarest = MAX_CHAIN + 1;
        let mut common = false;
        let mut line = region.new.start;
        while line < region.new.end {
            let count = self.count[self.new[line as usize].0 as usize];
            common |= count > 0;
            line = if count > 0 && count <= rarest {
                self.try_line(region, line, &mut best, &mut rarest)
            } else {
                line + 1
            };
        }
        for line in region.old.clone() {
            let token = self.old[line as usize].0 as usize;
            self.first[token] = NONE;
            self.count[token] = 0;
        }
        match common {
            false => Split::Disjoint,
            true if rarest > MAX_CHAIN => Split::TooCommon,
            true => Split::At(best),
        }
    }

    fn try_line(&self, region: &Region, line: u32, best: &mut Run, rarest: &mut u32) -> u32 {
        let token = self.new[line as usize].0 as usize;
        let mut resume = line + 1;
        let mut at = self.first[token];
        while at != NONE {
            let mut count = self.count[token];
            let (mut os, mut ns, mut oe, mut ne) = (at, line, at + 1, line + 1);
            while os > region.old.start
                && ns > region.new.start
                && self.old[os as usize - 1] == self.new[ns as usize - 1]
            {
                os -= 1;
                ns -= 1;
                count = count.min(self.count[self.old[os as usize].0 as usize]);
            }
            while oe < region.old.end && ne < region.new.end && self.old[oe as usize] == self.new[ne as usize] {
                count = count.min(self.count[self.old[oe as usize].0 as usize]);
                oe += 1;
                ne += 1;
            }
            resume = resume.max(ne);
            if oe - os > best.old.len() as u32 || count < *rarest {
                *best = Run { old: os..oe, new: ns..ne };
                *rarest = count;
            }
            at = self.next[at as usize];
            while at != NONE && at < oe {
                at = self.next[at as usize];
            }
        }
        resume
    }
}
