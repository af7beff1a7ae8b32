//! What the history index costs, beside `git log --name-only` over the same commits in the same run.
//!
//! And what the evidence of a whole queue costs, beside one `git diff` a proposal over the same pairs in the same run.
//!
//! The history is made up. `COUNTERSIGN_CORPUS=DIR` measures real ones instead: `DIR/onedr0p/home-ops` and
//! `DIR/joryirving/home-ops`; `COUNTERSIGN_QUEUE=DIR` a repository with proposals as branches `agent/**`. Prints wall time and, because machines are shared, the processor time of this process and of
//! the git that it started; the smallest of several runs of each.

#![expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a benchmark finds and names its input by itself")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use countersign::diff::Document;
use countersign::io::clock::Clock;
use countersign::io::evidence::Scene;
use countersign::io::git::open;
use countersign::io::git::process::Git;
use countersign::io::git::repository::LocalRepository;
use countersign::io::index::{Index, Request, View};
use countersign::io::workspace::{Scope, Workspace};
use countersign::model::{Known, Oid, Queued};
use countersign::policy::Globs;
use jiff::Timestamp;

const RUNS: usize = 5;
/// Commits of the history that is made up.
const MADE_UP: usize = 20_000;
/// Proposals of the queue that is made up.
const QUEUE: usize = 350;

/// Wall time, and processor time of this process and its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    processor: Duration,
    wall: Duration,
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = std::env::var_os("COUNTERSIGN_CORPUS").map(PathBuf::from);
    let named = ["onedr0p/home-ops", "joryirving/home-ops"].into_iter();
    let mut repositories: Vec<PathBuf> = real
        .into_iter()
        .flat_map(|real| named.clone().map(move |name| real.join(name)))
        .filter(|p| p.is_dir())
        .collect();
    if repositories.is_empty() {
        repositories.push(made_up(folder.path()));
    }
    for repository in repositories {
        measure(&repository, folder.path());
    }
    let queue = std::env::var_os("COUNTERSIGN_QUEUE").map(PathBuf::from);
    evidence(&queue.unwrap_or_else(|| waiting(folder.path())), folder.path());
}

/// What is found about each proposal of a queue, all parts together, and `git diff` for each.
fn evidence(path: &Path, folder: &Path) {
    let repository = LocalRepository::open(path, None, None).expect("a repository");
    let patterns = Globs::new(&["agent/**"]).expect("patterns");
    let workspace = Workspace::new(repository, folder, folder, patterns, Clock::System, None);
    let situation = workspace.read(&Scope::default()).expect("a queue");
    let queue = situation.queue();
    let tip = situation.target.tip;
    workspace.history(tip, false, &|_| {}).expect("an index");
    let open: Vec<_> = queue.iter().filter(|queued| queued.proposal.diff().is_some()).collect();
    eprintln!("{} proposals that merge, {}", open.len(), path.display());
    let git = Git::new(path);
    let compared = || {
        for queued in &open {
            let (tip, head) = (tip.to_string(), queued.proposal.head.to_string());
            drop(git.run(&["diff", "--no-renames", &format!("{tip}...{head}")]).expect("a diff"));
        }
    };
    let diffs = least(&(0..RUNS).map(|_| cost(compared)).collect::<Vec<Cost>>());
    line("git diff, one process a proposal", diffs);
    let documents = || -> Vec<Document> {
        let read = |queued: &&Queued| {
            let diff = queued.proposal.diff().expect("a difference");
            open::document(&workspace.repository, &queued.proposal, diff, open::CONTEXT).expect("a document")
        };
        open.iter().map(read).collect()
    };
    line(
        "their lines, read and compared",
        least(&(0..RUNS).map(|_| cost(|| drop(documents()))).collect::<Vec<Cost>>()),
    );
    let documents = documents();
    let gather = || {
        let view = workspace.history(tip, false, &|_| {}).expect("an index");
        let scene = Scene::new(&workspace, &situation, &queue, Known::Known(view)).expect("a scene");
        for (queued, document) in open.iter().zip(&documents) {
            let found = scene.evidence(&queued.proposal, document);
            assert!(found.provenance.found().is_some() && found.signals.found().is_some(), "{}", queued.proposal.id);
        }
    };
    line("all evidence, nothing read before", cost(gather));
    let warm = least(&(0..RUNS).map(|_| cost(gather)).collect::<Vec<Cost>>());
    line("all evidence, warm", warm);
    eprintln!(
        "  all evidence, warm / git diff: {:.2} of processor time, {:.2} of wall time",
        ratio(warm.processor, diffs.processor),
        ratio(warm.wall, diffs.wall)
    );
}

/// A queue on the made-up history: each proposal bumps one of its files.
fn waiting(folder: &Path) -> PathBuf {
    let path = folder.join("made-up.git");
    let path = if path.is_dir() { path } else { made_up(folder) };
    let git = Git::new(&path);
    let mut stream = String::new();
    for at in 0..QUEUE {
        let folder = (at * 11) % 4001;
        write!(
            stream,
            "commit refs/heads/agent/bot/{at:03}\ncommitter Bot <bot@example.org> 1600000000 +0000\ndata 4\nbump\n\
             from refs/heads/main^0\n\
             M 100644 inline kubernetes/apps/group-{}/app-{folder}/app/helmrelease.yaml\ndata 14\nimage: {at:06}\n\n",
            folder % 40
        )
        .expect("text");
    }
    git.run_with(&["fast-import", "--quiet"], &[], Some(stream.as_bytes())).expect("a queue");
    path
}

