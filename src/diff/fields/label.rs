//! Field changes in everyday words: what they are about, what the field is called, what became what.

use std::borrow::Cow;

use bstr::ByteSlice as _;
use serde_json::Value;

use super::row::is_environment;
use super::version::{VersionChange, is_id};
use crate::model::field::{DocumentName, FieldChange, FieldOp, FieldPath, PathStep, masked};
use crate::model::text;

/// The most columns of a value in a headline.
const VALUE: usize = 28;

/// Names of files that say nothing of what they are about; their folder does.
const PLAIN: [&str; 16] = [
    "values",
    "kustomization",
    "main",
    "variables",
    "config",
    "default",
    "index",
    "helmrelease",
    "release",
    "resources",
    "deployment",
    "app",
    "terraform",
    "settings",
    "helm-values",
    "ks",
];

/// What a change is about: what a patch is for, else the object's name, else that of the list's item (a release of a helmfile),
/// else of the file.
pub(super) fn subject(field: &FieldChange) -> String {
    if let Some(patched) = patched(field).filter(|_| !is_patch(field)) {
        return format!("patch of {patched}");
    }
    let item = || match field.path.0.as_slice() {
        [PathStep::Key(_), PathStep::Item(item), _, ..] => Some(item),
        _ => None,
    };
    match field.document.name.as_ref().or_else(item) {
        Some(name) => text::single_line(name),
        None => of_file(&field.file.to_str_lossy()),
    }
}

/// What the patch is for that a field belongs to.
fn patched(field: &FieldChange) -> Option<String> {
    field.beside.patched.as_deref().map(text::single_line)
}

/// Whether a field is an item of a list of patches as a whole.
fn is_patch(field: &FieldChange) -> bool {
    let [.., PathStep::Key(list), PathStep::Item(_) | PathStep::Index(_)] = field.path.0.as_slice() else {
        return false;
    };
    list.starts_with("patches")
}

pub(super) fn of_file(path: &str) -> String {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let stem = file.trim_start_matches('.').split('.').next().unwrap_or(file);
    let plain = PLAIN.contains(&stem.to_ascii_lowercase().as_str());
    let folder = parts.find(|folder| {
        !is_environment(folder) && !matches!(*folder, "app" | "apps" | "base" | "helm" | "ks" | "resources")
    });
    // `web/values-staging.yaml`
    let variant = stem.strip_prefix("values").and_then(|rest| rest.strip_prefix(['-', '_']));
    match (folder, variant) {
        (Some(folder), Some(variant)) => text::single_line(&format!("{folder} {variant}")),
        (Some(folder), None) if plain => text::single_line(folder),
        _ => text::single_line(stem),
    }
}

/// `Secret db`, `HelmRelease plex`; the subject where there is no kind.
pub(super) fn object(field: &FieldChange) -> String {
    let DocumentName { kind, .. } = &field.document;
    let kind = kind.as_deref().map(text::single_line);
    kind.map_or_else(|| subject(field), |kind| format!("{kind} {}", subject(field)))
}

/// Keys that say little without what they stand in.
const GENERIC: [&str; 16] = [
    "automerge",
    "content",
    "contents",
    "endpoint",
    "endpoints",
    "key",
    "kind",
    "mode",
    "name",
    "options",
    "path",
    "revision",
    "settings",
    "type",
    "value",
    "values",
];

/// What a field is called: `memory limit`, `replicas`, `env LOG_LEVEL`, `tmp type`, `args --ctx-size`, `permission contents`.
pub(super) fn name(field: &FieldChange) -> String {
    let own = called(&field.path);
    let path = pointed(&field.path);
    let steps = path.0.as_slice();
    let said = match (steps, option(field)) {
        (_, Some(option)) => format!("{own} {option}"),
        _ if is_patch(field) => patched(field).map_or(own, |of| format!("patch of {of}")),
        ([.., PathStep::Key(parent), PathStep::Key(_)], _) if parent == "permissions" => format!("permission {own}"),
        ([.., PathStep::Key(parent) | PathStep::Item(parent), PathStep::Key(key)], _) if GENERIC.contains(&&**key) => {
            // `env LOG_LEVEL` has it already.
            if own == *key { format!("{parent} {own}") } else { own }
        }
        ([.., PathStep::Index(_)], _) => item(field).map_or_else(|| own.clone(), |item| format!("{own} {item}")),
        _ => own,
    };
    text::truncate(&text::single_line(&said), NAME).into_owned()
}

/// What a field is called as one of a kind: without the names of things that only one change has.
pub(super) fn generic_name(field: &FieldChange) -> String {
    let own = called(&field.path);
    let path = pointed(&field.path);
    let said = match (path.0.as_slice(), option(field)) {
        (_, Some(option)) => format!("{own} {option}"),
        ([.., PathStep::Key(parent), PathStep::Key(_)], _) if parent == "permissions" => format!("permission {own}"),
        ([.., PathStep::Key(parent), PathStep::Key(key)], _)
            if matches!(&**key, "options" | "settings" | "automerge") =>
        {
            format!("{parent} {own}")
        }
        ([.., PathStep::Key(list), PathStep::Index(_)], _) if list == "resources" || list == "components" => {
            format!("{own} {}", resource(field))
        }
        _ => own,
    };
    text::single_line(&said)
}

