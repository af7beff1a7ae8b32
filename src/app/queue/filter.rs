//! The filter of the list: words over what a proposal does, its agent, its paths and its name.

use bstr::ByteSlice as _;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::rows::Entry;

/// Paths of a proposal that are searched; those after these are not worth what they cost.
const PATHS: usize = 40;
/// Characters of a proposal that are searched.
const HAYSTACK: usize = 2000;

/// What the list is filtered by.
#[derive(Debug, Default)]
pub struct Filter {
    /// The words as typed.
    pub text: String,
    /// What is searched, an entry each; made when a filter is first needed.
    haystacks: Vec<String>,
}

impl Filter {
    /// Whether it filters anything.
    #[must_use]
    pub fn active(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Forgets what it knew of the entries, because they have changed.
    pub fn forget(&mut self) {
        self.haystacks.clear();
    }

    /// For every entry, whether all words match; `None` where nothing is filtered.
    pub fn passes(&mut self, entries: &[Entry]) -> Option<Vec<bool>> {
        if !self.active() {
            return None;
        }
        if self.haystacks.len() != entries.len() {
            self.haystacks = entries.iter().map(haystack).collect();
        }
        // Letters that lie far apart are found in nearly every path, so they only count where nothing has the words whole.
        let whole = self.matching(AtomKind::Substring);
        Some(if whole.contains(&true) { whole } else { self.matching(AtomKind::Fuzzy) })
    }

    fn matching(&self, kind: AtomKind) -> Vec<bool> {
        let pattern = Pattern::new(&self.text, CaseMatching::Smart, Normalization::Smart, kind);
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let mut buffer = Vec::new();
        let mut matches = |text: &String| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher).is_some();
        self.haystacks.iter().map(&mut matches).collect()
    }
}

fn haystack(entry: &Entry) -> String {
    let proposal = &entry.queued.proposal;
    // The name as it stands in the list, whether several repositories are in it or one.
    let between = if proposal.id.starts_with('#') { "" } else { ":" };
    let name = format!("{}{between}{}", proposal.repo, proposal.id);
    let mut text = format!("{} {} {name} {}", entry.queued.summary, entry.queued.standing.agent, proposal.branch());
    if let Some(words) = &proposal.words {
        text.push(' ');
        text.push_str(&words.shape);
    }
    for file in proposal.diff().iter().flat_map(|diff| &diff.files).take(PATHS) {
        text.push(' ');
        text.push_str(&file.path.to_str_lossy());
    }
    text.chars().take(HAYSTACK).collect()
}
