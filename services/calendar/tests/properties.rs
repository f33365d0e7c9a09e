//! What holds for every start, limit, pause and calendar.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::{fmt::Write as _, path::Path};

use fengqiao_calendar::{Calendar, DayReason, Limit, Pause};
use jiff::{SignedDuration, Span, Timestamp, civil::Date, tz::TimeZone};
use proptest::prelude::*;

/// St John's set its clocks back at 00:01, so that a date came back; Shanghai had summer time until 1991.
const ZONES: [&str; 5] = ["Asia/Shanghai", "America/New_York", "America/Havana", "America/St_Johns", "UTC"];
const DAY: i64 = 86_400;

fn zone() -> impl Strategy<Value = TimeZone> {
    proptest::sample::select(&ZONES[..]).prop_map(|name| TimeZone::get(name).unwrap())
}

/// Mostly the years that the calendar knows, sometimes those in which zones did odd things.
fn moment() -> impl Strategy<Value = Timestamp> {
    let seconds = |from: &str, to: &str| {
        let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        second(from)..second(to)
    };
    prop_oneof![
        3 => seconds("2025-11-01T00:00Z", "2027-02-01T00:00Z"),
        1 => seconds("1986-01-01T00:00Z", "2012-01-05T00:00Z"),
        // Around the hour that St John's repeats over midnight.
        1 => seconds("2008-11-02T00:00Z", "2008-11-02T05:00Z"),
    ]
    .prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (0u32..40 * 86_400).prop_map(|seconds| Limit::Natural { seconds }),
        (0u16..40).prop_map(|days| Limit::WorkingDays { days }),
    ]
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn pause(start: Timestamp) -> impl Strategy<Value = Pause> {
    (-5 * DAY..30 * DAY, proptest::option::weighted(0.8, -DAY..5 * DAY)).prop_map(move |(from, length)| {
        let from = after(start, from);
        Pause { from, to: length.map(|length| after(from, length)) }
    })
}

#[derive(Debug, Clone)]
struct Question {
    zone: TimeZone,
    start: Timestamp,
    limit: Limit,
    pauses: Vec<Pause>,
    now: Timestamp,
}

impl Question {
    fn due(&self, calendar: &Calendar) -> Timestamp {
        calendar.due(&self.zone, self.start, self.limit, &self.pauses, self.now)
    }
}

fn question() -> impl Strategy<Value = Question> {
    (zone(), moment(), limit(), -DAY..40 * DAY).prop_flat_map(|(zone, start, limit, now)| {
        proptest::collection::vec(pause(start), 0..5).prop_map(move |pauses| Question {
            zone: zone.clone(),
            start,
            limit,
            pauses,
            now: after(start, now),
        })
    })
}

/// The official calendar with some days of a county within 60 days after a start.
fn calendar(start: Timestamp, days: &[(u8, bool)]) -> Calendar {
    let first = TimeZone::UTC.to_datetime(start).date();
    let mut rows: Vec<(Date, bool)> =
        days.iter().map(|(after, works)| (first + Span::new().days(i64::from(*after)), *works)).collect();
    // No year of these tests lies outside of those that a table may name.
    rows.retain(|(date, _)| date.year() >= 2000);
    rows.sort();
    rows.dedup_by_key(|(date, _)| *date);
    let mut text = "date,kind,name\n".to_owned();
    for (date, works) in rows {
        writeln!(text, "{date},{},本县", if works { "workday" } else { "holiday" }).unwrap();
    }
    Calendar::parse(&text, Path::new("calendar.csv")).unwrap()
}

fn county_days() -> impl Strategy<Value = Vec<(u8, bool)>> {
    proptest::collection::vec((0u8..60, any::<bool>()), 0..20)
}

/// Counts as a person would: day by day, asking of each whether a pause has a moment in it.
fn counted_by_hand(question: &Question, calendar: &Calendar, days: u16) -> Timestamp {
    let begin = |date: Date| question.zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap();
    let mut date = question.zone.to_datetime(question.start).date();
    if begin(date.tomorrow().unwrap()) <= question.start {
        date = date.tomorrow().unwrap();
    }
    let mut left = days;
    while left > 0 {
        date = date.tomorrow().unwrap();
        let (from, to) = (begin(date), begin(date.tomorrow().unwrap()));
        let paused = question.pauses.iter().any(|p| {
            let end = p.to.unwrap_or(question.now);
            p.from.max(from).max(question.start) < end.min(to)
        });
        left -= u16::from(calendar.is_working_day(date) && !paused);
    }
    begin(date.tomorrow().unwrap())
}

/// Lets the clock run from one edge of a pause to the next.
fn elapsed_by_hand(question: &Question, seconds: u32) -> Timestamp {
    let end = |p: &Pause| p.to.unwrap_or(question.now);
    let mut edges: Vec<Timestamp> =
        question.pauses.iter().flat_map(|p| [p.from, end(p)]).filter(|edge| *edge > question.start).collect();
    edges.sort();
    let mut at = question.start;
    let mut left = i64::from(seconds);
    for edge in edges {
        let stands = question.pauses.iter().any(|p| p.from <= at && at < end(p));
        let runs = if stands { 0 } else { edge.as_second() - at.as_second() };
        if left <= runs || left == 0 {
            break;
        }
        left -= runs;
        at = edge;
    }
    after(at, left)
}

