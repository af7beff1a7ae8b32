//! What a policy says of the world that proposals land in: services, clusters, and what matters most at the moment.

use bstr::BString;

use super::Globs;
use crate::model::Place;

/// A service that policy knows, and the files that belong to it.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its files.
    pub files: Globs,
    /// Whether it must not fail.
    pub critical: bool,
    /// Where the policy says so.
    pub at: Place,
}

/// A cluster that policy knows.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Files that land on it; `None` where only endpoints say so.
    pub paths: Option<Globs>,
    /// The addresses of its interface, without a slash at their ends: `https://staging.example:6443`.
    pub endpoints: Vec<String>,
    /// Where the policy says so.
    pub at: Place,
}

/// What matters most at the moment, in the team's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priorities {
    /// The words.
    pub text: String,
    /// Where the policy says so.
    pub at: Place,
}

impl Service {
    /// Whether any of these files belongs to it.
    #[must_use]
    pub fn has_any(&self, files: &[BString]) -> bool {
        files.iter().any(|file| self.files.matches(file.as_ref()))
    }
}

impl Cluster {
    /// Whether its paths match none of these files, though it has some.
    #[must_use]
    pub fn paths_match_none(&self, files: &[BString]) -> bool {
        self.paths.as_ref().is_some_and(|paths| !files.iter().any(|file| paths.matches(file.as_ref())))
    }
}
