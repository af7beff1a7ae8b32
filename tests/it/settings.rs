//! What a person may set and type around a command: options before it, files with mistakes in them.

use serde_json::json;

use super::support::Sandbox;

#[test]
fn options_of_the_repository_stand_before_the_command_or_after_it() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    origin.propose("agent/infra/one", "One", &[("docs/one.md", "text\n")]);
    for line in [["--repo", "origin.git", "list"], ["list", "--repo", "origin.git"]] {
        let ran = sandbox.run("", &line).succeeds();
        assert!(ran.stdout.contains("agent/infra/one"), "{ran}");
    }
    for (word, said) in [("sweep", "not supported by this version yet"), ("lsit", "did you mean `countersign list`?")] {
        let ran = origin.run(&[word]).exits(2);
        assert!(ran.stderr.contains(said), "{ran}");
    }
}

#[test]
fn mistakes_in_the_settings_are_all_told_and_stop_nothing() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    origin.propose("agent/infra/one", "One", &[("docs/one.md", "text\n")]);
    let config = "tehme = \"dark\"\ncolour = \"blue\"\nbranches = [\"[\"]\nundo_seconds = 1\n";
    sandbox.write("home/.config/countersign/config.toml", config);
    sandbox.write("home/.config/countersign/keymap.toml", "[queue]\n\"g\" = \"refresh\"\n");
    let places = ["config.toml:1:", "config.toml:2:", "config.toml:3:", "config.toml:4:"];
    let ran = origin.run(&["list"]).succeeds();
    assert!(ran.stdout.contains("agent/infra/one"), "{ran}");
    assert!(places.iter().all(|place| ran.stderr.contains(place)), "{ran}");
    let listed = origin.run(&["list", "--json"]).succeeds().json();
    assert_eq!(
        (listed["problems"].as_array().map(Vec::len), &listed["proposals"][0]["id"]),
        (Some(4), &json!("agent/infra/one"))
    );
    let doctor = origin.run(&["doctor"]).exits(1);
    assert!(places.iter().all(|place| doctor.stdout.contains(place)), "{doctor}");
    assert!(doctor.stdout.contains("keymap.toml:2:"), "{doctor}");
}

#[test]
fn where_no_ledger_has_begun_there_is_nothing_to_read_and_that_is_no_error() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    for (arguments, key) in [
        (vec!["memory", "list"], "lessons"),
        (vec!["memory", "for", "docs/a.md"], "lessons"),
        (vec!["ledger", "log"], "entries"),
    ] {
        let ran = origin.run(&arguments).succeeds();
        assert!(ran.stdout.is_empty() && ran.stderr.contains("countersign init"), "{ran}");
        let ran = origin.run(&[arguments.as_slice(), &["--json"]].concat()).succeeds();
        assert_eq!(ran.json()[key], json!([]), "{ran}");
    }
    let ran = origin.run(&["ledger", "verify"]).exits(2);
    assert!(ran.stderr.contains("countersign init"), "{ran}");
}

#[test]
fn lint_names_the_file_that_it_was_given() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    sandbox.write("origin.git/p.yaml", "version: 1\ngate: maybe\n");
    let ran = origin.run(&["policy", "lint", "p.yaml"]).exits(2);
    assert!(ran.stdout.contains("p.yaml:2:7: error") && !ran.stdout.contains("policy.yaml:2"), "{ran}");
    assert!(ran.stdout.contains("hint: `none` records"), "{ran}");
}

#[test]
fn lint_reads_the_price_list_too() {
    let sandbox = Sandbox::new();
    let (_, maria) = sandbox.solo();
    let _ = maria.git(&["pull", "--quiet"]);
    let _ = maria.run(&["policy", "lint"]).succeeds();
    sandbox.write("maria/.countersign/prices.yaml", "currency: euros\n");
    let ran = maria.run(&["policy", "lint"]).exits(2);
    assert!(ran.stdout.contains(".countersign/prices.yaml:1:11: error: `euros` is no currency"), "{ran}");
    let ran = maria.run(&["policy", "lint", "--json"]).exits(2);
    assert_eq!(ran.json()["errors"].as_array().map(Vec::len), Some(5), "{ran}");
    let read = std::fs::read_to_string(sandbox.path("maria/.countersign/policy.yaml"));
    let policy = read.expect("a policy") + "cost: { prices: elsewhere.yaml }\n";
    sandbox.write("maria/.countersign/policy.yaml", &policy);
    let ran = maria.run(&["policy", "lint"]).exits(2);
    assert!(ran.stdout.contains("the price list elsewhere.yaml is not there"), "{ran}");
}

#[test]
fn a_path_that_no_lesson_names_is_told_apart_from_no_lesson_at_all() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let ran = maria.run(&["memory", "for", "docs/a.md"]).succeeds();
    assert!(ran.stderr.contains("none is in force"), "{ran}");
    origin.propose("agent/infra/one", "One", &[("docs/one.md", "text\n")]);
    let _ = maria.run(&["reject", &origin.at("agent/infra/one"), "-m", "Write it in full.", "--yes"]).succeeds();
    let ran = maria.run(&["memory", "for", "docs/a.md"]).succeeds();
    assert!(ran.stderr.contains("no lesson names docs/a.md") && ran.stderr.contains("memory list"), "{ran}");
}
