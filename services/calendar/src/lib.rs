//! By when something is owed: natural time and working days of the official calendar.
//!
//! There are two kinds of [`Limit`]. **Natural time** ("30m", "24h", "7d") runs day and night, holidays
//! too: the limits of pushing are such (S0-03). **Working days** ("5wd") are those of the State Council's
//! calendar, in which holidays are free and some weekends are made up for: most limits of handling are such
//! (DOMAIN §0.2).
//!
//! # How working days are counted
//! - The day on which the clock starts does not count (期间开始之日不计算在期间内), whether it is a working day or
//!   not.
//! - Something is due at the end of the last counted day: 24:00 of the county's zone, which is 00:00 of the
//!   next day. A due time therefore *shows* the day after the last counted one; say "by the end of the day
//!   before".
//! - To extend, lengthen the limit and count from the same start ([`Limit::lengthened`], S1-07). Counting on
//!   from a due time would lose a day, because 00:00 belongs to a day that would not count as a starting day.
//!
//! # Pauses
//! A [`Pause`] (parked with approval) moves a natural limit by its length. With working days, a day on
//! which the clock stood still for any moment does not count. A pause without an end lasts until `now`:
//! while it lasts, what is due moves on with `now`, and nobody should fire on it. Pauses may overlap and
//! adjoin; what lies before the start, at or after the due time, or has no length changes nothing.
//!
//! # Data
//! `data/<year>.csv` holds the days of the State Council's notice for one year. A county's `calendar.csv`
//! (date, kind = holiday | workday, name) is laid over them, row by row: local festivals, days taken back
//! in a flood, and whole years whose notice is newer than this program. The next year's notice comes in
//! November and may name days of this December; then [`Calendar::version`] changes, and running deadlines
//! are to be counted anew (§0.11).
//!
//! A year is **known** when both 1 January and 1 October are in the table, as they are in every notice; a
//! county's single festival does not make a year known. In an unknown year Monday to Friday are working
//! days but for what the table says, and [`Explanation::unknown_years`] names the year, for a warning
//! (§4.7).
//!
//! ```
//! use fengqiao_calendar::{Calendar, DayReason};
//! use jiff::{Timestamp, tz::TimeZone};
//!
//! let zone = TimeZone::get("Asia/Shanghai")?;
//! let friday: Timestamp = "2026-02-13T16:00+08:00".parse()?;
//! let explained = Calendar::official().explain(&zone, friday, "2wd".parse()?, &[], friday);
//! // Saturday the 14th is made up for; then nine days of Spring Festival; Tuesday the 24th is the second.
//! assert_eq!(explained.due, "2026-02-25T00:00+08:00".parse()?);
//! assert_eq!(explained.days[1].why, DayReason::MakeUpWorkday("春节".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod due;
mod explanation;
mod limit;
mod pause;
mod spring_festival;
mod table;

pub use due::{end_of_day, last_day};
pub use explanation::{DayAccount, DayReason, Explanation};
pub use limit::{Limit, LimitError};
pub use pause::Pause;
pub use spring_festival::spring_festival;
pub use table::{CALENDAR_FILE, Calendar};
