//! The `policy.yaml` that `init` writes: at most 15 lines, fitted to what it found.

use std::fmt::Write as _;

use super::checked::is_login;
use super::refs::{is_branch_name, ledger_before};
use super::signers::is_address;
use super::{Agent, Globs, LedgerKey};
use crate::model::EntryId;
use crate::model::text::is_active;

/// Somebody whose key can sign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundPerson {
    /// The name, as git has it.
    pub name: String,
    /// The addresses; those of signer lines first.
    pub emails: Vec<String>,
    /// The login on GitHub, where it is known.
    pub github: Option<String>,
}

/// An agent whose branches are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundAgent {
    /// Its name, by the shape of its branches.
    pub name: String,
    /// Globs over its branches.
    pub branches: Vec<String>,
    /// The memory file that it reads.
    pub memory: Option<String>,
}

/// What `init` found in a repository.
#[derive(Debug, Clone)]
pub struct Findings {
    /// The genesis entry's id.
    pub ledger_id: EntryId,
    /// The default branch, without `refs/heads/`.
    pub default_branch: String,
    /// Who can sign; the one who runs `init` first. Without anybody the result is no valid policy.
    pub people: Vec<FoundPerson>,
    /// The agents.
    pub agents: Vec<FoundAgent>,
    /// Folders with nothing but prose, from the root, without a slash at the end.
    pub docs_folders: Vec<String>,
    /// Whether the default branch is known to take no pushes.
    pub refuses_pushes: bool,
}

/// The most lines of a fitted policy.
const MAX_LINES: usize = 15;
/// The most people, agents and folders of prose that are written down; the file is to be read by a person.
const MAX_FOUND: usize = 12;
/// The most addresses of a person and patterns of an agent that are written down.
const MAX_EACH: usize = 4;
/// The longest address, pattern or path that is written down, in bytes; with the other bounds the file stays readable.
const MAX_TEXT: usize = 100;
/// Names that look like secrets; fewer than the built-in policy's, to fit a line.
const SECRETS: &str = r#"["**/*[sS]ecret*", "**/*[sS]ecret*/**", "**/*.sops.*", "**/*.{pem,key}", "**/.env{,.*}"]"#;

/// The policy for what was found. Names that a policy cannot hold are cleaned or left out, so that it can be parsed
/// whatever was found, as long as one person has an address.
#[must_use]
pub fn fitted(found: &Findings) -> String {
    let mut names = Vec::new();
    let people = people(found, &mut names);
    let agents = agents(found, &mut names);
    let protect = protected(&found.default_branch);
    let ledger = ledger_before(protect.as_slice(), Some(&found.default_branch)).unwrap_or(LedgerKey::DEFAULT_BRANCH);
    let mut lines = vec![
        "# Who may approve what, and what may merge. `countersign policy lint` checks it.".to_owned(),
        "version: 1".to_owned(),
        format!("ledger: {{ id: \"{}\", ref: {} }}", found.ledger_id, quote(ledger)),
    ];
    lines.extend(protect.map(|branch| format!("protect: [{}]", quote(branch))));
    let tail = tail(found, people.len());
    let room = MAX_LINES.saturating_sub(lines.len() + tail.len() + 2);
    let agents_fit = agents.len() < room;
    let people_fit = people.len() + if agents_fit { agents.len() } else { 0 } <= room;
    section(&mut lines, "people", &people, people_fit);
    section(&mut lines, "agents", &agents, agents_fit);
    lines.extend(tail);
    lines.join("\n") + "\n"
}

/// One line an item where they fit, else all of them in one.
fn section(lines: &mut Vec<String>, key: &str, items: &[String], fit: bool) {
    if items.is_empty() {
        return;
    }
    if fit {
        lines.push(format!("{key}:"));
        lines.extend(items.iter().map(|item| format!("  - {item}")));
    } else {
        lines.push(format!("{key}: [{}]", items.join(", ")));
    }
}

fn tail(found: &Findings, approvers: usize) -> Vec<String> {
    let high = approvers.clamp(1, 2);
    let mut prose: Vec<String> =
        found.docs_folders.iter().map(|folder| format!("{folder}/**")).filter(|glob| is_pattern(glob)).collect();
    prose.truncate(MAX_FOUND);
    prose.push("**/*.md".to_owned());
    let mut lines = vec![
        format!(
            "tiers: {{ low: {{ approvals: 1, batch: true }}, medium: {{ approvals: 1 }}, high: {{ approvals: {high} }} }}"
        ),
        "rules:".to_owned(),
        format!("  - {{ name: docs, only_paths: {}, tier: low }}", list(&prose)),
        format!("  - {{ name: secrets, paths: {SECRETS}, tier: high }}"),
    ];
    if approvers == 1 {
        // Otherwise the only person could never land a change of his own, this policy among them.
        lines.push("approvals: { self: allowed }  # there is only one person".to_owned());
    }
    if found.refuses_pushes {
        lines.push("memory_via: pull_request".to_owned());
    }
    lines
}

