//! What the screens say when there is nothing, too little, too much, or something hostile.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Console;
use crate::app::testing::{Fixture, Made};
use crate::app::{Msg, Outcome, Progress, RepoId};
use crate::config::Depth;
use crate::engine::{InitOffer, LedgerHealth};
use crate::model::{Problem, Stage};

#[test]
fn an_empty_queue_says_what_a_proposal_is() {
    let console = Console::open(Fixture::of(Vec::new()), (80, 24), Depth::True);
    insta::assert_snapshot!("empty", console.screen());
}

#[test]
fn reading_says_how_far_it_is() {
    let mut console = Console::open(Fixture::of(Vec::new()), (80, 24), Depth::True);
    let outcome = Outcome::Progress { repo: RepoId(0), what: "reading".into(), done: 120, total: 350 };
    console.driver.send(Msg::Outcome(outcome));
    assert!(console.screen().contains("reading 120 of 350"));
    assert_eq!(console.driver.app.progress[&RepoId(0)], Progress { what: "reading".into(), done: 120, total: 350 });
}

#[test]
fn a_small_terminal_says_so() {
    let console = Console::story(59, 16);
    assert_eq!(console.screen().lines().take(3).collect::<Vec<_>>(), ["too small", "60 x 16 wanted", "59 x 16 here"]);
    let screen = Console::story(60, 16).screen();
    assert!(screen.contains("HIGH 3") && screen.contains("a approve"), "{screen}");
    let (_, drawn) = Console::story(1, 1).draw();
    assert_eq!(drawn.rows_built, 0);
}

#[test]
fn alarms_and_problems_stand_above_the_list() {
    let mut fixture = Fixture::story();
    fixture.snapshot.ledger = LedgerHealth::Alarm { entries: 42, what: "entry 40 has a bad signature".into() };
    fixture.snapshot.offline = Some("could not resolve host".into());
    fixture.snapshot.problems =
        vec![Problem { place: "agent/x/y".into(), what: "its head is missing".into(), next: "fetch again".into() }];
    fixture.snapshot.stage = Stage::Enforce;
    let console = Console::open(fixture, (120, 40), Depth::True);
    insta::assert_snapshot!("alarm", console.screen());
    insta::assert_snapshot!("alarm-page", console.keys("!").screen());
}

#[test]
fn the_offer_to_start_a_ledger() {
    let mut fixture = Fixture::story();
    (fixture.snapshot.ledger, fixture.snapshot.me, fixture.snapshot.stage) = (LedgerHealth::None, None, Stage::Look);
    let mut console = Console::open(fixture, (80, 24), Depth::True).keys("ja");
    let offer = InitOffer {
        ledger: crate::model::EntryId::from_bytes([1; 16]),
        person: "maria".into(),
        key: "ed25519 SHA256:abc maria@jump".into(),
        files: vec![(".countersign/policy.yaml".into(), "version: 1\ngate: none\n".into())],
        steps: vec!["commit two files to main".into(), "write the genesis entry".into(), "push both to origin".into()],
        tiers: [3, 3, 5],
        clean: 4,
        problems: Vec::new(),
    };
    console.driver.send(Msg::Outcome(Outcome::InitOffered(Box::new(offer))));
    insta::assert_snapshot!("init", console.screen());
}

#[test]
fn a_row_of_several_counts_what_the_plan_takes() {
    let mut console = Console::story(120, 40);
    console.driver.drop = vec!["agent/renovate/radarr-1.2.4"];
    let console = console.keys("b");
    let row =
        |screen: &str, of: &str| screen.lines().find(|line| line.contains(of)).map(str::to_owned).unwrap_or_default();
    let screen = console.screen();
    let twins = row(&screen, "2 of 3 ×");
    assert!(twins.contains("[!]") && twins.contains("+2 -2"), "{screen}");
    assert!(screen.contains("3 merges, +3 -2 in 3 files"), "{screen}");
    let screen = console.keys("j<space>").screen();
    assert!(row(&screen, " 3 ×").contains("+3 -3"), "left out as a whole it says what it is: {screen}");
}

