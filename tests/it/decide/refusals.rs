//! Refusals on the command line, ids from standard input, and words for the record.

use serde_json::{Value, json};

use super::{Sandbox, page, queue};
use crate::support::{Ran, Repo};

/// Runs a command that reads these lines.
fn fed(repo: &Repo<'_>, arguments: &[&str], lines: &str) -> Ran {
    let mut command = repo.sandbox().countersign(repo);
    Ran::of(command.args(arguments).write_stdin(lines.to_owned()))
}

#[test]
fn a_decision_of_which_nothing_is_left_is_an_error_with_a_next_step() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let one = page(&origin, "one");
    let clash = "agent/infra/clash";
    origin.propose(clash, "Clash", &[("docs/a.md", "another\n")]);
    origin.commit("main", super::maria("By hand").file("docs/a.md", "mine\n"));
    let _ = sam.run(&["hold", &origin.at(&one), "-m", "Wait.", "--yes"]).succeeds();
    for (arguments, why, next) in [
        (vec!["approve", &origin.at(&one), "--yes"], "sam holds it", "countersign show"),
        (vec!["approve", &origin.at(clash), "--yes"], "docs/a.md", "countersign ask"),
        (vec!["withdraw", &one, "--yes"], "nothing of yours", "countersign show"),
    ] {
        let ran = maria.run(&arguments).exits(1);
        assert!(ran.stdout.is_empty(), "{ran}");
        assert!(ran.stderr.contains(why) && ran.stderr.contains("hint: ") && ran.stderr.contains(next), "{ran}");
        let ran = maria.run(&[arguments.as_slice(), &["--json"]].concat()).exits(1);
        let document: Value = ran.json();
        assert!(document["error"]["what"].as_str().is_some_and(|what| what.contains(why)), "{ran}");
        assert_eq!(document["result"], json!(null), "{ran}");
    }
    let ran = maria.run(&["approve", &origin.at(&one), &origin.at(clash), "--yes"]).exits(1);
    assert!(ran.stdout.is_empty() && ran.stderr.matches("left out").count() == 2, "{ran}");
}

#[test]
fn a_refused_push_is_a_document_too() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    origin.git(&["config", "receive.denyNonFastForwards", "true"]);
    let hook = sandbox.write("origin.git/hooks/pre-receive", "#!/bin/sh\necho not today >&2\nexit 1\n");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    let ran = maria.run(&["approve", &origin.at(&one), "--yes", "--json"]);
    assert!(ran.code != Some(0), "{ran}");
    let document = ran.json();
    assert_eq!((&document["plan"]["entries"], &document["result"]), (&json!(1), &json!(null)), "{ran}");
    assert!(document["error"]["what"].is_string(), "{ran}");
}

#[test]
fn ids_come_from_standard_input_for_every_command() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let both = format!("{}\n\n{}\n", origin.at(&one), origin.at(&two));
    for command in ["approve", "withdraw"] {
        let ran = fed(&maria, &[command, "-", "--yes"], "").exits(1);
        assert!(ran.stderr.contains("names no proposal"), "{ran}");
    }
    let ran = fed(&maria, &["show", "-"], &both).succeeds();
    assert!(ran.stdout.contains(&one) && ran.stdout.contains(&two), "{ran}");
    let ran = fed(&maria, &["show", "-", "--json"], &one).succeeds();
    assert_eq!(ran.json()["proposals"][0]["id"], json!(one), "{ran}");
    let _ = fed(&maria, &["diff", "-"], &one).succeeds();
    let _ = fed(&maria, &["diff", "-"], &both).exits(2);
    let _ = fed(&maria, &["hold", "-", "-m", "Wait.", "--yes"], &both).succeeds();
    assert!(queue(&maria).iter().all(|(_, state)| state == "held"), "{:?}", queue(&maria));
    let _ = fed(&maria, &["withdraw", "-", "--yes"], &format!("{one}\n{two}\n")).succeeds();
    assert!(queue(&maria).iter().all(|(_, state)| state == "ready" || state == "pending"), "{:?}", queue(&maria));
    let _ = fed(&maria, &["reject", "-", "-m", "Not these.", "--yes"], &both).succeeds();
    let entry = origin.ledger().pop().expect("an entry");
    assert_eq!(
        (entry["items"].as_array().map(Vec::len), &entry["lesson"]["scope"]),
        (Some(2), &json!("folder:docs/**"))
    );
    let _ = maria.sound();
}

#[test]
fn a_message_is_recorded_as_it_was_written() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let _ = maria.run(&["hold", &origin.at(&one), "-m", "First.\r\n\r\n\tThen that.\n", "--yes"]).succeeds();
    assert_eq!(origin.ledger().pop().expect("an entry")["note"], json!("First.\n\n\tThen that."));
    let log = maria.run(&["ledger", "log"]).succeeds();
    assert!(log.stdout.contains("\"First. Then that.\""), "{log}");
    let _ = maria.sound();
}

#[test]
fn what_was_decided_stays_listed_when_its_branch_is_gone() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two, three) = (page(&origin, "one"), page(&origin, "two"), page(&origin, "three"));
    let named = "feature/named";
    origin.propose(named, "Named", &[("docs/named.md", "text\n")]);
    let _ = maria.run(&["approve", &origin.at(&one), &origin.at(named), "--yes"]).succeeds();
    let _ = maria.run(&["reject", &origin.at(&two), "-m", "No.", "--no-lesson", "--yes"]).succeeds();
    for branch in [&one, &two, &three] {
        origin.git(&["branch", "-D", branch]);
    }
    assert_eq!(queue(&maria), []);
    let mut all: Vec<[Value; 3]> = Vec::new();
    for proposal in maria.proposals(&["--all"]) {
        all.push(["id", "state", "files"].map(|key| proposal[key].clone()));
    }
    all.sort_by_key(|row| row[0].to_string());
    let row = |id: &str, state: &str| [json!(id), json!(state), json!(1)];
    assert_eq!(all, [row(&one, "merged"), row(&two, "rejected"), row(named, "merged")]);
    let shown = maria.run(&["show", &one, "--json"]).succeeds().json();
    assert_eq!((&shown["title"], &shown["state"]), (&json!("Add one"), &json!("merged")), "{shown}");
    let _ = maria.run(&["show", &three]).exits(1);
}

#[test]
fn a_lesson_that_could_not_be_one_is_wrong_usage() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = origin.at(&page(&origin, "one"));
    for (option, value, said) in [
        ("--scope", "folder:[", "not a glob"),
        ("--scope", "file:../../x", "root of the repository"),
        ("--lesson", "", "--no-lesson"),
        ("--lesson", "one\ntwo", "several lines"),
    ] {
        let ran = maria.run(&["reject", &one, "-m", "No.", option, value, "--yes"]).exits(2);
        assert!(ran.stderr.contains(said), "{ran}");
    }
}
