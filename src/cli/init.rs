//! `countersign init`: shows what it would write, asks, and writes it.

use serde_json::json;

use crate::engine::InitOffer;
use crate::io::begun::Begun;
use crate::io::init::{Given, InitError, Started};
use crate::io::workspace::{Scope, Workspace};
use crate::model::{EntryId, text};

use super::args::InitArgs;
use super::find;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, args: &InitArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    workspace.repository.whole()?;
    let mut situation = session.read(&workspace, &Scope::default())?;
    find::look_into(session, &workspace, &mut situation, &|_| true, output);
    let proposed = match workspace.propose_init(&situation, &Given::default()) {
        Err(InitError::Begun(begun)) => return go_on(&workspace, &begun, args, output),
        proposed => proposed?,
    };
    let offer = &proposed.offer;
    if !args.decide.json {
        output.line(format!("A ledger, begun by {}, signing with {}:", text::printable(&offer.person), offer.key));
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
    if !consent(args, "Write this?", output)? {
        if args.decide.json {
            output.document(&preview(offer))?;
        }
        return Ok(Exit::Done);
    }
    tell(workspace.init(&proposed)?, proposed.genesis.ledger.id, args, output)
}

fn preview(offer: &InitOffer) -> serde_json::Value {
    let files: Vec<_> = offer.files.iter().map(|(path, content)| json!({ "path": path, "content": content })).collect();
    let [high, medium, low] = offer.tiers;
    let tiers = json!({ "high": high, "medium": medium, "low": low });
    json!({ "files": files, "tiers": tiers, "clean": offer.clean, "written": false })
}

/// Goes on with a ledger that was begun and not adopted.
fn go_on(workspace: &Workspace, begun: &Begun, args: &InitArgs, output: &mut Output) -> Result<Exit, CliError> {
    let (by, new) = (text::printable(&begun.by), begun.recovery.new.short(12));
    let branch = begun.recovery.refname.trim_start_matches("refs/heads/");
    if !args.decide.json {
        output.line(format!("{by} began the ledger {} here, and {branch} has not adopted it.", begun.ledger.id));
        output.line(format!("- {branch} moves to {new}, the commit with policy and signers that the ledger names"));
    }
    if !consent(args, "Do this?", output)? {
        if args.decide.json {
            output.document(&json!({ "ledger": begun.ledger.id, "commit": begun.recovery.new, "written": false }))?;
        }
        return Ok(Exit::Done);
    }
    tell(workspace.finish_init(begun)?, begun.ledger.id, args, output)
}

/// Whether it is to be written; no where only a preview was asked for.
fn consent(args: &InitArgs, question: &str, output: &mut Output) -> Result<bool, CliError> {
    if args.decide.dry_run || args.decide.yes {
        return Ok(!args.decide.dry_run);
    }
    if !output.interactive() {
        return Err(CliError::usage("nothing was written", "say --yes to write it"));
    }
    let agreed = output.ask(&format!("\n{question} [y/N]")).is_some_and(|answer| answer == "y" || answer == "yes");
    let refused = || CliError::refused("nothing was written", "say --yes to write it without being asked");
    if agreed { Ok(true) } else { Err(refused()) }
}

fn tell(started: Started, ledger: EntryId, args: &InitArgs, output: &mut Output) -> Result<Exit, CliError> {
    match started {
        Started::Adopted { commit } if args.decide.json => {
            output.document(&json!({ "ledger": ledger, "commit": commit, "written": true }))?;
        }
        Started::Adopted { commit } => {
            output.line(format!("The ledger {ledger} begins; the policy is {}.", commit.short(12)));
        }
        Started::Offered { commit } => {
            let what =
                format!("the remote refused a push to the target, so policy and signers wait as {}", commit.short(12));
            let next = "merge the branch countersign/init into the target; the ledger is there already";
            return Err(CliError::refused(what, next));
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
            InitError::Begun(_) => Self::refused(what, "run `countersign init` to go on with it"),
        }
    }
}
