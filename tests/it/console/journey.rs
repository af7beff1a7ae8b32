//! The main job: open the demo, approve every clean low proposal in one batch, reject one with a lesson, leave; and what
//! plain git finds afterwards.

use serde_json::Value;

use super::{AT, BATCH, Demo, QUEUE, git, leave, needs, sign};
use crate::support::{Repo, Sandbox};

const NOTE: &str = "Users of the VPN come from outside 10/8. Ask the network team first.";
/// The first sentence of the note, in its folder, for half a year.
const LESSON: &str =
    "- Users of the VPN come from outside 10/8. Scope: file:tf/net/security_groups.tf. [L-001 2025-06, ";

#[test]
fn the_demo_is_cleared_in_a_batch_and_a_rejection() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let terminal = sandbox.console("", 120, 40, &["demo", "--dir", "demo", "--at", AT]);
    terminal.wait_for(QUEUE);
    let queue = terminal.wait_for("26 of the 29 low ones are clean");
    assert!(queue.has("low ones are clean") && queue.has("record") && queue.has("ledger ok"), "{queue}");
    let origin = sandbox.repo("demo/origin.git");
    let before = origin.refs();
    assert_eq!(before, built_again().sandbox.repo("demo/origin.git").refs(), "--at fixes every object id");

    terminal.keys("b");
    let sheet = terminal.wait_for(BATCH);
    assert!(sheet.has("one entry, one signature, one push: 26 merges"), "{sheet}");
    assert!(sheet.has("left out, and why") && sheet.has("nothing sent yet"), "{sheet}");
    sign(&terminal, "y", "26 approvals in");
    assert_eq!(origin.refs(), before, "nothing is sent within the window");
    terminal.keys("S");
    terminal.wait_for("26 merged; 1 signature");

    terminal.keys("x");
    terminal.wait_for("REJECT  narrow-web-sg");
    terminal.keys(NOTE);
    let sheet = terminal.wait_for("[L-001");
    assert!(sheet.has("AGENTS.md  as it will be"), "{sheet}");
    sign(&terminal, "<ctrl-s>", "1 rejection in");
    terminal.keys("S");
    terminal.wait_for("1 recorded; 1 signature");
    leave(terminal);

    let demo = Demo { sandbox };
    let landed = merges_hold(&demo.origin(), &before["refs/heads/main"]);
    ledger_holds(&demo.origin(), &landed);
    lesson_holds(&demo.origin(), &before["refs/heads/main"]);
    for clone in [demo.work(), demo.sam()] {
        let _ = clone.sound();
        assert_eq!(clone.git(&["status", "--porcelain"]), "", "work trees are left alone");
    }
    let _ = git(&demo.sandbox, "demo/origin.git", &["fsck", "--strict", "--no-dangling"]).succeeds();
    assert_eq!(demo.sandbox.outbox(), 0);
}

fn built_again() -> Demo {
    Demo::new().expect("ssh-keygen is there")
}

/// Everything that landed is one commit a proposal with the tree that git itself makes, then one for the lesson. Answers
/// proposal and commit of each.
fn merges_hold(origin: &Repo<'_>, before: &str) -> Vec<(String, String)> {
    let range = format!("{before}..main");
    let new = origin.git(&["rev-list", "--reverse", "--first-parent", &range]);
    let new: Vec<&str> = new.lines().collect();
    assert_eq!(origin.git(&["rev-list", "--count", &range]), "27", "squashed: no commit of an agent comes with it");
    assert_eq!(new.len(), 27, "26 merges and a lesson");
    let field = |commit: &str, format: &str| origin.git(&["log", "-1", &format!("--format={format}"), commit]);
    let trailer = |commit: &str, key: &str| field(commit, &format!("%(trailers:key={key},valueonly)"));
    let mut landed = Vec::new();
    let mut parent = before.to_owned();
    for commit in &new[..26] {
        assert_eq!(field(commit, "%P"), parent);
        let named = trailer(commit, "Countersign-Proposal");
        let (name, head) = named.trim().rsplit_once('@').expect("a name and a head");
        assert_eq!(origin.rev(&format!("refs/heads/{name}")), head);
        assert_eq!(field(commit, "%T"), origin.git(&["merge-tree", "--write-tree", &parent, head]), "{name}");
        assert_eq!(field(commit, "%an <%ae>"), field(head, "%an <%ae>"), "the author is the agent");
        assert_eq!(field(commit, "%cn <%ce>"), "you <you@orbit.example>", "the committer approved it");
        landed.push((name.to_owned(), (*commit).to_owned()));
        parent = (*commit).to_owned();
    }
    let lesson = new[26];
    assert_eq!(field(lesson, "%P"), parent);
    assert_eq!(origin.git(&["diff-tree", "-r", "--name-only", &parent, lesson]), "AGENTS.md");
    landed
}

