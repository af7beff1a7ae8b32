//! The memory file as a rejection will leave it: the part that changes, line by line.

use ratatui::layout::Rect;

use super::Drawn;
use super::widgets::{Canvas, paragraphs};
use crate::app::App;
use crate::app::prose::Line;
use crate::app::sheet::{WriteSheet, YET_TO_COME};
use crate::config::Role;
use crate::engine::MemoryChange;
use crate::model::text::{printable_bytes, single_line};

/// Equal lines that are shown before and after what changes.
const AROUND: usize = 3;

/// Draws the memory files of the plan.
pub fn draw(app: &App, sheet: &WriteSheet, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    let mut lines = Vec::new();
    let plan = sheet.planning.plan();
    match plan {
        _ if !sheet.teaches() => lines.push(Line::of(Role::Quiet, "nothing is taught; no memory file changes")),
        Some(plan) if !plan.memory.is_empty() => plan.memory.iter().for_each(|file| push_file(&mut lines, file)),
        Some(_) => lines.push(Line::of(Role::Quiet, "no memory file changes")),
        None => lines.push(Line::of(Role::Quiet, "the lesson appears here as it will be written")),
    }
    for problem in plan.iter().flat_map(|plan| &plan.problems) {
        lines.push(Line::of(Role::Warn, "! ").then(Role::Text, single_line(problem)).hanging(2));
    }
    let waiting: usize = app.outbox.waiting().iter().map(|plan| plan.memory.len()).sum();
    if waiting > 0 {
        lines.push(Line::blank());
        lines.push(Line::of(Role::Quiet, "leaves with the other lessons of this sitting, in one commit"));
    }
    drawn.rows_built += usize::from(area.height).min(lines.len());
    paragraphs(canvas, area, &lines, 0);
}

fn push_file(out: &mut Vec<Line>, file: &MemoryChange) {
    let verb = if file.before.is_some() { "as it will be" } else { "is new" };
    if !out.is_empty() {
        out.push(Line::blank());
    }
    out.push(Line::of(Role::Heading, single_line(&file.path)).then(Role::Quiet, format!("  {verb}")));
    let before: Vec<&[u8]> = lines_of(file.before.as_deref().unwrap_or_default());
    let after: Vec<&[u8]> = lines_of(&file.after);
    let same = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
    let rest = before.len().min(after.len()) - same;
    let tail = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
    let first = same.saturating_sub(AROUND);
    let last = (after.len() - tail + AROUND).min(after.len());
    let push = |lines: std::ops::Range<usize>, sign: &str, role: Role, out: &mut Vec<Line>| {
        let numbered = after.iter().enumerate().skip(lines.start).take(lines.len());
        out.extend(numbered.map(|(number, text)| row(number, sign, role, text)));
    };
    push(first..same, " ", Role::Quiet, out);
    for gone in &before[same..before.len() - tail] {
        out.push(
            Line::of(Role::Quiet, "     ")
                .then(Role::DiffRemovedSign, "- ")
                .then(Role::Quiet, printable_bytes(gone))
                .hanging(7),
        );
    }
    push(same..after.len() - tail, "+", Role::Text, out);
    push(after.len() - tail..last, " ", Role::Quiet, out);
}

fn row(line: usize, sign: &str, role: Role, text: &[u8]) -> Line {
    let yet_to_come = text.windows(YET_TO_COME.len()).any(|part| part == YET_TO_COME.as_bytes());
    let role = if yet_to_come { Role::Quiet } else { role };
    let sign_role = if sign == "+" { Role::DiffAddedSign } else { Role::Quiet };
    Line::of(Role::Quiet, format!("{:>4} ", line + 1))
        .then(sign_role, format!("{sign} "))
        .then(role, printable_bytes(text))
        .hanging(7)
}

fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}
