//! The thread that has the connections: requests go in, whole answers come out.
//!
//! octocrab's transport on reqwest's client, on a tokio runtime of one thread that nobody else sees. Four reads are under way at
//! once and one write; all else waits for its turn. A read that nobody wants any more is broken off; a write never is.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::answer::Answer;
use super::host::Host;
use super::limits::{Limit, Next, Pace, Told, next};
use super::secret::Secret;
use crate::io::clock::Clock;
use crate::model::forge::Budget;

/// Reads that are under way at once: more is what secondary limits are about.
const READS: usize = 4;
/// Bytes of a body that are read.
pub(super) const BODY_LIMIT: usize = 32 << 20;
/// What the program calls itself.
const AGENT: &str = concat!("countersign/", env!("CARGO_PKG_VERSION"));
/// How often it is looked whether a waiting question is still wanted.
const GLANCE: Duration = Duration::from_millis(20);

/// Whether an answer is still wanted.
pub type Still<'a> = &'a (dyn Fn() -> bool + Sync);

/// Proxies, as the environment names them; all are handed in. Their addresses may hold a password.
#[derive(Clone, Default)]
pub struct Proxies {
    /// `HTTPS_PROXY`, or `ALL_PROXY`.
    pub https: Option<String>,
    /// `NO_PROXY`.
    pub except: Option<String>,
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxies").field("https", &self.https.is_some()).field("except", &self.except).finish()
    }
}

impl Proxies {
    /// Those of an environment. A name in small letters comes first, as for git and curl.
    #[must_use]
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&str; 4]| names.into_iter().filter_map(variable).find(|value| !value.trim().is_empty());
        Self {
            https: first(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            except: first(["no_proxy", "NO_PROXY", "no_proxy", "NO_PROXY"]),
        }
    }
}

/// How long things may take.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Until a connection is made.
    pub connect: Duration,
    /// Without a byte.
    pub silence: Duration,
    /// For one attempt as a whole.
    pub whole: Duration,
    /// Between the first two attempts.
    pub between: Duration,
}

impl Default for Patience {
    /// GitHub ends by itself what takes it longer than ten seconds ("Timeouts" in its documents of both APIs' limits): what is silent
    /// for longer than that, with something for the way, will not be answered.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(10), silence: seconds(12), whole: seconds(120), between: Duration::from_millis(250) }
    }
}

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub method: Method,
    /// The path from the origin on, with its query.
    pub path: String,
    pub body: Option<Value>,
    /// The mark of an answer that is known already.
    pub etag: Option<String>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    /// GraphQL: sent as a write is, and reads.
    Query,
    Write,
}

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    Connection(String),
    /// In the middle of an answer.
    Cut(String),
    TimedOut(Duration),
    TooLarge,
    Limited(Limit, Timestamp),
    Stopped,
}

/// What is known of budgets and limits.
#[derive(Debug, Default)]
struct Standing {
    budgets: BTreeMap<String, Budget>,
    /// Kinds of requests that are not sent before a time.
    closed: BTreeMap<&'static str, Timestamp>,
    /// When a secondary limit ends: it is about everything.
    alone: Option<Timestamp>,
    /// Until when all wait for a moment, because one was asked to.
    rest: Option<Instant>,
}

/// The thread and the way to it. Dropping it ends what is under way.
#[derive(Debug)]
pub(super) struct Wire {
    jobs: mpsc::UnboundedSender<Job>,
    standing: Arc<Mutex<Standing>>,
}

#[derive(Debug)]
struct Job {
    ask: Ask,
    answer: SyncSender<Result<Answer, Broken>>,
    wanted: oneshot::Receiver<()>,
}

/// An answer that is to come. Dropping it takes a read back.
#[derive(Debug)]
pub(super) struct Pending {
    answer: Receiver<Result<Answer, Broken>>,
    _wanted: oneshot::Sender<()>,
}

impl Pending {
    /// Waits for the answer as long as it is wanted.
    pub(super) fn wait(self, still: Still<'_>) -> Result<Answer, Broken> {
        loop {
            match self.answer.recv_timeout(GLANCE) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if still() => {}
                Err(RecvTimeoutError::Timeout) => return Err(Broken::Stopped),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Broken::Connection("the connection was shut".into()));
                }
            }
        }
    }
}

