//! What went wrong before, and why it is shown beside a proposal.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::{EntryId, Oid, Problem};

/// What told of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// A postmortem: a file that a person wrote.
    Record,
    /// A commit that undid another one.
    Revert,
    /// A commit that was made in a hurry: a hotfix, a rollback, the end of an outage.
    Fix,
    /// A person's rejection of an earlier proposal.
    Rejection,
}

impl IncidentKind {
    /// All kinds, in the order in which they are counted.
    pub const ALL: [Self; 4] = [Self::Record, Self::Revert, Self::Fix, Self::Rejection];

    /// The word of screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Record => "incident",
            Self::Revert => "revert",
            Self::Fix => "fix",
            Self::Rejection => "rejection",
        }
    }
}

impl fmt::Display for IncidentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How bad an incident was: from 1, the worst, to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Severity(u8);

impl Severity {
    /// The severity of this number. Some teams count from 0, which is a 1 here; above 5 there is none.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self(1)),
            1..=5 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sev {}", self.0)
    }
}

/// How it is known that an incident has to do with a file, an object or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TieBy {
    /// Its metadata say so.
    Stated,
    /// Its text names it.
    Text,
    /// A commit that names the incident changed it.
    Commit(Oid),
    /// A revert that names the incident undid a change of it.
    Revert(Oid),
    /// It is what the commit, or the rejected proposal, changed.
    Change,
}

/// A file, object or field that an incident has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tie {
    /// A path from the root, `Deployment shop/checkout`, or `Deployment shop/checkout spec.replicas`.
    pub to: String,
    /// How that is known.
    pub by: TieBy,
}

impl Serialize for Tie {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to)
    }
}

/// By what a commit is known that another one takes back. Only an id is beyond doubt: titles repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoneBy {
    /// By its id.
    Id,
    /// By its title: the newest one before that has it.
    Title,
    /// By the number of its pull request.
    Request,
}

impl UndoneBy {
    /// What is to be said beside the commit; nothing where there is no doubt.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Id => "",
            Self::Title => " (by its title)",
            Self::Request => " (by its request's number)",
        }
    }
}

/// Where an incident is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentSource {
    /// A file of the target branch.
    File {
        /// Its path.
        path: String,
    },
    /// A commit of the target branch.
    Commit {
        /// The commit.
        commit: Oid,
        /// The commit that it undid, where that is known.
        undoes: Option<Oid>,
        /// By what that one was found.
        undone_by: Option<UndoneBy>,
    },
    /// An entry of the ledger.
    Entry {
        /// The entry.
        entry: EntryId,
        /// The proposal that it rejects.
        proposal: String,
    },
}

/// Something that went wrong before. Its texts are foreign, and bounded: sanitise before showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// What people call it: `INC-213`; else the name of its file, the short id of its commit, the proposal.
    pub id: String,
    /// What tells of it.
    pub kind: IncidentKind,
    /// What happened, in one line.
    pub title: String,
    /// The day, as it is written there; `None` where nothing says it.
    pub date: Option<Date>,
    /// How bad it was, where somebody said so.
    pub severity: Option<Severity>,
    /// How long it took, in minutes.
    pub minutes: Option<u32>,
    /// The services that it hit.
    pub services: Vec<String>,
    /// The files that it has to do with.
    pub files: Vec<Tie>,
    /// The objects: `Deployment shop/checkout`.
    pub objects: Vec<Tie>,
    /// The fields: `Deployment shop/checkout spec.replicas`.
    pub fields: Vec<Tie>,
    /// Who wrote the commit or the rejection.
    pub by: Option<String>,
    /// Where it is written.
    pub source: IncidentSource,
    /// The first words that say what happened.
    pub summary: String,
    /// All that is written there, as far as it is read.
    pub text: String,
}

/// What an incident and a proposal have in common, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closeness {
    /// The same value of the same object or file.
    Field,
    /// The same file.
    File,
    /// The same object.
    Object,
    /// The same service.
    Service,
    /// A file in the same folder.
    Folder,
    /// Words, and nothing better.
    Words,
}

impl Closeness {
    /// The words of screens: `same file`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Field => "same field",
            Self::File => "same file",
            Self::Object => "same object",
            Self::Service => "same service",
            Self::Folder => "same folder",
            Self::Words => "same words",
        }
    }
}

/// An incident that a proposal should remind people of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentHit {
    /// The incident.
    #[serde(flatten, serialize_with = "as_incident")]
    pub incident: Arc<Incident>,
    /// What they have in common.
    #[serde(rename = "match")]
    pub closeness: Closeness,
    /// Why it is shown, in our words around foreign names: sanitise before showing.
    pub why: String,
    /// The words that they share; empty unless that is all they have in common.
    pub words: Vec<String>,
}

fn as_incident<S: Serializer>(incident: &Arc<Incident>, serializer: S) -> Result<S::Ok, S::Error> {
    incident.as_ref().serialize(serializer)
}

/// What happened the last time somebody touched what a proposal touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentEvidence {
    /// What was looked at.
    pub looked: String,
    /// What could not be looked at, and why; `None` where every place was.
    pub missing: Option<String>,
    /// The incidents, the closest first.
    pub hits: Vec<IncidentHit>,
    /// How many more there are that are not listed.
    pub more: usize,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl IncidentEvidence {
    /// How many of the listed incidents are as close as that, or closer.
    #[must_use]
    pub fn within(&self, closeness: Closeness) -> usize {
        self.hits.iter().filter(|hit| hit.closeness <= closeness).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_from_one_to_five() {
        let numbers = [0, 1, 5, 6].map(|number| Severity::new(number).map(Severity::number));
        assert_eq!(numbers, [Some(1), Some(1), Some(5), None]);
        assert_eq!(Severity::new(2).unwrap().to_string(), "sev 2");
    }

    #[test]
    fn what_is_closer_comes_first() {
        assert!(Closeness::Field < Closeness::File && Closeness::Folder < Closeness::Words);
    }
}
