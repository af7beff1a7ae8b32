//! Recording what a forge merged, where persons had approved it: by whoever decides next, and said loudly where nobody does.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::engine::{self, Force, ForgeChecks, LandedPull, Refusal, Stack as _, Unrecorded};
use crate::ledger::{Chain, Entry, Item, LandingFacts, LedgerView};
use crate::model::forge::{PullRequest, ReviewState};
use crate::model::{ChangeId, EntryId, Oid, Problem, text};
use crate::policy::MergeMethod;

use super::checks;
use super::fault;
use super::git::stack::TreeStack;
use super::git::store::{Store, StoreError, Writes};
use super::git::verify;
use super::git::write::{self, WriteError};
use super::github::{GitHubError, Landed, Source, Still};
use super::post::PostError;
use super::send::pause;
use super::signer;
use super::sought;
use super::workspace::{Scope, Situation, Workspace};

/// For how long a merge may wait to be recorded.
const UNRECORDED: SignedDuration = SignedDuration::from_mins(15);
/// How often a lost race is tried again.
const ATTEMPTS: u32 = 8;

impl Workspace {
    /// Records what the forge merged and persons had approved; `unasked`, only with a key that asks nobody for anything. A lost race
    /// is tried again.
    pub(super) fn record(&self, unasked: bool, still: Still<'_>) -> Result<(), PostError> {
        let (mut attempt, mut written) = (0, None);
        loop {
            let none = BTreeSet::new();
            let situation = self.read(&Scope { only: Some(&none), ..Scope::default() })?;
            shows(&situation, written)?;
            let (Ok(key), Some(ledger)) = (&situation.key, &situation.ledger_key) else { return Ok(()) };
            if unasked && key.is_hardware() {
                return Ok(());
            }
            let store = self.repository.store(Writes::InMemory)?;
            let Some(recording) = self.recording(&situation, &store, still)? else { return Ok(()) };
            fault::point("before-record").map_err(WriteError::Io)?;
            let pushed = write::record(&self.repository, key, &recording, ledger);
            fault::point("after-record").map_err(WriteError::Io)?;
            match pushed {
                Ok(()) => written = Some(recording.entry.id),
                Err(WriteError::Lost(_)) if attempt < ATTEMPTS => {
                    attempt += 1;
                    pause(attempt);
                }
                Err(error) => return Err(error.into()),
            }
            self.repository.fetch().map_err(WriteError::from)?;
        }
    }

    /// What the forge merged of what was approved, and nobody has recorded yet: said as that for a while, since whoever merged may
    /// just be at it, and loudly after that.
    pub(super) fn awaiting_record(&self, situation: &Situation) -> Option<Problem> {
        let place = situation.target.branch().to_owned();
        let waiting = match self.late(situation) {
            Ok(waiting) => waiting?,
            Err(error) => {
                let what = format!("whether all that was merged is recorded cannot be told: {error}");
                return Some(Problem { place, what, next: "run `countersign ledger verify`".into() });
            }
        };
        let age = situation.now.duration_since(waiting.landed);
        let more = if waiting.count > 1 { format!(" and {} more", waiting.count - 1) } else { String::new() };
        let what = format!("{}{more}: merged, and not recorded", text::single_line(&waiting.proposal));
        let (what, next) = if age > UNRECORDED {
            let what = format!("ALARM: {what} for {} minutes", age.as_mins());
            (
                what,
                "a console or a command that decides, with a key that policy knows, records it; `ledger verify` lists it",
            )
        } else {
            (format!("{what} yet"), "whoever opens the console next, with a key that policy knows, records it")
        };
        Some(Problem { place, what, next: next.into() })
    }