fn people(found: &Findings, names: &mut Vec<String>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    let mut people = Vec::new();
    for person in &found.people {
        let emails: Vec<String> =
            person.emails.iter().filter(|email| writable(email) && is_address(email)).cloned().collect();
        let emails: Vec<String> = emails.into_iter().filter(|email| take(&mut taken, email)).take(MAX_EACH).collect();
        if emails.is_empty() || people.len() == MAX_FOUND {
            continue;
        }
        // Whoever adopts the policy can change it; more admins are for people to name.
        let roles = if people.is_empty() { "[approve, admin]" } else { "[approve]" };
        let name = name(&person.name, "person", names);
        let login = person.github.as_deref().filter(|login| is_login(login));
        let login = login.map(|login| format!(" github: {},", quote(login))).unwrap_or_default();
        people.push(format!("{{ name: {}, emails: {},{login} roles: {roles} }}", quote(&name), list(&emails)));
    }
    people
}

fn agents(found: &Findings, names: &mut Vec<String>) -> Vec<String> {
    let mut agents = Vec::new();
    for agent in &found.agents {
        let globs: Vec<String> =
            agent.branches.iter().filter(|glob| is_pattern(glob)).take(MAX_EACH).cloned().collect();
        if globs.is_empty() || agents.len() == MAX_FOUND {
            continue;
        }
        let memory = agent
            .memory
            .as_deref()
            .filter(|path| *path != Agent::DEFAULT_MEMORY && writable(path) && super::parse::is_memory(path));
        let memory = memory.map(|path| format!(", memory: {}", quote(path))).unwrap_or_default();
        let name = name(&agent.name, "agent", names);
        agents.push(format!("{{ name: {}, match: {{ branches: {} }}{memory} }}", quote(&name), list(&globs)));
    }
    agents
}

/// The default branch, where it can be written as a pattern that means just itself.
fn protected(branch: &str) -> Option<&str> {
    let literal = !branch.contains(['{', '}', '!', '[', ']', '*', '?', '\\']);
    let ledger = ledger_before(&[branch], None);
    (literal && is_branch_name(branch) && is_pattern(branch) && ledger.is_some()).then_some(branch)
}

/// Whether a policy takes this as a pattern.
fn is_pattern(glob: &str) -> bool {
    writable(glob) && super::parse::is_pattern(glob) && Globs::new(&[glob]).is_ok()
}

/// Whether a policy takes this as text.
fn writable(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_TEXT && !text.chars().any(is_active)
}

/// Adds a text that is not there yet, whatever its case.
fn take(taken: &mut Vec<String>, text: &str) -> bool {
    let folded = text.to_lowercase();
    let free = !taken.contains(&folded);
    if free {
        taken.push(folded);
    }
    free
}

