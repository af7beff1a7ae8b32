//! What is written to GitHub: one post at a time, each an order of the engine's.
//!
//! Before a post is made, what is there is read: its mark says that it was made before, by whomever and on whatever host. It is sent
//! once. Where the answer is lost, breaks off or is the server's failure, reading again tells what became of it; nothing is
//! ever sent on a guess.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::error::GitHubError;
use super::refusal::{Refused, Why, by_state, is_unclear};
use super::wire::{Ask, Kind, Still};
use crate::engine::{Act, Offer, OfferOrder, Post, PostOrder};
use crate::model::forge::{Account, PullState};
use crate::model::text::single_line;
use crate::model::{Comment, CommentSide, EntryId, Oid};
use crate::policy::MergeMethod;

/// Pages of a hundred reviews or comments that are read for the mark.
const PAGES: usize = 30;
/// Between two writes to GitHub's cloud, which takes 80 a minute that make content (docs.github.com, "Rate limits for the REST
/// API"); servers of one's own have no such limit unless somebody sets one.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(750);
/// How often a merge is tried again while its target moves: others merge, too.
const MOVES: usize = 2;
/// Redirections that a write follows: a repository that was renamed.
const HOPS: usize = 2;

/// A post that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Whether it was there before.
    pub before: bool,
    /// The commit that GitHub made; only merges have one.
    pub commit: Option<Oid>,
}

/// Whether an order still may be carried out, and by this account, asked right before it is sent.
pub type May<'a> = &'a mut dyn FnMut(&PostOrder) -> Result<(), Refused>;

/// Makes posts one after the other, and tells what became of each. What follows a post of the same entry and pull request that was
/// not made is not made either; what follows one that is tried again waits for it, where it is about the same pull request, or
/// where nothing could be posted just now.
pub fn post_all(
    client: &Client,
    me: &Account,
    orders: &[PostOrder],
    still: Still<'_>,
    may: May<'_>,
    told: &mut dyn FnMut(usize, Result<Posted, Refused>),
) {
    let mut line = Line::default();
    for (at, order) in orders.iter().enumerate() {
        let outcome = if let Some(refused) = line.before(order) {
            Err(refused)
        } else {
            let outcome = post(client, me, order, still, may);
            line.take(order, &outcome);
            outcome
        };
        if let Err(refused) = &outcome {
            line.follow(order, refused);
        }
        if outcome.as_ref().is_ok_and(|posted| !posted.before) && at + 1 < orders.len() {
            breathe(client);
        }
        told(at, outcome);
    }
}

/// What came before in a line of posts.
#[derive(Default)]
struct Line {
    /// What was not made and is not tried again.
    failed: Vec<(EntryId, u64)>,
    /// The pull requests of which something is tried again.
    waited: Vec<u64>,
    /// Why nothing more is tried.
    stopped: Option<Refused>,
    /// The pull request that was answered last in a way that may be every one's.
    ominous: Option<u64>,
}

impl Line {
    /// Why a post is not tried.
    fn before(&self, order: &PostOrder) -> Option<Refused> {
        if let Some(refused) = &self.stopped {
            // Nothing was asked about this one.
            let of_all = refused.why.stops_all();
            return Some(if of_all { refused.clone() } else { Refused::from(Why::Waits).saying(refused.to_string()) });
        }
        if self.waited.contains(&order.number) {
            return Some(Why::Waits.into());
        }
        self.failed.contains(&(order.entry, order.number)).then(|| Why::Before.into())
    }

    /// Takes in what was answered.
    fn take(&mut self, order: &PostOrder, outcome: &Result<Posted, Refused>) {
        let refused = outcome.as_ref().err().filter(|refused| refused.why.is_ominous() || refused.why.stops_all());
        let again = self.ominous.is_some_and(|number| number != order.number);
        if let Some(refused) = refused.filter(|refused| refused.why.stops_all() || again) {
            self.stopped.get_or_insert_with(|| refused.clone());
        }
        self.ominous = refused.map(|_| order.number);
    }

