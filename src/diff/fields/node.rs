//! A document as a tree of values that know where they stand; the same for every format.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Where something stands in its text: bytes, the end exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// From offsets, which are below the bound on the size of a file.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both.
    pub fn with(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value, where it stands, and the tag that gives it a meaning of its own.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub value: Value<'a>,
    pub tag: Option<Box<str>>,
    pub span: Span,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Scalar(Scalar<'a>),
    List(Vec<Node<'a>>),
    Map(Vec<Entry<'a>>),
}

/// A key and its value; the span is that of both.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub key: Scalar<'a>,
    pub span: Span,
    pub node: Node<'a>,
}

/// A value without parts: its text after escapes, and what a reader takes it for.
#[derive(Debug, Clone)]
pub(super) struct Scalar<'a> {
    pub text: Cow<'a, str>,
    pub kind: Kind,
}

/// What a reader takes a scalar for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Text to everybody.
    Text,
    /// Nothing.
    Null,
    /// True or false to everybody.
    Bool(bool),
    /// A whole number to everybody, and the same one.
    Integer,
    /// A number with a fraction to everybody.
    Float,
    /// Readers disagree: YAML 1.1 and 1.2 have different types or values for it (`yes`, `0644`, `1:30`, `2024-01-01`).
    Loose,
    /// Something that has to be evaluated first, or that JSON has no type for; known only as it is written.
    Expression,
}

impl<'a> Scalar<'a> {
    /// Text to everybody.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), kind: Kind::Text }
    }

    /// Whether no reader can tell the two apart. Numbers are the same only if they are written the same: some read `1.10`
    /// as text.
    pub fn same(&self, other: &Self) -> bool {
        self.kind == other.kind && (matches!(self.kind, Kind::Null | Kind::Bool(_)) || self.text == other.text)
    }
}

impl Hash for Scalar<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        if !matches!(self.kind, Kind::Null | Kind::Bool(_)) {
            self.text.hash(state);
        }
    }
}

impl<'a> Node<'a> {
    /// A node without a tag.
    pub const fn new(value: Value<'a>, span: Span) -> Self {
        Self { value, tag: None, span }
    }

    /// The scalar, if it is one.
    pub const fn scalar(&self) -> Option<&Scalar<'a>> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The entries, if it is a map.
    pub fn entries(&self) -> &[Entry<'a>] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) | Value::List(_) => &[],
        }
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key.text == key).map(|entry| &entry.node)
    }

    /// The text under a key of a map.
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::scalar).filter(|scalar| scalar.kind != Kind::Null).map(|scalar| &*scalar.text)
    }

    /// Gives it and all its parts other places.
    pub fn respan(&mut self, place: &impl Fn(Span) -> Span) {
        self.span = place(self.span);
        match &mut self.value {
            Value::Scalar(_) => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.respan(place)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| {
                entry.span = place(entry.span);
                entry.node.respan(place);
            }),
        }
    }

    /// What a copy of it costs, in values: a long text counts as many. Keys count too.
    #[must_use]
    pub fn weight(&self) -> usize {
        const TEXT: usize = 64;
        1 + match &self.value {
            Value::Scalar(scalar) => scalar.text.len() / TEXT,
            Value::List(items) => items.iter().map(Node::weight).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.key.text.len() / TEXT + entry.node.weight()).sum(),
        }
    }

    /// Whether no reader can tell the two apart; maps have no order.
    pub fn same(&self, other: &Self) -> bool {
        self.tag == other.tag
            && match (&self.value, &other.value) {
                (Value::Scalar(one), Value::Scalar(two)) => one.same(two),
                (Value::List(one), Value::List(two)) => {
                    one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.same(two))
                }
                (Value::Map(one), Value::Map(two)) => one.len() == two.len() && same_entries(one, two),
                _ => false,
            }
    }

    /// A number that is the same for nodes that are the same.
    pub fn digest(&self) -> u64 {
        let mut state = DefaultHasher::new();
        self.tag.hash(&mut state);
        match &self.value {
            Value::Scalar(scalar) => (0, scalar).hash(&mut state),
            Value::List(items) => {
                1.hash(&mut state);
                for item in items {
                    item.digest().hash(&mut state);
                }
            }
            // Maps have no order.
            Value::Map(entries) => {
                let sum = entries.iter().fold(0_u64, |sum, entry| sum.wrapping_add(entry.digest()));
                (2, entries.len(), sum).hash(&mut state);
            }
        }
        state.finish()
    }
}

impl Entry<'_> {
    fn digest(&self) -> u64 {
        let mut state = DefaultHasher::new();
        (&self.key, self.node.digest()).hash(&mut state);
        state.finish()
    }
}

/// Whether two maps of one size have the same entries; most stand in the same order.
fn same_entries(one: &[Entry<'_>], two: &[Entry<'_>]) -> bool {
    if one.iter().zip(two).all(|(one, two)| one.key.same(&two.key)) {
        return one.iter().zip(two).all(|(one, two)| one.node.same(&two.node));
    }
    let keys = Keys::of(two);
    one.iter().all(|entry| keys.find(&entry.key).is_some_and(|at| two[at].node.same(&entry.node)))
}

/// Where the keys of a map are; a table where there are many.
pub(super) enum Keys<'n, 'a> {
    Few(&'n [Entry<'a>]),
    Many(HashMap<(Kind, &'n str), usize>),
}

impl<'n, 'a> Keys<'n, 'a> {
    /// Maps up to this size are searched from the start.
    const FEW: usize = 12;

    pub fn of(entries: &'n [Entry<'a>]) -> Self {
        if entries.len() <= Self::FEW {
            return Self::Few(entries);
        }
        Self::Many(entries.iter().enumerate().map(|(at, entry)| (identity(&entry.key), at)).collect())
    }

    /// The position of a key.
    pub fn find(&self, key: &Scalar<'_>) -> Option<usize> {
        match self {
            Self::Few(entries) => entries.iter().position(|entry| entry.key.same(key)),
            Self::Many(table) => table.get(&identity(key)).copied(),
        }
    }
}

/// What makes two keys the same.
fn identity<'k>(key: &'k Scalar<'_>) -> (Kind, &'k str) {
    (key.kind, if matches!(key.kind, Kind::Null | Kind::Bool(_)) { "" } else { &key.text })
}

/// The first entry whose key stands in a map already.
pub(super) fn duplicate<'n, 'a>(entries: &'n [Entry<'a>]) -> Option<&'n Entry<'a>> {
    if entries.len() <= Keys::FEW {
        let twice = |at: usize| entries[..at].iter().any(|entry| entry.key.same(&entries[at].key));
        return (1..entries.len()).find(|at| twice(*at)).map(|at| &entries[at]);
    }
    let mut seen = std::collections::HashSet::with_capacity(entries.len());
    entries.iter().find(|entry| !seen.insert(identity(&entry.key)))
}