/// A name that a policy can hold and that nobody else has.
fn name(text: &str, what: &str, taken: &mut Vec<String>) -> String {
    let visible: String = text.chars().map(|c| if is_active(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(48).collect();
    let base = if short.trim().is_empty() { what } else { short.trim() };
    let mut name = base.to_owned();
    for number in 2.. {
        if take(taken, &name) {
            break;
        }
        name = format!("{base} {number}");
    }
    name
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.iter().map(|item| quote(item)).collect::<Vec<_>>().join(", "))
}

/// Text as YAML reads it back: as it is where that is safe, else in double quotes.
fn quote(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./@+".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            _ => {
                let _ = write!(out, "\\U{:08X}", c as u32);
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::{Role, SelfApproval, parse};

    fn findings() -> Findings {
        Findings {
            ledger_id: EntryId::from_bytes([0x5f; 16]),
            default_branch: "main".to_owned(),
            people: vec![person("Maria Keller", &["maria@corp.example"])],
            agents: vec![agent("infra", "agent/infra/**"), agent("renovate", "renovate/**")],
            docs_folders: vec!["docs".to_owned()],
            refuses_pushes: false,
        }
    }

    fn person(name: &str, emails: &[&str]) -> FoundPerson {
        FoundPerson {
            name: name.to_owned(),
            emails: emails.iter().map(|email| (*email).to_owned()).collect(),
            github: None,
        }
    }

    fn agent(name: &str, branches: &str) -> FoundAgent {
        FoundAgent { name: name.to_owned(), branches: vec![branches.to_owned()], memory: None }
    }

    #[test]
    fn one_person() {
        insta::assert_snapshot!(fitted(&findings()), @r#"
        # Who may approve what, and what may merge. `countersign policy lint` checks it.
        version: 1
        ledger: { id: "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f", ref: countersign/ledger }
        protect: [main]
        people:
          - { name: "Maria Keller", emails: [maria@corp.example], roles: [approve, admin] }
        agents:
          - { name: infra, match: { branches: ["agent/infra/**"] } }
          - { name: renovate, match: { branches: ["renovate/**"] } }
        tiers: { low: { approvals: 1, batch: true }, medium: { approvals: 1 }, high: { approvals: 1 } }
        rules:
          - { name: docs, only_paths: ["docs/**", "**/*.md"], tier: low }
          - { name: secrets, paths: ["**/*[sS]ecret*", "**/*[sS]ecret*/**", "**/*.sops.*", "**/*.{pem,key}", "**/.env{,.*}"], tier: high }
        approvals: { self: allowed }  # there is only one person
        "#);
    }

    #[test]
    fn one_person_may_land_his_own() {
        let policy = parse(&fitted(&findings()), "p").unwrap();
        assert_eq!((policy.self_approval, policy.tiers.high.approvals), (SelfApproval::Allowed, 1));
    }

    #[test]
    fn two_people_need_each_other() {
        let mut found = findings();
        found.people.push(person("Jonas", &["jonas@corp.example"]));
        let policy = parse(&fitted(&found), "p").unwrap();
        assert_eq!((policy.self_approval, policy.tiers.high.approvals), (SelfApproval::Never, 2));
        assert!(policy.people[0].has(Role::Admin) && !policy.people[1].has(Role::Admin));
    }

    #[test]
    fn a_default_branch_before_the_ledger_moves_the_ledger() {
        let policy = parse(&fitted(&Findings { default_branch: "apps".to_owned(), ..findings() }), "p").unwrap();
        assert_eq!(policy.ledger.unwrap().branch, "a-countersign/ledger");
    }

    #[test]
    fn a_crowd_still_fits() {
        let long = |i: usize| format!("{}{i}", "\u{1f600}".repeat(23));
        let mails = |i: usize| (0..9).map(|j| format!("{}@{j}", long(i * 10 + j))).collect::<Vec<_>>();
        let mut found = findings();
        found.people = (0..50)
            .map(|i| FoundPerson { name: long(i).repeat(9), emails: mails(i), github: Some("g".repeat(99)) })
            .collect();
        found.agents =
            (0..50).map(|i| FoundAgent { name: long(i), branches: mails(i), memory: Some(long(i)) }).collect();
        found.docs_folders = (0..50).map(long).collect();
        found.refuses_pushes = true;
        let text = fitted(&found);
        let policy = parse(&text, "p").unwrap();
        assert_eq!((policy.people.len(), policy.agents.len()), (MAX_FOUND, MAX_FOUND));
        assert_eq!(policy.memory_via, crate::policy::MemoryVia::PullRequest);
        assert!(text.lines().count() <= MAX_LINES);
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "(?s).{0,80}",
            r#"[-'"{}\[\],:#&*!|>%@`\\ \n\ta-c]{0,20}"#,
            prop::sample::select(vec![
                "yes",
                "~",
                "null",
                "1e3",
                "0x1f",
                "- a",
                "a: b",
                "*",
                "<<",
                "\u{202e}",
                "👩\u{200d}💻"
            ])
            .prop_map(str::to_owned),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_found_can_be_parsed(
            names in prop::collection::vec((text(), text()), 1..30),
            agents in prop::collection::vec((text(), text(), text()), 0..30),
            docs in prop::collection::vec(text(), 0..5),
            branch in prop_oneof![text(), "[!-~]{1,12}"],
        ) {
            let mut found = Findings { default_branch: branch, docs_folders: docs, ..findings() };
            found.people.extend(names.iter().map(|(name, mail)| person(name, &[mail, &format!("{mail}@x.example")])));
            found.agents = agents
                .into_iter()
                .map(|(name, glob, memory)| FoundAgent { name, branches: vec![glob], memory: Some(memory) })
                .collect();
            let text = fitted(&found);
            prop_assert!(text.lines().count() <= MAX_LINES, "{}", text);
            let policy = parse(&text, "p");
            prop_assert!(policy.is_ok(), "{}\n{:?}", text, policy.err());
        }
    }
}
