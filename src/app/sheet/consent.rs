//! When a confirming key counts.
//!
//! Consent is to what was read. A key confirms only if the sheet, with the plan that it confirms, has been on the terminal
//! for [`ARMED_AFTER`] with no other key in between: what was typed ahead, repeats of a held key and pasted text confirm
//! nothing. A changed plan starts this again.

use jiff::{SignedDuration, Timestamp};

/// How long a sheet must have been on the terminal before its confirming key counts. A held key repeats every 30 to 50 ms, so
/// it never gets there; a person who has read even one line is far past it.
pub const ARMED_AFTER: SignedDuration = SignedDuration::from_millis(250);

/// Whether a sheet may be confirmed yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    shown: Option<Timestamp>,
}

impl Consent {
    /// A frame with the sheet, as it is now, is on the terminal.
    pub fn flushed(&mut self, at: Timestamp) {
        self.shown.get_or_insert(at);
    }

    /// Something else happened: a key, a change of the plan. The next frame counts afresh.
    pub fn disarm(&mut self) {
        self.shown = None;
    }

    /// Whether the confirming key, pressed at this time, counts. If not, the next frame counts afresh.
    pub fn confirm(&mut self, at: Timestamp) -> bool {
        let armed = self.shown.is_some_and(|shown| at.duration_since(shown) >= ARMED_AFTER);
        self.disarm();
        armed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_sheet_that_was_never_drawn_confirms_nothing() {
        assert!(!Consent::default().confirm(at(10_000)));
    }

    #[test]
    fn it_counts_after_a_quarter_of_a_second_on_the_terminal() {
        for (pressed, counts) in [(0, false), (249, false), (250, true), (60_000, true), (-5, false)] {
            let mut consent = Consent::default();
            consent.flushed(at(0));
            assert_eq!(consent.confirm(at(pressed)), counts, "{pressed} ms");
        }
    }

    #[test]
    fn later_frames_do_not_postpone_it_and_other_keys_do() {
        let mut consent = Consent::default();
        consent.flushed(at(0));
        consent.flushed(at(240));
        assert!(consent.confirm(at(250)));
        consent.flushed(at(300));
        consent.disarm();
        consent.flushed(at(400));
        assert!(!consent.confirm(at(600)));
    }

    #[test]
    fn a_held_key_never_confirms() {
        let mut consent = Consent::default();
        for press in 0..1000 {
            consent.flushed(at(press * 40));
            assert!(!consent.confirm(at(press * 40 + 39)));
        }
    }
}
