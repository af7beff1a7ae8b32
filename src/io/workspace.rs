//! One repository with everything that belongs to it on this host, and what it looks like at one moment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::engine::{self, Draft, Force, ForgeChecks, Found, LedgerHealth, Snapshot, Via, World};
use crate::ledger::{Chain, LedgerView};
use crate::model::Known as Evidenced;
use crate::model::forge::{Budget, PullRequest};
use crate::model::{Intent, Landing, Oid, Problem, Proposal, Queued, Stage, Target};
use crate::policy::{self, Globs, LedgerKey, Policy, PolicyError, Root};

use super::cache::Cache;
use super::clock::Clock;
use super::evidence::beside::Comparisons;
use super::evidence::earlier::Rounds;
use super::evidence::incidents::Memory;
use super::evidence::queue::FoundBefore;
use super::evidence::reach::Atlases;
use super::evidence::unusual::Past;
use super::evidence::watch::Watched;
use super::git::ledger::RootReader;
use super::git::proposals::{self, Known, Reading, Request};
use super::git::repository::LocalRepository;
use super::git::shallow::Boundary;
use super::git::store::{StoreError, Writes};
use super::github::Source;
use super::index::Index;
use super::inventory::Inventories;
use super::record::Recorded;
use super::sightings::{FirstSeen, Sightings};
use super::signer::{self, SignerError, SigningKey};
use super::sought::Sought;
use super::state::StateFolder;
use super::told::Tried;
use super::values::ValueCache;

/// A repository on this host.
#[derive(Debug)]
pub struct Workspace {
    /// The repository.
    pub repository: LocalRepository,
    /// Its files in the state folder.
    pub state: StateFolder,
    /// What it looked like last time, for the first frame.
    pub cache: Cache,
    /// Who changed what before.
    pub index: Index,
    /// What went wrong before, as it was gathered last.
    pub past: Arc<Memory>,
    /// What was found about the proposals last.
    pub found: Arc<FoundBefore>,
    /// What config documents say, as they were read last.
    pub inventories: Arc<Inventories>,
    /// What comparing proposals gave.
    pub compared: Arc<Comparisons>,
    /// What agents touched before, as it was read last.
    pub habits: Arc<Past>,
    /// What came to the target unrecorded, as it was read last.
    pub watched: Arc<Watched>,
    /// When proposals were first seen here.
    pub sightings: Sightings,
    /// What waits to be recorded, as it was looked for last.
    pub recorded: Arc<Recorded>,
    /// Which commits nobody accounts for, and which of them the forge was asked about for good.
    pub sought: Sought,
    /// What GitHub was told in vain a moment ago.
    pub tried: Arc<Tried>,
    /// The rounds that were rejected, as they were read last.
    pub rejected: Arc<Rounds>,
    /// Where things land and what is used where, as the last inventory says.
    pub atlases: Arc<Atlases>,
    /// How versions of files differ in their values, as they were compared last.
    pub values: Arc<ValueCache>,
    /// The branches that are proposals.
    pub patterns: Globs,
    /// Where "now" comes from.
    pub clock: Clock,
    /// The user's home, where keys are looked for.
    pub home: Option<PathBuf>,
    /// The forge that says which pull requests there are; none of a local repository.
    pub forge: Option<Arc<Source>>,
    /// The pull requests that are proposals, as the forge told them last; `None` where no forge ever did.
    pub pulls: Mutex<Option<Arc<[Arc<PullRequest>]>>>,
    /// What this process read from objects before.
    pub known: Mutex<Known>,
    /// The policy of the stage *look*.
    pub built_in: Policy,
}

/// The policy that rules at this moment.
#[derive(Debug, Clone)]
pub enum Ruling {
    /// The built-in default.
    BuiltIn,
    /// The root named by the ledger.
    Root(Arc<Root>),
    /// There is one, and it cannot be read.
    Invalid(Vec<PolicyError>),
}

