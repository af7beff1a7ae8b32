//! The command line.

mod args;
mod error;

pub use args::{Arguments, Command};
pub use error::{CliError, Exit};
