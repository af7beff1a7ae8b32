//! Questions to one GitHub, in the name of one token.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::{Answer, QueryError};
use super::error::{ACCESS, GitHubError, words};
use super::host::Host;
use super::raw;
use super::token::Token;
use super::wire::{Ask, BODY_LIMIT, Broken, Kind, Patience, Pending, Proxies, Still, Wire};
use crate::io::clock::Clock;
use crate::model::Problem;
use crate::model::forge::Budget;

/// Redirections that are followed: a renamed repository is one, a moved one perhaps two.
const HOPS: usize = 3;
/// Bytes of answers that are kept to be asked for again only if they changed.
const KEPT_BYTES: usize = 16 << 20;

/// One GitHub, asked with one token. Cheap to share; everything blocks, and reads can be taken back.
#[derive(Debug)]
pub struct Client {
    host: Host,
    token: Token,
    wire: Wire,
    kept: Mutex<Kept>,
}

/// How a client is made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Proxies.
    pub proxies: Proxies,
    /// How long things may take.
    pub patience: Patience,
    /// The clock that limits are kept by.
    pub clock: Clock,
}

impl Default for Setup {
    fn default() -> Self {
        Self { proxies: Proxies::default(), patience: Patience::default(), clock: Clock::System }
    }
}

/// An answer to a question that was asked before.
#[derive(Debug)]
pub enum Changed {
    /// It is as it was.
    No,
    /// It is another.
    Yes(Arc<Answer>),
}

/// A question under way.
#[derive(Debug)]
pub struct Reading<'c> {
    client: &'c Client,
    what: String,
    path: String,
    known: Option<Arc<Answer>>,
    pending: Pending,
}

/// What GraphQL answers.
#[derive(serde::Deserialize)]
struct Data<T> {
    data: Option<T>,
}

/// Whole answers by path, the oldest leaving first.
#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<String, Arc<Answer>>,
    order: VecDeque<String>,
    bytes: usize,
}

impl Client {
    /// Gets ready to ask; nothing is sent.
    pub fn new(host: Host, token: Token, setup: &Setup) -> Result<Self, GitHubError> {
        let wire = Wire::start(&host, &token.secret, &setup.proxies, setup.patience.clone(), setup.clock);
        let wire = wire.map_err(|why| GitHubError::Setup { host: host.name().to_owned(), why: words(&why, &token) })?;
        Ok(Self { host, token, wire, kept: Mutex::default() })
    }

    /// The GitHub that it asks.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The token that it asks with.
    #[must_use]
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// The budgets, as the last answers told them; empty before the first.
    #[must_use]
    pub fn budgets(&self) -> Vec<Budget> {
        self.wire.budgets()
    }

