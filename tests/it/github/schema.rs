//! The queries that are sent, held against the schema that GitHub publishes.

use super::npm::packages;
use super::{ALWAYS, client, forge, list, noon, propose};
use crate::support::Sandbox;

/// Reads queries, one a file, and prints what is wrong with them.
const CHECK: &str = r#"
const fs = require("fs"), { buildSchema, parse, validate } = require("graphql");
const file = "node_modules/@octokit/graphql-schema/schema.graphql";
const schema = buildSchema(fs.readFileSync(file, "utf8"), { assumeValid: true });
for (const query of process.argv.slice(1)) validate(schema, parse(query)).forEach(error => console.log(error.message));
"#;

#[test]
fn the_queries_are_of_githubs_schema() {
    let Some(folder) = packages(&["@octokit/graphql-schema@15.26.1", "graphql@16.11.0"]) else { return };
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 1);
    let client = client(&github);
    list(&client, None, noon());
    countersign::io::github::search(&client, "org:acme", ALWAYS).unwrap();
    assert_eq!(countersign::io::github::rollups(&client, &["PR_acme_shop_1"], ALWAYS).unwrap().len(), 1);
    let sent = github.requests().into_iter().filter(|request| request.method == "POST");
    let queries: Vec<String> = sent.map(|request| request.json()["query"].as_str().unwrap().to_owned()).collect();
    assert_eq!(queries.len(), 3);
    let check = |queries: &[String]| {
        let mut node = std::process::Command::new("node");
        let output = node.current_dir(&folder).args(["-e", CHECK]).args(queries).output().expect("node");
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    assert_eq!(check(&queries), "");
    assert_ne!(check(&[queries[0].replace("isDraft", "isDraught")]), "", "the check finds what is wrong");
}
