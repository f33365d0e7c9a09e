//! The sample county in a folder of a test's own, which may change it.

use std::{fs, path::Path};

use crate::{StackError, StackPlan};

/// Writes the sample county into an empty folder.
///
/// # Errors
/// Where a file cannot be copied.
pub fn write_sample_county(folder: &Path) -> Result<(), StackError> {
    copy(&StackPlan::sample_county(), folder)
}

/// Writes the sample county with areas that the police know by codes of their own, and with areas that are
/// over: the files of `tests/samples/county`.
///
/// # Errors
/// Where a file cannot be copied.
pub fn write_county_with_codes(folder: &Path) -> Result<(), StackError> {
    write_sample_county(folder)?;
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/samples/county"), folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), StackError> {
    for entry in fs::read_dir(from).map_err(StackError::file(from))? {
        let entry = entry.map_err(StackError::file(from))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).map_err(StackError::file(&target))?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(StackError::file(to))?;
        }
    }
    Ok(())
}
