//! Values of charts that start nothing, whatever they say: images, versions, labels, texts.

use serde_json::Value;

use super::unclear::{is_amount, starts};
use crate::model::field::masked;

/// Words of keys below which nothing decides how much runs.
const PARTS: [&str; 30] = [
    "affinity",
    "alerts",
    "annotations",
    "args",
    "command",
    "constraints",
    "context",
    "dashboards",
    "datasources",
    "env",
    "hosts",
    "image",
    "images",
    "ingress",
    "labels",
    "lifecycle",
    "monitor",
    "notifications",
    "policy",
    "probe",
    "probes",
    "rbac",
    "route",
    "rules",
    "secret",
    "secrets",
    "selector",
    "strategy",
    "tls",
    "tolerations",
];
/// Words of the last key of a value that decides nothing about how much runs.
const LAST: [&str; 44] = [
    "account",
    "branch",
    "color",
    "commit",
    "delay",
    "description",
    "digest",
    "domain",
    "duration",
    "email",
    "gid",
    "group",
    "host",
    "hostname",
    "id",
    "image",
    "interval",
    "key",
    "language",
    "level",
    "locale",
    "name",
    "namespace",
    "password",
    "path",
    "period",
    "port",
    "protocol",
    "ref",
    "registry",
    "repository",
    "revision",
    "sha",
    "tag",
    "theme",
    "timeout",
    "timezone",
    "title",
    "token",
    "tz",
    "uid",
    "url",
    "user",
    "version",
];
/// Words of keys that decide how much there is, or what kind of it, whatever else the key says.
const BEARING: [&str; 16] = [
    "capacity", "count", "cpu", "disk", "instance", "machine", "memory", "node", "nodes", "replica", "replicas",
    "shards", "size", "storage", "volume", "workers",
];
/// Characters of a string that is a text.
const TEXT: usize = 48;

/// Whether a key is that of an amount that the model looks at itself.
pub(super) fn amount(key: &str) -> bool {
    is_amount(key) || key == "autoscaling"
}

/// Whether a value starts nothing, as far as its keys and itself tell.
pub(super) fn is_harmless(keys: &[&str], value: &Value) -> bool {
    if value.is_null() || *value == masked() {
        return true;
    }
    let last = keys.last().copied().unwrap_or_default();
    let own = words(last);
    if own.iter().any(|word| BEARING.contains(&word.as_str())) {
        return false;
    }
    let part = |key: &&str| words(key).last().is_some_and(|word| PARTS.contains(&word.as_str()));
    if keys.iter().any(part) || own.iter().any(|word| LAST.contains(&word.as_str())) {
        return true;
    }
    match value {
        Value::Bool(_) => !starts(&keys.join(".")),
        Value::String(text) => is_text(text),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Whether a document is a word, and no values.
pub(super) const fn word(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// Whether a string is for people or programs to read, and no name of a size or amount.
fn is_text(text: &str) -> bool {
    let amount = text.trim_start_matches(['-', '+']).trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    let is_amount = !amount.is_empty() && amount.parse::<f64>().is_ok();
    let mark = |c: char| c.is_whitespace() || matches!(c, '/' | ':' | '@' | ',' | '.');
    text.is_empty() || text.chars().nth(TEXT).is_some() || !is_amount && !text.starts_with("${") && text.contains(mark)
}

/// The words of a key, in small letters: `nodeSelector` → node, selector.
fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut small = false;
    for c in key.chars() {
        let ends = !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && small;
        if ends && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        small = c.is_ascii_lowercase();
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
    }
    words
}
