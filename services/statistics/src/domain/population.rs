//! How many people live where: what a figure per 10,000 is divided by. A county counts them in several ways and at
//! certain days; a figure takes the newest count that was there at the end of its window.

use std::path::Path;

use fengqiao_county::{Mistake, Mistakes, csv_rows};
use jiff::civil::Date;
use serde::Deserialize;

use super::area::significant;

/// The name of the table in a county's folder.
pub const POPULATION_FILE: &str = "population.csv";

/// In which way people are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PopulationKind {
    /// 常住人口
    Resident,
    /// 户籍人口
    Registered,
    /// 实有人口: registered here, or with a residence permit.
    Actual,
}

impl PopulationKind {
    /// The kind in a definition's denominator: `population(resident)`.
    pub fn of_rule(rule: &str) -> Option<Self> {
        match rule.strip_prefix("population(")?.strip_suffix(')')? {
            "resident" => Some(Self::Resident),
            "registered" => Some(Self::Registered),
            "actual" => Some(Self::Actual),
            _ => None,
        }
    }
}

/// How many people live where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Population(Vec<Counted>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    area_code: String,
    kind: PopulationKind,
    date: Date,
    people: i64,
}

impl Population {
    /// The table in a county's folder; empty where there is none.
    ///
    /// # Errors
    /// All mistakes of the file, each with its line.
    pub fn load(folder: &Path) -> Result<Self, Mistakes> {
        let file = folder.join(POPULATION_FILE);
        if !file.exists() {
            return Ok(Self::default());
        }
        let mut mistakes = Vec::new();
        let mut counted = Vec::new();
        for row in csv_rows::<Counted>(&file)? {
            let area = significant(&row.value.area_code).to_owned();
            let is_code = matches!(area.len(), 6 | 9 | 12 | 15) && area.bytes().all(|b| b.is_ascii_digit());
            if !is_code || row.value.people < 1 {
                let reason = "area_code has 6, 9, 12 or 15 digits, people is from 1";
                mistakes.push(Mistake::new(&file, row.line, reason));
            }
            counted.push(Counted { area_code: area, ..row.value });
        }
        if mistakes.is_empty() { Ok(Self(counted)) } else { Err(Mistakes(mistakes)) }
    }

    /// The newest count of an area that was there on a day; 0 where there is none.
    pub fn of(&self, area: &str, kind: PopulationKind, on: Date) -> i64 {
        let there =
            |counted: &&Counted| counted.area_code == area && counted.kind == kind && counted.date <= on;
        self.0.iter().filter(there).max_by_key(|counted| counted.date).map_or(0, |counted| counted.people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_count_that_was_there_is_taken() {
        let counted = |day: &str, people| Counted {
            area_code: "421181".into(),
            kind: PopulationKind::Resident,
            date: day.parse().unwrap(),
            people,
        };
        let population = Population(vec![counted("2020-11-01", 890_000), counted("2025-12-31", 870_000)]);
        let of = |day: &str| population.of("421181", PopulationKind::Resident, day.parse().unwrap());
        assert_eq!([of("2020-01-01"), of("2025-12-30"), of("2026-11-24")], [0, 890_000, 870_000]);
        assert_eq!(population.of("421181", PopulationKind::Actual, "2026-11-24".parse().unwrap()), 0);
    }
}
