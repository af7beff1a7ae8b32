//! The changed files as a tree, with what of each was seen.

use ratatui::layout::Rect;

use crate::app::App;
use crate::app::geometry::Pane;
use crate::app::review::{Review, SeenLines, TreeRow};
use crate::config::Role;
use crate::diff::FileKind;
use crate::ui::Drawn;
use crate::ui::widgets::{Canvas, Pen};

/// Draws the tree, the file of the cursor in view.
pub fn draw(app: &App, review: &Review, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    canvas.clear(area, Role::Text);
    let Some(document) = review.document() else { return };
    let focus = review.pane == Pane::Files;
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    pen.write(if focus { Role::Heading } else { Role::Quiet }, "files");
    pen.write(Role::Quiet, &format!(" {}", document.files().len()));
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let height = usize::from(body.height);
    let rows = review.tree.rows();
    let here = review.tree.row_of(review.file);
    let top = here.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    let seen = app.desk.seen(&review.subject);
    for (line, row) in rows.iter().skip(top).take(height).enumerate() {
        drawn.rows_built += 1;
        let pen = canvas.row(body, line as u16);
        match row {
            TreeRow::Folder { depth, name } => folder(pen, *depth, name),
            TreeRow::File { depth, file, name } => {
                let summary = &document.files()[*file];
                let total = summary.stats.additions + summary.stats.deletions;
                let seen = seen.map_or(0, |seen| SeenLines::of_file(seen, *file));
                let cursor = *file == review.file;
                FileView { name, depth: *depth, kind: summary.kind, seen, total, cursor, focus }.draw(pen);
            }
        }
    }
    if area.x == 0 && area.right() < u16::MAX && focus {
        canvas.bar(area.right() - 1, area.y, area.height);
    }
}

fn folder(mut pen: Pen<'_, '_>, depth: usize, name: &str) {
    pen.gap(3 + 2 * depth);
    pen.write(Role::Quiet, name);
}

/// A file of the tree.
struct FileView<'a> {
    name: &'a str,
    depth: usize,
    kind: FileKind,
    seen: u32,
    total: u32,
    cursor: bool,
    focus: bool,
}

impl FileView<'_> {
    fn draw(&self, mut pen: Pen<'_, '_>) {
        if self.cursor && self.focus {
            pen.set_over(Some(Role::Focus));
        }
        pen.write(Role::Text, if self.cursor { ">" } else { " " });
        let (role, sign) = match self.kind {
            FileKind::Added => (Role::DiffAddedSign, "+"),
            FileKind::Deleted => (Role::DiffRemovedSign, "-"),
            FileKind::Renamed => (Role::Text, "→"),
            FileKind::Modified | FileKind::Retyped | FileKind::Mode => (Role::Text, " "),
        };
        pen.write(role, sign);
        pen.gap(1 + 2 * self.depth);
        let right = if self.total == 0 {
            String::new()
        } else if self.seen >= self.total {
            "seen".to_owned()
        } else {
            format!("{}/{}", self.seen, self.total)
        };
        let room = pen.room().saturating_sub(right.len() + 3);
        pen.cell(Role::Text, self.name, room);
        pen.gap(1);
        let role = if self.seen >= self.total { Role::Ok } else { Role::Quiet };
        pen.cell_right(role, &right, right.len());
    }
}
