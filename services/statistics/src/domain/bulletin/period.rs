//! The periods of bulletins.

use fengqiao_proto::statistics::v1::BulletinPeriod;
use jiff::{ToSpan as _, civil::Date};
use serde::Deserialize;

use crate::domain::days::Days;

/// The period of a kind of bulletins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// Any days.
    Any,
}

/// Which of the periods that a bulletin speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Its own.
    This,
    /// The one just before (环比).
    Previous,
    /// The same one a year before (同比).
    YearBefore,
}

impl Period {
    /// The contract's number.
    pub const fn told(self) -> BulletinPeriod {
        match self {
            Self::Day => BulletinPeriod::Day,
            Self::Week => BulletinPeriod::Week,
            Self::Month => BulletinPeriod::Month,
            Self::Quarter => BulletinPeriod::Quarter,
            Self::Any => BulletinPeriod::Any,
        }
    }

    /// The period with a day; of any days the day alone.
    pub fn with(self, day: Date) -> Option<Days> {
        match self {
            Self::Day | Self::Any => Some(Days { first: day, last: day }),
            Self::Week => {
                let first = day.checked_sub(i32::from(day.weekday().to_monday_zero_offset()).days()).ok()?;
                Some(Days { first, last: first.checked_add(6.days()).ok()? })
            }
            Self::Month => Some(Days { first: day.first_of_month(), last: day.last_of_month() }),
            Self::Quarter => {
                let first = Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).ok()?;
                Some(Days { first, last: first.checked_add(2.months()).ok()?.last_of_month() })
            }
        }
    }

    /// One of the periods that a bulletin of these days speaks of; none out of range.
    pub fn at(self, days: Days, when: When) -> Option<Days> {
        match when {
            When::This => Some(days),
            When::Previous => {
                let last = days.first.yesterday().ok()?;
                if self == Self::Any { Days::ending(last, days.count()) } else { self.with(last) }
            }
            // The same weekdays: the week 52 weeks before. 29 February has the 28th before it.
            When::YearBefore => {
                let back = if self == Self::Week { 52.weeks() } else { 1.year() };
                let first = days.first.checked_sub(back).ok()?;
                match self {
                    Self::Day | Self::Any => Some(Days { first, last: days.last.checked_sub(back).ok()? }),
                    Self::Week | Self::Month | Self::Quarter => self.with(first),
                }
            }
        }
    }

    /// The name of a period of this kind.
    pub fn name(self, days: Days) -> String {
        let Days { first, last } = days;
        match self {
            Self::Day => first.strftime("%Y年%-m月%-d日").to_string(),
            Self::Week => {
                let week = first.iso_week_date();
                let (from, to) = (first.strftime("%-m月%-d日"), last.strftime("%-m月%-d日"));
                format!("{}年第{}周（{from}至{to}）", week.year(), week.week())
            }
            Self::Month => first.strftime("%Y年%-m月").to_string(),
            Self::Quarter => {
                let quarter =
                    ["一", "二", "三", "四"].get(usize::from((first.month() - 1).unsigned_abs() / 3));
                format!("{}年第{}季度", first.year(), quarter.copied().unwrap_or_default())
            }
            Self::Any if first == last => Self::Day.name(days),
            Self::Any => format!("{}至{}", first.strftime("%Y年%-m月%-d日"), last.strftime("%Y年%-m月%-d日")),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn days(first: Date, last: Date) -> Days {
        Days { first, last }
    }

    #[test]
    fn each_period_has_its_days_the_one_before_and_that_of_the_last_year() {
        let day = date(2026, 11, 25);
        let week = Period::Week.with(day).unwrap();
        assert_eq!(week, days(date(2026, 11, 23), date(2026, 11, 29)));
        assert_eq!(Period::Week.at(week, When::Previous).unwrap().first, date(2026, 11, 16));
        assert_eq!(Period::Week.at(week, When::YearBefore).unwrap().first, date(2025, 11, 24));
        let quarter = Period::Quarter.with(day).unwrap();
        assert_eq!(quarter, days(date(2026, 10, 1), date(2026, 12, 31)));
        assert_eq!(
            Period::Quarter.at(quarter, When::Previous).unwrap(),
            days(date(2026, 7, 1), date(2026, 9, 30))
        );
        let month = Period::Month.with(date(2024, 2, 29)).unwrap();
        assert_eq!(
            Period::Month.at(month, When::YearBefore).unwrap(),
            days(date(2023, 2, 1), date(2023, 2, 28))
        );
        let any = days(date(2026, 11, 1), date(2026, 11, 10));
        assert_eq!(
            Period::Any.at(any, When::Previous).unwrap(),
            days(date(2026, 10, 22), date(2026, 10, 31))
        );
    }

    #[test]
    fn periods_are_named_as_people_say_them() {
        let name = |period: Period| period.name(period.with(date(2026, 11, 25)).unwrap());
        assert_eq!(name(Period::Day), "2026年11月25日");
        assert_eq!(name(Period::Week), "2026年第48周（11月23日至11月29日）");
        assert_eq!(name(Period::Month), "2026年11月");
        assert_eq!(name(Period::Quarter), "2026年第四季度");
        let any = days(date(2026, 11, 1), date(2026, 11, 10));
        assert_eq!(Period::Any.name(any), "2026年11月1日至2026年11月10日");
    }
}
