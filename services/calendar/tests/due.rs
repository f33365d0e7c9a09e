//! When something is due, and why, on days that people can count by hand.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::path::Path;

use fengqiao_calendar::{Calendar, DayReason, Explanation, Limit, Pause, end_of_day, last_day};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// "2026-02-16 20:00" in Shanghai.
fn at(text: &str) -> Timestamp {
    shanghai().to_timestamp(text.parse().unwrap()).unwrap()
}

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

fn county(rows: &str) -> Calendar {
    Calendar::parse(&format!("date,kind,name\n{rows}"), Path::new("calendar.csv")).unwrap()
}

fn pause(from: &str, to: &str) -> Pause {
    Pause { from: at(from), to: Some(at(to)) }
}

/// Explains with the official calendar, at the start.
fn explain(start: &str, of: &str, pauses: &[Pause]) -> Explanation {
    let explained = Calendar::official().explain(&shanghai(), at(start), limit(of), pauses, at(start));
    assert_eq!(explained.due, Calendar::official().due(&shanghai(), at(start), limit(of), pauses, at(start)));
    explained
}

fn due(start: &str, of: &str, pauses: &[Pause]) -> String {
    shanghai().to_datetime(explain(start, of, pauses).due).strftime("%F %H:%M").to_string()
}

fn days(explained: &Explanation) -> Vec<(String, bool, String)> {
    explained
        .days
        .iter()
        .map(|d| (d.date.strftime("%m-%d").to_string(), d.counted, d.why.to_string()))
        .collect()
}

#[test]
fn s0_03_an_orange_push_on_spring_festival_eve_is_due_on_the_next_evening() {
    assert_eq!(due("2026-02-16 20:00", "24h", &[]), "2026-02-17 20:00");
    assert_eq!(due("2026-02-16 20:00", "48h", &[]), "2026-02-18 20:00");
    assert_eq!(due("2026-02-16 20:00", "0m", &[]), "2026-02-16 20:00", "red is due at once");
    let explained = explain("2026-02-16 20:00", "24h", &[]);
    assert!(explained.days.is_empty() && explained.paused.is_empty() && explained.unknown_years.is_empty());
}

#[test]
fn working_days_step_over_spring_festival_and_count_the_saturdays_made_up_for() {
    // Friday the 13th; Saturday the 14th is made up for, then nine days are free.
    assert_eq!(due("2026-02-13 09:00", "1wd", &[]), "2026-02-15 00:00");
    assert_eq!(due("2026-02-13 09:00", "2wd", &[]), "2026-02-25 00:00");
    assert_eq!(due("2026-02-13 09:00", "5wd", &[]), "2026-02-28 00:00");
    assert_eq!(due("2026-02-13 09:00", "6wd", &[]), "2026-03-01 00:00", "Saturday the 28th is made up for");
    assert_eq!(due("2026-02-13 09:00", "7wd", &[]), "2026-03-03 00:00");
    // Within the festival the first working day is the 24th.
    assert_eq!(due("2026-02-16 20:00", "1wd", &[]), "2026-02-25 00:00");
    let explained = explain("2026-02-14 23:59", "1wd", &[]);
    let shown = days(&explained);
    assert_eq!(shown.len(), 11);
    assert_eq!(shown[0], ("02-14".into(), false, "起始日不计".into()));
    assert!(shown[1..10].iter().all(|day| !day.1 && day.2 == "放假（春节）"), "{shown:?}");
    assert_eq!(shown[10], ("02-24".into(), true, "工作日".into()));
    let explained = explain("2026-02-13 09:00", "1wd", &[]);
    assert_eq!(days(&explained)[1], ("02-14".into(), true, "调休上班（春节）".into()));
}

#[test]
fn the_day_of_the_start_does_not_count_at_whatever_hour() {
    for hour in ["00:00", "00:01", "09:00", "23:59:59"] {
        assert_eq!(due(&format!("2026-03-03 {hour}"), "1wd", &[]), "2026-03-05 00:00", "{hour}");
    }
    assert_eq!(due("2026-03-04 00:00", "1wd", &[]), "2026-03-06 00:00");
    // Started on a weekend: Monday is the first day.
    assert_eq!(due("2026-03-07 10:00", "1wd", &[]), "2026-03-10 00:00");
}

#[test]
fn a_year_that_is_not_known_is_counted_from_monday_to_friday_and_named() {
    let explained = explain("2026-12-30 10:00", "3wd", &[]);
    assert_eq!(explained.unknown_years, [2027]);
    assert_eq!(
        days(&explained),
        [
            ("12-30".into(), false, "起始日不计".into()),
            ("12-31".into(), true, "工作日".into()),
            ("01-01".into(), true, "按工作日计（当年放假安排未公布）".into()),
            ("01-02".into(), false, "按周末计（当年放假安排未公布）".into()),
            ("01-03".into(), false, "按周末计（当年放假安排未公布）".into()),
            ("01-04".into(), true, "按工作日计（当年放假安排未公布）".into()),
        ]
    );
    assert!(explain("2026-12-30 10:00", "1wd", &[]).unknown_years.is_empty(), "2027 was not looked at");
    assert_eq!(explain("2027-12-30 10:00", "3wd", &[]).unknown_years, [2027, 2028]);
    assert!(
        explain("2026-12-30 10:00", "7d", &[]).unknown_years.is_empty(),
        "natural time needs no calendar"
    );
}

