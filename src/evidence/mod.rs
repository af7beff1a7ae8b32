//! Evidence: what is known about a round, each kind a pure function of its inputs.
//!
//! [`reasoning`] reads what the agent says. Everything it returns is a claim: it is shown after *says*, compared with what
//! was found, and never taken for a fact. [`incidents`] are what went wrong before. [`signals`] are computed from how files
//! moved.

mod agent;
pub mod incidents;
pub mod reasoning;
pub mod signals;

pub use agent::agent_hint;