/// A repository as it is at one moment.
#[derive(Debug)]
pub struct Situation {
    /// Where proposals land.
    pub target: Target,
    /// The proposals, those that landed among them.
    pub proposals: Vec<Arc<Proposal>>,
    /// What could not be read, and what a person should know.
    pub problems: Vec<Problem>,
    /// How far the repository has adopted the product.
    pub stage: Stage,
    /// The policy.
    pub ruling: Ruling,
    /// Where the ledger is, if it is known.
    pub ledger_key: Option<LedgerKey>,
    /// The ledger, judged.
    pub chain: Option<Chain>,
    /// What it says.
    pub view: Option<LedgerView>,
    /// What must be resolved before anybody decides.
    pub alarm: Option<String>,
    /// Who decides here.
    pub key: Result<SigningKey, SignerError>,
    /// The decisions in the outbox that are not in the ledger.
    pub outbox: Vec<Intent>,
    /// The decisions in the outbox that are in the ledger: they were sent, and nobody heard of it.
    pub arrived: Vec<Intent>,
    /// The names that they are on.
    pub unsent: BTreeSet<String>,
    /// What was found about the proposals, as far as it was looked for.
    pub found: Arc<Found>,
    /// What the forge says of their checks, as far as it was asked.
    pub checks: Arc<ForgeChecks>,
    /// When this was read.
    pub now: Timestamp,
    /// What makes merges.
    pub via: Via,
    /// When the forge said last which pull requests there are; `None` without one.
    pub listed: Option<Timestamp>,
    /// How often it may still be asked, as it told last.
    pub budget: Option<Budget>,
    /// When the proposals were first seen here, as far as that is known.
    pub seen: FirstSeen,
    /// Where the last move of the target ended that was seen here to have arrived.
    pub landed: Option<Oid>,
    /// A digest of where the history of a shallow clone ends; empty in a whole one.
    pub boundary: String,
    /// A number that is another one once contents came that a mirror lacked.
    pub contents: u64,
    built_in: Policy,
}

/// What is read, and who is told.
#[derive(Default)]
pub struct Scope<'a> {
    /// If given, only these proposals.
    pub only: Option<&'a BTreeSet<String>>,
    /// Branches that are proposals because a person named them.
    pub extra: &'a [String],
    /// Told how many of how many proposals are read, from any thread.
    pub progress: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

impl Workspace {
    /// A repository of which nothing is known yet. `state` and `cache` are the user's folders of the program; `home` is where
    /// keys are looked for.
    #[must_use]
    pub fn new(
        repository: LocalRepository,
        state: &Path,
        cache: &Path,
        patterns: Globs,
        clock: Clock,
        home: Option<PathBuf>,
    ) -> Self {
        let remote = repository.remote.as_ref().map(|remote| remote.name.as_str());
        Self {
            state: StateFolder::of(state, &repository.git_dir, remote),
            cache: Cache::of(cache, &repository.git_dir, remote),
            index: Index::of(cache, &repository.git_dir, remote),
            past: Arc::default(),
            found: Arc::default(),
            inventories: Arc::default(),
            compared: Arc::default(),
            recorded: Arc::default(),
            sought: Sought::of(cache, &repository.git_dir, remote),
            tried: Arc::default(),
            rejected: Arc::default(),
            habits: Arc::default(),
            watched: Arc::default(),
            sightings: Sightings::of(cache, &repository.git_dir, remote),
            atlases: Arc::default(),
            values: Arc::default(),
            repository,
            patterns,
            clock,
            home,
            forge: None,
            pulls: Mutex::default(),
            known: Mutex::default(),
            built_in: built_in(),
        }
    }

    /// The same as a repository of a forge, whose pull requests are proposals.
    #[must_use]
    pub fn on(self, forge: Source) -> Self {
        if forge.listed().is_some() {
            self.propose(forge.pulls());
        }
        let state = self.state.of_forge(forge.connection().host().name(), &forge.repo);
        Self { forge: Some(Arc::new(forge)), state, ..self }
    }

    /// The pull requests that are proposals from now on.
    pub fn propose(&self, pulls: Arc<[Arc<PullRequest>]>) {
        *self.pulls.lock().unwrap_or_else(PoisonError::into_inner) = Some(pulls);
    }

    /// The pull requests that are proposals, where a forge told them.
    #[must_use]
    pub fn proposed(&self) -> Option<Arc<[Arc<PullRequest>]>> {
        self.pulls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Decisions that have not been sent, and what keeps one from being read.
    #[must_use]
    pub fn unsent(&self) -> (Vec<Intent>, Vec<Problem>) {
        let (mut intents, problems) = self.state.outbox();
        for item in intents.iter_mut().flat_map(|intent| &mut intent.items) {
            item.subject.repo.clone_from(&self.repository.name);
        }
        (intents, problems)
    }

    /// What was written and not sent.
    #[must_use]
    pub fn drafts(&self) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = self.state.drafts();
        for draft in &mut drafts {
            draft.subject.repo.clone_from(&self.repository.name);
        }
        drafts
    }

