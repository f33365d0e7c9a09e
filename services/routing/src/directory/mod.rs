//! The county's directory: its agencies and who answers for what.

mod agencies;
mod responsibility;

use std::path::Path;

use fengqiao_county::{County, Mistake, Mistakes};
use jiff::Timestamp;

pub use agencies::{Agencies, Agency, AgencyKind};
use responsibility::Responsibilities;

/// Who has to do with a matter, by its area and category.
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

/// The agencies of a county and their duties.
#[derive(Debug)]
pub struct Directory {
    agencies: Agencies,
    responsibilities: Responsibilities,
    desk: String,
    loaded_at: Timestamp,
}

impl Directory {
    /// Reads `agencies.csv` and `responsibility.csv` of a county's folder.
    ///
    /// # Errors
    /// All mistakes of both files, before anything of them is used.
    pub fn load(county: &County, now: Timestamp) -> Result<Self, Mistakes> {
        let agencies_file = county.folder.join("agencies.csv");
        let agencies = Agencies::load(&agencies_file, county)?;
        let responsibilities =
            Responsibilities::load(&county.folder.join("responsibility.csv"), county, &agencies)?;
        let desk = county.settings.centre_desk.clone();
        match agencies.get(&desk) {
            Some(agency) if agency.kind == AgencyKind::Centre => {
                Ok(Self { agencies, responsibilities, desk, loaded_at: now })
            }
            Some(_) => Err(desk_mistake(&agencies_file, &desk, "must be of the kind centre")),
            None => Err(desk_mistake(&agencies_file, &desk, "is missing")),
        }
    }

    /// Who has to do with a matter. What nobody answers for is the centre's own.
    #[must_use]
    pub fn responsible(&self, county: &County, area_code: &str, category: &str) -> Responsible {
        // From the smallest area to the county, so that the first hit is the most specific.
        let areas: Vec<&str> = county.areas.ancestry(area_code).map(|area| area.code.as_str()).collect();
        let of_kind = |kind| {
            areas.iter().find_map(|area| self.agencies.of_area(kind, area)).map(|agency| agency.code.clone())
        };
        Responsible {
            lead: self.responsibilities.answering(&areas, category).unwrap_or(&self.desk).to_owned(),
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

    /// When the files were read.
    #[must_use]
    pub const fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }
}

fn desk_mistake(file: &Path, desk: &str, what: &str) -> Mistakes {
    Mistake::new(file, 0, format!("the centre's desk {desk}, named in county.toml, {what}")).into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn macheng_folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")
    }

    fn macheng() -> (County, Directory) {
        let county = County::load(&macheng_folder()).unwrap();
        let directory = Directory::load(&county, Timestamp::UNIX_EPOCH).unwrap();
        (county, directory)
    }

    #[test]
    fn area_and_category_decide_who_is_told() {
        let (county, directory) = macheng();
        let responsible = directory.responsible(&county, "421181105202", "marriage_family");
        assert_eq!(responsible.lead, "womens_federation");
        assert_eq!(responsible.town.as_deref(), Some("town-421181105"));
        assert_eq!(responsible.justice.as_deref(), Some("justice-421181105"));
        assert_eq!(responsible.community.as_deref(), Some("community-421181105202"));
        let grid = directory.responsible(&county, "421181111207002", "traffic");
        assert_eq!(grid.community.as_deref(), Some("community-421181111207"));
    }

    #[test]
    fn the_smaller_area_wins() {
        let (county, directory) = macheng();
        assert_eq!(directory.responsible(&county, "421181001002", "contract").lead, "court");
        assert_eq!(directory.responsible(&county, "421181105202", "contract").lead, "justice");
    }

    #[test]
    fn what_nobody_answers_for_is_the_centres_own() {
        let (county, directory) = macheng();
        let responsible = directory.responsible(&county, "421181", "other");
        assert_eq!(
            responsible,
            Responsible { lead: "centre".into(), town: None, justice: None, community: None }
        );
    }

    #[test]
    fn every_town_has_its_two_agencies_and_every_community_its_own() {
        let (county, directory) = macheng();
        for area in county.areas.iter() {
            let responsible = directory.responsible(&county, &area.code, "other");
            let expected = match area.level {
                fengqiao_county::AreaLevel::County => (false, false),
                fengqiao_county::AreaLevel::Town => (true, false),
                _ => (true, true),
            };
            assert_eq!(
                (responsible.town.is_some(), responsible.community.is_some()),
                expected,
                "{}",
                area.code
            );
            assert_eq!(responsible.town.is_some(), responsible.justice.is_some());
        }
    }

    fn with_files(agencies: &str, responsibility: &str) -> Result<Directory, Mistakes> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["county.toml", "areas.csv", "categories.csv"] {
            fs::copy(macheng_folder().join(name), folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("agencies.csv"), format!("code,name,kind,area_code\n{agencies}"))
            .unwrap();
        fs::write(
            folder.path().join("responsibility.csv"),
            format!("area_code,category,agency\n{responsibility}"),
        )
        .unwrap();
        Directory::load(&County::load(folder.path()).unwrap(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn exact_category_wins_over_any_and_area_over_category() {
        let agencies = "centre,中心,centre,\na,甲,functional,\nb,乙,functional,\nc,丙,functional,\n";
        let directory = with_files(agencies, ",*,a\n,traffic,b\n421181105000,*,c\n").unwrap();
        let (county, _) = macheng();
        assert_eq!(directory.responsible(&county, "421181001", "other").lead, "a");
        assert_eq!(directory.responsible(&county, "421181001", "traffic").lead, "b");
        assert_eq!(directory.responsible(&county, "421181105202", "traffic").lead, "c");
    }

    #[test]
    fn mistakes_name_file_line_and_reason() {
        let good = "centre,中心,centre,\n";
        for (agencies, responsibility, file, line, said) in [
            (format!("{good}x,,functional,\n"), "", "agencies.csv", 3, "name"),
            (format!("{good}centre,又,centre,\n"), "", "agencies.csv", 3, "twice"),
            (format!("{good}x,某,mayor,\n"), "", "agencies.csv", 3, "mayor"),
            (format!("{good}x,某,town,\n"), "", "agencies.csv", 3, "area"),
            (format!("{good}x,某,town,999999\n"), "", "agencies.csv", 3, "999999"),
            (format!("{good}x,某,town,421181105202\n"), "", "agencies.csv", 3, "Town"),
            (
                format!("{good}x,某,town,421181105000\ny,某,town,421181105000\n"),
                "",
                "agencies.csv",
                4,
                "already",
            ),
            (format!("{good}a b,某,functional,\n"), "", "agencies.csv", 3, "code"),
            ("x,某,functional,\n".to_owned(), "", "agencies.csv", 0, "centre"),
            (good.to_owned(), ",traffic,nobody\n", "responsibility.csv", 2, "nobody"),
            (good.to_owned(), ",飞行,centre\n", "responsibility.csv", 2, "飞行"),
            (good.to_owned(), "330681,traffic,centre\n", "responsibility.csv", 2, "330681"),
            (good.to_owned(), ",traffic,centre\n421181,traffic,centre\n", "responsibility.csv", 3, "twice"),
        ] {
            let mistakes = with_files(&agencies, responsibility).unwrap_err();
            let found = &mistakes.0[0];
            assert!(found.file.ends_with(file), "{found:?}");
            assert_eq!(found.line, line, "{found:?}");
            assert!(found.reason.contains(said), "{found:?}");
        }
    }
}