/// The entries say what landed and why, and every trailer names its entry.
fn ledger_holds(origin: &Repo<'_>, landed: &[(String, String)]) {
    let entries = origin.ledger();
    let kinds: Vec<&str> = entries.iter().filter_map(|entry| entry["kind"].as_str()).collect();
    assert_eq!(kinds, ["genesis", "approve", "reject"]);
    assert_eq!(entries[0]["demo"], true);
    let items: Vec<(String, String)> = entries[1]["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (text(&item["proposal"]), text(&item["merge"]["commit"])))
        .collect();
    assert_eq!(items, landed);
    let id = text(&entries[1]["id"]);
    let format = "--format=%(trailers:key=Countersign-Entry,valueonly)";
    let named =
        origin.git(&["log", format, &format!("{}..main~1", entries[1]["refs"][0]["old"].as_str().expect("old"))]);
    assert!(named.split_whitespace().all(|entry| entry == id) && named.split_whitespace().count() == 26, "{named}");
    assert_eq!(text(&entries[1]["refs"][0]["new"]), origin.rev("main~1"));
    assert_eq!(text(&entries[2]["refs"][0]["new"]), origin.rev("main"));
    assert_eq!(entries[2]["items"][0]["proposal"], "agent/infra-bot/narrow-web-sg");
    assert_eq!((entries[2]["note"].as_str(), entries[2]["reason"].as_str()), (Some(NOTE), Some("wrong_fix")));
}

/// The section is added at the end, and nothing else of the file changes by a byte.
fn lesson_holds(origin: &Repo<'_>, before: &str) {
    let entry = origin.ledger().pop().expect("an entry");
    let id = &text(&entry["id"])[..8];
    let section = format!(
        "\n<!-- BEGIN countersign lessons v1 -->\n## Lessons from review\n{LESSON}{id}, until 2025-11-30]\n\
         <!-- END countersign lessons -->\n"
    );
    assert_eq!(origin.show("main", "AGENTS.md"), origin.show(before, "AGENTS.md") + &section);
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn the_same_moment_gives_the_same_objects() {
    let (Some(one), Some(other)) = (Demo::new(), Demo::new()) else { return };
    for name in ["demo/origin.git", "demo/work", "demo/sam"] {
        assert_eq!(one.sandbox.repo(name).refs(), other.sandbox.repo(name).refs(), "{name}");
    }
    let tip = one.origin().refs()["refs/heads/countersign/ledger"].clone();
    assert_eq!(one.origin().git(&["cat-file", "commit", &tip]), other.origin().git(&["cat-file", "commit", &tip]));
}

#[test]
fn a_demo_without_a_folder_leaves_nothing_behind() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    for end in [None, Some(rustix::process::Signal::TERM), Some(rustix::process::Signal::HUP)] {
        let sandbox = Sandbox::new();
        let mut terminal = sandbox.console("", 120, 40, &["demo"]);
        terminal.wait_for(QUEUE);
        match end {
            None => terminal.keys("qq"),
            Some(signal) => terminal.signal(signal),
        }
        terminal.wait_end();
        let left: Vec<_> = std::fs::read_dir(sandbox.path("tmp")).expect("a folder").flatten().collect();
        assert!(left.is_empty(), "{end:?}: {left:?}");
        assert_eq!(sandbox.kept(""), Vec::<std::path::PathBuf>::new(), "{end:?}: nothing is kept of it either");
    }
}
