//! What a recorded decision says on a forge: the exact posts, in order, each with a mark by which it is known again.
//!
//! The ledger comes first: [`posts`] makes an order only from an entry that the ledger has and that still stands, for the round that
//! the entry names, and a merge only where policy is satisfied by what the ledger has. Posting can end anywhere and be begun
//! again, by anybody: what was posted is found by its mark. Reviews and comments are the word of the person who signed the
//! entry, and nobody else is given an order for them; a merge is anybody's, since the approvals carry it.

use crate::ledger::{Entry, EntryKind, Item, LedgerView};
use crate::model::forge::{RepoFacts, RepoName};
use crate::model::{ChangeId, Comment, EntryId, Oid, Outcome, Proposal, text};
use crate::policy::{self, Evaluation, MergeMethod, OnReject, Person, Root};

use super::planning::{authority, blocking, no_genesis};
use super::{Authorised, Refusal, Stack, World, record, root, standing};

mod wording;

pub use wording::BODY_LIMIT;

/// Why a review waits where GitHub would take it for leave to merge.
const AUTO_MERGE: &str =
    "GitHub is set to merge it by itself as soon as it is reviewed, and policy wants more: the review waits for that";
/// Remarks on lines that go as such: more are told in the text of the review.
const MOST_COMMENTS: usize = 100;

/// A post that may be made. Only [`posts`] makes one.
pub type PostOrder = Authorised<Post>;

/// One thing that is done on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The repository.
    pub repo: RepoName,
    /// The number of the pull request.
    pub number: u64,
    /// The entry that it tells.
    pub entry: EntryId,
    /// Where it was to land when it was decided on, by its full name.
    pub target: String,
    /// The head that was decided on.
    pub head: Oid,
    /// The login in whose name it may be done; `None` where policy names none.
    pub login: Option<String>,
    /// What is done.
    pub act: Act,
}

/// What is done on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A review that approves the head.
    Approve {
        /// Its text.
        body: String,
    },
    /// A review that wants changes.
    RequestChanges {
        /// Its text.
        body: String,
        /// The remarks on lines.
        comments: Vec<Comment>,
        /// The text with the remarks in it, for lines that the forge does not show.
        whole: String,
    },
    /// A comment on the whole.
    Comment {
        /// Its text.
        body: String,
    },
    /// The pull request is merged.
    Merge {
        /// How.
        method: MergeMethod,
        /// The first line of the commit.
        title: String,
        /// The rest of its message; the last paragraph names the entry.
        message: String,
    },
    /// The pull request is closed without a merge.
    Close,
    /// The reviews that told earlier decisions are dismissed.
    Dismiss {
        /// Why, which everybody sees.
        message: String,
    },
}

impl Act {
    /// The word of marks, and of progress.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::RequestChanges { .. } => "reject",
            Self::Comment { .. } => "comment",
            Self::Merge { .. } => "merge",
            Self::Close => "close",
            Self::Dismiss { .. } => "withdraw",
        }
    }
}

impl Post {
    /// Whether a text on the forge is a post of any decision on this pull request.
    #[must_use]
    pub fn is_ours(&self, body: &str) -> bool {
        tells(body, self.number).is_some()
    }

    /// Whether a text on the forge is this post: its mark comes first, where no text of others can stand.
    #[must_use]
    pub fn is_told_by(&self, body: &str) -> bool {
        body.trim_start().starts_with(&mark(self.entry, self.number, self.act.word()))
    }

    /// Whether the message of a commit is that of this merge: the lines that name entry, proposal and head are in it, whatever a
    /// forge put below.
    #[must_use]
    pub fn is_landed_by(&self, commit_message: &str) -> bool {
        let Act::Merge { message, .. } = &self.act else { return false };
        let named = message.rsplit("\n\n").next().unwrap_or_default();
        named.lines().all(|line| commit_message.lines().any(|other| other == line))
    }
}

/// The mark of a post: nothing is shown of it.
fn mark(entry: EntryId, number: u64, word: &str) -> String {
    format!("<!-- countersign {entry} {number} {word} -->")
}

/// The entry that a review or comment on a pull request tells, where its text begins with the mark of one.
#[must_use]
pub fn tells(body: &str, number: u64) -> Option<EntryId> {
    let mut parts = body.trim_start().strip_prefix("<!-- countersign ")?.split(' ');
    let (entry, named) = (parts.next()?, parts.next()?);
    entry.parse().ok().filter(|_| named == number.to_string())
}

/// Where posts go.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The repository on the forge.
    pub repo: &'a RepoName,
    /// What the forge says of it, where that was asked.
    pub facts: Option<&'a RepoFacts>,
}

