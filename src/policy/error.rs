//! What is wrong with a policy or a signers file, and where.

use std::fmt;

use crate::model::text::{printable, single_line, truncate};
use crate::model::{Approvals, Effect, Outcome, Place, Problem, Reason, Ruling, Tier};

/// One mistake in a file, with its place and what would put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The file, as the reader named it.
    pub file: String,
    /// The line, from 1; 0 where it is not about a line.
    pub line: usize,
    /// The column in characters, from 1; 0 where it is not about a line.
    pub column: usize,
    /// What is wrong, fit for a terminal.
    pub message: String,
    /// What would put it right.
    pub hint: Option<String>,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n  hint: {hint}"))
    }
}

impl PolicyError {
    /// The text of a file of the root, whose name is `file`; an error with its place where it is not UTF-8.
    pub fn read(file: &str, bytes: Vec<u8>) -> Result<String, Self> {
        String::from_utf8(bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            let last = before.rsplit('\n').next().unwrap_or_default();
            Self {
                file: printable(file).into_owned(),
                line: before.matches('\n').count() + 1,
                column: last.chars().count() + 1,
                message: "from here on it is not UTF-8".to_owned(),
                hint: Some("save it as UTF-8".to_owned()),
            }
        })
    }

    /// `policy.yaml:31:5`, or the name alone where it is not about a line.
    fn place(&self) -> String {
        match self.line {
            0 => self.file.clone(),
            line => format!("{}:{line}:{}", self.file, self.column),
        }
    }
}

impl std::error::Error for PolicyError {}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        Self { place: error.place(), what: error.message, next: error.hint.unwrap_or_default() }
    }
}

/// The ruling under a policy that cannot be read: an error, with a reason a mistake; nothing passes.
#[must_use]
pub fn error_ruling(errors: &[PolicyError]) -> Ruling {
    Ruling {
        outcome: Outcome::Error,
        tier: Tier::High,
        // What the policy would ask for is not known; at least one person.
        approvals: Approvals { have: 0, need: 1, by: Vec::new(), on_github: Vec::new() },
        reasons: errors.iter().map(reason).collect(),
    }
}

fn reason(error: &PolicyError) -> Reason {
    let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    Reason {
        rule: "policy".to_owned(),
        effect: Effect::Error,
        text: format!("{}{hint}", error.message),
        at: match error.line {
            0 => Place::BuiltIn,
            line => Place::File { line, column: error.column },
        },
    }
}

/// Text from a file, made fit to stand in a message.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", truncate(&single_line(text), 60))
}

/// A message of a library, which may quote the file.
pub(super) fn foreign(message: &str) -> String {
    truncate(&printable(&single_line(message)), 200).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_have_a_place() {
        let error = PolicyError::read("policy.yaml", b"version: 1\ngate: n\xc3\xb6\xff".to_vec()).unwrap_err();
        assert!(error.to_string().starts_with("policy.yaml:2:9: from here on it is not UTF-8"), "{error}");
        assert_eq!(PolicyError::read("policy.yaml", b"version: 1\n".to_vec()).unwrap(), "version: 1\n");
    }

    #[test]
    fn an_error_blocks_and_says_where() {
        let error = PolicyError {
            file: "policy.yaml".to_owned(),
            line: 31,
            column: 5,
            message: "unknown key `teir`".to_owned(),
            hint: Some("did you mean `tier`?".to_owned()),
        };
        assert_eq!(error.to_string(), "policy.yaml:31:5: unknown key `teir`\n  hint: did you mean `tier`?");
        let ruling = error_ruling(&[error]);
        assert_eq!((ruling.outcome, ruling.tier), (Outcome::Error, Tier::High));
        assert!(!ruling.approvable());
        assert_eq!(ruling.reasons[0].at.to_string(), "policy.yaml:31:5");
        assert_eq!(ruling.reasons[0].text, "unknown key `teir` (did you mean `tier`?)");
    }

    #[test]
    fn quoted_text_cannot_act() {
        assert_eq!(quoted("a\n\x1b[2J"), "`a <U+001B>[2J`");
    }
}
