//! A GitHub of the tests' own: an HTTP server on loopback, in front of real bare repositories.
//!
//! It answers what the client asks, with GitHub's statuses, headers and bodies: pages and their links, marks (`ETag`, 304), budgets,
//! tokens, refusals. Everything can be made to go wrong by [`Fault`]s, and every request is kept, so that tests can count them and
//! look for what should not be in them. What it does not know is a 404, or GraphQL's own error in a 200.
//!
//! It is made of the standard library's sockets: faults such as a body that breaks off are easier to make below a framework.

mod faults;
mod graphql;
mod http;
mod pulls;
mod routes;
mod talk;
mod world;

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use sha2::{Digest as _, Sha256};

pub use faults::{Fault, Wrong, refusal};
pub use http::{Request, Response};
pub use world::{Pull, World};

use super::Repo;
use world::Grant;

/// A running GitHub. It ends with the value.
pub struct GitHub {
    shared: Arc<Shared>,
    address: String,
}

#[derive(Default)]
struct Shared {
    world: Mutex<World>,
    faults: Mutex<Vec<Fault>>,
    requests: Mutex<Vec<Request>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    ended: Mutex<bool>,
    end: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl GitHub {
    /// Starts an empty one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        let shared = Arc::new(Shared { world: Mutex::new(World::new()), ..Shared::default() });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                if *lock(&shared.ended) {
                    return;
                }
                std::thread::spawn(move || shared.serve(&stream));
            }
        });
        Self { shared, address }
    }

    /// The base of its REST API, as settings name it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A token that speaks for somebody.
    pub fn token(&self, token: &str, login: &str) {
        let grant = Grant { login: login.into(), scopes: "repo".into(), left: BTreeMap::new() };
        self.world().tokens.insert(token.into(), grant);
    }

    /// A repository, backed by a real one.
    pub fn repo(&self, name: &str, repo: &Repo<'_>) {
        let repo = world::Repo {
            name: name.into(),
            git: repo.path(),
            pulls: BTreeMap::new(),
            checks: BTreeMap::new(),
            statuses: BTreeMap::new(),
            protected: BTreeMap::new(),
            rulesets: BTreeMap::new(),
            methods: vec!["merge", "squash", "rebase"],
        };
        self.world().repos.insert(name.into(), repo);
    }

    /// Protects a branch: it changes by pull requests with so many approvals, and what is pushed to it is declined.
    pub fn protect(&self, name: &str, branch: &str, approvals: u64) {
        let mut world = self.world();
        let repo = world.repos.get_mut(name).expect("a repository of the fake");
        repo.protected.insert(branch.into(), approvals);
        repo.decline();
    }

    /// How many pushes to protected branches were declined.
    pub fn declined(&self, name: &str) -> usize {
        let world = self.world();
        let said = std::fs::read_to_string(world.repos[name].git.join("declined"));
        said.map_or(0, |said| said.lines().count())
    }

    /// Opens a pull request of a branch; answers its number.
    pub fn open(&self, repo: &str, branch: &str, author: &str, title: &str, body: &str) -> u64 {
        let mut world = self.world();
        let now = world.tick();
        let pulls = &mut world.repos.get_mut(repo).expect("a repository of the fake").pulls;
        let number = pulls.len() as u64 + 1;
        let pull = Pull {
            number,
            title: title.into(),
            body: Some(body.into()),
            author: author.into(),
            head: branch.into(),
            base: "main".into(),
            open: true,
            created: now,
            updated: now,
            ..Pull::default()
        };
        pulls.insert(number, pull);
        world.look_at(repo);
        number
    }

    /// What somebody does on the web page meanwhile, in the API's terms: status and answer. It is not counted, and costs nothing.
    pub fn act(&self, login: &str, method: &str, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let body = serde_json::to_vec(body).expect("a value");
        let request = Request { method: method.into(), path: path.into(), body, ..Request::default() };
        let mut world = self.world();
        world.look_at_git();
        let response = routes::answer(&mut world, login, &request);
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    /// All that it knows, to look at and to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.shared.world)
    }

    /// Makes something go wrong, from now on.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Everything goes well again.
    pub fn mend(&self) {
        lock(&self.shared.faults).clear();
    }

    /// The requests since it was asked last, by route.
    pub fn count(&self) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for request in lock(&self.shared.requests).drain(..) {
            *counted.entry(routes::route(&request)).or_default() += 1;
        }
        counted
    }

    /// How many requests were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    /// The requests since they were counted last.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }
}

