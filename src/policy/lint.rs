//! What is wrong with a policy and its signers, and what is probably not meant.

use std::collections::BTreeMap;

use bstr::BString;
use serde::Serialize;

use super::error::quoted;
use super::guards::Guard;
use super::{GateMode, KeyKind, Person, Policy, Role, SelfApproval, Signer, Signers, is_demo_key, parse};
use crate::model::{Place, Problem, Tier};

/// What `countersign policy lint` says. Any error makes the policy unfit to be put in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// What must be mended.
    pub errors: Vec<Problem>,
    /// What is read as it stands, and is probably not meant.
    pub warnings: Vec<Problem>,
}

impl Lint {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty() && self.warnings.is_empty()
    }

    fn error(&mut self, place: String, what: impl Into<String>, next: impl Into<String>) {
        self.errors.push(Problem { place, what: what.into(), next: next.into() });
    }

    fn warning(&mut self, place: String, what: impl Into<String>, next: impl Into<String>) {
        self.warnings.push(Problem { place, what: what.into(), next: next.into() });
    }
}

/// A file as it is linted: its name in messages, and its text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The name.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Lints a policy and, where the file is there, its signers; `demo` is whether they are a demo's, where the demo's keys count.
#[must_use]
pub fn lint(policy: Source, signers: Option<Source>, demo: bool) -> Lint {
    let mut lint = Lint::default();
    let read = signers.map(|source| (source.name, Signers::parse(source.text)));
    match parse(policy.text, policy.name) {
        Ok(checked) => {
            lint_policy(&mut lint, &checked, policy.name);
            if let Some((file, (signers, _))) = &read {
                signers.lint_into(&mut lint, &checked, file, policy.name);
            } else {
                let what = "there is no `allowed_signers`: nobody can sign";
                lint.error(policy.name.to_owned(), what, "`countersign init` writes one");
            }
        }
        Err(errors) => lint.errors.extend(errors.into_iter().map(Problem::from)),
    }
    if let (Some((file, (signers, _))), false) = (&read, demo) {
        signers.lint_demo(&mut lint, file);
    }
    if let Some((file, (_, problems))) = read {
        let here = |problem: Problem| Problem { place: problem.place.replacen("allowed_signers", file, 1), ..problem };
        lint.errors.extend(problems.into_iter().map(here));
    }
    lint
}

/// What a policy names and the repository does not have: services and clusters whose patterns match none of its `files`.
/// Of a policy that cannot be read nothing is said.
#[must_use]
pub fn lint_files(policy: Source, files: &[BString]) -> Vec<Problem> {
    let Ok(checked) = parse(policy.text, policy.name) else { return Vec::new() };
    let mut lint = Lint::default();
    let next = "name files that are there; whoever renames a folder has to rename it here";
    for service in checked.services.iter().filter(|service| !service.has_any(files)) {
        let what = format!("the service {} matches no file of the target", quoted(&service.name));
        lint.warning(at(policy.name, &service.at), what, next);
    }
    for cluster in checked.clusters.iter().filter(|cluster| cluster.paths_match_none(files)) {
        let what = format!("the paths of the cluster {} match no file of the target", quoted(&cluster.name));
        lint.warning(at(policy.name, &cluster.at), what, next);
    }
    lint.warnings
}

fn at(file: &str, place: &Place) -> String {
    match place {
        Place::File { line, column } => format!("{file}:{line}:{column}"),
        Place::BuiltIn => file.to_owned(),
    }
}

fn lint_policy(lint: &mut Lint, policy: &Policy, file: &str) {
    for rule in &policy.rules {
        if rule.tier == Some(Tier::Low) && rule.only_paths.is_none() {
            let what = format!(
                "the rule {} is low for the paths that it names, not for what else is touched",
                quoted(&rule.name)
            );
            lint.warning(at(file, &rule.at), what, "write `only_paths`, which says so");
        }
    }
    for (tier, place) in [Tier::Medium, Tier::High].into_iter().zip(&policy.tiers_at[1..]) {
        if policy.tiers.of(tier).batch {
            let what = format!("`batch` has no effect on {tier}: only low joins a batch unasked");
            lint.warning(at(file, place), what, "remove it");
        }
    }
    if policy.gate != GateMode::None {
        let next = "until then decisions are recorded and offences detected, not prevented";
        lint.warning(file.to_owned(), "`gate` is read, and this version installs no gate yet", next);
    }
    lint_people(lint, policy, file);
    lint_agents(lint, policy, file);
}

