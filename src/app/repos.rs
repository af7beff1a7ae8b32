//! The repositories of a console, each as it was read last.

use std::sync::Arc;

use jiff::Timestamp;

use crate::engine::Snapshot;
use crate::model::Queued;

/// A repository of this console: its place in the order in which they were named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoId(pub usize);

/// The repositories of a console, at least one, in the order in which they were named. Their names differ.
#[derive(Debug)]
pub struct Repos {
    all: Vec<Arc<Snapshot>>,
}

impl Repos {
    /// The repositories that these snapshots are of.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn new(all: Vec<Arc<Snapshot>>) -> Self {
        assert!(!all.is_empty(), "a console is about a repository");
        Self { all }
    }

    /// The repository with this name; the first where none has it.
    #[must_use]
    pub fn of(&self, name: &str) -> &Arc<Snapshot> {
        &self.all[self.id(name).0]
    }

    /// The repository at a place.
    #[must_use]
    pub fn get(&self, repo: RepoId) -> &Arc<Snapshot> {
        &self.all[repo.0]
    }

    /// The place of the repository with this name; the first where none has it.
    #[must_use]
    pub fn id(&self, name: &str) -> RepoId {
        RepoId(self.all.iter().position(|snapshot| snapshot.repo == name).unwrap_or_default())
    }

    /// Takes a newer snapshot of one of them.
    pub fn take(&mut self, snapshot: Arc<Snapshot>) {
        let RepoId(at) = self.id(&snapshot.repo);
        self.all[at] = snapshot;
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.all.iter()
    }

    /// The places of all of them.
    pub fn ids(&self) -> impl Iterator<Item = RepoId> + use<> {
        (0..self.all.len()).map(RepoId)
    }

    /// Whether there are several: then it must be said which one is meant.
    #[must_use]
    pub fn several(&self) -> bool {
        self.all.len() > 1
    }

    /// What a proposal of one of them is called in the list: `infra:0001` where there are several.
    #[must_use]
    pub fn label(&self, repo: &str, short: &str) -> String {
        // As GitHub writes it: `shop#12`.
        let between = if short.starts_with('#') { "" } else { ":" };
        if self.several() { format!("{repo}{between}{short}") } else { short.to_owned() }
    }

    /// What is said before something about one of them: its name, where there are several.
    #[must_use]
    pub fn prefix(&self, repo: &str) -> String {
        if self.several() { format!("{}: ", crate::model::text::single_line(repo)) } else { String::new() }
    }

    /// The open proposals of all of them, in no order.
    pub fn queue(&self) -> impl Iterator<Item = &Queued> {
        self.all.iter().flat_map(|snapshot| snapshot.queue.iter())
    }

    /// When the one that was read longest ago was read.
    #[must_use]
    pub fn read_at(&self) -> Timestamp {
        self.all.iter().map(|snapshot| snapshot.read_at).min().unwrap_or_default()
    }
}
