//! The official days, a county's own over them, and the mistakes of a county's file.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::{fs, path::Path};

use fengqiao_calendar::{CALENDAR_FILE, Calendar};
use jiff::civil::{Date, date};

fn parse(rows: &str) -> Calendar {
    Calendar::parse(&format!("date,kind,name\n{rows}"), Path::new(CALENDAR_FILE)).unwrap()
}

fn mistakes(text: &str) -> Vec<(u64, String)> {
    let found = Calendar::parse(text, Path::new("county/calendar.csv")).unwrap_err();
    assert!(found.0.iter().all(|m| m.file == "county/calendar.csv"));
    found.0.into_iter().map(|m| (m.line, m.reason)).collect()
}

#[test]
fn the_official_days_are_those_of_the_notices() {
    let calendar = Calendar::official();
    let works = |month, day| calendar.is_working_day(date(2026, month, day));
    assert!(!works(1, 2), "元旦");
    assert!(works(1, 4), "a Sunday made up for");
    assert!(works(2, 13) && works(2, 14) && works(2, 28), "two Saturdays made up for");
    assert!((15..=23).all(|day| !works(2, day)), "nine days of 春节");
    assert!(works(2, 24));
    assert!(!works(3, 1) && works(3, 2));
    assert!(calendar.is_working_day(date(2025, 1, 27)) && !calendar.is_working_day(date(2025, 1, 28)));
    assert!(!calendar.is_working_day(date(2024, 10, 7)) && calendar.is_working_day(date(2024, 10, 12)));
}

#[test]
fn an_unknown_year_has_monday_to_friday() {
    let calendar = Calendar::official();
    assert!([2024, 2025, 2026].into_iter().all(|year| calendar.knows_year(year)));
    assert!([2023, 2027, i16::MAX, i16::MIN].into_iter().all(|year| !calendar.knows_year(year)));
    assert!(calendar.is_working_day(date(2027, 1, 1)), "a Friday");
    assert!(!calendar.is_working_day(date(2027, 1, 2)));
    assert!(calendar.is_working_day(Date::MAX), "a Friday");
}

#[test]
fn a_countys_days_lie_over_the_official_ones() {
    let county =
        parse("2026-02-23,workday,防汛值守\n2026-07-15,holiday,建县纪念日\n2026-07-18,workday,调班\n");
    assert!(county.is_working_day(date(2026, 2, 23)));
    assert!(!county.is_working_day(date(2026, 7, 15)));
    assert!(county.is_working_day(date(2026, 7, 18)));
    assert!(!county.is_working_day(date(2026, 2, 22)), "the rest is as it was");
}

#[test]
fn a_county_can_bring_a_whole_year() {
    assert!(!parse("2027-03-03,holiday,三月三\n").knows_year(2027), "one festival is not a notice");
    let county = parse("2027-01-01,holiday,元旦\n2027-10-01,holiday,国庆节\n2026-12-31,holiday,元旦\n");
    assert!(county.knows_year(2027));
    assert!(!county.is_working_day(date(2027, 1, 1)));
    assert!(!county.is_working_day(date(2026, 12, 31)), "a notice reaches into the December before");
}

#[test]
fn the_version_follows_the_days_and_nothing_else() {
    let official = Calendar::official();
    assert_eq!(official.version().len(), 12);
    assert_eq!(parse("").version(), official.version());
    assert_eq!(parse("2026-02-17,holiday,春节\n").version(), official.version(), "says nothing new");
    let one = parse("2026-07-15,holiday,甲\n2026-07-16,holiday,乙\n");
    let same = parse("# 说明\n2026-07-16, holiday ,乙\n\n2026-07-15,holiday,甲\n");
    assert_eq!(one.version(), same.version(), "order and comments are not days");
    for other in [
        "2026-07-15,holiday,甲\n",
        "2026-07-15,workday,甲\n2026-07-16,holiday,乙\n",
        "2026-07-15,holiday,甲\n2026-07-17,holiday,乙\n",
        "2026-07-15,holiday,甲\n2026-07-16,holiday,丙\n",
    ] {
        assert_ne!(one.version(), parse(other).version(), "{other}");
    }
}

#[test]
fn a_folder_without_a_file_has_the_official_days() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(CALENDAR_FILE);
    assert_eq!(Calendar::load(folder.path()).unwrap().version(), Calendar::official().version());
    fs::write(&file, "\u{feff}date,kind,name\r\n2026-07-15,holiday,建县纪念日\r\n").unwrap();
    assert!(!Calendar::load(folder.path()).unwrap().is_working_day(date(2026, 7, 15)));
    fs::write(&file, "date,kind,name\n2026-07-15,feast,建县纪念日\n").unwrap();
    let found = Calendar::load(folder.path()).unwrap_err();
    assert_eq!((found.0[0].file.as_str(), found.0[0].line), (file.to_str().unwrap(), 2));
    fs::write(&file, [b'd', 0xb2, 0xe9]).unwrap();
    assert!(Calendar::load(folder.path()).is_err());
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(Calendar::load(folder.path()).is_err(), "what cannot be read is not taken for missing");
}

#[test]
fn all_mistakes_of_a_file_are_named() {
    let found = mistakes(
        "# 本县\ndate,kind,name\n2026-02-30,holiday,甲\n2026-7-15,holiday,乙\n2026-07-15,rest,丙\n\
         2026-07-16,holiday,\n2026-07-17,holiday,丁\n2026-07-17,workday,丁\n20260718,Holiday,\n1926-07-18,holiday,戊\n\
         2026-07-19T10:00,holiday,己\n",
    );
    let expected = [
        (3, "\"2026-02-30\" is not a date"),
        (4, "\"2026-7-15\" is not a date"),
        (5, "\"rest\" is neither holiday nor workday"),
        (6, "a day needs a name"),
        (8, "2026-07-17 is there twice"),
        (9, "\"20260718\" is not a date"),
        (9, "\"Holiday\" is neither"),
        (9, "a day needs a name"),
        (10, "does not lie in the years 2000 to 2100"),
        (11, "\"2026-07-19T10:00\" is not a date"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((line, reason), (expected_line, part)) in found.iter().zip(expected) {
        assert!(*line == expected_line && reason.contains(part), "{line}: {reason}");
    }
    let name = "长".repeat(41);
    assert!(mistakes(&format!("date,kind,name\n2026-07-15,holiday,{name}\n"))[0].1.contains("1 to 40"));
    assert_eq!(mistakes("date,kind,name\n2026-07-15,holiday,\"甲\n乙\"\n").len(), 1);
}

#[test]
fn a_table_without_its_header_is_not_taken_for_an_empty_one() {
    for text in ["2026-07-15,holiday,甲\n", "2026-07-15,holiday,甲\n2026-07-16,holiday,乙\n"] {
        assert_eq!(mistakes(text), [(1, "the columns must be named first: date,kind,name".to_owned())]);
    }
    assert_eq!(mistakes("\u{feff}# 说明\n\n2026-07-15,holiday,甲\n")[0].0, 3);
    assert!(!mistakes("date,kind\n2026-07-15,holiday\n").is_empty());
    assert!(!mistakes("date,kind,name,note\n2026-07-15,holiday,甲,x\n").is_empty());
    assert!(!mistakes("date,kind,name\n2026-07-15,holiday\n").is_empty());
    assert!(Calendar::parse("", Path::new(CALENDAR_FILE)).is_ok());
}