fn lint_people(lint: &mut Lint, policy: &Policy, file: &str) {
    for person in policy.people.iter().filter(|person| person.emails.is_empty()) {
        let what = format!("{} has no address, so no signer line can be theirs", quoted(&person.name));
        lint.warning(at(file, &person.at), what, "write `emails: [...]`");
    }
    if policy.from_github && policy.people.iter().all(|person| person.github.is_none()) {
        let what = "`approvals.from` names github, and nobody of `people` has a login there";
        lint.warning(at(file, &policy.from_at), what, "write `github: LOGIN` for those whose reviews count");
    }
    let mut approvers = policy.people.iter().filter(|person| person.has(Role::Approve) && !person.emails.is_empty());
    if let (Some(only), None, SelfApproval::Never) = (approvers.next(), approvers.next(), policy.self_approval) {
        let what = format!(
            "only {} may approve, so that own commits, a change of this policy among them, can never land",
            quoted(&only.name)
        );
        lint.warning(at(file, &only.at), what, "write `approvals: { self: allowed }`, or name a second person");
    }
}

fn lint_agents(lint: &mut Lint, policy: &Policy, file: &str) {
    for agent in &policy.agents {
        if !Guard::Memory.patterns().matches(agent.memory.to_lowercase().as_str().into()) {
            let what = format!("no agent is known to read {}", quoted(&agent.memory));
            lint.warning(at(file, &agent.at), what, "use AGENTS.md, CLAUDE.md or GEMINI.md, or see that it is read");
        }
        let authors = &agent.matcher.authors;
        let own = |person: &&Person| {
            person.emails.iter().chain(&person.github).any(|own| authors.matches(own.as_str().into()))
        };
        if let Some(person) = policy.people.iter().find(own) {
            let (agent_name, person) = (quoted(&agent.name), quoted(&person.name));
            let what = format!("commits of {person} are taken for those of the agent {agent_name}");
            lint.warning(at(file, &agent.at), what, "give the agent an author of its own");
        }
    }
}

impl Signers {
    /// What is wrong between these signers and a policy; `file` is their name in messages.
    #[must_use]
    pub fn lint(&self, policy: &Policy, file: &str) -> Lint {
        let mut lint = Lint::default();
        self.lint_into(&mut lint, policy, file, "policy.yaml");
        lint
    }

    fn lint_into(&self, lint: &mut Lint, policy: &Policy, file: &str, policy_file: &str) {
        for line in &self.lines {
            lint_signer(lint, policy, line, &format!("{file}:{}", line.line));
        }
        self.lint_shared(lint, file);
        self.lint_keys(lint, policy, policy_file);
    }

    /// The demo's keys are in everybody's hands.
    fn lint_demo(&self, lint: &mut Lint, file: &str) {
        for line in self.lines.iter().filter(|line| is_demo_key(&line.fingerprint())) {
            let what = format!("the key of {} belongs to the demo: everybody has it", quoted(&line.principal));
            lint.error(format!("{file}:{}", line.line), what, "take the line out; it signs for nobody here");
        }
    }

    /// One key, one person, by one address.
    fn lint_shared(&self, lint: &mut Lint, file: &str) {
        let mut first: BTreeMap<String, &Signer> = BTreeMap::new();
        for line in &self.lines {
            let known = first.entry(line.fingerprint()).or_insert(line);
            if known.principal != line.principal {
                let what = format!(
                    "the key of {} in line {} stands for {} here",
                    quoted(&known.principal),
                    known.line,
                    quoted(&line.principal)
                );
                let next = "one key is one person's, under one address; until then it speaks for nobody";
                lint.error(format!("{file}:{}", line.line), what, next);
            }
        }
    }

