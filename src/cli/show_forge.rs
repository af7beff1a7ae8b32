//! What the forge says of a proposal, for `show`.

use super::output::Output;
use crate::model::text::{count, single_line};
use crate::model::{ChecksReport, ForgeReport, Known, RemarkLine, Remarks, Reviews};

/// Lines of a remark that are shown; `--json` has all of it.
const LINES: usize = 8;
/// Remarks that are shown.
const SHOWN: usize = 20;
/// How many of those are the agent's at least, where it said that many: it hides nobody by talking.
const OWN: usize = 5;

/// Writes it; nothing where it was not asked for.
pub fn show(forge: &Known<ForgeReport>, output: &mut Output) {
    let report = match forge {
        Known::Known(report) => report,
        Known::Unknown(why) => return unknown("forge", why, output),
        Known::Indexing => return,
    };
    if report.draft == Some(true) {
        output.line("forge   a draft: its author says that it is not ready");
    }
    if !report.labels.is_empty() {
        output.line(format!("labels  {}", report.labels.join(", ")));
    }
    match &report.checks {
        Known::Known(found) => checks(found, output),
        Known::Unknown(why) => unknown("checks", why, output),
        Known::Indexing => unknown("checks", "they were not asked for", output),
    }
    match &report.reviews {
        Known::Known(found) => reviews(found, output),
        Known::Unknown(why) => unknown("reviews", why, output),
        Known::Indexing => {}
    }
    match &report.remarks {
        Known::Known(found) => remarks(found, output),
        Known::Unknown(why) => unknown("replies", why, output),
        Known::Indexing => {}
    }
    report.problems.iter().for_each(|problem| output.line(format!("forge   not all is known: {problem}")));
}

fn unknown(what: &str, why: &str, output: &mut Output) {
    output.line(format!("{what:<7} not known: {}", single_line(why)));
}

fn checks(found: &ChecksReport, output: &mut Output) {
    output.line(format!("checks  {}", found.sentence()));
    for check in found.failed.iter().chain(&found.pending) {
        output.line(format!("          {}", check.sentence()));
        check.url.iter().for_each(|url| output.line(format!("            {url}")));
    }
}

fn reviews(found: &Reviews, output: &mut Output) {
    for review in &found.reviews {
        output.line(format!("review  {}", review.sentence()));
        review.text.lines().take(LINES).for_each(|line| output.line(format!("          {line}")));
    }
}

fn remarks(found: &Remarks, output: &mut Output) {
    let since = found.since.map(|at| format!(" since the decision of {}", at.strftime("%Y-%m-%d %H:%M UTC")));
    let since = since.unwrap_or_default();
    if found.remarks.is_empty() {
        return output.line(format!("replies none{since}"));
    }
    let left = found.more + found.remarks.len().saturating_sub(SHOWN);
    let more = if left == 0 { String::new() } else { format!(", {left} more on the forge") };
    output.line(format!("replies {}{since}{more}", count(found.remarks.len().min(SHOWN), "remark")));
    let (own, others): (Vec<&RemarkLine>, Vec<&RemarkLine>) = found.remarks.iter().partition(|remark| remark.own);
    let others = &others[others.len().saturating_sub(SHOWN - own.len().min(OWN))..];
    let own = &own[own.len().saturating_sub(SHOWN - others.len())..];
    own.iter().chain(others).for_each(|remark| one(remark, output));
}

fn one(remark: &RemarkLine, output: &mut Output) {
    let whose = if remark.own { ", the agent" } else { "" };
    output.line(format!("  says  {}{whose}, {}", remark.heading(), remark.at.strftime("%Y-%m-%d %H:%M UTC")));
    remark.text.lines().take(LINES).for_each(|line| output.line(format!("          {line}")));
    if remark.cut || remark.text.lines().count() > LINES {
        output.line(format!("          … goes on at {}", remark.url.as_deref().unwrap_or("the forge")));
    }
}
