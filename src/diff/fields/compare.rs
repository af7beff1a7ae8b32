//! Two trees → the edits that lead from one to the other.
//!
//! Maps are followed key by key down to the values, so that one more setting is one field, whatever came with it; an item of a
//! list is one field as a whole, since it is one thing that came or went.

use super::align::{Alignment, Pair, align, name};
use super::command::told_items;
use super::edit::{Edit, EditKind, Item, Site, Step};
use super::measure;
use super::naming::said_name;
use super::node::{Entry, Keys, Node, Scalar, Span, Value};
use super::patches::pointer;

/// Maps of more values than this come and go as one field.
const MAX_LEAVES: usize = 64;

/// The edits from one document to another, in the order of the document before.
pub(super) fn compare<'n, 'a>(before: &'n Node<'a>, after: &'n Node<'a>) -> Vec<Edit<'n, 'a>> {
    let mut comparison = Comparison { steps: Vec::new(), named: None, instead: None, edits: Vec::new() };
    comparison.nodes(Site { node: before, span: before.span }, Site { node: after, span: after.span });
    comparison.edits
}

struct Comparison<'n, 'a> {
    steps: Vec<Step<'n, 'a>>,
    /// What the innermost map says to be called.
    named: Option<&'n str>,
    /// What the item on the other side says to be called in whose place an item comes or goes.
    instead: Option<&'n str>,
    edits: Vec<Edit<'n, 'a>>,
}

impl<'n, 'a> Comparison<'n, 'a> {
    fn nodes(&mut self, before: Site<'n, 'a>, after: Site<'n, 'a>) {
        let one_tag = before.node.tag == after.node.tag;
        match (&before.node.value, &after.node.value) {
            // An empty map on one side alone could not be told from no map by its fields.
            (Value::Map(old), Value::Map(new)) if one_tag && old.is_empty() == new.is_empty() => self.maps(old, new),
            (Value::List(old), Value::List(new)) if one_tag => self.lists(old, new),
            (Value::Scalar(old), Value::Scalar(new)) if one_tag => self.scalars(old, new, before, after),
            _ => self.push(EditKind::Modified, Some(before), Some(after)),
        }
    }

    fn scalars(&mut self, old: &Scalar<'a>, new: &Scalar<'a>, before: Site<'n, 'a>, after: Site<'n, 'a>) {
        if old.same(new) {
            return;
        }
        let equal = measure::equal(&self.steps, old, new);
        let kind = if equal { EditKind::Rewritten } else { EditKind::Modified };
        self.push(kind, Some(before), Some(after));
    }

    fn push(&mut self, kind: EditKind, before: Option<Site<'n, 'a>>, after: Option<Site<'n, 'a>>) {
        self.edits.push(Edit {
            steps: self.steps.clone(),
            kind,
            named: self.named,
            instead: self.instead,
            before,
            after,
        });
    }

