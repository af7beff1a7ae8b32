//! Looks into all proposals of a queue, for what its rows show and for what may be approved unseen.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Scene;
use crate::engine::Found;
use crate::evidence::Evidence;
use crate::io::git::open;
use crate::io::workspace::{Situation, Workspace};
use crate::ledger::LedgerView;
use crate::model::{Findings, Known, Oid, Queued};

/// What was found last, and about what.
#[derive(Debug, Default)]
pub struct FoundBefore(Mutex<Option<Kept>>);

#[derive(Debug, Clone)]
struct Kept {
    ground: Ground,
    /// The proposals of the queue, on which signals depend.
    queue: u64,
    found: Arc<Found>,
}

/// What findings rest on beside the proposals themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ground {
    target: Oid,
    ledger: Option<Oid>,
    policy: Option<Oid>,
    /// Where the history of a shallow clone ends.
    boundary: String,
    /// What contents there were, of those that may be missing.
    contents: u64,
}

impl Ground {
    fn of(situation: &Situation) -> Self {
        Self {
            target: situation.target.tip,
            ledger: situation.view.as_ref().and_then(LedgerView::tip),
            policy: situation.root().map(|root| root.policy_blob),
            boundary: situation.boundary.clone(),
            contents: situation.contents,
        }
    }
}

impl FoundBefore {
    /// What was found on the same ground; nothing where target, ledger or policy moved.
    pub fn on(&self, situation: &Situation) -> Arc<Found> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = kept.as_ref().filter(|kept| kept.ground == Ground::of(situation));
        same.map(|kept| Arc::clone(&kept.found)).unwrap_or_default()
    }

    /// Whether all of these were looked into as they are now.
    fn is_current(&self, ground: &Ground, queue: u64, wanted: &[&Queued]) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().is_some_and(|kept| {
            let there = |queued: &&Queued| kept.found.contains_key(&key(queued));
            kept.ground == *ground && kept.queue == queue && wanted.iter().all(there)
        })
    }

    fn keep(&self, kept: Kept) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

/// How a queue is looked into.
pub struct Look<'a> {
    /// Which of its proposals.
    pub wanted: &'a dyn Fn(&Queued) -> bool,
    /// Over how many threads.
    pub threads: usize,
    /// Told how many of how many are done, from any thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Whether the answer is still wanted.
    pub still: &'a (dyn Fn() -> bool + Sync),
}

impl Workspace {
    /// Looks into the open proposals that are wanted, and puts what is found into the situation. What was looked into before and
    /// rests on the same is not looked into again. Brings the history index up to the target first, if it must.
    pub fn look_into(&self, situation: &mut Situation, look: &Look<'_>) {
        situation.contents = self.repository.contents();
        let queue: Vec<Queued> = situation.queue().into_iter().filter(|queued| queued.standing.state.open()).collect();
        let wanted: Vec<&Queued> = queue.iter().filter(|queued| (look.wanted)(queued)).collect();
        let (ground, all) = (Ground::of(situation), digest(&queue));
        if !wanted.is_empty() && !self.found.is_current(&ground, all, &wanted) {
            let found = self.found_in(situation, &queue, &wanted, look);
            if !(look.still)() {
                return;
            }
            self.found.keep(Kept { ground, queue: all, found: Arc::new(found) });
        }
        situation.found = self.found.on(situation);
    }

    fn found_in(&self, situation: &Situation, queue: &[Queued], wanted: &[&Queued], look: &Look<'_>) -> Found {
        let tip = situation.target.tip;
        // Made first, and opened once for each thread: a connection is one thread's.
        let indexed: Known<()> = self.history(tip, false, &|_| {}).map(drop).into();
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let found = Mutex::new(Found::with_capacity(wanted.len()));
        std::thread::scope(|scope| {
            for _ in 0..look.threads.clamp(1, wanted.len().max(1)) {
                scope.spawn(|| {
                    let view = match (&indexed, self.index.at(tip)) {
                        (_, Some(view)) => Known::Known(view),
                        (Known::Unknown(why), None) => Known::Unknown(why.clone()),
                        (Known::Known(()) | Known::Indexing, None) => Known::Indexing,
                    };
                    let scene = Scene::new(self, situation, queue, view);
                    while let Some(queued) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if !(look.still)() {
                            return;
                        }
                        let evidence = scene.as_ref().map_or_else(
                            |error| Evidence::unknown(&error.to_string()),
                            |scene| scene.evidence_of(queued),
                        );
                        let findings: Arc<Findings> = Arc::new(evidence.findings(situation.now));
                        found.lock().unwrap_or_else(PoisonError::into_inner).insert(key(queued), findings);
                        (look.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, wanted.len());
                    }
                });
            }
        });
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scene<'_> {
    /// Everything that is found about a proposal, which is read first.
    #[must_use]
    pub fn evidence_of(&self, queued: &Queued) -> Evidence {
        let proposal = &queued.proposal;
        let document = match proposal.diff() {
            Some(diff) => open::document(&self.workspace.repository, proposal, diff, open::CONTEXT),
            None => Ok(crate::diff::Document::default()),
        };
        match document {
            Ok(document) => self.evidence(proposal, &document),
            Err(error) => Evidence::unknown(&error.to_string()),
        }
    }
}

fn key(queued: &Queued) -> (String, Oid) {
    (queued.proposal.id.clone(), queued.proposal.head)
}

/// A number for the proposals of a queue as they are.
fn digest(queue: &[Queued]) -> u64 {
    let mut heads: Vec<(&str, Oid)> = queue.iter().map(|q| (q.proposal.id.as_str(), q.proposal.head)).collect();
    heads.sort_unstable();
    let mut state = DefaultHasher::new();
    heads.hash(&mut state);
    state.finish()
}
