//! What came of telling a forge: of each proposal of each entry one outcome, and what stays owed by it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::engine::{Act, Fate, Held, Hold, NextStep, PostOrder, Posts, Report};
use crate::model::{EntryId, Oid, Problem, text};

use super::github::{Posted, Refused};

/// What a proposal of an entry came to on the forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The entry.
    pub entry: EntryId,
    /// The proposal.
    pub proposal: String,
    /// What came of it.
    pub came: Came,
}

/// What came of a proposal of an entry. Of several posts the last of this list counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It was there already: that is no news.
    There,
    /// It was posted.
    Posted,
    /// It is another person's to say: it waits for that person.
    Theirs,
    /// It is there, and the merge waits, for this.
    Waits(String),
    /// It is there, and whether it may be merged was not told just now: it is tried again.
    Untold(String),
    /// It, or a part of it, is not there, and will not be.
    Refused(String, Option<NextStep>),
    /// It, or a part of it, is not there yet, and is tried again.
    Owed(String, NextStep),
    /// The ledger has it as merged: that is no news.
    Recorded(Oid),
    /// It was merged.
    Merged(Oid),
    /// It was merged, and not as it was approved, or that is not known.
    Astray(Oid, String),
}

impl Came {
    const fn rank(&self) -> u8 {
        match self {
            Self::There => 0,
            Self::Posted => 1,
            Self::Theirs => 2,
            Self::Waits(_) => 3,
            Self::Untold(_) => 4,
            Self::Refused(..) => 5,
            Self::Owed(..) => 6,
            Self::Recorded(_) | Self::Merged(_) => 7,
            Self::Astray(..) => 8,
        }
    }

    fn refused(why: String, next: Option<NextStep>) -> Self {
        match next {
            Some(next) if next.is_by_itself() => Self::Owed(why, next),
            next => Self::Refused(why, next),
        }
    }

    /// Whether the entry is owed because of it.
    const fn is_owed(&self) -> bool {
        matches!(self, Self::Theirs | Self::Untold(_) | Self::Owed(..))
    }

    /// The commit that it was merged as, where the ledger does not have that yet.
    #[must_use]
    pub const fn merged_now(&self) -> Option<Oid> {
        match self {
            Self::Merged(commit) => Some(*commit),
            _ => None,
        }
    }
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
    /// In words, with what came of what follows.
    pub(super) fn of(told: Vec<Told>, problems: Vec<Problem>) -> Self {
        let mut caught = Self { done: Vec::new(), problems };
        for told in told {
            caught.add(told);
        }
        caught
    }

    fn add(&mut self, told: Told) {
        let (place, entry) = (text::single_line(&told.proposal), told.entry.short(8));
        match told.came {
            Came::Recorded(_) | Came::Theirs | Came::There => {}
            Came::Posted => self.done.push(format!("GitHub was told of entry {entry} on {place}")),
            Came::Waits(why) => {
                let why = text::single_line(&why);
                self.done.push(format!("GitHub was told of entry {entry} on {place}, which is not merged yet: {why}"));
            }
            Came::Merged(commit) => {
                self.done.push(format!("{place} was merged as {}, as entry {entry} says", commit.short(12)));
            }
            Came::Refused(why, next) => self.problem(place, unposted(&entry, &why), next),
            Came::Owed(why, next) => self.problem(place, unposted(&entry, &why), Some(next)),
            Came::Untold(why) => self.problem(place, unposted(&entry, &why), Some(NextStep::Again)),
            Came::Astray(_, why) => {
                let what = format!("entry {entry}: {}", text::single_line(&why));
                self.problem(place, what, Some(NextStep::Verify));
            }
        }
    }

    fn problem(&mut self, place: String, what: String, next: Option<NextStep>) {
        let next = next.map_or("look at it with `countersign ledger log`", NextStep::words).to_owned();
        self.problems.push(Problem { place, what, next });
    }
}

fn unposted(entry: &str, why: &str) -> String {
    format!("entry {entry} is in the ledger, and not on GitHub: {}", text::single_line(why))
}

/// What is to be posted, and what came of it.
pub(super) struct Tally {
    landed: BTreeMap<String, Oid>,
    is_whole: bool,
    /// The posts.
    pub orders: Vec<PostOrder>,
    told: BTreeMap<(EntryId, String), Came>,
}

impl Tally {
    /// Nothing yet. `landed` are the proposals that the target has, and the ledger not: a sitting may have ended right after a merge.
    /// Where `is_whole`, all that is open was listed, so that what is not in the list is gone.
    pub const fn new(landed: BTreeMap<String, Oid>, is_whole: bool) -> Self {
        Self { landed, is_whole, orders: Vec::new(), told: BTreeMap::new() }
    }

    /// Adds what an entry asks for.
    pub fn add(&mut self, entry: EntryId, posts: Posts) {
        for Held { proposal, hold } in posts.held {
            let words = hold.words();
            let came = match (hold, self.landed.get(&proposal)) {
                (Hold::Merged(commit), _) => Came::Recorded(commit),
                (_, Some(commit)) => Came::Merged(*commit),
                (Hold::Waits(why), None) => Came::Waits(why),
                (Hold::Theirs(_), None) => Came::Theirs,
                (Hold::Unknown(why), None) => Came::Untold(why),
                (Hold::Unlisted, None) if !self.is_whole => {
                    Came::Owed("GitHub did not list it just now".into(), NextStep::Again)
                }
                (Hold::Unlisted | Hold::Refused(_), None) => Came::Refused(words, None),
            };
            self.came(entry, &proposal, came);
        }
        self.orders.extend(posts.orders);
    }

