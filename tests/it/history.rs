//! What happened before, from outside: `show` says who changed the files and how they went back and forth; the index that it
//! asks is a file that can be broken, deleted and outlived.

use std::fs;
use std::path::PathBuf;

use countersign::io::clock::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::support::{Commit, Repo, Sandbox};

fn evidence(repo: &Repo<'_>, proposal: &str) -> Value {
    repo.run(&["show", proposal, "--json"]).succeeds().json()["evidence"].clone()
}

fn subjects(evidence: &Value) -> Vec<&str> {
    let commits = evidence["provenance"]["files"].as_array().unwrap_or_else(|| panic!("{evidence:#}"));
    commits.iter().map(|commit| commit["subject"].as_str().expect("a subject")).collect()
}

/// The index of the only repository of a sandbox.
fn index(sandbox: &Sandbox) -> PathBuf {
    let folders = fs::read_dir(sandbox.home().join(".cache/countersign")).expect("a cache");
    let files = folders.map(|folder| folder.expect("a folder").path().join("history.db"));
    files.into_iter().find(|file| file.is_file()).expect("an index")
}

fn toggled(sandbox: &Sandbox) -> Repo<'_> {
    let origin = sandbox.bare("origin.git");
    let backup = |on: bool| format!("backup: {on}\n");
    for (subject, on) in [("Begin", true), ("Off", false), ("On", true)] {
        origin.commit("main", Commit::new(subject).file("db.yaml", backup(on)));
    }
    origin.propose("agent/bot/off", "Save space", &[("db.yaml", &backup(false))]);
    origin.propose("agent/bot/other", "Another file", &[("web.yaml", "a: 1\n")]);
    origin
}

#[test]
fn show_says_who_was_here_and_that_it_goes_back_again() {
    let sandbox = Sandbox::new();
    let origin = toggled(&sandbox);
    let before = origin.refs();
    let found = evidence(&origin, "agent/bot/off");
    assert_eq!(subjects(&found), ["On", "Off", "Begin"]);
    assert_eq!((&found["provenance"]["state"], &found["provenance"]["missing"]), (&json!("known"), &Value::Null));
    let signal = &found["signals"]["signals"][0];
    assert_eq!(
        (&signal["kind"], &signal["this"], &signal["paths"]),
        (&json!("oscillation"), &json!(true), &json!(["db.yaml"]))
    );
    assert_eq!(signal["basis"], "commit_date", "nobody watched while it happened");
    let last = signal["events"].as_array().and_then(|events| events.last()).expect("the flips");
    assert_eq!(last["proposal"], "agent/bot/off");
    assert!(
        origin
            .run(&["show", "agent/bot/off"])
            .succeeds()
            .stdout
            .contains("oscillation: backup goes back to what it was until")
    );
    let other = evidence(&origin, "agent/bot/other");
    assert_eq!((subjects(&other).len(), &other["signals"]["signals"]), (0, &json!([])));
    assert_eq!(origin.refs(), before, "reading writes nothing");
    assert!(!origin.path().join("logs").exists());
}

#[test]
fn the_index_follows_main_and_can_be_broken_or_deleted() {
    let sandbox = Sandbox::new();
    let origin = toggled(&sandbox);
    evidence(&origin, "agent/bot/off");
    let file = index(&sandbox);
    let again = |subject: &str| {
        origin.commit("main", Commit::new(subject).file("db.yaml", format!("backup: true # {subject}\n")));
        let proposal = format!("agent/bot/off-{subject}");
        origin.propose(&proposal, "Save space", &[("db.yaml", "backup: false\n")]);
        subjects(&evidence(&origin, &proposal))[0].to_owned()
    };
    assert_eq!(again("followed"), "followed");
    fs::write(&file, "no database at all").expect("a write");
    assert_eq!(again("broken"), "broken");
    fs::remove_file(&file).expect("a deletion");
    assert_eq!(again("deleted"), "deleted");
    fs::remove_file(&file).expect("a deletion");
    fs::create_dir(&file).expect("a folder in its place");
    let found = evidence(&origin, "agent/bot/off-deleted");
    assert_eq!(found["provenance"]["state"], "unknown");
    assert!(found["signals"]["why"].as_str().is_some_and(|why| why.contains("index")), "{found}");
    let stale = evidence(&origin, "agent/bot/off");
    assert!(stale["signals"]["why"].as_str().is_some_and(|why| why.contains("does not merge")), "{stale}");
}

