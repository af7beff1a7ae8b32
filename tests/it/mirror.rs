//! Mirrors of forges' repositories: what is read from one, with its contents brought as they are wanted, is what is read from a
//! clone; and pull requests are proposals like branches are.

mod pulls;

use std::sync::Arc;
use std::time::Instant;

use countersign::io::git::mirror::{Mirror, Origin, folder};
use serde_json::Value;

use super::support::{Commit, Ran, Repo, Sandbox, needs, queue};

/// The mirror of an origin of the sandbox, where `list` and `show` fetch it.
fn mirror<'a>(origin: &Repo<'a>) -> Repo<'a> {
    for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        origin.git(&["config", setting, "true"]);
    }
    let sandbox = origin.sandbox();
    let made = made(sandbox, &format!("file://{}", origin.path().display()));
    assert!(!made.fetch(false, &|| true).expect("a fetch").everything);
    sandbox.repo(&made.git_dir().to_string_lossy())
}

fn made(sandbox: &Sandbox, url: &str) -> Arc<Mirror> {
    let folder = folder(&sandbox.path("mirrors"), "github.example", "acme", "shop").expect("a folder");
    Mirror::made(&folder, Origin { url, branch: None }).expect("a mirror")
}

fn clone<'a>(origin: &Repo<'a>) -> Repo<'a> {
    origin.clone_to("clone")
}

/// Everything that `show` says of proposals, each of so many.
fn shown(repo: &Repo<'_>, every: usize) -> Vec<Value> {
    let list = repo.proposals(&[]);
    let ids: Vec<&str> = list.iter().map(|one| one["id"].as_str().expect("a name")).step_by(every).collect();
    let mut show = repo.sandbox().countersign(repo.path());
    let ran = Ran::of(show.args(["show", "-", "--json"]).write_stdin(ids.join("\n"))).succeeds();
    let mut all = ran.json()["proposals"].as_array().expect("proposals").clone();
    for one in &mut all {
        forget(one);
    }
    all
}

/// When a proposal was first seen differs between two places that were made one after the other.
fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("repo");
            members.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        _ => {}
    }
}

#[track_caller]
fn assert_same(name: &str, cloned: &[Value], mirrored: &[Value]) {
    assert_eq!(cloned.len(), mirrored.len(), "{name}");
    for (cloned, mirrored) in cloned.iter().zip(mirrored) {
        let differs: Vec<String> = differing(cloned, mirrored, "");
        assert!(differs.is_empty(), "{name}: {}: {}", cloned["proposal"]["id"], differs.join("\n"));
    }
}

/// Where two documents differ, each place once.
fn differing(one: &Value, other: &Value, place: &str) -> Vec<String> {
    match (one, other) {
        (Value::Object(ours), Value::Object(theirs)) if ours.keys().eq(theirs.keys()) => {
            ours.iter().flat_map(|(key, value)| differing(value, &theirs[key], &format!("{place}.{key}"))).collect()
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.iter().zip(theirs).enumerate();
            pairs.flat_map(|(at, (ours, theirs))| differing(ours, theirs, &format!("{place}[{at}]"))).collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![format!("{place}: {one} and {other}")],
    }
}

#[test]
fn a_queue_reads_the_same_from_a_mirror_as_from_a_clone() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let _ = sandbox.run("", &["demo", "--no-tui", "--dir", "demo"]).succeeds();
    let origin = sandbox.repo("demo/origin.git");
    let noted = origin.rev(&origin.refs().keys().find(|name| name.contains("/agent/")).expect("a branch").clone());
    origin.git(&["notes", "--ref=reasoning", "add", "-f", "-m", "Why: a note that is fetched by itself", &noted]);
    let (cloned, mirror) = (clone(&origin), mirror(&origin));
    let lists = [cloned.proposals(&[]), mirror.proposals(&[])].map(|mut list| {
        list.iter_mut().for_each(forget);
        list
    });
    assert!(lists[0].len() > 40, "{}", lists[0].len());
    assert_same("list", &lists[0], &lists[1]);
    let told = shown(&cloned, 1);
    assert_same("show", &told, &shown(&mirror, 1));
    assert!(serde_json::to_string(&told).expect("text").contains("fetched by itself"));
}

#[test]
fn without_its_contents_a_mirror_says_so_and_says_nothing_else() {
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    origin.commit("main", Commit::new("Start").file("apps/web.yaml", "replicas: 3\n").file("docs/a.md", "a\n"));
    origin.propose("agent/infra/1", "Fewer", &[("apps/web.yaml", "replicas: 2\n")]);
    let mirror = mirror(&origin);
    let proposals = mirror.proposals(&["--offline"]);
    assert_eq!((proposals.len(), &proposals[0]["state"]), (1, &Value::from("blocked")), "{proposals:#?}");
    let said = mirror.run(&["show", "agent/infra/1", "--offline"]);
    assert!(said.stdout.contains("its contents were not fetched yet"), "{said}");
    // The remote answers, and then nothing is missing any more, not even offline.
    assert_eq!(mirror.proposals(&[])[0]["state"], "pending");
    assert_eq!(mirror.proposals(&["--offline"])[0]["state"], "pending");
    // What a remote does not give is said.
    std::fs::rename(origin.path(), sandbox.path("away.git")).expect("another name");
    let _ = mirror.run(&["list", "--json"]).succeeds();
}

/// Where a real repository is given, its queue reads the same, and it is said what that takes.
#[test]
fn real_queues_read_the_same_from_a_mirror() {
    let Some(kept) = queue::real("onedr0p/home-ops", 9_000) else { return };
    let sandbox = Sandbox::new();
    let origin = sandbox.borrow(&kept, "origin.git");
    let cloned = clone(&origin);
    let began = Instant::now();
    let mirror = mirror(&origin);
    let say = |what: &str, began: Instant| {
        let size = sandbox.command("du", "").args(["-sb"]).arg(mirror.path()).output().expect("du runs").stdout;
        let size = String::from_utf8_lossy(&size).split_whitespace().next().map(str::to_owned).unwrap_or_default();
        needs::say(&format!("{what}: {:.1} s, {size} bytes", began.elapsed().as_secs_f64()));
    };
    say("commits and trees", began);
    let began = Instant::now();
    let mirrored = mirror.proposals(&[]);
    say("the list, with what it is read from", began);
    let began = Instant::now();
    let lists = [cloned.proposals(&[]), mirrored].map(|mut list| {
        list.iter_mut().for_each(forget);
        list
    });
    assert_same("list", &lists[0], &lists[1]);
    say("the same from a clone", began);
    assert_same("show", &shown(&cloned, 12), &shown(&mirror, 12));
    say("all evidence of each twelfth, from both", began);
}
