//! What a crash between ledger and target leaves: an entry that names a move which did not happen.

use jiff::Timestamp;

use crate::ledger::{Entry, EntryKind, LedgerView};
use crate::model::{EntryId, Oid};

use super::plan::Authorised;

/// A move that the ledger's last entry names and that can still be made.
pub type Recovery = Authorised<RecoveryParts>;

/// What a [`Recovery`] consists of.
#[derive(Debug, Clone)]
pub struct RecoveryParts {
    /// The entry that names it.
    pub entry: EntryId,
    /// The ref.
    pub refname: String,
    /// Where it still is.
    pub old: Oid,
    /// Where the entry says it goes.
    pub new: Oid,
    /// The ledger's tip, which must still be that one: a void on top of it would have taken the move back.
    pub ledger_tip: Oid,
}

/// An entry that takes an unfinished move back, because its ref has gone elsewhere.
pub type Void = Authorised<VoidParts>;

/// What a [`Void`] consists of.
#[derive(Debug, Clone)]
pub struct VoidParts {
    /// The entry to sign.
    pub entry: Entry,
    /// What it takes back.
    pub about: EntryId,
    /// The ledger's tip that it goes on.
    pub ledger_tip: Oid,
}

/// How a ref is, compared with what the ledger says last of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefNow {
    /// It is where the entry found it, and the new commit is at hand.
    Before,
    /// It is where the entry found it, and the new commit is not at hand: another host has it.
    BeforeElsewhere,
    /// It contains the new commit.
    After,
    /// It went elsewhere.
    Astray,
}

/// What is to be done about the last move that the ledger names.
#[derive(Debug, Clone)]
pub enum Unfinished {
    /// The move can still be made.
    Finish(Recovery),
    /// It cannot; the entry is taken back, so that nothing relies on it.
    Void(Box<Void>),
    /// Only the host that has the commit can finish it.
    Elsewhere(EntryId),
}

/// Looks at the last move that the ledger names for `refname`. `by` is the person who signs a void.
#[must_use]
pub fn unfinished(
    view: &LedgerView,
    refname: &str,
    now: RefNow,
    by: &str,
    id: EntryId,
    at: Timestamp,
) -> Option<Unfinished> {
    let (entry, update) = view.last_move(refname)?;
    // A later entry may object to what the move would land: then nothing moves by itself, and `ledger verify` reports it.
    if view.voided(entry).is_some() || view.entries().last().is_none_or(|last| last.id != entry) {
        return None;
    }
    match now {
        RefNow::After => None,
        RefNow::BeforeElsewhere => Some(Unfinished::Elsewhere(entry)),
        RefNow::Before => Some(Unfinished::Finish(Authorised::grant(RecoveryParts {
            entry,
            refname: refname.to_owned(),
            old: update.old,
            new: update.new,
            ledger_tip: view.tip()?,
        }))),
        RefNow::Astray => {
            let at = view.latest().map_or(at, |latest| at.max(latest));
            let mut void = Entry::new(EntryKind::Void, id, view.genesis()?, at, by);
            void.about = vec![entry];
            let parts = VoidParts { entry: void, about: entry, ledger_tip: view.tip()? };
            Some(Unfinished::Void(Box::new(Authorised::grant(parts))))
        }
    }
}
