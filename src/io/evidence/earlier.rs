//! What the ledger has against a round: rejections that stand of the like, and lessons.

use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice as _};
use jiff::tz::TimeZone;

use super::rejected::Again;
use super::{Looked, Scene};
use crate::evidence::signals::{Against, Like, Rejected, Repeat, Taught, against};
use crate::io::git::store::{Store, StoreError};
use crate::ledger::{Entry, EntryKind, Item, LedgerView, Objection, ObjectionKind};
use crate::memory;
use crate::model::{FileChange, Oid, TreeDiff};

/// Rejections whose values are compared, the newest ones.
const REJECTIONS: usize = 200;
/// Files of a rejected change whose values are compared.
const FILES: usize = 100;

/// A rejected round whose objects are still here.
#[derive(Debug)]
pub(super) struct Round {
    /// The rejection.
    pub rejected: Rejected,
    /// What it changed on its own base.
    pub diff: TreeDiff,
}

/// The rejected rounds of a ledger, read once for each state of it.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<Option<Read>>);

/// Rounds, with the tips of ledger and target that they were read of.
type Read = (Option<Oid>, Oid, Arc<[Round]>);

impl Rounds {
    /// The rejected rounds that stand and whose objects are here.
    pub(super) fn of(&self, store: &Store, view: &LedgerView, tip: Oid) -> Arc<[Round]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, rounds)) =
            known.as_ref().filter(|(ledger, target, _)| (*ledger, *target) == (view.tip(), tip))
        {
            return Arc::clone(rounds);
        }
        let rounds: Arc<[Round]> = rounds(store, view, tip).into();
        *known = Some((view.tip(), tip, Arc::clone(&rounds)));
        rounds
    }
}

/// Rejections that stand, newest first, as long as their objects are here.
fn rounds(store: &Store, view: &LedgerView, tip: Oid) -> Vec<Round> {
    let entries = view.entries().iter().rev().filter(|entry| entry.kind == EntryKind::Reject);
    let items = entries.flat_map(|entry| entry.items.iter().map(move |item| (entry, item))).take(REJECTIONS);
    let standing = items.filter(|(entry, item)| {
        let objections = view.objections(&item.proposal, item.head, item.change_id);
        objections.iter().any(|objection| objection.entry == entry.id)
    });
    let round = |(entry, item): (&Arc<Entry>, &Item)| {
        let diff = own_change(store, item.head, tip).ok()?;
        (diff.files.len() <= FILES).then(|| Round { rejected: of_item(entry, item), diff })
    };
    standing.filter_map(round).collect()
}

fn own_change(store: &Store, head: Oid, tip: Oid) -> Result<TreeDiff, StoreError> {
    let base = store.merge_base(head, &[tip])?;
    store.diff(store.tree_of(base)?, store.tree_of(head)?)
}

fn of_item(entry: &Entry, item: &Item) -> Rejected {
    Rejected {
        like: Like::Values,
        proposal: item.proposal.clone(),
        head: item.head,
        by: entry.by.clone(),
        at: entry.at,
        reason: entry.reason,
        note: entry.note.clone(),
        entry: entry.id,
    }
}

impl Scene<'_> {
    /// What was refused before, and what goes against what was taught.
    pub(super) fn repeat(&self, looked: &Looked<'_>) -> Option<Repeat> {
        let view = self.situation.view.as_ref()?;
        let mut rejected = objected(looked, view);
        let alike = self.like_rejected(looked, view);
        rejected.extend(
            alike.into_iter().filter(|one| rejected.iter().all(|known| known.entry != one.entry)).collect::<Vec<_>>(),
        );
        Repeat::of(&looked.proposal.id, rejected, self.against_lessons(looked, view))
    }

    /// Rejections of other names that did the same to the same values, wherever they lie now.
    fn like_rejected(&self, looked: &Looked<'_>, view: &LedgerView) -> Vec<Rejected> {
        if looked.proposal.diff().is_none() {
            return Vec::new();
        }
        let rounds = self.workspace.rejected.of(&self.store, view, self.situation.target.tip);
        if rounds.is_empty() {
            return Vec::new();
        }
        let again = Again::of(self, looked);
        let others = rounds.iter().filter(|round| round.rejected.proposal != looked.proposal.id);
        others.filter(|round| again.does_the_same(round)).map(|round| round.rejected.clone()).collect()
    }

    /// Lessons that stand today and speak against the change.
    fn against_lessons(&self, looked: &Looked<'_>, view: &LedgerView) -> Vec<Against> {
        let Some(diff) = looked.proposal.diff() else { return Vec::new() };
        let today = self.situation.now.to_zoned(TimeZone::UTC).date();
        let lessons = memory::lessons(view).into_iter().filter(|lesson| lesson.stands(today));
        lessons
            .filter_map(|lesson| {
                let covers = |file: &&FileChange| lesson.covers(file.path.as_bstr());
                let covered: Vec<BString> = diff.files.iter().filter(covers).map(|file| file.path.clone()).collect();
                let taught = Taught {
                    label: lesson.label(),
                    text: lesson.text,
                    scope: lesson.scope,
                    by: lesson.by,
                    since: lesson.since,
                    entry: lesson.entry,
                };
                against(taught, covered, looked.fields)
            })
            .collect()
    }
}

/// Rejections of the name or of the very change. That of this round itself is no repeat: it is what it stands at.
fn objected(looked: &Looked<'_>, view: &LedgerView) -> Vec<Rejected> {
    let proposal = looked.proposal;
    let change_id = proposal.diff().map(|diff| diff.change_id);
    let earlier = |objection: &Objection| {
        objection.kind == ObjectionKind::Reject && !(objection.same_round && objection.proposal == proposal.id)
    };
    let objections = view.objections(&proposal.id, proposal.head, change_id);
    let rejected = |objection: Objection| Rejected {
        like: if change_id.is_some() && objection.change_id == change_id { Like::Change } else { Like::Name },
        proposal: objection.proposal,
        head: objection.head,
        by: objection.person,
        at: objection.at,
        reason: objection.reason,
        note: objection.note,
        entry: objection.entry,
    };
    objections.into_iter().filter(earlier).map(rejected).collect()
}
