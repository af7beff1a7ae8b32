//! One thing that `doctor` looked at, and how it stands.

use serde::{Serialize, Serializer};

use crate::model::text;

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Nothing is in the way, and something should be known.
    Note,
    /// Nobody told.
    Unknown,
    Bad,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Unknown => "?",
            Self::Bad => "BAD",
        }
    }
}

/// For scripts, what is known: yes, no, or nothing.
impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Good | Self::Note => serializer.serialize_bool(true),
            Self::Unknown => serializer.serialize_none(),
            Self::Bad => serializer.serialize_bool(false),
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    what: String,
    #[serde(rename = "ok")]
    verdict: Verdict,
    found: String,
    next: String,
}

impl Check {
    fn new(verdict: Verdict, what: &str, found: impl Into<String>, next: impl Into<String>) -> Self {
        let (found, next) = (text::single_line(&found.into()), text::single_line(&next.into()));
        Self { what: text::single_line(what), verdict, found, next }
    }

    /// It is as it should be.
    pub(super) fn good(what: &str, found: impl Into<String>) -> Self {
        Self::new(Verdict::Good, what, found, "")
    }

    /// It works, and there is more to it.
    pub(super) fn note(what: &str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Verdict::Note, what, found, next)
    }

    /// It could not be found out, which is never good.
    pub(super) fn unknown(what: &str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Verdict::Unknown, what, found, next)
    }

    /// It is in the way.
    pub(super) fn bad(what: &str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Verdict::Bad, what, found, next)
    }

    /// Whether it is in the way.
    pub(super) fn is_bad(&self) -> bool {
        self.verdict == Verdict::Bad
    }

    /// What a person reads: what was found, and below it what to do.
    pub(super) fn lines(&self) -> Vec<String> {
        let next = (!self.next.is_empty()).then(|| format!("       next: {}", self.next));
        let first = format!("{:<4} {:<14} {}", self.verdict.word(), self.what, self.found);
        std::iter::once(first).chain(next).collect()
    }
}
