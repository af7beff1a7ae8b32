//! Decision to plan to steps: the only way from a decision to a mutation.
//!
//! [`plan()`] is a function of the intents, the [`World`] as it is now and a [`Stack`] that merges; its [`Plan`] is what a
//! sheet shows and what the shell executes. A plan can be made nowhere else, and only from rulings that allow it: the
//! functions in `io` that move a ref take one, so going around policy is a type error. Before execution the plan is made
//! again from a fresh world, and runs only if the two agree (`PlanParts::agrees_with`).

mod checks;
mod console;
mod genesis;
mod landing;
mod next_step;
mod offer;
mod order;
mod plan;
mod planning;
mod posting;
mod record;
mod recovery;
mod root;
mod soft_facts;
mod stack;
mod standing;
#[cfg(test)]
mod tests;
mod world;

pub use checks::ForgeChecks;
pub use console::{Draft, Failure, Fate, InitOffer, LedgerHealth, Opened, Report, SentItem, Snapshot};
pub use genesis::{Genesis, GenesisParts, GenesisRequest, POLICY_PATH, ROOT_FILE_LIMIT, SIGNERS_PATH, genesis};
pub use landing::{
    Asks, LandedPull, Recording, RecordingParts, Unrecorded, awaiting_record, may_await_record, recording,
};
pub use next_step::NextStep;
pub use offer::{Offer, OfferOrder, offer};
pub use order::sort;
pub use plan::{Action, Authorised, Awaits, Dropped, MemoryChange, Plan, PlanParts, PlannedItem, RefMove};
pub use planning::{Refusal, plan};
pub use posting::{Act, BODY_LIMIT, Desk, Held, Hold, Merging, Post, PostOrder, Posts, posts, stands, tells};
pub use record::{Landed, entries, landing_message, lesson_record, memory_message};
pub use recovery::{Consent, Gap, Recovery, RecoveryParts, RefNow, Void, VoidParts, gap};
pub use stack::Stack;
pub use standing::{queue, queued, summary, total};
pub use world::{Force, Found, Via, World};
