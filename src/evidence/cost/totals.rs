//! Whether the totals of a report are those of its parts. Who edits a sum by hand seldom edits all that it is made of.

use rust_decimal::Decimal;
use serde_json::Value;

use super::report::{list, money};

/// By how much sums may differ for each part, since each may be rounded.
const ROUNDED: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// The three sums of a report, each with the breakdown that a project has of it.
const SUMS: [(&str, &str, &str); 3] = [
    ("totalMonthlyCost", "breakdown", "total"),
    ("pastTotalMonthlyCost", "pastBreakdown", "total before"),
    ("diffTotalMonthlyCost", "diff", "difference"),
];

/// What does not add up, in words; `None` where all that is said does.
pub(super) fn disagree(root: &Value) -> Option<String> {
    let [after, before, difference] = SUMS.map(|(key, _, _)| money(&root[key]));
    if let (Some(after), Some(before), Some(difference)) = (after, before, difference)
        && !near(after.checked_sub(before)?, difference, 1)
    {
        let [difference, before, after] = [difference, before, after].map(|sum| sum.normalize());
        return Some(format!("its totals disagree: a difference of {difference} between {before} and {after}"));
    }
    let projects = root["projects"].as_array().map(Vec::as_slice).unwrap_or_default();
    SUMS.iter().find_map(|(key, part, name)| {
        let said = projects.iter().map(|project| money(&project[part]["totalMonthlyCost"]));
        let whole = sum(said).filter(|_| !projects.is_empty());
        let own = money(&root[key])
            .zip(whole)
            .and_then(|(total, parts)| told(name, "projects", total, parts, projects.len()));
        own.or_else(|| projects.iter().find_map(|project| within(&project[part], name)))
    })
}

/// What does not add up in one breakdown of a project. Resources without a price are in no total.
fn within(breakdown: &Value, name: &str) -> Option<String> {
    breakdown["resources"].as_array()?;
    let resources = list(breakdown);
    let priced = resources.iter().map(|resource| &resource["monthlyCost"]).filter(|cost| !cost.is_null());
    let parts = sum(priced.map(money))?;
    told(name, "resources", money(&breakdown["totalMonthlyCost"])?, parts, resources.len())
}

/// The sum of amounts; `None` where one of them cannot be read.
fn sum(mut parts: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    parts.try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part?))
}

fn told(name: &str, of: &str, total: Decimal, parts: Decimal, count: usize) -> Option<String> {
    let wrong = !near(total, parts, count);
    wrong.then(|| format!("its totals disagree: a {name} of {}, and {of} of {}", total.normalize(), parts.normalize()))
}

/// Whether two sums are the same but for rounding.
fn near(one: Decimal, other: Decimal, parts: usize) -> bool {
    let allowed = ROUNDED.checked_mul(Decimal::from(parts.max(1))).unwrap_or(Decimal::MAX);
    one.checked_sub(other).is_some_and(|apart| apart.abs() <= allowed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn part(total: &str, resources: &[&str]) -> Value {
        let resources: Vec<Value> = resources.iter().map(|cost| json!({ "monthlyCost": cost })).collect();
        json!({ "totalMonthlyCost": total, "resources": resources })
    }

    #[test]
    fn sums_are_those_of_their_parts() {
        let report = |total: &str, before: &str, difference: &str, parts: [Value; 3]| {
            let [breakdown, past, diff] = parts;
            json!({
                "totalMonthlyCost": total, "pastTotalMonthlyCost": before, "diffTotalMonthlyCost": difference,
                "projects": [{ "breakdown": breakdown, "pastBreakdown": past, "diff": diff }],
            })
        };
        let parts = || [part("30", &["10", "20"]), part("10", &["10"]), part("20", &["20"])];
        for (found, expected) in [
            (report("30", "10", "20", parts()), None),
            (report("30.004", "10", "20", parts()), None),
            (report("30", "10", "-20", parts()), Some("a difference of -20 between 10 and 30")),
            (report("40", "20", "20", parts()), Some("a total of 40, and projects of 30")),
            (
                report("30", "10", "20", [part("30", &["10", "2"]), part("10", &["10"]), part("20", &["20"])]),
                Some("a total of 30, and resources of 12"),
            ),
            (
                report("30", "10", "20", [part("30", &["30"]), part("10", &["10"]), part("20", &["1"])]),
                Some("a difference of 20, and resources of 1"),
            ),
        ] {
            let expected = expected.map(|why| format!("its totals disagree: {why}"));
            assert_eq!(disagree(&found), expected, "{found}");
        }
    }

    #[test]
    fn what_is_not_said_disagrees_with_nothing() {
        let unknown =
            json!({ "totalMonthlyCost": "10", "resources": [{ "monthlyCost": "10" }, { "monthlyCost": null }] });
        for found in [
            json!({}),
            json!({ "totalMonthlyCost": "5", "projects": [{}] }),
            json!({ "totalMonthlyCost": "10", "pastTotalMonthlyCost": null, "projects": [{ "breakdown": unknown }] }),
        ] {
            assert_eq!(disagree(&found), None, "{found}");
        }
    }
}
