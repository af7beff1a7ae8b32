//! The ledger: the signed, append-only record of all decisions and what came of them.
//!
//! A branch of commits with the empty tree, one an entry, oldest first: [`Entry`] is what a commit says, [`message()`] and
//! [`parse_message`] its one spelling, [`RawCommit`] the object that carries and signs it. [`read`] judges a chain of
//! them: form, link, signature, person, time, and the signers in force at each place; a commit that does not hold has no
//! effect and is reported. [`LedgerView`] is what the valid ones add up to, and [`verify()`] compares them with what landed.
//!
//! Pure: commits, roots, landed commits and the answers of `ssh-keygen` come in as data. No clock: `now` is an argument.

mod armor;
mod chain;
mod check;
mod commit;
mod entry;
mod fault;
mod message;
mod origin;
pub mod signature;
mod stated;
#[cfg(test)]
pub(crate) mod testing;
pub mod verify;
mod view;

pub use chain::{Alarm, CLOCK_SKEW, Chain, Checked, Landing, Roots, Surroundings, Unadopted, read};
pub use commit::{RawCommit, Stamp};
pub use entry::{Entry, EntryKind, Item, LessonRecord, MergeRecord, PolicyRef, RefUpdate, VERSION};
pub use fault::{Fault, FormFault, SignatureFault};
pub use message::{MESSAGE_LIMIT, SUBJECT_COLUMNS, message, parse_message};
pub use origin::Origin;
pub use signature::{Externals, Question, Seal, Sealed, Verified};
pub use stated::{Stated, state, stated};
pub use verify::{
    Branch as ProtectedBranch, Evidence, LandingFacts, Landings, Question as LandedQuestion, Unapproved, VerifyReport,
    unaccounted, verify,
};
pub use view::{Approval, LedgerView, Merged, Objection, ObjectionKind, Taught};
