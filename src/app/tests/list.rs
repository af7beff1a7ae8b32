//! The list: nothing moves by itself, and marks mean what they show.

use std::sync::Arc;

use super::*;
use crate::app::queue::{Queue, Row};
use crate::app::sheet::Sheet;
use crate::app::testing::{Made, now};
use crate::app::{Command, Msg, Repos};
use crate::engine::Snapshot;
use crate::model::{Queued, Words};

fn under_cursor(driver: &Driver) -> &str {
    driver.app.queue.current().map_or("", |entry| &entry.short)
}

/// The snapshot without `gone`, and with `fresh`.
fn newer(driver: &Driver, gone: &[&str], fresh: &[Made]) -> Snapshot {
    let old = driver.fixture.snapshot.queue.iter().filter(|q| !gone.contains(&q.proposal.id.as_str())).cloned();
    Snapshot {
        queue: old.chain(fresh.iter().map(Made::queued)).collect::<Vec<_>>().into(),
        ..driver.fixture.snapshot.clone()
    }
}

#[test]
fn a_newer_snapshot_moves_no_row() {
    let mut driver = story();
    driver.keys("jjj");
    let (rows, here) = (places(&driver), under_cursor(&driver).to_owned());
    let fresh = [Made::new("agent/new/one", "new").file("a", "", "b\n").high("storm")];
    let snapshot = newer(&driver, &["agent/cost-bot/web-replicas"], &fresh);
    driver.snapshot(snapshot);
    assert_eq!(places(&driver), rows);
    assert_eq!(under_cursor(&driver), here);
    assert_eq!((driver.app.queue.waiting().fresh, driver.app.queue.waiting().gone), (1, 1));
    driver.answers = false;
    driver.keys("r");
    assert!(!driver.app.queue.waiting().any());
    assert!(driver.app.queue.find(&named("agent/new/one")).is_some());
    assert!(driver.app.queue.find(&named("agent/cost-bot/web-replicas")).is_none());
}

#[test]
fn the_cursor_stays_with_its_proposal() {
    let mut driver = story();
    driver.keys("jj");
    let here = under_cursor(&driver).to_owned();
    driver.answers = false;
    let fresh = [Made::new("agent/new/one", "new").file("a", "", "b\n").high("storm").hours(500)];
    let snapshot = newer(&driver, &[], &fresh);
    driver.snapshot(snapshot).keys("rs");
    assert_eq!(under_cursor(&driver), here);
}

#[test]
fn the_first_proposals_show_at_once() {
    let full = Fixture::story();
    let mut driver = Driver::open(Fixture::of(Vec::new()), (120, 40));
    assert_eq!(driver.app.queue.rows(), []);
    driver.snapshot(full.snapshot);
    assert_eq!(driver.app.queue.counts().all(), 11);
    assert!(driver.app.preview.is_some());
}

#[test]
fn the_preview_follows_after_stillness() {
    let mut driver = story();
    let first = driver.app.preview.as_ref().unwrap().subject.clone();
    driver.press("j".parse().unwrap()).flush().wait(119);
    assert_eq!(driver.app.preview.as_ref().unwrap().subject, first);
    driver.wait(1);
    assert_ne!(driver.app.preview.as_ref().unwrap().subject, first);
}

#[test]
fn marks_make_the_selection_and_a_filter_does_not_hide_them() {
    let mut driver = story();
    driver.keys("<space><space>/web<enter>");
    assert_eq!(driver.app.queue.shown(), 1);
    let selected: Vec<&str> = driver.app.queue.selection().iter().map(|entry| entry.short.as_str()).collect();
    assert_eq!(selected.len(), 2, "{selected:?}");
    driver.keys("V<esc>");
    assert_eq!((driver.app.queue.marked(), driver.app.queue.shown()), (0, 11));
}

#[test]
fn what_does_the_same_is_marked_together() {
    let like = |id: &str, twins: &[&str]| Made::new(id, "less").file("a", "1\n", id).twins(twins);
    let made = vec![like("agent/a", &["agent/b", "agent/gone"]), like("agent/b", &["agent/a"]), like("agent/c", &[])];
    let mut driver = Driver::open(Fixture::of(made), (120, 40));
    driver.keys("=");
    let marked = |driver: &Driver| -> Vec<String> {
        driver.app.queue.selection().iter().map(|entry| entry.name.proposal.clone()).collect()
    };
    assert_eq!(marked(&driver), ["agent/a", "agent/b"]);
    assert_eq!(driver.status(), "marked 2 proposals that do the same");
    driver.keys("VG=");
    assert_eq!((marked(&driver).len(), driver.app.queue.marked()), (1, 0), "nothing does the same as the third");
}

