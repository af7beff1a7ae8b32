//! Repositories that have adopted Countersign, by the commands that people type; and what plain git says of their ledgers.

use serde_json::Value;

use super::{Commit, Ran, Repo, Sandbox};

/// The policy of two persons: docs are low, `prod/` is high and takes both.
const PAIR: &str = r#"version: 1
ledger: { id: "ID", ref: countersign/ledger }
protect: [main]
people:
  - { name: maria, emails: [maria@corp.example], roles: [approve, admin] }
  - { name: sam, emails: [sam@corp.example], roles: [approve] }
agents:
  - { name: infra, match: { branches: ["agent/infra/**"] } }
tiers: { low: { approvals: 1, batch: true }, medium: { approvals: 1 }, high: { approvals: 2 } }
rules:
  - { name: docs, only_paths: ["docs/**"], tier: low }
  - { name: prod, paths: ["prod/**"], tier: high }
"#;

impl Sandbox {
    /// A bare repository with a main branch of a few files.
    pub fn origin(&self) -> Repo<'_> {
        let origin = self.bare("origin.git");
        origin.commit("main", Self::first_commit());
        origin
    }

    /// The first commit of [`Sandbox::origin`].
    pub fn first_commit() -> Commit {
        let lines = (1..=40).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
        Commit::new("Start")
            .file("docs/a.md", "one\ntwo\nthree\n")
            .file("docs/long.md", lines)
            .file("apps/web/values.yaml", "replicas: 3\nimage: web:1.0\n")
            .file("prod/web/values.yaml", "replicas: 5\n")
    }

    /// A reviewer's clone, with a key of its own.
    pub fn reviewer<'a>(&'a self, origin: &Repo<'a>, name: &str) -> Repo<'a> {
        let clone = origin.clone_to(name);
        clone.belongs_to(&self.person(name));
        clone
    }

    /// An origin that maria has adopted for herself, and her clone.
    pub fn solo(&self) -> (Repo<'_>, Repo<'_>) {
        let origin = self.origin();
        let maria = self.reviewer(&origin, "maria");
        let _ = maria.run(&["init", "--yes"]).succeeds();
        (origin, maria)
    }

    /// An origin that maria and sam review together, and their clones: she adopts it, and lands a policy that names him.
    pub fn pair(&self) -> (Repo<'_>, Repo<'_>, Repo<'_>) {
        let (origin, maria) = self.solo();
        let sam = self.reviewer(&origin, "sam");
        let policy = PAIR.replace("ID", &maria.ledger_id());
        let signers = ["maria", "sam"].map(|name| self.signer_line(name)).concat();
        origin.commit(
            "people/two",
            Commit::new("Two persons review")
                .by("maria", "maria@corp.example")
                .file(".countersign/policy.yaml", policy)
                .file(".countersign/allowed_signers", signers),
        );
        let _ = maria.run(&["approve", &origin.at("people/two"), "--yes"]).succeeds();
        (origin, maria, sam)
    }

    /// The decisions that lie in outboxes.
    pub fn outbox(&self) -> usize {
        self.kept("outbox").len()
    }

    /// The files of one kind, such as `drafts`, that consoles and commands keep in the state folder.
    pub fn kept(&self, kind: &str) -> Vec<std::path::PathBuf> {
        let folders = std::fs::read_dir(self.home().join(".local/state/countersign")).into_iter().flatten().flatten();
        let files = folders.filter_map(|folder| std::fs::read_dir(folder.path().join(kind)).ok()).flatten().flatten();
        files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
    }

    /// A person's line in `allowed_signers`, from the key that [`Sandbox::person`] made.
    pub fn signer_line(&self, name: &str) -> String {
        super::Person {
            name: name.to_owned(),
            email: format!("{name}@corp.example"),
            key: self.path(format!("keys/{name}")),
        }
        .signer_line()
    }
}

