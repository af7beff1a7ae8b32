//! Branches of agents become proposals: own commits, merge result, change id, line counts.
//!
//! Reading is spread over the cores, each with an object database of its own, and reports progress. What was read for the
//! same target tip and head is taken from `known` instead: both are content addresses, so the answer cannot differ. Only the
//! note on a head can change, and is read each time.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bstr::ByteSlice as _;

use crate::diff;
use crate::diff::fields::Telling;
use crate::diff::{Content, FileInput};
use crate::evidence;
use crate::model::forge::PullRequest;
use crate::model::{Contributor, FileChange, Landing, LineStats, Mode, Oid, Problem, Proposal, Side, Target};
use crate::policy::Globs;

use super::mirror::Mirror;
use super::pulls::{self, Candidate};
use super::repository::{Branch, LocalRepository};
use super::shallow;
use super::store::{BLOB_LIMIT, Commit, Store, StoreError, UNFETCHED, Writes};

/// Proposals that were read before.
pub type Known = HashMap<Key, Arc<Proposal>>;

/// What a proposal is read from: target tip, head and name.
pub type Key = (Oid, Oid, String);

/// What this proposal was read from.
#[must_use]
pub fn key(proposal: &Proposal) -> Key {
    (proposal.target.tip, proposal.head, proposal.id.clone())
}

/// What a reading of a repository gives.
#[derive(Debug)]
pub struct Reading {
    /// Where the proposals land.
    pub target: Target,
    /// The proposals ahead of the target, in name order; those that have landed already among them.
    pub proposals: Vec<Arc<Proposal>>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// What is read, and how.
pub struct Request<'a> {
    /// The branches that are proposals.
    pub patterns: &'a Globs,
    /// If given, nothing but these branches.
    pub only: Option<&'a BTreeSet<String>>,
    /// Branches that are proposals because a person named them.
    pub extra: &'a [String],
    /// Pull requests of a forge that are proposals, as it tells them; `None` where it did not.
    pub pulls: Option<&'a [Arc<PullRequest>]>,
    /// What this process read before.
    pub known: &'a Known,
    /// What is taken on trust where it is not known, to be looked at and nothing more; empty where something depends on it.
    pub cached: &'a Known,
    /// Told how many of how many are done, from any thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// Reads all proposals of a repository. Only a repository without a readable target is an error; a broken branch is a
/// proposal that says so.
pub fn read(repository: &LocalRepository, request: &Request<'_>) -> Result<Reading, StoreError> {
    let target = repository.target()?;
    let (branches, mut problems) = repository.branches(request.patterns, request.extra)?;
    let mut candidates = pulls::candidates(repository, &target, branches, request.pulls)?;
    if let Some(only) = request.only {
        candidates.retain(|candidate| only.contains(&candidate.branch.name));
    }
    let (done, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let read = Mutex::new(Vec::with_capacity(candidates.len()));
    let failure = Mutex::new(None);
    (request.progress)(0, candidates.len());
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(8).min(candidates.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut reader = Reader::new(repository);
                while let Some(candidate) = candidates.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match (reader.proposal(candidate, request), read.lock()) {
                        (Ok(Some(proposal)), Ok(mut read)) => read.push(proposal),
                        (Ok(_), _) => {}
                        (Err(error), _) => return put(&failure, Some(error)),
                    }
                    (request.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, candidates.len());
                }
            });
        }
    });
    if let Some(error) = failure.into_inner().ok().flatten() {
        return Err(error);
    }
    let mut proposals = read.into_inner().unwrap_or_default();
    proposals.sort_by(|a, b| a.id.cmp(&b.id));
    problems.extend(proposals.iter().filter_map(|proposal| broken(proposal)));
    Ok(Reading { target, proposals, problems })
}

/// A proposal that cannot be read is in the queue, and a problem of the repository, too: it takes somebody with a shell.
fn broken(proposal: &Proposal) -> Option<Problem> {
    let Landing::Unreadable(why) = &proposal.landing else { return None };
    // Of a shallow clone it is said once, with what it means, and with each proposal.
    if why.starts_with(shallow::SHALLOW) {
        return None;
    }
    Some(Problem { place: proposal.id.clone(), what: format!("it cannot be read: {why}"), next: mend(why).to_owned() })
}

/// What puts a proposal right that cannot be read, and why: objects are fetched again, what git would not write is the
/// agent's to mend.
#[must_use]
pub fn mend(why: &str) -> &'static str {
    if why.starts_with("object ") {
        "`git fetch --refetch` brings objects back that the remote has; until then it cannot land"
    } else if why.starts_with(UNFETCHED) {
        "the next fetch brings it; until then it cannot land"
    } else if why.starts_with(shallow::SHALLOW) {
        "`git fetch --unshallow` brings the history that it lacks; until then nothing can be decided"
    } else {
        "have the agent push it again without that; until then it cannot land"
    }
}

