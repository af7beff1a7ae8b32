//! Claims: what an agent says that can be held against what was found.

use bstr::BString;
use serde::Serialize;

use super::field::{DocumentName, FieldPath, Lines};

/// What an agent says, held against the change.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Claims {
    /// The claims that can be checked, in the order in which they are made.
    pub claims: Vec<Claim>,
    /// What changes and is never named in the text.
    pub undeclared: Vec<Undeclared>,
    /// What cannot be known of it, and why; `None` where all is known.
    pub missing: Option<String>,
}

impl Claims {
    /// The claims that are wrong.
    pub fn contradicted(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| claim.verdict == Verdict::Contradicted)
    }
}

/// Something that an agent says of its change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What it is about.
    pub kind: ClaimKind,
    /// The agent's own words, bounded: sanitise before showing.
    pub said: String,
    /// Whether it is true.
    pub verdict: Verdict,
    /// What was found, in our words around foreign names: sanitise before showing.
    pub found: String,
}

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// How much it saves or costs.
    Savings,
    /// That only documents change.
    DocsOnly,
    /// That nothing changes in what runs.
    NoFunctionalChange,
    /// That only one environment changes.
    OneEnvironment,
}

/// Whether a claim is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Holds,
    /// It is not.
    Contradicted,
    /// It cannot be told.
    Unknown,
}

/// Something that changes and that the text never names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undeclared {
    /// What it is, in words: sanitise before showing.
    pub what: String,
    /// The file, lossily as UTF-8 in JSON.
    #[serde(serialize_with = "super::field::lossy")]
    pub file: BString,
    /// Which document of the file.
    pub document: DocumentName,
    /// The field; the root where nothing of the document is named.
    pub path: FieldPath,
    /// Where it stands.
    pub lines: Lines,
}
