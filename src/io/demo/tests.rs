use std::collections::HashSet;

use crate::config::Settings;
use crate::io::clock::Clock;
use crate::io::git::process::{Git, run_program};
use crate::io::git::repository::LocalRepository;
use crate::io::init::{Given, Started};
use crate::io::workspace::{Scope, Workspace};
use crate::model::{State, Tier};
use crate::policy::Globs;

use super::*;

fn at() -> Timestamp {
    "2025-11-20T09:30:00Z".parse().unwrap()
}

fn built() -> (tempfile::TempDir, Built) {
    let dir = tempfile::tempdir().unwrap();
    let built = build(&dir.path().join("demo"), at()).unwrap();
    (dir, built)
}

/// What `git` prints in a folder, with an empty home.
fn git(folder: &Path, words: &[&str]) -> String {
    let mut env = git::nobody();
    env.push(("HOME", "/nonexistent".to_owned()));
    Git::new(folder).run_with(words, &env, None).unwrap().text()
}

/// Whether `head` merges into `onto`; the tree that it gives.
fn merged(origin: &Path, onto: &str, head: &str) -> Option<String> {
    let output = Git::new(origin).try_run(&["merge-tree", "--write-tree", onto, head], &git::nobody(), None).unwrap();
    output.success.then(|| output.text().lines().next().unwrap().to_owned())
}

