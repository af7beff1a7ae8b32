//! The command line: one file a command, all through the same engine as the console.
//!
//! Standard output carries the answer and nothing else, with `--json` one document; errors go to standard error with what
//! happened, why, and what to do next. Exit status: 0 done, 1 refused, 2 wrong usage or configuration, 3 some of a batch
//! failed, 4 the outside failed and trying again may help.

mod approve;
mod args;
mod completions;
mod console;
mod decide;
mod demo;
mod diff;
mod doctor;
mod error;
mod evidence_json;
mod fields;
mod find;
mod forge;
mod incidents;
mod indexed;
mod init;
mod json;
mod ledger;
mod list;
mod memory;
mod mend;
mod note;
mod output;
mod policy;
mod refused;
mod repositories;
mod session;
mod show;
mod show_before;
mod show_cost;
mod show_forge;
mod show_queue;
mod show_reach;
mod status;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;

pub use args::{Arguments, Command};
pub use error::{CliError, Exit};

use output::Output;
use session::Session;

/// Runs the program with these arguments (the first is its name) and gives its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap prints help and version to standard output with status 0, and usage errors to standard error with 2.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    // Who catches this signal is told by an error instead when a file may not grow any more, and can say so.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    let mut output = Output::standard(arguments.json());
    match dispatch(&arguments, &mut output) {
        Ok(exit) => exit.into(),
        Err(error) => {
            if output.owes_document() && arguments.decides() {
                // A script that decides reads one document, whatever came in between.
                let said = serde_json::json!({ "what": error.what, "next": error.next });
                let _ = output.document(&serde_json::json!({ "plan": null, "result": null, "error": said }));
            }
            output.error(&error);
            error.exit.into()
        }
    }
}

fn dispatch(arguments: &Arguments, output: &mut Output) -> Result<Exit, CliError> {
    if let Some(error) = args::misread(arguments) {
        return Err(error);
    }
    let session = Session::new(arguments);
    match &arguments.command {
        Some(Command::Completions { shell }) => completions::run(*shell, output),
        Some(Command::List(list)) => list::run(&session, list, output),
        Some(Command::Show(show)) => show::run(&session, show, output),
        Some(Command::Diff(diff)) => diff::run(&session, diff, output),
        Some(Command::Init(init)) => init::run(&session, init, output),
        Some(Command::Approve(approve)) => approve::run(&session, approve, output),
        Some(Command::Reject(reject)) => note::reject(&session, reject, output),
        Some(Command::Hold(note)) => note::hold(&session, note, output),
        Some(Command::Ask(note)) => note::ask(&session, note, output),
        Some(Command::Withdraw(withdraw)) => note::withdraw(&session, withdraw, output),
        Some(Command::Ledger(command)) => ledger::run(&session, command, output),
        Some(Command::Memory(command)) => memory::run(&session, command, output),
        Some(Command::Incidents(command)) => incidents::run(&session, command, output),
        Some(Command::Policy(command)) => policy::run(&session, command, output),
        Some(Command::Status(status)) => status::run(&session, status, output),
        Some(Command::Doctor(doctor)) => doctor::run(&session, doctor, output),
        Some(Command::Demo(demo)) => demo::run(&session, demo, output),
        None => console::run(&session, arguments, output),
    }
}
