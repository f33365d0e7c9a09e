//! The numbers of the board, and the windows that they are counted in.

use std::collections::BTreeMap;

use fengqiao_proto::types::v1::Level;
use jiff::{Timestamp, ToSpan as _, civil::Date};

/// Days that the trend goes back, today among them.
const TREND_DAYS: i32 = 30;
/// Months that the long trend goes back, this one among them.
const TREND_MONTHS: i32 = 13;

/// The windows of the board, in days of the county.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Today, which is not over.
    pub today: Date,
    /// The first day of the trend; it ends with today.
    pub days_from: Date,
    /// The first day of the first month of the long trend; it ends with today.
    pub months_from: Date,
    /// The first day of the rates; they end with yesterday, so that all that is due in them is past.
    pub rates_from: Date,
}

impl Windows {
    /// On a day.
    #[must_use]
    pub fn on(today: Date) -> Self {
        // A day this long ago is in the calendar, whatever the clock says.
        let back = |days: i32| today.checked_sub(days.days()).unwrap_or(today);
        let months = today.first_of_month().checked_sub((TREND_MONTHS - 1).months()).unwrap_or(today);
        Self { today, days_from: back(TREND_DAYS - 1), months_from: months, rates_from: back(TREND_DAYS) }
    }

    /// The day after today.
    #[must_use]
    pub fn tomorrow(self) -> Date {
        self.today.tomorrow().unwrap_or(self.today)
    }
}

/// Cases that are open now, of a town and a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGroup {
    /// The town's nine digits, or the county's six.
    pub town: String,
    /// The level.
    pub level: Level,
    /// How many.
    pub cases: i64,
    /// How many of them are over their limit.
    pub late: i64,
}

/// A day or a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// Cases that were opened in it.
    pub opened: i64,
    /// Those of them that are settled.
    pub settled: i64,
    /// Reports that came in it.
    pub reports: i64,
    /// Repeat calls among them.
    pub repeats: i64,
}

impl Period {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.opened += other.opened;
        self.settled += other.settled;
        self.reports += other.reports;
        self.repeats += other.repeats;
    }
}

/// What was due of an agency's pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dues {
    /// Pushes of which it was due.
    pub pushes: i64,
    /// Those of which it was done.
    pub done: i64,
    /// Those of which it was done in time.
    pub in_time: i64,
}

/// An agency's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Signatures.
    pub sign: Dues,
    /// Feedback with substance.
    pub feedback: Dues,
}

/// A town, over the days of the trend and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The days of the trend.
    pub trend: Period,
    /// Open now.
    pub open: i64,
    /// Of them, red.
    pub red: i64,
    /// Of them, over their limit.
    pub late: i64,
}

/// All numbers of the board, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// For which moment it was counted.
    pub counted_at: Timestamp,
    /// Up to when all topics were applied; none where one was never received.
    pub as_of: Option<Timestamp>,
    /// When the last of what it knows was received; none where nothing was.
    pub known_at: Option<Timestamp>,
    /// Its windows.
    pub windows: Windows,
    /// What is open now.
    pub open: Vec<OpenGroup>,
    /// The days of the trend that have something.
    pub days: BTreeMap<Date, Period>,
    /// The months of the long trend that have something.
    pub months: BTreeMap<Date, Period>,
    /// The days of the trend together, by town.
    pub towns: BTreeMap<String, Period>,
    /// What was due, by agency.
    pub agencies: BTreeMap<String, Rates>,
}

impl Picture {
    /// What is open of a level, and of it what is late.
    #[must_use]
    pub fn light(&self, level: Level) -> (i64, i64) {
        self.open
            .iter()
            .filter(|group| group.level == level)
            .fold((0, 0), |(cases, late), group| (cases + group.cases, late + group.late))
    }

    /// What is open, and of it what is late.
    #[must_use]
    pub fn all_open(&self) -> (i64, i64) {
        self.open.iter().fold((0, 0), |(cases, late), group| (cases + group.cases, late + group.late))
    }

    /// The days of the trend together.
    #[must_use]
    pub fn trend(&self) -> Period {
        self.days.values().fold(Period::default(), |mut sum, day| {
            sum.add(day);
            sum
        })
    }

    /// Today.
    #[must_use]
    pub fn today(&self) -> Period {
        self.days.get(&self.windows.today).copied().unwrap_or_default()
    }

    /// A town.
    #[must_use]
    pub fn place(&self, town: &str) -> Place {
        let mut place =
            Place { trend: self.towns.get(town).copied().unwrap_or_default(), ..Place::default() };
        for group in self.open.iter().filter(|group| group.town == town) {
            place.open += group.cases;
            place.late += group.late;
            if group.level == Level::Red {
                place.red += group.cases;
            }
        }
        place
    }

    /// What was due of all agencies.
    #[must_use]
    pub fn all_rates(&self) -> Rates {
        let mut all = Rates::default();
        for rates in self.agencies.values() {
            for (sum, one) in [(&mut all.sign, &rates.sign), (&mut all.feedback, &rates.feedback)] {
                sum.pushes += one.pushes;
                sum.done += one.done;
                sum.in_time += one.in_time;
            }
        }
        all
    }

    /// How far the numbers lag behind: the age of the oldest topic. None where one was never received.
    #[must_use]
    pub fn lag(&self) -> Option<jiff::SignedDuration> {
        self.as_of.map(|as_of| self.counted_at.duration_since(as_of))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn windows_end_with_today_and_rates_with_yesterday() {
        let windows = Windows::on(date(2026, 3, 1));
        assert_eq!(windows.days_from, date(2026, 1, 31));
        assert_eq!(windows.months_from, date(2025, 3, 1));
        assert_eq!(windows.rates_from, date(2026, 1, 30));
        assert_eq!(windows.tomorrow(), date(2026, 3, 2));
    }

    #[test]
    fn lights_and_places_add_up() {
        let group = |town: &str, level, cases, late| OpenGroup { town: town.into(), level, cases, late };
        let picture = Picture {
            counted_at: Timestamp::UNIX_EPOCH,
            as_of: None,
            known_at: None,
            windows: Windows::on(date(2026, 3, 1)),
            open: vec![
                group("421181105", Level::Red, 2, 1),
                group("421181105", Level::Blue, 5, 0),
                group("421181100", Level::Red, 1, 1),
            ],
            days: BTreeMap::new(),
            months: BTreeMap::new(),
            towns: BTreeMap::new(),
            agencies: BTreeMap::new(),
        };
        assert_eq!(picture.light(Level::Red), (3, 2));
        assert_eq!(picture.all_open(), (8, 2));
        let place = picture.place("421181105");
        assert_eq!((place.open, place.red, place.late), (7, 2, 1));
    }
}