    /// Whether those who may approve have keys, and enough of them.
    fn lint_keys(&self, lint: &mut Lint, policy: &Policy, file: &str) {
        let usable = |person: &Person, hardware: bool| {
            let lines = person.emails.iter().flat_map(|email| self.of(email));
            lines.into_iter().any(|line| line.signs_commits() && (!hardware || line.is_hardware()))
        };
        let approvers = || policy.people.iter().filter(|person| person.has(Role::Approve));
        let reviews = |person: &Person| policy.from_github && person.github.is_some();
        let keyless = |person: &&Person| !person.emails.is_empty() && !usable(person, false) && !reviews(person);
        for person in approvers().filter(keyless) {
            let what = format!("{} may approve and has no key", quoted(&person.name));
            lint.warning(at(file, &person.at), what, format!("add `{} KEY` to the signers", person.emails[0]));
        }
        let decides = approvers().any(|person| usable(person, false));
        for tier in [Tier::Low, Tier::Medium, Tier::High] {
            let hardware = policy.signature(tier) == KeyKind::Touch;
            // Reviews on GitHub count beside somebody who can decide here.
            let counts = |person: &&Person| usable(person, hardware) || decides && !hardware && reviews(person);
            let (asked, able) = (policy.tiers.of(tier).approvals, approvers().filter(counts).count());
            if able < asked {
                let kind = if hardware { "a hardware key" } else { "a key" };
                let what = format!(
                    "nobody could satisfy {tier}: it asks for {asked}, and {able} of those who may have {kind}"
                );
                lint.error(
                    at(file, &policy.tiers_at[tier as usize]),
                    what,
                    "add keys to the signers, or ask for fewer",
                );
            }
        }
    }
}

