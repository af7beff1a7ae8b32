//! Telling a forge what the ledger says: reviews, comments and merges, each once.
//!
//! What is owed to the forge is kept in the state folder from the moment that the ledger has it until it was told, so that a
//! sitting that ends anywhere is finished by the next. One thread of one process posts at a time; whoever posts the same from
//! another host finds it there by its mark.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::time::Duration;

use crate::engine::{self, Desk, Fate, Merging, NextStep, PostOrder, Refusal, Report};
use crate::ledger::LedgerView;
use crate::model::{EntryId, Problem, Queued, text};

use super::again::Place;
use super::checks;
use super::fault;
use super::git::stack::TreeStack;
use super::git::store::{StoreError, Writes};
use super::git::write::WriteError;
use super::github::{GitHubError, Posted, Source, Still, post_all};
use super::index;
use super::signer;
use super::told::{Came, CaughtUp, Tally, Told, tell};
use super::workspace::{Scope, Situation, Workspace};

/// How long another console of this host is waited for: a batch takes minutes.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Why a forge was not told, or what it merged not recorded. What is owed stays owed.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// GitHub cannot be asked.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// Objects could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger could not be moved.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Another process of this host is at it.
    #[error("another countersign on this host is telling it just now")]
    Busy,
    /// Nobody can post or record here now.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What came of posting, and of what follows it.
#[derive(Default)]
struct Posting {
    told: Vec<Told>,
    problems: Vec<Problem>,
}

/// Who watches.
pub struct Watch<'a> {
    /// Told how many of how many posts are made.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Whether somebody still waits: nothing new is begun where nobody does.
    pub still: Still<'a>,
}

impl Workspace {
    /// Remembers that the forge has to be told of entries; without a forge there is nothing to tell. Says what could not be kept.
    pub(super) fn owe(&self, entries: impl IntoIterator<Item = EntryId>) -> Vec<Problem> {
        if self.forge.is_none() {
            return Vec::new();
        }
        let keep = |entry| self.state.keep_post(entry).err().map(|error| (entry, error));
        let unkept: Vec<(EntryId, std::io::Error)> = entries.into_iter().filter_map(keep).collect();
        let Some((_, error)) = unkept.first() else { return Vec::new() };
        let next = if unkept.iter().all(|(entry, _)| self.state.has_intent(*entry)) {
            "mend that folder; until GitHub was told, the decision stays in the outbox, by which the next command finds it"
        } else {
            "mend that folder; if GitHub is not told now, decide the same again"
        };
        let what = format!("what GitHub has to be told could not be kept: {}", text::single_line(&error.to_string()));
        vec![Problem { place: self.repository.name.clone(), what, next: next.to_owned() }]
    }

    /// Tells the forge all that this host owes it, in the order of the ledger, and records what it merged; `own` are entries that are
    /// told even if somebody else here told them meanwhile, so that their signer hears what came of it. Where another console here
    /// is at it for longer than we have patience, that one does.
    fn post(&self, watch: &Watch<'_>, patience: Duration, own: &[EntryId]) -> Result<Posting, PostError> {
        let Some(forge) = &self.forge else { return Ok(Posting::default()) };
        let alone = self.turn(watch, patience).map_err(WriteError::from)?;
        let Some(_alone) = alone else { return Err(PostError::Busy) };
        // A hardware key feels a finger at each signature: nobody is asked for one who decided nothing.
        let unasked = patience.is_zero() && !self.repository.asks;
        let owed: BTreeSet<EntryId> = self.state.posts().into_iter().chain(own.iter().copied()).collect();
        let mut told = Vec::new();
        if !owed.is_empty() {
            // What was merged and not recorded may be what the rest is judged by.
            self.record(unasked, watch.still)?;
            told = self.make_posts(forge, &owed, own, watch)?;
        }
        let merged = told.iter().any(|told| told.came.merged_now().is_some());
        let fetched =
            if merged { self.repository.fetch().map_err(|error| WriteError::from(error).into()) } else { Ok(()) };
        let recorded = self.record(unasked, watch.still);
        if merged && fetched.is_ok() {
            self.look_for(&mut told, recorded.is_ok(), unasked)?;
        }
        let offered = self.offer_lessons(forge, watch);
        // GitHub was told, whatever became of what follows.
        let after = [
            (fetched, "what GitHub merged could not be fetched, and is not recorded yet"),
            (recorded, "what was merged on GitHub is not recorded yet"),
            (offered, "no pull request was opened for the lessons that wait"),
        ];
        let problems = after.into_iter().filter_map(|(done, what)| Some(self.after_posting(what, &done.err()?)));
        Ok(Posting { told, problems: problems.collect() })
    }

