//! A console without a terminal.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use sha2::{Digest as _, Sha256};

use crate::app::testing::{Driver, Fixture};
use crate::config::{Depth, Ground, Styles, Theme};
use crate::ui::{Drawn, draw};

/// A console under test and what it draws with.
pub(super) struct Console {
    pub(super) driver: Driver,
    styles: Styles,
    pub(super) size: (u16, u16),
}

impl Console {
    /// A console of this size over the queue of the sketches, in 24 bits.
    pub(super) fn story(width: u16, height: u16) -> Self {
        Self::open(Fixture::story(), (width, height), Depth::True)
    }

    /// A console.
    pub(super) fn open(fixture: Fixture, size: (u16, u16), depth: Depth) -> Self {
        let (theme, problems) = Theme::load(Ground::Dark, None);
        assert_eq!(problems, []);
        Self { driver: Driver::open(fixture, size), styles: theme.styles(depth), size }
    }

    /// Presses keys, half a second apart.
    pub(super) fn keys(mut self, keys: &str) -> Self {
        self.driver.keys(keys);
        self
    }

    /// Lets time pass.
    pub(super) fn wait(mut self, millis: i64) -> Self {
        self.driver.wait(millis);
        self
    }

    /// The cells, and what was drawn.
    pub(super) fn draw(&self) -> (Buffer, Drawn) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        let drawn = self.draw_into(&mut buffer);
        (buffer, drawn)
    }

    /// Draws over what a buffer holds.
    pub(super) fn draw_into(&self, buffer: &mut Buffer) -> Drawn {
        draw(&self.driver.app, &self.styles, buffer)
    }

    /// The screen as text, ends trimmed, and a hash of the styles.
    pub(super) fn screen(&self) -> String {
        let (buffer, _) = self.draw();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let styles =
            buffer.content.iter().fold(Sha256::new(), |hash, cell| hash.chain_update(format!("{:?}", cell.style())));
        let _ = write!(text, "styles {:02x?}", &styles.finalize()[..4]);
        text
    }
}
