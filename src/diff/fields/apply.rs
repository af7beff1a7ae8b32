//! The check that keeps field changes honest: applied to the document before, they must give the document after.
//!
//! It shares nothing with the comparison but the edits. Where it fails, the file is shown as lines, and nothing is claimed.

use std::collections::HashMap;

use super::edit::{Edit, EditKind, Item, Step};
use super::node::{Entry, Kind, Node, Scalar, Value};

/// Whether the edits lead from one document to the other, exactly.
pub(super) fn leads<'n, 'a>(before: &'n Node<'a>, edits: &'n [Edit<'n, 'a>], after: &Node<'a>) -> bool {
    let edits: Vec<&Edit<'n, 'a>> = edits.iter().collect();
    patched(before, &edits, 0).is_some_and(|result| result.is(after))
}

/// A document with edits applied; what they leave alone is not copied.
enum Patched<'n, 'a> {
    Same(&'n Node<'a>),
    Map(&'n Option<Box<str>>, Vec<(&'n Scalar<'a>, Self)>),
    List(&'n Option<Box<str>>, Vec<Self>),
}

impl<'a> Patched<'_, 'a> {
    fn is(&self, node: &Node<'a>) -> bool {
        match (self, &node.value) {
            (Self::Same(own), _) => own.same(node),
            (Self::List(tag, items), Value::List(nodes)) => {
                **tag == node.tag
                    && items.len() == nodes.len()
                    && items.iter().zip(nodes).all(|(item, node)| item.is(node))
            }
            (Self::Map(tag, own), Value::Map(entries)) => {
                **tag == node.tag && own.len() == entries.len() && Self::has_all(own, entries)
            }
            _ => false,
        }
    }

    /// Whether a map of the same size has all of these entries.
    fn has_all(own: &[(&Scalar<'a>, Self)], entries: &[Entry<'a>]) -> bool {
        let table: HashMap<(Kind, &str), &Node<'a>> =
            entries.iter().map(|entry| (key(&entry.key), &entry.node)).collect();
        own.iter().all(|(name, value)| table.get(&key(name)).is_some_and(|node| value.is(node)))
    }
}

fn key<'k>(scalar: &'k Scalar<'_>) -> (Kind, &'k str) {
    (scalar.kind, if matches!(scalar.kind, Kind::Null | Kind::Bool(_)) { "" } else { &scalar.text })
}

/// The edits that go through one part of a node, and what happens to the part itself.
#[derive(Default)]
struct Part<'n, 'a> {
    /// Deeper edits.
    inside: Vec<&'n Edit<'n, 'a>>,
    /// It goes.
    gone: bool,
    /// It gives way to another.
    becomes: Option<&'n Node<'a>>,
    /// It leaves its place in a list for this one.
    moves: Option<usize>,
}

impl<'n, 'a> Part<'n, 'a> {
    /// Takes an edit whose step at `depth` leads to this part. Two that end here cannot both be true.
    fn take(&mut self, edit: &'n Edit<'n, 'a>, depth: usize) -> Option<()> {
        if edit.steps.len() > depth + 1 {
            self.inside.push(edit);
            return Some(());
        }
        if self.gone || self.becomes.is_some() {
            return None;
        }
        match (edit.kind, edit.steps.last()) {
            (EditKind::Removed, _) => self.gone = true,
            (EditKind::Moved, Some(Step::Item(Item { after: Some(after), .. }))) => self.moves = Some(*after),
            (EditKind::Moved, _) => return None,
            _ => self.becomes = Some(edit.after?.node),
        }
        Some(())
    }

