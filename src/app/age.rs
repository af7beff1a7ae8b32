//! How long ago, in as few characters as say it.

use jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `9m`, `5h`, `3d`, `6w`, `2y`; `now` for less than a minute and for what lies in the future.
#[must_use]
pub fn short_age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    match seconds {
        ..MINUTE => "now".to_owned(),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        _ if seconds < 60 * DAY => format!("{}d", seconds / DAY),
        _ if seconds < 730 * DAY => format!("{}w", seconds / (7 * DAY)),
        _ => format!("{}y", seconds / (365 * DAY)),
    }
}

/// `just now`, `9 min ago`, `12 Mar 2025` for what is older than sixty days; a future time is `in the future`.
#[must_use]
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    match seconds {
        ..-60 => "in the future".to_owned(),
        -60..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        HOUR..DAY => format!("{} h ago", seconds / HOUR),
        _ if seconds < 2 * DAY => "a day ago".to_owned(),
        _ if seconds < 60 * DAY => format!("{} days ago", seconds / DAY),
        _ => then.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let before = |seconds| Timestamp::from_second(1_700_000_000 - seconds).unwrap();
        for (seconds, short, long) in [
            (-600, "now", "in the future"),
            (0, "now", "just now"),
            (59, "now", "just now"),
            (60, "1m", "1 min ago"),
            (7200, "2h", "2 h ago"),
            (3 * DAY, "3d", "3 days ago"),
            (70 * DAY, "10w", "5 Sep 2023"),
            (1000 * DAY, "2y", "17 Feb 2021"),
        ] {
            assert_eq!(short_age(before(seconds), now), short);
            assert_eq!(ago(before(seconds), now), long);
        }
    }
}
