//! The diff beside git itself: identities, counts and the very lines, over made-up and real histories.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use countersign::diff::{CONTEXT, Content, Document, FileDiff, FileInput, LineKind, Row, change_id};
use countersign::model::{ChangeId, FileChange, Mode, Oid, Side};
use sha2::{Digest as _, Sha256};

use super::support::{Commit, Repo, Sandbox, needs};

/// What git says of one changed path.
struct Truth {
    change: FileChange,
    /// Lines added and deleted; `None` where git calls it binary.
    lines: Option<(u32, u32)>,
}

/// A side as git's raw format has it.
fn side(mode: &str, oid: &str) -> Option<Side> {
    let mode = Mode::from_bits(u32::from_str_radix(mode, 8).expect("an octal mode"))?;
    Some(Side { mode, oid: oid.parse().expect("an object id") })
}

/// Reads what `git log|diff --raw --numstat -z --no-abbrev` prints: for each commit its raw records, then its counts.
fn truths(output: &[u8]) -> Vec<Truth> {
    let mut fields = output.split(|byte| *byte == 0).map(|field| field.strip_prefix(b"\n").unwrap_or(field));
    let mut truths: Vec<Truth> = Vec::new();
    let mut counted = 0;
    while let Some(field) = fields.next() {
        if let Some(record) = field.strip_prefix(b":") {
            let record = std::str::from_utf8(record).expect("a raw record");
            let [old_mode, new_mode, old, new, _] = record.split(' ').collect::<Vec<_>>()[..] else {
                panic!("not a raw record: {record}")
            };
            let path = fields.next().expect("a path behind its record").into();
            let change = FileChange { path, old: side(old_mode, old), new: side(new_mode, new) };
            truths.push(Truth { change, lines: None });
        } else if field.contains(&b'\t') {
            let mut parts =
                field.splitn(3, |byte| *byte == b'\t').map(|part| String::from_utf8_lossy(part).into_owned());
            let mut count = || parts.next().and_then(|count| count.parse().ok());
            truths[counted].lines = count().zip(count());
            assert_eq!(field.splitn(3, |byte| *byte == b'\t').last(), Some(&truths[counted].change.path[..]));
            counted += 1;
        }
    }
    assert_eq!(counted, truths.len(), "every raw record has its count");
    truths
}

