//! Directories for tests: the areas and categories of the sample county, a few agencies, and what a test
//! adds.

use std::{collections::BTreeMap, path::Path, sync::OnceLock};

use fengqiao_county::County;
use jiff::Timestamp;

use super::{Directory, DirectoryFiles};

pub(super) const AGENCIES: &str = "code,name,kind,area_code\n\
    centre,中心,centre,\n\
    police,公安局,functional,\n\
    justice,司法局,functional,\n\
    court,法院,functional,\n\
    town,阎家河镇,town,421181105000\n";

pub(super) const POSTS: &str = "code,name,agency,rank,superior\n\
    chief,派出所长,police,leader,\n\
    officer,民警,police,officer,chief\n\
    committee,镇党委委员,town,leader,\n";

pub(super) const PEOPLE: &str = "person,name,post,from,to\n\
    li,李,chief,2024-01-01,\n\
    wang,王,officer,2024-01-01,\n";

/// The sample county.
pub(super) fn county() -> &'static County {
    static COUNTY: OnceLock<County> = OnceLock::new();
    COUNTY.get_or_init(|| {
        County::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")).unwrap()
    })
}

/// The sample county and its own directory.
pub(super) fn macheng() -> (&'static County, Directory) {
    (county(), Directory::load(county(), Timestamp::UNIX_EPOCH).unwrap())
}

/// A bundle of these files and [`AGENCIES`].
pub(super) fn bundle(files: &[(&str, &str)]) -> DirectoryFiles {
    let given = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let mut texts = BTreeMap::from([("agencies.csv".to_owned(), AGENCIES.to_owned())]);
    texts.extend(given);
    texts.into()
}

/// A directory of these files and [`AGENCIES`], or its mistakes.
pub(super) fn with(files: &[(&str, &str)]) -> Result<Directory, Vec<String>> {
    Directory::from_files(county(), &bundle(files), Timestamp::UNIX_EPOCH)
        .map_err(|found| found.0.iter().map(ToString::to_string).collect())
}

/// What is wrong in these files.
pub(super) fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    with(files).unwrap_err()
}
