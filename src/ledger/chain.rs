//! The chain: which commits of the ledger are valid entries, judged in order, each by what was in force at its place.

mod adopt;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::adopt::Unadopted;
use super::signature::{self, Externals, Question, Verified};
use super::{Entry, EntryKind, Fault, RawCommit, SignatureFault, message};
use crate::model::{ChangeId, EntryId, Oid};
use crate::policy::{self, Person, Role, Root};

/// How far ahead of the reader's clock an entry may be.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Gives the policy and signers at a commit of the default branch. The shell reads and keeps them.
pub trait Roots {
    /// The root at `commit`, or why there is none.
    fn root(&self, commit: Oid) -> Result<Arc<Root>, String>;

    /// Whether the commit is here at all. One that is not was never fetched, so no branch has arrived at it.
    fn has(&self, commit: Oid) -> bool;

    /// What the commit is and changes, computed from its objects, or why that cannot be had.
    fn landing(&self, commit: Oid) -> Result<Landing, String>;
}

/// A commit as its objects have it, whatever an entry says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Its tree.
    pub tree: Oid,
    /// The change from its first parent's tree to its own.
    pub change_id: ChangeId,
}

/// Something under which nobody may decide until it is resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// The ledger is empty or gone, though one is pinned.
    #[error("the ledger is missing, and {0} is pinned: it was deleted, or it has not been fetched")]
    Missing(EntryId),
    /// It begins with another genesis than the pinned one.
    #[error("the ledger begins with {found}, and {pinned} is pinned: it was replaced")]
    OtherGenesis {
        /// What was found.
        found: EntryId,
        /// What is pinned.
        pinned: EntryId,
    },
    /// Its first commit is no valid genesis.
    #[error("the ledger has no valid beginning: {0}")]
    NoGenesis(Fault),
    /// An entry moved the default branch to a root that cannot be in force.
    #[error("{0}")]
    Root(Fault),
}

/// One commit of the ledger, judged.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The commit.
    pub oid: Oid,
    /// The entry, or why the commit has no effect.
    pub entry: Result<Arc<Entry>, Fault>,
    /// What the commit claims to be, where it can be read at all; for reports on faults.
    pub claimed: Option<Arc<Entry>>,
    /// Who signed it, where that is known.
    pub signed: Option<Verified>,
    /// The root in force at its place: for the genesis, the one that it begins with.
    pub root: Option<Arc<Root>>,
}

impl Checked {
    /// The entry, if it is valid.
    #[must_use]
    pub fn valid(&self) -> Option<&Arc<Entry>> {
        self.entry.as_ref().ok()
    }
}

/// A ledger, judged from its first commit on. [`Chain::extend`] goes on where it ended.
#[derive(Debug, Clone)]
pub struct Chain {
    pin: Option<EntryId>,
    genesis: Option<Arc<Entry>>,
    commits: Vec<Checked>,
    alarms: Vec<Alarm>,
    questions: Vec<Question>,
    /// The valid entries by id, with the places of their commits.
    ids: HashMap<EntryId, usize>,
    latest: Option<Timestamp>,
    /// The roots that entries brought into force, oldest first; the last one is in force.
    roots: Vec<(EntryId, Arc<Root>)>,
    /// Entries that moved the default branch to policy or signers that they did not bring into force.
    unadopted: Vec<Unadopted>,
}

/// What judging needs from outside: roots by commit, answers of `ssh-keygen`, the reader's clock.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Policy and signers by commit.
    pub roots: &'a dyn Roots,
    /// What has been found out about signatures.
    pub externals: &'a Externals,
    /// The reader's clock.
    pub now: Timestamp,
}

/// Judges a ledger: its commits along first parents, oldest first. `pin` is the genesis that the reader insists on; with
/// `None` the first one is believed (and the caller pins it).
#[must_use]
pub fn read(
    raw: &[RawCommit],
    pin: Option<EntryId>,
    roots: &dyn Roots,
    externals: &Externals,
    now: Timestamp,
) -> Chain {
    let mut chain = Chain::new(pin);
    chain.extend(raw, &Surroundings { roots, externals, now });
    if let (true, Some(pin)) = (chain.commits.is_empty(), pin) {
        chain.alarms.push(Alarm::Missing(pin));
    }
    chain
}

