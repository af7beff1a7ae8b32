//! What reading is measured on: a queue of 350 proposals over 30,000 commits, the same after main has moved, and one proposal
//! of 1,084 files. They are real ones where `COUNTERSIGN_CORPUS` says where `onedr0p/home-ops` is, else made up in that size.

pub mod made_up;
#[path = "../../tests/it/support/mod.rs"]
#[expect(dead_code, reason = "tests use more of the rigs than benchmarks do")]
pub mod rigs;

use std::fmt::Write as _;

use made_up::{Change, Dice, two_years};
use rigs::{Commit, Repo, Sandbox, needs, queue};

/// The real repository.
const REAL: &str = "onedr0p/home-ops";
/// Made-up files, commits of history, and proposals.
const FILES: u64 = 2_000;
const HISTORY: u64 = 30_000;
const PROPOSALS: u64 = 354;

/// The branch of the proposal of 1,084 files.
pub const LARGE: &str = "agent/migration/0001";

/// The clones in the sandbox, `queue`, `moved` and `large`; each comes with the bare repository that it was made from.
pub struct Places {
    pub sandbox: Sandbox,
}

impl Places {
    /// Makes all of them. Takes a few seconds, and minutes the first time where they are real.
    pub fn new() -> Self {
        let sandbox = Sandbox::new();
        match queue::real(REAL, 9_000) {
            Some(kept) => drop(sandbox.borrow(&kept, "queue.git")),
            None => made_up_queue(&sandbox.bare("queue.git")),
        }
        let moved = sandbox.borrow(&sandbox.path("queue.git"), "moved.git");
        moved.commit("main", Commit::new("Meanwhile").file("MEANWHILE.md", "main has moved\n"));
        match needs::corpus(REAL) {
            Some(source) => real_two_years(&sandbox, &source),
            None => made_up_two_years(&sandbox.bare("large.git")),
        }
        for name in ["queue", "moved", "large"] {
            sandbox.repo(&format!("{name}.git")).clone_to(name);
        }
        Self { sandbox }
    }
}

/// Writes a commit as `git fast-import` reads it.
fn commit(stream: &mut String, branch: &str, from: Option<&str>, message: &str, files: &[(String, Option<&str>)]) {
    let _ = write!(stream, "commit refs/heads/{branch}\ncommitter Bot <bot@example.org> 1736154000 +0000\n");
    let _ = write!(stream, "data {}\n{message}\n", message.len());
    if let Some(from) = from {
        let _ = writeln!(stream, "from {from}");
    }
    for (path, text) in files {
        let _ = match text {
            Some(text) => write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()),
            None => writeln!(stream, "D {path}"),
        };
    }
    stream.push('\n');
}

fn made_up_queue(repo: &Repo<'_>) {
    let mut dice = Dice(11);
    let path = |at: u64| format!("kubernetes/apps/group-{}/app-{at}/helmrelease.yaml", at / 40);
    let mut texts: Vec<String> = (0..FILES).map(|_| dice.manifest(30).concat()).collect();
    let mut stream = String::new();
    let files: Vec<_> = texts.iter().zip(0..).map(|(text, at)| (path(at), Some(text.as_str()))).collect();
    commit(&mut stream, "main", None, "Start", &files);
    for number in 0..HISTORY {
        let at = dice.below(FILES);
        texts[at as usize] = dice.manifest(30).concat();
        let file = (path(at), Some(texts[at as usize].as_str()));
        commit(&mut stream, "main", None, &format!("Change {number}"), &[file]);
    }
    for number in 0..PROPOSALS {
        let at = dice.below(FILES);
        let text = format!("{}# proposed\n", texts[at as usize]);
        let branch = format!("agent/bot-{}/{number:04}", number % 7);
        let message = format!("Change app-{at}\n\nWhy: it idles\n");
        commit(&mut stream, &branch, Some("refs/heads/main"), &message, &[(path(at), Some(&text))]);
    }
    repo.fast_import(stream.as_bytes());
}

fn made_up_two_years(repo: &Repo<'_>) {
    let changes = two_years();
    let side = |pick: fn(&Change) -> Option<&str>| -> Vec<(String, Option<&str>)> {
        changes.iter().map(|change| (change.path.clone(), pick(change))).collect()
    };
    let before: Vec<_> = side(|change| change.old.as_deref()).into_iter().filter(|(_, text)| text.is_some()).collect();
    let mut stream = String::new();
    commit(&mut stream, "main", None, "Start", &before);
    commit(&mut stream, LARGE, Some("refs/heads/main"), "Two years", &side(|change| change.new.as_deref()));
    repo.fast_import(stream.as_bytes());
}

/// From the state before June 2024 to the head, as one commit.
fn real_two_years(sandbox: &Sandbox, source: &std::path::Path) {
    let repo = sandbox.borrow(source, "large.git");
    let head = repo.rev("HEAD");
    let before = repo.git(&["rev-list", "--max-count=1", "--before=2024-06-01", &head]);
    let tree = format!("{head}^{{tree}}");
    let one = repo.git(&["commit-tree", &tree, "-p", &before, "-m", "Two years"]);
    for branch in repo.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]).lines() {
        repo.git(&["update-ref", "-d", branch]);
    }
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    repo.git(&["update-ref", "refs/heads/main", &before]);
    repo.git(&["update-ref", &format!("refs/heads/{LARGE}"), &one]);
}