    /// What was approved, landed and is not recorded. It is looked for once for each tip of target and ledger: most readings are of
    /// the same.
    fn late(&self, situation: &Situation) -> Result<Option<Late>, StoreError> {
        let Some(chain) = situation.chain.as_ref().filter(|_| self.forge.is_some()) else { return Ok(None) };
        let tips = tips(situation);
        if let Some(late) = self.recorded.with(|known| known.late.clone().filter(|(of, _)| *of == tips)) {
            return Ok(late.1);
        }
        if !engine::may_await_record(&situation.world()) {
            self.recorded.with(|known| known.late = Some((tips, None)));
            return Ok(None);
        }
        let store = self.repository.store(Writes::InMemory)?;
        let unrecorded = self.left_over(situation, &store, chain)?;
        let waiting = engine::awaiting_record(&situation.world(), &unrecorded, &verify::allows(&store));
        let late = match waiting.first() {
            None => None,
            Some((oldest, item)) => {
                let committed = store.commit(oldest.commit)?.committed;
                let landed = self.seek(situation, &unrecorded).landed(oldest.commit, committed, situation.now);
                Some(Late { proposal: item.proposal.clone(), landed, count: waiting.len() })
            }
        };
        self.recorded.with(|known| known.late = Some((tips, late.clone())));
        Ok(late)
    }

    /// The commits that approved proposals became, and that nobody has recorded yet.
    pub(super) fn merged_unrecorded(&self, situation: &Situation) -> Result<BTreeMap<String, Oid>, StoreError> {
        let Some(chain) = &situation.chain else { return Ok(BTreeMap::new()) };
        let store = self.repository.store(Writes::InMemory)?;
        let unrecorded = self.left_over(situation, &store, chain)?;
        let waiting = engine::awaiting_record(&situation.world(), &unrecorded, &verify::allows(&store));
        Ok(waiting.into_iter().map(|(one, item)| (item.proposal.clone(), one.commit)).collect())
    }

    /// The commits of the target that no entry accounts for, oldest first, as far as they can be read. Each is read once: they stay
    /// what they are, and those that nobody approved stay for ever.
    fn left_over(&self, situation: &Situation, store: &Store, chain: &Chain) -> Result<Vec<Unrecorded>, StoreError> {
        let missing = verify::unaccounted(&self.repository, store, chain)?;
        let here = missing.into_iter().filter(|one| one.refname == situation.target.refname).map(|one| one.commit);
        let mut known = self.recorded.with(|known| std::mem::take(&mut known.facts));
        let facts = |commit| Some((commit, known.remove(&commit).or_else(|| verify::landing(store, commit).ok())?));
        let found: Vec<(Oid, LandingFacts)> = here.filter_map(facts).collect();
        self.recorded.with(|known| known.facts = found.iter().cloned().collect());
        Ok(found.into_iter().map(|(commit, facts)| Unrecorded { commit, facts, pull: None }).collect())
    }

    /// The entry for what was merged and is not recorded.
    fn recording(
        &self,
        situation: &Situation,
        store: &Store,
        still: Still<'_>,
    ) -> Result<Option<engine::Recording>, PostError> {
        let Some(chain) = situation.chain.as_ref().filter(|_| situation.alarm.is_none()) else { return Ok(None) };
        let tips = tips(situation);
        if self.recorded.with(|known| known.nothing == Some(tips)) {
            return Ok(None);
        }
        let mut unrecorded = self.left_over(situation, store, chain)?;
        let settled = self.ask_landed(situation, store, &mut unrecorded, still);
        let (allows, view) = (verify::allows(store), situation.view.clone().unwrap_or_default());
        let teaches = |commit: Oid, entry: &Entry| verify::only_memory(store, commit, entry, &view).is_ok();
        let file = |commit: Oid, path: &str| {
            let read = || {
                let side = store.entry(store.tree_of(commit)?, path)?;
                side.map(|side| store.blob(side.oid, engine::ROOT_FILE_LIMIT)).transpose()
            };
            read().map_err(|error: StoreError| error.to_string())
        };
        let asks = engine::Asks { allows: &allows, teaches: &teaches, file: &file };
        let checks = self.checks_of_landed(situation, store, &unrecorded, still);
        let world = engine::World { checks: &checks, ..situation.world() };
        let recording = engine::recording(&world, signer::random_id(), &unrecorded, asks)?;
        if recording.is_none() && settled {
            self.recorded.with(|known| known.nothing = Some(tips));
        }
        Ok(recording)
    }

