//! What is wrong in a county's files, and how tables are read so that it can be said.

use std::{fmt, path::Path};

use serde::de::DeserializeOwned;

/// One mistake in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// The line, counted from 1; 0 where it is the file as a whole.
    pub line: u64,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Mistake {
    /// A mistake at a line of a file.
    pub fn new(file: &Path, line: u64, reason: impl Into<String>) -> Self {
        Self { file: file.display().to_string(), line, reason: reason.into() }
    }
}

/// All mistakes found; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:{}: {}", mistake.file, mistake.line, mistake.reason)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

/// One row of a table, with its line.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// The line in the file, counted from 1.
    pub line: u64,
    /// The row.
    pub value: T,
}

/// Reads a CSV table with a header line.
///
/// # Errors
/// Each row that does not fit, with its line; or the file as a whole.
pub fn csv_rows<T: DeserializeOwned>(file: &Path) -> Result<Vec<Row<T>>, Mistakes> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_path(file)
        .map_err(|e| Mistake::new(file, 0, e.to_string()))?;
    let header = reader.headers().map_err(|e| Mistake::new(file, 1, e.to_string()))?.clone();
    let mut rows = Vec::new();
    let mut mistakes = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match record.deserialize(Some(&header)) {
                    Ok(value) => rows.push(Row { line, value }),
                    Err(e) => mistakes.push(Mistake::new(file, line, e.to_string())),
                }
            }
            Err(e) => {
                let line = e.position().map_or(0, csv::Position::line);
                mistakes.push(Mistake::new(file, line, e.to_string()));
            }
        }
    }
    if mistakes.is_empty() { Ok(rows) } else { Err(Mistakes(mistakes)) }
}
