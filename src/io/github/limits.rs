//! What comes after an answer: a pure function of what was told, of how often it was asked, and of the time.
//!
//! GitHub has a budget an hour (`x-ratelimit-*`), and secondary limits on how fast one writes and how much one asks at once,
//! which it tells by `retry-after`, or by words alone. Both are kept, because going on in spite of them gets a token banned. Only
//! reads are asked again: a write whose answer was lost may have happened.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How often a read is asked at most, the first time included.
pub const ATTEMPTS: u32 = 4;
/// The longest wait between two attempts: whoever looks at a screen is told of a longer one instead.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long to leave a secondary limit alone that does not say how long (GitHub's documents: at least a minute).
const SECONDARY_WAIT: SignedDuration = SignedDuration::from_mins(1);
/// How long to leave a budget alone that does not say when it is filled again: they last an hour.
const PRIMARY_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// The longest wait that is believed: an answer from between cannot shut the queue for a year.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);

/// What an answer told of limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// The status; `None` where there was no whole answer.
    pub status: Option<u16>,
    /// `retry-after`.
    pub retry_after: Option<Duration>,
    /// `x-ratelimit-remaining`.
    pub remaining: Option<u64>,
    /// `x-ratelimit-reset`.
    pub reset: Option<Timestamp>,
    /// The limit that its words speak of: GraphQL does so in a 200.
    pub words: Option<Limit>,
    /// Whether nothing came for so long that it was given up: once more is enough of that.
    pub silent: bool,
    /// Whether it was a write.
    pub write: bool,
}

/// Which limit was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The requests of an hour are used up.
    Primary,
    /// Too much at once, or too fast.
    Secondary,
}

/// How fast a read is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The first wait after a failure of the server; each further one is four times as long.
    pub first: Duration,
    /// Any number: it spreads those who failed together.
    pub jitter: u8,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The answer stands, whatever it says.
    Stands,
    /// The same is asked again after this time.
    Again(Duration),
    /// Nothing of this kind is asked before then.
    Limited(Limit, Timestamp),
}

/// What comes after an answer to the attempt of this number, the first being 0.
#[must_use]
pub fn next(told: &Told, attempt: u32, now: Timestamp, pace: Pace) -> Next {
    let again = !told.write && attempt.saturating_add(1) < if told.silent { 2 } else { ATTEMPTS };
    if let Some(limit) = limit(told) {
        let wait = told.retry_after.filter(|wait| again && *wait <= PATIENCE);
        return wait.map_or_else(
            || Next::Limited(limit, until(told, limit, attempt, now)),
            |wait| Next::Again(wait + part(pace.first, pace.jitter)),
        );
    }
    match told.status {
        None | Some(500..) if again => {
            let half = pace.first * 4_u32.pow(attempt.min(3)) / 2;
            let asked = told.retry_after.unwrap_or_default().min(PATIENCE);
            Next::Again((half + part(half, pace.jitter)).max(asked))
        }
        _ => Next::Stands,
    }
}

/// So many 255ths of a time.
fn part(whole: Duration, jitter: u8) -> Duration {
    whole * u32::from(jitter) / u32::from(u8::MAX)
}

/// The limit that an answer is about.
fn limit(told: &Told) -> Option<Limit> {
    let refused = matches!(told.status, Some(403 | 429));
    let empty = told.remaining == Some(0);
    if told.words.is_some() {
        told.words
    } else if refused && told.retry_after.is_some() && !empty {
        Some(Limit::Secondary)
    } else if refused && empty {
        Some(Limit::Primary)
    } else if told.status == Some(429) {
        // Something between here and GitHub may not say more.
        Some(Limit::Secondary)
    } else {
        None
    }
}

