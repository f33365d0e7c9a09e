//! Days in a row.

use jiff::{ToSpan as _, civil::Date};

/// Some days in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days {
    /// The first.
    pub first: Date,
    /// The last, itself inside.
    pub last: Date,
}

impl Days {
    /// So many days that end with one; none out of range.
    pub fn ending(last: Date, count: i32) -> Option<Self> {
        Some(Self { first: last.checked_sub((count - 1).days()).ok()?, last })
    }

    /// How many they are.
    pub fn count(self) -> i32 {
        self.first.until(self.last).map_or(0, |span| span.get_days()) + 1
    }
}