/// What is to be done for an entry.
#[derive(Debug, Clone, Default)]
pub struct Posts {
    /// In this order.
    pub orders: Vec<PostOrder>,
    /// What is not to be done, or not now.
    pub held: Vec<Held>,
}

/// A proposal of an entry for which something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The proposal.
    pub proposal: String,
    /// Why.
    pub hold: Hold,
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// It was done: the ledger has it merged as this commit.
    Merged(Oid),
    /// Its merge waits for people or for checks.
    Waits(String),
    /// Whether it may be done was not told just now.
    Unknown(String),
    /// It is not in the queue: merged, closed, left out by the settings, or not listed just now.
    Unlisted,
    /// It is another person's to say.
    Theirs(String),
    /// It may not be done.
    Refused(String),
}

impl From<String> for Hold {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

impl From<&str> for Hold {
    fn from(why: &str) -> Self {
        Self::Refused(why.to_owned())
    }
}

impl Hold {
    /// Why, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Merged(commit) => format!("it is recorded as merged as {}", commit.short(12)),
            Self::Unlisted => "it is in the queue no more: merged, closed, or left out by the settings".into(),
            Self::Theirs(person) => format!("the word of {} is theirs to post", text::single_line(person)),
            Self::Waits(why) | Self::Unknown(why) | Self::Refused(why) => why.clone(),
        }
    }
}

/// What is merged in one sitting, over all its entries: what lands before is counted for what lands after.
pub struct Merging<'a> {
    /// Merges on the target's tip.
    stack: &'a mut dyn Stack,
    /// How many merges were ordered.
    merges: usize,
    /// Whether one of them changes what others are judged by: nothing lands after it before it is recorded.
    is_closed: bool,
}

impl<'a> Merging<'a> {
    /// Of a stack that merges on the tip of the target, and has nothing on it yet.
    #[must_use]
    pub fn on(stack: &'a mut dyn Stack) -> Self {
        Self { stack, merges: 0, is_closed: false }
    }
}

/// What an entry of the ledger says on the forge, as the world is now: for each pull request in the entry's order first the
/// review or comment, then the merge or the closing.
pub fn posts(world: &World<'_>, id: EntryId, desk: Desk<'_>, merging: &mut Merging<'_>) -> Result<Posts, Refusal> {
    let (root, me) = authority(world)?;
    let (ledger, entry) = told(world, id)?;
    let mut clerk = Clerk { world, root, me, ledger, entry, desk, merging, posts: Posts::default() };
    for item in &entry.items {
        if let Err(hold) = clerk.add(item) {
            clerk.hold(item, hold);
        }
    }
    Ok(clerk.posts)
}

/// The entry that is told, where the ledger can be believed and has it.
fn told<'w>(world: &World<'w>, id: EntryId) -> Result<(&'w LedgerView, &'w Entry), Refusal> {
    if let Some(alarm) = world.alarm {
        return Err(Refusal::new(format!("nothing can be posted: {alarm}"), "see `countersign ledger verify`"));
    }
    let ledger = world.ledger.ok_or_else(no_genesis)?;
    let short = id.short(8);
    let entry = ledger.entry(id).ok_or_else(|| {
        Refusal::new(format!("the ledger has no entry {short}"), "record the decision first: nothing is posted before")
    })?;
    Ok((ledger, entry))
}

/// Whether an approval or a merge that was ordered may be made as the world is now, which may have moved since; the text says why
/// not. What only writes down that somebody objects may always be made.
pub fn stands(world: &World<'_>, order: &PostOrder) -> Result<Result<(), String>, Refusal> {
    let merges = match order.act {
        Act::Approve { .. } => false,
        Act::Merge { .. } => true,
        _ => return Ok(Ok(())),
    };
    let (ledger, entry) = told(world, order.entry)?;
    let Some(item) = entry.items.iter().find(|item| number(&item.proposal) == Some(order.number)) else {
        return Ok(Err("the entry does not name it".into()));
    };
    let approved = approved(world, ledger, entry, item).map_err(|hold| hold.words());
    Ok(approved.and_then(|(_, _, evaluation)| match evaluation.ruling.outcome {
        Outcome::Satisfied => Ok(()),
        _ if !merges => Ok(()),
        _ => Err(blocking(&evaluation.ruling).0),
    }))
}

