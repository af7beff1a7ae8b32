//! The cells of a row that come of what was found: its cost, and the incidents.

use rust_decimal::Decimal;
use rust_decimal::prelude::{RoundingStrategy, ToPrimitive as _};

use crate::model::{CostInBrief, Findings, Known, Monthly};

/// What is not known yet.
const PENDING: &str = "…";
/// What cannot be told.
const UNKNOWN: &str = "?";
/// What is known, and nothing.
const NONE: &str = "-";

/// What a proposal adds a month, in whole units of the currency: `+62`, `-31≠` where the agent says something else, `0`, `?`
/// where it cannot be told, `…` while it is worked out; in so many columns.
#[must_use]
pub fn cost(findings: Option<&Findings>, width: usize) -> String {
    match findings.map(|findings| &findings.cost) {
        None | Some(Known::Indexing) => PENDING.to_owned(),
        Some(Known::Unknown(_)) => UNKNOWN.to_owned(),
        Some(Known::Known(CostInBrief { delta, contradicted, .. })) => {
            let room = width.saturating_sub(usize::from(*contradicted));
            let amount = delta.map_or_else(|| UNKNOWN.to_owned(), |delta| amount(delta, room));
            if *contradicted { format!("{amount}≠") } else { amount }
        }
    }
}

/// Whether there is a cost, or something wrong with it, that is worth a look.
#[must_use]
pub fn costs(findings: Option<&Findings>) -> bool {
    let known = findings.and_then(|findings| findings.cost.found());
    known.is_some_and(|cost| cost.contradicted || cost.delta.is_some_and(|delta| amount(delta, usize::MAX) != "0"))
}

/// Incidents on the same field, file or object: `2`, `-` for none, `?` where that is not known, `…` while it is looked up.
#[must_use]
pub fn incidents(findings: Option<&Findings>) -> String {
    match findings.map(|findings| &findings.incidents) {
        None | Some(Known::Indexing) => PENDING.to_owned(),
        Some(Known::Unknown(_)) => UNKNOWN.to_owned(),
        Some(Known::Known(0)) => NONE.to_owned(),
        Some(Known::Known(some @ 1..100)) => some.to_string(),
        Some(Known::Known(_)) => "99+".to_owned(),
    }
}

/// What several add together; not known where that of one of them is not.
#[must_use]
pub fn total_cost<'f>(all: impl IntoIterator<Item = Option<&'f Findings>>, width: usize) -> String {
    let mut sum = Monthly::default();
    for findings in all {
        let Some(Known::Known(CostInBrief { delta: Some(delta), .. })) = findings.map(|findings| &findings.cost) else {
            return cost(findings, width);
        };
        sum = Monthly { low: sum.low.saturating_add(delta.low), high: sum.high.saturating_add(delta.high) };
    }
    amount(sum, width)
}

/// `+62`, `-31`, `0`, `+9..36`, or `~+23` where that is too wide.
fn amount(delta: Monthly, width: usize) -> String {
    let (low, high) = (whole(delta.low), whole(delta.high));
    match (low, high) {
        (0, 0) => "0".to_owned(),
        (low, high) if low == high => format!("{low:+}"),
        (low, high) => {
            let range = format!("{low:+}..{high}");
            if range.len() <= width { range } else { format!("~{:+}", whole(delta.middle())) }
        }
    }
}

/// Rounded away from zero at the half, as people do; what is beyond all sense is the most that there is.
fn whole(amount: Decimal) -> i64 {
    let rounded = amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    rounded.to_i64().unwrap_or(if amount.is_sign_negative() { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cost: Known<CostInBrief>, incidents: Known<usize>) -> Findings {
        Findings {
            cost,
            incidents,
            against: Vec::new(),
            remarks: Vec::new(),
            found: Vec::new(),
            before: Vec::new(),
            twins: Vec::new(),
        }
    }

    fn known(low: &str, high: &str, contradicted: bool) -> Findings {
        let delta = Monthly { low: low.parse().unwrap(), high: high.parse().unwrap() };
        let cost = CostInBrief { currency: "USD".into(), delta: Some(delta), contradicted };
        found(Known::Known(cost), Known::Known(2))
    }

    #[test]
    fn costs_are_whole_and_say_what_is_not_known() {
        for (low, high, contradicted, cell) in [
            ("62.4", "62.4", false, "+62"),
            ("-30.5", "-30.5", true, "-31≠"),
            ("0.2", "0.2", false, "0"),
            ("0", "0", true, "0≠"),
            ("9", "36", false, "+9..36"),
        ] {
            assert_eq!(cost(Some(&known(low, high, contradicted)), 9), cell);
        }
        assert_eq!(cost(None, 9), "…");
        assert_eq!(cost(Some(&known("-74", "-19", true)), 7), "~-47≠");
        assert_eq!(cost(Some(&found(Known::Unknown("x".into()), Known::Known(0))), 9), "?");
        let (one, two) = (known("1", "1", false), known("2.5", "2.5", false));
        assert_eq!(total_cost([Some(&one), Some(&two)], 9), "+4");
        assert_eq!(total_cost([Some(&one), None], 9), "…");
    }

    #[test]
    fn incidents_are_counted_and_none_is_not_unknown() {
        let cell = |known| incidents(Some(&found(Known::Indexing, known)));
        assert_eq!(
            [cell(Known::Known(0)), cell(Known::Known(3)), cell(Known::Known(1000)), cell(Known::Indexing)],
            ["-", "3", "99+", "…"]
        );
        assert_eq!(cell(Known::Unknown("no disk".into())), "?");
    }
}
