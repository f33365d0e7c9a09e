//! Why something is due when it is.

use std::fmt;

use jiff::{Timestamp, civil::Date};

use crate::{Limit, Pause};

/// Why something is due when it is: each day that was looked at and each pause (DOMAIN §0.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// When it is due.
    pub due: Timestamp,
    /// The limit.
    pub limit: Limit,
    /// When its clock started.
    pub start: Timestamp,
    /// With working days: every day from that of the start to the last counted one. Empty with natural time.
    pub days: Vec<DayAccount>,
    /// The pauses between start and due, in order; those that overlap or adjoin are one. One that still
    /// lasts has no end.
    pub paused: Vec<Pause>,
    /// Years of `days` for which Monday to Friday was assumed, in order.
    pub unknown_years: Vec<i16>,
    /// The version of the calendar.
    pub calendar: String,
}

/// One day of an [`Explanation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayAccount {
    /// The day, in the county's zone.
    pub date: Date,
    /// Whether it is one of the limit's days.
    pub counted: bool,
    /// Why, or why not.
    pub why: DayReason,
}

/// Why a day counts or does not. Shown, it is what people read, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayReason {
    /// Monday to Friday of a known year.
    WorkingDay,
    /// A working day by the table: a weekend that is made up for, of the named festival, or a county's own.
    MakeUpWorkday(String),
    /// Monday to Friday of a year whose notice is not known.
    AssumedWorkingDay,
    /// Saturday or Sunday of a known year.
    Weekend,
    /// A free day by the table, of the named festival.
    Holiday(String),
    /// Saturday or Sunday of a year whose notice is not known.
    AssumedWeekend,
    /// A working day on which the clock stood still for a moment or longer.
    Paused,
    /// The day of the start, which never counts.
    StartDay,
}

impl fmt::Display for DayReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDay => f.write_str("工作日"),
            Self::MakeUpWorkday(name) => write!(f, "调休上班（{name}）"),
            Self::AssumedWorkingDay => f.write_str("按工作日计（当年放假安排未公布）"),
            Self::Weekend => f.write_str("周末"),
            Self::Holiday(name) => write!(f, "放假（{name}）"),
            Self::AssumedWeekend => f.write_str("按周末计（当年放假安排未公布）"),
            Self::Paused => f.write_str("计时暂停"),
            Self::StartDay => f.write_str("起始日不计"),
        }
    }
}
