//! The window that a figure is compared with: the same time a year or a month before, or the time just before. A window
//! that is not over is cut, so that 24 days are compared with 24 days.

use fengqiao_calendar::spring_festival;
use fengqiao_proto::statistics::v1::Comparison;
use jiff::{
    Span, Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::question::Window;

/// Two windows that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// The asked window, cut to what is over of it.
    pub window: Window,
    /// The other one.
    pub base: Window,
}

/// Why there is no window to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoComparison {
    /// The window begins later than now.
    #[error("a window that has begun")]
    NotBegun,
    /// The day of a Spring Festival is not known.
    #[error("a year whose Spring Festival is known, 2016 to 2035")]
    UnknownYear,
    /// Times are out of range.
    #[error("a window within the years that can be counted")]
    OutOfRange,
}

/// The two windows. `now` is the moment for which is counted; with `spring_festival` a year before is moved so that the
/// two Spring Festivals fall on each other.
///
/// # Errors
/// [`NoComparison`]
pub fn compared(
    asked: Window,
    comparison: Comparison,
    by_spring_festival: bool,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Compared, NoComparison> {
    let window = Window { from: asked.from, before: asked.before.min(now) };
    if window.from >= window.before {
        return Err(NoComparison::NotBegun);
    }
    let is_cut = window.before < asked.before;
    let base = match comparison {
        Comparison::Yoy if by_spring_festival => {
            let days = between_festivals(zone.to_datetime(window.from).date())?;
            back(window, is_cut, zone, days.days())?
        }
        Comparison::Yoy => back(window, is_cut, zone, 1.year())?,
        Comparison::Mom => back(window, is_cut, zone, 1.month())?,
        Comparison::Previous | Comparison::Unspecified => {
            let length = window.before.duration_since(window.from);
            let from = window.from.checked_sub(length).map_err(|_| NoComparison::OutOfRange)?;
            Window { from, before: window.from }
        }
    };
    if base.from >= base.before {
        return Err(NoComparison::OutOfRange);
    }
    Ok(Compared { window, base })
}

/// The days from the Spring Festival before a day's year to that of its year.
fn between_festivals(day: Date) -> Result<i32, NoComparison> {
    let of = |year: i16| spring_festival(year).ok_or(NoComparison::UnknownYear);
    let (now, then) = (of(day.year())?, of(day.year() - 1)?);
    then.until(now).map(|span| span.get_days()).map_err(|_| NoComparison::OutOfRange)
}

/// The window, a span before. One that ends with a month is compared with all of a month: 1 to 30 November with 1 to 31
/// October, and February with all of January.
fn back(window: Window, is_cut: bool, zone: &TimeZone, span: Span) -> Result<Window, NoComparison> {
    let earlier = |time: Timestamp, limit: Option<Timestamp>| {
        let moved = zone.to_datetime(time).checked_sub(span).and_then(|moved| zone.to_timestamp(moved));
        let moved = moved.map_err(|_| NoComparison::OutOfRange)?;
        Ok::<_, NoComparison>(limit.map_or(moved, |limit| moved.min(limit)))
    };
    let from = earlier(window.from, None)?;
    // The 31st of a month has no 31st before it, and the 29th to 31st of March none of February: what is cut does not
    // run into the window itself.
    let runs_into_itself = is_cut || !begins_a_month(zone.to_datetime(window.from));
    let limit = runs_into_itself.then_some(window.from);
    Ok(Window { from, before: earlier(window.before, limit)? })
}

fn begins_a_month(time: DateTime) -> bool {
    time.day() == 1 && time.time() == Time::midnight()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        zone().to_timestamp(text.parse().unwrap()).unwrap()
    }

    fn base(from: &str, before: &str, comparison: Comparison, festival: bool, now: &str) -> [String; 3] {
        let asked = Window { from: at(from), before: at(before) };
        let found = compared(asked, comparison, festival, &zone(), at(now)).unwrap();
        [found.base.from, found.base.before, found.window.before]
            .map(|time| zone().to_datetime(time).strftime("%Y-%m-%d %H:%M").to_string())
    }

    #[test]
    fn a_month_that_is_not_over_is_compared_with_as_much_of_the_one_before() {
        let now = "2026-11-25T00:00";
        let mom = base("2026-11-01T00:00", "2026-12-01T00:00", Comparison::Mom, false, now);
        assert_eq!(mom, ["2026-10-01 00:00", "2026-10-25 00:00", "2026-11-25 00:00"]);
        let yoy = base("2026-11-01T00:00", "2026-12-01T00:00", Comparison::Yoy, false, now);
        assert_eq!(yoy, ["2025-11-01 00:00", "2025-11-25 00:00", "2026-11-25 00:00"]);
    }

    #[test]
    fn whole_months_are_compared_with_whole_months() {
        let later = "2027-06-01T00:00";
        let march = base("2026-03-01T00:00", "2026-04-01T00:00", Comparison::Mom, false, later);
        assert_eq!(march[..2], ["2026-02-01 00:00", "2026-03-01 00:00"]);
        let leap = base("2025-02-01T00:00", "2025-03-01T00:00", Comparison::Yoy, false, later);
        assert_eq!(leap[..2], ["2024-02-01 00:00", "2024-03-01 00:00"]);
        let week = base("2026-11-16T00:00", "2026-11-23T00:00", Comparison::Previous, false, later);
        assert_eq!(week[..2], ["2026-11-09 00:00", "2026-11-16 00:00"]);
    }

    #[test]
    fn the_last_days_of_march_do_not_run_into_themselves() {
        let cut = base("2026-03-01T00:00", "2026-04-01T00:00", Comparison::Mom, false, "2026-03-31T00:00");
        assert_eq!(cut[..2], ["2026-02-01 00:00", "2026-02-28 00:00"]);
    }

    #[test]
    fn spring_festivals_fall_on_each_other() {
        // The festival of 2026 is on 17 February, that of 2025 on 29 January.
        let later = "2026-06-01T00:00";
        let week = base("2026-02-17T00:00", "2026-02-24T00:00", Comparison::Yoy, true, later);
        assert_eq!(week[..2], ["2025-01-29 00:00", "2025-02-05 00:00"]);
    }

    #[test]
    fn what_has_not_begun_is_compared_with_nothing() {
        let asked = Window { from: at("2026-12-01T00:00"), before: at("2027-01-01T00:00") };
        let refused = compared(asked, Comparison::Mom, false, &zone(), at("2026-11-24T00:00"));
        assert_eq!(refused, Err(NoComparison::NotBegun));
    }
}