/// A request that is being answered.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn begin(shared: &'a Shared) -> Self {
        let now = shared.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(now, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        *lock(&self.shared.ended) = true;
        self.shared.end.notify_all();
        // Wakes the listener, so that it sees the end.
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(request) = Request::read(&mut reader) {
            if *lock(&self.ended) || !self.one(stream, &request) {
                let _ = stream.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }

    /// Answers one request; says whether the connection goes on.
    fn one(&self, mut stream: &TcpStream, request: &Request) -> bool {
        let under_way = UnderWay::begin(self);
        let route = routes::route(request);
        lock(&self.requests).push(request.clone());
        let wrong = lock(&self.faults).iter_mut().find_map(|fault| fault.strike(&route));
        match &wrong {
            Some(Wrong::Late(time)) => self.wait(*time),
            Some(Wrong::Held(gate)) => gate.pass(),
            Some(Wrong::Meanwhile(git, arguments)) => {
                world::git(git, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
            }
            Some(Wrong::Acts(login, act)) => {
                let mut world = lock(&self.world);
                world.look_at_git();
                let done = routes::answer(&mut world, login, act);
                assert!(done.status < 300, "{}", String::from_utf8_lossy(&done.body));
            }
            _ => {}
        }
        let response = match &wrong {
            Some(Wrong::Refused) => return false,
            Some(Wrong::Answer(response)) => response.clone(),
            _ => self.answer(request),
        };
        // Whoever has the answer may ask the next at once.
        drop(under_way);
        match wrong {
            Some(Wrong::Truncated(bytes)) => drop(response.write(&mut stream, Some(bytes))),
            Some(Wrong::Silence(time)) => self.wait(time),
            Some(Wrong::Drip(time)) => self.drip(stream, &response, time),
            Some(Wrong::Lost) => {}
            _ => return response.write(&mut stream, None).is_ok(),
        }
        false
    }

    /// Lets time pass, or the end come.
    fn wait(&self, time: Duration) {
        let ended = lock(&self.ended);
        drop(self.end.wait_timeout_while(ended, time, |ended| !*ended));
    }

    /// Sends a body byte by byte.
    fn drip(&self, mut stream: &TcpStream, response: &Response, time: Duration) {
        let mut sent = response.write(&mut stream, Some(0));
        for byte in &response.body {
            if sent.is_err() || *lock(&self.ended) {
                return;
            }
            self.wait(time);
            sent = stream.write_all(&[*byte]);
        }
    }

    /// What GitHub would answer.
    fn answer(&self, request: &Request) -> Response {
        let mut world = lock(&self.world);
        world.look_at_git();
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let Some(grant) = world.tokens.get(token).cloned() else { return refusal(401, "Bad credentials") };
        let resource = if request.path.ends_with("/graphql") { "graphql" } else { "core" };
        let (budget, date) = (world.budget, world.date());
        let left = grant.left.get(resource).copied().unwrap_or(budget);
        let reset = jiff::Timestamp::now().as_second() + 3_600;
        let limits = |response: Response, left: u64| {
            let response = response.with("X-RateLimit-Limit", budget).with("X-RateLimit-Remaining", left);
            let response = response.with("X-RateLimit-Reset", reset).with("X-RateLimit-Resource", resource);
            let response = response.with("Date", &date);
            response.with("X-OAuth-Scopes", &grant.scopes).with("X-GitHub-Request-Id", "0:0:0:0:0")
        };
        if left == 0 {
            let words = format!("API rate limit exceeded for user ID {}.", grant.login.len());
            let limited = if resource == "graphql" {
                Response::json(200, &json!({ "errors": [{ "type": "RATE_LIMITED", "message": words }] }))
            } else {
                refusal(403, &words)
            };
            return limits(limited, 0);
        }
        let response = marked(routes::answer(&mut world, &grant.login, request), request);
        // What did not change costs nothing.
        let left = if response.status == 304 { left } else { left - 1 };
        if let Some(grant) = world.tokens.get_mut(token) {
            grant.left.insert(resource.into(), left);
        }
        limits(response, left)
    }
}

/// The answer with its mark, or 304 where the client has it already.
fn marked(response: Response, request: &Request) -> Response {
    if request.method != "GET" || response.status != 200 {
        return response;
    }
    let mark = format!("W/\"{:x}\"", Sha256::digest(&response.body));
    if request.header("if-none-match") == Some(&mark) {
        return Response { status: 304, ..Response::default() }.with("ETag", mark);
    }
    response.with("ETag", mark)
}
