//! Pull requests as proposals: forks, moved and deleted heads, other targets, and heads that git has not fetched yet.

use std::sync::Arc;

use countersign::config::Settings;
use countersign::evidence::reasoning;
use countersign::io::clock::Clock;
use countersign::io::evidence::Scene;
use countersign::io::evidence::queue::Look;
use countersign::io::git::mirror::Watch;
use countersign::io::git::repository::LocalRepository;
use countersign::io::workspace::{Scope, Situation, Workspace};
use countersign::model::forge::{Account, AccountKind, PullEnd, PullRequest, PullState, RepoName};
use countersign::model::{Known, Landing, Oid, Proposal, State};
use countersign::policy::Globs;

use crate::support::{Commit, Repo, Sandbox};

const WEB: &str = "apps/web.yaml";
const OTHER: &str = "apps/other.yaml";

fn repo(name: &str) -> RepoName {
    name.parse().expect("a name")
}

fn oid(text: &str) -> Oid {
    text.parse().expect("an id")
}

/// A pull request as the forge tells it; `head` is `owner/repo:branch`.
fn pull(number: u64, head: &str, at: &str, (base, tip): (&str, &str)) -> PullRequest {
    let (from, branch) = head.split_once(':').expect("a repository and a branch");
    let time = "2025-06-03T10:00:00Z".parse().expect("a time");
    PullRequest {
        repo: repo("acme/shop"),
        number,
        node_id: String::new(),
        title: format!("Pull {number}"),
        body: "## Why\nThe nodes are idle.\n".into(),
        body_cut: false,
        author: Account { login: "infra-bot[bot]".into(), kind: AccountKind::App },
        head: PullEnd { branch: branch.into(), oid: oid(at), repo: (!from.is_empty()).then(|| repo(from)) },
        base: PullEnd { branch: base.into(), oid: oid(tip), repo: Some(repo("acme/shop")) },
        draft: false,
        state: PullState::Open,
        labels: vec!["size/S".into()],
        created: time,
        updated: time,
        mergeable: None,
        review: None,
        comments: None,
        url: None,
        opinions: None,
        retargeted: None,
        auto_merge: false,
    }
}

/// An origin with main, a release branch, a branch with a pull request, and one of a fork.
struct Forge<'a> {
    origin: Repo<'a>,
}

impl<'a> Forge<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        let origin = sandbox.bare("origin.git");
        let start =
            origin.commit("main", Commit::new("Start").file(WEB, "replicas: 3\nimage: web:1\n").file(OTHER, "a: 1\n"));
        origin.commit("release/1", Commit::new("Release").from(&start).file(WEB, "replicas: 9\nimage: web:1\n"));
        origin.propose("agent/infra/1", "Fewer\n\n## Why\nOnly a commit.\n", &[(WEB, "replicas: 2\nimage: web:1\n")]);
        Self { origin }
    }

    /// Puts a commit where the forge keeps the head of a pull request, and on no branch.
    fn pulled(&self, number: u64, from: &str, contents: &str) -> String {
        let commit = Commit::new(&format!("Head of {number}")).from(from).file(WEB, contents);
        let head = self.origin.commit("passing", commit);
        self.origin.git(&["update-ref", "-d", "refs/heads/passing"]);
        self.keep(number, &head);
        head
    }

    fn keep(&self, number: u64, head: &str) {
        self.origin.git(&["update-ref", &format!("refs/pull/{number}/head"), head]);
    }

    fn at(&self, branch: &str) -> String {
        self.origin.rev(branch)
    }

    fn workspace(&self) -> Workspace {
        let sandbox = self.origin.sandbox();
        let mirror = super::mirror(&self.origin);
        let repository = LocalRepository::open(&mirror.path(), None, None).expect("a mirror");
        let patterns = Globs::new(&Settings::default().branches).expect("patterns");
        let (state, cache) = (sandbox.path("state"), sandbox.path("cache"));
        let clock = Clock::set_to("2025-06-03T12:00:00Z".parse().expect("a time"));
        Workspace::new(repository, &state, &cache, patterns, clock, Some(sandbox.home()))
    }
}

fn read(workspace: &Workspace, pulls: Vec<PullRequest>) -> Situation {
    workspace.propose(pulls.into_iter().map(Arc::new).collect());
    workspace.bring_queue(&[], &Watch::NOBODY).expect("contents");
    workspace.read(&Scope::default()).expect("a reading")
}

