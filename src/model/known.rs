//! What was looked for: unknown is kept apart from none, and from "not yet".

use serde::{Serialize, Serializer, ser::SerializeMap as _};

/// Something that was looked for. As JSON an object whose `state` is `known`, `unknown` or `indexing`, with `why` it is not
/// known, beside the members of what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// It was found, and may well be empty: then there is none.
    Known(T),
    /// It cannot be known here, and why.
    Unknown(String),
    /// What it is read from is still being made.
    Indexing,
}

impl<T> Known<T> {
    /// What was found.
    #[must_use]
    pub const fn found(&self) -> Option<&T> {
        match self {
            Self::Known(found) => Some(found),
            Self::Unknown(_) | Self::Indexing => None,
        }
    }

    /// What was found, to be added to.
    pub const fn found_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(found) => Some(found),
            Self::Unknown(_) | Self::Indexing => None,
        }
    }

    /// The same without taking it.
    #[must_use]
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Known(found) => Known::Known(found),
            Self::Unknown(why) => Known::Unknown(why.clone()),
            Self::Indexing => Known::Indexing,
        }
    }

    /// The same of something else.
    #[must_use]
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Known(found) => Known::Known(make(found)),
            Self::Unknown(why) => Known::Unknown(why),
            Self::Indexing => Known::Indexing,
        }
    }
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for Known<T> {
    fn from(found: Result<T, E>) -> Self {
        found.map_or_else(|error| Self::Unknown(error.to_string()), Self::Known)
    }
}

/// The members of what is known, beside its state.
#[derive(Serialize)]
struct Stated<'a, T> {
    state: &'static str,
    why: Option<&'a str>,
    #[serde(flatten)]
    members: &'a T,
}

impl<T: Serialize> Serialize for Known<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (state, why) = match self {
            Self::Known(found) => return Stated { state: "known", why: None, members: found }.serialize(serializer),
            Self::Unknown(why) => ("unknown", Some(why)),
            Self::Indexing => ("indexing", None),
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("state", state)?;
        map.serialize_entry("why", &why)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Clone)]
    struct Commits {
        commits: Vec<u8>,
    }

    #[test]
    fn its_state_stands_beside_what_was_found() {
        let known = Known::Known(Commits { commits: vec![1] });
        for (value, json) in [
            (known, r#"{"state":"known","why":null,"commits":[1]}"#),
            (Known::Unknown("a shallow clone".into()), r#"{"state":"unknown","why":"a shallow clone"}"#),
            (Known::Indexing, r#"{"state":"indexing","why":null}"#),
        ] {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
    }
}
