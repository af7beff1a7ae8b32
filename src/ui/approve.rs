//! The sheet that waits for a `y`: what will be signed and sent, what is left out and why.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::widgets::{Canvas, Pen, elide};
use crate::app::sheet::{ApproveSheet, Candidate, Planning, rows_for_items};
use crate::app::{App, count};
use crate::config::Role;
use crate::engine::{Action, Plan, total};
use crate::model::text::single_line;
use crate::model::{DecisionKind, LineStats, Tier};

/// Draws the sheet.
pub fn draw(app: &App, sheet: &ApproveSheet, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    title(app, sheet, &mut canvas.row(area, 0));
    facts(app, sheet, canvas, Rect { y: area.y + 1, height: 2, ..area });
    let header = Rect { y: area.y + 4, height: 1, ..area };
    let columns = Columns::of(sheet, area.width);
    columns.header(&mut canvas.row(header, 0));
    let height = rows_for_items(area.height + 1).min(sheet.groups().len() as u16).max(1);
    let list = Rect { y: area.y + 5, height, ..area };
    let groups = sheet.groups().iter().enumerate().skip(sheet.top()).take(usize::from(height));
    for (line, (at, group)) in groups.enumerate() {
        drawn.rows_built += 1;
        item(sheet, group, at == sheet.cursor(), &columns, &mut canvas.row(list, line as u16));
    }
    let below = Rect { y: list.bottom() + 1, height: area.bottom().saturating_sub(list.bottom() + 1), ..area };
    left_out(app, sheet, canvas, below);
}

fn title(app: &App, sheet: &ApproveSheet, pen: &mut Pen<'_, '_>) {
    let verb = match (&sheet.resend, sheet.kind) {
        (Some(_), _) => "SEND WHAT WAS KEPT",
        (None, DecisionKind::Withdraw) => "WITHDRAW YOUR DECISION",
        _ => "APPROVE",
    };
    pen.gap(1);
    pen.write(Role::Title, verb);
    pen.write(Role::Text, &format!("  {}", count(sheet.included(), "proposal")));
    if sheet.kind == DecisionKind::Approve {
        pen.write(Role::Quiet, " into ");
        pen.write(Role::Text, &single_line(&app.snapshot().target));
    }
    pen.gap_to(18);
    pen.write(Role::Quiet, "nothing sent yet");
}

/// What the plan does, in two lines: what is signed and pushed; how it was read.
fn facts(app: &App, sheet: &ApproveSheet, canvas: &mut Canvas<'_>, area: Rect) {
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    plan_line(&sheet.planning, &mut pen);
    let mut pen = canvas.row(area, 1);
    pen.gap(1);
    if sheet.kind != DecisionKind::Approve {
        return;
    }
    let included = || sheet.candidates.iter().filter(|candidate| candidate.included);
    let opened = included().filter(|candidate| candidate.seen.is_some()).count();
    pen.write(Role::Quiet, "written down as ");
    pen.write(Role::Text, &format!("{opened} opened, {} approved by summary", included().count() - opened));
    if let Some(me) = &app.snapshot().me {
        pen.write(Role::Quiet, ", by ");
        pen.write(Role::People, &single_line(me));
    }
}

/// The plan in a line, or why there is none.
pub fn plan_line(planning: &Planning, pen: &mut Pen<'_, '_>) {
    if planning.changed() {
        pen.write(Role::Warn, "! changed underneath, look again: ");
    }
    match (planning.plan(), planning.failure()) {
        (_, Some(failure)) => {
            pen.write(Role::Error, &single_line(&failure.what));
            pen.write(Role::Quiet, &format!("; {}", single_line(&failure.next)));
        }
        (Some(plan), None) => pen.write(Role::Text, &in_words(plan)),
        (None, None) if planning.pending() => pen.write(Role::Quiet, "making the plan"),
        (None, None) => pen.write(Role::Quiet, "nothing is chosen"),
    }
    if planning.pending() && planning.plan().is_some() {
        pen.write(Role::Quiet, "  (being made again)");
    }
}

/// `one ledger entry, one signature, one push: 28 merges, +58 -31 in 41 files`.
fn in_words(plan: &Plan) -> String {
    let entries = plan.intents.len();
    let merges = plan.merges().count();
    let mut parts = Vec::new();
    if merges > 0 {
        let files: usize = plan.merges().map(merged_files).sum();
        let LineStats { additions, deletions, .. } = total(plan.merges().map(|item| item.stats));
        parts.push(format!("{}, +{additions} -{deletions} in {}", count(merges, "merge"), count(files, "file")));
    }
    let recorded = plan.items.iter().filter(|item| matches!(item.action, Action::Record { .. })).count();
    if recorded > 0 {
        parts.push(format!("{} recorded, more people needed", count(recorded, "approval")));
    }
    if !plan.memory.is_empty() {
        parts.push(count(plan.memory.len(), "memory file"));
    }
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join("; ")) };
    format!("{}, {}, one push{parts}", entries_in_words(entries), count(entries, "signature"))
}

fn entries_in_words(entries: usize) -> String {
    if entries == 1 { "one ledger entry".to_owned() } else { format!("{entries} ledger entries") }
}

fn merged_files(item: &crate::engine::PlannedItem) -> usize {
    match &item.action {
        Action::Merge { diff } => diff.files.len(),
        Action::Record { .. } | Action::Note => 0,
    }
}

/// The columns of the list.
struct Columns {
    id: usize,
    what: usize,
    agent: usize,
    lines: usize,
}

/// Cursor, box and blank, before the columns.
const MARGIN: usize = 6;
/// The column that says how it was read.
const READ: usize = 12;

