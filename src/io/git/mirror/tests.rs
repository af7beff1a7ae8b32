//! Mirrors of real repositories, by real git: what is written down, what comes when, what a crash and a second process leave.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::io::git::repository::LocalRepository;
use crate::io::git::store::{UNFETCHED, Writes};

/// A remote and a place for a mirror of it.
struct Rig {
    root: tempfile::TempDir,
    git: Git,
}

/// Main with two files of which the second changes, a branch that changes the first one, and a fork's pull request.
const HISTORY: &str = "blob\nmark :1\ndata 6\nfirst\n\nblob\nmark :2\ndata 7\nsecond\n\nblob\nmark :3\ndata 6\nthird\n\n\
    commit refs/heads/main\nmark :4\ncommitter A <a@b> 1700000000 +0000\ndata 1\n1\nM 644 :1 a.yaml\nM 644 :2 d/b.yaml\n\n\
    commit refs/heads/main\nmark :5\ncommitter A <a@b> 1700000100 +0000\ndata 1\n2\nM 644 :3 d/b.yaml\n\n\
    commit refs/heads/agent/x\ncommitter A <a@b> 1700000200 +0000\ndata 1\n3\nfrom :4\nM 644 inline a.yaml\ndata 3\nxy\n\n\
    commit refs/pull/7/head\ncommitter F <f@b> 1700000300 +0000\ndata 1\n4\nfrom :5\nM 644 inline a.yaml\ndata 3\nfk\n\n\
    reset refs/pull/7/merge\nfrom :5\n\n";

impl Rig {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let origin = root.path().join("origin.git");
        fs::create_dir(&origin).unwrap();
        let git = Git::new(&origin);
        git.run(&["init", "--quiet", "--bare", "--initial-branch=main"]).unwrap();
        git.run_with(&["fast-import", "--quiet"], &[], Some(HISTORY.as_bytes())).unwrap();
        for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            git.run(&["config", setting, "true"]).unwrap();
        }
        Self { root, git }
    }

    fn url(&self) -> String {
        format!("file://{}", self.git.dir().display())
    }

    fn folder(&self) -> PathBuf {
        folder(&self.root.path().join("cache"), "github.example", "Acme", "Shop").unwrap()
    }

    fn mirror(&self) -> Arc<Mirror> {
        let url = self.url();
        Mirror::made(&self.folder(), Origin { url: &url, branch: None }).unwrap()
    }

    fn fetched(&self) -> Arc<Mirror> {
        let mirror = self.mirror();
        assert_eq!(mirror.fetch(false, &|| true).unwrap(), Fetched::default());
        mirror
    }

    fn oid(&self, revision: &str) -> Oid {
        self.git.run(&["rev-parse", revision]).unwrap().text().parse().unwrap()
    }

    fn blobs(&self) -> Vec<Oid> {
        let named = ["main:a.yaml", "main:d/b.yaml", "main~1:d/b.yaml", "agent/x:a.yaml", "refs/pull/7/head:a.yaml"];
        named.map(|name| self.oid(name)).into()
    }
}

fn refs(folder: &Path) -> BTreeSet<String> {
    let output = Git::new(folder).run(&["for-each-ref", "--format=%(refname)"]).unwrap();
    output.text().lines().map(str::to_owned).collect()
}

fn configuration(folder: &Path) -> String {
    fs::read_to_string(folder.join("config")).unwrap()
}

#[test]
fn names_from_outside_lead_nowhere_else() {
    let cache = Path::new("/cache");
    let is = |host, owner, name| folder(cache, host, owner, name).map(|path| path.to_str().unwrap().to_owned());
    assert_eq!(is("github.com", "Acme", ".github").as_deref(), Some("/cache/mirrors/github.com/acme/.github.git"));
    assert_eq!(is("127.0.0.1:8080", "a", "b").as_deref(), Some("/cache/mirrors/127.0.0.1_8080/a/b.git"));
    let long = "x".repeat(300);
    for bad in ["", ".", "..", "...", "a/b", "../a", "a b", "a\0", "a\n", "ä", "a\\b", "\u{1b}[2J", long.as_str()] {
        assert_eq!(is("h", bad, "n"), None, "{bad:?}");
        assert_eq!(is("h", "o", bad), None, "{bad:?}");
        assert_eq!(is(bad, "o", "n"), None, "{bad:?}");
    }
}