    /// Takes in that a post is not made.
    fn follow(&mut self, order: &PostOrder, refused: &Refused) {
        if refused.next().is_by_itself() {
            self.waited.push(order.number);
        } else if refused.why != Why::Own {
            // Nobody reviews his own; policy has been asked whether it may be merged all the same.
            self.failed.push((order.entry, order.number));
        }
    }
}

/// Waits before the next write, where that many without a pause are taken for an attack.
fn breathe(client: &Client) {
    if client.host().in_the_cloud() {
        pause();
    }
}

fn pause() {
    #[expect(clippy::disallowed_methods, reason = "pacing is what this thread is here for")]
    std::thread::sleep(PAUSE);
}

/// Makes one post in the name of the client's account, unless it is there already.
pub fn post(
    client: &Client,
    me: &Account,
    order: &PostOrder,
    still: Still<'_>,
    may: May<'_>,
) -> Result<Posted, Refused> {
    let post: &Post = order;
    // A merge is anybody's; a word is its speaker's.
    let speaks = !matches!(post.act, Act::Merge { .. });
    if let Some(login) = post.login.as_deref().filter(|login| speaks && !login.eq_ignore_ascii_case(&me.login)) {
        let said = format!("{} instead of {}", single_line(&me.login), single_line(login));
        return Err(Refused::from(Why::OtherAccount).saying(said));
    }
    let desk = Desk { client, me, post, still };
    if let Act::Dismiss { message } = &post.act {
        may(order)?;
        return desk.dismiss(message);
    }
    let mut tries = 0;
    loop {
        match desk.attempt(order, may) {
            // It is pinned to its head, and was looked at anew each time.
            Err(refused) if refused.why == Why::BaseMoved && tries < MOVES => {
                tries += 1;
                pause();
            }
            outcome => return outcome,
        }
    }
}

/// Opens a pull request, unless one is open from that branch to where it is to land, or somebody closed the newest of them as the
/// branch is now: that was a no, until something else is there.
pub fn offer(client: &Client, order: &OfferOrder, still: Still<'_>) -> Result<(), GitHubError> {
    let offer: &Offer = order;
    let (what, pulls) =
        (format!("the pull request for {} in {}", offer.branch, offer.repo), format!("/repos/{}/pulls", offer.repo));
    let path = format!("{pulls}?state=all&head={}:{}&per_page=100", offer.repo.owner(), offer.branch);
    // The newest comes first.
    let there: Vec<Value> = client.parse(&*client.read(&path, &what).wait(still)?, &what)?;
    let same = |pull: &&Value| pull["head"]["ref"] == *offer.branch && pull["base"]["ref"] == *offer.base;
    let is_no = |pull: &Value| pull["merged_at"].is_null() && pull["head"]["sha"] == offer.head.to_string();
    let mut there = there.iter().filter(same);
    let newest = there.clone().next();
    if newest.is_some_and(is_no) || there.any(|pull| pull["state"] == "open") {
        return Ok(());
    }
    let body = json!({ "title": offer.title, "head": offer.branch, "base": offer.base, "body": offer.body });
    let path = client.host().rest(&pulls);
    let ask = Ask { method: Method::POST, path, body: Some(body), etag: None, kind: Kind::Write };
    let answer = client.exchange(ask, &what, &|| true)?;
    let there = answer.status == 422 && answer.message().contains("already exists");
    if (200..300).contains(&answer.status) || there { Ok(()) } else { Err(client.refusal(&answer, &what)) }
}

/// One post, and who makes it where.
struct Desk<'a> {
    client: &'a Client,
    me: &'a Account,
    post: &'a Post,
    still: Still<'a>,
}

/// A pull request, as far as posting asks.
#[derive(Deserialize)]
pub(super) struct Pull {
    state: String,
    #[serde(default)]
    pub(super) draft: bool,
    #[serde(default)]
    merged: bool,
    merge_commit_sha: Option<String>,
    head: End,
    base: End,
}

