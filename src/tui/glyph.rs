//! What of a cell is sent to the terminal: the last line of defence.
//!
//! Text is made harmless where it enters the screen's state. Should any slip through, this is where it ends: no control
//! character and nothing that reorders or hides text is ever written, and nothing wider than its place.

use ratatui::buffer::{Cell, CellWidth as _};
use unicode_width::UnicodeWidthChar as _;

use crate::model::text::is_active;

/// What stands in for what must not be written.
const STAND_IN: &str = "?";
/// The most characters that one cell may hold; emoji families have seven, more is a heap of accents.
const MOST_CHARS: usize = 10;
const JOINER: char = '\u{200d}';

/// What is written for one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glyph<'a> {
    pub(super) text: &'a str,
    /// The columns that it takes by Unicode's tables, which the layout goes by.
    pub(super) width: u16,
    /// The columns that it may take at most: terminals differ on whatever is not one plain character.
    pub(super) reach: u16,
    /// Whether every terminal moves on by `width` columns.
    pub(super) sure: bool,
}

impl<'a> Glyph<'a> {
    /// What a cell shows with `room` columns left in its row.
    pub(super) fn of(cell: &'a Cell, room: u16) -> Self {
        match cell.symbol().as_bytes() {
            [b' '..=b'~'] => Self::narrow(cell.symbol()),
            [] => Self::narrow(" "),
            _ => Self::other(cell, room),
        }
    }

    const fn narrow(text: &'a str) -> Self {
        Self { text, width: 1, reach: 1, sure: true }
    }

    fn other(cell: &'a Cell, room: u16) -> Self {
        let text = cell.symbol();
        if text.chars().nth(MOST_CHARS).is_some() || text.chars().any(|c| is_active(c) && c != JOINER) {
            return Self::narrow(STAND_IN);
        }
        let width = cell.cell_width();
        if width == 0 || width > room || (width == 1 && text.contains(JOINER)) {
            return Self::narrow(if width > room { " " } else { STAND_IN });
        }
        let mut chars = text.chars();
        if let (Some(only), None) = (chars.next(), chars.next()) {
            return Self { text, width, reach: width, sure: width == 1 || is_ideograph(only) };
        }
        let apart = text.chars().map(|c| c.width().unwrap_or(0).max(1) as u16).sum::<u16>();
        Self { text, width, reach: apart.max(width), sure: false }
    }
}

/// Whether a wide character is one of those that terminals agree on: East Asian scripts, not emoji.
const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glyph(symbol: &str, room: u16) -> (String, u16, u16) {
        let mut cell = Cell::default();
        cell.set_symbol(symbol);
        let glyph = Glyph::of(&cell, room);
        (glyph.text.to_owned(), glyph.width, glyph.reach)
    }

    #[test]
    fn nothing_acts_and_nothing_is_too_wide() {
        for (symbol, room, text, width, reach) in [
            ("a", 9, "a", 1, 1),
            ("", 9, " ", 1, 1),
            ("→", 9, "→", 1, 1),
            ("語", 9, "語", 2, 2),
            ("語", 1, " ", 1, 1),
            ("e\u{301}", 9, "e\u{301}", 1, 2),
            ("✅", 9, "✅", 2, 2),
            ("👩\u{200d}💻", 9, "👩\u{200d}💻", 2, 5),
            ("\u{1b}", 9, "?", 1, 1),
            ("a\u{1b}[2J", 9, "?", 1, 1),
            ("\n", 9, "?", 1, 1),
            ("\u{9b}", 9, "?", 1, 1),
            ("\u{202e}", 9, "?", 1, 1),
            ("a\u{200d}", 9, "?", 1, 1),
            ("\u{200b}", 9, "?", 1, 1),
            ("\u{301}", 9, "?", 1, 1),
            ("abc", 2, " ", 1, 1),
            (&"e\u{301}".repeat(40), 9, "?", 1, 1),
        ] {
            assert_eq!(glyph(symbol, room), (text.to_owned(), width, reach), "{symbol:?}");
        }
    }

    proptest! {
        #[test]
        fn no_control_character_passes(symbol in any::<String>(), room in 1_u16..9) {
            let (text, width, reach) = glyph(&symbol, room);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert!(!text.chars().any(|c| is_active(c) && c != JOINER));
            prop_assert!(width >= 1 && width <= room && reach >= width);
        }
    }
}