    /// What its edits make of the part; `None` where they do not fit.
    fn applied(&self, own: Option<&'n Node<'a>>, depth: usize) -> Option<Outcome<'n, 'a>> {
        match (self.gone, self.becomes, self.inside.is_empty(), own) {
            (true, None, true, _) => Some(Outcome::Goes),
            (false, Some(node), true, _) | (false, None, true, Some(node)) => Some(Outcome::Is(Patched::Same(node))),
            (false, None, false, Some(node)) => match patched(node, &self.inside, depth + 1)? {
                // A map whose last field went is gone with it.
                Patched::Map(_, fields) if fields.is_empty() => Some(Outcome::Goes),
                result => Some(Outcome::Is(result)),
            },
            (false, None, false, None) => Some(Outcome::Is(grown(&self.inside, depth + 1)?)),
            _ => None,
        }
    }
}

/// What edits make of a part of a node.
enum Outcome<'n, 'a> {
    Is(Patched<'n, 'a>),
    Goes,
}

/// A node with the edits applied whose steps from `depth` on start at it.
fn patched<'n, 'a>(node: &'n Node<'a>, edits: &[&'n Edit<'n, 'a>], depth: usize) -> Option<Patched<'n, 'a>> {
    match (edits, &node.value) {
        ([], _) => Some(Patched::Same(node)),
        ([edit], _) if edit.steps.len() == depth => Some(Patched::Same(edit.after?.node)),
        (_, Value::Map(entries)) => Some(Patched::Map(&node.tag, map(entries, edits, depth)?)),
        (_, Value::List(items)) => Some(Patched::List(&node.tag, list(items, edits, depth)?)),
        (_, Value::Scalar(_)) => None,
    }
}

type Fields<'n, 'a> = Vec<(&'n Scalar<'a>, Patched<'n, 'a>)>;

fn map<'n, 'a>(entries: &'n [Entry<'a>], edits: &[&'n Edit<'n, 'a>], depth: usize) -> Option<Fields<'n, 'a>> {
    let (mut parts, order) = by_key(edits, depth)?;
    let mut fields = Vec::with_capacity(entries.len());
    for entry in entries {
        match parts.remove(&key(&entry.key)) {
            Some(part) => match part.applied(Some(&entry.node), depth)? {
                Outcome::Is(value) => fields.push((&entry.key, value)),
                Outcome::Goes => {}
            },
            None => fields.push((&entry.key, Patched::Same(&entry.node))),
        }
    }
    for name in order {
        let Some(part) = parts.remove(&key(name)) else { continue };
        let Outcome::Is(value) = part.applied(None, depth)? else { return None };
        fields.push((name, value));
    }
    Some(fields)
}

type Parts<'n, 'a> = HashMap<(Kind, &'n str), Part<'n, 'a>>;

fn by_key<'n, 'a>(edits: &[&'n Edit<'n, 'a>], depth: usize) -> Option<(Parts<'n, 'a>, Vec<&'n Scalar<'a>>)> {
    let mut parts = Parts::new();
    let mut order = Vec::new();
    for edit in edits {
        let Step::Key(name) = edit.steps.get(depth)? else { return None };
        let part = parts.entry(key(name)).or_insert_with(|| {
            order.push(*name);
            Part::default()
        });
        part.take(edit, depth)?;
    }
    Some((parts, order))
}

/// A map that only edits make.
fn grown<'n, 'a>(edits: &[&'n Edit<'n, 'a>], depth: usize) -> Option<Patched<'n, 'a>> {
    Some(Patched::Map(&None, map(&[], edits, depth)?))
}

fn list<'n, 'a>(items: &'n [Node<'a>], edits: &[&'n Edit<'n, 'a>], depth: usize) -> Option<Vec<Patched<'n, 'a>>> {
    let mut parts: HashMap<usize, Part<'n, 'a>> = HashMap::new();
    let mut placed: Vec<(usize, Patched<'n, 'a>)> = Vec::new();
    for edit in edits {
        let Step::Item(item) = edit.steps.get(depth)? else { return None };
        match (item.before, item.after) {
            (Some(before), _) => parts.entry(before).or_default().take(edit, depth)?,
            (None, Some(after)) => placed.push((after, Patched::Same(edit.after?.node))),
            (None, None) => return None,
        }
    }
    let mut kept = Vec::with_capacity(items.len() + placed.len());
    for (at, item) in items.iter().enumerate() {
        let Some(part) = parts.remove(&at) else {
            kept.push(Patched::Same(item));
            continue;
        };
        // An item of a list stays, even when its last field went.
        let result = match part.applied(Some(item), depth)? {
            Outcome::Goes if part.gone => continue,
            Outcome::Goes => return None,
            Outcome::Is(result) => result,
        };
        match part.moves {
            Some(after) => placed.push((after, result)),
            None => kept.push(result),
        }
    }
    parts.is_empty().then_some(())?;
    placed.sort_by_key(|(after, _)| *after);
    interleave(kept, placed)
}

/// Puts what has a place of its own there, and what stayed around it.
fn interleave<'n, 'a>(
    kept: Vec<Patched<'n, 'a>>,
    placed: Vec<(usize, Patched<'n, 'a>)>,
) -> Option<Vec<Patched<'n, 'a>>> {
    let total = kept.len() + placed.len();
    let mut kept = kept.into_iter();
    let mut placed = placed.into_iter().peekable();
    let mut result = Vec::with_capacity(total);
    for at in 0..total {
        let next = match placed.next_if(|(after, _)| *after == at) {
            Some((_, value)) => value,
            None => kept.next()?,
        };
        result.push(next);
    }
    Some(result)
}
