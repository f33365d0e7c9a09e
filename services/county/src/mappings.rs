//! `mappings/NAME.toml`: how the fields of a source's own form become a record that intake takes.
//!
//! Everything that is set is a [`Template`] over the source's fields. What a field is set to must exist in the
//! contract, so that a misspelt one is found when the file is checked and not when the record comes.

mod file;
mod target;
mod template;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use fengqiao_proto::types::v1::{PartyRole, Source};

pub use self::{target::TargetKind, template::Template};
use crate::{AreaTree, CategoryDictionary, Mistake};

/// The folder in a county's folder.
pub const MAPPINGS_FOLDER: &str = "mappings";
/// A county has a few dozen.
const MOST_MAPPINGS: usize = 200;

/// What a record becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A report.
    Report,
    /// A call that the police have taken.
    PoliceTaking,
    /// Officers are sent.
    PoliceDispatch,
    /// What came of it.
    PoliceFeedback,
    /// What people did that is no report.
    Activity,
}

/// How the fields of one source's form become a record.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its name: the file's, without its ending.
    pub name: String,
    /// What comes of a record.
    pub record: RecordKind,
    /// The door.
    pub source: Source,
    /// What is set: by the path of JSON names in the message.
    pub set: Vec<Setting>,
    /// The lists, each entry of which is made of several fields.
    pub lists: Vec<ListMapping>,
    /// The people.
    pub parties: Vec<PartyMapping>,
    /// Where the area is found; a record without one names no area.
    pub area: Option<AreaMapping>,
    /// Where the kind of matter is found.
    pub category: Option<CategoryMapping>,
    /// Fields with a list of values: what each code means.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// How times are written, tried in this order.
    pub times: Vec<String>,
    /// What stands for yes.
    pub yes: Vec<String>,
    /// What stands for no.
    pub no: Vec<String>,
    /// All fields that the mapping names, the own ones that are only kept included.
    pub known: HashSet<String>,
}

/// One field of the message, and what it is set to.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The path of JSON names: `caller.phone`.
    pub path: String,
    /// What kind of value it takes.
    pub kind: TargetKind,
    /// What it is set to.
    pub template: Template,
    /// Of a [`TargetKind::Word`]: the word of the contract that each word of the source means.
    pub words: HashMap<String, String>,
}

/// Entries of a list of the message.
#[derive(Debug, Clone)]
pub struct ListMapping {
    /// The path of JSON names: `details.hotlineTicket.handlers`.
    pub path: String,
    /// Which entries there are.
    pub entries: Entries,
    /// What is set in each, by the path in the entry.
    pub set: Vec<Setting>,
}

/// Which entries of a list a record has.
#[derive(Debug, Clone)]
pub enum Entries {
    /// One, where this says something.
    When(Template),
    /// One for each of the several that this says; in the entry it is [`PART`].
    Each(Template),
}

/// One of several that stand in one field, as a template of a list names it: `{.}`.
pub const PART: &str = ".";

/// One of the people.
#[derive(Debug, Clone)]
pub struct PartyMapping {
    /// What the person is in the report.
    pub role: PartyRole,
    /// Where this says something, the person is not of the report's people: somebody else is there.
    pub unless: Option<Template>,
    /// The name.
    pub name: Option<Template>,
    /// The telephone number.
    pub phone: Option<Template>,
    /// The id number.
    pub id_number: Option<Template>,
}

/// Where the area is found.
#[derive(Debug, Clone)]
pub struct AreaMapping {
    /// A code of the county's, or of another system that the county knows.
    pub code: Option<Template>,
    /// The name of a town, community or grid, alone or with those above it; where no code is given.
    pub name: Option<Template>,
    /// Where neither leads to an area.
    pub default: String,
}

/// Where the kind of matter is found.
#[derive(Debug, Clone)]
pub struct CategoryMapping {
    /// The source's list, as the county calls it.
    pub list: String,
    /// The code in it.
    pub code: Option<Template>,
    /// The word for it.
    pub word: Option<Template>,
    /// The canonical category of a code or word. A word that is not here may still be in the county's dictionary.
    pub canonical: HashMap<String, String>,
}

/// The mappings of a county, by name.
#[derive(Debug, Clone, Default)]
pub struct Mappings(BTreeMap<String, Arc<Mapping>>);

impl Mappings {
    /// Reads all files of the folder `mappings`; a county without it has none. Mistakes are added to those found.
    pub(crate) fn load(
        folder: &Path,
        areas: &AreaTree,
        categories: &CategoryDictionary,
        mistakes: &mut Vec<Mistake>,
    ) -> Self {
        let folder = folder.join(MAPPINGS_FOLDER);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                mistakes.push(Mistake::new(&folder, 0, error.to_string()));
                return Self::default();
            }
        };
        let mut files: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
        files.sort();
        if files.len() > MOST_MAPPINGS {
            mistakes.push(Mistake::new(&folder, 0, format!("must hold at most {MOST_MAPPINGS} files")));
        }
        let mut mappings = BTreeMap::new();
        for file in files.iter().take(MOST_MAPPINGS) {
            if let Some(mapping) = file::load(file, areas, categories, mistakes) {
                mappings.insert(mapping.name.clone(), Arc::new(mapping));
            }
        }
        Self(mappings)
    }

    /// The mapping with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Mapping>> {
        self.0.get(name)
    }

    /// All mappings, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Mapping>> {
        self.0.values()
    }
}

impl Mapping {
    /// Reads a mapping from a text; `name` is its name and names it in mistakes.
    ///
    /// # Errors
    /// All mistakes, each with its line.
    pub fn read(
        name: &str,
        text: &str,
        areas: &AreaTree,
        categories: &CategoryDictionary,
    ) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mapping =
            file::read(&Path::new(name).with_extension("toml"), text, areas, categories, &mut mistakes);
        mapping.filter(|_| mistakes.is_empty()).ok_or(mistakes)
    }
}

#[cfg(test)]
mod tests;
