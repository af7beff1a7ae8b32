//! The rigs: what a test builds its world from.
//!
//! - [`Sandbox`]: a folder with an empty home; nothing of the machine's or the user's settings gets in. It starts programs.
//! - [`Repo`], [`Commit`]: repositories whose object ids are the same on every run.
//! - [`Person`]: a reviewer with an address and a key.
//! - [`Ran`]: what a finished program printed, and its exit status.
//! - [`Terminal`], [`View`]: the real program in a pseudo-terminal, and what is on its screen.
//! - [`picture`], [`golden`]: files that tests write with `UPDATE=1` and compare otherwise.
//! - `Sandbox::solo`, `Sandbox::pair`: repositories that have adopted Countersign, and `Repo::ledger`: what plain git
//!   says of the ledger.
//! - `Repo::forge`: entries that somebody signs by hand, past every client.
//! - [`signed::Signed`]: a ledger that is signed in this process, and what the engine orders for its entries.
//! - [`github::GitHub`]: a GitHub on loopback, in front of real repositories, that can be made to fail in every way.
//! - [`needs`]: tests that want a program, a corpus or time say so in one line and pass.

mod adopted;
mod forged;
pub mod github;
pub mod golden;
pub mod keys;
pub mod needs;
mod person;
pub mod picture;
pub mod queue;
mod ran;
mod repo;
mod sandbox;
pub mod signed;
mod terminal;
mod view;

pub use person::Person;
pub use ran::Ran;
pub use repo::{Commit, Repo};
pub use sandbox::{COUNTERSIGN, Sandbox};
pub use terminal::Terminal;
pub use view::View;
