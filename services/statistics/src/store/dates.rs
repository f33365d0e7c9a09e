//! Days as the database has them.

use jiff::civil::Date;
use time::Month;

/// A day for the database; the first one of all where it is out of range, which no county's is.
pub(super) fn date_to_sql(date: Date) -> time::Date {
    let month = u8::try_from(date.month()).ok().and_then(|month| Month::try_from(month).ok());
    let day = u8::try_from(date.day()).ok();
    month
        .zip(day)
        .and_then(|(month, day)| time::Date::from_calendar_date(i32::from(date.year()), month, day).ok())
        .unwrap_or(time::Date::MIN)
}

/// A day of the database.
pub(super) fn date_from_sql(date: time::Date) -> Option<Date> {
    let (year, month, day) = date.to_calendar_date();
    Date::new(i16::try_from(year).ok()?, i8::try_from(u8::from(month)).ok()?, i8::try_from(day).ok()?).ok()
}
