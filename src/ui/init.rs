//! The offer to start the ledger.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Pen, paragraphs};
use crate::app::sheet::InitSheet;
use crate::app::{App, init_lines};
use crate::config::Role;
use crate::model::text::single_line;

/// What git wants of a person, and that it will be asked for.
pub fn wish(pen: &mut Pen<'_, '_>, wants: &str) {
    pen.write(Role::Warn, "! ");
    pen.write(Role::Text, &single_line(wants));
    pen.write(Role::Quiet, ": this screen steps aside, and git asks for it at the terminal");
}

/// Draws the offer.
pub fn draw(app: &App, sheet: &InitSheet, canvas: &mut Canvas<'_>, area: Rect) {
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    pen.write(Role::Title, "START THE LEDGER");
    if app.repos().several() {
        pen.write(Role::Quiet, " of ");
        pen.write(Role::Heading, &single_line(&app.repos().get(sheet.repo).repo));
    }
    pen.gap_to(20);
    pen.write(Role::Quiet, "nothing written yet");
    let mut pen = canvas.row(area, 1);
    pen.gap(1);
    match &sheet.wants {
        Some(wants) => wish(&mut pen, wants),
        None => pen.write(Role::Quiet, "decisions are recorded, signed, in this repository, from then on"),
    }
    let body = Rect { x: area.x + 1, y: area.y + 3, width: area.width - 2, height: area.height - 3 };
    paragraphs(canvas, body, &init_lines(sheet.offer.as_deref()), sheet.top);
}
