//! One repository with everything that belongs to it on this host, and what it looks like at one moment.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use crate::engine::{self, Force, LedgerHealth, POLICY_PATH, Snapshot, World};
use crate::ledger::{Alarm, Chain, LedgerView};
use crate::model::{Intent, Problem, Proposal, Queued, Stage, Target};
use crate::policy::{self, GateMode, Globs, LedgerKey, Policy, PolicyError, Root};

use super::clock::Clock;
use super::git::ledger::{self, RootError, RootReader};
use super::git::proposals::{self, Known, Request};
use super::git::repository::LocalRepository;
use super::git::store::{Store, StoreError, Writes};
use super::signer::{self, SignerError, SigningKey};
use super::state::{Pin, StateFolder};

/// A repository on this host.
#[derive(Debug)]
pub struct Workspace {
    /// The repository.
    pub repository: LocalRepository,
    /// Its files in the state folder.
    pub state: StateFolder,
    /// The branches that are proposals.
    pub patterns: Globs,
    /// Where "now" comes from.
    pub clock: Clock,
    /// The user's home, where keys are looked for.
    pub home: Option<PathBuf>,
    /// What was read before.
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
    /// The decisions in the outbox.
    pub outbox: Vec<Intent>,
    /// The names that they are on.
    pub unsent: BTreeSet<String>,
    /// When this was read.
    pub now: Timestamp,
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
    /// Reads the repository as it is, without asking the remote.
    pub fn read(&self, scope: &Scope<'_>) -> Result<Situation, StoreError> {
        let known = self.known.lock().map(|known| known.clone()).unwrap_or_default();
        let quiet = |_: usize, _: usize| {};
        let request = Request {
            patterns: &self.patterns,
            only: scope.only,
            extra: scope.extra,
            known: &known,
            progress: scope.progress.unwrap_or(&quiet),
        };
        let reading = proposals::read(&self.repository, &request)?;
        self.remember(&reading.proposals);
        let now = self.clock.now();
        let store = self.repository.store(Writes::InMemory)?;
        let roots = RootReader::new(&store);
        let adopted = self.adopted(&store, &roots, &reading.target, now)?;
        let (outbox, mut problems) = self.state.outbox();
        problems.extend(reading.problems);
        problems.extend(adopted.problems);
        let unsent = outbox.iter().flat_map(|i| &i.items).map(|item| item.subject.proposal.clone()).collect();
        let key = match &adopted.ruling {
            Ruling::Root(root) => {
                let git = self.repository.git();
                signer::find(signer::candidates(&git, self.home.as_deref()), root, now)
            }
            _ => Err(SignerError {
                what: "there is no policy in force that could know you".into(),
                next: "run `countersign init`".into(),
            }),
        };
        Ok(Situation {
            target: reading.target,
            proposals: reading.proposals,
            problems,
            stage: adopted.stage,
            ruling: adopted.ruling,
            ledger_key: adopted.key,
            view: adopted.chain.as_ref().map(LedgerView::of),
            chain: adopted.chain,
            alarm: adopted.alarm,
            key,
            outbox,
            unsent,
            now,
            built_in: self.built_in.clone(),
        })
    }

    fn remember(&self, proposals: &[Arc<Proposal>]) {
        if let Ok(mut known) = self.known.lock() {
            for proposal in proposals {
                let key = (proposal.target.tip, proposal.head, proposal.id.clone());
                known.insert(key, Arc::clone(proposal));
            }
        }
    }

    /// Ledger, policy and stage.
    fn adopted(
        &self,
        store: &Store,
        roots: &RootReader<'_>,
        target: &Target,
        now: Timestamp,
    ) -> Result<Adopted, StoreError> {
        let at_tip = roots.read(target.tip);
        let pin = self.state.pin();
        let named = at_tip.as_ref().ok().and_then(|root| root.policy.ledger.clone());
        let branch = named.as_ref().map_or(LedgerKey::DEFAULT_BRANCH, |key| &key.branch).to_owned();
        let genesis = pin.as_ref().map(|pin| pin.genesis).or(named.as_ref().map(|key| key.id));
        let tip = self.repository.tip(&self.repository.tracking(&branch))?;
        let Some(id) = genesis else { return Ok(Adopted::not_yet(&at_tip, tip.is_some())) };
        let chain = ledger::read(store, roots, tip, Some(id), now)?;
        let mut adopted = Adopted::of(chain, &at_tip, LedgerKey { id, branch });
        adopted.check_pin(store, pin.as_ref(), tip);
        if let (None, Some(tip), true) = (&adopted.alarm, tip, adopted.stage != Stage::Look) {
            let fresh = Pin { genesis: id, tip };
            if pin.as_ref() != Some(&fresh)
                && let Err(error) = self.state.set_pin(&fresh)
            {
                adopted.problems.push(Problem {
                    place: self.state.path().display().to_string(),
                    what: format!("the ledger could not be pinned: {error}"),
                    next: "make the state folder writable, so that a rewritten ledger is noticed".into(),
                });
            }
        }
        Ok(adopted)
    }
}

