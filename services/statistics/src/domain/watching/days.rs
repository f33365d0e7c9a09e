//! Which days are a window's past.

use fengqiao_calendar::spring_festival;
use jiff::{ToSpan as _, civil::Date};

use crate::domain::days::Days;

/// So many weeks back is a past looked for.
pub const MOST_WEEKS: i32 = 40;
/// People go home so many days before the festival …
const BEFORE_FESTIVAL: i32 = 10;
/// … and are back after the Lantern Festival.
const AFTER_FESTIVAL: i32 = 16;

/// Whether the weeks around a Spring Festival touch them: what happens then is not like any other week.
pub fn touch_spring_festival(days: Days) -> bool {
    (days.first.year()..=days.last.year()).filter_map(spring_festival).any(|festival| {
        let begins = festival.checked_sub(BEFORE_FESTIVAL.days());
        let ends = festival.checked_add(AFTER_FESTIVAL.days());
        begins.is_ok_and(|begins| begins <= days.last) && ends.is_ok_and(|ends| ends >= days.first)
    })
}

fn weeks_before(days: Days, weeks: i32) -> Option<Days> {
    let back = |day: Date| day.checked_sub((7 * weeks).days()).ok();
    Some(Days { first: back(days.first)?, last: back(days.last)? })
}

/// The same weekdays of the weeks before, the newest first: at most so many, none before the first day of which anything
/// is known, none around a Spring Festival, and none that touch the window itself.
pub fn past(window: Days, most: usize, known_since: Date) -> Vec<Days> {
    (1..=MOST_WEEKS)
        .filter_map(|weeks| weeks_before(window, weeks))
        .filter(|days| days.last < window.first && days.first >= known_since)
        .filter(|days| !touch_spring_festival(*days))
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_past_has_the_same_weekdays_and_no_spring_festival() {
        // The festival of 2026 is on 17 February: 7 February to 5 March are left out.
        let window = Days::ending(date(2026, 3, 19), 2).unwrap();
        let found = past(window, 3, date(2020, 1, 1));
        let last: Vec<_> = found.iter().map(|days| days.last).collect();
        assert_eq!(last, [date(2026, 3, 12), date(2026, 2, 5), date(2026, 1, 29)]);
        assert!(found.iter().all(|days| days.last.weekday() == window.last.weekday()));
    }

    #[test]
    fn nothing_before_the_first_day_and_nothing_of_the_window_is_past() {
        let window = Days::ending(date(2026, 11, 20), 7).unwrap();
        let found = past(window, 12, date(2026, 11, 1));
        assert_eq!(found, [Days { first: date(2026, 11, 7), last: date(2026, 11, 13) }]);
        assert_eq!(
            past(Days::ending(date(2026, 11, 20), 10).unwrap(), 1, date(2026, 1, 1))[0].last,
            date(2026, 11, 6)
        );
    }

    #[test]
    fn a_window_around_the_festival_touches_it() {
        let touches = |month, day| touch_spring_festival(Days::ending(date(2026, month, day), 2).unwrap());
        assert!(!touches(2, 6) && touches(2, 7) && touches(3, 6) && !touches(3, 7));
    }
}
