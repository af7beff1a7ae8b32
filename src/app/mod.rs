//! The console's state: actions, messages, update. Pure: no terminal, no clock, no git.

pub mod actions;