    /// Begins to read what is at a path of the REST API; several can be under way. `what` names it in errors.
    #[must_use]
    pub fn read(&self, path: &str, what: &str) -> Reading<'_> {
        self.read_at(self.host.rest(path), what)
    }

    fn read_at(&self, path: String, what: &str) -> Reading<'_> {
        let known = self.kept().answers.get(&path).cloned();
        let etag = known.as_ref().and_then(|answer| answer.header("etag")).map(str::to_owned);
        let pending = self.wire.send(get(&path, etag));
        Reading { client: self, what: what.to_owned(), path, known, pending }
    }

    /// Asks whether what is at a path changed since an answer with this mark. Nothing is kept.
    pub fn changed(
        &self,
        path: &str,
        etag: Option<&str>,
        what: &str,
        still: Still<'_>,
    ) -> Result<Changed, GitHubError> {
        let mut path = self.host.rest(path);
        for _ in 0..=HOPS {
            let answer = self.whole(self.wire.send(get(&path, etag.map(str::to_owned))), what, still)?;
            match (answer.status, answer.redirection(self.host.origin())) {
                (304, _) => return Ok(Changed::No),
                (200..300, _) => return Ok(Changed::Yes(Arc::new(answer))),
                (_, Some(to)) => path = to,
                _ => return Err(self.refusal(&answer, what)),
            }
        }
        Err(self.unreadable(what, "it leads in a circle"))
    }

    /// Asks GraphQL: the answer's data, and what it says is wrong with the rest of it.
    pub fn query<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: &Value,
        what: &str,
        still: Still<'_>,
    ) -> Result<(T, Option<String>), GitHubError> {
        let body = json!({ "query": query, "variables": variables });
        let path = self.host.graphql().to_owned();
        let ask = Ask { method: Method::POST, path, body: Some(body), etag: None, kind: Kind::Query };
        let answer = self.whole(self.wire.send(ask), what, still)?;
        if answer.status != 200 {
            return Err(self.refusal(&answer, what));
        }
        let errors = answer.query_errors();
        let said = errors.iter().filter_map(|error| error.message.as_deref()).take(5).collect::<Vec<_>>().join("; ");
        let said = (!errors.is_empty())
            .then(|| words(if said.is_empty() { "an error without words" } else { &said }, &self.token));
        match (serde_json::from_slice::<Data<T>>(&answer.body), said) {
            (Ok(Data { data: Some(data) }), said) => Ok((data, said)),
            (_, Some(why)) => Err(self.query_refused(&errors, what, why)),
            (Ok(_), None) => Err(self.unreadable(what, "it has neither data nor errors")),
            (Err(error), None) => Err(self.unreadable(what, &error.to_string())),
        }
    }

    fn query_refused(&self, errors: &[QueryError], what: &str, why: String) -> GitHubError {
        let (what, place, host) = (what.to_owned(), self.token.source.to_string(), self.host.name().to_owned());
        if errors.first().is_some_and(QueryError::is_of_the_schema) {
            return GitHubError::Unknown { what, host, why };
        }
        match errors.first().and_then(|error| error.kind.as_deref()) {
            Some("NOT_FOUND") => GitHubError::NotFound { what, place },
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => {
                let next = ACCESS.to_owned();
                GitHubError::Forbidden { what, place, why, next }
            }
            _ => GitHubError::Query { what, host, why },
        }
    }

    /// Reads JSON into a struct of our own.
    pub(super) fn parse<T: DeserializeOwned>(&self, answer: &Answer, what: &str) -> Result<T, GitHubError> {
        serde_json::from_slice(&answer.body).map_err(|error| self.unreadable(what, &error.to_string()))
    }

    fn whole(&self, pending: Pending, what: &str, still: Still<'_>) -> Result<Answer, GitHubError> {
        pending.wait(still).map_err(|broken| {
            let host = self.host.name().to_owned();
            match broken {
                Broken::Connection(why) => {
                    GitHubError::Unreachable { host, why: words(&why, &self.token), began: false }
                }
                Broken::Cut(why) => GitHubError::Unreachable { host, why: words(&why, &self.token), began: true },
                Broken::TimedOut(limit) => GitHubError::TimedOut { host, seconds: limit.as_secs() },
                Broken::TooLarge => GitHubError::TooLarge { what: what.to_owned(), mib: BODY_LIMIT >> 20 },
                Broken::Limited(limit, until) => GitHubError::Limited { limit, until },
                Broken::Stopped => GitHubError::Stopped,
            }
        })
    }

    /// Sends something once, and waits for the whole answer, whatever it says.
    pub(super) fn exchange(&self, ask: Ask, what: &str, still: Still<'_>) -> Result<Answer, GitHubError> {
        self.whole(self.wire.send(ask), what, still)
    }

    pub(super) fn refusal(&self, answer: &Answer, what: &str) -> GitHubError {
        GitHubError::of(answer, what, &self.host, &self.token)
    }

    pub(super) fn unreadable(&self, what: &str, why: &str) -> GitHubError {
        let why = words(why, &self.token);
        GitHubError::Unreadable { what: what.to_owned(), host: self.host.name().to_owned(), why }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading<'_> {
    /// The answer; one that did not change since it was read before is that one.
    pub fn wait(mut self, still: Still<'_>) -> Result<Arc<Answer>, GitHubError> {
        let origin = self.client.host.origin();
        for hop in 0..=HOPS {
            let answer = self.client.whole(self.pending, &self.what, still)?;
            match (answer.status, self.known, answer.redirection(origin)) {
                (304, Some(known), _) => return Ok(known),
                (200..300, ..) => {
                    let answer = Arc::new(answer);
                    self.client.kept().keep(self.path, &answer);
                    return Ok(answer);
                }
                // Nothing is sent that nobody would wait for.
                (_, _, Some(_)) if hop == HOPS => break,
                (_, _, Some(to)) => {
                    self.known = None;
                    self.pending = self.client.wire.send(get(&to, None));
                }
                _ => return Err(self.client.refusal(&answer, &self.what)),
            }
        }
        Err(self.client.unreadable(&self.what, "it leads in a circle"))
    }
}

