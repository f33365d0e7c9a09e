//! The baselines of linkage: phone-only and Splink, in Python.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::callers::Failure;

/// Runs them on a folder that the linkage set has written, shows what they say, and gives the records per second of
/// Splink.
///
/// # Errors
/// Where they do not run.
pub fn run(folder: &Path) -> Result<f64, Failure> {
    let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../linkage_set/baselines/run");
    let ended = Command::new(&program).arg(folder).stderr(Stdio::null()).output()?;
    if !ended.status.success() {
        return Err(format!("{} failed; try it by itself", program.display()).into());
    }
    let said = String::from_utf8(ended.stdout)?;
    print!("{said}");
    let speed = said.lines().find_map(|line| line.strip_prefix("splink records_per_second="));
    Ok(speed.ok_or("the baselines gave no speed")?.parse()?)
}