impl Wire {
    /// Starts the thread. Nothing is sent.
    pub(super) fn start(
        host: &Host,
        secret: &Secret,
        proxies: &Proxies,
        patience: Patience,
        clock: Clock,
    ) -> Result<Self, String> {
        let mut token = HeaderValue::try_from(format!("Bearer {}", secret.expose())).map_err(|_| "the token is odd")?;
        token.set_sensitive(true);
        let standing = Arc::new(Mutex::new(Standing::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        let transport = {
            // octocrab spawns a task of its own.
            let _inside = runtime.enter();
            transport(host, proxies, &patience)?
        };
        let line = Arc::new(Line {
            transport,
            token,
            patience,
            clock,
            reads: Semaphore::new(READS),
            writes: Semaphore::new(1),
            standing: Arc::clone(&standing),
        });
        let (jobs, queue) = mpsc::unbounded_channel();
        let run = move || runtime.block_on(serve(queue, line));
        std::thread::Builder::new().name("github".into()).spawn(run).map_err(|error| error.to_string())?;
        Ok(Self { jobs, standing })
    }

    /// Sends something; the answer comes to who waits for it.
    pub(super) fn send(&self, ask: Ask) -> Pending {
        let (answer, coming) = sync_channel(1);
        let (still, wanted) = oneshot::channel();
        // Where the thread is gone, whoever waits is told so.
        let _ = self.jobs.send(Job { ask, answer, wanted });
        Pending { answer: coming, _wanted: still }
    }

    /// The budgets, as the last answers told them.
    pub(super) fn budgets(&self) -> Vec<Budget> {
        lock(&self.standing).budgets.values().cloned().collect()
    }
}

fn lock(standing: &Mutex<Standing>) -> MutexGuard<'_, Standing> {
    standing.lock().unwrap_or_else(PoisonError::into_inner)
}

/// octocrab on a client without any habits of its own: no redirections, no retries, no proxies but those given.
fn transport(host: &Host, proxies: &Proxies, patience: &Patience) -> Result<Octocrab, String> {
    // Once for the process; who was first chose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .pool_max_idle_per_host(READS)
        .connect_timeout(patience.connect)
        .read_timeout(patience.silence);
    if host.origin().starts_with("https:") {
        builder = builder.https_only(true);
        if let Some(proxy) = &proxies.https {
            let except = proxies.except.as_deref().and_then(reqwest::NoProxy::from_string);
            // Its own words would show the proxy's password.
            let proxy = reqwest::Proxy::https(proxy).map_err(|_| "HTTPS_PROXY is no address of a proxy")?;
            builder = builder.proxy(proxy.no_proxy(except));
        }
    } else {
        // Only this machine: no certificates are needed, so none have to be found.
        builder = builder.tls_certs_only([]);
    }
    let client = builder.build().map_err(|error| deepest(&error))?;
    let origin: Uri = host.origin().parse().map_err(|_| "its address is odd")?;
    // Not octocrab's own stack: that one names itself beside us, and prints and repeats on its own.
    let builder = OctocrabBuilder::new_empty().with_service(ReqwestConnector::new(client));
    let builder = builder.with_layer(&BaseUriLayer::new(origin)).with_auth(AuthState::None);
    builder.build().map_err(|never| match never {})
}

/// What the tasks share.
struct Line {
    transport: Octocrab,
    token: HeaderValue,
    patience: Patience,
    clock: Clock,
    reads: Semaphore,
    writes: Semaphore,
    standing: Arc<Mutex<Standing>>,
}

async fn serve(mut queue: mpsc::UnboundedReceiver<Job>, line: Arc<Line>) {
    while let Some(job) = queue.recv().await {
        let line = Arc::clone(&line);
        tokio::spawn(async move {
            let Job { ask, answer, wanted } = job;
            let outcome = if ask.kind == Kind::Write {
                // Whether it happened must be known, whoever waits.
                line.exchange(&ask).await
            } else {
                tokio::select! {
                    outcome = line.exchange(&ask) => outcome,
                    _ = wanted => Err(Broken::Stopped),
                }
            };
            let _ = answer.send(outcome);
        });
    }
}

impl Line {
    /// Sends, and for reads sends again as long as [`next`] says so.
    async fn exchange(&self, ask: &Ask) -> Result<Answer, Broken> {
        let turns = if ask.kind == Kind::Write { &self.writes } else { &self.reads };
        let (write, graphql) = (ask.kind == Kind::Write, ask.kind == Kind::Query);
        let mut attempt = 0;
        loop {
            let turn = turns.acquire().await;
            self.rest().await;
            self.open(ask)?;
            let outcome = self.attempt(ask).await;
            drop(turn);
            let told = match &outcome {
                Ok(answer) => answer.told(write, graphql),
                Err(Broken::Connection(_) | Broken::Cut(_)) => Told { write, ..Told::default() },
                Err(Broken::TimedOut(_)) => Told { write, silent: true, ..Told::default() },
                Err(_) => return outcome,
            };
            if let Some(budget) = outcome.as_ref().ok().and_then(Answer::budget) {
                self.note(budget);
            }
            let pace = Pace { first: self.patience.between, jitter: chance() };
            match next(&told, attempt, self.clock.now(), pace) {
                Next::Stands => return outcome,
                Next::Again(wait) => {
                    if matches!(told.status, Some(403 | 429)) {
                        lock(&self.standing).rest = Some(Instant::now() + wait);
                    }
                    tokio::time::sleep(wait).await;
                }
                Next::Limited(limit, until) => {
                    self.close(ask, limit, until);
                    return Err(Broken::Limited(limit, until));
                }
            }
            attempt += 1;
        }
    }

