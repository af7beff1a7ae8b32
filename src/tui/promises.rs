//! The promises of bytes, held on the console's own screens: what a key costs a person at the far end of SSH.

use crate::app::testing::{Driver, Fixture, Made};
use crate::config::{Depth, Ground, Styles, Theme, parse_sequence};
use crate::tui::Screen;
use crate::ui;

/// A console at 120 × 40, and the screen that its frames go to.
struct Seat {
    driver: Driver,
    screen: Screen,
    styles: Styles,
}

impl Seat {
    fn take(fixture: Fixture) -> Self {
        let styles = Theme::load(Ground::Dark, None).0.styles(Depth::True);
        let mut seat =
            Self { driver: Driver::open(fixture, (120, 40)), screen: Screen::new(120, 40, Depth::True), styles };
        seat.frame();
        seat
    }

    /// Draws what there is to draw; returns its bytes.
    fn frame(&mut self) -> usize {
        let bytes = self.screen.frame(|buffer| ui::draw(&self.driver.app, &self.styles, buffer).cursor).len();
        self.driver.flush();
        bytes
    }

    /// Presses keys one after the other, half a second apart; returns what the answer to each cost, and what was drawn in
    /// the stillness after it.
    fn costs(&mut self, keys: &str) -> (Vec<usize>, Vec<usize>) {
        let (mut answers, mut stillness) = (Vec::new(), Vec::new());
        for chord in parse_sequence(keys).unwrap() {
            self.driver.press(chord);
            answers.push(self.frame());
            self.driver.wait(500);
            stillness.push(self.frame());
        }
        answers.sort_unstable();
        stillness.sort_unstable();
        (answers, stillness)
    }
}

/// The same key, so many times.
fn held(seat: &mut Seat, key: &str, times: usize) -> (Vec<usize>, Vec<usize>) {
    let mut all = (Vec::new(), Vec::new());
    for _ in 0..times {
        let (answers, stillness) = seat.costs(key);
        all.0.extend(answers);
        all.1.extend(stillness);
    }
    all.0.sort_unstable();
    all.1.sort_unstable();
    all
}

/// Of sorted figures: the median, and the one that 95 in 100 do not pass.
fn shape(figures: &[usize]) -> (usize, usize) {
    (figures[figures.len() / 2], figures[figures.len() * 95 / 100])
}

/// 350 proposals of different sizes, tiers and agents.
fn queue() -> Fixture {
    let made = (0..350).map(|number| {
        let agent = ["renovate", "cost-bot", "infra-bot", "gemini-bot"][number % 4];
        let path = format!("kubernetes/apps/group-{}/service-{number}/helmrelease.yaml", number % 9);
        let (old, new) = (format!("tag: 1.{number}.0\n"), format!("tag: 1.{number}.1\n"));
        let made = Made::new(&format!("agent/{agent}/update-service-{number}"), &format!("update service {number}"))
            .file(&path, &old, &new)
            .says("## Why\na patch release came out, with a fix that we have waited for\n\n## Rollback\nrevert\n")
            .hours(number as i64 % 60);
        match number % 11 {
            0 => made.high("secrets"),
            1..4 => made,
            4..10 => made.clean(),
            _ => made.low("incident, look alone"),
        }
    });
    Fixture::of(made.collect())
}

/// One proposal that changes every seventh line of a long file.
fn long_diff() -> Fixture {
    let text = |word: &str| {
        let line = |n: usize| match n % 7 {
            3 => format!("      - name: item-{n}\n        value: {word}-{n} # changed\n"),
            _ => format!("      - name: item-{n}\n        value: kept-{n}\n"),
        };
        (0..900).map(line).collect::<String>()
    };
    Fixture::of(vec![Made::new("agent/renovate/many", "many values").file("apps/a.yaml", &text("old"), &text("new"))])
}

#[test]
fn a_cursor_move_in_a_queue_of_350_costs_at_most_400_bytes() {
    let mut seat = Seat::take(queue());
    let (answers, stillness) = held(&mut seat, "j", 120);
    let ((move_median, moves), (preview_median, previews)) = (shape(&answers), shape(&stillness));
    println!("move: median {move_median}, 95 % {moves}; preview: median {preview_median}, 95 % {previews}");
    assert!(moves <= 400, "{answers:?}");
    assert!(previews <= 1200, "{stillness:?}");
}

#[test]
fn a_line_of_scrolling_in_a_diff_at_full_width_costs_at_most_600_bytes() {
    let mut seat = Seat::take(long_diff());
    seat.costs("enter G");
    for key in ["k", "j"] {
        held(&mut seat, key, 40);
        let (answers, _) = held(&mut seat, key, 80);
        let (median, most) = shape(&answers);
        println!("{key}: median {median}, 95 % {most}");
        assert!(most <= 600, "{key}: {answers:?}");
    }
}
