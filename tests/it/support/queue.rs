//! Queues of real proposals, made from what really happened: the repository as it stood some commits ago becomes `main`, and
//! each commit that landed after it and still applies to it cleanly becomes a pending proposal.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{Ran, Repo, Sandbox, needs};

/// A commit of a history, as a proposal is made from it.
struct Landed {
    commit: String,
    name: String,
    email: String,
    at: String,
    message: Vec<u8>,
}

/// The fields of [`Landed`], in the order of `git log`; the message is read until the end of a record.
const FORMAT: &str = "--format=%H%x00%an%x00%ae%x00%at%x00%B%x00";

impl Repo<'_> {
    /// Makes this empty bare repository a queue: main is `source` as it was `back` first-parent commits ago, and the commits
    /// since then that merge cleanly into it, and change something there, are branches `agent/AUTHOR/NNNN`, one commit on
    /// top of main each, author, date and message as they were. Objects of `source` are borrowed. Answers how many there are.
    pub fn queue_from(&self, source: &Path, back: usize) -> usize {
        let at_source = |words: &[&str]| {
            let source = source.to_string_lossy();
            self.sandbox().git("", &[&["-C", &source], words].concat())
        };
        let objects = source.join(at_source(&["rev-parse", "--git-path", "objects"]));
        let objects = objects.canonicalize().expect("the objects of a repository");
        std::fs::write(self.path().join("objects/info/alternates"), format!("{}\n", objects.display()))
            .expect("a repository that borrows");
        let tip = at_source(&["rev-parse", "HEAD"]);
        let skip = format!("--skip={back}");
        let base = self.git(&["rev-list", "--first-parent", "--max-count=1", &skip, &tip]);
        // Merges that conflict leave objects, too, many times as many: they go into a folder that is thrown away.
        let scratch = Scratch { repo: self, objects, folder: tempfile::tempdir_in(self.path()).expect("a folder") };
        let landed = self.landed_since(&base, &tip);
        let made = scratch.propose_all(&base, &landed, &scratch.merged(&base, &landed));
        let pack = self.path().join("objects/pack/pack");
        let known = format!("^{base}\n");
        scratch.git(&["pack-objects", "--all", "--revs", "--quiet", &pack.to_string_lossy()], known.as_bytes());
        made
    }

    /// The commits of the first-parent line after `base`, oldest first, that are no merges.
    fn landed_since(&self, base: &str, tip: &str) -> Vec<Landed> {
        let range = format!("{base}..{tip}");
        let mut git = self.sandbox().git_command(self);
        git.args(["log", "-z", "--first-parent", "--reverse", "--no-merges", FORMAT, &range]);
        let output = git.output().expect("git runs").stdout;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields: Vec<&[u8]> = output.split(|byte| *byte == 0).collect();
        let record = |fields: &[&[u8]]| Landed {
            commit: text(fields[0]),
            name: text(fields[1]),
            email: text(fields[2]),
            at: text(fields[3]),
            message: fields[4].to_owned(),
        };
        // `-z` ends each record with one more zero byte.
        fields.chunks(6).filter(|fields| fields.len() >= 5 && !fields[0].is_empty()).map(record).collect()
    }
}

/// A place for objects of which few are kept.
struct Scratch<'a> {
    repo: &'a Repo<'a>,
    objects: PathBuf,
    folder: tempfile::TempDir,
}

impl Scratch<'_> {
    /// Runs git with new objects going here.
    fn git(&self, arguments: &[&str], stdin: &[u8]) -> String {
        let mut git = self.repo.sandbox().git_command(self.repo);
        git.env("GIT_OBJECT_DIRECTORY", self.folder.path()).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &self.objects);
        git.args(["-c", "core.fsync=none", "-c", "core.looseCompression=0"]).args(arguments);
        Ran::of(assert_cmd::Command::from_std(git).write_stdin(stdin)).succeeds().stdout
    }

    /// The tree that each commit gives on top of `base`, where git merges it cleanly and it is another one.
    fn merged(&self, base: &str, landed: &[Landed]) -> HashMap<String, String> {
        let before = self.repo.rev(&format!("{base}^{{tree}}"));
        let asked: String = landed.iter().fold(String::new(), |mut all, one| {
            let _ = writeln!(all, "{0}^ -- {base} {0}", one.commit);
            all
        });
        let answers = self.git(&["merge-tree", "--stdin", "-z", "--no-messages", "--name-only"], asked.as_bytes());
        let mut trees = HashMap::new();
        let mut fields = answers.split('\0');
        for one in landed {
            let (clean, tree) = (fields.next().expect("a status"), fields.next().expect("a tree"));
            // Names of files that conflict follow, up to an empty field.
            while fields.next().is_some_and(|name| !name.is_empty()) {}
            if clean == "1" && tree != before {
                trees.insert(one.commit.clone(), tree.to_owned());
            }
        }
        trees
    }

    /// Makes the branches, in one go.
    fn propose_all(&self, base: &str, landed: &[Landed], trees: &HashMap<String, String>) -> usize {
        let mut stream = format!("reset refs/heads/main\nfrom {base}\n\n").into_bytes();
        let mut made = 0;
        for (one, tree) in landed.iter().filter_map(|one| Some((one, trees.get(&one.commit)?))) {
            made += 1;
            let branch = format!("refs/heads/agent/{}/{made:04}", segment(&one.name));
            stream.extend_from_slice(format!("commit {branch}\n").as_bytes());
            for role in ["author", "committer"] {
                stream.extend_from_slice(format!("{role} {} <{}> {} +0000\n", one.name, one.email, one.at).as_bytes());
            }
            stream.extend_from_slice(format!("data {}\n", one.message.len()).as_bytes());
            stream.extend_from_slice(&one.message);
            stream.extend_from_slice(format!("\nfrom {base}\nM 040000 {tree} \"\"\n\n").as_bytes());
        }
        self.git(&["fast-import", "--quiet", "--force"], &stream);
        made
    }
}

/// An author's name as a part of a branch name.
fn segment(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let plain: String = name.to_lowercase().chars().map(kept).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "unknown".to_owned() } else { parts.join("-") }
}

/// The queue of a real repository below `COUNTERSIGN_CORPUS`, made once and kept in cargo's folder for the files of tests;
/// `None` where there is no such repository. Copy it with [`Sandbox::borrow`]: it is never changed.
pub fn real(name: &str, back: usize) -> Option<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let source = needs::corpus(name)?;
    let sandbox = Sandbox::new();
    let tip = sandbox.git("", &["-C", &source.to_string_lossy(), "rev-parse", "--short=12", "HEAD"]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("queues");
    let kept = folder.join(format!("{}-{tip}-{back}.git", name.replace('/', "+")));
    let _one = ONE_AT_A_TIME.lock();
    if !kept.is_dir() {
        needs::say(&format!("making a queue of {name} as it was {back} commits ago, once; this takes minutes"));
        std::fs::create_dir_all(&folder).expect("a folder for queues");
        let fresh = tempfile::tempdir_in(&folder).expect("a folder beside it").keep();
        sandbox.bare(&fresh.to_string_lossy()).queue_from(&source, back);
        // Whoever was faster made the same.
        if std::fs::rename(&fresh, &kept).is_err() {
            std::fs::remove_dir_all(&fresh).expect("a folder of ours");
        }
    }
    Some(kept)
}