#[test]
fn when_the_notice_of_the_next_year_comes_the_due_time_moves() {
    let before = explain("2026-12-30 10:00", "2wd", &[]);
    let county = county("2027-01-01,holiday,元旦\n2027-10-01,holiday,国庆节\n2027-01-03,workday,元旦\n");
    let start = at("2026-12-30 10:00");
    let after = county.explain(&shanghai(), start, limit("2wd"), &[], start);
    assert_eq!((before.due, after.due), (at("2027-01-02 00:00"), at("2027-01-04 00:00")));
    assert_ne!(before.calendar, after.calendar);
    assert_eq!(after.calendar, county.version());
    assert_eq!((before.unknown_years, after.unknown_years), (vec![2027], vec![]));
    let reasons: Vec<&DayReason> = after.days[2..].iter().map(|day| &day.why).collect();
    let festival = "元旦".to_owned();
    let (free, made_up) = (DayReason::Holiday(festival.clone()), DayReason::MakeUpWorkday(festival));
    assert_eq!(reasons, [&free, &DayReason::Weekend, &made_up]);
}

#[test]
fn a_pause_moves_natural_time_by_its_length() {
    let noon_to_three = pause("2026-03-03 12:00", "2026-03-03 15:00");
    assert_eq!(due("2026-03-03 10:00", "24h", &[noon_to_three]), "2026-03-04 13:00");
    // Overlapping, adjoining and contained: their union counts, five hours.
    let others = [
        pause("2026-03-03 14:00", "2026-03-03 16:00"),
        noon_to_three,
        pause("2026-03-03 16:00", "2026-03-03 17:00"),
        pause("2026-03-03 13:00", "2026-03-03 14:00"),
    ];
    let explained = explain("2026-03-03 10:00", "24h", &others);
    assert_eq!(explained.due, at("2026-03-04 15:00"));
    assert_eq!(explained.paused, [pause("2026-03-03 12:00", "2026-03-03 17:00")]);
    // A pause that the first one moves into the clock's time counts too; one from the due time on does not.
    let second = pause("2026-03-04 12:30", "2026-03-04 13:30");
    assert_eq!(due("2026-03-03 10:00", "24h", &[second]), "2026-03-04 10:00");
    assert_eq!(due("2026-03-03 10:00", "24h", &[second, noon_to_three]), "2026-03-04 14:00");
    assert_eq!(
        due("2026-03-03 10:00", "24h", &[pause("2026-03-04 10:00", "2026-03-05 10:00")]),
        "2026-03-04 10:00"
    );
    // Of a pause around the start only what lies after it; backwards and empty ones are none.
    assert_eq!(
        due("2026-03-03 10:00", "24h", &[pause("2026-03-03 08:00", "2026-03-03 11:00")]),
        "2026-03-04 11:00"
    );
    assert_eq!(
        due("2026-03-03 10:00", "24h", &[pause("2026-03-03 12:00", "2026-03-03 11:00")]),
        "2026-03-04 10:00"
    );
    assert!(
        explain("2026-03-03 10:00", "24h", &[pause("2026-03-03 12:00", "2026-03-03 12:00")])
            .paused
            .is_empty()
    );
}

#[test]
fn a_pause_that_lasts_moves_the_due_time_with_the_present() {
    let open = [Pause { from: at("2026-03-03 12:00"), to: None }];
    let explained = |of: &str, now: &str| {
        Calendar::official().explain(&shanghai(), at("2026-03-03 10:00"), limit(of), &open, at(now))
    };
    assert_eq!(explained("24h", "2026-03-03 11:00").due, at("2026-03-04 10:00"), "not begun");
    assert_eq!(explained("24h", "2026-03-03 13:00").due, at("2026-03-04 11:00"));
    assert_eq!(explained("24h", "2026-03-13 12:00").due, at("2026-03-14 10:00"), "22 hours are always left");
    assert_eq!(explained("24h", "2026-03-13 12:00").paused, open);
    // From Tuesday the 3rd: Wednesday is counted unless it is paused.
    assert_eq!(explained("1wd", "2026-03-03 13:00").due, at("2026-03-05 00:00"));
    assert_eq!(
        explained("1wd", "2026-03-04 00:00").due,
        at("2026-03-05 00:00"),
        "Wednesday has no paused moment"
    );
    assert_eq!(explained("1wd", "2026-03-04 00:01").due, at("2026-03-06 00:00"));
}

