//! Field changes: what a change does to the values inside config documents, and what of it is not a value.

use std::fmt;

use bstr::BString;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// What a change does to the values of config documents. No changed line is left out: each belongs to a field change or to a
/// cosmetic one, or is listed as unexplained.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FieldReport {
    /// Values that changed, file by file in path order.
    pub fields: Vec<FieldChange>,
    /// Lines that changed, and no value with them.
    pub cosmetic: Vec<Cosmetic>,
    /// What could not be read as values, and why.
    pub unexplained: Vec<Unexplained>,
}

impl FieldReport {
    /// Whether every changed line is explained.
    #[must_use]
    pub const fn complete(&self) -> bool {
        self.unexplained.is_empty()
    }

    /// Whether lines changed, all of them are explained, and no value changed.
    #[must_use]
    pub const fn cosmetic_only(&self) -> bool {
        self.complete() && self.fields.is_empty() && !self.cosmetic.is_empty()
    }
}

/// A value's change inside a config document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// The path of the file, lossily as UTF-8 in JSON; of an object that moved, the file that it is in now.
    #[serde(serialize_with = "lossy")]
    pub file: BString,
    /// Which document of the file.
    pub document: DocumentName,
    /// Where in the document; the root where all of it came, went or moved.
    pub path: FieldPath,
    /// What happened to it.
    pub op: FieldOp,
    /// Before, as JSON, secrets masked; `None` for what was added. Of a document that moved, the file it was in.
    pub before: Option<Value>,
    /// After, as JSON, secrets masked; `None` for what was removed. Of a document that moved, the file it is in.
    pub after: Option<Value>,
    /// Before, in base units.
    pub before_number: Option<Decimal>,
    /// After, in base units.
    pub after_number: Option<Decimal>,
    /// By how much the number changed, per cent; `None` where a side has no number, or that before is zero.
    pub percent: Option<f64>,
    /// What the numbers count.
    pub unit: Option<Unit>,
    /// Whether it decides how much there is of something: replicas, CPU, memory and storage, instances, retention.
    pub is_capacity: bool,
    /// What stands beside the value and says what it is.
    #[serde(flatten)]
    pub beside: Beside,
    /// Where it stands.
    pub lines: Lines,
}

/// What stands beside a value and says what it is; nothing proves it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Beside {
    /// The option of a command whose value it is: `--ctx-size`, the item of the list before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// Before and after, the version that a comment gives to the id which the value pins: `# v4.2.0`. A side that names its
    /// version itself has that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment_versions: Option<[String; 2]>,
    /// What a patch inside the document is for, where the value is one of a patch: `Deployment checkout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patched: Option<String>,
    /// Whether it is a text of several words that is masked because a credential is in it: what else of it changes is masked too.
    #[serde(skip_serializing_if = "is_false")]
    pub holds_secret: bool,
}

impl FieldChange {
    /// What happened to which value, with nothing said of what it was and is, nor of where it stands.
    #[must_use]
    pub fn of(file: BString, document: DocumentName, path: FieldPath, op: FieldOp) -> Self {
        Self {
            file,
            document,
            path,
            op,
            before: None,
            after: None,
            before_number: None,
            after_number: None,
            percent: None,
            unit: None,
            is_capacity: false,
            beside: Beside::default(),
            lines: Lines::default(),
        }
    }
}

/// What happened to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOp {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Modified,
    /// It is the same in another place: an item of a list, an object in another file.
    Moved,
}

/// Which document of a file; of a Kubernetes object, its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct DocumentName {
    /// `apiVersion`.
    pub api_version: Option<String>,
    /// `kind`.
    pub kind: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: Option<String>,
    /// The position in the file, from 0; after the change where it is still there.
    pub index: usize,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// CPU cores.
    Cores,
    /// Seconds.
    Seconds,
    /// Per cent.
    Percent,
    /// Pieces.
    Count,
}

