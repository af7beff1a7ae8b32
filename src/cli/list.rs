//! `countersign list`: the queue, as lines or as one document.

use crate::engine;
use crate::io::git::store::Writes;
use crate::io::workspace::Scope;
use crate::model::{Queued, text};

use super::args::ListArgs;
use super::find;
use super::json::{ListDocument, ProposalJson};
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, args: &ListArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let mut situation = session.read(&workspace, &Scope::default())?;
    if args.all {
        find::recall(&workspace, &mut situation)?;
        workspace.show_landings(&mut situation, &|_| true)?;
    }
    find::look_into(session, &workspace, &mut situation, &find::harmless, output);
    let mut queue = situation.queue();
    if !args.all {
        queue.retain(|queued| queued.standing.state.open());
    }
    engine::sort(&mut queue);
    if args.json.json {
        let store = workspace.repository.store(Writes::InMemory)?;
        let tree = store.tree_of(situation.target.tip).ok();
        let proposals = queue.iter().map(|queued| ProposalJson::new(queued, tree)).collect();
        let watch = workspace.watch(&situation);
        output.document(&ListDocument { proposals, problems: &situation.warnings(), watch })?;
        return Ok(Exit::Done);
    }
    if queue.is_empty() {
        output.line(empty(&workspace.repository.name, workspace.patterns.patterns()));
    }
    let width = queue.iter().map(|queued| queued.proposal.id.len()).max().unwrap_or(0).min(48);
    for queued in &queue {
        output.line(row(queued, width));
    }
    output.problems(&situation.warnings());
    Ok(Exit::Done)
}

/// What to do where there is nothing.
fn empty(repo: &str, patterns: &[String]) -> String {
    format!(
        "{repo} has no pending proposals. A proposal is a branch that is ahead of the target and matches one of: {}.",
        patterns.join(", ")
    )
}

fn row(queued: &Queued, width: usize) -> String {
    let (proposal, standing) = (&queued.proposal, &queued.standing);
    let id = text::printable(&proposal.id);
    let note = if standing.clean { "clean" } else { standing.note.as_str() };
    let note = if note.is_empty() { String::new() } else { format!("  ({note})") };
    let mut row = format!("{:<6}  {:<8}  {id:<width$}  {}{note}", standing.ruling.tier, standing.state, queued.summary);
    row.truncate(row.trim_end().len());
    row
}
