//! When a decision counts, and how long it can be taken back.

use super::*;
use crate::app::sheet::Sheet;
use crate::app::{Command, Frame, Msg, Outcome};
use crate::config::Chord;
use crate::engine::{Fate, Report, SentItem};
use crate::model::{DecisionKind, EntryId, Oid};

fn kept(driver: &Driver) -> usize {
    let last = driver.commands.iter().rev().find_map(|command| match command {
        Command::KeepOutbox(intents) => Some(intents.iter().map(|intent| intent.items.len()).sum()),
        _ => None,
    });
    last.unwrap_or(0)
}

#[test]
fn a_batch_waits_eight_seconds_on_disk_and_then_leaves_once() {
    let mut driver = story();
    driver.keys("by");
    assert_eq!(kept(&driver), 4, "it is on disk before anything else");
    driver.wait(7_900);
    assert_eq!(driver.sent(), []);
    driver.wait(200).wait(60_000);
    let sent = driver.sent();
    assert_eq!(sent.len(), 1, "a batch is one decision");
    assert_eq!((sent[0].kind, sent[0].items.len()), (DecisionKind::Approve, 4));
}

#[test]
fn the_key_that_opens_does_not_confirm() {
    let mut driver = story();
    driver.keys("bbbbb<enter>");
    assert!(driver.app.review.is_some(), "enter opens the proposal under the cursor");
    driver.wait(60_000);
    assert_eq!((driver.sent(), kept(&driver)), (Vec::new(), 0));
}

#[test]
fn what_is_typed_ahead_does_not_confirm() {
    let mut driver = story();
    // Both keys are there before a frame with the sheet is.
    driver.press(Chord::char('b')).press(Chord::char('y'));
    assert!(driver.status().starts_with("press y again"), "{}", driver.status());
    driver.flush().wait(249).press(Chord::char('y'));
    assert_eq!(kept(&driver), 0);
    driver.flush().wait(250).press(Chord::char('y'));
    assert_eq!(kept(&driver), 4);
}

#[test]
fn a_held_key_never_confirms() {
    let mut driver = story();
    driver.keys("b").keys_every(&"y".repeat(200), 40);
    assert_eq!(kept(&driver), 0);
}

#[test]
fn pasted_text_is_no_key() {
    let mut driver = story();
    driver.keys("b").wait(1000).send(Msg::Paste("y".into())).wait(1000);
    assert_eq!(kept(&driver), 0);
    driver.press(Chord::char('y'));
    assert_eq!(kept(&driver), 0, "and it takes away what was armed");
}

#[test]
fn a_frame_of_an_older_state_arms_nothing() {
    let mut driver = story();
    driver.press(Chord::char('b'));
    let stale = Frame { revision: driver.app.revision() - 1, ..Frame::default() };
    let now = driver.now();
    driver.send(Msg::Flushed { at: now, frame: stale }).wait(1000).press(Chord::char('y'));
    assert_eq!(kept(&driver), 0);
}

#[test]
fn a_terminal_that_is_too_small_shows_no_sheet_and_arms_nothing() {
    let mut driver = story();
    driver.keys("b").send(Msg::Resize(40, 10)).flush().wait(1000).press(Chord::char('y'));
    assert_eq!(kept(&driver), 0);
    driver.send(Msg::Resize(120, 40)).flush().wait(300).press(Chord::char('y'));
    assert_eq!(kept(&driver), 4);
}

#[test]
fn a_sheet_without_its_plan_confirms_nothing() {
    let mut driver = story();
    driver.answers = false;
    driver.keys("b").wait(5000).keys("y");
    assert_eq!(kept(&driver), 0);
    assert!(driver.status().contains("the plan is being made"), "{}", driver.status());
}