#[derive(Deserialize)]
struct End {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
}

impl Pull {
    pub(super) fn head(&self) -> Option<Oid> {
        self.head.sha.parse().ok()
    }

    /// Whether it is to land on a branch, by its full name.
    pub(super) fn lands_on(&self, target: &str) -> bool {
        target.strip_prefix("refs/heads/") == Some(self.base.branch.as_str())
    }

    pub(super) fn state(&self) -> PullState {
        match self.state.as_str() {
            _ if self.merged => PullState::Merged,
            "open" => PullState::Open,
            _ => PullState::Closed,
        }
    }

    fn commit(&self) -> Option<Oid> {
        self.merge_commit_sha.as_deref().and_then(|sha| sha.parse().ok())
    }
}

/// A review or a comment.
#[derive(Deserialize)]
struct Said {
    id: Option<u64>,
    state: Option<String>,
    user: Option<User>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Commit {
    commit: Words,
}

#[derive(Deserialize)]
struct Words {
    message: String,
}

/// What GitHub answers to a write.
#[derive(Deserialize)]
struct Done {
    sha: Option<String>,
    merged: Option<bool>,
    state: Option<String>,
}

impl Desk<'_> {
    fn path(&self, kind: &str) -> String {
        format!("/repos/{}/{kind}/{}", self.post.repo, self.post.number)
    }

    fn what(&self) -> String {
        format!("{}#{}", self.post.repo, self.post.number)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        let what = self.what();
        let answer = self.client.read(path, &what).wait(self.still);
        answer.and_then(|answer| self.client.parse(&answer, &what)).map_err(|error| Refused::from(&error))
    }

    /// The pull request as it is, and the post, where it is there.
    fn look(&self) -> Result<(Pull, Option<Posted>), Refused> {
        let pull: Pull = self.read(&self.path("pulls"))?;
        let found = match &self.post.act {
            Act::Approve { .. } | Act::RequestChanges { .. } => {
                self.said(&format!("{}/reviews?per_page=100", self.path("pulls")))?
            }
            Act::Comment { .. } => self.said(&format!("{}/comments?per_page=100", self.path("issues")))?,
            Act::Merge { .. } => self.merged(&pull)?,
            Act::Close => (pull.state() == PullState::Closed).then(|| found(None)),
            // It looks for itself.
            Act::Dismiss { .. } => None,
        };
        Ok((pull, found))
    }

    /// The post among what was said.
    fn said(&self, path: &str) -> Result<Option<Posted>, Refused> {
        let reading = self.client.read(path, &self.what());
        let mine = |said: &Said| {
            let own = said.user.as_ref().is_some_and(|user| user.login.eq_ignore_ascii_case(&self.me.login));
            own && said.body.as_deref().is_some_and(|body| self.post.is_told_by(body))
        };
        let mut is_there = false;
        let read = reading.through::<Vec<Said>>(PAGES, self.still, |page| is_there |= page.iter().any(mine));
        match read.map_err(|error| Refused::from(&error))? {
            _ if is_there => Ok(Some(found(None))),
            true => Err(Refused::from(Why::TooMuch)),
            false => Ok(None),
        }
    }

