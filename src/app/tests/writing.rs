//! Sheets that are written in: drafts survive, lessons follow, nothing is confirmed by a word.

use super::*;
use crate::app::{Action, Command, Msg, Outcome};
use crate::config::Context;
use crate::engine::{Draft, InitOffer, LedgerHealth};
use crate::model::{DecisionKind, ReasonCode, Scope};

fn last_draft(driver: &Driver) -> Option<&Draft> {
    driver.commands.iter().rev().find_map(|command| match command {
        Command::SaveDraft(draft) => Some(&**draft),
        _ => None,
    })
}

#[test]
fn a_rejection_teaches_its_first_sentence() {
    let mut driver = story();
    driver.keys("jx").keys_every("Never lower a memory limit. It was an OOM.<ctrl-s>", 50);
    assert!(driver.status().contains("press ^s again"), "the plan was not on screen yet: {}", driver.status());
    driver.keys("<ctrl-s>").wait(9_000);
    let sent = driver.sent();
    assert_eq!((sent[0].kind, sent[0].reason), (DecisionKind::Reject, Some(ReasonCode::WrongFix)));
    assert_eq!(sent[0].note.as_deref(), Some("Never lower a memory limit. It was an OOM."));
    let lesson = sent[0].lesson.as_ref().unwrap();
    assert_eq!((lesson.text.as_str(), lesson.expires_days), ("Never lower a memory limit.", 180));
    assert_eq!(lesson.scope, Scope::Folder("**".into()));
}

#[test]
fn bad_timing_teaches_nothing_unless_the_person_says_so() {
    let mut driver = story();
    driver.keys("jxLater.<backtab><right><tab><tab>").wait(1000);
    let lesson =
        |driver: &Driver| driver.app.sheet.as_ref().and_then(|sheet| sheet.plan()?.plan()?.intents[0].lesson.clone());
    assert_eq!(lesson(&driver), None);
    driver.keys("<space>").wait(1000);
    assert_eq!(lesson(&driver).unwrap().text, "Later.");
}

#[test]
fn what_is_written_is_saved_while_it_is_written_and_comes_back() {
    let mut driver = story();
    driver.keys_every("jxabcdefghijklmnop", 100).wait(1500);
    assert_eq!(last_draft(&driver).unwrap().note, "abcdefghijklmnop");
    driver.keys("<esc>").keys("jkx");
    let Some(crate::app::sheet::Sheet::Write(sheet)) = &driver.app.sheet else { panic!("no sheet") };
    assert_eq!(sheet.note.text(), "abcdefghijklmnop");
}

#[test]
fn a_lost_line_loses_no_word() {
    let mut driver = story();
    driver.keys_every("jxhalf a sent", 10).send(Msg::Hangup);
    assert_eq!(last_draft(&driver).unwrap().note, "half a sent");
    assert!(matches!(driver.commands.last(), Some(Command::Quit)));
}

#[test]
fn plain_keys_are_text_and_pasted_text_too() {
    let mut driver = story();
    driver.keys("jxqua?:!").send(Msg::Paste(" two\r\nlines".into()));
    let Some(crate::app::sheet::Sheet::Write(sheet)) = &driver.app.sheet else { panic!("no sheet") };
    assert_eq!(sheet.note.text(), "qua?:! two\nlines");
}

#[test]
fn an_empty_note_is_not_sent() {
    let mut driver = story();
    driver.keys("jx").wait(1000).keys("<ctrl-s><ctrl-s>").wait(9000);
    assert_eq!(driver.sent(), []);
    assert!(driver.app.sheet.is_some());
}

#[test]
fn hold_can_become_a_question() {
    let mut driver = story();
    driver.keys("jHWhat about month-end?<backtab><space>").wait(1000).keys("<ctrl-s>").wait(9000);
    assert_eq!(driver.sent()[0].kind, DecisionKind::Ask);
}

#[test]
fn a_rejected_draft_is_dropped_when_it_was_sent_and_not_before() {
    let mut driver = story();
    driver.keys("jxNo.").wait(1000).keys("<ctrl-s>u");
    assert!(!driver.commands.iter().any(|command| matches!(command, Command::DropDraft(_))));
    driver.keys("x");
    let Some(crate::app::sheet::Sheet::Write(sheet)) = &driver.app.sheet else { panic!("no sheet") };
    assert_eq!(sheet.note.text(), "No.");
}

#[test]
fn without_a_ledger_a_decision_offers_to_start_one() {
    for key in ["a", "x", "H", "b"] {
        let mut fixture = Fixture::story();
        fixture.snapshot.ledger = LedgerHealth::None;
        fixture.snapshot.me = None;
        let mut driver = Driver::open(fixture, (120, 40));
        driver.keys(&format!("j{key}"));
        assert!(matches!(driver.commands.last(), Some(Command::PreviewInit(_))), "{key}");
        driver.keys("y");
        assert!(!driver.commands.iter().any(|command| matches!(command, Command::Init(..))), "nothing is shown yet");
        let offer = InitOffer {
            ledger: crate::model::EntryId::from_bytes([1; 16]),
            person: "maria".into(),
            key: "ed25519 maria@jump".into(),
            files: vec![(".countersign/policy.yaml".into(), "version: 1\n".into())],
            steps: vec!["commit two files".into()],
            tiers: [1, 2, 3],
            clean: 2,
            problems: Vec::new(),
        };
        driver.send(Msg::Outcome(Outcome::InitOffered(Box::new(offer)))).flush().keys("y");
        assert!(matches!(driver.commands.last(), Some(Command::Init(..))), "{key}");
    }
}

#[test]
fn a_key_that_nobody_knows_says_so() {
    let mut fixture = Fixture::story();
    fixture.snapshot.me = None;
    let mut driver = Driver::open(fixture, (120, 40));
    driver.keys("jx");
    assert!(driver.app.sheet.is_none());
    assert!(driver.status().contains("allowed_signers"), "{}", driver.status());
}

#[test]
fn what_policy_forbids_is_not_approved_and_says_which_rule() {
    let mut driver = story();
    driver.keys("jja");
    assert!(driver.app.sheet.is_none());
    assert_eq!(driver.status(), "approve: denied: replica-floor, policy.yaml:30:5");
}

#[test]
fn every_action_is_in_the_palette_or_has_a_key_where_it_works() {
    for base in [crate::config::Base::Vim, crate::config::Base::Arrows] {
        let (keymap, _) = crate::config::Keymap::load(base, None, &crate::app::actions::known());
        for info in crate::app::ACTIONS {
            for context in info.contexts {
                let palette = Action::Palette.works_in(*context);
                let bound = keymap.label(context.stack(), info.name).is_some();
                assert!(palette || bound, "{} cannot be reached in {context} with {base:?}", info.name);
            }
        }
        let help = keymap.label(Context::Queue.stack(), Action::Palette.name());
        assert!(help.is_some());
    }
}