    /// Takes in what came of a post.
    pub fn take(&mut self, order: &PostOrder, outcome: Result<Posted, Refused>) {
        let came = match outcome {
            Ok(Posted { commit: Some(commit), .. }) if matches!(order.act, Act::Merge { .. }) => Came::Merged(commit),
            Ok(Posted { before: true, .. }) => Came::There,
            Ok(_) => Came::Posted,
            Err(refused) => Came::refused(refused.to_string(), Some(refused.next())),
        };
        self.came(order.entry, &format!("#{}", order.number), came);
    }

    /// Of two that weigh the same the first says why.
    fn came(&mut self, entry: EntryId, proposal: &str, came: Came) {
        let known = self.told.entry((entry, proposal.to_owned())).or_insert(Came::There);
        if came.rank() > known.rank() {
            *known = came;
        }
    }

    /// Forgets the entries of which nothing is left to be told.
    pub fn settle(&self, owed: &BTreeSet<EntryId>, mut forget: impl FnMut(EntryId)) {
        let stays = |id: &EntryId| self.told.iter().any(|((entry, _), came)| entry == id && came.is_owed());
        owed.iter().filter(|id| !stays(id)).for_each(|id| forget(*id));
    }

    /// What came of each.
    pub fn told(self) -> Vec<Told> {
        self.told.into_iter().map(|((entry, proposal), came)| Told { entry, proposal, came }).collect()
    }
}

/// How long what was refused a moment ago is not tried again for somebody else's sake: whoever decides looks first at what is owed.
const MOMENT: SignedDuration = SignedDuration::from_mins(1);

/// The entries that were tried in vain, and when.
#[derive(Debug, Default)]
pub struct Tried(Mutex<HashMap<EntryId, Timestamp>>);

impl Tried {
    /// Whether that was a moment ago.
    pub(super) fn is_recent(&self, entry: EntryId, now: Timestamp) -> bool {
        let tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tried.get(&entry).is_some_and(|at| now.duration_since(*at).abs() < MOMENT)
    }

    pub(super) fn keep(&self, told: &[Told], now: Timestamp) {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tried.retain(|_, at| now.duration_since(*at).abs() < MOMENT);
        for told in told.iter().filter(|told| matches!(told.came, Came::Owed(..))) {
            tried.insert(told.entry, now);
        }
    }
}

/// Puts what came of posting where the report says what came of deciding.
pub(super) fn tell(report: &mut Report, told: &[Told]) {
    for item in &mut report.items {
        let Some(told) = told.iter().find(|told| told.proposal == item.subject.proposal) else { continue };
        item.fate = match &told.came {
            Came::Merged(commit) | Came::Recorded(commit) => Fate::Merged { commit: *commit },
            Came::Astray(commit, why) => Fate::Astray { commit: *commit, why: text::single_line(why) },
            Came::Refused(why, next) => Fate::Unposted { why: text::single_line(why), next: *next },
            Came::Owed(why, next) => Fate::Unposted { why: text::single_line(why), next: Some(*next) },
            // It was to be merged; where it was shown to wait, it does.
            Came::Waits(why) if item.fate == Fate::Noted => {
                Fate::Unposted { why: text::single_line(why), next: Some(NextStep::Approve) }
            }
            Came::Untold(why) if item.fate == Fate::Noted => {
                Fate::Unposted { why: text::single_line(why), next: Some(NextStep::Again) }
            }
            Came::Waits(_) | Came::Untold(_) | Came::Theirs | Came::Posted | Came::There => continue,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> EntryId {
        "07070707070707070707070707070707".parse().unwrap()
    }

    /// What is said of one that is held, and whether its entry stays owed.
    fn held(hold: Hold, landed: bool, is_whole: bool) -> (usize, usize, bool) {
        let landed = landed.then(|| ("#1".to_owned(), Oid::ZERO)).into_iter().collect();
        let mut tally = Tally::new(landed, is_whole);
        tally.add(entry(), Posts { held: vec![Held { proposal: "#1".into(), hold }], ..Posts::default() });
        let mut stays = true;
        tally.settle(&BTreeSet::from([entry()]), |_| stays = false);
        let caught = CaughtUp::of(tally.told(), Vec::new());
        (caught.done.len(), caught.problems.len(), stays)
    }

    #[test]
    fn what_is_owed_is_forgotten_only_where_its_end_is_known() {
        for (hold, landed, is_whole, wanted) in [
            (Hold::Merged(Oid::ZERO), false, true, (0, 0, false)),
            (Hold::Refused("no".into()), false, true, (0, 1, false)),
            (Hold::Refused("no".into()), true, true, (1, 0, false)),
            (Hold::Waits("ci".into()), false, true, (1, 0, false)),
            (Hold::Theirs("sam".into()), false, true, (0, 0, true)),
            (Hold::Unknown("502".into()), false, true, (0, 1, true)),
            (Hold::Unlisted, false, true, (0, 1, false)),
            (Hold::Unlisted, false, false, (0, 1, true)),
            (Hold::Unlisted, true, false, (1, 0, false)),
        ] {
            assert_eq!(held(hold.clone(), landed, is_whole), wanted, "{hold:?} {landed} {is_whole}");
        }
    }

    #[test]
    fn what_was_tried_a_moment_ago_is_known_for_that_moment() {
        let (tried, at) = (Tried::default(), Timestamp::UNIX_EPOCH);
        let told = |came| Told { entry: entry(), proposal: "#1".into(), came };
        tried.keep(&[told(Came::Posted)], at);
        assert!(!tried.is_recent(entry(), at), "that was not in vain");
        tried.keep(&[told(Came::Owed("502".into(), NextStep::Again))], at);
        let later = |seconds| at + SignedDuration::from_secs(seconds);
        assert_eq!([0, 59, 60].map(|after| tried.is_recent(entry(), later(after))), [true, true, false]);
    }
}
