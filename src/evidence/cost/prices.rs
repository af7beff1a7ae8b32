//! What things cost: the prices that the model multiplies with.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

/// The hours of a month, as clouds count them: 365 × 24 / 12.
pub(super) const HOURS: u32 = 730;

/// Prices, each a month, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// The currency's code: `USD`.
    pub currency: String,
    /// One CPU core.
    pub cpu: Decimal,
    /// One GiB of memory.
    pub memory: Decimal,
    /// One GiB on a volume whose class has no price of its own.
    pub storage: Decimal,
    /// One GiB on a volume, by the name of its storage class.
    pub storage_classes: BTreeMap<String, Decimal>,
    /// One load balancer, without traffic.
    pub load_balancer: Decimal,
    /// One piece of what has a name: an instance type, a device.
    pub names: BTreeMap<String, Decimal>,
    /// Where they are from: a path of the target, or the public source and its date.
    pub source: String,
}

impl Prices {
    /// The largest price that is read: a product of it with the largest amounts still fits a number.
    pub const MOST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

    /// The price of a GiB on a volume of this class.
    #[must_use]
    pub fn volume(&self, class: Option<&str>) -> Decimal {
        class.and_then(|class| self.storage_classes.get(class)).copied().unwrap_or(self.storage)
    }
}

/// Where the default prices are from.
const PUBLIC: &str = "list prices of Google Cloud N1 machines in us-central1, on demand, as OpenCost's configs/default.json has them (read 2026-11-21)";

impl Default for Prices {
    /// List prices of Google Cloud in us-central1, on demand, without discounts: a vCPU of an N1 machine 0.031611 USD an hour,
    /// a GiB of its memory 0.004237 USD an hour, a GiB of a standard disk 0.04 USD a month (all three as `OpenCost` takes them
    /// for clusters whose bill it cannot read: `configs/default.json` of github.com/opencost/opencost, read on 2026-11-21),
    /// a forwarding rule 0.025 USD an hour (cloud.google.com/vpc/network-pricing). Hours are taken 730 times. They have not
    /// moved since 2018; what is paid under contract is a third to a half less.
    fn default() -> Self {
        let hourly = |price: Decimal| price * Decimal::from(HOURS);
        Self {
            currency: "USD".to_owned(),
            cpu: hourly(Decimal::new(31_611, 6)),
            memory: hourly(Decimal::new(4_237, 6)),
            storage: Decimal::new(4, 2),
            storage_classes: BTreeMap::new(),
            load_balancer: hourly(Decimal::new(25, 3)),
            names: BTreeMap::new(),
            source: PUBLIC.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_public_prices_of_a_month() {
        let prices = Prices::default();
        let shown = [prices.cpu, prices.memory, prices.load_balancer].map(|price| price.round_dp(2).to_string());
        assert_eq!(shown, ["23.08", "3.09", "18.25"]);
        // What Google lists for a whole n1-standard-1 (1 vCPU, 3.75 GiB): 0.0475 USD an hour.
        let machine = (prices.cpu + prices.memory * Decimal::new(375, 2)) / Decimal::from(HOURS);
        assert_eq!(machine.round_dp(4), Decimal::new(475, 4));
    }

    #[test]
    fn a_class_without_a_price_has_the_price_of_any_volume() {
        let mut prices = Prices::default();
        prices.storage_classes.insert("fast".into(), Decimal::ONE);
        assert_eq!(prices.volume(Some("fast")), Decimal::ONE);
        assert_eq!((prices.volume(Some("slow")), prices.volume(None)), (prices.storage, prices.storage));
    }
}
