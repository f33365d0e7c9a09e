//! When bulletins are made by themselves.

use fengqiao_calendar::Calendar;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    period::{Period, When},
    template::Schedule,
};
use crate::domain::days::Days;

/// After a longer stop only so many periods of a kind are made up for.
const MOST_PERIODS: usize = 8;
/// No notice of holidays names more days in a row.
const MOST_HOLIDAYS: usize = 31;

/// The periods whose bulletins are to be made, the oldest first: all since the newest that is kept; the last one alone where
/// none is.
pub fn due(
    period: Period,
    schedule: Schedule,
    newest_kept: Option<Date>,
    calendar: &Calendar,
    zone: &TimeZone,
    now: Timestamp,
) -> Vec<Days> {
    let today = zone.to_datetime(now).date();
    let periods = std::iter::successors(period.with(today), |days| period.at(*days, When::Previous));
    let due = periods
        .take_while(|days| newest_kept.is_none_or(|kept| days.first > kept))
        // The present one, and some whose day is still to come.
        .take(MOST_PERIODS + MOST_HOLIDAYS)
        .filter(|days| made_at(*days, schedule, calendar, zone).is_some_and(|at| at <= now));
    let most = if newest_kept.is_some() { MOST_PERIODS } else { 1 };
    let mut due: Vec<Days> = due.take(most).collect();
    due.reverse();
    due
}

/// When the bulletin of a period is made.
fn made_at(days: Days, schedule: Schedule, calendar: &Calendar, zone: &TimeZone) -> Option<Timestamp> {
    let next = std::iter::successors(days.last.tomorrow().ok(), |day| day.tomorrow().ok());
    let mut fitting =
        next.take(MOST_HOLIDAYS).filter(|day| !schedule.working_day || calendar.is_working_day(*day));
    zone.to_timestamp(fitting.next()?.to_datetime(schedule.at)).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn firsts(period: Period, working_day: bool, kept: Option<Date>, now: &str) -> Vec<String> {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now = zone.to_timestamp(now.parse().unwrap()).unwrap();
        let schedule = Schedule { at: time(8, 30, 0, 0), working_day };
        let found = due(period, schedule, kept, &Calendar::official(), &zone, now);
        found.iter().map(|days| days.first.to_string()).collect()
    }

    #[test]
    fn a_bulletin_is_due_on_the_day_after_its_period_at_its_hour() {
        assert_eq!(firsts(Period::Day, false, None, "2026-11-28T08:29"), ["2026-11-26"]);
        assert_eq!(firsts(Period::Day, false, None, "2026-11-28T08:30"), ["2026-11-27"]);
        assert_eq!(firsts(Period::Week, false, None, "2026-11-30T09:00"), ["2026-11-23"]);
        assert_eq!(firsts(Period::Quarter, false, None, "2026-11-30T09:00"), ["2026-07-01"]);
    }

    #[test]
    fn it_waits_for_the_next_working_day_where_the_county_says_so() {
        // 1 to 7 October 2026 are holidays.
        assert_eq!(firsts(Period::Month, true, None, "2026-10-07T12:00"), ["2026-08-01"]);
        assert_eq!(firsts(Period::Month, true, None, "2026-10-08T12:00"), ["2026-09-01"]);
    }

    #[test]
    fn what_was_missed_is_made_up_for_in_order_and_not_without_end() {
        let kept = Some(date(2026, 11, 24));
        assert_eq!(
            firsts(Period::Day, false, kept, "2026-11-28T09:00"),
            ["2026-11-25", "2026-11-26", "2026-11-27"]
        );
        assert!(firsts(Period::Day, false, Some(date(2026, 11, 27)), "2026-11-28T09:00").is_empty());
        let long = firsts(Period::Day, false, Some(date(2026, 1, 1)), "2026-11-28T09:00");
        assert_eq!((long.len(), long[7].as_str()), (8, "2026-11-27"));
    }
}
