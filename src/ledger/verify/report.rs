//! What verification found, for people and, through serde, for scripts.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{EntryId, Oid, Stage};

/// A commit of the ledger that has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultReport {
    /// The commit.
    pub commit: Oid,
    /// The id that it claims, where it can be read.
    pub id: Option<EntryId>,
    /// Whom it names, where it can be read. Anybody can write that.
    pub by: Option<String>,
    /// What is wrong.
    pub what: String,
    /// The void that acknowledges it.
    pub acknowledged: Option<EntryId>,
}

/// A landed merge, or a move of a protected ref, that does not match the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The entry that records it.
    pub entry: EntryId,
    /// The proposal; empty where it is about a ref.
    pub proposal: String,
    /// The landing commit, or where the ref was moved to.
    pub commit: Oid,
    /// What is wrong.
    pub what: String,
}

/// A merge that an entry records and that its ref does not have: a push that did not finish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// The entry.
    pub entry: EntryId,
    /// The full name of the ref.
    #[serde(rename = "ref")]
    pub refname: String,
    /// Where the ref was to go.
    pub new: Oid,
}

/// A commit of a protected branch that no entry accounts for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unapproved {
    /// The full name of the ref.
    #[serde(rename = "ref")]
    pub refname: String,
    /// The commit.
    pub commit: Oid,
}

/// A protected branch, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BranchReport {
    /// The full name of the ref.
    #[serde(rename = "ref")]
    pub refname: String,
    /// Its commits since the ledger speaks of it.
    pub commits: usize,
    /// How many of them no entry accounts for.
    pub unapproved: usize,
    /// Whether an entry ever moved it; where none did, its commits since the genesis are counted by their own dates.
    pub moved: bool,
}

/// Something that is worth knowing and breaks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The entry.
    pub entry: EntryId,
    /// What.
    pub what: String,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Nothing is wrong in the ledger, and every landed merge matches its approval; in the stage enforce also nothing landed
    /// without one.
    pub ok: bool,
    /// The stage under which `ok` was decided.
    pub stage: Stage,
    /// The genesis.
    pub genesis: Option<EntryId>,
    /// The ledger's last commit.
    pub tip: Option<Oid>,
    /// When its latest valid entry was made.
    pub latest: Option<Timestamp>,
    /// Commits of the ledger.
    pub commits: usize,
    /// Valid entries.
    pub entries: usize,
    /// Merges that were compared with what landed.
    pub merges: usize,
    /// What must be resolved before anybody decides.
    pub alarms: Vec<String>,
    /// Commits without effect.
    pub faults: Vec<FaultReport>,
    /// What landed otherwise than the ledger says.
    pub mismatches: Vec<Mismatch>,
    /// Pushes that did not finish; the next start finishes or voids them.
    pub unfinished: Vec<Unfinished>,
    /// The protected branches that were compared.
    pub branches: Vec<BranchReport>,
    /// Commits after the genesis that no entry accounts for, at most [`VerifyReport::LISTED`] of them.
    pub unapproved: Vec<Unapproved>,
    /// How many there are.
    pub unapproved_total: usize,
    /// What else is worth knowing.
    pub remarks: Vec<Remark>,
}

impl VerifyReport {
    /// How many unapproved commits are listed; all are counted.
    pub const LISTED: usize = 1000;
}
