//! A row of the list.

use super::columns::{Column, Columns};
use crate::app::queue::{self, Entry, Row, Tally, cells};
use crate::app::{App, does, short_age};
use crate::config::Role;
use crate::diff::FoldKey;
use crate::engine::total;
use crate::model::text::single_line;
use crate::model::{LineStats, State, Tier};
use crate::ui::widgets::Pen;

/// How a row stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowState {
    /// The cursor is on it.
    pub cursor: bool,
    /// It is marked, or in the begun range.
    pub marked: bool,
}

/// Draws a row.
pub fn draw(app: &App, row: &Row, state: RowState, columns: &Columns, mut pen: Pen<'_, '_>) {
    match row {
        Row::Heading { tier, tally } => heading(app, *tier, *tally, &mut pen),
        Row::One(at) => proposal(app, &app.queue.entries()[*at], "", state, columns, &mut pen),
        Row::Member(at) => proposal(app, &app.queue.entries()[*at], "· ", state, columns, &mut pen),
        Row::Fold { members, open } => {
            let entries: Vec<&Entry> = members.iter().map(|at| &app.queue.entries()[*at]).collect();
            fold(app, &entries, *open, state, columns, &mut pen);
        }
    }
}

/// A tier, how many, and what it asks of people.
fn heading(app: &App, tier: Tier, tally: Tally, pen: &mut Pen<'_, '_>) {
    let role = match tier {
        Tier::High => Role::RiskHigh,
        Tier::Medium => Role::RiskMedium,
        Tier::Low => Role::Heading,
    };
    pen.gap(1);
    pen.write(role, &tier.to_string().to_uppercase());
    pen.write(Role::Text, &format!(" {}", tally.here));
    pen.gap(3);
    let needs = app.here().tiers.of(tier);
    let people = match needs.approvals {
        0 => "needs nobody".to_owned(),
        1 => "one person".to_owned(),
        2 => "two people".to_owned(),
        many => format!("{many} people"),
    };
    let batch = if needs.batch { "; the clean ones in one batch" } else { "" };
    pen.write(Role::Quiet, &format!("{people}{batch}"));
    if tally.elsewhere > 0 {
        let key = crate::app::hints::label(app, crate::config::Context::Queue, crate::app::Action::Refresh);
        let (are, key) = (if tally.elsewhere == 1 { "is" } else { "are" }, key.unwrap_or_default());
        pen.write(Role::Warn, &format!("; {} {are} of another tier now, {key} sorts", tally.elsewhere));
    }
}

/// The signs at the beginning of a row: cursor, mark, tier.
fn signs(tier: Tier, gone: bool, state: RowState, pen: &mut Pen<'_, '_>) {
    if state.cursor {
        pen.set_over(Some(Role::Focus));
    } else if state.marked {
        pen.set_over(Some(Role::Selection));
    }
    pen.write(Role::Text, if state.cursor { ">" } else { " " });
    pen.write(Role::Text, if state.marked { "*" } else { " " });
    let (role, letter) = match tier {
        Tier::High => (Role::RiskHigh, " H "),
        Tier::Medium => (Role::RiskMedium, " M "),
        Tier::Low => (Role::RiskLow, " L "),
    };
    pen.write(if gone { Role::Quiet } else { role }, letter);
}

fn proposal(app: &App, entry: &Entry, indent: &str, state: RowState, columns: &Columns, pen: &mut Pen<'_, '_>) {
    let gone = entry.gone.is_some();
    signs(entry.tier(), gone, state, pen);
    let role = |role| if gone { Role::Quiet } else { role };
    let queued = &entry.queued;
    columns.write(pen, |pen, column, width| match column {
        Column::Id => pen.cell(role(Role::Text), &format!("{indent}{}", single_line(&entry.label)), width),
        Column::What => {
            pen.does(role(Role::Text), &does(queued), &queued.proposal.title, width);
        }
        Column::Agent => pen.cell(role(Role::Quiet), &single_line(&queued.standing.agent), width),
        Column::Lines => lines(pen, queued.proposal.stats, gone, width),
        Column::Cost => {
            let found = queued.findings.as_deref();
            let shown = if cells::costs(found) { Role::Text } else { Role::Quiet };
            pen.cell_right(role(shown), &cells::cost(found, width), width);
        }
        Column::Incidents => {
            let cell = cells::incidents(queued.findings.as_deref());
            let shown = if cell.starts_with(|first: char| first.is_ascii_digit()) { Role::Warn } else { Role::Quiet };
            pen.cell_right(role(shown), &cell, width);
        }
        Column::Note => {
            let (note_role, text) = note(app, entry);
            pen.cell(role(note_role), &text, width);
        }
        Column::Age => pen.cell_right(Role::Quiet, &short_age(queued.proposal.updated, app.now), width),
    });
}