fn by_id<'s>(situation: &'s Situation, id: &str) -> &'s Proposal {
    let found = situation.proposals.iter().find(|proposal| proposal.id == id);
    found.unwrap_or_else(|| panic!("{id} is not among {:?}", ids(situation)))
}

fn ids(situation: &Situation) -> Vec<&str> {
    situation.proposals.iter().map(|proposal| proposal.id.as_str()).collect()
}

#[test]
fn a_pull_request_is_the_proposal_that_its_branch_would_be() {
    let sandbox = Sandbox::new();
    let forge = Forge::new(&sandbox);
    let head = forge.at("agent/infra/1");
    forge.keep(7, &head);
    let workspace = forge.workspace();
    workspace.bring_queue(&[], &Watch::NOBODY).expect("contents");
    let unlisted = workspace.read(&Scope::default()).expect("a reading");
    let branch = Proposal::clone(by_id(&unlisted, "agent/infra/1"));
    let main = forge.at("main");
    let situation = read(&workspace, vec![pull(7, "acme/shop:agent/infra/1", &head, ("main", &main))]);
    assert_eq!(ids(&situation), ["#7"], "its branch is no second proposal");
    let pulled = by_id(&situation, "#7");
    let same = Proposal { id: branch.id.clone(), title: branch.title.clone(), pull: None, ..pulled.clone() };
    assert_eq!(same, branch);
    assert_eq!(
        (pulled.title.as_str(), pulled.branch().as_ref(), pulled.agent.as_str()),
        ("Pull 7", "agent/infra/1", "infra")
    );
    let why = reasoning::of(pulled).0.why;
    assert_eq!(
        why.as_ref().map(|why| why.trim()),
        Some("The nodes are idle."),
        "the description comes before the commits"
    );
    // The forge tells another title: nothing is read again, and it is told.
    let renamed = PullRequest { title: "Another".into(), ..pull(7, "acme/shop:agent/infra/1", &head, ("main", &main)) };
    assert_eq!(by_id(&read(&workspace, vec![renamed]), "#7").title, "Another");
    assert_eq!(ids(&read(&workspace, Vec::new())), [""; 0], "it is closed, and so is its branch");
}

#[test]
fn forks_deleted_branches_and_forced_heads_are_read_by_their_commits() {
    let sandbox = Sandbox::new();
    let forge = Forge::new(&sandbox);
    let main = forge.at("main");
    let base = ("main", main.as_str());
    let forked = forge.pulled(1, "main", "replicas: 4\nimage: web:1\n");
    let deleted = forge.pulled(2, "main", "replicas: 5\nimage: web:1\n");
    let forced = forge.pulled(3, "main", "replicas: 6\nimage: web:1\n");
    let workspace = forge.workspace();
    let pulls = || {
        vec![
            pull(1, "mallory/shop:agent/infra/1", &forked, base),
            pull(2, "acme/shop:agent/gone", &deleted, base),
            PullRequest { draft: true, ..pull(3, ":agent/infra/9", &forced, base) },
        ]
    };
    let situation = read(&workspace, pulls());
    assert_eq!(ids(&situation), ["#1", "#2", "#3", "agent/infra/1"]);
    for id in ["#1", "#2", "#3"] {
        let proposal = by_id(&situation, id);
        assert!(matches!(proposal.landing, Landing::Clean(_)) && proposal.stats.is_some(), "{proposal:#?}");
    }
    assert_eq!(by_id(&situation, "#1").branch(), "mallory:agent/infra/1", "a fork is no branch of the repository");
    assert_eq!(by_id(&situation, "#3").branch(), "ghost:agent/infra/9");
    assert!(by_id(&situation, "#3").pull.as_ref().is_some_and(|pull| pull.draft));
    // The head moves: what was listed is still read as it was listed, and then as it is.
    let moved = forge.pulled(3, "main", "replicas: 7\nimage: web:1\n");
    workspace.repository.fetch().expect("a fetch");
    assert_eq!(by_id(&read(&workspace, pulls()), "#3").head, oid(&forced));
    let mut now = pulls();
    now[2].head.oid = oid(&moved);
    assert!(matches!(by_id(&read(&workspace, now), "#3").landing, Landing::Clean(_)));
}

