//! What can be wrong with a commit of the ledger.

use jiff::Timestamp;

use super::EntryKind;
use crate::model::{EntryId, Oid};

/// Says that bytes are not an entry in the one form that the ledger has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// The commit object itself is not as git writes it.
    #[error("the commit is malformed: {0}")]
    Commit(String),
    /// It has not exactly one parent (none, for the first).
    #[error("it has {found} parents where {wanted} belong")]
    Parents {
        /// How many it has.
        found: usize,
        /// How many it should have.
        wanted: usize,
    },
    /// Its tree has content.
    #[error("its tree {0} is not the empty tree")]
    Tree(Oid),
    /// It has a header that nobody signs for with Countersign.
    #[error("it has the header `{0}`; write entries with i18n.commitEncoding=UTF-8 and no mergetags")]
    Header(String),
    /// The message is larger than a reader accepts.
    #[error("its message has {0} bytes; the limit is {max}", max = super::MESSAGE_LIMIT)]
    Size(usize),
    /// The message is not a subject, a blank line and one line of JSON.
    #[error("its message is not a subject, a blank line and one line: {0}")]
    Layout(&'static str),
    /// The JSON is not an entry.
    #[error("its JSON is not an entry: {0}")]
    Json(String),
    /// The JSON is an entry, but not spelled as RFC 8785 says.
    #[error("its JSON is not in canonical form (RFC 8785)")]
    NotCanonical,
    /// The members do not fit the kind.
    #[error("{0}")]
    Shape(String),
}

/// Says why a commit of the ledger has no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not the form of an entry.
    #[error("{0}")]
    Form(#[from] FormFault),
    /// Its parent is not the commit before it.
    #[error("its parent is {found} and not {wanted}: the chain is broken here")]
    Link {
        /// The parent that it names.
        found: Oid,
        /// The commit before it.
        wanted: Oid,
    },
    /// There is no valid genesis to build on, or it is not the pinned one.
    #[error("the ledger has no valid beginning, so nothing in it can be judged")]
    NoGenesis,
    /// A genesis where none belongs.
    #[error("a second genesis")]
    SecondGenesis,
    /// The genesis disagrees with the root that it names.
    #[error("this genesis does not hold: {0}")]
    Genesis(String),
    /// It belongs to another ledger.
    #[error("it belongs to the ledger {found}, and this one is {wanted}")]
    OtherLedger {
        /// The `repo` that it names.
        found: EntryId,
        /// The genesis of this ledger.
        wanted: EntryId,
    },
    /// Its id has been used.
    #[error("the id {0} has been used before in this ledger")]
    RepeatedId(EntryId),
    /// `at` is not the committer date.
    #[error("it says {at}, and its committer date is {committer}")]
    Date {
        /// What it says.
        at: Timestamp,
        /// The committer date.
        committer: Timestamp,
    },
    /// It is older than the valid entry before it.
    #[error("it says {at}, and the entry before it says {parent}: back-dated")]
    BackDated {
        /// What it says.
        at: Timestamp,
        /// What the latest valid entry before it says.
        parent: Timestamp,
    },
    /// It is from the future.
    #[error("it says {at}, more than five minutes after this host's {now}")]
    Future {
        /// What it says.
        at: Timestamp,
        /// The reader's clock.
        now: Timestamp,
    },
    /// `by` is nobody whom the policy in force knows.
    #[error("`{0}` is nobody whom the policy in force knows")]
    UnknownPerson(String),
    /// The person may not sign such an entry.
    #[error("{by} may not sign a {kind}: that takes the role {role}")]
    Role {
        /// The person.
        by: String,
        /// The kind of entry.
        kind: EntryKind,
        /// The role that is missing.
        role: &'static str,
    },
    /// The signature does not hold.
    #[error("{0}")]
    Signature(#[from] SignatureFault),
    /// The signature holds, and is by a key that everybody has.
    #[error("it is signed with a key of the demo, which everybody has")]
    DemoKey,
    /// The signature holds, and is another person's.
    #[error("it says {by}, and {principal} signed it")]
    OtherSigner {
        /// Whom it names.
        by: String,
        /// Who signed.
        principal: String,
    },
    /// It moves the default branch to a commit whose policy and signers cannot be in force.
    #[error("it moves the default branch to {commit}, whose .countersign/ cannot be in force: {why}")]
    Root {
        /// The commit.
        commit: Oid,
        /// Why.
        why: String,
    },
    /// A void of what cannot be voided.
    #[error("{0}")]
    Void(String),
}

/// Says why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is none.
    #[error("it is not signed")]
    Missing,
    /// It is not an SSH signature.
    #[error("its signature is not an SSH signature: {0}")]
    NotSsh(String),
    /// It was made for something else.
    #[error("its signature is for `{0}` and not for `git`")]
    Namespace(String),
    /// It is not over these bytes, or not by that key.
    #[error("its signature does not hold for what it says")]
    Bad,
    /// The key is nobody's.
    #[error("the key {0} is not among the signers in force")]
    UnknownKey(String),
    /// The key is somebody's, but not at that time or not for this.
    #[error("the key {key} of {principal} (allowed_signers:{line}) may not sign this: {why}")]
    NotAllowed {
        /// The key's fingerprint.
        key: String,
        /// Whose it is.
        principal: String,
        /// The line of `allowed_signers`, from 1.
        line: usize,
        /// Why not.
        why: String,
    },
    /// Two principals share the key.
    #[error("the key {key} belongs to {first} and to {second}; one key, one person")]
    Shared {
        /// The key's fingerprint.
        key: String,
        /// One principal.
        first: String,
        /// Another.
        second: String,
    },
    /// In-process verification cannot judge it, and `ssh-keygen` has not been asked.
    #[error("only ssh-keygen can judge its signature, and it was not asked: {0}")]
    Unresolved(String),
    /// `ssh-keygen` refused it.
    #[error("ssh-keygen refuses its signature: {0}")]
    Refused(String),
}
