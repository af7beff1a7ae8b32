//! What lies over a screen: a page of text, the palette.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::widgets::{Canvas, paragraphs};
use crate::app::geometry::{AROUND_PAGE, BESIDE_PAGE};
use crate::app::hints::label;
use crate::app::overlay::{Overlay, Page, Palette};
use crate::app::{ActionInfo, App};
use crate::config::Role;
use crate::model::text::printable;

/// Draws what lies over the screen; the line of a search is the hint bar's.
pub fn draw(app: &App, overlay: &Overlay, canvas: &mut Canvas<'_>, screen: Rect, drawn: &mut Drawn) {
    match overlay {
        Overlay::Page(page) => draw_page(page, canvas, screen, drawn),
        Overlay::Palette(palette) => draw_palette(app, palette, canvas, screen, drawn),
        Overlay::Find(_) => {}
    }
}

fn draw_page(page: &Page, canvas: &mut Canvas<'_>, screen: Rect, drawn: &mut Drawn) {
    let area = Rect { height: screen.height - 1, ..screen };
    canvas.clear(area, Role::Sheet);
    let body = Rect {
        x: area.x + BESIDE_PAGE / 2,
        y: area.y + 2,
        width: area.width - BESIDE_PAGE,
        height: screen.height - AROUND_PAGE,
    };
    let rows = paragraphs(canvas, body, &page.lines, page.top);
    drawn.rows_built += usize::from(body.height).min(rows);
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    pen.write(Role::Title, &printable(&page.title));
    let height = usize::from(body.height);
    if rows > height {
        let end = (page.top + height).min(rows);
        let text = format!("{}-{end} of {rows}", page.top + 1);
        pen.gap_to(text.width() + 1);
        pen.write(Role::Quiet, &text);
    }
}

/// Rows of the palette's list, where the screen has them.
const PALETTE_ROWS: u16 = 16;

fn draw_palette(app: &App, palette: &Palette, canvas: &mut Canvas<'_>, screen: Rect, drawn: &mut Drawn) {
    let height = PALETTE_ROWS.min(screen.height - 5);
    let area = Rect { y: 1, height: height + 2, ..screen };
    canvas.clear(area, Role::Sheet);
    canvas.rule(Rect { y: area.bottom() - 1, height: 1, ..area });
    let text = palette.text.text();
    let mut pen = canvas.row(area, 0);
    pen.write(Role::HintKey, " : ");
    let before: String = text.chars().take(palette.text.cursor().1).collect();
    let cursor = pen.x() + printable(&before).width() as u16;
    pen.set_over(Some(Role::Input));
    pen.write(Role::Text, &printable(&text));
    pen.fill();
    drawn.cursor = Some(Position::new(cursor.min(area.right() - 1), area.y));
    let list = Rect { y: area.y + 1, height, ..area };
    let top = (palette.cursor + 1).saturating_sub(usize::from(height));
    let rows = palette.found.iter().enumerate().skip(top).take(usize::from(height));
    for (row, (at, info)) in rows.enumerate() {
        drawn.rows_built += 1;
        palette_row(app, palette, info, at == palette.cursor, &mut canvas.row(list, row as u16));
    }
    if palette.found.is_empty() {
        canvas.row(list, 0).write(Role::Quiet, "   nothing is called so");
    }
}

fn palette_row(app: &App, palette: &Palette, info: &ActionInfo, cursor: bool, pen: &mut super::widgets::Pen<'_, '_>) {
    let blocked = (info.disabled)(app);
    let role = |role| if blocked.is_some() { Role::HintOff } else { role };
    if cursor {
        pen.set_over(Some(Role::Focus));
    }
    pen.write(Role::Text, if cursor { " > " } else { "   " });
    pen.cell(role(Role::Text), info.name, 18);
    pen.set_over(None);
    let key = label(app, palette.context, info.action).unwrap_or_default();
    pen.cell(role(Role::HintKey), &key, 8);
    match &blocked {
        Some(why) => pen.write(Role::HintOff, &printable(why)),
        None => pen.write(Role::Quiet, info.sentence),
    }
}
