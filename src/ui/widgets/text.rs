//! A text field: its lines wrapped, its cursor shown, as many rows as there are.

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::Canvas;
use crate::app::TextField;
use crate::config::Role;
use crate::model::text::printable;

/// A row of a wrapped text: which line, and which of its characters it begins with.
struct Wrapped {
    text: String,
    line: usize,
    start: usize,
    characters: usize,
    last: bool,
}

/// Draws a text field; returns where its cursor is, if it has the focus.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, field: &TextField, focus: bool) -> Option<Position> {
    canvas.clear(area, Role::Input);
    if area.is_empty() {
        return None;
    }
    let rows = wrap(field, usize::from(area.width).max(2) - 1);
    let (line, character) = field.cursor();
    let holds = |row: &Wrapped| {
        row.line == line
            && character >= row.start
            && (character < row.start + row.characters || row.last && character <= row.start + row.characters)
    };
    let at = rows.iter().position(holds).unwrap_or(0);
    let height = usize::from(area.height);
    let top = (at + 1).saturating_sub(height);
    for (row, wrapped) in rows.iter().skip(top).take(height).enumerate() {
        canvas.row(area, row as u16).over(Some(Role::Input)).write(Role::Text, &wrapped.text);
    }
    let before: String = rows.get(at)?.text.chars().take(character - rows[at].start).collect();
    let x = area.x + (before.width() as u16).min(area.width - 1);
    let y = area.y + (at - top) as u16;
    if focus {
        canvas.lay(Rect::new(x, y, 1, 1), Role::InputCursor);
    }
    focus.then_some(Position::new(x, y))
}

/// How many rows a text takes at this width.
#[must_use]
pub fn rows(field: &TextField, width: u16) -> u16 {
    wrap(field, usize::from(width).max(2) - 1).len() as u16
}

fn wrap(field: &TextField, width: usize) -> Vec<Wrapped> {
    let mut rows = Vec::new();
    for (number, line) in field.lines().iter().enumerate() {
        wrap_line(&mut rows, number, line, width);
    }
    rows
}

/// Breaks a line after the last blank that fits, else where it must be. What acts is shown, and counts as one character.
fn wrap_line(rows: &mut Vec<Wrapped>, number: usize, line: &str, width: usize) {
    let row = |start| Wrapped { text: String::new(), line: number, start, characters: 0, last: false };
    let mut current = row(0);
    for word in line.split_inclusive(' ') {
        let wide = printable(word.trim_end_matches(' ')).width();
        if current.text.width() + wide > width && current.characters > 0 && !word.trim().is_empty() {
            let next = current.start + current.characters;
            rows.push(std::mem::replace(&mut current, row(next)));
        }
        for grapheme in word.graphemes(true) {
            let shown = printable(grapheme);
            if current.text.width() + shown.width() > width && grapheme == " " {
                // A blank at the end of a row is there, and not seen.
                current.characters += 1;
                continue;
            }
            if current.text.width() + shown.width() > width && current.characters > 0 {
                let next = current.start + current.characters;
                rows.push(std::mem::replace(&mut current, row(next)));
            }
            current.text.push_str(&shown);
            current.characters += grapheme.chars().count();
        }
    }
    current.last = true;
    rows.push(current);
}
