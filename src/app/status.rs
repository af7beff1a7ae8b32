//! A line that answers the last key; the next key takes it away.

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It says what is.
    Plain,
    /// Something is done.
    Done,
    /// Look at this.
    Warn,
    /// Something did not work.
    Failed,
}

/// A line that answers the last key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The line.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

impl Status {
    /// Says what is.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }

    /// Says that something is done.
    #[must_use]
    pub fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Done }
    }

    /// Asks for a look.
    #[must_use]
    pub fn warn(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Warn }
    }

    /// Says that something did not work.
    #[must_use]
    pub fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Failed }
    }
}
