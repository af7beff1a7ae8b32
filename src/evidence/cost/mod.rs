//! What a change costs: the objects that it touches, priced before and after.
//!
//! Kubernetes bills what pods *ask for*: a node is full when the requests on it are, whatever is used. So the model multiplies
//! replicas with requests, adds volumes and load balancers, and says how. It refuses to guess: what bears cost and cannot be
//! told is listed, and then the delta is not known, which is not zero. Only what differs is looked at; where nothing of it bears
//! cost, the delta is known, and is zero. Amounts are decimals; nothing here overflows, since every amount that is read is bounded.

mod doubt;
mod harmless;
mod leaf;
mod objects;
mod pairs;
mod part;
mod pods;
mod prices;
mod report;
mod scaling;
mod schedule;
mod sources;
mod terraform;
mod totals;
mod unclear;
mod users;
mod values;

use bstr::{BString, ByteSlice as _};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

pub use prices::Prices;
pub use report::{MAX_REPORT, Report, report};

use super::Inventory;
use crate::diff::fields::called;
use crate::model::field::{FieldChange, FieldOp, FieldReport, PathStep};
use crate::model::{Cost, CostSource, Monthly, ObjectCost, text};
use doubt::Whole;
use pairs::Touched;
use part::Part;
use scaling::Scalers;

/// The most objects that are listed; the sums have all of them.
const LISTED: usize = 100;
/// The most reasons that are listed.
const REASONS: usize = 20;

/// What the change between two trees costs, by the built-in model; `changed` are the paths that differ, in path order.
#[must_use]
pub fn model(before: &Inventory, after: &Inventory, changed: &[BString], prices: &Prices) -> Cost {
    let (scaled_before, scaled_after) = (Scalers::of(before), Scalers::of(after));
    let mut bill =
        Bill { prices, before: Monthly::ZERO, after: Monthly::ZERO, objects: Vec::new(), unpriced: Vec::new() };
    for path in changed {
        bill.unread(before, after, path);
    }
    for touched in pairs::touched(before, after, &scaled_before, &scaled_after, changed) {
        let parts = |side: Option<pairs::Found<'_>>, scalers: &Scalers<'_>| {
            side.map(|(path, document)| objects::parts(path, document, scalers)).unwrap_or_default()
        };
        let (old, new) = (parts(touched.before, &scaled_before), parts(touched.after, &scaled_after));
        if old != new {
            bill.add(&touched, old, new);
        }
    }
    bill.total()
}

/// What the model found, held against the fields that changed: zero is claimed only where none of them decides how much there is
/// of something, since the model does not know every form that does. A patch is not priced before it is merged with what it is
/// for, nor is a text that nobody may see: beside those nothing is known, whatever else has a price.
#[must_use]
pub fn held_against(cost: Cost, fields: &FieldReport, before: &Inventory, after: &Inventory, prices: &Prices) -> Cost {
    let nothing = cost.source == CostSource::Nothing;
    let decides =
        |field: &&FieldChange| field.op != FieldOp::Moved && (field.is_capacity && nothing || is_beyond(field));
    if cost.delta.is_none() {
        return cost;
    }
    let Some(field) = fields.fields.iter().find(decides) else { return doubted(cost, fields, before, after, prices) };
    let (name, file) = (called(&field.path), text::printable_bytes(&field.file));
    let form = match &field.beside.patched {
        Some(of) => format!("a patch of {} that is not merged with it here", text::single_line(of)),
        None if is_beyond(field) && field.beside.holds_secret => "a text that is masked".to_owned(),
        None => "a form that the model does not price".to_owned(),
    };
    unknown(cost, prices, format!("{name} in {file} decides how much there is, in {form}"))
}

/// What the model found, held against what passes its values on to something that the model does not see.
fn doubted(cost: Cost, fields: &FieldReport, before: &Inventory, after: &Inventory, prices: &Prices) -> Cost {
    let whole = Whole::of(fields, before, after);
    let doubt = fields.fields.iter().find_map(|field| Some((field, whole.doubt(field)?)));
    let Some((field, why)) = doubt else {
        let files = fields.unexplained.iter().map(|one| one.file.as_bstr());
        let read = files.into_iter().find_map(|file| Some((file, whole.doubt_of_file(file)?)));
        let Some((file, why)) = read else {
            let assumed = fields.fields.iter().filter(|_| cost.source == CostSource::Nothing);
            let assumes = assumed.into_iter().find_map(|field| whole.assumes(field));
            return Cost { assumes, ..cost };
        };
        return unknown(cost, prices, format!("{} may decide how much runs: {why}", text::printable_bytes(file)));
    };
    let name = if field.path.0.is_empty() { "what is in it".to_owned() } else { called(&field.path) };
    unknown(cost, prices, format!("{}: {name} may decide how much runs: {why}", text::printable_bytes(&field.file)))
}

