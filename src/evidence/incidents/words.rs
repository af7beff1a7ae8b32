//! Words that two texts share: the last and weakest hint, and only ever shown with the words.

use std::collections::{BTreeSet, HashMap};

/// The shortest word that tells anything.
const SHORTEST: usize = 4;
/// Words of a text that are looked at.
const MOST: usize = 400;

/// Words of postmortems and of change descriptions that say nothing about which.
const COMMON: [&str; 96] = [
    "about",
    "after",
    "again",
    "agent",
    "alert",
    "alerts",
    "also",
    "apps",
    "because",
    "been",
    "before",
    "branch",
    "change",
    "changed",
    "changes",
    "chore",
    "cluster",
    "commit",
    "confidence",
    "config",
    "could",
    "days",
    "default",
    "deployment",
    "docs",
    "does",
    "down",
    "error",
    "errors",
    "every",
    "feat",
    "file",
    "files",
    "first",
    "fixed",
    "from",
    "half",
    "have",
    "helmrelease",
    "hour",
    "hours",
    "image",
    "impact",
    "incident",
    "into",
    "just",
    "kubernetes",
    "kustomization",
    "less",
    "main",
    "manifest",
    "metrics",
    "minute",
    "minutes",
    "more",
    "never",
    "none",
    "nothing",
    "number",
    "only",
    "other",
    "outage",
    "over",
    "postmortem",
    "prod",
    "production",
    "release",
    "revert",
    "reverted",
    "rollback",
    "same",
    "service",
    "services",
    "should",
    "since",
    "some",
    "staging",
    "still",
    "than",
    "that",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "time",
    "update",
    "values",
    "version",
    "were",
    "when",
    "which",
    "with",
    "yaml",
];

/// The telling words of a text, in small letters, each once.
#[must_use]
pub(super) fn of(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '-')).map(|word| word.trim_matches('-'));
    let telling = words.filter(|word| {
        let length = word.chars().count();
        (SHORTEST..=40).contains(&length) && word.chars().any(char::is_alphabetic)
    });
    let small = telling.take(MOST).map(str::to_lowercase);
    small.filter(|word| COMMON.binary_search(&word.as_str()).is_err()).collect()
}

/// In how many texts each word is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Frequencies {
    texts: usize,
    of: HashMap<String, usize>,
}

impl Frequencies {
    /// Counts the words of one more text.
    pub(super) fn add(&mut self, words: &BTreeSet<String>) {
        self.texts += 1;
        for word in words {
            *self.of.entry(word.clone()).or_default() += 1;
        }
    }

    /// Whether a word is in few enough of the texts to tell them apart: a fifth of them, or two.
    fn tells(&self, word: &str) -> bool {
        self.of.get(word).copied().unwrap_or_default() <= (self.texts / 5).max(2)
    }

    /// The words that two texts share and that tell: none unless there are two.
    #[must_use]
    pub(super) fn shared(&self, a: &BTreeSet<String>, b: &BTreeSet<String>) -> Vec<String> {
        let shared: Vec<String> = a.intersection(b).filter(|word| self.tells(word)).cloned().collect();
        if shared.len() < 2 { Vec::new() } else { shared }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_sorted() {
        assert!(COMMON.windows(2).all(|two| two[0] < two[1]));
    }

    #[test]
    fn words_that_tell() {
        let words = of("The PostgreSQL-17 image could not start: an extension is missing, extension!");
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["extension", "missing", "postgresql-17", "start"]);
    }

    #[test]
    fn two_rare_words_are_shared_or_none() {
        let texts = ["postgresql extension missing", "certificate gateway missing", "gateway missing routes"].map(of);
        let mut frequencies = Frequencies::default();
        for words in &texts {
            frequencies.add(words);
        }
        assert_eq!(
            frequencies.shared(&texts[0], &of("a postgresql extension is missing")),
            ["extension", "postgresql"]
        );
        assert_eq!(frequencies.shared(&texts[0], &of("an extension")), Vec::<String>::new());
    }
}