/// The file that an entry of a kustomization names.
fn resource(field: &FieldChange) -> &str {
    let entry = field.after.as_ref().or(field.before.as_ref()).and_then(Value::as_str).unwrap_or_default();
    entry.rsplit('/').next().filter(|file| file.contains('.') && !file.starts_with('.')).unwrap_or("folder")
}

/// The most columns of a field's name.
const NAME: usize = 60;

/// Lists of the words of a command.
pub(super) fn is_command(field: &FieldChange) -> bool {
    let list = field.path.last_key().unwrap_or_default();
    let of_command =
        list.ends_with("args") || list.ends_with("Args") || matches!(list, "command" | "cmd" | "entrypoint");
    of_command && matches!(field.path.0.last(), Some(PathStep::Index(_)))
}

/// The option of a command that a field is, or is the value of: `--ctx-size`.
pub(super) fn option(field: &FieldChange) -> Option<String> {
    if !is_command(field) {
        return None;
    }
    let own = |value: &Option<Value>| {
        let said = value.as_ref()?.as_str()?;
        let option = said.split_once('=').map_or(said, |(option, _)| option);
        let plain = option.len() > 1 && !option.contains(char::is_whitespace);
        (option.starts_with('-') && plain).then(|| option.to_owned())
    };
    let said = match (own(&field.before), own(&field.after)) {
        (Some(before), Some(after)) => (before == after).then_some(before),
        (Some(one), None) if field.after.is_none() => Some(one),
        (None, Some(one)) if field.before.is_none() => Some(one),
        (None, None) => field.beside.option.clone(),
        _ => None,
    };
    said.map(|option| text::truncate(&text::single_line(&option), VALUE).into_owned())
}

/// What names an item of a list that came or went: the value of a key that names things.
fn item(field: &FieldChange) -> Option<&str> {
    let value = match field.op {
        FieldOp::Added => field.after.as_ref()?,
        FieldOp::Removed => field.before.as_ref()?,
        FieldOp::Modified | FieldOp::Moved => return None,
    };
    super::align::KEYS.iter().find_map(|key| value.get(key)?.as_str())
}

/// The word that a field has of a few: `type: emptyDir`, `permissions: {contents: write}`. It is part of what kind of change it is.
pub(super) fn choice<'f>(field: &FieldChange, value: Option<&'f Value>) -> Option<&'f str> {
    let mut keys = field.path.keys().rev();
    let (last, parent) = (keys.next()?, keys.next().unwrap_or_default());
    let chosen = matches!(last, "type" | "kind" | "mode" | "policy" | "effect" | "strategy" | "permissions");
    let said = value?.as_str()?;
    let plain = said.len() <= VALUE && said.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    ((chosen || parent == "permissions") && plain && !said.is_empty()).then_some(said)
}

/// Where the pointer of a JSON Patch's operation leads to, in place of the operation that a path leads through:
/// `patch["/spec/replicas"].value` is about `spec.replicas`.
pub(super) fn pointed(path: &FieldPath) -> Cow<'_, FieldPath> {
    let steps = path.0.as_slice();
    let is_operation = |at: usize| {
        let first = at == 0 || matches!(&steps[at - 1], PathStep::Key(key) if key == "patch");
        first && matches!(&steps[at], PathStep::Item(pointer) if pointer.starts_with('/'))
    };
    let Some(at) = (0..steps.len()).rev().find(|at| is_operation(*at)) else { return Cow::Borrowed(path) };
    let PathStep::Item(pointer) = &steps[at] else { return Cow::Borrowed(path) };
    let part = |part: &str| match part.parse() {
        Ok(index) => PathStep::Index(index),
        Err(_) => PathStep::Key(part.replace("~1", "/").replace("~0", "~")),
    };
    let inside = steps.get(at + 2..).unwrap_or_default().iter().cloned();
    let parts = pointer.split('/').filter(|part| !matches!(*part, "" | "-")).map(part);
    Cow::Owned(FieldPath(parts.chain(inside).collect()))
}

/// What the field at a path is called, in few columns that are fit for a terminal.
#[must_use]
pub fn called(path: &FieldPath) -> String {
    let path = pointed(path);
    let steps = &path.0;
    let keys: Vec<&str> = path.keys().collect();
    let said = match (keys.as_slice(), steps.as_slice()) {
        // Kustomize's number of copies of what has this name.
        (["replicas", "count"], _) => "replicas".to_owned(),
        ([.., "requests", resource], _) => format!("{resource} request"),
        ([.., "limits", resource], _) => format!("{resource} limit"),
        ([.., list, "value"], [.., PathStep::Item(item), PathStep::Key(_)])
        | ([.., list], [.., PathStep::Item(item)]) => format!("{} {item}", singular(list)),
        ([.., list], [.., PathStep::Index(_)]) => singular(list).to_owned(),
        ([.., parent, "enabled" | "enable"], _) => (*parent).to_owned(),
        ([.., parent, "size"], _) => format!("{parent} size"),
        ([.., last], _) => (*last).to_owned(),
        ([], [PathStep::Item(item)]) => item.clone(),
        ([], [.., PathStep::Index(_)]) => "item".to_owned(),
        ([], _) => "everything".to_owned(),
    };
    text::truncate(&text::single_line(&said), NAME).into_owned()
}