    /// Dismisses what this program posted in the account's name and what still counts. Whatever happens on the way, looking again
    /// finds what is left.
    fn dismiss(&self, message: &str) -> Result<Posted, Refused> {
        let reading = self.client.read(&format!("{}/reviews?per_page=100", self.path("pulls")), &self.what());
        let counts = |said: &Said| {
            let own = said.user.as_ref().is_some_and(|user| user.login.eq_ignore_ascii_case(&self.me.login));
            let stands = matches!(said.state.as_deref(), Some("APPROVED" | "CHANGES_REQUESTED"));
            own && stands && said.body.as_deref().is_some_and(|body| self.post.is_ours(body))
        };
        let mut counted: Vec<u64> = Vec::new();
        let read = reading.through::<Vec<Said>>(PAGES, self.still, |page| {
            counted.extend(page.into_iter().filter(counts).filter_map(|said| said.id));
        });
        let more = read.map_err(|error| Refused::from(&error))?;
        let body = json!({ "message": message, "event": "DISMISS" });
        let mut posted = found(None);
        for id in counted {
            let path = format!("{}/reviews/{id}/dismissals", self.path("pulls"));
            let sent = self.send(&Method::PUT, &path, &body);
            let unclear = |error: &GitHubError| Refused::from(Why::Unanswered).saying(error.to_string());
            posted = sent.map_err(|error| if is_unclear(&error) { unclear(&error) } else { Refused::from(&error) })?;
        }
        if more { Err(Refused::from(Why::TooMuch)) } else { Ok(posted) }
    }

    /// The merge, where it is this one.
    fn merged(&self, pull: &Pull) -> Result<Option<Posted>, Refused> {
        let here = pull.state() == PullState::Merged && pull.lands_on(&self.post.target);
        let Some(commit) = pull.commit().filter(|_| here) else { return Ok(None) };
        let landed: Commit = self.read(&format!("/repos/{}/commits/{commit}", self.post.repo))?;
        Ok(self.post.is_landed_by(&landed.commit.message).then(|| found(Some(commit))))
    }

    /// What stands against it by how the pull request is.
    fn against(&self, pull: &Pull) -> Option<Refused> {
        by_state(self.post, pull).map(Refused::from)
    }

    /// Looks whether it is there, whether anything is against it, and makes it.
    fn attempt(&self, order: &PostOrder, may: May<'_>) -> Result<Posted, Refused> {
        let (pull, found) = self.look()?;
        if let Some(found) = found {
            return Ok(found);
        }
        if let Some(refused) = self.against(&pull) {
            return Err(refused);
        }
        may(order)?;
        if !(self.still)() {
            return Err(Refused::from(Why::Stopped));
        }
        self.make()
    }

    /// Sends it, and finds out what became of it.
    fn make(&self) -> Result<Posted, Refused> {
        let (method, path, body) = self.request(true);
        match self.send(&method, &path, &body) {
            Ok(posted) => Ok(posted),
            Err(error) if is_unclear(&error) => self.resolve(&error),
            Err(error) => self.otherwise(&error),
        }
    }

    /// GitHub refused it: remarks on lines that it does not show go into the text, and an objection to a commit that was pushed
    /// away is one to its successor; all else is told, the more exactly for how the
    /// pull request is now.
    fn otherwise(&self, error: &GitHubError) -> Result<Posted, Refused> {
        let refused = Refused::from(error);
        let remarks = matches!(&self.post.act, Act::RequestChanges { comments, .. } if !comments.is_empty());
        let gone = refused.why == Why::HeadMoved && matches!(self.post.act, Act::RequestChanges { .. });
        if refused.why == Why::Lines && remarks || gone {
            let (method, path, mut body) = self.request(false);
            if gone && let Some(review) = body.as_object_mut() {
                // An objection binds what comes after, too; its text names the commit that it was given on.
                review.remove("commit_id");
            }
            return self
                .send(&method, &path, &body)
                .or_else(|error| if is_unclear(&error) { self.resolve(&error) } else { Err(Refused::from(&error)) });
        }
        if matches!(error.status(), Some(404 | 405 | 409 | 422)) {
            let (pull, found) = self.look().map_err(|_| refused.clone())?;
            return match (found, self.against(&pull)) {
                (Some(found), _) => Ok(found),
                (None, Some(against)) => Err(against.saying(refused.said)),
                (None, None) => Err(refused),
            };
        }
        Err(refused)
    }

