//! Evidence in a line each, for rows, panes and pages. What an agent or a repository wrote is made fit for a terminal.

use rust_decimal::Decimal;

use crate::model::field::DocumentName;
use crate::model::text::{count, printable, single_line};
use crate::model::{
    Claim, ClaimedCost, Claims, ClusterReach, Cost, CostSource, Monthly, NameUse, ObjectCost, PricedAmount,
    ServiceReach, Verdict,
};

impl Cost {
    /// What it costs: `-31.20 $ a month by the model, -14 % of what it touches`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let by = match &self.source {
            CostSource::Nothing => {
                let assumed =
                    self.assumes.as_ref().map(|what| format!(", if {}", single_line(what))).unwrap_or_default();
                return format!("nothing that bears cost changes{assumed}");
            }
            CostSource::Model { .. } => "by the model".to_owned(),
            CostSource::Report { path } => format!("by the report {}", single_line(path)),
        };
        let Some(delta) = self.delta else {
            let why = self.unpriced.first().map(|why| format!(": {}", single_line(why))).unwrap_or_default();
            return format!("what it costs is not known{why}");
        };
        let percent = self.percent.map(|percent| format!(", {percent:+.0} % of what it touches")).unwrap_or_default();
        format!("{} a month {by}{percent}", self.money(delta))
    }

    /// An amount with its sign and its currency: `+62.10 $`, `-18.56 to -74.23 EUR`.
    #[must_use]
    pub fn money(&self, delta: Monthly) -> String {
        Self::money_in(delta, &self.currency)
    }

    fn money_in(delta: Monthly, currency: &str) -> String {
        let sign = match currency {
            "USD" => "$",
            "EUR" => "€",
            other => other,
        };
        let amount = |amount: Decimal| format!("{:+.2}", amount.round_dp(2));
        // The smaller first, as people say it.
        let (near, far) =
            if delta.low.abs() <= delta.high.abs() { (delta.low, delta.high) } else { (delta.high, delta.low) };
        if near == far {
            format!("{} {sign}", amount(near))
        } else {
            format!("{} to {} {sign}", amount(near), amount(far))
        }
    }
}

impl Cost {
    /// What the agent says that it costs, beside what was found: `-90.00 $ a month`, `-30.00 EUR a month, not compared: prices here
    /// are in USD`.
    #[must_use]
    pub fn claim_sentence(&self, claimed: &ClaimedCost) -> String {
        let problem = claimed.problem.as_deref().map(|why| format!(" ({})", single_line(why))).unwrap_or_default();
        match &claimed.currency {
            None => format!("{} a month{problem}", self.money(claimed.delta)),
            Some(own) => {
                let amount = Self::money_in(claimed.delta, own);
                format!("{amount} a month, not compared: prices here are in {}{problem}", single_line(&self.currency))
            }
        }
    }
}

impl ObjectCost {
    /// What one object costs and how that is worked out: `Deployment shop/checkout: 12.00 = 3 × … → 6.00 = …`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let DocumentName { kind, namespace, name, .. } = &self.document;
        let name = match (namespace, name) {
            (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
            (None, Some(name)) => name.clone(),
            (_, None) => self.file.to_string(),
        };
        let called = kind.as_ref().map_or_else(|| name.clone(), |kind| format!("{kind} {name}"));
        let before = priced(self.before.as_ref(), self.before_unknown);
        let after = priced(self.after.as_ref(), self.after_unknown);
        single_line(&format!("{called}: {before} → {after}"))
    }
}

fn priced(side: Option<&PricedAmount>, unknown: bool) -> String {
    let one = |amount: Decimal| format!("{:.2}", amount.round_dp(2));
    let Some(side) = side else { return if unknown { "unknown" } else { "nothing" }.to_owned() };
    let Monthly { low, high } = side.amount;
    let amount = if low == high { one(low) } else { format!("{} to {}", one(low), one(high)) };
    let formula = if side.formula.is_empty() { String::new() } else { format!(" = {}", side.formula) };
    let more = if unknown { ", and what is unknown" } else { "" };
    format!("{amount}{formula}{more}")
}

impl Claim {
    /// What is said, and what was found: `says "docs only"; found a Deployment among the changes`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Holds => "it holds",
            Verdict::Contradicted => "it does not hold",
            Verdict::Unknown => "it cannot be told",
        };
        let found = single_line(&self.found);
        let found = if found.is_empty() { String::new() } else { format!(": {found}") };
        format!("says “{}”; {verdict}{found}", single_line(&self.said))
    }
}

impl Claims {
    /// What the text leaves out: `the text never names maxUnavailable of Deployment shop/checkout and 2 more`.
    #[must_use]
    pub fn undeclared_sentence(&self) -> Option<String> {
        let first = self.undeclared.first()?;
        let more = match self.undeclared.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!("the text never names {}{more}", single_line(&first.what)))
    }
}

impl ServiceReach {
    /// `touches checkout, a critical service`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let kind = if self.critical { "a critical service" } else { "a service" };
        format!("touches {}, {kind}", single_line(&self.name))
    }
}

impl ClusterReach {
    /// `lands on prod: 2 files by Flux Kustomization apps`.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("lands on {}: {} by {}", single_line(&self.name), count(self.files, "file"), single_line(&self.why))
    }
}

impl NameUse {
    /// `ConfigMap shop/web is gone, and 2 places use it: Deployment shop/web (apps/web.yaml), …`; at most so many places.
    #[must_use]
    pub fn sentence(&self, places: usize) -> String {
        let mut by: Vec<String> = self
            .places
            .iter()
            .take(places)
            .map(|place| format!("{} ({})", single_line(&place.by), printable(&place.file)))
            .collect();
        if self.count > by.len() {
            by.push(format!("{} more", self.count - by.len()));
        }
        let (gone, verb) = match (self.gone, self.count) {
            (true, 1) => (" is gone, and", "uses"),
            (true, _) => (" is gone, and", "use"),
            (false, 1) => (":", "uses"),
            (false, _) => (":", "use"),
        };
        let places = count(self.count, "place");
        format!("{}{gone} {places} {verb} it: {}", single_line(&self.name), by.join(", "))
    }
}