    /// Reads the repository as it is, without asking the remote.
    pub fn read(&self, scope: &Scope<'_>) -> Result<Situation, StoreError> {
        let mut situation = self.situation(scope, &Known::new())?;
        let asked = self.repository.remote.is_none() || self.repository.fetched.swap(false, Ordering::Relaxed);
        let (whole, now) = (scope.only.is_none(), situation.now);
        situation.seen = self.sightings.look(&situation.proposals, now, whole, asked);
        Ok(situation)
    }

    /// What a console shows until it has read: the queue as the cache knows it, where branches and target have not moved
    /// since; the rest is read. To be looked at and nothing more: the cache is a file, so nothing is opened or decided by it,
    /// which is why this gives no [`Situation`].
    pub fn glance(&self, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Snapshot, StoreError> {
        let own = self.cache.load().into_iter().filter(|proposal| proposal.repo == self.repository.name);
        let cached = own.map(|proposal| (proposals::key(&proposal), proposal)).collect();
        let situation = self.situation(&Scope { progress: Some(progress), ..Scope::default() }, &cached)?;
        Ok(Snapshot { kept: true, ..situation.snapshot(&self.repository.name, None) })
    }

    /// Keeps a reading of the whole queue for the first frame of the next console.
    pub fn keep(&self, situation: &Situation) {
        let readable = situation.proposals.iter().filter(|proposal| readable(proposal)).cloned().collect::<Vec<_>>();
        // The next console begins without it, and works.
        let _ = self.cache.keep(&readable);
    }

    fn situation(&self, scope: &Scope<'_>, cached: &Known) -> Result<Situation, StoreError> {
        let known = self.known.lock().map(|known| known.clone()).unwrap_or_default();
        let quiet = |_: usize, _: usize| {};
        // Before anything is read: what comes meanwhile may have been missed.
        let (pulls, contents) = (self.proposed(), self.repository.contents());
        let request = Request {
            patterns: &self.patterns,
            only: scope.only,
            extra: scope.extra,
            pulls: pulls.as_deref(),
            known: &known,
            cached,
            progress: scope.progress.unwrap_or(&quiet),
        };
        let reading = proposals::read(&self.repository, &request)?;
        self.remember(&reading, cached);
        let now = self.clock.now();
        let store = self.repository.store(Writes::InMemory)?;
        let roots = RootReader::new(&store);
        let adopted = self.adopted(&store, &roots, &reading.target, now)?;
        let (outbox, mut problems) = self.unsent();
        problems.extend(reading.problems);
        problems.extend(self.forge.iter().flat_map(|forge| forge.problems()));
        problems.extend(adopted.problems);
        let view = adopted.chain.as_ref().map(LedgerView::of);
        let (arrived, outbox): (Vec<Intent>, Vec<Intent>) =
            outbox.into_iter().partition(|intent| view.as_ref().is_some_and(|view| view.entry(intent.id).is_some()));
        let unsent = outbox.iter().flat_map(|i| &i.items).map(|item| item.subject.proposal.clone()).collect();
        let key = self.decider(&adopted.ruling, now);
        let mut situation = Situation {
            target: reading.target,
            proposals: reading.proposals,
            problems,
            stage: adopted.stage,
            ruling: adopted.ruling,
            ledger_key: adopted.key,
            view,
            chain: adopted.chain,
            alarm: adopted.alarm,
            key,
            outbox,
            arrived,
            unsent,
            now,
            via: if self.forge.is_some() { Via::Forge } else { Via::Git },
            listed: self.forge.as_ref().and_then(|forge| forge.listed()),
            budget: self.forge.as_ref().and_then(|forge| forge.budget()),
            seen: FirstSeen::default(),
            landed: adopted.landed,
            contents,
            boundary: Boundary::of(&self.repository.git_dir).map(|boundary| boundary.digest).unwrap_or_default(),
            found: Arc::default(),
            checks: self.checks(),
            built_in: self.built_in.clone(),
        };
        situation.found = self.found.on(&situation);
        situation.problems.extend(self.awaiting_record(&situation));
        Ok(situation)
    }

    /// Who decides here, as far as the policy in force knows.
    fn decider(&self, ruling: &Ruling, now: Timestamp) -> Result<SigningKey, SignerError> {
        match ruling {
            Ruling::Root(root) => signer::own(&self.repository.git(), self.home.as_deref(), root, now),
            Ruling::Invalid(_) => Err(SignerError {
                what: "the policy cannot be read, so it knows nobody".into(),
                next: "mend it on the default branch".into(),
            }),
            Ruling::BuiltIn => Err(SignerError {
                what: "there is no policy in force that could know you".into(),
                next: "run `countersign init`".into(),
            }),
        }
    }

    /// Remembers what was read from objects: not what came from the cache, nor what could not be read and may be mended.
    /// What was read for another tip of the target is forgotten.
    fn remember(&self, reading: &Reading, cached: &Known) {
        let Ok(mut known) = self.known.lock() else { return };
        let tips: BTreeSet<Oid> = reading.proposals.iter().map(|proposal| proposal.target.tip).collect();
        known.retain(|(tip, ..), _| *tip == reading.target.tip || tips.contains(tip));
        let fresh = reading.proposals.iter().filter(|proposal| readable(proposal));
        let fresh = fresh.map(|proposal| (proposals::key(proposal), Arc::clone(proposal)));
        known.extend(fresh.filter(|(key, _)| !cached.contains_key(key)));
    }
}

const fn readable(proposal: &Proposal) -> bool {
    !matches!(proposal.landing, Landing::Unreadable(_))
}

impl Situation {
    /// The world that the engine decides in.
    #[must_use]
    pub fn world(&self) -> World<'_> {
        World {
            stage: self.stage,
            force: match &self.ruling {
                Ruling::BuiltIn => Force::BuiltIn(&self.built_in),
                Ruling::Root(root) => Force::Root(root),
                Ruling::Invalid(errors) => Force::Invalid(errors),
            },
            alarm: self.alarm.as_deref(),
            ledger: self.view.as_ref().filter(|_| self.stage != Stage::Look),
            me: self.key.as_ref().ok().map(|key| &key.person),
            touches: self.key.as_ref().is_ok_and(SigningKey::is_hardware),
            target: &self.target,
            via: self.via,
            proposals: &self.proposals,
            unsent: &self.unsent,
            found: &self.found,
            checks: &self.checks,
            now: self.now,
        }
    }

