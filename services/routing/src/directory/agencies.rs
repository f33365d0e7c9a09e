//! `agencies.csv`: code, name, kind, area_code.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
};

use fengqiao_county::{AreaLevel, AreaTree};
use serde::Deserialize;

use super::{
    fields::{check_area, check_code, check_name},
    files::{AGENCIES_FILE, Inspection},
};

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
    by_area: HashMap<AgencyKind, HashMap<String, String>>,
    /// Codes of rows that were refused: what names them is not refused too.
    refused: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyRow {
    code: String,
    name: String,
    kind: AgencyKind,
    area_code: String,
}

impl Agencies {
    /// Reads the file and checks each row against the county's areas.
    pub(super) fn read(inspection: &mut Inspection<'_>, areas: &AreaTree) -> Self {
        let mut agencies = Self::default();
        inspection.each(AGENCIES_FILE, |_, row: AgencyRow| {
            let code = row.code.clone();
            agencies.add(row, areas).inspect_err(|_| {
                agencies.refused.insert(code);
            })
        });
        agencies
    }

    fn add(&mut self, row: AgencyRow, areas: &AreaTree) -> Result<(), String> {
        check_code(&row.code)?;
        check_name(&row.name, "an agency")?;
        if self.by_code.contains_key(&row.code) {
            return Err(format!("{} is there twice", row.code));
        }
        let area = check_area(areas, &row.area_code)?;
        if let Some(level) = row.kind.area_level() {
            let area =
                area.ok_or_else(|| format!("an agency of the kind {} needs an area", row.kind.word()))?;
            if area.level != level {
                return Err(format!("the area {} is not a {level:?}", row.area_code));
            }
            let of_kind = self.by_area.entry(row.kind).or_default();
            if let Some(other) = of_kind.get(&area.code) {
                return Err(format!("{other} is already the {} of {}", row.kind.word(), row.area_code));
            }
            of_kind.insert(area.code.clone(), row.code.clone());
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
        self.by_area.get(&kind)?.get(area).and_then(|code| self.by_code.get(code))
    }

    /// That a row of another file may name this agency.
    pub(super) fn check(&self, code: &str) -> Result<(), String> {
        if self.by_code.contains_key(code) || self.refused.contains(code) {
            return Ok(());
        }
        Err(format!("the agency {code} is not in agencies.csv"))
    }

    /// All agencies after a code, ordered by code.
    pub(super) fn after<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Agency> {
        self.by_code.range::<str, _>((Bound::Excluded(code), Bound::Unbounded)).map(|(_, agency)| agency)
    }
}
