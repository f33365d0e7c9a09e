//! At night only what is red is told.

use fengqiao_proto::types::v1::Level;
use jiff::civil::Time;

/// When people are not woken, local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// From here on …
    pub from: Time,
    /// … until here. Before `from` it is the next day's.
    pub until: Time,
}

impl Quiet {
    /// Whether people sleep at a local time. Where both ends are the same, there is no night.
    #[must_use]
    pub fn holds(self, local: Time) -> bool {
        if self.from <= self.until {
            (self.from..self.until).contains(&local)
        } else {
            local >= self.from || local < self.until
        }
    }

    /// Whether something of this level may be told at a local time.
    #[must_use]
    pub fn lets(self, level: Level, local: Time) -> bool {
        level == Level::Red || !self.holds(local)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn the_night_goes_over_midnight_and_red_goes_through_it() {
        let night = Quiet { from: time(22, 0, 0, 0), until: time(7, 0, 0, 0) };
        for (local, asleep) in [
            (time(21, 59, 59, 0), false),
            (time(22, 0, 0, 0), true),
            (time(0, 0, 0, 0), true),
            (time(6, 59, 59, 0), true),
            (time(7, 0, 0, 0), false),
        ] {
            assert_eq!(night.holds(local), asleep, "{local}");
            assert!(night.lets(Level::Red, local));
            assert_eq!(night.lets(Level::Orange, local), !asleep, "{local}");
        }
        let noon = Quiet { from: time(12, 0, 0, 0), until: time(14, 0, 0, 0) };
        assert!(noon.holds(time(13, 0, 0, 0)) && !noon.holds(time(14, 0, 0, 0)));
        let none = Quiet { from: time(0, 0, 0, 0), until: time(0, 0, 0, 0) };
        assert!(!none.holds(time(0, 0, 0, 0)) && !none.holds(time(23, 0, 0, 0)));
    }
}
