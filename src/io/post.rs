//! Telling a forge what the ledger says: reviews, comments and merges, each once.
//!
//! What is owed to the forge is kept in the state folder from the moment that the ledger has it until it was told, so that a
//! sitting that ends anywhere is finished by the next. One thread of one process posts at a time; whoever posts the same from
//! another host finds it there by its mark.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::Duration;

use crate::engine::{self, Act, Desk, Fate, Held, Hold, NextStep, PostOrder, Posts, Refusal, Report};
use crate::ledger::LedgerView;
use crate::model::{EntryId, Oid, Problem, Queued, text};

use super::again::Place;
use super::checks;
use super::fault;
use super::git::stack::TreeStack;
use super::git::store::{StoreError, Writes};
use super::git::write::WriteError;
use super::github::{GitHubError, Posted, Refused, Source, Still, post_all};
use super::index;
use super::signer;
use super::workspace::{Scope, Workspace};

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

/// What a proposal of an entry came to on the forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The entry.
    pub entry: EntryId,
    /// The proposal.
    pub proposal: String,
    /// The commit that it was merged as, where it was.
    pub merged: Option<Oid>,
    /// Why it, or a part of it, was not posted, and what to do next.
    pub refused: Option<(String, Option<NextStep>)>,
    /// Why it is not merged yet, where nothing but time is wanted.
    pub waits: Option<String>,
    /// Whether the ledger says already what came of it: that is no news.
    pub known: bool,
}

impl Told {
    /// Whether it was merged, and the ledger does not have that yet.
    const fn is_merged_now(&self) -> bool {
        self.merged.is_some() && !self.known
    }
}

/// What came of posting, and of what follows it.
#[derive(Default)]
struct Posting {
    told: Vec<Told>,
    problems: Vec<Problem>,
}

/// What came of what an earlier sitting owed.
#[derive(Debug, Default)]
pub struct CaughtUp {
    /// What was done, each in a line.
    pub done: Vec<String>,
    /// What was not.
    pub problems: Vec<Problem>,
}

impl CaughtUp {
    fn of(Posting { told, problems }: Posting) -> Self {
        let mut caught = Self { done: Vec::new(), problems };
        for told in told.into_iter().filter(|told| !told.known) {
            let (name, entry) = (text::single_line(&told.proposal), told.entry.short(8));
            match (told.refused, told.merged) {
                (Some((why, next)), _) => caught.problems.push(Problem {
                    place: name,
                    what: format!("entry {entry} is in the ledger, and not on GitHub: {}", text::single_line(&why)),
                    next: next.map_or("look at it with `countersign ledger log`", NextStep::words).to_owned(),
                }),
                (None, Some(commit)) => {
                    caught.done.push(format!("{name} was merged as {}, as entry {entry} says", commit.short(12)));
                }
                (None, None) => caught.done.push(format!("GitHub was told of entry {entry} on {name}")),
            }
        }
        caught
    }
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

