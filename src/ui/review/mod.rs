//! One proposal: who wants what, the diff, the five questions, the files.

mod diff;
mod files;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::widgets::{Canvas, Pen, elide, paragraphs};
use crate::app::geometry::{Pane, ReviewAreas};
use crate::app::hints::label;
use crate::app::review::{Review, answered, lines};
use crate::app::{Action, App, ago, does};
use crate::config::{Context, Role};
use crate::model::text::{single_line, truncate};
use crate::model::{Landing, Outcome, Tier};

/// Columns of an agent's name.
const NAME: usize = 20;

/// Draws an opened proposal.
pub fn draw(app: &App, review: &Review, canvas: &mut Canvas<'_>, screen: Rect, drawn: &mut Drawn) {
    let areas = ReviewAreas::of(screen, review.pane);
    header(app, review, canvas, areas.header);
    if !areas.diff.is_empty() {
        match &review.opened {
            Some(opened) => diff::draw(app, review, opened, canvas, areas.diff, drawn),
            None => reading(review, canvas, areas.diff),
        }
    }
    if !areas.questions.is_empty() {
        questions(app, review, canvas, areas.questions, drawn);
    }
    separators(review, canvas, &areas);
    if !areas.files.is_empty() {
        if areas.files.x == areas.diff.x {
            // The files lie over the diff, so the rows beneath were not seen.
            drawn.frame.rows = 0..0;
        }
        files::draw(app, review, canvas, areas.files, drawn);
    }
}

fn header(app: &App, review: &Review, canvas: &mut Canvas<'_>, area: Rect) {
    title_line(app, review, &mut canvas.row(area, 0));
    claim_line(app, review, &mut canvas.row(area, 1));
    progress_line(app, review, &mut canvas.row(area, 2));
    let rule = Rect { y: area.y + 3, height: 1, ..area };
    canvas.rule(rule);
    place(review, &mut canvas.row(area, 3));
}

/// Writes what belongs to the right end after what belongs to the left; the left gives way.
fn ends(pen: &mut Pen<'_, '_>, left: impl FnOnce(&mut Pen<'_, '_>, usize), right: &[(Role, String)]) {
    let width: usize = right.iter().map(|(_, text)| text.width() + 3).sum();
    let room = pen.room().saturating_sub(width + 1);
    left(pen, room);
    pen.gap_to(width);
    for (role, text) in right {
        pen.write(*role, text);
        pen.gap(3);
    }
}

fn title_line(app: &App, review: &Review, pen: &mut Pen<'_, '_>) {
    let standing = &review.queued.standing;
    let (role, tier) = match standing.ruling.tier {
        Tier::High => (Role::RiskHigh, "HIGH"),
        Tier::Medium => (Role::RiskMedium, "MEDIUM"),
        Tier::Low => (Role::RiskLow, "LOW"),
    };
    let mut right = vec![(role, tier.to_owned()), (Role::Quiet, format!("round {}", standing.round))];
    if let Some((place, of)) = review.around.place {
        right.push((Role::Quiet, format!("{place} of {of}")));
    }
    pen.gap(1);
    ends(
        pen,
        |pen, room| {
            let id = single_line(&app.repos().label(&review.subject.repo, &review.short));
            pen.write_linked(Role::Title, &id, review.queued.proposal.page().as_ref());
            pen.gap(2);
            let room = room.saturating_sub(id.width() + 2);
            pen.write(Role::Text, &elide(&does(&review.queued), room));
        },
        &right,
    );
}

fn claim_line(app: &App, review: &Review, pen: &mut Pen<'_, '_>) {
    let (proposal, standing) = (&review.queued.proposal, &review.queued.standing);
    let mut right = Vec::new();
    if let Some(stats) = proposal.stats {
        let files = proposal.diff().map_or(0, |diff| diff.files.len());
        right.push((
            Role::Text,
            format!("{} +{} -{}", crate::app::count(files, "file"), stats.additions, stats.deletions),
        ));
    }
    if pen.room() >= 100 {
        right.push((Role::Quiet, ago(proposal.updated, app.now)));
    }
    right.push(match &proposal.landing {
        Landing::Clean(_) => (Role::Ok, "merges cleanly".to_owned()),
        Landing::NeedsRebase(_) => (Role::Warn, "! needs a rebase".to_owned()),
        Landing::Landed => (Role::Quiet, "has landed".to_owned()),
        Landing::Unreadable(_) => (Role::Warn, "! cannot be read".to_owned()),
    });
    pen.gap(1);
    ends(
        pen,
        |pen, room| {
            let agent = truncate(&single_line(&standing.agent), NAME).into_owned();
            pen.write(Role::Text, &agent);
            pen.write(Role::Quiet, " says ");
            let title = format!("“{}”", single_line(&proposal.title));
            pen.write(Role::Claim, &truncate(&title, room.saturating_sub(agent.width() + 6)));
        },
        &right,
    );
}

