//! Commits that were taken back later: what would have been found about each of them on the day, with everything after its
//! parent cut off, and what was found about ordinary commits of the same history. A curve, and no threshold: each kind of
//! reason flags some of both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign::evidence::Evidence;
use countersign::evidence::signals::Signal;
use countersign::io::clock::Clock;
use countersign::io::evidence::Scene;
use countersign::io::git::open;
use countersign::io::git::repository::LocalRepository;
use countersign::io::index::{Index, Request, View};
use countersign::io::workspace::{Scope, Workspace};
use countersign::model::{Closeness, FieldOrigin, Known, Oid, PastCommit, Repair};
use countersign::policy::Globs;
use jiff::Timestamp;

use super::super::support::{Commit, Ran, Repo, Sandbox, needs};

/// Reasons to look twice, the closest to the change first.
const REASONS: [&str; 9] = [
    "a value that was set for an incident, or taken back",
    "an incident at the same field",
    "a ratchet",
    "an oscillation",
    "a storm",
    "a value that a fix set",
    "an incident at the same file",
    "an incident at the same object or service",
    "an incident in the same folder",
];
/// Ordinary commits that are looked at.
const ORDINARY: usize = 240;

/// A repository in which a history is cut off at a commit's parent, and the commit waits as a proposal. Objects are borrowed.
struct Cut<'a> {
    repo: Repo<'a>,
    cache: PathBuf,
}

impl<'a> Cut<'a> {
    fn of(sandbox: &'a Sandbox, source: &Path) -> Self {
        let objects = sandbox.git("", &["-C", &source.to_string_lossy(), "rev-parse", "--git-path", "objects"]);
        let objects = source.join(objects).canonicalize().expect("the objects of a repository");
        let repo = sandbox.bare("cut.git");
        std::fs::write(repo.path().join("objects/info/alternates"), format!("{}\n", objects.display()))
            .expect("a loan");
        Self { repo, cache: sandbox.path("cache") }
    }

    /// Goes to the parent of a commit.
    fn at(&self, victim: &PastCommit) {
        self.repo.git(&["update-ref", "refs/heads/main", &format!("{}^", victim.oid)]);
        self.repo.git(&["update-ref", "refs/heads/agent/x/victim", &victim.oid.to_string()]);
    }

    /// What is found about the commit, on the day on which it was made. `later` must not be known.
    fn evidence(&self, victim: &PastCommit, later: &[Oid]) -> Option<Evidence> {
        looked_at(&self.repo.path(), &self.cache, victim, later)
    }
}

fn looked_at(path: &Path, cache: &Path, victim: &PastCommit, later: &[Oid]) -> Option<Evidence> {
    let repository = LocalRepository::open(path, None, None).expect("a repository");
    let patterns = Globs::new(&["agent/**"]).expect("patterns");
    let clock = Clock::Still(victim.committed.unwrap_or(Timestamp::UNIX_EPOCH));
    let workspace = Workspace::new(repository, cache, cache, patterns, clock, None);
    let situation = workspace.read(&Scope::default()).expect("a queue");
    let view = workspace.history(situation.target.tip, false, &|_| {}).expect("an index");
    for later in later.iter().chain([&victim.oid]) {
        assert!(view.commit(*later).expect("an answer").is_none(), "{later} is in the future");
    }
    let queue = situation.queue();
    let scene = Scene::new(&workspace, &situation, &queue, Known::Known(view)).expect("a scene");
    let proposal = &queue.first()?.proposal;
    let document =
        open::document(&workspace.repository, proposal, proposal.diff()?, open::CONTEXT).expect("a document");
    Some(scene.evidence(proposal, &document))
}

/// Which of [`REASONS`] there are.
fn reasons(found: &Evidence) -> BTreeSet<usize> {
    let mut reasons = BTreeSet::new();
    let origins: &[FieldOrigin] = found.provenance.found().map(|past| past.fields.as_slice()).unwrap_or_default();
    for repair in origins.iter().filter_map(|origin| origin.set.as_ref()?.repairs.as_ref()) {
        reasons.insert(match repair {
            Repair::Incident { .. } | Repair::Revert { .. } => 0,
            Repair::Fix | Repair::Hotfix | Repair::Rollback | Repair::Workaround => 5,
        });
    }
    for hit in found.incidents.found().into_iter().flat_map(|incidents| &incidents.hits) {
        match hit.closeness {
            Closeness::Field => reasons.insert(1),
            Closeness::File => reasons.insert(6),
            Closeness::Object | Closeness::Service => reasons.insert(7),
            Closeness::Folder => reasons.insert(8),
            Closeness::Words => false,
        };
    }
    for signal in found.signals.found().into_iter().flat_map(|report| &report.signals) {
        match signal {
            Signal::Ratchet { .. } => reasons.insert(2),
            Signal::Oscillation { .. } => reasons.insert(3),
            Signal::Storm { .. } => reasons.insert(4),
            // The others are about other proposals, and here is one alone.
            _ => false,
        };
    }
    reasons
}