impl Reading<'_> {
    /// The answer and its further pages, `pages` at most, each read into `T`; says whether there are more.
    pub fn all<T: DeserializeOwned>(self, pages: usize, still: Still<'_>) -> Result<(Vec<T>, bool), GitHubError> {
        let mut found = Vec::new();
        let more = self.through(pages, still, |page| found.push(page))?;
        Ok((found, more))
    }

    /// The same, handed over page by page: of what others wrote at length only what is needed has to be held.
    pub fn through<T: DeserializeOwned>(
        self,
        pages: usize,
        still: Still<'_>,
        mut take: impl FnMut(T),
    ) -> Result<bool, GitHubError> {
        let (client, what) = (self.client, self.what.clone());
        let (mut read, mut reading) = (0, self);
        loop {
            let answer = reading.wait(still)?;
            take(client.parse(&answer, &what)?);
            read += 1;
            match answer.next_page(client.host.origin()) {
                Some(next) if read < pages => reading = client.read_at(next, &what),
                // A page that is elsewhere is not followed, and not forgotten.
                _ => return Ok(answer.has_next_page()),
            }
        }
    }

    /// Each thing of a list, `pages` at most, read as its page comes; the problems with those that cannot be read; whether there are
    /// more.
    pub(super) fn each<T>(
        self,
        pages: usize,
        what: &str,
        read: fn(Value) -> Result<T, String>,
        still: Still<'_>,
    ) -> Result<(Vec<T>, Vec<Problem>, bool), GitHubError> {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        let more = self.through::<Vec<Value>>(pages, still, |page| {
            let (some, odd) = raw::each(page, what, read);
            found.extend(some);
            problems.extend(odd);
        })?;
        Ok((found, problems, more))
    }
}

impl Kept {
    /// Keeps an answer that says by what mark it can be asked for again.
    fn keep(&mut self, path: String, answer: &Arc<Answer>) {
        let size = answer.body.len();
        if answer.header("etag").is_none() || size > KEPT_BYTES {
            return;
        }
        self.bytes += size;
        match self.answers.insert(path.clone(), Arc::clone(answer)) {
            Some(old) => self.bytes -= old.body.len(),
            None => self.order.push_back(path),
        }
        while self.bytes > KEPT_BYTES {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= self.answers.remove(&oldest).map_or(0, |answer| answer.body.len());
        }
    }
}

fn get(path: &str, etag: Option<String>) -> Ask {
    Ask { method: Method::GET, path: path.to_owned(), body: None, etag, kind: Kind::Read }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(size: usize, etag: bool) -> Arc<Answer> {
        let mut headers = http::HeaderMap::new();
        if etag {
            headers.insert("etag", http::HeaderValue::from_static("\"x\""));
        }
        Arc::new(Answer { status: 200, headers, body: vec![b' '; size] })
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_oldest_leaves() {
        let mut kept = Kept::default();
        kept.keep("unmarked".into(), &answer(1, false));
        kept.keep("too large".into(), &answer(KEPT_BYTES + 1, true));
        assert!(kept.answers.is_empty());
        let third = KEPT_BYTES / 3;
        for path in ["a", "b", "a", "c"] {
            kept.keep(path.into(), &answer(third, true));
        }
        assert_eq!((kept.answers.len(), kept.bytes), (3, third * 3));
        kept.keep("d".into(), &answer(third, true));
        let mut paths: Vec<&str> = kept.answers.keys().map(String::as_str).collect();
        paths.sort_unstable();
        assert_eq!((paths, kept.bytes, kept.order.len()), (vec!["b", "c", "d"], third * 3, 3));
    }
}