    /// What a person should know before believing what is shown: the alarm first, then the problems.
    #[must_use]
    pub fn warnings(&self) -> Vec<Problem> {
        let alarm = self.alarm.as_ref().map(|what| Problem {
            place: self.ledger_key.as_ref().map(|key| key.branch.clone()).unwrap_or_default(),
            what: format!("ALARM: {what}"),
            next: "decide nothing; see `countersign ledger verify`, and ask who did that".into(),
        });
        alarm.into_iter().chain(self.problems.iter().cloned()).collect()
    }

    /// The proposals with how they stand.
    #[must_use]
    pub fn queue(&self) -> Vec<Queued> {
        engine::queue(&self.world())
    }

    /// The repository as a console shows it.
    #[must_use]
    pub fn snapshot(&self, repo: &str, offline: Option<String>) -> Snapshot {
        let policy = self.policy();
        let queue = self.queue().into_iter().filter(|queued| queued.standing.state.open()).collect();
        let entries = self.view.as_ref().map_or(0, |view| view.entries().len());
        let ledger = match (&self.alarm, self.stage) {
            (Some(what), _) => LedgerHealth::Alarm { entries, what: what.clone() },
            (None, Stage::Look) => LedgerHealth::None,
            (None, _) => LedgerHealth::Sound { entries },
        };
        let mut problems = self.problems.clone();
        if let (Err(error), false) = (&self.key, self.stage == Stage::Look) {
            let (place, what, next) = ("signing key".to_owned(), error.what.clone(), error.next.clone());
            problems.push(Problem { place, what, next });
        }
        Snapshot {
            repo: repo.to_owned(),
            stage: self.stage,
            gate: policy.gate,
            ledger,
            me: self.key.as_ref().ok().map(|key| key.person.name.clone()),
            target: self.target.branch().to_owned(),
            tiers: policy.tiers,
            merge: policy.merge,
            priorities: policy.priorities.as_ref().map(|priorities| priorities.text.clone()),
            built_in: policy.built_in,
            queue,
            problems,
            kept: false,
            polls: self.via == Via::Forge,
            read_at: self.listed.unwrap_or(self.now).min(self.now),
            offline,
            budget: self.budget.clone(),
            watch: Evidenced::Indexing,
        }
    }

    /// The root that the ledger names; `None` where none rules, or it cannot be read.
    #[must_use]
    pub fn root(&self) -> Option<&Root> {
        match &self.ruling {
            Ruling::Root(root) => Some(root),
            Ruling::BuiltIn | Ruling::Invalid(_) => None,
        }
    }

    /// The policy that rules, or the built-in one where it cannot be read.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        match &self.ruling {
            Ruling::Root(root) => &root.policy,
            _ => &self.built_in,
        }
    }
}

/// The policy of the stage *look*.
#[must_use]
pub fn built_in() -> Policy {
    policy::built_in()
}
