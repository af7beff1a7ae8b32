//! The nouns that every layer speaks: plain values, no behaviour beyond their own consistency, no outside.
//!
//! Text that an agent wrote is kept here as it came (bounded, never trusted); [`text`] is the one place that makes it
//! fit for a terminal, a commit subject or a log line.

mod address;
mod change;
mod claim;
mod cost;
mod decision;
pub mod field;
mod findings;
pub mod forge;
mod forge_report;
mod history;
mod id;
mod incident;
mod intent;
mod known;
pub mod lookalike;
mod proposal;
mod provenance;
mod reach;
mod reasoning;
mod ruling;
pub mod text;

pub use address::WebAddress;
pub use change::{FileChange, LineStats, Mode, Side, TreeDiff};
pub use claim::{Claim, ClaimKind, Claims, Undeclared, Verdict};
pub use cost::{ClaimedCost, Cost, CostSource, Monthly, ObjectCost, PricedAmount};
pub use decision::{
    Answer, Answers, Comment, CommentSide, DecisionKind, LessonDraft, ProposalName, ReasonCode, Scope, Seen, Subject,
};
pub use findings::{CostInBrief, Findings};
pub use forge_report::{CheckLine, ChecksReport, ForgeReport, RemarkLine, Remarks, ReviewLine, Reviews};
pub use history::{Coverage, Moment, PastCommit, PastTouch, SeenBetween, TimeBasis, Undoing};
pub use id::{ChangeId, EntryId, Oid, ParseIdError};
pub use incident::{
    Closeness, Incident, IncidentEvidence, IncidentHit, IncidentKind, IncidentSource, Severity, Tie, TieBy, UndoneBy,
};
pub use intent::{Intent, IntentItem};
pub use known::Known;
pub use proposal::{Contributor, Landing, Problem, Proposal, Queued, Stage, Standing, State, Target, Words};
pub use provenance::{FieldOrigin, PastChange, Provenance, Repair, Sibling, ValueSet};
pub use reach::{ClusterReach, NameUse, Reach, ServiceReach, UsePlace};
pub use reasoning::{Confidence, Part, Reasoning};
pub use ruling::{Approvals, Effect, Outcome, Place, Reason, Ruling, Tier};