impl Chain {
    /// A chain without commits.
    #[must_use]
    pub fn new(pin: Option<EntryId>) -> Self {
        Self {
            pin,
            genesis: None,
            commits: Vec::new(),
            alarms: Vec::new(),
            questions: Vec::new(),
            ids: HashMap::new(),
            latest: None,
            roots: Vec::new(),
            unadopted: Vec::new(),
        }
    }

    /// Judges further commits, oldest first, that follow those already judged.
    pub fn extend(&mut self, raw: &[RawCommit], around: &Surroundings<'_>) {
        self.commits.reserve(raw.len());
        for commit in raw {
            let checked = self.judge(commit, around);
            self.commits.push(checked);
        }
    }

    /// All commits, oldest first.
    #[must_use]
    pub fn commits(&self) -> &[Checked] {
        &self.commits
    }

    /// The valid entries, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.commits.iter().filter_map(Checked::valid)
    }

    /// The commits that have no effect, oldest first.
    pub fn faults(&self) -> impl Iterator<Item = (&Checked, &Fault)> {
        self.commits.iter().filter_map(|checked| checked.entry.as_ref().err().map(|fault| (checked, fault)))
    }

    /// The genesis, if the ledger has a valid one that agrees with the pin.
    #[must_use]
    pub fn genesis(&self) -> Option<&Arc<Entry>> {
        self.genesis.as_ref()
    }

    /// The default branch's full ref name, as the genesis names it.
    #[must_use]
    pub fn default_ref(&self) -> Option<&str> {
        self.genesis.as_ref().and_then(|genesis| genesis.refs.first()).map(|update| update.refname.as_str())
    }

    /// What must be resolved before anybody decides.
    #[must_use]
    pub fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }

    /// The signatures that only `ssh-keygen` can judge and that it has not judged yet. Ask, and read the chain again.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The last commit, valid or not: what the next entry's parent is.
    #[must_use]
    pub fn tip(&self) -> Option<Oid> {
        self.commits.last().map(|checked| checked.oid)
    }

    /// The `at` of the latest valid entry; the next entry may not be older.
    #[must_use]
    pub const fn latest(&self) -> Option<Timestamp> {
        self.latest
    }

    /// The root in force for the next entry.
    #[must_use]
    pub fn root(&self) -> Option<&Arc<Root>> {
        self.roots.last().map(|(_, root)| root)
    }

    /// Entries that moved the default branch to a changed `.countersign/` which is not in force by that, and why not: what
    /// was in force stays in force.
    #[must_use]
    pub fn unadopted(&self) -> &[Unadopted] {
        &self.unadopted
    }

    fn judge(&mut self, commit: &RawCommit, around: &Surroundings<'_>) -> Checked {
        let first = self.commits.is_empty();
        let root = self.root().cloned();
        let mut checked = Checked { oid: commit.oid, entry: Err(Fault::NoGenesis), claimed: None, signed: None, root };
        let result = self.well_formed(commit, first).and_then(|entry| {
            checked.claimed = Some(Arc::clone(&entry));
            let judged = if first { Self::begin } else { Self::follow };
            judged(self, commit, &entry, around, &mut checked)?;
            Ok(entry)
        });
        match (&result, first) {
            (Ok(entry), _) => {
                self.ids.insert(entry.id, self.commits.len());
                self.latest = Some(entry.at);
            }
            (Err(fault), true) if self.alarms.is_empty() => self.alarms.push(Alarm::NoGenesis(fault.clone())),
            (Err(fault @ Fault::Root { .. }), _) => self.alarms.push(Alarm::Root(fault.clone())),
            _ => {}
        }
        checked.entry = result;
        checked
    }

    /// The form of the commit, its link to the one before it, and its message.
    fn well_formed(&self, commit: &RawCommit, first: bool) -> Result<Arc<Entry>, Fault> {
        commit.form(first)?;
        if let (Some(&found), Some(wanted)) = (commit.parents.first(), self.tip())
            && found != wanted
        {
            return Err(Fault::Link { found, wanted });
        }
        Ok(Arc::new(message::parse_message(&commit.message)?))
    }

    /// The first entry: it is judged by the signers of the very commit that it names.
    fn begin(
        &mut self,
        commit: &RawCommit,
        entry: &Arc<Entry>,
        around: &Surroundings<'_>,
        checked: &mut Checked,
    ) -> Result<(), Fault> {
        if entry.kind != EntryKind::Genesis {
            return Err(Fault::NoGenesis);
        }
        if let Some(pinned) = self.pin.filter(|pinned| *pinned != entry.id) {
            self.alarms.push(Alarm::OtherGenesis { found: entry.id, pinned });
            return Err(Fault::OtherLedger { found: entry.id, wanted: pinned });
        }
        let update = entry.refs.first().ok_or(Fault::NoGenesis)?;
        let root = around.roots.root(update.new).map_err(Fault::Genesis)?;
        belongs(&root, entry.id).map_err(Fault::Genesis)?;
        checked.root = Some(Arc::clone(&root));
        self.timely(commit, entry, around.now)?;
        checked.signed = Some(self.signed(commit, entry, &root, around)?);
        self.roots.push((entry.id, root));
        self.genesis = Some(Arc::clone(entry));
        Ok(())
    }

    /// Any later entry.
    fn follow(
        &mut self,
        commit: &RawCommit,
        entry: &Arc<Entry>,
        around: &Surroundings<'_>,
        checked: &mut Checked,
    ) -> Result<(), Fault> {
        let (Some(genesis), Some(root)) = (&self.genesis, self.root().cloned()) else {
            return Err(Fault::NoGenesis);
        };
        if entry.kind == EntryKind::Genesis {
            return Err(Fault::SecondGenesis);
        }
        if entry.repo != genesis.id {
            return Err(Fault::OtherLedger { found: entry.repo, wanted: genesis.id });
        }
        if self.ids.contains_key(&entry.id) {
            return Err(Fault::RepeatedId(entry.id));
        }
        self.timely(commit, entry, around.now)?;
        checked.signed = Some(self.signed(commit, entry, &root, around)?);
        self.apply_root(entry, &root, around)
    }

    /// Its date: the committer's, not before the last valid entry, not from the future.
    fn timely(&self, commit: &RawCommit, entry: &Entry, now: Timestamp) -> Result<(), Fault> {
        let committer = commit.committer.as_ref().map(|stamp| stamp.time).unwrap_or_default();
        if committer != entry.at {
            return Err(Fault::Date { at: entry.at, committer });
        }
        if let Some(parent) = self.latest.filter(|parent| entry.at < *parent) {
            return Err(Fault::BackDated { at: entry.at, parent });
        }
        if entry.at > now.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX) {
            return Err(Fault::Future { at: entry.at, now });
        }
        Ok(())
    }

    /// Its signature, by the person whom it names, who may sign such an entry.
    fn signed(
        &mut self,
        commit: &RawCommit,
        entry: &Entry,
        root: &Root,
        around: &Surroundings<'_>,
    ) -> Result<Verified, Fault> {
        let person = root.policy.person(&entry.by).ok_or_else(|| Fault::UnknownPerson(entry.by.clone()))?;
        let question = Question { commit: commit.oid, root: root.commit, at: entry.at };
        let verified = signature::verify(commit, &root.signers, &question, around.externals).inspect_err(|fault| {
            if matches!(fault, SignatureFault::Unresolved(_)) {
                self.questions.push(question);
            }
        })?;
        let demo = self.genesis.as_deref().unwrap_or(entry).demo;
        if !demo && verified.key.as_deref().is_some_and(policy::is_demo_key) {
            return Err(Fault::DemoKey);
        }
        if !person.emails.iter().any(|email| email.eq_ignore_ascii_case(&verified.principal)) {
            return Err(Fault::OtherSigner { by: entry.by.clone(), principal: verified.principal });
        }
        may_sign(person, entry.kind)?;
        Ok(verified)
    }
}

/// Whether a root is of this ledger.
fn belongs(root: &Root, genesis: EntryId) -> Result<(), String> {
    match &root.policy.ledger {
        Some(key) if key.id == genesis => Ok(()),
        Some(key) => Err(format!("its policy names the ledger {}, and this one is {genesis}", key.id)),
        None => Err("its policy names no ledger".to_owned()),
    }
}

/// Whether a person's roles cover an entry of this kind.
fn may_sign(person: &Person, kind: EntryKind) -> Result<(), Fault> {
    let (role, name) = match kind {
        EntryKind::Genesis | EntryKind::Override | EntryKind::Reset => (Role::Admin, "admin"),
        _ => (Role::Approve, "approve"),
    };
    if person.roles.contains(&role) { Ok(()) } else { Err(Fault::Role { by: person.name.clone(), kind, role: name }) }
}

#[cfg(test)]
mod tests;