#[test]
fn the_storm_of_the_demo_is_seen() {
    let sandbox = Sandbox::new();
    let _ = sandbox.run("", &["demo", "--no-tui", "--dir", "demo"]).succeeds();
    let ran = sandbox.run("demo/work", &["show", "agent/gemini-bot/authentik-dev-backup", "--json"]).succeeds();
    let signals = ran.json()["evidence"]["signals"]["signals"].clone();
    let flipping = signals.as_array().and_then(|all| all.iter().find(|signal| signal["kind"] == "oscillation"));
    let flips = flipping.and_then(|signal| signal["events"].as_array()).expect("the flips").clone();
    assert!(flips.len() >= 12, "{signals:#}");
    let minutes: Vec<&str> = flips.iter().filter_map(|flip| flip["at"].as_str()?.get(11..16)).collect();
    assert_eq!(minutes.iter().filter(|minute| minute.ends_with(":39")).count(), 2, "{minutes:?}");
}

/// Hours and minutes at which one setting of one database was switched, off first; the last two are of one second, and so
/// are the two before.
const SWITCHED: [i64; 11] = [1414, 1415, 1419, 1421, 1425, 1431, 1432, 1439, 1439, 1442, 1442];
/// Commits that were pushed to main in that day.
const IN_THE_DAY: usize = 119;
const DATABASE: &str = "kubernetes/main/apps/databases/cluster.yaml";

/// The database after so many switches. Something else in it is new each time, so that the file as a whole never goes back.
fn database(switches: usize) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: postgres\n  namespace: databases\n  \
         annotations: {{ requested: r{switches} }}\nspec:\n  instances: 3\n  backup:\n    enabled: {}\n",
        switches.is_multiple_of(2)
    )
}

/// A day like one that was seen: main takes commit after commit, and nobody approves any. It ends about now.
struct Day<'a> {
    origin: Repo<'a>,
    /// Midnight, so that the last switch was a minute ago.
    midnight: i64,
    commits: usize,
    switches: usize,
}

impl Day<'_> {
    fn at(&self, clock: i64) -> i64 {
        self.midnight + (clock / 100 * 60 + clock % 100) * 60
    }

    /// The commits of all others until a time of the day, evenly spread.
    fn others_until(&mut self, clock: i64) {
        let others = IN_THE_DAY - SWITCHED.len();
        let (now, end) = (self.at(clock) - self.midnight, self.at(1442) - self.midnight);
        let due = usize::try_from(now).expect("a time") * others / usize::try_from(end).expect("a time");
        while self.commits - self.switches < due {
            let at = self.commits - self.switches;
            let commit = Commit::new(&format!("bump {at}")).by("agent", "agent@bots.example").at(self.at(clock) - 1);
            self.origin.commit("main", commit.file(format!("apps/app-{}/values.yaml", at % 40), format!("a: {at}\n")));
            self.commits += 1;
        }
    }

    fn switch(&mut self, clock: i64) {
        self.others_until(clock);
        self.switches += 1;
        self.commits += 1;
        let commit = Commit::new(&format!("switch {}", self.switches)).by("agent", "agent@bots.example");
        self.origin.commit("main", commit.at(self.at(clock)).file(DATABASE, database(self.switches)));
    }

    /// What is found about a proposal that switches once more.
    fn next(&self) -> Value {
        let branch = format!("agent/bot/switch-{}", self.switches);
        self.origin.propose(&branch, "Switch the backup", &[(DATABASE, &database(self.switches + 1))]);
        evidence(&self.origin, &branch)
    }
}

