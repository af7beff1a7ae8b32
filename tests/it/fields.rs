//! Field changes: what `diff ID --fields` prints, and what holds over every commit of real histories.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use countersign::diff::fields::{Shape, report_of};
use countersign::diff::{CONTEXT, Content, FileDiff, FileInput, comparisons};
use countersign::model::field::{FieldChange, FieldOp, FieldReport, LineSpan, Lines};
use countersign::model::{FileChange, Mode, Oid, Side};

use super::support::{Commit, Repo, Sandbox, needs};

const BEFORE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: shop
  labels:
    app.kubernetes.io/name: checkout
spec:
  replicas: 4
  template:
    spec:
      containers:
        - name: app
          image: shop/checkout:1.2.3 # the shop
          resources:
            limits: { memory: 4Gi }
";

const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata: { name: db, namespace: shop }\nstringData:\n  password: hunter2\n";

fn proposed(sandbox: &Sandbox) -> Repo<'_> {
    let repo = sandbox.bare("origin.git");
    let base = Commit::new("Before")
        .file("apps/checkout.yaml", BEFORE)
        .file("apps/secret.yaml", SECRET)
        .file("README.md", "a\n");
    repo.commit("main", base);
    let after = BEFORE
        .replace("replicas: 4", "replicas: 1")
        .replace("4Gi", "2Gi")
        .replace("# the shop", "# the till")
        .replace("name: checkout\nspec", "name: till\nspec");
    let change = Commit::new("After")
        .from("main")
        .file("apps/checkout.yaml", after)
        .file("apps/secret.yaml", SECRET.replace("hunter2", "correct horse"))
        .file("README.md", "b\n");
    repo.commit("agent/infra/fewer", change);
    repo
}

#[test]
fn fields_are_one_document() {
    let sandbox = Sandbox::new();
    let repo = proposed(&sandbox);
    let ran = repo.run(&["diff", "fewer", "--fields", "--json"]).succeeds();
    let object = |kind: &str, version: &str, name: &str| serde_json::json!({ "api_version": version, "kind": kind, "namespace": "shop", "name": name, "index": 0 });
    let checkout = object("Deployment", "apps/v1", "checkout");
    assert_eq!(
        ran.json(),
        serde_json::json!({
            "complete": false,
            "fields": [
                {
                    "file": "apps/checkout.yaml", "document": checkout,
                    "path": "metadata.labels[\"app.kubernetes.io/name\"]", "op": "modified",
                    "before": "checkout", "after": "till", "before_number": null, "after_number": null,
                    "percent": null, "unit": null, "is_capacity": false,
                    "lines": { "before": [7, 7], "after": [7, 7] },
                },
                {
                    "file": "apps/checkout.yaml", "document": checkout, "path": "spec.replicas", "op": "modified",
                    "before": 4, "after": 1, "before_number": "4", "after_number": "1", "percent": -75.0,
                    "unit": "count", "is_capacity": true, "lines": { "before": [9, 9], "after": [9, 9] },
                },
                {
                    "file": "apps/checkout.yaml", "document": checkout,
                    "path": "spec.template.spec.containers[app].resources.limits.memory", "op": "modified",
                    "before": "4Gi", "after": "2Gi", "before_number": "4294967296", "after_number": "2147483648",
                    "percent": -50.0, "unit": "bytes", "is_capacity": true,
                    "lines": { "before": [16, 16], "after": [16, 16] },
                },
                {
                    "file": "apps/secret.yaml", "document": object("Secret", "v1", "db"),
                    "path": "stringData.password", "op": "modified",
                    "before": { "masked": true }, "after": { "masked": true }, "before_number": null,
                    "after_number": null, "percent": null, "unit": null, "is_capacity": false,
                    "lines": { "before": [5, 5], "after": [5, 5] },
                },
            ],
            "cosmetic": [{
                "file": "apps/checkout.yaml", "kind": "comment", "lines": { "before": [14, 14], "after": [14, 14] },
            }],
            "unexplained": [{
                "file": "README.md", "lines": { "before": [1, 1], "after": [1, 1] }, "why": "a format without fields",
            }],
        })
    );
}

