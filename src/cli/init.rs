//! `countersign init`: shows what it would write, asks, and writes it.

use serde_json::json;

use crate::io::init::{Given, InitError, Started};
use crate::io::workspace::Scope;
use crate::model::text;

use super::args::InitArgs;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, args: &InitArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let situation = session.read(&workspace, &Scope::default())?;
    let proposed = workspace.propose_init(&situation, &Given::default())?;
    let offer = &proposed.offer;
    if !args.decide.json {
        output.line(format!("{} starts a ledger, signing with {}", text::printable(&offer.person), offer.key));
        for (path, content) in &offer.files {
            output.line(format!("\n{path}"));
            content.lines().for_each(|line| output.line(format!("  {line}")));
        }
        output.line("");
        offer.steps.iter().for_each(|step| output.line(format!("- {step}")));
        let [high, medium, low] = offer.tiers;
        output.line(format!("\nToday it would say: {high} high, {medium} medium, {low} low ({} clean)", offer.clean));
        output.problems(&offer.problems);
    }
    let interactive = output.interactive();
    if args.decide.dry_run || (!args.decide.yes && !interactive) {
        if args.decide.json {
            output.document(
                &json!({ "files": offer.files, "tiers": offer.tiers, "clean": offer.clean, "written": false }),
            )?;
        }
        let done = args.decide.dry_run;
        return if done {
            Ok(Exit::Done)
        } else {
            Err(CliError::usage("nothing was written", "say --yes to write it"))
        };
    }
    let agreed =
        args.decide.yes || output.ask("\nWrite this? [y/N]").is_some_and(|answer| answer == "y" || answer == "yes");
    if !agreed {
        return Err(CliError::refused("nothing was written", "say --yes to write it without being asked"));
    }
    match workspace.init(&proposed)? {
        Started::Adopted { commit } if args.decide.json => {
            output.document(&json!({ "ledger": proposed.genesis.ledger.id, "commit": commit, "written": true }))?;
        }
        Started::Adopted { commit } => output.line(format!(
            "The ledger {} begins; the policy is {}.",
            proposed.genesis.ledger.id,
            commit.short(12)
        )),
        Started::Offered { commit } => {
            let what =
                format!("the remote refused a push to the target, so policy and signers wait as {}", commit.short(12));
            return Err(CliError::refused(
                what,
                "merge the branch countersign/init into the target; the ledger is there already",
            ));
        }
    }
    Ok(Exit::Done)
}

impl From<InitError> for CliError {
    fn from(error: InitError) -> Self {
        let what = error.to_string();
        match error {
            InitError::Refused(refusal) => refusal.into(),
            InitError::Signer(error) => error.into(),
            InitError::Offline(_) => Self::outside(what, "nothing was written; try again when it answers"),
            InitError::Store(error) => error.into(),
            InitError::Write(error) => error.into(),
        }
    }
}
