//! How often a `CronJob` runs: counted, not simulated.
//!
//! The grammar is that of Kubernetes (github.com/robfig/cron/v3): five fields, names, lists, ranges, steps, `?`, and words such
//! as `@daily`. Where both the day of the month and that of the week are given, either is enough.

use rust_decimal::Decimal;

/// The months of four years, one of them a leap year.
const MONTHS_COUNTED: u32 = 48;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEK: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// How often a schedule comes up in an average month; `None` where it is no schedule.
pub(super) fn runs_a_month(schedule: &str) -> Option<Decimal> {
    if schedule.len() > 256 {
        return None;
    }
    let schedule = schedule.trim();
    let schedule = WORDS.iter().find(|(word, _)| *word == schedule).map_or(schedule, |(_, fields)| fields);
    let mut fields: Vec<&str> = schedule.split_ascii_whitespace().collect();
    if fields.first().is_some_and(|first| first.starts_with("TZ=") || first.starts_with("CRON_TZ=")) {
        fields.remove(0);
    }
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let a_day = set(minute, 0, 59, &[])?.count_ones() * set(hour, 0, 23, &[])?.count_ones();
    let (days, months) = (set(day, 1, 31, &[])?, set(month, 1, 12, &MONTHS)?);
    let weekdays = set(weekday, 0, 7, &WEEK)?;
    // Sunday is 0 and 7.
    let weekdays = if weekdays & 1 << 7 == 0 { weekdays } else { weekdays | 1 };
    let any = |field: &str| field.starts_with(['*', '?']);
    let matches = |of_month: u32, of_week: u32| {
        let (by_month, by_week) = (days & 1 << of_month != 0, weekdays & 1 << of_week != 0);
        if any(day) || any(weekday) { by_month && by_week } else { by_month || by_week }
    };
    let days = calendar().filter(|(month, day, week)| months & 1 << month != 0 && matches(*day, *week)).count();
    Some(Decimal::from(a_day) * Decimal::from(days) / Decimal::from(MONTHS_COUNTED))
}

/// The months, days and weekdays of four years. Weekdays wander: over so many days each falls on each date about as often.
fn calendar() -> impl Iterator<Item = (u32, u32, u32)> {
    let lengths = |year: u32| [31, if year == 0 { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let dates = (0..4).flat_map(move |year| {
        let months = (1_u32..).zip(lengths(year));
        months.flat_map(|(month, length)| (1..=length).map(move |day| (month, day)))
    });
    dates.zip((0..7).cycle()).map(|((month, day), week)| (month, day, week))
}

/// The numbers of a field as bits.
fn set(field: &str, least: u32, most: u32, names: &[&str]) -> Option<u64> {
    field.split(',').try_fold(0, |set, part| Some(set | range(part, least, most, names)?))
}

fn range(part: &str, least: u32, most: u32, names: &[&str]) -> Option<u64> {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let number = |text: &str| {
        let name = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        // Months begin with 1, weekdays with 0.
        let number = name.map_or_else(|| text.parse().ok(), |at| Some(at as u32 + least));
        number.filter(|number| (least..=most).contains(number))
    };
    let (first, last) = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => (least, if most == 7 { 6 } else { most }),
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(range)?, if step.is_some() { most } else { number(range)? }),
    };
    let step = step.map_or(Some(1), |step| step.parse::<usize>().ok().filter(|step| *step > 0))?;
    (first <= last).then(|| (first..=last).step_by(step).fold(0, |set, number| set | 1 << number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn schedules_are_counted() {
        for (schedule, runs) in [
            ("0 0 * * *", "30.44"),
            ("@daily", "30.44"),
            ("@hourly", "730.5"),
            ("*/15 * * * *", "2922"),
            ("* * * * *", "43830"),
            ("0 3 1 * *", "1"),
            ("0 3 31 * *", "0.58"),
            ("0 0 29 2 *", "0.02"),
            ("30 2 * * 0", "4.35"),
            ("30 2 * * SUN", "4.35"),
            ("30 2 * * 7", "4.35"),
            ("0 9-17/2 * * mon-fri", "108.75"),
            ("0 0,12 * jan,jul *", "10.33"),
            // Either is enough: 12 of 31 days, or Mondays.
            ("0 0 1 * MON", "5.23"),
            ("0 0 ? * MON", "4.35"),
            ("TZ=Europe/Amsterdam 0 0 * * *", "30.44"),
            ("5/20 0 * * *", "91.31"),
        ] {
            let found = runs_a_month(schedule).map(|runs| runs.round_dp(2).normalize().to_string());
            assert_eq!(found.as_deref(), Some(runs), "{schedule}");
        }
        for wrong in [
            "",
            "* * * *",
            "60 * * * *",
            "* * * * 8",
            "*/0 * * * *",
            "5-1 * * * *",
            "H 2 * * *",
            "0 0 0 * *",
            "@reboot",
        ] {
            assert_eq!(runs_a_month(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(schedule in "[-0-9*/,?@a-z ]{0,40}") {
            if let Some(runs) = runs_a_month(&schedule) {
                prop_assert!(runs >= Decimal::ZERO && runs <= Decimal::from(44_000));
            }
        }
    }
}
