//! A county's configuration folder: its areas, its categories, its settings, its mappings.
//!
//! What is wrong in a file is said with file, line and reason, all mistakes at once, before anything is
//! loaded. Services read files of their own from the same folder with [`csv_rows`] and [`Mistake`].

mod areas;
mod categories;
mod devices;
mod mappings;
mod mistake;
mod privacy;
mod settings;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use areas::{
    AREA_CHANGES_FILE, AREA_CODES_FILE, AREAS_FILE, Area, AreaChange, AreaLevel, AreaTexts, AreaTree,
    AreasInForce, CodeSystem, Loss, LostArea, MAX_NAME_CHARS, OtherCode, shortest_code,
};
pub use categories::{Category, CategoryDictionary, OTHER};
pub use devices::{DEVICES_FILE, Device, Devices};
use jiff::{Timestamp, civil::Date};
pub use mappings::{
    AreaMapping, CategoryMapping, Entries, ListMapping, MAPPINGS_FOLDER, Mapping, Mappings, PART,
    PartyMapping, RecordKind, Setting, TargetKind, Template,
};
pub use mistake::{Mistake, Mistakes, Row, csv_rows, csv_table, csv_text, line_at, read_text};
pub use privacy::{BackgroundSettings, RetentionSettings};
pub use settings::{CountySettings, OneKeyLimits, PushLimitHours};

/// One county, as its folder describes it.
#[derive(Debug)]
pub struct County {
    /// The 6-digit code (GB/T 2260).
    pub code: String,
    /// The name, for people.
    pub name: String,
    /// The zone of its days.
    pub time_zone: jiff::tz::TimeZone,
    /// The folder it was read from.
    pub folder: PathBuf,
    /// Limits and windows.
    pub settings: CountySettings,
    /// Its areas, which may change while the services run.
    pub areas: AreasInForce,
    /// Its categories.
    pub categories: CategoryDictionary,
    /// Its one-key call devices.
    pub devices: Devices,
    /// How its sources' own forms are read.
    pub mappings: Mappings,
}

impl County {
    /// Reads a county's folder.
    ///
    /// # Errors
    /// All mistakes found, each with file, line and reason.
    pub fn load(folder: &Path) -> Result<Self, Mistakes> {
        let file = settings::read(&folder.join("county.toml"))?;
        let mut mistakes = Vec::new();
        let areas = AreaTree::load(folder, &file.code).map_err(|m| mistakes.extend(m.0)).ok();
        let categories =
            CategoryDictionary::load(&folder.join("categories.csv")).map_err(|m| mistakes.extend(m.0)).ok();
        let devices = areas
            .as_ref()
            .map(|areas| Devices::load(&folder.join(DEVICES_FILE), areas))
            .transpose()
            .map_err(|m| mistakes.extend(m.0))
            .ok()
            .flatten();
        match (areas, categories, devices) {
            (Some(areas), Some(categories), Some(devices)) => {
                let mappings = Mappings::load(folder, &areas, &categories, &mut mistakes);
                if !mistakes.is_empty() {
                    return Err(Mistakes(mistakes));
                }
                Ok(Self {
                    code: file.code,
                    name: file.name,
                    time_zone: file.time_zone,
                    folder: folder.to_owned(),
                    settings: file.settings,
                    areas: AreasInForce::of_folder(areas),
                    categories,
                    devices,
                    mappings,
                })
            }
            _ => Err(Mistakes(mistakes)),
        }
    }

    /// The day in the county at a moment.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        self.time_zone.to_datetime(at).date()
    }
}

/// The counties of an installation, by code.
#[derive(Debug, Clone, Default)]
pub struct Counties(BTreeMap<String, Arc<County>>);

impl Counties {
    /// Reads the folders of all counties.
    ///
    /// # Errors
    /// All mistakes of all folders; also where two folders have the same code, or there is none.
    pub fn load(folders: &[PathBuf]) -> Result<Self, Mistakes> {
        let mut counties = BTreeMap::new();
        let mut mistakes = Vec::new();
        for folder in folders {
            match County::load(folder) {
                Ok(county) => {
                    let file = folder.join("county.toml");
                    if let Some(twin) = counties.insert(county.code.clone(), Arc::new(county)) {
                        mistakes.push(Mistake::new(&file, 0, format!("{} is there twice", twin.code)));
                    }
                }
                Err(found) => mistakes.extend(found.0),
            }
        }
        if folders.is_empty() {
            mistakes.push(Mistake::new(Path::new("(none)"), 0, "no county folder was given"));
        }
        if mistakes.is_empty() { Ok(Self(counties)) } else { Err(Mistakes(mistakes)) }
    }

    /// The county with this code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Arc<County>> {
        self.0.get(code)
    }

    /// All counties, ordered by code.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<County>> {
        self.0.values()
    }

    /// All codes, ordered.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}
