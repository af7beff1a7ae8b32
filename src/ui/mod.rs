//! Draws the state. Pure: `&App` in, cells out; it changes nothing and asks the outside for nothing.
//!
//! One file a screen, one folder of widgets. Everything that an agent wrote has gone through [`crate::model::text`] before it
//! reaches a cell. Meaning never hangs on colour: `>` is the cursor, `*` a mark, `H M L` the tier, `+ -` the sign of a line,
//! `[ ]` a changed word where there are no colours.

mod approve;
mod hint;
mod init;
mod memory;
mod overlay;
mod queue;
mod review;
mod widgets;
mod write;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::geometry::{SMALLEST, too_small};
use crate::app::sheet::Sheet;
use crate::app::{App, Frame};
use crate::config::{Role, Styles};
use crate::model::WebAddress;
use widgets::Canvas;

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// What the frame shows; comes back with [`crate::app::Msg::Flushed`].
    pub frame: Frame,
    /// Where the terminal's cursor goes, if a text is being written.
    pub cursor: Option<Position>,
    /// How many rows of lists and diffs were made for it: what drawing costs, which follows the screen and nothing else.
    pub rows_built: usize,
    /// The pages that its links lead to; the cells have their marks.
    pub links: Vec<WebAddress>,
}

/// Draws the whole screen. The buffer's area is the screen; what it held before is overwritten.
pub fn draw(app: &App, styles: &Styles, buffer: &mut Buffer) -> Drawn {
    let screen = buffer.area;
    let mut canvas = Canvas::new(buffer, styles);
    canvas.clear(screen, Role::Text);
    let mut drawn = Drawn {
        frame: Frame { revision: app.revision(), ..Frame::default() },
        cursor: None,
        rows_built: 0,
        links: Vec::new(),
    };
    if too_small(screen) {
        say_too_small(&mut canvas, screen);
        return drawn;
    }
    match (&app.sheet, &app.review) {
        (Some(sheet), _) => draw_sheet(app, sheet, &mut canvas, screen, &mut drawn),
        (None, Some(review)) => review::draw(app, review, &mut canvas, screen, &mut drawn),
        (None, None) => queue::draw(app, &mut canvas, screen, &mut drawn),
    }
    if let Some(overlay) = &app.overlay {
        // What lies beneath was not shown as a whole, so it was not seen.
        drawn.frame.rows = 0..0;
        overlay::draw(app, overlay, &mut canvas, screen, &mut drawn);
    }
    let last = Rect { y: screen.bottom() - 1, height: 1, ..screen };
    hint::draw(app, &mut canvas, last, &mut drawn);
    drawn.links = canvas.into_links();
    drawn
}

fn draw_sheet(app: &App, sheet: &Sheet, canvas: &mut Canvas<'_>, screen: Rect, drawn: &mut Drawn) {
    let area = Rect { height: screen.height - 1, ..screen };
    canvas.clear(area, Role::Sheet);
    match sheet {
        Sheet::Approve(sheet) => approve::draw(app, sheet, canvas, area, drawn),
        Sheet::Write(sheet) => write::draw(app, sheet, canvas, area, drawn),
        Sheet::Comment(sheet) => write::draw_comment(app, sheet, canvas, area, drawn),
        Sheet::Init(sheet) => init::draw(app, sheet, canvas, area),
    }
}

fn say_too_small(canvas: &mut Canvas<'_>, screen: Rect) {
    canvas.row(screen, 0).write(Role::Text, "too small");
    let wanted = format!("{} x {} wanted", SMALLEST.0, SMALLEST.1);
    canvas.row(screen, 1).write(Role::Quiet, &wanted);
    let have = format!("{} x {} here", screen.width, screen.height);
    canvas.row(screen, 2).write(Role::Quiet, &have);
}

#[cfg(test)]
mod tests;
