//! The three lanes of an agency's queue: red overtakes orange, orange overtakes yellow.

use fengqiao_proto::types::v1::Level;

/// One lane of an agency's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Pushed at once.
    Red,
    /// Pushed within 24 hours by default.
    Orange,
    /// All the rest.
    Yellow,
}

impl Lane {
    /// All lanes in the order in which they are emptied.
    pub const IN_ORDER: [Self; 3] = [Self::Red, Self::Orange, Self::Yellow];

    /// The lane of a level. What is not dangerous enough for its own lane takes the last one, so that a
    /// push of an unforeseen level is late rather than lost.
    #[must_use]
    pub const fn of(level: Level) -> Self {
        match level {
            Level::Red => Self::Red,
            Level::Orange => Self::Orange,
            Level::Yellow | Level::Blue | Level::Unspecified => Self::Yellow,
        }
    }

    /// The lowest and the highest level that take it.
    #[must_use]
    pub const fn levels(self) -> (Level, Level) {
        match self {
            Self::Red => (Level::Red, Level::Red),
            Self::Orange => (Level::Orange, Level::Orange),
            Self::Yellow => (Level::Unspecified, Level::Yellow),
        }
    }

    /// Its name in keys and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_goes_before_orange_before_yellow() {
        assert_eq!(Lane::IN_ORDER.map(Lane::name), ["red", "orange", "yellow"]);
        assert!(Lane::IN_ORDER.is_sorted());
    }

    #[test]
    fn every_level_has_a_lane() {
        for level in 0..=4 {
            let lane = Lane::of(Level::try_from(level).unwrap());
            assert_eq!(lane == Lane::Red, level == Level::Red as i32);
            let (lowest, highest) = lane.levels();
            assert!((lowest as i32..=highest as i32).contains(&level));
        }
    }
}
