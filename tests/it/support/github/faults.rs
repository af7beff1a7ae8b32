//! What can be made to go wrong, for each route.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::super::Repo;
use super::http::{Request, Response};

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum Wrong {
    /// Another answer; the request has no effect.
    Answer(Response),
    /// The answer breaks off after so many bytes of its body; the request has had its effect.
    Truncated(usize),
    /// Nothing comes, for so long; then the connection ends. The request has had its effect.
    Silence(Duration),
    /// The answer comes late.
    Late(Duration),
    /// The request waits until it is let through.
    Held(Arc<Gate>),
    /// The answer's body comes byte by byte, with so much time between two.
    Drip(Duration),
    /// Somebody runs git in a repository just before the answer: a head moves between two requests.
    Meanwhile(PathBuf, Vec<String>),
    /// Somebody does something on the web page just before the answer.
    Acts(&'static str, Request),
    /// The connection ends before the request has any effect.
    Refused,
    /// The connection ends after the request has had its effect.
    Lost,
}

/// What holds requests back.
#[derive(Debug, Default)]
pub struct Gate {
    passes: Mutex<usize>,
    opened: Condvar,
}

impl Gate {
    /// Lets so many through.
    pub fn open_for(&self, requests: usize) {
        *self.passes.lock().expect("no test panics here") += requests;
        self.opened.notify_all();
    }

    /// Waits to be let through.
    pub fn pass(&self) {
        let passes = self.passes.lock().expect("no test panics here");
        let mut passes = self.opened.wait_while(passes, |passes| *passes == 0).expect("no test panics here");
        *passes -= 1;
    }
}

/// A line of the table.
#[derive(Debug, Clone)]
pub struct Fault {
    route: String,
    after: usize,
    times: usize,
    wrong: Wrong,
}

impl Fault {
    /// At every request to a route, such as `GET /repos/{}/{}/pulls`; `*` is any.
    pub fn at(route: &str, wrong: Wrong) -> Self {
        Self { route: route.into(), after: 0, times: usize::MAX, wrong }
    }

    /// Only after so many requests to it went well.
    pub fn after(mut self, requests: usize) -> Self {
        self.after = requests;
        self
    }

    /// Only so many times.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Requests to a route wait at a gate.
    pub fn held(route: &str) -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        (Self::at(route, Wrong::Held(Arc::clone(&gate))), gate)
    }

    /// A branch moves just before the answer, as by a push.
    pub fn moves(route: &str, repo: &Repo<'_>, branch: &str, to: &str) -> Self {
        let arguments = ["update-ref", &format!("refs/heads/{branch}"), to].map(str::to_owned);
        Self::at(route, Wrong::Meanwhile(repo.path(), arguments.to_vec()))
    }

    /// Somebody does something on the web page just before the answer, in the API's terms.
    pub fn acts(route: &str, login: &'static str, (method, path): (&str, &str), body: &serde_json::Value) -> Self {
        let body = serde_json::to_vec(body).expect("a value");
        let request = Request { method: method.into(), path: path.into(), body, ..Request::default() };
        Self::at(route, Wrong::Acts(login, request)).times(1)
    }

    /// An answer of GitHub's own shape.
    pub fn status(route: &str, status: u16, message: &str) -> Self {
        Self::at(route, Wrong::Answer(refusal(status, message)))
    }

    /// What goes wrong with this request, if anything does.
    pub fn strike(&mut self, route: &str) -> Option<Wrong> {
        if self.times == 0 || self.route != "*" && self.route != route {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.wrong.clone())
    }
}

/// A refusal as GitHub writes it.
pub fn refusal(status: u16, message: &str) -> Response {
    let body = serde_json::json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.to_string(),
    });
    Response::json(status, &body)
}

/// A 422 with details.
pub fn invalid(message: &str, errors: &serde_json::Value) -> Response {
    let body = serde_json::json!({
        "message": message,
        "errors": errors,
        "documentation_url": "https://docs.github.com/rest",
        "status": "422",
    });
    Response::json(422, &body)
}