/// What is still missing before it can be approved, or why it cannot.
fn progress_line(app: &App, review: &Review, pen: &mut Pen<'_, '_>) {
    let ruling = &review.queued.standing.ruling;
    pen.gap(1);
    pen.write(Role::Quiet, "seen ");
    let total = review.document().map(crate::diff::Document::changed_lines);
    let seen = app.desk.seen(&review.subject).map_or(0, crate::app::review::SeenLines::count);
    match total {
        Some(total) if seen >= total => pen.write(Role::Ok, &format!("all {total}")),
        Some(total) => pen.write(Role::Text, &format!("{seen} of {total}")),
        None => pen.write(Role::Quiet, "-"),
    }
    pen.write(Role::Quiet, " changed lines   questions ");
    pen.write(Role::Text, &format!("{}/5", answered(app.desk.answers(&review.subject))));
    pen.write(Role::Quiet, "   people ");
    pen.write(Role::Text, &format!("{}/{}", ruling.approvals.have, ruling.approvals.need));
    if !ruling.approvals.by.is_empty() {
        pen.write(Role::People, &format!(" {}", single_line(&ruling.approvals.names())));
    }
    match ruling.outcome {
        Outcome::Denied => pen.write(Role::Warn, "   ! policy forbids it"),
        Outcome::Error => pen.write(Role::Error, "   ! policy could not be evaluated"),
        Outcome::Satisfied | Outcome::Pending => {}
    }
    if let Some(stale) = review.around.stale {
        let key = label(app, Context::Review, Action::Refresh).unwrap_or_default();
        pen.write(Role::Warn, &format!("   ! {stale}: {key} looks again"));
    }
    let note = crate::app::queue::note(&review.queued.standing);
    if !note.is_empty() {
        pen.write(Role::Quiet, "   ");
        pen.write(Role::Warn, &single_line(note));
    }
    let branch = single_line(&review.queued.proposal.id);
    let target = format!(" → {}   ", single_line(&app.here().target));
    let width = branch.width() + target.width();
    if pen.room() > width + 3 {
        pen.gap_to(width);
        pen.write(Role::Text, &branch);
        pen.write(Role::Quiet, &target);
    }
}

/// Where in the diff the cursor is: in the rule above it.
fn place(review: &Review, pen: &mut Pen<'_, '_>) {
    let Some(document) = review.document() else { return };
    let Some(file) = document.file_of(review.cursor()) else { return };
    let path = crate::model::text::printable_bytes(&document.files()[file].path);
    let mut right = format!(" file {} of {} ", file + 1, document.files().len());
    if let Some(hunk) = document.hunk_of(review.cursor()) {
        right = format!(" hunk {} of {} ·{right}", hunk.number, hunk.of);
    }
    pen.write(Role::Border, "─ ");
    let room = pen.room().saturating_sub(right.width() + 4);
    let path = elide(&path, room);
    pen.write(if review.pane == Pane::Diff { Role::Heading } else { Role::Quiet }, &path);
    pen.write(Role::Border, " ");
    let rule = pen.room().saturating_sub(right.width() + 1);
    pen.write(Role::Border, &"─".repeat(rule));
    pen.write(Role::Quiet, &right);
}

fn reading(review: &Review, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(failure) = &review.failure else {
        let mut pen = canvas.row(area, 1);
        pen.gap(2);
        return pen.write(Role::Quiet, "reading the change");
    };
    for (row, (role, text)) in
        [(Role::Error, &failure.what), (Role::Text, &failure.why), (Role::Quiet, &failure.next)].into_iter().enumerate()
    {
        let mut pen = canvas.row(area, row as u16 + 1);
        pen.gap(2);
        pen.write(role, &single_line(text));
    }
}

fn questions(app: &App, review: &Review, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    let facts = app.facts(review);
    let lines = lines(review, &facts);
    let body = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    drawn.rows_built += usize::from(body.height);
    paragraphs(canvas, body, &lines, review.questions_top);
}

/// The lines between the panes; the pane with the focus has its name there.
fn separators(review: &Review, canvas: &mut Canvas<'_>, areas: &ReviewAreas) {
    let (diff, questions) = (areas.diff, areas.questions);
    if !diff.is_empty() && !questions.is_empty() && questions.y > diff.y {
        let rule = Rect { y: questions.y - 1, height: 1, ..questions };
        canvas.rule(rule);
        let mut pen = canvas.row(rule, 0);
        pen.write(Role::Border, "─ ");
        let role = if review.pane == Pane::Questions { Role::Heading } else { Role::Quiet };
        pen.write(role, "questions");
        pen.write(Role::Border, " ");
    } else if !diff.is_empty() && !questions.is_empty() {
        canvas.bar(diff.x - 1, diff.y, diff.height);
        canvas.bar(diff.right(), diff.y, diff.height);
    }
}