proptest! {
    #[test]
    fn it_is_what_is_counted_by_hand(question in question(), own in county_days()) {
        let calendar = calendar(question.start, &own);
        let expected = match question.limit {
            Limit::WorkingDays { days: 0 } => question.start,
            Limit::WorkingDays { days } => counted_by_hand(&question, &calendar, days),
            Limit::Natural { seconds } => elapsed_by_hand(&question, seconds),
        };
        prop_assert_eq!(question.due(&calendar), expected);
    }

    #[test]
    fn what_is_explained_is_what_is_due(question in question(), own in county_days()) {
        let calendar = calendar(question.start, &own);
        let Question { zone, start, limit, pauses, now } = &question;
        let explained = calendar.explain(zone, *start, *limit, pauses, *now);
        prop_assert_eq!(explained.due, question.due(&calendar));
        prop_assert_eq!((explained.limit, explained.start), (*limit, *start));
        prop_assert_eq!(explained.calendar, calendar.version());
        let counted = explained.days.iter().filter(|day| day.counted).count();
        match limit {
            Limit::Natural { .. } => prop_assert!(explained.days.is_empty()),
            Limit::WorkingDays { days } => prop_assert_eq!(counted, usize::from(*days)),
        }
        for pair in explained.days.windows(2) {
            prop_assert_eq!(pair[0].date.tomorrow().unwrap(), pair[1].date, "no day is left out");
        }
        for (index, day) in explained.days.iter().enumerate() {
            prop_assert_eq!(index == 0, day.why == DayReason::StartDay);
            let works = matches!(
                day.why,
                DayReason::WorkingDay | DayReason::MakeUpWorkday(_) | DayReason::AssumedWorkingDay
            );
            prop_assert_eq!(works, day.counted);
            let assumed = matches!(day.why, DayReason::AssumedWorkingDay | DayReason::AssumedWeekend);
            prop_assert!(!assumed || explained.unknown_years.contains(&day.date.year()));
        }
        prop_assert!(explained.unknown_years.iter().all(|year| !calendar.knows_year(*year)));
        for pair in explained.paused.windows(2) {
            prop_assert!(pair[0].to.unwrap_or(*now) < pair[1].from, "pauses lie apart and in order");
        }
        prop_assert!(explained.paused.iter().all(|p| p.from >= *start && p.from < explained.due));
    }

    #[test]
    fn it_is_never_before_the_start(question in question()) {
        prop_assert!(question.due(&Calendar::official()) >= question.start);
    }

    #[test]
    fn a_later_start_is_never_due_earlier(question in question(), by in 0i64..3 * DAY) {
        let later = Question { start: after(question.start, by), ..question.clone() };
        prop_assert!(later.due(&Calendar::official()) >= question.due(&Calendar::official()));
    }

    #[test]
    fn a_longer_limit_is_never_due_earlier(question in question(), by in 0u16..1000) {
        let limit = match question.limit {
            Limit::Natural { seconds } => Limit::Natural { seconds: seconds + 60 * u32::from(by) },
            Limit::WorkingDays { days } => Limit::WorkingDays { days: days + by },
        };
        let longer = Question { limit, ..question.clone() };
        prop_assert!(longer.due(&Calendar::official()) >= question.due(&Calendar::official()));
    }

    #[test]
    fn another_pause_never_makes_it_earlier(
        (question, pause) in question().prop_flat_map(|q| { let start = q.start; (Just(q), pause(start)) })
    ) {
        let mut paused = question.clone();
        paused.pauses.push(pause);
        prop_assert!(paused.due(&Calendar::official()) >= question.due(&Calendar::official()));
    }

    #[test]
    fn time_that_goes_by_never_makes_it_earlier(question in question(), by in 0i64..10 * DAY) {
        let now = Question { now: after(question.now, by), ..question.clone() };
        prop_assert!(now.due(&Calendar::official()) >= question.due(&Calendar::official()));
    }

    #[test]
    fn the_order_of_pauses_does_not_matter(question in question()) {
        let mut turned = question.clone();
        turned.pauses.reverse();
        prop_assert_eq!(turned.due(&Calendar::official()), question.due(&Calendar::official()));
    }

    #[test]
    fn another_holiday_never_makes_it_earlier(question in question(), own in county_days(), free in 0u8..60) {
        let before = calendar(question.start, &own);
        let mut own: Vec<(u8, bool)> = own.into_iter().filter(|(day, _)| *day != free).collect();
        own.push((free, false));
        let with = calendar(question.start, &own);
        prop_assert!(question.due(&with) >= question.due(&before));
        if matches!(question.limit, Limit::Natural { .. }) {
            prop_assert_eq!(question.due(&with), question.due(&before), "natural time knows no holiday (S0-03)");
        }
    }
}
