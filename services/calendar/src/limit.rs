//! How long something may take.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;
/// Ten years; a longer limit is a slip of the pen.
const MAX_SECONDS: u32 = 3650 * DAY;
/// About four years.
const MAX_WORKING_DAYS: u16 = 1000;
/// Up to three days people speak of hours: the limits of a push are 24 and 48 hours.
const FIRST_WHOLE_DAYS: u32 = 3 * DAY;
/// No limit is written longer; what is longer is not repeated in an error.
const LONGEST_TEXT: usize = 20;

/// How long something may take, written "90s", "30m", "24h", "7d" (natural time) or "5wd" (working days).
///
/// Read from text, a limit is longer than nothing, except "0m": at once; and has at most 3650 days or 1000
/// working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Limit {
    /// Time that passes day and night, holidays too.
    Natural {
        /// Seconds; 0 is at once.
        seconds: u32,
    },
    /// Whole working days of the calendar after the day of the start.
    WorkingDays {
        /// How many; 0, which no text gives, is at once.
        days: u16,
    },
}

/// Why a text is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// It has another form.
    #[error("{0:?} is not a limit: write 30m, 24h or 7d for natural time, 5wd for working days")]
    Unreadable(String),
    /// It is zero, and not "0m".
    #[error("a limit is longer than nothing; what is to be done at once has the limit 0m")]
    Zero,
    /// It is longer than any limit.
    #[error("a limit has at most {} days or {MAX_WORKING_DAYS} working days", MAX_SECONDS / DAY)]
    TooLong,
}

impl Limit {
    /// To be done at once: "0m".
    pub const AT_ONCE: Self = Self::Natural { seconds: 0 };

    /// This limit and another of its kind, as an approved extension makes it (S1-07). Nothing where the kinds
    /// differ or the sum is longer than any limit.
    #[must_use]
    pub fn lengthened(self, by: Self) -> Option<Self> {
        match (self, by) {
            (Self::Natural { seconds }, Self::Natural { seconds: more }) => {
                let seconds = seconds.checked_add(more).filter(|sum| *sum <= MAX_SECONDS)?;
                Some(Self::Natural { seconds })
            }
            (Self::WorkingDays { days }, Self::WorkingDays { days: more }) => {
                let days = days.checked_add(more).filter(|sum| *sum <= MAX_WORKING_DAYS)?;
                Some(Self::WorkingDays { days })
            }
            _ => None,
        }
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let unreadable = || LimitError::Unreadable(text.chars().take(LONGEST_TEXT).collect());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() || text.len() > LONGEST_TEXT {
            return Err(unreadable());
        }
        let number: u32 = number.parse().map_err(|_| LimitError::TooLong)?;
        let unit_seconds = match unit {
            "s" => 1,
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            "wd" => {
                let days = u16::try_from(number).ok().filter(|days| *days <= MAX_WORKING_DAYS);
                return match days.ok_or(LimitError::TooLong)? {
                    0 => Err(LimitError::Zero),
                    days => Ok(Self::WorkingDays { days }),
                };
            }
            _ => return Err(unreadable()),
        };
        match number.checked_mul(unit_seconds) {
            Some(0) if unit != "m" => Err(LimitError::Zero),
            Some(seconds) if seconds <= MAX_SECONDS => Ok(Self::Natural { seconds }),
            _ => Err(LimitError::TooLong),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::WorkingDays { days } => write!(f, "{days}wd"),
            Self::Natural { seconds: 0 } => f.write_str("0m"),
            Self::Natural { seconds } if seconds >= FIRST_WHOLE_DAYS && seconds.is_multiple_of(DAY) => {
                write!(f, "{}d", seconds / DAY)
            }
            Self::Natural { seconds } if seconds.is_multiple_of(HOUR) => write!(f, "{}h", seconds / HOUR),
            Self::Natural { seconds } if seconds.is_multiple_of(MINUTE) => write!(f, "{}m", seconds / MINUTE),
            Self::Natural { seconds } => write!(f, "{seconds}s"),
        }
    }
}

impl TryFrom<String> for Limit {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, LimitError> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> Self {
        limit.to_string()
    }
}