    /// Waits as long as GitHub asked one of us to.
    async fn rest(&self) {
        let until = lock(&self.standing).rest;
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }

    async fn attempt(&self, ask: &Ask) -> Result<Answer, Broken> {
        let whole = tokio::time::timeout(self.patience.whole, self.once(ask)).await;
        whole.unwrap_or(Err(Broken::TimedOut(self.patience.whole)))
    }

    async fn once(&self, ask: &Ask) -> Result<Answer, Broken> {
        let odd = |what: String| Broken::Connection(format!("the request cannot be made: {what}"));
        let mut builder = Request::builder().method(ask.method.clone()).uri(&ask.path).header(USER_AGENT, AGENT);
        builder = builder.header(ACCEPT, "application/vnd.github+json").header(AUTHORIZATION, self.token.clone());
        if let Some(etag) = &ask.etag {
            builder = builder.header(IF_NONE_MATCH, etag);
        }
        let request = self.transport.build_request(builder, ask.body.as_ref()).map_err(|e| odd(deepest(&e)))?;
        let response = self.transport.execute(request).await.map_err(|error| self.broken(&error))?;
        let (head, mut frames) = response.into_parts();
        let mut body = Vec::new();
        while let Some(frame) = frames.frame().await {
            let frame = frame.map_err(|error| match self.broken(&error) {
                Broken::Connection(why) => Broken::Cut(why),
                slow => slow,
            })?;
            let Ok(data) = frame.into_data() else { continue };
            if body.len() + data.len() > BODY_LIMIT {
                return Err(Broken::TooLarge);
            }
            body.extend_from_slice(&data);
        }
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    fn broken(&self, error: &(dyn std::error::Error + 'static)) -> Broken {
        let mut sources = std::iter::successors(Some(error), |error| error.source());
        let slow = sources.any(|error| error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout));
        if slow { Broken::TimedOut(self.patience.silence) } else { Broken::Connection(deepest(error)) }
    }

    /// Whether this kind of request may be sent now.
    fn open(&self, ask: &Ask) -> Result<(), Broken> {
        let (standing, now) = (lock(&self.standing), self.clock.now());
        let later = |until: &Timestamp| *until > now;
        if let Some(until) = standing.alone.filter(later) {
            return Err(Broken::Limited(Limit::Secondary, until));
        }
        let closed = standing.closed.get(resource(ask)).copied().filter(later);
        closed.map_or(Ok(()), |until| Err(Broken::Limited(Limit::Primary, until)))
    }

    fn close(&self, ask: &Ask, limit: Limit, until: Timestamp) {
        let mut standing = lock(&self.standing);
        match limit {
            Limit::Secondary => standing.alone = Some(until),
            Limit::Primary => {
                standing.closed.insert(resource(ask), until);
            }
        }
    }

    fn note(&self, budget: Budget) {
        let mut standing = lock(&self.standing);
        // A handful are known; names of somebody else's making do not pile up.
        if standing.budgets.len() < 20 || standing.budgets.contains_key(&budget.resource) {
            standing.budgets.insert(budget.resource.clone(), budget);
        }
    }
}

/// The budget that a request is taken from.
fn resource(ask: &Ask) -> &'static str {
    match ask.kind {
        Kind::Query => "graphql",
        _ if ask.path.contains("/search/") => "search",
        _ => "core",
    }
}

/// The words of the innermost cause: the outer ones only say that something failed.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().map(ToString::to_string).unwrap_or_default()
}

