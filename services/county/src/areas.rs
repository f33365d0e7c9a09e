//! The area tree: county > town > community > grid.
//!
//! Statistical codes have 12 digits (county 6, town 3, community 3); a grid adds 3. A code's prefix is
//! its parent, so the county is also known by 6 digits and a town by 9.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use crate::{Mistake, Mistakes, csv_rows};

/// How large an area is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AreaLevel {
    /// 县、市、区
    County,
    /// 乡镇、街道
    Town,
    /// 村、社区
    Community,
    /// 网格
    Grid,
}

impl AreaLevel {
    /// How many digits of a code name an area of this level.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::County => 6,
            Self::Town => 9,
            Self::Community => 12,
            Self::Grid => 15,
        }
    }
}

/// One area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The shortest code that names it: 6, 9, 12 or 15 digits.
    pub code: String,
    /// How large it is.
    pub level: AreaLevel,
    /// Its own name.
    pub name: String,
}

/// The areas of one county.
#[derive(Debug, Clone)]
pub struct AreaTree {
    areas: BTreeMap<String, Area>,
}

#[derive(Deserialize)]
struct AreaRow {
    code: String,
    level: AreaLevel,
    name: String,
    parent_code: String,
}

impl AreaTree {
    /// Reads `areas.csv`: code, level, name, parent_code.
    pub(crate) fn load(file: &Path, county: &str) -> Result<Self, Mistakes> {
        let rows = csv_rows::<AreaRow>(file)?;
        let mut mistakes = Vec::new();
        let mut areas = BTreeMap::new();
        for row in &rows {
            let area = &row.value;
            match short_code(&area.code, area.level) {
                Some(code) if code.starts_with(county) => {
                    if area.name.is_empty() {
                        mistakes.push(Mistake::new(file, row.line, "an area needs a name"));
                    }
                    let held = Area { code: code.to_owned(), level: area.level, name: area.name.clone() };
                    if areas.insert(code.to_owned(), held).is_some() {
                        mistakes.push(Mistake::new(file, row.line, format!("{} is there twice", area.code)));
                    }
                }
                Some(_) => mistakes.push(Mistake::new(
                    file,
                    row.line,
                    format!("{} does not lie in county {county}", area.code),
                )),
                None => mistakes.push(Mistake::new(
                    file,
                    row.line,
                    format!("{} is not the code of a {:?}", area.code, area.level),
                )),
            }
        }
        for row in &rows {
            let area = &row.value;
            let Some(code) = short_code(&area.code, area.level) else { continue };
            let parent = parent_of(code);
            let named = area.parent_code.trim_end_matches('0');
            if let Some(parent) = parent
                && (!areas.contains_key(parent)
                    || !parent.starts_with(named) && named != parent.trim_end_matches('0'))
            {
                mistakes.push(Mistake::new(
                    file,
                    row.line,
                    format!(
                        "the parent {} of {} is not in the file or not its prefix",
                        area.parent_code, area.code
                    ),
                ));
            }
        }
        if !areas.contains_key(county) {
            mistakes.push(Mistake::new(file, 0, format!("the county {county} itself is missing")));
        }
        if mistakes.is_empty() { Ok(Self { areas }) } else { Err(Mistakes(mistakes)) }
    }

    /// The area with this code: 6, 9, 12 or 15 digits, with or without the zeros that fill it up.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Area> {
        if !matches!(code.len(), 6 | 9 | 12 | 15) || !code.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut short = code;
        while short.len() > AreaLevel::County.digits() && short.ends_with("000") {
            short = &short[..short.len() - 3];
        }
        self.areas.get(short)
    }

    /// The area itself and all that it lies in, smallest first.
    pub fn ancestry<'a>(&'a self, code: &str) -> impl Iterator<Item = &'a Area> {
        let mut next = self.find(code);
        std::iter::from_fn(move || {
            let here = next?;
            next = parent_of(&here.code).and_then(|parent| self.areas.get(parent));
            Some(here)
        })
    }

    /// The name with the names of what it lies in, below the county: 阎家河镇石桥垸村. The county's own
    /// name for the county; empty for an unknown code.
    #[must_use]
    pub fn name_path(&self, code: &str) -> String {
        let mut names: Vec<&str> = self
            .ancestry(code)
            .filter(|area| area.level != AreaLevel::County)
            .map(|area| area.name.as_str())
            .collect();
        if names.is_empty() {
            return self.find(code).map(|area| area.name.clone()).unwrap_or_default();
        }
        names.reverse();
        names.concat()
    }

    /// All areas, ordered by code.
    pub fn iter(&self) -> impl Iterator<Item = &Area> {
        self.areas.values()
    }
}

fn short_code(code: &str, level: AreaLevel) -> Option<&str> {
    let digits = level.digits();
    let right_length = matches!(code.len(), 12 | 15) || code.len() == digits;
    let filled = code.get(digits..).is_some_and(|rest| rest.bytes().all(|b| b == b'0'));
    (right_length && filled && code.bytes().all(|b| b.is_ascii_digit())).then(|| &code[..digits])
}

fn parent_of(code: &str) -> Option<&str> {
    (code.len() > AreaLevel::County.digits()).then(|| &code[..code.len() - 3])
}