    /// Tells the forge all that this host owes it, in the order of the ledger, and records what it merged. Where another console
    /// here is at it for longer than we have patience, that one does.
    fn post(&self, watch: &Watch<'_>, patience: Duration) -> Result<Posting, PostError> {
        let Some(forge) = &self.forge else { return Ok(Posting::default()) };
        let alone = self.turn(watch, patience).map_err(WriteError::from)?;
        let Some(_alone) = alone else { return Err(PostError::Busy) };
        let owed: BTreeSet<EntryId> = self.state.posts().into_iter().collect();
        let mut told = if owed.is_empty() { Vec::new() } else { self.make_posts(forge, &owed, watch)? };
        if told.iter().any(Told::is_merged_now) {
            let _ = self.repository.fetch();
        }
        // A hardware key feels a finger at each signature: nobody is asked for one who decided nothing.
        let unasked = patience.is_zero() && !self.repository.asks;
        let recorded = self.record(unasked, watch.still);
        if told.iter().any(Told::is_merged_now) {
            self.look_for(&mut told, recorded.is_ok(), unasked)?;
        }
        let offered = self.offer_lessons(forge, watch);
        // GitHub was told, whatever became of what follows.
        let problems = [
            recorded.err().map(|error| self.after_posting("what was merged on GitHub is not recorded yet", &error)),
            offered
                .err()
                .map(|error| self.after_posting("no pull request was opened for the lessons that wait", &error)),
        ];
        Ok(Posting { told, problems: problems.into_iter().flatten().collect() })
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
            let (Some(commit), Some(item)) = (told.merged, item) else { continue };
            if view.merged(&item.proposal, &item.target, item.head).is_some() {
                continue;
            }
            let short = commit.short(12);
            let why = if !store.contains(situation.target.tip, commit).unwrap_or(false) {
                format!("it says that it merged it as {short}, and {branch} does not have that")
            } else if all_recorded {
                format!("what it merged as {short} does not do what was approved: {branch} moved just then")
            } else {
                continue;
            };
            (told.merged, told.refused) = (None, Some((why, Some(NextStep::Verify))));
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
        match self.post(watch, PATIENCE) {
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
        match self.post(watch, Duration::ZERO) {
            Ok(posting) => Some(CaughtUp::of(posting)),
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

    fn make_posts(&self, forge: &Source, owed: &BTreeSet<EntryId>, watch: &Watch<'_>) -> Result<Vec<Told>, PostError> {
        let mut situation = self.read(&Scope::default())?;
        // What is merged by its checks is merged by what they say now.
        let owed_items = situation.view.iter().flat_map(|view| owed.iter().filter_map(|id| view.entry(*id)));
        let names: BTreeSet<String> =
            owed_items.flat_map(|entry| &entry.items).map(|item| item.proposal.clone()).collect();
        let wanted = |queued: &Queued| names.contains(&queued.proposal.id);
        self.ask_checks(&mut situation, &wanted, checks::MERGING, watch.still);
        let Some(view) = &situation.view else { return Ok(Vec::new()) };
        let (me, facts) = (forge.connection().me(watch.still)?, forge.facts(watch.still)?);
        let desk = Desk { repo: &forge.repo, facts: Some(&facts) };
        let (known, alarmed) = (in_order(view, owed).into_iter().collect(), situation.alarm.is_some());
        let store = self.repository.store(Writes::InMemory)?;
        let mut desks = Tally { landed: self.merged_unrecorded(&situation)?, ..Tally::default() };
        for id in in_order(view, owed) {
            let mut stack = TreeStack::new(&store, situation.target.tip, situation.policy().merge)?;
            desks.add(id, engine::posts(&situation.world(), id, desk, &mut stack)?);
        }
        let client = forge.connection().client()?;
        let orders = std::mem::take(&mut desks.orders);
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
            desks.take(&orders[at], outcome);
            (watch.progress)(at + 1, total);
        });
        // Of a ledger that raises an alarm nobody knows what it lacks.
        let judged = if alarmed { &known } else { owed };
        desks.settle(judged, |id| self.state.drop_post(id).is_ok());
        Ok(desks.told.into_values().collect())
    }
}

/// Entries in the order of the ledger; those that it does not have are not to be told.
fn in_order(view: &LedgerView, owed: &BTreeSet<EntryId>) -> Vec<EntryId> {
    view.entries().iter().map(|entry| entry.id).filter(|id| owed.contains(id)).collect()
}

/// What is to be posted, and what came of it.
#[derive(Default)]
struct Tally {
    /// The proposals that the target has, and the ledger not yet: a sitting may have ended right after a merge.
    landed: BTreeMap<String, Oid>,
    orders: Vec<PostOrder>,
    told: BTreeMap<(EntryId, String), Told>,
}

impl Tally {
    fn add(&mut self, entry: EntryId, posts: Posts) {
        for Held { proposal, hold } in posts.held {
            let landed = self.landed.get(&proposal).copied();
            let told = self.of(entry, &proposal);
            match (hold, landed) {
                (Hold::Merged(commit), _) => (told.merged, told.known) = (Some(commit), true),
                (_, Some(commit)) => told.merged = Some(commit),
                (Hold::Waits(why), None) => told.waits = Some(why),
                (Hold::Refused(why), None) => told.refused = Some((why, None)),
            }
        }
        self.orders.extend(posts.orders);
    }

    fn of(&mut self, entry: EntryId, proposal: &str) -> &mut Told {
        let proposal = proposal.to_owned();
        let key = (entry, proposal.clone());
        let told = Told { entry, proposal, merged: None, refused: None, waits: None, known: false };
        self.told.entry(key).or_insert(told)
    }

    fn take(&mut self, order: &PostOrder, outcome: Result<Posted, Refused>) {
        let told = self.of(order.entry, &format!("#{}", order.number));
        match outcome {
            Ok(posted) if matches!(order.act, Act::Merge { .. }) => told.merged = posted.commit,
            Ok(_) => {}
            Err(refused) => {
                let next = refused.next();
                // The first says why the others were not made, unless a later one keeps the entry owed.
                let says_more = |(_, known): &(String, Option<NextStep>)| {
                    next.is_by_itself() && !known.is_some_and(NextStep::is_by_itself)
                };
                if told.refused.as_ref().is_none_or(says_more) {
                    told.refused = Some((refused.to_string(), Some(next)));
                }
            }
        }
    }

    /// Forgets the entries of which nothing is left to be told.
    fn settle(&self, owed: &BTreeSet<EntryId>, mut forget: impl FnMut(EntryId) -> bool) {
        for id in owed {
            let again =
                |told: &Told| told.refused.as_ref().is_some_and(|(_, next)| next.is_some_and(NextStep::is_by_itself));
            let left = self.told.iter().any(|((entry, _), told)| entry == id && again(told));
            if !left {
                // One that stays is looked at again, and found told.
                let _ = forget(*id);
            }
        }
    }
}

/// Puts what came of posting where the report says what came of deciding.
fn tell(report: &mut Report, told: &[Told]) {
    for item in &mut report.items {
        let Some(told) = told.iter().find(|told| told.proposal == item.subject.proposal) else { continue };
        match (told.merged, &told.refused, &told.waits) {
            (Some(commit), ..) => item.fate = Fate::Merged { commit },
            (None, Some((why, next)), _) => {
                item.fate = Fate::Unposted { why: text::single_line(why), next: *next };
            }
            // It was to be merged; where it was shown to wait, it does.
            (None, None, Some(why)) if item.fate == Fate::Noted => {
                item.fate = Fate::Unposted { why: text::single_line(why), next: Some(NextStep::Approve) };
            }
            (None, None, _) => {}
        }
    }
}
