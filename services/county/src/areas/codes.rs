//! `area_codes.csv`: code, system, area_code. A crosswalk: the codes by which other systems know an area.
//! Codes of the police have 15 digits since GA/T 2000.33-2020 and do not follow from the statistical ones,
//! so they are looked up and never cut (DOMAIN §0.12, §4.2).

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use serde::Deserialize;

use super::AreaTree;
use crate::{Mistake, Row, csv_table};

const MAX_CODE_BYTES: usize = 64;
const POLICE_DIGITS: usize = 15;

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeSystem {
    /// The police's, 15 digits (GA/T 2000.33-2020).
    Police15,
    /// The civil affairs' (民政).
    Civil,
    /// Any other.
    Other,
}

/// A code of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherCode {
    /// The code, as that system writes it.
    pub code: String,
    /// Whose code it is.
    pub system: CodeSystem,
}

/// Which area each foreign code means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Crosswalk {
    /// Shortest code of the area, by foreign code.
    areas: HashMap<String, String>,
    codes: BTreeMap<String, Vec<OtherCode>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRow {
    code: String,
    system: CodeSystem,
    area_code: String,
}

impl Crosswalk {
    /// Reads the file and checks each row against the areas.
    pub(super) fn read(file: &Path, text: &str, tree: &AreaTree, mistakes: &mut Vec<Mistake>) -> Self {
        let mut crosswalk = Self::default();
        let rows = csv_table::<CodeRow>(file, text, mistakes);
        for Row { line, value } in rows {
            if let Err(reason) = crosswalk.add(value, tree) {
                mistakes.push(Mistake::new(file, line, reason));
            }
        }
        crosswalk
    }

    fn add(&mut self, row: CodeRow, tree: &AreaTree) -> Result<(), String> {
        let CodeRow { code, system, area_code } = row;
        if code.is_empty() || code.len() > MAX_CODE_BYTES || code.chars().any(char::is_whitespace) {
            return Err(format!("a code has 1 to {MAX_CODE_BYTES} bytes without spaces"));
        }
        let digits = code.len() == POLICE_DIGITS && code.bytes().all(|b| b.is_ascii_digit());
        if system == CodeSystem::Police15 && !digits {
            return Err(format!("{code} does not have the {POLICE_DIGITS} digits of the police"));
        }
        let area =
            tree.find(&area_code).ok_or_else(|| format!("the area {area_code} is not in areas.csv"))?;
        if self.areas.contains_key(&code) {
            return Err(format!("{code} is there twice"));
        }
        self.areas.insert(code.clone(), area.code.clone());
        self.codes.entry(area.code.clone()).or_default().push(OtherCode { code, system });
        Ok(())
    }

    /// The shortest code of the area that a foreign code means.
    pub(super) fn area_of(&self, code: &str) -> Option<&str> {
        self.areas.get(code).map(String::as_str)
    }

    /// The foreign codes of an area, by its shortest code.
    pub(super) fn codes_of(&self, area: &str) -> impl Iterator<Item = &OtherCode> {
        self.codes.get(area).into_iter().flatten()
    }
}
