//! The list of proposals: how many, what wants a look, what each does, and what is known of the one under the cursor.

mod columns;
mod row;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::widgets::{Canvas, Pen, paragraphs};
use crate::app::geometry::QueueAreas;
use crate::app::hints::{Notice, label, notices};
use crate::app::{Action, App, ago};
use crate::config::{Context, Role};
use crate::engine::{LedgerHealth, Snapshot};
use crate::model::Stage;
use crate::model::text::single_line;
use crate::policy::GateMode;
use columns::Columns;

pub use columns::monthly;

/// Draws the list.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, screen: Rect, drawn: &mut Drawn) {
    let notices = notices(app);
    let areas = QueueAreas::of(screen, notices.len() as u16);
    top_line(app, canvas, areas.top);
    for (row, notice) in notices.iter().take(usize::from(areas.notices.height)).enumerate() {
        draw_notice(canvas, areas.notices, row as u16, notice);
    }
    let columns = Columns::of(app, areas.list.width);
    columns.header(app, &mut canvas.row(areas.header, 0));
    if app.queue.rows().is_empty() {
        empty(app, canvas, areas.list);
    } else {
        list(app, &columns, canvas, areas.list, drawn);
    }
    preview(app, canvas, areas.preview);
}

/// What is read, how much of it there is, and how it is guarded.
fn top_line(app: &App, canvas: &mut Canvas<'_>, area: Rect) {
    let snapshot = app.here();
    let wide = area.width >= 100;
    let mut pen = canvas.row(area, 0);
    pen.gap(1);
    pen.write(Role::Title, if wide { "countersign" } else { "" });
    pen.gap(if wide { 2 } else { 0 });
    pen.write(Role::Heading, &single_line(&snapshot.repo));
    match app.repos().ids().count() {
        1 => {}
        all => pen.write(Role::Quiet, &format!(" +{}", all - 1)),
    }
    pen.gap(if wide { 4 } else { 2 });
    counts(app, &mut pen, wide);
    let right = right_end(app, wide);
    let width: usize = right.iter().map(|(_, text)| text.width() + 2).sum();
    // The two never touch, however long the filter is.
    pen.gap(1);
    pen.gap_to(width);
    for (role, text) in right {
        pen.write(role, &text);
        pen.gap(2);
    }
}

fn counts(app: &App, pen: &mut Pen<'_, '_>, wide: bool) {
    let counts = app.queue.counts();
    if app.queue.entries().is_empty() && app.reading() {
        // What is not known is not zero.
        let total = app.progress.values().map(|progress| progress.total).filter(|total| *total > 0);
        let total = total.reduce(|a, b| a + b);
        return total.into_iter().for_each(|total| pen.write(Role::Text, &format!("{total} branches")));
    }
    let filter = app.queue.filter.text.trim();
    if filter.is_empty() {
        pen.write(Role::Text, &counts.all().to_string());
    } else {
        let shown: usize = app.queue.shown();
        pen.write(Role::Match, &format!("/{}", single_line(filter)));
        pen.write(Role::Text, &format!(" {shown} of {}", counts.all()));
    }
    pen.write(Role::Text, if wide { " pending:" } else { ":" });
    let words = if wide { ["high", "medium", "low"] } else { ["high", "med", "low"] };
    for ((count, word), role) in [counts.high, counts.medium, counts.low].into_iter().zip(words).zip([
        Role::RiskHigh,
        Role::RiskMedium,
        Role::Text,
    ]) {
        pen.gap(if wide { 2 } else { 1 });
        pen.write(if count > 0 { role } else { Role::Quiet }, &format!("{count} {word}"));
    }
}

/// How fresh it is, which stage, how the ledger is.
fn right_end(app: &App, wide: bool) -> Vec<(Role, String)> {
    let snapshot = app.here();
    let mut parts = Vec::new();
    match app.progress.values().next() {
        Some(progress) if progress.total > 0 => {
            parts.push((
                Role::Quiet,
                format!("{} {} of {}", single_line(&progress.what), progress.done, progress.total),
            ));
        }
        Some(progress) => parts.push((Role::Quiet, single_line(&progress.what))),
        None if app.queue.entries().is_empty() && app.reading() => {
            parts.push((Role::Quiet, "reading".to_owned()));
        }
        _ => {
            let age = ago(app.repos().read_at(), app.now);
            parts.push((Role::Quiet, if wide { format!("read {age}") } else { age }));
        }
    }
    if app.repos().iter().any(|snapshot| snapshot.offline.is_some()) {
        parts.push((Role::Warn, "! offline".to_owned()));
    }
    if app.outbox.sending() {
        parts.push((Role::Text, "sending".to_owned()));
    }
    parts.push(stage(snapshot));
    if wide {
        parts.extend(ledger(snapshot));
    }
    parts
}

