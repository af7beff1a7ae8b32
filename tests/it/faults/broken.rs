//! Objects that are missing or broken: what needs them says so, everything else works, and nothing half lands.

use std::path::PathBuf;

use super::{Repo, Sandbox, page};

/// The loose object's file in a clone.
fn loose(repo: &Repo<'_>, object: &str) -> PathBuf {
    let folder = repo.git(&["rev-parse", "--absolute-git-dir"]);
    PathBuf::from(folder).join("objects").join(&object[..2]).join(&object[2..])
}

/// Deletes an object, or fills it with rubbish.
fn spoil(repo: &Repo<'_>, object: &str, how: &str) {
    let file = loose(repo, object);
    std::fs::remove_file(&file).unwrap_or_else(|error| panic!("{object} is not loose: {error}"));
    if how == "corrupt" {
        std::fs::write(&file, "rubbish").expect("a broken object");
    }
}

#[test]
fn a_proposal_whose_objects_are_broken_is_blocked_and_the_others_are_not() {
    for remote in [true, false] {
        for (what, spec) in [("blob", ":docs/WHAT.md"), ("tree", "^{tree}"), ("commit", "")] {
            for how in ["missing", "corrupt"] {
                let sandbox = Sandbox::new();
                broken(&sandbox, remote, what, spec, how);
            }
        }
    }
}

fn broken(sandbox: &Sandbox, remote: bool, what: &str, spec: &str, how: &str) {
    let (origin, maria) = if remote {
        sandbox.solo()
    } else {
        let repo = sandbox.bare("repo.git");
        repo.commit("main", Sandbox::first_commit());
        repo.belongs_to(&sandbox.person("maria"));
        let _ = repo.run(&["init", "--yes"]).succeeds();
        let same = sandbox.repo("repo.git");
        (repo, same)
    };
    let case = format!("{what} {how}, remote: {remote}");
    origin.propose("agent/infra/two", "Add two", &[("docs/two.md", "another text\n")]);
    let (one, two) = (page(&origin, "one"), origin.at("agent/infra/two"));
    let _ = maria.run(&["list"]).succeeds();
    let name = if remote { "origin/agent/infra/one" } else { "agent/infra/one" };
    let object = maria.rev(&format!("{name}{}", spec.replace("WHAT", "one")));
    spoil(&maria, &object, how);
    let before = origin.rev("main");
    let ran = maria.run(&["list", "--offline"]).succeeds();
    assert!(ran.stdout.contains("agent/infra/two"), "{case}: {ran}");
    told(&maria, &one[..one.len() - 41], &object, &case);
    if what == "commit" && how == "missing" {
        // git itself fetches it again where there is a remote.
        let ran = maria.run(&["approve", &one, "--yes", "--offline"]);
        assert!(matches!(ran.code, Some(0 | 1 | 4)), "{case}: {ran}");
    } else {
        let ran = maria.run(&["approve", &one, "--yes", "--offline"]);
        assert!(ran.code == Some(1) || ran.code == Some(4), "{case}: {ran}");
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(&object[..8]), "{case}: {ran}");
        assert_eq!(origin.rev("main"), before, "{case}");
    }
    let ran = maria.run(&["approve", &two, "--yes"]);
    assert!(ran.code == Some(0) || remote && ran.code == Some(4), "{case}: {ran}");
}

/// The object is named where problems are, with a next step, and in the ruling.
fn told(repo: &Repo<'_>, id: &str, object: &str, case: &str) {
    let list = repo.run(&["list", "--json", "--offline"]).succeeds().json();
    let problems = list["problems"].to_string();
    assert!(problems.contains(object) && problems.contains("--refetch"), "{case}: {problems}");
    let found = list["proposals"].as_array().expect("a list").iter().find(|proposal| proposal["id"] == id);
    let found = found.expect("the broken one is listed");
    assert_eq!((&found["state"], &found["ruling"]["outcome"]), (&"blocked".into(), &"error".into()), "{case}: {found}");
    let ran = repo.run(&["show", id, "--offline"]).succeeds();
    assert!(ran.stdout.contains("merge   ") && ran.stderr.contains("--refetch"), "{case}: {ran}");
    let ran = repo.run(&["diff", id, "--offline"]).exits(4);
    assert!(ran.stderr.contains(&object[..8]) && ran.stderr.contains("--refetch"), "{case}: {ran}");
}

#[test]
fn a_ledger_with_a_missing_commit_stops_every_decision() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let _ = maria.run(&["hold", &page(&origin, "two"), "-m", "Wait.", "--yes"]).succeeds();
    let commit = maria.rev("origin/countersign/ledger^");
    spoil(&maria, &commit, "missing");
    let ran = maria.run(&["approve", &one, "--yes", "--offline"]).exits(4);
    assert!(ran.stderr.contains(&commit) && ran.stderr.contains("git fsck"), "{ran}");
    let ran = maria.run(&["ledger", "verify", "--offline"]).exits(4);
    assert!(ran.stderr.contains(&commit), "{ran}");
}

#[test]
fn a_target_that_cannot_be_read_is_an_error_and_no_empty_queue() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    page(&origin, "one");
    let _ = maria.run(&["list"]).succeeds();
    let tree = maria.rev("origin/main^{tree}");
    spoil(&maria, &tree, "missing");
    let ran = maria.run(&["list", "--offline"]).exits(4);
    assert!(ran.stderr.contains(&tree) && ran.stdout.is_empty(), "{ran}");
}
