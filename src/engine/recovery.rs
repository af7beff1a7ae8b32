//! What the ledger says of a ref and the ref does not have: a push that stopped half way, or a ref that somebody moved back.
//!
//! From the ledger alone the two cannot be told apart, and they want opposite things. So nothing moves and nothing is signed
//! by itself, except where this host's own outbox proves that its push was cut in two; everything else is shown, and a
//! person says which it is.

use std::sync::Arc;

use jiff::Timestamp;

use crate::ledger::{Chain, Checked, Entry, EntryKind};
use crate::model::{EntryId, Oid, Tier};
use crate::policy::{Person, Role};

use super::Refusal;
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
    /// On whose word it is made.
    pub consent: Consent,
}

/// An entry that takes moves back which their ref does not have.
pub type Void = Authorised<VoidParts>;

/// What a [`Void`] consists of.
#[derive(Debug, Clone)]
pub struct VoidParts {
    /// The entry to sign.
    pub entry: Entry,
    /// What it takes back, newest first.
    pub about: Vec<EntryId>,
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
    /// It went elsewhere.
    Astray,
}

/// Why a move may be made that a ref does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// This host's outbox holds what the entry records, and the ref was never seen there: its own push was cut in two.
    OwnCrash,
    /// A person was shown the move and said yes.
    Person,
}

/// The newest moves of a ref that the ledger names and the ref does not have.
#[derive(Debug, Clone)]
pub struct Gap {
    /// The full name of the ref.
    pub refname: String,
    /// The entries, newest first. Never empty.
    pub entries: Vec<Arc<Entry>>,
    /// Where the newest one begins.
    pub old: Oid,
    /// Where it ends.
    pub new: Oid,
    /// Whether nothing was recorded after it.
    pub last: bool,
    genesis: EntryId,
    ledger_tip: Oid,
}

/// Compares a ref with what the ledger says of it; `has` tells whether it contains a commit. `None` where it has the newest
/// move that no void took back.
#[must_use]
pub fn gap(chain: &Chain, refname: &str, has: &dyn Fn(Oid) -> bool) -> Option<Gap> {
    let mut voided: Vec<EntryId> = Vec::new();
    let mut entries = Vec::new();
    let mut newest: Option<(Oid, Oid)> = None;
    let last = chain.entries().last()?.id;
    for entry in chain.commits().iter().rev().filter_map(Checked::valid) {
        if entry.kind == EntryKind::Void {
            voided.extend(&entry.about);
        }
        let Some(update) = entry.moves(refname).filter(|_| !voided.contains(&entry.id)) else { continue };
        if has(update.new) {
            break;
        }
        newest.get_or_insert((update.old, update.new));
        entries.push(Arc::clone(entry));
    }
    let (old, new) = newest?;
    let last = entries.first().is_some_and(|entry| entry.id == last);
    let (genesis, ledger_tip) = (chain.genesis()?.id, chain.tip()?);
    Some(Gap { refname: refname.to_owned(), entries, old, new, last, genesis, ledger_tip })
}

impl Gap {
    /// The newest entry.
    #[must_use]
    pub fn entry(&self) -> EntryId {
        self.entries.first().map_or(self.genesis, |entry| entry.id)
    }

    /// When the newest entry was made, as it says.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.entries.first().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at)
    }

    /// Who made it.
    #[must_use]
    pub fn by(&self) -> &str {
        self.entries.first().map_or("", |entry| entry.by.as_str())
    }

    /// The move, where it can be made. On whose word is for the caller to say, and to be sure of.
    pub fn finish(&self, now: RefNow, consent: Consent) -> Result<Recovery, Refusal> {
        let refuse = |what: &str, next: &str| Err(Refusal { what: what.to_owned(), next: next.to_owned() });
        let take_back = "take the entry back with `countersign ledger void`";
        match now {
            // Somebody may have objected since to what it would land.
            _ if !self.last => refuse("later entries were made on top of it", take_back),
            RefNow::Astray => refuse("the branch has gone elsewhere, so the move cannot be made any more", take_back),
            RefNow::BeforeElsewhere => refuse(
                "the commits that it lands are not here: only the host that made them can push them",
                "run this there, or take the entry back with `countersign ledger void`",
            ),
            RefNow::Before => Ok(Authorised::grant(RecoveryParts {
                entry: self.entry(),
                refname: self.refname.clone(),
                old: self.old,
                new: self.new,
                ledger_tip: self.ledger_tip,
                consent,
            })),
        }
    }

    /// Whether taking all of it back could change who may sign, as far as can be told where not all commits are at hand: a
    /// change of policy is high and lands alone.
    fn may_change_trust(&self, chain: &Chain, here: &dyn Fn(Oid) -> bool) -> bool {
        let about: Vec<EntryId> = self.entries.iter().map(|entry| entry.id).collect();
        let unseen = |entry: &Entry| entry.moves(&self.refname).is_some_and(|update| !here(update.new));
        let alone = |entry: &Entry| matches!(entry.items.as_slice(), [item] if item.tier == Tier::High);
        chain.changes_trust(&about) || self.entries.iter().any(|entry| unseen(entry) && alone(entry))
    }

    /// The entry that takes all of it back, for a person who was shown it and said yes. `here` tells which commits are at hand.
    pub fn take_back(
        &self,
        chain: &Chain,
        here: &dyn Fn(Oid) -> bool,
        (by, note): (&Person, Option<String>),
        (id, at): (EntryId, Timestamp),
    ) -> Result<Void, Refusal> {
        let about: Vec<EntryId> = self.entries.iter().map(|entry| entry.id).collect();
        let refuse = |what: String, next: &str| Err(Refusal { what, next: next.to_owned() });
        if about.contains(&self.genesis) {
            let what = "the branch does not even have the commit that the ledger begins with".to_owned();
            return refuse(what, "move the branch back to where it was; a ledger's beginning cannot be taken back");
        }
        let admin = self.may_change_trust(chain, here);
        let role = if admin { Role::Admin } else { Role::Approve };
        if !by.has(role) {
            let role = if admin { "admin, since that may take a policy or signers out of force" } else { "approve" };
            return refuse(format!("{} may not take it back: that takes the role {role}", by.name), "ask who has it");
        }
        let at = chain.latest().map_or(at, |latest| at.max(latest));
        let mut entry = Entry::new(EntryKind::Void, id, self.genesis, at, &by.name);
        entry.about.clone_from(&about);
        entry.note = note.filter(|note| !note.trim().is_empty());
        Ok(Authorised::grant(VoidParts { entry, about, ledger_tip: self.ledger_tip }))
    }
}