/// The proposal that an entry approves, its change, and what policy says of it, where the approval stands and nobody objects.
fn approved<'w>(
    world: &World<'w>,
    ledger: &LedgerView,
    entry: &Entry,
    item: &Item,
) -> Result<(&'w Proposal, ChangeId, Evaluation), Hold> {
    let change_id = item.change_id.ok_or("the entry names no change")?;
    // A void gives back what it would land; what persons object to stands.
    if let Some(void) = ledger.voided(entry.id) {
        return Err(format!("entry {} was taken back by {}: decide anew", entry.id.short(8), void.short(8)).into());
    }
    let proposal = world.proposal(&item.proposal).ok_or(Hold::Unlisted)?;
    if proposal.head != item.head || proposal.diff().map(|diff| diff.change_id) != Some(change_id) {
        return Err("it is not what was approved any more: look at the new round".into());
    }
    let approvals = ledger.approvals_for(&item.proposal, &item.target, item.head, change_id);
    if proposal.target.refname != item.target || approvals.iter().all(|approval| approval.entry != entry.id) {
        return Err("the approval does not stand any more".into());
    }
    let evaluation = world.judge(proposal).map_err(|errors| blocking(&policy::error_ruling(errors)).0)?;
    if !evaluation.ruling.approvable() {
        return Err(blocking(&evaluation.ruling).0.into());
    }
    // A forge counts approvals, and knows of no holds.
    if let Some(objection) = world.said_of(proposal, proposal.diff().map(AsRef::as_ref)).1.first() {
        let person = text::single_line(&objection.person);
        return Err(format!("the {} of {person} stands against it", objection.kind).into());
    }
    Ok((proposal, change_id, evaluation))
}

/// Who writes the orders of one entry.
struct Clerk<'a, 'w, 's> {
    world: &'a World<'w>,
    root: &'a Root,
    me: &'a Person,
    ledger: &'a LedgerView,
    entry: &'a Entry,
    desk: Desk<'a>,
    merging: &'a mut Merging<'s>,
    posts: Posts,
}

