//! Countersign: the console where a person clears the queue of changes that AI agents propose to infrastructure
//! repositories.
//!
//! The layers, lowest first; a layer may import those above it in this list and nothing else (`tests/it/house.rs`
//! holds the direction):
//!
//! - [`model`]: plain nouns: proposal, change, ruling, decision, plan. No behaviour beyond their own consistency.
//! - [`diff`]: trees and texts become changes and rows; the change id.
//! - [`evidence`]: what is known about a round: the agent's reasoning first of all.
//! - [`policy`]: `.countersign/policy.yaml` as written becomes a checked policy, and a policy and facts a ruling.
//! - [`ledger`]: entries, their wire format, and what a chain of them says.
//! - [`memory`]: lessons as the managed section of an agent's memory file, a projection of the ledger.
//! - [`engine`]: decision to plan to steps; the only way from a decision to a mutation.
//! - [`config`]: the user's settings, keymap and theme.
//! - [`app`]: the console's state: actions, messages, update.
//! - [`ui`]: draws that state.
//!
//! The shell around them: [`io`] (git, signer, state folder, files, clock) may import everything up to [`config`];
//! [`tui`] (terminal, input, loop) and [`cli`] (one file a command) may import everything.

pub mod app;
pub mod cli;
pub mod config;
pub mod diff;
pub mod engine;
pub mod evidence;
pub mod io;
pub mod ledger;
pub mod memory;
pub mod model;
pub mod policy;
pub mod tui;
pub mod ui;