/// Runs git, which must succeed, for its bytes.
fn output(mut git: Command) -> Vec<u8> {
    let output = git.output().expect("git runs");
    assert!(output.status.success(), "{git:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

const AS_COUNTED: [&str; 6] = ["--raw", "--numstat", "-z", "--no-abbrev", "--histogram", "--no-renames"];

/// What git says of the difference between two revisions.
fn between(sandbox: &Sandbox, repo: impl AsRef<Path>, old: &str, new: &str) -> Vec<Truth> {
    let mut git = sandbox.git_command(repo);
    git.arg("diff").args(AS_COUNTED).args(["--ignore-submodules=none", old, new]);
    truths(&output(git))
}

fn content(repo: &git2::Repository, side: Option<Side>) -> Content {
    match side {
        None => Content::Absent,
        Some(Side { mode: Mode::Submodule, oid }) => Content::Submodule(oid),
        Some(Side { mode, oid }) => match repo.find_blob(git2::Oid::from_bytes(oid.as_bytes()).expect("an id")) {
            Ok(blob) => Content::classify(mode, blob.content()),
            Err(error) => Content::Missing(error.message().to_owned()),
        },
    }
}

fn input(repo: &git2::Repository, change: &FileChange) -> FileInput {
    FileInput { change: change.clone(), old: content(repo, change.old), new: content(repo, change.new) }
}

/// Compares our counts with git's; the answer is how many paths were compared, and a line for each that differs.
fn compare(repo: &git2::Repository, truths: &[Truth]) -> (usize, Vec<String>) {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for truth in truths {
        let input = input(repo, &truth.change);
        // What is not there cannot be compared; real mirrors lack objects now and then.
        if [&input.old, &input.new].into_iter().any(|side| matches!(side, Content::Missing(_))) {
            continue;
        }
        compared += 1;
        let ours = FileDiff::compute(input, CONTEXT).unpaired();
        let ours = (!ours.binary).then_some((ours.additions, ours.deletions));
        if ours != truth.lines {
            wrong.push(format!("{}: git {:?}, ours {ours:?}", truth.change.path, truth.lines));
        }
    }
    (compared, wrong)
}

/// The change id as anybody can recompute it with git and sha256sum.
fn recomputed(sandbox: &Sandbox, repo: &Repo<'_>, old: &str, new: &str) -> ChangeId {
    let mut git = sandbox.git_command(repo);
    git.args(["--no-replace-objects", "diff-tree", "-r", "-z", "--no-renames", "--ignore-submodules=none", old, new]);
    ChangeId::from_bytes(Sha256::digest(output(git)).into())
}

#[test]
fn every_kind_of_file_is_counted_and_identified_as_by_git() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("kinds.git");
    let base = Commit::new("Before")
        .file("plain", "a\nb\nc\n")
        .file("open", "a\nb")
        .file("crlf", "a\r\nb\r\n")
        .file("latin", b"caf\xe9\nb\n")
        .file("to-program", "#!/bin/sh\n")
        .file("to-link", "a\nb\n")
        .symlink("link", "one")
        .symlink("to-file", "target")
        .file("binary", [0, 1, 2])
        .file("late-nul", [b"x\n".repeat(4_000), vec![0]].concat())
        .file("gone", "a\n")
        .file("empty", "")
        .file("moved", "a\nb\nc\nd\n")
        .file(".gitattributes", "*.yaml -diff\nplain binary\n")
        .file("attributed.yaml", "a: 1\n")
        .file(".gitmodules", "[submodule \"sub\"]\n\tpath = sub\n\turl = ./x\n\tignore = all\n");
    let first = repo.commit("main", base);
    repo.commit(
        "old",
        Commit::new("Before, with submodules").from("main").submodule("sub", &first).submodule("sub-to-file", &first),
    );
    let other = repo.rev("old");
    let change = Commit::new("After")
        .from("old")
        .file("plain", "a\nB\nc\nd\n")
        .file("open", "a\nb\n")
        .file("crlf", "a\r\nb\n")
        .file("latin", b"caf\xe9\nb\xff\n")
        .program("to-program", "#!/bin/sh\n")
        .symlink("to-link", "a")
        .symlink("link", "two")
        .file("to-file", "target\n")
        .file("binary", [0, 3])
        .file("late-nul", [b"y\n".repeat(4_000), vec![0]].concat())
        .delete("gone")
        .file("empty", "no more\n")
        .delete("moved")
        .file("moved-here", "a\nb\nc\nd\n")
        .file("attributed.yaml", "a: 2\n")
        .file(b"caf\xe9 \"x\"\t\\\n.yaml", "a\n")
        .file("z\u{202e}.md", "")
        .file("a.b", "sorts\n")
        .file("a/b", "between\n")
        .submodule("sub", &other)
        .file("sub-to-file", "a file\n")
        .submodule("new-sub", &other)
        .file(
            "pointer",
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 7\n", "0".repeat(64)),
        );
    repo.commit("new", change);
    let truths = between(&sandbox, &repo, "old", "new");
    assert_eq!(truths.len(), 23);
    let objects = git2::Repository::open_bare(repo.path()).expect("the repository");
    assert_eq!(compare(&objects, &truths), (23, Vec::new()));
    let changes: Vec<FileChange> = truths.iter().map(|truth| truth.change.clone()).collect();
    assert_eq!(change_id(&changes), recomputed(&sandbox, &repo, "old", "new"));
    // As one document, with what moved paired, the sums are still git's.
    let document = Document::build(changes.iter().map(|change| input(&objects, change)).collect(), CONTEXT);
    let sum = |of: fn((u32, u32)) -> u32| truths.iter().filter_map(|truth| truth.lines).map(of).sum::<u32>();
    assert_eq!((document.additions(), document.deletions()), (sum(|lines| lines.0), sum(|lines| lines.1)));
    // `moved`, and `gone`, whose one line lives on in the file with the odd name.
    assert_eq!(document.files().len(), 21);
}

/// Chance without chance: the same numbers on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Lines of the shape of manifests: few kinds, many repeated.
    fn lines(&mut self, count: u64, kinds: u64) -> Vec<String> {
        let line = |dice: &mut Self| match dice.below(4) {
            0 => ["\n", "---\n", "  - name: x\n", "spec:\n"][dice.below(4) as usize].to_owned(),
            1 => format!("{}key{}: 1\n", "  ".repeat(dice.below(3) as usize), dice.below(kinds)),
            _ => format!("{}\n", dice.below(kinds)),
        };
        (0..count).map(|_| line(self)).collect()
    }

    /// Some lines removed, replaced, added, moved or repeated.
    fn edited(&mut self, mut lines: Vec<String>, kinds: u64) -> Vec<String> {
        for _ in 0..self.below(12) {
            let start = self.below(lines.len() as u64 + 1) as usize;
            let end = (start + self.below(9) as usize).min(lines.len());
            let insert = match self.below(4) {
                0 => Vec::new(),
                1 => self.lines(3, kinds),
                2 => lines[start..end].to_vec(),
                _ => [&lines[start..end], &lines[start..end]].concat(),
            };
            let at = if self.below(2) == 0 { start..end } else { end..end };
            lines.splice(at, insert);
        }
        lines
    }

    fn text(&mut self, lines: &[String]) -> String {
        let mut text = lines.concat();
        if self.below(5) == 0 {
            text.pop();
        }
        text
    }
}

