//! How far a repository has adopted the product: which ledger is its own, which policy rules, and what is wrong with either.
//!
//! The policy at the target's tip says which ledger there is, but what rules is what the ledger names. The two are apart
//! where somebody pushed straight to the target: a policy that nobody approved does not rule and is reported, one that
//! cannot be read blocks everything until it is mended, and neither makes a repository look as if it had never adopted.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::engine::{POLICY_PATH, SIGNERS_PATH};
use crate::ledger::{Chain, Checked, Entry, EntryKind};
use crate::model::{EntryId, Intent, Oid, Problem, Stage, Target, text};
use crate::policy::{GateMode, LedgerKey, PolicyError, Root};

use super::git::ledger::{self, RootError, RootReader};
use super::git::store::{Store, StoreError};
use super::recover::{self, Standing};
use super::state::Pin;
use super::workspace::{Ruling, Workspace};

/// What was found out.
pub(super) struct Adopted {
    pub stage: Stage,
    pub ruling: Ruling,
    pub key: Option<LedgerKey>,
    pub chain: Option<Chain>,
    pub alarm: Option<String>,
    pub problems: Vec<Problem>,
    /// Where the last move of the target ended that was seen here to have arrived.
    pub landed: Option<Oid>,
}

impl Workspace {
    /// Ledger, policy and stage.
    pub(super) fn adopted(
        &self,
        store: &Store,
        roots: &RootReader<'_>,
        target: &Target,
        now: Timestamp,
    ) -> Result<Adopted, StoreError> {
        if let Some(shallow) = self.repository.shallowness(target.tip) {
            // What a ledger names may lie beyond the boundary, so that it would look forged; and what it was is not forgotten.
            return Ok(Adopted::nothing(vec![shallow]));
        }
        let at_tip = roots.read(target.tip);
        if let Err(RootError::Store(error)) = &at_tip {
            return Err(error.clone());
        }
        let (pin, mut problems) = match self.state.pin() {
            Ok(pin) => (pin, Vec::new()),
            Err(error) => (None, vec![self.unreadable_pin(&error)]),
        };
        let named = at_tip.as_ref().ok().and_then(|root| root.policy.ledger.clone());
        let branch = pin.as_ref().map(|pin| pin.branch.clone()).or(named.as_ref().map(|key| key.branch.clone()));
        let branch = branch.unwrap_or_else(|| LedgerKey::DEFAULT_BRANCH.to_owned());
        let tip = self.repository.tip(&self.repository.tracking(&branch))?;
        let genesis = pin.as_ref().map(|pin| pin.genesis).or(named.as_ref().map(|key| key.id));
        let chain = match genesis {
            Some(id) => Some(ledger::read(store, roots, tip, Some(id), now)?),
            None => begun(store, roots, target, tip, now)?,
        };
        let id = genesis.or(chain.as_ref().and_then(Chain::genesis).map(|genesis| genesis.id));
        let (Some(chain), Some(id)) = (chain, id) else {
            problems.extend(not_yet(&at_tip, tip.is_some()));
            return Ok(Adopted::nothing(problems));
        };
        let mut adopted = Adopted::of(chain, store, &at_tip, target, LedgerKey { id, branch });
        adopted.problems.append(&mut problems);
        adopted.check_pin(store, pin.as_ref(), tip);
        let elsewhere = pin.as_ref().filter(|pin| adopted.alarm.is_some() && !store.has(pin.tip));
        adopted.problems.extend(elsewhere.map(|pin| self.pinned_elsewhere(pin)));
        adopted.landed = pin.as_ref().and_then(|pin| pin.landed);
        adopted.check_gap(store, target, &self.unsent().0, now);
        adopted.check_voids(store, target);
        adopted.problems.extend(self.pin(&adopted, pin.as_ref(), tip));
        Ok(adopted)
    }

    /// Remembers what was seen of a sound ledger, so that a later one without it is an alarm.
    fn pin(&self, adopted: &Adopted, pinned: Option<&Pin>, tip: Option<Oid>) -> Option<Problem> {
        let (Some(key), None, Some(tip)) = (&adopted.key, &adopted.alarm, tip) else { return None };
        if adopted.stage == Stage::Look {
            return None;
        }
        let fresh = Pin { genesis: key.id, branch: key.branch.clone(), tip, landed: adopted.landed };
        if pinned == Some(&fresh) {
            return None;
        }
        self.state.set_pin(&fresh).err().map(|error| Problem {
            place: self.state.path().display().to_string(),
            what: format!("the ledger could not be pinned: {error}"),
            next: "make the state folder writable, so that a rewritten ledger is noticed".into(),
        })
    }