    /// What the forge says of the checks of what is about to be recorded, where policy requires any: whoever merged on the page may
    /// have merged past them.
    fn checks_of_landed(
        &self,
        situation: &Situation,
        store: &Store,
        unrecorded: &[Unrecorded],
        still: Still<'_>,
    ) -> Arc<ForgeChecks> {
        let Some(forge) = self.forge.as_ref().filter(|_| !situation.policy().checks.is_empty()) else {
            return Arc::clone(&situation.checks);
        };
        let waiting = engine::awaiting_record(&situation.world(), unrecorded, &verify::allows(store));
        let heads: Vec<Oid> = waiting.iter().map(|(_, item)| item.head).collect();
        forge.ask_checks(&heads, self.clock.now(), checks::MERGING, still);
        self.checks()
    }

    /// Asks which pull requests became the commits that the ledger alone does not explain, where policy lets approvals on their pages
    /// count. Says whether asking again about the same commits would give nothing else.
    fn ask_landed(
        &self,
        situation: &Situation,
        store: &Store,
        unrecorded: &mut [Unrecorded],
        still: Still<'_>,
    ) -> bool {
        let Some(forge) = self.forge.as_ref().filter(|_| situation.policy().from_github) else { return true };
        let explained = engine::awaiting_record(&situation.world(), unrecorded, &verify::allows(store));
        let explained: BTreeSet<Oid> = explained.into_iter().map(|(one, _)| one.commit).collect();
        let known = self.seek(situation, unrecorded);
        let entries = situation.view.iter().flat_map(LedgerView::entries);
        let named = Named::by(entries.flat_map(|entry| &entry.items));
        let wanted = |one: &&Unrecorded| {
            let asked = self.recorded.with(|found| found.landed.contains_key(&one.commit));
            let told = known.is_settled(one.commit) && !named.changes.contains(&one.facts.diff.change_id);
            !asked && !told && !explained.contains(&one.commit)
        };
        let asked: BTreeSet<Oid> = unrecorded.iter().filter(wanted).map(|one| one.commit).collect();
        // Where it does not answer they stay with those that nobody approved, until it is asked again.
        let answered = asked.is_empty() || self.ask_for(forge, situation.target.branch(), &asked, still).is_ok();
        let mut settled = answered;
        // It takes a forge a moment to know what it just did.
        let is_old = |commit: Oid| {
            let at = store.commit(commit).map(|it| known.landed(commit, it.committed, situation.now));
            known.is_settled(commit) || at.is_ok_and(|at| situation.now.duration_since(at) > UNRECORDED)
        };
        let mut for_good = BTreeSet::new();
        for one in unrecorded.iter_mut() {
            let (commit, change) = (one.commit, one.facts.diff.change_id);
            let landed = self.recorded.with(|known| known.landed.get(&commit).cloned());
            settled &= landed.is_some() || is_old(commit);
            let told = landed.as_ref().map_or_else(
                || answered && is_old(commit),
                |landed| says_nothing(landed) && !named.has(&landed.pull, change),
            );
            if told && asked.contains(&commit) {
                for_good.insert(commit);
            }
            one.pull = landed.and_then(|landed| offered(store, &one.facts, landed, situation.policy().merge));
        }
        if !for_good.is_empty() {
            // What policy lets pass by nobody's approval is to be recorded.
            for (one, _) in engine::awaiting_record(&situation.world(), unrecorded, &verify::allows(store)) {
                for_good.remove(&one.commit);
            }
            self.sought.settle(&for_good);
        }
        settled
    }

