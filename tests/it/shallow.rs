//! Shallow clones: what the history that is there tells is read as in a whole clone, what it cannot tell is said to be unknown,
//! and nothing is decided.

use serde_json::{Value, json};

use super::support::{Commit, Repo, Sandbox};

const WEB: &str = "apps/web/values.yaml";

/// Twelve commits on main, a proposal on the last one, one on the first, and one that has a merge in it.
fn story(sandbox: &Sandbox) -> Repo<'_> {
    let (origin, _) = sandbox.solo();
    let first = origin.rev("main");
    for number in 4..=12 {
        let text = format!("replicas: {number}\nimage: web:1.0\n");
        origin.commit("main", Commit::new(&format!("web: {number}")).file(WEB, text));
    }
    origin.propose("agent/infra/near", "Fewer", &[(WEB, "replicas: 6\nimage: web:1.0\n")]);
    let far = Commit::new("Far").by("infra-bot[bot]", "infra-bot@bots.example").from(&first);
    origin.commit("agent/infra/far", far.file("docs/far.md", "far\n"));
    let side = Commit::new("Side").by("infra-bot[bot]", "infra-bot@bots.example").from(&first);
    origin.commit("side", side.file("docs/side.md", "side\n"));
    let merge = Commit::new("Merge").by("infra-bot[bot]", "infra-bot@bots.example").from("main").merge("side");
    origin.commit("agent/infra/crossed", merge.file("docs/side.md", "side\n"));
    origin
}

fn clone<'a>(origin: &Repo<'a>, name: &str, options: &[&str]) -> Repo<'a> {
    let url = format!("file://{}", origin.path().display());
    origin.sandbox().git("", &[&["clone", "--quiet"], options, &[&url, name]].concat());
    origin.sandbox().repo(name)
}

fn by_id<'p>(proposals: &'p [Value], id: &str) -> &'p Value {
    proposals.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id} in {proposals:#?}"))
}

fn shown(repo: &Repo<'_>, id: &str) -> Value {
    repo.run(&["show", id, "--json", "--offline"]).succeeds().json()
}

/// What is said where history is missing: the commit at which it ends, its day, and what to do.
fn sentence(repo: &Repo<'_>, end: &str) -> String {
    let day = repo.git(&["log", "-1", "--date=format:%-d %b %Y", "--format=%cd", end]);
    format!("this clone is shallow: history ends at {}, {day}", &end[..12])
}

#[test]
fn a_shallow_clone_is_read_as_far_as_it_goes() {
    let sandbox = Sandbox::new();
    let origin = story(&sandbox);
    let whole = clone(&origin, "whole", &[]);
    let repo = clone(&origin, "shallow", &["--depth", "4", "--no-single-branch"]);
    let end = repo.rev("origin/main~3");
    let (said, whole_list) = (sentence(&repo, &end), whole.proposals(&["--offline"]));
    let proposals = repo.proposals(&["--offline"]);
    let near = by_id(&proposals, "agent/infra/near");
    for key in ["change_id", "base", "head", "stats", "headline", "tree"] {
        assert_eq!(near[key], by_id(&whole_list, "agent/infra/near")[key], "{key}");
    }
    assert_eq!(near["state"], "pending", "{near:#}");
    for id in ["agent/infra/far", "agent/infra/crossed"] {
        assert_eq!(by_id(&whole_list, id)["state"], "pending");
        let (one, text) = (by_id(&proposals, id), repo.run(&["show", id, "--offline"]).succeeds());
        assert_eq!(one["state"], "blocked", "{one:#}");
        assert!(text.stdout.contains("so it cannot be judged; run `git fetch --unshallow`"), "{text}");
        assert!(!text.stdout.contains("rebase"), "{text}");
    }
    let listed = repo.run(&["list", "--offline"]).succeeds();
    assert!(listed.stderr.contains(&said) && listed.stderr.contains("git fetch --unshallow"), "{listed}");
    assert_eq!(listed.stderr.matches("this clone is shallow").count(), 1, "said once: {listed}");
    let status = repo.run(&["status", "--offline"]).succeeds();
    assert!(status.stdout.contains("shallow clone; run `git fetch --unshallow` first"), "{status}");
    assert!(!status.stdout.contains("countersign init"), "{status}");
    assert!(repo.run(&["diff", "agent/infra/near", "--offline"]).succeeds().stdout.contains("+replicas: 6"));
    let evidence = &shown(&repo, "agent/infra/near")["evidence"];
    for part in ["provenance", "incidents", "signals"] {
        let missing = evidence[part]["missing"].as_str().unwrap_or_default();
        assert!(missing.contains(&format!("{said}; run `git fetch --unshallow`")), "{part}: {:#}", evidence[part]);
    }
    assert_eq!(evidence["signals"]["unusual"]["state"], "unknown", "{evidence:#}");
    let origin_of = &evidence["provenance"]["fields"][0];
    assert_eq!(origin_of["set"]["subject"], "web: 12", "{origin_of:#}");
    let earlier = origin_of["earlier"].as_array().expect("earlier values");
    let values: Vec<&Value> = earlier.iter().map(|set| &set["value"]).collect();
    assert_eq!(values, [&json!(11), &json!(10)], "what the boundary holds was not set by it: {origin_of:#}");
    assert_eq!(evidence["provenance"]["files"].as_array().map(Vec::len), Some(3), "{evidence:#}");
    repo.git(&["fetch", "--quiet", "--unshallow"]);
    assert_eq!(repo.proposals(&["--offline"]), whole_list);
    let evidence = &shown(&repo, "agent/infra/near")["evidence"];
    assert_eq!(evidence["provenance"]["missing"], Value::Null, "{evidence:#}");
}

