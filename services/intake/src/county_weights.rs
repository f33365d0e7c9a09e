//! How much each evidence weighs in each county: as its folder says, else as shipped.

use std::{collections::BTreeMap, sync::Arc};

use fengqiao_county::{Counties, Mistake, Mistakes, read_text};
use fengqiao_linkage::Weights;

/// The county's own weights; may be missing.
pub const WEIGHTS_FILE: &str = "linkage.toml";

/// The weights of an installation, by county.
#[derive(Debug, Clone, Default)]
pub struct CountyWeights(BTreeMap<String, Arc<Weights>>);

impl CountyWeights {
    /// Reads those of the counties' folders.
    ///
    /// # Errors
    /// All mistakes, each with its file and reason.
    pub fn load(counties: &Counties) -> Result<Self, Mistakes> {
        let shipped = Arc::new(Weights::shipped());
        let (mut weights, mut mistakes) = (BTreeMap::new(), Vec::new());
        for county in counties.iter() {
            let file = county.folder.join(WEIGHTS_FILE);
            let own = match read_text(&file) {
                Ok(None) => Ok(Arc::clone(&shipped)),
                Ok(Some(text)) => Weights::read(&text)
                    .map(Arc::new)
                    .map_err(|error| Mistake::new(&file, 0, error.to_string())),
                Err(mistake) => Err(mistake),
            };
            match own {
                Ok(own) => drop(weights.insert(county.code.clone(), own)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(Self(weights)) } else { Err(Mistakes(mistakes)) }
    }

    /// The weights of a county; the shipped ones for one that is not known.
    #[must_use]
    pub fn of(&self, county: &str) -> Arc<Weights> {
        self.0.get(county).cloned().unwrap_or_else(|| Arc::new(Weights::shipped()))
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_stack::StackPlan;

    use super::*;

    fn load(own: Option<&str>) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["areas.csv", "categories.csv", "county.toml"] {
            std::fs::copy(StackPlan::sample_county().join(file), folder.path().join(file)).unwrap();
        }
        if let Some(own) = own {
            std::fs::write(folder.path().join(WEIGHTS_FILE), own).unwrap();
        }
        let counties = Counties::load(&[folder.path().to_owned()]).unwrap();
        let weights = CountyWeights::load(&counties).map_err(|mistakes| mistakes.to_string())?;
        Ok(weights.of("421181").version.clone())
    }

    #[test]
    fn a_county_has_its_own_weights_or_the_shipped_ones() {
        let shipped = Weights::shipped();
        assert_eq!(load(None).unwrap(), shipped.version);
        let own = Weights { version: "macheng-2026".into(), ..shipped };
        assert_eq!(load(Some(&own.to_toml())).unwrap(), "macheng-2026");
        let wrong = load(Some("version = 7")).unwrap_err();
        assert!(wrong.contains(WEIGHTS_FILE) && wrong.contains("version"), "{wrong}");
    }
}