fn measure(path: &Path, folder: &Path) {
    let git = Git::new(path);
    let repository = LocalRepository {
        name: "r".into(),
        git_dir: path.to_owned(),
        workdir: None,
        remote: None,
        target_branch: "main".into(),
        asks: false,
        fetched: std::sync::Arc::default(),
        mirror: None,
    };
    if let Err(error) = git.run(&["log", "--name-only"]) {
        // It looks at contents in search of renames, which a partial clone does not have.
        return eprintln!("{}: there is nothing to compare with: {error}", path.display());
    }
    let tip = oid(&git, "HEAD");
    let update = |index: &Index, tip: Oid| {
        let (repository, now) = (&repository, Timestamp::UNIX_EPOCH);
        let request = Request { repository, tip, now, asked: true, patience: Duration::from_secs(60) };
        index.update(&request, &|_| {}).expect("an index")
    };
    let index = Index::of(folder, path, None);
    let (mut name_only, mut first) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        name_only.push(cost(|| git.run(&["log", "--name-only"]).map(drop).expect("a log")));
        index.clear().expect("no index");
        first.push(cost(|| drop(update(&index, tip))));
    }
    eprintln!("{} commits, {}", update(&index, tip).coverage().commits, path.display());
    let (name_only, first) = (least(&name_only), least(&first));
    line("git log --name-only", name_only);
    line("first build", first);
    eprintln!(
        "  first build / git log: {:.2} of processor time, {:.2} of wall time",
        ratio(first.processor, name_only.processor),
        ratio(first.wall, name_only.wall)
    );
    let runs = |prepare: &dyn Fn(), work: &dyn Fn()| {
        let run = |_| {
            prepare();
            cost(work)
        };
        least(&(0..RUNS).map(run).collect::<Vec<Cost>>())
    };
    for back in [1, 10, 1000] {
        let before = oid(&git, &format!("HEAD~{back}"));
        let spent = runs(&|| drop(update(&index, before)), &|| drop(update(&index, tip)));
        line(&format!("update by the last {back} of the first-parent chain"), spent);
    }
    line("nothing new", runs(&|| (), &|| drop(update(&index, tip))));
    let view = update(&index, tip);
    let paths = busiest(&git);
    line(
        &format!("the last commits of {} files, and their moves", paths.len()),
        runs(&|| (), &|| asked(&view, &paths)),
    );
    eprintln!("  {} kB on disk", std::fs::metadata(index.path()).map_or(0, |file| file.len() / 1024));
}

fn asked(view: &View, paths: &[String]) {
    assert!(!view.commits_on(paths, 20).expect("commits").is_empty());
    for path in paths {
        drop(view.moves_of(path.as_bytes(), 500).expect("moves"));
    }
}

/// Files that changed in the last commits.
fn busiest(git: &Git) -> Vec<String> {
    let log = git.run(&["log", "-n200", "--name-only", "--format=", "HEAD"]).expect("a log").text();
    let mut paths: Vec<String> = log.lines().filter(|path| !path.is_empty()).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    paths.truncate(50);
    paths
}

fn oid(git: &Git, name: &str) -> Oid {
    git.run(&["rev-parse", name]).expect("a commit").text().parse().expect("an id")
}

fn cost(work: impl FnOnce()) -> Cost {
    let (before, start) = (processor(), Instant::now());
    work();
    Cost { processor: processor().saturating_sub(before), wall: start.elapsed() }
}

/// User and system time of this process and of the children that it waited for, in ticks of 10 ms (`/proc/self/stat`).
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: u64 = fields.skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn least(costs: &[Cost]) -> Cost {
    let wall = costs.iter().map(|cost| cost.wall).min().unwrap_or_default();
    let processor = costs.iter().map(|cost| cost.processor).min().unwrap_or_default();
    Cost { processor, wall }
}

fn line(what: &str, cost: Cost) {
    eprintln!("  {what}: {:.1} ms, {} ms of processor time", cost.wall.as_secs_f64() * 1e3, cost.processor.as_millis());
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(0.001)
}

/// A history in the shape of a GitOps repository: most commits change one or two of some thousand files.
fn made_up(folder: &Path) -> PathBuf {
    let path = folder.join("made-up.git");
    std::fs::create_dir(&path).expect("a folder");
    let git = Git::new(&path);
    git.run(&["init", "--quiet", "--bare", "--initial-branch=main"]).expect("a repository");
    let mut stream = String::new();
    for at in 0..MADE_UP {
        let message = format!("feat(container): update image app-{} ({at})", at % 997);
        let date = 1_500_000_000 + at * 3600;
        write!(
            stream,
            "commit refs/heads/main\ncommitter Bot <bot@example.org> {date} +0000\ndata {}\n{message}\n",
            message.len()
        )
        .expect("text");
        for file in 0..=at % 3 {
            let content = format!("image: {at}\n");
            let folder = (at * 7 + file * 13) % 4001;
            write!(
                stream,
                "M 100644 inline kubernetes/apps/group-{}/app-{folder}/app/helmrelease.yaml\ndata {}\n{content}\n",
                folder % 40,
                content.len()
            )
            .expect("text");
        }
    }
    git.run_with(&["fast-import", "--quiet"], &[], Some(stream.as_bytes())).expect("a history");
    path
}
