//! The sample county as only tests have it: with areas that other systems know by codes of their own, and
//! with areas that are over.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{StackError, StackPlan};

/// Writes the sample county and the files of `tests/samples/county` into an empty folder.
///
/// # Errors
/// Where a file cannot be copied.
pub fn write_county_with_codes(folder: &Path) -> Result<(), StackError> {
    let added: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/samples/county");
    for from in [StackPlan::sample_county(), added] {
        for entry in fs::read_dir(&from).map_err(StackError::file(&from))? {
            let entry = entry.map_err(StackError::file(&from))?;
            fs::copy(entry.path(), folder.join(entry.file_name())).map_err(StackError::file(folder))?;
        }
    }
    Ok(())
}
