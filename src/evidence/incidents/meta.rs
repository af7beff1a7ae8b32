//! What an incident's metadata are called, and what they say: one table of names for all the forms.

use serde_json::Value;

/// What a key of the metadata is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// What people call it.
    Id,
    /// What happened, in one line.
    Title,
    /// The day.
    Date,
    /// When it began.
    Started,
    /// When it was written down, or noticed.
    Created,
    /// When it was over.
    Ended,
    /// How long it took.
    Duration,
    /// How long it took, in minutes.
    Minutes,
    /// How bad it was.
    Severity,
    /// A word for how bad it was, or a sentence about what it did.
    Impact,
    /// The services that it hit.
    Services,
    /// The files.
    Files,
    /// The objects.
    Objects,
    /// The fields.
    Fields,
    /// What happened, in a few sentences.
    Summary,
}

impl Key {
    /// Whether its text is a list with commas between.
    const fn is_list(self) -> bool {
        matches!(self, Self::Services | Self::Files | Self::Objects | Self::Fields)
    }
}

/// Names as teams and their tools write them, without case, with one `_` for whatever stands between words.
const NAMES: [(&str, Key); 75] = [
    ("id", Key::Id),
    ("incident", Key::Id),
    ("incident_id", Key::Id),
    ("incident_number", Key::Id),
    ("incident_no", Key::Id),
    ("reference", Key::Id),
    ("ticket", Key::Id),
    ("title", Key::Title),
    ("name", Key::Title),
    ("incident_title", Key::Title),
    ("incident_name", Key::Title),
    ("date", Key::Date),
    ("incident_date", Key::Date),
    ("date_of_incident", Key::Date),
    ("when", Key::Date),
    ("occurred", Key::Date),
    ("occurred_at", Key::Date),
    ("occurred_on", Key::Date),
    ("start", Key::Started),
    ("started", Key::Started),
    ("start_time", Key::Started),
    ("start_date", Key::Started),
    ("started_at", Key::Started),
    ("incident_start", Key::Started),
    ("incident_start_time", Key::Started),
    ("began", Key::Started),
    ("began_at", Key::Started),
    ("created", Key::Created),
    ("created_at", Key::Created),
    ("createdtime", Key::Created),
    ("detected", Key::Created),
    ("detected_at", Key::Created),
    ("end", Key::Ended),
    ("ended", Key::Ended),
    ("end_time", Key::Ended),
    ("ended_at", Key::Ended),
    ("incident_end", Key::Ended),
    ("incident_end_time", Key::Ended),
    ("resolved", Key::Ended),
    ("resolved_at", Key::Ended),
    ("resolvedwhen", Key::Ended),
    ("duration", Key::Duration),
    ("outage_duration", Key::Duration),
    ("time_to_resolve", Key::Duration),
    ("ttr", Key::Duration),
    ("minutes", Key::Minutes),
    ("duration_minutes", Key::Minutes),
    ("duration_min", Key::Minutes),
    ("severity", Key::Severity),
    ("sev", Key::Severity),
    ("severity_level", Key::Severity),
    ("incident_severity", Key::Severity),
    ("priority", Key::Severity),
    ("urgency", Key::Severity),
    ("impact", Key::Impact),
    ("service", Key::Services),
    ("services", Key::Services),
    ("services_affected", Key::Services),
    ("affected_services", Key::Services),
    ("affected_service", Key::Services),
    ("affected", Key::Services),
    ("components", Key::Services),
    ("affected_components", Key::Services),
    ("systems", Key::Services),
    ("affected_systems", Key::Services),
    ("file", Key::Files),
    ("files", Key::Files),
    ("paths", Key::Files),
    ("object", Key::Objects),
    ("objects", Key::Objects),
    ("resources", Key::Objects),
    ("field", Key::Fields),
    ("fields", Key::Fields),
    ("summary", Key::Summary),
    ("description", Key::Summary),
];

/// The key that a name means.
#[must_use]
pub(super) fn key(name: &str) -> Option<Key> {
    if name.len() > 40 {
        return None;
    }
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let plain = words.join("_").to_ascii_lowercase();
    let plain = plain.strip_suffix("_s").unwrap_or(&plain); // Service(s)
    NAMES.iter().find(|(known, _)| *known == plain).map(|(_, key)| *key)
}

/// The most values of one key.
const MAX_VALUES: usize = 100;
/// The most bytes of one value.
const MAX_BYTES: usize = 2_000;

/// What the metadata say, by key; the first to speak wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meta {
    entries: Vec<(Key, Vec<String>)>,
}

impl Meta {
    /// What a tree says at its top, and in the one map that some tools put everything into.
    #[must_use]
    pub(super) fn of(tree: &Value) -> Self {
        let mut meta = Self::default();
        let Value::Object(entries) = tree else { return meta };
        for (name, value) in entries {
            match (key(name), value) {
                (Some(Key::Id) | None, Value::Object(inner)) if inner.len() > 1 && is_wrapper(name) => {
                    meta.under(Self::of(value));
                }
                (Some(key), value) => meta.add(key, &texts(value)),
                (None, _) => {}
            }
        }
        meta
    }