#[test]
fn fields_are_lines_for_people() {
    let sandbox = Sandbox::new();
    let repo = proposed(&sandbox);
    let ran = repo.run(&["diff", "fewer", "--fields"]).succeeds();
    assert_eq!(
        ran.stdout,
        "\
apps/checkout.yaml
  Deployment shop/checkout  metadata.labels[\"app.kubernetes.io/name\"]  checkout → till
  Deployment shop/checkout  spec.replicas  4 → 1  (-75 %)
  Deployment shop/checkout  spec.template.spec.containers[app].resources.limits.memory  4Gi → 2Gi  (-50 %)
apps/secret.yaml
  Secret shop/db  stringData.password  (masked) → (masked)
comment: apps/checkout.yaml:14
unexplained: README.md:1  a format without fields
"
    );
    let _ = repo.run(&["diff", "fewer", "--fields", "--stat"]).exits(2);
}

#[test]
fn both_sides_of_a_line_differ() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("origin.git");
    let long = |end: &str| format!("a: \"true\"\nc: |\n  {}\n  {end}\n", "x".repeat(80));
    repo.commit("main", Commit::new("Before").file("a.yaml", long("one")));
    let after = long("two").replace("\"true\"", "true");
    repo.commit("agent/infra/fewer", Commit::new("After").from("main").file("a.yaml", after));
    let ran = repo.run(&["diff", "fewer", "--fields"]).succeeds();
    assert_eq!(ran.stdout, "a.yaml\n  a  \"true\" → true\n  c  … one → … two\n");
}

#[test]
fn rows_say_in_words_what_changes() {
    let sandbox = Sandbox::new();
    let repo = proposed(&sandbox);
    let ran = repo.run(&["list", "--json"]).succeeds();
    let one = &ran.json()["proposals"][0];
    assert_eq!(
        one["summary"],
        "checkout: replicas 4 → 1, memory limit 4Gi → 2Gi (-50 %), and 2 fields in 2 objects, docs +6 -6"
    );
    assert_eq!(one["shape"], "5 kinds of change");
    let of = |from: &str| {
        let fewer = Commit::new("Fewer").from("main").file("apps/checkout.yaml", BEFORE.replace("replicas: 4", from));
        repo.commit("agent/infra/only", fewer);
        let ran = repo.run(&["list", "--json"]).succeeds();
        let json = ran.json();
        let list = json["proposals"].as_array().expect("a list");
        let only = list.iter().find(|one| one["id"] == "agent/infra/only").expect("it is listed");
        (only["summary"].as_str().expect("words").to_owned(), only["shape"].clone())
    };
    assert_eq!(of("replicas: 5"), ("checkout: replicas 4 → 5 +1 -1".to_owned(), "replicas up".into()));
    assert_eq!(of("replicas: {{ .x }}"), ("apps/checkout.yaml +1 -1".to_owned(), serde_json::Value::Null));
}

/// One commit: its id, and the paths that it changes.
struct Revision {
    id: String,
    /// A bot made it.
    by_bot: bool,
    changes: Vec<FileChange>,
}

