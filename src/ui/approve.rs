//! The sheet that waits for a `y`: what will be signed and sent, what is left out and why.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::init::wish;
use super::queue::monthly;
use super::widgets::{Canvas, Pen};
use crate::app::queue::cells::total_cost;
use crate::app::sheet::{ApproveSheet, Candidate, Planning, rows_for_items};
use crate::app::{App, count};
use crate::config::Role;
use crate::engine::{Action, Awaits, Plan, total};
use crate::model::text::single_line;
use crate::model::{DecisionKind, LineStats, Tier};

/// Draws the sheet.
pub fn draw(app: &App, sheet: &ApproveSheet, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    title(app, sheet, &mut canvas.row(area, 0));
    facts(app, sheet, canvas, Rect { y: area.y + 1, height: 2, ..area });
    let header = Rect { y: area.y + 4, height: 1, ..area };
    let columns = Columns::of(sheet, area.width);
    columns.header(&monthly(app), &mut canvas.row(header, 0));
    let height = rows_for_items(area.height + 1).min(sheet.groups().len() as u16).max(1);
    let list = Rect { y: area.y + 5, height, ..area };
    let groups = sheet.groups().iter().enumerate().skip(sheet.top()).take(usize::from(height));
    for (line, (at, group)) in groups.enumerate() {
        drawn.rows_built += 1;
        item(sheet, group, at == sheet.cursor(), &columns, &mut canvas.row(list, line as u16));
    }
    let hidden = sheet.groups().len().saturating_sub(sheet.top() + usize::from(height));
    if hidden > 0 {
        let mut pen = canvas.row(Rect { y: list.bottom(), height: 1, ..area }, 0);
        pen.gap(MARGIN);
        pen.write(Role::Quiet, &format!("{hidden} more below"));
    }
    under_cursor(sheet, &mut canvas.row(Rect { y: list.bottom() + 1, height: 1, ..area }, 0));
    let top = list.bottom() + if area.height < 30 { 2 } else { 3 };
    let below = Rect { y: top, height: area.bottom().saturating_sub(top), ..area };
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
    pen.write(Role::Text, &format!("  {}", count(sheet.taken().count(), "proposal")));
    if sheet.kind == DecisionKind::Approve {
        pen.write(Role::Quiet, " into ");
        let here = app.here();
        pen.write(Role::Text, &format!("{}{}", app.repos().prefix(&here.repo), single_line(&here.target)));
    }
    pen.gap_to(18);
    pen.write(Role::Quiet, "nothing sent yet");
}

/// What the plan does, in two lines: what is signed and pushed; how it was read.
fn facts(app: &App, sheet: &ApproveSheet, canvas: &mut Canvas<'_>, area: Rect) {
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    plan_line(&sheet.planning, "everything is left out", &mut pen);
    let mut pen = canvas.row(area, 1);
    pen.gap(1);
    if let (Some(wants), Some(_)) = (&app.asks.send, &sheet.resend) {
        return wish(&mut pen, wants);
    }
    if sheet.kind != DecisionKind::Approve {
        return;
    }
    let opened = sheet.taken().filter(|candidate| candidate.seen.is_some()).count();
    pen.write(Role::Quiet, "written down as ");
    pen.write(Role::Text, &format!("{opened} opened, {} approved by summary", sheet.taken().count() - opened));
    if let Some(me) = &app.here().me {
        pen.write(Role::Quiet, ", by ");
        pen.write(Role::People, &single_line(me));
    }
    let net = total_cost(sheet.taken().map(|candidate| candidate.findings.as_deref()), usize::MAX);
    if net.ends_with(|last: char| last.is_ascii_digit()) && net != "0" {
        pen.write(Role::Quiet, "; net ");
        pen.write(Role::Text, &format!("{net} {}", monthly(app)));
    }
}

/// The plan in a line, or why there is none; `nothing` is said where there is nothing to plan.
pub fn plan_line(planning: &Planning, nothing: &str, pen: &mut Pen<'_, '_>) {
    if let Some(how) = planning.changed() {
        let how = if how.is_empty() { String::new() } else { format!(" ({})", single_line(how)) };
        pen.write(Role::Warn, &format!("! changed underneath{how}, look again: "));
    }
    match (planning.plan(), planning.failure()) {
        (_, Some(failure)) => {
            pen.write(Role::Error, &single_line(&failure.what));
            pen.write(Role::Quiet, &format!("; {}", single_line(&failure.next)));
        }
        (Some(plan), None) => pen.write(Role::Text, &in_words(plan)),
        (None, None) if planning.pending() => pen.write(Role::Quiet, "making the plan"),
        (None, None) => pen.write(Role::Quiet, nothing),
    }
    if planning.pending() && planning.plan().is_some() {
        pen.write(Role::Quiet, "  (being made again)");
    }
}