/// A way from the root of a document to a value: `spec.containers[app].image`. Keys outside `[A-Za-z0-9_-]` print as
/// `["app.kubernetes.io/name"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct FieldPath(pub Vec<PathStep>);

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// Into a map.
    Key(String),
    /// To the item of a list with this name, key or id.
    Item(String),
    /// To the item of a list at this position, from 0; after the change where it is still there.
    Index(usize),
}

impl FieldPath {
    /// The last key on the way; items of lists are passed over.
    #[must_use]
    pub fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            PathStep::Key(key) => Some(key.as_str()),
            PathStep::Item(_) | PathStep::Index(_) => None,
        })
    }

    /// The keys on the way, without the items of lists.
    #[must_use]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            PathStep::Key(key) => Some(key.as_str()),
            PathStep::Item(_) | PathStep::Index(_) => None,
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Key(key) if is_plain(key) && at == 0 => f.write_str(key)?,
                PathStep::Key(key) if is_plain(key) => write!(f, ".{key}")?,
                // A number would read as a position.
                PathStep::Item(name) if is_plain(name) && !name.bytes().all(|b| b.is_ascii_digit()) => {
                    write!(f, "[{name}]")?;
                }
                PathStep::Key(name) | PathStep::Item(name) => write!(f, "[{}]", Value::from(name.as_str()))?,
                PathStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a name needs no quotes in a path.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Lines of both sides; a side may have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Lines {
    /// Before.
    pub before: Option<LineSpan>,
    /// After.
    pub after: Option<LineSpan>,
}

/// The first and the last line of a run, from 1; `[first, last]` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LineSpan(pub u32, pub u32);

/// Lines that changed, and no value with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cosmetic {
    /// The path of the file, lossily as UTF-8 in JSON.
    #[serde(serialize_with = "lossy")]
    pub file: BString,
    /// What kind of change it is.
    pub kind: CosmeticKind,
    /// Where.
    pub lines: Lines,
}

/// What changed where no value did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CosmeticKind {
    /// Keys of a map or documents of a file stand in another order.
    Order,
    /// Comments.
    Comment,
    /// Blank lines, indentation, line endings.
    Whitespace,
    /// The same value in another notation: quotes, block or flow, `1000m` or `1` where a quantity is read.
    Format,
}

/// Lines, or something without lines, that could not be read as values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unexplained {
    /// The path of the file, lossily as UTF-8 in JSON.
    #[serde(serialize_with = "lossy")]
    pub file: BString,
    /// Where; no lines for what has none, as a mode or a binary file.
    pub lines: Lines,
    /// Why, in words that are fit for a terminal.
    pub why: String,
}

/// Whether a mark that is seldom set is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references to it")]
pub(super) const fn is_false(mark: &bool) -> bool {
    !*mark
}

/// What JSON shows instead of a secret value.
#[must_use]
pub fn masked() -> Value {
    serde_json::json!({ "masked": true })
}

/// A path as JSON can hold it.
pub(super) fn lossy<S: Serializer>(path: &BString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_people_write_them() {
        let key = |text: &str| PathStep::Key(text.into());
        let item = |text: &str| PathStep::Item(text.into());
        for (steps, text) in [
            (vec![key("spec"), key("containers"), item("app"), key("image")], "spec.containers[app].image"),
            (
                vec![key("metadata"), key("labels"), key("app.kubernetes.io/name")],
                r#"metadata.labels["app.kubernetes.io/name"]"#,
            ),
            (vec![key("a.b"), PathStep::Index(3)], r#"["a.b"][3]"#),
            (vec![key("ports"), item("8080"), key("")], r#"ports["8080"][""]"#),
            (vec![key("say \"x\"")], r#"["say \"x\""]"#),
            (vec![], ""),
        ] {
            assert_eq!(FieldPath(steps).to_string(), text);
        }
    }

    #[test]
    fn the_last_key_is_that_of_a_map() {
        let path = FieldPath(vec![PathStep::Key("args".into()), PathStep::Index(2)]);
        assert_eq!(path.last_key(), Some("args"));
        assert_eq!(FieldPath::default().last_key(), None);
    }
}
