//! What was asked about checks, and when: of heads and of what branches ask for.
//!
//! Nothing here is asked by itself. What was said a moment ago is not asked again, and where GitHub does not answer at all nobody
//! waits for it once for each head.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::about;
use super::client::Client;
use super::details::{self, Details};
use super::error::GitHubError;
use super::listing::lacks_graphql;
use super::rollup;
use super::source::Source;
use super::wire::Still;
use crate::engine::ForgeChecks;
use crate::model::forge::Checks;
use crate::model::{Known, Oid};

/// Heads that are asked about at once over REST; each is two requests.
const AT_ONCE: usize = 4;
/// Heads that are not worth a question for many.
const FEW: usize = 2;
/// Heads that are remembered.
const HEADS: usize = 2_000;
/// How long it is remembered what a branch asks for.
const RULES: SignedDuration = SignedDuration::from_mins(5);
/// What is said where a branch does not tell what it asks for.
const HIDDEN: &str = "the token may not read how the branch is protected";
/// What is said where nobody is to be asked.
const SILENT: &str = "--offline asks nobody";

/// What GitHub said of checks.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    rules: HashMap<String, (Timestamp, Known<Vec<String>>)>,
    heads: HashMap<Oid, (Timestamp, Known<Checks>)>,
}

impl Asked {
    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn keep(&mut self, head: Oid, at: Timestamp, checks: Known<Checks>) {
        self.heads.insert(head, (at, checks));
        if self.heads.len() > HEADS {
            let oldest = self.heads.iter().min_by_key(|(_, (at, _))| *at).map(|(head, _)| *head);
            oldest.and_then(|head| self.heads.remove(&head));
        }
    }
}

/// Whether what was said then still holds for whoever wants it no older than this. What was not said never does.
fn is_fresh<T>(said: Option<&(Timestamp, Known<T>)>, now: Timestamp, age: SignedDuration) -> bool {
    matches!(said, Some((at, Known::Known(_))) if now.duration_since(*at).abs() < age)
}

/// Whether an error is one head's alone: another may be answered.
const fn is_own(error: &GitHubError) -> bool {
    matches!(
        error,
        GitHubError::NotFound { .. }
            | GitHubError::TooLarge { .. }
            | GitHubError::Unreadable { .. }
            | GitHubError::Refused { .. }
    )
}

impl Source {
    /// What is known of checks.
    #[must_use]
    pub fn checks(&self) -> ForgeChecks {
        let none = if self.is_silent() { ForgeChecks::unknown(SILENT) } else { ForgeChecks::unasked() };
        self.asked.with(|kept| {
            let rules = kept.rules.iter().map(|(target, (_, names))| (target.clone(), names.clone()));
            let heads = kept.heads.iter().map(|(head, (_, checks))| (*head, checks.clone()));
            ForgeChecks { asked: rules.collect(), heads: heads.collect(), ..none }
        })
    }

    /// Asks what these targets ask for, by their full names, and answers which ask for anything.
    pub fn ask_rules<'t>(&self, targets: &BTreeSet<&'t str>, now: Timestamp, still: Still<'_>) -> BTreeSet<&'t str> {
        for target in targets {
            let known = self.asked.with(|kept| is_fresh(kept.rules.get(*target), now, RULES));
            if known || self.is_silent() || !still() {
                continue;
            }
            let branch = target.strip_prefix("refs/heads/").unwrap_or(target);
            let names = match self.ask(|client| about::rules(client, &self.repo, branch, still)) {
                Err(GitHubError::Stopped) => continue,
                Ok(rules) if rules.hidden => Known::Unknown(HIDDEN.to_owned()),
                rules => rules.map(|rules| rules.checks).into(),
            };
            self.asked.with(|kept| kept.rules.insert((*target).to_owned(), (now, names)));
        }
        let asks = |kept: &Kept, target: &str| {
            kept.rules.get(target).and_then(|(_, names)| names.found()).is_some_and(|names| !names.is_empty())
        };
        self.asked.with(|kept| targets.iter().copied().filter(|target| asks(kept, target)).collect())
    }