    fn maps(&mut self, old: &'n [Entry<'a>], new: &'n [Entry<'a>]) {
        let (old_keys, new_keys) = (Keys::of(old), Keys::of(new));
        let outer = self.named;
        self.named = said_name(new).or_else(|| said_name(old)).or(outer);
        for entry in old {
            self.steps.push(Step::Key(&entry.key));
            match new_keys.find(&entry.key) {
                Some(at) => self.nodes(site(entry), site(&new[at])),
                None => self.whole(EditKind::Removed, site(entry)),
            }
            self.steps.pop();
        }
        for entry in new.iter().filter(|entry| old_keys.find(&entry.key).is_none()) {
            self.steps.push(Step::Key(&entry.key));
            self.whole(EditKind::Added, site(entry));
            self.steps.pop();
        }
        self.named = outer;
    }

    /// All of a map's entry came or went: one edit for each value in it, which share out the lines between them.
    fn whole(&mut self, kind: EditKind, at: Site<'n, 'a>) {
        let first = self.edits.len();
        if leaves(at.node, MAX_LEAVES) <= MAX_LEAVES {
            self.leaves(kind, at);
        } else {
            self.one_sided(kind, at);
        }
        widen(&mut self.edits[first..], at.span);
    }

    fn leaves(&mut self, kind: EditKind, at: Site<'n, 'a>) {
        match &at.node.value {
            Value::Map(entries) if !entries.is_empty() && at.node.tag.is_none() => {
                let outer = self.named;
                self.named = said_name(entries).or(outer);
                for entry in entries {
                    let first = self.edits.len();
                    self.steps.push(Step::Key(&entry.key));
                    self.leaves(kind, site(entry));
                    self.steps.pop();
                    widen(&mut self.edits[first..], entry.span);
                }
                self.named = outer;
            }
            _ => self.one_sided(kind, at),
        }
    }

    fn one_sided(&mut self, kind: EditKind, at: Site<'n, 'a>) {
        if kind == EditKind::Added {
            self.push(kind, None, Some(at));
        } else {
            self.push(kind, Some(at), None);
        }
    }

    fn lists(&mut self, old: &'n [Node<'a>], new: &'n [Node<'a>]) {
        let Alignment { pairs, key } = align(old, new);
        let called = |node: &'n Node<'a>| key.and_then(|key| name(node, key));
        let told = [told_items(old), told_items(new)];
        let one = |side: usize, at: usize| {
            let items = if side == 0 { old } else { new };
            Called {
                name: called(&items[at]),
                option: option(items, at),
                told: told[side].contains(&at),
                pointer: pointer(&items[at]),
            }
        };
        let (mut gone, mut kept) = (vec![true; old.len()], vec![false; new.len()]);
        for pair in &pairs {
            (gone[pair.before], kept[pair.after]) = (false, true);
        }
        let instead = |items: &'n [Node<'a>], at: usize| items.get(at).and_then(|item| said_name(item.entries()));
        let mut pairs = pairs.into_iter().peekable();
        for (at, node) in old.iter().enumerate() {
            match pairs.next_if(|pair| pair.before == at) {
                Some(pair) => {
                    let own = one(0, at);
                    let told = own.told || told[1].contains(&pair.after);
                    self.item(pair, node, &new[pair.after], Called { told, ..own });
                }
                None => self.step_item(Some(at), None, one(0, at), |this| {
                    this.instead = instead(new, at).filter(|_| !kept[at]);
                    this.push(EditKind::Removed, Some(own(node)), None);
                }),
            }
        }
        for (at, node) in new.iter().enumerate().filter(|(at, _)| !kept[*at]) {
            self.step_item(None, Some(at), one(1, at), |this| {
                this.instead = instead(old, at).filter(|_| gone[at]);
                this.push(EditKind::Added, None, Some(own(node)));
            });
        }
    }

    /// An item on both sides.
    fn item(&mut self, pair: Pair, old: &'n Node<'a>, new: &'n Node<'a>, called: Called<'n>) {
        self.step_item(Some(pair.before), Some(pair.after), called, |this| {
            if pair.moved {
                this.push(EditKind::Moved, Some(own(old)), Some(own(new)));
            }
            this.nodes(own(old), own(new));
        });
    }

    fn step_item(
        &mut self,
        before: Option<usize>,
        after: Option<usize>,
        Called { name, option, told, pointer }: Called<'n>,
        work: impl FnOnce(&mut Self),
    ) {
        self.steps.push(Step::Item(Item { before, after, name, option, told, pointer }));
        work(self);
        self.instead = None;
        self.steps.pop();
    }
}

/// How an item of a list is called.
#[derive(Clone, Copy)]
struct Called<'n> {
    name: Option<&'n str>,
    option: Option<&'n str>,
    told: bool,
    pointer: Option<&'n str>,
}

/// The option of a command whose value is the item at `at`: `--ctx-size` before `131072`.
fn option<'n>(items: &'n [Node<'_>], at: usize) -> Option<&'n str> {
    let text = |at: usize| items.get(at).and_then(Node::scalar).map(|scalar| &*scalar.text);
    let before = text(at.checked_sub(1)?)?;
    let is_option = before.starts_with('-') && before.len() > 2 && before.parse::<f64>().is_err();
    (is_option && !before.contains(['=', ' ']) && !text(at)?.starts_with('-')).then_some(before)
}

/// A value with its key.
const fn site<'n, 'a>(entry: &'n Entry<'a>) -> Site<'n, 'a> {
    Site { node: &entry.node, span: entry.span }
}

/// A value that stands for itself.
const fn own<'n, 'a>(node: &'n Node<'a>) -> Site<'n, 'a> {
    Site { node, span: node.span }
}

/// How many values a node has, counted up to just over `most`.
fn leaves(node: &Node<'_>, most: usize) -> usize {
    let mut count = 0;
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => open.extend(entries.iter().map(|entry| &entry.node)),
            _ => count += 1,
        }
        if count > most {
            break;
        }
    }
    count
}

/// Gives the first and the last of the values in an entry the lines of the keys and braces around them.
fn widen(edits: &mut [Edit<'_, '_>], span: Span) {
    let site = |edit: &mut Edit<'_, '_>, change: fn(&mut Span, Span), span: Span| {
        for site in [&mut edit.before, &mut edit.after].into_iter().flatten() {
            change(&mut site.span, span);
        }
    };
    if let Some(first) = edits.first_mut() {
        site(first, |own, all| own.start = own.start.min(all.start), span);
    }
    if let Some(last) = edits.last_mut() {
        site(last, |own, all| own.end = own.end.max(all.end), span);
    }
}
