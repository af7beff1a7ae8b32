//! Field changes in everyday words: what they are about, what the field is called, what became what.

use bstr::ByteSlice as _;
use serde_json::Value;

use super::row::is_environment;
use super::version::VersionChange;
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

/// What a change is about: the object's name, else that of the list's item (a release of a helmfile), else of the file.
pub(super) fn subject(field: &FieldChange) -> String {
    let item = || match field.path.0.as_slice() {
        [PathStep::Key(_), PathStep::Item(item), _, ..] => Some(item),
        _ => None,
    };
    match field.document.name.as_ref().or_else(item) {
        Some(name) => text::single_line(name),
        None => of_file(&field.file.to_str_lossy()),
    }
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

/// What a field is called: `memory limit`, `replicas`, `env LOG_LEVEL`.
pub(super) fn name(field: &FieldChange) -> String {
    called(&field.path)
}

/// What the field at a path is called, fit for a terminal.
#[must_use]
pub fn called(path: &FieldPath) -> String {
    let steps = &path.0;
    let keys: Vec<&str> = path.keys().collect();
    let said = match (keys.as_slice(), steps.as_slice()) {
        ([.., "requests", resource], _) => format!("{resource} request"),
        ([.., "limits", resource], _) => format!("{resource} limit"),
        ([.., list, "value"], [.., PathStep::Item(item), PathStep::Key(_)])
        | ([.., list], [.., PathStep::Item(item)]) => format!("{} {item}", singular(list)),
        ([.., list], [.., PathStep::Index(_)]) => singular(list).to_owned(),
        ([.., parent, "enabled" | "enable"], _) => (*parent).to_owned(),
        ([.., parent, "size"], _) => format!("{parent} size"),
        ([.., last], _) => (*last).to_owned(),
        ([], [PathStep::Item(item)]) => item.clone(),
        ([], _) => "everything".to_owned(),
    };
    text::single_line(&said)
}

/// The name of a list for one of its items.
fn singular(list: &str) -> &str {
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
    let last = field.path.last_key()?;
    (field.op == FieldOp::Modified).then(|| VersionChange::of(last, &before, &after)).flatten()
}

/// What kind of version a field has: `image`, `chart`, `version`.
pub(super) fn version_kind(field: &FieldChange) -> &'static str {
    let mut keys = field.path.keys().rev();
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
    let (old, new) = (shown(before), shown(after));
    let cut = |from: usize| {
        let part = |text: &str| {
            let part = text.get(from..).unwrap_or_default();
            let part = if from == 0 { part.to_owned() } else { format!("…{part}") };
            text::truncate(&part, VALUE).into_owned()
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
    let short = |version: &str| {
        let is_id = version.len() >= 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
        text::single_line(if is_id { &version[..12] } else { version })
    };
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
