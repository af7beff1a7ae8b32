//! Policy: `.countersign/policy.yaml` and `allowed_signers` as written become a checked [`Policy`] and [`Signers`]; a
//! policy and facts become a ruling with its trace.
//!
//! Pure: reads no file and no clock. Fails closed: what cannot be read is an error with its place, and an error blocks.

mod approvals;
mod builtin;
mod checked;
mod error;
mod evaluate;
mod facts;
mod fitted;
mod github;
mod globs;
mod guards;
mod landscape;
mod lint;
mod parse;
mod refs;
mod scope;
mod signer_line;
mod signers;
mod trace;

pub use builtin::{built_in, built_in_table};
pub use checked::{
    Agent, AgentMatch, CostFiles, GateMode, KeyKind, LedgerKey, MemoryVia, MergeMethod, OnReject, Person, Policy,
    RequiredCheck, Role, Root, Rule, SelfApproval, TierNeeds, Tiers,
};
pub use error::{PolicyError, error_ruling};
pub use evaluate::{Evaluation, evaluate};
pub use facts::{Approval, CheckFacts, Facts, Given, Objection, Reviewed, trailers};
pub use fitted::{Findings, FoundAgent, FoundPerson, fitted};
pub use github::{OnGitHub, is_anothers, on_github};
pub use globs::{GlobError, Globs};
pub use landscape::{Cluster, Priorities, Service};
pub use lint::{Lint, Source, lint, lint_files};
pub use parse::{KEYS, Keys, parse, prices};
pub use signers::{Signer, Signers, is_demo_key};
pub use trace::{ConditionTrace, TraceLine, explain_text};