impl Repo<'_> {
    /// A branch as deciding commands want it: `NAME@HEAD`.
    pub fn at(&self, branch: &str) -> String {
        format!("{branch}@{}", self.rev(&format!("refs/heads/{branch}")))
    }

    /// The ledger's id, as the policy on main names it.
    pub fn ledger_id(&self) -> String {
        self.git(&["fetch", "--quiet", "origin"]);
        let policy = self.show("origin/main", ".countersign/policy.yaml");
        policy.split('"').find(|part| part.len() == 32).expect("an id in the policy").to_owned()
    }

    /// The proposals of `list --json`.
    pub fn proposals(&self, arguments: &[&str]) -> Vec<Value> {
        let ran = self.run(&[&["list", "--json"], arguments].concat()).succeeds();
        ran.json()["proposals"].as_array().expect("a list of proposals").clone()
    }

    /// One proposal of `list --all --json`.
    #[track_caller]
    pub fn proposal(&self, id: &str) -> Value {
        let found = self.proposals(&["--all"]).into_iter().find(|proposal| proposal["id"] == id);
        found.unwrap_or_else(|| panic!("no proposal is called {id}"))
    }

    /// Demands that `ledger verify` finds nothing wrong, and answers its report.
    #[track_caller]
    pub fn sound(&self) -> Value {
        let ran: Ran = self.run(&["ledger", "verify", "--json"]);
        let report = ran.json();
        assert!(ran.code == Some(0) && report["ok"] == true, "{ran}");
        assert_eq!(report["unapproved_total"], 0, "{ran}");
        report
    }

    /// The entries of the ledger, oldest first, as they are written: nothing is verified. [`Repo::ledger`] does that, at several
    /// processes a commit.
    #[track_caller]
    pub fn entries(&self) -> Vec<Value> {
        let log = self.git(&["log", "--reverse", "--topo-order", "--format=%b%x01", "countersign/ledger"]);
        let json = log.split('\u{1}').map(str::trim).filter(|body| !body.is_empty());
        json.map(|body| serde_json::from_str(body).expect("one line of JSON")).collect()
    }

    /// The ledger as plain git has it, in the repository where it is a branch: every commit signed by somebody whom the
    /// signers on main know, on an empty tree, after one parent, its message a subject and one canonical line. Answers the
    /// entries, oldest first.
    #[track_caller]
    pub fn ledger(&self) -> Vec<Value> {
        let format = "--format=%T%x00%P%x00%G?%x00%GS%x00%at %ct%x00%B%x01";
        let signers = self.sandbox().write("audit/allowed_signers", self.show("main", ".countersign/allowed_signers"));
        let allowed = format!("gpg.ssh.allowedSignersFile={}", signers.display());
        let log = self.git(&["-c", &allowed, "log", "--reverse", "--topo-order", format, "countersign/ledger"]);
        let commits = self.git(&["rev-list", "countersign/ledger"]);
        let commits: Vec<&str> = commits.lines().collect();
        self.git(&[&["-c", &allowed, "verify-commit"], commits.as_slice()].concat());
        let entries: Vec<Value> = log.split('\u{1}').filter(|one| !one.trim().is_empty()).map(plain_entry).collect();
        let parents: Vec<usize> = log
            .split('\u{1}')
            .filter_map(|one| one.split('\0').nth(1))
            .map(|parents| parents.split_whitespace().count())
            .collect();
        assert_eq!(parents[0], 0);
        assert!(parents[1..].iter().all(|count| *count == 1), "{parents:?}");
        entries
    }
}

/// One record of the log, held to the form of an entry.
fn plain_entry(record: &str) -> Value {
    let fields: Vec<&str> = record.trim_start_matches('\n').splitn(6, '\0').collect();
    let [tree, _, good, signer, times, message] = fields[..] else { panic!("{record:?}") };
    assert_eq!(tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    assert_eq!(good, "G", "{record}");
    let (subject, json) = message.split_once("\n\n").expect("a subject, a blank line");
    assert!(subject.chars().count() <= 72 && !subject.contains('\n'), "{subject}");
    let json = json.trim_end_matches('\n');
    let entry: Value = serde_json::from_str(json).expect("one line of JSON");
    assert_eq!(serde_json_canonicalizer::to_string(&entry).expect("JSON"), json, "canonical");
    let by = entry["by"].as_str().expect("a name");
    assert!(signer.strip_prefix(by).is_some_and(|rest| rest.starts_with('@')), "{signer} signed as {by}");
    let at: jiff::Timestamp = entry["at"].as_str().expect("a time").parse().expect("a time");
    assert_eq!(times, format!("{0} {0}", at.as_second()));
    entry
}