impl Columns {
    fn of(sheet: &ApproveSheet, width: u16) -> Self {
        let widest = |width: fn(&Candidate) -> usize| sheet.candidates.iter().map(width).max().unwrap_or(0);
        let id = widest(|candidate| candidate.short.width()).clamp(4, 16);
        let agent = if width < 100 { 0 } else { widest(|candidate| candidate.agent.width()).clamp(5, 16) };
        let lines = 11;
        let what = usize::from(width).saturating_sub(MARGIN + id + agent + lines + READ + 9);
        Self { id, what, agent, lines }
    }

    fn header(&self, pen: &mut Pen<'_, '_>) {
        pen.gap(MARGIN);
        pen.cell(Role::Quiet, "id", self.id);
        pen.gap(2);
        pen.cell(Role::Quiet, "what changes (read from the diff)", self.what);
        pen.gap(2);
        pen.cell(Role::Quiet, if self.agent > 0 { "agent" } else { "" }, self.agent);
        pen.gap(2);
        pen.cell_right(Role::Quiet, "+/-", self.lines);
        pen.gap(2);
        pen.cell(Role::Quiet, "read by you", READ);
    }
}

fn item(sheet: &ApproveSheet, group: &[usize], cursor: bool, columns: &Columns, pen: &mut Pen<'_, '_>) {
    let all: Vec<&Candidate> = group.iter().map(|at| &sheet.candidates[*at]).collect();
    let Some(first) = all.first() else { return };
    let included = all.iter().filter(|candidate| candidate.included).count();
    let dropped = sheet.planning.plan().is_some_and(|plan| plan.dropped.iter().any(|d| d.subject == first.subject));
    if cursor {
        pen.set_over(Some(Role::Focus));
    }
    pen.write(Role::Text, if cursor { ">" } else { " " });
    pen.write(
        Role::Text,
        if included == 0 {
            "[ ]"
        } else if dropped {
            "[!]"
        } else {
            "[x]"
        },
    );
    let (role, letter) = match first.tier {
        Tier::High => (Role::RiskHigh, " H"),
        Tier::Medium => (Role::RiskMedium, " M"),
        Tier::Low => (Role::RiskLow, "  "),
    };
    pen.write(role, letter);
    let role = if included == 0 { Role::Quiet } else { Role::Text };
    let id = if all.len() > 1 { format!("{} ×", all.len()) } else { single_line(&first.short) };
    pen.cell(role, &id, columns.id);
    pen.gap(2);
    pen.cell(role, &elide(&what(first), columns.what), columns.what);
    pen.set_over(None);
    pen.gap(2);
    pen.cell(Role::Quiet, &single_line(&first.agent), columns.agent);
    pen.gap(2);
    let stats =
        first.stats.map_or_else(|| "?".to_owned(), |stats| format!("+{} -{}", stats.additions, stats.deletions));
    pen.cell_right(role, &stats, columns.lines);
    pen.gap(2);
    let opened = all.iter().filter(|candidate| candidate.seen.is_some()).count();
    pen.cell(Role::Quiet, &read(opened, &all), READ);
}

/// How a row was read: `all 13 lines`, `4 of 13`, `2 of 14`, `not opened`.
fn read(opened: usize, all: &[&Candidate]) -> String {
    match (opened, all) {
        (0, _) => "not opened".to_owned(),
        (_, [one]) => match &one.seen {
            Some(seen) if seen.drawn >= seen.total => format!("all {} lines", seen.total),
            Some(seen) => format!("{} of {}", seen.drawn, seen.total),
            None => String::new(),
        },
        (opened, all) => format!("{opened} of {}", all.len()),
    }
}

/// The headline without its counts, which have a column.
fn what(candidate: &Candidate) -> String {
    let text = single_line(&candidate.summary);
    let stats = candidate.stats.unwrap_or_default();
    let counts = format!(" +{} -{}", stats.additions, stats.deletions);
    text.strip_suffix(&counts).map_or_else(|| text.clone(), str::to_owned)
}

/// What is not part of the plan, with its rule and place.
fn left_out(app: &App, sheet: &ApproveSheet, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(plan) = sheet.planning.plan() else { return };
    let mut row = 0;
    if !plan.dropped.is_empty() && area.height > 0 {
        let mut pen = canvas.row(area, row);
        pen.gap(1);
        pen.write(Role::Heading, "left out, and why");
        row += 1;
    }
    let room = area.height.saturating_sub(row + plan.problems.len() as u16);
    let shown = usize::from(room).min(plan.dropped.len());
    let cut = plan.dropped.len() > shown;
    for dropped in plan.dropped.iter().take(shown - usize::from(cut && shown > 0)) {
        let mut pen = canvas.row(area, row);
        row += 1;
        pen.gap(MARGIN);
        let short = app.queue.find(&dropped.subject.proposal).map_or(&dropped.subject.proposal, |entry| &entry.short);
        pen.cell(Role::Text, &single_line(short), 16);
        pen.gap(2);
        pen.write(Role::Found, &single_line(&dropped.why));
        if let Some(at) = &dropped.at {
            pen.write(Role::Quiet, &format!("  {at}"));
        }
    }
    if cut {
        let mut pen = canvas.row(area, row);
        row += 1;
        pen.gap(MARGIN);
        pen.write(Role::Quiet, &format!("and {} more", plan.dropped.len() + 1 - shown.max(1)));
    }
    for problem in &plan.problems {
        let mut pen = canvas.row(area, row);
        row += 1;
        pen.gap(1);
        pen.write(Role::Warn, "! ");
        pen.write(Role::Text, &single_line(problem));
    }
}
