//! What a change costs and what it says of itself, from outside: prices and reports are the target's, and those of a proposal
//! are claims.

use serde_json::{Value, json};

use super::support::{Commit, Repo, Sandbox};

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n        - { name: app, image: web:1, resources: { requests: { cpu: 1 }, limits: { memory: 4Gi } } }\n";
const PRICES: &str = "currency: EUR\ncpu: 10\nmemory: 1.5\nstorage: 0.1\nload_balancer: 5\n";

fn evidence(repo: &Repo<'_>, proposal: &str) -> Value {
    repo.run(&["show", proposal, "--json"]).succeeds().json()["evidence"].clone()
}

/// A repository with a workload, and a proposal that halves its memory.
fn shrunk(sandbox: &Sandbox) -> Repo<'_> {
    let origin = sandbox.bare("origin.git");
    origin.commit("main", Commit::new("Begin").file("web/deployment.yaml", WEB));
    let message = "web: halve the memory\n\nSaves €90/month. No functional change.\n";
    origin.propose("agent/bot/halve", message, &[("web/deployment.yaml", &WEB.replace("4Gi", "2Gi"))]);
    origin
}

#[test]
fn a_change_is_priced_and_its_claims_are_held_against_it() {
    let sandbox = Sandbox::new();
    let origin = shrunk(&sandbox);
    let found = evidence(&origin, "agent/bot/halve");
    let cost = &found["cost"];
    assert_eq!((&cost["state"], &cost["currency"]), (&json!("known"), &json!("USD")), "{cost:#}");
    assert_eq!(cost["delta"], json!({ "low": "-12.372", "high": "-12.372" }));
    assert_eq!(cost["objects"][0]["before"]["formula"], "2 × (1 cores × 23.08 + 4 GiB × 3.09)");
    let verdicts = |found: &Value| -> Vec<(Value, Value)> {
        let claims = found["claims"]["claims"].as_array().expect("claims");
        claims.iter().map(|claim| (claim["kind"].clone(), claim["verdict"].clone())).collect()
    };
    let untrue = (json!("no_functional_change"), json!("contradicted"));
    assert_eq!(verdicts(&found), [untrue.clone(), (json!("savings"), json!("unknown"))], "prices in dollars");
    // With prices in euros of its own, the target says what it saves.
    origin.commit("main", Commit::new("Prices").file(".countersign/prices.yaml", PRICES));
    let found = evidence(&origin, "agent/bot/halve");
    assert_eq!(found["cost"]["delta"]["low"], "-6");
    assert_eq!(found["cost"]["claimed"][0]["delta"]["low"], "-90");
    assert_eq!(verdicts(&found), [untrue, (json!("savings"), json!("contradicted"))]);
    let said = origin.run(&["show", "agent/bot/halve"]).succeeds().stdout;
    assert!(said.contains("cost    -6.00 € a month by the model, -19 % of what it touches"), "{said}");
    assert!(said.contains("found   contradicted: -6.00 EUR a month"), "{said}");
}

#[test]
fn a_bad_price_list_makes_the_cost_unknown_and_says_where() {
    let sandbox = Sandbox::new();
    let origin = shrunk(&sandbox);
    origin.propose("agent/bot/image", "web 2", &[("web/deployment.yaml", &WEB.replace("web:1", "web:2"))]);
    origin
        .commit("main", Commit::new("Prices").file(".countersign/prices.yaml", PRICES.replace("cpu: 10", "cpu: dear")));
    let found = evidence(&origin, "agent/bot/halve");
    assert_eq!(found["cost"]["state"], "unknown");
    let why = found["cost"]["why"].as_str().expect("a reason");
    assert!(why.starts_with(".countersign/prices.yaml:2:6: the price of `cpu`"), "{why}");
    // What has no price needs no list.
    assert_eq!(evidence(&origin, "agent/bot/image")["cost"]["source"]["kind"], "nothing");
}

