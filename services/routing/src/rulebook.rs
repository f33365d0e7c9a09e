//! What holds in a county now: who answers for what, how dangerous something is, by when it has to be done,
//! which days count. It is replaced as a whole, while cases go on.

use std::{path::Path, sync::Arc};

use fengqiao_calendar::Calendar;
use fengqiao_county::{County, Mistake, Mistakes};
use jiff::Timestamp;

use crate::{
    directory::{Directory, Responsible},
    domain::{
        case::CaseFile, duty::Clockwork, level::RuleSet, practice::Practice, standing::Office,
        transition::Setting, wording::short_source,
    },
};

/// What holds in a county.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// Agencies, posts, people, and who answers for what.
    pub directory: Arc<Directory>,
    /// How dangerous a report is.
    pub rules: Arc<RuleSet>,
    /// States, limits, who is told of what.
    pub practice: Arc<Practice>,
    /// Which days are working days.
    pub calendar: Calendar,
}

impl Rulebook {
    /// Reads routing's files in a county's folder.
    ///
    /// # Errors
    /// All mistakes found, each with file, line and reason.
    pub fn load(county: &County, now: Timestamp) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let directory = Directory::load(county, now).map_err(|found| mistakes.extend(found.0)).ok();
        let rules = load_rules(county).map_err(|found| mistakes.extend(found.0)).ok();
        let calendar = Calendar::load(&county.folder).map_err(|found| mistakes.extend(found.0)).ok();
        let practice = directory.as_ref().and_then(|directory| {
            Practice::load(county, directory).map_err(|found| mistakes.extend(found.0)).ok()
        });
        match (directory, rules, practice, calendar) {
            (Some(directory), Some(rules), Some(practice), Some(calendar)) => Ok(Self {
                directory: Arc::new(directory),
                rules: Arc::new(rules),
                practice: Arc::new(practice),
                calendar,
            }),
            _ => Err(Mistakes(mistakes)),
        }
    }

    /// Who has to do with a case, whoever leads it now.
    #[must_use]
    pub fn responsible_of(&self, county: &County, case: &CaseFile) -> Responsible {
        let source = short_source(case.first_source);
        self.directory.responsible(county, &case.area_code, &case.category, source)
    }

    /// What a change of a case has to know of the county.
    #[must_use]
    pub fn setting<'a>(&'a self, county: &'a County, responsible: &'a Responsible) -> Setting<'a> {
        Setting {
            directory: &self.directory,
            responsible,
            limits: county.settings.push_limit_hours,
            practice: &self.practice,
            calendar: &self.calendar,
            zone: &county.time_zone,
        }
    }

    /// What a duty besides cases has to know of the county.
    #[must_use]
    pub fn office<'a>(&'a self, county: &'a County) -> Office<'a> {
        Office {
            practice: &self.practice,
            directory: &self.directory,
            clock: Clockwork { calendar: &self.calendar, zone: &county.time_zone },
        }
    }
}

fn load_rules(county: &County) -> Result<RuleSet, Mistakes> {
    let file = county.folder.join("levels.toml");
    let text = std::fs::read_to_string(&file).map_err(|e| Mistake::new(&file, 0, e.to_string()))?;
    RuleSet::parse(Path::new("levels.toml"), &text)
}