#[test]
fn one_that_lands_elsewhere_is_judged_against_its_own_target() {
    let sandbox = Sandbox::new();
    let forge = Forge::new(&sandbox);
    let release = forge.at("release/1");
    let head = forge.pulled(4, "release/1", "replicas: 8\nimage: web:1\n");
    let workspace = forge.workspace();
    let situation = read(&workspace, vec![pull(4, "acme/shop:agent/infra/4", &head, ("release/1", &release))]);
    let proposal = by_id(&situation, "#4");
    assert_eq!((proposal.target.branch(), proposal.target.tip), ("release/1", oid(&release)));
    let stats = proposal.stats.expect("counted lines");
    assert_eq!((stats.additions, stats.deletions), (1, 1));
    assert_eq!(by_id(&situation, "agent/infra/1").target.branch(), "main");
    let queue = situation.queue();
    let scene = Scene::new(&workspace, &situation, &queue, Known::Indexing).expect("a scene");
    let here = queue.iter().find(|queued| queued.proposal.id == "#4").expect("it is in the queue");
    let said = "it lands on release/1, and history and files are read for main alone";
    assert_eq!(scene.evidence_of(here).cost, Known::Unknown(said.into()));
    // Read again, both are known.
    let again = workspace.read(&Scope::default()).expect("a reading");
    assert!(Arc::ptr_eq(&again.proposals[0], &situation.proposals[0]));
    assert_eq!(situation.queue().len(), 2);
}

/// What stands against merging a proposal unseen.
fn against(workspace: &Workspace, situation: &mut Situation) -> Vec<String> {
    let look = Look { wanted: &|_| true, threads: 1, progress: &|_, _| {}, still: &|| true };
    workspace.look_into(situation, &look);
    situation.queue().into_iter().filter_map(|queued| queued.findings).flat_map(|found| found.against.clone()).collect()
}

#[test]
fn what_was_found_without_all_contents_is_never_clean() {
    let sandbox = Sandbox::new();
    let forge = Forge::new(&sandbox);
    let workspace = forge.workspace();
    let mut situation = read(&workspace, Vec::new());
    let lacking = "not all fetched".to_owned();
    assert!(against(&workspace, &mut situation).contains(&lacking), "a file of main is not here");
    let proposals: Vec<Arc<Proposal>> = situation.proposals.clone();
    let proposals: Vec<&Proposal> = proposals.iter().map(AsRef::as_ref).collect();
    workspace.bring_evidence(&situation, &proposals, None, &Watch::NOBODY).expect("contents");
    assert!(!against(&workspace, &mut situation).contains(&lacking), "it is looked into again");
}

#[test]
fn what_git_has_not_fetched_yet_is_not_lost() {
    let sandbox = Sandbox::new();
    let forge = Forge::new(&sandbox);
    let main = forge.at("main");
    let workspace = forge.workspace();
    let head = forge.pulled(5, "main", "replicas: 8\nimage: web:1\n");
    let pulls = || {
        vec![
            pull(5, "acme/shop:agent/infra/5", &head, ("main", &main)),
            pull(6, "acme/shop:agent/infra/1", &forge.at("agent/infra/1"), ("later", &main)),
            pull(8, "acme/shop:nothing", &main, ("main", &main)),
        ]
    };
    let situation = read(&workspace, pulls());
    assert_eq!(ids(&situation), ["#5", "#6", "#8"]);
    for id in ["#5", "#6"] {
        let Landing::Unreadable(why) = &by_id(&situation, id).landing else { panic!("{id} is read") };
        assert!(why.starts_with("its contents were not fetched yet"), "{why}");
        let problem = situation.problems.iter().find(|problem| problem.place == id).expect("it is said");
        assert!(problem.next.contains("next fetch"), "{}", problem.next);
    }
    let blocked = |situation: &Situation, id: &str| {
        situation.queue().iter().any(|queued| queued.proposal.id == id && queued.standing.state == State::Blocked)
    };
    assert!(blocked(&situation, "#5") && blocked(&situation, "#6"));
    assert_eq!(by_id(&situation, "#5").title, "Pull 5");
    assert_eq!(by_id(&situation, "#8").landing, Landing::Landed, "the forge still shows it");
    forge.origin.git(&["update-ref", "refs/heads/later", "main"]);
    workspace.repository.fetch().expect("a fetch");
    let situation = read(&workspace, pulls());
    assert!(!blocked(&situation, "#5") && !blocked(&situation, "#6"));
    assert_eq!(by_id(&situation, "#6").target.branch(), "later");
}
