//! What is known of each change, to stand under its lines: where the value comes from that it overwrites, and that the agent's
//! text never names it.

use bstr::BString;
use jiff::Timestamp;

use crate::diff::{Fact, PlacedFact};
use crate::evidence::Evidence;
use crate::model::CommentSide;
use crate::model::field::Lines;

/// Facts of one proposal: who changes more does not read them one by one.
const MOST: usize = 300;

/// The facts about the changed values, in the order of the fields.
#[must_use]
pub fn facts(evidence: &Evidence, now: Timestamp) -> Vec<PlacedFact> {
    let origins = evidence.provenance.found().into_iter().flat_map(|provenance| &provenance.fields);
    let known = origins.filter_map(|origin| place(&origin.file, origin.lines, origin.sentence(now)?, false));
    let claims = evidence.claims.found().into_iter().flat_map(|claims| &claims.undeclared);
    let unnamed =
        claims.filter_map(|one| place(&one.file, one.lines, "the agent's text never names this".to_owned(), true));
    known.take(MOST).chain(unnamed.take(MOST)).collect()
}

/// Under the last line of what is there after the change, else of what was there before.
fn place(path: &BString, lines: Lines, text: String, warns: bool) -> Option<PlacedFact> {
    let (side, line) = match (lines.after, lines.before) {
        (Some(span), _) => (CommentSide::New, span.1),
        (None, Some(span)) => (CommentSide::Old, span.1),
        (None, None) => return None,
    };
    Some(PlacedFact { path: path.clone(), side, line, fact: Fact { text, warns } })
}
