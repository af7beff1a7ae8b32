//! The clock: the system's, or one that a demo or a test sets.

use std::time::Instant;

use jiff::{Timestamp, ToSpan as _};

/// Where "now" comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The system.
    System,
    /// One moment that does not pass.
    Still(Timestamp),
    /// A moment that somebody chose, running on from when it was chosen.
    Set {
        /// The moment.
        at: Timestamp,
        /// When it was set.
        since: Instant,
    },
}

impl Clock {
    /// A clock that shows `at` now.
    #[must_use]
    pub fn set_to(at: Timestamp) -> Self {
        Self::Set { at, since: Instant::now() }
    }

    /// The time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Still(at) => *at,
            Self::Set { at, since } => {
                let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
                at.checked_add(passed.milliseconds()).unwrap_or(*at)
            }
        }
    }

    /// The time in whole seconds, as git and the ledger keep it.
    #[must_use]
    pub fn seconds(&self) -> Timestamp {
        Timestamp::from_second(self.now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