#[test]
fn without_colours_glyphs_say_it() {
    let mut fixture = Fixture::story();
    fixture.snapshot.queue = fixture.made.iter().map(Made::queued).collect::<Vec<_>>().into();
    let console = Console::open(fixture, (80, 24), Depth::None).keys("j<enter>]c");
    let screen = console.screen();
    assert!(screen.contains("memory: [4Gi]") && screen.contains("memory: [2Gi]"), "{screen}");
    let (buffer, _) = console.draw();
    let plain = |buffer: &Buffer| {
        buffer
            .content
            .iter()
            .all(|cell| (cell.fg, cell.bg) == (ratatui::style::Color::Reset, ratatui::style::Color::Reset))
    };
    assert!(plain(&buffer));
}

/// Text that would act on a terminal, hide words, or break a layout.
const HOSTILE: &str =
    "\u{1b}[2Jgone\u{202e}evil\u{200b}\r\n\ttitle \u{7}日本語👩‍💻 \u{e0041} a\u{0301}\u{0301}\u{0301} \u{9b}31m";

fn hostile() -> Fixture {
    let path = "a\u{1b}[31m/\u{202e}b\nc/日本語.yaml";
    let body = format!("## Why\n{HOSTILE}\n\n## What\n{}\n", "long ".repeat(3000));
    let mut made = Made::new("agent/\u{1b}]0;x\u{7}/evil\u{202e}", HOSTILE).says(&body).high(HOSTILE);
    made = made.file(path, &format!("one\n{HOSTILE}\n{}\n", "x".repeat(100_000)), "one\ntwo \u{1b}[0m\n");
    made.agent = HOSTILE.to_owned();
    made.by = vec![HOSTILE.to_owned()];
    Fixture::of(vec![made])
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        for keys in
            ["", "<enter>", "<enter>]c", "<enter>F", "<enter><tab>G", "a", "x", "p", "<enter>L", "/\u{202e}<enter>"]
        {
            let console = Console::open(hostile(), (width, height), Depth::True).keys(keys).wait(300);
            let (buffer, _) = console.draw();
            for cell in &buffer.content {
                let acts = cell.symbol().chars().any(|c| crate::model::text::is_active(c) && c != '\u{200d}');
                assert!(!acts, "{:?} after {keys:?}", cell.symbol());
            }
        }
    }
    let console = Console::open(hostile(), (120, 40), Depth::True).wait(300);
    insta::assert_snapshot!("hostile-queue", console.screen());
    insta::assert_snapshot!("hostile-review", console.keys("<enter>").screen());
}

#[test]
fn drawing_costs_what_the_screen_shows() {
    let many = |count: usize| {
        let made = (0..count).map(|n| {
            Made::new(&format!("agent/bot/{n:05}"), "title").file(
                &format!("apps/{n}/values.yaml"),
                "a\n",
                &format!("{n}\n"),
            )
        });
        Fixture::of(made.collect())
    };
    for keys in ["", "jjj<space>", "Gkk", "v<ctrl-d>", "/apps<enter>"] {
        let built = |count| Console::open(many(count), (120, 40), Depth::True).keys(keys).draw().1.rows_built;
        assert_eq!(built(2000), built(100), "{keys}");
        assert!(built(2000) <= 40);
    }
    let built = |lines| {
        let made = Made::new("agent/a/long", "long").file("long.txt", "", &"a line\n".repeat(lines));
        Console::open(Fixture::of(vec![made]), (200, 60), Depth::True).keys("<enter>G").draw().1.rows_built
    };
    assert_eq!(built(20_000), built(200));
}

#[test]
fn every_cell_is_drawn_again() {
    let console = Console::story(120, 40);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    for cell in &mut buffer.content {
        cell.set_symbol("#");
    }
    console.draw_into(&mut buffer);
    assert!(buffer.content.iter().all(|cell| cell.symbol() != "#"));
}
