//! The table of free days and made-up days: the State Council's, with a county's laid over it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    sync::{Arc, LazyLock},
};

use fengqiao_county::{Mistake, Mistakes, Row, csv_table, read_text};
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::DayReason;

/// The name of a county's own table in its folder.
pub const CALENDAR_FILE: &str = "calendar.csv";

/// The State Council's notices. A year's notice may name days of the December before.
const NOTICES: [(&str, &str); 3] = [
    ("2024.csv", include_str!("../data/2024.csv")),
    ("2025.csv", include_str!("../data/2025.csv")),
    ("2026.csv", include_str!("../data/2026.csv")),
];

/// What lies outside is a slip of the pen.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;
const MAX_NAME_CHARS: usize = 40;
/// Bytes of the hash that make the version: no two tables of an installation will ever share it.
const VERSION_BYTES: usize = 6;

static OFFICIAL: LazyLock<Calendar> = LazyLock::new(|| {
    let mut days = BTreeMap::new();
    for (name, text) in NOTICES {
        // That there are no mistakes is what a test of this file sees to.
        days.append(&mut read(text, Path::new(name), &mut Vec::new()));
    }
    Calendar::of(days)
});

/// Which days are working days. A clone is cheap and shares the table.
#[derive(Clone, Debug)]
pub struct Calendar(Arc<Table>);

#[derive(Debug)]
struct Table {
    days: BTreeMap<Date, NamedDay>,
    version: String,
}

#[derive(Clone, Debug)]
struct NamedDay {
    works: bool,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayRow {
    date: String,
    kind: String,
    name: String,
}

impl Calendar {
    /// The State Council's days of 2024, 2025 and 2026.
    #[must_use]
    pub fn official() -> Self {
        OFFICIAL.clone()
    }

    /// The official days and, over them, those of [`CALENDAR_FILE`] in a county's folder, where there is one.
    ///
    /// # Errors
    /// All mistakes of the file, each with its line; or that it cannot be read.
    pub fn load(folder: &Path) -> Result<Self, Mistakes> {
        let file = folder.join(CALENDAR_FILE);
        match read_text(&file)? {
            Some(text) => Self::parse(&text, &file),
            None => Ok(Self::official()),
        }
    }

    /// The official days and, over them, those of a text; `file` is only named in mistakes.
    ///
    /// # Errors
    /// All mistakes of the text, each with its line.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut own = read(text, file, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(Mistakes(mistakes));
        }
        let mut days = OFFICIAL.0.days.clone();
        days.append(&mut own);
        Ok(Self::of(days))
    }

    fn of(days: BTreeMap<Date, NamedDay>) -> Self {
        let mut hash = Sha256::new();
        for (date, NamedDay { works, name }) in &days {
            // A name holds no control character, so that no two tables give one text.
            hash.update(format!("{date}\t{works}\t{name}\n"));
        }
        let mut version = String::with_capacity(2 * VERSION_BYTES);
        for byte in hash.finalize().iter().take(VERSION_BYTES) {
            // Writing to a String does not fail.
            let _ = write!(version, "{byte:02x}");
        }
        Self(Arc::new(Table { days, version }))
    }

    /// A short hash of the table: it changes exactly when a day or its name does.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Whether the notice of a year is in the table: every notice names 1 January and 1 October.
    #[must_use]
    pub fn knows_year(&self, year: i16) -> bool {
        [1, 10]
            .into_iter()
            .all(|month| Date::new(year, month, 1).is_ok_and(|first| self.0.days.contains_key(&first)))
    }

    /// Whether a day is a working day. In a year that is not known: Monday to Friday, but for days of the
    /// table.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        self.0.days.get(&date).map_or_else(|| is_weekday(date), |day| day.works)
    }

    /// Why a day is a working day or not.
    pub(crate) fn reason(&self, date: Date) -> DayReason {
        match self.0.days.get(&date) {
            Some(NamedDay { works: true, name }) => DayReason::MakeUpWorkday(name.clone()),
            Some(NamedDay { works: false, name }) => DayReason::Holiday(name.clone()),
            None => match (is_weekday(date), self.knows_year(date.year())) {
                (true, true) => DayReason::WorkingDay,
                (true, false) => DayReason::AssumedWorkingDay,
                (false, true) => DayReason::Weekend,
                (false, false) => DayReason::AssumedWeekend,
            },
        }
    }
}

