//! What the forge says of a proposal: failed checks, reviews and replies under the questions, and all of it on a page.

use super::found::{fact, known, not_known, warning};
use super::found_pages::{self, heading, listed};
use super::questions::quiet;
use crate::app::overlay::Page;
use crate::app::prose::{Line, claim_lines};
use crate::app::{App, count};
use crate::config::Role;
use crate::evidence::Evidence;
use crate::model::forge::{ChecksState, Mergeable, ReviewState};
use crate::model::text::single_line;
use crate::model::{CheckLine, ChecksReport, ForgeReport, Known, RemarkLine, Remarks, ReviewLine, WebAddress};

/// Failed checks, and replies, under a question; the page has them all.
const FEW: usize = 2;
/// Lines of a reply under a question.
const LINES: usize = 2;

/// Checks, what others said of the commit, and what the agent replied.
pub(super) fn right_fix(out: &mut Vec<Line>, evidence: &Evidence) {
    let Some(report) = known(out, "checks", &evidence.forge) else { return };
    if report.mergeable == Some(Mergeable::Conflict) {
        warning(out, "the forge says that it conflicts");
    }
    if let Some(checks) = known(out, "checks", &report.checks) {
        of_checks(out, checks);
    }
    if let Some(found) = known(out, "reviews", &report.reviews) {
        let objects = |review: &&ReviewLine| review.state == ReviewState::ChangesRequested;
        let newest = found.reviews.iter().rev();
        newest.clone().filter(objects).take(FEW).for_each(|review| warning(out, review.sentence()));
        newest.filter(|review| !objects(review)).take(FEW).for_each(|review| fact(out, review.sentence()));
    }
    if let Some(found) = known(out, "replies", &report.remarks) {
        replies(out, found);
    }
    report.problems.iter().for_each(|problem| not_known(out, "some of it", problem));
}

fn of_checks(out: &mut Vec<Line>, checks: &ChecksReport) {
    if checks.state == ChecksState::Failed {
        warning(out, checks.sentence());
    } else {
        fact(out, checks.sentence());
    }
    for check in checks.failed.iter().take(FEW) {
        out.push(Line::of(Role::Quiet, "        ").then(Role::Found, check.sentence()).hanging(8));
        out.extend(check.url.as_ref().map(|url| link("        ", url)));
    }
}

/// What was said since the last decision: the agent's words are claims.
fn replies(out: &mut Vec<Line>, found: &Remarks) {
    let own: Vec<&RemarkLine> = found.remarks.iter().filter(|remark| remark.own).collect();
    for reply in own.iter().rev().take(FEW).rev() {
        let (lines, more) = claim_lines(&reply.text, LINES);
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { "  reply " } else { "        " };
            let more = if more && at + 1 == lines.len() { " …" } else { "" };
            out.push(Line::of(Role::Quiet, label).then(Role::Claim, format!("{}{more}", single_line(line))).hanging(8));
        }
    }
    let others = found.remarks.len() - own.len();
    let left = [(own.len().saturating_sub(FEW), "more of the agent"), (others, "of others")];
    let left: Vec<String> = left
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, whose)| format!("{} {whose}", count(*number, "remark")))
        .collect();
    if !left.is_empty() {
        out.push(quiet(&format!("        {}", left.join(", "))));
    }
}

/// Whether its author and whoever set its labels think it is time.
pub(super) fn right_time(out: &mut Vec<Line>, evidence: &Evidence) {
    let Known::Known(report) = &evidence.forge else { return };
    if report.draft == Some(true) {
        warning(out, "it is a draft: its author says that it is not ready");
    }
    if !report.labels.is_empty() {
        fact(out, format!("labels: {}", report.labels.join(", ")));
    }
}