#[test]
fn everything_is_there_and_whole() {
    let (_dir, built) = built();
    assert_eq!(git(&built.origin, &["fsck", "--full", "--strict"]), "");
    assert_eq!(git(&built.origin, &["rev-list", "--count", "main"]), build::COMMITS.to_string());
    assert_eq!(git(&built.origin, &["rev-parse", "main"]), built.tip.to_string());
    let branches = git(&built.origin, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    let branches: HashSet<&str> = branches.lines().filter(|name| *name != "main").collect();
    assert_eq!(branches, built.proposals.iter().map(String::as_str).collect());
    assert_eq!(built.proposals.len(), 44, "the 45th changes the policy and needs one first");
    assert_eq!(git(&built.you.clone, &["status", "--porcelain"]), "");
    assert_eq!(git(&built.sam.clone, &["config", "user.email"]), "sam@orbit.example");
}

#[test]
fn the_moment_fixes_every_id() {
    let (one, other) = (built(), built());
    let refs = |built: &Built| git(&built.origin, &["for-each-ref", "--format=%(objectname) %(refname)"]);
    assert_eq!(refs(&one.1), refs(&other.1));
    let dir = tempfile::tempdir().unwrap();
    let later = build(dir.path(), at() + jiff::SignedDuration::from_hours(24)).unwrap();
    assert_ne!(later.tip, one.1.tip);
}

#[test]
fn any_moment_will_do() {
    for moment in ["1990-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2089-12-31T12:00:00Z"] {
        let dir = tempfile::tempdir().unwrap();
        build(dir.path(), moment.parse().unwrap()).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    for moment in ["1970-01-01T00:00:00Z", "2300-01-01T00:00:00Z"] {
        assert!(matches!(build(dir.path(), moment.parse().unwrap()), Err(DemoError::Moment(_))), "{moment}");
    }
}

#[test]
fn proposals_merge_except_where_two_are_meant_not_to() {
    let (_dir, built) = built();
    let main = git(&built.origin, &["rev-parse", "main^{tree}"]);
    for branch in &built.proposals {
        let tree = merged(&built.origin, "main", branch);
        assert!(tree.is_some_and(|tree| tree != main), "{branch}");
    }
    let pairs = built
        .proposals
        .iter()
        .enumerate()
        .flat_map(|(at, one)| built.proposals[at + 1..].iter().map(move |other| (one, other)));
    let low = |branch: &&String| {
        let files = git(&built.origin, &["diff", "--name-only", &format!("main...{branch}")]);
        files.lines().all(|path| {
            path.contains("/staging/") && path.starts_with("apps/") || path.starts_with("docs/") || path == "README.md"
        })
    };
    let lows: HashSet<&String> = built.proposals.iter().filter(low).collect();
    assert_eq!(lows.len(), 29);
    let clashing: Vec<[&str; 2]> = pairs
        .filter(|(one, other)| lows.contains(one) && lows.contains(other))
        .filter(|(one, other)| merged(&built.origin, one, other).is_none())
        .map(|(one, other)| [one.as_str(), other.as_str()])
        .collect();
    assert_eq!(clashing, [proposals::CONFLICT]);
}

#[test]
fn no_two_proposals_do_the_same_but_the_duplicate() {
    let (_dir, built) = built();
    let trees: HashSet<String> =
        built.proposals.iter().map(|branch| git(&built.origin, &["diff", &format!("main...{branch}")])).collect();
    assert_eq!(trees.len(), built.proposals.len() - 1);
}

#[test]
fn reverts_name_the_commits_that_they_undo() {
    let (_dir, built) = built();
    let log = git(&built.origin, &["log", "--format=%B", "--grep=^This reverts commit", "main"]);
    let undone: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("This reverts commit ")).collect();
    assert_eq!(undone.len(), 6);
    for oid in undone {
        git(&built.origin, &["merge-base", "--is-ancestor", oid.trim_end_matches('.'), "main"]);
    }
}

#[test]
fn the_storm_lies_before_the_genesis_and_nobody_merged_it() {
    let (_dir, built) = built();
    let log = git(&built.origin, &["log", "--format=%cn %cI %s", "-13", "main"]);
    assert!(log.lines().all(|line| line.starts_with("gemini-bot 2025-11-19T14:")), "{log}");
    assert_eq!(log.matches("authentik-dev: backup o").count(), 12);
    assert_eq!(built.genesis_at.to_string(), "2025-11-19T15:30:00Z");
    let dates = git(
        &built.origin,
        &["for-each-ref", "--format=%(committerdate:unix)", "refs/heads/agent", "refs/heads/renovate"],
    );
    let seconds = dates.lines().map(|line| line.parse::<i64>().unwrap());
    assert!(seconds.into_iter().all(|at| (built.genesis_at.as_second()..=built.at.as_second()).contains(&at)));
}

#[test]
fn history_runs_forward_and_every_commit_changes_something() {
    let (_dir, built) = built();
    let dates = git(&built.origin, &["log", "--reverse", "--format=%ct", "main"]);
    let dates: Vec<i64> = dates.lines().map(|line| line.parse().unwrap()).collect();
    assert!(dates.is_sorted());
    let log = git(&built.origin, &["log", "--format=%x00%s", "--raw", "main"]);
    assert!(log.split('\0').skip(1).all(|commit| commit.contains("\n:")));
}

#[test]
fn the_demo_signs_and_verifies_with_an_empty_home() {
    let (_dir, built) = built();
    for reviewer in [&built.you, &built.sam] {
        git(&reviewer.clone, &["commit", "--quiet", "--allow-empty", "-S", "-m", "signed"]);
        let log = git(&reviewer.clone, &["log", "-1", "--format=%G? %GS"]);
        assert_eq!(log, format!("G {}@orbit.example", reviewer.name));
    }
}

#[cfg(unix)]
#[test]
fn keys_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_dir, built) = built();
    let mode = fs::metadata(&built.you.key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = built.you.key.to_string_lossy().into_owned();
    let public = run_program(&built.dir, &["ssh-keygen", "-y", "-f", &key].map(str::to_owned), b"").unwrap();
    assert!(public.text().starts_with("ssh-ed25519 "), "{public:?}");
}

