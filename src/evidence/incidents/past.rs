//! Everything that went wrong before, put together: files, commits and rejections, with the ties between them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::commits::{self, MAX_FILES, PastCommit, undone};
use super::record::ids_in;
use super::rejections::{self, PastRejection};
use super::words::{self, Frequencies};
use crate::model::{Incident, IncidentKind, IncidentSource, Oid, Tie, TieBy};

/// Files, objects or fields that one incident is tied to.
const MAX_TIES: usize = 300;
/// Commits that name one incident and are kept.
const MAX_COMMITS: usize = 50;

/// All incidents that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    pub(super) incidents: Vec<Arc<Incident>>,
    /// The telling words of each; none for commits, whose subjects say too little.
    pub(super) words: Vec<BTreeSet<String>>,
    pub(super) frequencies: Frequencies,
    /// The commits that name a record, by its id in small letters.
    naming: HashMap<String, Vec<Naming>>,
    /// Reverts and hasty fixes that name a record.
    told_by_records: (usize, usize),
}

/// A commit that names an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Naming {
    /// The commit.
    pub commit: Oid,
    /// Whether it took something back.
    pub undid: bool,
}

impl Past {
    /// Puts together what files tell, what commits did (in no order), and what was rejected. A commit that names an incident
    /// of a file ties it to what the commit changed, and is no incident of its own.
    #[must_use]
    pub fn new(mut records: Vec<Incident>, commits: &[PastCommit], rejected: &[PastRejection]) -> Self {
        let by_id = ids(&records);
        let mut told_by_records = (0, 0);
        let mut naming: HashMap<String, Vec<Naming>> = HashMap::new();
        let mut others: Vec<Incident> = rejected.iter().map(rejections::incident).collect();
        for commit in telling_last(commits, &records) {
            let named = named(&commit.names, &by_id);
            if named.is_empty() {
                others.extend(commits::incident(commit));
            } else {
                match commits::kind(&commit.message) {
                    Some(IncidentKind::Revert) => told_by_records.0 += 1,
                    Some(IncidentKind::Fix) => told_by_records.1 += 1,
                    _ => {}
                }
            }
            for at in named {
                tie(&mut records[at], commit);
                let all = naming.entry(records[at].id.to_ascii_lowercase()).or_default();
                if all.len() < MAX_COMMITS {
                    all.push(Naming { commit: commit.commit, undid: undone(&commit.message).is_some() });
                }
            }
        }
        records.extend(others);
        Self { naming, told_by_records, ..Self::of(records) }
    }

    fn of(incidents: Vec<Incident>) -> Self {
        let mut past = Self::default();
        for incident in incidents {
            let told = matches!(incident.kind, IncidentKind::Record | IncidentKind::Rejection);
            let text = [incident.title.as_str(), &incident.summary, &incident.services.join(" ")].join(" ");
            let words = if told { words::of(&text) } else { BTreeSet::new() };
            if told {
                past.frequencies.add(&words);
            }
            past.words.push(words);
            past.incidents.push(Arc::new(incident));
        }
        past
    }

    /// All of them: those of files first, in the order in which they were read.
    #[must_use]
    pub fn incidents(&self) -> &[Arc<Incident>] {
        &self.incidents
    }

    /// The first record that a text names, by its id.
    #[must_use]
    pub fn named_in(&self, text: &str) -> Option<&Arc<Incident>> {
        let records = || self.incidents.iter().filter(|incident| incident.kind == IncidentKind::Record);
        ids_in(text).take(50).find_map(|name| records().find(|record| record.id.eq_ignore_ascii_case(name)))
    }

    /// The commits that name a record, bounded: a fix is often more than one, and a record is tied to a file by one of them.
    #[must_use]
    pub fn naming(&self, record: &Incident) -> &[Naming] {
        self.naming.get(&record.id.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many there are of a kind; commits that are no incident of their own, since they name a record, among them.
    #[must_use]
    pub fn count(&self, kind: IncidentKind) -> usize {
        let told = match kind {
            IncidentKind::Revert => self.told_by_records.0,
            IncidentKind::Fix => self.told_by_records.1,
            IncidentKind::Record | IncidentKind::Rejection => 0,
        };
        told + self.incidents.iter().filter(|incident| incident.kind == kind).count()
    }
}

/// The commits, those last that wrote a record down: what went wrong, and what mended it, was changed by the others.
fn telling_last<'c>(commits: &'c [PastCommit], records: &[Incident]) -> Vec<&'c PastCommit> {
    let own = records.iter().filter_map(|record| match &record.source {
        IncidentSource::File { path } => Some(path.as_str()),
        _ => None,
    });
    let own: HashSet<&str> = own.collect();
    let tells = |commit: &&PastCommit| commit.files.iter().any(|file| own.contains(file.as_str()));
    let (telling, others): (Vec<_>, Vec<_>) = commits.iter().partition(tells);
    others.into_iter().chain(telling).collect()
}

/// The records by their names, in small letters.
fn ids(records: &[Incident]) -> HashMap<String, Vec<usize>> {
    let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        by_id.entry(record.id.to_ascii_lowercase()).or_default().push(at);
    }
    by_id
}

/// The records that a commit names, each once.
fn named(names: &[String], by_id: &HashMap<String, Vec<usize>>) -> BTreeSet<usize> {
    names.iter().filter_map(|name| by_id.get(name)).flatten().copied().collect()
}

fn tie(record: &mut Incident, commit: &PastCommit) {
    let own = match &record.source {
        IncidentSource::File { path } => Some(path.clone()),
        _ => None,
    };
    let by = if undone(&commit.message).is_some() { TieBy::Revert } else { TieBy::Commit }(commit.commit);
    // What changed more is about everything, and so about nothing.
    if commit.files.len() <= MAX_FILES {
        add(&mut record.files, commit.files.iter().filter(|file| Some(*file) != own.as_ref()), by);
    }
    add(&mut record.objects, commit.objects.iter(), by);
    add(&mut record.fields, commit.fields.iter(), by);
}

/// Ties an incident to names. That something was undone says more than that it was changed.
fn add<'a>(ties: &mut Vec<Tie>, names: impl Iterator<Item = &'a String>, by: TieBy) {
    for to in names {
        match ties.iter().position(|tie| tie.to == *to) {
            Some(at) if matches!((ties[at].by, by), (TieBy::Commit(_), TieBy::Revert(_))) => ties[at].by = by,
            None if ties.len() < MAX_TIES => ties.push(Tie { to: to.clone(), by }),
            Some(_) | None => {}
        }
    }
}
