//! Who changed a proposal's files before.

use jiff::Timestamp;

use crate::engine::PastChange;
use crate::model::{FileChange, Oid};

use super::process::GitError;
use super::repository::LocalRepository;

/// Commits that are listed.
const COMMITS: usize = 20;
/// Files that are asked about: a change of more is no question of the history of one file.
const FILES: usize = 50;

/// The last commits of the target that touched these files, newest first. `git log` is asked because it reads the
/// commit-graph's path filters, which libgit2 does not.
pub fn of_files(repository: &LocalRepository, tip: Oid, files: &[FileChange]) -> Result<Vec<PastChange>, GitError> {
    let paths: Vec<&str> = files.iter().take(FILES).filter_map(|file| std::str::from_utf8(&file.path).ok()).collect();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let (count, tip) = (format!("-n{COMMITS}"), tip.to_string());
    let mut args = vec!["--literal-pathspecs", "log", "-z", &count, "--no-renames", "--name-only"];
    args.extend(["--format=%x01%H%x02%an%x02%at%x02%s%x03", &tip, "--"]);
    args.extend(&paths);
    let output = repository.git().run(&args)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split('\u{1}').filter_map(past_change).collect())
}

/// `COMMIT 2 AUTHOR 2 SECONDS 2 SUBJECT 3 FILE 0 FILE 0`, the numbers being control characters.
fn past_change(record: &str) -> Option<PastChange> {
    let (head, files) = record.split_once('\u{3}')?;
    let mut fields = head.splitn(4, '\u{2}');
    let commit = fields.next()?.parse().ok()?;
    let author = fields.next()?.to_owned();
    let date = fields.next()?.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let subject = fields.next()?.to_owned();
    let files = files.split('\0').map(str::trim).filter(|file| !file.is_empty()).map(str::to_owned).collect();
    Some(PastChange { commit, author, date: date.unwrap_or(Timestamp::UNIX_EPOCH), subject, files })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read() {
        let oid = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let found = past_change(&format!("{oid}\u{2}Ann\u{2}0\u{2}fix: a\u{3}\n\0a/b.yaml\0c d\0\0")).unwrap();
        assert_eq!((found.author.as_str(), found.subject.as_str()), ("Ann", "fix: a"));
        assert_eq!(found.files, ["a/b.yaml", "c d"]);
        assert_eq!(past_change("nonsense"), None);
    }
}
