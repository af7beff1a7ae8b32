//! What of an object bears cost, and what that comes to.

use rust_decimal::Decimal;

use super::Prices;
use super::prices::HOURS;
use crate::model::{Monthly, PricedAmount};

/// Bytes of a GiB.
const GIB: Decimal = Decimal::from_parts(1 << 30, 0, 0, false, 0);
/// The most of anything that is counted with; what is more is no amount that somebody means.
pub(super) const MOST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// How many of something there are; two numbers where it scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    pub low: Decimal,
    pub high: Decimal,
}

impl Count {
    pub const ONE: Self = Self { low: Decimal::ONE, high: Decimal::ONE };

    pub const fn of(number: Decimal) -> Self {
        Self { low: number, high: number }
    }

    /// `3`, `3 to 12`.
    pub fn words(self) -> String {
        if self.low == self.high {
            return number(self.low);
        }
        format!("{} to {}", number(self.low), number(self.high))
    }
}

/// What pods ask for: cores, and bytes of memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub cpu: Decimal,
    pub memory: Decimal,
}

/// A part of an object that bears cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Pods that always run.
    Pods { count: Count, each: Asked },
    /// Pods that run now and then.
    Runs { a_month: Decimal, seconds: Decimal, assumed: bool, each: Asked },
    /// Volumes of this many bytes each.
    Volumes { count: Count, bytes: Decimal, class: Option<String> },
    /// A load balancer.
    LoadBalancer,
    /// Pieces of what has a name: machines of a type, devices.
    Named { count: Count, name: String },
    /// What runs once, and costs nothing a month.
    Once,
    /// What does not run until somebody says so.
    Suspended,
    /// What bears cost and cannot be told; two with the same witness cost the same.
    Unknown { why: String, witness: String },
}

/// What parts come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// What has a price; `None` where nothing has.
    pub priced: Option<PricedAmount>,
    /// What has none: why, and what it is.
    pub unknown: Vec<(String, String)>,
}

/// What parts come to at these prices.
pub(super) fn sum(parts: &[Part], prices: &Prices) -> Sum {
    let mut sum = Sum::default();
    let (mut total, mut formulas) = (Monthly::ZERO, Vec::new());
    for part in parts {
        match price(part, prices) {
            Ok((amount, formula)) => match total.plus(amount) {
                Some(more) => {
                    total = more;
                    formulas.push(formula);
                }
                None => sum.unknown.push(("it is more than can be counted".to_owned(), formula)),
            },
            Err(unknown) => sum.unknown.push(unknown),
        }
    }
    if !formulas.is_empty() {
        let amount = Monthly { low: total.low.round_dp(4).normalize(), high: total.high.round_dp(4).normalize() };
        sum.priced = Some(PricedAmount { amount, formula: formulas.join(" + ") });
    }
    sum
}

fn price(part: &Part, prices: &Prices) -> Result<(Monthly, String), (String, String)> {
    match part {
        Part::Pods { count, each } => {
            let (amount, formula) = asked(*each, prices);
            Ok((times(*count, amount), format!("{} × ({formula})", count.words())))
        }
        Part::Runs { a_month, seconds, assumed, each } => {
            let (amount, formula) = asked(*each, prices);
            let share = *a_month * *seconds / Decimal::from(u64::from(HOURS) * 3_600);
            let assumed = if *assumed { " assumed" } else { "" };
            let runs = format!(
                "{} runs × {} min{assumed} / {HOURS} h",
                number(*a_month),
                number(*seconds / Decimal::from(60))
            );
            Ok((Monthly::of(amount * share), format!("{runs} × ({formula})")))
        }
        Part::Volumes { count, bytes, class } => {
            let price = prices.volume(class.as_deref());
            let amount = times(*count, *bytes / GIB * price);
            let each = format!("{} GiB × {}", number(*bytes / GIB), number(price));
            Ok((amount, if *count == Count::ONE { each } else { format!("{} × {each}", count.words()) }))
        }
        Part::LoadBalancer => {
            Ok((Monthly::of(prices.load_balancer), format!("load balancer {}", number(prices.load_balancer))))
        }
        Part::Named { count, name } => match prices.names.get(name) {
            Some(price) => Ok((times(*count, *price), format!("{} × {name} {}", count.words(), number(*price)))),
            None => Err((format!("{name} has no price"), count.words())),
        },
        Part::Once => Ok((Monthly::ZERO, "runs once".to_owned())),
        Part::Suspended => Ok((Monthly::ZERO, "suspended: does not run".to_owned())),
        Part::Unknown { why, witness } => Err((why.clone(), witness.clone())),
    }
}

