//! Every proposal of a queue lists and opens.

use std::sync::Mutex;

use bstr::ByteSlice as _;
use countersign::config::Settings;
use countersign::diff::{CONTEXT, Document, Highlighter, LineKind, Row};
use countersign::evidence::reasoning;
use countersign::io::clock::Clock;
use countersign::io::git::open;
use countersign::io::git::repository::LocalRepository;
use countersign::io::workspace::{Scope, Situation, Workspace};
use countersign::model::{CommentSide, Proposal};
use countersign::policy::Globs;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Repo, made_up, merge_tree, real, text};
use crate::support::needs;

#[test]
fn proposals_of_a_made_up_history_list_and_open() {
    made_up(list_and_open);
}

#[test]
fn proposals_of_real_histories_list_and_open() {
    real(list_and_open);
}

fn list_and_open(name: &str, origin: &Repo<'_>) {
    let ran = origin.run(&["list", "--json"]).succeeds();
    let document = ran.json();
    assert_eq!(document["problems"], serde_json::json!([]), "{name}");
    let proposals = document["proposals"].as_array().expect("a list of proposals");
    assert_eq!(proposals.len(), super::heads(origin).len(), "{name}: all of them are listed");
    for proposal in proposals {
        is_as_git_says(origin, proposal);
    }
    let lines = open_all(origin, proposals);
    // The same through the commands, for some of them: each reads the whole queue first.
    let some = proposals.iter().step_by(proposals.len().div_ceil(6));
    some.for_each(|proposal| opens_by_command(origin, proposal));
    needs::say(&format!("{name}: {} proposals list and open; {lines} rows", proposals.len()));
}

/// Counts, identity and result are those of git.
fn is_as_git_says(origin: &Repo<'_>, proposal: &Value) {
    let (id, tip) = (text(proposal, "id"), text(&proposal["target"], "tip"));
    assert_eq!(proposal["state"], "pending", "{id}");
    let result = merge_tree(origin, tip, text(proposal, "head")).unwrap_or_else(|| panic!("{id} conflicts"));
    assert_eq!(text(proposal, "result"), result, "{id}");
    let old = format!("{tip}^{{tree}}");
    let mut git = origin.sandbox().git_command(origin);
    git.args(["--no-replace-objects", "diff-tree", "-r", "-z", "--no-renames", "--ignore-submodules=none", &old]);
    let raw = git.arg(&result).output().expect("git runs").stdout;
    assert_eq!(text(proposal, "change_id"), format!("{:x}", Sha256::digest(&raw)), "{id}");
    let numbers = origin.git(&["diff", "--no-renames", "--histogram", "--numstat", &old, &result]);
    let sum = numbers.lines().fold([0, 0, 0], |[added, deleted, files], line| {
        let mut counts = line.split('\t').map(|count| count.parse::<u64>().unwrap_or(0));
        [added + counts.next().unwrap_or(0), deleted + counts.next().unwrap_or(0), files + 1]
    });
    let listed = ["additions", "deletions", "files"].map(|name| proposal[name].as_u64().unwrap_or(u64::MAX));
    assert_eq!(listed, sum, "{id}");
}

/// Opens all proposals as the console does, and looks at every row; answers how many rows there are.
fn open_all(origin: &Repo<'_>, listed: &[Value]) -> usize {
    let workspace = workspace(origin);
    let situation = workspace.read(&Scope::default()).expect("a readable repository");
    assert_eq!(situation.proposals.len(), listed.len());
    let work = Mutex::new(situation.proposals.iter());
    let next = || work.lock().ok().and_then(|mut rest| rest.next());
    std::thread::scope(|scope| {
        let worker = || std::iter::from_fn(next).map(|one| open_one(&workspace, &situation, one)).sum::<usize>();
        let threads = [scope.spawn(worker), scope.spawn(worker)];
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    })
}

fn workspace(origin: &Repo<'_>) -> Workspace {
    let repository = LocalRepository::open(&origin.path(), None, None).expect("a repository");
    let patterns = Globs::new(&Settings::default().branches).expect("patterns");
    let folder = |name: &str| origin.sandbox().path(name);
    Workspace::new(repository, &folder("state"), &folder("cache"), patterns, Clock::System, None)
}

fn open_one(workspace: &Workspace, situation: &Situation, proposal: &Proposal) -> usize {
    let diff = proposal.diff().expect("it merges");
    let document = open::document(&workspace.repository, proposal, diff, CONTEXT).expect("it opens");
    let stats = proposal.stats.expect("counts");
    assert_eq!((document.additions(), document.deletions()), (stats.additions, stats.deletions), "{}", proposal.id);
    let (mut removed, mut added) = (0, 0);
    for row in 0..document.row_count() {
        match document.row(row).unwrap_or_else(|| panic!("{}: row {row}", proposal.id)) {
            Row::Line(line) => {
                removed += u32::from(line.kind == LineKind::Removed);
                added += u32::from(line.kind == LineKind::Added);
                let _ = document.words(&line);
            }
            Row::Note(note) => {
                let said = note.note.to_string();
                assert!(!said.contains("cannot be read"), "{}: {said}", proposal.id);
            }
            Row::File(_) | Row::Fold(_) | Row::Fact(_) => {}
        }
    }
    assert!(added <= stats.additions && removed <= stats.deletions, "{}", proposal.id);
    colour(&document);
    let (_, problems) = reasoning::read(&proposal.messages, proposal.note.as_deref());
    assert_eq!(problems, [], "{}", proposal.id);
    situation.world().judge(proposal).unwrap_or_else(|errors| panic!("{}: {errors:?}", proposal.id));
    document.row_count()
}

/// Finds the syntax colours of what a first screen shows of each file.
fn colour(document: &Document) {
    for (index, file) in document.files().iter().enumerate() {
        let lines = document.lines(index, CommentSide::New).clone();
        let end = lines.len().min(60);
        if let Some(mut highlighter) = Highlighter::new(file.path.as_bstr(), lines) {
            assert_eq!(highlighter.window(0..end).len(), end as usize, "{}", file.path);
        }
    }
}

fn opens_by_command(origin: &Repo<'_>, proposal: &Value) {
    let id = text(proposal, "id");
    let shown = origin.run(&["show", id, "--json"]).succeeds().json();
    for name in ["change_id", "files", "additions", "deletions"] {
        assert_eq!(shown[name], proposal[name], "{id}: {name}");
    }
    let sum = |of: &str| -> u64 {
        let changes = shown["changes"].as_array().expect("changes").iter();
        changes.map(|change| change[of].as_u64().unwrap_or(0)).sum()
    };
    assert_eq!(
        (Some(sum("additions")), Some(sum("deletions"))),
        (proposal["additions"].as_u64(), proposal["deletions"].as_u64())
    );
    let diff = origin.run(&["diff", id, "--json"]).succeeds().json();
    assert_eq!((&diff["additions"], &diff["deletions"]), (&proposal["additions"], &proposal["deletions"]), "{id}");
    let lines = |kind: &str| -> usize {
        let files = diff["files"].as_array().expect("files").iter();
        files.flat_map(|file| file["lines"].as_array().expect("lines")).filter(|line| line["kind"] == kind).count()
    };
    assert!(lines("added") > 0 || lines("removed") > 0 || proposal["additions"] == proposal["deletions"], "{id}");
}