impl Clerk<'_, '_, '_> {
    fn add(&mut self, item: &Item) -> Result<(), Hold> {
        let number = match number(&item.proposal) {
            Some(number) => number,
            None if self.entry.kind == EntryKind::Approve => return Err("it is no pull request".into()),
            // Of a branch there is nobody to tell.
            None => return Ok(()),
        };
        if let Some(merged) = self.ledger.merged(&item.proposal, &item.target, item.head) {
            if self.entry.kind != EntryKind::Approve {
                return Err("it is recorded as merged".into());
            }
            self.hold(item, Hold::Merged(merged.commit));
            return Ok(());
        }
        match self.entry.kind {
            EntryKind::Approve => self.approve(item, number),
            EntryKind::Reject | EntryKind::Hold | EntryKind::Ask => self.object(item, number),
            EntryKind::Withdraw => self.withdraw(item, number),
            kind => Err(format!("nothing is posted for the kind {kind}").into()),
        }
    }

    fn approve(&mut self, item: &Item, number: u64) -> Result<(), Hold> {
        let (proposal, change_id, evaluation) = approved(self.world, self.ledger, self.entry, item)?;
        let open = evaluation.ruling.outcome != Outcome::Satisfied;
        if open && proposal.pull.as_ref().is_some_and(|pull| pull.auto_merge) {
            // Whoever switched that on waits for nothing but this review.
            return Err(Hold::Unknown(AUTO_MERGE.into()));
        }
        if self.entry.by == self.me.name {
            let body = wording::approved(&self.header(number, "approve"), self.entry, item.head);
            self.order(item, number, Act::Approve { body });
        } else if open {
            return Err(Hold::Theirs(self.entry.by.clone()));
        }
        if open {
            let why = blocking(&evaluation.ruling).0;
            let told = self.world.is_told(proposal);
            return Err(if told { Hold::Waits(why) } else { Hold::Unknown(why) });
        }
        if evaluation.lands_alone && self.entry.items.len() > 1 {
            return Err("it changes what others are judged by, so it lands alone".into());
        }
        if self.merging.is_closed || evaluation.lands_alone && self.merging.merges > 0 {
            return Err(Hold::Unknown("what others are judged by changes, and lands and is recorded alone".into()));
        }
        self.merging.is_closed = evaluation.lands_alone;
        self.merge(item, proposal, change_id, number)
    }

    /// The merge of what was approved, on top of those before it.
    fn merge(&mut self, item: &Item, proposal: &Proposal, approved: ChangeId, number: u64) -> Result<(), Hold> {
        let method = self.method()?;
        let stacked = self.merging.stack.offer(proposal.head)?;
        if stacked.change_id != approved {
            let why = "what lands before it changes what it would do: look at it again after that";
            // What lands before it may still fail; once it has landed this is not what was approved any more.
            return Err(if self.entry.items.len() > 1 { why.into() } else { Hold::Unknown(why.into()) });
        }
        let again = self.world.judge_as(proposal, Some(&stacked), None);
        let ruling = again.map_or_else(policy::error_ruling, |evaluation| evaluation.ruling);
        if ruling.outcome != Outcome::Satisfied {
            return Err(blocking(&ruling).0.into());
        }
        self.merging.stack.accept();
        self.keeps_a_root(&stacked)?;
        self.merging.merges += 1;
        let (title, message) = self.commit_words(item, proposal, number);
        self.order(item, number, Act::Merge { method, title, message });
        Ok(())
    }

    /// How it is merged: as policy says, where the forge lets it.
    fn method(&self) -> Result<MergeMethod, String> {
        let method = self.root.policy.merge;
        let (word, lets) = match method {
            MergeMethod::Squash => ("squash", self.desk.facts.and_then(|facts| facts.squash)),
            MergeMethod::Merge => ("merge", self.desk.facts.and_then(|facts| facts.merge)),
        };
        if lets == Some(false) {
            return Err(format!("policy says `merge: {word}`, and the settings of {} forbid it", self.desk.repo));
        }
        Ok(method)
    }

    /// A change of policy or signers must leave some that can rule.
    fn keeps_a_root(&self, stacked: &crate::model::TreeDiff) -> Result<(), String> {
        let read = |path: &str| self.merging.stack.file(path);
        let (ledger, demo) = (self.root.policy.ledger.as_ref(), self.ledger.is_demo());
        let fault = root::touched(stacked).then(|| root::fault(read, ledger, demo)).flatten();
        fault.map_or(Ok(()), |why| Err(format!("the policy that it brings could not rule: {why}")))
    }

    fn commit_words(&self, item: &Item, proposal: &Proposal, number: u64) -> (String, String) {
        let subject = record::landing_subject(&proposal.title, &standing::summary(proposal));
        let said = proposal.messages.last().map(|message| record::landing_body(message)).unwrap_or_default();
        let separator = if said.is_empty() { "" } else { "\n\n" };
        let trailers = record::landing_trailers(self.entry.id, &item.proposal, item.head);
        let title = format!("{} (#{number})", text::inert(&subject));
        (title, format!("{}{separator}{trailers}", text::inert(&said)))
    }

    /// An objection binds the rounds after it too, so that it is told wherever the head is; but nothing is closed unseen.
    fn object(&mut self, item: &Item, number: u64) -> Result<(), Hold> {
        if self.entry.by != self.me.name {
            return Err(Hold::Theirs(self.entry.by.clone()));
        }
        let standing = self.ledger.objections(&item.proposal, item.head, item.change_id);
        if standing.iter().all(|objection| objection.entry != self.entry.id) {
            return Err("the objection was lifted".into());
        }
        if self.entry.kind != EntryKind::Reject {
            let body = wording::objected(&self.header(number, "comment"), self.entry, item.head, true);
            self.order(item, number, Act::Comment { body });
            return Ok(());
        }
        let header = self.header(number, "reject");
        let on_lines = self.entry.items.len() == 1 && self.entry.comments.len() <= MOST_COMMENTS;
        let whole = wording::objected(&header, self.entry, item.head, true);
        let body = if on_lines { wording::objected(&header, self.entry, item.head, false) } else { whole.clone() };
        let comments = if on_lines { wording::comments(&self.entry.comments) } else { Vec::new() };
        self.order(item, number, Act::RequestChanges { body, comments, whole });
        if self.root.policy.on_reject == OnReject::Close {
            self.order(item, number, Act::Close);
        }
        Ok(())
    }

    /// A word that was taken back counts no more on the forge either, unless its speaker has decided anew since.
    fn withdraw(&mut self, item: &Item, number: u64) -> Result<(), Hold> {
        if self.entry.by != self.me.name {
            return Err(Hold::Theirs(self.entry.by.clone()));
        }
        let own = self.ledger.history(&item.proposal).filter(|(entry, _)| entry.by == self.me.name);
        if own.last().is_none_or(|(entry, _)| entry.id != self.entry.id) {
            return Err("it was decided anew since".into());
        }
        let message = wording::withdrawn(self.entry);
        self.order(item, number, Act::Dismiss { message });
        Ok(())
    }

    fn header(&self, number: u64, word: &str) -> String {
        mark(self.entry.id, number, word)
    }

    fn hold(&mut self, item: &Item, hold: Hold) {
        self.posts.held.push(Held { proposal: item.proposal.clone(), hold });
    }

    fn order(&mut self, item: &Item, number: u64, act: Act) {
        let post = Post {
            repo: self.desk.repo.clone(),
            number,
            entry: self.entry.id,
            target: item.target.clone(),
            head: item.head,
            login: self.me.github.clone(),
            act,
        };
        self.posts.orders.push(Authorised::grant(post));
    }
}

/// The number of a pull request by its name: `#12`, in its one spelling.
fn number(proposal: &str) -> Option<u64> {
    let digits = proposal.strip_prefix('#')?;
    let number: u64 = digits.parse().ok()?;
    (number > 0 && number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests;
