//! Commits for `git fast-import`: one process writes a whole repository.

use std::fmt::Write as _;
use std::path::Path;

use crate::model::Oid;

use super::super::git::process::Git;
use super::super::git::talk::Talk;
use super::DemoError;
use super::cast::Who;
use super::git;

/// A commit that was written in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u32);

/// What a commit stands on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parent {
    /// Nothing: it is the first.
    None,
    /// A commit of this run.
    Mark(Mark),
    /// A commit that was there before.
    Commit(Oid),
}

impl Parent {
    fn line(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Mark(parent) => format!("from :{}\n", parent.0),
            Self::Commit(parent) => format!("from {parent}\n"),
        }
    }
}

/// A commit to write.
#[derive(Debug)]
pub(super) struct Commit<'a> {
    pub(super) refname: &'a str,
    pub(super) parent: Parent,
    pub(super) author: Who,
    pub(super) committer: Who,
    /// Seconds since 1970, UTC.
    pub(super) at: i64,
    pub(super) message: &'a str,
    /// Paths and their whole texts.
    pub(super) files: Vec<(String, String)>,
}

/// A running `git fast-import`.
#[derive(Debug)]
pub(super) struct Import {
    talk: Talk,
    last: u32,
}

impl Import {
    /// Starts writing into a repository.
    pub(super) fn start(repository: &Path) -> Result<Self, DemoError> {
        let words = ["fast-import", "--quiet", "--date-format=raw", "--done"];
        Ok(Self { talk: Talk::start(&Git::new(repository), &words, &git::nobody())?, last: 0 })
    }

    /// Writes a commit, and moves its ref there.
    pub(super) fn commit(&mut self, commit: &Commit<'_>) -> Result<Mark, DemoError> {
        self.last += 1;
        let mark = Mark(self.last);
        self.talk.say(stream(commit, mark).as_bytes())?;
        Ok(mark)
    }

    /// Writes a note about a commit.
    pub(super) fn note(&mut self, about: Mark, who: Who, at: i64, text: &str) -> Result<(), DemoError> {
        let (name, email) = who.identity();
        let head = format!("commit refs/notes/reasoning\ncommitter {name} <{email}> {at} +0000\ndata 0\n\n");
        let note = format!("N inline :{}\ndata {}\n{text}\n\n", about.0, text.len());
        Ok(self.talk.say((head + &note).as_bytes())?)
    }

    /// The object id of a commit of this run.
    pub(super) fn oid(&mut self, mark: Mark) -> Result<Oid, DemoError> {
        let answer = self.talk.ask(format!("get-mark :{}\n", mark.0).as_bytes())?;
        answer.parse().map_err(|_| DemoError::Answer(answer))
    }

    /// Ends the run; only now everything is in the repository.
    pub(super) fn finish(mut self) -> Result<(), DemoError> {
        let said = self.talk.say(b"done\n");
        // What git says is worth more than the broken pipe that it left.
        self.talk.end()?;
        Ok(said?)
    }
}

/// A commit in the language of `git fast-import`.
fn stream(commit: &Commit<'_>, mark: Mark) -> String {
    let message = commit.message.trim_end();
    let person = |who: Who| format!("{} <{}> {} +0000", who.identity().0, who.identity().1, commit.at);
    let mut text = format!(
        "commit {}\nmark :{}\nauthor {}\ncommitter {}\ndata {}\n{message}\n\n{}",
        commit.refname,
        mark.0,
        person(commit.author),
        person(commit.committer),
        message.len() + 1,
        commit.parent.line(),
    );
    for (path, content) in &commit.files {
        let program = Path::new(path).extension().is_some_and(|extension| extension == "sh");
        let mode = if program { "100755" } else { "100644" };
        // Writing into a text cannot fail.
        let _ = write!(text, "M {mode} inline {path}\ndata {}\n{content}\n", content.len());
    }
    text + "\n"
}
