//! What changes and is never named in the text.
//!
//! A text that names nothing of what changes ("tune things") is vague, and is shown as such; one that names a part of it and is
//! silent on the rest hides something, knowingly or not. So only texts that name at least one changed field are held against the
//! others, and of a text that is a title alone only what decides how much there is of something. To name is meant widely: by the field's key, by the keys around it, by the value, by the object where all of it comes
//! or goes. A machine's "Update image X to Y" names what it bumps wherever that stands.

use std::collections::BTreeSet;

use bstr::ByteSlice as _;
use serde_json::Value;

use super::words::{parts, stem};
use crate::evidence::reasoning::{LineKind, OwnLine};
use crate::model::field::{FieldChange, FieldOp, FieldPath, FieldReport, PathStep};
use crate::model::{Undeclared, text};

/// The most that is listed.
const LISTED: usize = 20;
/// The most values of one field that are looked at: a document that came has thousands.
const VALUES: usize = 400;
/// The longest value whose words are looked at, in bytes.
const LONGEST: usize = 400;

/// Words that are in every document and name nothing.
const COMMON: [&str; 44] = [
    "api",
    "app",
    "apps",
    "base",
    "chart",
    "com",
    "config",
    "container",
    "containers",
    "controllers",
    "data",
    "default",
    "env",
    "false",
    "ghcr",
    "helm",
    "helmrelease",
    "home",
    "http",
    "https",
    "image",
    "io",
    "kubernetes",
    "kustomization",
    "main",
    "manager",
    "metadata",
    "name",
    "null",
    "ops",
    "org",
    "release",
    "resources",
    "root",
    "services",
    "spec",
    "template",
    "the",
    "true",
    "type",
    "url",
    "values",
    "version",
    "yaml",
];
/// Keys whose values say which version something has.
const VERSIONS: [&str; 20] = [
    "appVersion",
    "chart",
    "checksum",
    "commit",
    "digest",
    "hash",
    "image",
    "imageName",
    "newTag",
    "ref",
    "repository",
    "rev",
    "revision",
    "sha256",
    "tag",
    "targetRevision",
    "url",
    "uses",
    "vendorHash",
    "version",
];
/// Keys around amounts of several resources: who writes of a limit does not mean them all.
const SIDES: [&str; 4] = ["limit", "limits", "request", "requests"];
/// Words of texts that bump versions.
const BUMPS: [&str; 12] = [
    "bump", "bumps", "digest", "pin", "release", "renovate", "rollback", "update", "updates", "upgrade", "upgrades",
    "version",
];
/// Keys of what no one has to name: it follows from something else, or only describes.
const DESCRIBING: [&str; 6] = ["annotations", "commonAnnotations", "commonLabels", "labels", "$schema", "description"];

/// What the text names.
struct Named {
    words: BTreeSet<String>,
    /// The words without what parts them, so that `max-unavailable` is `maxUnavailable`.
    joined: BTreeSet<String>,
    bumps: bool,
}

impl Named {
    fn of<'t>(lines: impl Iterator<Item = &'t str>) -> Self {
        let mut named = Self { words: BTreeSet::new(), joined: BTreeSet::new(), bumps: false };
        for line in lines {
            for word in
                line.split(|c: char| c.is_whitespace() || matches!(c, '|' | '(' | ')' | '[' | ']' | '`' | '"' | ','))
            {
                let whole: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
                named.words.extend(parts(word).iter().map(|part| stem(part).to_owned()));
                named.joined.insert(whole);
            }
        }
        named.bumps = BUMPS.iter().any(|bump| named.words.contains(stem(bump)));
        named
    }

    /// Whether all words of a name are in the text.
    fn key(&self, name: &str) -> bool {
        let parts = parts(name);
        let whole = parts.concat();
        // Somebody who writes of limits, or of scaling, means these.
        let by = |part: &String| self.words.contains(stem(part)) || self.words.contains(part);
        !parts.is_empty() && (self.joined.contains(&whole) || parts.iter().all(by))
    }

    /// Whether a word of a name that is not in every document is in the text.
    fn any_word(&self, name: &str) -> bool {
        parts(name).iter().any(|part| self.word(part))
    }

    fn word(&self, part: &str) -> bool {
        part.chars().count() >= 3
            && !COMMON.contains(&part)
            && (self.words.contains(stem(part)) || self.words.contains(part))
    }

    /// Whether a value, or a part of it, is in the text; of numbers only those that are telling.
    fn value(&self, value: &Value, left: &mut usize) -> bool {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        match value {
            Value::String(text) => {
                let whole: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
                text.len() <= LONGEST && (whole.len() >= 2 && self.joined.contains(&whole) || self.any_word(text))
            }
            Value::Number(number) => {
                let text = number.to_string();
                let whole: String = text.chars().filter(char::is_ascii_digit).collect();
                whole.len() >= 2 && self.joined.contains(&whole)
            }
            Value::Array(items) => items.iter().any(|item| self.value(item, left)),
            Value::Object(entries) => entries.iter().any(|(key, value)| self.telling(key) || self.value(value, left)),
            Value::Bool(_) | Value::Null => false,
        }
    }

    /// Whether a key that means something is named, or a word of it that does.
    fn telling(&self, key: &str) -> bool {
        let lower = key.to_lowercase();
        let long = || parts(key).into_iter().any(|part| part.len() >= 4 && self.word(&part));
        !COMMON.contains(&lower.as_str()) && !SIDES.contains(&lower.as_str()) && (self.key(key) || long())
    }

    /// Whether a value of a field is named, or its version is bumped.
    fn content(&self, field: &FieldChange) -> bool {
        let mut left = VALUES;
        let mut sides = [&field.before, &field.after].into_iter().flatten();
        self.bumps && is_version(field) || sides.any(|value| self.value(value, &mut left))
    }

    /// Whether a field is named by its key.
    fn field(&self, field: &FieldChange) -> bool {
        let last = field.path.last_key().unwrap_or_default();
        if field.path.0.is_empty() {
            return self.object(field);
        }
        let around = || {
            field.path.0.iter().any(|step| match step {
                PathStep::Key(key) | PathStep::Item(key) => self.telling(key),
                PathStep::Index(_) => false,
            })
        };
        self.key(last) || self.means(last, &field.path) || around()
    }

    /// Whether the text says in other words what a field is about.
    fn means(&self, key: &str, path: &FieldPath) -> bool {
        let says = |words: &[&str]| words.iter().any(|word| self.words.contains(stem(word)));
        match key {
            "replicas" | "replicaCount" | "minReplicas" | "maxReplicas" => {
                says(&["scale", "scaling", "replica", "autoscaler"])
            }
            // Who writes of the one means that alone.
            "cpu" | "memory" if !says(&["cpu", "memory"]) => {
                says(&["resource", "limit", "request"]) && path.keys().any(|own| own == "resources")
            }
            "enabled" | "suspend" => says(&["enable", "disable", "off", "on", "suspend", "resume", "switch", "turn"]),
            _ => false,
        }
    }

    /// Whether the object, or the file that it stands in, is named.
    fn object(&self, field: &FieldChange) -> bool {
        let name = &field.document;
        let own = [&name.name, &name.kind].into_iter().flatten().any(|name| self.any_word(name) || self.telling(name));
        own || field.file.to_str_lossy().split('/').any(|folder| self.any_word(folder))
    }
}

