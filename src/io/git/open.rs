//! Opening a proposal: both sides of every changed file, compared into one document.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::diff::{Content, Document, FileInput, comparisons};
use crate::model::{FileChange, Mode, Proposal, Side, TreeDiff};

use super::repository::LocalRepository;
use super::store::{Store, StoreError, Writes};

/// Lines of context around a change.
pub const CONTEXT: u32 = 3;

/// Reads and compares everything that a change of a proposal touches. Objects that cannot be read are notes in the document.
pub fn document(
    repository: &LocalRepository,
    proposal: &Proposal,
    diff: &TreeDiff,
    context: u32,
) -> Result<Document, StoreError> {
    let open = || {
        let store = repository.store(Writes::InMemory)?;
        // What cannot be made again is said where it is missing.
        let _ = store.make_again(diff, proposal.target.tip, proposal.head);
        Ok(store)
    };
    compared(open, diff, context)
}

/// The same of a change whose objects are all there.
pub fn changes(repository: &LocalRepository, diff: &TreeDiff, context: u32) -> Result<Document, StoreError> {
    compared(|| repository.store(Writes::InMemory), diff, context)
}

fn compared(
    open: impl Fn() -> Result<Store, StoreError> + Sync,
    diff: &TreeDiff,
    context: u32,
) -> Result<Document, StoreError> {
    let inputs = spread(open, &diff.files, input)?;
    let files = spread(|| Ok(()), &comparisons(inputs), |(), comparison| comparison.compute(context))?;
    Ok(Document::new(files, context))
}

fn input(store: &Store, change: &FileChange) -> FileInput {
    FileInput { change: change.clone(), old: content(store, change.old), new: content(store, change.new) }
}

fn content(store: &Store, side: Option<Side>) -> Content {
    match side {
        None => Content::Absent,
        Some(Side { mode: Mode::Submodule, oid }) => Content::Submodule(oid),
        Some(Side { mode, oid }) => match store.blob(oid, Content::MAX_TEXT) {
            Ok(bytes) => Content::classify(mode, bytes),
            Err(StoreError::TooLarge { size, .. }) => Content::TooLarge { size },
            Err(error) => Content::Missing(error.to_string()),
        },
    }
}

/// Does `work` on every item, over the cores, in order; each thread works with what it opened.
fn spread<S, I: Sync, O: Send>(
    open: impl Fn() -> Result<S, StoreError> + Sync,
    items: &[I],
    work: impl Fn(&S, &I) -> O + Sync,
) -> Result<Vec<O>, StoreError> {
    let workers =
        std::thread::available_parallelism().map_or(1, NonZero::get).min(8).min(items.len().div_ceil(16).max(1));
    let (next, done, failure) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(items.len())), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| match open() {
                Ok(store) => {
                    let mut own = Vec::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(index) else { break };
                        own.push((index, work(&store, item)));
                    }
                    if let Ok(mut done) = done.lock() {
                        done.append(&mut own);
                    }
                }
                Err(error) => {
                    if let Ok(mut failure) = failure.lock() {
                        *failure = Some(error);
                    }
                }
            });
        }
    });
    if let Some(error) = failure.into_inner().ok().flatten() {
        return Err(error);
    }
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, output)| output).collect())
}
