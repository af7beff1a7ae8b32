//! `countersign doctor`: what would get in the way, and how to mend it.

mod branches;
mod check;
mod forge;

use serde_json::json;

use crate::app::ACTIONS;
use crate::config::{Context, Keymap, Source, Theme};
use crate::io::git::process::GitError;
use crate::io::github;
use crate::io::signer;
use crate::io::workspace::{Scope, Situation, Workspace};
use crate::model::{Problem, Stage, text};

use super::args::JsonArgs;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};
use check::Check;
use forge::Standing;

/// Runs the command.
pub fn run(session: &Session, args: &JsonArgs, output: &mut Output) -> Result<Exit, CliError> {
    let mut checks = configuration(session)?;
    match session.workspace() {
        Ok(workspace) => checks.extend(of_repository(session, &workspace)?),
        Err(error) => match session.forge()? {
            Some(source) => checks.extend(without_mirror(session, &source, error)),
            None => return Err(error),
        },
    }
    let sound = !checks.iter().any(Check::is_bad);
    if args.json {
        output.document(&json!({ "ok": sound, "checks": checks }))?;
    } else {
        checks.iter().flat_map(Check::lines).for_each(|line| output.line(line));
    }
    Ok(if sound { Exit::Done } else { Exit::Refused })
}

fn of_repository(session: &Session, workspace: &Workspace) -> Result<Vec<Check>, CliError> {
    let mut checks = vec![git_version(workspace), remote(session, workspace)];
    let none = std::collections::BTreeSet::new();
    let situation = workspace.read(&Scope { only: Some(&none), ..Scope::default() })?;
    checks.push(signing(workspace, &situation));
    checks.extend(workspace.repository.whole().is_ok().then(|| ledger(&situation)));
    checks.push(state(workspace));
    checks.extend(locks(workspace));
    if let Some(source) = &workspace.forge {
        checks.extend(forge::checks(session, source, &Standing::of(workspace, &situation)));
        checks.push(forge::owed(workspace));
    }
    checks.extend(situation.problems.iter().map(|p| Check::bad(&p.place, p.what.clone(), p.next.clone())));
    Ok(checks)
}

/// What can be said of a repository on GitHub that git did not bring: its API may say why.
fn without_mirror(session: &Session, source: &github::Source, error: CliError) -> Vec<Check> {
    let git = Check::bad("git access", error.what, error.next);
    std::iter::once(git).chain(forge::checks(session, source, &Standing::default())).collect()
}

/// The user's own files.
fn configuration(session: &Session) -> Result<Vec<Check>, CliError> {
    let (settings, mut problems) = session.settings();
    if let Some(text) = session.config_text("theme.toml")? {
        problems.extend(Theme::load(crate::config::Ground::Dark, Some(Source::new("theme.toml", &text))).1);
    }
    if let Some(text) = session.config_text("keymap.toml")? {
        let actions: Vec<(&str, &[Context])> = ACTIONS.iter().map(|info| (info.name, info.contexts)).collect();
        problems.extend(Keymap::load(settings.keymap, Some(Source::new("keymap.toml", &text)), &actions).1);
    }
    let checks = problems.into_iter().map(|Problem { place, what, next }| Check::bad(&place, what, next));
    let checks: Vec<Check> = checks.collect();
    Ok(if checks.is_empty() { vec![Check::good("configuration", "nothing is wrong with it")] } else { checks })
}

/// git 2.34 is the first that signs with SSH keys.
fn git_version(workspace: &Workspace) -> Check {
    let output = match workspace.repository.git().run(&["version"]) {
        Ok(output) => output.text(),
        Err(error) => return Check::bad("git", error.to_string(), "install git"),
    };
    let number = output.split_whitespace().nth(2).unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (2, 34) {
        Check::good("git", number)
    } else {
        Check::bad("git", number, "install git 2.34 or newer: older ones cannot sign with SSH keys")
    }
}

fn remote(session: &Session, workspace: &Workspace) -> Check {
    let Some(remote) = &workspace.repository.remote else {
        return Check::good("remote", "none: decisions move this repository's own branches");
    };
    let what = if workspace.forge.is_some() { "git access" } else { "remote" };
    if session.offline {
        return Check::good(what, format!("{} was not asked", remote.url));
    }
    match workspace.repository.fetch() {
        Ok(()) => Check::good(what, format!("{} answers", remote.url)),
        Err(error @ GitError::Busy) => {
            Check::unknown(what, error.to_string(), "wait until that one is done, and run doctor again")
        }
        Err(error) => {
            let next = format!("mend the connection or the credentials; `git ls-remote {}` tells more", remote.url);
            Check::bad(what, error.to_string(), next)
        }
    }
}

fn signing(workspace: &Workspace, situation: &Situation) -> Check {
    match (&situation.key, situation.stage) {
        (Ok(key), _) => Check::good(
            "signing key",
            format!("{} from {}", signer::fingerprint(&key.candidate.public), key.candidate.found_in),
        ),
        (Err(_), Stage::Look) => {
            let git = workspace.repository.git();
            let first = signer::candidates(&git, workspace.home.as_deref()).next();
            match first {
                Some(key) => Check::good("signing key", format!("`init` would use {}", key.found_in)),
                None => Check::bad("signing key", "none was found", "make one with `ssh-keygen -t ed25519`"),
            }
        }
        (Err(error), _) => Check::bad("signing key", error.what.clone(), error.next.clone()),
    }
}

fn ledger(situation: &Situation) -> Check {
    match (&situation.alarm, &situation.view) {
        (Some(alarm), _) => {
            Check::bad("ledger", alarm.clone(), "see `countersign ledger verify`; do not decide until it is clear")
        }
        (None, None) => Check::good("ledger", "none yet (stage look)"),
        (None, Some(view)) => Check::good("ledger", text::count(view.entries().len(), "entry")),
    }
}

/// Whether decisions can be kept.
fn state(workspace: &Workspace) -> Check {
    let probe = workspace.state.keep_draft("doctor", &"probe").and_then(|()| workspace.state.drop_draft("doctor"));
    let path = workspace.state.path().display().to_string();
    match probe {
        Ok(()) => Check::good("state folder", path),
        Err(error) => {
            Check::bad("state folder", format!("{path}: {error}"), "make it writable, or free space on the disk")
        }
    }
}

/// Lock files that a crash left; they are reported, never removed.
fn locks(workspace: &Workspace) -> Vec<Check> {
    let stale = workspace.repository.stale_locks();
    let check = |path: std::path::PathBuf| {
        let next = "if no git is running there, remove it";
        Check::bad("lock", format!("{} is over a minute old", path.display()), next)
    };
    stale.into_iter().map(check).collect()
}
