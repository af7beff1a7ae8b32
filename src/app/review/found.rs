//! What was found, under the question that it answers. Unknown is kept apart from none, and from not yet.

use std::collections::BTreeSet;

use super::questions::{Question, quiet};
use super::{Facts, Review, last_time, told};
use crate::app::count;
use crate::app::prose::Line;
use crate::config::Role;
use crate::diff::fields::{called, is_prose};
use crate::evidence::Evidence;
use crate::model::text::single_line;
use crate::model::{Claim, ClaimKind, Claims, Known, Landing, Verdict};
use crate::policy::MergeMethod;

/// Lines of one kind under a question; the pages have them all.
const FEW: usize = 3;

/// What was found about one question.
pub fn lines(out: &mut Vec<Line>, question: Question, review: &Review, facts: &Facts<'_>) {
    let evidence = review.opened.as_ref().map_or(&Evidence::PENDING, |opened| &opened.evidence);
    match question {
        Question::Necessary => necessary(out, evidence, review, facts),
        Question::RightFix => right_fix(out, evidence, review, facts),
        Question::RightTime => right_time(out, evidence, review),
        Question::Strategy => strategy(out, evidence, facts),
        Question::WayBack => way_back(out, evidence, review, facts),
    }
}

pub(super) fn fact(out: &mut Vec<Line>, text: impl AsRef<str>) {
    out.push(Line::of(Role::Quiet, "  found ").then(Role::Found, text).hanging(8));
}

pub(super) fn warning(out: &mut Vec<Line>, text: impl AsRef<str>) {
    out.push(Line::of(Role::Quiet, "  found ").then(Role::Warn, "! ").then(Role::Found, text).hanging(8));
}

/// What the agent says otherwise.
fn contradiction(out: &mut Vec<Line>, text: impl AsRef<str>) {
    out.push(Line::of(Role::Quiet, "  found ").then(Role::Warn, "≠ ").then(Role::Found, text).hanging(8));
}

pub(super) fn not_known(out: &mut Vec<Line>, what: &str, why: &str) {
    out.push(quiet(&format!("  not known: {what}: {}", single_line(why))));
}

/// Says why something is not known; gives it where it is.
pub(super) fn known<'k, T>(out: &mut Vec<Line>, what: &str, known: &'k Known<T>) -> Option<&'k T> {
    match known {
        Known::Known(found) => return Some(found),
        Known::Unknown(why) => not_known(out, what, why),
        Known::Indexing => out.push(quiet(&format!("  looking for {what}"))),
    }
    None
}

fn necessary(out: &mut Vec<Line>, evidence: &Evidence, review: &Review, facts: &Facts<'_>) {
    if let Some(past) = known(out, "who changed these files before", &evidence.provenance) {
        match past.files.first() {
            None if past.missing.is_some() => {
                not_known(out, "who changed these files before", past.missing.as_deref().unwrap_or_default());
            }
            None => fact(out, "nobody changed these files before"),
            Some(last) => fact(
                out,
                format!(
                    "changed last {} by {}: {}",
                    facts.ago(last.date),
                    single_line(&last.author),
                    single_line(&last.subject)
                ),
            ),
        }
        past.missing.iter().for_each(|missing| not_known(out, "some of it", missing));
    }
    let twins = &review.around.twins;
    if !twins.is_empty() {
        fact(out, format!("the same change is proposed by {}", few(twins)));
    }
}

fn right_fix(out: &mut Vec<Line>, evidence: &Evidence, review: &Review, facts: &Facts<'_>) {
    match &review.queued.proposal.landing {
        Landing::Clean(_) => fact(out, format!("merges cleanly into {}", facts.target)),
        Landing::NeedsRebase(why) => warning(out, format!("needs a rebase: {}", single_line(why))),
        Landing::Landed => fact(out, format!("{} has it already", facts.target)),
        Landing::Unreadable(why) => warning(out, format!("cannot be read: {}", single_line(why))),
    }
    if let Some(document) = review.document() {
        let (counted, shown) = (document.additions() + document.deletions(), document.changed_lines());
        if counted > shown {
            let files = count(document.files().len(), "file");
            fact(
                out,
                format!("files moved: git counts {counted} changed lines, {shown} of them are shown, in {files}"),
            );
        }
    }
    origins(out, evidence, facts);
    last_time::warning(out, review);
    claims(out, evidence, |kind| kind != ClaimKind::Savings);
    if let Some(text) = evidence.claims.found().and_then(Claims::undeclared_sentence) {
        contradiction(out, text);
    }
    unexplained(out, evidence);
    told::right_fix(out, evidence);
}

