//! A `git` whose answer is read while it is written, however long it is.

use std::io::BufReader;
use std::process::ChildStdout;
use std::thread::JoinHandle;

use process_wrap::std::ChildWrapper;

use super::process::{Git, GitError, command_word, drain, ended};

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// A running `git` that is read from. Dropping it before its end ends it.
#[derive(Debug)]
pub struct Stream {
    command: String,
    child: Box<dyn ChildWrapper>,
    from: BufReader<ChildStdout>,
    errors: Option<JoinHandle<Vec<u8>>>,
}

impl Stream {
    /// Starts `git` in the repository.
    pub fn start<S: AsRef<str>>(git: &Git, args: &[S], env: &[(&str, String)]) -> Result<Self, GitError> {
        let command = command_word(args);
        let mut child = git.spawn(args, env)?;
        // It is asked nothing more.
        drop(child.stdin().take());
        let no_pipe = || GitError::Pipe { command: command.clone(), source: std::io::ErrorKind::BrokenPipe.into() };
        let from = BufReader::with_capacity(BUFFER, child.stdout().take().ok_or_else(no_pipe)?);
        let errors = Some(drain(child.stderr().take()));
        Ok(Self { command, child, from, errors })
    }

    /// Its answer.
    pub fn answer(&mut self) -> &mut BufReader<ChildStdout> {
        &mut self.from
    }

    /// What reading from it gave wrong.
    #[must_use]
    pub fn broken(&self, source: std::io::Error) -> GitError {
        GitError::Pipe { command: self.command.clone(), source }
    }

    /// Waits for its end, after everything was read; a failure of git is an error.
    pub fn end(mut self) -> Result<(), GitError> {
        // Its end takes it by value: the reader of its complaints is there, once.
        self.errors.take().map_or(Ok(()), |errors| ended(&self.command, self.child.as_mut(), errors))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // After its end this does nothing; a child that is gone cannot be ended.
        let _ = self.child.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;

    use super::*;

    fn repository() -> (tempfile::TempDir, Git) {
        let dir = tempfile::tempdir().unwrap();
        let git = Git::new(dir.path());
        git.run(&["init", "--quiet", "--bare"]).unwrap();
        (dir, git)
    }

    #[test]
    fn is_read_to_its_end() {
        let (_dir, git) = repository();
        let mut stream = Stream::start(&git, &["rev-parse", "--is-bare-repository"], &[]).unwrap();
        let mut line = String::new();
        stream.answer().read_line(&mut line).unwrap();
        assert_eq!(line, "true\n");
        stream.end().unwrap();
    }

    #[test]
    fn its_own_words_say_why_it_failed() {
        let (_dir, git) = repository();
        let error = Stream::start(&git, &["log", "nothing"], &[]).unwrap().end().unwrap_err().to_string();
        assert!(error.contains("log") && error.contains("nothing"), "{error}");
    }
}