#[test]
fn a_plan_that_changes_underneath_begins_consent_again() {
    let mut driver = story();
    driver.keys("b").wait(1000);
    driver.drop = vec!["agent/renovate/plex-1.2.4"];
    let newer = driver.fixture.snapshot.clone();
    driver.snapshot(newer);
    assert!(driver.app.sheet.as_ref().unwrap().plan().unwrap().changed().is_some());
    driver.press(Chord::char('y'));
    assert_eq!(kept(&driver), 0, "what is on the terminal is the old plan");
    driver.flush().wait(300).press(Chord::char('y'));
    assert_eq!(kept(&driver), 3, "what was left out is not part of it");
}

#[test]
fn the_same_plan_again_changes_nothing() {
    let mut driver = story();
    driver.keys("b").wait(1000);
    let newer = driver.fixture.snapshot.clone();
    driver.snapshot(newer).flush().wait(300).press(Chord::char('y'));
    assert_eq!(kept(&driver), 4);
}

#[test]
fn undo_takes_back_and_nothing_was_sent() {
    let mut driver = story();
    driver.keys("byu");
    assert_eq!((driver.sent(), kept(&driver)), (Vec::new(), 0));
    assert_eq!(driver.app.queue.marked(), 0, "nobody marked what the batch offered");
    driver.wait(60_000);
    assert_eq!(driver.sent(), []);
}

#[test]
fn send_now_does_not_wait() {
    let mut driver = story();
    driver.keys("byS");
    assert_eq!(driver.sent().len(), 1);
    assert_eq!(kept(&driver), 4, "it is kept until there is an answer");
}

#[test]
fn quitting_and_a_lost_line_keep_it_unsent() {
    for message in [Msg::Hangup, Msg::Key("ctrl-c".parse().unwrap(), crate::app::testing::at(2_000))] {
        let mut driver = story();
        driver.keys("by");
        driver.send(message);
        assert_eq!((driver.sent(), kept(&driver)), (Vec::new(), 4));
        assert!(matches!(driver.commands.last(), Some(Command::Quit)));
    }
}

#[test]
fn what_an_earlier_console_left_is_planned_and_shown_before_it_is_sent() {
    let mut first = story();
    first.keys("by").send(Msg::Hangup);
    let Some(Command::KeepOutbox(left)) = first.commands.iter().rev().find(|c| matches!(c, Command::KeepOutbox(_)))
    else {
        panic!("nothing was kept")
    };
    let mut driver = Driver::open_with(Fixture::story(), (120, 40), left.clone());
    driver.keys("S");
    assert_eq!(driver.sent(), []);
    driver.keys("y").wait(9_000);
    assert_eq!(driver.sent().iter().map(|intent| intent.id).collect::<Vec<_>>(), [left[0].id]);
}

#[test]
fn what_was_decided_joins_no_other_batch() {
    let mut driver = story();
    driver.keys("byb");
    assert!(driver.app.sheet.is_none());
    assert!(driver.status().contains("no low proposal is clean"), "{}", driver.status());
    // The cursor is on a high one; the decided ones are refused one by one too.
    driver.keys("Ga");
    assert!(driver.app.sheet.is_none() || driver.sent().is_empty());
}

#[test]
fn what_was_marked_for_it_is_marked_again_when_it_is_taken_back() {
    let mut driver = story();
    driver.keys("b");
    let all: Vec<ProposalName> = driver.app.queue.clean().iter().map(|entry| entry.name.clone()).collect();
    driver.keys("n");
    driver.app.queue.mark(all.iter().take(2).cloned());
    driver.keys("ay");
    assert_eq!((kept(&driver), driver.app.queue.marked()), (2, 0));
    driver.keys("u");
    assert_eq!((kept(&driver), driver.app.queue.marked()), (0, 2));
}

#[test]
fn what_was_marked_and_left_out_stays_marked() {
    let mut driver = story();
    driver.keys("b");
    let all: Vec<ProposalName> = driver.app.queue.clean().iter().map(|entry| entry.name.clone()).collect();
    driver.keys("n");
    driver.app.queue.mark(all.iter().cloned());
    driver.drop = vec!["agent/renovate/plex-1.2.4"];
    driver.keys("ay");
    let waits = driver.app.outbox.unsigned();
    assert_eq!(waits[0].items.len(), all.len() - 1, "what was shown as left out is not part of it");
    assert_eq!(driver.app.queue.decided(&named("agent/renovate/plex-1.2.4")), None);
    let marked: Vec<&str> = driver.app.queue.selection().iter().map(|entry| entry.name.proposal.as_str()).collect();
    assert_eq!(marked, ["agent/renovate/plex-1.2.4"]);
}

