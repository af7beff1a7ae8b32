//! How bad an incident was, in the words of many teams.

use crate::model::Severity;

/// Words for a number, the most telling first.
const WORDS: [(&str, u8); 26] = [
    ("critical", 1),
    ("blocker", 1),
    ("emergency", 1),
    ("highest", 1),
    ("urgent", 1),
    ("outage", 1),
    ("down", 1),
    ("major", 2),
    ("high", 2),
    ("severe", 2),
    ("disrupted", 2),
    ("moderate", 3),
    ("medium", 3),
    ("minor", 3),
    ("degraded", 3),
    ("partial", 3),
    ("warning", 3),
    ("low", 4),
    ("lowest", 5),
    ("notice", 4),
    ("maintenance", 4),
    ("trivial", 5),
    ("informational", 5),
    ("info", 5),
    ("none", 5),
    ("cosmetic", 5),
];
/// What stands before the number.
const PREFIXES: [&str; 8] = ["severity", "sev", "priority", "prio", "level", "p", "s", "l"];
/// Texts that are longer tell a story.
const MAX_BYTES: usize = 80;

/// The severity that a text states: `SEV-2`, `P1`, `2`, `SEV2 (major)`, `disrupted`. A number wins over a word.
#[must_use]
pub(super) fn read(text: &str) -> Option<Severity> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let numbered = words.iter().enumerate().find_map(|(at, word)| number(word, at.checked_sub(1).map(|at| words[at])));
    numbered.or_else(|| word(&words)).and_then(Severity::new)
}

/// The number of a word, if all that stands before it is a prefix.
fn number(word: &str, before: Option<&str>) -> Option<u8> {
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (prefix, digits) = word.split_at(letters);
    let known = if prefix.is_empty() {
        before.is_none_or(|before| PREFIXES.contains(&before))
    } else {
        PREFIXES.contains(&prefix)
    };
    (known && digits.len() == 1).then(|| digits.parse().ok()).flatten()
}

fn word(words: &[&str]) -> Option<u8> {
    WORDS.iter().find(|(known, _)| words.contains(known)).map(|(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_of_many_teams() {
        for (text, expected) in [
            ("SEV2", Some(2)),
            ("SEV-2", Some(2)),
            ("Sev 3", Some(3)),
            ("2", Some(2)),
            ("P0", Some(1)),
            ("S1 - Critical", Some(1)),
            ("SEV3 (major)", Some(3)),
            ("Severity: 4", Some(4)),
            ("critical", Some(1)),
            ("disrupted", Some(2)),
            ("down", Some(1)),
            ("notice", Some(4)),
            ("none", Some(5)),
            ("High urgency", Some(2)),
            ("7", None),
            ("22", None),
            ("41 minutes", None),
            ("all 3 replicas", None),
            ("", None),
        ] {
            assert_eq!(read(text).map(Severity::number), expected, "{text}");
        }
    }
}