/// What changes and is never named in lines of text; empty where they name nothing that changes.
pub(super) fn undeclared(lines: &[OwnLine], report: &FieldReport) -> Vec<Undeclared> {
    let named = Named::of(lines.iter().map(|line| line.text.as_str()));
    let title_alone = lines.iter().all(|line| line.kind == LineKind::Title);
    let fields = report.fields.iter().filter(|field| counts(field));
    let told: Vec<Told<'_>> = fields
        .map(|field| Told {
            field,
            key: named.field(field),
            content: named.content(field),
            object: named.object(field),
        })
        .collect();
    if !told.iter().any(|told| told.key || told.content) {
        return Vec::new();
    }
    // The same key in several places is one thing: what is named in one is named in all.
    let keys: BTreeSet<&str> =
        told.iter().filter(|told| told.key || told.content).filter_map(|told| told.field.path.last_key()).collect();
    // Where the text calls one changed object by its name, it should call all of them so.
    let by_object = told.iter().any(|told| told.object) && !ALL.iter().any(|all| named.words.contains(stem(all)));
    let hidden = told.iter().filter(|told| {
        let elsewhere = told.field.path.last_key().is_some_and(|key| keys.contains(key));
        let unnamed = !told.key && !elsewhere && !told.field.path.0.is_empty();
        let weighs = !title_alone || told.field.is_capacity && !told.field.path.0.is_empty();
        weighs && !told.content && (unnamed || by_object && !told.object)
    });
    hidden.take(LISTED).map(|told| undeclared_of(told.field)).collect()
}

/// A field change, and by what it is named.
struct Told<'r> {
    field: &'r FieldChange,
    key: bool,
    content: bool,
    object: bool,
}

/// Words by which a text names more objects than it calls by name.
const ALL: [&str; 9] = ["all", "every", "each", "everywhere", "apps", "services", "charts", "clusters", "others"];

/// Whether a field change is one that a text should name.
fn counts(field: &FieldChange) -> bool {
    let name = field.file.rsplit_str("/").next().unwrap_or_default();
    let is_lock = name.contains_str(".lock") || name.contains_str("-lock.");
    field.op != FieldOp::Moved && !is_lock && !field.path.keys().any(|key| DESCRIBING.contains(&key))
}

fn is_version(field: &FieldChange) -> bool {
    VERSIONS.iter().any(|key| field.path.keys().any(|own| own == *key))
}

fn undeclared_of(field: &FieldChange) -> Undeclared {
    let name = &field.document;
    let object = match (&name.kind, &name.name) {
        (Some(kind), Some(own)) => format!("{kind} {own}"),
        _ => field.file.to_str_lossy().into_owned(),
    };
    let what = if field.path.0.is_empty() { object } else { format!("{object} {}", field.path) };
    Undeclared {
        what: text::truncate(&what, 200).into_owned(),
        file: field.file.clone(),
        document: field.document.clone(),
        path: field.path.clone(),
        lines: field.lines,
    }
}
