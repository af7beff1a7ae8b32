//! What happened before to the files of a proposal: the history index is asked, and signals are computed.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Looked, Scene};
use crate::evidence::signals::{self, Event, PathHistory, Signal, SignalReport};
use crate::io::index::{IndexError, View};
use crate::model::{FileChange, Known, PastChange, Proposal, Provenance, SeenBetween};

/// Commits that are listed.
const COMMITS: usize = 20;
/// Files whose commits are looked for: a change of more is no question of the history of one file.
const FILES: usize = 500;
/// Files whose signals are computed.
const SIGNAL_FILES: usize = 200;
/// Changes of one file that signals look at, the newest.
const MOVES: usize = 500;

impl Scene<'_> {
    /// Who changed the files before.
    pub(super) fn provenance(&self, looked: &Looked<'_>) -> Known<Provenance> {
        let files = files_of(looked.proposal);
        let read = |view: &View| -> Result<Provenance, IndexError> {
            let paths: Vec<_> = files.iter().take(FILES).map(|file| &file.path).collect();
            let changes = view.commits_on(&paths, COMMITS)?.into_iter().map(|(commit, paths)| PastChange {
                commit: commit.oid,
                author: commit.author.name.clone(),
                date: commit.authored.or(commit.committed).unwrap_or(Timestamp::UNIX_EPOCH),
                subject: commit.subject.clone(),
                files: paths.iter().map(ToString::to_string).collect(),
            });
            let files = changes.collect();
            Ok(Provenance { fields: Vec::new(), files, missing: view.coverage().missing.clone() })
        };
        self.ask(read)
    }

    /// How the files of what would land moved before, with what the other open proposals would do to them.
    pub(super) fn moves(&self, looked: &Looked<'_>) -> Known<SignalReport> {
        let files = files_of(looked.proposal);
        self.ask(|view| {
            let signals = self.signals_of(looked.proposal, files, view)?;
            let mut missing: Vec<String> = view.coverage().missing.clone().into_iter().collect();
            if files.len() > SIGNAL_FILES {
                missing.push(format!("of {} files the first {SIGNAL_FILES} were looked at", files.len()));
            }
            Ok(SignalReport {
                signals,
                missing: (!missing.is_empty()).then(|| missing.join("; ")),
                ..SignalReport::default()
            })
        })
    }

    /// Asks the history; without one the answer is not known.
    fn ask<T>(&self, read: impl FnOnce(&View) -> Result<T, IndexError>) -> Known<T> {
        match &self.view {
            Known::Known(view) => read(view).into(),
            Known::Unknown(why) => Known::Unknown(why.clone()),
            Known::Indexing => Known::Indexing,
        }
    }

    fn signals_of(&self, proposal: &Proposal, files: &[FileChange], view: &View) -> Result<Vec<Signal>, IndexError> {
        let now = self.situation.now;
        let others = || {
            let open = self.queue.iter().filter(|queued| queued.standing.state.open());
            open.map(|queued| &queued.proposal).filter(|other| other.id != proposal.id)
        };
        let seen = |proposal: &Proposal| self.situation.seen.of(proposal);
        let mut histories = Vec::new();
        for file in files.iter().take(SIGNAL_FILES) {
            let landed: Vec<Event> = view.moves_of(&file.path, MOVES)?.iter().map(Event::landed).collect();
            let pending: Vec<Event> = others().filter_map(|other| same_file(other, file, seen(other), now)).collect();
            histories.push((landed, pending, Event::pending(proposal, file, seen(proposal), now)));
        }
        let histories: Vec<PathHistory<'_>> =
            histories.iter().map(|(landed, pending, this)| PathHistory { landed, pending, this }).collect();
        Ok(signals::signals(&histories, &self.situation.policy().storm, now))
    }
}

pub(super) fn files_of(proposal: &Proposal) -> &[FileChange] {
    proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default()
}

fn same_file(other: &Arc<Proposal>, file: &FileChange, seen: SeenBetween, now: Timestamp) -> Option<Event> {
    let files = &other.diff()?.files;
    let found = files.binary_search_by(|other| other.path.cmp(&file.path)).ok()?;
    files.get(found).map(|change| Event::pending(other, change, seen, now))
}
