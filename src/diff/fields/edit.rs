//! One difference between two trees, as the comparison finds it and the check applies it.

use super::node::{Node, Scalar, Span};

/// A difference. The steps lead through the tree before; those that only the tree after has come last.
#[derive(Debug, Clone)]
pub(super) struct Edit<'n, 'a> {
    pub steps: Vec<Step<'n, 'a>>,
    pub kind: EditKind,
    /// The name that the map says to have whose part it is.
    pub named: Option<&'n str>,
    /// The name of the item on the other side in whose place it came or went.
    pub instead: Option<&'n str>,
    pub before: Option<Site<'n, 'a>>,
    pub after: Option<Site<'n, 'a>>,
}

impl<'n> Edit<'n, '_> {
    /// The option of a command whose value it changes.
    pub fn option(&self) -> Option<&'n str> {
        match self.steps.last() {
            Some(Step::Item(item)) => item.option,
            _ => None,
        }
    }

    /// Whether it changes what a program is told as a password.
    pub fn is_told(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Item(item)) if item.told)
    }
}

/// A value and the span of all that stands there for it: its key, its dash, the braces around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'n, 'a> {
    pub node: &'n Node<'a>,
    pub span: Span,
}

/// What an edit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EditKind {
    Added,
    Removed,
    Modified,
    /// An item of a list stands elsewhere; edits inside it are edits of their own.
    Moved,
    /// The same quantity, duration or share in another notation: cosmetic.
    Rewritten,
}

/// One step from a node to a part of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'n, 'a> {
    Key(&'n Scalar<'a>),
    Item(Item<'n>),
}

/// An item of a list: where it was, where it is, and the name by which people know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item<'n> {
    pub before: Option<usize>,
    pub after: Option<usize>,
    pub name: Option<&'n str>,
    /// The option of a command whose value it is.
    pub option: Option<&'n str>,
    /// Whether it is what a program is told as a password.
    pub told: bool,
    /// Where an operation of JSON Patch points to.
    pub pointer: Option<&'n str>,
}
