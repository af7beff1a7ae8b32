//! Pages of what was found: what it costs and how that is worked out; where it lands and who uses what it changes.

use super::Review;
use crate::app::App;
use crate::app::overlay::Page;
use crate::app::prose::Line;
use crate::config::Role;
use crate::evidence::Evidence;
use crate::model::text::single_line;
use crate::model::{ClusterReach, CostSource, Known, ObjectCost, ServiceReach};

pub(super) fn evidence(app: &App) -> (Option<&Review>, &Evidence) {
    let review = app.review.as_deref();
    let opened = review.and_then(|review| review.opened.as_ref());
    (review, opened.map_or(&Evidence::PENDING, |opened| &opened.evidence))
}

pub(super) fn heading(text: &str) -> Line {
    Line::of(Role::Heading, text)
}

pub(super) fn listed(out: &mut Vec<Line>, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        out.push(Line::blank());
        out.push(heading(title));
        out.extend(lines.map(|line| Line::of(Role::Found, format!("  {line}")).hanging(4)));
    }
}

/// Says why there is nothing to show; gives it where there is.
pub(super) fn known<'k, T>(out: &mut Vec<Line>, known: &'k Known<T>) -> Option<&'k T> {
    match known {
        Known::Known(found) => return Some(found),
        Known::Unknown(why) => out.push(Line::of(Role::Warn, "? ").then(Role::Found, single_line(why)).hanging(2)),
        Known::Indexing => out.push(Line::of(Role::Quiet, "it is being looked for")),
    }
    None
}

/// What it costs, object by object, with the formulas, and what the agent says of it.
pub(in crate::app) fn cost(app: &App) -> Page {
    let (review, evidence) = evidence(app);
    let mut lines = Vec::new();
    if let Some(cost) = known(&mut lines, &evidence.cost) {
        lines.push(Line::of(Role::Found, cost.sentence()).hanging(2));
        listed(&mut lines, "BEFORE → AFTER, A MONTH", cost.objects.iter().map(ObjectCost::sentence));
        listed(&mut lines, "WITHOUT A PRICE", cost.unpriced.iter().map(|why| single_line(why)));
        let said = |claimed: &crate::model::ClaimedCost| {
            format!("{}: “{}”", cost.claim_sentence(claimed), single_line(&claimed.said))
        };
        listed(&mut lines, "THE AGENT SAYS", cost.claimed.iter().map(said));
        let prices = match &cost.source {
            CostSource::Nothing => None,
            CostSource::Model { prices } => Some(prices),
            CostSource::Report { path } => Some(path),
        };
        listed(&mut lines, "PRICES", prices.map(|prices| single_line(prices)));
    }
    Page::new(format!("what it costs: {}", review.map_or("", |review| &review.short)), lines)
}

/// Where it lands, which services feel it, and what else uses the names that it changes.
pub(in crate::app) fn reach(app: &App) -> Page {
    const PLACES: usize = 20;
    let (review, evidence) = evidence(app);
    let mut lines = Vec::new();
    if let Some(reach) = known(&mut lines, &evidence.reach) {
        if reach.services.is_empty() && reach.clusters.is_empty() && reach.uses.is_empty() {
            lines.push(Line::of(Role::Found, "no cluster, no service, and nothing else uses what changes"));
        }
        listed(&mut lines, "SERVICES", reach.services.iter().map(ServiceReach::sentence));
        listed(&mut lines, "CLUSTERS", reach.clusters.iter().map(ClusterReach::sentence));
        listed(&mut lines, "USED ELSEWHERE", reach.uses.iter().map(|used| used.sentence(PLACES)));
        if let Some(missing) = &reach.missing {
            lines.push(Line::blank());
            lines.push(Line::of(Role::Warn, "? ").then(Role::Found, single_line(missing)).hanging(2));
        }
    }
    Page::new(format!("where it lands: {}", review.map_or("", |review| &review.short)), lines)
}
