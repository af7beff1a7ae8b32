//! Claims against facts: what an agent says of its change, held against what was found.
//!
//! Only the agent's own words count: quoted prompts, release notes and other tools' summaries are left out by [`reasoning`].
//! A claim that cannot be checked is unknown; what is not said is no claim.

mod money;
mod phrases;
mod undeclared;
mod words;

pub use money::{Change, Stated};

use bstr::{BStr, ByteSlice as _};
use rust_decimal::Decimal;

use super::reasoning::{LineKind, OwnLine};
use crate::model::field::{CosmeticKind, FieldOp, FieldReport};
use crate::model::{
    Claim, ClaimKind, ClaimedCost, Claims, Cost, CostSource, FileChange, Known, Monthly, Verdict, text,
};
use phrases::{Environment, Phrase};

#[cfg(doc)]
use super::reasoning;

/// By how much a stated amount may be off: prices of clouds for the same machine differ by a third, and who writes "about"
/// rounds. What is off by more than half is another change, or another price list, and worth a question.
const FACTOR: Decimal = Decimal::from_parts(15, 0, 0, false, 1);
/// What it may be off by whatever the factor, in the currency's unit: less is not worth the minute that reads it.
const SLACK: Decimal = Decimal::TEN;
/// By how much a stated share may be off, in per cent of what it was before.
const POINTS: f64 = 10.0;
/// The most claims that are listed.
const LISTED: usize = 20;

/// What the lines state about cost: savings and costs with an amount.
#[must_use]
pub fn stated(lines: &[OwnLine]) -> Vec<Stated> {
    money::stated(lines.iter().filter(|line| line.kind != LineKind::Code).map(|line| line.text.as_str()))
}

/// Those of the amounts that are in this currency, as claims beside the cost.
#[must_use]
pub fn claimed(stated: &[Stated], currency: &str) -> Vec<ClaimedCost> {
    let amount = |stated: &Stated| match &stated.change {
        Change::Amount { monthly, currency: own } if same_currency(own, currency) => {
            Some(ClaimedCost { said: stated.said.clone(), delta: Monthly::of(*monthly), ..ClaimedCost::default() })
        }
        _ => None,
    };
    stated.iter().filter_map(amount).collect()
}

/// `$` is the dollar of any country.
fn same_currency(stated: &str, currency: &str) -> bool {
    stated == currency || stated == "$" && matches!(currency, "USD" | "CAD" | "AUD" | "NZD" | "SGD" | "HKD")
}

/// What an agent says, held against the files, the field changes and the cost that were found.
#[must_use]
pub fn claims(lines: &[OwnLine], files: &[FileChange], fields: &FieldReport, cost: &Known<Cost>) -> Claims {
    let mut claims: Vec<Claim> = Vec::new();
    for line in lines.iter().filter(|line| line.kind != LineKind::Code) {
        for phrase in phrases::phrases(&line.text, line.kind == LineKind::Title) {
            let claim = of_phrase(phrase, &line.text, files, fields);
            if claims.iter().all(|other| (other.kind, &other.found) != (claim.kind, &claim.found)) {
                claims.push(claim);
            }
        }
    }
    claims.extend(stated(lines).into_iter().map(|stated| of_money(stated, cost, fields)));
    claims.truncate(LISTED);
    let missing = (!fields.complete()).then(|| "not every changed line could be read as a value".to_owned());
    Claims { claims, undeclared: undeclared::undeclared(lines, fields), missing }
}

fn of_phrase(phrase: Phrase, line: &str, files: &[FileChange], fields: &FieldReport) -> Claim {
    let (kind, (verdict, found)) = match phrase {
        Phrase::Docs => (ClaimKind::DocsOnly, docs_only(files, fields)),
        Phrase::NoFunction => (ClaimKind::NoFunctionalChange, no_function(files, fields)),
        Phrase::Only(environment) => (ClaimKind::OneEnvironment, one_environment(environment, files)),
    };
    Claim { kind, said: text::truncate(line.trim(), 120).into_owned(), verdict, found }
}

/// Whether a file is for people to read, and nothing runs by it.
fn is_document(path: &BStr) -> bool {
    let path = path.to_str_lossy().to_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ends =
        [".md", ".markdown", ".mdx", ".txt", ".rst", ".adoc", ".png", ".svg", ".jpg", ".jpeg", ".gif", ".drawio"];
    let named = ["license", "notice", "authors", "changelog", "contributing", "readme"];
    let config = [".yaml", ".yml", ".json", ".tf"].iter().any(|end| name.ends_with(end));
    let rooted = ["docs/", "doc/"].iter().any(|folder| path.starts_with(folder));
    ends.iter().any(|end| name.ends_with(end)) || named.contains(&name) || rooted && !config
}

/// Whether all that changed in a file is comments and blank lines.
fn only_comments(path: &BStr, fields: &FieldReport) -> bool {
    let quiet = |kind: CosmeticKind| matches!(kind, CosmeticKind::Comment | CosmeticKind::Whitespace);
    let mut own = fields.cosmetic.iter().filter(|cosmetic| cosmetic.file == path).peekable();
    own.peek().is_some()
        && own.all(|cosmetic| quiet(cosmetic.kind))
        && fields.fields.iter().all(|field| field.file != path)
        && fields.unexplained.iter().all(|unexplained| unexplained.file != path)
}

