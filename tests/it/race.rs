//! Several who decide at the same time: nothing is lost, nothing is recorded twice, the ledger stays one line.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use super::support::{COUNTERSIGN, Ran, Repo, Sandbox, needs};

/// How many rounds are raced: fifty where time does not matter.
fn rounds() -> usize {
    if needs::too_long("races fifty rounds instead of a few") { 6 } else { 50 }
}

/// Starts a deciding command and does not wait for it.
fn start(repo: &Repo<'_>, arguments: &[&str]) -> Child {
    let mut command: Command = repo.sandbox().command(COUNTERSIGN, repo);
    command.args(arguments).arg("--yes").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

fn finish(child: Child) -> Ran {
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// How often the ledger has each kind of entry for each proposal.
fn recorded(origin: &Repo<'_>) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for entry in origin.ledger() {
        for item in entry["items"].as_array().into_iter().flatten() {
            let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
            *counts.entry((text(&entry["kind"]), text(&item["proposal"]))).or_default() += 1;
        }
    }
    counts
}

/// Races two clones (or twice the same one) for some rounds: one approves, the other rejects with a lesson, and both
/// approve the same one.
fn race(origin: &Repo<'_>, left: &Repo<'_>, right: &Repo<'_>) {
    let rounds = rounds();
    let name = |kind: &str, round: usize| format!("agent/infra/{kind}-{round:02}");
    let mut expected = recorded(origin);
    let mut expect = |kind: &str, proposal: String| expected.insert((kind.to_owned(), proposal), 1);
    for round in 0..rounds {
        for kind in ["yes", "no", "both"] {
            origin.propose(&name(kind, round), kind, &[(&format!("docs/{kind}-{round}.md"), "text\n")]);
        }
        let (yes, no, both) =
            (origin.at(&name("yes", round)), origin.at(&name("no", round)), origin.at(&name("both", round)));
        let lesson = format!("Never write number {round} of these.");
        let first = [start(left, &["approve", &yes]), start(right, &["reject", &no, "-m", &lesson])];
        for child in first {
            let ran = finish(child);
            assert_eq!(ran.code, Some(0), "round {round}: {ran}");
        }
        let second = [start(left, &["approve", &both]), start(right, &["approve", &both])];
        let mut codes: Vec<Option<i32>> = Vec::new();
        for child in second {
            let ran = finish(child);
            assert!(ran.code == Some(0) || ran.code == Some(1), "round {round}: {ran}");
            codes.push(ran.code);
        }
        assert!(codes.contains(&Some(0)), "somebody lands it");
        expect("approve", name("yes", round));
        expect("reject", name("no", round));
        expect("approve", name("both", round));
    }
    assert_eq!(recorded(origin), expected);
    for kind in ["yes", "both"] {
        for round in 0..rounds {
            assert_eq!(origin.show("main", &format!("docs/{kind}-{round}.md")), "text\n");
        }
    }
    let lessons = origin.show("main", "AGENTS.md");
    let kept = (0..rounds).filter(|round| lessons.contains(&format!("Never write number {round} of these."))).count();
    assert_eq!(kept, rounds.min(20), "{lessons}");
    let report = left.sound();
    assert_eq!((&report["merges"], &report["unfinished"]), (&expected_merges(origin).into(), &serde_json::json!([])));
    let _ = right.sound();
    assert_eq!(origin.sandbox().outbox(), 0);
    let _ = origin.git(&["fsck", "--strict"]);
}

fn expected_merges(origin: &Repo<'_>) -> usize {
    let landed = |entry: &serde_json::Value| {
        entry["items"].as_array().into_iter().flatten().filter(|item| item["merge"].is_object()).count()
    };
    origin.ledger().iter().map(landed).sum()
}

#[test]
fn two_clones_decide_at_the_same_time() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    race(&origin, &maria, &sam);
}

#[test]
fn two_commands_decide_in_one_clone_at_the_same_time() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    race(&origin, &maria, &maria);
}

#[test]
fn two_commands_decide_in_one_repository_without_a_remote() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    repo.commit("main", Sandbox::first_commit());
    repo.belongs_to(&sandbox.person("maria"));
    let _ = repo.run(&["init", "--yes"]).succeeds();
    race(&repo, &repo, &repo);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}