/// Whether it cannot be read because contents of it were not fetched yet.
#[must_use]
pub fn is_unfetched(proposal: &Proposal) -> bool {
    matches!(&proposal.landing, Landing::Unreadable(why) if why.starts_with(UNFETCHED))
}

fn put<T>(slot: &Mutex<T>, value: T) {
    if let Ok(mut slot) = slot.lock() {
        *slot = value;
    }
}

/// Looks proposals of one repository up, on one thread, and opens its objects once it has to read one.
struct Reader<'a> {
    repository: &'a LocalRepository,
    notes: OnceCell<Notes>,
    /// One for each target.
    objects: Vec<Objects<'a>>,
}

impl<'a> Reader<'a> {
    const fn new(repository: &'a LocalRepository) -> Self {
        Self { repository, notes: OnceCell::new(), objects: Vec::new() }
    }

    /// `None` where a branch is not ahead of the target.
    fn proposal(&mut self, candidate: &Candidate, request: &Request<'_>) -> Result<Option<Arc<Proposal>>, StoreError> {
        let (branch, target) = (&candidate.branch, candidate.wanted());
        let key = (target.tip, branch.tip, branch.name.clone());
        let noted = once(&self.notes, || Notes::open(self.repository))?.on(branch.tip);
        let known = request.known.get(&key).or_else(|| request.cached.get(&key));
        if let (Some(known), Ok(note)) = (known.filter(|_| candidate.target.is_ok()), &noted) {
            let same = known.note == *note && known.pull == candidate.pull;
            let told = || candidate.told(Proposal { note: note.clone(), ..Proposal::clone(known) });
            return Ok(Some(if same { Arc::clone(known) } else { Arc::new(told()) }));
        }
        let objects = self.objects(&target)?;
        let found = match (&candidate.target, &noted) {
            (Err(error), _) | (_, Err(error)) => Some(objects.unreadable(branch, error)),
            (Ok(_), Ok(_)) => objects.proposal(branch),
        };
        // One without a change of its own has landed, and the forge still shows it.
        let found = found.or_else(|| candidate.pull.as_ref().and_then(|_| objects.empty(branch)));
        let note = noted.unwrap_or_default();
        Ok(found.map(|proposal| Arc::new(candidate.told(Proposal { note, ..proposal }))))
    }

    fn objects(&mut self, target: &Target) -> Result<&Objects<'a>, StoreError> {
        let known = self.objects.iter().position(|objects| objects.target == *target);
        if known.is_none() {
            self.objects.push(Objects::open(self.repository, target)?);
        }
        let found = known.map_or(self.objects.last(), |at| self.objects.get(at));
        found.ok_or_else(|| StoreError::Git("a repository was opened and is not there".into()))
    }
}

impl Candidate {
    /// The proposal with what the forge says of it.
    fn told(&self, proposal: Proposal) -> Proposal {
        let Some(pull) = &self.pull else { return proposal };
        let mut told = Proposal { title: pull.title.clone(), pull: Some(Arc::clone(pull)), ..proposal };
        told.agent = evidence::agent_hint(&told.branch());
        told
    }
}

fn once<T>(cell: &OnceCell<T>, open: impl FnOnce() -> Result<T, StoreError>) -> Result<&T, StoreError> {
    if cell.get().is_none() {
        // It is empty: nobody else has this cell.
        let _ = cell.set(open()?);
    }
    cell.get().ok_or_else(|| StoreError::Git("a repository was opened and is not there".into()))
}

/// Reads proposals from objects.
pub(super) struct Objects<'a> {
    pub(super) store: Store,
    target: Target,
    /// `None` where it is not here; nothing can be read then.
    target_tree: Result<Oid, StoreError>,
    repo: &'a str,
}

impl<'a> Objects<'a> {
    pub(super) fn open(repository: &'a LocalRepository, target: &Target) -> Result<Self, StoreError> {
        let store = repository.store(Writes::InMemory)?;
        let target_tree = store.tree_of(target.tip);
        Ok(Self { store, target: target.clone(), target_tree, repo: &repository.name })
    }

    pub(super) fn proposal(&self, branch: &Branch) -> Option<Proposal> {
        match self.read(branch) {
            Ok(proposal) => proposal,
            Err(error) => Some(self.unreadable(branch, &error)),
        }
    }

    /// One that has nothing that its target has not.
    fn empty(&self, branch: &Branch) -> Option<Proposal> {
        self.store.commit(branch.tip).ok().map(|head| self.bare(branch, &head))
    }

