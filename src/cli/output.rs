//! The two streams of a command.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use super::CliError;
use crate::model::{Problem, text};

/// Where answers and errors go.
#[derive(Debug)]
pub struct Output {
    answer: io::Stdout,
    beside: io::Stderr,
    json: bool,
    /// Whether the answer was given as a document.
    documented: bool,
    /// Whether standard output is a terminal, where columns are cut to its width.
    pub terminal: bool,
}

impl Output {
    /// The process's own streams.
    #[must_use]
    pub fn standard(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        Self { answer: io::stdout(), beside: io::stderr(), json, documented: false, terminal }
    }

    /// Whether a document is wanted, and none was written.
    #[must_use]
    pub const fn owes_document(&self) -> bool {
        self.json && !self.documented
    }

    /// Whether a person can be asked.
    #[must_use]
    pub fn interactive(&self) -> bool {
        !self.json && self.terminal && io::stdin().is_terminal()
    }

    /// One line of the answer. A reader that has gone away is not an error.
    pub fn line(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.answer, "{}", line.as_ref());
    }

    /// Text of the answer as it is, bytes and all.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.answer.write_all(bytes).and_then(|()| self.answer.flush());
    }

    /// The answer as one JSON document.
    pub fn document<T: Serialize>(&mut self, value: &T) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value).map_err(unwritable)?;
        self.documented = true;
        let mut text = inert(&text);
        text.push('\n');
        self.bytes(text.as_bytes());
        Ok(())
    }

    /// A remark beside the answer.
    pub fn remark(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.beside, "{}", line.as_ref());
    }

    /// How far something is, on a terminal beside the answer, each word in the place of the one before; an empty one ends it.
    pub fn progress(&mut self, words: &str) {
        if self.beside.is_terminal() {
            let _ = write!(self.beside, "\r\x1b[K{words}").and_then(|()| self.beside.flush());
        }
    }

    /// Problems beside the answer; in a JSON document they have their own place.
    pub fn problems(&mut self, problems: &[Problem]) {
        if self.json {
            return;
        }
        for problem in problems {
            self.remark(format!("warning: {}: {}", text::printable(&problem.place), text::single_line(&problem.what)));
            if !problem.next.is_empty() {
                self.remark(format!("  hint: {}", text::single_line(&problem.next)));
            }
        }
    }

    /// What a person types after a question; `None` at the end of input.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        let _ = write!(self.answer, "{question} ").and_then(|()| self.answer.flush());
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer).ok()?;
        (read > 0).then(|| answer.trim().to_owned())
    }

    /// An error: what happened and why, then what to do next.
    pub fn error(&mut self, error: &CliError) {
        self.remark(format!("error: {}", text::single_line(&error.what)));
        if !error.next.is_empty() {
            self.remark(format!("  hint: {}", text::single_line(&error.next)));
        }
    }
}

/// Why an answer is no JSON.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` wants")]
pub fn unwritable(error: serde_json::Error) -> CliError {
    CliError::outside(format!("the answer cannot be written: {error}"), "please report it")
}

/// A JSON document whose strings act on no terminal that it is printed to. JSON itself escapes the controls of ASCII; the
/// others of Unicode (C1, bidirectional, invisible ones) are written as escapes, too, which mean the same to every parser.
fn inert(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if text::is_active(c) && c != '\n' {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_acts_on_no_terminal_and_means_the_same() {
        let value = serde_json::json!({ "title": "a\u{9b}31m\u{202e}b\u{e0041} \x1b[2J é 日 \n" });
        let text = inert(&serde_json::to_string_pretty(&value).expect("JSON"));
        assert!(!text.chars().any(|c| c != '\n' && text::is_active(c)), "{text}");
        assert!(text.contains("\\u009b31m\\u202eb\\udb40\\udc41") && text.contains("é 日"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
