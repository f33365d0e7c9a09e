//! What a page knows of its county: names, definitions, who may see what.

use std::sync::Arc;

use fengqiao_county::{AreaLevel, AreaTree, County};
use fengqiao_pages::Language;
use fengqiao_signin::staff::Staff;
use jiff::{Timestamp, civil::Date};

use crate::domain::{
    area::significant,
    board::{BoardSettings, Tile, tiles},
    definition::{Catalogue, Definition},
};

/// What a page knows of its county.
pub(super) struct View<'a> {
    pub language: Language,
    pub county: &'a County,
    pub areas: Arc<AreaTree>,
    pub catalogue: &'a Catalogue,
    pub staff: Arc<Staff>,
    pub settings: &'a BoardSettings,
    /// Whether the one who looks may see lists of cases.
    pub may_list: bool,
}

impl View<'_> {
    /// A definition that is counted here: the one of the first version, which the store adds up.
    pub fn definition(&self, id: &str) -> Option<&Definition> {
        self.catalogue.find(&format!("{id}@1")).map(Arc::as_ref)
    }

    /// The version in force, where it is newer than this definition.
    pub fn newer_than(&self, definition: &Definition) -> Option<i32> {
        let newest = self.catalogue.find(&definition.id)?;
        (newest.version > definition.version).then_some(newest.version)
    }

    /// The name of an area; its code where it is not known.
    pub fn area<'b>(&'b self, code: &'b str) -> &'b str {
        if code.len() <= 6 && code == self.county.code {
            return self.language.say("县级", "County level");
        }
        self.areas.find(code).map_or(code, |area| area.name.as_str())
    }

    /// The name of a category; its code where it is not known.
    pub fn category<'b>(&'b self, code: &'b str) -> &'b str {
        let mut all = self.county.categories.all().iter();
        all.find(|one| one.code == code).map_or(code, |one| one.name.as_str())
    }

    /// Whether there is such a category.
    pub fn has_category(&self, code: &str) -> bool {
        self.county.categories.all().iter().any(|one| one.code == code)
    }

    /// The name of an agency; its code where it is not known.
    pub fn agency<'b>(&'b self, code: &'b str) -> &'b str {
        self.staff.agency_name(code)
    }

    /// The towns, by the nine digits of their codes.
    pub fn towns(&self) -> Vec<String> {
        let towns = self.areas.iter().filter(|area| area.level == AreaLevel::Town);
        let mut towns: Vec<_> = towns.map(|area| significant(&area.code).to_owned()).collect();
        towns.sort_unstable();
        towns
    }

    /// The towns in their places.
    pub fn tiles(&self) -> Vec<Tile> {
        tiles(&self.towns(), &self.settings.placed)
    }

    /// A window of days in words: from the first to the last one.
    pub fn days(&self, from: Date, before: Date) -> String {
        let last = before.yesterday().unwrap_or(before);
        match from == last {
            true => from.to_string(),
            false => format!("{from} {} {last}", self.language.say("至", "to")),
        }
    }

    /// A moment, to the second, as the county has it.
    pub fn second(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.county.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}
