//! What a program that has ended leaves behind.

use std::fmt;

/// The exit status and the output of a program.
#[must_use = "look at the exit status: `.exits(0)` or `.succeeds()`"]
pub struct Ran {
    /// The exit status; `None` where a signal ended the program.
    pub code: Option<i32>,
    /// Standard output; what is not UTF-8 is replaced.
    pub stdout: String,
    /// Standard error; what is not UTF-8 is replaced.
    pub stderr: String,
}

impl Ran {
    /// Runs a program to its end; a program that cannot be started, or that takes too long, fails the test.
    pub fn of(command: &mut assert_cmd::Command) -> Self {
        let output = command.output().expect("the program starts and ends in time");
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Demands an exit status, and shows the output where it is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert!(self.code == Some(code), "expected exit status {code}\n{self}");
        self
    }

    /// Demands exit status 0.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// Standard output as one JSON document, with nothing around it.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not one JSON document: {error}\n{self}"))
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "none, a signal".to_owned(), |code| code.to_string());
        write!(f, "exit status: {code}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}
