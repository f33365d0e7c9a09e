//! The number that people say on the phone, and the two ways in which a case is named.

use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;

/// The day of a number series: year, month, day in the county's zone, 8 digits.
#[must_use]
pub fn series_day(at: Timestamp, zone: &TimeZone) -> String {
    let day = at.to_zoned_datetime(zone.clone()).date();
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// The number of the `running`-th case of a day.
#[must_use]
pub fn case_number(day: &str, running: i32) -> String {
    format!("{day}-{running:04}")
}

/// How a caller names a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseName {
    /// By its id.
    Id(Uuid),
    /// By the number that people say.
    Number(String),
}

impl CaseName {
    /// Reads a name; nothing where it is neither an id nor a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((day, running)) = text.split_once('-')
            && day.len() == 8
            && (4..=9).contains(&running.len())
            && day.bytes().chain(running.bytes()).all(|b| b.is_ascii_digit())
        {
            return Some(Self::Number(text.to_owned()));
        }
        Uuid::try_parse(text).ok().map(Self::Id)
    }

    /// The id, where it is one.
    #[must_use]
    pub const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Number(_) => None,
        }
    }

    /// The number, where it is one.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        match self {
            Self::Id(_) => None,
            Self::Number(number) => Some(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_countys() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let at: Timestamp = "2026-11-23T16:00:00Z".parse().unwrap();
        assert_eq!(series_day(at, &zone), "20261124");
        assert_eq!(case_number("20261124", 17), "20261124-0017");
        assert_eq!(case_number("20261124", 12_345), "20261124-12345");
    }

    #[test]
    fn a_case_is_named_by_id_or_number() {
        let id = Uuid::now_v7();
        assert_eq!(CaseName::parse(&id.to_string()), Some(CaseName::Id(id)));
        assert_eq!(CaseName::parse(" 20261124-0017 "), Some(CaseName::Number("20261124-0017".into())));
        for wrong in ["", "17", "20261124", "20261124-x", "2026112-0017"] {
            assert_eq!(CaseName::parse(wrong), None, "{wrong}");
        }
    }
}
