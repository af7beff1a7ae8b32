//! Where proposals land and who feels it, as commands say it.

use serde_json::{Value, json};

use super::support::{Commit, Sandbox};

#[test]
fn the_demo_knows_its_services_and_clusters() {
    let sandbox = Sandbox::new();
    let _ = sandbox.run("", &["demo", "--no-tui", "--dir", "d", "--at", "2025-11-20T09:00:00Z"]).succeeds();
    let work = sandbox.repo("d/work");
    let document = work.run(&["show", "rightsize-checkout", "--json"]).succeeds().json();
    let reach = &document["evidence"]["reach"];
    assert_eq!((&reach["state"], &reach["missing"]), (&json!("known"), &Value::Null), "{reach:#}");
    assert_eq!(reach["services"][0]["name"], "checkout");
    assert_eq!(reach["services"][0]["critical"], true);
    let clusters: Vec<&Value> = reach["clusters"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(clusters, [&json!("prod")], "{reach:#}");
    assert_eq!(reach["uses"][0]["places"][0]["by"], "HorizontalPodAutoscaler shop/checkout");
    let shown = work.run(&["show", "rightsize-checkout"]).succeeds().stdout;
    assert!(shown.contains("reach   touches checkout, a critical service"), "{shown}");
    let hit = &document["evidence"]["incidents"]["hits"][0];
    assert_eq!((&hit["id"], &hit["match"]), (&json!("INC-213"), &json!("field")), "{hit:#}");
}

#[test]
fn what_is_gone_and_still_used_comes_first() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\ndata: {a: b}\n";
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
               spec: {template: {spec: {containers: [{name: app, envFrom: [{configMapRef: {name: web}}]}]}}}\n";
    let main =
        Commit::new("Begin").file("apps/config.yaml", config).file("apps/web.yaml", web).file("b.yaml", "a: [\n");
    origin.commit("main", main);
    origin.commit(
        "agent/infra/rename",
        Commit::new("Rename").file("apps/config.yaml", config.replace("name: web", "name: site")),
    );
    let document = origin.run(&["show", "agent/infra/rename", "--json"]).succeeds().json();
    let reach = &document["evidence"]["reach"];
    let used = &reach["uses"][0];
    assert_eq!(
        (&used["name"], &used["gone"], &used["count"]),
        (&json!("ConfigMap shop/web"), &json!(true), &json!(1)),
        "{reach:#}"
    );
    let missing = reach["missing"].as_str().expect("what is not known");
    assert!(
        missing.contains("which clusters there are") && missing.contains("b.yaml cannot be read as values ("),
        "{missing}"
    );
    let shown = origin.run(&["show", "agent/infra/rename"]).succeeds().stdout;
    assert!(
        shown.contains("ConfigMap shop/web is gone, and 1 place uses it: Deployment shop/web (apps/web.yaml)"),
        "{shown}"
    );
}