/// `one entry, one signature, one push: 28 merges, +58 -31 in 41 files`.
fn in_words(plan: &Plan) -> String {
    let entries = plan.intents.len();
    let merges = plan.merges().count();
    let mut parts = Vec::new();
    let posts = plan.posts_in_words();
    if merges > 0 {
        let files: usize = plan.merges().map(merged_files).sum();
        let LineStats { additions, deletions, .. } = total(plan.merges().map(|item| item.stats));
        // On GitHub they are among the posts.
        let merges = if posts.is_none() { format!("{}, ", count(merges, "merge")) } else { String::new() };
        parts.push(format!("{merges}+{additions} -{deletions} in {}", count(files, "file")));
    }
    let recorded = |wanted: fn(&Awaits) -> bool| {
        plan.items.iter().filter(|item| matches!(&item.action, Action::Record { awaits } if wanted(awaits))).count()
    };
    for (number, needed) in [
        (recorded(|awaits| matches!(awaits, Awaits::People(_))), "more people"),
        (recorded(|awaits| *awaits == Awaits::Checks), "checks"),
    ] {
        if number > 0 {
            parts.push(format!("{} recorded, {needed} needed", count(number, "approval")));
        }
    }
    if !plan.memory.is_empty() {
        parts.push(count(plan.memory.len(), "memory file"));
    }
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join("; ")) };
    let push = posts.map_or_else(|| "one push".to_owned(), |posts| format!("one push; then on GitHub {posts}"));
    match entries {
        1 => format!("one entry, one signature, {push}{parts}"),
        _ => format!("{entries} entries, {entries} signatures, {push}{parts}"),
    }
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
/// The column of what it costs.
const COST: usize = 7;
/// The column that says how it was read.
const READ: usize = 11;

impl Columns {
    fn of(sheet: &ApproveSheet, width: u16) -> Self {
        let widest = |width: fn(&Candidate) -> usize| sheet.candidates.iter().map(width).max().unwrap_or(0);
        let id = widest(|candidate| candidate.short.width()).clamp(4, if width < 100 { 16 } else { 24 });
        let agent = if width < 100 { 0 } else { widest(|candidate| candidate.agent.width()).clamp(5, 16) };
        // A row of several has the lines of all of them; what drops out or is left out leaves fewer.
        let all = |group: &Vec<usize>| group.iter().map(|at| &sheet.candidates[*at]).collect::<Vec<_>>();
        let lines = sheet.groups().iter().map(|group| lines(stats_of(&all(group))).width()).max().unwrap_or(0);
        let lines = lines.clamp(3, 13);
        let gaps = if agent > 0 { 11 } else { 9 };
        let what = usize::from(width).saturating_sub(MARGIN + id + agent + lines + COST + READ + gaps);
        Self { id, what, agent, lines }
    }

    fn header(&self, currency: &str, pen: &mut Pen<'_, '_>) {
        pen.gap(MARGIN);
        pen.cell(Role::Quiet, "id", self.id);
        pen.gap(2);
        let what = if self.what > 40 { "what changes (read from the diff)" } else { "what changes" };
        pen.cell(Role::Quiet, what, self.what);
        if self.agent > 0 {
            pen.gap(2);
            pen.cell(Role::Quiet, "agent", self.agent);
        }
        pen.gap(2);
        pen.cell_right(Role::Quiet, "+/-", self.lines);
        pen.gap(2);
        pen.cell_right(Role::Quiet, currency, COST);
        pen.gap(2);
        pen.cell(Role::Quiet, "read by you", READ);
    }
}

/// The lines of candidates together; `None` where those of one are not counted.
fn stats_of(candidates: &[&Candidate]) -> Option<LineStats> {
    candidates.iter().map(|candidate| candidate.stats).collect::<Option<Vec<_>>>().map(total)
}

/// `+9 -4`; `binary` or `?` where lines are not counted.
fn lines(stats: Option<LineStats>) -> String {
    match stats {
        None => "?".to_owned(),
        Some(LineStats { additions: 0, deletions: 0, binary: true }) => "binary".to_owned(),
        Some(stats) => format!("+{} -{}", stats.additions, stats.deletions),
    }
}

