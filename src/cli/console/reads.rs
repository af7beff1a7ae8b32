//! What the console asks to read.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::{Errand, FilePart, HighlightRequest, INDEXING, JobKey, LOOKING, Msg, Outcome, RepoId, TELLING};
use crate::diff::Highlighter;
use crate::engine::{Failure, Opened, Snapshot};
use crate::evidence::Evidence;
use crate::evidence::reasoning;
use crate::io::checks;
use crate::io::evidence::Scene;
use crate::io::evidence::queue::Look;
use crate::io::fault;
use crate::io::fetch::FetchError;
use crate::io::git::mirror::{Filled, MirrorError, Watch};
use crate::io::git::{open, proposals};
use crate::io::index::View;
use crate::io::init::Given;
use crate::io::post;
use crate::io::told::CaughtUp;
use crate::io::workspace::{Scope, Situation, Workspace};
use crate::model::{DecisionKind, Intent, Known, Landing, Problem, Proposal, Queued, Subject, TreeDiff};
use crate::tui::Mailbox;

/// Everything that reading needs; shared by the threads that read.
pub struct Reads {
    /// Which repository of the console it is.
    pub id: RepoId,
    /// The repository.
    pub workspace: Arc<Workspace>,
    /// Whether the remote is left alone.
    pub offline: bool,
    /// Where answers go.
    pub mailbox: Mailbox,
    /// Whether the first look was taken.
    pub glanced: AtomicBool,
    /// Why the remote could not be asked the last time, if it could not.
    pub unreachable: Mutex<Option<String>>,
}

/// Whether an answer is still wanted.
pub type Still<'a> = &'a (dyn Fn() -> bool + Sync);

impl Reads {
    /// First, once, what the cache knows; then what was fetched before, then what the remote has now. What a crash left is
    /// judged by the newest that there is: an answer may have been lost on its way.
    pub fn refresh(&self, still: Still<'_>) {
        let alone = self.workspace.repository.remote.is_none();
        let first = !self.glanced.swap(true, Ordering::Relaxed);
        if first {
            self.glance();
        }
        if alone {
            self.finish_what_a_crash_left();
        }
        if self.offline || self.workspace.was_listed() {
            self.bring(still);
            self.snapshot(still);
        }
        std::thread::scope(|scope| {
            // What was fetched before is indexed beside fetching, and what comes after it.
            scope.spawn(|| self.index(false));
            if first {
                // While a person looks at the list.
                Highlighter::prepare();
            }
            if !self.offline && !alone {
                self.progress("fetching", 0, 0);
                self.fetch(&self.workspace, still);
            }
        });
    }

    /// Brings the history index up to the target. What keeps it from being made is said where the history is asked for.
    fn index(&self, asked: bool) {
        let Ok(target) = self.workspace.repository.target() else { return };
        let progress = |done| self.progress(INDEXING, done, 0);
        let _ = self.workspace.history(target.tip, asked, &progress);
        self.answer(Outcome::Indexed(self.id));
    }

    /// The same at the terminal, where git may ask.
    pub fn refresh_asking(&self, still: Still<'_>) {
        self.fetch(&self.workspace.asking(), still);
    }

    fn fetch(&self, workspace: &Workspace, still: Still<'_>) {
        let fetched = workspace.fetch(&|| true);
        if fetched.is_ok() {
            self.finish_what_a_crash_left();
            let progress = |done, total| self.progress(TELLING, done, total);
            // Where another console is at it, what is known of what is owed stays known.
            if let Some(CaughtUp { done, problems }) = workspace.catch_up(&post::Watch { progress: &progress, still }) {
                self.answer(Outcome::CaughtUp { repo: self.id, done, problems });
            }
        }
        let wants = super::runtime::wants(fetched.as_ref().err().and_then(FetchError::of_git), workspace);
        let asked = fetched.is_ok();
        self.asked_remote(fetched.err().map(|error| error.to_string()));
        self.bring(still);
        self.snapshot(still);
        self.index(asked);
        if let Some(wants) = wants {
            self.answer(Outcome::Asks { errand: Errand::Refresh(self.id), wants });
        }
    }

    /// Brings the contents that the queue is read from, where a mirror lacks some. What cannot be brought says so where it is
    /// missed.
    fn bring(&self, still: Still<'_>) {
        self.bring_with(still, |watch| self.workspace.bring_queue(&[], watch));
    }

