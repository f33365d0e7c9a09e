//! `responsibility.csv`: area_code, category, agency. An empty area is the whole county, the category
//! `*` is any.

use std::{collections::HashMap, path::Path};

use fengqiao_county::{County, Mistake, Mistakes, Row, csv_rows};
use serde::Deserialize;

use super::Agencies;

const ANY_CATEGORY: &str = "*";

/// Who answers for what.
#[derive(Debug)]
pub(super) struct Responsibilities {
    /// By area (shortest code) and category.
    agencies: HashMap<(String, String), String>,
}

#[derive(Deserialize)]
struct ResponsibilityRow {
    area_code: String,
    category: String,
    agency: String,
}

impl Responsibilities {
    /// Reads the file and checks each row against the county and its agencies.
    pub(super) fn load(file: &Path, county: &County, agencies: &Agencies) -> Result<Self, Mistakes> {
        let mut held = HashMap::new();
        let mut mistakes = Vec::new();
        for Row { line, value } in csv_rows::<ResponsibilityRow>(file)? {
            match place(&value, county, agencies) {
                Ok(place) => {
                    if held.insert(place, value.agency).is_some() {
                        let reason = format!("{} of {} is there twice", value.category, value.area_code);
                        mistakes.push(Mistake::new(file, line, reason));
                    }
                }
                Err(reason) => mistakes.push(Mistake::new(file, line, reason)),
            }
        }
        if mistakes.is_empty() { Ok(Self { agencies: held }) } else { Err(Mistakes(mistakes)) }
    }

    /// The agency that answers: the first of the areas that has one decides, and there the exact category
    /// before any.
    pub(super) fn answering(&self, areas: &[&str], category: &str) -> Option<&str> {
        areas.iter().find_map(|area| {
            [category, ANY_CATEGORY].into_iter().find_map(|category| {
                self.agencies.get(&((*area).to_owned(), category.to_owned())).map(String::as_str)
            })
        })
    }
}

fn place(row: &ResponsibilityRow, county: &County, agencies: &Agencies) -> Result<(String, String), String> {
    let area = if row.area_code.is_empty() { county.code.as_str() } else { row.area_code.as_str() };
    let area = county.areas.find(area).ok_or_else(|| format!("the area {area} is not in areas.csv"))?;
    let canonical = county.categories.all().iter().any(|category| category.code == row.category);
    if !canonical && row.category != ANY_CATEGORY {
        return Err(format!("{} is not the code of a category, nor {ANY_CATEGORY}", row.category));
    }
    if agencies.get(&row.agency).is_none() {
        return Err(format!("the agency {} is not in agencies.csv", row.agency));
    }
    Ok((area.code.clone(), row.category.clone()))
}
