//! Saying no: rejections with lessons, holds, questions, and taking them back.

use serde_json::json;

use super::{Sandbox, agent, page, queue};

#[test]
fn a_rejection_teaches_the_agent_and_leaves_the_list() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let head = origin.commit("main", super::maria("Ours").file("AGENTS.md", "# Ours\r\n\r\nBe kind.\r\n"));
    let fewer = "agent/infra/fewer";
    origin.propose(fewer, "Fewer", &[("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")]);
    let message = "Never run fewer than 2 replicas. It went down in May.";
    let ran = maria.run(&["reject", &origin.at(fewer), "-m", message, "--reason", "unsafe", "--yes"]).succeeds();
    assert!(ran.stdout.contains("rejected") && ran.stdout.contains("AGENTS.md"), "{ran}");
    let entry = origin.ledger().pop().expect("an entry");
    assert_eq!(
        (&entry["kind"], &entry["reason"], &entry["note"]),
        (&json!("reject"), &json!("unsafe"), &json!(message))
    );
    assert_eq!(entry["lesson"]["text"], "Never run fewer than 2 replicas.");
    assert_eq!(entry["lesson"]["scope"], "file:apps/web/values.yaml");
    assert_eq!((&entry["lesson"]["into"], &entry["items"][0]["merge"]), (&json!("AGENTS.md"), &json!(null)));

    assert_eq!(origin.rev("main^"), head);
    let file = origin.show("main", "AGENTS.md");
    let section = file.strip_prefix("# Ours\r\n\r\nBe kind.\r\n").expect("not a byte of theirs changes");
    let (id, month) = (&entry["id"].as_str().expect("an id")[..8], &entry["at"].as_str().expect("a time")[..7]);
    let until = entry["lesson"]["expires"].as_str().expect("a day");
    let line = format!(
        "- Never run fewer than 2 replicas. Scope: file:apps/web/values.yaml. [L-001 {month}, {id}, until {until}]"
    );
    assert_eq!(
        section,
        format!(
            "\r\n<!-- BEGIN countersign lessons v1 -->\n## Lessons from review\n{line}\n<!-- END countersign lessons -->\n"
        )
    );
    let trailer = origin.git(&["log", "-1", "--format=%(trailers:key=Countersign-Entry,valueonly)", "main"]);
    assert_eq!(json!(trailer.trim()), entry["id"]);
    let rendered = maria.run(&["memory", "render"]).succeeds();
    assert!(section.contains(rendered.stdout.trim_end()), "{rendered}");

    assert_eq!(queue(&maria), []);
    assert_eq!(maria.proposal(fewer)["state"], "rejected");
    let _ = maria.run(&["memory", "for", "apps/web/values.yaml", "--json"]).succeeds();
    let report = maria.run(&["ledger", "verify", "--json"]).succeeds().json();
    assert_eq!(report["unapproved_total"], 1, "the one commit by hand, and not the memory commit: {report}");
}

#[test]
fn a_rejected_proposal_that_comes_back_is_a_repeat_and_needs_a_new_yes() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let one = page(&origin, "one");
    let _ = maria.run(&["reject", &origin.at(&one), "-m", "Not this.", "--no-lesson", "--yes"]).succeeds();
    let copy = "agent/infra/copy";
    origin.commit(copy, agent("Another name").file("docs/one.md", "text\n"));
    assert_eq!(
        queue(&maria),
        [(copy.to_owned(), "pending".to_owned())],
        "the same change under another name is not shed"
    );
    let _ = sam.run(&["approve", &origin.at(copy), "--yes"]).exits(1);
    origin.commit(&one, agent("Better").file("docs/one.md", "better\n"));
    let again = maria.proposal(&one);
    assert_eq!((&again["state"], &again["round"], &again["clean"]), (&json!("pending"), &json!(2), &json!(false)));
    assert!(maria.run(&["list"]).succeeds().stdout.contains("repeat: rejected by maria"));
    let _ = maria.run(&["approve", "--tier", "low", "--yes"]).exits(1);
    let ran = sam.run(&["approve", &origin.at(&one), "--yes"]).exits(1);
    assert!(ran.stderr.contains("maria rejected it"), "{ran}");
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    assert_eq!(origin.show("main", "docs/one.md"), "better\n");
    let _ = sam.sound();
}

#[test]
fn not_every_no_teaches() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let names = ["a", "b", "c", "d", "e"].map(|name| page(&origin, name));
    let reject = |name: &str, more: &[&str]| {
        let at = origin.at(name);
        let _ = maria.run(&[&["reject", &at, "-m", "Say what it is for. Really.", "--yes"], more].concat()).succeeds();
        origin.ledger().pop().expect("an entry")["lesson"].clone()
    };
    assert_eq!(reject(&names[0], &["--reason", "not_now"]), json!(null));
    assert_eq!(reject(&names[1], &["--reason", "duplicate"]), json!(null));
    assert_eq!(reject(&names[2], &["--no-lesson"]), json!(null));
    assert!(!origin.refs().contains_key("refs/heads/AGENTS.md"));
    assert_eq!(origin.git(&["ls-tree", "--name-only", "main", "AGENTS.md"]), "");
    let own = reject(
        &names[3],
        &["--reason", "duplicate", "--lesson", "Say it once.", "--scope", "folder:docs/**", "--expires", "7"],
    );
    assert_eq!((&own["text"], &own["scope"]), (&json!("Say it once."), &json!("folder:docs/**")));
    assert_eq!(reject(&names[4], &[])["text"], "Say what it is for.");
    assert_eq!(maria.run(&["memory", "list", "--json"]).succeeds().json()["lessons"].as_array().map(Vec::len), Some(2));
    let _ = maria.sound();
}

