//! The sheets that are written in: reject, hold or ask, a remark on a line.

use ratatui::layout::{Position, Rect};

use super::Drawn;
use super::approve::plan_line;
use super::memory;
use super::widgets::{Canvas, Pen, elide, text};
use crate::app::sheet::{CommentSheet, Field, WriteSheet};
use crate::app::{App, count};
use crate::config::Role;
use crate::model::text::{single_line, truncate};
use crate::model::{CommentSide, DecisionKind, ReasonCode};

/// From here on the memory file stands beside the fields.
const BESIDE: u16 = 100;

/// Draws a sheet that is written in.
pub fn draw(app: &App, sheet: &WriteSheet, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    title(sheet, &mut canvas.row(area, 0));
    let mut pen = canvas.row(area, 1);
    pen.gap(1);
    if sheet.says_something() {
        plan_line(&sheet.planning, "nothing is written yet", &mut pen);
    } else {
        pen.write(Role::Quiet, "nothing is written yet");
    }
    let body = Rect { y: area.y + 3, height: area.height - 3, ..area };
    let rejects = sheet.kind == DecisionKind::Reject;
    let beside = rejects && body.width >= BESIDE;
    let left = if beside { Rect { width: body.width * 52 / 100, ..body } } else { body };
    let area = Rect { x: left.x + 1, width: left.width - 2, ..left };
    let mut fields = Fields { sheet, canvas, area, row: 0, cursor: None };
    if rejects {
        fields.reject(beside);
    } else {
        fields.hold();
    }
    let used = (fields.row + 1).min(body.height);
    drawn.cursor = fields.cursor;
    if beside {
        canvas.bar(left.right(), body.y, body.height);
        let right = Rect { x: left.right() + 2, width: body.right() - left.right() - 3, ..body };
        memory::draw(app, sheet, canvas, right, drawn);
    } else if rejects {
        let below = Rect { x: body.x + 1, y: body.y + used, width: body.width - 2, height: body.height - used };
        memory::draw(app, sheet, canvas, below, drawn);
    }
}

fn title(sheet: &WriteSheet, pen: &mut Pen<'_, '_>) {
    let verb = match sheet.kind {
        DecisionKind::Hold => "HOLD",
        DecisionKind::Ask => "ASK",
        _ => "REJECT",
    };
    pen.gap(1);
    pen.write(Role::Title, verb);
    pen.gap(2);
    match sheet.named.as_slice() {
        [(short, what)] => {
            pen.write(Role::Text, &single_line(short));
            pen.gap(2);
            let room = pen.room().saturating_sub(20);
            pen.write(Role::Quiet, &elide(&single_line(what), room));
        }
        several => {
            pen.write(Role::Text, &format!("{}:", count(several.len(), "proposal")));
            pen.gap(1);
            let names: Vec<_> = several.iter().map(|(short, _)| single_line(short)).collect();
            let room = pen.room().saturating_sub(20);
            pen.write(Role::Text, &truncate(&names.join(", "), room));
        }
    }
    pen.gap_to(18);
    pen.write(Role::Quiet, "nothing sent yet");
}

/// The fields of a sheet, drawn one below the other.
struct Fields<'s, 'c, 'a> {
    sheet: &'s WriteSheet,
    canvas: &'c mut Canvas<'a>,
    area: Rect,
    row: u16,
    cursor: Option<Position>,
}

impl<'a> Fields<'_, '_, 'a> {
    fn reject(&mut self, roomy: bool) {
        let roomy = roomy || self.area.height >= 26;
        self.reasons();
        self.space(roomy);
        self.note("to the agent, on this proposal", if roomy { 6 } else { 3 });
        self.space(roomy);
        self.teach();
        if !self.sheet.teaches() {
            return;
        }
        let height = text::rows(&self.sheet.lesson, self.area.width).clamp(1, 3);
        self.text(Field::Lesson, if roomy { height.max(2) } else { height });
        self.space(roomy);
        self.scopes();
        self.ends();
    }

    fn hold(&mut self) {
        let hold = self.sheet.kind == DecisionKind::Hold;
        let focus = self.sheet.field == Field::Mode;
        self.choices("this   ", &[("hold it until I withdraw", hold), ("ask its agent", !hold)], focus);
        self.row += 1;
        let heading = if hold { "why it is held" } else { "the question" };
        self.note(heading, 6);
    }

    fn space(&mut self, roomy: bool) {
        self.row += u16::from(roomy);
    }

    fn pen(&mut self) -> Pen<'_, 'a> {
        let row = self.row;
        self.row += 1;
        // Rows below the area take no ink.
        self.canvas.row(self.area, row)
    }

    fn heading(&mut self, field: Field, text: &str) {
        let focus = self.sheet.field == field;
        let mut pen = self.pen();
        pen.write(if focus { Role::Heading } else { Role::Quiet }, if focus { "> " } else { "  " });
        pen.write(if focus { Role::Heading } else { Role::Quiet }, text);
    }

