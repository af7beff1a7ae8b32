//! Provenance: where the values come from that a proposal overwrites.

use bstr::BString;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::field::{DocumentName, FieldPath, Lines};
use super::{Moment, Oid, UndoneBy};

/// Where the values come from that a proposal overwrites, and who changed its files before.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// One for each field change whose origin was looked for, in the order of the field changes.
    pub fields: Vec<FieldOrigin>,
    /// Who changed the files before, newest first, bounded.
    pub files: Vec<PastChange>,
    /// What cannot be known of it, and why; `None` where all is known.
    pub missing: Option<String>,
}

/// Where the value comes from that one field change overwrites.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldOrigin {
    /// The file, lossily as UTF-8 in JSON.
    #[serde(serialize_with = "super::field::lossy")]
    pub file: BString,
    /// Which document of the file.
    pub document: DocumentName,
    /// Where in the document.
    pub path: FieldPath,
    /// Where the field change stands.
    pub lines: Lines,
    /// Who set the value that is overwritten; `None` where there was none, or it is not known.
    pub set: Option<ValueSet>,
    /// What it was before that, newest first, bounded.
    pub earlier: Vec<ValueSet>,
    /// The same field in other environments.
    pub siblings: Vec<Sibling>,
    /// What cannot be known of it, and why; `None` where all is known.
    pub missing: Option<String>,
}

/// A commit of the target that gave a field a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueSet {
    /// The value, secrets masked; `None` where the commit took the field away.
    pub value: Option<Value>,
    /// The commit.
    pub commit: Oid,
    /// Who wrote it, as it says.
    pub author: String,
    /// When.
    #[serde(flatten)]
    pub at: Moment,
    /// Its subject, as it came.
    pub subject: String,
    /// Whether it put something right, and what.
    pub repairs: Option<Repair>,
}

/// What a commit put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Repair {
    /// It takes another commit back.
    Revert {
        /// The commit that it takes back, where that was found.
        of: Option<Oid>,
        /// Its subject.
        subject: Option<String>,
        /// By what it was found.
        by: Option<UndoneBy>,
    },
    /// It says that it is a fix.
    Fix,
    /// It says that it is a hotfix.
    Hotfix,
    /// It says that it brings an earlier version or setting back.
    Rollback,
    /// It says that it makes bearable for now what stays wrong.
    Workaround,
    /// It was made for an incident.
    Incident {
        /// The incident's name.
        id: String,
        /// Its title.
        title: String,
    },
}

/// The same field in another environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sibling {
    /// The environment, by the folder or the part of the file's name that tells it.
    pub environment: String,
    /// The file, lossily as UTF-8 in JSON.
    #[serde(serialize_with = "super::field::lossy")]
    pub file: BString,
    /// The value there, secrets masked; `None` where the field is not set.
    pub value: Option<Value>,
    /// Since when; `None` where that is not known.
    pub since: Option<Moment>,
}

/// A commit of the target branch that changed a file before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastChange {
    /// The commit.
    pub commit: Oid,
    /// Who wrote it, as the commit says.
    pub author: String,
    /// When, as the commit says.
    pub date: Timestamp,
    /// Its subject, as it came.
    pub subject: String,
    /// The changed files of the proposal that it touched too, lossily as UTF-8.
    pub files: Vec<String>,
}
