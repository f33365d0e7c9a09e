//! What routing knows of each county: its areas and settings, its directory, its level rules.

use std::{collections::BTreeMap, sync::Arc};

use fengqiao_county::{Counties, County, Mistake, Mistakes};
use fengqiao_proto::types::v1::Source;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{
    directory::{Directory, Responsible},
    domain::{arrivals::short_source, case::CaseFile, level::RuleSet, transition::Setting},
};

/// One county, with everything that decides where its cases go.
#[derive(Debug)]
pub struct RoutingCounty {
    /// Areas, categories, settings.
    pub county: Arc<County>,
    /// Agencies, and who answers for what.
    pub directory: Directory,
    /// How dangerous a report is.
    pub rules: RuleSet,
    /// Held from reading to writing. Only other processes can then come between, which is rare; see
    /// [`Attempt`](crate::store::Attempt).
    pub turn: Mutex<()>,
}

impl RoutingCounty {
    /// Reads routing's files in a county's folder.
    ///
    /// # Errors
    /// All mistakes found, each with file, line and reason.
    pub fn load(county: Arc<County>, now: Timestamp) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let directory = Directory::load(&county, now).map_err(|found| mistakes.extend(found.0)).ok();
        let rules = load_rules(&county).map_err(|found| mistakes.extend(found.0)).ok();
        match (directory, rules) {
            (Some(directory), Some(rules)) => Ok(Self { county, directory, rules, turn: Mutex::new(()) }),
            _ => Err(Mistakes(mistakes)),
        }
    }

    /// Who has to do with an area, a category and a source.
    #[must_use]
    pub fn responsible(&self, area_code: &str, category: &str, source: Source) -> Responsible {
        self.directory.responsible(&self.county, area_code, category, short_source(source))
    }

    /// Who has to do with a case, whoever leads it now.
    #[must_use]
    pub fn responsible_of(&self, case: &CaseFile) -> Responsible {
        self.responsible(&case.area_code, &case.category, case.first_source)
    }

    /// What a change of a case has to know of the county.
    #[must_use]
    pub fn setting<'a>(&'a self, responsible: &'a Responsible) -> Setting<'a> {
        Setting { directory: &self.directory, responsible, limits: self.county.settings.push_limit_hours }
    }
}

fn load_rules(county: &County) -> Result<RuleSet, Mistakes> {
    let file = county.folder.join("levels.toml");
    let text = std::fs::read_to_string(&file).map_err(|e| Mistake::new(&file, 0, e.to_string()))?;
    RuleSet::parse(&file, &text)
}

/// The counties of an installation, by code.
#[derive(Debug)]
pub struct RoutingCounties(BTreeMap<String, RoutingCounty>);

impl RoutingCounties {
    /// Reads routing's files of all counties.
    ///
    /// # Errors
    /// All mistakes of all counties.
    pub fn load(counties: &Counties, now: Timestamp) -> Result<Self, Mistakes> {
        let mut loaded = BTreeMap::new();
        let mut mistakes = Vec::new();
        for county in counties.iter() {
            match RoutingCounty::load(Arc::clone(county), now) {
                Ok(routing) => {
                    loaded.insert(county.code.clone(), routing);
                }
                Err(found) => mistakes.extend(found.0),
            }
        }
        if mistakes.is_empty() { Ok(Self(loaded)) } else { Err(Mistakes(mistakes)) }
    }

    /// The county with this code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&RoutingCounty> {
        self.0.get(code)
    }
}
