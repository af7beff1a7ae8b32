//! What happened before, from outside: `show` says who changed the files and how they went back and forth; the index that it
//! asks is a file that can be broken, deleted and outlived.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::support::{Commit, Repo, Sandbox};

fn evidence(repo: &Repo<'_>, proposal: &str) -> Value {
    repo.run(&["show", proposal, "--json"]).succeeds().json()["evidence"].clone()
}

fn subjects(evidence: &Value) -> Vec<&str> {
    let commits = evidence["provenance"]["files"].as_array().unwrap_or_else(|| panic!("{evidence:#}"));
    commits.iter().map(|commit| commit["subject"].as_str().expect("a subject")).collect()
}

/// The index of the only repository of a sandbox.
fn index(sandbox: &Sandbox) -> PathBuf {
    let folders = fs::read_dir(sandbox.home().join(".cache/countersign")).expect("a cache");
    let files = folders.map(|folder| folder.expect("a folder").path().join("history.db"));
    files.into_iter().find(|file| file.is_file()).expect("an index")
}

fn toggled(sandbox: &Sandbox) -> Repo<'_> {
    let origin = sandbox.bare("origin.git");
    let backup = |on: bool| format!("backup: {on}\n");
    for (subject, on) in [("Begin", true), ("Off", false), ("On", true)] {
        origin.commit("main", Commit::new(subject).file("db.yaml", backup(on)));
    }
    origin.propose("agent/bot/off", "Save space", &[("db.yaml", &backup(false))]);
    origin.propose("agent/bot/other", "Another file", &[("web.yaml", "a: 1\n")]);
    origin
}

#[test]
fn show_says_who_was_here_and_that_it_goes_back_again() {
    let sandbox = Sandbox::new();
    let origin = toggled(&sandbox);
    let before = origin.refs();
    let found = evidence(&origin, "agent/bot/off");
    assert_eq!(subjects(&found), ["On", "Off", "Begin"]);
    assert_eq!((&found["provenance"]["state"], &found["provenance"]["missing"]), (&json!("known"), &Value::Null));
    let signal = &found["signals"]["signals"][0];
    assert_eq!(
        (&signal["kind"], &signal["this"], &signal["paths"]),
        (&json!("oscillation"), &json!(true), &json!(["db.yaml"]))
    );
    assert_eq!(signal["basis"], "commit_date", "nobody watched while it happened");
    let last = signal["events"].as_array().and_then(|events| events.last()).expect("the flips");
    assert_eq!(last["proposal"], "agent/bot/off");
    assert!(
        origin
            .run(&["show", "agent/bot/off"])
            .succeeds()
            .stdout
            .contains("oscillation: goes back to what it was until")
    );
    let other = evidence(&origin, "agent/bot/other");
    assert_eq!((subjects(&other).len(), &other["signals"]["signals"]), (0, &json!([])));
    assert_eq!(origin.refs(), before, "reading writes nothing");
    assert!(!origin.path().join("logs").exists());
}

#[test]
fn the_index_follows_main_and_can_be_broken_or_deleted() {
    let sandbox = Sandbox::new();
    let origin = toggled(&sandbox);
    evidence(&origin, "agent/bot/off");
    let file = index(&sandbox);
    let again = |subject: &str| {
        origin.commit("main", Commit::new(subject).file("db.yaml", format!("backup: true # {subject}\n")));
        let proposal = format!("agent/bot/off-{subject}");
        origin.propose(&proposal, "Save space", &[("db.yaml", "backup: false\n")]);
        subjects(&evidence(&origin, &proposal))[0].to_owned()
    };
    assert_eq!(again("followed"), "followed");
    fs::write(&file, "no database at all").expect("a write");
    assert_eq!(again("broken"), "broken");
    fs::remove_file(&file).expect("a deletion");
    assert_eq!(again("deleted"), "deleted");
    fs::remove_file(&file).expect("a deletion");
    fs::create_dir(&file).expect("a folder in its place");
    let found = evidence(&origin, "agent/bot/off-deleted");
    assert_eq!(found["provenance"]["state"], "unknown");
    assert!(found["signals"]["why"].as_str().is_some_and(|why| why.contains("index")), "{found}");
    let stale = evidence(&origin, "agent/bot/off");
    assert!(stale["signals"]["why"].as_str().is_some_and(|why| why.contains("does not merge")), "{stale}");
}

#[test]
fn the_storm_of_the_demo_is_seen() {
    let sandbox = Sandbox::new();
    let _ = sandbox.run("", &["demo", "--no-tui", "--dir", "demo"]).succeeds();
    let ran = sandbox.run("demo/work", &["show", "agent/gemini-bot/authentik-dev-backup", "--json"]).succeeds();
    let signals = ran.json()["evidence"]["signals"]["signals"].clone();
    let flipping = signals.as_array().and_then(|all| all.iter().find(|signal| signal["kind"] == "oscillation"));
    let flips = flipping.and_then(|signal| signal["events"].as_array()).expect("the flips").clone();
    assert!(flips.len() >= 12, "{signals:#}");
    let minutes: Vec<&str> = flips.iter().filter_map(|flip| flip["at"].as_str()?.get(11..16)).collect();
    assert_eq!(minutes.iter().filter(|minute| minute.ends_with(":39")).count(), 2, "{minutes:?}");
}
