//! Whatever is pressed, in whatever order, at whatever size: it draws, and nothing is sent that was not confirmed.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Console;
use crate::app::Msg;

/// Keys that mean something somewhere, and some that do not.
const KEYS: [&str; 56] = [
    "j",
    "k",
    "<ctrl-d>",
    "<ctrl-u>",
    "<ctrl-f>",
    "g",
    "G",
    "<enter>",
    "<esc>",
    "q",
    "<tab>",
    "<backtab>",
    "J",
    "K",
    "<space>",
    "v",
    "V",
    "b",
    "z",
    "s",
    "/",
    "n",
    "N",
    "r",
    "!",
    "]",
    "[",
    "c",
    "f",
    "a",
    "+",
    "-",
    "F",
    "L",
    "p",
    "1",
    "2",
    "3",
    "4",
    "5",
    "x",
    "H",
    "W",
    "u",
    "S",
    "I",
    "Y",
    "y",
    "o",
    "<ctrl-s>",
    "?",
    ":",
    "<left>",
    "<right>",
    "é",
    "<backspace>",
];

#[derive(Debug, Clone)]
enum Event {
    Key(usize),
    Wait(i64),
    Size(u16, u16),
    Paste(String),
    Newer(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => (0..KEYS.len()).prop_map(Event::Key),
        1 => (1_i64..10_000).prop_map(Event::Wait),
        1 => (1_u16..260, 1_u16..80).prop_map(|(width, height)| Event::Size(width, height)),
        1 => "\\PC{0,8}".prop_map(Event::Paste),
        1 => (0_usize..12).prop_map(Event::Newer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn it_draws_whatever_happens(events in prop::collection::vec(event(), 1..60)) {
        let mut console = Console::story(120, 40);
        for event in events {
            match event {
                Event::Key(key) => {
                    console.driver.keys(KEYS[key]);
                }
                Event::Wait(millis) => {
                    console.driver.wait(millis);
                }
                Event::Size(width, height) => {
                    console.size = (width, height);
                    console.driver.send(Msg::Resize(width, height));
                }
                Event::Paste(text) => {
                    console.driver.send(Msg::Paste(text));
                }
                Event::Newer(count) => {
                    let mut newer = console.driver.fixture.snapshot.clone();
                    newer.queue = newer.queue.iter().take(count).cloned().collect::<Vec<_>>().into();
                    console.driver.snapshot(newer);
                }
            }
            let (width, height) = console.size;
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
            let drawn = console.draw_into(&mut buffer);
            prop_assert!(drawn.rows_built <= 3 * usize::from(height) + 32);
            prop_assert!(drawn.cursor.is_none_or(|cursor| cursor.x < width && cursor.y < height));
        }
    }
}
