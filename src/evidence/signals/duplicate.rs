//! Duplicates: other proposals that do the same, byte for byte or value for value.

use std::fmt::Write as _;

use bstr::{BStr, ByteSlice as _};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::words::named;
use crate::model::field::{FieldChange, FieldOp, FieldReport};
use crate::model::{ChangeId, Oid, text};

/// What a change does to values, as a digest: two changes with the same one do the same, however their bytes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValuePrint([u8; 32]);

impl ValuePrint {
    /// The digest of all values that change. `None` where they do not say all: lines that are not explained, masked secrets,
    /// no value at all.
    #[must_use]
    pub fn of(report: &FieldReport) -> Option<Self> {
        Self::over(report, report.fields.iter().map(|field| line(field, field.file.as_bstr())).collect())
    }

    /// The digest of all values that change, wherever their files lie: that objects move is left out, and what is no object is
    /// known by the file that it was in. `before` tells the path that a file had which moved.
    #[must_use]
    pub fn wherever<'p>(report: &FieldReport, before: impl Fn(&BStr) -> Option<&'p BStr>) -> Option<Self> {
        let moves = |field: &&FieldChange| field.op == FieldOp::Moved && field.path.0.is_empty();
        let told = report.fields.iter().filter(|field| !moves(field));
        let line = |field: &FieldChange| line(field, before(field.file.as_bstr()).unwrap_or(field.file.as_bstr()));
        Self::over(report, told.map(line).collect())
    }

    fn over(report: &FieldReport, mut lines: Vec<String>) -> Option<Self> {
        let values = || report.fields.iter().flat_map(|field| [&field.before, &field.after]).flatten();
        if lines.is_empty() || !report.complete() || values().any(has_masked) {
            return None;
        }
        lines.sort();
        Some(Self(Sha256::digest(lines.join("\n")).into()))
    }
}

/// One value's change: which object, where in it, what. What is no object is known by a file.
fn line(field: &FieldChange, file: &BStr) -> String {
    let name = &field.document;
    let mut line = String::new();
    match (&name.kind, &name.name) {
        (Some(kind), Some(own)) => {
            let space = name.namespace.as_deref().unwrap_or_default();
            let _ = write!(line, "{:?}", (name.api_version.as_deref().unwrap_or_default(), kind, space, own));
        }
        _ => {
            let _ = write!(line, "{file:?} {}", name.index);
        }
    }
    let _ = write!(line, " {:?} {:?}", field.path.to_string(), field.op);
    for (value, number) in [(&field.before, field.before_number), (&field.after, field.after_number)] {
        match (value, number, field.unit) {
            (_, Some(number), Some(unit)) => {
                let _ = write!(line, " {}{unit:?}", number.normalize());
            }
            (Some(value), ..) => {
                line.push(' ');
                push_sorted(&mut line, value);
            }
            (None, ..) => line.push_str(" -"),
        }
    }
    line
}

/// A value in which the order of keys does not count. Values come from documents whose depth is bounded.
fn push_sorted(line: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            line.push('{');
            for (key, value) in members {
                let _ = write!(line, "{key:?}:");
                push_sorted(line, value);
                line.push(',');
            }
            line.push('}');
        }
        Value::Array(items) => {
            line.push('[');
            for item in items {
                push_sorted(line, item);
                line.push(',');
            }
            line.push(']');
        }
        other => {
            let _ = write!(line, "{other}");
        }
    }
}

/// Whether a secret hides in a value: what it is nobody may tell apart.
fn has_masked(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            (map.len() == 1 && map.get("masked") == Some(&Value::Bool(true))) || map.values().any(has_masked)
        }
        Value::Array(items) => items.iter().any(has_masked),
        _ => false,
    }
}

/// What two changes have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    /// The same change: the same bytes of the same files.
    Bytes,
    /// The same values of the same objects, in other bytes.
    Values,
}

/// A change as it is compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangePrint {
    /// Its bytes.
    pub change_id: ChangeId,
    /// Its values, where they say all.
    pub values: Option<ValuePrint>,
}

impl ChangePrint {
    /// What it has in common with another one.
    #[must_use]
    pub fn sameness(&self, other: &Self) -> Option<Sameness> {
        if self.change_id == other.change_id {
            return Some(Sameness::Bytes);
        }
        (self.values.is_some() && self.values == other.values).then_some(Sameness::Values)
    }
}

/// Another open proposal that does the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Twin {
    /// Its full name.
    pub proposal: String,
    /// Its head.
    pub head: Oid,
    /// What is the same.
    pub same: Sameness,
}

/// Other open proposals that do the same: to decide on one is to decide on all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// All of them, in name order.
    pub twins: Vec<Twin>,
}

