//! `countersign show ID`: one proposal: what it does, what the agent says, what policy says.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::evidence::{Evidence, reasoning};
use crate::io::checks::LOOKING;
use crate::io::evidence::Scene;
use crate::io::git::mirror::MirrorError;
use crate::io::git::proposals::line_stats;
use crate::io::workspace::{Situation, Workspace};
use crate::model::{Findings, ForgeReport, Known, Landing, Problem, Queued, Reasoning, text};

use super::args::OneArgs;
use super::evidence_json::EvidenceJson;
use super::find::{self, Typed};
use super::json::{ChangeJson, ProposalJson, ShowDocument};
use super::output::{Output, unwritable};
use super::session::Session;
use super::show_cost;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, args: &OneArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let typed = find::typed(std::slice::from_ref(&args.id))?;
    let names: Vec<String> = typed.iter().map(|typed| typed.id.clone()).collect();
    let mut situation = find::situation(session, &workspace, &names)?;
    let queue = situation.queue();
    if typed.iter().any(|typed| matches!(find::by_part(&queue, typed), Err(error) if error.exit == Exit::Refused)) {
        // It may be decided, and gone.
        find::recall(&workspace, &mut situation)?;
    }
    workspace.show_landings(&mut situation, &|id| names.iter().any(|name| id.contains(name)))?;
    let said = ask(&workspace, &mut situation, &typed)?;
    let queue = situation.queue();
    let chosen = typed.iter().map(|typed| find::by_part(&queue, typed)).collect::<Result<Vec<_>, _>>()?;
    // Whoever writes `-` gets a list, of however many.
    let mut list = (args.id == "-" && args.json.json).then(Vec::new);
    let view = super::indexed::history(&workspace, &situation, output);
    let lacking = bring(session, &workspace, &situation, &queue, &chosen);
    output.problems(&lacking.err().map(|error| super::session::unbrought(&error)).into_iter().collect::<Vec<_>>());
    let scene = Scene::new(&workspace, &situation, &queue, view)?;
    for (index, (queued, forge)) in chosen.into_iter().zip(said).enumerate() {
        if index > 0 && list.is_none() {
            output.line("");
        }
        let evidence = Evidence { forge, ..scene.evidence_of(queued) };
        one(&scene, queued, &evidence, args, list.as_mut(), output)?;
    }
    if let Some(proposals) = list {
        output.document(&json!({ "proposals": proposals }))?;
    }
    Ok(Exit::Done)
}

/// Asks the forge about the chosen ones; how they stand depends on their required checks.
fn ask(workspace: &Workspace, situation: &mut Situation, typed: &[Typed]) -> Result<Vec<Known<ForgeReport>>, CliError> {
    let queue = situation.queue();
    let chosen = typed.iter().map(|typed| find::by_part(&queue, typed)).collect::<Result<Vec<_>, _>>()?;
    let said = chosen.iter().map(|one| workspace.forge_report(situation, &one.proposal, &|| true)).collect();
    let names: Vec<&str> = chosen.iter().map(|queued| queued.proposal.id.as_str()).collect();
    let is_chosen = |queued: &Queued| names.contains(&queued.proposal.id.as_str());
    workspace.ask_checks(situation, &is_chosen, LOOKING, &|| true);
    Ok(said)
}

/// Brings what the evidence of the chosen ones takes, where it is a mirror that may lack it.
fn bring(
    session: &Session,
    workspace: &Workspace,
    situation: &Situation,
    queue: &[Queued],
    chosen: &[&Queued],
) -> Result<(), MirrorError> {
    if workspace.repository.mirror.is_none() || session.offline {
        return Ok(());
    }
    let is_chosen = |queued: &Queued| chosen.iter().any(|one| one.proposal.id == queued.proposal.id);
    session.bring_evidence(workspace, situation, &is_chosen)?;
    let look = || {
        // Anew each time: a scene keeps what it could not read.
        let view = workspace.index.at(situation.target.tip).map_or(Known::Indexing, Known::Known);
        if let Ok(scene) = Scene::new(workspace, situation, queue, view) {
            for queued in chosen {
                drop(scene.evidence_of(queued));
            }
        }
    };
    session.whole(workspace, look).1
}