    fn read(&self, branch: &Branch) -> Result<Option<Proposal>, StoreError> {
        let own = match self.store.own_commits(self.target.tip, branch.tip) {
            Ok(own) => own,
            Err(StoreError::NeedsRebase(why)) => return Ok(Some(self.needs_rebase(branch, why)?)),
            Err(error) => return Err(error),
        };
        let (Some(first), Some(last)) = (own.first(), own.last()) else { return Ok(None) };
        let (base, landing) = self.landing(branch.tip, last)?;
        let (stats, words) = match &landing {
            Landing::Clean(diff) => {
                let mut telling = Telling::of(diff.files.len());
                let stats = self.stats_of(&diff.files, &mut telling)?;
                (Some(stats), telling.words())
            }
            _ => (None, None),
        };
        Ok(Some(Proposal {
            messages: own.iter().map(|commit| commit.message.clone()).collect(),
            contributors: contributors(&own),
            created: first.authored,
            base,
            landing,
            stats,
            words,
            ..self.bare(branch, last)
        }))
    }

    /// The lines of all files. An object that is missing, broken or too large is an error: what cannot be read, and so cannot
    /// be shown, must not land.
    pub(super) fn stats(&self, files: &[FileChange]) -> Result<LineStats, StoreError> {
        self.stats_of(files, &mut Telling::of(usize::MAX))
    }

    /// The same, and what is read goes on to be told.
    fn stats_of(&self, files: &[FileChange], telling: &mut Telling) -> Result<LineStats, StoreError> {
        files.iter().try_fold(LineStats::default(), |sum, change| {
            let same = change.old.map(|side| side.oid) == change.new.map(|side| side.oid);
            let file = if telling.wants() && !same {
                let (old, new) = (side_bytes(&self.store, change.old)?, side_bytes(&self.store, change.new)?);
                let stats = diff::line_stats(&old, &new);
                telling.take(FileInput {
                    change: change.clone(),
                    old: content(change.old, old),
                    new: content(change.new, new),
                });
                stats
            } else {
                // The same content in another mode has no lines, and no words.
                telling.take(FileInput { change: change.clone(), old: Content::Absent, new: Content::Absent });
                read_line_stats(&self.store, change)?
            };
            Ok(LineStats {
                additions: sum.additions + file.additions,
                deletions: sum.deletions + file.deletions,
                binary: sum.binary || file.binary,
            })
        })
    }

    /// The merge result against the target's tip.
    fn landing(&self, head: Oid, last: &Commit) -> Result<(Option<Oid>, Landing), StoreError> {
        let base = match self.store.merge_base(head, &[self.target.tip]) {
            Ok(base) => base,
            Err(StoreError::NeedsRebase(why)) => return Ok((None, Landing::NeedsRebase(why))),
            Err(error) => return Err(error),
        };
        let (base_tree, target_tree) = (self.store.tree_of(base)?, self.target_tree.clone()?);
        let landing = match self.store.merge_trees(base_tree, target_tree, last.tree) {
            Ok(result) if result == target_tree => Landing::Landed,
            Ok(result) => Landing::Clean(Arc::new(self.store.diff(target_tree, result)?)),
            Err(StoreError::NeedsRebase(why)) => Landing::NeedsRebase(why),
            Err(error) => return Err(error),
        };
        Ok((Some(base), landing))
    }

    /// What the head commit alone says.
    pub(super) fn bare(&self, branch: &Branch, head: &Commit) -> Proposal {
        Proposal {
            id: branch.name.clone(),
            repo: self.repo.to_owned(),
            agent: evidence::agent_hint(&branch.name),
            title: head.message.lines().next().unwrap_or_default().to_owned(),
            messages: vec![head.message.clone()],
            note: None,
            pull: None,
            contributors: contributors(std::slice::from_ref(head)),
            author: head.author.clone(),
            target: self.target.clone(),
            base: None,
            head: branch.tip,
            landing: Landing::Landed,
            stats: None,
            words: None,
            created: head.authored,
            updated: head.committed,
        }
    }

    fn needs_rebase(&self, branch: &Branch, why: String) -> Result<Proposal, StoreError> {
        let head = self.store.commit(branch.tip)?;
        Ok(Proposal { landing: Landing::NeedsRebase(why), ..self.bare(branch, &head) })
    }

    pub(super) fn unreadable(&self, branch: &Branch, error: &StoreError) -> Proposal {
        let head = self.store.commit(branch.tip).unwrap_or_else(|_| Commit {
            oid: branch.tip,
            tree: Oid::EMPTY_TREE,
            parents: Vec::new(),
            author: Contributor { name: String::new(), email: String::new() },
            committer: Contributor { name: String::new(), email: String::new() },
            authored: jiff::Timestamp::UNIX_EPOCH,
            committed: jiff::Timestamp::UNIX_EPOCH,
            message: String::new(),
        });
        Proposal { landing: Landing::Unreadable(error.to_string()), ..self.bare(branch, &head) }
    }
}