fn until(told: &Told, limit: Limit, attempt: u32, now: Timestamp) -> Timestamp {
    let asked = told.retry_after.map(|wait| SignedDuration::try_from(wait).unwrap_or(LONGEST));
    let filled = told.reset.filter(|_| limit == Limit::Primary).map(|reset| now.duration_until(reset));
    let wait = asked.or(filled).unwrap_or(match limit {
        Limit::Secondary => SECONDARY_WAIT * 2_i32.pow(attempt.min(4)),
        Limit::Primary => PRIMARY_WAIT,
    });
    // A clock that is behind the server's would ask again at once.
    now + wait.clamp(SignedDuration::from_secs(1), LONGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(seconds: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(seconds)
    }

    fn told(status: u16) -> Told {
        Told { status: Some(status), ..Told::default() }
    }

    const fn pace(jitter: u8) -> Pace {
        Pace { first: Duration::from_millis(250), jitter }
    }

    const fn millis(millis: u64) -> Next {
        Next::Again(Duration::from_millis(millis))
    }

    #[test]
    fn each_answer_has_its_next() {
        let wait = |seconds| Some(Duration::from_secs(seconds));
        let secondary = |seconds| Next::Limited(Limit::Secondary, after(seconds));
        let primary = |seconds| Next::Limited(Limit::Primary, after(seconds));
        let lost = Told::default();
        for (told, attempt, wanted) in [
            (told(200), 0, Next::Stands),
            (told(304), 0, Next::Stands),
            (told(401), 0, Next::Stands),
            (told(403), 0, Next::Stands),
            (told(404), 0, Next::Stands),
            (told(409), 0, Next::Stands),
            (told(422), 0, Next::Stands),
            (Told { remaining: Some(0), ..told(200) }, 0, Next::Stands),
            (Told { remaining: Some(7), reset: Some(after(9)), ..told(403) }, 0, Next::Stands),
            (told(500), 0, millis(125)),
            (told(502), 1, millis(500)),
            (told(503), 2, millis(2_000)),
            (told(504), 3, Next::Stands),
            (lost, 0, millis(125)),
            (lost, 3, Next::Stands),
            (Told { silent: true, ..lost }, 0, millis(125)),
            (Told { silent: true, ..lost }, 1, Next::Stands),
            (Told { retry_after: wait(3), ..told(503) }, 0, millis(3_000)),
            (Told { retry_after: wait(900), ..told(503) }, 0, millis(10_000)),
            (Told { retry_after: wait(5), ..told(403) }, 0, millis(5_000)),
            (Told { retry_after: wait(5), ..told(429) }, 2, millis(5_000)),
            (Told { retry_after: wait(5), ..told(429) }, 3, secondary(5)),
            (Told { retry_after: wait(60), ..told(403) }, 0, secondary(60)),
            (Told { retry_after: wait(9_000_000), ..told(403) }, 0, secondary(7_200)),
            (Told { words: Some(Limit::Secondary), ..told(403) }, 0, secondary(60)),
            (Told { words: Some(Limit::Secondary), ..told(403) }, 2, secondary(240)),
            (Told { words: Some(Limit::Secondary), ..told(200) }, 0, secondary(60)),
            (Told { remaining: Some(0), reset: Some(after(90)), ..told(403) }, 0, primary(90)),
            (Told { remaining: Some(0), reset: Some(after(-90)), ..told(403) }, 0, primary(1)),
            (Told { remaining: Some(0), ..told(429) }, 0, primary(3_600)),
            (told(429), 0, secondary(60)),
            (Told { words: Some(Limit::Primary), reset: Some(after(30)), ..told(200) }, 0, primary(30)),
        ] {
            assert_eq!(next(&told, attempt, NOW, pace(0)), wanted, "{told:?} at {attempt}");
            let write = Told { write: true, ..told };
            assert!(!matches!(next(&write, attempt, NOW, pace(0)), Next::Again(_)), "a write: {told:?}");
        }
    }

    #[test]
    fn waits_are_spread_and_bounded() {
        let mut total = Duration::ZERO;
        for attempt in 0..ATTEMPTS {
            let [least, most] = [0, u8::MAX].map(|jitter| next(&told(500), attempt, NOW, pace(jitter)));
            match (least, most) {
                (Next::Again(least), Next::Again(most)) => {
                    assert!(least < most && most <= PATIENCE);
                    total += most;
                }
                other => assert_eq!((attempt, other), (ATTEMPTS - 1, (Next::Stands, Next::Stands))),
            }
        }
        assert!(total <= Duration::from_secs(6), "{total:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_told_the_wait_is_bounded(
            (status, after, remaining, reset) in (
                proptest::option::of(any::<u16>()), proptest::option::of(any::<u64>()),
                proptest::option::of(any::<u64>()), proptest::option::of(-377_705_023_201_i64..253_402_207_200),
            ),
            (silent, write, attempt, jitter) in any::<(bool, bool, u32, u8)>(),
        ) {
            let told = Told {
                status,
                retry_after: after.map(Duration::from_secs),
                remaining,
                reset: reset.and_then(|seconds| Timestamp::from_second(seconds).ok()),
                words: None,
                silent,
                write,
            };
            match next(&told, attempt, NOW, pace(jitter)) {
                Next::Stands => {}
                Next::Again(wait) => prop_assert!(!write && attempt + 1 < ATTEMPTS && wait <= PATIENCE + Duration::from_secs(1)),
                Next::Limited(_, until) => prop_assert!(until > NOW && until <= NOW + LONGEST),
            }
        }
    }
}
