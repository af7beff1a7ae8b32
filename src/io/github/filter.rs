//! Which pull requests make the queue.

use globset::{GlobBuilder, GlobMatcher};

use crate::model::forge::{AccountKind, PullRequest};

/// What a pull request must be to make the queue; what is empty asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Logins of who opened it, one of which it must be: `infra-bot`, `renovate[bot]`. Letters of either case.
    pub authors: Vec<String>,
    /// Whether only those of apps make it.
    pub apps_only: bool,
    /// Labels, one of which it must have.
    pub labels: Vec<String>,
    /// Patterns of its head's branch, one of which must match.
    pub branches: Vec<GlobMatcher>,
    /// Patterns of its target's branch, one of which must match.
    pub targets: Vec<GlobMatcher>,
    /// Whether drafts make it; they do unless it is said.
    pub no_drafts: bool,
}

impl Filter {
    /// A pattern over branch names, as everywhere: `*` does not cross a `/`, `**` does.
    pub fn pattern(text: &str) -> Result<GlobMatcher, globset::Error> {
        Ok(GlobBuilder::new(text).literal_separator(true).build()?.compile_matcher())
    }

    /// Whether a pull request makes the queue.
    #[must_use]
    pub fn admits(&self, pull: &PullRequest) -> bool {
        let one_of =
            |names: &[String], held: &dyn Fn(&str) -> bool| names.is_empty() || names.iter().any(|name| held(name));
        let matches = |patterns: &[GlobMatcher], name: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.is_match(name))
        };
        one_of(&self.authors, &|name| pull.author.login.eq_ignore_ascii_case(name))
            && (!self.apps_only || pull.author.kind == AccountKind::App)
            && one_of(&self.labels, &|name| pull.labels.iter().any(|label| label.eq_ignore_ascii_case(name)))
            && matches(&self.branches, &pull.head.branch)
            && matches(&self.targets, &pull.base.branch)
            && !(self.no_drafts && pull.draft)
    }
}
