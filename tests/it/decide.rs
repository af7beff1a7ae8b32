//! Deciding on the command line, from `init` to what plain git then finds: landing commits, ledger, lessons.

mod batch;
mod landed;
mod local;
mod people;
mod refusals;
mod roots;
mod sitting;
mod tampering;

use serde_json::Value;

use super::support::{Commit, Repo, Sandbox};

/// The names of the proposals that `list` shows, with their states, in name order.
fn queue(repo: &Repo<'_>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut queue: Vec<_> = repo.proposals(&[]).iter().map(|p| (text(&p["id"]), text(&p["state"]))).collect();
    queue.sort();
    queue
}

/// A commit by an agent.
fn agent(message: &str) -> Commit {
    Commit::new(message).by("infra-bot[bot]", "infra-bot@bots.example")
}

/// A commit by maria.
fn maria(message: &str) -> Commit {
    Commit::new(message).by("maria", "maria@corp.example")
}

/// Adds a page to the docs on a branch of its own.
fn page(origin: &Repo<'_>, name: &str) -> String {
    let branch = format!("agent/infra/{name}");
    origin.propose(&branch, &format!("Add {name}"), &[(&format!("docs/{name}.md"), "text\n")]);
    branch
}
