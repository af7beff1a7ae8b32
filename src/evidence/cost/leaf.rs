//! Leaves of a changed field, and whether one may bear cost: as a value of a chart, in a patch, in a text that holds documents.

use std::collections::BTreeSet;

use serde_json::Value;

use super::harmless::{amount, is_harmless, word};
use crate::diff::fields::{ConfigDocument, documents};
use crate::model::field::{FieldChange, PathStep, masked};

/// The deepest that is looked.
const DEPTH: usize = 32;
/// The largest text that is read as values, in bytes.
const MAX_TEXT: usize = 256 << 10;
/// Lists of patches.
pub(super) const PATCHES: [&str; 3] = ["patches", "patchesJson6902", "patchesStrategicMerge"];

/// A value, and the keys that lead to it: pointers are taken apart, items of lists passed over.
pub(super) struct Leaf<'v> {
    pub keys: Vec<&'v str>,
    pub value: &'v Value,
}

/// The leaves of a side of a field.
pub(super) fn leaves<'v>(field: &'v FieldChange, value: &'v Value) -> Vec<Leaf<'v>> {
    let mut keys: Vec<&str> = Vec::new();
    let mut listed = "";
    for step in &field.path.0 {
        match step {
            PathStep::Key(key) => {
                listed = key;
                keys.push(key);
            }
            PathStep::Item(pointer) if pointer.starts_with('/') => keys.extend(segments(pointer)),
            PathStep::Item(name) if matches!(listed, "parameters" | "fileParameters") => keys.extend(name.split('.')),
            PathStep::Item(_) | PathStep::Index(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(value, &mut keys, &mut found, 0);
    found
}

fn segments(pointer: &str) -> impl Iterator<Item = &str> {
    pointer.split('/').filter(|part| !part.is_empty())
}

fn walk<'v>(value: &'v Value, keys: &mut Vec<&'v str>, found: &mut Vec<Leaf<'v>>, depth: usize) {
    let known = keys.len();
    match value {
        Value::Object(entries) if depth < DEPTH && !entries.is_empty() && *value != masked() => {
            let pointer = value["path"].as_str().filter(|path| path.starts_with('/') && value["op"].is_string());
            keys.extend(pointer.into_iter().flat_map(segments));
            let named = keys.last().is_some_and(|list| matches!(*list, "parameters" | "fileParameters"));
            keys.extend(value["name"].as_str().filter(|_| named).into_iter().flat_map(|name| name.split('.')));
            for (key, value) in entries.iter().filter(|(key, _)| pointer.is_none() || !matches!(key.as_str(), "path")) {
                keys.push(key);
                walk(value, keys, found, depth + 1);
                keys.pop();
            }
        }
        Value::Array(items) if depth < DEPTH && !items.is_empty() => {
            for item in items {
                walk(item, keys, found, depth + 1);
            }
        }
        value => found.push(Leaf { keys: keys.clone(), value }),
    }
    keys.truncate(known);
}

/// Whether a value of a chart may bear cost that the model does not price. Of charts of one library, which are `shaped`, all is
/// read that decides how much runs.
pub(super) fn in_values<'t>(shaped: bool, keys: &[&str], value: &Value, sides: &dyn Fn() -> [&'t str; 2]) -> bool {
    let modelled = match keys {
        ["controllers" | "defaultPodOptions" | "persistence" | "service" | "configMaps" | "route", ..] if shaped => {
            true
        }
        ["persistence", "enabled" | "size" | "existingClaim" | "storageClass" | "storageClassName"]
        | ["service", "type"] => true,
        keys => keys.iter().any(|key| amount(key)),
    };
    if modelled {
        return false;
    }
    if value.as_str().is_some_and(|text| text.contains('\n')) {
        let object = |leaf: &Leaf<'_>| leaf.keys == ["kind"] || patched(leaf);
        return text_bears(sides(), false, &object);
    }
    !is_harmless(keys, value)
}

/// Whether a value of a chart that is a text inside a document may bear cost: nothing of it is modelled.
pub(super) fn in_values_of_text(keys: &[&str], value: &Value) -> bool {
    keys.iter().any(|key| amount(key)) || !is_harmless(keys, value)
}

/// [`in_values_of_text`] of a leaf.
pub(super) fn of_text(leaf: &Leaf<'_>) -> bool {
    in_values_of_text(&leaf.keys, leaf.value)
}

/// Whether a leaf of a patch may bear cost.
pub(super) fn in_patch<'t>(leaf: &Leaf<'_>, sides: &dyn Fn() -> [&'t str; 2]) -> bool {
    let Some((last, above)) = leaf.keys.split_last() else { return false };
    let list = leaf.keys.iter().rposition(|key| PATCHES.contains(key));
    let inside = list.map_or(leaf.keys.as_slice(), |at| &leaf.keys[at + 1..]);
    match inside {
        // A file, another target, a text that could not be read as one document.
        ["path" | "target", ..] => return true,
        ["patch"] | [] if list.is_some() => return text_bears(sides(), true, &patched),
        _ => {}
    }
    let values = above.iter().rposition(|key| matches!(*key, "values" | "valuesObject" | "substitute"));
    match values {
        Some(at) => in_values_of_text(&leaf.keys[at + 1..], leaf.value),
        None => patched(leaf) || *last == "op" && leaf.value != "test" && ends_at_whole(above),
    }
}

/// Whether a leaf of an object that is changed may bear cost.
pub(super) fn patched(leaf: &Leaf<'_>) -> bool {
    let bears = |key: &str| {
        amount(key)
            || matches!(key, "$patch" | "schedule" | "suspend" | "parallelism" | "resources" | "volumeClaimTemplates")
    };
    leaf.keys.iter().any(|key| bears(key)) || leaf.value == "LoadBalancer"
}

/// Whether an operation is on what holds what bears cost.
fn ends_at_whole(keys: &[&str]) -> bool {
    let key = keys.iter().rev().find(|key| !key.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
    key.is_none_or(|key| matches!(*key, "patch" | "spec" | "template" | "containers" | "initContainers" | "values"))
}

/// Whether what differs between two texts that hold documents may bear cost. `opaque` says whether what cannot be read as such may.
pub(super) fn text_bears(sides: [&str; 2], opaque: bool, bears: &dyn Fn(&Leaf<'_>) -> bool) -> bool {
    let read = |text: &str| {
        let fits = text.len() <= MAX_TEXT;
        fits.then(|| documents("values.yaml".into(), text.as_bytes()).ok()).flatten()
    };
    let [Some(old), Some(new)] = sides.map(read) else { return opaque };
    let differ = |one: &Value, other: &Value| {
        let (one, other) = (flat(one), flat(other));
        let known: BTreeSet<(&[&str], String)> =
            other.iter().map(|leaf| (leaf.keys.as_slice(), leaf.value.to_string())).collect();
        one.iter().any(|leaf| bears(leaf) && !known.contains(&(leaf.keys.as_slice(), leaf.value.to_string())))
    };
    let count = old.len().max(new.len());
    let at = |side: &[ConfigDocument], at: usize| side.get(at).map_or(Value::Null, |document| document.value.clone());
    (0..count).any(|index| {
        let (old, new) = (at(&old, index), at(&new, index));
        opaque && (word(&old) || word(&new)) || differ(&old, &new) || differ(&new, &old)
    })
}

fn flat(value: &Value) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    walk(value, &mut Vec::new(), &mut found, 0);
    found
}
