//! Marks: which proposals a decision means.

use std::collections::BTreeSet;

use super::counts::is_clean;
use super::{Entry, Queue, Row};
use crate::model::{ProposalName, Tier};

/// Where the marked proposals are, seen from the rows on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marked {
    /// All of them.
    pub all: usize,
    /// Those above the screen.
    pub above: usize,
    /// Those below it.
    pub below: usize,
    /// Those that the filter hides.
    pub hidden: usize,
}

impl Queue {
    /// Where the marked proposals are, where the screen shows so many rows.
    #[must_use]
    pub fn where_marked(&self, height: usize) -> Marked {
        let mut marked = Marked { all: self.marks.len(), ..Marked::default() };
        if marked.all == 0 {
            return marked;
        }
        let shown = self.top..self.top + height;
        let mut seen = 0;
        // The members of an open fold are counted with it.
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| !matches!(row, Row::Member(_))) {
            let here = row.entries().iter().filter(|entry| self.marks.contains(&self.entries[**entry].name)).count();
            seen += here;
            marked.above += if at < shown.start { here } else { 0 };
            marked.below += if at >= shown.end { here } else { 0 };
        }
        marked.hidden = marked.all.saturating_sub(seen);
        marked
    }

    /// Marks what is under the cursor, or takes the marks off if all of it is marked; ends a range by marking it.
    pub fn toggle_mark(&mut self) {
        if self.anchor.is_some() {
            return self.toggle_range();
        }
        let names = self.present(&[self.cursor]);
        let all = !names.is_empty() && names.iter().all(|name| self.marks.contains(name));
        for name in names {
            if all {
                self.marks.remove(&name)
            } else {
                self.marks.insert(name)
            };
        }
    }

    /// Begins a range at the cursor, or marks the range that was begun.
    pub fn toggle_range(&mut self) {
        match self.anchor.take() {
            None => self.anchor = self.here(),
            Some(anchor) => {
                self.anchor = Some(anchor);
                let rows: Vec<usize> = self.range().collect();
                self.end_range();
                let names = self.present(&rows);
                self.marks.extend(names);
            }
        }
    }

    /// Takes a begun range back.
    pub fn end_range(&mut self) {
        self.anchor = None;
    }

    /// The rows between the anchor and the cursor; empty where no range was begun.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        match self.anchor.as_ref().and_then(|name| self.row_of(name)) {
            Some(anchor) => anchor.min(self.cursor)..anchor.max(self.cursor) + 1,
            None => 0..0,
        }
    }

    /// The names of the proposals on these rows that are still there.
    fn present(&self, rows: &[usize]) -> Vec<ProposalName> {
        let entries = rows.iter().filter_map(|at| self.rows.get(*at)).flat_map(Row::entries);
        entries.map(|at| &self.entries[*at]).filter(|entry| entry.gone.is_none()).map(|e| e.name.clone()).collect()
    }

    /// Takes all marks off, and a begun range back.
    pub fn unmark(&mut self) {
        self.marks.clear();
        self.anchor = None;
    }

    /// Takes the marks off these, and a begun range back. Answers those that were marked.
    pub fn unmark_these<'a>(&mut self, names: impl IntoIterator<Item = &'a ProposalName>) -> Vec<ProposalName> {
        self.anchor = None;
        names.into_iter().filter(|name| self.marks.remove(*name)).cloned().collect()
    }

    /// Whether anything is marked or a range begun.
    #[must_use]
    pub fn marking(&self) -> bool {
        !self.marks.is_empty() || self.anchor.is_some()
    }

    /// How many proposals are marked.
    #[must_use]
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Whether a range was begun.
    #[must_use]
    pub const fn ranging(&self) -> bool {
        self.anchor.is_some()
    }

    /// Whether all of a row is marked.
    #[must_use]
    pub fn is_marked(&self, row: &Row) -> bool {
        let entries = row.entries();
        !entries.is_empty() && entries.iter().all(|at| self.marks.contains(&self.entries[*at].name))
    }

    /// Marks proposals by name.
    pub fn mark(&mut self, names: impl IntoIterator<Item = ProposalName>) {
        self.marks.extend(names);
    }

    /// Whether others in the list do the same as a proposal.
    #[must_use]
    pub fn has_alike(&self, entry: &Entry) -> bool {
        self.alike(entry).next().is_some()
    }

    /// The others in the list that do the same; what has gone is not among them.
    fn alike<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Entry> {
        let twins = entry.queued.findings.iter().flat_map(|findings| &findings.twins);
        let here = |other: &&Entry| other.gone.is_none() && other.name.repo == entry.name.repo;
        twins.filter_map(move |id| self.entries.iter().filter(here).find(|other| other.name.proposal == *id))
    }

    /// Marks the proposals under the cursor and all that do the same as one of them. Answers how many are marked by it.
    pub fn mark_alike(&mut self) -> usize {
        let under = self.rows.get(self.cursor).map_or(&[][..], Row::entries);
        let here = under.iter().map(|at| &self.entries[*at]).filter(|entry| entry.gone.is_none());
        let names: BTreeSet<ProposalName> =
            here.flat_map(|entry| std::iter::once(entry).chain(self.alike(entry))).map(|e| e.name.clone()).collect();
        let alike = names.len();
        self.marks.extend(names);
        alike
    }

    /// How many proposals a decision means.
    #[must_use]
    pub fn selected(&self) -> usize {
        if self.marks.is_empty() { self.selection().len() } else { self.marks.len() }
    }

    /// What a decision means: the marked proposals, else those under the cursor; high first, in the order of the list.
    #[must_use]
    pub fn selection(&self) -> Vec<&Entry> {
        if self.marks.is_empty() {
            let under = self.rows.get(self.cursor).map_or(&[][..], Row::entries);
            return under.iter().map(|at| &self.entries[*at]).filter(|entry| entry.gone.is_none()).collect();
        }
        self.sorted(|entry| entry.gone.is_none() && self.marks.contains(&entry.name))
    }

    /// The clean low proposals, in the order of the list.
    #[must_use]
    pub fn clean(&self) -> Vec<&Entry> {
        self.sorted(|entry| is_clean(entry) && self.decided(&entry.name).is_none())
    }

    /// The low proposals that are not clean, in the order of the list.
    #[must_use]
    pub fn unclean(&self) -> Vec<&Entry> {
        self.sorted(|entry| entry.gone.is_none() && entry.tier() == Tier::Low && !entry.queued.standing.clean)
    }

    /// The proposals that `wanted` wants, hidden by a filter or not, as the list sorts them.
    fn sorted(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = self.entries.iter().filter(|entry| wanted(entry)).collect();
        found.sort_by(|a, b| b.tier().cmp(&a.tier()).then_with(|| self.order.compare(&a.queued, &b.queued)));
        found
    }
}
