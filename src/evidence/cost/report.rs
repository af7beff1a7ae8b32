//! Reports of Infracost: the JSON of its first version (`infracost diff --format json`, `"version": "0.2"`).
//!
//! Money is decimal text in it, and null where it depends on use that nobody told. Files found in the wild have text after the
//! document (what a shell printed into the same file); it is read past, and said. Where the report says of which commit it is, that is
//! kept: a report of another change is no evidence of this one.

use bstr::BString;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::{percent, totals};
use crate::model::field::DocumentName;
use crate::model::{Cost, CostSource, Monthly, ObjectCost, PricedAmount, text};

/// The largest report that is read, in bytes.
pub const MAX_REPORT: usize = 4 << 20;
/// The version of the reports that are understood.
const VERSION: &str = "0.2";
/// The most resources that are listed.
const LISTED: usize = 100;
/// The most reasons that are listed.
const REASONS: usize = 20;
/// The most money a month that is believed.
const MOST: Decimal = Decimal::from_parts(0, 1_000_000, 0, false, 0);

/// What a report says.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The currency's code.
    pub currency: String,
    /// What the change adds a month; `None` where it does not say.
    pub delta: Option<Decimal>,
    /// What everything cost before.
    pub before: Option<Decimal>,
    /// And after.
    pub after: Option<Decimal>,
    /// The resources that differ.
    pub objects: Vec<ObjectCost>,
    /// What it cannot price, and why.
    pub unpriced: Vec<String>,
    /// The commit that it is of, where it says so: hexadecimal digits.
    pub commit: Option<String>,
    /// The branch that it is of, where it says so.
    pub branch: Option<String>,
    /// What is wrong with the file that it stands in, fit for a terminal.
    pub problem: Option<String>,
    /// Whether what follows it may be a document of its own.
    pub leads: bool,
}

/// Reads a report. The error says why it is none, fit for a terminal.
pub fn report(bytes: &[u8]) -> Result<Report, String> {
    if bytes.len() > MAX_REPORT {
        return Err(format!("it has over {} MiB", MAX_REPORT >> 20));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Map<String, Value>>();
    let first = documents.next();
    let rest = bytes.get(documents.byte_offset()..).unwrap_or_default().trim_ascii();
    let root = match first {
        None => return Err("it is empty".to_owned()),
        Some(Err(error)) => return Err(format!("it is not JSON: {}", text::single_line(&error.to_string()))),
        Some(Ok(root)) => Value::Object(root),
    };
    let projects = root["projects"].as_array();
    let Some(projects) = projects.filter(|_| root["totalMonthlyCost"] != Value::Null || has_diff(&root)) else {
        return Err(
            "it is not a report of Infracost's first version: write it with `infracost diff --format json`".to_owned()
        );
    };
    let currency = match &root["currency"] {
        // Reports of before there was a choice say nothing, and are in dollars.
        Value::Null => "USD",
        code => code.as_str().filter(|code| is_code(code)).ok_or("its currency is none: three capitals, as in USD")?,
    };
    let tail = (!rest.is_empty()).then(|| trailing(rest));
    let currency = currency.to_owned();
    let mut unpriced = Vec::new();
    let objects = objects(projects, &mut unpriced);
    let compared = projects.iter().any(|project| project["pastBreakdown"].is_object());
    if root["metadata"]["infracostCommand"] == "breakdown" && !compared {
        unpriced.push("the report is a breakdown: it compares with nothing".to_owned());
    }
    let delta = money(&root["diffTotalMonthlyCost"]).filter(|_| unpriced.is_empty());
    if delta.is_none() && unpriced.is_empty() {
        unpriced.push("the report gives no difference a month".to_owned());
    }
    unpriced.truncate(REASONS);
    let text_at = |key: &str| root["metadata"][key].as_str().map(str::to_owned);
    Ok(Report {
        currency,
        delta,
        before: money(&root["pastTotalMonthlyCost"]),
        after: money(&root["totalMonthlyCost"]),
        objects,
        unpriced,
        commit: text_at("vcsCommitSha").or_else(|| text_at("commit")),
        branch: text_at("vcsBranch").or_else(|| text_at("branch")),
        problem: tail.or_else(|| unlike(&root)).or_else(|| totals::disagree(&root)),
        leads: rest.iter().any(|byte| matches!(byte, b'{' | b':')),
    })
}

/// What stands behind the document, and does not belong there.
fn trailing(rest: &[u8]) -> String {
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = &line[..line.len().min(200)];
    format!("text follows its JSON: “{}”", text::truncate(&text::single_line(&String::from_utf8_lossy(line)), 40))
}

/// What of its head is not that of the reports that are understood here.
fn unlike(root: &Value) -> Option<String> {
    let shown = |value: &Value| text::truncate(&text::single_line(&value.to_string()), 20).into_owned();
    match (root.get("version"), root.get("currency")) {
        (Some(version), _) if version != VERSION => {
            Some(format!("its version is {}, and only \"{VERSION}\" is known here", shown(version)))
        }
        (_, Some(Value::Null)) => Some("it does not say in which currency it is: null".to_owned()),
        _ => None,
    }
}

fn has_diff(root: &Value) -> bool {
    root.get("diffTotalMonthlyCost").is_some()
}

/// Whether this is a code as `USD` is one.
pub(super) fn is_code(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())
}