    /// What was pinned is not even an object here: that happens where another repository was put in the place of one.
    fn pinned_elsewhere(&self, pin: &Pin) -> Problem {
        let path = self.state.path().join("pin.json");
        Problem {
            place: path.display().to_string(),
            what: format!(
                "the ledger that was seen at this place before, at {}, is not in this repository",
                pin.tip.short(12)
            ),
            next: "if another repository lay here then, delete this file; if not, ask who rewrote the ledger".into(),
        }
    }

    fn unreadable_pin(&self, error: &std::io::Error) -> Problem {
        Problem {
            place: self.state.path().join("pin.json").display().to_string(),
            what: format!("what was seen of the ledger before cannot be read: {error}"),
            next: "check `countersign ledger verify`, then delete the file; the ledger is pinned anew".into(),
        }
    }
}

/// The ledger that lies at its usual place and begins in the target's history, though the policy at the tip does not name
/// it: somebody pushed the policy away, or made it unreadable. One that begins elsewhere was offered and never adopted.
fn begun(
    store: &Store,
    roots: &RootReader<'_>,
    target: &Target,
    tip: Option<Oid>,
    now: Timestamp,
) -> Result<Option<Chain>, StoreError> {
    let Some(tip) = tip else { return Ok(None) };
    let chain = ledger::read(store, roots, Some(tip), None, now)?;
    let begins = chain.genesis().and_then(|genesis| genesis.moves(&target.refname));
    let adopted = begins.is_some_and(|update| store.contains(target.tip, update.new).unwrap_or(false));
    Ok(adopted.then_some(chain))
}

/// What to say where no genesis is known.
fn not_yet(at_tip: &Result<Arc<Root>, RootError>, ledger_is_there: bool) -> Vec<Problem> {
    let begun = ledger_is_there.then(|| Problem {
        place: LedgerKey::DEFAULT_BRANCH.to_owned(),
        what: "there is a ledger, and the target has no policy that names it".into(),
        next: "run `countersign init` again, or merge the branch countersign/init into the target".into(),
    });
    let errors = at_tip.as_ref().err().map(unreadable).unwrap_or_default();
    begun.into_iter().chain(errors.into_iter().map(Problem::from)).collect()
}

/// Why the policy at the tip cannot be used, with its place; nothing where there is none.
fn unreadable(error: &RootError) -> Vec<PolicyError> {
    match error {
        RootError::Absent | RootError::Store(_) => Vec::new(),
        RootError::Invalid(errors) => errors.clone(),
        RootError::Unfit(why) => {
            vec![PolicyError { file: POLICY_PATH.to_owned(), line: 1, column: 1, message: why.clone(), hint: None }]
        }
    }
}

/// Why nothing rules where a ledger was adopted and cannot be believed. It was never a new start.
fn no_root(key: &LedgerKey, alarm: Option<&str>) -> PolicyError {
    PolicyError {
        file: text::printable(&key.branch).into_owned(),
        line: 0,
        column: 0,
        message: alarm.unwrap_or("the ledger has no root that could be in force").to_owned(),
        hint: Some("see `countersign ledger verify`, and ask who did that".into()),
    }
}

impl Adopted {
    const fn nothing(problems: Vec<Problem>) -> Self {
        Self {
            stage: Stage::Look,
            ruling: Ruling::BuiltIn,
            key: None,
            chain: None,
            alarm: None,
            problems,
            landed: None,
        }
    }

    /// What rules is of the default branch: another target's copy may be older, and nobody means it.
    fn of(chain: Chain, store: &Store, at_tip: &Result<Arc<Root>, RootError>, target: &Target, key: LedgerKey) -> Self {
        let alarm = chain.alarms().first().map(ToString::to_string);
        let home = chain.default_ref().is_none_or(|home| home == target.refname);
        let errors = at_tip.as_ref().err().filter(|_| home).map(unreadable).unwrap_or_default();
        let mut problems: Vec<Problem> = errors.iter().cloned().map(blocks).collect();
        let ruling = match chain.root() {
            _ if !errors.is_empty() => Ruling::Invalid(errors),
            Some(root) => Ruling::Root(Arc::clone(root)),
            None => Ruling::Invalid(vec![no_root(&key, alarm.as_deref())]),
        };
        if home {
            problems.extend(not_in_force(&ruling, at_tip));
            problems.extend(signers_not_in_force(store, &ruling, target));
        }
        problems.extend(no_gate(&ruling).into_iter().chain(faulty(&chain)));
        // Only a gate that is proven to refuse makes it the stage *enforce*, and this version has none.
        Self { stage: Stage::Record, ruling, key: Some(key), chain: Some(chain), alarm, problems, landed: None }
    }