fn stage(snapshot: &Snapshot) -> (Role, String) {
    let gate = match snapshot.gate {
        GateMode::None => "",
        GateMode::Check => " (check)",
        GateMode::Hook => " (hook)",
    };
    match snapshot.stage {
        Stage::Look => (Role::Warn, "look only".to_owned()),
        Stage::Record => (Role::Text, "record".to_owned()),
        Stage::Enforce => (Role::Text, format!("enforce{gate}")),
    }
}

fn ledger(snapshot: &Snapshot) -> Option<(Role, String)> {
    match &snapshot.ledger {
        LedgerHealth::None => None,
        LedgerHealth::Sound { .. } => Some((Role::Ok, "ledger ok".to_owned())),
        LedgerHealth::Alarm { .. } => Some((Role::Error, "! ledger".to_owned())),
    }
}

fn draw_notice(canvas: &mut Canvas<'_>, area: Rect, row: u16, notice: &Notice) {
    let mut pen = canvas.row(area, row);
    pen.gap(1);
    pen.write(if notice.sign == '!' { Role::Warn } else { Role::Ok }, &notice.sign.to_string());
    pen.gap(1);
    let key = notice.key.as_ref().map_or(0, |(key, word)| key.width() + word.width() + 3);
    let text =
        crate::model::text::truncate(&single_line(&notice.text), pen.room().saturating_sub(key + 2)).into_owned();
    pen.write(Role::Text, &text);
    if let Some((key_text, word)) = &notice.key {
        pen.gap_to(key);
        pen.write(Role::HintKey, key_text);
        pen.write(Role::HintText, &format!(" {word}"));
    }
}

fn list(app: &App, columns: &Columns, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    let queue = &app.queue;
    let waiting = queue.waiting();
    let height = usize::from(area.height) - usize::from(waiting.any());
    let range = queue.range();
    let rows = queue.rows().iter().enumerate().skip(queue.top()).take(height);
    for (line, (at, row)) in rows.enumerate() {
        drawn.rows_built += 1;
        let marked = queue.is_marked(row) || range.contains(&at);
        let state = row::RowState { cursor: at == queue.cursor(), marked };
        row::draw(app, row, state, columns, canvas.row(area, line as u16));
    }
    if waiting.any() {
        let mut pen = canvas.row(area, area.height - 1);
        pen.gap(4);
        let key = label(app, Context::Queue, Action::Refresh).unwrap_or_default();
        let mut parts = Vec::new();
        if waiting.fresh > 0 {
            parts.push(format!("+{} new", waiting.fresh));
        }
        if waiting.gone > 0 {
            parts.push(format!("{} gone", waiting.gone));
        }
        pen.write(Role::Found, &parts.join(", "));
        pen.write(Role::Quiet, ": ");
        pen.write(Role::HintKey, &key);
        pen.write(Role::Quiet, " shows the list as it is now");
    }
}

/// What to do where there is nothing to show.
fn empty(app: &App, canvas: &mut Canvas<'_>, area: Rect) {
    let key = |action| label(app, Context::Queue, action).unwrap_or_default();
    let snapshot = app.here();
    let lines = if app.queue.filter.active() {
        let text = single_line(app.queue.filter.text.trim());
        [format!("Nothing matches `{text}`."), format!("{} takes the filter off.", key(Action::Close))]
    } else if app.reading() {
        ["Reading the proposals.".to_owned(), "What is known already is shown as soon as it is there.".to_owned()]
    } else {
        let done = app.sitting.said().map(|done| format!(" This sitting: {done}. {} leaves.", key(Action::Leave)));
        [
            format!("Nothing waits for you.{}", done.unwrap_or_default()),
            format!(
                "A proposal is a branch such as agent/NAME/TOPIC that is ahead of {}; {} reads again.",
                single_line(&snapshot.target),
                key(Action::Refresh)
            ),
        ]
    };
    for (row, (line, role)) in lines.iter().zip([Role::Text, Role::Quiet]).enumerate() {
        let mut pen = canvas.row(area, row as u16 + 1);
        pen.gap(4);
        pen.write(role, line);
    }
}

fn preview(app: &App, canvas: &mut Canvas<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    canvas.rule(area);
    let Some(preview) = &app.preview else { return };
    let body = Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 1 };
    let here = app.here();
    let target = format!("{}{}", app.repos().prefix(&here.repo), here.target);
    let lines = preview.lines(&target, app.now, usize::from(body.height));
    if body.height < 4 {
        // Too few rows to wrap into: each line is cut at the end.
        for (row, line) in lines.iter().enumerate() {
            canvas.row(body, row as u16).line(line);
        }
    } else {
        paragraphs(canvas, body, &lines, 0);
    }
}