/// What a pod costs a month, and how.
fn asked(each: Asked, prices: &Prices) -> (Decimal, String) {
    let gib = each.memory / GIB;
    let amount = each.cpu * prices.cpu + gib * prices.memory;
    let cores = format!("{} cores × {}", number(each.cpu), number(prices.cpu));
    let memory = format!("{} GiB × {}", number(gib), number(prices.memory));
    let formula = match (each.cpu.is_zero(), each.memory.is_zero()) {
        (false, false) => format!("{cores} + {memory}"),
        (true, false) => memory,
        _ => cores,
    };
    (amount, formula)
}

fn times(count: Count, amount: Decimal) -> Monthly {
    Monthly { low: count.low * amount, high: count.high * amount }
}

/// A number as people read it: at most two digits after the point, or those that a small one needs.
fn number(number: Decimal) -> String {
    let places = if number.abs() < Decimal::new(1, 1) { 4 } else { 2 };
    number.round_dp(places).normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn formulas_say_how_an_amount_came_about() {
        let mut prices = Prices { cpu: decimal("22.12"), memory: decimal("2.97"), ..Prices::default() };
        prices.names.insert("m5.large".into(), decimal("70.08"));
        let each = Asked { cpu: decimal("0.5"), memory: GIB * decimal("4") };
        let scaled = Count { low: decimal("3"), high: decimal("12") };
        for (part, low, high, formula) in [
            (
                Part::Pods { count: Count::of(decimal("3")), each },
                "68.82",
                "68.82",
                "3 × (0.5 cores × 22.12 + 4 GiB × 2.97)",
            ),
            (Part::Pods { count: scaled, each }, "68.82", "275.28", "3 to 12 × (0.5 cores × 22.12 + 4 GiB × 2.97)"),
            (
                Part::Pods { count: Count::ONE, each: Asked { cpu: Decimal::ZERO, memory: GIB / decimal("16") } },
                "0.1856",
                "0.1856",
                "1 × (0.0625 GiB × 2.97)",
            ),
            (
                Part::Volumes { count: Count::of(decimal("2")), bytes: GIB * decimal("50"), class: None },
                "4",
                "4",
                "2 × 50 GiB × 0.04",
            ),
            (
                Part::Runs { a_month: decimal("730"), seconds: decimal("600"), assumed: true, each },
                "3.8233",
                "3.8233",
                "730 runs × 10 min assumed / 730 h × (0.5 cores × 22.12 + 4 GiB × 2.97)",
            ),
            (Part::Named { count: Count::ONE, name: "m5.large".into() }, "70.08", "70.08", "1 × m5.large 70.08"),
            (Part::LoadBalancer, "18.25", "18.25", "load balancer 18.25"),
            (Part::Suspended, "0", "0", "suspended: does not run"),
        ] {
            let priced = sum(&[part], &prices).priced.unwrap();
            let (low, high) = (decimal(low), decimal(high));
            assert_eq!((priced.amount, priced.formula.as_str()), (Monthly { low, high }, formula));
        }
    }

    #[test]
    fn what_has_no_price_is_kept_apart() {
        let unknown = Part::Named { count: Count::ONE, name: "nvidia.com/gpu".into() };
        let sum = sum(&[unknown, Part::Once], &Prices::default());
        assert_eq!(sum.unknown, [("nvidia.com/gpu has no price".to_owned(), "1".to_owned())]);
        assert_eq!(sum.priced.unwrap().amount, Monthly::ZERO);
    }

    #[test]
    fn the_most_of_everything_can_be_counted() {
        let most = Prices { cpu: Prices::MOST, memory: Prices::MOST, ..Prices::default() };
        let each = Asked { cpu: MOST, memory: MOST * GIB };
        let parts = vec![Part::Pods { count: Count::of(MOST), each }; 2_000];
        assert!(sum(&parts, &most).priced.is_some());
    }
}
