//! What is under way outside: idle is counted, never slept for.

use std::collections::BTreeMap;

use super::message::{Command, JobKey};

/// The questions that have no answer yet.
#[derive(Debug, Default)]
pub struct Jobs {
    open: BTreeMap<JobKey, usize>,
}

impl Jobs {
    /// Counts what these commands will answer. A newer read takes the place of the one before it; writes add up.
    pub fn asked(&mut self, commands: &[Command]) {
        for key in commands.iter().filter_map(Command::key) {
            let count = self.open.entry(key).or_default();
            *count = if key == JobKey::Send { *count + 1 } else { 1 };
        }
    }

    /// One answer has come.
    pub fn answered(&mut self, key: JobKey) {
        if let Some(count) = self.open.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(&key);
            }
        }
    }

    /// Whether an answer is still to come.
    #[must_use]
    pub fn waits_for(&self, key: JobKey) -> bool {
        self.open.contains_key(&key)
    }

    /// How many answers are still to come.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.values().sum()
    }
}
