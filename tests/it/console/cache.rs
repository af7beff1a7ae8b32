//! The cache of the first frame: it is there after a console was, it shows, and nothing is decided by it.

use std::path::PathBuf;
use std::sync::Arc;

use countersign::config::Settings;
use countersign::engine::{Action, Awaits};
use countersign::io::clock::Clock;
use countersign::io::evidence::queue::Look;
use countersign::io::git::repository::LocalRepository;
use countersign::io::workspace::{Scope, Workspace};
use countersign::model::{Answers, DecisionKind, EntryId, Intent, IntentItem, Proposal, Queued, Tier};
use countersign::policy::Globs;

use super::{AT, Demo, QUEUE, batch, eventually, leave};

/// The demo's clone as a console opens it, which has read nothing yet.
fn workspace(demo: &Demo) -> Workspace {
    let home = demo.sandbox.home();
    let repository = LocalRepository::open(&demo.sandbox.path("demo/work"), None, None).expect("the clone");
    let patterns = Globs::new(&Settings::default().branches).expect("patterns");
    let (state, cache) = (home.join(".local/state/countersign"), home.join(".cache/countersign"));
    Workspace::new(repository, &state, &cache, patterns, Clock::set_to(AT.parse().expect("a time")), Some(home))
}

/// What a proposal would look like if it were another one.
fn in_the_clothes_of(wolf: &Proposal, sheep: &Proposal) -> Proposal {
    Proposal {
        title: sheep.title.clone(),
        landing: sheep.landing.clone(),
        stats: sheep.stats,
        messages: sheep.messages.clone(),
        contributors: sheep.contributors.clone(),
        ..wolf.clone()
    }
}

fn approval(queued: &Queued) -> Intent {
    let subject = queued.proposal.subject();
    Intent {
        id: EntryId::from_bytes([9; 16]),
        kind: DecisionKind::Approve,
        items: vec![IntentItem { subject, seen: None, answers: Answers::default() }],
        reason: None,
        note: None,
        comments: Vec::new(),
        lesson: None,
        at: AT.parse().expect("a time"),
    }
}

/// Fills the cache with a queue in which a dangerous proposal looks like a harmless one, and answers its name.
fn poison(demo: &Demo) -> String {
    let here = workspace(demo);
    let mut situation = here.read(&Scope::default()).expect("the repository");
    here.look_into(&mut situation, &Look { wanted: &|_| true, threads: 2, progress: &|_, _| {}, still: &|| true });
    let queue = situation.queue();
    let high = |queued: &&Queued| queued.standing.ruling.tier == Tier::High && queued.proposal.diff().is_some();
    let wolf = queue.iter().find(high).expect("a dangerous one");
    let sheep = queue.iter().find(|queued| queued.standing.clean).expect("a harmless one");
    let id = wolf.proposal.id.clone();
    let forged = Arc::new(in_the_clothes_of(&wolf.proposal, &sheep.proposal));
    let swap = |proposal: &Arc<Proposal>| if proposal.id == id { Arc::clone(&forged) } else { Arc::clone(proposal) };
    here.cache.keep(&situation.proposals.iter().map(swap).collect::<Vec<_>>()).expect("the cache");
    id
}

#[test]
fn what_is_forged_in_the_cache_shows_and_decides_nothing() {
    let Some(demo) = Demo::new() else { return };
    let id = poison(&demo);
    let here = workspace(&demo);
    let snapshot = here.glance(&|_, _| {}).expect("a glance");
    let shown = snapshot.queue.iter().find(|queued| queued.proposal.id == id).expect("the forged row");
    assert!(
        shown.standing.harmless && !shown.standing.clean,
        "it works as far as the eye goes, and is not clean unseen"
    );

    let situation = here.read(&Scope::default()).expect("the repository");
    let plan = here.plan(&situation, &[approval(shown)]).expect("a plan");
    assert_eq!((plan.items.len(), plan.dropped.len()), (0, 1));
    assert!(plan.dropped[0].why.contains("not what was approved"), "{}", plan.dropped[0].why);

    let queue = situation.queue();
    let truth = queue.iter().find(|queued| queued.proposal.id == id).expect("the true row");
    let plan = here.plan(&situation, &[approval(truth)]).expect("a plan");
    assert_eq!(plan.items[0].ruling.tier, Tier::High);
    assert!(matches!(plan.items[0].action, Action::Record { awaits: Awaits::People(1) }), "{:?}", plan.items[0].action);
}

#[test]
fn a_console_on_a_forged_cache_lands_what_it_would_have_landed() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let id = poison(&demo);
    let terminal = demo.open();
    batch(&terminal);
    terminal.keys("S");
    terminal.wait_for("26 merged");
    leave(terminal);
    let landed = demo.origin().git(&["log", "--format=%(trailers:key=Countersign-Proposal,valueonly)", "main"]);
    assert!(!landed.contains(&format!("{id}@")), "{landed}");
    let _ = demo.work().sound();
}

#[test]
fn a_console_leaves_a_cache_and_works_without_it() {
    let Some(demo) = Demo::new() else { return };
    let file: PathBuf = workspace(&demo).cache.path().to_owned();
    leave_after_reading(&demo, &file);
    std::fs::write(&file, "countersign, but not as we know it").expect("the cache");
    leave_after_reading(&demo, &file);
    let kept = workspace(&demo).cache.load();
    assert_eq!(kept.len(), 45);
    assert_eq!(kept, workspace(&demo).read(&Scope::default()).expect("the repository").proposals);
}

/// Opens the console, and leaves once the cache is good.
fn leave_after_reading(demo: &Demo, file: &std::path::Path) {
    let terminal = demo.open();
    terminal.wait_for(QUEUE);
    eventually("the cache", || file.exists() && !workspace(demo).cache.load().is_empty());
    leave(terminal);
}
