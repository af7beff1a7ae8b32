//! What nobody waits for: what is here already is shown, whoever else is at work and whoever does not answer.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{Desk, SHOP};
use crate::console::{eventually, leave};
use crate::support::Sandbox;
use crate::support::github::{Fault, Wrong};

/// The lock that whoever fetches into the mirror of the shop holds.
fn lock(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/.cache/countersign/mirrors/127.0.0.1/acme/shop.lock")
}

#[test]
fn who_only_reads_does_not_wait_for_who_fetches() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    assert_eq!(desk.list(SHOP, &[]).len(), 1);
    let _ = desk.run(SHOP, &["show", "#1"]).succeeds();
    let held = File::options().write(true).open(lock(&sandbox)).expect("the lock of the mirror");
    held.lock().expect("nobody else is at work");
    assert_eq!(desk.list(SHOP, &["--offline"]).len(), 1);
    for command in [&["show", "#1", "--offline"][..], &["status", "--short", "--offline"]] {
        let _ = desk.run(SHOP, command).succeeds();
    }
    let terminal = sandbox.console("", 120, 40, &["--offline", SHOP]);
    assert!(terminal.wait_for("1 pending").has("replicas 3 → 1"));
    leave(terminal);
    // One that asks waits for that behind what is on its screen.
    let terminal = sandbox.console("", 120, 40, &[SHOP]);
    assert!(terminal.wait_for("1 pending").has("replicas 3 → 1"));
}

/// Makes what a search found a year old.
fn age(sandbox: &Sandbox) {
    let folder = fs::read_dir(sandbox.path("home/.cache/countersign/github")).expect("the cache");
    let kept = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("search-"));
    let file = folder.flatten().map(|entry| entry.path()).find(kept).expect("what the search found");
    let text = fs::read_to_string(&file).expect("text");
    let (header, body) = text.split_once('\n').expect("a header");
    let (format, _) = header.rsplit_once(' ').expect("a digest");
    let mut body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    body["at"] = "2020-01-01T00:00:00Z".into();
    let body = body.to_string();
    fs::write(&file, format!("{format} {:x}\n{body}", Sha256::digest(&body))).expect("the cache is ours");
}

/// A search of which a console knows one repository.
fn searched(sandbox: &Sandbox) -> Desk<'_> {
    let (desk, shop) = Desk::new(sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    desk.set("search = \"org:acme\"\n");
    let terminal = sandbox.console("home", 120, 40, &[]);
    terminal.wait_for("1 pending");
    terminal.wait_gone("being looked into");
    leave(terminal);
    age(sandbox);
    desk
}

#[test]
fn what_a_search_found_is_shown_while_github_is_silent() {
    let sandbox = Sandbox::new();
    let desk = searched(&sandbox);
    desk.github.fault(Fault::at("*", Wrong::Silence(Duration::from_secs(3_600))));
    let terminal = sandbox.console("home", 120, 40, &[]);
    assert!(terminal.wait_for("1 pending").has("replicas 3 → 1"));
    eventually("the search is made behind", || desk.github.requests().iter().any(|one| one.path == "/graphql"));
}

#[test]
fn what_a_search_finds_anew_is_told_and_known_to_the_next() {
    let sandbox = Sandbox::new();
    let desk = searched(&sandbox);
    let infra = desk.repo("acme/infra");
    desk.propose(&infra, "acme/infra", "agent/infra/more", ("apps/web/values.yaml", "replicas: 9\nimage: web:1.0\n"));
    let terminal = sandbox.console("home", 120, 40, &[]);
    terminal.wait_for("github.search finds acme/infra as well now");
    leave(terminal);
    let terminal = sandbox.console("home", 120, 40, &[]);
    assert!(terminal.wait_for("2 pending").has("infra#1"));
}

#[test]
fn a_search_of_which_nothing_is_known_says_what_is_waited_for() {
    let sandbox = Sandbox::new();
    let (desk, _shop) = Desk::new(&sandbox);
    desk.set("search = \"org:acme\"\n");
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let ran = sandbox.run("home", &[]).exits(4);
    let asking = format!("asking {} for the repositories of `github.search`", desk.github.address());
    for words in [asking.as_str(), "GitHub could not be searched: 127.0.0.1 cannot be reached"] {
        assert!(ran.stderr.contains(words), "{words}: {ran}");
    }
}