/// Shows one proposal; as JSON, its document goes on the list, where there is one.
fn one(
    scene: &Scene<'_>,
    queued: &Queued,
    evidence: &Evidence,
    args: &OneArgs,
    list: Option<&mut Vec<Value>>,
    output: &mut Output,
) -> Result<(), CliError> {
    let Scene { situation, store, .. } = scene;
    let (said, unread) = reasoning::of(&queued.proposal);
    // Of other proposals' problems nobody asked.
    let about = |problem: &Problem| {
        problem.place == queued.proposal.id || situation.proposals.iter().all(|other| other.id != problem.place)
    };
    let problems: Vec<Problem> = situation.warnings().into_iter().filter(about).chain(unread).collect();
    if let Some(diff) = queued.proposal.diff() {
        // What cannot be made again is counted like what cannot be read.
        let _ = store.make_again(diff, queued.proposal.target.tip, queued.proposal.head);
    }
    let files = queued.proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default();
    let changes: Vec<ChangeJson> = files.iter().map(|file| ChangeJson::new(file, line_stats(store, file))).collect();
    let queued = &looked_into(queued, &evidence.findings(situation.now));
    if args.json.json {
        let proposal = ProposalJson::new(queued, store.tree_of(queued.proposal.target.tip).ok());
        let evidence = EvidenceJson::new(evidence);
        let document = ShowDocument { proposal, reasoning: &said, changes, evidence, problems: &problems };
        return match list {
            Some(list) => serde_json::to_value(&document).map(|value| list.push(value)).map_err(unwritable),
            None => output.document(&document),
        };
    }
    header(queued, output);
    reasons(&said, output);
    policy(queued, output);
    output.line("");
    show_cost::cost(&evidence.cost, output);
    show_cost::claims(&evidence.claims, output);
    moved(evidence, situation.now, output);
    super::show_queue::beside(evidence, output);
    output.line("");
    super::show_reach::show(&evidence.reach, output);
    output.line("");
    super::show_forge::show(&evidence.forge, output);
    output.line("");
    match &evidence.incidents {
        Known::Known(incidents) => super::incidents::last_time(incidents, output),
        Known::Unknown(why) => output.line(format!("last time   not known: {}", text::single_line(why))),
        Known::Indexing => {}
    }
    output.line("");
    paths(&changes, output);
    output.problems(&problems);
    output.problems(evidence.incidents.found().map_or(&[], |found| found.problems.as_slice()));
    Ok(())
}

fn paths(changes: &[ChangeJson], output: &mut Output) {
    for change in changes {
        let counts = if change.stats.binary {
            "binary".to_owned()
        } else {
            format!("+{} -{}", change.stats.additions, change.stats.deletions)
        };
        output.line(format!("  {:<9} {}  {counts}", change.status, text::printable_bytes(change.path.as_bytes())));
    }
}

/// A proposal with what was found about it: without that none is clean.
fn looked_into(queued: &Queued, findings: &Findings) -> Queued {
    let mut looked = queued.clone();
    let standing = &mut looked.standing;
    standing.clean = standing.harmless && standing.is_green() && findings.clean();
    let note = findings.note();
    if !note.is_empty() && !standing.note.contains(&note) {
        let both = [standing.note.as_str(), &note];
        standing.note = both.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join(", ");
    }
    looked
}

/// The most columns of a title; `--json` has all of it.
const TITLE: usize = 200;

/// Earlier changes that are listed; `--json` has them all.
const LISTED: usize = 5;

fn moved(evidence: &Evidence, now: Timestamp, output: &mut Output) {
    output.line("");
    for signal in evidence.signals.found().into_iter().flat_map(|report| &report.signals) {
        output.line(format!("found   {}", signal.sentence()));
        signal.told().for_each(|told| output.line(format!("          {}", text::single_line(&told))));
    }
    let past = match &evidence.provenance {
        Known::Known(past) => past,
        Known::Unknown(why) => return output.line(format!("before  not known: {}", text::single_line(why))),
        Known::Indexing => return output.line("before  the history is being indexed"),
    };
    super::show_before::fields(past, now, output);
    if past.files.is_empty() && past.missing.is_none() {
        output.line("history nobody changed these files");
    }
    for change in past.files.iter().take(LISTED) {
        let (date, commit) = (change.date.strftime("%Y-%m-%d"), change.commit.short(9));
        let said = text::single_line(&format!("{}: {}", change.author, change.subject));
        output.line(format!("history {date} {commit} {said}"));
    }
    if let Some(missing) = &past.missing {
        output.line(format!("history not all is known: {}", text::single_line(missing)));
    }
}

fn header(queued: &Queued, output: &mut Output) {
    let (proposal, standing) = (&queued.proposal, &queued.standing);
    output.line(format!("{}@{}", text::printable(&proposal.id), proposal.head.short(12)));
    output.line(format!("does    {}", queued.summary));
    output.line(format!("says    {}", text::truncate(&text::single_line(&proposal.title), TITLE)));
    let note = if standing.note.is_empty() { String::new() } else { format!(", {}", standing.note) };
    output.line(format!("state   {}, {}, round {}{note}", standing.state, standing.ruling.tier, standing.round));
    output.line(format!(
        "agent   {} → {}",
        text::printable(&standing.agent),
        text::printable(proposal.target.branch())
    ));
    if let Some(page) = proposal.page() {
        output.line(format!("page    {page}"));
    }
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
    let approvals = &ruling.approvals;
    let by =
        if approvals.by.is_empty() { String::new() } else { format!(": {}", text::single_line(&approvals.names())) };
    output.line(format!("policy  {} approvals of {} needed{by}", approvals.have, approvals.need));
    for reason in &ruling.reasons {
        output.line(format!("  {}  {} ({})", reason.text, reason.rule, reason.at));
    }
}
