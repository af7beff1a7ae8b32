//! A token, in a type that cannot be printed.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Bytes of a token (GitHub's are up to 255; an app's may be longer).
const LIMIT: usize = 4096;

/// A token. It has no `Display` and no `Serialize`, and its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a token; `None` for a text that is none: empty, too long, or of characters that cannot stand in a header.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fit = !text.is_empty() && text.len() <= LIMIT && text.bytes().all(|byte| byte.is_ascii_graphic());
        fit.then(|| Self(text.into()))
    }

    /// The token itself, for the one header that carries it.
    pub(super) const fn expose(&self) -> &str {
        &self.0
    }

    /// A text of somebody else's with the token blotted out, as it is and as basic authentication spells it.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let basic = BASE64_STANDARD.encode(format!("x-access-token:{}", self.0));
        [&*self.0, &basic].into_iter().fold(Cow::Borrowed(text), |text, secret| {
            if text.contains(secret) { Cow::Owned(text.replace(secret, "[token]")) } else { text }
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_trimmed_and_fit_for_a_header() {
        assert_eq!(Secret::new(" ghp_x\n").unwrap().expose(), "ghp_x");
        for bad in ["", " \n", "a b", "a\r\nEvil: 1", "ä", &"x".repeat(LIMIT + 1)] {
            assert!(Secret::new(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn it_is_never_printed() {
        let secret = Secret::new("ghp_marker").unwrap();
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "Secret(..) Some(\n    Secret(..),\n)");
        let basic = BASE64_STANDARD.encode("x-access-token:ghp_marker");
        assert_eq!(secret.redact(&format!("a ghp_marker b {basic}")), "a [token] b [token]");
        assert!(matches!(secret.redact("nothing"), Cow::Borrowed("nothing")));
    }
}
