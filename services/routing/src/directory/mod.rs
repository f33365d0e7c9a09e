//! The county's directory: its areas, agencies, posts and people, who answers for what, who is on duty, and
//! whom else a matter can be taken to. It is read from a bundle of files, checked as a whole, and never changed
//! after that: a new bundle makes a new directory.

mod agencies;
mod contacts;
mod fields;
mod files;
mod grids;
mod mediators;
mod nearness;
mod people;
mod posts;
mod responsibility;
mod roster;
mod visibility;

use std::sync::Arc;

use fengqiao_county::{Area, AreaTree, County, Mistakes};
use jiff::{Timestamp, civil::Date};

pub use agencies::{Agencies, Agency, AgencyKind};
pub use contacts::Contact;
use contacts::Contacts;
pub use files::DirectoryFiles;
use files::{AGENCIES_FILE, Inspection};
pub use grids::Grid;
use grids::Grids;
use mediators::Mediators;
pub use mediators::{Mediator, MediatorKind};
use people::People;
pub use people::{Capacity, Person};
use posts::Posts;
pub use posts::{CENTRE_DIRECTOR, Post, Rank};
use responsibility::Responsibilities;
use roster::Rosters;
pub use roster::{Half, RosterSlot, SeatRule, half_of, monday_of};
pub use visibility::{Viewer, sees};

/// Who has to do with a matter, by its area, category and source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responsible {
    /// The agency that has to act; the centre's own desk where nobody else answers for it.
    pub lead: String,
    /// The town or sub-district.
    pub town: Option<String>,
    /// The town's justice office (司法所).
    pub justice: Option<String>,
    /// The community (village) committee.
    pub community: Option<String>,
}

/// The directory of a county.
#[derive(Debug)]
pub struct Directory {
    areas: Arc<AreaTree>,
    agencies: Agencies,
    responsibilities: Responsibilities,
    posts: Posts,
    people: People,
    rosters: Rosters,
    mediators: Mediators,
    contacts: Contacts,
    grids: Grids,
    desk: String,
    version: String,
    loaded_at: Timestamp,
}

impl Directory {
    /// Reads the directory's files of a county's folder.
    ///
    /// # Errors
    /// All mistakes of all files, before anything of them is used.
    pub fn load(county: &County, now: Timestamp) -> Result<Self, Mistakes> {
        Self::from_files(county, &DirectoryFiles::read(&county.folder)?, now)
    }

    /// Makes a directory of a bundle; a bundle without the files of the areas leaves those that hold now.
    ///
    /// # Errors
    /// All mistakes of all files.
    pub fn from_files(county: &County, files: &DirectoryFiles, now: Timestamp) -> Result<Self, Mistakes> {
        let mut inspection = Inspection::of(files);
        let areas = match files.areas(&county.code) {
            Some((areas, mistakes)) => {
                inspection.extend(mistakes);
                Arc::new(areas)
            }
            None => county.areas.now(),
        };
        let directory = Self::inspect(county, areas, files, &mut inspection, now);
        inspection.end().map(|()| directory)
    }

    fn inspect(
        county: &County,
        areas: Arc<AreaTree>,
        files: &DirectoryFiles,
        inspection: &mut Inspection<'_>,
        now: Timestamp,
    ) -> Self {
        let desk = county.settings.centre_desk.clone();
        let agencies = Agencies::read(inspection, &areas);
        let at_fault = match agencies.get(&desk) {
            Some(agency) if agency.kind == AgencyKind::Centre => None,
            Some(_) => Some("must be of the kind centre"),
            None => Some("is missing"),
        };
        if let Some(fault) = at_fault {
            let reason = format!("the centre's desk {desk}, named in county.toml, {fault}");
            inspection.mistake(AGENCIES_FILE, 0, reason);
        }
        let responsibilities = Responsibilities::read(inspection, county, &areas, &agencies);
        let posts = Posts::read(inspection, &agencies, &desk);
        let people = People::read(inspection, &posts);
        Self {
            rosters: Rosters::read(inspection, &agencies, &people),
            mediators: Mediators::read(inspection, county, &areas),
            contacts: Contacts::read(inspection, &areas, &county.code),
            grids: Grids::read(inspection, &areas, &people),
            areas,
            agencies,
            responsibilities,
            posts,
            people,
            desk,
            version: files.version(),
            loaded_at: now,
        }
    }

    /// The areas, which the rest of the directory fits.
    #[must_use]
    pub const fn areas(&self) -> &Arc<AreaTree> {
        &self.areas
    }

    /// Who has to do with a matter on a day: for an area that is over by then its successor's are. `source` is the
    /// short name of the door, as POLICE_110. What nobody answers for is the centre's own.
    #[must_use]
    pub fn responsible(&self, area_code: &str, category: &str, source: &str, date: Date) -> Responsible {
        // From the smallest area to the county, so that the first hit is the most specific.
        let line: Vec<&Area> = self.areas.current_ancestry(area_code, date).collect();
        self.answering(&line, category, source)
    }

    fn answering(&self, line: &[&Area], category: &str, source: &str) -> Responsible {
        let areas = || line.iter().map(|area| area.code.as_str());
        let of_kind = |kind| {
            areas().find_map(|area| self.agencies.of_area(kind, area)).map(|agency| agency.code.clone())
        };
        let lead = self.responsibilities.answering(areas(), category, source);
        Responsible {
            lead: lead.unwrap_or(&self.desk).to_owned(),
            town: of_kind(AgencyKind::Town),
            justice: of_kind(AgencyKind::Justice),
            community: of_kind(AgencyKind::Community),
        }
    }

    /// The centre's own desk.
    #[must_use]
    pub fn desk(&self) -> &str {
        &self.desk
    }

    /// The agency with this code.
    #[must_use]
    pub fn agency(&self, code: &str) -> Option<&Agency> {
        self.agencies.get(code)
    }

    /// The name of an agency; its code where the directory no longer has it.
    #[must_use]
    pub fn name<'a>(&'a self, code: &'a str) -> &'a str {
        self.agencies.get(code).map_or(code, |agency| agency.name.as_str())
    }

    /// All agencies after a code, ordered by code.
    pub fn agencies_after<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Agency> {
        self.agencies.after(code)
    }

    /// Names the contents of the bundle that it was made of, so that what an old case used can be said.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When the files were read.
    #[must_use]
    pub const fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