fn is_weekday(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn read(text: &str, file: &Path, mistakes: &mut Vec<Mistake>) -> BTreeMap<Date, NamedDay> {
    let mut days = BTreeMap::new();
    if let Some(line) = missing_header(text) {
        mistakes.push(Mistake::new(file, line, "the columns must be named first: date,kind,name"));
        return days;
    }
    for Row { line, value } in csv_table::<DayRow>(file, text, mistakes) {
        match read_row(value) {
            Ok((date, day)) => {
                if days.insert(date, day).is_some() {
                    mistakes.push(Mistake::new(file, line, format!("{date} is there twice")));
                }
            }
            Err(reasons) => mistakes.extend(reasons.into_iter().map(|r| Mistake::new(file, line, r))),
        }
    }
    days
}

/// The line of a first day that stands where the header should; it would be taken for one and be lost.
fn missing_header(text: &str) -> Option<u64> {
    let text = text.trim_start_matches('\u{feff}');
    let (first, line) = text.lines().zip(1..).find(|(l, _)| !l.trim().is_empty() && !l.starts_with('#'))?;
    first.trim_start().starts_with(|c: char| c.is_ascii_digit()).then_some(line)
}

fn read_row(row: DayRow) -> Result<(Date, NamedDay), Vec<String>> {
    let mut reasons = Vec::new();
    let day = row.date.parse::<Date>().ok().filter(|day| day.to_string() == row.date);
    match day {
        Some(day) if !YEARS.contains(&day.year()) => {
            reasons.push(format!("{day} does not lie in the years {} to {}", YEARS.start(), YEARS.end()));
        }
        Some(_) => {}
        None => reasons.push(format!("{:?} is not a date such as 2026-02-17", row.date)),
    }
    let works = match row.kind.as_str() {
        "holiday" => false,
        "workday" => true,
        other => {
            reasons.push(format!("the kind {other:?} is neither holiday nor workday"));
            false
        }
    };
    let length = row.name.chars().count();
    if length == 0 || length > MAX_NAME_CHARS || row.name.contains(char::is_control) {
        reasons.push(format!("a day needs a name of 1 to {MAX_NAME_CHARS} characters on one line"));
    }
    match day {
        Some(day) if reasons.is_empty() => Ok((day, NamedDay { works, name: row.name })),
        _ => Err(reasons),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Span, civil::date};

    use super::*;

    #[test]
    fn the_official_tables_have_no_mistake() {
        let mut rows = 0;
        for (name, text) in NOTICES {
            let mut mistakes = Vec::new();
            let days = read(text, Path::new(name), &mut mistakes);
            assert!(mistakes.is_empty(), "{mistakes:?}");
            let works = days.values().filter(|day| day.works).count();
            let expected = match name {
                "2024.csv" => (28, 8),
                "2025.csv" => (28, 5),
                _ => (33, 6),
            };
            assert_eq!((days.len() - works, works), expected, "{name}");
            assert!(days.iter().all(|(date, day)| !day.works || !is_weekday(*date)), "{name}");
            rows += days.len();
        }
        assert_eq!(OFFICIAL.0.days.len(), rows, "no day is in two notices");
    }

    #[test]
    fn a_year_has_as_many_working_days_as_the_notices_leave() {
        // Counted by another implementation of the same notices.
        for (year, expected) in [(2024, 251), (2025, 248), (2026, 248)] {
            let days = date(year, 1, 1).series(Span::new().days(1)).take_while(|d| d.year() == year);
            assert_eq!(days.filter(|d| OFFICIAL.is_working_day(*d)).count(), expected, "{year}");
        }
    }
}
