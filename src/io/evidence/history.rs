//! How the files of a proposal and their values moved before: the history index is asked, and signals are computed.

use std::sync::Arc;

use bstr::ByteSlice as _;

use super::{Looked, Scene};
use crate::diff::fields::{ValueMove, has_values};
use crate::evidence::signals::{self, Event, PathHistory, Signal, SignalReport, Tracks};
use crate::io::index::{IndexError, View};
use crate::io::values::Reading;
use crate::model::field::FieldChange;
use crate::model::{FileChange, Known, Proposal};

/// Files whose signals are computed.
const SIGNAL_FILES: usize = 200;
/// Changes of one file whose values signals look at, at least and at most: between them, those of late.
const WINDOW: (usize, usize) = (12, 120);

impl Scene<'_> {
    /// How the files of what would land moved before, with what the other open proposals would do to them.
    pub(super) fn moves(&self, looked: &Looked<'_>) -> Known<SignalReport> {
        let files = files_of(looked.proposal);
        self.ask(|view| {
            let signals = self.signals_of(looked, files, view)?;
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
    pub(super) fn ask<T>(&self, read: impl FnOnce(&View) -> Result<T, IndexError>) -> Known<T> {
        match &self.view {
            Known::Known(view) => read(view).into(),
            Known::Unknown(why) => Known::Unknown(why.clone()),
            Known::Indexing => Known::Indexing,
        }
    }

    fn signals_of(&self, looked: &Looked<'_>, files: &[FileChange], view: &View) -> Result<Vec<Signal>, IndexError> {
        let now = self.situation.now;
        let moves = files.iter().take(SIGNAL_FILES).map(|file| self.moves_of(looked, file, view));
        let moves: Vec<FileMoves> = moves.collect::<Result<_, _>>()?;
        let histories: Vec<PathHistory<'_>> = moves.iter().map(FileMoves::history).collect();
        Ok(signals::signals(&histories, &self.situation.policy().storm, now))
    }

    /// How a file and its fields moved, and what others would do to it.
    fn moves_of(&self, looked: &Looked<'_>, file: &FileChange, view: &View) -> Result<FileMoves, IndexError> {
        let (proposal, now) = (looked.proposal, self.situation.now);
        let seen = |proposal: &Proposal| self.situation.seen.of(proposal);
        let history = self.history_of(view, file.path.as_bstr())?;
        let landed: Vec<Event> = history.touches.iter().rev().map(Event::landed).collect();
        let open = self.queue.iter().filter(|queued| queued.standing.state.open()).map(|queued| &queued.proposal);
        let others = open.filter(|other| other.id != proposal.id);
        let same: Vec<(&Arc<Proposal>, &FileChange)> = others.filter_map(|other| same_file(other, file)).collect();
        let pending: Vec<Event> =
            same.iter().map(|(other, change)| Event::pending(other, change, seen(other), now)).collect();
        let values = has_values(file.path.as_bstr()).then(|| {
            let late = |event: &&Event| now.duration_since(event.at.at) <= signals::AGAIN;
            let window = landed.iter().rev().take_while(late).count().clamp(WINDOW.0, WINDOW.1);
            let readings = history.readings(self, window);
            let read = landed.len().min(readings.len());
            let unread = std::iter::repeat_n(None, landed.len() - read);
            let told = readings[..read].iter().rev().map(|reading| reading.as_deref().ok());
            let before: Vec<Option<&[ValueMove]>> = unread.chain(told).collect();
            let proposed: Vec<Reading> = same.iter().map(|(other, change)| self.proposed(other, change)).collect();
            let beside: Vec<Option<&[ValueMove]>> = proposed.iter().map(|reading| reading.as_deref().ok()).collect();
            let own: Vec<&FieldChange> = looked.fields.fields.iter().filter(|field| field.file == file.path).collect();
            let explained = !own.is_empty() && looked.fields.unexplained.iter().all(|one| one.file != file.path);
            Tracks::of(&own, explained, &before, &beside)
        });
        Ok(FileMoves { landed, pending, this: Event::pending(proposal, file, seen(proposal), now), values })
    }

    /// What another proposal would do to the values of a file.
    fn proposed(&self, other: &Proposal, change: &FileChange) -> Reading {
        if let (Some(side), Some(diff)) = (change.new, other.diff())
            && !self.store.has(side.oid)
        {
            // What cannot be made again is not told.
            let _ = self.store.make_again(diff, other.target.tip, other.head);
        }
        let read = self.workspace.values.of(&self.store, change.path.as_bstr(), &[(change.old, change.new)]);
        read.into_iter().next().unwrap_or_else(|| Err(Arc::from("it was not read")))
    }
}

/// How a file moved, and what is proposed for it.
struct FileMoves {
    landed: Vec<Event>,
    pending: Vec<Event>,
    this: Event,
    values: Option<Tracks>,
}

impl FileMoves {
    fn history(&self) -> PathHistory<'_> {
        let Self { landed, pending, this, values } = self;
        PathHistory { landed, pending, this, values: values.as_ref() }
    }
}

pub(super) fn files_of(proposal: &Proposal) -> &[FileChange] {
    proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default()
}

fn same_file<'q>(other: &'q Arc<Proposal>, file: &FileChange) -> Option<(&'q Arc<Proposal>, &'q FileChange)> {
    let files = &other.diff()?.files;
    let found = files.binary_search_by(|other| other.path.cmp(&file.path)).ok()?;
    Some((other, files.get(found)?))
}
