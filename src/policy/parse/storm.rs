//! `storm`: how many changes of the same files, and how many returns, are too many.

use jiff::SignedDuration;

use super::reader::{Fields, Keys, Reader};
use super::yaml::Node;
use crate::evidence::signals::StormLimits;

pub(super) const STORM: Keys =
    Keys { of: "`storm`", known: &["commits", "within", "flips", "flips_within"], later: &[] };

/// The most changes that can be asked for.
const MOST: usize = 10_000;
/// The longest time: nobody calls a year a storm.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);
const UNITS: [(char, i64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];

/// Reads the limits; those that are not written are the default's.
pub(super) fn read(reader: &mut Reader, fields: &Fields) -> StormLimits {
    let default = StormLimits::default();
    let Some(fields) = fields.get("storm").and_then(|node| reader.map(node, &STORM)) else { return default };
    let mut number = |key: &str| fields.get(key).and_then(|node| reader.number(node, key, MOST, ""));
    let (commits, flips) = (number("commits"), number("flips"));
    let mut time = |key: &str| fields.get(key).and_then(|node| duration(reader, node, key));
    let (within, flips_within) = (time("within"), time("flips_within"));
    StormLimits {
        commits: commits.unwrap_or(default.commits),
        within: within.unwrap_or(default.within),
        flips: flips.unwrap_or(default.flips),
        flips_within: flips_within.unwrap_or(default.flips_within),
    }
}

/// A whole number and its unit: `90s`, `10m`, `24h`, `7d`.
fn duration(reader: &mut Reader, node: &Node, key: &str) -> Option<SignedDuration> {
    let text = reader.text(node, key)?;
    let read = |text: &str| {
        let unit = text.chars().next_back()?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let number = &text[..text.len() - unit.len_utf8()];
        // A sign is no digit, and to be read as a number it must not be there.
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number: i64 = number.parse().ok().filter(|_| digits)?;
        Some(SignedDuration::from_secs(number.checked_mul(*seconds)?))
    };
    let time = read(text).filter(|time| (SignedDuration::from_secs(1)..=LONGEST).contains(time));
    if time.is_none() {
        let hint = "write a whole number and s, m, h or d: `10m`, `24h`";
        reader.error(node.at, format!("`{key}` must be a time from 1s to 31d"), hint);
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(storm: &str) -> Result<StormLimits, String> {
        let people = "people: [{ name: ann, emails: [a@x], roles: [approve, admin] }]";
        let text = format!("version: 1\n{people}\ntiers: {{ high: {{ approvals: 1 }} }}\nstorm: {storm}\n");
        let policy = super::super::parse(&text, "policy.yaml");
        policy.map(|policy| policy.storm).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_not_written_is_the_default() {
        let default = StormLimits::default();
        assert_eq!(limits("{}"), Ok(default));
        let within = SignedDuration::from_secs(90);
        assert_eq!(limits("{ commits: 5, within: 90s }"), Ok(StormLimits { commits: 5, within, ..default }));
        let flips_within = SignedDuration::from_hours(48);
        assert_eq!(limits("{ flips: 2, flips_within: 2d }"), Ok(StormLimits { flips: 2, flips_within, ..default }));
    }

    #[test]
    fn what_is_no_time_is_an_error_with_its_place() {
        for wrong in
            ["10", "m", "-5m", "+5m", "0s", "40d", "1w", "99999999999999999999d", "9999999999999999d", "1.5h", "10µ"]
        {
            let error = limits(&format!("{{ within: \"{wrong}\" }}")).unwrap_err();
            assert!(error.contains("policy.yaml:4:") && error.contains("`within` must be a time"), "{wrong}: {error}");
        }
        for wrong in ["{ commits: 0 }", "{ flips: many }", "{ rate: 5 }", "[]"] {
            assert!(limits(wrong).is_err(), "{wrong}");
        }
    }
}
