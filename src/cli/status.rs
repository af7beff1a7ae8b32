//! `countersign status [--short]`: how things are, in a few lines.

use serde_json::json;

use crate::evidence::signals::TargetWatch;
use crate::io::workspace::{Scope, Situation, Workspace};
use crate::model::{Known, Queued, Stage, State, Tier, text};

use super::args::StatusArgs;
use super::find;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command. `--short` asks no remote: it stands in prompts.
pub fn run(session: &Session, args: &StatusArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let mut situation =
        if args.short { workspace.read(&Scope::default())? } else { session.read(&workspace, &Scope::default())? };
    if !args.short {
        find::look_into(session, &workspace, &mut situation, &find::harmless, output);
    }
    let queue: Vec<Queued> = situation.queue().into_iter().filter(|queued| queued.standing.state.open()).collect();
    let counts = Counts::of(&queue);
    if args.short {
        output.line(short(&situation, &counts));
    } else if args.json.json {
        let watch = watch(&workspace, &situation, output);
        output.document(&json!({
            "repo": workspace.repository.name, "stage": situation.stage, "target": situation.target,
            "me": situation.key.as_ref().ok().map(|key| &key.person.name), "alarm": situation.alarm,
            "open": queue.len(), "high": counts.high, "medium": counts.medium, "low": counts.low, "clean": counts.clean,
            "unsent": unsent(&situation), "entries": entries(&situation), "problems": situation.problems,
            "watch": watch,
        }))?;
    } else {
        let watch = watch(&workspace, &situation, output);
        tell(&workspace, &situation, &counts, queue.len(), output);
        let said = match &watch {
            Known::Known(watch) => watch.sentence(situation.target.branch()),
            Known::Unknown(why) => Some(format!("not known: {}", text::single_line(why))),
            Known::Indexing => None,
        };
        if let Some(said) = said {
            output.line(format!("watch     {said}"));
        }
        output.problems(&situation.problems);
    }
    Ok(if situation.alarm.is_some() { Exit::Refused } else { Exit::Done })
}

/// What came to the target and was not recorded. The history is indexed for it, which takes a moment the first time.
fn watch(workspace: &Workspace, situation: &Situation, output: &mut Output) -> Known<TargetWatch> {
    match super::indexed::history(workspace, situation, output) {
        Known::Unknown(why) => Known::Unknown(why),
        _ => workspace.watch(situation),
    }
}

struct Counts {
    high: usize,
    medium: usize,
    low: usize,
    clean: usize,
    ready: usize,
}

impl Counts {
    fn of(queue: &[Queued]) -> Self {
        let tier = |tier: Tier| queue.iter().filter(|queued| queued.standing.ruling.tier == tier).count();
        Self {
            high: tier(Tier::High),
            medium: tier(Tier::Medium),
            low: tier(Tier::Low),
            clean: queue.iter().filter(|queued| queued.standing.clean).count(),
            ready: queue.iter().filter(|queued| queued.standing.state == State::Ready).count(),
        }
    }
}

fn short(situation: &Situation, counts: &Counts) -> String {
    let alarm = if situation.alarm.is_some() { " ALARM" } else { "" };
    format!("{}: {}H {}M {}L{alarm}", situation.stage, counts.high, counts.medium, counts.low)
}

/// Decisions that wait in the outbox: one a proposal, as the console counts them.
fn unsent(situation: &Situation) -> usize {
    situation.outbox.iter().map(|intent| intent.items.len()).sum()
}

fn entries(situation: &Situation) -> usize {
    situation.view.as_ref().map_or(0, |view| view.entries().len())
}

fn tell(workspace: &Workspace, situation: &Situation, counts: &Counts, open: usize, output: &mut Output) {
    let repository = &workspace.repository;
    let place = repository.remote.as_ref().map_or_else(|| "no remote".to_owned(), |remote| remote.url.clone());
    output.line(format!("{}  {}", repository.name, text::printable(&place)));
    let stage = match situation.stage {
        // Nothing can start here, whether there is a ledger or not: that is not known.
        Stage::Look if !situation.boundary.is_empty() => {
            "look: nothing can be decided in a shallow clone; run `git fetch --unshallow` first".to_owned()
        }
        Stage::Look => "look: nothing is written; `countersign init` starts a ledger".to_owned(),
        Stage::Record => format!("record: {} in the ledger", text::count(entries(situation), "entry")),
        Stage::Enforce => format!("enforce: {} in the ledger", text::count(entries(situation), "entry")),
    };
    output.line(format!("stage     {stage}"));
    match &situation.key {
        Ok(key) => output.line(format!("you       {} ({})", text::printable(&key.person.name), key.candidate.found_in)),
        Err(_) if situation.stage == Stage::Look => {}
        Err(error) => output.line(format!("you       {}", text::single_line(&error.to_string()))),
    }
    let target = text::printable(situation.target.branch()).into_owned();
    output.line(format!("target    {target} at {}", situation.target.tip.short(12)));
    let ready = if counts.ready > 0 { format!(", {} ready to merge", counts.ready) } else { String::new() };
    let (high, medium, low, clean) = (counts.high, counts.medium, counts.low, counts.clean);
    output.line(format!("pending   {open}: {high} high, {medium} medium, {low} low ({clean} clean){ready}"));
    if !situation.outbox.is_empty() {
        let unsent = text::count(unsent(situation), "decision");
        output.line(format!("unsent    {unsent} in the outbox; the console sends or drops them"));
    }
    if let Some(alarm) = &situation.alarm {
        output.line(format!("ALARM     {}", text::single_line(alarm)));
    }
}
