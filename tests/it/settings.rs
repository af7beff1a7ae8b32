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