#[test]
fn made_up_texts_are_counted_as_by_git() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("texts.git");
    let mut dice = Dice(7);
    let (mut old, mut new) = (Commit::new("Before"), Commit::new("After"));
    for n in 0..800 {
        let kinds = [2, 5, 20, 200][dice.below(4) as usize];
        let count = [3, 20, 100, 300][dice.below(4) as usize];
        let before = dice.lines(count, kinds);
        let after = if dice.below(5) == 0 { dice.lines(60, kinds) } else { dice.edited(before.clone(), kinds) };
        old = old.file(format!("{n}"), dice.text(&before));
        new = new.file(format!("{n}"), dice.text(&after));
    }
    repo.commit("old", old);
    repo.commit("new", new);
    let truths = between(&sandbox, &repo, "old", "new");
    let objects = git2::Repository::open_bare(repo.path()).expect("the repository");
    let (compared, wrong) = compare(&objects, &truths);
    assert!(compared > 600, "{compared}");
    assert_eq!(wrong, Vec::<String>::new());
}

/// The changed lines of each path, old and new, as `git diff` prints them.
fn patched(patch: &[u8]) -> HashMap<String, (Vec<u32>, Vec<u32>)> {
    let mut files: HashMap<String, (Vec<u32>, Vec<u32>)> = HashMap::new();
    let (mut path, mut at, mut left) = (String::new(), (0, 0), (0, 0));
    for line in patch.split(|byte| *byte == b'\n') {
        if left == (0, 0) {
            let text = String::from_utf8_lossy(line);
            if let Some(paths) = text.strip_prefix("diff --git ") {
                // Both names are the same: half of the rest, but for the blank between.
                path = paths[..(paths.len() - 1) / 2].to_owned();
                files.entry(path.clone()).or_default();
            } else if let Some((old, new)) =
                text.strip_prefix("@@ -").and_then(|hunk| hunk.split_once(" @@")?.0.split_once(" +"))
            {
                let range = |text: &str| {
                    let (start, lines) = text.split_once(',').unwrap_or((text, "1"));
                    (start.parse::<u32>().expect("a line"), lines.parse::<u32>().expect("a count"))
                };
                ((at.0, left.0), (at.1, left.1)) = (range(old), range(new));
            }
            continue;
        }
        let (removed, added) = files.get_mut(&path).expect("a header before its hunks");
        let (old, new) = match line.first() {
            Some(b'-') => (1, 0),
            Some(b'+') => (0, 1),
            Some(b'\\') => (0, 0),
            _ => (1, 1),
        };
        removed.extend((old == 1 && new == 0).then_some(at.0));
        added.extend((new == 1 && old == 0).then_some(at.1));
        (at, left) = ((at.0 + old, at.1 + new), (left.0 - old, left.1 - new));
    }
    files
}

