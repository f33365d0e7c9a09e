//! Times as the domain, the contract and the database have them.

use ::time::OffsetDateTime;
use jiff::{Timestamp, civil::Date};

/// Now. Read at the edge and passed in; the domain never reads it. Cut to microseconds, which is what
/// Postgres keeps.
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// Where a process takes the time from: the system, or a test that moves it.
#[derive(Clone)]
pub struct Clock(std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(std::sync::Arc::new(now))
    }

    /// A clock that someone else moves.
    #[must_use]
    pub fn moved_by(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(tell))
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// For the contract.
#[must_use]
pub fn to_proto(time: Timestamp) -> prost_types::Timestamp {
    let nanos = time.as_nanosecond();
    prost_types::Timestamp {
        seconds: i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or_default(),
        nanos: i32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or_default(),
    }
}

/// From the contract, cut to microseconds; none where it is outside the years -9999 to 9999 or malformed.
#[must_use]
pub fn from_proto(time: &prost_types::Timestamp) -> Option<Timestamp> {
    if !(0..1_000_000_000).contains(&time.nanos) {
        return None;
    }
    let micros = i128::from(time.seconds) * 1_000_000 + i128::from(time.nanos / 1000);
    Timestamp::from_microsecond(i64::try_from(micros).ok()?).ok()
}

/// For the database.
#[must_use]
pub fn to_sql(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(time.as_nanosecond()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// From the database.
#[must_use]
pub fn from_sql(time: OffsetDateTime) -> Timestamp {
    Timestamp::from_nanosecond(time.unix_timestamp_nanos()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A day for the database; the first one of all where it is out of range, which no county's is.
#[must_use]
pub fn date_to_sql(date: Date) -> ::time::Date {
    u8::try_from(date.month())
        .ok()
        .and_then(|month| ::time::Month::try_from(month).ok())
        .zip(u8::try_from(date.day()).ok())
        .and_then(|(month, day)| ::time::Date::from_calendar_date(i32::from(date.year()), month, day).ok())
        .unwrap_or(::time::Date::MIN)
}

/// A day of the database.
#[must_use]
pub fn date_from_sql(date: ::time::Date) -> Option<Date> {
    let (year, month, day) = date.to_calendar_date();
    Date::new(i16::try_from(year).ok()?, i8::try_from(u8::from(month)).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_the_way_through_contract_and_database() {
        for text in ["2026-11-24T23:59:59.999999Z", "1969-12-31T23:59:59.5Z", "2000-02-29T00:00:00Z"] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(from_proto(&to_proto(time)), Some(time));
            assert_eq!(from_sql(to_sql(time)), time);
        }
    }

    #[test]
    fn days_survive_the_way_through_the_database() {
        for day in [jiff::civil::date(2024, 2, 29), jiff::civil::date(2026, 12, 31)] {
            assert_eq!(date_from_sql(date_to_sql(day)), Some(day));
        }
    }

    #[test]
    fn impossible_times_are_none() {
        for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MAX, 0), (i64::MIN, 0)] {
            assert_eq!(from_proto(&prost_types::Timestamp { seconds, nanos }), None);
        }
    }
}