/// Commits of one kind, by the closest reason that each has.
#[derive(Default)]
struct Group {
    name: &'static str,
    looked: usize,
    with: [usize; REASONS.len()],
    first: [usize; REASONS.len()],
}

impl Group {
    fn add(&mut self, reasons: &BTreeSet<usize>) {
        self.looked += 1;
        for reason in reasons {
            self.with[*reason] += 1;
        }
        self.first[reasons.first().copied().into_iter().sum::<usize>()] += usize::from(!reasons.is_empty());
    }
}

fn table(groups: &[Group]) {
    for group in groups {
        needs::say(&format!("{}: {} looked at", group.name, group.looked));
        let mut all = 0;
        for (at, reason) in REASONS.iter().enumerate() {
            all += group.first[at];
            let share = |count: usize| count as f64 * 100.0 / group.looked.max(1) as f64;
            let (with, all) = (share(group.with[at]), share(all));
            needs::say(&format!("  {:>3} {with:>5.1} %  together {all:>5.1} %  {reason}", group.with[at]));
        }
    }
}

/// The history of a repository, read to its end.
fn whole(path: &Path, cache: &Path) -> View {
    let mut repository = LocalRepository::open(path, None, None).expect("a repository");
    // A mirror without a configuration is taken for the `.git` of the folder around it.
    repository.workdir = None;
    let (tip, now) = (repository.target().expect("a target").tip, Clock::System.now());
    let request = Request { repository: &repository, tip, now, asked: false, patience: Duration::ZERO };
    Index::of(cache, path, None).update(&request, &|_| {}).expect("an index")
}

/// The commits that were taken back, with what took them back, and as many others; in the order in which they came.
fn chosen(view: &View) -> Vec<(PastCommit, Vec<Oid>)> {
    let reverts = view.reverts(usize::MAX >> 1).expect("reverts");
    let is_one = |commit: &PastCommit| commit.mainline && commit.parents == 1;
    let pairs: Vec<(PastCommit, Oid)> = reverts
        .iter()
        .filter_map(|revert| Some((PastCommit::clone(revert.of.as_deref()?), revert.commit.oid)))
        .filter(|(victim, _)| is_one(victim))
        .collect();
    let told: BTreeSet<Oid> =
        reverts.iter().map(|revert| revert.commit.oid).chain(pairs.iter().map(|pair| pair.0.oid)).collect();
    let mut all: Vec<PastCommit> = Vec::new();
    for touch in view.moves_from(2, usize::MAX >> 1).expect("moves") {
        if is_one(&touch.commit) && all.last().is_none_or(|last| last.oid != touch.commit.oid) {
            all.push(PastCommit::clone(&touch.commit));
        }
    }
    let others = all.iter().filter(|commit| !told.contains(&commit.oid));
    let step = (others.clone().count() / ORDINARY).max(1);
    let mut chosen: Vec<(PastCommit, Vec<Oid>)> =
        others.skip(step / 2).step_by(step).map(|one| (one.clone(), Vec::new())).collect();
    for (victim, revert) in pairs {
        match chosen.iter_mut().find(|(known, _)| known.oid == victim.oid) {
            Some((_, reverts)) => reverts.push(revert),
            None => chosen.push((victim, vec![revert])),
        }
    }
    chosen.sort_by_key(|(commit, _)| commit.place);
    chosen
}

fn is_bot(commit: &PastCommit) -> bool {
    let name = commit.author.name.to_lowercase();
    name.contains("bot") || name.contains("renovate")
}

#[test]
fn what_was_taken_back_later_gave_more_reasons_than_others() {
    let Some(source) = needs::corpus("joryirving/home-ops") else { return };
    let sandbox = Sandbox::new();
    let view = whole(&source, &sandbox.path("whole"));
    let cut = Cut::of(&sandbox, &source);
    let named =
        ["taken back later, by bots", "taken back later, by people", "ordinary, by bots", "ordinary, by people"];
    let mut groups = named.map(|name| Group { name, ..Group::default() });
    let mut proved = 0;
    for (commit, reverts) in chosen(&view) {
        cut.at(&commit);
        let Some(found) = cut.evidence(&commit, &reverts) else { continue };
        let reasons = reasons(&found);
        if !reverts.is_empty() {
            let why: Vec<&str> = reasons.iter().map(|reason| REASONS[*reason]).collect();
            needs::say(&format!("  {} {:.70}: {}", commit.oid.short(9), commit.subject, why.join(", ")));
        }
        if !reverts.is_empty() && !reasons.is_empty() && proved < 3 {
            proved += 1;
            the_future_is_not_there(&sandbox, &cut, &commit, &reverts, &found, proved);
        }
        groups[usize::from(reverts.is_empty()) * 2 + usize::from(!is_bot(&commit))].add(&reasons);
    }
    table(&groups);
    let flagged = |groups: &[Group]| {
        let all: usize = groups.iter().map(|group| group.first[..7].iter().sum::<usize>()).sum();
        all as f64 / groups.iter().map(|group| group.looked).sum::<usize>().max(1) as f64
    };
    assert!(groups[0].looked + groups[1].looked >= 50 && groups[2].looked + groups[3].looked >= 100);
    assert!(flagged(&groups[..2]) > flagged(&groups[2..]), "what was taken back has no more reasons than the rest");
    assert_eq!(proved, 3);
}