#[test]
fn what_landed_turns_grey_and_nothing_is_marked_that_nobody_marked() {
    let mut driver = story();
    driver.keys("byS");
    let sent = driver.sent();
    let items = sent[0].items.iter().enumerate().map(|(at, item)| SentItem {
        subject: item.subject.clone(),
        kind: DecisionKind::Approve,
        summary: String::new(),
        fate: if at == 0 {
            Fate::Dropped { why: "conflicts".into(), at: None }
        } else {
            Fate::Merged { commit: Oid::EMPTY_TREE }
        },
    });
    let report = Report {
        items: items.collect(),
        entries: vec![EntryId::from_bytes([1; 16])],
        log: vec!["4b825dc chore: update plex".into()],
        memory: Vec::new(),
        problems: Vec::new(),
    };
    let before = places(&driver);
    driver.send(Msg::Outcome(Outcome::Sent(Box::new(report))));
    assert_eq!(places(&driver), before, "nothing moves by itself");
    let low = driver.app.queue.rows().iter().find_map(|row| match row {
        Row::Heading { tier: crate::model::Tier::Low, tally } => Some(tally.here),
        _ => None,
    });
    assert_eq!(low, Some(2), "and the heading counts what is still there");
    assert_eq!(driver.app.queue.marked(), 0);
    let gone: Vec<&str> = driver.app.queue.entries().iter().filter_map(|entry| entry.gone.as_deref()).collect();
    assert_eq!(gone, ["merged"; 3]);
    assert!(driver.status().contains("3 merged, 1 left out"), "{}", driver.status());
    assert_eq!(kept(&driver), 0);
}

#[test]
fn a_failed_send_keeps_the_decisions() {
    let mut driver = story();
    driver.keys("byS");
    let failure = crate::engine::Failure { what: "no push".into(), why: "refused".into(), next: "ask".into() };
    driver.send(Msg::Outcome(Outcome::Failed { job: crate::app::JobKey::Send, failure }));
    assert_eq!((kept(&driver), driver.app.outbox.kept().len()), (4, 1));
    assert_eq!(driver.app.busy(), 0);
}

#[test]
fn a_full_disk_is_said_and_takes_nothing_away() {
    let mut driver = story();
    driver.keys("byS");
    let failure =
        crate::engine::Failure { what: "not kept".into(), why: "disk full".into(), next: "free space".into() };
    driver.send(Msg::Outcome(Outcome::Failed { job: crate::app::JobKey::Keep, failure }));
    assert!(driver.status().contains("disk full"));
    assert!(driver.app.outbox.sending() && driver.app.busy() > 0);
}

#[test]
fn leaving_an_item_out_makes_the_plan_again() {
    let mut driver = story();
    driver.keys("b<space>y").wait(9_000);
    let sent = driver.sent();
    assert_eq!(sent[0].items.len(), 3);
    assert!(sent[0].items.iter().all(|item| item.subject.proposal.contains("renovate")));
}

#[test]
fn a_row_of_several_opens_so_that_one_of_them_can_be_left_out() {
    let mut driver = story();
    driver.keys("b");
    let groups = |driver: &Driver| match &driver.app.sheet {
        Some(Sheet::Approve(sheet)) => sheet.groups().iter().map(Vec::len).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let before = groups(&driver);
    let fold = before.iter().position(|members| *members == 3).expect("three alike");
    driver.keys(&"j".repeat(fold)).keys("z");
    assert_eq!(groups(&driver).len(), before.len() + 2);
    driver.keys("<space>z");
    assert_eq!(groups(&driver), before, "they are one row again");
    driver.keys("y").wait(9_000);
    assert_eq!(driver.sent()[0].items.len(), 3, "one of the four is left out");
}
