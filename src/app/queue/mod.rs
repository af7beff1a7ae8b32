//! The list of proposals: what stands where, where the cursor is, what is marked.
//!
//! Nothing moves by itself. A new snapshot refreshes the rows that are there, in place; what is new is counted and what is
//! gone stays grey until [`Queue::adopt`] is asked for. The cursor is kept by identity, not by number.

pub mod cells;
mod counts;
mod filter;
mod ids;
mod marks;
mod order;
mod rows;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use counts::{Counts, Widths};
pub use filter::Filter;
pub use ids::short_ids;
pub use marks::Marked;
pub use order::{Attention, Order, attention, note, why_here};
pub use rows::{Entry, Layout, Row, Tally};

use crate::app::{RepoId, Repos};
use crate::diff::{FoldKey, fold_key};
use crate::engine::Snapshot;
use crate::model::{DecisionKind, ProposalName, Queued, Words};

/// The list and where a person is in it.
#[derive(Debug)]
pub struct Queue {
    repos: Repos,
    /// Those of which something was read.
    shown: HashSet<RepoId>,
    entries: Vec<Entry>,
    rows: Vec<Row>,
    order: Order,
    open: HashSet<FoldKey>,
    marks: HashSet<ProposalName>,
    /// What was decided and has not left: such a proposal waits, and is in no batch.
    decided: HashMap<ProposalName, DecisionKind>,
    anchor: Option<ProposalName>,
    cursor: usize,
    top: usize,
    /// What the list is filtered by.
    pub filter: Filter,
    waiting: Waiting,
    counts: Counts,
    widths: Widths,
    currency: Option<String>,
}

/// What a newer snapshot has that the list does not show yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Proposals that are new.
    pub fresh: usize,
    /// Proposals that are gone.
    pub gone: usize,
}

impl Waiting {
    /// Whether there is anything to show.
    #[must_use]
    pub const fn any(self) -> bool {
        self.fresh + self.gone > 0
    }
}

impl Queue {
    /// The list of what was read.
    #[must_use]
    pub fn new(repos: Repos) -> Self {
        let mut queue = Self {
            repos,
            shown: HashSet::new(),
            entries: Vec::new(),
            rows: Vec::new(),
            order: Order::default(),
            open: HashSet::new(),
            marks: HashSet::new(),
            decided: HashMap::new(),
            anchor: None,
            cursor: 0,
            top: 0,
            filter: Filter::default(),
            waiting: Waiting::default(),
            counts: Counts::default(),
            widths: Widths::default(),
            currency: None,
        };
        queue.find_currency();
        let read = queue.repos.ids().zip(queue.repos.iter()).filter(|(_, snapshot)| !snapshot.queue.is_empty());
        queue.shown = read.map(|(repo, _)| repo).collect();
        queue.adopt();
        queue
    }

    /// Takes a newer snapshot of a repository: refreshes what is shown, in place, and counts what is not. What is
    /// read of a repository for the first time is shown at once.
    pub fn absorb(&mut self, snapshot: Arc<Snapshot>) {
        let first = !snapshot.queue.is_empty() && self.shown.insert(self.repos.id(&snapshot.repo));
        self.repos.take(snapshot);
        self.find_currency();
        if first || self.entries.is_empty() {
            return self.adopt();
        }
        let latest: HashMap<ProposalName, &Queued> = self.repos.queue().map(|q| (q.proposal.name(), q)).collect();
        let mut kept = 0;
        for entry in &mut self.entries {
            if let Some(queued) = latest.get(&entry.name) {
                kept += 1;
                entry.gone = None;
                if entry.queued != **queued {
                    entry.fold = key_of(queued);
                    entry.queued = (*queued).clone();
                }
            } else {
                entry.gone.get_or_insert_with(|| "gone".to_owned());
            }
        }
        self.waiting = Waiting { fresh: latest.len() - kept, gone: self.entries.len() - kept };
        self.filter.forget();
        let gone = self.entries.iter().filter(|entry| entry.gone.is_some());
        for entry in gone {
            self.marks.remove(&entry.name);
        }
        self.count_again();
    }

    fn find_currency(&mut self) {
        let mut costs = self.repos.queue().filter_map(|queued| queued.findings.as_ref()?.cost.found());
        self.currency = costs.next().map(|cost| cost.currency.clone());
    }