fn signal<'a>(found: &'a Value, kind: &str) -> Option<&'a Value> {
    found["signals"]["signals"].as_array()?.iter().find(|signal| signal["kind"] == kind)
}

#[test]
fn a_day_of_119_commits_is_flagged_while_it_happens() {
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    let now = Clock::System.now().as_second();
    let midnight = now - 60 - (14 * 60 + 42) * 60;
    let start = Commit::new("Start").at(midnight - 40 * 86_400).file(DATABASE, database(0));
    origin.commit("main", start);
    let mut day = Day { origin, midnight, commits: 0, switches: 0 };
    for (at, clock) in (1..).zip(SWITCHED) {
        day.switch(clock);
        let found = (at <= 4).then(|| day.next());
        let kinds = found.as_ref().map(|found| {
            ["storm", "oscillation"]
                .map(|kind| signal(found, kind).map_or(0, |s| s["events"].as_array().map_or(0, Vec::len)))
        });
        match (at, kinds) {
            // It would be the first that goes back, a minute after.
            (1, Some([storm, flips])) => assert_eq!((storm, flips), (0, 1)),
            (2, Some([storm, flips])) => assert_eq!((storm, flips), (0, 2)),
            // The third switch has just been made: what comes next is the third return.
            (3 | 4, Some([storm, flips])) => assert_eq!((storm, flips), (at + 1, at)),
            _ => {}
        }
    }
    day.others_until(1442);
    assert_eq!(day.commits, IN_THE_DAY);
    let watched = day.next();
    let flips = signal(&watched, "oscillation").and_then(|flips| flips["events"].as_array()).expect("the flips");
    assert_eq!(
        (flips.len(), &flips[1]["basis"]),
        (11, &json!("observed")),
        "whoever looked meanwhile saw when it came"
    );
    // Whoever looks at the end of the day has the dates of commits.
    let later = sandbox.borrow(&day.origin.path(), "later.git");
    the_whole_day(&day, &evidence(&later, "agent/bot/switch-11"));
}

fn the_whole_day(day: &Day<'_>, found: &Value) {
    let flips = signal(found, "oscillation").unwrap_or_else(|| panic!("{found:#}"));
    assert_eq!((&flips["fields"][0]["path"], &flips["this"]), (&json!("spec.backup.enabled"), &json!(true)));
    let events = flips["events"].as_array().expect("the flips");
    let dated: Vec<i64> = events
        .iter()
        .filter_map(|flip| flip["at"].as_str()?.parse::<Timestamp>().ok())
        .map(Timestamp::as_second)
        .collect();
    let expected: Vec<i64> = SWITCHED[1..].iter().map(|clock| day.at(*clock)).collect();
    assert_eq!(dated[..10], expected, "two in the same second are two");
    let subjects: Vec<String> = (2..=11).map(|at| format!("switch {at}")).collect();
    let said: Vec<&str> = events.iter().filter_map(|flip| flip["subject"].as_str()).collect();
    assert_eq!(said[..10], subjects, "in the order of main");
    let values: Vec<&Value> = events.iter().map(|flip| &flip["value"]["after"]).collect();
    assert_eq!(values, [true, false].iter().cycle().take(11).collect::<Vec<_>>());
    let storm = signal(found, "storm").unwrap_or_else(|| panic!("{found:#}"));
    assert_eq!(storm["rate"]["flips"], 11);
    let origin = &found["provenance"]["fields"]
        .as_array()
        .expect("origins")
        .iter()
        .find(|one| one["path"] == "spec.backup.enabled")
        .expect("its origin");
    assert_eq!(
        (&origin["set"]["subject"], &origin["earlier"][0]["subject"]),
        (&json!("switch 11"), &json!("switch 10"))
    );
}

