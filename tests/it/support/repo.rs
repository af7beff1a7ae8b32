//! Repositories whose object ids are the same on every run: `git fast-import` writes the commits, with the sandbox's
//! dates, in bare repositories and work trees alike, without a checkout for a branch.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Person, Ran, Sandbox};

/// Seconds between two commits that do not say when they were made.
const BETWEEN_COMMITS: i64 = 3_600;

/// A repository in a sandbox.
pub struct Repo<'a> {
    sandbox: &'a Sandbox,
    name: String,
}

impl<'a> Repo<'a> {
    /// The repository with this folder in the sandbox.
    pub(super) fn new(sandbox: &'a Sandbox, name: &str) -> Self {
        Self { sandbox, name: name.to_owned() }
    }

    /// The sandbox that it is in.
    pub fn sandbox(&self) -> &'a Sandbox {
        self.sandbox
    }

    /// Its folder.
    pub fn path(&self) -> PathBuf {
        self.sandbox.path(&self.name)
    }

    /// Runs git in it; see [`Sandbox::git`].
    pub fn git(&self, arguments: &[&str]) -> String {
        self.sandbox.git(&self.name, arguments)
    }

    /// Runs countersign in it; see [`Sandbox::run`].
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.sandbox.run(&self.name, arguments)
    }

    /// The full object id of a revision.
    pub fn rev(&self, revision: &str) -> String {
        self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", revision])
    }

    /// The bytes of a file in a revision, lossily as text.
    pub fn show(&self, revision: &str, path: &str) -> String {
        let mut git = self.sandbox.git_command(&self.name);
        git.args(["cat-file", "blob", &format!("{revision}:{path}")]);
        Ran::of(&mut assert_cmd::Command::from_std(git)).succeeds().stdout
    }

    /// Every ref and where it points: what must be as before, or as after, and nothing between.
    pub fn refs(&self) -> BTreeMap<String, String> {
        let listed = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        listed.lines().filter_map(|line| line.split_once(' ')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    /// Adds a commit to a branch, and answers its id. A new branch starts at the commit's `from`, else at `main`, else
    /// at nothing. The work tree follows where the branch is checked out.
    pub fn commit(&self, branch: &str, commit: Commit) -> String {
        let at = commit.at.unwrap_or_else(|| self.sandbox.pass(BETWEEN_COMMITS));
        let base = commit.from.clone().or_else(|| self.start_of(branch));
        let id = self.fast_import(&commit.stream(branch, base.as_deref(), at));
        if self.checked_out().as_deref() == Some(branch) {
            self.git(&["reset", "--quiet", "--hard"]);
        }
        id
    }

    /// Adds a commit by the agent `infra-bot` to one of its branches.
    pub fn propose(&self, branch: &str, message: &str, files: &[(&str, &str)]) -> String {
        let commit = Commit::new(message).by("infra-bot[bot]", "infra-bot@bots.example");
        self.commit(branch, files.iter().fold(commit, |commit, (path, text)| commit.file(path, text)))
    }

    /// Writes the git note that carries an agent's reasoning.
    pub fn reason(&self, revision: &str, text: &str) {
        self.git(&["notes", "--ref=reasoning", "add", "--force", "-m", text, revision]);
    }

    /// Feeds a stream to `git fast-import`; the answer is what it prints.
    pub fn fast_import(&self, stream: &[u8]) -> String {
        let mut git = self.sandbox.git_command(&self.name);
        git.args(["fast-import", "--quiet", "--force"]);
        let ran = Ran::of(assert_cmd::Command::from_std(git).write_stdin(stream));
        ran.succeeds().stdout.trim_end().to_owned()
    }

    /// Clones it, with `origin` set to it.
    pub fn clone_to(&self, name: &str) -> Repo<'a> {
        let origin = self.path();
        self.sandbox.git("", &["clone", "--quiet", &origin.to_string_lossy(), name]);
        Repo::new(self.sandbox, name)
    }

    /// Makes a person the user of this clone: name, address and signing key.
    pub fn belongs_to(&self, person: &Person) {
        let key = person.key.to_string_lossy();
        for (name, value) in [
            ("user.name", person.name.as_str()),
            ("user.email", &person.email),
            ("gpg.format", "ssh"),
            ("user.signingKey", &key),
        ] {
            self.git(&["config", name, value]);
        }
    }

    /// Where a commit on `branch` goes: on top of it, else on main.
    fn start_of(&self, branch: &str) -> Option<String> {
        let refs = self.refs();
        ["refs/heads/".to_owned() + branch, "refs/heads/main".to_owned()]
            .into_iter()
            .find_map(|r| refs.get(&r).cloned())
    }

    /// The branch of the work tree, if there is a work tree.
    fn checked_out(&self) -> Option<String> {
        let bare = self.git(&["rev-parse", "--is-bare-repository"]) == "true";
        (!bare).then(|| self.git(&["symbolic-ref", "--quiet", "--short", "HEAD"]))
    }
}

