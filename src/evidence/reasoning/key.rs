//! The headings that agents write, and what each of them is about.
//!
//! One table, so that a house template is one line more. Our own five words come first; the others are those of the
//! templates that agents and teams use.

use crate::model::text::is_active;

/// What a section of a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Why,
    What,
    Impact,
    Rollback,
    Confidence,
    /// What the agent did to be sure; the basis of its confidence where that names none.
    Evidence,
    /// Not the agent's argument: settings of a bot, work for the reviewer.
    Ignored,
    /// Somebody else's text: the request that the agent was given, a dependency's release notes. It can hold anything, its
    /// own end included, so the rest of the text is left out.
    Foreign,
}

/// Our own words: they also open a section as `why: …` in lower case, and hold until the next one.
const OWN: [(Key, &str); 5] = [
    (Key::Why, "why"),
    (Key::What, "what"),
    (Key::Impact, "impact"),
    (Key::Rollback, "rollback"),
    (Key::Confidence, "confidence"),
];

/// The words of others.
const OTHERS: [(Key, &[&str]); 8] = [
    (
        Key::Why,
        &[
            "background",
            "cause",
            "context",
            "goal",
            "justification",
            "motivation",
            "problem",
            "problem statement",
            "purpose",
            "rationale",
            "reason",
            "reasoning",
            "reasons",
            "root cause",
            "the problem",
            "what problem this solves",
            "why is this needed",
            "why now",
            "why this change",
            "why this change was made",
        ],
    ),
    (
        Key::What,
        &[
            "approach",
            "change",
            "changes",
            "changes made",
            "description",
            "fix",
            "implementation",
            "key changes",
            "overview",
            "plan",
            "proposed changes",
            "solution",
            "summary",
            "summary of changes",
            "the change",
            "the fix",
            "tl;dr",
            "what changed",
            "what changes",
            "what does this pr do",
            "what this changes",
            "what this does",
            "what this pr does",
            "what's changed",
        ],
    ),
    (
        Key::Impact,
        &[
            "blast radius",
            "breaking changes",
            "caveat",
            "caveats",
            "cost impact",
            "effect",
            "effects",
            "expected impact",
            "impact and risk",
            "limitations",
            "not addressed",
            "not addressed here",
            "out of scope",
            "risk",
            "risk assessment",
            "risks",
            "side effects",
            "trade-offs",
            "tradeoffs",
            "user impact",
        ],
    ),
    (
        Key::Rollback,
        &[
            "backout",
            "backout plan",
            "how to revert",
            "how to roll back",
            "how to undo",
            "reversibility",
            "reversible",
            "revert",
            "revert plan",
            "roll back",
            "rollback plan",
            "rollback strategy",
            "undo",
            "way back",
        ],
    ),
    (Key::Confidence, &["confidence level", "confidence score"]),
    (
        Key::Evidence,
        &[
            "evidence",
            "how has this been tested",
            "how i tested",
            "how i verified",
            "how this was tested",
            "measured",
            "measurements",
            "test plan",
            "test results",
            "tested",
            "testing",
            "tests",
            "validated",
            "validation",
            "verification",
            "verified",
        ],
    ),
    (
        Key::Ignored,
        &[
            "change log",
            "changelog",
            "checklist",
            "commits",
            "configuration",
            "dependabot commands and options",
            "how to review",
            "how to test",
            "maintainer changes",
            "review & testing checklist for human",
            "review and testing checklist for human",
            "reviewer checklist",
        ],
    ),
    (
        Key::Foreign,
        &[
            "comments on the issue (you are @copilot in this section)",
            "original issue",
            "original prompt",
            "prompt",
            "release notes",
            "user prompt",
            "user request",
        ],
    ),
];

