//! The last line: what works here, what waits, what was answered.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::widgets::{Canvas, Pen};
use crate::app::hints::{self, Hint, HintBar};
use crate::app::overlay::Overlay;
use crate::app::{App, Tone};
use crate::config::Role;
use crate::model::text::printable;

/// Draws the last line.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    canvas.clear(area, Role::Hint);
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    match hints::bar(app) {
        HintBar::Begun { keys, next } => begun(&mut pen, &keys, &next),
        HintBar::Status(status) => pen.write(tone(status.tone), &printable(&status.text)),
        HintBar::Leaving { what, seconds, undo, send } => leaving(&mut pen, (&what, seconds), (&undo, &send)),
        HintBar::Find => drawn.cursor = find(app, &mut pen, area),
        HintBar::Hints { lead, decisions, moves, more } => {
            if let Some(lead) = lead {
                pen.write(Role::People, &printable(&lead));
                pen.gap(1);
            }
            bar(&mut pen, &decisions, &moves, &more);
        }
    }
}

const fn tone(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Done => Role::Ok,
        Tone::Warn => Role::Warn,
        Tone::Failed => Role::Error,
    }
}

fn begun(pen: &mut Pen<'_, '_>, keys: &str, next: &[(String, &str)]) {
    pen.write(Role::HintKey, keys);
    pen.write(Role::HintText, " …");
    for (key, label) in next {
        pen.gap(2);
        pen.write(Role::HintKey, key);
        pen.write(Role::HintText, &format!(" {label}"));
    }
}

fn leaving(pen: &mut Pen<'_, '_>, (what, seconds): (&str, i64), (undo, send): (&str, &str)) {
    pen.write(Role::Warn, &format!("{what} in {seconds} s"));
    pen.gap(2);
    for (key, text) in [(undo, " takes back"), (send, " sends now")] {
        pen.write(Role::HintKey, key);
        pen.write(Role::HintText, text);
        pen.gap(2);
    }
    pen.write(Role::Quiet, "quitting or a lost line: not sent, kept");
}

fn find(app: &App, pen: &mut Pen<'_, '_>, area: Rect) -> Option<Position> {
    let Some(Overlay::Find(find)) = &app.overlay else { return None };
    pen.write(Role::HintKey, "/");
    let text = find.text.text();
    let before: String = text.chars().take(find.text.cursor().1).collect();
    let x = pen.x() + printable(&before).width() as u16;
    pen.write(Role::Text, &printable(&text));
    pen.gap(3);
    let works =
        if app.review.is_some() { "enter searches, esc gives up" } else { "enter keeps the filter, esc gives up" };
    pen.write(Role::Quiet, works);
    Some(Position::new(x.min(area.right() - 1), area.y))
}

/// Decisions, a bar, moves; help and palette at the right end. What does not fit is left out from the right of the moves, and
/// reasons only take room that no entry needs.
fn bar(pen: &mut Pen<'_, '_>, decisions: &[Hint], moves: &[Hint], more: &[Hint]) {
    let end: usize = more.iter().map(|hint| hint.key.width() + hint.label.width() + 3).sum();
    let entries: usize = decisions.iter().chain(moves).map(width).sum();
    let mut spare = pen.room().saturating_sub(end + entries + 2);
    for hint in decisions {
        entry(pen, hint, end, &mut spare);
    }
    // A line before nothing would promise something.
    if !decisions.is_empty() && moves.first().is_some_and(|first| pen.room() >= end + 2 + width(first)) {
        pen.write(Role::Border, "│ ");
    }
    for hint in moves {
        entry(pen, hint, end, &mut spare);
    }
    pen.gap_to(end);
    for hint in more {
        pen.gap(2);
        pen.write(Role::HintKey, &hint.key);
        pen.write(Role::HintText, &format!(" {}", hint.label));
    }
}

/// Columns of an entry without its reason.
fn width(hint: &Hint) -> usize {
    hint.key.width() + 1 + hint.label.width() + 2
}

/// One entry, with its reason where it is blocked and there is room to spare; nothing where it does not fit before `end`.
fn entry(pen: &mut Pen<'_, '_>, hint: &Hint, end: usize, spare: &mut usize) {
    if width(hint) > pen.room().saturating_sub(end) {
        return;
    }
    let (key, label) =
        if hint.blocked.is_some() { (Role::HintOff, Role::HintOff) } else { (Role::HintKey, Role::HintText) };
    pen.write(key, &hint.key);
    pen.write(label, &format!(" {}", hint.label));
    if let Some(why) = &hint.blocked {
        let reason = format!(" ({})", printable(why));
        if reason.width() <= *spare {
            *spare -= reason.width();
            pen.write(Role::HintOff, &reason);
        }
    }
    pen.gap(2);
}