fn lint_signer(lint: &mut Lint, policy: &Policy, signer: &Signer, place: &str) {
    let principal = quoted(&signer.principal);
    if signer.cert_authority {
        let next = "list the keys themselves; certificates are not read by this version";
        lint.error(place.to_owned(), "the key is a certificate authority, which could speak for anybody", next);
    } else if !signer.is_single() {
        let what = format!("{principal} is not one plain address");
        lint.error(place.to_owned(), what, "write exactly one address of one person, no pattern and no list");
    } else if policy.person_by_email(&signer.principal).is_none() {
        let what = format!("{principal} is nobody's address in the policy");
        lint.error(place.to_owned(), what, "add it to the `emails` of a person, or remove the line");
    } else if !signer.signs_commits() {
        let what = format!("the key of {principal} is not allowed in the namespace git, so that it signs nothing here");
        lint.warning(place.to_owned(), what, "write `namespaces=\"git\"`");
    } else if signer.zoneless {
        let what = "a date without `Z` means another moment on each host".to_owned();
        lint.warning(place.to_owned(), what, "end it with `Z`; until then the shortest reading holds");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKp9zBMR5U5f/SU4ONT+ma928UAOMMy7nGKLaUy7x/Hg";
    const OTHER: &str = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBHtaWzwjopkhxY3sQXxTni5N\
                         u49MnynjbOM5iqxrCNrYT62Ih556i2oGypoMB0wClnN+Dk8YVkSFfnLk8SNos+eAzRS2YMK4lUMXrzMnvOG20cThyv5Ihmg\
                         UvM//IkDgYQ==";
    const POLICY: &str = "\
version: 1
people:
  - { name: maria, emails: [maria@x.example, m@x.example], roles: [approve, admin] }
  - { name: jonas, emails: [jonas@x.example] }
tiers: { high: { approvals: 1 } }
";

    /// All that is said of POLICY with more lines, and of signers where ED and OTHER are keys.
    fn said(more: &str, signers: &str) -> Vec<String> {
        let (policy, signers) = (format!("{POLICY}{more}"), signers.replace("ED", ED).replace("OTHER", OTHER));
        let source = |name, text| Source { name, text };
        let found = lint(source("p", &policy), Some(source("s", &signers)), false);
        let text = |mark: &str, p: &Problem| format!("{mark} {} {}", p.place, p.what);
        let errors = found.errors.iter().map(|problem| text("E", problem));
        errors.chain(found.warnings.iter().map(|problem| text("W", problem))).collect()
    }

    const BOTH: &str = "maria@x.example ED\njonas@x.example OTHER\n";

    #[test]
    fn nothing_to_say() {
        assert_eq!(said("", BOTH), [] as [String; 0]);
    }

    #[test]
    fn signers() {
        for (signers, expected) in [
            ("maria@x.example ED\nM@x.example OTHER\n", &["W p:4:5 `jonas` may approve and has no key"][..]),
            (
                "maria@x.example ED\njonas@x.example ED\n",
                &["E s:2 the key of `maria@x.example` in line 1 stands for `jonas@x.example` here"],
            ),
            (
                "maria@x.example ED\nm@x.example ED\njonas@x.example OTHER\n",
                &["E s:2 the key of `maria@x.example` in line 1 stands for `m@x.example` here"],
            ),
            (
                "*@x.example ED\nmaria@x.example OTHER\n",
                &["E s:1 `*@x.example` is not one plain address", "W p:4:5 `jonas` may approve and has no key"],
            ),
            (
                "maria@x.example cert-authority ED\njonas@x.example OTHER\n",
                &[
                    "E s:1 the key is a certificate authority, which could speak for anybody",
                    "W p:3:5 `maria` may approve and has no key",
                ],
            ),
            ("maria@x.example ED\njonas@x.example OTHER\nsomebody\n", &["E s:3 a key is missing after the address"]),
            (
                "maria@x.example namespaces=\"file\" ED\njonas@x.example OTHER\n",
                &[
                    "W s:1 the key of `maria@x.example` is not allowed in the namespace git, so that it signs nothing here",
                    "W p:3:5 `maria` may approve and has no key",
                ],
            ),
            (
                "maria@x.example valid-after=\"20260101\" ED\njonas@x.example OTHER\n",
                &["W s:1 a date without `Z` means another moment on each host"],
            ),
            (
                "eve@x.example ED\nmaria@x.example OTHER\n",
                &[
                    "E s:1 `eve@x.example` is nobody's address in the policy",
                    "W p:4:5 `jonas` may approve and has no key",
                ],
            ),
        ] {
            assert_eq!(said("", signers), expected, "{signers}");
        }
    }

    #[test]
    fn policies() {
        let agent = "agents: [{ name: a, match: { authors: [KEY] }, memory: MEMORY }]\n";
        for (more, expected) in [
            (
                "rules: [{ name: docs, paths: [\"docs/**\"], tier: low }]\n",
                &["W p:6:9 the rule `docs` is low for the paths that it names, not for what else is touched"][..],
            ),
            ("gate: hook\n", &["W p `gate` is read, and this version installs no gate yet"]),
            (
                "approvals: { from: [ledger, github] }\n",
                &["W p:6:20 `approvals.from` names github, and nobody of `people` has a login there"],
            ),
            (
                "signatures: { low: touch }\n",
                &["E p nobody could satisfy low: it asks for 1, and 0 of those who may have a hardware key"],
            ),
            (
                &agent.replace("KEY", "\"*@x.example\"").replace("MEMORY", "CLAUDE.md"),
                &["W p:6:10 commits of `maria` are taken for those of the agent `a`"],
            ),
            (
                &agent.replace("KEY", "bot").replace("MEMORY", "notes.txt"),
                &["W p:6:10 no agent is known to read `notes.txt`"],
            ),
            ("gaet: none\n", &["E p:6:1 unknown key `gaet` in the policy"]),
        ] {
            assert_eq!(said(more, BOTH), expected, "{more}");
        }
    }

    #[test]
    fn what_the_repository_does_not_have() {
        let more = "services: [{ name: a, match: [\"a/**\"] }, { name: b, match: [\"b/**\"] }]\n\
                    clusters: [{ name: c, paths: [\"c/**\"] }, { name: d, endpoints: [\"https://d\"] }]\n";
        let text = format!("{POLICY}{more}");
        let said = lint_files(Source { name: "p", text: &text }, &["a/x.yaml".into()]);
        let said: Vec<String> = said.iter().map(|problem| format!("{} {}", problem.place, problem.what)).collect();
        assert_eq!(
            said,
            [
                "p:6:42 the service `b` matches no file of the target",
                "p:7:12 the paths of the cluster `c` match no file of the target",
            ]
        );
        assert_eq!(lint_files(Source { name: "p", text: "version: 9" }, &[]), []);
    }

    #[test]
    fn one_person_alone() {
        let alone = POLICY.replace("  - { name: jonas, emails: [jonas@x.example] }\n", "  - { name: jonas }\n");
        let signers = BOTH.lines().next().unwrap().replace("ED", ED);
        let lint = lint(Source { name: "p", text: &alone }, Some(Source { name: "s", text: &signers }), false);
        let what: Vec<&str> = lint.warnings.iter().map(|problem| problem.what.as_str()).collect();
        assert_eq!(lint.errors, []);
        assert_eq!(
            what,
            [
                "`jonas` has no address, so no signer line can be theirs",
                "only `maria` may approve, so that own commits, a change of this policy among them, can never land",
            ]
        );
    }

    #[test]
    fn without_signers() {
        let lint = lint(Source { name: "p", text: POLICY }, None, false);
        assert_eq!(lint.errors.len(), 1);
        assert!(!lint.is_empty());
    }
}
