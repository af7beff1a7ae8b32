//! Just enough of HTTP/1.1 for a server whose faults are its purpose: whole requests in, whole or broken answers out.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use serde_json::Value;

/// A request, read to its end.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// The path without its query.
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// Every header line, names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads one; `None` where the connection ended instead.
    pub fn read(from: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let (method, rest) = line.trim_end().split_once(' ')?;
        let (target, _) = rest.split_once(' ')?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self { method: method.into(), path: path.into(), query: pairs(query), ..Self::default() };
        loop {
            let mut line = String::new();
            from.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        assert!(request.header("transfer-encoding").is_none(), "the client sends bodies of a known length");
        let length = request.header("content-length").map_or(0, |text| text.parse().expect("a length"));
        request.body.resize(length, 0);
        from.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A number of the query.
    pub fn number(&self, name: &str, otherwise: usize) -> usize {
        self.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pair = |part: &str| part.split_once('=').map(|(name, value)| (decoded(name), decoded(value)));
    query.split('&').filter_map(pair).collect()
}

/// `%2F` and `+` as what they stand for.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%' && tail.len() >= 2).then(|| std::str::from_utf8(&tail[..2]).ok()).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]).1,
            None => (bytes.push(if *first == b'+' { b' ' } else { *first }), rest = tail).1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(status: u16, body: &Value) -> Self {
        let body = serde_json::to_vec(body).expect("a value");
        Self { status, headers: vec![("Content-Type".into(), "application/json; charset=utf-8".into())], body }
    }

    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.into(), value.to_string()));
        self
    }

    /// Sends it; `bytes` of the body at most, though all of it was announced.
    pub fn write(&self, to: &mut impl Write, bytes: Option<usize>) -> std::io::Result<()> {
        let mut head = Vec::new();
        write!(head, "HTTP/1.1 {} {}\r\n", self.status, reason(self.status))?;
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        if self.status != 304 && self.status != 204 {
            write!(head, "Content-Length: {}\r\n", self.body.len())?;
        }
        head.extend_from_slice(b"\r\n");
        // At once: a second small packet would wait for the first to be acknowledged, 40 ms a request.
        head.extend_from_slice(&self.body[..bytes.unwrap_or(self.body.len()).min(self.body.len())]);
        to.write_all(&head)?;
        to.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        304 => "Not Modified",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        _ => "Status",
    }
}