impl Duplicate {
    /// The signal, if there is any twin.
    #[must_use]
    pub fn of(mut twins: Vec<Twin>) -> Option<Self> {
        twins.sort_by(|a, b| a.proposal.cmp(&b.proposal));
        (!twins.is_empty()).then_some(Self { twins })
    }

    pub(super) fn sentence(&self) -> String {
        let names: Vec<&str> = self.twins.iter().map(|twin| twin.proposal.as_str()).collect();
        let does = if names.len() == 1 { "does the same" } else { "do the same" };
        let bytes = self.twins.iter().all(|twin| twin.same == Sameness::Bytes);
        format!("{} {does}{}", named(&names), if bytes { ", byte for byte" } else { "" })
    }

    pub(super) fn told(&self) -> Vec<String> {
        let same = |twin: &Twin| match twin.same {
            Sameness::Bytes => "the same bytes",
            Sameness::Values => "the same values, in other bytes",
        };
        let line = |twin: &Twin| format!("{}@{}: {}", text::printable(&twin.proposal), twin.head.short(12), same(twin));
        self.twins.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Content, Document, FileInput, fields::field_report};
    use crate::model::{FileChange, Mode, Side};

    fn print(path: &str, old: &str, new: &str) -> Option<ValuePrint> {
        let side = |byte| Some(Side { mode: Mode::File, oid: Oid::from_bytes([byte; 20]) });
        let change = FileChange { path: path.into(), old: side(1), new: side(2) };
        let content = |text: &str| Content::classify(Mode::File, text.as_bytes().to_vec());
        let input = FileInput { change, old: content(old), new: content(new) };
        ValuePrint::of(&field_report(&Document::build(vec![input], 3)))
    }

    const OBJECT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n";

    fn object(spec: &str) -> String {
        format!("{OBJECT}{spec}")
    }

    #[test]
    fn the_same_values_are_the_same_however_they_are_written() {
        let before = object("  replicas: 3\n  paused: false\n");
        let of = |spec: &str| print("a.yaml", &before, &object(spec)).expect("values");
        let this = of("  replicas: 1\n  paused: false\n");
        for (name, spec, same) in [
            ("a comment beside it", "  replicas: 1 # cheaper\n  paused: false\n", true),
            ("another order", "  paused: false\n  replicas: 1\n", true),
            ("another value", "  replicas: 2\n  paused: false\n", false),
            ("one more", "  replicas: 1\n  paused: true\n", false),
        ] {
            assert_eq!(this == of(spec), same, "{name}");
        }
        let memory = |size: &str| {
            object(&format!(
                "  template: {{spec: {{containers: [{{name: a, resources: {{limits: {{memory: {size}}}}}}}]}}}}\n"
            ))
        };
        let to = |size: &str| print("a.yaml", &memory("2Gi"), &memory(size)).expect("values");
        assert_eq!(
            (to("1Gi") == to("1024Mi"), to("1Gi") == to("1G")),
            (true, false),
            "quantities count, not their notation"
        );
        let elsewhere = print("b.yaml", &before, &object("  replicas: 1\n  paused: false\n"));
        assert_eq!(elsewhere, Some(this), "an object is known by its name, wherever it is");
        let (a, b) = (print("a.json", "{\"a\": 1}", "{\"a\": 2}"), print("b.json", "{\"a\": 1}", "{\"a\": 2}"));
        assert_ne!(a, b, "what is no object is known by its file");
    }

    #[test]
    fn what_is_not_known_whole_is_like_nothing() {
        let secret =
            |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{k: {value}}}\n");
        for (name, print) in [
            ("a secret", print("a.yaml", &secret("one"), &secret("two"))),
            ("a template", print("a.yaml", "a: {{ b }}\n", "a: {{ c }}\n")),
            ("prose", print("README.md", "one\n", "two\n")),
            ("nothing but a comment", print("a.yaml", "a: 1\n", "a: 1 # one\n")),
        ] {
            assert_eq!(print, None, "{name}");
        }
    }

    #[test]
    fn all_are_named() {
        let twin = |name: &str, same| Twin { proposal: name.into(), head: Oid::from_bytes([7; 20]), same };
        let one = Duplicate::of(vec![twin("agent/b", Sameness::Bytes)]).expect("one");
        assert_eq!(one.sentence(), "agent/b does the same, byte for byte");
        let many: Vec<Twin> = ["d", "a", "c", "b", "e"].map(|name| twin(name, Sameness::Values)).into();
        let many = Duplicate::of(many).expect("five");
        assert_eq!(many.sentence(), "a, b, c and 2 more do the same");
        assert_eq!(many.told().len(), 5);
        assert_eq!(many.told()[0], "a@070707070707: the same values, in other bytes");
        assert_eq!(Duplicate::of(Vec::new()), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(old in ".{0,200}", new in ".{0,200}") {
            let _ = print("a.yaml", &old, &new);
        }
    }
}
