//! `countersign demo`: builds the sandbox and opens it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::io::clock::Clock;
use crate::io::demo::{self, Built, DemoError};
use crate::io::init::{Given, Started};
use crate::io::workspace::{Scope, Workspace};
use crate::model::EntryId;

use super::args::DemoArgs;
use super::console;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, args: &DemoArgs, output: &mut Output) -> Result<Exit, CliError> {
    let now = session.clock.now();
    if let Some(at) = args.at.filter(|at| *at > now) {
        return Err(CliError::usage(format!("{at} is in the future"), "a demo plays in the past, or now"));
    }
    let at = args.at.unwrap_or(now);
    let (folder, dir) = folder(args.dir.as_deref())?;
    let seed = seed(at);
    let built = build(session, &dir, at, seed)?;
    if args.no_tui {
        tell(&built, output);
        // What was built for somebody who only wanted it built stays.
        if let Some(folder) = folder {
            let _ = folder.keep();
        }
        return Ok(Exit::Done);
    }
    let session = session.at(args.at.map_or(Clock::System, Clock::set_to));
    let workspace = Arc::new(session.workspace_at(&built.you.clone)?);
    let exit = console::open(&session, Arc::clone(&workspace).into(), seed);
    if folder.is_some() {
        let_readers_end(&workspace);
        workspace.state.clear()?;
    }
    exit
}

/// Waits a moment for those who still read a sandbox that is about to go: they would write into it, or into its state, after
/// it was removed.
fn let_readers_end(workspace: &Arc<Workspace>) {
    let deadline = Instant::now() + Duration::from_secs(2);
    while Arc::strong_count(workspace) > 1 && Instant::now() < deadline {
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// The folder that was named, or a temporary one, which goes when its owner does.
fn folder(named: Option<&Path>) -> Result<(Option<tempfile::TempDir>, PathBuf), CliError> {
    if let Some(named) = named {
        return Ok((None, std::path::absolute(named)?));
    }
    let folder = tempfile::Builder::new().prefix("countersign-demo-").tempdir()?;
    let path = folder.path().to_owned();
    Ok((Some(folder), path))
}

/// What the ids of a demo's entries are made from: the same moment gives the same ids.
fn seed(at: Timestamp) -> [u8; 32] {
    Sha256::digest(format!("countersign demo {at}")).into()
}

/// Builds the past and the proposals, starts the ledger as in any repository, and adds what needs a ledger first.
fn build(session: &Session, dir: &Path, at: Timestamp, seed: [u8; 32]) -> Result<Built, CliError> {
    let mut built = demo::build(dir, at)?;
    let session = session.at(Clock::Still(built.genesis_at));
    let workspace = session.workspace_at(&built.you.clone)?;
    workspace.state.clear()?;
    session.workspace_at(&built.sam.clone)?.state.clear()?;
    let situation = workspace.read(&Scope::default())?;
    let mut id = [0; 16];
    id.copy_from_slice(&seed[..16]);
    let given = Given {
        policy: Some(demo::policy_text),
        signers: Some(demo::allowed_signers_text()?),
        id: Some(EntryId::from_bytes(id)),
        demo: true,
    };
    let proposed = workspace.propose_init(&situation, &given)?;
    match workspace.init(&proposed)? {
        Started::Adopted { commit } | Started::Offered { commit } => {
            built.complete(commit, proposed.genesis.ledger.id)?;
        }
    }
    Ok(built)
}

fn tell(built: &Built, output: &mut Output) {
    output.line(format!("{} commits of history and {} pending proposals", built.commits, built.proposals.len()));
    output.line(format!("remote    {}", built.origin.display()));
    for reviewer in [&built.you, &built.sam] {
        output.line(format!("{:<9} {}", reviewer.name, reviewer.clone.display()));
    }
    output.line(format!("\nOpen it with: countersign {}", built.you.clone.display()));
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        let what = error.to_string();
        match error {
            DemoError::NotEmpty(_) | DemoError::Path(_) | DemoError::Moment(_) => Self::usage(what, ""),
            _ => Self::outside(what, "see what it says, and try again"),
        }
    }
}