/// In a repository that has no object but those of the cut history, the same is found.
fn the_future_is_not_there(
    sandbox: &Sandbox,
    cut: &Cut<'_>,
    commit: &PastCommit,
    reverts: &[Oid],
    found: &Evidence,
    number: usize,
) {
    let own = sandbox.bare(&format!("own-{number}.git"));
    // A mirror may lack objects that nobody asks for, which `git clone` does not forgive.
    let pack = own.path().join("objects/pack/pack");
    let mut git = sandbox.git_command(&cut.repo);
    git.args(["pack-objects", "--all", "--revs", "--quiet", "--missing=allow-any", &pack.to_string_lossy()]);
    let _ = Ran::of(assert_cmd::Command::from_std(git).write_stdin("")).succeeds();
    for (name, oid) in cut.repo.refs() {
        own.git(&["update-ref", &name, &oid]);
    }
    for later in reverts {
        assert!(own.run_git(&["cat-file", "-e", &later.to_string()]).is_err(), "{later} is there");
        assert!(!cut.repo.git(&["rev-list", "--all"]).contains(&later.to_string()), "{later} is reached");
    }
    // Both are looked at for the first time: whoever looked before has seen when commits came.
    let first = |path: &Path, name: &str| {
        looked_at(path, &sandbox.path(format!("{name}-{number}")), commit, reverts).expect("evidence")
    };
    let again = first(&own.path(), "own");
    assert_eq!(again, first(&cut.repo.path(), "borrowed"), "nothing of what came later was seen");
    assert_eq!(reasons(&again), reasons(found));
}

impl Repo<'_> {
    /// Runs git, which may fail.
    fn run_git(&self, words: &[&str]) -> Result<(), ()> {
        let status = self.sandbox().git_command(self).args(words).stderr(std::process::Stdio::null()).status();
        status.ok().filter(std::process::ExitStatus::success).map(drop).ok_or(())
    }
}

/// The same in small: a limit that was raised for an outage is lowered, which is taken back the next day.
#[test]
fn what_overwrites_a_fix_is_seen_before_it_is_taken_back() {
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    let limit = |value: &str| format!("resources: {{ limits: {{ memory: {value} }} }}\n");
    let commit = |subject: &str, value: &str| Commit::new(subject).file("apps/web/values.yaml", limit(value));
    origin.commit("main", commit("Begin", "2Gi"));
    origin.commit("main", commit("fix: memory of web", "4Gi"));
    origin.commit("main", Commit::new("Something else").file("apps/other/values.yaml", limit("1Gi")));
    let victim = origin.commit("main", commit("Save memory", "2Gi"));
    let subject = format!("Revert \"Save memory\"\n\nThis reverts commit {victim}.\n");
    let revert: Oid = origin.commit("main", commit(&subject, "4Gi")).parse().expect("an id");
    let view = whole(&origin.path(), &sandbox.path("whole"));
    let all = chosen(&view);
    let (victim, reverts) = all.iter().find(|(_, reverts)| !reverts.is_empty()).expect("the pair");
    assert_eq!((victim.subject.as_str(), reverts.as_slice()), ("Save memory", &[revert][..]));
    let cut = Cut::of(&sandbox, &origin.path());
    let found = |commit: &PastCommit, later: &[Oid]| {
        cut.at(commit);
        cut.evidence(commit, later).expect("evidence")
    };
    let other = all.iter().find(|(commit, _)| commit.subject == "Something else").expect("an ordinary one");
    assert_eq!(reasons(&found(&other.0, &[revert])), BTreeSet::new());
    let evidence = found(victim, reverts);
    // It goes back to what the fix had left an hour before, too.
    assert_eq!(reasons(&evidence), BTreeSet::from([3, 5]));
    the_future_is_not_there(&sandbox, &cut, victim, reverts, &evidence, 1);
}