/// The cost of what cannot be told.
fn unknown(cost: Cost, prices: &Prices, why: String) -> Cost {
    let source = CostSource::Model { prices: prices.source.clone() };
    Cost { delta: None, before: None, after: None, percent: None, source, unpriced: vec![why], ..cost }
}

/// Whether a field decides how much there is of something in a way that no price list helps with: in a patch, or in values that
/// are masked for a credential in them.
fn is_beyond(field: &FieldChange) -> bool {
    let patch = match field.path.0.as_slice() {
        [PathStep::Key(list), PathStep::Item(_), ..] if list == "replicas" => true,
        [PathStep::Item(pointer), ..] => pointer.starts_with('/'),
        _ => field.beside.patched.is_some(),
    };
    patch && field.is_capacity || field.beside.holds_secret && field.path.last_key() == Some("values")
}

/// What was added up so far.
struct Bill<'p> {
    prices: &'p Prices,
    before: Monthly,
    after: Monthly,
    objects: Vec<ObjectCost>,
    unpriced: Vec<String>,
}

impl Bill<'_> {
    /// A file that cannot be read may bear anything.
    fn unread(&mut self, before: &Inventory, after: &Inventory, path: &BString) {
        let why = [after, before].into_iter().find_map(|side| side.refusal(path.as_ref()));
        self.unpriced.extend(why.map(|why| format!("{path}: {why}")));
    }

    /// Takes in an object that has other parts than before.
    fn add(&mut self, touched: &Touched<'_>, old: Vec<Part>, new: Vec<Part>) {
        // What is the same on both sides costs the same, known or not.
        let (same, old): (Vec<Part>, Vec<Part>) =
            old.into_iter().partition(|part| is_unknown(part) && new.contains(part));
        let new: Vec<Part> = new.into_iter().filter(|part| !same.contains(part)).collect();
        let (old, new) = (part::sum(&old, self.prices), part::sum(&new, self.prices));
        let Some(name) = touched.name() else { return };
        let unknown = |of: &part::Sum, other: &part::Sum| -> Vec<String> {
            let differs = of.unknown.iter().filter(|one| !other.unknown.contains(one));
            differs.map(|(why, _)| format!("{}: {why}", touched.called())).collect()
        };
        for why in unknown(&old, &new).into_iter().chain(unknown(&new, &old)) {
            if !self.unpriced.contains(&why) {
                self.unpriced.push(why);
            }
        }
        let amount = |sum: &part::Sum| sum.priced.as_ref().map_or(Monthly::ZERO, |priced| priced.amount);
        match (self.before.plus(amount(&old)), self.after.plus(amount(&new))) {
            (Some(before), Some(after)) => (self.before, self.after) = (before, after),
            _ => self.unpriced.push("it is more than can be counted".to_owned()),
        }
        if old.priced.is_some() || new.priced.is_some() {
            let file = name.0.to_owned();
            self.objects.push(ObjectCost {
                file,
                document: name.1.clone(),
                before_unknown: !old.unknown.is_empty(),
                after_unknown: !new.unknown.is_empty(),
                before: old.priced,
                after: new.priced,
            });
        }
    }

    fn total(mut self) -> Cost {
        let known = self.unpriced.is_empty();
        let nothing = known && self.objects.is_empty();
        let normal = |sum: Monthly| Monthly { low: sum.low.normalize(), high: sum.high.normalize() };
        (self.before, self.after) = (normal(self.before), normal(self.after));
        let delta = self.after.since(self.before).filter(|_| known).map(normal);
        let percent = delta.and_then(|_| percent(self.before, self.after));
        self.objects.truncate(LISTED);
        self.unpriced.truncate(REASONS);
        let source = CostSource::Model { prices: self.prices.source.clone() };
        Cost {
            currency: self.prices.currency.clone(),
            delta,
            before: Some(self.before).filter(|_| known),
            after: Some(self.after).filter(|_| known),
            percent,
            source: if nothing { CostSource::Nothing } else { source },
            objects: self.objects,
            unpriced: self.unpriced,
            assumes: None,
            claimed: Vec::new(),
        }
    }
}

/// What may have no price.
const fn is_unknown(part: &Part) -> bool {
    matches!(part, Part::Unknown { .. } | Part::Named { .. })
}

/// The change against what it was before, per cent, to one digit after the point; of amounts that scale, in their middle. `None`
/// where it was nothing before.
pub(super) fn percent(before: Monthly, after: Monthly) -> Option<f64> {
    let (old, new) = (before.middle(), after.middle());
    let share = new.checked_sub(old)?.checked_div(old)?.checked_mul(Decimal::ONE_HUNDRED)?;
    share.round_dp(1).to_f64()
}

#[cfg(test)]
mod tests;
