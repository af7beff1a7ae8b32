//! The words of texts, names and values, so that they can be compared.

/// The words of a sentence as they are written, lower case: `docs-only` is two, `isn't` is one.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '\''));
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

/// The words of a name: `maxUnavailable` is `max` and `unavailable`, `LOG_LEVEL` is `log` and `level`.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in name.chars() {
        let starts = !last.is_alphanumeric() || c.is_uppercase() && last.is_lowercase();
        if c.is_alphanumeric() {
            if starts || parts.is_empty() {
                parts.push(String::new());
            }
            if let Some(part) = parts.last_mut() {
                part.extend(c.to_lowercase());
            }
        }
        last = c;
    }
    parts
}

/// A word without the endings that say how many or when: `replicas` and `replica`, `lowers` and `lower`.
pub(super) fn stem(word: &str) -> &str {
    let end = ["ies", "es", "s", "ed", "ing"].into_iter().find(|end| word.len() > end.len() + 3 && word.ends_with(end));
    end.map_or(word, |end| &word[..word.len() - end.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("maxUnavailable", "max unavailable"),
            ("LOG_LEVEL", "log level"),
            ("app.kubernetes.io/name", "app kubernetes io name"),
            ("HTTPRoute", "httproute"),
            ("", ""),
        ] {
            assert_eq!(parts(name).join(" "), expected);
        }
        assert_eq!(
            (stem("replicas"), stem("limits"), stem("gas"), stem("tuned")),
            ("replica", "limit", "gas", "tuned")
        );
    }
}