/// What a checkout of CI has: one branch and one commit; and what else people ask git for.
#[test]
fn every_way_to_make_one_is_read() {
    let sandbox = Sandbox::new();
    let origin = story(&sandbox);
    let date = origin.git(&["log", "-1", "--format=%cI", "main~4"]);
    let since = format!("--shallow-since={date}");
    let ends = |repo: &Repo<'_>, at: &str| sentence(repo, &repo.rev(at));
    for (name, options, end) in [
        ("one", &["--depth", "1"][..], "origin/main"),
        ("all", &["--depth", "1", "--no-single-branch"], "origin/main"),
        ("bare.git", &["--depth", "2", "--no-single-branch", "--bare"], "main~1"),
        ("since", &[&since, "--no-single-branch"], "origin/main~4"),
    ] {
        let repo = clone(&origin, name, options);
        let listed = repo.run(&["list", "--offline"]).succeeds();
        assert!(listed.stderr.contains(&ends(&repo, end)), "{name}: {listed}");
        let count = repo.proposals(&["--offline"]).len();
        assert_eq!(count, if name == "one" { 0 } else { 3 }, "{name}");
        let incidents = repo.run(&["incidents", "list", "--json", "--offline"]).succeeds().json();
        let missing = incidents["missing"].as_str().unwrap_or_default();
        assert!(
            missing.contains("this clone is shallow") && missing.contains("no rejection is known"),
            "{incidents:#}"
        );
        let doctor = repo.run(&["doctor", "--offline"]).exits(1);
        assert!(doctor.stdout.contains("BAD  history") && !doctor.stdout.contains("none yet"), "{doctor}");
    }
    let all = sandbox.repo("all");
    let near = shown(&all, "agent/infra/near");
    assert_eq!(near["state"], "blocked", "{near:#}");
    for part in ["fields", "provenance", "cost", "reach"] {
        let part = &near["evidence"][part];
        assert!(part["state"] == "unknown" && part["why"].to_string().contains("this clone is shallow"), "{part:#}");
    }
    // A work tree beside it has a git folder of its own, without the list.
    all.git(&["worktree", "add", "--quiet", "--detach", "../beside"]);
    assert!(sandbox.repo("beside").run(&["list", "--offline"]).succeeds().stderr.contains("this clone is shallow"));
    // More commits than there are: nothing is cut off.
    let deep = clone(&origin, "deep", &["--depth", "50", "--no-single-branch"]);
    assert!(!deep.run(&["list", "--offline"]).succeeds().stderr.contains("shallow"));
}

/// A fetch brings what is new, and the clone stays readable.
#[test]
fn a_shallow_clone_follows_its_remote() {
    let sandbox = Sandbox::new();
    let origin = story(&sandbox);
    let repo = clone(&origin, "shallow", &["--depth", "3", "--no-single-branch"]);
    assert_eq!(repo.proposals(&[]).len(), 3);
    origin.commit("main", Commit::new("web: 13").file(WEB, "replicas: 13\nimage: web:1.0\n"));
    origin.propose("agent/infra/new", "New", &[("docs/new.md", "new\n")]);
    let proposals = repo.proposals(&[]);
    assert_eq!((proposals.len(), &by_id(&proposals, "agent/infra/new")["state"]), (4, &json!("pending")));
}

#[test]
fn nothing_is_decided_in_a_shallow_clone() {
    let sandbox = Sandbox::new();
    let origin = story(&sandbox);
    let repo = clone(&origin, "shallow", &["--depth", "4", "--no-single-branch"]);
    for name in ["user.name", "user.email", "gpg.format", "user.signingKey"] {
        let value = sandbox.repo("maria").git(&["config", name]);
        repo.git(&["config", name, &value]);
    }
    let (before, theirs) = (repo.refs(), origin.refs());
    let near = origin.at("agent/infra/near");
    for words in [
        &["approve", &near, "--yes"][..],
        &["approve", &near, "--dry-run"],
        &["approve", "--tier", "low", "--yes"],
        &["reject", &near, "-m", "No.", "--yes"],
        &["hold", &near, "-m", "No.", "--yes"],
        &["ask", &near, "-m", "No?", "--yes"],
        &["withdraw", &near, "--yes"],
        &["init", "--yes"],
        &["ledger", "verify"],
        &["ledger", "log"],
        &["ledger", "void", "--yes"],
        &["memory", "list"],
    ] {
        let ran = repo.run(words).exits(2);
        let told = ran.stderr.contains("this clone is shallow") && ran.stderr.contains("git fetch --unshallow");
        assert!(told && !ran.stderr.contains("init`"), "{words:?}\n{ran}");
    }
    assert_eq!((repo.refs(), origin.refs()), (before, theirs));
    assert_eq!(sandbox.outbox(), 0);
    repo.git(&["fetch", "--quiet", "--unshallow"]);
    let _ = repo.run(&["approve", &near, "--yes"]).succeeds();
}

/// What was known of the ledger while the clone was whole is neither forgotten nor an alarm.
#[test]
fn a_clone_that_became_shallow_raises_no_alarm() {
    let sandbox = Sandbox::new();
    let origin = story(&sandbox);
    let repo = clone(&origin, "shallow", &[]);
    assert_eq!(repo.run(&["status", "--json"]).succeeds().json()["stage"], "record");
    repo.git(&["fetch", "--quiet", "--depth", "2"]);
    let status = repo.run(&["status", "--json", "--offline"]).succeeds().json();
    assert_eq!((&status["stage"], &status["alarm"]), (&json!("look"), &Value::Null), "{status:#}");
    repo.git(&["fetch", "--quiet", "--unshallow"]);
    let status = repo.run(&["status", "--json"]).succeeds().json();
    assert_eq!((&status["stage"], &status["alarm"]), (&json!("record"), &Value::Null), "{status:#}");
}