    /// Asks which pull requests became these commits, and remembers them.
    fn ask_for(
        &self,
        forge: &Source,
        branch: &str,
        commits: &BTreeSet<Oid>,
        still: Still<'_>,
    ) -> Result<(), GitHubError> {
        let found = forge.landed(branch, commits, still)?;
        self.recorded.with(|known| known.landed.extend(found.into_iter().map(|one| (one.commit, one))));
        Ok(())
    }

    /// What is known of the commits that no entry accounts for.
    fn seek(&self, situation: &Situation, unrecorded: &[Unrecorded]) -> sought::Known {
        let Force::Root(root) = situation.world().force else { return sought::Known::default() };
        let commits = unrecorded.iter().map(|one| one.commit).collect();
        self.sought.see(&commits, [root.policy_blob, root.signers_blob], situation.now)
    }
}

/// Whether nobody approved a pull request before it was merged, as far as can be told: what is said of it later does not count.
fn says_nothing(landed: &Landed) -> bool {
    let opinions = landed.pull.opinions.as_deref().unwrap_or_default();
    opinions.iter().all(|opinion| opinion.state != ReviewState::Approved)
}

/// What the ledger names: what it says of that may come to be enough.
struct Named<'a> {
    changes: HashSet<ChangeId>,
    proposals: HashSet<&'a str>,
}

impl<'a> Named<'a> {
    fn by(items: impl Iterator<Item = &'a Item>) -> Self {
        let mut named = Self { changes: HashSet::new(), proposals: HashSet::new() };
        for item in items {
            named.changes.extend(item.change_id);
            named.proposals.insert(&item.proposal);
        }
        named
    }

    fn has(&self, pull: &PullRequest, change: ChangeId) -> bool {
        self.changes.contains(&change) || self.proposals.contains(format!("#{}", pull.number).as_str())
    }
}

/// Demands that an entry that was written counts: where it does not, whoever reads finds the same to be recorded again and again.
fn shows(situation: &Situation, written: Option<EntryId>) -> Result<(), Refusal> {
    let has = |id: EntryId| situation.view.as_ref().is_some_and(|view| view.entry(id).is_some());
    match written.filter(|id| !has(*id)) {
        None => Ok(()),
        Some(id) => {
            let what =
                format!("the entry {} was pushed, and the ledger as it was read after that has it not", id.short(8));
            Err(Refusal { what, next: "see `countersign ledger verify`".into() })
        }
    }
}

/// A pull request with what its head changes, merged into the first parent of the commit that it became.
fn offered(store: &Store, facts: &LandingFacts, landed: Landed, method: MergeMethod) -> Option<LandedPull> {
    let mut stack = TreeStack::new(store, *facts.parents.first()?, method).ok()?;
    let change_id = stack.offer(landed.pull.head.oid).ok()?.change_id;
    Some(LandedPull { pull: landed.pull, at: landed.at, change_id })
}

/// The tips of target and ledger.
type Tips = (Oid, Option<Oid>);

fn tips(situation: &Situation) -> Tips {
    (situation.target.tip, situation.view.as_ref().and_then(LedgerView::tip))
}

/// What was found about recording last.
#[derive(Debug, Default)]
pub struct Recorded(Mutex<Found>);

#[derive(Debug, Default)]
struct Found {
    /// What waits to be recorded, of these tips.
    late: Option<(Tips, Option<Late>)>,
    /// The tips of which there is nothing to record.
    nothing: Option<Tips>,
    /// What the commits are that no entry accounts for.
    facts: HashMap<Oid, LandingFacts>,
    /// The pull requests that became commits of the target.
    landed: HashMap<Oid, Landed>,
}

impl Recorded {
    fn with<T>(&self, work: impl FnOnce(&mut Found) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Merges that wait to be recorded.
#[derive(Debug, Clone)]
struct Late {
    /// The proposal that waits for longest.
    proposal: String,
    /// Since when.
    landed: Timestamp,
    /// How many there are.
    count: usize,
}
