//! The first day of the lunar year (春节), on which figures of two years can be aligned: in the weeks around it a
//! county's people come home and go away again, and the same days of the month are not the same days of life.

use jiff::civil::{Date, date};

/// The first days of the lunar years 2015 to 2035, by the calendar of the Purple Mountain Observatory (GB/T 33661-2017).
const FIRST_DAYS: [(i16, i8, i8); 21] = [
    (2015, 2, 19),
    (2016, 2, 8),
    (2017, 1, 28),
    (2018, 2, 16),
    (2019, 2, 5),
    (2020, 1, 25),
    (2021, 2, 12),
    (2022, 2, 1),
    (2023, 1, 22),
    (2024, 2, 10),
    (2025, 1, 29),
    (2026, 2, 17),
    (2027, 2, 6),
    (2028, 1, 26),
    (2029, 2, 13),
    (2030, 2, 3),
    (2031, 1, 23),
    (2032, 2, 11),
    (2033, 1, 31),
    (2034, 2, 19),
    (2035, 2, 8),
];

/// The first day of the lunar year that begins in a year; none for a year that is not in the table (2015 to 2035).
#[must_use]
pub fn spring_festival(year: i16) -> Option<Date> {
    let found = FIRST_DAYS.iter().find(|(of, _, _)| *of == year);
    found.map(|(year, month, day)| date(*year, *month, *day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_years_follow_each_other_by_twelve_or_thirteen_moons() {
        for two in FIRST_DAYS.windows(2) {
            let [before, after] = [two[0].0, two[1].0].map(|year| spring_festival(year).unwrap());
            let days = before.until(after).unwrap().get_days();
            assert!([353, 354, 355, 383, 384, 385].contains(&days), "{before} to {after}: {days}");
        }
        assert_eq!(spring_festival(2014), None);
    }
}