#[test]
fn a_working_day_with_a_paused_moment_does_not_count() {
    let minute = pause("2026-03-04 09:00", "2026-03-04 09:01");
    assert_eq!(due("2026-03-03 10:00", "2wd", &[]), "2026-03-06 00:00");
    assert_eq!(due("2026-03-03 10:00", "2wd", &[minute]), "2026-03-07 00:00");
    assert_eq!(
        days(&explain("2026-03-03 10:00", "2wd", &[minute]))[1],
        ("03-04".into(), false, "计时暂停".into())
    );
    // From the 4th's 00:00 to the 6th's 00:00 it is two days, not three.
    assert_eq!(
        due("2026-03-03 10:00", "2wd", &[pause("2026-03-04 00:00", "2026-03-06 00:00")]),
        "2026-03-10 00:00"
    );
    // Over a weekend nothing is lost, and the weekend remains the reason.
    let weekend = explain("2026-03-06 10:00", "1wd", &[pause("2026-03-07 00:00", "2026-03-09 00:00")]);
    assert_eq!(weekend.due, at("2026-03-10 00:00"));
    assert_eq!(days(&weekend)[1].2, "周末");
    assert_eq!(weekend.paused.len(), 1, "but the pause is told");
    // Two pauses on one day take one day.
    let twice = [minute, pause("2026-03-04 15:00", "2026-03-04 16:00")];
    assert_eq!(due("2026-03-03 10:00", "2wd", &twice), "2026-03-07 00:00");
}

#[test]
fn s1_07_three_approved_extensions_carry_a_case_over_400_days() {
    let mut whole = limit("100wd");
    for _ in 0..3 {
        whole = whole.lengthened(limit("60wd")).unwrap();
    }
    let start = at("2025-01-06 09:00");
    let day_400 = start.checked_add(SignedDuration::from_hours(400 * 24)).unwrap();
    let due = Calendar::official().due(&shanghai(), start, whole, &[], day_400);
    assert!(due > day_400, "{due}");
    assert!(Calendar::official().due(&shanghai(), start, limit("220wd"), &[], day_400) < day_400);
}

#[test]
fn a_calendar_without_working_days_and_a_pause_without_end_cost_a_moment() {
    let mut rows = String::new();
    let mut day: Date = "2000-01-01".parse().unwrap();
    while day.year() <= 2100 {
        rows.push_str(&format!("{day},holiday,休\n"));
        day = day.tomorrow().unwrap();
    }
    let never = county(&rows);
    let start = at("2026-03-03 10:00");
    let explained = never.explain(&shanghai(), start, limit("1wd"), &[], start);
    assert!(explained.days.iter().all(|day| !day.counted));
    assert!(explained.due > at("2046-01-01 00:00") && explained.due < at("2047-01-01 00:00"));
    let forever = [Pause { from: start, to: Some(Timestamp::MAX) }];
    assert_eq!(due("2026-03-03 10:00", "1wd", &forever).get(..4), Some("2046"));
    let natural = Calendar::official().due(&shanghai(), start, limit("24h"), &forever, start);
    assert_eq!(natural, Timestamp::MAX);
    for of in ["1wd", "3650d", "1000wd"] {
        let late = Calendar::official().explain(&shanghai(), Timestamp::MAX, limit(of), &[], start);
        assert_eq!(late.due, Timestamp::MAX);
    }
}

#[test]
fn a_zone_that_sets_its_clocks_keeps_its_days() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let start: Timestamp = "2026-03-06T12:00:00-05:00".parse().unwrap();
    let calendar = Calendar::official();
    // Over the night of 8 March an hour is skipped: natural time is elapsed time, a working day ends at
    // midnight.
    assert_eq!(
        calendar.due(&zone, start, limit("72h"), &[], start),
        "2026-03-09T13:00:00-04:00".parse().unwrap()
    );
    assert_eq!(
        calendar.due(&zone, start, limit("1wd"), &[], start),
        "2026-03-10T00:00:00-04:00".parse().unwrap()
    );
    // In Havana 00:00 of 8 March 2026 is skipped: the day begins at 01:00.
    let zone = TimeZone::get("America/Havana").unwrap();
    let sunday = county("2026-03-07,workday,调班\n");
    assert_eq!(
        sunday.due(&zone, start, limit("1wd"), &[], start),
        "2026-03-08T01:00:00-04:00".parse().unwrap()
    );
}

#[test]
fn the_end_of_a_day_still_belongs_to_it() {
    let day = Date::constant(2026, 2, 16);
    let end = end_of_day(day, &shanghai());
    assert_eq!(end, at("2026-02-17 00:00"));
    assert_eq!(last_day(end, &shanghai()), day);
    assert_eq!(last_day(at("2026-02-16 00:01"), &shanghai()), day);
}