#[test]
fn a_range_marks_what_lies_between() {
    let mut driver = story();
    driver.keys("vjj");
    assert_eq!(driver.app.queue.marked(), 0);
    driver.keys("v");
    assert_eq!(driver.app.queue.marked(), 3);
    driver.keys("Vvj<esc>");
    assert_eq!((driver.app.queue.marked(), driver.app.queue.ranging()), (0, false));
}

#[test]
fn a_search_that_is_given_up_leaves_the_list_as_it_was() {
    let mut driver = story();
    driver.keys("/grafana");
    assert_eq!(driver.app.queue.shown(), 1);
    driver.keys("<esc>");
    assert_eq!(driver.app.queue.shown(), 11);
}

#[test]
fn identical_changes_fold_and_mark_together() {
    let mut driver = story();
    driver.keys("G<space>");
    assert_eq!(driver.app.queue.marked(), 3);
    let closed = driver.app.queue.rows().len();
    driver.keys("Gz");
    assert_eq!(driver.app.queue.rows().len(), closed + 3);
    driver.keys("jz");
    assert_eq!(driver.app.queue.rows().len(), closed);
}

#[test]
fn what_is_clean_and_wholly_told_folds_by_its_shape() {
    let driver = story();
    let queued = |id: &str, whole, made: Made| {
        let mut queued = made.file(id, "1\n", id).queued();
        let words = Words { headline: format!("{id}: a → b"), shape: "image tag, patch version up".into(), whole };
        Arc::make_mut(&mut queued.proposal).words = Some(words);
        queued
    };
    let folded = |queue: Vec<Queued>| {
        let snapshot = Snapshot { queue: queue.into(), ..driver.fixture.snapshot.clone() };
        Queue::new(Repos::new(vec![Arc::new(snapshot)])).rows().iter().any(|row| matches!(row, Row::Fold { .. }))
    };
    let one = |id| Made::new(id, "one");
    assert!(folded(vec![queued("a/1", true, one("a/1").clean()), queued("a/2", true, one("a/2").clean())]));
    assert!(!folded(vec![queued("a/1", true, one("a/1").clean()), queued("a/2", true, one("a/2").low("storm"))]));
    assert!(!folded(vec![queued("a/1", false, one("a/1").clean()), queued("a/2", false, one("a/2").clean())]));
}

#[test]
fn closing_closes_one_thing_and_only_then_it_leaves() {
    let mut driver = story();
    let left = |driver: &Driver| driver.commands.iter().any(|command| matches!(command, Command::Quit));
    driver.keys("<enter>?").keys("q");
    assert!(driver.app.overlay.is_none() && driver.app.review.is_some());
    driver.keys("q");
    assert!(driver.app.review.is_none());
    driver.keys("<esc><esc><esc>");
    assert!(!left(&driver) && driver.status().contains("q leaves"), "{}", driver.status());
    driver.keys("q");
    assert!(left(&driver), "nothing would be lost, so it does not ask");
}

#[test]
fn leaving_asks_where_something_would_be_left_undone() {
    let left = |driver: &Driver| driver.commands.iter().any(|command| matches!(command, Command::Quit));
    let mut marked = story();
    marked.keys("<space><space>q");
    assert!(!left(&marked) && marked.status().contains("2 marks"), "{}", marked.status());
    marked.keys("jqkq");
    assert!(!left(&marked), "any other key begins anew");
    marked.keys("q");
    assert!(left(&marked));
    let mut waiting = story();
    waiting.keys("b").wait(500).keys("yq");
    assert!(!left(&waiting) && waiting.status().contains("not sent"), "{}", waiting.status());
    waiting.keys("q");
    assert!(left(&waiting));
}

#[test]
fn marks_that_are_not_on_the_screen_are_counted_where_they_are() {
    let mut driver = Driver::open(Fixture::story(), (80, 16));
    driver.keys("<space>GzG<space>");
    let marked = driver.app.queue.where_marked(driver.app.list_height());
    assert_eq!((marked.all, marked.above, marked.below, marked.hidden), (2, 1, 0, 0));
    driver.keys("gg/no such thing<enter>");
    assert_eq!(driver.app.queue.where_marked(driver.app.list_height()).hidden, 2);
}

#[test]
fn a_begun_chord_is_dropped_by_escape_alone() {
    let mut driver = story();
    driver.keys("jg");
    assert_eq!(driver.app.pending.len(), 1);
    driver.keys("<esc>");
    assert!(driver.app.pending.is_empty());
    assert_eq!(driver.status(), "");
    driver.keys("gy");
    assert!(driver.status().contains("gy is bound to nothing"), "{}", driver.status());
}

#[test]
fn a_branch_has_no_page_to_open() {
    let mut driver = story();
    driver.keys("gx");
    assert_eq!(driver.status(), "open page: it has no page: it is a branch");
}

