//! The demo's dates: all relative to one moment, in UTC, so that a moment fixes every object id.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const DAY: i64 = 86_400;

/// Counts back from a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    now: i64,
}

impl Calendar {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now: now.as_second() }
    }

    /// Seconds since 1970 of a time of day, so many days before today.
    pub(super) const fn at(self, days_ago: u32, hour: u32, minute: u32) -> i64 {
        let midnight = self.now - self.now.rem_euclid(DAY);
        midnight - days_ago as i64 * DAY + hour as i64 * 3600 + minute as i64 * 60
    }

    /// When the demo's `init` signs: yesterday, when the storm was over and somebody had had enough.
    pub(super) const fn genesis(self) -> i64 {
        self.at(1, 15, 30)
    }

    /// A moment between the genesis (0) and now (1000).
    pub(super) const fn since_genesis(self, permille: i64) -> i64 {
        self.genesis() + (self.now - self.genesis()) * permille / 1000
    }

    /// The date so many days ago: `2025-03-12`.
    pub(super) fn date(self, days_ago: u32) -> String {
        self.format("%Y-%m-%d", days_ago)
    }

    /// Such a date as people write it: `12 Mar`.
    pub(super) fn day(self, days_ago: u32) -> String {
        self.format("%-d %b", days_ago)
    }

    fn format(self, format: &str, days_ago: u32) -> String {
        let moment = Timestamp::from_second(self.at(days_ago, 12, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.to_zoned(TimeZone::UTC).strftime(format).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_back_in_days_of_utc() {
        let calendar = Calendar::new("2025-11-20T00:10:00Z".parse().unwrap());
        assert_eq!(calendar.date(253), "2025-03-12");
        assert_eq!(calendar.day(253), "12 Mar");
        assert_eq!(Timestamp::from_second(calendar.at(1, 14, 39)).unwrap().to_string(), "2025-11-19T14:39:00Z");
        assert!(calendar.since_genesis(0) < calendar.since_genesis(999));
        assert_eq!(Timestamp::from_second(calendar.since_genesis(1000)).unwrap().to_string(), "2025-11-20T00:10:00Z");
    }
}
