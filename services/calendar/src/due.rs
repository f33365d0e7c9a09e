//! When something is due. Pure: the zone, the start and the present are passed in.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::{
    Calendar, DayAccount, DayReason, Explanation, Limit, Pause,
    pause::{Stretch, stretches},
};

/// No search goes further, so that a calendar without working days, or a pause without end, costs a moment
/// and not for ever. Then the end of the last day looked at is the due time. Twenty years.
const HORIZON_DAYS: u32 = 20 * 366;

/// A day that was looked at.
struct SeenDay {
    date: Date,
    counted: bool,
    paused: bool,
}

impl Calendar {
    /// When something is due that started at `start`. Never before the start. A limit of zero is due at the
    /// start. Saturates at the last moment that can be told.
    #[must_use]
    pub fn due(
        &self,
        zone: &TimeZone,
        start: Timestamp,
        limit: Limit,
        pauses: &[Pause],
        now: Timestamp,
    ) -> Timestamp {
        let stretches = stretches(pauses, start, now);
        match limit {
            Limit::Natural { seconds } => natural_due(start, seconds, &stretches),
            Limit::WorkingDays { days } => self.working_days_due(zone, start, days, &stretches, |_| ()),
        }
    }

    /// When something is due, and why: its `due` is always what [`due`](Self::due) says.
    #[must_use]
    pub fn explain(
        &self,
        zone: &TimeZone,
        start: Timestamp,
        limit: Limit,
        pauses: &[Pause],
        now: Timestamp,
    ) -> Explanation {
        let stretches = stretches(pauses, start, now);
        let mut days: Vec<DayAccount> = Vec::new();
        let mut unknown_years = Vec::new();
        let due = match limit {
            Limit::Natural { seconds } => natural_due(start, seconds, &stretches),
            Limit::WorkingDays { days: limit } => {
                self.working_days_due(zone, start, limit, &stretches, |seen| {
                    let SeenDay { date, counted, paused } = seen;
                    let why = if days.is_empty() {
                        DayReason::StartDay
                    } else if paused && self.is_working_day(date) {
                        DayReason::Paused
                    } else {
                        self.reason(date)
                    };
                    let year = date.year();
                    let looked_up = why != DayReason::StartDay;
                    if looked_up && unknown_years.last() != Some(&year) && !self.knows_year(year) {
                        unknown_years.push(year);
                    }
                    days.push(DayAccount { date, counted, why });
                })
            }
        };
        Explanation {
            due,
            limit,
            start,
            days,
            paused: stretches.iter().filter(|s| s.from < due).map(Stretch::as_pause).collect(),
            unknown_years,
            calendar: self.version().to_owned(),
        }
    }

    /// The end of the last of `days` working days after the day of the start. Each day is shown to `see`, the
    /// day of the start first.
    fn working_days_due(
        &self,
        zone: &TimeZone,
        start: Timestamp,
        days: u16,
        stretches: &[Stretch],
        mut see: impl FnMut(SeenDay),
    ) -> Timestamp {
        if days == 0 {
            return start;
        }
        let mut paused_days = stretches.iter().map(|s| days_of(s, zone)).peekable();
        let mut date = day_of(start, zone);
        see(SeenDay { date, counted: false, paused: false });
        let mut left = days;
        for _ in 0..HORIZON_DAYS {
            let Ok(next) = date.tomorrow() else { return Timestamp::MAX };
            date = next;
            while paused_days.next_if(|(_, last)| *last < date).is_some() {}
            let paused = paused_days.peek().is_some_and(|(first, _)| *first <= date);
            let counted = !paused && self.is_working_day(date);
            see(SeenDay { date, counted, paused });
            left -= u16::from(counted);
            if left == 0 {
                break;
            }
        }
        end_of_day(date, zone)
    }
}

/// The limit's time after the start, moved by each pause that begins before what is due until then.
fn natural_due(start: Timestamp, seconds: u32, stretches: &[Stretch]) -> Timestamp {
    let mut due = later(start, SignedDuration::from_secs(i64::from(seconds)));
    for stretch in stretches {
        if stretch.from >= due {
            break;
        }
        due = later(due, stretch.from.duration_until(stretch.to));
    }
    due
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The first and the last day on which a stretch has a moment.
fn days_of(stretch: &Stretch, zone: &TimeZone) -> (Date, Date) {
    // A stretch is not empty, and its end does not belong to it.
    let last = stretch.to.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(stretch.from);
    (day_of(stretch.from, zone), day_of(last, zone))
}

/// The day in which a moment lies, where a day lasts from its first 00:00 to the next day's. Where a clock
/// is set back over midnight the date shown returns to the day before for a while; here it does not, so
/// that a later moment never has an earlier day.
fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let shown = zone.to_datetime(at).date();
    match shown.tomorrow() {
        Ok(next) if end_of_day(shown, zone) <= at => next,
        _ => shown,
    }
}

/// 24:00 of a day: the next day's first moment, also where the clocks skip or repeat 00:00.
#[must_use]
pub fn end_of_day(date: Date, zone: &TimeZone) -> Timestamp {
    date.tomorrow().and_then(|next| zone.to_timestamp(next.at(0, 0, 0, 0))).unwrap_or(Timestamp::MAX)
}

/// The last day of a time that is over at a moment: 00:00 is the end of the day before.
#[must_use]
pub fn last_day(due: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(due.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(due)).date()
}
