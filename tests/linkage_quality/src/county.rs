//! The sample county, as far as linkage needs it.

use std::{collections::HashMap, path::Path};

use fengqiao_linkage::Places;
use serde::Deserialize;

/// The county's places and the words of its categories.
pub struct County {
    pub places: Places,
    canonical: HashMap<String, String>,
}

#[derive(Deserialize)]
struct AreaRow {
    code: String,
    name: String,
}

#[derive(Deserialize)]
struct CategoryRow {
    code: String,
    name: String,
    aliases: String,
}

impl County {
    /// Reads the county of Macheng.
    pub fn read() -> Result<Self, csv::Error> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let areas: Vec<AreaRow> =
            csv::Reader::from_path(folder.join("areas.csv"))?.deserialize().collect::<Result<_, _>>()?;
        let places = Places::new(
            "麻城市",
            areas.iter().map(|area| {
                let town = area.code.strip_suffix("000").filter(|town| !town.ends_with("000"));
                (town.unwrap_or(&area.code), area.name.as_str())
            }),
        );
        let mut canonical = HashMap::new();
        for row in csv::Reader::from_path(folder.join("categories.csv"))?.deserialize::<CategoryRow>() {
            let row = row?;
            for word in row.aliases.split('|').chain([row.name.as_str(), row.code.as_str()]) {
                canonical.insert(word.to_owned(), row.code.clone());
            }
        }
        Ok(Self { places, canonical })
    }

    /// The canonical category of a source's word.
    pub fn category<'a>(&'a self, word: &str) -> &'a str {
        self.canonical.get(word).map_or("other", String::as_str)
    }
}