    /// Adds what a key says, unless it has spoken.
    pub(super) fn add(&mut self, key: Key, values: &[String]) {
        let values: Vec<String> = values.iter().flat_map(|value| split(key, value)).take(MAX_VALUES).collect();
        if !values.is_empty() && self.all(key).is_empty() {
            self.entries.push((key, values));
        }
    }

    /// Adds what another says where this one is silent.
    pub(super) fn under(&mut self, other: Self) {
        for (key, values) in other.entries {
            self.add(key, &values);
        }
    }

    /// All that a key says.
    #[must_use]
    pub(super) fn all(&self, key: Key) -> &[String] {
        self.entries.iter().find(|(known, _)| *known == key).map_or(&[], |(_, values)| values)
    }

    /// The first thing that a key says.
    #[must_use]
    pub(super) fn first(&self, key: Key) -> Option<&str> {
        self.all(key).first().map(String::as_str)
    }

    /// Whether it says anything that makes a text an incident: when, how bad, what was hit.
    #[must_use]
    pub(super) fn tells(&self) -> bool {
        let telling = |key: &Key| {
            !matches!(key, Key::Title | Key::Summary | Key::Created | Key::Impact | Key::Files | Key::Minutes)
        };
        self.entries.iter().any(|(key, _)| telling(key))
    }
}

fn is_wrapper(name: &str) -> bool {
    matches!(name, "incident" | "metadata" | "attributes" | "data" | "postmortem")
}

/// The texts of a value: a scalar's own, those of a list's items, the name of a map.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().take(MAX_VALUES).filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(map) => {
            ["name", "summary", "title", "id"].iter().find_map(|key| map.get(*key)).and_then(|value| match value {
                Value::String(text) => Some(text.clone()),
                _ => None,
            })
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// The values of a text, bounded, without what Markdown puts around them.
fn split(key: Key, text: &str) -> Vec<String> {
    let end = (0..=MAX_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let parts: Vec<&str> =
        if key.is_list() { text[..end].split([',', ';', '\n']).collect() } else { vec![&text[..end]] };
    parts.into_iter().map(bare).filter(|part| !is_placeholder(part)).collect()
}

/// A text without the marks of Markdown around it: `` `checkout` ``, `**2**`, `[INC-1](https://…)`.
fn bare(text: &str) -> String {
    let mut text = text.trim().trim_end_matches("<br>").trim_end_matches('\\').trim();
    loop {
        let inner = text.trim_matches(['`', '*', '"']).trim();
        let inner = inner.strip_prefix('[').and_then(|rest| rest.split_once("](")).map_or(inner, |(name, _)| name);
        if inner == text {
            return text.to_owned();
        }
        text = inner;
    }
}

/// What a template has where nobody has written yet.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.is_empty()
        || matches!(lower.as_str(), "tbd" | "todo" | "n/a" | "na" | "-" | "–" | "unknown" | "yyyy-mm-dd" | "~")
        || (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with("{{") && text.ends_with("}}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_known_however_they_are_written() {
        for (name, expected) in [
            ("Severity", Some(Key::Severity)),
            ("services_affected", Some(Key::Services)),
            ("Services affected", Some(Key::Services)),
            ("Affected Service(s)", Some(Key::Services)),
            ("resolvedWhen", Some(Key::Ended)),
            ("Date of incident", Some(Key::Date)),
            ("owner", None),
            ("", None),
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
        let mut names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|two| two[0] != two[1]), "each name once");
    }

    #[test]
    fn a_tree_says_what_its_keys_say() {
        let meta = Meta::of(&json!({
            "id": "INC-1", "severity": 2, "resolved": true, "services": "checkout, `cart`",
            "components": [{ "id": "x", "name": "API" }], "date": "TBD", "owner": "maria",
        }));
        assert_eq!(meta.first(Key::Severity), Some("2"));
        assert_eq!(meta.all(Key::Services), ["checkout", "cart"]);
        assert_eq!((meta.first(Key::Date), meta.first(Key::Ended)), (None, None));
        assert!(meta.tells() && !Meta::of(&json!({ "title": "README" })).tells());
    }

    #[test]
    fn one_map_may_hold_it_all() {
        let meta = Meta::of(&json!({ "incident": { "id": "INC-2", "severity": "SEV1" }, "kind": "postmortem" }));
        assert_eq!((meta.first(Key::Id), meta.first(Key::Severity)), (Some("INC-2"), Some("SEV1")));
    }

    #[test]
    fn values_are_bare_and_bounded() {
        assert_eq!(bare(" **`[INC-1](https://x/y)`** \\"), "INC-1");
        assert_eq!(split(Key::Title, &"é".repeat(5_000))[0].len(), MAX_BYTES);
        assert_eq!(split(Key::Files, &"a,".repeat(500)).len(), 500);
        let mut meta = Meta::default();
        meta.add(Key::Files, &["a,".repeat(500)]);
        assert_eq!(meta.all(Key::Files).len(), MAX_VALUES);
    }
}