/// An amount of money; `None` for null and for what is no amount.
pub(super) fn money(said: &Value) -> Option<Decimal> {
    let amount = match said {
        Value::String(text) if text.len() <= 64 => text.parse().or_else(|_| Decimal::from_scientific(text)).ok(),
        Value::Number(number) => {
            let text = number.to_string();
            text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
        }
        _ => None,
    };
    amount.filter(|amount: &Decimal| amount.abs() <= MOST)
}

/// The resources that a report lists as different, each with what it cost before and after.
fn objects(projects: &[Value], unpriced: &mut Vec<String>) -> Vec<ObjectCost> {
    let mut objects = Vec::new();
    for project in projects {
        for resource in list(&project["diff"]) {
            let name = resource["name"].as_str().unwrap_or("a resource");
            if resource["monthlyCost"].is_null() {
                unpriced.push(format!("{name}: its cost depends on use that the report does not know"));
            }
            if objects.len() < LISTED {
                let side = |breakdown: &Value| cost_of(breakdown, name);
                let (before, after) = (side(&project["pastBreakdown"]), side(&project["breakdown"]));
                let document = DocumentName { name: Some(name.to_owned()), ..DocumentName::default() };
                let unknown = |side: &Value, priced: &Option<PricedAmount>| priced.is_none() && has(side, name);
                objects.push(ObjectCost {
                    file: BString::default(),
                    document,
                    before_unknown: unknown(&project["pastBreakdown"], &before),
                    after_unknown: unknown(&project["breakdown"], &after),
                    before,
                    after,
                });
            }
        }
    }
    objects
}

