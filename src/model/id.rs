//! Identities: git objects, changes, ledger entries. All print and parse as lower-case hexadecimal.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Says that a text is not the hexadecimal form of the identity that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {digits} lower-case hexadecimal digits")]
pub struct ParseIdError {
    text: String,
    digits: usize,
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Wraps raw bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The raw bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// The first `digits` hexadecimal digits, for screens.
            #[must_use]
            pub fn short(&self, digits: usize) -> String {
                let mut text = self.to_string();
                text.truncate(digits);
                text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_hex(text).map(Self).ok_or_else(|| ParseIdError {
                    text: text.chars().take(80).collect(),
                    digits: $bytes * 2,
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

identity!(
    /// A git object id (SHA-1; repositories with SHA-256 are refused at the door).
    Oid,
    20
);
identity!(
    /// The identity of a change: SHA-256 over the raw tree difference that would land. See [`crate::diff::change_id`].
    ChangeId,
    32
);
identity!(
    /// The random 128-bit name of a ledger entry, which trailers and other entries use.
    EntryId,
    16
);

impl Oid {
    /// The null id, by which git's raw formats mean "no object".
    pub const ZERO: Self = Self([0; 20]);
    /// The tree without entries, the tree of every ledger commit (a constant of git's object format).
    pub const EMPTY_TREE: Self = Self([
        0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee,
        0x49, 0x04,
    ]);
}

/// Exactly `2 * N` lower-case hexadecimal digits; anything else is `None`.
fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Some(bytes)
}

/// Upper case is refused: one identity has one spelling.
const fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parses() {
        let text = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(text.parse::<Oid>().unwrap(), Oid::EMPTY_TREE);
        assert_eq!(Oid::EMPTY_TREE.to_string(), text);
        assert_eq!(Oid::EMPTY_TREE.short(8), "4b825dc6");
    }

    #[test]
    fn one_identity_has_one_spelling() {
        for bad in
            ["", "4B825DC642CB6EB9A060E54BF8D69288FBEE4904", "4b825dc6", "4b825dc642cb6eb9a060e54bf8d69288fbee490g"]
        {
            assert!(bad.parse::<Oid>().is_err(), "{bad}");
        }
    }
}
