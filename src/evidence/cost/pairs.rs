//! Which documents a change touches, and which became which.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bstr::{BStr, BString};

use super::scaling::Scalers;
use crate::diff::fields::ConfigDocument;
use crate::evidence::Inventory;
use crate::model::field::DocumentName;

/// A document and its file.
pub(super) type Found<'i> = (&'i BStr, &'i ConfigDocument);

/// A document that differs, or whose number of pods does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touched<'i> {
    pub before: Option<Found<'i>>,
    pub after: Option<Found<'i>>,
}

impl<'i> Touched<'i> {
    /// Its file and name: those of now, else those of before.
    pub fn name(&self) -> Option<(&'i BStr, &'i DocumentName)> {
        self.after.or(self.before).map(|(path, document)| (path, &document.name))
    }

    /// What it is called, for people.
    pub fn called(&self) -> String {
        let Some((path, name)) = self.name() else { return String::new() };
        match (&name.kind, &name.name) {
            (Some(kind), Some(own)) => format!("{kind} {own}"),
            _ => path.to_string(),
        }
    }
}

/// What a document is, whatever its version and file.
type Identity<'i> = (&'i str, &'i str, &'i str);

fn identity(document: &ConfigDocument) -> Option<Identity<'_>> {
    let name = &document.name;
    let namespace = name.namespace.as_deref().unwrap_or_default();
    Some((name.kind.as_deref()?, namespace, name.name.as_deref()?))
}

/// The documents of changed files that differ, and the workloads whose autoscalers do, in the order of their files.
pub(super) fn touched<'i>(
    before: &'i Inventory,
    after: &'i Inventory,
    old_scalers: &Scalers<'i>,
    new_scalers: &Scalers<'i>,
    changed: &'i [BString],
) -> Vec<Touched<'i>> {
    let mut open = Open::default();
    for path in changed {
        open.file(path.as_ref(), documents(before, path), documents(after, path));
    }
    let mut touched = open.finish();
    let mut known: BTreeSet<(&BStr, usize)> = touched.iter().filter_map(|one| one.after).map(place).collect();
    let scalers: Vec<Touched<'i>> = touched.clone();
    for one in scalers {
        let old = one.before.and_then(|(path, document)| old_scalers.target_of(path, document));
        let new = one.after.and_then(|(path, document)| new_scalers.target_of(path, document));
        for (path, document) in old.into_iter().chain(new) {
            let (before, after) = (same(before, path, document), same(after, path, document));
            if after.is_some_and(|after| known.insert(place(after))) {
                touched.push(Touched { before, after });
            }
        }
    }
    touched
}

const fn place((path, document): Found<'_>) -> (&BStr, usize) {
    (path, document.name.index)
}

fn documents<'i>(inventory: &'i Inventory, path: &BString) -> &'i [ConfigDocument] {
    inventory.file(path.as_ref()).map(AsRef::as_ref).unwrap_or_default()
}

/// The object of this name in this file.
fn same<'i>(inventory: &'i Inventory, path: &'i BStr, document: &ConfigDocument) -> Option<Found<'i>> {
    let all = inventory.file(path)?;
    let found = all.iter().find(|other| identity(other) == identity(document))?;
    Some((path, found))
}

/// What a document is paired by within its file: what it is, or its place.
type Key<'i> = (Option<Identity<'i>>, usize);

fn key(document: &ConfigDocument) -> Key<'_> {
    let identity = identity(document);
    (identity, if identity.is_some() { 0 } else { document.name.index })
}

/// Documents without a partner so far.
#[derive(Default)]
struct Open<'i> {
    pairs: Vec<Touched<'i>>,
    gone: Vec<Found<'i>>,
    come: Vec<Found<'i>>,
}

impl<'i> Open<'i> {
    /// Pairs the documents of one file: objects by what they are, others by their place.
    fn file(&mut self, path: &'i BStr, old: &'i [ConfigDocument], new: &'i [ConfigDocument]) {
        let mut left: BTreeMap<Key<'i>, VecDeque<&'i ConfigDocument>> = BTreeMap::new();
        for document in new {
            left.entry(key(document)).or_default().push_back(document);
        }
        for document in old {
            match left.get_mut(&key(document)).and_then(VecDeque::pop_front) {
                Some(other) if other.value == document.value => {}
                Some(other) => self.pairs.push(Touched { before: Some((path, document)), after: Some((path, other)) }),
                None => self.gone.push((path, document)),
            }
        }
        self.come.extend(left.into_values().flatten().map(|document| (path, document)));
    }

    /// Pairs objects that moved to another file, where there is no doubt.
    fn finish(self) -> Vec<Touched<'i>> {
        let mut moved: BTreeMap<Identity<'i>, (Vec<Found<'i>>, Vec<Found<'i>>)> = BTreeMap::new();
        let mut touched = self.pairs;
        for found in self.gone {
            match identity(found.1) {
                Some(identity) => moved.entry(identity).or_default().0.push(found),
                None => touched.push(Touched { before: Some(found), after: None }),
            }
        }
        for found in self.come {
            match identity(found.1) {
                Some(identity) => moved.entry(identity).or_default().1.push(found),
                None => touched.push(Touched { before: None, after: Some(found) }),
            }
        }
        for (gone, come) in moved.into_values() {
            if let ([before], [after]) = (gone.as_slice(), come.as_slice()) {
                touched.push(Touched { before: Some(*before), after: Some(*after) });
                continue;
            }
            touched.extend(gone.into_iter().map(|found| Touched { before: Some(found), after: None }));
            touched.extend(come.into_iter().map(|found| Touched { before: None, after: Some(found) }));
        }
        touched.sort_by_key(|one| one.name().map(|(path, name)| (path, name.index)));
        touched
    }
}