#[test]
fn it_has_commits_and_trees_and_says_nowhere_that_anything_is_missing() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    let wanted = ["refs/countersign/pulls/7", "refs/remotes/origin/agent/x", "refs/remotes/origin/main"];
    assert_eq!(refs(mirror.git_dir()), wanted.map(str::to_owned).into());
    assert_eq!(mirror.missing(&rig.blobs()).unwrap(), rig.blobs());
    let config = configuration(mirror.git_dir());
    for word in ["promisor", "partial", "extensions"] {
        assert!(!config.to_lowercase().contains(word), "{config}");
    }
    let mode = fs::metadata(mirror.git_dir()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    assert!(!mirror.git_dir().join("FETCH_HEAD").exists());
    // The same again, and with a branch that is gone and another that came.
    rig.git.run(&["update-ref", "-d", "refs/heads/agent/x"]).unwrap();
    rig.git.run(&["update-ref", "refs/heads/agent/y", "main"]).unwrap();
    mirror.fetch(false, &|| true).unwrap();
    assert!(refs(mirror.git_dir()).contains("refs/remotes/origin/agent/y"));
    assert!(!refs(mirror.git_dir()).contains("refs/remotes/origin/agent/x"));
    assert_eq!(configuration(mirror.git_dir()), config);
}

#[test]
fn libgit2_reads_it_and_says_of_contents_that_they_were_not_fetched() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    let repository = LocalRepository::open(mirror.git_dir(), None, None).unwrap();
    assert_eq!(repository.target().unwrap().branch(), "main");
    let store = repository.store(Writes::InMemory).unwrap();
    let (main, head) = (rig.oid("main"), rig.oid("agent/x"));
    let base = store.merge_base(head, &[main]).unwrap();
    assert_eq!(base, rig.oid("main~1"));
    let [base, ours, theirs] = [base, main, head].map(|oid| store.tree_of(oid).unwrap());
    let changed: Vec<String> = store.diff(base, theirs).unwrap().files.iter().map(|f| f.path.to_string()).collect();
    assert_eq!(changed, ["a.yaml"]);
    let error = store.merge_trees(base, ours, theirs).unwrap_err();
    assert!(error.is_unfetched() && error.to_string().starts_with(UNFETCHED), "{error}");
    let error = store.blob(rig.oid("main:a.yaml"), 100).unwrap_err();
    assert!(error.is_unfetched(), "{error}");
    assert!(store.commit(Oid::from_bytes([7; 20])).unwrap_err().is_unfetched(), "a head that is not here yet");
    // Both sides of what the branch changes, and nothing else, were looked for.
    let mirror = repository.mirror.clone().unwrap();
    let missed: BTreeSet<Oid> = mirror.take_missed().into_iter().collect();
    assert_eq!(missed, [rig.oid("main:a.yaml"), rig.oid("agent/x:a.yaml")].into());
    assert!(mirror.take_missed().is_empty());
    let before = repository.contents();
    let missed: Vec<Oid> = missed.into_iter().collect();
    assert_eq!(mirror.fill(&missed, &Watch::NOBODY).unwrap(), Filled { brought: 2, refused: Vec::new() });
    assert_ne!(repository.contents(), before);
    let store = repository.store(Writes::InMemory).unwrap();
    let merged = store.merge_trees(base, ours, theirs).unwrap();
    assert_eq!(store.entry(merged, "a.yaml").unwrap().unwrap().oid, rig.oid("agent/x:a.yaml"));
}

#[test]
fn contents_come_many_at_once_and_nothing_else_does() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    let packs = || fs::read_dir(mirror.git_dir().join("objects/pack")).unwrap().count();
    let (before, config) = (packs(), configuration(mirror.git_dir()));
    let steps = AtomicUsize::new(0);
    let progress = |_: usize, _: usize| {
        steps.fetch_add(1, Ordering::Relaxed);
    };
    let watch = Watch { progress: &progress, ..Watch::NOBODY };
    let gone = Oid::from_bytes([9; 20]);
    let wanted = [&rig.blobs()[..2], &[gone, gone], &rig.blobs()[..1]].concat();
    let filled = mirror.fill(&wanted, &watch).unwrap();
    assert_eq!(filled, Filled { brought: 2, refused: vec![gone] });
    assert_eq!(steps.load(Ordering::Relaxed), 2);
    // One pack, with its index and the like.
    assert!(packs() - before <= 4, "{}", packs() - before);
    assert_eq!(mirror.missing(&rig.blobs()).unwrap(), &rig.blobs()[2..]);
    assert_eq!(configuration(mirror.git_dir()), config);
    assert_eq!(mirror.fill(&rig.blobs()[..2], &watch).unwrap(), Filled::default(), "nothing is asked for what is here");
    assert_eq!(refs(mirror.git_dir()).len(), 3);
    // All of them, by work that is begun again.
    let store = || LocalRepository::open(mirror.git_dir(), None, None);
    let (read, whole) = mirror.whole(&Watch::NOBODY, || {
        let mirrored = LocalRepository { mirror: Some(Arc::clone(&mirror)), ..store().unwrap() };
        let store = mirrored.store(Writes::InMemory).unwrap();
        rig.blobs().iter().filter(|oid| store.blob(**oid, 100).is_ok()).count()
    });
    whole.unwrap();
    assert_eq!(read, 5);
}

