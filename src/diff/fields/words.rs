//! Keys cut into words, so that `maxReplicas`, `max_replicas` and `MAX-REPLICAS` are read alike.

/// The words of a key, in lower case.
pub(super) fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let mut previous = ' ';
    // Keys are short; what is not is no name.
    let mut letters = key.chars().take(120).peekable();
    while let Some(c) = letters.next() {
        if c.is_alphanumeric() {
            let next_is_lower = letters.peek().is_some_and(|next| next.is_lowercase());
            let hump = c.is_uppercase() && (previous.is_lowercase() || previous.is_ascii_digit() || next_is_lower);
            if !open || hump {
                words.push(String::new());
            }
            open = true;
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        } else {
            open = false;
        }
        previous = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_words() {
        for (key, expected) in [
            ("maxReplicas", "max replicas"),
            ("MAX_REPLICAS", "max replicas"),
            ("desired-capacity", "desired capacity"),
            ("DBPassword", "db password"),
            ("apiKey2Name", "api key2 name"),
            ("retention_in_days", "retention in days"),
            ("ephemeral-storage", "ephemeral storage"),
            ("", ""),
        ] {
            assert_eq!(words(key).join(" "), expected, "{key}");
        }
    }
}
