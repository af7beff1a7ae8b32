//! Crashes, full disks, broken keys, locks, repositories and connections: afterwards there is the old state, the new one, or
//! a ledger ahead of its target, which the next command puts right and says so; and nothing is ever recorded twice.

mod ahead;
mod answers;
mod broken;
mod crashes;
mod halfway;
mod pushing;
mod unfit;
mod unsigned;

use super::support::{Ran, Repo, Sandbox};

/// Runs countersign with a fault.
fn with_fault(repo: &Repo<'_>, fault: &str, arguments: &[&str]) -> Ran {
    Ran::of(repo.sandbox().countersign(repo).args(arguments).env("COUNTERSIGN_FAULT", fault))
}

/// Adds a page to the docs on a branch of its own; answers `NAME@HEAD`.
fn page(origin: &Repo<'_>, name: &str) -> String {
    let branch = format!("agent/infra/{name}");
    origin.propose(&branch, &format!("Add {name}"), &[(&format!("docs/{name}.md"), "text\n")]);
    origin.at(&branch)
}

/// How many entries of a kind the ledger has for a proposal.
fn count(origin: &Repo<'_>, kind: &str, at: &str) -> usize {
    let (name, _) = at.rsplit_once('@').expect("NAME@HEAD");
    let of = |entry: &serde_json::Value| {
        entry["items"].as_array().is_some_and(|items| items.iter().any(|i| i["proposal"] == name))
    };
    origin.entries().iter().filter(|entry| entry["kind"] == kind && of(entry)).count()
}
