//! People and programs that mean harm, with real git: agents that control branches and what is in them, a reviewer who may
//! approve and wants more, a server that lies. What policy forbids does not come into force, does not count twice, and is
//! never called sound.

mod branches;
mod insider;
mod ledgers;
mod trees;

use super::support::{Commit, Repo, Sandbox};

/// Adds a page to the docs on a branch of its own.
fn page(origin: &Repo<'_>, name: &str) -> String {
    let branch = format!("agent/infra/{name}");
    origin.propose(&branch, &format!("Add {name}"), &[(&format!("docs/{name}.md"), "text\n")]);
    branch
}