    /// Choices in a line, as many as fit; the chosen one has a star.
    fn choices(&mut self, heading: &str, choices: &[(&str, bool)], focus: bool) {
        let each = choices.iter().map(|(text, _)| text.len()).max().unwrap_or(0) + 5;
        let room = usize::from(self.area.width).saturating_sub(heading.len() + 2);
        let rows = choices.len().div_ceil((room / each.max(1)).max(1));
        let per_row = choices.len().div_ceil(rows.max(1));
        for (at, some) in choices.chunks(per_row).enumerate() {
            let mut pen = self.pen();
            pen.write(if focus { Role::Heading } else { Role::Quiet }, if focus && at == 0 { "> " } else { "  " });
            let blank = " ".repeat(heading.len());
            pen.write(if focus { Role::Heading } else { Role::Quiet }, if at == 0 { heading } else { &blank });
            for (text, chosen) in some {
                if *chosen && focus {
                    pen.set_over(Some(Role::Focus));
                }
                pen.write(if *chosen { Role::Text } else { Role::Quiet }, if *chosen { "(*) " } else { "( ) " });
                pen.write(if *chosen { Role::Text } else { Role::Quiet }, text);
                pen.set_over(None);
                pen.gap(each.saturating_sub(text.len() + 4));
            }
        }
    }

    fn reasons(&mut self) {
        let words: Vec<String> = ReasonCode::ALL.iter().map(|code| code.word().replace('_', " ")).collect();
        let choices: Vec<(&str, bool)> =
            words.iter().zip(ReasonCode::ALL).map(|(word, code)| (word.as_str(), code == self.sheet.reason)).collect();
        self.choices("why  ", &choices, self.sheet.field == Field::Reason);
    }

    fn note(&mut self, heading: &str, height: u16) {
        self.heading(Field::Note, heading);
        self.text(Field::Note, height);
        if !self.sheet.comments.is_empty() {
            let comments = count(self.sheet.comments.len(), "line comment");
            self.pen().write(Role::Quiet, &format!("  + {comments}"));
        }
    }

    fn text(&mut self, field: Field, height: u16) {
        let height = height.min(self.area.height.saturating_sub(self.row));
        let area = Rect { x: self.area.x + 2, y: self.area.y + self.row, width: self.area.width - 2, height };
        for line in 0..height {
            let edge = Rect { x: area.x - 2, width: 1, ..area };
            self.canvas.row(edge, line).write(Role::Border, "│");
        }
        let shown = if field == Field::Lesson { &self.sheet.lesson } else { &self.sheet.note };
        let cursor = text::draw(self.canvas, area, shown, self.sheet.field == field);
        self.cursor = self.cursor.or(cursor);
        self.row += height;
    }

    fn teach(&mut self) {
        let focus = self.sheet.field == Field::Teach;
        let teaches = self.sheet.teaches();
        let lesson = self.sheet.field == Field::Lesson;
        let mut pen = self.pen();
        pen.write(if focus || lesson { Role::Heading } else { Role::Quiet }, if focus { "> " } else { "  " });
        pen.write(if focus || lesson { Role::Heading } else { Role::Quiet }, "the rule it should keep   ");
        if focus {
            pen.set_over(Some(Role::Focus));
        }
        pen.write(Role::Text, if teaches { "[x] teach" } else { "[ ] teach" });
    }

    fn scopes(&mut self) {
        let focus = self.sheet.field == Field::Scope;
        for (at, scope) in self.sheet.scopes.iter().enumerate() {
            let text = single_line(&scope.to_string());
            let (kind, place) = text.split_once(':').unwrap_or(("", &text));
            let chosen = at == self.sheet.scope();
            let (kind, place) = (kind.to_owned(), place.to_owned());
            let mut pen = self.pen();
            pen.write(if focus { Role::Heading } else { Role::Quiet }, if focus && at == 0 { "> " } else { "  " });
            pen.write(if focus { Role::Heading } else { Role::Quiet }, if at == 0 { "scope  " } else { "       " });
            if chosen && focus {
                pen.set_over(Some(Role::Focus));
            }
            let role = if chosen { Role::Text } else { Role::Quiet };
            pen.write(role, if chosen { "(*) " } else { "( ) " });
            pen.cell(role, &kind, 7);
            let room = pen.room();
            pen.write(role, &elide(&place, room));
        }
    }

    fn ends(&mut self) {
        let days = self.sheet.ends();
        let focus = self.sheet.field == Field::Ends;
        let mut pen = self.pen();
        pen.write(if focus { Role::Heading } else { Role::Quiet }, if focus { "> ends   " } else { "  ends   " });
        if focus {
            pen.set_over(Some(Role::Focus));
        }
        pen.write(Role::Text, &format!("after {days} days"));
    }
}

/// Draws a remark on a line.
pub fn draw_comment(app: &App, sheet: &CommentSheet, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    pen.write(Role::Title, "COMMENT");
    pen.gap(2);
    let side = if sheet.comment.side == CommentSide::Old { " (before)" } else { "" };
    let place = format!("{}:{}{side}", single_line(&sheet.comment.file), sheet.comment.line);
    let room = pen.room().saturating_sub(1);
    pen.write(Role::Text, &elide(&place, room));
    let mut pen = canvas.row(area, 2);
    pen.gap(1);
    pen.write(Role::Quiet, if sheet.comment.side == CommentSide::Old { "- " } else { "  " });
    pen.write(Role::Text, &sheet.line);
    let body = Rect { x: area.x + 1, y: area.y + 4, width: area.width - 2, height: (area.height - 4).min(8) };
    drawn.cursor = text::draw(canvas, body, &sheet.text, true);
    let mut pen = canvas.row(area, 5 + body.height);
    pen.gap(1);
    let others = app.review.as_ref().map_or(0, |review| app.desk.comments(&review.subject).len());
    pen.write(Role::Quiet, "it travels with a rejection, a hold or a question; an empty one is taken away");
    if others > 0 {
        pen.write(Role::Quiet, &format!("; {} so far", count(others, "comment")));
    }
}