#[test]
fn the_policy_proposal_comes_after_the_policy() {
    let (_dir, mut built) = built();
    let ledger = EntryId::from_bytes([9; 16]);
    let work = built.you.clone.clone();
    fs::create_dir(work.join(".countersign")).unwrap();
    fs::write(work.join(".countersign/policy.yaml"), policy_text(ledger)).unwrap();
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "-m", "init"]);
    git(&work, &["push", "--quiet", "origin", "main"]);
    let tip = git(&work, &["rev-parse", "HEAD"]).parse().unwrap();
    built.complete(tip, ledger).unwrap();
    assert_eq!(built.proposals.len(), 45);
    let diff = git(&work, &["diff", "--numstat", "main", "origin/agent/infra-bot/relax-policy"]);
    assert_eq!(diff, "0\t1\t.countersign/policy.yaml");
}

#[test]
fn notes_reach_the_clones() {
    let (_dir, built) = built();
    let note = git(&built.you.clone, &["notes", "--ref=reasoning", "show", "origin/agent/cost-bot/recommender-memory"]);
    assert!(note.contains("Confidence: 0.81"), "{note}");
}

#[test]
fn what_is_in_the_way_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine"), "x").unwrap();
    let error = build(dir.path(), at()).unwrap_err().to_string();
    assert!(error.contains("not an empty folder") && error.contains("--dir"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let file = dir.path().join("mine");
    assert!(matches!(build(&file, at()), Err(DemoError::Write { .. })));
}

/// The workspace of a reviewer, as the command line would open it at the demo's moment.
fn workspace(built: &Built, reviewer: &Reviewer, state: &Path) -> Workspace {
    let repository = LocalRepository::open(&reviewer.clone, None, None).unwrap();
    let patterns = Globs::new(&Settings::default().branches).unwrap();
    Workspace::new(repository, state, &state.join("cache"), patterns, Clock::set_to(built.at), None)
}

#[test]
fn the_demo_s_policy_sorts_the_queue_as_promised() {
    let (dir, mut built) = built();
    let here = workspace(&built, &built.you, dir.path());
    let ledger = EntryId::from_bytes([5; 16]);
    let given = Given {
        policy: Some(policy_text),
        signers: Some(allowed_signers_text().unwrap()),
        id: Some(ledger),
        demo: true,
    };
    let proposed = here.propose_init(&here.read(&Scope::default()).unwrap(), &given).unwrap();
    let Started::Adopted { commit } = here.init(&proposed).unwrap() else { panic!("the remote took it") };
    built.complete(commit, ledger).unwrap();
    for reviewer in [&built.you, &built.sam] {
        let there = workspace(&built, reviewer, dir.path());
        let situation = there.read(&Scope::default()).unwrap();
        assert_eq!((situation.problems.as_slice(), situation.alarm.as_deref()), (&[][..], None));
        assert_eq!(situation.key.as_ref().unwrap().person.name, reviewer.name);
        let queue = situation.queue();
        let of = |tier| queue.iter().filter(|queued| queued.standing.ruling.tier == tier).count();
        assert_eq!([of(Tier::High), of(Tier::Medium), of(Tier::Low)], [5, 11, 29]);
        let blocked: Vec<&str> = queue
            .iter()
            .filter(|queued| queued.standing.state == State::Blocked)
            .map(|queued| queued.proposal.id.as_str())
            .collect();
        assert_eq!(blocked, ["agent/infra-bot/relax-policy"], "it is outside of infra-bot's scope");
    }
}

#[test]
fn every_manifest_can_be_read() {
    let (_dir, built) = built();
    let files = git(&built.you.clone, &["ls-files", "*.yaml"]);
    for file in files.lines() {
        let text = fs::read_to_string(built.you.clone.join(file)).unwrap();
        let documents: Result<Vec<serde_json::Value>, _> = serde_saphyr::from_multiple(&text);
        assert!(documents.is_ok(), "{file}: {documents:?}");
    }
    assert!(files.lines().count() > 100);
}

#[test]
fn it_takes_a_moment_only() {
    // The best of three: the other tests keep the machine busy.
    let build = || {
        let start = std::time::Instant::now();
        let _built = built();
        start.elapsed()
    };
    let best = (0..3).map(|_| build()).min().unwrap_or_default();
    assert!(best.as_secs() < 5, "took {best:?}");
}
