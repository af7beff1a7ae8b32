//! Writing text with roles into cells. Views ask for a role; which colours that means is decided here and in the theme.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::path::elide;
use crate::app::prose::Line;
use crate::config::{Depth, LinkMark, Role, Styles};
use crate::model::WebAddress;
use crate::model::text::{single_line, truncate};

/// The fewest columns in which a claim is worth beginning.
const SAYS_LEAST: usize = 16;

/// The frame that is being drawn, and how roles look in it.
#[derive(Debug)]
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    styles: &'a Styles,
    links: Vec<WebAddress>,
}

impl<'a> Canvas<'a> {
    /// Begins a frame.
    #[must_use]
    pub const fn new(buffer: &'a mut Buffer, styles: &'a Styles) -> Self {
        Self { buffer, styles, links: Vec::new() }
    }

    /// Ends the frame: the links in it, in the order of their marks.
    #[must_use]
    pub fn into_links(self) -> Vec<WebAddress> {
        self.links
    }

    /// The mark of a link, the same for the same page.
    fn mark(&mut self, to: &WebAddress) -> Option<LinkMark> {
        let place = self.links.iter().position(|known| known == to).unwrap_or(self.links.len());
        if place == self.links.len() {
            self.links.push(to.clone());
        }
        LinkMark::at(place)
    }

    /// Whether there are no colours, so that glyphs must say everything.
    #[must_use]
    pub fn colourless(&self) -> bool {
        self.styles.depth() == Depth::None
    }

    /// Fills an area with blanks of a role.
    pub fn clear(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buffer.area);
        let style = self.styles.of(role);
        for position in area.positions() {
            let cell = &mut self.buffer[position];
            cell.reset();
            cell.set_style(style);
        }
    }

    /// Lays a role over what is drawn in an area.
    pub fn lay(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buffer.area);
        self.buffer.set_style(area, self.styles.of(role));
    }

    /// A pen at the left end of a row of an area; rows that are not in it take no ink.
    pub fn row(&mut self, area: Rect, row: u16) -> Pen<'_, 'a> {
        let inside = row < area.height;
        let end = if inside { area.right() } else { area.x };
        let y = area.y + row.min(area.height.saturating_sub(1));
        Pen { canvas: self, x: area.x, y, end, under: Role::Text, over: None, link: None }
    }

    /// A horizontal line through an area's first row.
    pub fn rule(&mut self, area: Rect) {
        let mut pen = self.row(area, 0);
        let columns = pen.room();
        pen.write(Role::Border, &"─".repeat(columns));
    }

    /// A vertical line.
    pub fn bar(&mut self, x: u16, y: u16, height: u16) {
        for row in 0..height {
            self.row(Rect::new(x, y, 1, height), row).write(Role::Border, "│");
        }
    }
}

/// A place in a row, which moves right as it writes and never leaves its row.
#[derive(Debug)]
pub struct Pen<'c, 'a> {
    canvas: &'c mut Canvas<'a>,
    x: u16,
    y: u16,
    end: u16,
    under: Role,
    over: Option<Role>,
    link: Option<LinkMark>,
}

impl Pen<'_, '_> {
    /// Lays a role over everything that is written from here on.
    #[must_use]
    pub const fn over(mut self, role: Option<Role>) -> Self {
        self.over = role;
        self
    }

    /// Changes what is laid over.
    pub const fn set_over(&mut self, role: Option<Role>) {
        self.over = role;
    }

    /// Changes what lies under everything that is written from here on: the tint of a row.
    pub const fn set_under(&mut self, role: Role) {
        self.under = role;
    }

    /// Goes back by so many columns, to write over them.
    pub const fn back(&mut self, columns: u16) {
        self.x = self.x.saturating_sub(columns);
    }

    /// The columns that are left.
    #[must_use]
    pub fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// The next column.
    #[must_use]
    pub const fn x(&self) -> u16 {
        self.x
    }

    /// Writes printable text; what does not fit is cut, and `…` says so.
    pub fn write(&mut self, role: Role, text: &str) {
        let room = self.room();
        let text = truncate(text, room);
        let mut style = self.canvas.styles.of(self.under).patch(self.canvas.styles.of(role));
        if let Some(over) = self.over {
            style = style.patch(self.canvas.styles.of(over));
        }
        let style = LinkMark::on(self.link, style);
        let (x, _) = self.canvas.buffer.set_stringn(self.x, self.y, text.as_ref(), room, style);
        self.x = x;
    }

    /// Writes text that leads to a page, where there is one.
    pub fn write_linked(&mut self, role: Role, text: &str, to: Option<&WebAddress>) {
        self.link = to.and_then(|to| self.canvas.mark(to));
        self.write(role, text);
        self.link = None;
    }

    /// Writes text into exactly so many columns, from the left.
    pub fn cell(&mut self, role: Role, text: &str, columns: usize) {
        self.fit(role, text, columns, false);
    }

    /// Writes text into exactly so many columns, to the right.
    pub fn cell_right(&mut self, role: Role, text: &str, columns: usize) {
        self.fit(role, text, columns, true);
    }

    fn fit(&mut self, role: Role, text: &str, columns: usize, right: bool) {
        let columns = columns.min(self.room());
        let text = truncate(text, columns);
        let blank = columns - text.width().min(columns);
        if right {
            self.gap(blank);
        }
        self.write(role, &text);
        if !right {
            self.gap(blank);
        }
    }

    /// Writes into exactly so many columns what a change does, in our words, and after `says`, where there is room, what its
    /// agent calls it. What was laid over ends with our words: the rest is a claim.
    pub fn does(&mut self, role: Role, ours: &str, says: &str, columns: usize) {
        let columns = columns.min(self.room());
        let ours = elide(ours, columns);
        let left = columns - ours.width().min(columns);
        self.write(role, &ours);
        if says.is_empty() || left < SAYS_LEAST {
            self.gap(left);
            return self.set_over(None);
        }
        self.set_over(None);
        self.gap(2);
        self.write(Role::Quiet, "says ");
        let room = left - "  says ".len();
        // Hardly more of it than can be seen, so that a cut still shows: every row of a frame comes by here.
        let begun: String = says.chars().take(room + SAYS_LEAST).collect();
        self.cell(Role::Claim, &single_line(&begun), room);
    }

    /// Leaves columns blank.
    pub fn gap(&mut self, columns: usize) {
        let columns = columns.min(self.room());
        self.write(Role::Text, &" ".repeat(columns));
    }

    /// Leaves blank what is left but so many columns.
    pub fn gap_to(&mut self, left: usize) {
        self.gap(self.room().saturating_sub(left));
    }

    /// Writes a line of prose.
    pub fn line(&mut self, line: &Line) {
        for run in &line.runs {
            self.write_linked(run.role, &run.text, run.link.as_ref());
        }
    }

    /// Fills what is left with blanks.
    pub fn fill(&mut self) {
        self.gap(self.room());
    }
}
