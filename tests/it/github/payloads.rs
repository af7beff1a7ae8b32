//! Real payloads: those that octokit publishes for webhooks, where npm can be had.

use std::path::PathBuf;

use countersign::io::github::{check_run, rest_pull, review, status};
use serde_json::Value;

use super::npm::packages;

/// The package, and the version whose payloads are known to be all fine.
const PACKAGE: &str = "@octokit/webhooks-examples@7.6.1";

/// The payloads by event: from a folder that `COUNTERSIGN_WEBHOOKS` names, else from npm.
fn events() -> Option<Value> {
    let file =
        std::env::var_os("COUNTERSIGN_WEBHOOKS").map(|folder| PathBuf::from(folder).join("api.github.com/index.json"));
    let file = match file {
        Some(file) => file,
        None => packages(&[PACKAGE])?.join("node_modules/@octokit/webhooks-examples/api.github.com/index.json"),
    };
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

#[test]
fn all_payloads_of_octokit_are_read() {
    let Some(Value::Array(events)) = events() else { return };
    let mut read = std::collections::BTreeMap::new();
    for event in &events {
        let name = event["name"].as_str().unwrap_or_default();
        for example in event["examples"].as_array().into_iter().flatten() {
            let what = format!("{name} {}", example["action"]);
            let outcome = match name {
                "pull_request" => rest_pull(example["pull_request"].clone()).map(|pull| {
                    assert_eq!(Some(pull.title.as_str()), example["pull_request"]["title"].as_str(), "{what}");
                    assert_eq!(Some(pull.number), example["number"].as_u64(), "{what}");
                    assert_ne!(pull.author.login, "ghost", "{what}");
                }),
                "pull_request_review" => review(example["review"].clone()).map(drop),
                "check_run" => check_run(example["check_run"].clone()).map(drop),
                "status" => status(example.clone()).map(drop),
                _ => continue,
            };
            outcome.unwrap_or_else(|why| panic!("{what}: {why}"));
            *read.entry(name).or_insert(0) += 1;
        }
    }
    assert!(read["pull_request"] >= 29 && read["pull_request_review"] >= 4 && read["check_run"] >= 9, "{read:?}");
}