    /// Asks for the checks of these heads, but for those that were asked for within `age`.
    pub fn ask_checks(&self, heads: &[Oid], now: Timestamp, age: SignedDuration, still: Still<'_>) {
        let stale = |head: &&Oid| self.asked.with(|kept| !is_fresh(kept.heads.get(*head), now, age));
        let mut wanted: Vec<Oid> = heads.iter().filter(stale).copied().collect();
        if self.is_silent() || wanted.is_empty() {
            return;
        }
        if wanted.len() > FEW {
            self.ask_many(&mut wanted, now, still);
        }
        let (next, down) = (AtomicUsize::new(0), Mutex::new(None::<String>));
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(wanted.len()) {
                scope.spawn(|| {
                    while let Some(head) = wanted.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| still()) {
                        self.ask_one(*head, now, &down, still);
                    }
                });
            }
        });
    }

    /// Asks for those that are heads of listed pull requests many at a time, and leaves those of which that does not tell all. Where it
    /// fails just now nothing is known of them: asking for each instead would be hundreds of questions to one that is in trouble.
    fn ask_many(&self, wanted: &mut Vec<Oid>, now: Timestamp, still: Still<'_>) {
        let pulls = self.pulls();
        let listed = pulls.iter().filter(|pull| wanted.contains(&pull.head.oid) && !pull.node_id.is_empty());
        let listed: Vec<(&str, Oid)> = listed.map(|pull| (pull.node_id.as_str(), pull.head.oid)).collect();
        for (at, some) in listed.chunks(rollup::PAGE).enumerate() {
            let ids: Vec<&str> = some.iter().map(|(id, _)| *id).collect();
            match self.ask(|client| rollup::rollups(client, &ids, still)) {
                Ok(told) => {
                    wanted.retain(|head| !told.contains_key(head));
                    let known = told.into_iter().map(|(head, checks)| (head, Known::Known(checks)));
                    self.asked.with(|kept| known.for_each(|(head, checks)| kept.keep(head, now, checks)));
                }
                // REST says so of each, or nobody wants to know.
                Err(error) if lacks_graphql(&error) || matches!(error, GitHubError::Stopped) => return,
                Err(error) => {
                    let left: Vec<Oid> = listed[at * rollup::PAGE..].iter().map(|(_, head)| *head).collect();
                    wanted.retain(|head| !left.contains(head));
                    let why = Known::Unknown(error.to_string());
                    self.asked.with(|kept| left.into_iter().for_each(|head| kept.keep(head, now, why.clone())));
                    return;
                }
            }
        }
    }

    fn ask_one(&self, head: Oid, now: Timestamp, down: &Mutex<Option<String>>, still: Still<'_>) {
        let why = down.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let checks = match why {
            Some(why) => Known::Unknown(why),
            None => match self.ask(|client| details::checks(client, &self.repo, head, still)) {
                Err(GitHubError::Stopped) => return,
                Err(error) if !is_own(&error) => {
                    let why = error.to_string();
                    *down.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
                    Known::Unknown(why)
                }
                checks => checks.into(),
            },
        };
        self.asked.with(|kept| kept.keep(head, now, checks));
    }

    /// All that is said of a pull request; of remarks those since a time.
    pub fn details(
        &self,
        number: u64,
        head: Oid,
        since: Option<Timestamp>,
        now: Timestamp,
        still: Still<'_>,
    ) -> Result<Details, GitHubError> {
        if self.is_silent() {
            return Err(GitHubError::Silent);
        }
        let details = self.ask(|client| details::details(client, &self.repo, number, head, since, still))?;
        self.asked.with(|kept| kept.keep(head, now, details.checks.clone()));
        Ok(details)
    }

    /// Asks something that only adds to the list: nobody waits for it where the list itself was just waited for in vain.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Client) -> Result<T, GitHubError>) -> Result<T, GitHubError> {
        if let Some(error) = self.is_down() {
            return Err(error);
        }
        let client = self.connection().client()?;
        question(&client).map_err(|error| self.connection().refused(error))
    }
}