#[test]
fn a_value_is_told_with_who_set_it_why_and_what_others_have() {
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    let limit = |value: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          resources: {{ limits: {{ memory: {value} }} }}\n"
        )
    };
    let (prod, staging) = ("apps/web/prod/deployment.yaml", "apps/web/staging/deployment.yaml");
    let record = "---\nid: INC-213\ndate: 2025-01-06\ntitle: Out of memory\n---\n# Out of memory\n\nIt fell over.\n";
    origin.commit("main", Commit::new("Begin").file(prod, limit("2Gi")).file(staging, limit("2Gi")));
    origin.commit("main", Commit::new("docs: INC-213").file("docs/postmortems/inc-213.md", record));
    let fix = Commit::new("fix OOM in web\n\nIt was killed at 2Gi: INC-213.").by("maria", "maria@corp.example");
    let fix = origin.commit("main", fix.file(prod, limit("4Gi")));
    origin.commit("main", Commit::new("labels").file(prod, limit("4Gi") + "      nodeName: a\n"));
    origin.propose("agent/bot/less", "Save", &[(prod, &(limit("2Gi") + "      nodeName: a\n"))]);
    let found = evidence(&origin, "agent/bot/less");
    let field = &found["provenance"]["fields"][0];
    assert_eq!((&field["set"]["value"], &field["set"]["author"]), (&json!("4Gi"), &json!("maria")));
    assert_eq!((&field["set"]["repairs"]["id"], &field["set"]["commit"]), (&json!("INC-213"), &json!(fix)));
    assert_eq!((&field["earlier"][0]["value"], &field["earlier"][0]["subject"]), (&json!("2Gi"), &json!("Begin")));
    assert_eq!(
        (&field["siblings"][0]["environment"], &field["siblings"][0]["value"]),
        (&json!("staging"), &json!("2Gi"))
    );
    assert_eq!(field["missing"], Value::Null);
    let shown = origin.run(&["show", "agent/bot/less"]).succeeds().stdout;
    let line = shown.lines().find(|line| line.starts_with("before")).unwrap_or_else(|| panic!("{shown}"));
    let (head, tail) = (
        format!("before  4Gi: maria, 6 Jan 2025, {} \"fix OOM in web\", for INC-213; staging has 2Gi for ", &fix[..7]),
        line,
    );
    assert!(tail.starts_with(&head), "{line}");
}

#[test]
fn a_revert_a_rename_and_what_was_taken_away_are_told() {
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    origin.commit("main", Commit::new("Begin").file("old/web.yaml", "replicas: 2\ntimeout: 30s\n"));
    let scaled = origin.commit("main", Commit::new("Scale up").file("old/web.yaml", "replicas: 9\ntimeout: 30s\n"));
    let revert = format!("Revert \"Scale up\"\n\nThis reverts commit {scaled}.\n");
    origin.commit("main", Commit::new(&revert).file("old/web.yaml", "replicas: 2\ntimeout: 30s\n"));
    origin.commit("main", Commit::new("Drop the timeout").file("old/web.yaml", "replicas: 2\n"));
    origin.commit("main", Commit::new("Move it").delete("old/web.yaml").file("new/web.yaml", "replicas: 2\n"));
    origin.propose("agent/bot/again", "Scale", &[("new/web.yaml", "replicas: 9\ntimeout: 60s\n")]);
    let found = evidence(&origin, "agent/bot/again");
    let fields = found["provenance"]["fields"].as_array().expect("origins").clone();
    let of = |path: &str| fields.iter().find(|field| field["path"] == path).unwrap_or_else(|| panic!("{fields:#?}"));
    let repairs = &of("replicas")["set"]["repairs"];
    assert_eq!(
        (&repairs["kind"], &repairs["of"], &repairs["subject"]),
        (&json!("revert"), &json!(scaled), &json!("Scale up"))
    );
    let timeout = of("timeout");
    assert_eq!((&timeout["set"], &timeout["earlier"][0]["value"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&timeout["earlier"][0]["subject"], &timeout["earlier"][1]["value"]),
        (&json!("Drop the timeout"), &json!("30s"))
    );
    assert!(signal(&found, "oscillation").is_some(), "it goes back to what was taken back an hour ago: {found:#}");
}
