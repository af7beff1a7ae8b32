//! The stage *look*: a repository that has adopted nothing. Nothing is written, and the first decision offers to begin.

use super::{leave, needs, sign};
use crate::support::{Commit, Repo, Sandbox};

fn proposals(origin: &Repo<'_>) {
    origin.propose("agent/infra/docs", "Say it better", &[("docs/a.md", "one\n2\nthree\n")]);
    origin.propose("agent/infra/fewer", "Fewer", &[("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")]);
}

/// Every file below a folder, with its bytes.
fn files(folder: &std::path::Path) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.insert(entry.path(), std::fs::read(entry.path()).unwrap_or_default());
        }
    }
    found
}

#[test]
fn looking_writes_nothing_and_the_first_decision_offers_to_begin() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    proposals(&origin);
    let maria = sandbox.reviewer(&origin, "maria");
    maria.git(&["fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    let all = |folder: &str| files(&sandbox.path(folder));
    let (before, at_origin) = (all("maria"), all("origin.git"));
    let terminal = sandbox.console("maria", 120, 40, &[]);
    let view = terminal.wait_for("2 pending");
    assert!(view.has("look"), "{view}");
    terminal.keys("<enter>");
    terminal.wait_for("hunk 1 of 1");
    terminal.keys("q");
    terminal.wait_for("2 pending");
    for key in ["a", "x", "H"] {
        terminal.keys(key);
        let sheet = terminal.wait_for("you become maria");
        assert!(sheet.has("START THE LEDGER") && sheet.has("nothing written yet"), "{key}\n{sheet}");
        assert!(sheet.has(".countersign/policy.yaml") && sheet.has("y write and sign it"), "{key}\n{sheet}");
        terminal.keys("<esc>");
        terminal.wait_for("2 pending");
    }
    leave(terminal);
    let except_fetch = |mut files: std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        files.retain(|path, _| !path.ends_with("FETCH_HEAD"));
        files
    };
    assert_eq!(except_fetch(all("maria")), except_fetch(before), "reading leaves no trace but git's own of a fetch");
    assert_eq!(all("origin.git"), at_origin);
    assert_eq!(all("home/.local"), std::collections::BTreeMap::new(), "the state folder is not even made");
}

#[test]
fn accepting_writes_exactly_what_was_shown() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    proposals(&origin);
    let maria = sandbox.reviewer(&origin, "maria");
    let before = origin.rev("main");
    let terminal = sandbox.console("maria", 200, 60, &[]);
    terminal.wait_for("2 pending");
    terminal.keys("a");
    let sheet = terminal.wait_for("you become maria");
    sign(&terminal, "y", "the ledger begins");
    let view = terminal.wait_for("ledger ok");
    assert!(view.has("record"), "{view}");
    let policy = origin.show("main", ".countersign/policy.yaml");
    for line in policy.lines() {
        assert!(sheet.has(line.trim_end()), "`{line}` was not shown\n{sheet}");
    }
    assert_eq!(origin.rev("main~1"), before);
    assert_eq!(origin.ledger().len(), 1);

    // Now the same key decides.
    terminal.keys("a");
    terminal.wait_for("y sign and send 1");
    sign(&terminal, "y", "1 approval in");
    terminal.keys("S");
    terminal.wait_for("1 merged; 1 signature");
    leave(terminal);
    let _ = maria.sound();
}

/// A shallow clone of a repository that has adopted: it is looked at, and no key starts or signs anything.
#[test]
fn a_shallow_clone_is_looked_at_and_nothing_begins_there() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (origin, _) = sandbox.solo();
    for line in 0..5 {
        origin.commit("main", Commit::new("Line").file("docs/b.md", format!("{line}\n")));
    }
    proposals(&origin);
    let url = format!("file://{}", origin.path().display());
    sandbox.git("", &["clone", "--quiet", "--depth=3", "--no-single-branch", &url, "shallow"]);
    let repo = sandbox.repo("shallow");
    repo.belongs_to(&sandbox.person("lee"));
    let (before, theirs) = (repo.refs(), origin.refs());
    let terminal = sandbox.console("shallow", 120, 40, &[]);
    terminal.wait_for("2 pending");
    terminal.keys("!");
    terminal.wait_for("this clone is shallow: history ends at");
    terminal.keys("q");
    terminal.wait_for("2 pending");
    for key in ["a", "x", "H"] {
        terminal.keys(key);
        let view = terminal.wait_for("no ledger was started: this clone is shallow");
        assert!(!view.has("START THE LEDGER") && !view.has("y write and sign"), "{key}\n{view}");
        let view = terminal.wait_still(super::LOOK);
        assert!(!view.has("START THE LEDGER") && view.has("2 pending"), "{key}\n{view}");
    }
    leave(terminal);
    assert_eq!((repo.refs(), origin.refs()), (before, theirs));
}