/// A title as the tables spell it: lower case, one space between words, no marks, numbers, emoji or hidden characters
/// around it.
fn plain(title: &str) -> String {
    let visible: String = title.chars().filter(|c| !is_active(*c) || c.is_whitespace()).collect();
    let visible = visible.replace("&amp;", "&").replace('’', "'").to_lowercase();
    let marked = |c: char| !c.is_alphanumeric();
    let start = visible.trim_start_matches(|c: char| marked(c) || c.is_ascii_digit());
    // A closing bracket may belong to the title, as in "(you are …)".
    let end = start.trim_end_matches(|c: char| marked(c) && c != ')');
    end.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No title of the tables is longer; longer texts are prose and not worth folding.
const LONGEST: usize = 96;

/// What a heading is about; `None` for one that no table knows.
pub(super) fn of_heading(title: &str) -> Option<Key> {
    if title.len() > LONGEST {
        return None;
    }
    let title = plain(title);
    let own = OWN.iter().find(|(_, word)| *word == title).map(|(key, _)| *key);
    own.or_else(|| OTHERS.iter().find(|(_, words)| words.contains(&title.as_str())).map(|(key, _)| *key))
}

/// Whether a title is one of our own five words.
pub(super) fn is_own(title: &str) -> bool {
    title.len() <= LONGEST && OWN.iter().any(|(_, word)| *word == plain(title))
}

/// Titles without which their text would say something else.
const TELLING: [&str; 13] = [
    "breaking changes",
    "caveat",
    "caveats",
    "limitations",
    "not addressed",
    "not addressed here",
    "out of scope",
    "risk",
    "risk assessment",
    "risks",
    "side effects",
    "trade-offs",
    "tradeoffs",
];

/// Whether a title has to stay with its text: "Not addressed here: the index" is no impact on the index.
pub(super) fn is_telling(title: &str) -> bool {
    title.len() <= LONGEST && TELLING.contains(&plain(title).as_str())
}

/// How a paragraph of prose can open that is about something else than why.
const OPENERS: [(Key, &[&str]); 4] = [
    (Key::Rollback, &["reversible", "rollback is", "rolling back", "to revert", "to roll back", "to undo", "way back"]),
    (Key::Evidence, &["measured", "tested", "validated", "verified"]),
    (
        Key::Impact,
        &["blast radius", "caveat", "caveats", "not addressed", "out of scope", "risk", "risks", "user impact"],
    ),
    (
        Key::What,
        &[
            "add",
            "adds",
            "bump",
            "bumps",
            "change",
            "changes",
            "delete",
            "deletes",
            "disable",
            "disables",
            "drop",
            "drops",
            "enable",
            "enables",
            "implement",
            "implements",
            "introduce",
            "introduces",
            "lower",
            "lowers",
            "migrate",
            "migrates",
            "move",
            "moves",
            "raise",
            "raises",
            "reduce",
            "reduces",
            "refactor",
            "refactors",
            "remove",
            "removes",
            "rename",
            "renames",
            "replace",
            "replaces",
            "set",
            "sets",
            "switch",
            "switches",
            "this change",
            "this commit",
            "this pr",
            "this pull request",
            "this reverts",
            "update",
            "updates",
            "upgrade",
            "upgrades",
        ],
    ),
];

/// What a paragraph of prose is about, by its first words. Prose under a subject says why, unless it opens otherwise.
pub(super) fn of_prose(first_line: &str) -> Key {
    if is_list_item(first_line) || first_line.starts_with('|') {
        return Key::What;
    }
    let words = first_line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let words = plain(words.get(..LONGEST).unwrap_or(&words));
    let opens = |opener: &&str| {
        words.strip_prefix(*opener).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
    };
    OPENERS.iter().find(|(_, openers)| openers.iter().any(opens)).map_or(Key::Why, |(key, _)| *key)
}

/// Whether a line starts an item of a list.
pub(super) fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered =
        after_number.len() < line.len() && (after_number.starts_with(". ") || after_number.starts_with(") "));
    numbered || ["- ", "* ", "+ "].iter().any(|marker| line.starts_with(marker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_what_surrounds_a_title() {
        for title in ["Why", "why?", "**Why**", "🤔 Why:", "1. Why", "W\u{200b}hy", "_Why_ ", "Why ##"] {
            assert_eq!(of_heading(title), Some(Key::Why), "{title}");
        }
        assert_eq!(of_heading("Review &amp; Testing Checklist for Human"), Some(Key::Ignored));
        assert_eq!(of_heading("Whyever"), None);
        assert_eq!(of_heading(&"why ".repeat(1000)), None);
    }

    #[test]
    fn no_title_is_listed_twice() {
        let mut all: Vec<&str> = OWN.iter().map(|(_, word)| *word).collect();
        all.extend(OTHERS.iter().flat_map(|(_, words)| words.iter().copied()));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn every_title_finds_itself() {
        for (key, words) in OTHERS {
            for word in words {
                assert_eq!(of_heading(word), Some(key), "{word}");
            }
        }
    }

    #[test]
    fn prose_says_why_unless_it_opens_otherwise() {
        for (line, key) in [
            ("Summarisation is prefill-bound", Key::Why),
            ("Reversible in one argument, and", Key::Rollback),
            ("Measured on a 34k-token chunk", Key::Evidence),
            ("Caveats. The window is thin", Key::Impact),
            ("Not addressed here, but", Key::Impact),
            ("Bumps the group", Key::What),
            ("This PR contains the following updates:", Key::What),
            ("Adding nodes is slow", Key::Why),
            ("Set-up was broken", Key::Why),
            ("- a list", Key::What),
            ("", Key::Why),
        ] {
            assert_eq!(of_prose(line), key, "{line}");
        }
    }
}