    /// A ledger that does not contain what was seen of it before was rewritten.
    fn check_pin(&mut self, store: &Store, pin: Option<&Pin>, tip: Option<Oid>) {
        let (Some(pin), Some(tip)) = (pin, tip) else { return };
        if self.alarm.is_none() && !store.contains(tip, pin.tip).unwrap_or(false) {
            self.alarm = Some(format!(
                "the ledger was rewritten: its tip {} does not contain {}, which was seen here before",
                tip.short(12),
                pin.tip.short(12)
            ));
        }
    }

    /// Remembers that the last move of the target arrived, and notices one that the target does not have.
    fn check_gap(&mut self, store: &Store, target: &Target, kept: &[Intent], now: Timestamp) {
        let Some(chain) = self.chain.as_ref().filter(|_| self.alarm.is_none()) else { return };
        let Some(gap) = recover::gap_of(chain, store, target) else {
            self.landed = newest_move(chain, &target.refname).or(self.landed);
            return;
        };
        let at = recover::ref_now(&gap, store, target.tip);
        let seen = self.landed == Some(gap.new);
        match recover::standing(&gap, at, kept, self.landed, now) {
            Standing::Own => self.problems.push(Problem {
                place: target.branch().to_owned(),
                what: format!(
                    "a push from here stopped half way: entry {} is recorded, not landed",
                    gap.entry().short(8)
                ),
                next: "the next command that decides finishes it".into(),
            }),
            Standing::UnderWay => {}
            Standing::Open => self.alarm = Some(recover::alarm(&gap, at, seen, target)),
        }
    }

    /// A void says that something never landed. One that is false gives back approvals that were used.
    fn check_voids(&mut self, store: &Store, target: &Target) {
        let Some(chain) = self.chain.as_ref().filter(|_| self.alarm.is_none()) else { return };
        let voids = chain.entries().filter(|entry| entry.kind == EntryKind::Void);
        let about: HashSet<EntryId> = voids.flat_map(|entry| entry.about.iter().copied()).collect();
        let landed = |entry: &&Arc<Entry>| {
            let there = |commit| store.has(commit) && store.contains(target.tip, commit).unwrap_or(false);
            let mut merges = entry.merges().filter(|(item, _)| item.target == target.refname);
            about.contains(&entry.id) && merges.any(|(_, merge)| there(merge.commit))
        };
        if about.is_empty() {
            return;
        }
        if let Some(entry) = chain.entries().find(landed) {
            self.alarm = Some(format!(
                "a void says that entry {} never landed, and {} has what it landed",
                entry.id.short(8),
                text::printable(target.branch())
            ));
        }
    }
}

/// Where the newest move of a ref ended that no void took back.
fn newest_move(chain: &Chain, refname: &str) -> Option<Oid> {
    let mut voided: Vec<EntryId> = Vec::new();
    chain.commits().iter().rev().filter_map(Checked::valid).find_map(|entry| {
        if entry.kind == EntryKind::Void {
            voided.extend(&entry.about);
        }
        entry.moves(refname).filter(|_| !voided.contains(&entry.id)).map(|update| update.new)
    })
}

/// A `.countersign/` change that no entry names is not in force, and reported.
fn not_in_force(ruling: &Ruling, at_tip: &Result<Arc<Root>, RootError>) -> Option<Problem> {
    match (ruling, at_tip) {
        (Ruling::Root(root), Ok(tip)) if tip.policy_blob == root.policy_blob => None,
        (Ruling::Root(root), _) => Some(differs(POLICY_PATH, "another policy", root)),
        (Ruling::Invalid(_) | Ruling::BuiltIn, _) => None,
    }
}

fn blocks(error: PolicyError) -> Problem {
    let next = "nothing can be decided until it is mended on the default branch".to_owned();
    let Problem { place, what, next: hint } = error.into();
    Problem { place, what, next: if hint.is_empty() { next } else { format!("{hint}; {next}") } }
}

fn differs(path: &str, what: &str, root: &Root) -> Problem {
    Problem {
        place: path.to_owned(),
        what: format!("the target's tip has {what} than the one in force, of {}", root.commit.short(12)),
        next: format!(
            "it does not rule: put back what does (git checkout {} -- .countersign), and propose the change on a branch",
            root.commit.short(12)
        ),
    }
}

/// The same for the signers.
fn signers_not_in_force(store: &Store, ruling: &Ruling, target: &Target) -> Option<Problem> {
    let Ruling::Root(root) = ruling else { return None };
    let blob = |commit| store.tree_of(commit).and_then(|tree| store.entry(tree, SIGNERS_PATH)).ok().flatten();
    (blob(target.tip) != blob(root.commit)).then(|| differs(SIGNERS_PATH, "other signers", root))
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
