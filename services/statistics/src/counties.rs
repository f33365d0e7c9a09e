//! What questions of a county are held against: its areas, categories and definitions.

use std::{collections::BTreeMap, sync::Arc};

use fengqiao_county::{Counties, County, Mistakes};
use fengqiao_proto::statistics::v1::{Dimension, QueryIndicatorsRequest};

use crate::{
    domain::{
        definition::Catalogue,
        figure::Place,
        question::{self, Directory, Question},
        wording,
    },
    error::StatisticsError,
};

/// The counties, each with its definitions.
#[derive(Debug)]
pub struct CountedCounties {
    counties: Arc<Counties>,
    catalogues: BTreeMap<String, Catalogue>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct CountedCounty<'a> {
    county: &'a County,
    /// Its definitions.
    pub catalogue: &'a Catalogue,
}

impl CountedCounties {
    /// Reads the definitions of these counties.
    ///
    /// # Errors
    /// All mistakes of their files.
    pub fn load(counties: Arc<Counties>) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut catalogues = BTreeMap::new();
        for code in counties.codes() {
            let Some(county) = counties.get(&code) else { continue };
            match Catalogue::load(&county.folder) {
                Ok(catalogue) => drop(catalogues.insert(code, catalogue)),
                Err(found) => mistakes.extend(found.0),
            }
        }
        if mistakes.is_empty() { Ok(Self { counties, catalogues }) } else { Err(Mistakes(mistakes)) }
    }

    /// The one with a code.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownCounty`]
    pub fn get(&self, code: &str) -> Result<CountedCounty<'_>, StatisticsError> {
        let found = self.counties.get(code).zip(self.catalogues.get(code));
        found
            .map(|(county, catalogue)| CountedCounty { county, catalogue })
            .ok_or(StatisticsError::UnknownCounty)
    }
}

impl CountedCounty<'_> {
    /// Checks a question.
    ///
    /// # Errors
    /// [`StatisticsError::Question`]
    pub fn check(&self, asked: &QueryIndicatorsRequest) -> Result<Question, StatisticsError> {
        question::check(asked, self.catalogue, self).map_err(StatisticsError::Question)
    }

    /// What a figure per 10,000 has to know.
    pub fn place(&self) -> Place<'_> {
        Place { county: &self.county.code, catalogue: self.catalogue }
    }

    /// The name for people of a dimension's value, where the county's files have it.
    pub fn label(&self, dimension: Dimension, value: &str) -> Option<String> {
        match dimension {
            Dimension::Area => Some(self.county.areas.now().name_path(value)).filter(|name| !name.is_empty()),
            Dimension::Category => {
                let mut categories = self.county.categories.all().iter();
                categories.find(|category| category.code == value).map(|category| category.name.clone())
            }
            _ => wording::known_label(dimension, value).map(str::to_owned),
        }
    }
}

impl Directory for CountedCounty<'_> {
    fn has_area(&self, code: &str) -> bool {
        self.county.areas.now().find(code).is_some()
    }

    fn has_category(&self, code: &str) -> bool {
        self.county.categories.all().iter().any(|category| category.code == code)
    }
}
