//! What `show` says of cost and claims.

use super::output::Output;
use crate::model::{Claims, Cost, CostSource, Known, Verdict, text};

/// Lines of a kind that are listed; `--json` has them all.
const LISTED: usize = 6;

/// Says what a proposal costs, and how that is worked out.
pub fn cost(cost: &Known<Cost>, output: &mut Output) {
    let cost = match cost {
        Known::Known(cost) => cost,
        Known::Unknown(why) => return output.line(format!("cost    not known: {}", text::single_line(why))),
        Known::Indexing => return output.line("cost    not known yet"),
    };
    output.line(format!("cost    {}", cost.sentence()));
    for object in cost.objects.iter().take(LISTED) {
        output.line(format!("  {}", object.sentence()));
    }
    for why in cost.unpriced.iter().take(LISTED) {
        output.line(format!("  no price: {}", text::single_line(why)));
    }
    let more = cost.objects.len().saturating_sub(LISTED) + cost.unpriced.len().saturating_sub(LISTED);
    if more > 0 {
        output.line(format!("  and {more} more: show --json"));
    }
    match &cost.source {
        CostSource::Model { prices } if !cost.objects.is_empty() => {
            output.line(format!("  prices: {}", text::single_line(prices)));
        }
        CostSource::Report { path } => output.line(format!("  by the report {}", text::single_line(path))),
        CostSource::Nothing | CostSource::Model { .. } => {}
    }
    for claimed in cost.claimed.iter().filter(|claimed| claimed.in_report) {
        let said = text::single_line(&claimed.said);
        output.line(format!("says    {}, in its own report {said}", cost.claim_sentence(claimed)));
    }
}

/// Says what of the agent's words is true.
pub fn claims(claims: &Known<Claims>, output: &mut Output) {
    let claims = match claims {
        Known::Known(claims) => claims,
        Known::Unknown(why) => return output.line(format!("claims  not known: {}", text::single_line(why))),
        Known::Indexing => return output.line("claims  not known yet"),
    };
    for claim in &claims.claims {
        let verdict = match claim.verdict {
            Verdict::Holds => "holds",
            Verdict::Contradicted => "contradicted",
            Verdict::Unknown => "cannot be told",
        };
        output.line(format!("says    {}", text::single_line(&claim.said)));
        output.line(format!("found   {verdict}: {}", text::single_line(&claim.found)));
    }
    for undeclared in claims.undeclared.iter().take(LISTED) {
        output.line(format!("found   never named in the text: {}", text::single_line(&undeclared.what)));
    }
    let more = claims.undeclared.len().saturating_sub(LISTED);
    if more > 0 {
        output.line(format!("found   and {more} more that are never named: show --json"));
    }
}
