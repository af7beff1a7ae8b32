//! YAML as a tree of nodes that know their places: what a person wrote, before anything is made of it.
//!
//! A tree, and not types that serde fills, since serde stops at the first mistake, and a person wants all of them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::MergeKeyPolicy;
use serde_saphyr::{Location, Options, Spanned};

use crate::policy::PolicyError;
use crate::policy::error::{foreign, quoted};

/// The largest file that is read, in bytes. A policy with 200 rules has about 20 kB.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting: the policy's own is 5.
const MAX_DEPTH: usize = 16;
/// The most scalars, lists and maps, those that aliases repeat among them.
const MAX_NODES: usize = 20_000;

/// A line and a column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub line: usize,
    pub column: usize,
}

impl Spot {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    fn of(location: Location) -> Self {
        Self { line: (location.line() as usize).max(1), column: (location.column() as usize).max(1) }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub at: Spot,
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// A whole number; `None` where it is too large to be meant.
    Integer(Option<i64>),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub at: Spot,
    pub text: String,
}

impl Value {
    /// What it is, for a message.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "a number",
            Self::Float(_) => "a fraction",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Reads one document. What is not YAML, is too large or too deep is one error.
pub(super) fn read(text: &str, file: &str) -> Result<Node, PolicyError> {
    let error = |at: Spot, message: String, hint: &str| PolicyError {
        file: file.to_owned(),
        line: at.line,
        column: at.column,
        message,
        hint: (!hint.is_empty()).then(|| hint.to_owned()),
    };
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        return Err(error(Spot::START, message, "keep the rules few; `{a,b}` joins patterns"));
    }
    serde_saphyr::from_str_with_options(text, options()).map_err(|refused| {
        let at = refused.location().map_or(Spot::START, Spot::of);
        let (message, hint) = describe(&refused);
        error(at, message, hint)
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_documents: 2,
            max_aliases: 256,
            max_anchors: 256,
            max_total_scalar_bytes: 2 * MAX_BYTES,
            max_recorded_anchor_events: MAX_NODES,
            max_recorded_anchor_bytes: 2 * MAX_BYTES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
            max_replay_stack_depth: 4,
        },
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// What the library refuses, in our words where it is about the format, and what to do.
fn describe(error: &serde_saphyr::Error) -> (String, &'static str) {
    use serde_saphyr::Error as E;
    match error {
        E::AliasError { error, .. } => describe(error),
        E::DuplicateMappingKey { key, .. } => {
            (format!("the key {} stands twice", quoted(key.as_deref().unwrap_or("?"))), "keep one of the two")
        }
        E::MergeKeyNotAllowed { .. } => {
            ("`<<` is not part of the format".to_owned(), "write out the keys that it should bring")
        }
        E::MultipleDocuments { .. } => ("a policy is one document".to_owned(), "remove what follows `---`"),
        E::Budget { .. } | E::AliasReplayLimitExceeded { .. } => too_large(),
        other => {
            let text = other.render_with_formatter(&serde_saphyr::UserMessageFormatter);
            // The place is known; the library says it again at the end.
            let text = text.split(" at line ").next().unwrap_or_default();
            if text == "recursion limit exceeded" {
                return too_large();
            }
            (format!("not YAML that can be read: {}", foreign(text)), SYNTAX)
        }
    }
}

/// What is behind most of what is not YAML; the place that a parser names is where it gave up, often a line too late.
const SYNTAX: &str = "look at the line above, too: close quotes and brackets, indent with spaces, and quote text that begins \
    with a sign or holds `: `";

fn too_large() -> (String, &'static str) {
    ("too deeply nested, or too large once its aliases are written out".to_owned(), "write it flat")
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Where it is used, not where an anchor defined it: that is the line to look at.
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { at: Spot::of(spanned.referenced), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<String>::deserialize(deserializer)?;
        Ok(Self { at: Spot::of(spanned.referenced), text: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, true, false, a list or a map")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(Some(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(i64::try_from(value).ok()))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Value, E> {
        Ok(Value::Integer(None))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Integer(None))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == MAX_NODES {
                return Err(A::Error::custom("the list is too long"));
            }
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(node: &Node, out: &mut String) {
        use std::fmt::Write as _;
        let _ = write!(out, "{}:{} ", node.at.line, node.at.column);
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| places(item, out)),
            Value::Map(entries) => entries.iter().for_each(|(key, value)| {
                let _ = write!(out, "{}@{}:{} ", key.text, key.at.line, key.at.column);
                places(value, out);
            }),
            scalar => {
                let _ = write!(out, "{} ", scalar.kind());
            }
        }
    }

    #[test]
    fn nodes_know_their_places() {
        let mut out = String::new();
        places(&read("a: 1\nbé: {c: é, d: [x, yes, true, ~, 1.5]}\n", "f").unwrap(), &mut out);
        assert_eq!(
            out,
            "1:1 a@1:1 1:4 a number bé@2:1 2:5 c@2:6 2:9 text d@2:12 2:15 2:16 text 2:19 text 2:24 true or false 2:30 \
             nothing 2:33 a fraction "
        );
    }

    #[test]
    fn hostile_documents_are_one_error() {
        let bomb: String = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned()
            + &["b,a", "c,b", "d,c", "e,d"].map(|p| bomb_line(&p[..1], &p[2..])).concat();
        for (text, message) in [
            ("a: 1\na: 2", "f:2:1: the key `a` stands twice\n  hint: keep one of the two"),
            ("a: 1\n---\nb: 2", "f:3:1: a policy is one document\n  hint: remove what follows `---`"),
            ("a: !evil 1", &format!("f:1:10: not YAML that can be read: unsupported tag `!evil`\n  hint: {SYNTAX}")),
            ("a: 'x", &format!("f:1:4: not YAML that can be read: unclosed quote\n  hint: {SYNTAX}")),
            (&bomb, "f:5:11: too deeply nested, or too large once its aliases are written out\n  hint: write it flat"),
            (
                &"[".repeat(50_000),
                "f:1:17: too deeply nested, or too large once its aliases are written out\n  hint: write it flat",
            ),
        ] {
            assert_eq!(read(text, "f").unwrap_err().to_string(), message);
        }
    }

    fn bomb_line(name: &str, of: &str) -> String {
        format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 9].join(","))
    }

    #[test]
    fn size_is_bounded() {
        let error = read(&" ".repeat(MAX_BYTES + 1), "f").unwrap_err();
        assert!(error.message.contains("at most 65536"));
    }
}
