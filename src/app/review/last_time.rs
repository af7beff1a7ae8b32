//! What happened the last time somebody touched what a proposal touches: a warning, a few lines, a page in full.

use super::Review;
use crate::app::overlay::Page;
use crate::app::prose::Line;
use crate::app::{App, count};
use crate::config::Role;
use crate::model::text::single_line;
use crate::model::{Closeness, Incident, IncidentEvidence, IncidentKind, IncidentSource, UndoneBy};

/// Incidents that the pane lists; the page has them all.
const LISTED: usize = 4;
/// Lines of an incident's text that the page shows; the rest is where it is written.
const TEXT_LINES: usize = 200;

fn evidence(review: &Review) -> Option<&IncidentEvidence> {
    review.opened.as_ref()?.evidence.incidents.found()
}

/// The closest incident, if it was on the same field, file or object.
pub(super) fn warning(out: &mut Vec<Line>, review: &Review) {
    let first = evidence(review).and_then(|found| found.hits.first());
    if let Some(hit) = first.filter(|hit| hit.closeness <= Closeness::Object) {
        let line = Line::of(Role::Quiet, "  found ")
            .then(Role::Warn, "! ")
            .then(Role::Found, format!("{} ", hit.closeness.words()))
            .then(Role::Found, headline(&hit.incident));
        out.push(line.hanging(8));
    }
}

/// The block of the questions' pane.
pub(super) fn lines(out: &mut Vec<Line>, review: &Review) {
    if review.opened.is_none() {
        return;
    }
    out.push(Line::blank());
    let heading = Line::of(Role::Heading, "LAST TIME");
    let Some(found) = evidence(review) else {
        out.push(heading.then(Role::Quiet, "  not known yet"));
        return;
    };
    let all = found.hits.len() + found.more;
    out.push(match (all, &found.missing) {
        (0, None) => heading.then(Role::Quiet, "  nothing like it"),
        (0, _) => heading.then(Role::Quiet, "  not all of it is known"),
        _ => heading.then(Role::Quiet, format!("  {}", count(all, "incident"))),
    });
    for hit in found.hits.iter().take(LISTED) {
        out.push(
            Line::of(Role::Quiet, "  ")
                .then(Role::Found, headline(&hit.incident))
                .then(Role::Quiet, format!("  {}", hit.closeness.words()))
                .hanging(4),
        );
    }
    if let Some(missing) = &found.missing {
        out.push(Line::of(Role::Warn, "? ").then(Role::Found, single_line(missing)).hanging(2));
    }
}

/// `INC-213, 14 Mar 2025, sev 2, 41 min: Checkout was killed`.
fn headline(incident: &Incident) -> String {
    let facts = [
        Some(single_line(&incident.id)),
        (incident.kind != IncidentKind::Record).then(|| match &incident.by {
            Some(by) => format!("{} by {}", incident.kind, single_line(by)),
            None => incident.kind.to_string(),
        }),
        incident.date.map(|date| date.strftime("%-d %b %Y").to_string()),
        incident.severity.map(|severity| severity.to_string()),
        incident.minutes.map(|minutes| format!("{minutes} min")),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    format!("{}: {}", facts.join(", "), single_line(&incident.title))
}

/// All incidents with why they are shown and all that is written of them.
pub(in crate::app) fn page(app: &App) -> Page {
    let review = app.review.as_deref();
    let title = format!("the last time, for {}", review.map_or("", |review| &review.short));
    let Some(found) = review.and_then(evidence) else { return Page::new(title, Vec::new()) };
    let mut lines = Vec::new();
    for hit in &found.hits {
        lines.push(Line::of(Role::Heading, headline(&hit.incident)).hanging(2));
        let why = format!("{}: {}", hit.closeness.words(), single_line(&hit.why));
        lines.push(Line::of(Role::Quiet, "  because  ").then(Role::Found, why).hanging(11));
        lines.push(Line::of(Role::Quiet, "  written  ").then(Role::Found, place(&hit.incident)).hanging(11));
        let text = hit.incident.text.lines();
        lines.extend(text.clone().take(TEXT_LINES).map(|line| Line::of(Role::Text, format!("  {line}")).hanging(2)));
        if text.count() > TEXT_LINES {
            lines.push(Line::of(Role::Quiet, "  … goes on there"));
        }
        lines.push(Line::blank());
    }
    if found.more > 0 {
        lines.push(Line::of(Role::Quiet, format!("and {} more, less close", found.more)));
    }
    let nothing = if found.hits.is_empty() { "nothing like it is known: " } else { "" };
    lines.push(Line::of(Role::Quiet, format!("{nothing}{}", single_line(&found.looked))));
    if let Some(missing) = &found.missing {
        lines.push(Line::of(Role::Warn, "? ").then(Role::Found, single_line(missing)).hanging(2));
    }
    for problem in &found.problems {
        let line = Line::of(Role::Warn, "! ").then(Role::Text, single_line(&problem.place)).then(Role::Quiet, ": ");
        lines.push(line.then(Role::Text, single_line(&problem.what)).hanging(2));
    }
    Page::new(title, lines)
}

fn place(incident: &Incident) -> String {
    match &incident.source {
        IncidentSource::File { path } => single_line(path),
        IncidentSource::Commit { commit, undoes: Some(undone), undone_by } => {
            let by = undone_by.map_or("", UndoneBy::words);
            format!("commit {}, which undoes {}{by}", commit.short(12), undone.short(12))
        }
        IncidentSource::Commit { commit, undoes: None, .. } => format!("commit {}", commit.short(12)),
        IncidentSource::Entry { entry, .. } => format!("ledger entry {}", entry.short(8)),
    }
}