    /// The answer was lost: what is there now tells.
    fn resolve(&self, error: &GitHubError) -> Result<Posted, Refused> {
        let unknown = |_| Refused::from(Why::Unknown).saying(error.to_string());
        let (pull, found) = self.look().map_err(unknown)?;
        match found {
            Some(found) => Ok(Posted { before: false, ..found }),
            None => {
                Err(self.against(&pull).unwrap_or_else(|| Refused::from(Why::Unanswered).saying(error.to_string())))
            }
        }
    }

    /// What is sent; `on_lines` as remarks on lines, where there are some.
    fn request(&self, on_lines: bool) -> (Method, String, Value) {
        let (pulls, head) = (self.path("pulls"), self.post.head.to_string());
        match &self.post.act {
            Act::Approve { body } => {
                let review = json!({ "commit_id": head, "event": "APPROVE", "body": body });
                (Method::POST, format!("{pulls}/reviews"), review)
            }
            Act::RequestChanges { body, comments, whole } => {
                let remarks: Vec<Value> = comments.iter().filter(|_| on_lines).map(remark).collect();
                let body = if on_lines { body } else { whole };
                let review =
                    json!({ "commit_id": head, "event": "REQUEST_CHANGES", "body": body, "comments": remarks });
                (Method::POST, format!("{pulls}/reviews"), review)
            }
            Act::Comment { body } => {
                (Method::POST, format!("{}/comments", self.path("issues")), json!({ "body": body }))
            }
            Act::Merge { method, title, message } => {
                let method = match method {
                    MergeMethod::Squash => "squash",
                    MergeMethod::Merge => "merge",
                };
                let merge =
                    json!({ "sha": head, "merge_method": method, "commit_title": title, "commit_message": message });
                (Method::PUT, format!("{pulls}/merge"), merge)
            }
            Act::Close => (Method::PATCH, pulls, json!({ "state": "closed" })),
            // Each review has an address of its own; what is sent nowhere else is refused as that.
            Act::Dismiss { message } => (Method::PUT, format!("{pulls}/reviews"), json!({ "message": message })),
        }
    }

    /// Sends a write once, to wherever the repository is, and reads its answer. Nobody can take it back on its way.
    fn send(&self, method: &Method, path: &str, body: &Value) -> Result<Posted, GitHubError> {
        let (what, mut path) = (self.what(), self.client.host().rest(path));
        for _ in 0..=HOPS {
            let ask = Ask {
                method: method.clone(),
                path: path.clone(),
                body: Some(body.clone()),
                etag: None,
                kind: Kind::Write,
            };
            let answer = self.client.exchange(ask, &what, &|| true)?;
            let elsewhere = answer.redirection(self.client.host().origin());
            match (answer.status, elsewhere) {
                (200..300, _) => return self.done(&self.client.parse(&answer, &what)?),
                // GitHub did nothing, and says where it would.
                (307 | 308, Some(to)) => path = to,
                _ => return Err(self.client.refusal(&answer, &what)),
            }
        }
        Err(self.client.unreadable(&what, "it leads in a circle"))
    }

    /// Whether the answer says that it was done.
    fn done(&self, done: &Done) -> Result<Posted, GitHubError> {
        let commit = done.sha.as_deref().and_then(|sha| sha.parse().ok());
        let fine = match self.post.act {
            Act::Merge { .. } => done.merged == Some(true) && commit.is_some(),
            Act::Close => done.state.as_deref() == Some("closed"),
            _ => true,
        };
        if !fine {
            return Err(self.client.unreadable(&self.what(), "it does not say that it was done"));
        }
        let commit = commit.filter(|_| matches!(self.post.act, Act::Merge { .. }));
        Ok(Posted { before: false, commit })
    }
}

const fn found(commit: Option<Oid>) -> Posted {
    Posted { before: true, commit }
}

fn remark(comment: &Comment) -> Value {
    let side = match comment.side {
        CommentSide::Old => "LEFT",
        CommentSide::New => "RIGHT",
    };
    json!({ "path": comment.file, "line": comment.line, "side": side, "body": comment.text })
}