    /// Waits until nobody else on this host tells the forge anything; `None` once patience ends, or nobody waits for it any more.
    fn turn(&self, watch: &Watch<'_>, patience: Duration) -> std::io::Result<Option<File>> {
        let (file, at_once) = (self.state.path().join("posts"), patience.min(Duration::from_secs(1)));
        for _ in 0..patience.as_secs().max(1) {
            let turn = index::lock(&file, at_once)?;
            if turn.is_some() || !(watch.still)() {
                return Ok(turn);
            }
        }
        Ok(None)
    }

    /// Says of what GitHub merged whether the target has it, and as what was approved: only that is recorded.
    fn look_for(&self, told: &mut [Told], recorded: bool, unasked: bool) -> Result<(), PostError> {
        let none = BTreeSet::new();
        let situation = self.read(&Scope { only: Some(&none), ..Scope::default() })?;
        let store = self.repository.store(Writes::InMemory)?;
        let Some(view) = &situation.view else { return Ok(()) };
        let branch = text::single_line(situation.target.branch());
        // What nobody was to sign waits for somebody who is asked.
        let waits = unasked && situation.key.as_ref().is_ok_and(signer::SigningKey::is_hardware);
        let all_recorded = recorded && !waits && situation.alarm.is_none();
        for told in told {
            let item =
                view.entry(told.entry).and_then(|entry| entry.items.iter().find(|it| it.proposal == told.proposal));
            let (Some(commit), Some(item)) = (told.came.merged_now(), item) else { continue };
            if view.merged(&item.proposal, &item.target, item.head).is_some() {
                continue;
            }
            let short = commit.short(12);
            let why = if !store.contains(situation.target.tip, commit).unwrap_or(false) {
                format!("GitHub says that it merged it as {short}, and {branch} does not have that")
            } else if all_recorded {
                format!(
                    "what GitHub merged as {short} is not what was approved, or policy does not allow it as it landed"
                )
            } else {
                continue;
            };
            told.came = Came::Astray(commit, why);
        }
        Ok(())
    }

    fn after_posting(&self, what: &str, error: &PostError) -> Problem {
        Problem {
            place: self.repository.name.clone(),
            what: format!("{what}: {}", text::single_line(&error.to_string())),
            next: "the next console or command that decides does it; `countersign doctor` says what is in the way"
                .into(),
        }
    }

    /// Tells the forge what was sent just now, and puts what came of it into the report.
    pub fn deliver(&self, report: &mut Report, watch: &Watch<'_>) {
        match self.post(watch, PATIENCE, &report.entries) {
            Ok(Posting { told, problems }) => {
                // What was owed before was said when it was looked for.
                let now: Vec<Told> = told.into_iter().filter(|told| report.entries.contains(&told.entry)).collect();
                tell(report, &now);
                report.problems.extend(problems);
            }
            Err(error) => {
                report.problems.push(self.unposted(&error));
                for item in report.items.iter_mut().filter(|item| !matches!(item.fate, Fate::Dropped { .. })) {
                    let why = text::single_line(&error.to_string());
                    item.fate = Fate::Unposted { why, next: Some(NextStep::Again) };
                }
            }
        }
    }

    /// Tells the forge what an earlier sitting owed it; `None` where another console of this host is at it, so that nothing is known
    /// of what comes of it.
    #[must_use]
    pub fn catch_up(&self, watch: &Watch<'_>) -> Option<CaughtUp> {
        match self.post(watch, Duration::ZERO, &[]) {
            Ok(Posting { told, problems }) => Some(CaughtUp::of(told, problems)),
            Err(PostError::Busy) => None,
            Err(error) => Some(CaughtUp { done: Vec::new(), problems: vec![self.unposted(&error)] }),
        }
    }