#[test]
fn a_hold_follows_the_proposal_until_its_author_lifts_it() {
    let sandbox = Sandbox::new();
    let (origin, maria, sam) = sandbox.pair();
    let one = page(&origin, "one");
    let _ = sam.run(&["hold", &origin.at(&one), "-m", "Wait for the migration.", "--yes"]).succeeds();
    assert_eq!(queue(&maria), [(one.clone(), "held".to_owned())]);
    let _ = maria.run(&["approve", "--tier", "low", "--yes"]).exits(1);
    let ran = maria.run(&["approve", &origin.at(&one), "--yes"]).exits(1);
    assert!(ran.stderr.contains("sam holds it"), "{ran}");
    let _ = maria.run(&["withdraw", &one, "--yes"]).exits(1);
    origin.commit(&one, agent("More").file("docs/one.md", "more\n"));
    assert_eq!(queue(&maria), [(one.clone(), "held".to_owned())], "a push does not shed it");
    let _ = sam.run(&["withdraw", &one, "-m", "Done.", "--yes"]).succeeds();
    assert_eq!(queue(&maria), [(one.clone(), "pending".to_owned())]);
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    let _ = maria.sound();
}

#[test]
fn a_question_ends_with_the_next_round() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let _ = maria.run(&["ask", &origin.at(&one), "-m", "Who reads it?", "--yes"]).succeeds();
    assert_eq!(queue(&maria), [(one.clone(), "asked".to_owned())]);
    let _ = maria.run(&["approve", "--tier", "low", "--yes"]).exits(1);
    origin.commit(&one, agent("Say who reads it").file("docs/one.md", "for operators\n"));
    assert_eq!(queue(&maria), [(one.clone(), "pending".to_owned())]);
    assert_eq!(maria.proposal(&one)["clean"], true);
    let _ = maria.run(&["approve", "--tier", "low", "--yes"]).succeeds();
    let kinds: Vec<_> = origin.ledger().iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(kinds, ["genesis", "ask", "approve"]);
    let log = maria.run(&["ledger", "log", "--json"]).succeeds().json();
    assert_eq!(log["entries"][0]["kind"], "approve", "newest first");
    assert_eq!(maria.run(&["ledger", "log", "-n", "1"]).succeeds().stdout.lines().count(), 1);
}

#[test]
fn a_withdrawn_rejection_takes_its_lesson_along() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let _ = maria.run(&["reject", &origin.at(&one), "-m", "Never do this.", "--yes"]).succeeds();
    assert!(origin.show("main", "AGENTS.md").contains("Never do this."));
    let _ = maria.run(&["withdraw", &one, "--yes"]).succeeds();
    assert_eq!(queue(&maria), [(one.clone(), "pending".to_owned())]);
    assert_eq!(maria.run(&["memory", "list", "--json"]).succeeds().json()["lessons"], json!([]));
    // The file follows with the next lesson of a sitting.
    let two = page(&origin, "two");
    let _ = maria.run(&["reject", &origin.at(&two), "-m", "Another.", "--yes"]).succeeds();
    let file = origin.show("main", "AGENTS.md");
    assert!(!file.contains("Never do this.") && file.contains("Another."), "{file}");
    let _ = maria.sound();
}

#[test]
fn a_memory_file_keeps_its_mode_and_one_below_a_link_hinders_no_rejection() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    origin.commit("main", super::maria("Ours").file("AGENTS.md", "# Ours\n"));
    let clone = origin.clone_to("hands");
    clone.git(&["update-index", "--chmod=+x", "AGENTS.md"]);
    clone.git(&["commit", "--quiet", "-m", "Executable"]);
    clone.git(&["push", "--quiet", "origin", "HEAD:main"]);
    let _ = maria.run(&["reject", &origin.at(&one), "-m", "Not this.", "--yes"]).succeeds();
    assert!(origin.git(&["ls-tree", "main", "AGENTS.md"]).starts_with("100755"));

    let policy = origin.show("main", ".countersign/policy.yaml");
    let agents =
        "agents:\n  - { name: infra, match: { branches: [\"agent/infra/**\"] }, memory: notes/AGENTS.md }\ntiers";
    let policy = policy.replacen("tiers", agents, 1);
    origin.commit(
        "people/notes",
        super::maria("Notes").file(".countersign/policy.yaml", policy).symlink("notes", "docs"),
    );
    let _ = maria.run(&["approve", &origin.at("people/notes"), "--yes"]).succeeds();
    let two = page(&origin, "two");
    let ran = maria.run(&["reject", &origin.at(&two), "-m", "Nor this.", "--yes"]).succeeds();
    assert!(ran.stderr.contains("notes is no folder"), "{ran}");
    assert_eq!(maria.proposal(&two)["state"], "rejected");
}
