//! `countersign show ID`: one proposal: what it does, what the agent says, what policy says.

use crate::evidence::incidents::Touched;
use crate::evidence::reasoning;
use crate::io;
use crate::io::git::proposals::line_stats;
use crate::io::git::store::Writes;
use crate::model::{Landing, Problem, Queued, Reasoning, text};

use super::args::OneArgs;
use super::find::{self, Typed};
use super::json::{ChangeJson, EvidenceJson, ProposalJson, ShowDocument};
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, args: &OneArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let typed = Typed::parse(&args.id);
    let mut situation = find::situation(session, &workspace, std::slice::from_ref(&typed.id))?;
    workspace.show_landings(&mut situation, &|id| id.contains(&typed.id))?;
    let queue = situation.queue();
    let queued = find::by_part(&queue, &typed)?;
    let (said, unread) = reasoning::read(&queued.proposal.messages, queued.proposal.note.as_deref());
    let problems: Vec<Problem> = situation.warnings().into_iter().chain(unread).collect();
    let store = workspace.repository.store(Writes::InMemory)?;
    if let Some(diff) = queued.proposal.diff() {
        // What cannot be made again is counted like what cannot be read.
        let _ = store.make_again(diff, queued.proposal.target.tip, queued.proposal.head);
    }
    let files = queued.proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default();
    let changes: Vec<ChangeJson> = files.iter().map(|file| ChangeJson::new(file, line_stats(&store, file))).collect();
    let proposal = &queued.proposal;
    let past = io::incidents::gather(&workspace.repository, &situation);
    let incidents = past.evidence(&Touched::of(files, &proposal.title, &proposal.messages));
    if args.json.json {
        let evidence = EvidenceJson { incidents: &incidents };
        let proposal = ProposalJson::from(queued);
        output.document(&ShowDocument { proposal, reasoning: &said, changes, evidence, problems: &problems })?;
        return Ok(Exit::Done);
    }
    header(queued, output);
    reasons(&said, output);
    policy(queued, output);
    output.line("");
    super::incidents::last_time(&incidents, output);
    output.line("");
    for change in &changes {
        let counts = if change.stats.binary {
            "binary".to_owned()
        } else {
            format!("+{} -{}", change.stats.additions, change.stats.deletions)
        };
        output.line(format!("  {:<9} {}  {counts}", change.status, text::printable_bytes(change.path.as_bytes())));
    }
    output.problems(&problems);
    output.problems(&incidents.problems);
    Ok(Exit::Done)
}

fn header(queued: &Queued, output: &mut Output) {
    let (proposal, standing) = (&queued.proposal, &queued.standing);
    output.line(format!("{}@{}", text::printable(&proposal.id), proposal.head.short(12)));
    output.line(format!("does    {}", queued.summary));
    output.line(format!("says    {}", text::single_line(&proposal.title)));
    let note = if standing.note.is_empty() { String::new() } else { format!(", {}", standing.note) };
    output.line(format!("state   {}, {}, round {}{note}", standing.state, standing.ruling.tier, standing.round));
    output.line(format!(
        "agent   {} → {}",
        text::printable(&standing.agent),
        text::printable(proposal.target.branch())
    ));
    match &proposal.landing {
        Landing::Clean(diff) => output.line(format!("change  {}", diff.change_id)),
        Landing::NeedsRebase(why) | Landing::Unreadable(why) => {
            output.line(format!("merge   {}", text::single_line(why)));
        }
        Landing::Landed => output.line("merge   the target has all of it already"),
    }
}

fn reasons(said: &Reasoning, output: &mut Output) {
    output.line("");
    let confidence = said.confidence.as_ref().map(|confidence| {
        let value = confidence.value.map(|value| format!("{value:.2}")).unwrap_or_default();
        format!("{value} {}", confidence.basis).trim().to_owned()
    });
    let parts = [
        ("why", &said.why),
        ("what", &said.what),
        ("impact", &said.impact),
        ("rollback", &said.rollback),
        ("confidence", &confidence),
    ];
    for (name, part) in parts {
        match part {
            Some(part) => {
                let mut lines = part.lines().map(|line| text::printable(line).into_owned());
                output.line(format!("says {name}: {}", lines.next().unwrap_or_default()));
                lines.for_each(|line| output.line(format!("    {line}")));
            }
            None => output.line(format!("says {name}: nothing")),
        }
    }
}

fn policy(queued: &Queued, output: &mut Output) {
    let ruling = &queued.standing.ruling;
    output.line("");
    output.line(format!("policy  {} approvals of {} needed", ruling.approvals.have, ruling.approvals.need));
    for reason in &ruling.reasons {
        output.line(format!("  {}  {} ({})", reason.text, reason.rule, reason.at));
    }
}