fn docs_only(files: &[FileChange], fields: &FieldReport) -> (Verdict, String) {
    let other = |file: &&FileChange| !is_document(file.path.as_bstr()) && !only_comments(file.path.as_bstr(), fields);
    match files.iter().find(other) {
        Some(file) => (Verdict::Contradicted, format!("{} changes too", text::printable_bytes(&file.path))),
        None => (Verdict::Holds, "only documents and comments change".to_owned()),
    }
}

fn no_function(files: &[FileChange], fields: &FieldReport) -> (Verdict, String) {
    let says = |field: &&crate::model::field::FieldChange| {
        field.op != FieldOp::Moved && field.path.keys().next() != Some("metadata") && !is_document(field.file.as_bstr())
    };
    let changed: Vec<_> = fields.fields.iter().filter(says).collect();
    if let Some(first) = changed.first() {
        let what = if first.path.0.is_empty() { text::printable_bytes(&first.file) } else { first.path.to_string() };
        let found = match changed.len() {
            1 => format!("{what} has another value"),
            more => format!("{what} and {} have other values", text::count(more - 1, "field")),
        };
        return (Verdict::Contradicted, found);
    }
    let unread = files.iter().find(|file| {
        let path = file.path.as_bstr();
        let explained = fields.cosmetic.iter().any(|cosmetic| cosmetic.file == path);
        !is_document(path) && (!explained || fields.unexplained.iter().any(|unexplained| unexplained.file == path))
    });
    match unread {
        Some(file) => (Verdict::Unknown, format!("{} cannot be read as values", text::printable_bytes(&file.path))),
        None => (Verdict::Holds, "no value changes".to_owned()),
    }
}

fn one_environment(only: Environment, files: &[FileChange]) -> (Verdict, String) {
    let mut all = true;
    for file in files.iter().filter(|file| !is_document(file.path.as_bstr())) {
        let path = text::printable_bytes(&file.path);
        let environments = Environment::of_path(&path);
        if !environments.is_empty() && !environments.contains(&only) {
            return (Verdict::Contradicted, format!("{path} is of {}", environments[0].name()));
        }
        all &= environments.contains(&only);
    }
    if all {
        return (Verdict::Holds, format!("every changed file is of {}", only.name()));
    }
    (Verdict::Unknown, "not every changed file says by its name where it lands".to_owned())
}

fn of_money(stated: Stated, cost: &Known<Cost>, fields: &FieldReport) -> Claim {
    let (verdict, found) = match cost {
        Known::Known(cost) if cost.source == CostSource::Nothing && !all_known(fields) => {
            (Verdict::Unknown, "nothing changes that has a price here".to_owned())
        }
        Known::Known(cost) => against(&stated.change, cost),
        Known::Unknown(why) => (Verdict::Unknown, why.clone()),
        Known::Indexing => (Verdict::Unknown, "the cost is not known yet".to_owned()),
    };
    Claim { kind: ClaimKind::Savings, said: stated.said, verdict, found }
}

/// Whether all that changes are objects of which the model knows what they cost: settings of a program may save what no model of
/// its pods can see.
fn all_known(fields: &FieldReport) -> bool {
    let known = |kind: &str| !matches!(kind, "ConfigMap" | "Secret" | "Kustomization");
    fields.complete() && fields.fields.iter().all(|field| field.document.kind.as_deref().is_some_and(known))
}

fn against(change: &Change, cost: &Cost) -> (Verdict, String) {
    let Some(delta) = cost.delta else {
        let why = cost.unpriced.first().map_or("", String::as_str);
        return (Verdict::Unknown, format!("the cost is not known: {}", text::single_line(why)));
    };
    match change {
        Change::Amount { currency, .. } if !same_currency(currency, &cost.currency) => {
            (Verdict::Unknown, format!("prices here are in {}", cost.currency))
        }
        Change::Amount { monthly, .. } => (verdict(*monthly, delta), in_words(delta, &cost.currency)),
        Change::Percent(percent) => match (cost.percent, delta.is_zero()) {
            (_, true) => (Verdict::Contradicted, in_words(delta, &cost.currency)),
            (Some(found), _) => {
                let off =
                    rust_decimal::prelude::ToPrimitive::to_f64(percent).map_or(f64::MAX, |said| (said - found).abs());
                let verdict = if off > POINTS { Verdict::Contradicted } else { Verdict::Holds };
                (verdict, format!("{found:+.0} % of what it touches, {}", in_words(delta, &cost.currency)))
            }
            (None, _) => (Verdict::Unknown, in_words(delta, &cost.currency)),
        },
    }
}

/// Whether a stated change agrees with what was found: any amount within its bounds does; outside, the direction counts, and how
/// far it is from the middle.
fn verdict(said: Decimal, found: Monthly) -> Verdict {
    let middle = found.middle();
    let off = (said - middle).abs();
    if found.low <= said && said <= found.high || off <= SLACK {
        return Verdict::Holds;
    }
    let (larger, smaller) = (said.abs().max(middle.abs()), said.abs().min(middle.abs()));
    let same_way = said.is_sign_negative() == middle.is_sign_negative();
    let near = same_way && smaller.checked_mul(FACTOR).is_some_and(|most| larger <= most);
    if near { Verdict::Holds } else { Verdict::Contradicted }
}

/// `-18.56 to -74.23 USD a month`, that which is nearer to nothing first.
fn in_words(delta: Monthly, currency: &str) -> String {
    let amount = |amount: Decimal| format!("{:+.2}", amount.round_dp(2));
    let (near, far) = delta.outwards();
    if near == far {
        return format!("{} {currency} a month", amount(near));
    }
    format!("{} to {} {currency} a month", amount(near), amount(far))
}

#[cfg(test)]
mod tests;