/// The changed lines of each path as the rows of a document have them.
fn drawn(document: &Document) -> HashMap<String, (Vec<u32>, Vec<u32>)> {
    let mut files: HashMap<String, (Vec<u32>, Vec<u32>)> = HashMap::new();
    for row in (0..document.row_count()).filter_map(|row| document.row(row)) {
        let lines = files.entry(document.files()[row.file()].path.to_string()).or_default();
        match row {
            Row::Line(line) if line.kind == LineKind::Removed => lines.0.extend(line.old),
            Row::Line(line) if line.kind == LineKind::Added => lines.1.extend(line.new),
            _ => {}
        }
    }
    files
}

#[test]
fn real_histories_are_counted_as_by_git() {
    for name in ["onedr0p/home-ops", "joryirving/home-ops"] {
        let Some(real) = needs::corpus(name) else { continue };
        let sandbox = Sandbox::new();
        let objects = git2::Repository::open(&real).expect("the real repository");
        let mut git = sandbox.git_command(&real);
        git.args(["log", "--first-parent", "-m", "--format=%x00", "--ignore-submodules=none"]).args(AS_COUNTED);
        // A mirror that lacks an object stops git there; what came before still counts.
        let log = git.output().expect("git runs").stdout;
        let whole = log.iter().rposition(|byte| *byte == 0).map_or(0, |end| end + 1);
        let steps = complete(&log[..whole]);
        let (compared, wrong) = compare(&objects, &truths(steps));
        needs::say(&format!(
            "{name}: {compared} changed paths along the first parents, {} counted differently",
            wrong.len()
        ));
        assert_eq!(wrong, Vec::<String>::new());
        for before in ["2024-06-01", "2025-06-01"] {
            let old = sandbox.git(&real, &["rev-list", "-1", &format!("--before={before}"), "HEAD"]);
            assert_lines(&sandbox, &real, &objects, &old);
        }
    }
}

/// The part of a log before the last commit, whose records may be cut short.
fn complete(log: &[u8]) -> &[u8] {
    let separator = log.windows(3).rposition(|bytes| bytes == b"\0\0\0" || bytes == b"\0\0\n");
    &log[..separator.unwrap_or(log.len())]
}

/// Holds the counts and the very lines of a large difference to git's.
fn assert_lines(sandbox: &Sandbox, real: &Path, objects: &git2::Repository, old: &str) {
    let truths = between(sandbox, real, old, "HEAD");
    let (compared, wrong) = compare(objects, &truths);
    assert_eq!((compared, wrong), (truths.len(), Vec::new()));
    let mut git = sandbox.git_command(real);
    git.args(["-c", "core.quotePath=false", "diff", "--no-prefix", "--histogram", "--no-renames", old, "HEAD"]);
    let patched = patched(&output(git));
    let files = truths.iter().map(|truth| FileDiff::compute(input(objects, &truth.change), CONTEXT)).collect();
    let drawn = drawn(&Document::new(files, CONTEXT));
    let other: Vec<&String> = patched.keys().filter(|path| patched.get(*path) != drawn.get(*path)).collect();
    needs::say(&format!(
        "{}: {} files since {}, {} with other lines",
        real.display(),
        patched.len(),
        &old[..12],
        other.len()
    ));
    assert_eq!(other, Vec::<&String>::new());
}

#[test]
fn an_object_id_is_not_needed_to_say_so() {
    // A side that cannot be read is a remark, and the other files are still there.
    let missing = |why: &str| Content::Missing(why.to_owned());
    let change = FileChange { path: "a".into(), old: None, new: Some(Side { mode: Mode::File, oid: Oid::EMPTY_TREE }) };
    let input = FileInput { change, old: Content::Absent, new: missing("object not found") };
    let document = Document::build(vec![input], CONTEXT);
    let Some(Row::Note(row)) = document.row(1) else { panic!("no remark") };
    assert_eq!(row.note.to_string(), "new side cannot be read: object not found");
}
