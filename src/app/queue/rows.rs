//! From proposals to the rows of the list: sorted, grouped by tier, identical changes folded.
//!
//! Rows are indices; their cells are made only for the rows that a frame draws.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::order::Order;
use crate::diff::FoldKey;
use crate::model::{ProposalName, Queued, Tier};

/// A proposal as the list holds it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The proposal as it was last read.
    pub queued: Queued,
    /// What tells it from all others.
    pub name: ProposalName,
    /// The shortest end of its name that is unique in its repository.
    pub short: String,
    /// The same with its repository's name, where there are several.
    pub label: String,
    /// What it shares with identical changes under other names.
    pub fold: Option<FoldKey>,
    /// Why it is no longer in the queue; `None` while it is. Such an entry stays, grey, until a refresh is asked for.
    pub gone: Option<String>,
}

impl Entry {
    /// Its tier.
    #[must_use]
    pub const fn tier(&self) -> Tier {
        self.queued.standing.ruling.tier
    }
}

/// How many proposals stand under a heading and are still there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that belong there.
    pub here: usize,
    /// Those that have another tier by now, and move when the list is sorted again.
    pub elsewhere: usize,
}

/// A row of the list. Numbers are indices of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The heading of a tier.
    Heading {
        /// The tier.
        tier: Tier,
        /// How many proposals stand under it.
        tally: Tally,
    },
    /// A proposal of its own.
    One(usize),
    /// Identical changes.
    Fold {
        /// The proposals, first in order first.
        members: Arc<[usize]>,
        /// Whether they are listed below.
        open: bool,
    },
    /// A proposal of the open fold above.
    Member(usize),
}

impl Row {
    /// The proposals that an action on this row means.
    #[must_use]
    pub fn entries(&self) -> &[usize] {
        match self {
            Self::Heading { .. } => &[],
            Self::One(entry) | Self::Member(entry) => std::slice::from_ref(entry),
            Self::Fold { members, .. } => members,
        }
    }

    /// Whether the cursor may stand on it.
    #[must_use]
    pub const fn selectable(&self) -> bool {
        !matches!(self, Self::Heading { .. })
    }
}

/// Which entries a list shows and how.
#[derive(Debug)]
pub struct Layout<'a> {
    /// The order inside a tier.
    pub order: Order,
    /// The folds that are open.
    pub open: &'a HashSet<FoldKey>,
    /// For every entry, whether it passes the filter; `None` where nothing is filtered.
    pub passes: Option<&'a [bool]>,
}

/// Lays entries out; `n log n` in their number, once a change, never a frame.
#[must_use]
pub fn rows(entries: &[Entry], layout: &Layout<'_>) -> Vec<Row> {
    let mut sorted: Vec<usize> =
        (0..entries.len()).filter(|at| layout.passes.is_none_or(|passes| passes[*at])).collect();
    sorted.sort_by(|a, b| {
        let (a, b) = (&entries[*a], &entries[*b]);
        b.tier().cmp(&a.tier()).then_with(|| layout.order.compare(&a.queued, &b.queued))
    });
    let mut rows = Vec::with_capacity(sorted.len() + 3);
    for tier in [Tier::High, Tier::Medium, Tier::Low] {
        let group: Vec<usize> = sorted.iter().copied().filter(|at| entries[*at].tier() == tier).collect();
        if !group.is_empty() {
            let here = group.iter().filter(|at| entries[**at].gone.is_none()).count();
            rows.push(Row::Heading { tier, tally: Tally { here, elsewhere: 0 } });
            push_group(&mut rows, entries, &group, layout.open);
        }
    }
    rows
}

/// The rows of one tier: every fold stands where its first member would.
fn push_group(rows: &mut Vec<Row>, entries: &[Entry], group: &[usize], open: &HashSet<FoldKey>) {
    // A decision is about one repository, and so is a row.
    let mut members: HashMap<(&str, &FoldKey), Vec<usize>> = HashMap::new();
    for at in group {
        if let Some(key) = &entries[*at].fold {
            members.entry((&entries[*at].name.repo, key)).or_default().push(*at);
        }
    }
    for at in group {
        let own = |key| members.get(&(entries[*at].name.repo.as_str(), key));
        let fold = entries[*at].fold.as_ref().and_then(|key| Some((key, own(key)?)));
        match fold {
            Some((key, all)) if all.len() > 1 => {
                if all[0] == *at {
                    let open = open.contains(key);
                    rows.push(Row::Fold { members: all.as_slice().into(), open });
                    rows.extend(all.iter().filter(|_| open).map(|member| Row::Member(*member)));
                }
            }
            _ => rows.push(Row::One(*at)),
        }
    }
}
