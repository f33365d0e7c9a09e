//! `responsibility.csv`: area_code, category, agency and, where it is wanted, source. An empty area is the
//! whole county, the category `*` is any, an empty source or `*` is any.

use std::collections::HashMap;

use fengqiao_county::{AreaTree, County};
use fengqiao_proto::types::v1::Source;
use serde::Deserialize;

use super::{
    Agencies,
    files::{Inspection, RESPONSIBILITY_FILE},
};

const ANY: &str = "*";

/// The agency, by source or [`ANY`].
type BySource = HashMap<String, String>;

/// Who answers for what.
#[derive(Debug, Default)]
pub(super) struct Responsibilities {
    /// By area (shortest code), then by category or [`ANY`].
    by_area: HashMap<String, HashMap<String, BySource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponsibilityRow {
    area_code: String,
    category: String,
    agency: String,
    #[serde(default)]
    source: String,
}

impl Responsibilities {
    /// Reads the file and checks each row against the county, its areas and its agencies.
    pub(super) fn read(
        inspection: &mut Inspection<'_>,
        county: &County,
        areas: &AreaTree,
        agencies: &Agencies,
    ) -> Self {
        let mut responsibilities = Self::default();
        inspection.each(RESPONSIBILITY_FILE, |_, row| responsibilities.add(row, county, areas, agencies));
        responsibilities
    }

    fn add(
        &mut self,
        row: ResponsibilityRow,
        county: &County,
        areas: &AreaTree,
        agencies: &Agencies,
    ) -> Result<(), String> {
        let ResponsibilityRow { area_code, category, agency, source } = row;
        let area = if area_code.is_empty() { county.code.as_str() } else { area_code.as_str() };
        let area = areas.find(area).ok_or_else(|| format!("the area {area} is not in areas.csv"))?;
        let canonical = county.categories.all().iter().any(|held| held.code == category);
        if !canonical && category != ANY {
            return Err(format!("{category} is not the code of a category, nor {ANY}"));
        }
        let source = if source.is_empty() { ANY.to_owned() } else { source };
        let known = Source::from_str_name(&format!("SOURCE_{source}"));
        if source != ANY && known.is_none_or(|known| known == Source::Unspecified) {
            return Err(format!("{source} is not the short name of a source as POLICE_110, nor {ANY}"));
        }
        agencies.check(&agency)?;
        let by_source =
            self.by_area.entry(area.code.clone()).or_default().entry(category.clone()).or_default();
        if by_source.insert(source, agency).is_some() {
            return Err(format!("{category} of {area_code} is there twice"));
        }
        Ok(())
    }

    /// The agency that answers: the first of the areas that has one decides, there the exact category
    /// before any, and there the exact source before any.
    pub(super) fn answering<'a>(
        &self,
        areas: impl IntoIterator<Item = &'a str>,
        category: &str,
        source: &str,
    ) -> Option<&str> {
        areas.into_iter().filter_map(|area| self.by_area.get(area)).find_map(|by_category| {
            [category, ANY]
                .into_iter()
                .filter_map(|category| by_category.get(category))
                .find_map(|by_source| by_source.get(source).or_else(|| by_source.get(ANY)))
                .map(String::as_str)
        })
    }
}
