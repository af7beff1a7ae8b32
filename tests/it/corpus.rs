//! Real queues, proposal by proposal: each lists and opens, its counts and its identity are git's, and a batch of two hundred
//! lands as git would merge them, one upon the other. A queue of made-up history is always tested, real ones where
//! `COUNTERSIGN_CORPUS` says that they are.

mod batch;
mod opening;
mod reverts;
mod signals;

use std::collections::BTreeMap;

use serde_json::Value;

use super::support::{Commit, Repo, Sandbox, queue};

/// The real repositories, how many commits ago they are taken, and how many proposals that gives at least.
const REAL: [(&str, usize, usize); 2] = [("onedr0p/home-ops", 9_000, 300), ("joryirving/home-ops", 3_000, 150)];

/// Runs a story on the queue of made-up history, with main moved on meanwhile.
fn made_up(story: impl Fn(&str, &Repo<'_>)) {
    let sandbox = Sandbox::new();
    let (source, steps) = history(&sandbox);
    let origin = sandbox.bare("origin.git");
    let made = origin.queue_from(&source.path(), steps);
    assert!(made > 50 && made < steps, "{made} proposals of {steps} steps");
    // From here on a merge makes files that neither side has.
    let meanwhile = origin.show("main", "apps/app-0/values.yaml").replace("line 75: 0\n", "line 75: moved\n");
    origin.commit("main", Commit::new("Meanwhile").file("apps/app-0/values.yaml", meanwhile));
    story("made-up history", &origin);
}

/// Runs a story on the queues of real repositories.
fn real(story: impl Fn(&str, &Repo<'_>)) {
    for (name, back, at_least) in REAL {
        let Some(kept) = queue::real(name, back) else { continue };
        let sandbox = Sandbox::new();
        let origin = sandbox.borrow(&kept, "origin.git");
        assert!(heads(&origin).len() >= at_least, "{name}: too few proposals");
        story(name, &origin);
    }
}

/// The branches of agents.
fn heads(origin: &Repo<'_>) -> Vec<String> {
    origin.git(&["for-each-ref", "--format=%(refname)", "refs/heads/agent"]).lines().map(str::to_owned).collect()
}

/// A made-up history after some first commits: steps far apart in a few files, new pages, steps onto what an earlier step
/// changed (which do not apply to the first state), and, after each was taken back, one that contradicts it, one that repeats
/// it, and one that repeats it and does more.
fn history(sandbox: &Sandbox) -> (Repo<'_>, usize) {
    let source = sandbox.bare("history.git");
    let mut apps = Apps { source, files: vec![(0..80).map(|line| format!("line {line}: 0\n")).collect(); 4], steps: 0 };
    let first = Commit::new("Start");
    let first = (0..4).fold(first, |commit, app| commit.file(Apps::path(app), apps.files[app].concat()));
    apps.source.commit("main", first);
    for step in 0..60 {
        apps.step(&[(step % 4, step * 5 % 13 * 6, &step.to_string())]);
    }
    for (line, again) in [(3, "other"), (9, "once")] {
        apps.step(&[(1, line, "once")]);
        apps.step(&[(1, line, "0")]);
        apps.step(&[(1, line, again)]);
        apps.step(&[(1, line, "0")]);
    }
    apps.step(&[(1, 9, "once"), (2, 15, "more")]);
    (apps.source, apps.steps)
}

/// A few files that steps change line by line.
struct Apps<'a> {
    source: Repo<'a>,
    files: Vec<Vec<String>>,
    steps: usize,
}

impl Apps<'_> {
    fn path(app: usize) -> String {
        format!("apps/app-{app}/values.yaml")
    }

    /// Commits new values of lines.
    fn step(&mut self, values: &[(usize, usize, &str)]) {
        self.steps += 1;
        let author = ["infra-bot[bot]", "Some Body", "renovate"][self.steps % 3];
        let commit = Commit::new(&format!("Step {}\n\nWhy: it was time\n", self.steps)).by(author, "bot@bots.example");
        let mut commit = match self.steps % 10 {
            5 => commit.file(format!("docs/page-{}.md", self.steps), "# Page\n"),
            _ => commit,
        };
        for &(app, line, value) in values {
            self.files[app][line] = format!("line {line}: {value}\n");
            commit = commit.file(Self::path(app), self.files[app].concat());
        }
        self.source.commit("main", commit);
    }
}

/// A text of a JSON document.
#[track_caller]
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value:#}"))
}

/// The tree that git makes of two commits, or `None` where they conflict. It follows renames where it sees any (git before
/// 2.50 does so whatever it is told).
fn merge_tree(repo: &Repo<'_>, onto: &str, head: &str) -> Option<String> {
    let mut git = repo.sandbox().git_command(repo);
    git.args([
        "-c",
        "core.attributesFile=/dev/null",
        "merge-tree",
        "--write-tree",
        "--no-messages",
        "-X",
        "no-renames",
    ]);
    let output = git.args([onto, head]).output().expect("git runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code().is_some_and(|code| code <= 1), "git merge-tree {onto} {head}");
    output.status.success().then(|| text.trim().to_owned())
}

/// Whether git, path by path and without renames, cannot merge a head onto `onto`: what `git read-tree` leaves unmerged
/// either has a side that is gone, or has contents in which `git merge-file` finds conflicts.
fn conflicts_without_renames(repo: &Repo<'_>, base: &str, onto: &str, head: &str) -> bool {
    let index = tempfile::tempdir_in(repo.path()).expect("a folder for an index");
    let git = |words: &[&str]| {
        let mut git = repo.sandbox().git_command(repo);
        git.env("GIT_INDEX_FILE", index.path().join("index")).args(words).output().expect("git runs")
    };
    assert!(git(&["read-tree", "-i", "-m", "--aggressive", base, onto, head]).status.success());
    let unmerged = git(&["ls-files", "--unmerged", "-z"]).stdout;
    let mut sides = BTreeMap::<&[u8], Vec<String>>::new();
    for entry in unmerged.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        // The mode, the blob, the stage, and after a tab the path.
        let tab = entry.iter().position(|byte| *byte == b'\t').expect("a tab");
        let blob = String::from_utf8_lossy(&entry[..tab]).split(' ').nth(1).expect("a blob").to_owned();
        sides.entry(&entry[tab + 1..]).or_default().push(blob);
    }
    sides.values().any(|sides| match sides.as_slice() {
        [base, ours, theirs] => {
            !git(&["merge-file", "--object-id", "--quiet", "--stdout", ours, base, theirs]).status.success()
        }
        _ => true,
    })
}