#[test]
fn a_server_that_leaves_nothing_out_works_and_is_told_of_once() {
    let rig = Rig::new();
    rig.git.run(&["config", "uploadpack.allowFilter", "false"]).unwrap();
    let mirror = rig.mirror();
    assert!(mirror.fetch(false, &|| true).unwrap().everything);
    assert!(!mirror.is_partial());
    assert_eq!(mirror.fetch(false, &|| true).unwrap(), Fetched::default(), "said once");
    assert!(mirror.missing(&rig.blobs()).unwrap().is_empty());
    LocalRepository::open(mirror.git_dir(), None, None).unwrap();
}

#[test]
fn a_server_that_gives_nothing_by_its_id_is_an_error_that_says_so() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    // The second version of the protocol does not ask for leave; older servers speak the first one.
    rig.git.run(&["config", "uploadpack.allowAnySHA1InWant", "false"]).unwrap();
    let config = configuration(mirror.git_dir());
    fs::write(mirror.git_dir().join("config"), format!("{config}[protocol]\n\tversion = 0\n")).unwrap();
    let error = mirror.fill(&rig.blobs(), &Watch::NOBODY).unwrap_err();
    assert!(matches!(error, MirrorError::Ids(_)), "{error}");
    assert!(error.to_string().contains("allowAnySHA1InWant"), "{error}");
}

#[test]
fn what_a_crash_left_is_swept_away() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    rig.git.run(&["update-ref", "refs/heads/main", "agent/x"]).unwrap();
    let now = fs::metadata(mirror.git_dir().join("config")).unwrap().modified().unwrap();
    let old = now - Duration::from_secs(2 * 60 * 60);
    let left = ["packed-refs.lock", "refs/remotes/origin/main.lock", "objects/pack/tmp_pack_x1"];
    for name in left {
        let file = fs::File::create(mirror.git_dir().join(name)).unwrap();
        file.set_modified(old).unwrap();
    }
    // One that was killed while it was being made.
    fs::create_dir_all(rig.folder().parent().unwrap().join(".new-x1/objects")).unwrap();
    mirror.fetch(false, &|| true).unwrap();
    for name in left {
        assert!(!mirror.git_dir().join(name).exists(), "{name}");
    }
    let repository = LocalRepository::open(mirror.git_dir(), None, None).unwrap();
    assert_eq!(repository.target().unwrap().tip, rig.oid("agent/x"));
    // A folder that is no mirror, half of one for example, is made anew.
    fs::remove_file(mirror.git_dir().join("countersign-mirror")).unwrap();
    assert!(Mirror::at(mirror.git_dir()).is_none());
    rig.fetched();
    assert!(Mirror::at(mirror.git_dir()).is_some());
    // And it can be deleted at any time.
    fs::remove_dir_all(mirror.git_dir()).unwrap();
    assert_eq!(refs(rig.fetched().git_dir()).len(), 3);
}

#[test]
fn of_two_one_fetches_and_the_other_goes_on_with_that() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    // Another test's child has our lock for the moment until it becomes git.
    let held = mirror.lock(Duration::from_secs(10)).unwrap().unwrap();
    assert!(mirror.lock(Duration::ZERO).unwrap().is_none());
    drop(held);
    let fetch = || {
        let mirror = Arc::clone(&mirror);
        std::thread::spawn(move || mirror.fetch(false, &|| true))
    };
    let fetching = [fetch(), fetch(), fetch()];
    let ended = fetching.map(|thread| thread.join().unwrap().unwrap());
    assert!(ended.iter().any(|one| !one.by_another), "{ended:?}");
    let both: Vec<_> = (0..2)
        .map(|_| {
            let (mirror, blobs) = (Arc::clone(&mirror), rig.blobs());
            std::thread::spawn(move || mirror.fill(&blobs, &Watch::NOBODY))
        })
        .collect();
    let brought: usize = both.into_iter().map(|thread| thread.join().unwrap().unwrap().brought).sum();
    assert_eq!(brought, 5, "nothing came twice");
}

