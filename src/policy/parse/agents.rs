//! `agents`: whose proposals are recognised how, what they may touch, where their lessons are written.

use super::place;
use super::reader::{Fields, Keys, Matched, Reader};
use super::yaml::Node;
use crate::model::text::is_active;
use crate::policy::error::quoted;
use crate::policy::{Agent, AgentMatch, Globs};

pub(super) const AGENT: Keys =
    Keys { of: "an agent", known: &["name", "match", "scope", "memory"], later: &["clusters"] };
pub(super) const MATCH: Keys = Keys { of: "`match`", known: &["branches", "authors", "trailers"], later: &[] };
/// Folders where no lessons are written: the root of trust, what runs, and git's own.
const CLOSED: [&str; 3] = [".countersign", ".github", ".git"];

/// Reads all agents; each name is one agent's.
pub(super) fn read(reader: &mut Reader, fields: &Fields) -> Vec<Agent> {
    let Some(node) = fields.get("agents") else { return Vec::new() };
    let mut agents: Vec<Agent> = Vec::new();
    for item in reader.list(node, "agents") {
        let Some(agent) = agent(reader, item) else { continue };
        if agents.iter().any(|other| other.name.eq_ignore_ascii_case(&agent.name)) {
            reader.error(item.at, format!("the agent {} stands twice", quoted(&agent.name)), "name each agent once");
        }
        agents.push(agent);
    }
    agents
}

fn agent(reader: &mut Reader, node: &Node) -> Option<Agent> {
    let fields = reader.map(node, &AGENT)?;
    let name = reader.name(&fields, "the name that screens and rulings use");
    let matcher = matcher(reader, &fields);
    let scope = fields.get("scope").and_then(|node| reader.globs(node, "scope", Matched::Paths));
    let memory = match fields.get("memory") {
        Some(node) => memory(reader, node),
        None => Some(Agent::DEFAULT_MEMORY.to_owned()),
    };
    Some(Agent { name: name?, matcher: matcher?, scope, memory: memory?, at: place(fields.at) })
}

fn matcher(reader: &mut Reader, fields: &Fields) -> Option<AgentMatch> {
    let Some(node) = fields.get("match") else {
        reader.missing(
            fields,
            "match",
            "write `match: { branches: [\"agent/NAME/**\"] }`; without it nothing is recognised",
        );
        return None;
    };
    let fields = reader.map(node, &MATCH)?;
    let before = reader.count();
    let mut globs = |key: &str, matched| match fields.get(key) {
        Some(node) => reader.globs(node, key, matched),
        None => Some(Globs::none()),
    };
    let branches = globs("branches", Matched::Branches);
    let authors = globs("authors", Matched::Text);
    let trailers = globs("trailers", Matched::Text);
    let matcher = AgentMatch { branches: branches?, authors: authors?, trailers: trailers? };
    if matcher.branches.is_empty() && matcher.authors.is_empty() && matcher.trailers.is_empty() {
        if reader.count() == before {
            reader.error(node.at, "`match` matches nothing", "name branches, authors or trailers");
        }
        return None;
    }
    Some(matcher)
}

fn memory(reader: &mut Reader, node: &Node) -> Option<String> {
    let path = reader.text(node, "memory")?;
    let Some(why) = closed_to_lessons(path) else { return Some(path.to_owned()) };
    let hint = format!("{why}; write a file such as {}", Agent::DEFAULT_MEMORY);
    reader.error(node.at, format!("{} cannot be a memory file", quoted(path)), hint);
    None
}

/// Why lessons cannot be written to this path: it must name a plain file of the repository, outside the folders that are
/// closed to it.
pub(super) fn closed_to_lessons(path: &str) -> Option<&'static str> {
    let first = path.split('/').next().unwrap_or_default().to_lowercase();
    if path.trim().is_empty() || path.chars().any(is_active) {
        Some("it must be a visible name")
    } else if path.starts_with(['/', '~']) || path.contains(['\\', ':']) {
        Some("paths begin at the root of the repository, without a slash")
    } else if path.split('/').any(|part| part.is_empty() || part == "." || part == ".." || part.trim() != part) {
        Some("no part may be empty, `.` or `..`, or end in a space")
    } else if CLOSED.contains(&first.as_str()) {
        Some("lessons are not written there: reviewers would have to treat them as policy")
    } else if path.len() > 255 {
        Some("it is longer than 255 bytes")
    } else {
        None
    }
}