impl AsRef<Path> for Repo<'_> {
    fn as_ref(&self) -> &Path {
        Path::new(&self.name)
    }
}

/// A commit to be made: what it says, who made it, and what it changes.
pub struct Commit {
    message: String,
    author: (String, String),
    at: Option<i64>,
    from: Option<String>,
    merges: Vec<String>,
    changes: Vec<u8>,
}

impl Commit {
    /// A commit by a person, without changes yet.
    pub fn new(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            author: ("Sam Operator".to_owned(), "sam@corp.example".to_owned()),
            at: None,
            from: None,
            merges: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Who made it.
    pub fn by(mut self, name: &str, email: &str) -> Self {
        self.author = (name.to_owned(), email.to_owned());
        self
    }

    /// When it was made, in Unix seconds; an hour after the commit before by default.
    pub fn at(mut self, seconds: i64) -> Self {
        self.at = Some(seconds);
        self
    }

    /// Its first parent, any revision: the branch is moved there first, as a force-push does.
    pub fn from(mut self, revision: &str) -> Self {
        self.from = Some(revision.to_owned());
        self
    }

    /// A further parent.
    pub fn merge(mut self, revision: &str) -> Self {
        self.merges.push(revision.to_owned());
        self
    }

    /// A plain file; paths and contents are bytes, as git has them.
    pub fn file(self, path: impl AsRef<[u8]>, contents: impl AsRef<[u8]>) -> Self {
        self.blob("100644", path.as_ref(), contents.as_ref())
    }

    /// A program.
    pub fn program(self, path: impl AsRef<[u8]>, contents: impl AsRef<[u8]>) -> Self {
        self.blob("100755", path.as_ref(), contents.as_ref())
    }

    /// A symbolic link.
    pub fn symlink(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        self.blob("120000", path.as_ref(), target.as_ref())
    }

    /// A submodule at a commit.
    pub fn submodule(mut self, path: impl AsRef<[u8]>, commit: &str) -> Self {
        self.changes.extend_from_slice(format!("M 160000 {commit} ").as_bytes());
        quote(&mut self.changes, path.as_ref());
        self
    }

    /// Removes a file.
    pub fn delete(mut self, path: impl AsRef<[u8]>) -> Self {
        self.changes.extend_from_slice(b"D ");
        quote(&mut self.changes, path.as_ref());
        self
    }

    fn blob(mut self, mode: &str, path: &[u8], contents: &[u8]) -> Self {
        self.changes.extend_from_slice(format!("M {mode} inline ").as_bytes());
        quote(&mut self.changes, path);
        data(&mut self.changes, contents);
        self
    }

    /// The commit as `git fast-import` reads it; it prints the commit's id.
    fn stream(self, branch: &str, base: Option<&str>, at: i64) -> Vec<u8> {
        let (name, email) = &self.author;
        let mut out = Vec::new();
        if let Some(base) = base {
            out.extend_from_slice(format!("reset refs/heads/{branch}\nfrom {base}\n\n").as_bytes());
        }
        out.extend_from_slice(format!("commit refs/heads/{branch}\nmark :1\n").as_bytes());
        for role in ["author", "committer"] {
            out.extend_from_slice(format!("{role} {name} <{email}> {at} +0000\n").as_bytes());
        }
        data(&mut out, self.message.as_bytes());
        for parent in self.merges {
            out.extend_from_slice(format!("merge {parent}\n").as_bytes());
        }
        out.extend_from_slice(&self.changes);
        out.extend_from_slice(b"\nget-mark :1\n");
        out
    }
}

/// Appends a block of data.
fn data(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(format!("data {}\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.push(b'\n');
}

/// Appends a path in double quotes, as git quotes them, and a line break.
fn quote(out: &mut Vec<u8>, path: &[u8]) {
    out.push(b'"');
    for &byte in path {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            _ => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.extend_from_slice(b"\"\n");
}