/// All that the forge says: checks with their links, reviews, remarks.
pub(in crate::app) fn page(app: &App) -> Page {
    let (review, evidence) = found_pages::evidence(app);
    let mut lines = Vec::new();
    if let Some(report) = found_pages::known(&mut lines, &evidence.forge) {
        whole(&mut lines, report);
    }
    Page::new(format!("on the forge: {}", review.map_or("", |review| &review.short)), lines)
}

fn whole(out: &mut Vec<Line>, report: &ForgeReport) {
    out.extend(report.url.as_ref().map(|url| link("", url)));
    let draft = (report.draft == Some(true)).then(|| "a draft: its author says that it is not ready".to_owned());
    let labels = (!report.labels.is_empty()).then(|| format!("labels: {}", report.labels.join(", ")));
    out.extend(draft.into_iter().chain(labels).map(|text| Line::of(Role::Found, text).hanging(2)));
    section(out, "CHECKS");
    if let Some(checks) = found_pages::known(out, &report.checks) {
        out.push(Line::of(Role::Found, format!("  {}", checks.sentence())).hanging(4));
        checks.failed.iter().for_each(|check| one_check(out, check, (Role::Warn, "  ! ")));
        checks.pending.iter().for_each(|check| one_check(out, check, (Role::Quiet, "  ~ ")));
    }
    section(out, "REVIEWS");
    if let Some(found) = found_pages::known(out, &report.reviews) {
        if found.reviews.is_empty() {
            out.push(Line::of(Role::Quiet, "  none"));
        }
        for review in &found.reviews {
            out.push(Line::of(Role::Found, format!("  {}", review.sentence())).hanging(4));
            body(out, &review.text, review.own);
        }
    }
    section(out, "REMARKS");
    if let Some(found) = found_pages::known(out, &report.remarks) {
        remarks(out, found);
    }
    listed(out, "NOT KNOWN", report.problems.iter().cloned());
}

fn section(out: &mut Vec<Line>, title: &str) {
    if !out.is_empty() {
        out.push(Line::blank());
    }
    out.push(heading(title));
}

fn one_check(out: &mut Vec<Line>, check: &CheckLine, (role, sign): (Role, &str)) {
    out.push(Line::of(role, sign).then(Role::Found, check.sentence()).hanging(4));
    out.extend(check.url.as_ref().map(|url| link("    ", url)));
}

/// An address that terminals can open, also where it is broken over rows.
fn link(inset: &str, url: &str) -> Line {
    Line::of(Role::Quiet, inset).linked(Role::Quiet, url, WebAddress::parse(url).as_ref()).hanging(inset.len())
}

fn remarks(out: &mut Vec<Line>, found: &Remarks) {
    let since = found.since.map(|at| format!(" since the decision of {}", at.strftime("%-d %b %Y %H:%M UTC")));
    let since = since.unwrap_or_default();
    match found.remarks.len() {
        0 => out.push(Line::of(Role::Quiet, format!("  none{since}"))),
        some => out.push(Line::of(Role::Quiet, format!("  {}{since}", count(some, "remark")))),
    }
    for remark in &found.remarks {
        let whose = if remark.own { "  the agent" } else { "" };
        out.push(
            Line::of(Role::Found, format!("  {}", remark.heading()))
                .then(Role::Quiet, format!("{whose}  {}", remark.at.strftime("%-d %b %Y %H:%M")))
                .hanging(4),
        );
        body(out, &remark.text, remark.own);
        if remark.cut {
            out.push(Line::of(
                Role::Quiet,
                format!("    … goes on at {}", remark.url.as_deref().unwrap_or("the forge")),
            ));
        }
    }
    if found.more > 0 {
        out.push(Line::of(Role::Quiet, format!("  {} more on the forge", found.more)));
    }
}

/// What somebody wrote; an agent's words are claims.
fn body(out: &mut Vec<Line>, text: &str, own: bool) {
    let role = if own { Role::Claim } else { Role::Text };
    out.extend(text.lines().map(|line| Line::of(role, format!("    {line}")).hanging(4)));
}
