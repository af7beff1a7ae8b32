//! How a cell of a frame says that it is part of a link: by the colour of its underline, which nothing here draws.
//!
//! A cell has no place for an address, and a list of links beside the frame would have to follow whatever is drawn over them, and
//! the rows that the terminal moves. A number in the cell is overwritten, moved and compared with it.

use ratatui::style::{Color, Style};

/// The number of a link among those of a frame, from 1; a cell has 24 bits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkMark(u32);

impl LinkMark {
    /// The mark of the link at a place, from 0, in the list of a frame's links; `None` beyond what a cell can say.
    #[must_use]
    pub fn at(place: usize) -> Option<Self> {
        u32::try_from(place + 1).ok().filter(|number| *number < 1 << 24).map(Self)
    }

    /// The link's place, from 0.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize - 1
    }

    /// The mark of a cell whose underline has this colour.
    #[must_use]
    pub const fn of(underline: Color) -> Option<Self> {
        match underline {
            Color::Rgb(high, middle, low) => {
                let number = u32::from_be_bytes([0, high, middle, low]);
                if number == 0 { None } else { Some(Self(number)) }
            }
            _ => None,
        }
    }

    /// The colour that says it; plain for no link.
    #[must_use]
    pub fn colour(mark: Option<Self>) -> Color {
        mark.map_or(Color::Reset, |mark| {
            let [_, high, middle, low] = mark.0.to_be_bytes();
            Color::Rgb(high, middle, low)
        })
    }

    /// A style that says it, or that there is no link.
    #[must_use]
    pub fn on(mark: Option<Self>, style: Style) -> Style {
        style.underline_color(Self::colour(mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_from_cells() {
        for place in [0, 1, 255, 256, (1 << 24) - 2] {
            let mark = LinkMark::at(place);
            assert_eq!(LinkMark::of(LinkMark::colour(mark)).map(LinkMark::place), Some(place));
        }
        assert_eq!(LinkMark::at((1 << 24) - 1), None);
        for colour in [Color::Reset, Color::Red, Color::Rgb(0, 0, 0), Color::Indexed(3)] {
            assert_eq!(LinkMark::of(colour), None);
        }
    }
}