/// Values that were set to put something right, and are overwritten now. What one commit set is one line.
fn origins(out: &mut Vec<Line>, evidence: &Evidence, facts: &Facts<'_>) {
    let origins = evidence.provenance.found().into_iter().flat_map(|provenance| &provenance.fields);
    let repaired = origins.filter(|origin| origin.set.as_ref().is_some_and(|set| set.repairs.is_some()));
    let mut told: Vec<(String, BTreeSet<String>)> = Vec::new();
    for origin in repaired {
        let Some(sentence) = origin.sentence(facts.now) else { continue };
        let name = called(&origin.path);
        match told.iter_mut().find(|(said, _)| *said == sentence) {
            Some((_, names)) => drop(names.insert(name)),
            None => told.push((sentence, BTreeSet::from([name]))),
        }
    }
    for (sentence, names) in told.iter().take(FEW) {
        let names: Vec<String> = names.iter().cloned().collect();
        warning(out, format!("{}: overwrites {sentence}", few(&names)));
    }
}

fn claims(out: &mut Vec<Line>, evidence: &Evidence, wanted: impl Fn(ClaimKind) -> bool) {
    let claims = evidence.claims.found().into_iter().flat_map(|claims| &claims.claims);
    for claim in claims.filter(|claim| wanted(claim.kind)) {
        let Claim { verdict, .. } = claim;
        match verdict {
            Verdict::Contradicted => contradiction(out, claim.sentence()),
            Verdict::Holds => fact(out, claim.sentence()),
            Verdict::Unknown => out.push(quiet(&format!("  {}", claim.sentence()))),
        }
    }
}

fn unexplained(out: &mut Vec<Line>, evidence: &Evidence) {
    let open = evidence.fields.found().into_iter().flat_map(|report| &report.unexplained);
    let open: Vec<_> = open.filter(|one| !is_prose(one.file.as_ref())).collect();
    if let Some(first) = open.first() {
        let (places, why) = (count(open.len(), "place"), single_line(&first.why));
        warning(out, format!("{places} could not be read as values: {} ({why})", single_line(&first.file.to_string())));
    }
}

fn right_time(out: &mut Vec<Line>, evidence: &Evidence, review: &Review) {
    match review.around.neighbours.as_slice() {
        [] => match review.around.twins.as_slice() {
            [] => fact(out, "no other proposal changes these files"),
            twins => fact(out, format!("only the same change under another name does: {}", few(twins))),
        },
        [one] => fact(out, format!("{one} changes these files too")),
        some => fact(out, format!("{} others change these files: {}", some.len(), few(some))),
    }
    if let Some(report) = known(out, "signals", &evidence.signals) {
        report.signals.iter().for_each(|signal| warning(out, signal.sentence()));
        report.missing.iter().for_each(|missing| not_known(out, "some signals", missing));
    }
    told::right_time(out, evidence);
    out.push(quiet("  not known yet: freezes"));
}

fn strategy(out: &mut Vec<Line>, evidence: &Evidence, facts: &Facts<'_>) {
    if let Some(priorities) = facts.priorities {
        out.push(Line::of(Role::Quiet, "  team  ").then(Role::People, single_line(priorities)).hanging(8));
    }
    if let Some(cost) = known(out, "cost", &evidence.cost) {
        fact(out, cost.sentence());
        claims(out, evidence, |kind| kind == ClaimKind::Savings);
    }
}

fn way_back(out: &mut Vec<Line>, evidence: &Evidence, review: &Review, facts: &Facts<'_>) {
    if review.queued.proposal.diff().is_some() {
        fact(
            out,
            match facts.merge {
                MergeMethod::Squash => "lands as one commit, which one `git revert` takes back",
                MergeMethod::Merge => "lands as one merge, which one `git revert -m 1` takes back",
            },
        );
    }
    let Some(reach) = known(out, "where it lands", &evidence.reach) else { return };
    for service in reach.services.iter().take(FEW) {
        if service.critical { warning(out, service.sentence()) } else { fact(out, service.sentence()) }
    }
    reach.clusters.iter().take(FEW).for_each(|cluster| fact(out, cluster.sentence()));
    for used in reach.uses.iter().take(FEW) {
        if used.gone { warning(out, used.sentence(2)) } else { fact(out, used.sentence(2)) }
    }
    reach.missing.iter().for_each(|missing| not_known(out, "some of where it lands", missing));
}

/// The first names of a list, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let first = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{first} and {} more", names.len() - SHOWN) } else { first }
}
