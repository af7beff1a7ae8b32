//! The terminal's pen: colours and attributes, changed with as few bytes as possible.
//!
//! This program writes its own colour sequences. With `NO_COLOR` set, crossterm turns a colour command into a full reset,
//! and reverse and bold vanish with it; here a terminal without colours gets no colour sequence at all and keeps its
//! attributes.

use std::io::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use crate::config::Depth;

/// How a cell is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink {
    pub(super) fg: Color,
    pub(super) bg: Color,
    pub(super) attributes: Modifier,
}

/// The attributes that are written, with the parameters that switch them on and off.
const ATTRIBUTES: [(Modifier, &str, &str); 8] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// The two that one parameter switches off.
const WEIGHT: Modifier = Modifier::BOLD.union(Modifier::DIM);
/// The attributes that are seen on a blank.
const SEEN_ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

impl Ink {
    /// The pen after a reset.
    pub(super) const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, attributes: Modifier::empty() };

    /// What a cell asks for, as far as the terminal can show it. Of bold and dim, which terminals do not agree on when both
    /// are set, bold stays: it can be read.
    pub(super) fn of(cell: &Cell, depth: Depth) -> Self {
        let faint = if cell.modifier.contains(Modifier::BOLD) { Modifier::DIM } else { Modifier::empty() };
        Self { fg: depth.adapt(cell.fg), bg: depth.adapt(cell.bg), attributes: cell.modifier - faint }
    }

    /// Whether a text looks the same in both inks: a blank shows its ground and, unless reversed or underlined, no more.
    pub(super) fn draws_alike(self, other: Self, text: &str) -> bool {
        let ground_only = |ink: Self| !ink.attributes.intersects(SEEN_ON_BLANKS);
        self == other || (text == " " && self.bg == other.bg && ground_only(self) && ground_only(other))
    }

    /// Whether a blank in this ink looks like an erased cell.
    pub(super) fn leaves_blanks_plain(self) -> bool {
        self.draws_alike(Self::PLAIN, " ")
    }
}

/// The pen as the terminal holds it.
#[derive(Debug)]
pub(super) struct Pen {
    ink: Ink,
    /// Two ways to write a change, kept to be reused.
    steps: Vec<u8>,
    anew: Vec<u8>,
}

impl Pen {
    pub(super) const fn plain() -> Self {
        Self { ink: Ink::PLAIN, steps: Vec::new(), anew: Vec::new() }
    }

    pub(super) const fn ink(&self) -> Ink {
        self.ink
    }

    /// Takes an ink that the terminal is known to hold, and writes nothing.
    pub(super) const fn take(&mut self, ink: Ink) {
        self.ink = ink;
    }

    /// Writes the shorter of two ways to the wanted ink: step by step, or from a reset.
    pub(super) fn change(&mut self, out: &mut Vec<u8>, to: Ink) {
        if self.ink == to {
            return;
        }
        self.steps.clear();
        steps(&mut self.steps, self.ink, to);
        self.anew.clear();
        self.anew.extend_from_slice(b"0;");
        steps(&mut self.anew, Ink::PLAIN, to);
        let shorter = if self.anew.len() < self.steps.len() { &self.anew } else { &self.steps };
        let parameters = shorter.strip_suffix(b";").unwrap_or(shorter);
        out.extend_from_slice(b"\x1b[");
        if parameters != b"0" {
            out.extend_from_slice(parameters);
        }
        out.push(b'm');
        self.ink = to;
    }
}

/// Writes the parameters that lead from one ink to another, each with a `;` behind it.
fn steps(out: &mut Vec<u8>, from: Ink, to: Ink) {
    let mut held = from.attributes;
    for (attribute, _, off) in ATTRIBUTES {
        if held.contains(attribute) && !to.attributes.contains(attribute) {
            held -= if WEIGHT.contains(attribute) { WEIGHT } else { attribute };
            parameter(out, off);
        }
    }
    for (attribute, on, _) in ATTRIBUTES {
        if to.attributes.contains(attribute) && !held.contains(attribute) {
            parameter(out, on);
        }
    }
    for (before, wanted, base) in [(from.fg, to.fg, 30), (from.bg, to.bg, 40)] {
        if before != wanted {
            colour(out, wanted, base);
        }
    }
}

fn parameter(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(b';');
}

/// Writes a colour as foreground (`base` 30) or background (`base` 40).
fn colour(out: &mut Vec<u8>, colour: Color, base: u8) {
    // Writing to a Vec cannot fail.
    let _ = match colour {
        Color::Reset => write!(out, "{};", base + 9),
        Color::Rgb(r, g, b) => write!(out, "{};2;{r};{g};{b};", base + 8),
        Color::Indexed(number @ 16..) => write!(out, "{};5;{number};", base + 8),
        named => match number(named) {
            number @ 0..8 => write!(out, "{};", base + number),
            number => write!(out, "{};", base + 60 + number - 8),
        },
    };
}

/// The number of one of the sixteen colours.
const fn number(colour: Color) -> u8 {
    match colour {
        Color::Indexed(number) => number,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(fg: Color, bg: Color, attributes: Modifier) -> Ink {
        Ink { fg, bg, attributes }
    }

    fn written(inks: &[Ink]) -> String {
        let mut pen = Pen::plain();
        let mut out = Vec::new();
        for ink in inks {
            pen.change(&mut out, *ink);
        }
        String::from_utf8(out).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn the_shorter_way_is_taken() {
        let none = Modifier::empty();
        let red = ink(Color::Red, Color::Reset, none);
        let loud = ink(Color::Red, Color::Reset, Modifier::BOLD | Modifier::REVERSED);
        let tinted = ink(Color::Rgb(1, 2, 3), Color::Indexed(236), none);
        for (inks, bytes) in [
            (&[Ink::PLAIN][..], ""),
            (&[red], "^[31m"),
            (&[red, red], "^[31m"),
            (&[red, Ink::PLAIN], "^[31m^[m"),
            (&[loud], "^[1;7;31m"),
            (&[loud, red], "^[1;7;31m^[0;31m"),
            (&[tinted], "^[38;2;1;2;3;48;5;236m"),
            (&[tinted, ink(Color::Reset, Color::Indexed(236), none)], "^[38;2;1;2;3;48;5;236m^[39m"),
            (&[ink(Color::LightRed, Color::DarkGray, none)], "^[91;100m"),
            (&[ink(Color::Indexed(9), Color::Indexed(1), none)], "^[91;41m"),
            (&[ink(Color::Gray, Color::White, none)], "^[37;107m"),
            (
                &[ink(Color::Reset, Color::Blue, WEIGHT), ink(Color::Reset, Color::Blue, Modifier::DIM)],
                "^[1;2;44m^[22;2m",
            ),
        ] {
            assert_eq!(written(inks), bytes, "{inks:?}");
        }
    }

    #[test]
    fn without_colours_no_colour_is_written_and_attributes_are() {
        let mut cell = Cell::new("x");
        cell.set_fg(Color::Red).set_bg(Color::Rgb(1, 2, 3));
        cell.modifier = Modifier::REVERSED | Modifier::BOLD;
        assert_eq!(written(&[Ink::of(&cell, Depth::None)]), "^[1;7m");
        assert_eq!(written(&[Ink::of(&cell, Depth::None), Ink::PLAIN]), "^[1;7m^[m");
    }
}