    /// Counts what is still there, in all and under each heading; no row moves.
    fn count_again(&mut self) {
        self.counts = Counts::of(&self.entries, &self.decided);
        let mut under = [Tally::default(); 3];
        let mut here = None;
        for row in &self.rows {
            match row {
                Row::Heading { tier, .. } => here = Some(*tier),
                // The members of an open fold are counted with it.
                Row::Member(_) => {}
                row => {
                    let Some(tier) = here else { continue };
                    let present =
                        row.entries().iter().map(|at| &self.entries[*at]).filter(|entry| entry.gone.is_none());
                    for entry in present {
                        let tally = &mut under[tier as usize];
                        *if entry.tier() == tier { &mut tally.here } else { &mut tally.elsewhere } += 1;
                    }
                }
            }
        }
        for row in &mut self.rows {
            if let Row::Heading { tier, tally } = row {
                *tally = under[*tier as usize];
            }
        }
    }

    /// Shows the latest snapshot as it is: what is new, without what is gone, sorted again.
    pub fn adopt(&mut self) {
        let here = self.here();
        self.entries = self.repos.iter().flat_map(|snapshot| entries_of(snapshot, &self.repos)).collect();
        self.waiting = Waiting::default();
        self.counts = Counts::of(&self.entries, &self.decided);
        self.widths = Widths::of(&self.entries);
        self.filter.forget();
        let names: HashSet<&ProposalName> = self.entries.iter().map(|entry| &entry.name).collect();
        self.marks.retain(|name| names.contains(name));
        self.lay_out(here.as_ref());
    }

    /// Takes what was decided and has not left, by proposal.
    pub fn set_decided(&mut self, decided: HashMap<ProposalName, DecisionKind>) {
        self.decided = decided;
        self.counts = Counts::of(&self.entries, &self.decided);
    }

    /// What was decided about a proposal and has not left.
    #[must_use]
    pub fn decided(&self, name: &ProposalName) -> Option<DecisionKind> {
        self.decided.get(name).copied()
    }

    /// Says what became of proposals that were decided; they stay where they are until the next [`Queue::adopt`].
    pub fn settle(&mut self, name: &ProposalName, fate: &str) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.name == *name) {
            entry.gone = Some(fate.to_owned());
        }
        self.marks.remove(name);
        self.count_again();
    }

    fn lay_out(&mut self, here: Option<&ProposalName>) {
        let passes = self.filter.passes(&self.entries);
        let layout = Layout { order: self.order, open: &self.open, passes: passes.as_deref() };
        self.rows = rows::rows(&self.entries, &layout);
        let found = here.and_then(|name| self.row_of(name));
        self.cursor = found.unwrap_or(self.cursor);
        self.settle_cursor();
    }

    /// The row that shows a proposal: its own, or the fold that it is in.
    fn row_of(&self, name: &ProposalName) -> Option<usize> {
        let shows = |row: &Row| row.entries().iter().any(|at| self.entries[*at].name == *name);
        let own = self.rows.iter().position(|row| matches!(row, Row::One(_) | Row::Member(_)) && shows(row));
        own.or_else(|| self.rows.iter().position(shows))
    }

    /// The name of the proposal under the cursor.
    fn here(&self) -> Option<ProposalName> {
        Some(self.current()?.name.clone())
    }

    fn settle_cursor(&mut self) {
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        if self.rows.get(self.cursor).is_some_and(|row| !row.selectable()) {
            let below = self.rows[self.cursor..].iter().position(Row::selectable);
            self.cursor = below.map_or(0, |offset| self.cursor + offset);
        }
    }

    /// Puts the cursor on a proposal, if it is in the list.
    pub fn go_to(&mut self, name: &ProposalName) {
        if let Some(row) = self.row_of(name) {
            self.cursor = row;
        }
    }

    /// Moves the cursor by so many rows that it may stand on; stops at the ends.
    pub fn step(&mut self, by: isize) {
        let forward = by >= 0;
        for _ in 0..by.unsigned_abs() {
            let next = if forward {
                self.rows.iter().enumerate().skip(self.cursor + 1).find(|(_, row)| row.selectable())
            } else {
                self.rows.iter().enumerate().take(self.cursor).rfind(|(_, row)| row.selectable())
            };
            let Some((at, _)) = next else { return };
            self.cursor = at;
        }
    }

    /// Moves the cursor to the next row of the same kind of thing, around the end; for `n` and `N`.
    pub fn step_around(&mut self, forward: bool) {
        let before = self.cursor;
        self.step(if forward { 1 } else { -1 });
        if self.cursor == before {
            if forward { self.to_top() } else { self.to_bottom() }
        }
    }

    /// Moves the cursor to the first row.
    pub fn to_top(&mut self) {
        self.cursor = 0;
        self.top = 0;
        self.settle_cursor();
    }

    /// Moves the cursor to the last row.
    pub fn to_bottom(&mut self) {
        self.cursor = self.rows.iter().rposition(Row::selectable).unwrap_or(0);
    }

    /// Scrolls so that the cursor is among `height` rows, and a heading just above it too.
    pub fn scroll_into(&mut self, height: usize) {
        let heading = self.cursor > 0 && self.rows.get(self.cursor - 1).is_some_and(|row| !row.selectable());
        let first = self.cursor - usize::from(heading && height > 1);
        self.top = self.top.min(first).max((self.cursor + 1).saturating_sub(height));
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// Opens or closes the fold under the cursor.
    pub fn toggle_fold(&mut self) {
        let Some(key) = self.current().and_then(|entry| entry.fold.clone()) else { return };
        let here = self.here();
        if !self.open.remove(&key) {
            self.open.insert(key);
        }
        let fold = self.rows.get(self.cursor).is_some_and(|row| matches!(row, Row::Fold { .. }));
        self.lay_out(if fold { None } else { here.as_ref() });
    }

    /// Whether there is a fold under the cursor.
    #[must_use]
    pub fn on_fold(&self) -> bool {
        matches!(self.rows.get(self.cursor), Some(Row::Fold { .. } | Row::Member(_)))
    }

    /// Sorts by the next order.
    pub fn sort_next(&mut self) {
        let here = self.here();
        self.order = self.order.next();
        self.lay_out(here.as_ref());
    }

    /// Filters by these words.
    pub fn set_filter(&mut self, text: &str) {
        let here = self.here();
        text.clone_into(&mut self.filter.text);
        self.lay_out(here.as_ref());
    }
}

