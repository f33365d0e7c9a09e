//! Until when a cluster may be joined.

use jiff::{SignedDuration, Timestamp};

/// Whether a cluster takes further reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joinable {
    /// Its case is not over.
    Always,
    /// Its case is over, and is opened again by what is told until then.
    Until(Timestamp),
    /// Its case is over for good.
    Never,
}

impl Joinable {
    /// From whether its case takes reports, and until when it does so if it is over.
    #[must_use]
    pub fn new(open: bool, until: Option<Timestamp>) -> Self {
        match until {
            _ if open => Self::Always,
            Some(until) => Self::Until(until),
            None => Self::Never,
        }
    }

    /// Whether its case takes reports without being opened again.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::Always
    }

    /// Until when it takes reports though its case is over.
    #[must_use]
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Until(until) => Some(until),
            Self::Always | Self::Never => None,
        }
    }

    /// Whether a report that was told at this time may join it. Not when it arrives counts, so that it is the same
    /// whoever brings it, in whatever batch.
    #[must_use]
    pub fn takes(self, told_at: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::Until(until) => told_at <= until,
            Self::Never => false,
        }
    }

    /// Whether it took reports at most so long before a time. Where its case is over for good, nobody knows since
    /// when.
    #[must_use]
    pub fn took_within(self, window: SignedDuration, told_at: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::Until(until) => told_at.duration_since(until) <= window,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_at_the_very_end_of_the_window_is_still_taken() {
        let at = |nanosecond| Timestamp::from_nanosecond(nanosecond).unwrap();
        let cluster = Joinable::new(false, Some(at(1_000)));
        assert!(cluster.takes(Timestamp::MIN) && cluster.takes(at(1_000)) && !cluster.takes(at(1_001)));
        assert!(Joinable::new(true, Some(at(1_000))).takes(Timestamp::MAX));
        assert!(!Joinable::new(false, None).takes(Timestamp::MIN));
    }

    #[test]
    fn what_takes_a_report_has_taken_some_within_any_window() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (window, told_at) = (SignedDuration::from_secs(10), at(100));
        for (joinable, took) in [
            (Joinable::Always, true),
            (Joinable::Until(at(200)), true),
            (Joinable::Until(at(90)), true),
            (Joinable::Until(at(89)), false),
            (Joinable::Never, false),
        ] {
            assert_eq!(joinable.took_within(window, told_at), took, "{joinable:?}");
            assert!(took || !joinable.takes(told_at), "{joinable:?}");
        }
    }

    #[test]
    fn it_is_as_it_was_when_it_is_put_together_again() {
        for joinable in [Joinable::Always, Joinable::Until(Timestamp::UNIX_EPOCH), Joinable::Never] {
            assert_eq!(Joinable::new(joinable.is_open(), joinable.until()), joinable);
        }
    }
}