    fn bring_with(&self, still: Still<'_>, bring: impl FnOnce(&Watch<'_>) -> Result<Filled, MirrorError>) {
        if !self.offline && self.workspace.repository.mirror.is_some() {
            let progress = |done, total| self.progress("fetching contents", done, total);
            let _ = bring(&Watch { asks: false, progress: &progress, still });
        }
    }

    /// Brings what the evidence of these proposals is known to take.
    fn bring_evidence(&self, situation: &Situation, proposals: &[&Proposal], still: Still<'_>) {
        let view = self.workspace.index.at(situation.target.tip);
        self.bring_with(still, |watch| self.workspace.bring_evidence(situation, proposals, view.as_ref(), watch));
    }

    /// Does work until all contents that it takes are here, as far as they can be had.
    fn whole<T>(&self, still: Still<'_>, mut work: impl FnMut() -> T) -> T {
        let Some(mirror) = self.workspace.repository.mirror.as_ref().filter(|_| !self.offline) else { return work() };
        mirror.whole(&Watch { asks: false, progress: &|_, _| {}, still }, work).0
    }

    fn finish_what_a_crash_left(&self) {
        let none = std::collections::BTreeSet::new();
        let Ok(situation) = self.workspace.read(&Scope { only: Some(&none), ..Scope::default() }) else { return };
        let arrived: Vec<_> = situation.arrived.iter().map(|intent| intent.id).collect();
        if !arrived.is_empty() {
            self.answer(Outcome::Arrived(arrived));
        }
        match self.workspace.recover(&situation) {
            Ok((said, _)) => said.into_iter().for_each(|problem| self.answer(Outcome::Recovered(problem))),
            Err(error) => self.fail(
                JobKey::Refresh(self.id),
                "what a crash left could not be finished",
                &error,
                "see `countersign doctor`",
            ),
        }
    }

    /// The first look. What keeps it from being taken keeps the reading after it too, which says so.
    fn glance(&self) {
        let told = AtomicU64::new(u64::MAX);
        let glance = || self.workspace.glance(&|done, total| self.tell(&told, done, total));
        // What was not listed yet is no queue, and what was not fetched yet says nothing.
        let whole =
            |snapshot: &Snapshot| snapshot.queue.iter().all(|queued| !proposals::is_unfetched(&queued.proposal));
        if let Some(snapshot) = self.workspace.was_listed().then(glance).and_then(Result::ok).filter(whole) {
            self.answer(Outcome::Snapshot(Arc::new(snapshot)));
        }
    }

    /// Remembers whether the remote answered: what is read next says so.
    pub fn asked_remote(&self, unreachable: Option<String>) {
        *self.unreachable.lock().unwrap_or_else(PoisonError::into_inner) = unreachable;
    }

    /// What the console shows of a situation.
    pub fn shown(&self, situation: &Situation) -> Arc<Snapshot> {
        let unreachable = self.unreachable.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let snapshot = situation.snapshot(&self.workspace.repository.name, unreachable);
        Arc::new(Snapshot { watch: self.workspace.watched(situation), ..snapshot })
    }

    fn snapshot(&self, still: Still<'_>) {
        let told = AtomicU64::new(0);
        let progress = |done, total| self.tell(&told, done, total);
        let read = self.workspace.read(&Scope { progress: Some(&progress), ..Scope::default() });
        if !still() {
            return;
        }
        match read {
            Ok(situation) => {
                self.answer(Outcome::Snapshot(self.shown(&situation)));
                self.workspace.keep(&situation);
            }
            Err(error) => {
                let next = "run `git fsck` there";
                self.fail(JobKey::Refresh(self.id), "the repository could not be read", &error, next);
            }
        }
    }

    /// Looks into the queue, for what its rows show. Half of the cores are left to whoever types.
    pub fn look_into(&self, still: Still<'_>) {
        let told = AtomicU64::new(0);
        let progress = |done, total| self.tell_of(LOOKING, &told, done, total);
        let Ok(mut situation) = self.workspace.read(&Scope::default()) else { return };
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).div_ceil(2);
        let look = Look { wanted: &|_| true, threads, progress: &progress, still };
        let proposals: Vec<&Proposal> = situation.proposals.iter().map(AsRef::as_ref).collect();
        self.bring_evidence(&situation, &proposals, still);
        self.whole(still, || self.workspace.look_into(&mut situation, &look));
        // Remembered, and shown with the rest from now on.
        let _ = self.workspace.watch(&situation);
        if self.workspace.forge.is_some() {
            // Required checks come later: they take as long as a network takes.
            self.learnt(&situation, still);
            self.workspace.ask_checks(&mut situation, &checks::matter, checks::LOOKING, still);
        }
        if still() {
            self.answer(Outcome::LookedInto(self.shown(&situation)));
        }
    }

    /// Shows what was found so far.
    fn learnt(&self, situation: &Situation, still: Still<'_>) {
        if still() {
            self.answer(Outcome::Learnt(self.shown(situation)));
        }
    }

    /// Ten times for a reading, however many proposals there are.
    fn tell(&self, told: &AtomicU64, done: usize, total: usize) {
        self.tell_of("reading", told, done, total);
    }

    fn tell_of(&self, what: &str, told: &AtomicU64, done: usize, total: usize) {
        let step = (done * 10 / total.max(1)) as u64;
        if told.swap(step, Ordering::Relaxed) != step {
            self.progress(what, done, total);
        }
    }

    /// Opens a proposal: the diff and what is said and ruled first, then what is found.
    pub fn open(&self, subject: &Subject, still: Still<'_>) {
        // Tests break this thread here.
        let _ = fault::point("open");
        let names = std::collections::BTreeSet::from([subject.proposal.clone()]);
        let extra = [subject.proposal.clone()];
        let situation = match self.workspace.read(&Scope { only: Some(&names), extra: &extra, progress: None }) {
            Ok(situation) => situation,
            Err(error) => return self.fail(JobKey::Open, "it could not be opened", &error, "run `git fsck` there"),
        };
        let Some(proposal) = situation.proposals.iter().find(|p| p.id == subject.proposal && p.head == subject.head)
        else {
            let failure = Failure {
                what: "it could not be opened".into(),
                why: "this round is gone: the branch moved or was deleted".into(),
                next: "refresh the queue".into(),
            };
            return self.answer(Outcome::Failed { job: JobKey::Open, failure });
        };
        let (diff, problems) = match shown(&self.workspace, proposal) {
            Ok(shown) => shown,
            Err(failure) => return self.answer(Outcome::Failed { job: JobKey::Open, failure }),
        };
        match self.opened(subject, proposal, &situation, (&diff, problems)) {
            Ok(opened) if still() => self.answer(Outcome::Opened(Box::new(opened))),
            Ok(_) => return,
            Err(failure) => return self.answer(Outcome::Failed { job: JobKey::Open, failure }),
        }
        std::thread::scope(|scope| {
            // Nobody waits for a network to see what git knows.
            scope.spawn(|| self.tell_forge(subject, &situation, proposal, still));
            self.tell_evidence(subject, (proposal, &diff), still);
        });
    }

    /// What the forge says of it, and then how it stands by its required checks.
    fn tell_forge(&self, subject: &Subject, situation: &Situation, proposal: &Proposal, still: Still<'_>) {
        if self.workspace.forge.is_none() || !still() {
            return;
        }
        let report = self.workspace.forge_report(situation, proposal, still);
        if !still() {
            return;
        }
        self.answer(Outcome::Forge(subject.clone(), Box::new(report)));
        let Ok(mut whole) = self.workspace.read(&Scope::default()) else { return };
        let this = |queued: &Queued| queued.proposal.id == subject.proposal;
        self.workspace.ask_checks(&mut whole, &this, checks::LOOKING, still);
        if whole.checks != situation.checks {
            self.learnt(&whole, still);
        }
    }

    /// What is found about it. While the index is made, first what is known without.
    fn tell_evidence(&self, subject: &Subject, (proposal, diff): (&Proposal, &TreeDiff), still: Still<'_>) {
        let tip = proposal.target.tip;
        let document = still().then(|| open::document(&self.workspace.repository, proposal, diff, open::CONTEXT));
        let Some(Ok(document)) = document else { return };
        let Ok(situation) = self.workspace.read(&Scope::default()) else { return };
        let queue = situation.queue();
        let gather = |view: &dyn Fn() -> Known<View>| {
            let evidence = self.whole(still, || {
                let scene = Scene::new(&self.workspace, &situation, &queue, view());
                let evidence = scene.map(|scene| scene.evidence(proposal, &document));
                evidence.unwrap_or_else(|error| Evidence::unknown(&error.to_string()))
            });
            if still() {
                self.answer(Outcome::Evidence(subject.clone(), Box::new(evidence)));
            }
        };
        self.bring_evidence(&situation, &[proposal], still);
        if self.workspace.index.at(tip).is_none() {
            gather(&|| Known::Indexing);
        }
        if still() {
            gather(&|| {
                let indexed = self.workspace.index.at(tip);
                indexed.map_or_else(|| self.workspace.history(tip, false, &|_| {}).into(), Known::Known)
            });
        }
    }

    fn opened(
        &self,
        subject: &Subject,
        proposal: &Proposal,
        situation: &Situation,
        (diff, mut problems): (&TreeDiff, Vec<Problem>),
    ) -> Result<Opened, Failure> {
        let document =
            open::document(&self.workspace.repository, proposal, diff, open::CONTEXT).map_err(|error| Failure {
                what: "it could not be opened".into(),
                why: error.to_string(),
                next: "run `git fsck` in the repository".into(),
            })?;
        let (said, broken) = reasoning::of(proposal);
        problems.extend(broken);
        let trace = situation.world().judge(proposal).map(|evaluation| evaluation.trace).unwrap_or_default();
        let evidence = Evidence { forge: self.workspace.forge_unasked(), ..Evidence::PENDING };
        Ok(Opened { subject: subject.clone(), document, reasoning: said, trace, evidence, problems })
    }

    /// Finds syntax colours. The highlighter of a file starts from its first line, once for each thread.
    pub fn highlight(&self, request: &HighlightRequest, still: Still<'_>) {
        use bstr::ByteSlice as _;
        let roles = Highlighter::new(request.path.as_bstr(), request.text.clone())
            .map(|mut highlighter| highlighter.window(request.lines.clone()))
            .unwrap_or_default();
        if still() {
            let FilePart { subject, file, side } = request.part.clone();
            let part = FilePart { subject, file, side };
            self.answer(Outcome::Highlighted { part, from: request.lines.start, roles });
        }
    }

    /// Plans decisions, to be shown.
    pub fn preview(&self, ticket: u64, intents: &[Intent], still: Still<'_>) {
        let planned = self.workspace.read(&Scope::default()).map_err(Into::into);
        let planned = planned.and_then(|mut situation| {
            if intents.iter().any(|intent| intent.kind == DecisionKind::Approve) {
                self.workspace.ask_checks(&mut situation, &checks::decided(intents), checks::LOOKING, still);
            }
            self.workspace.plan(&situation, intents)
        });
        let plan = planned.map(Arc::new).map_err(|error| Failure::from(&error));
        if still() {
            self.answer(Outcome::Planned { ticket, plan });
        }
    }

    /// Works out what starting a ledger would write.
    pub fn preview_init(&self, still: Still<'_>) {
        let mut situation = match self.workspace.read(&Scope::default()) {
            Ok(situation) => situation,
            Err(error) => {
                return self.fail(JobKey::PreviewInit, "it could not be worked out", &error, "run `git fsck` there");
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let look = Look { wanted: &|_| true, threads, progress: &|_, _| {}, still };
        self.workspace.look_into(&mut situation, &look);
        match self.workspace.propose_init(&situation, &Given::default()) {
            Ok(proposed) if still() => self.answer(Outcome::InitOffered(Box::new(proposed.offer))),
            Ok(_) => {}
            Err(error) => {
                let failure = Failure::from(&error);
                self.answer(Outcome::Failed { job: JobKey::PreviewInit, failure });
            }
        }
    }

    /// Says how far something is.
    pub fn progress(&self, what: &str, done: usize, total: usize) {
        self.answer(Outcome::Progress { repo: self.id, what: what.to_owned(), done, total });
    }

    fn fail(&self, job: JobKey, what: &str, error: &dyn std::fmt::Display, next: &str) {
        let failure = Failure { what: what.to_owned(), why: error.to_string(), next: next.to_owned() };
        self.answer(Outcome::Failed { job, failure });
    }

    fn answer(&self, outcome: Outcome) {
        // A console that has ended needs no answer.
        let _ = self.mailbox.send(Msg::Outcome(outcome));
    }
}

/// What is shown of a proposal: what would land, else what it changes on its own base.
fn shown(workspace: &Workspace, proposal: &Proposal) -> Result<(Arc<TreeDiff>, Vec<Problem>), Failure> {
    Ok(match &proposal.landing {
        Landing::Clean(diff) => (Arc::clone(diff), Vec::new()),
        Landing::NeedsRebase(why) | Landing::Unreadable(why) => (
            own_changes(workspace, proposal)?,
            vec![Problem {
                place: proposal.id.clone(),
                what: format!("it cannot be merged: {why}; shown is what it changes on its own base"),
                next: "ask the agent to rebase it".into(),
            }],
        ),
        Landing::Landed => (own_changes(workspace, proposal)?, Vec::new()),
    })
}

/// What a proposal changes on its own base, where it does not merge.
fn own_changes(workspace: &Workspace, proposal: &Proposal) -> Result<Arc<crate::model::TreeDiff>, Failure> {
    let read = || {
        let store = workspace.repository.store(crate::io::git::store::Writes::InMemory)?;
        let base = proposal.base.map_or_else(|| store.merge_base(proposal.head, &[proposal.target.tip]), Ok)?;
        store.diff(store.tree_of(base)?, store.tree_of(proposal.head)?)
    };
    read().map(Arc::new).map_err(|error: crate::io::git::store::StoreError| Failure {
        what: "it could not be opened".into(),
        why: error.to_string(),
        next: "ask the agent to push it again".into(),
    })
}
