//! A set played through the `fengqiao` command, as a county would hand in its reports and read its links.

use std::{fmt, fs::File, io, path::Path, process::Command};

use crate::{
    set::{LinkageSet, write},
    truth::{MeasureError, Scores, measure, read_truth},
};

/// Why a set could not be played.
#[derive(Debug)]
pub enum PlayError {
    /// A file or a program could not be used.
    Io(io::Error),
    /// The command did not do what it was asked; with what it said.
    Command(String),
    /// The links cannot be measured.
    Links(MeasureError),
}

impl fmt::Display for PlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Command(said) => write!(f, "{said}"),
            Self::Links(error) => write!(f, "links.csv: {error}"),
        }
    }
}

impl std::error::Error for PlayError {}

impl From<io::Error> for PlayError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<MeasureError> for PlayError {
    fn from(error: MeasureError) -> Self {
        Self::Links(error)
    }
}

/// Hands a set in with `report import`, reads its links with `report links`, and compares them with the truth.
/// `fengqiao` gives the command and whom it talks to; `options` are further ones of the
/// import. The files `reports.jsonl`, `truth.csv` and `links.csv` stay in the folder.
///
/// # Errors
/// Where a file cannot be written, the command fails, or a report has no links.
pub fn play(
    set: &LinkageSet,
    folder: &Path,
    fengqiao: impl Fn() -> Command,
    options: &[&str],
) -> Result<Scores, PlayError> {
    write(set, folder)?;
    let (reports, links) = (folder.join("reports.jsonl"), folder.join("links.csv"));
    run(fengqiao().args(["report", "import"]).args(options).arg(&reports))?;
    run(fengqiao().args(["report", "links", "--out"]).arg(&links))?;
    let truth = read_truth(File::open(folder.join("truth.csv"))?)?;
    Ok(measure(&truth, &read_truth(File::open(links)?)?)?)
}

fn run(command: &mut Command) -> Result<(), PlayError> {
    let ended = command.output()?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    Err(PlayError::Command(format!("{command:?}: {said}")))
}
