//! `agencies.csv`: code, name, kind, area_code.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    path::Path,
};

use fengqiao_county::{AreaLevel, County, Mistake, Mistakes, Row, csv_rows};
use serde::Deserialize;

const MAX_CODE_BYTES: usize = 64;

/// What an agency is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgencyKind {
    /// The county's governance centre.
    Centre,
    /// A department of the county.
    Functional,
    /// A town or sub-district.
    Town,
    /// A town's justice office.
    Justice,
    /// A community (village) committee.
    Community,
}

impl AgencyKind {
    /// The word in the directory.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Centre => "centre",
            Self::Functional => "functional",
            Self::Town => "town",
            Self::Justice => "justice",
            Self::Community => "community",
        }
    }

    /// The level of the area that an agency of this kind must have.
    const fn area_level(self) -> Option<AreaLevel> {
        match self {
            Self::Centre | Self::Functional => None,
            Self::Town | Self::Justice => Some(AreaLevel::Town),
            Self::Community => Some(AreaLevel::Community),
        }
    }
}

/// An agency, town or community that can receive pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its code, unique in the county.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: AgencyKind,
    /// The shortest code of its area; empty where that is the whole county.
    pub area_code: String,
}

/// All agencies of a county.
#[derive(Debug, Default)]
pub struct Agencies {
    by_code: BTreeMap<String, Agency>,
    by_area: HashMap<(AgencyKind, String), String>,
}

#[derive(Deserialize)]
struct AgencyRow {
    code: String,
    name: String,
    kind: AgencyKind,
    area_code: String,
}

impl Agencies {
    /// Reads the file and checks each row against the county's areas.
    pub(super) fn load(file: &Path, county: &County) -> Result<Self, Mistakes> {
        let mut agencies = Self::default();
        let mut mistakes = Vec::new();
        for Row { line, value } in csv_rows::<AgencyRow>(file)? {
            if let Err(reason) = agencies.add(value, county) {
                mistakes.push(Mistake::new(file, line, reason));
            }
        }
        if mistakes.is_empty() { Ok(agencies) } else { Err(Mistakes(mistakes)) }
    }

    fn add(&mut self, row: AgencyRow, county: &County) -> Result<(), String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if row.code.is_empty() || row.code.len() > MAX_CODE_BYTES || !row.code.bytes().all(plain) {
            return Err(format!("a code has 1 to {MAX_CODE_BYTES} letters, digits, - and _"));
        }
        if row.name.is_empty() {
            return Err("an agency needs a name".to_owned());
        }
        if self.by_code.contains_key(&row.code) {
            return Err(format!("{} is there twice", row.code));
        }
        let area = if row.area_code.is_empty() {
            None
        } else {
            let found = county.areas.find(&row.area_code);
            Some(found.ok_or_else(|| format!("the area {} is not in areas.csv", row.area_code))?)
        };
        if let Some(level) = row.kind.area_level() {
            let area =
                area.ok_or_else(|| format!("an agency of the kind {} needs an area", row.kind.word()))?;
            if area.level != level {
                return Err(format!("the area {} is not a {level:?}", row.area_code));
            }
            let place = (row.kind, area.code.clone());
            if let Some(other) = self.by_area.get(&place) {
                return Err(format!("{other} is already the {} of {}", row.kind.word(), row.area_code));
            }
            self.by_area.insert(place, row.code.clone());
        }
        let area_code = area.map(|area| area.code.clone()).unwrap_or_default();
        let agency = Agency { code: row.code.clone(), name: row.name, kind: row.kind, area_code };
        self.by_code.insert(row.code, agency);
        Ok(())
    }

    /// The agency with this code.
    pub(super) fn get(&self, code: &str) -> Option<&Agency> {
        self.by_code.get(code)
    }

    /// The agency of this kind of an area, by the area's shortest code.
    pub(super) fn of_area(&self, kind: AgencyKind, area: &str) -> Option<&Agency> {
        self.by_area.get(&(kind, area.to_owned())).and_then(|code| self.by_code.get(code))
    }

    /// All agencies after a code, ordered by code.
    pub(super) fn after<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Agency> {
        self.by_code.range::<str, _>((Bound::Excluded(code), Bound::Unbounded)).map(|(_, agency)| agency)
    }
}
