//! A `git` that is talked with: it reads commands and answers some of them while it runs, as `git fast-import` does.

use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::process::{ChildStdin, ChildStdout};
use std::thread::JoinHandle;

use process_wrap::std::ChildWrapper;

use super::process::{Git, GitError, command_word, drain, ended};

/// A running `git` with an open line to it. It ends when its line is closed, by [`Self::end`] or by dropping it.
#[derive(Debug)]
pub struct Talk {
    command: String,
    child: Box<dyn ChildWrapper>,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
    errors: JoinHandle<Vec<u8>>,
}

impl Talk {
    /// Starts `git` in the repository.
    pub fn start<S: AsRef<str>>(git: &Git, args: &[S], env: &[(&str, String)]) -> Result<Self, GitError> {
        let command = command_word(args);
        let mut child = git.spawn(args, env)?;
        let no_pipe = || GitError::Pipe { command: command.clone(), source: std::io::ErrorKind::BrokenPipe.into() };
        let to = BufWriter::new(child.stdin().take().ok_or_else(no_pipe)?);
        let from = BufReader::new(child.stdout().take().ok_or_else(no_pipe)?);
        let errors = drain(child.stderr().take());
        Ok(Self { command, child, to, from, errors })
    }

    /// Says something that is not answered.
    pub fn say(&mut self, bytes: &[u8]) -> Result<(), GitError> {
        self.to.write_all(bytes).map_err(|source| self.broken(source))
    }

    /// Says something that is answered with one line.
    pub fn ask(&mut self, bytes: &[u8]) -> Result<String, GitError> {
        let mut line = String::new();
        let asked = self.to.write_all(bytes).and_then(|()| self.to.flush());
        asked.and_then(|()| self.from.read_line(&mut line)).map_err(|source| self.broken(source))?;
        Ok(line.trim_end().to_owned())
    }

    fn broken(&self, source: std::io::Error) -> GitError {
        GitError::Pipe { command: self.command.clone(), source }
    }

    /// Closes the line and waits for the end; a failure of git is an error.
    pub fn end(self) -> Result<(), GitError> {
        let Self { command, mut child, to, from, errors } = self;
        // A child that closed its input early is judged by its exit status, not by our broken pipe.
        drop(to.into_inner());
        drop(from);
        ended(&command, child.as_mut(), errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> (tempfile::TempDir, Git) {
        let dir = tempfile::tempdir().unwrap();
        let git = Git::new(dir.path());
        git.run(&["init", "--quiet", "--bare"]).unwrap();
        (dir, git)
    }

    #[test]
    fn answers_while_it_runs() {
        let (_dir, git) = repository();
        let mut talk = Talk::start(&git, &["fast-import", "--quiet", "--done"], &[]).unwrap();
        talk.say(b"blob\nmark :1\ndata 3\nabc\n").unwrap();
        assert_eq!(talk.ask(b"get-mark :1\n").unwrap(), "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f");
        talk.say(b"done\n").unwrap();
        talk.end().unwrap();
    }

    #[test]
    fn its_own_words_say_why_it_failed() {
        let (_dir, git) = repository();
        let mut talk = Talk::start(&git, &["fast-import", "--quiet", "--done"], &[]).unwrap();
        talk.say(b"nonsense\n").unwrap();
        let error = talk.end().unwrap_err().to_string();
        assert!(error.contains("fast-import") && error.contains("nonsense"), "{error}");
    }
}
