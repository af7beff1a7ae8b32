//! What the README tells people to write can be written, and what it tells them to type can be typed.

use std::collections::BTreeSet;

use clap::Parser as _;

use countersign::app::ACTIONS;
use countersign::cli::Arguments;
use countersign::config::{Base, Context, Ground, Keymap, Settings, Source, Theme};
use countersign::policy::{self, KEYS};

use super::super::support::{Ran, Sandbox, needs};
use super::{README, examples_in, text_of};

#[test]
fn commands_can_be_typed() {
    let mut typed = 0;
    for fence in examples_in("sh") {
        for line in fence.text.lines().filter(|line| line.starts_with("countersign")) {
            let command = line.split("  #").next().unwrap_or(line);
            let words = shell_words::split(command).unwrap_or_else(|error| panic!("{command}: {error}"));
            if let Err(error) = Arguments::try_parse_from(words) {
                panic!("{README}:{}: {command}: {error}", fence.line);
            }
            typed += 1;
        }
    }
    assert!(typed > 5, "the README shows only {typed} commands");
}

/// The one example in a language that begins with these words.
fn example(language: &str, beginning: &str) -> String {
    let mut found = examples_in(language).into_iter().filter(|fence| fence.text.starts_with(beginning));
    let first = found.next().unwrap_or_else(|| panic!("the README has no {language} that begins with {beginning}"));
    assert!(found.next().is_none(), "{beginning} begins two examples");
    first.text
}

#[test]
fn the_policy_holds_and_nothing_is_to_be_said_against_it() {
    let (policy, signers) = (example("yaml", "version: 1"), example("text", "maria@corp.example"));
    let found = policy::lint(
        policy::Source { name: "policy.yaml", text: &policy },
        Some(policy::Source { name: "allowed_signers", text: &signers }),
        false,
    );
    assert_eq!(found.errors, []);
    assert_eq!(found.warnings, []);
}

#[test]
fn the_policy_has_exactly_the_keys_that_are_read() {
    let shown = keys_in(&example("yaml", "version: 1"));
    let read: BTreeSet<&str> = KEYS.iter().flat_map(|table| table.known).copied().collect();
    assert_eq!(shown.iter().map(String::as_str).collect::<BTreeSet<_>>(), read);
}

/// The words before a colon, wherever a key can stand.
fn keys_in(yaml: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for line in yaml.lines() {
        let line = line.split(" #").next().unwrap_or(line);
        for part in line.split(['{', ',']) {
            let key = part.trim_start_matches([' ', '-']).split_once(':').map(|(key, _)| key);
            keys.extend(key.filter(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_')).map(str::to_owned));
        }
    }
    keys
}

#[test]
fn the_settings_can_be_read() {
    let config = example("toml", "# config.toml");
    assert_eq!(Settings::load(Some(Source::new("config.toml", &config))).1, []);
    let theme = example("toml", "# theme.toml");
    assert_eq!(Theme::load(Ground::Dark, Some(Source::new("theme.toml", &theme))).1, []);
    let keymap = example("toml", "# keymap.toml");
    let actions: Vec<(&str, &[Context])> = ACTIONS.iter().map(|info| (info.name, info.contexts)).collect();
    assert_eq!(Keymap::load(Base::Vim, Some(Source::new("keymap.toml", &keymap)), &actions).1, []);
}

/// The example below a comment of the README that names it.
fn tested(name: &str) -> String {
    let text = text_of(README);
    let mark = format!("<!-- tested: {name} -->");
    let (_, after) = text.split_once(&mark).unwrap_or_else(|| panic!("the README has no {mark}"));
    super::fences(after).swap_remove(0).text
}

#[test]
fn the_ledger_can_be_checked_with_git_alone() {
    if needs::missing(&["ssh-keygen", "sha256sum"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let _ = sandbox.run("", &["demo", "--no-tui", "--dir", "demo"]).succeeds();
    // Three of the demo's low proposals are not clean, and are not asked for.
    let _ = sandbox.run("demo/work", &["approve", "--tier", "low", "--yes"]).succeeds();
    let mut shell = sandbox.command("sh", "demo/work");
    shell.args(["-ec", &tested("ledger")]);
    let ran = Ran::of(&mut assert_cmd::Command::from_std(shell)).succeeds();
    assert!(ran.stderr.contains("Good \"git\" signature for you@orbit.example"), "{ran}");
    let entry = ran.stdout.lines().find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let entry = entry.unwrap_or_else(|| panic!("no entry was printed\n{ran}"));
    let id = entry["id"].as_str().expect("an id");
    assert!(ran.stdout.lines().filter(|line| line.ends_with(id)).count() >= 5, "landing commits name {id}\n{ran}");
    let change_id = ran.stdout.lines().last().and_then(|line| line.split(' ').next()).expect("a digest");
    let items = entry["items"].as_array().expect("items");
    assert!(items.iter().any(|item| item["change_id"] == change_id), "{change_id}\n{ran}");
    let _ = sandbox.run("demo/work", &["ledger", "verify"]).succeeds();
}
