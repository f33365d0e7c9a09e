//! Times as people type them and read them.

use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};

/// A time as typed: a whole day or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// 2026-11-24
    Day(civil::Date),
    /// 2026-11-24T08:00, in the shown time zone.
    Local(civil::DateTime),
    /// 2026-11-24T08:00:00+08:00
    Instant(Timestamp),
}

impl Moment {
    /// Reads a day, a local time or an instant.
    ///
    /// # Errors
    /// What would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self::Instant(instant));
        }
        // A civil date would also be read from a date with a time, so its length decides.
        if text.len() <= 10
            && let Ok(day) = text.parse::<civil::Date>()
        {
            return Ok(Self::Day(day));
        }
        text.parse::<civil::DateTime>()
            .map(Self::Local)
            .map_err(|_| "2026-11-24, 2026-11-24T08:00 or 2026-11-24T08:00:00+08:00".to_owned())
    }

    /// Where it begins.
    pub fn begin(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Day(day) => instant(day.at(0, 0, 0, 0), zone),
            Self::Local(time) => instant(time, zone),
            Self::Instant(time) => Some(time),
        }
    }

    /// Where it ends: a day's end is the next day's begin, an instant ends where it begins.
    pub fn end(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Day(day) => instant(day.checked_add(1.day()).ok()?.at(0, 0, 0, 0), zone),
            Self::Local(_) | Self::Instant(_) => self.begin(zone),
        }
    }
}

fn instant(local: civil::DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

/// For the contract.
pub fn to_proto(time: Timestamp) -> prost_types::Timestamp {
    // A jiff time before 1970 has a negative fraction, which the contract does not allow.
    let nanos = time.subsec_nanosecond();
    let (seconds, nanos) =
        if nanos < 0 { (time.as_second() - 1, nanos + 1_000_000_000) } else { (time.as_second(), nanos) };
    prost_types::Timestamp { seconds, nanos }
}

/// From the contract; nothing where it is not set or out of range.
pub fn from_proto(time: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn a_day_is_whole() {
        let day = Moment::read("2026-11-24").unwrap();
        assert_eq!(day.begin(&shanghai()).unwrap().to_string(), "2026-11-23T16:00:00Z");
        assert_eq!(day.end(&shanghai()).unwrap().to_string(), "2026-11-24T16:00:00Z");
    }

    #[test]
    fn local_times_and_instants_are_points() {
        for text in ["2026-11-24T08:00", "2026-11-24 08:00:00", "2026-11-24T08:00:00+08:00"] {
            let moment = Moment::read(text).unwrap();
            assert_eq!(moment.begin(&shanghai()).unwrap().to_string(), "2026-11-24T00:00:00Z", "{text}");
            assert_eq!(moment.end(&shanghai()), moment.begin(&shanghai()));
        }
    }

    #[test]
    fn nonsense_is_told_what_is_right() {
        assert!(Moment::read("yesterday").unwrap_err().contains("2026-11-24"));
    }

    #[test]
    fn the_contract_s_fraction_is_never_negative() {
        let early = Timestamp::new(-1, -500_000_000).unwrap();
        let sent = to_proto(early);
        assert_eq!((sent.seconds, sent.nanos), (-2, 500_000_000));
        assert_eq!(from_proto(Some(&sent)), Some(early));
    }
}
