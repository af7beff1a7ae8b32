//! `countersign approve ID@HEAD...` and `approve --tier TIER`.

use crate::engine;
use crate::io::checks::LOOKING;
use crate::io::signer::random_id;
use crate::io::workspace::{Scope, Workspace};
use crate::model::{Answers, DecisionKind, Intent, IntentItem, Queued, Tier};

use super::args::{ApproveArgs, DecideArgs};
use super::decide::decide;
use super::find;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, args: &ApproveArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let typed = find::typed(&args.ids)?;
    let names: Vec<String> = typed.iter().map(|typed| typed.id.clone()).collect();
    let mut situation = session.read_to_decide(
        &workspace,
        &Scope { extra: &names, ..Scope::default() },
        args.decide.dry_run,
        output,
    )?;
    if let Some(tier) = args.tier {
        let wanted = |queued: &Queued| find::harmless(queued) && queued.standing.ruling.tier == tier;
        find::look_into(session, &workspace, &mut situation, &wanted, output);
    } else {
        let wanted = |queued: &Queued| names.contains(&queued.proposal.id);
        workspace.ask_checks(&mut situation, &wanted, LOOKING, &|| true);
    }
    let queue = situation.queue();
    let chosen = match args.tier {
        Some(tier) => clean(queue, tier, &args.decide, output)?,
        None => {
            typed.iter().map(|typed| find::to_decide(&queue, typed, output.interactive())).collect::<Result<_, _>>()?
        }
    };
    let intent = intent(&workspace, DecisionKind::Approve, &chosen, args.message.as_deref());
    decide(&workspace, &situation, &[intent], &args.decide, output)
}

/// All clean proposals of a tier, in the order of the queue. Without a terminal that consent must be spelled out.
fn clean(mut queue: Vec<Queued>, tier: Tier, args: &DecideArgs, output: &Output) -> Result<Vec<Queued>, CliError> {
    if !output.interactive() && !args.yes && !args.dry_run {
        return Err(CliError::usage(
            "without a terminal `--tier` approves what nobody named",
            "see it with --dry-run, and say --yes",
        ));
    }
    engine::sort(&mut queue);
    queue.retain(|queued| queued.standing.clean && queued.standing.ruling.tier == tier);
    if queue.is_empty() {
        return Err(CliError::refused(
            format!("no {tier} proposal is clean"),
            "`countersign list` says what is in the way",
        ));
    }
    Ok(queue)
}

/// A person's words for the record: as written, lines and all, like those of the console. Whoever shows them makes them fit
/// for a screen.
pub(super) fn as_written(note: &str) -> String {
    note.trim().replace("\r\n", "\n")
}

/// The decision on these proposals as they are now.
#[must_use]
pub fn intent(workspace: &Workspace, kind: DecisionKind, chosen: &[Queued], note: Option<&str>) -> Intent {
    let item =
        |queued: &Queued| IntentItem { subject: queued.proposal.subject(), seen: None, answers: Answers::default() };
    Intent {
        id: random_id(),
        kind,
        items: chosen.iter().map(item).collect(),
        reason: None,
        note: note.map(as_written),
        comments: Vec::new(),
        lesson: None,
        at: workspace.clock.seconds(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_record_keep_their_lines() {
        assert_eq!(as_written("  one\r\ntwo\n\n\tthree \n"), "one\ntwo\n\n\tthree");
    }
}
