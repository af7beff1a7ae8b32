//! `countersign policy lint [FILE]` and `policy explain ID`.

use std::path::{Path, PathBuf};

use bstr::BString;
use serde_json::json;

use crate::engine::{POLICY_PATH, SIGNERS_PATH};
use crate::io::git::store::Writes;
use crate::io::workspace::{Ruling, Scope, Situation, Workspace};
use crate::ledger::LedgerView;
use crate::model::{Problem, text};
use crate::policy::{self, CostFiles, Lint, PolicyError, Source};

use super::args::PolicyCommand;
use super::find;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};

/// Runs the command.
pub fn run(session: &Session, command: &PolicyCommand, output: &mut Output) -> Result<Exit, CliError> {
    match command {
        PolicyCommand::Lint { file, json } => lint(session, file.as_deref(), json.json, output),
        PolicyCommand::Explain(args) => explain(session, &args.id, args.json.json, output),
    }
}

fn lint(session: &Session, file: Option<&Path>, json: bool, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let none = std::collections::BTreeSet::new();
    let situation = workspace.read(&Scope { only: Some(&none), ..Scope::default() })?;
    let here = workspace.repository.workdir.as_ref().map(|top| top.join(POLICY_PATH)).filter(|path| path.exists());
    // As it was named, so that a place in it can be opened; the work tree's own, as the repository names it.
    let name = file.map_or_else(|| PathBuf::from(POLICY_PATH), Path::to_owned);
    let Some(path) = file.map(Path::to_owned).or(here) else { return nothing_here(&situation, json, output) };
    let text = read(&path)?;
    let signers = std::fs::read_to_string(beside(&path)).ok();
    let (named, signers_named) = (name.display().to_string(), beside(&name).display().to_string());
    let mut found = policy::lint(
        Source { name: &named, text: &text },
        signers.as_deref().map(|text| Source { name: &signers_named, text }),
        situation.view.as_ref().is_some_and(LedgerView::is_demo),
    );
    let files = files_of_target(&workspace, &situation)?;
    found.warnings.extend(policy::lint_files(Source { name: &named, text: &text }, &files));
    found.errors.extend(price_list(&workspace, &text, &named)?);
    if json {
        output.document(&json!({
            "file": path.display().to_string(), "errors": found.errors, "warnings": found.warnings,
            "in_force": in_force(&situation),
        }))?;
    } else {
        tell(&path, &found, &situation, output);
    }
    Ok(if found.errors.is_empty() { Exit::Done } else { Exit::Usage })
}

/// What is wrong with the work tree's price list; a policy that cannot be read names none.
fn price_list(workspace: &Workspace, policy: &str, named: &str) -> Result<Vec<Problem>, CliError> {
    let (Some(top), Ok(checked)) = (workspace.repository.workdir.as_ref(), policy::parse(policy, named)) else {
        return Ok(Vec::new());
    };
    let name = checked.cost.prices.as_deref().unwrap_or(CostFiles::PRICES);
    let path = top.join(name);
    if !path.exists() {
        let missing = Problem {
            place: named.to_owned(),
            what: format!("the price list {} is not there", text::printable(name)),
            next: "write it, or take `cost.prices` out".to_owned(),
        };
        return Ok(checked.cost.prices.map(|_| missing).into_iter().collect());
    }
    let errors = policy::prices(&read(&path)?, name).err().unwrap_or_default();
    Ok(errors.into_iter().map(Problem::from).collect())
}

/// The files of the target's tip, which services and clusters are looked for among.
fn files_of_target(workspace: &Workspace, situation: &Situation) -> Result<Vec<BString>, CliError> {
    let store = workspace.repository.store(Writes::InMemory)?;
    let found = store.files(store.tree_of(situation.target.tip)?, |_| true)?;
    Ok(found.files.into_iter().map(|(path, _)| path).collect())
}

/// No file was named, and the work tree has none: what is in force is all there is to say.
fn nothing_here(situation: &Situation, json: bool, output: &mut Output) -> Result<Exit, CliError> {
    let fine = !matches!(situation.ruling, Ruling::Invalid(_));
    if json {
        let none: [(); 0] = [];
        output.document(&json!({ "file": (), "errors": none, "warnings": none, "in_force": in_force(situation) }))?;
    } else {
        output.line(format!("there is no {POLICY_PATH} in this work tree"));
        output.line(format!("in force: {}", in_force(situation)));
    }
    Ok(if fine { Exit::Done } else { Exit::Usage })
}

fn read(path: &Path) -> Result<String, CliError> {
    let bytes = std::fs::read(path).map_err(|error| {
        let next = "name another file, or leave the name out";
        CliError::usage(format!("{} cannot be read: {error}", path.display()), next)
    })?;
    PolicyError::read(&path.display().to_string(), bytes).map_err(|error| {
        let next = error.hint.clone().unwrap_or_default();
        CliError::usage(PolicyError { hint: None, ..error }.to_string(), next)
    })
}

/// `allowed_signers` lies beside the policy.
fn beside(policy: &Path) -> PathBuf {
    let name = Path::new(SIGNERS_PATH).file_name().unwrap_or_default();
    policy.with_file_name(name)
}

fn in_force(situation: &Situation) -> String {
    match &situation.ruling {
        Ruling::BuiltIn => "the built-in default: no ledger has begun".to_owned(),
        Ruling::Root(root) => format!("the policy of commit {}", root.commit.short(12)),
        Ruling::Invalid(_) => "none: the one that the ledger names cannot be read, and blocks everything".to_owned(),
    }
}

fn tell(path: &Path, found: &Lint, situation: &Situation, output: &mut Output) {
    for (word, problems) in [("error", &found.errors), ("warning", &found.warnings)] {
        for problem in problems {
            output.line(format!("{}: {word}: {}", text::printable(&problem.place), text::single_line(&problem.what)));
            if !problem.next.is_empty() {
                output.line(format!("  hint: {}", text::single_line(&problem.next)));
            }
        }
    }
    if found.is_empty() {
        output.line(format!("{} is fine", path.display()));
    }
    output.line(format!("in force: {}", in_force(situation)));
}

fn explain(session: &Session, id: &str, json: bool, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let typed = find::typed_one(id)?;
    let situation = find::situation(session, &workspace, std::slice::from_ref(&typed.id))?;
    let queue = situation.queue();
    let queued = find::by_part(&queue, &typed)?;
    let evaluation = situation.world().judge(&queued.proposal).map_err(|errors| {
        let first = errors.first().map(ToString::to_string).unwrap_or_default();
        CliError::usage(format!("the policy in force cannot be read: {first}"), "mend it on the default branch")
    })?;
    if json {
        output.document(
            &json!({ "id": queued.proposal.id, "in_force": in_force(&situation), "evaluation": evaluation }),
        )?;
    } else {
        output.line(format!("{}: {}", text::printable(&queued.proposal.id), in_force(&situation)));
        output.line(policy::explain_text(&evaluation).trim_end());
    }
    Ok(Exit::Done)
}
