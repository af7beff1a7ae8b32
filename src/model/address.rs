//! Addresses of pages, fit to be handed to a terminal or a browser.

use std::fmt;
use std::sync::Arc;

/// Bytes of an address; longer ones are no page that a person opens.
const LONGEST: usize = 2_000;

/// The address of a page on the web: `http` or `https`, a host that is written plainly, and nothing that could end a sequence of
/// the terminal, be read as an option, or pass for another host. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebAddress(Arc<str>);

impl WebAddress {
    /// Reads an address that somebody else wrote; `None` where it is not fit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        let quiet = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
        let starts = host.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'[');
        let fit = text.len() <= LONGEST && starts && host.bytes().all(plain) && rest.bytes().all(quiet);
        fit.then(|| Self(text.into()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_are_told_from_what_only_looks_like_one() {
        for text in [
            "https://github.com/a/b/pull/7",
            "http://127.0.0.1:99/x?y=1&z=%20#e;f",
            "https://[::1]/",
            "https://ghe.corp",
        ] {
            assert_eq!(WebAddress::parse(text).map(|address| address.to_string()).as_deref(), Some(text));
        }
        let long = format!("https://a/{}", "b".repeat(LONGEST));
        for text in [
            "",
            "https://",
            "https:///x",
            "ftp://a/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "--version",
            "HTTPS://a/",
            "https://user@evil.example/",
            "https://a b/",
            "https://a/\u{1b}]8;;\u{7}",
            "https://a/\u{9c}",
            "https://a/\u{202e}",
            "https://ä.example/",
            "https://a/$(x)`y`",
            "https://-a/",
            "https://a/\"",
            "https://a/\n",
            &long,
        ] {
            assert_eq!(WebAddress::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_in_an_address_acts(text in "https?://[a-z.]{0,5}\\PC{0,30}") {
            if let Some(address) = WebAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
