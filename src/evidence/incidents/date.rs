//! Days and lengths of time as people write them in postmortems.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, Unit};

/// Texts that are longer are no date and no length of time.
const MAX_BYTES: usize = 80;
/// The first year that is believed: before it nobody wrote Markdown.
const FIRST_YEAR: i16 = 1990;
/// The longest outage that is believed, in minutes: 60 days.
const LONGEST: i64 = 60 * 24 * 60;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The day that a text begins with or tells in words: `2025-03-14T10:51:00Z`, `2025/03/14`, `14 March 2025`, `Mar 14th, 2025`.
/// `None` for all else: `03/04/2025` is March to some and April to others.
#[must_use]
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    numeric(text).or_else(|| in_words(text)).filter(|date| date.year() >= FIRST_YEAR)
}

/// `2025-03-14…`, `2025/3/14`, `2025.03.14`; what follows the day does not count.
fn numeric(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, ['-', '/', '.']);
    let (year, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (year.len() == 4 && (1..=2).contains(&digits)).then_some(())?;
    Date::new(year.parse().ok()?, month.parse().ok()?, rest.get(..digits)?.parse().ok()?).ok()
}

fn in_words(text: &str) -> Option<Date> {
    let words = text.split([' ', ',', '\t']).filter(|word| !word.is_empty() && !word.contains(':'));
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    let at = words.iter().position(|word| month(word).is_some())?;
    let month = month(&words[at])?;
    let year = words.iter().find_map(|word| word.parse::<i16>().ok().filter(|year| *year >= FIRST_YEAR))?;
    let before = at.checked_sub(1).and_then(|before| day_of_month(&words[before]));
    let day = before.or_else(|| day_of_month(words.get(at + 1)?))?;
    Date::new(year, month, day).ok()
}

fn month(word: &str) -> Option<i8> {
    let letters = word.trim_end_matches('.');
    let known = letters.bytes().all(|b| b.is_ascii_alphabetic()) && (3..=9).contains(&letters.len());
    let at = MONTHS.iter().position(|month| known && letters.starts_with(month))?;
    i8::try_from(at + 1).ok()
}

fn day_of_month(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.');
    digits.parse().ok().filter(|day| (1..=31).contains(day))
}

/// A length of time in minutes: `00:41:00`, `41 minutes`, `1h 12m`, `PT1H30M`. A bare number has no unit, and is none.
#[must_use]
pub(super) fn minutes(text: &str) -> Option<u32> {
    let text = text.trim().trim_start_matches(['~', '≈']).trim_start();
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    let found = clock(text).or_else(|| units(text))?;
    u32::try_from(found).ok().filter(|minutes| i64::from(*minutes) <= LONGEST)
}

/// `HH:MM` or `HH:MM:SS`; a begun minute counts.
fn clock(text: &str) -> Option<u64> {
    let text = text.split_whitespace().next()?;
    let mut parts = text.split(':').map(|part| part.parse::<u64>().ok().filter(|_| part.len() <= 3));
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    (parts.next().is_none() && minutes < 60 && seconds < 60).then(|| hours * 60 + minutes + seconds.div_ceil(60))
}

/// Numbers with units, added up; what is neither ends it.
fn units(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let iso = lower.strip_prefix('p').filter(|rest| rest.starts_with(|c: char| c == 't' || c.is_ascii_digit()));
    let plain = iso.map_or(lower.clone(), |rest| rest.replace('t', " "));
    let mut rest = plain.as_str();
    let mut seconds: Option<f64> = None;
    loop {
        rest = rest.trim_start_matches([' ', ',']).trim_start_matches("and ").trim_start();
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let Some(number) = rest.get(..digits).and_then(|number| number.parse::<f64>().ok()) else { break };
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let Some(unit) = rest.get(..letters).and_then(seconds_of) else { break };
        seconds = Some(seconds.unwrap_or(0.0) + number * unit);
        rest = &rest[letters..];
    }
    seconds.map(|seconds| (seconds / 60.0).ceil() as u64)
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "d" | "day" | "days" => Some(86_400.0),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3_600.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        _ => None,
    }
}

/// The minutes between two moments that are written alike; `None` where either has no time of day.
#[must_use]
pub(super) fn between(start: &str, end: &str) -> Option<u32> {
    let (start, end) = (start.trim(), end.trim());
    let minutes = match (start.parse::<Timestamp>(), end.parse::<Timestamp>()) {
        (Ok(start), Ok(end)) => start.until((Unit::Minute, end)).ok()?.get_minutes(),
        _ => civil(start)?.until((Unit::Minute, civil(end)?)).ok()?.get_minutes(),
    };
    u32::try_from(minutes).ok().filter(|minutes| i64::from(*minutes) <= LONGEST)
}

fn civil(text: &str) -> Option<DateTime> {
    text.parse().ok().filter(|_| text.contains(':') && !text.ends_with('Z') && text.len() <= MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_as_people_write_them() {
        for (text, expected) in [
            ("2025-03-14", Some("2025-03-14")),
            ("2025-03-14T10:51:00Z", Some("2025-03-14")),
            ("2018-04-13 15:54:00", Some("2018-04-13")),
            ("2025/3/4", Some("2025-03-04")),
            ("2025-03-14 (Friday)", Some("2025-03-14")),
            ("14 March 2025", Some("2025-03-14")),
            ("Friday, 14 March 2025", Some("2025-03-14")),
            ("March 14, 2025", Some("2025-03-14")),
            ("Mar. 14th, 2025 10:51 UTC", Some("2025-03-14")),
            ("10:51 on 1st Sept 2024", Some("2024-09-01")),
            ("03/04/2025", None),
            ("2025-13-01", None),
            ("2025-02-30", None),
            ("0001-01-01", None),
            ("31 February 2025", None),
            ("true", None),
            ("yesterday", None),
            ("marching 14 2025", Some("2025-03-14")),
            ("TBD", None),
            ("", None),
        ] {
            assert_eq!(day(text).map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn lengths_as_people_write_them() {
        for (text, expected) in [
            ("00:41:00", Some(41)),
            ("1:12", Some(72)),
            ("00:00:30", Some(1)),
            ("41 minutes", Some(41)),
            ("180 min", Some(180)),
            ("1h 12m", Some(72)),
            ("1 hour and 12 minutes", Some(72)),
            ("~2.5 hours", Some(150)),
            ("2 days, 3 hours", Some(3060)),
            ("PT1H30M", Some(90)),
            ("P1DT2H", Some(1560)),
            ("45m (of 90)", Some(45)),
            ("41", None),
            ("99:99", None),
            ("400 days", None),
            ("long", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }

    #[test]
    fn from_one_moment_to_the_next() {
        assert_eq!(between("2025-03-14T10:51:00Z", "2025-03-14T12:32:00+01:00"), Some(41));
        assert_eq!(between("2018-04-13 15:54:00", "2018-04-13 16:00:30"), Some(6));
        assert_eq!(between("2025-03-14", "2025-03-15"), None);
        assert_eq!(between("2025-03-14T10:51:00Z", "2025-03-14T10:00:00Z"), None);
        assert_eq!(between("2018-04-13 15:54:00", "true"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(?s).{0,90}", other in "[-0-9:/. TZPmarch]{0,30}") {
            let _ = (day(&text), minutes(&text), between(&text, &other), day(&other), minutes(&other), between(&other, &other));
        }
    }
}
