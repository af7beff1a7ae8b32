//! Cost: what a change costs or saves, in money a month.

use bstr::BString;
use rust_decimal::Decimal;
use serde::Serialize;

use super::field::DocumentName;

/// What a change costs or saves. Amounts are in `currency`, a month; decimal strings in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// The currency's code: `USD`.
    pub currency: String,
    /// What the change adds; `None` where it cannot be told, zero where nothing that bears cost changes.
    pub delta: Option<Monthly>,
    /// What everything that it touches cost before; `None` where it cannot be told.
    pub before: Option<Monthly>,
    /// And after.
    pub after: Option<Monthly>,
    /// The change against what it was before, per cent; `None` where that is zero or not known.
    pub percent: Option<f64>,
    /// What found it.
    pub source: CostSource,
    /// What it is made of.
    pub objects: Vec<ObjectCost>,
    /// What bears cost and has no price here, and why.
    pub unpriced: Vec<String>,
    /// What is taken for granted where nothing that bears cost changes: that version 2.0.0 of a chart asks for what 1.9.0 did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumes: Option<String>,
    /// What the agent says that it costs or saves.
    pub claimed: Vec<ClaimedCost>,
}

/// An amount a month; two where it lies between them, as with replicas that scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Monthly {
    /// The least.
    pub low: Decimal,
    /// The most.
    pub high: Decimal,
}

impl Monthly {
    /// Nothing.
    pub const ZERO: Self = Self { low: Decimal::ZERO, high: Decimal::ZERO };

    /// One amount.
    #[must_use]
    pub const fn of(amount: Decimal) -> Self {
        Self { low: amount, high: amount }
    }

    /// Whichever of two is less is the least.
    #[must_use]
    pub fn between(one: Decimal, other: Decimal) -> Self {
        Self { low: one.min(other), high: one.max(other) }
    }

    /// Both together; `None` where that is more than a number can hold.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self { low: self.low.checked_add(other.low)?, high: self.high.checked_add(other.high)? })
    }

    /// What comes to an amount that was `before`: least against least, and most against most, as both are of the same load.
    /// `None` where that is more than a number can hold.
    #[must_use]
    pub fn since(self, before: Self) -> Option<Self> {
        Some(Self::between(self.low.checked_sub(before.low)?, self.high.checked_sub(before.high)?))
    }

    /// Both amounts, that which is nearer to nothing first, as people say it: `-19 to -74`.
    #[must_use]
    pub fn outwards(self) -> (Decimal, Decimal) {
        if self.low.abs() <= self.high.abs() { (self.low, self.high) } else { (self.high, self.low) }
    }

    /// The amount in the middle.
    #[must_use]
    pub fn middle(self) -> Decimal {
        self.low / Decimal::TWO + self.high / Decimal::TWO
    }

    /// Whether it is nothing at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.low.is_zero() && self.high.is_zero()
    }
}

/// What found a cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CostSource {
    /// Nothing that bears cost changes.
    Nothing,
    /// The built-in model.
    Model {
        /// Where its prices are from: a path of the target, or the public source and the date of the defaults.
        prices: String,
    },
    /// An Infracost report outside the round.
    Report {
        /// Where it is.
        path: String,
    },
}

/// What one object or resource costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectCost {
    /// The file, lossily as UTF-8 in JSON; empty for a report's resource.
    #[serde(serialize_with = "super::field::lossy")]
    pub file: BString,
    /// Which document of the file; for a report's resource only its name.
    pub document: DocumentName,
    /// Before; `None` where it was not there, or has no price.
    pub before: Option<PricedAmount>,
    /// After; `None` where it is gone, or has no price.
    pub after: Option<PricedAmount>,
    /// Whether something of it bears cost before that has no price here.
    #[serde(skip_serializing_if = "super::field::is_false")]
    pub before_unknown: bool,
    /// Whether something of it bears cost after that has no price here.
    #[serde(skip_serializing_if = "super::field::is_false")]
    pub after_unknown: bool,
}

/// An amount and how it is worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PricedAmount {
    /// The amount.
    #[serde(flatten)]
    pub amount: Monthly,
    /// How: `3 × (0.5 cores × 22.12 + 4 GiB × 2.97)`.
    pub formula: String,
}

/// What an agent says that a change costs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClaimedCost {
    /// Its own words, bounded, or the path of its report: sanitise before showing.
    pub said: String,
    /// The delta a month that it comes to; negative for savings.
    pub delta: Monthly,
    /// Whether it stands in a report inside the proposal.
    pub in_report: bool,
    /// The code of its currency where that is another than that of the cost, with which it is not compared then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What is wrong with the report that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
