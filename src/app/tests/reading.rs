//! An opened proposal: what was seen, answered, remarked.

use super::*;
use crate::app::overlay::Overlay;
use crate::app::testing::{Made, opened};
use crate::app::{Command, INDEXING, Msg, Outcome};
use crate::diff::{Row, seen_digest};
use crate::evidence::Evidence;
use crate::model::{Answer, ForgeReport, Known, Provenance};

#[test]
fn an_approval_carries_what_was_seen_and_answered() {
    let mut driver = story();
    driver.keys("j<enter>11 3ay");
    let plan = driver.app.outbox.waiting().first().expect("confirmed").clone();
    let item = &plan.intents[0].items[0];
    let seen = item.seen.as_ref().expect("it was opened");
    assert_eq!((seen.drawn, seen.total), (4, 4));
    let made = &driver.fixture.made[4];
    let document = opened(made).document;
    let change = item.subject.change_id.unwrap();
    let marks = (0..document.row_count()).filter_map(|row| match document.row(row)? {
        Row::Line(line) => document.mark(&line, &change),
        _ => None,
    });
    assert_eq!(seen.digest, seen_digest(marks));
    assert_eq!((item.answers.necessary, item.answers.right_time), (Answer::No, Answer::Yes));
}

#[test]
fn what_was_not_opened_is_approved_by_its_summary() {
    let mut driver = story();
    driver.keys("by");
    assert!(driver.app.outbox.waiting()[0].intents[0].items.iter().all(|item| item.seen.is_none()));
}

#[test]
fn only_rows_that_were_on_the_terminal_were_seen() {
    let long = "a line\n".repeat(200);
    let made = Made::new("agent/a/long", "long").file("long.txt", "", &long);
    let mut driver = Driver::open(Fixture::of(vec![made]), (120, 40));
    driver.keys("<enter>");
    let subject = driver.app.review.as_ref().unwrap().subject.clone();
    let seen = driver.app.desk.seen(&subject).unwrap().count();
    assert_eq!(seen, 19, "twenty rows, one of them the file's header");
    driver.keys("<space>");
    assert!(driver.app.desk.seen(&subject).unwrap().count() > seen);
    driver.keys(&"<space>".repeat(30));
    assert_eq!(driver.app.desk.seen(&subject).unwrap().count(), 200);
    assert!(driver.status().contains("question 1 is open"), "{}", driver.status());
}

#[test]
fn what_happened_before_is_unknown_until_it_is_known() {
    let mut driver = story();
    let mut first = opened(&driver.fixture.made[4]);
    let told = Box::new(std::mem::replace(&mut first.evidence, Evidence::PENDING));
    driver.answers = false;
    driver.keys("j<enter>").send(Msg::Outcome(Outcome::Opened(Box::new(first))));
    driver.keys("i");
    assert!(driver.status().contains("not known yet") && driver.app.overlay.is_none(), "{}", driver.status());
    let subject = driver.app.review.as_ref().unwrap().subject.clone();
    let other = crate::model::Subject { proposal: "agent/a/other".into(), ..subject.clone() };
    driver.send(Msg::Outcome(Outcome::Evidence(other, told.clone())));
    assert!(driver.app.review.as_ref().unwrap().opened.as_ref().unwrap().evidence == Evidence::PENDING);
    driver.send(Msg::Outcome(Outcome::Evidence(subject, told)));
    driver.keys("i");
    assert!(driver.app.overlay.is_some());
}

#[test]
fn a_late_answer_for_another_proposal_is_dropped() {
    let mut driver = story();
    let other = opened(&driver.fixture.made[2]);
    driver.answers = false;
    driver.keys("j<enter>").send(Msg::Outcome(Outcome::Opened(Box::new(other))));
    assert!(driver.app.review.as_ref().unwrap().opened.is_none());
}

#[test]
fn a_comment_is_kept_at_once_and_an_empty_one_is_taken_away() {
    let mut driver = story();
    driver.keys("j<enter>").keys("]cc");
    driver.keys("why 2Gi<ctrl-s>");
    let drafts = |driver: &Driver| {
        driver.commands.iter().filter(|c| matches!(c, Command::SaveDraft(d) if d.comments.len() == 1)).count()
    };
    assert_eq!(drafts(&driver), 1);
    let subject = driver.app.review.as_ref().unwrap().subject.clone();
    let comment = driver.app.desk.comments(&subject)[0].clone();
    assert_eq!(
        (comment.file.as_str(), comment.line, comment.text.as_str()),
        ("apps/checkout/prod/deployment.yaml", 16, "why 2Gi")
    );
    driver.keys("c<ctrl-u><ctrl-s>");
    assert_eq!(driver.app.desk.comments(&subject), []);
    assert!(matches!(driver.commands.last(), Some(Command::DropDraft(_))));
}

#[test]
fn a_search_goes_round() {
    let mut driver = story();
    driver.keys("j<enter>/memory<enter>");
    let first = driver.app.review.as_ref().unwrap().cursor();
    driver.keys("n");
    assert_ne!(driver.app.review.as_ref().unwrap().cursor(), first);
    driver.keys("n");
    assert_eq!(driver.app.review.as_ref().unwrap().cursor(), first);
}

#[test]
fn opening_from_a_batch_comes_back_to_it() {
    let mut driver = story();
    driver.keys("b<enter>");
    assert!(driver.app.review.is_some() && driver.app.sheet.is_none());
    driver.keys("q");
    assert!(driver.app.sheet.is_some() && driver.app.review.is_none());
    driver.keys("y");
    let items = &driver.app.outbox.waiting()[0].intents[0].items;
    assert_eq!(items.iter().filter(|item| item.seen.is_some()).count(), 1, "one was opened");
}