/// Any number, so that consoles that failed together do not come back together.
fn chance() -> u8 {
    std::hash::RandomState::new().hash_one(0_u8) as u8
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A server that answers each request after a while with the same, or with nothing, and counts them.
    fn server(answer: &'static str) -> (Host, Arc<AtomicUsize>, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = Host::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (all, (now, most)) =
            (Arc::new(AtomicUsize::new(0)), (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))));
        let (count, peak) = (Arc::clone(&all), Arc::clone(&most));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, now, most) = (Arc::clone(&count), Arc::clone(&now), Arc::clone(&most));
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(&stream).lines();
                    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                    count.fetch_add(1, Ordering::SeqCst);
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let (_held, later) = sync_channel::<()>(1);
                    let _ = later.recv_timeout(Duration::from_millis(60));
                    now.fetch_sub(1, Ordering::SeqCst);
                    let _ = (&stream).write_all(answer.as_bytes());
                });
            }
        });
        (host, all, peak)
    }

    fn wire(host: &Host) -> Wire {
        let patience = Patience { between: Duration::from_millis(1), ..Patience::default() };
        Wire::start(host, &Secret::new("t").unwrap(), &Proxies::default(), patience, Clock::System).unwrap()
    }

    fn write() -> Ask {
        Ask { method: Method::POST, path: "/x".into(), body: Some(Value::Null), etag: None, kind: Kind::Write }
    }

    #[test]
    fn a_write_is_sent_once_whatever_comes_of_it() {
        for (answer, status) in [
            ("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Ok(500)),
            ("HTTP/1.1 403 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Err("limited")),
            ("", Err("broken")),
        ] {
            let (host, all, _) = server(answer);
            let outcome = wire(&host).send(write()).wait(&|| true);
            let told = outcome.map(|answer| answer.status).map_err(|broken| match broken {
                Broken::Limited(..) => "limited",
                _ => "broken",
            });
            assert_eq!((told, all.load(Ordering::SeqCst)), (status, 1), "{answer}");
        }
    }

    #[test]
    fn writes_go_one_by_one_and_are_not_taken_back() {
        let (host, all, most) = server("HTTP/1.1 201 Made\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let wire = wire(&host);
        let pending: Vec<Pending> = (0..4).map(|_| wire.send(write())).collect();
        let mut pending = pending.into_iter();
        let last = pending.next_back().unwrap();
        drop(pending);
        last.wait(&|| true).unwrap();
        assert_eq!((all.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (4, 1));
    }

    #[test]
    fn proxies_are_those_of_the_environment() {
        let of = |set: &[(&str, &str)]| {
            let set: Vec<(String, String)> =
                set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            Proxies::of(&|name: &str| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
        };
        assert_eq!(of(&[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://a")]).https.as_deref(), Some("http://a"));
        assert_eq!(of(&[("HTTPS_PROXY", "http://b"), ("https_proxy", "http://c")]).https.as_deref(), Some("http://c"));
        assert_eq!(of(&[("NO_PROXY", "corp")]).except.as_deref(), Some("corp"));
        assert!(!format!("{:?}", of(&[("HTTPS_PROXY", "http://u:secret@b")])).contains("secret"));
        let host = Host::default();
        for (proxy, fine) in [("http://u:secret@proxy.corp:3128", true), ("http://[", false)] {
            let proxies = Proxies { https: Some(proxy.into()), except: Some("a,b".into()) };
            let started = Wire::start(&host, &Secret::new("t").unwrap(), &proxies, Patience::default(), Clock::System);
            assert_eq!(started.is_ok(), fine, "{:?}", started.err());
        }
    }
}
