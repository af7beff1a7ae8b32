//! What happened before to the files of a proposal: the history index is asked, and signals are computed.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::index::{IndexError, Request, View};
use super::workspace::{Situation, Workspace};
use crate::engine::{FileHistory, PastChange};
use crate::evidence::signals::{self, Event, PathHistory};
use crate::model::{FileChange, Known, Oid, Proposal, Queued};

/// Commits that are listed.
const COMMITS: usize = 20;
/// Files whose commits are looked for: a change of more is no question of the history of one file.
const FILES: usize = 500;
/// Files whose signals are computed.
const SIGNAL_FILES: usize = 200;
/// Changes of one file that signals look at, the newest.
const MOVES: usize = 500;
/// How long another process that makes the index is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

impl Workspace {
    /// Brings the history index up to this tip of the target; waits for another process that does. `asked` says whether the
    /// tip was asked of the remote just now. `progress` is told how many commits were read.
    pub fn history(&self, tip: Oid, asked: bool, progress: &dyn Fn(usize)) -> Result<View, IndexError> {
        let (repository, now) = (&self.repository, self.clock.now());
        let asked = asked || repository.remote.is_none();
        self.index.update(&Request { repository, tip, now, asked, patience: PATIENCE }, progress)
    }
}

impl Situation {
    /// What is known of the past of these files, which a proposal changes, beside what the rest of the `queue` would do to them.
    #[must_use]
    pub fn file_history(
        &self,
        queue: &[Queued],
        proposal: &Proposal,
        files: &[FileChange],
        view: Result<View, IndexError>,
    ) -> Known<FileHistory> {
        match view.and_then(|view| self.read_file_history(queue, proposal, files, &view)) {
            Ok(history) => Known::Known(history),
            Err(error) => Known::Unknown(error.to_string()),
        }
    }

    fn read_file_history(
        &self,
        queue: &[Queued],
        proposal: &Proposal,
        files: &[FileChange],
        view: &View,
    ) -> Result<FileHistory, IndexError> {
        let paths: Vec<_> = files.iter().take(FILES).map(|file| &file.path).collect();
        let changes = view.commits_on(&paths, COMMITS)?.into_iter().map(|(commit, paths)| PastChange {
            commit: commit.oid,
            author: commit.author.name.clone(),
            date: commit.authored.or(commit.committed).unwrap_or(Timestamp::UNIX_EPOCH),
            subject: commit.subject.clone(),
            files: paths.iter().map(ToString::to_string).collect(),
        });
        let mut missing: Vec<String> = view.coverage().missing.clone().into_iter().collect();
        if proposal.diff().is_none() {
            missing.push("it does not merge: whether it goes back or joins a storm is not known".to_owned());
        }
        if files.len() > SIGNAL_FILES {
            missing.push(format!("of {} files the first {SIGNAL_FILES} were looked at", files.len()));
        }
        Ok(FileHistory {
            changes: changes.collect(),
            signals: self.signals(queue, proposal, view)?,
            missing: (!missing.is_empty()).then(|| missing.join("; ")),
        })
    }

    /// The signals of what would land, with what the other open proposals would do to the same files.
    fn signals(&self, queue: &[Queued], proposal: &Proposal, view: &View) -> Result<Vec<signals::Signal>, IndexError> {
        let files = proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default();
        let others = || {
            let open = queue.iter().filter(|queued| queued.standing.state.open());
            open.map(|queued| &queued.proposal).filter(|other| other.id != proposal.id)
        };
        let mut histories = Vec::new();
        for file in files.iter().take(SIGNAL_FILES) {
            let landed: Vec<Event> = view.moves_of(&file.path, MOVES)?.iter().map(Event::landed).collect();
            let pending: Vec<Event> = others().filter_map(|other| same_file(other, file, self.now)).collect();
            histories.push((landed, pending, Event::pending(proposal, file, self.now)));
        }
        let histories: Vec<PathHistory<'_>> =
            histories.iter().map(|(landed, pending, this)| PathHistory { landed, pending, this }).collect();
        Ok(signals::signals(&histories, &self.policy().storm, self.now))
    }
}

fn same_file(other: &Arc<Proposal>, file: &FileChange, now: Timestamp) -> Option<Event> {
    let files = &other.diff()?.files;
    let found = files.binary_search_by(|other| other.path.cmp(&file.path)).ok()?;
    files.get(found).map(|change| Event::pending(other, change, now))
}