#[test]
fn a_decision_on_one_of_a_batch_comes_back_to_the_rest() {
    let mut driver = story();
    driver.keys("b<enter>xNot like this.").wait(1000).keys("<ctrl-s>");
    let Some(crate::app::sheet::Sheet::Approve(sheet)) = &driver.app.sheet else { panic!("no batch") };
    assert_eq!(sheet.included(), 3);
    driver.keys("y").wait(9000);
    let sent = driver.sent();
    assert_eq!(sent.iter().map(|intent| intent.items.len()).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn after_a_decision_the_next_one_is_under_the_cursor() {
    let mut driver = story();
    driver.keys("j<enter>xNo.").wait(1000).keys("<ctrl-s>");
    assert!(driver.app.review.is_none());
    assert_eq!(driver.app.queue.current().unwrap().short, "drop-floor");
}

#[test]
fn a_round_that_was_replaced_says_so() {
    let mut driver = story();
    driver.keys("j<enter>");
    let mut newer = driver.fixture.clone();
    newer.made[4].round = 2;
    let mut snapshot = newer.snapshot.clone();
    snapshot.queue = newer.made.iter().map(Made::queued).collect::<Vec<_>>().into();
    driver.snapshot(snapshot);
    assert_eq!(driver.app.review.as_ref().unwrap().around.stale, Some("a newer round is there"));
}

#[test]
fn folding_and_expanding_keep_the_place() {
    let mut driver = story();
    driver.keys("j<enter>]c");
    let line = |driver: &Driver| driver.app.review.as_ref().unwrap().line().map(|line| line.number());
    let here = line(&driver);
    driver.keys("+");
    assert_eq!(line(&driver), here);
    driver.keys("-");
    assert_eq!(line(&driver), here);
    let rows = |driver: &Driver| driver.app.review.as_ref().unwrap().document().unwrap().row_count();
    let all = rows(&driver);
    driver.keys("za");
    assert!(rows(&driver) < all);
    driver.keys("<enter>");
    assert_eq!(rows(&driver), all);
}

/// Who was here before is looked up in an index that may still be made, or cannot be: neither is "nobody".
#[test]
fn what_is_not_indexed_is_not_taken_for_none() {
    let mut driver = story();
    driver.answers = false;
    driver.keys("j<enter>");
    let mut unread = opened(&driver.fixture.made[4]);
    let subject = unread.subject.clone();
    unread.evidence = Evidence::PENDING;
    driver.send(Msg::Outcome(Outcome::Opened(Box::new(unread))));
    let found = |driver: &Driver| {
        let review = driver.app.review.as_ref().expect("a review");
        review.opened.as_ref().map(|opened| opened.evidence.provenance.clone()).expect("opened")
    };
    assert_eq!(found(&driver), Known::Indexing);
    driver.keys("L");
    assert_eq!(driver.status(), "history: the history is being indexed");
    driver.send(Msg::Outcome(Outcome::Evidence(subject.clone(), Box::new(Evidence::unknown("no disk")))));
    driver.keys("L");
    assert_eq!(driver.status(), "history: the history is not known: no disk");
    let known = Evidence { provenance: Known::Known(Provenance::default()), ..Evidence::PENDING };
    driver.send(Msg::Outcome(Outcome::Evidence(subject, Box::new(known))));
    driver.keys("L");
    assert!(matches!(&driver.app.overlay, Some(Overlay::Page(page)) if page.title.starts_with("before")));
}

#[test]
fn the_end_of_indexing_ends_no_other_work() {
    let mut driver = story();
    let repo = crate::app::RepoId::default();
    let progress = |what: &str| Msg::Outcome(Outcome::Progress { repo, what: what.into(), done: 500, total: 0 });
    driver.send(progress(INDEXING)).send(Msg::Outcome(Outcome::Indexed(repo)));
    assert!(driver.app.progress.is_empty());
    driver.send(progress("fetching")).send(Msg::Outcome(Outcome::Indexed(repo)));
    assert!(!driver.app.progress.is_empty());
}

#[test]
fn what_a_forge_says_comes_by_itself_and_stays() {
    let mut driver = story();
    driver.keys("j<enter>");
    let review = driver.app.review.as_ref().unwrap();
    let subject = review.subject.clone();
    let says = |driver: &Driver| driver.app.review.as_ref().unwrap().opened.as_ref().unwrap().evidence.forge.clone();
    let nobody = Known::Unknown("it is a branch".to_owned());
    let report = ForgeReport {
        url: None,
        draft: Some(true),
        labels: vec!["capacity".into()],
        mergeable: None,
        checks: Known::Unknown("the token may not".into()),
        reviews: Known::Unknown("it is a branch".into()),
        remarks: Known::Unknown("it is a branch".into()),
        problems: Vec::new(),
    };
    for said in [nobody, Known::Known(report)] {
        driver.send(Msg::Outcome(Outcome::Forge(subject.clone(), Box::new(said.clone()))));
        driver.send(Msg::Outcome(Outcome::Evidence(subject.clone(), Box::new(Evidence::unknown("no disk")))));
        assert_eq!(says(&driver), said, "evidence from objects comes later, and takes nothing away");
    }
    driver.keys("t");
    let page = format!("{:?}", driver.app.overlay);
    assert!(page.contains("the token may not") && page.contains("labels: capacity"), "{page}");
}