#[test]
fn while_one_is_at_work_the_others_look_at_what_is_there() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    let _held = mirror.lock(Duration::from_secs(10)).unwrap().unwrap();
    assert!(rig.mirror().is_begun(), "what needs no change needs no lock");
    let url = rig.url();
    for (url, branch) in [("file:///elsewhere", None), (url.as_str(), Some("other"))] {
        assert!(!mirror.is_configured(Origin { url, branch }).unwrap(), "what would change waits for its turn");
    }
    // Who fetches and is not let in has not fetched.
    let fetched = mirror.fetch_within(Duration::ZERO, false, &|| true);
    assert!(matches!(fetched, Err(MirrorError::Busy)), "{fetched:?}");
}

#[test]
fn it_can_be_stopped() {
    let rig = Rig::new();
    let mirror = rig.mirror();
    assert!(matches!(mirror.fetch(false, &|| false), Err(MirrorError::Stopped)));
    mirror.fetch(false, &|| true).unwrap();
    let stopped = Watch { still: &|| false, ..Watch::NOBODY };
    assert!(matches!(mirror.fill(&rig.blobs(), &stopped), Err(MirrorError::Stopped)));
    assert_eq!(mirror.fill(&rig.blobs(), &Watch::NOBODY).unwrap().brought, 5);
}

#[test]
fn a_branch_called_head_moves_nothing_else() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    Git::new(mirror.git_dir()).run(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]).unwrap();
    rig.git.run(&["update-ref", "refs/heads/HEAD", "agent/x"]).unwrap();
    mirror.fetch(false, &|| true).unwrap();
    let repository = LocalRepository::open(mirror.git_dir(), None, None).unwrap();
    assert_eq!(repository.target().unwrap().tip, rig.oid("refs/heads/main"));
}

#[test]
fn its_origin_may_move_and_hostile_ones_are_refused() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    let moved = Mirror::made(&rig.folder(), Origin { url: "git@h:a\"b\\.git", branch: Some("release/1") }).unwrap();
    assert_eq!(moved.url().as_deref(), Some("git@h:a\"b\\.git"));
    let read = |name: &str| Git::new(mirror.git_dir()).run(&["config", name]).unwrap().text();
    assert_eq!(
        (read("remote.origin.url"), read("countersign.target")),
        ("git@h:a\"b\\.git".into(), "release/1".into())
    );
    for url in ["", "--upload-pack=x", "a\n[core]\n\tfsmonitor = x", "a\0b"] {
        let error = Mirror::made(&rig.folder(), Origin { url, branch: None }).unwrap_err();
        assert!(matches!(error, MirrorError::Name(_)), "{url:?}");
    }
    assert_eq!(refs(mirror.git_dir()).len(), 3);
}

#[test]
fn many_packs_and_refs_are_put_together() {
    let rig = Rig::new();
    let mirror = rig.fetched();
    for number in 0..45 {
        let blob = format!("blob\nmark :1\ndata <<E\n{number}\nE\n");
        let commit =
            format!("commit refs/pull/{number}/head\ncommitter A <a@b> {number} +0000\ndata 1\nx\nM 644 :1 f\n\n");
        rig.git
            .run_with(&["fast-import", "--quiet", "--force"], &[], Some(format!("{blob}{commit}").as_bytes()))
            .unwrap();
        mirror.fetch(false, &|| true).unwrap();
    }
    let packs = fs::read_dir(mirror.git_dir().join("objects/pack")).unwrap().flatten();
    let packs = packs.filter(|entry| entry.path().extension().is_some_and(|end| end == "pack")).count();
    assert!(packs < 10, "{packs}");
    mirror.fill(&[rig.oid("refs/pull/3/head:f")], &Watch::NOBODY).unwrap();
    let repository = LocalRepository::open(mirror.git_dir(), None, None).unwrap();
    let store = repository.store(Writes::InMemory).unwrap();
    assert_eq!(store.blob(rig.oid("refs/pull/3/head:f"), 10).unwrap(), b"3\n");
    assert!(store.commit(rig.oid("refs/pull/44/head")).is_ok());
}