/// What the proposals of a fold do: the same kind of thing, or the same to the same contents, perhaps elsewhere.
fn in_common(entries: &[&Entry]) -> String {
    if let Some(FoldKey::Shape(shape)) = entries.first().and_then(|entry| entry.fold.as_ref()) {
        return shape.clone();
    }
    let first = entries.first().map(|entry| does(&entry.queued)).unwrap_or_default();
    let others = entries.iter().filter(|entry| does(&entry.queued) != first).count();
    if others == 0 { first } else { format!("{first} and {others} like it") }
}

fn fold(app: &App, entries: &[&Entry], open: bool, state: RowState, columns: &Columns, pen: &mut Pen<'_, '_>) {
    let Some(first) = entries.first() else { return };
    let agents = {
        let mut names: Vec<&str> = entries.iter().map(|entry| entry.queued.standing.agent.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let by_shape = matches!(first.fold, Some(FoldKey::Shape(_)));
    let oldest = entries.iter().map(|entry| entry.queued.proposal.updated).min().unwrap_or(app.now);
    signs(first.tier(), false, state, pen);
    columns.write(pen, |pen, column, width| match column {
        Column::Id => {
            let label = app.repos().label(&first.name.repo, &format!("{} ×", entries.len()));
            pen.cell(Role::Text, &single_line(&label), width);
        }
        Column::What => {
            pen.does(Role::Text, &in_common(entries), "", width);
        }
        Column::Agent => match agents.as_slice() {
            [one] => pen.cell(Role::Quiet, &single_line(one), width),
            some => pen.cell(Role::Quiet, &format!("{} agents", some.len()), width),
        },
        Column::Lines if by_shape => {
            let stats = entries.iter().filter_map(|entry| entry.queued.proposal.stats);
            lines(pen, Some(total(stats)), false, width);
        }
        Column::Lines => lines(pen, first.queued.proposal.stats, false, width),
        Column::Cost => {
            let all = entries.iter().map(|entry| entry.queued.findings.as_deref());
            let first = first.queued.findings.as_deref();
            let found = if by_shape { cells::total_cost(all, width) } else { cells::cost(first, width) };
            pen.cell_right(Role::Quiet, &found, width);
        }
        Column::Incidents => {
            let most = entries
                .iter()
                .max_by_key(|entry| entry.queued.findings.as_ref().and_then(|found| found.incidents.found().copied()));
            let cell = cells::incidents(most.and_then(|entry| entry.queued.findings.as_deref()));
            pen.cell_right(Role::Quiet, &cell, width);
        }
        Column::Note => {
            let key = crate::app::hints::label(app, crate::config::Context::Queue, crate::app::Action::Fold);
            let does = if open { "closes" } else { "opens" };
            // Found after they were laid together: no row moves, but none is called what it is not.
            let clean = |entry: &&&Entry| entry.queued.findings.as_ref().is_none_or(|found| found.clean());
            let (role, word) = match entries.len() - entries.iter().filter(clean).count() {
                _ if !by_shape => (Role::Quiet, "same".to_owned()),
                0 => (Role::Quiet, "clean".to_owned()),
                some => (Role::Warn, format!("{some} not clean")),
            };
            pen.cell(role, &format!("{word}, {} {does}", key.unwrap_or_default()), width);
        }
        Column::Age => pen.cell_right(Role::Quiet, &short_age(oldest, app.now), width),
    });
}

/// `+9 -4`, to the right; `binary` or `?` where lines are not counted.
fn lines(pen: &mut Pen<'_, '_>, stats: Option<LineStats>, gone: bool, width: usize) {
    let quiet = |role| if gone { Role::Quiet } else { role };
    match stats {
        None => pen.cell_right(quiet(Role::Quiet), "?", width),
        Some(LineStats { additions: 0, deletions: 0, binary: true }) => pen.cell_right(Role::Quiet, "binary", width),
        Some(stats) => {
            let text = format!("+{} -{}", stats.additions, stats.deletions);
            pen.cell_right(quiet(Role::Text), &text, width);
        }
    }
}

/// What should be known of a proposal: what became of it, what was decided, who has it, what was found.
fn note(app: &App, entry: &Entry) -> (Role, String) {
    let standing = &entry.queued.standing;
    if let Some(gone) = &entry.gone {
        return (Role::Quiet, gone.clone());
    }
    if let Some(kind) = app.queue.decided(&entry.name) {
        return (Role::People, format!("{kind}, not sent yet"));
    }
    let approvals = &standing.ruling.approvals;
    let note = single_line(queue::note(standing));
    match standing.state {
        State::Held | State::Asked => (Role::People, if note.is_empty() { standing.state.to_string() } else { note }),
        State::Conflict | State::Blocked => {
            (Role::Warn, if note.is_empty() { standing.state.to_string() } else { note })
        }
        _ if approvals.have > 0 && approvals.have < approvals.need => {
            (Role::People, format!("{} of {}: {}", approvals.have, approvals.need, single_line(&approvals.names())))
        }
        _ if app.desk.has_draft(&entry.queued.proposal.subject()) => (Role::People, "begun".to_owned()),
        _ if standing.clean => (Role::Ok, "clean".to_owned()),
        _ => (Role::Text, note),
    }
}