fn item(sheet: &ApproveSheet, group: &[usize], cursor: bool, columns: &Columns, pen: &mut Pen<'_, '_>) {
    let all: Vec<&Candidate> = group.iter().map(|at| &sheet.candidates[*at]).collect();
    let Some(first) = all.first() else { return };
    let included = all.iter().filter(|candidate| candidate.included).count();
    let drops = |one: &&Candidate| {
        sheet.planning.plan().is_some_and(|plan| plan.dropped.iter().any(|dropped| dropped.subject == one.subject))
    };
    let dropped = all.iter().any(drops);
    let counted = sheet.counted(group);
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
    let id = match (counted.len(), all.len()) {
        (_, 1) => single_line(&first.short),
        (some, all) if some < all => format!("{some} of {all} ×"),
        (_, all) => format!("{all} ×"),
    };
    pen.cell(role, &id, columns.id);
    pen.gap(2);
    match sheet.shape(group) {
        Some(shape) => pen.cell(role, shape, columns.what),
        None => pen.does(role, &first.summary, &first.title, columns.what),
    }
    if columns.agent > 0 {
        pen.gap(2);
        pen.cell(Role::Quiet, &agents(&all), columns.agent);
    }
    pen.gap(2);
    pen.cell_right(role, &lines(stats_of(&counted)), columns.lines);
    pen.gap(2);
    pen.cell_right(Role::Quiet, &total_cost(counted.iter().map(|one| one.findings.as_deref()), COST), COST);
    pen.gap(2);
    let opened = counted.iter().filter(|candidate| candidate.seen.is_some()).count();
    pen.cell(Role::Quiet, &read(opened, &counted), READ);
}

/// The agent, or how many.
fn agents(all: &[&Candidate]) -> String {
    let names: std::collections::BTreeSet<&str> = all.iter().map(|candidate| candidate.agent.as_str()).collect();
    match names.first() {
        Some(one) if names.len() == 1 => single_line(one),
        _ => format!("{} agents", names.len()),
    }
}

/// The whole name of the item under the cursor, and what its agent calls it.
fn under_cursor(sheet: &ApproveSheet, pen: &mut Pen<'_, '_>) {
    let Some(group) = sheet.groups().get(sheet.cursor()) else { return };
    let Some(first) = group.first().map(|at| &sheet.candidates[*at]) else { return };
    pen.gap(1);
    pen.write(Role::Heading, &single_line(&first.subject.proposal));
    if group.len() > 1 {
        pen.write(Role::Quiet, &format!(" and {} more", group.len() - 1));
    }
    if !first.title.is_empty() {
        pen.write(Role::Quiet, "  says ");
        pen.write(Role::Claim, &format!("“{}”", first.title));
    }
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

/// What is not part of the plan, with its rule and place; then what stands beside it.
fn left_out(app: &App, sheet: &ApproveSheet, canvas: &mut Canvas<'_>, area: Rect) {
    let plan = sheet.planning.plan();
    let dropped = plan.iter().flat_map(|plan| &plan.dropped).map(|dropped| {
        let subject = &dropped.subject;
        let short = app.queue.find(&subject.name()).map_or(&subject.proposal, |entry| &entry.short);
        let at = dropped.at.as_ref().map(|at| format!("  {at}")).unwrap_or_default();
        (single_line(short), single_line(&dropped.why), at)
    });
    let never = sheet.beside.iter().map(|(short, why)| (single_line(short), single_line(why), String::new()));
    let all: Vec<(String, String, String)> = dropped.chain(never).collect();
    let problems = plan.map_or(&[][..], |plan| &plan.problems);
    let mut row = 0;
    if !all.is_empty() {
        let mut pen = canvas.row(area, row);
        pen.gap(1);
        pen.write(Role::Heading, "left out, and why");
        row += 1;
    }
    let room = usize::from(area.height.saturating_sub(row)).saturating_sub(problems.len());
    let shown = if all.len() > room { room.saturating_sub(1) } else { all.len() };
    for (short, why, at) in all.iter().take(shown) {
        let mut pen = canvas.row(area, row);
        row += 1;
        pen.gap(MARGIN);
        pen.cell(Role::Text, short, if area.width < 100 { 16 } else { 24 });
        pen.gap(2);
        pen.write(Role::Found, why);
        pen.write(Role::Quiet, at);
    }
    if shown < all.len() {
        let mut pen = canvas.row(area, row);
        row += 1;
        pen.gap(MARGIN);
        pen.write(Role::Quiet, &format!("and {} more", all.len() - shown));
    }
    for problem in problems {
        let mut pen = canvas.row(area, row);
        row += 1;
        pen.gap(1);
        pen.write(Role::Warn, "! ");
        pen.write(Role::Text, &single_line(problem));
    }
}