#[test]
fn a_report_inside_the_proposal_is_a_claim() {
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    origin.commit(
        "main",
        Commit::new("Begin").file("main.tf", "resource \"aws_instance\" \"a\" {\n  instance_type = \"m5.large\"\n}\n"),
    );
    let report = r#"{"version":"0.2","currency":"USD","projects":[{"diff":{"resources":[]}}],"totalMonthlyCost":"40","pastTotalMonthlyCost":"70","diffTotalMonthlyCost":"-30"}"#;
    let files = [
        ("main.tf", "resource \"aws_instance\" \"a\" {\n  instance_type = \"t3.large\"\n}\n"),
        ("infracost.json", report),
    ];
    origin.propose("agent/bot/smaller", "Smaller machine", &files);
    let cost = evidence(&origin, "agent/bot/smaller")["cost"].clone();
    assert_eq!((&cost["state"], &cost["delta"]), (&json!("known"), &Value::Null), "{cost:#}");
    assert_eq!(
        cost["claimed"][0],
        json!({ "said": "infracost.json", "delta": { "low": "-30", "high": "-30" }, "in_report": true })
    );
    assert!(cost["unpriced"][0].as_str().is_some_and(|why| why.contains("m5.large has no price")), "{cost:#}");
}

const REPORT: &str = r#"{"version":"0.2","currency":"EUR","metadata":{"vcsBranch":"agent/bot/halve"},"projects":[{"diff":{"resources":[]}}],"totalMonthlyCost":"40","pastTotalMonthlyCost":"70","diffTotalMonthlyCost":"-30"}"#;

#[test]
fn a_report_in_another_currency_is_a_claim_that_is_not_compared() {
    let sandbox = Sandbox::new();
    let origin = shrunk(&sandbox);
    let files =
        [("web/deployment.yaml", &*WEB.replace("4Gi", "2Gi")), ("infracost.json", &format!("{REPORT}\nINFO done\n"))];
    origin.propose("agent/bot/euros", "web: halve the memory", &files);
    let cost = evidence(&origin, "agent/bot/euros")["cost"].clone();
    // What the agent brings takes nothing from what was found.
    assert_eq!((&cost["state"], &cost["delta"]["low"]), (&json!("known"), &json!("-12.372")), "{cost:#}");
    let claimed = &cost["claimed"][0];
    assert_eq!((&claimed["currency"], &claimed["delta"]["low"]), (&json!("EUR"), &json!("-30")), "{cost:#}");
    assert_eq!(claimed["problem"], "text follows its JSON: “INFO done”");
    let said = origin.run(&["show", "agent/bot/euros"]).succeeds().stdout;
    let expected = "says    -30.00 € a month, not compared: prices here are in USD (text follows its JSON: “INFO done”), in its own report infracost.json";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_report_with_text_behind_it_is_no_evidence_where_it_would_be_found() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let policy = origin.show("main", ".countersign/policy.yaml") + "cost: { infracost: cost.json }\n";
    let named = Commit::new("Name the report").by("maria", "maria@corp.example");
    origin.commit("people/report", named.file(".countersign/policy.yaml", policy).file("web/deployment.yaml", WEB));
    let _ = maria.run(&["approve", &origin.at("people/report"), "--yes"]).succeeds();
    origin.propose("agent/bot/halve", "Halve", &[("web/deployment.yaml", &WEB.replace("4Gi", "2Gi"))]);
    let with = |report: &str| Commit::new("Cost").file("cost.json", report);
    origin.commit("main", with(REPORT));
    let found = evidence(&maria, "agent/bot/halve")["cost"].clone();
    assert_eq!((&found["source"]["kind"], &found["objects"][0]["document"]["name"]), (&json!("report"), &json!("web")));
    origin.commit("main", with(&format!("{REPORT}\nERROR: no price\n")));
    let found = evidence(&maria, "agent/bot/halve")["cost"].clone();
    assert_eq!(found["state"], "unknown", "{found:#}");
    assert_eq!(found["why"], "cost.json: text follows its JSON: “ERROR: no price”");
}