    fn unposted(&self, error: &PostError) -> Problem {
        let next = "the next console or command that decides tells it; `countersign doctor` says what is in the way";
        Problem {
            place: self.repository.name.clone(),
            what: format!("GitHub was not told all that is in the ledger: {}", text::single_line(&error.to_string())),
            next: next.into(),
        }
    }

    fn make_posts(
        &self,
        forge: &Source,
        owed: &BTreeSet<EntryId>,
        own: &[EntryId],
        watch: &Watch<'_>,
    ) -> Result<Vec<Told>, PostError> {
        let mut situation = self.read(&Scope::default())?;
        self.ask_checks_of_owed(&mut situation, owed, watch.still);
        let Some(view) = &situation.view else { return Ok(Vec::new()) };
        let (me, facts) = (forge.connection().me(watch.still)?, forge.facts(watch.still)?);
        let desk = Desk { repo: &forge.repo, facts: Some(&facts) };
        let owed = &self.due(view, owed, own);
        let (known, alarmed) = (in_order(view, owed).into_iter().collect(), situation.alarm.is_some());
        let store = self.repository.store(Writes::InMemory)?;
        let landed = self.merged_unrecorded(&situation)?;
        let mut tally = Tally::new(landed, forge.is_whole());
        let mut stack = TreeStack::new(&store, situation.target.tip, situation.policy().merge)?;
        let mut merging = Merging::on(&mut stack);
        for id in in_order(view, owed) {
            tally.add(id, engine::posts(&situation.world(), id, desk, &mut merging)?);
        }
        let client = forge.connection().client()?;
        let orders = std::mem::take(&mut tally.orders);
        let total = orders.len();
        (watch.progress)(0, total);
        let merged = Cell::new(situation.target.tip);
        let mut may = |order: &PostOrder| {
            let mut place = Place { target: merged.get(), situation: &mut situation };
            let made = self.may_be_made(forge, &mut place, order, watch.still);
            merged.set(place.target);
            made
        };
        post_all(&client, &me, &orders, watch.still, &mut may, &mut |at, outcome| {
            if let Ok(Posted { commit: Some(commit), .. }) = &outcome {
                merged.set(*commit);
            }
            let _ = fault::point(&format!("after-post-{}", at + 1));
            tally.take(&orders[at], outcome);
            (watch.progress)(at + 1, total);
        });
        // Of a ledger that raises an alarm nobody knows what it lacks.
        let judged = if alarmed { &known } else { owed };
        // One that stays is looked at again, and found told.
        tally.settle(judged, |id| drop(self.state.drop_post(id)));
        let told = tally.told();
        self.tried.keep(&told, self.clock.now());
        Ok(told)
    }

    /// What is to be told now. Whoever decides has looked at what is owed just before: of that, what was tried in vain then is left
    /// alone, unless it is about what was decided now, and comes before that.
    fn due(&self, view: &LedgerView, owed: &BTreeSet<EntryId>, own: &[EntryId]) -> BTreeSet<EntryId> {
        let proposals = |id: &EntryId| {
            view.entry(*id).into_iter().flat_map(|entry| &entry.items).map(|item| item.proposal.as_str())
        };
        let (now, ours) = (self.clock.now(), own.iter().flat_map(proposals).collect::<BTreeSet<&str>>());
        let is_ours = |id: &EntryId| own.contains(id) || proposals(id).any(|name| ours.contains(name));
        owed.iter().copied().filter(|id| own.is_empty() || is_ours(id) || !self.tried.is_recent(*id, now)).collect()
    }

    /// What is merged by its checks is merged by what they say now.
    fn ask_checks_of_owed(&self, situation: &mut Situation, owed: &BTreeSet<EntryId>, still: Still<'_>) {
        let entries = situation.view.iter().flat_map(|view| owed.iter().filter_map(|id| view.entry(*id)));
        let names: BTreeSet<String> =
            entries.flat_map(|entry| &entry.items).map(|item| item.proposal.clone()).collect();
        let wanted = |queued: &Queued| names.contains(&queued.proposal.id);
        self.ask_checks(situation, &wanted, checks::MERGING, still);
    }
}

/// Entries in the order of the ledger; those that it does not have are not to be told.
fn in_order(view: &LedgerView, owed: &BTreeSet<EntryId>) -> Vec<EntryId> {
    view.entries().iter().map(|entry| entry.id).filter(|id| owed.contains(id)).collect()
}