/// The resources of a breakdown.
pub(super) fn list(breakdown: &Value) -> &[Value] {
    breakdown["resources"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether a breakdown has a resource.
fn has(breakdown: &Value, name: &str) -> bool {
    list(breakdown).iter().any(|resource| resource["name"] == name)
}

/// What a resource costs in a breakdown, and what that is made of.
fn cost_of(breakdown: &Value, name: &str) -> Option<PricedAmount> {
    let resource = list(breakdown).iter().find(|resource| resource["name"] == name)?;
    let amount = Monthly::of(money(&resource["monthlyCost"])?);
    let component = |component: &Value| {
        let (quantity, price) = (money(&component["monthlyQuantity"])?, money(&component["price"])?);
        let unit = component["unit"].as_str().unwrap_or_default();
        Some(format!("{} {unit} × {}", quantity.normalize(), price.normalize()))
    };
    let components = resource["costComponents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let formula: Vec<String> = components.iter().take(8).filter_map(component).collect();
    Some(PricedAmount { amount, formula: formula.join(" + ") })
}

impl Report {
    /// What it is of, where that is not this head of this branch; `None` where it is, or does not say.
    #[must_use]
    pub fn of_another(&self, head: &str, branch: &str) -> Option<String> {
        if let Some(commit) = &self.commit {
            let same =
                commit.len() >= 7 && head.get(..commit.len()).is_some_and(|head| head.eq_ignore_ascii_case(commit));
            let short: String = text::single_line(commit).chars().take(12).collect();
            return (!same).then(|| format!("commit {short}"));
        }
        let other = self.branch.as_deref().filter(|other| *other != branch)?;
        Some(format!("branch {}", text::truncate(&text::single_line(other), 60)))
    }

    /// Adds what the model found of what a report knows nothing of.
    #[must_use]
    pub fn with(self, path: &str, model: Cost) -> Cost {
        let mut unpriced = self.unpriced;
        unpriced.extend(model.unpriced);
        let known = matches!(model.source, CostSource::Nothing);
        if !known && model.currency != self.currency {
            let (own, other) = (&self.currency, &model.currency);
            unpriced.push(format!("the report is in {own}, and the prices are in {other}"));
        }
        let whole = unpriced.is_empty();
        let both = |own: Option<Decimal>, other: Option<Monthly>| {
            let own = Monthly::of(own?);
            if known { Some(own) } else { own.plus(other?) }
        };
        let delta = both(self.delta, model.delta).filter(|_| whole);
        let before = both(self.before, model.before).filter(|_| whole);
        let after = both(self.after, model.after).filter(|_| whole);
        let objects = self.objects.into_iter().chain(model.objects).take(LISTED).collect();
        Cost {
            currency: self.currency,
            delta,
            before,
            after,
            percent: before.zip(after).and_then(|(before, after)| percent(before, after)),
            source: CostSource::Report { path: path.to_owned() },
            objects,
            unpriced,
            assumes: None,
            claimed: model.claimed,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIFF: &str = r#"{
      "version": "0.2", "currency": "USD", "metadata": { "infracostCommand": "diff", "vcsCommitSha": "0123456789abcdef" },
      "projects": [{
        "name": "net",
        "pastBreakdown": { "resources": [{ "name": "aws_instance.web", "monthlyCost": "70.08",
          "costComponents": [{ "name": "x", "unit": "hours", "monthlyQuantity": "730", "price": "0.096" }] }] },
        "breakdown": { "resources": [{ "name": "aws_instance.web", "monthlyCost": "140.160000000000000001" }] },
        "diff": { "resources": [{ "name": "aws_instance.web", "monthlyCost": "70.08" }], "totalMonthlyCost": "70.08" }
      }],
      "totalMonthlyCost": "140.16", "pastTotalMonthlyCost": "70.08", "diffTotalMonthlyCost": "70.08"
    }"#;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_report_is_read_with_what_follows_it() {
        for tail in ["", "\n", "\nINFO Autodetected 1 project\n", "}}"] {
            let read = report(format!("{DIFF}{tail}").as_bytes()).unwrap();
            assert_eq!((read.delta, read.currency.as_str()), (Some(decimal("70.08")), "USD"));
            let problem = (!tail.trim().is_empty()).then(|| format!("text follows its JSON: “{}”", tail.trim()));
            assert_eq!(read.problem, problem, "{tail:?}");
            let formula = read.objects[0].before.as_ref().map(|before| before.formula.as_str());
            assert_eq!(formula, Some("730 hours × 0.096"));
        }
    }

    #[test]
    fn a_currency_that_is_none_is_not_taken_for_dollars() {
        let with = |currency: &str| report(DIFF.replace(r#""currency": "USD""#, currency).as_bytes());
        assert_eq!(with(r#""currency": "EUR""#).unwrap().currency, "EUR");
        assert_eq!(with(r#""other": 1"#).unwrap().currency, "USD", "as of before there was a choice");
        for currency in [r#""currency": "XX\u001b[31m""#, r#""currency": "euro""#, r#""currency": 3"#] {
            assert!(with(currency).unwrap_err().contains("currency"), "{currency}");
        }
    }

    #[test]
    fn a_report_that_is_not_as_it_should_be_says_so() {
        for (from, to, problem) in [
            (r#""currency": "USD""#, r#""currency": null"#, "it does not say in which currency it is: null"),
            (r#""0.2""#, r#""9.9""#, "its version is \"9.9\", and only \"0.2\" is known here"),
            (r#""0.2""#, "null", "its version is null, and only \"0.2\" is known here"),
            (
                r#""diffTotalMonthlyCost": "70.08""#,
                r#""diffTotalMonthlyCost": "-500""#,
                "its totals disagree: a difference of -500 between 70.08 and 140.16",
            ),
        ] {
            let text = DIFF.replace(from, to);
            assert_ne!(text, DIFF);
            assert_eq!(report(text.as_bytes()).unwrap().problem.as_deref(), Some(problem), "{to}");
        }
        let old = DIFF.replace(r#""version": "0.2", "currency": "USD","#, "");
        assert_eq!(report(old.as_bytes()).unwrap().problem, None, "as of before there was a choice");
    }

    #[test]
    fn null_is_unknown_and_never_zero() {
        let unknown = DIFF.replace(
            r#""monthlyCost": "70.08" }], "totalMonthlyCost""#,
            r#""monthlyCost": null }], "totalMonthlyCost""#,
        );
        let read = report(unknown.as_bytes()).unwrap();
        assert_eq!((read.delta, read.unpriced.len()), (None, 1));
        let none = DIFF.replace(r#""diffTotalMonthlyCost": "70.08""#, r#""diffTotalMonthlyCost": null"#);
        assert_eq!(report(none.as_bytes()).unwrap().delta, None);
    }

    #[test]
    fn a_breakdown_compares_with_nothing() {
        let text = r#"{"metadata":{"infracostCommand":"breakdown"},"projects":[{}],"totalMonthlyCost":"5","diffTotalMonthlyCost":"5"}"#;
        assert_eq!(report(text.as_bytes()).unwrap().delta, None);
    }

    #[test]
    fn a_report_of_another_commit_is_known() {
        let read = report(DIFF.as_bytes()).unwrap();
        assert_eq!(read.of_another("0123456789abcdef0123456789abcdef01234567", "agent/x"), None);
        assert_eq!(read.of_another("ffff", "agent/x").as_deref(), Some("commit 0123456789ab"));
        let branch = Report { commit: None, branch: Some("main".into()), ..read.clone() };
        assert_eq!(branch.of_another("ffff", "agent/x").as_deref(), Some("branch main"));
        assert_eq!(Report { commit: None, ..read }.of_another("ffff", "agent/x"), None);
    }

    #[test]
    fn what_is_none_says_so() {
        for text in
            ["", "{", "[1]", "{}", r#"{"projects":[]}"#, r#"{"summary":{"total_monthly_cost":"1"},"projects":[]}"#]
        {
            assert!(report(text.as_bytes()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(at in 0..DIFF.len(), with in "[\\x00-\\x7f]{0,4}") {
            let text = format!("{}{with}{}", &DIFF[..at], &DIFF[at..]);
            let _ = report(text.as_bytes());
        }
    }
}