fn contributors(own: &[Commit]) -> Vec<Contributor> {
    let all: BTreeSet<Contributor> =
        own.iter().flat_map(|commit| [commit.author.clone(), commit.committer.clone()]).collect();
    all.into_iter().collect()
}

/// The lines of one changed path, as `git diff --numstat` counts them. A side that cannot be read counts as binary, which
/// is how it is shown.
#[must_use]
pub fn line_stats(store: &Store, file: &FileChange) -> LineStats {
    read_line_stats(store, file).unwrap_or(LineStats { binary: true, ..LineStats::default() })
}

fn read_line_stats(store: &Store, file: &FileChange) -> Result<LineStats, StoreError> {
    if file.old.map(|side| side.oid) == file.new.map(|side| side.oid) {
        return Ok(LineStats::default());
    }
    Ok(diff::line_stats(&side_bytes(store, file.old)?, &side_bytes(store, file.new)?))
}

/// The text that git compares for a side: a blob, a link's target, or the one line that stands for a submodule.
pub fn side_bytes(store: &Store, side: Option<Side>) -> Result<Vec<u8>, StoreError> {
    match side {
        None => Ok(Vec::new()),
        Some(Side { mode: Mode::Submodule, oid }) => Ok(format!("Subproject commit {oid}\n").into_bytes()),
        Some(Side { oid, .. }) => {
            let bytes = store.blob(oid, BLOB_LIMIT)?;
            let long = bytes.len() > Content::MAX_LINES && bytes.find_iter(b"\n").nth(Content::MAX_LINES).is_some();
            if long && !diff::is_binary(&bytes) {
                let most = Content::MAX_LINES;
                return Err(StoreError::Git(format!("a file is too large to be shown: {oid} has over {most} lines")));
            }
            Ok(bytes)
        }
    }
}

/// What a side holds that was read as the text that git compares.
fn content(side: Option<Side>, bytes: Vec<u8>) -> Content {
    match side {
        None => Content::Absent,
        Some(Side { mode: Mode::Submodule, oid }) => Content::Submodule(oid),
        Some(Side { mode, .. }) => Content::classify(mode, bytes),
    }
}

/// The git notes in which agents leave their reasoning.
pub(super) struct Notes {
    /// With the notes' refs; `None` where there are no notes, so that nothing has to be looked up.
    repo: Option<(git2::Repository, Vec<String>)>,
    /// What brings notes whose contents are missing, with the notes that there are.
    promised: Option<(Arc<Mirror>, HashMap<Oid, Oid>)>,
}

/// Bytes of a note that are read.
const NOTE_LIMIT: usize = 64 << 10;

impl Notes {
    pub(super) fn open(repository: &LocalRepository) -> Result<Self, StoreError> {
        let repo = super::limits::open(&repository.git_dir)?;
        let candidates = [repository.notes_mirror(), Some(super::refresh::NOTES_REF.to_owned())];
        let refs: Vec<String> =
            candidates.into_iter().flatten().filter(|name| repo.find_reference(name).is_ok()).collect();
        let mut notes = Self { repo: (!refs.is_empty()).then_some((repo, refs)), promised: None };
        notes.promised = repository
            .mirror
            .as_ref()
            .map(|mirror| Ok::<_, StoreError>((Arc::clone(mirror), notes.all()?)))
            .transpose()?;
        Ok(notes)
    }

    /// The ids of all notes, by what they are on.
    pub(super) fn all(&self) -> Result<HashMap<Oid, Oid>, StoreError> {
        let mut all = HashMap::new();
        let Some((repo, refs)) = &self.repo else { return Ok(all) };
        // The first ref wins, as in reading.
        for name in refs.iter().rev() {
            for note in repo.notes(Some(name))? {
                let (note, on) = note?;
                all.insert(super::store::cooked(on), super::store::cooked(note));
            }
        }
        Ok(all)
    }

    fn on(&self, head: Oid) -> Result<Option<String>, StoreError> {
        let Some((repo, refs)) = self.repo.as_ref() else { return Ok(None) };
        let found = refs.iter().find_map(|name| repo.find_note(Some(name), super::store::raw(head)).ok());
        if let (None, Some((mirror, all))) = (&found, &self.promised)
            && let Some(note) = all.get(&head)
        {
            // There is one, and it is not here.
            mirror.miss(*note);
            return Err(StoreError::Unfetched(*note));
        }
        Ok(found.map(|found| {
            let bytes = found.message_bytes();
            bytes[..bytes.len().min(NOTE_LIMIT)].to_str_lossy().into_owned()
        }))
    }
}
