//! What several screens are made of.

mod canvas;
mod path;
pub mod text;

pub use canvas::{Canvas, Pen};
pub use path::{elide, moved};

use ratatui::layout::Rect;

use crate::app::prose::{self, Line};

/// Draws lines of prose into an area, wrapped, from row `top` on; returns how many rows they have in all.
pub fn paragraphs(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line], top: usize) -> usize {
    let rows = prose::wrap(lines, usize::from(area.width));
    for (row, line) in rows.iter().skip(top).take(usize::from(area.height)).enumerate() {
        canvas.row(area, row as u16).line(line);
    }
    rows.len()
}
