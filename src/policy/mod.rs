//! Policy: `.countersign/policy.yaml` and `allowed_signers` as written become a checked [`Policy`] and [`Signers`]; a
//! policy and facts become a ruling with its trace.
//!
//! Pure: reads no file and no clock. Fails closed: what cannot be read is an error with its place, and an error blocks.

mod checked;
mod signers;

pub use checked::{
    Agent, AgentMatch, GateMode, Globs, KeyKind, LedgerKey, MergeMethod, OnReject, Person, Policy, Role, Root, Rule,
    SelfApproval, TierNeeds, Tiers,
};
pub use signers::{Signer, Signers};