/// How far a repository has adopted the product.
struct Adopted {
    stage: Stage,
    ruling: Ruling,
    key: Option<LedgerKey>,
    chain: Option<Chain>,
    alarm: Option<String>,
    problems: Vec<Problem>,
}

impl Adopted {
    /// No genesis is known.
    fn not_yet(at_tip: &Result<Arc<Root>, RootError>, ledger_is_there: bool) -> Self {
        let mut problems = Vec::new();
        if ledger_is_there {
            problems.push(Problem {
                place: LedgerKey::DEFAULT_BRANCH.to_owned(),
                what: "there is a ledger, but the target's policy does not name it".into(),
                next: "merge the branch countersign/init into the target".into(),
            });
        }
        if let Err(RootError::Invalid(errors)) = at_tip {
            problems.extend(errors.iter().map(|error| Problem {
                place: POLICY_PATH.to_owned(),
                what: error.to_string(),
                next: "mend it, then run `countersign init`".into(),
            }));
        }
        Self { stage: Stage::Look, ruling: Ruling::BuiltIn, key: None, chain: None, alarm: None, problems }
    }

    fn of(chain: Chain, at_tip: &Result<Arc<Root>, RootError>, key: LedgerKey) -> Self {
        let alarm = chain.alarms().first().map(ToString::to_string);
        let broken = chain.alarms().iter().any(|alarm| matches!(alarm, Alarm::Root(_)));
        let ruling = match (chain.root(), at_tip) {
            (_, Err(RootError::Invalid(errors))) if broken => Ruling::Invalid(errors.clone()),
            (Some(root), _) => Ruling::Root(Arc::clone(root)),
            (None, _) => Ruling::BuiltIn,
        };
        let stage = match &ruling {
            Ruling::Root(root) if root.policy.gate == GateMode::None => Stage::Record,
            Ruling::Root(_) => Stage::Enforce,
            Ruling::Invalid(_) => Stage::Record,
            Ruling::BuiltIn => Stage::Look,
        };
        let problems =
            not_in_force(&ruling, at_tip).into_iter().chain(no_gate(&ruling)).chain(faulty(&chain)).collect();
        Self { stage, ruling, key: Some(key), chain: Some(chain), alarm, problems }
    }

    /// A ledger that does not contain what was seen of it before was rewritten.
    fn check_pin(&mut self, store: &Store, pin: Option<&Pin>, tip: Option<crate::model::Oid>) {
        let (Some(pin), Some(tip)) = (pin, tip) else { return };
        if self.alarm.is_none() && !store.contains(tip, pin.tip).unwrap_or(false) {
            self.alarm = Some(format!(
                "the ledger was rewritten: its tip {} does not contain {}, which was seen here before",
                tip.short(12),
                pin.tip.short(12)
            ));
        }
    }
}

/// A `.countersign/` change that no entry names is not in force, and reported.
fn not_in_force(ruling: &Ruling, at_tip: &Result<Arc<Root>, RootError>) -> Option<Problem> {
    let Ruling::Root(root) = ruling else { return None };
    let differs = match at_tip {
        Ok(tip) => tip.policy_blob != root.policy_blob,
        Err(_) => true,
    };
    differs.then(|| Problem {
        place: POLICY_PATH.to_owned(),
        what: format!("the target's tip has another policy than the one in force, of {}", root.commit.short(12)),
        next: "an admin approves the change, so that an entry names it; see `countersign policy lint`".into(),
    })
}

/// A policy that asks for a gate gets none from this version; nobody may believe that pushes are held back.
fn no_gate(ruling: &Ruling) -> Option<Problem> {
    let Ruling::Root(root) = ruling else { return None };
    (root.policy.gate != GateMode::None).then(|| Problem {
        place: POLICY_PATH.to_owned(),
        what: "`gate` asks for a gate, and this version installs none: unapproved pushes are detected, not refused"
            .into(),
        next: "write `gate: none`, or have the host refuse pushes by others; `countersign ledger verify` detects them"
            .into(),
    })
}

fn faulty(chain: &Chain) -> Option<Problem> {
    let count = chain.faults().count();
    (count > 0).then(|| Problem {
        place: "ledger".to_owned(),
        what: format!("{count} of its commits do not verify, and have no effect"),
        next: "`countersign ledger verify` says which, and why".into(),
    })
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
            proposals: &self.proposals,
            unsent: &self.unsent,
            now: self.now,
        }
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
            built_in: policy.built_in,
            queue,
            problems,
            read_at: self.now,
            offline,
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
