//! What agents say of their changes as a whole: that only documents change, that nothing changes in what runs, that only one
//! environment does.

use super::words::words;

/// A claim about the whole change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrase {
    /// Only documents change.
    Docs,
    /// Nothing changes in what runs.
    NoFunction,
    /// Only this environment changes.
    Only(Environment),
}

/// An environment, by its position in [`ENVIRONMENTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Environment(usize);

/// What environments are called.
const ENVIRONMENTS: [&[&str]; 6] = [
    &["staging", "stage", "stg"],
    &["production", "prod", "prd", "live"],
    &["development", "dev"],
    &["testing", "test", "qa", "uat"],
    &["preview", "sandbox"],
    &["canary"],
];

impl Environment {
    fn of(word: &str) -> Option<Self> {
        ENVIRONMENTS.iter().position(|names| names.contains(&word)).map(Self)
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        ENVIRONMENTS.get(self.0).and_then(|names| names.first()).copied().unwrap_or_default()
    }

    /// The environments that a path names.
    pub fn of_path(path: &str) -> Vec<Self> {
        let folders = path.split(['/', '-', '_', '.']);
        let mut all: Vec<Self> = folders.filter_map(|word| Self::of(&word.to_ascii_lowercase())).collect();
        all.dedup();
        all
    }
}

/// Sequences of words and what they claim; `*` stands for an environment.
const PHRASES: [(&[&str], bool); 20] = [
    (&["docs", "only"], true),
    (&["doc", "only"], true),
    (&["documentation", "only"], true),
    (&["only", "docs"], true),
    (&["only", "documentation"], true),
    (&["only", "touches", "docs"], true),
    (&["only", "changes", "docs"], true),
    (&["no", "functional", "change"], false),
    (&["no", "functional", "changes"], false),
    (&["no", "behaviour", "change"], false),
    (&["no", "behavior", "change"], false),
    (&["no", "behavioral", "change"], false),
    (&["no", "behavioral", "changes"], false),
    (&["cosmetic", "change"], false),
    (&["cosmetic", "changes"], false),
    (&["cosmetic", "only"], false),
    (&["purely", "cosmetic"], false),
    (&["refactor", "only"], false),
    (&["formatting", "only"], false),
    (&["comment", "only"], false),
];
/// Words between "only" and an environment.
const BETWEEN: [&str; 11] =
    ["affects", "affect", "changes", "touches", "for", "in", "on", "the", "to", "applies", "concerns"];
/// What an environment is said to be.
const PLACES: [&str; 8] = ["cluster", "clusters", "environment", "env", "namespace", "overlay", "manifests", "values"];
/// Words that turn a claim round.
const NOT: [&str; 7] = ["not", "isn't", "never", "beyond", "than", "isnt", "without"];

/// The claims of a line, in order; `is_title` is whether it is the subject of a commit.
pub(super) fn phrases(line: &str, is_title: bool) -> Vec<Phrase> {
    let words = words(line);
    let mut found = Vec::new();
    if is_title && conventional_type(line) == Some("docs") {
        found.push(Phrase::Docs);
    }
    for at in 0..words.len() {
        if words[at.saturating_sub(3)..at].iter().any(|word| NOT.contains(&word.as_str())) {
            continue;
        }
        let known = PHRASES
            .iter()
            .find(|(phrase, _)| words[at..].iter().zip(*phrase).filter(|(a, b)| a == b).count() == phrase.len());
        let phrase = known.map(|(_, docs)| if *docs { Phrase::Docs } else { Phrase::NoFunction });
        found.extend(phrase.or_else(|| environment(&words[at..]).map(Phrase::Only)));
    }
    found.dedup();
    found
}

/// `staging only`, `only affects staging`, `only in the staging environment`.
fn environment(words: &[String]) -> Option<Environment> {
    let (first, rest) = words.split_first()?;
    if first == "only" {
        let between = rest.iter().take(4).take_while(|word| BETWEEN.contains(&word.as_str())).count();
        let place = rest.get(between + 1).is_none_or(|word| PLACES.contains(&word.as_str()));
        return Environment::of(rest.get(between)?).filter(|_| place);
    }
    let second = rest.first()?;
    // `test only what changed` orders something.
    let ends = rest.get(1).is_none_or(|word| matches!(word.as_str(), "change" | "changes" | "for" | "no"));
    Environment::of(first).filter(|_| second == "only" && ends)
}

/// The type of a conventional commit: `docs` of `docs(readme)!: say more`.
fn conventional_type(title: &str) -> Option<&str> {
    let (head, _) = title.split_once(':')?;
    let head = head.trim().trim_end_matches('!');
    let kind = head.split_once('(').map_or(head, |(kind, _)| kind);
    kind.bytes().all(|b| b.is_ascii_lowercase()).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_about_the_whole_are_heard() {
        let staging = Phrase::Only(Environment::of("staging").unwrap());
        for (line, is_title, found) in [
            ("docs: fix a typo", true, vec![Phrase::Docs]),
            ("docs(readme)!: more", true, vec![Phrase::Docs]),
            ("docs: fix a typo", false, vec![]),
            ("This is a docs-only change.", false, vec![Phrase::Docs]),
            ("Documentation only", false, vec![Phrase::Docs]),
            ("No functional changes.", false, vec![Phrase::NoFunction]),
            ("purely cosmetic", false, vec![Phrase::NoFunction]),
            ("This is not a cosmetic change", false, vec![]),
            ("more than docs only", false, vec![]),
            ("Comment only.", false, vec![Phrase::NoFunction]),
            ("staging only", false, vec![staging]),
            ("Only affects the staging cluster", false, vec![staging]),
            ("It only applies to staging.", false, vec![staging]),
            ("test only what changed", false, vec![]),
            ("only staging has it", false, vec![]),
            ("only on test failures", false, vec![]),
            ("the docs say so", false, vec![]),
            ("a cosmetic surgery", false, vec![]),
        ] {
            assert_eq!(phrases(line, is_title), found, "{line}");
        }
    }

    #[test]
    fn paths_name_environments() {
        let names = |path: &str| Environment::of_path(path).into_iter().map(Environment::name).collect::<Vec<_>>();
        assert_eq!(names("apps/web/prod/values.yaml"), ["production"]);
        assert_eq!(names("apps/web/values-STG.yaml"), ["staging"]);
        assert!(names("apps/reproduce/device.yaml").is_empty());
    }
}