#[test]
fn pasted_text_does_nothing_in_the_list() {
    let mut driver = story();
    driver.send(Msg::Paste("xyq".into()));
    assert!(driver.app.sheet.is_none());
}

#[test]
fn idle_is_counted() {
    let mut driver = story();
    assert_eq!(driver.app.busy(), 0);
    driver.answers = false;
    driver.keys("<enter>");
    assert_eq!(driver.app.busy(), 1);
    driver.keys("J");
    assert_eq!(driver.app.busy(), 1, "the newest question takes the place of the one before");
}

#[test]
fn ages_are_of_the_latest_moment() {
    let driver = story();
    assert!(driver.app.now >= now());
    assert_eq!(Arc::strong_count(driver.app.here()), 1);
}

/// The fixture's repository and another one with these proposals.
fn two(made: &[Made]) -> (Driver, Snapshot) {
    let mut driver = story();
    let queue: Vec<Queued> = made.iter().map(|made| made.queued_in("apps")).collect();
    let other = Snapshot { repo: "apps".to_owned(), target: "trunk".to_owned(), ..driver.fixture.snapshot.clone() };
    let empty = Snapshot { queue: Arc::from([]), ..other.clone() };
    driver.restart(vec![Arc::new(driver.fixture.snapshot.clone()), Arc::new(empty)]);
    (driver, Snapshot { queue: queue.into(), ..other })
}

#[test]
fn several_repositories_make_one_queue() {
    let twin = "agent/cost-bot/web-replicas";
    let made = [Made::new(twin, "the same name").file("a", "", "b\n").high("storm"), Made::new("agent/z", "z").clean()];
    let (mut driver, apps) = two(&made);
    assert_eq!(driver.app.queue.counts().all(), 11, "what is not read yet is not there");
    driver.snapshot(apps.clone());
    assert_eq!(driver.app.queue.counts().all(), 13, "what is read for the first time shows at once");
    let other = ProposalName { repo: "apps".into(), proposal: twin.into() };
    assert_eq!(driver.app.queue.find(&other).map(|entry| entry.label.clone()), Some("apps:web-replicas".to_owned()));
    assert!(driver.app.queue.find(&named(twin)).is_some());
    // A newer reading of one of them says nothing about the other.
    driver.snapshot(Snapshot { queue: Arc::from([]), ..apps });
    assert_eq!((driver.app.queue.waiting().fresh, driver.app.queue.waiting().gone), (0, 2));
}

#[test]
fn a_decision_is_about_one_repository() {
    let made = [
        Made::new("agent/y", "y").file("y", "", "y\n").clean(),
        Made::new("agent/z", "z").file("z", "", "z\n").clean(),
    ];
    let (mut driver, apps) = two(&made);
    driver.snapshot(apps);
    driver.keys("Gb");
    let about = |driver: &Driver| -> Vec<String> {
        let Some(Sheet::Approve(sheet)) = &driver.app.sheet else { return Vec::new() };
        let mut repos: Vec<String> = sheet.candidates.iter().map(|candidate| candidate.subject.repo.clone()).collect();
        repos.dedup();
        repos
    };
    let first = about(&driver);
    assert_eq!(first.len(), 1);
    assert_eq!(driver.app.here().repo, first[0]);
    driver.keys("yb");
    let second = about(&driver);
    assert!(second.len() == 1 && second != first, "the next batch is that of the other: {first:?} {second:?}");
    driver.keys("y").wait(9_000);
    let sent = driver.commands.iter().filter(|command| matches!(command, Command::Send(_))).count();
    assert_eq!(sent, 2, "each ledger has its own entries");
}

#[test]
fn an_hour_without_a_key_asks_a_forge_seven_times_and_nobody_else() {
    let hour = 60 * 60 * 1000;
    for (polls, idle) in [(false, 0), (true, 7)] {
        let mut fixture = Fixture::story();
        fixture.snapshot.polls = polls;
        let mut driver = Driver::open(fixture, (120, 40));
        let asked = |driver: &Driver| driver.commands.iter().filter(|c| matches!(c, Command::Refresh(_))).count();
        let before = asked(&driver);
        driver.wait(hour);
        assert_eq!(asked(&driver) - before, idle, "polls: {polls}");
        // Whoever comes back is told what is new at once, and one at work every two minutes.
        driver.keys("j").wait(1);
        assert_eq!(asked(&driver) - before, idle + usize::from(polls));
        for _ in 0..30 {
            driver.keys("j").wait(hour / 60);
        }
        let at_work = asked(&driver) - before - idle;
        assert!(if polls { (14..=17).contains(&at_work) } else { at_work == 0 }, "polls: {polls}, {at_work}");
    }
}
