//! The lines that were refused.

use std::{fs::File, io, path::Path};

use super::faults::Fault;
use crate::errors::CommandError;

/// So many are shown where no file is given.
const MOST_SHOWN: usize = 20;

/// Where refused lines go: into a CSV file, or the first of them to the terminal.
pub enum Rejects {
    /// The file: line, field, reason.
    File(Box<csv::Writer<File>>),
    /// How many were shown.
    Shown(usize),
}

impl Rejects {
    /// Opens the file, where one is given.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(file: Option<&Path>) -> Result<Self, CommandError> {
        let Some(path) = file else { return Ok(Self::Shown(0)) };
        let of_file = |source| CommandError::File { path: path.to_owned(), source };
        let mut writer = csv::Writer::from_writer(File::create(path).map_err(of_file)?);
        writer.write_record(["line", "field", "reason"]).map_err(|e| CommandError::Output(e.into()))?;
        Ok(Self::File(Box::new(writer)))
    }

    /// Adds a line with all that is wrong with it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, line: u64, faults: &[Fault]) -> Result<(), CommandError> {
        for fault in faults {
            match self {
                Self::File(writer) => writer
                    .write_record([&line.to_string(), &fault.field, &fault.reason])
                    .map_err(|e| CommandError::Output(e.into()))?,
                Self::Shown(shown) => {
                    *shown += 1;
                    if *shown <= MOST_SHOWN {
                        eprintln!("line {line}: {} {}", fault.field, fault.reason);
                    } else if *shown == MOST_SHOWN + 1 {
                        eprintln!("… more lines are refused: --rejects FILE keeps them all");
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&mut self) -> Result<(), CommandError> {
        let flushed: io::Result<()> = match self {
            Self::File(writer) => writer.flush(),
            Self::Shown(_) => Ok(()),
        };
        flushed.map_err(CommandError::Output)
    }
}
