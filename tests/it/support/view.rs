//! What is on a screen at one moment.

use std::fmt;

/// A picture of a screen, which does not change while the test looks at it.
#[derive(Clone)]
pub struct View {
    screen: vt100::Screen,
}

impl View {
    pub(super) fn new(screen: vt100::Screen) -> Self {
        Self { screen }
    }

    /// The screen's cells.
    pub fn screen(&self) -> &vt100::Screen {
        &self.screen
    }

    /// The rows, without spaces at their ends.
    pub fn rows(&self) -> Vec<String> {
        let (_, columns) = self.screen.size();
        self.screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect()
    }

    /// Whether a text stands in one row.
    pub fn has(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Where a text begins first: row and column, from 0.
    pub fn find(&self, text: &str) -> Option<(u16, u16)> {
        let (rows, columns) = self.screen.size();
        (0..rows).find_map(|row| {
            let cells: Vec<&str> = (0..columns).map(|column| self.content(row, column)).collect();
            let start = cells.concat().find(text)?;
            let mut bytes = 0;
            let column = cells.iter().position(|cell| {
                bytes += cell.len();
                bytes > start
            })?;
            Some((row, u16::try_from(column).ok()?))
        })
    }

    /// The cell in which a text begins, for its colours and attributes.
    #[track_caller]
    pub fn style_of(&self, text: &str) -> &vt100::Cell {
        let (row, column) = self.find(text).unwrap_or_else(|| panic!("`{text}` is not on the screen\n{self}"));
        self.screen.cell(row, column).expect("the place of a text is on the screen")
    }

    /// What a cell shows; blank cells show a space, the second half of a wide character nothing.
    fn content(&self, row: u16, column: u16) -> &str {
        match self.screen.cell(row, column) {
            Some(cell) if cell.is_wide_continuation() => "",
            Some(cell) if cell.has_contents() => cell.contents(),
            _ => " ",
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, columns) = self.screen.size();
        let edge = "─".repeat(columns.into());
        writeln!(f, "┌{edge}┐")?;
        self.rows().iter().try_for_each(|row| writeln!(f, "│{row}"))?;
        writeln!(f, "└{edge}┘")
    }
}
