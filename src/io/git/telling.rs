//! The commits of the history whose messages may tell of an incident, found in one bounded pass of `git log`.

use std::time::Duration;

use bstr::ByteSlice as _;
use jiff::Timestamp;

use crate::evidence::incidents::PastCommit;
use crate::model::Oid;

use super::process::{GitError, Output};
use super::repository::LocalRepository;
use super::store::Store;

/// Commits that are read.
pub const MOST: usize = 2_000;
/// Paths of one commit that are kept; what changed more is about everything.
const MAX_FILES: usize = 200;
/// A history that takes longer is told to be unknown. A million commits take about 20 s.
const LIMIT: Duration = Duration::from_secs(60);
/// What is looked for in messages; what is found is then read with care.
const WORDS: &str = "revert|reappl|roll(ed|ing)? ?-?back|hot-?fix|emergency|incident|outage";
/// Families of names (`INC` of `INC-213`) that are looked for.
const MAX_FAMILIES: usize = 16;
/// Subjects that are looked for in one pass, and bytes of each.
const MAX_SUBJECTS: usize = 200;
const MAX_SUBJECT: usize = 120;

/// The newest commits of the target's history that may tell of an incident: those whose messages have a telling word, or a
/// name of one of the `families` (letters and digits: `INC`).
pub fn commits(
    repository: &LocalRepository,
    store: &Store,
    tip: Oid,
    families: &[String],
) -> Result<Vec<PastCommit>, GitError> {
    let plain = |family: &&String| !family.is_empty() && family.bytes().all(|b| b.is_ascii_alphanumeric());
    let names = families.iter().filter(plain).take(MAX_FAMILIES).map(|family| format!("{family}-[0-9]"));
    let pattern: Vec<String> = std::iter::once(WORDS.to_owned()).chain(names).collect();
    log(repository, store, tip, &["-E".to_owned(), format!("--grep={}", pattern.join("|"))])
}

/// The commits whose messages have any of these texts, to find what a revert calls by its subject.
pub fn having(
    repository: &LocalRepository,
    store: &Store,
    tip: Oid,
    texts: &[&str],
) -> Result<Vec<PastCommit>, GitError> {
    let short = |text: &&str| (0..=MAX_SUBJECT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let texts = texts.iter().filter(|text| text.len() >= 4).take(MAX_SUBJECTS);
    let greps = texts.map(|text| format!("--grep={}", &text[..short(text).unwrap_or(0)]));
    let args: Vec<String> = std::iter::once("-F".to_owned()).chain(greps).collect();
    if args.len() == 1 { Ok(Vec::new()) } else { log(repository, store, tip, &args) }
}

fn log(
    repository: &LocalRepository,
    store: &Store,
    tip: Oid,
    patterns: &[String],
) -> Result<Vec<PastCommit>, GitError> {
    let (count, tip) = (format!("-n{MOST}"), tip.to_string());
    let mut args = vec!["log", "-i", "-z", &count, "--no-merges", "--no-renames", "--name-only"];
    args.extend(patterns.iter().map(String::as_str));
    args.extend(["--format=%x00%H%x00%an%x00%ct%x00", &tip, "--"]);
    let output = repository.git().try_run_within(&args, &[], None, LIMIT)?;
    if !output.success {
        return Err(super::process::failure("log", &output));
    }
    let mut commits = records(&output);
    // Messages have no bound in git's own output; the object database's reader has one.
    for commit in &mut commits {
        commit.message = store.commit(commit.commit).map(|found| found.message).unwrap_or_default();
    }
    Ok(commits)
}

/// `0 COMMIT 0 AUTHOR 0 SECONDS 0 0`, then a line break and `FILE 0` for each; an empty field can only begin the next one.
fn records(output: &Output) -> Vec<PastCommit> {
    let mut fields = output.stdout.split(|byte| *byte == 0).peekable();
    let mut commits = Vec::new();
    while let Some(marker) = fields.next() {
        let (Some(oid), true) =
            (fields.peek().and_then(|oid| oid.to_str().ok()?.parse::<Oid>().ok()), marker.is_empty())
        else {
            continue;
        };
        fields.next();
        let author = fields.next().unwrap_or_default().to_str_lossy().into_owned();
        let seconds = fields.next().and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let date = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
        fields.next();
        let mut files = Vec::new();
        while let Some(file) = fields.next_if(|field| !field.is_empty()) {
            let file = if files.is_empty() { file.strip_prefix(b"\n").unwrap_or(file) } else { file };
            if files.len() < MAX_FILES {
                files.push(file.to_str_lossy().into_owned());
            }
        }
        let (objects, fields) = (Vec::new(), Vec::new());
        commits.push(PastCommit { commit: oid, author, date, message: String::new(), files, objects, fields });
    }
    commits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_apart_whatever_they_hold() {
        let [a, b, c] = ['a', 'b', 'c'].map(|digit| digit.to_string().repeat(40));
        let stdout = format!("\0{a}\0Ann\x001\0\0\nx y.yaml\0{b}\0\0{b}\0\0bad\0\0\0{c}\0C\x002\0\0\nz\0").into_bytes();
        let found = records(&Output { stdout, stderr: Vec::new(), success: true, code: Some(0) });
        let said: Vec<(String, &str, Vec<String>)> =
            found.iter().map(|one| (one.commit.short(1), one.author.as_str(), one.files.clone())).collect();
        assert_eq!(
            said,
            [
                ("a".into(), "Ann", vec!["x y.yaml".into(), b.clone()]),
                ("b".into(), "", vec![]),
                ("c".into(), "C", vec!["z".into()]),
            ]
        );
        assert_eq!(found[1].date, Timestamp::UNIX_EPOCH);
    }
}
