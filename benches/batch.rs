//! What a batch of two hundred approvals costs, into a remote on the same disk: the whole program, from reading the ids to the
//! last line it prints. Beside it, in the same run, what a script of plain git does for the same proposals: a `git merge-tree`
//! and a `git commit-tree` for each, then one push; without judging, signing, recording or looking at what it merges.
//!
//! The proposals are made up, in the shape of a GitOps repository; with `COUNTERSIGN_CORPUS=DIR` those of
//! `DIR/onedr0p/home-ops` follow. Wall time is the least of a few runs; processor time is of all processes together.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts programs and prints what it finds"
)]

#[expect(dead_code, unused_imports, reason = "the rigs of the tests, of which a benchmark needs a few")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::time::Instant;

use support::{Commit, Ran, Repo, Sandbox, queue};

/// Proposals in the batch.
const BATCH: usize = 200;
/// Runs of which the best counts.
const RUNS: usize = 5;

fn main() {
    let made_up = Sandbox::new();
    measure("made-up proposals", &made_up_queue(&made_up));
    if std::env::var_os("COUNTERSIGN_CORPUS").is_some()
        && let Some(kept) = queue::real("onedr0p/home-ops", 9_000)
    {
        let sandbox = Sandbox::new();
        measure("onedr0p/home-ops", &sandbox.borrow(&kept, "queue.git"));
    }
}

/// Seconds.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    processor: f64,
}

fn measure(name: &str, queue: &Repo<'_>) {
    let runs: Vec<(Cost, Cost, usize)> = (0..RUNS).map(|_| run(queue)).collect();
    let best = |costs: Vec<Cost>| Cost {
        wall: costs.iter().map(|cost| cost.wall).fold(f64::INFINITY, f64::min),
        processor: costs.iter().map(|cost| cost.processor).fold(f64::INFINITY, f64::min),
    };
    let ours = best(runs.iter().map(|run| run.0).collect());
    let plain = best(runs.iter().map(|run| run.1).collect());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    println!("{name}: {BATCH} approved, {} merged (least of {RUNS} runs, load {load})", runs[0].2);
    for (who, cost) in [("countersign approve", ours), ("a loop of plain git", plain)] {
        println!("  {who:<20} {:>6.2} s, {:>6.2} s of processors", cost.wall, cost.processor);
    }
    println!("  ratio                {:>6.2}    {:>6.2}", ours.wall / plain.wall, ours.processor / plain.processor);
}

/// One run of both, in a fresh copy each: what each took, and how many of the proposals merged.
fn run(queue: &Repo<'_>) -> (Cost, Cost, usize) {
    let sandbox = Sandbox::new();
    let origin = sandbox.borrow(&queue.path(), "origin.git");
    sandbox.git("", &["clone", "--quiet", "--no-checkout", &origin.path().to_string_lossy(), "maria"]);
    let maria = sandbox.repo("maria");
    maria.belongs_to(&sandbox.person("maria"));
    let _ = maria.run(&["init", "--yes"]).succeeds();
    let chosen: Vec<(String, String)> = maria
        .proposals(&[])
        .iter()
        .filter(|one| one["tier"] != "high")
        .take(BATCH)
        .filter_map(|one| Some((one["id"].as_str()?.to_owned(), one["head"].as_str()?.to_owned())))
        .collect();
    assert_eq!(chosen.len(), BATCH);
    let plain = sandbox.borrow(&origin.path(), "plain-origin.git");
    sandbox.git("", &["clone", "--quiet", "--no-checkout", &plain.path().to_string_lossy(), "plain"]);

    let ids: Vec<String> = chosen.iter().map(|(id, head)| format!("{id}@{head}")).collect();
    let (ran, ours) = timed(|| {
        let mut command = sandbox.countersign(&maria);
        Ran::of(command.args(["approve", "-", "--yes", "--json"]).write_stdin(ids.join("\n")))
    });
    let items = ran.json()["result"]["items"].as_array().expect("items").clone();
    let merged = items.iter().filter(|item| item["outcome"] == "merged").count();
    let ((), loop_of_git) = timed(|| merge_plainly(&sandbox.repo("plain"), &chosen));
    (ours, loop_of_git, merged)
}

/// What a script does.
fn merge_plainly(clone: &Repo<'_>, chosen: &[(String, String)]) {
    let mut top = clone.rev("origin/main");
    for (id, head) in chosen {
        let mut merge = clone.sandbox().git_command(clone);
        let merged =
            merge.args(["merge-tree", "--write-tree", "--no-messages", &top, head]).output().expect("git runs");
        if merged.status.success() {
            let tree = String::from_utf8_lossy(&merged.stdout).trim().to_owned();
            top = clone.git(&["commit-tree", &tree, "-p", &top, "-m", id]);
        }
    }
    clone.git(&["push", "--quiet", "origin", &format!("{top}:refs/heads/main")]);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let (started, before) = (Instant::now(), processor_seconds());
    let answer = work();
    (answer, Cost { wall: started.elapsed().as_secs_f64(), processor: processor_seconds() - before })
}

/// What processes that were started and waited for have used (proc(5): `cutime` and `cstime`, hundredths of a second); not a
/// number where the system does not say.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<f64> = fields.skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    if ticks.len() == 2 { (ticks[0] + ticks[1]) / 100.0 } else { f64::NAN }
}

/// Three hundred releases; a proposal raises a version, or the memory of a release that another one raises.
fn made_up_queue(sandbox: &Sandbox) -> Repo<'_> {
    let origin = sandbox.bare("queue.git");
    let path = |app: usize| format!("kubernetes/apps/group-{}/app-{app}/app/helmrelease.yaml", app / 20);
    let release = |app: usize, version: usize, memory: usize| {
        let filler: Vec<String> = (0..40).map(|line| format!("    key{line}: value {}\n", line * app)).collect();
        format!("spec:\n  chart: app-{app}\n  version: 1.0.{version}\n{}  memory: {memory}Mi\n", filler.concat())
    };
    let first = (0..300).fold(Commit::new("Start"), |commit, app| commit.file(path(app), release(app, 0, 256)));
    origin.commit("main", first);
    for number in 0..BATCH + 20 {
        let app = number * 7 % 150;
        let text = if number < 150 { release(app, 1, 256) } else { release(app, 0, 512) };
        origin.propose(&format!("agent/infra/{number:04}"), &format!("Raise {number}"), &[(&path(app), &text)]);
    }
    origin.git(&["repack", "--quiet", "-a", "-d"]);
    origin
}