/// Every commit that touches YAML, with all that it changes, first parents only for merges.
fn revisions(sandbox: &Sandbox, repo: &Path) -> Vec<Revision> {
    let mut git = sandbox.git_command(repo);
    git.args(["log", "--all", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-merges", "--format=%x01%H %an"]);
    let output = git.output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut revisions: Vec<Revision> = Vec::new();
    let mut fields = output.stdout.split(|byte| *byte == 0);
    while let Some(field) = fields.next() {
        let field = field.strip_prefix(b"\n").unwrap_or(field);
        if let Some(id) = field.strip_prefix(b"\x01") {
            let (id, author) = id.split_at(id.len().min(40));
            let (id, by_bot) = (String::from_utf8_lossy(id).into_owned(), author.ends_with(b"[bot]"));
            revisions.push(Revision { id, by_bot, changes: Vec::new() });
        } else if let Some(record) = field.strip_prefix(b":") {
            let record = String::from_utf8_lossy(record);
            let parts: Vec<&str> = record.split(' ').collect();
            let side = |mode: &str, oid: &str| {
                let mode = Mode::from_bits(u32::from_str_radix(mode, 8).expect("a mode"))?;
                Some(Side { mode, oid: oid.parse::<Oid>().expect("an id") })
            };
            let path = fields.next().expect("a path").into();
            let change = FileChange { path, old: side(parts[0], parts[2]), new: side(parts[1], parts[3]) };
            revisions.last_mut().expect("a commit").changes.push(change);
        }
    }
    let is_yaml = |change: &FileChange| change.path.ends_with(b".yaml") || change.path.ends_with(b".yml");
    revisions.retain(|revision| revision.changes.iter().any(is_yaml));
    revisions
}

fn input(repo: &git2::Repository, change: &FileChange) -> FileInput {
    let content = |side: Option<Side>| match side {
        None => Content::Absent,
        Some(Side { mode: Mode::Submodule, oid }) => Content::Submodule(oid),
        Some(Side { mode, oid }) => match repo.find_blob(git2::Oid::from_bytes(oid.as_bytes()).expect("an id")) {
            Ok(blob) => Content::classify(mode, blob.content()),
            Err(error) => Content::Missing(error.message().to_owned()),
        },
    };
    FileInput { change: change.clone(), old: content(change.old), new: content(change.new) }
}

/// Changed lines of a file that no part of the report lists.
fn hidden(report: &FieldReport, input: &FileDiff) -> u32 {
    let path = &input.summary().path;
    let was = input.summary().old_path.as_ref().unwrap_or(path).to_string();
    let fields = report.fields.iter().map(|one| (&one.file, one.lines));
    let cosmetic = report.cosmetic.iter().map(|one| (&one.file, one.lines));
    let open = report.unexplained.iter().map(|one| (&one.file, one.lines));
    // What moved lists lines of the file that it left.
    let listed: Vec<Lines> = fields
        .chain(cosmetic)
        .chain(open)
        .filter(|(file, _)| *file == path || file.to_string() == was)
        .map(|one| one.1)
        .collect();
    let has = |span: Option<LineSpan>, line: u32| span.is_some_and(|span| (span.0..=span.1).contains(&(line + 1)));
    let left =
        |one: &&FieldChange| one.op == FieldOp::Moved && one.before.as_ref().is_some_and(|from| *from == was.as_str());
    let left: Vec<Lines> = report.fields.iter().filter(left).map(|one| one.lines).collect();
    let mut count = 0;
    for change in input.changes() {
        count += change.new.clone().filter(|line| !listed.iter().any(|lines| has(lines.after, *line))).count();
        let before = |line: &u32| listed.iter().chain(&left).any(|lines| has(lines.before, *line));
        count += change.old.clone().filter(|line| !before(line)).count();
    }
    count as u32
}

/// What is counted over a history.
#[derive(Debug, Default)]
struct Tally {
    commits: u32,
    complete: u32,
    files: u32,
    yaml: u32,
    yaml_complete: u32,
    fields: u64,
    cosmetic: u64,
    why: BTreeMap<String, u32>,
    bots: u32,
    bots_complete: u32,
    shapes: BTreeMap<Shape, u32>,
    spent: Duration,
    /// Of the commit that took longest for each of its files, and which.
    slowest: (Duration, String),
}

impl Tally {
    fn add(&mut self, diffs: &[FileDiff], report: &FieldReport, by_bot: bool) {
        self.commits += 1;
        self.complete += u32::from(report.complete());
        self.files += diffs.len() as u32;
        for diff in diffs {
            let path = &diff.summary().path;
            if path.ends_with(b".yaml") || path.ends_with(b".yml") {
                self.yaml += 1;
                let open = report.unexplained.iter().find(|one| one.file == *path);
                self.yaml_complete += u32::from(open.is_none());
                if let Some(open) = open {
                    let why = open.why.split(", line").next().unwrap_or_default().split('`').next().unwrap_or_default();
                    *self.why.entry(why.to_owned()).or_default() += 1;
                }
            }
        }
        if by_bot {
            self.bots += 1;
            self.bots_complete += u32::from(report.complete());
            *self.shapes.entry(Shape::of(report)).or_default() += 1;
        }
        self.fields += report.fields.len() as u64;
        self.cosmetic += report.cosmetic.len() as u64;
    }
}

/// The processor time that this thread has had, where the system says it.
fn busy() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(said.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

/// Every commit of a real history that touches YAML: nothing panics, nothing is hidden, nothing fails to add up.
fn holds_over(name: &str) {
    let Some(path) = needs::corpus(name) else { return };
    let sandbox = Sandbox::new();
    let repo = git2::Repository::open(&path).expect("a repository");
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for revision in revisions(&sandbox, &path) {
        let inputs: Vec<FileInput> = revision.changes.iter().map(|change| input(&repo, change)).collect();
        // Real mirrors lack objects now and then.
        if inputs.iter().any(|input| [&input.old, &input.new].iter().any(|side| matches!(side, Content::Missing(_)))) {
            continue;
        }
        let diffs: Vec<FileDiff> = comparisons(inputs).iter().map(|one| one.compute(CONTEXT)).collect();
        let start = busy();
        let report = report_of(&diffs.iter().collect::<Vec<_>>());
        let spent = busy().saturating_sub(start);
        tally.spent += spent;
        tally.slowest = tally.slowest.max((spent / diffs.len().max(1) as u32, revision.id.clone()));
        let hiding = diffs.iter().filter(|diff| hidden(&report, diff) > 0);
        wrong.extend(hiding.map(|diff| format!("hidden: {} {}", revision.id, diff.summary().path)));
        let broken = report.unexplained.iter().filter(|one| one.why.contains("add up"));
        wrong.extend(broken.map(|one| format!("does not add up: {} {}", revision.id, one.file)));
        tally.add(&diffs, &report, revision.by_bot);
    }
    let share = |part: u32, all: u32| f64::from(part) * 100.0 / f64::from(all.max(1));
    needs::say(&format!(
        "{name}: {} commits, {:.2} % explained fully; {} files, of {} in YAML {:.2} %; {} fields, {} cosmetic; {:.2} ms of processor time a file, {:.1} ms in {}",
        tally.commits,
        share(tally.complete, tally.commits),
        tally.files,
        tally.yaml,
        share(tally.yaml_complete, tally.yaml),
        tally.fields,
        tally.cosmetic,
        tally.spent.as_secs_f64() * 1e3 / f64::from(tally.files),
        tally.slowest.0.as_secs_f64() * 1e3,
        tally.slowest.1,
    ));
    let mut shapes: Vec<(&Shape, &u32)> = tally.shapes.iter().collect();
    shapes.sort_by_key(|(_, count)| Reverse(**count));
    let mut held = 0;
    let hold = shapes.iter().take_while(|(_, count)| {
        held += **count;
        held < tally.bots * 9 / 10
    });
    needs::say(&format!(
        "  {} commits by bots, {:.2} % explained fully, have {} shapes, of which {} hold 90 % of them",
        tally.bots,
        share(tally.bots_complete, tally.bots),
        shapes.len(),
        hold.count() + 1
    ));
    for (shape, count) in shapes.iter().take(12) {
        needs::say(&format!("  {count:6} commits: {shape}"));
    }
    let mut reasons: Vec<(String, u32)> = tally.why.into_iter().collect();
    reasons.sort_by_key(|(_, count)| Reverse(*count));
    for (why, count) in reasons.into_iter().take(12) {
        needs::say(&format!("  {count:6} files: {why}"));
    }
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}

#[test]
fn every_commit_of_one_history_is_explained() {
    holds_over("onedr0p/home-ops");
}

#[test]
fn every_commit_of_another_history_is_explained() {
    holds_over("joryirving/home-ops");
}
