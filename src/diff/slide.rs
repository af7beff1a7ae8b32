//! Where a run of changed lines stands when it could as well stand a few lines higher or lower.
//!
//! A block that is added below an equal one can be shown in several places with the same counts. The place that git shows is
//! the one people expect: runs that touch become one, a run of one side lines up with a run of the other, and what is left is
//! decided by indentation (M. Haggerty's heuristic, git's default since 2.14).

use std::ops::Range;

use imara_diff::{IndentHeuristic, IndentLevel, SliderHeuristic, Token};

use super::budget::Budget;

/// Moves the runs of one side. `flags` are that side's, `other` the other's; both are left alone where the budget ends.
pub(super) fn slide(
    tokens: &[Token],
    flags: &mut [bool],
    other: &[bool],
    indent: impl Fn(Token) -> IndentLevel,
    budget: &mut Budget,
) {
    let mut slider = Slider { tokens, flags, other, own: 0..0, across: 0..0 };
    let mut heuristic = IndentHeuristic::new(indent);
    slider.own.end = run_from(slider.flags, 0);
    slider.across.end = run_from(slider.other, 0);
    loop {
        if !slider.own.is_empty() && !budget.is_spent() {
            slider.settle(&mut heuristic, budget);
        }
        if !slider.next() {
            break;
        }
    }
}

/// The end of the changed run that starts at `from`.
fn run_from(flags: &[bool], from: usize) -> usize {
    from + flags[from..].iter().take_while(|changed| **changed).count()
}

/// The start of the changed run that ends at `to`.
fn run_to(flags: &[bool], to: usize) -> usize {
    to - flags[..to].iter().rev().take_while(|changed| **changed).count()
}

/// Walks both sides at the same equal line; a run may be empty.
struct Slider<'a> {
    tokens: &'a [Token],
    flags: &'a mut [bool],
    other: &'a [bool],
    /// The run of this side.
    own: Range<usize>,
    /// The run of the other side at the same place.
    across: Range<usize>,
}

impl Slider<'_> {
    /// Goes to the next run behind one equal line; false at the end.
    fn next(&mut self) -> bool {
        if self.own.end >= self.flags.len() || self.across.end >= self.other.len() {
            return false;
        }
        let start = self.own.end + 1;
        self.own = start..run_from(self.flags, start);
        self.across_down();
        true
    }

    /// Finds the place of one run.
    fn settle(&mut self, heuristic: &mut impl SliderHeuristic, budget: &mut Budget) {
        let (highest_end, aligned) = self.sink(budget);
        if self.own.end == highest_end {
            return;
        }
        if aligned {
            while self.across.is_empty() && self.up() {}
            return;
        }
        let run = self.own.start as u32..self.own.end as u32;
        let end = heuristic.best_slider_end(self.tokens, run, highest_end as u32) as usize;
        while self.own.end > end && self.up() {}
    }

    /// Moves a run up and down as far as it goes, until it swallows no other run any more, and leaves it at the bottom.
    /// Returns where it ended at the top, and whether there was a place at which the other side has a run too.
    fn sink(&mut self, budget: &mut Budget) -> (usize, bool) {
        loop {
            let length = self.own.len();
            while !budget.is_spent() && self.up() {
                budget.spend(1 + self.across.len() as u64);
            }
            let highest_end = self.own.end;
            let mut aligned = !self.across.is_empty();
            while !budget.is_spent() && self.down() {
                budget.spend(1 + self.across.len() as u64);
                aligned |= !self.across.is_empty();
            }
            if self.own.len() == length || budget.is_spent() {
                return (highest_end, aligned);
            }
        }
    }

    /// One line up, where the line above equals the run's last.
    fn up(&mut self) -> bool {
        let Range { start, end } = self.own;
        if start == 0 || self.across.start == 0 || self.tokens[start - 1] != self.tokens[end - 1] {
            return false;
        }
        self.flags[start - 1] = true;
        self.flags[end - 1] = false;
        self.own = run_to(self.flags, start - 1)..end - 1;
        let end = self.across.start - 1;
        self.across = run_to(self.other, end)..end;
        true
    }

    /// One line down, where the line below equals the run's first.
    fn down(&mut self) -> bool {
        let Range { start, end } = self.own;
        if end >= self.tokens.len() || self.tokens[start] != self.tokens[end] {
            return false;
        }
        self.flags[start] = false;
        self.flags[end] = true;
        self.own = start + 1..run_from(self.flags, end);
        self.across_down();
        true
    }

    fn across_down(&mut self) {
        let start = self.across.end + 1;
        self.across = start..run_from(self.other, start);
    }
}
