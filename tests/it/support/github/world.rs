//! What the fake GitHub knows: accounts, repositories backed by real bare ones, pull requests and what is said of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// 2025-01-06 12:00:00 UTC, when every fake begins.
const BEGIN: i64 = 1_736_164_800;

/// Who a token speaks for.
#[derive(Debug, Clone)]
pub struct Grant {
    pub login: String,
    pub scopes: String,
    /// Requests left, by resource.
    pub left: BTreeMap<String, u64>,
}

/// Everything.
#[derive(Debug, Default)]
pub struct World {
    pub tokens: BTreeMap<String, Grant>,
    pub repos: BTreeMap<String, Repo>,
    /// Repositories that somebody's token does not see.
    pub hidden: std::collections::BTreeSet<(String, String)>,
    /// Names that a repository had before.
    pub moved: BTreeMap<String, String>,
    /// Requests that a token has, an hour, of each resource.
    pub budget: u64,
    pub graphql: bool,
    /// Seconds since anything happened, as the dates of answers tell.
    pub idle: i64,
    ticks: i64,
    ids: u64,
}

/// A repository.
#[derive(Debug)]
pub struct Repo {
    pub name: String,
    pub git: PathBuf,
    pub pulls: BTreeMap<u64, Pull>,
    pub checks: BTreeMap<String, Vec<Value>>,
    pub statuses: BTreeMap<String, Vec<Value>>,
    /// Branches that may only change through pull requests, and how many approvals they need.
    pub protected: BTreeMap<String, u64>,
    /// The rules of rulesets, by branch.
    pub rulesets: BTreeMap<String, Vec<Value>>,
    /// `merge`, `squash`, `rebase`.
    pub methods: Vec<&'static str>,
}

/// A pull request.
#[derive(Debug, Clone, Default)]
pub struct Pull {
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub author: String,
    pub head: String,
    /// The head's repository, where it is another; empty where it was deleted.
    pub fork: Option<String>,
    pub base: String,
    pub draft: bool,
    pub open: bool,
    pub merged: Option<String>,
    pub merged_at: Option<i64>,
    pub labels: Vec<String>,
    pub created: i64,
    pub updated: i64,
    pub sha: String,
    /// Whether it is merged as soon as its branch's rules are met.
    pub auto_merge: bool,
    /// When it got another base last.
    pub retargeted: Option<i64>,
    pub reviews: Vec<Value>,
    /// Which reviews were dismissed, by whom and when, and what they had said.
    pub dismissals: Vec<Dismissal>,
    pub remarks: Vec<Value>,
    pub comments: Vec<Value>,
}

/// A review that was dismissed.
#[derive(Debug, Clone)]
pub struct Dismissal {
    pub review: Value,
    pub said: String,
    pub by: String,
    pub at: i64,
}

impl World {
    pub fn new() -> Self {
        Self { budget: 5_000, graphql: true, idle: 3_600, ..Self::default() }
    }

    /// The time as its answers tell it.
    pub fn date(&self) -> String {
        let now = jiff::Timestamp::from_second(BEGIN + self.ticks + self.idle).expect("a time");
        now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The time, which passes by a second for each thing that happens.
    pub fn tick(&mut self) -> i64 {
        self.ticks += 1;
        BEGIN + self.ticks
    }

    pub fn id(&mut self) -> u64 {
        self.ids += 1;
        1_000 + self.ids
    }

    /// Takes in what git has: heads that were pushed since, and the refs that GitHub makes of them.
    pub fn look_at_git(&mut self) {
        let names: Vec<String> = self.repos.keys().cloned().collect();
        for name in &names {
            self.look_at(name);
        }
    }

    /// The same of one repository.
    pub fn look_at(&mut self, name: &str) {
        let repo = &self.repos[name];
        let own = git2::Repository::open_bare(&repo.git).expect("a repository");
        let mut moved = Vec::new();
        for pull in repo.pulls.values().filter(|pull| pull.open) {
            let source = match &pull.fork {
                Some(fork) => self.repos.get(fork).map(|repo| &repo.git),
                None => Some(&repo.git),
            };
            let sha = match &pull.fork {
                Some(_) => source.and_then(|git| tip(git, &pull.head)),
                None => tip_of(&own, &pull.head),
            };
            let Some(sha) = sha else { continue };
            if sha != pull.sha {
                if let Some(fork) = source.filter(|_| pull.fork.is_some()) {
                    git(&repo.git, &["fetch", "--quiet", &fork.to_string_lossy(), &sha]);
                }
                moved.push((pull.number, sha));
            }
        }
        for (number, sha) in moved {
            let now = self.tick();
            git(&self.repos[name].git, &["update-ref", &format!("refs/pull/{number}/head"), &sha]);
            let pull = self.pull(name, number);
            // A new one was opened with it.
            pull.updated = if pull.sha.is_empty() { pull.updated } else { now };
            pull.sha = sha;
        }
    }

    pub fn pull(&mut self, repo: &str, number: u64) -> &mut Pull {
        let repo = self.repos.get_mut(repo).expect("a repository of the fake");
        repo.pulls.get_mut(&number).expect("a pull request of the fake")
    }
}

impl Repo {
    /// Where a branch is.
    pub fn tip(&self, branch: &str) -> Option<String> {
        tip(&self.git, branch)
    }

    /// Has git decline what is pushed to protected branches, in GitHub's words.
    pub fn decline(&self) {
        let refs: Vec<String> = self.protected.keys().map(|branch| format!("'refs/heads/{branch}'")).collect();
        let hook = format!(
            "#!/bin/sh\ncase $1 in {}) ;; *) exit 0 ;; esac\necho \"$1\" >> declined\n\
             echo \"error: GH006: Protected branch update failed for $1.\" >&2\n\
             echo \"error: Changes must be made through a pull request.\" >&2\nexit 1\n",
            refs.join("|")
        );
        let path = self.git.join("hooks/update");
        std::fs::create_dir_all(self.git.join("hooks")).expect("a folder");
        std::fs::write(&path, hook).expect("a hook");
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    }

    /// The tree that merging gives; `None` where it conflicts.
    pub fn merged_tree(&self, pull: &Pull) -> Option<String> {
        let repo = git2::Repository::open_bare(&self.git).ok()?;
        let commit = |id: &str| repo.find_commit(git2::Oid::from_str(id).ok()?).ok();
        let mut merged = repo.merge_commits(&commit(&self.tip(&pull.base)?)?, &commit(&pull.sha)?, None).ok()?;
        if merged.has_conflicts() {
            return None;
        }
        merged.write_tree_to(&repo).ok().map(|tree| tree.to_string())
    }
}

fn tip(git_dir: &Path, branch: &str) -> Option<String> {
    tip_of(&git2::Repository::open_bare(git_dir).ok()?, branch)
}

fn tip_of(repo: &git2::Repository, branch: &str) -> Option<String> {
    repo.find_reference(&format!("refs/heads/{branch}")).ok()?.target().map(|oid| oid.to_string())
}

/// Runs git, which must succeed, as the forge itself.
pub fn git(dir: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(dir).args(arguments).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("HOME", dir);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "GitHub").env(format!("GIT_{role}_EMAIL"), "noreply@github.com");
    }
    let output = command.output().expect("git can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?} in {}: {said}", dir.display());
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// An account as the API shows it.
pub fn account(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    json!({ "login": login, "id": login.len(), "type": kind, "html_url": format!("https://github.com/{login}") })
}

/// A time as the API shows it.
pub fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).expect("a time").to_string()
}
