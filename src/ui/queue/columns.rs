//! The columns of the list: which there are, and how wide.

use crate::app::App;
use crate::config::Role;
use crate::ui::widgets::Pen;

/// The widths of the columns; a column without width is not there. They follow the whole list, so that nothing shifts while
/// it scrolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// The short name.
    pub id: usize,
    /// What the change does; what the others leave.
    pub what: usize,
    /// The agent.
    pub agent: usize,
    /// Lines added and removed.
    pub lines: usize,
    /// What it adds a month.
    pub cost: usize,
    /// Incidents.
    pub incidents: usize,
    /// What should be known.
    pub note: usize,
    /// The age.
    pub age: usize,
    /// Blank columns between columns: where there is little room, words need it more.
    gap: usize,
}

/// Cursor, mark, tier, and a blank.
pub const MARGIN: usize = 5;
/// The widest that the names of agents get.
const AGENTS: usize = 16;

impl Columns {
    /// The columns at this width.
    #[must_use]
    pub fn of(app: &App, width: u16) -> Self {
        let width = usize::from(width);
        let widths = app.queue.widths();
        let names = match width {
            ..70 => 12,
            70..100 => 13,
            100..140 => 16,
            _ => 28,
        };
        // A repository's name stands before it where there are several.
        let names = names + if app.repos().several() { 6 } else { 0 };
        let id = widths.id.clamp(4, names);
        let agent = match width {
            ..100 => 0,
            100..140 => widths.agent.clamp(5, 12),
            _ => widths.agent.clamp(5, AGENTS),
        };
        let lines = if width < 100 { 0 } else { widths.lines.clamp(3, 13) };
        // Costs come after the list, and must not push it about.
        let cost = match width {
            ..70 => 0,
            70..100 => 6,
            100..140 => 8,
            _ => 9,
        };
        let incidents = if width < 70 { 0 } else { 3 };
        // What was decided here is said there, too, and must fit.
        let note = match width {
            ..70 => 0,
            70..100 => widths.note.clamp(12, 13),
            100..140 => 18,
            _ => widths.note.clamp(22, 34),
        };
        let age = 4;
        let gap = if width < 140 { 1 } else { 2 };
        let others = [id, agent, lines, cost, incidents, note, age]
            .iter()
            .filter(|width| **width > 0)
            .map(|width| width + gap)
            .sum::<usize>();
        let what = width.saturating_sub(MARGIN + others + 1);
        Self { id, what, agent, lines, cost, incidents, note, age, gap }
    }

    /// The names of the columns.
    pub fn header(&self, app: &App, pen: &mut Pen<'_, '_>) {
        let currency = monthly(app);
        pen.gap(MARGIN);
        self.write(pen, |pen, column, width| {
            let name = match column {
                Column::Id => "id",
                Column::What if width > 40 => "what changes (read from the diff)",
                Column::What => "what changes",
                Column::Agent => "agent",
                Column::Lines => "+/-",
                Column::Cost => currency.as_str(),
                Column::Incidents => "inc",
                Column::Note => "note",
                Column::Age => "age",
            };
            if matches!(column, Column::Lines | Column::Cost | Column::Incidents | Column::Age) {
                pen.cell_right(Role::Quiet, name, width);
            } else {
                pen.cell(Role::Quiet, name, width);
            }
        });
    }

    /// Writes a row: `cell` for each column that is there, with its width.
    pub fn write(&self, pen: &mut Pen<'_, '_>, mut cell: impl FnMut(&mut Pen<'_, '_>, Column, usize)) {
        let all = [
            (Column::Id, self.id),
            (Column::What, self.what),
            (Column::Agent, self.agent),
            (Column::Lines, self.lines),
            (Column::Cost, self.cost),
            (Column::Incidents, self.incidents),
            (Column::Note, self.note),
            (Column::Age, self.age),
        ];
        for (at, (column, width)) in all.into_iter().filter(|(_, width)| *width > 0).enumerate() {
            pen.gap(if at == 0 { 0 } else { self.gap });
            cell(pen, column, width);
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The short name.
    Id,
    /// What the change does.
    What,
    /// The agent.
    Agent,
    /// Lines added and removed.
    Lines,
    /// What it adds a month.
    Cost,
    /// Incidents on the same field, file or object.
    Incidents,
    /// What should be known.
    Note,
    /// The age.
    Age,
}

/// The heading of costs: `$/mo`, `CHF/mo`; the sign where everybody knows it, else the code.
#[must_use]
pub fn monthly(app: &App) -> String {
    let sign = match app.queue.currency() {
        None | Some("USD") => "$",
        Some("EUR") => "€",
        Some("GBP") => "£",
        Some(other) => other,
    };
    format!("{sign}/mo")
}
