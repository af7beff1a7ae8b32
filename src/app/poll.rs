//! When forges are asked again by themselves: every two minutes, and not while nobody is there.

use jiff::{SignedDuration, Timestamp};

/// Between two questions. A repository of which nothing changed answers with a 304, which costs nothing of the budget.
const EVERY: SignedDuration = SignedDuration::from_mins(2);
/// After the last key nobody is there any more.
const GONE: SignedDuration = SignedDuration::from_mins(15);

/// When it was asked last, and when a key was touched.
#[derive(Debug, Clone, Copy)]
pub struct Poll {
    asked: Timestamp,
    touched: Timestamp,
}

impl Poll {
    /// A console that begins, and asks at once.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { asked: now, touched: now }
    }

    /// Somebody is there.
    pub fn touch(&mut self, at: Timestamp) {
        self.touched = self.touched.max(at);
    }

    /// It was asked.
    pub fn ask(&mut self, at: Timestamp) {
        self.asked = self.asked.max(at);
    }

    /// When it is to be asked next; `None` while nobody is there.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        let (next, gone) = (self.asked.checked_add(EVERY).ok()?, self.touched.checked_add(GONE).ok()?);
        (next < gone).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_hour_asks_seven_times_and_then_waits_for_a_key() {
        let at = |seconds: i64| Timestamp::from_second(1_700_000_000 + seconds).unwrap();
        let mut poll = Poll::new(at(0));
        let mut asked = Vec::new();
        for second in 0..3600 {
            if poll.next().is_some_and(|next| next <= at(second)) {
                poll.ask(at(second));
                asked.push(second / 60);
            }
        }
        assert_eq!(asked, [2, 4, 6, 8, 10, 12, 14]);
        // Whoever comes back is told at once.
        poll.touch(at(3600));
        assert!(poll.next().is_some_and(|next| next <= at(3600)));
    }
}
