//! Everything that is tested from outside: one crate, so that the rigs are compiled and linked once.
//!
//! [`support`] has the rigs (a sandbox without the user's settings, repositories with fixed ids, the real program with
//! its output captured or in a terminal); [`rigs`] shows how each is used, and holds them to it; [`house`] holds the rules
//! of the house. Everything else is a story about the program, one module a subject.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "the bans keep the product's outside in one place; tests are outside by nature"
)]

mod diff;
mod fields;
mod house;
mod support;

mod attacks;
mod console;
mod corpus;
mod cost;
mod decide;
mod docs;
mod faults;
mod forge;
mod github;
mod history;
mod hostile;
mod incidents;
mod init;
mod ledger;
mod mirror;
mod policy;
mod race;
mod reach;
mod reading;
mod rigs;
mod settings;
mod shallow;
mod signals;
