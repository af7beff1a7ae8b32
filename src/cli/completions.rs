//! `countersign completions SHELL`.

use clap::CommandFactory as _;

use super::output::Output;
use super::{Arguments, CliError, Exit};

/// Prints the script.
#[expect(clippy::unnecessary_wraps, reason = "the same shape as every command")]
pub fn run(shell: clap_complete::Shell, output: &mut Output) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "countersign", &mut script);
    output.bytes(&script);
    Ok(Exit::Done)
}