/// The name of a list for one of its items.
fn singular(list: &str) -> &str {
    if let Some(stem) =
        list.strip_suffix("es").filter(|stem| ["ss", "sh", "tch", "x"].iter().any(|end| stem.ends_with(end)))
    {
        return stem;
    }
    let ends = list.strip_suffix('s').filter(|_| list.len() > 3 && !list.ends_with("ss") && !list.ends_with("args"));
    ends.unwrap_or(list)
}

/// Whether a field switches something on or off.
pub(super) fn is_switch(field: &FieldChange) -> bool {
    matches!((&field.before, &field.after), (Some(Value::Bool(_)), Some(Value::Bool(_))))
}

/// The version that changed, if nothing else did.
pub(super) fn version(field: &FieldChange) -> Option<VersionChange> {
    let said = |value: &Option<Value>| match value.as_ref()? {
        Value::String(said) => Some(said.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let (before, after) = (said(&field.before)?, said(&field.after)?);
    let path = pointed(&field.path);
    let last = path.last_key()?;
    let moved = (field.op == FieldOp::Modified).then(|| VersionChange::of(last, &before, &after)).flatten()?;
    // Comments that call two ids the same say nothing of what is between them.
    Some(match &field.beside.comment_versions {
        Some([before, after]) if before != after => {
            VersionChange { before: before.clone(), after: after.clone(), by_comment: true, ..moved }
        }
        _ => moved,
    })
}

/// What kind of version a field has: `image`, `chart`, `version`.
pub(super) fn version_kind(field: &FieldChange) -> &'static str {
    let path = pointed(&field.path);
    let mut keys = path.keys().rev();
    let (last, parent) = (keys.next().unwrap_or_default(), keys.next().unwrap_or_default());
    let kind = field.document.kind.as_deref().unwrap_or_default();
    let is_chart = field.path.keys().any(|key| key.starts_with("chart") || key == "helmCharts")
        || kind == "OCIRepository" && parent == "ref";
    match last {
        "image" | "newTag" | "imageName" => "image",
        "uses" => "action",
        "tag" | "commit" if parent == "ref" && !is_chart => "version",
        "tag" if !is_chart => "image",
        _ if parent == "image" || parent == "images" => "image",
        _ if is_chart => "chart",
        _ => "version",
    }
}

/// Whether a value is a text of several lines, which no headline can quote.
pub(super) fn is_long(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|said| said.trim_end().contains('\n'))
}

/// A value in few columns, fit for a terminal.
#[must_use]
pub fn value(value: &Value) -> String {
    text::truncate(&shown(value), VALUE).into_owned()
}

/// Two values in few columns each, cut so that it can be seen how they differ; `None` where that cannot be seen.
pub(super) fn values(before: &Value, after: &Value) -> Option<(String, String)> {
    differing(before, after, VALUE)
}

/// Two values in so many columns each, cut so that it can be seen how they differ; `None` where that cannot be seen. Fit for a
/// terminal.
#[must_use]
pub fn differing(before: &Value, after: &Value, columns: usize) -> Option<(String, String)> {
    let (old, new) = match (before, after) {
        // `"true" → true` is no change from `true` to on.
        (Value::String(_), Value::Bool(_) | Value::Number(_))
        | (Value::Bool(_) | Value::Number(_), Value::String(_)) => {
            (text::single_line(&before.to_string()), text::single_line(&after.to_string()))
        }
        _ => (shown(before), shown(after)),
    };
    let cut = |from: usize| {
        let part = |text: &str| {
            let part = text.get(from..).unwrap_or_default();
            let part = if from == 0 { part.to_owned() } else { format!("…{part}") };
            text::truncate(&part, columns).into_owned()
        };
        Some((part(&old), part(&new))).filter(|(old, new)| old != new)
    };
    let common: usize =
        old.chars().zip(new.chars()).take_while(|(old, new)| old == new).map(|(same, _)| same.len_utf8()).sum();
    let word = old[..common].rfind(['/', ' ', ',']).unwrap_or(common);
    cut(0).or_else(|| cut(word)).or_else(|| cut(common))
}

/// A version as people write it; ids of commits and contents by their beginning.
pub(super) fn versions(before: &str, after: &str) -> (String, String) {
    let short = |version: &str| text::single_line(if is_id(version) { &version[..12] } else { version });
    let shown = (short(before), short(after));
    if shown.0 == shown.1 { (text::single_line(before), text::single_line(after)) } else { shown }
}

fn shown(value: &Value) -> String {
    match value {
        value if *value == masked() => "(masked)".to_owned(),
        Value::String(said) if !said.is_empty() => text::single_line(said),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Array(items) => text::count(items.len(), "item"),
        Value::Object(entries) => text::count(entries.len(), "value"),
        other => text::single_line(&other.to_string()),
    }
}