/// The proposals of a repository.
fn entries_of(snapshot: &Snapshot, repos: &Repos) -> Vec<Entry> {
    let names: Vec<&str> = snapshot.queue.iter().map(|queued| queued.proposal.id.as_str()).collect();
    let entry = |(queued, short): (&Queued, String)| Entry {
        queued: queued.clone(),
        name: queued.proposal.name(),
        label: repos.label(&snapshot.repo, &short),
        short,
        fold: key_of(queued),
        gone: None,
    };
    snapshot.queue.iter().zip(short_ids(&names)).map(entry).collect()
}

/// What is drawn.
impl Queue {
    /// The repositories, as they were read last.
    #[must_use]
    pub const fn repos(&self) -> &Repos {
        &self.repos
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// All proposals of the list, in no order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The row of the cursor.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first row that is drawn.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// How the list is sorted.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
    }

    /// What a newer snapshot has that the list does not show.
    #[must_use]
    pub const fn waiting(&self) -> Waiting {
        self.waiting
    }

    /// The proposal under the cursor; of a fold, the first.
    #[must_use]
    pub fn current(&self) -> Option<&Entry> {
        self.rows.get(self.cursor)?.entries().first().map(|at| &self.entries[*at])
    }

    /// The proposal with this name.
    #[must_use]
    pub fn find(&self, name: &ProposalName) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == *name)
    }

    /// The columns that the widest entries take.
    #[must_use]
    pub const fn widths(&self) -> Widths {
        self.widths
    }

    /// The currency in which costs were found; `None` where none was.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// How many proposals the filter lets through.
    #[must_use]
    pub fn shown(&self) -> usize {
        let heading = |row: &Row| if let Row::Heading { tally, .. } = row { tally.here + tally.elsewhere } else { 0 };
        self.rows.iter().map(heading).sum()
    }

    /// How many proposals there are.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }
}

/// What is clean folds by its shape, since nothing about one of them needs a look of its own; all else only with its like.
pub(in crate::app) fn key_of(queued: &Queued) -> Option<FoldKey> {
    let shape = queued
        .proposal
        .words
        .as_ref()
        .filter(|_| queued.standing.harmless && queued.findings.as_ref().is_none_or(|found| found.clean()))
        .and_then(Words::common);
    let contents = || queued.proposal.diff().map(|diff| fold_key(diff));
    shape.map(|shape| FoldKey::Shape(shape.to_owned())).or_else(contents)
}
