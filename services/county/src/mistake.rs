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

/// The line of a place in a text, both in bytes from 0; counted from 1.
#[must_use]
pub fn line_at(text: &str, place: usize) -> u64 {
    let before = text.as_bytes().get(..place).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
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
            mistake.fmt(f)?;
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

/// Reads a CSV table with a header line from a file.
///
/// # Errors
/// Each row that does not fit, with its line; or the file as a whole.
pub fn csv_rows<T: DeserializeOwned>(file: &Path) -> Result<Vec<Row<T>>, Mistakes> {
    match read_text(file)? {
        Some(text) => csv_text(file, &text),
        None => Err(Mistake::new(file, 0, "is missing").into()),
    }
}

/// Reads a CSV table with a header line from a text; `file` is only named in mistakes.
///
/// # Errors
/// Each row that does not fit, with its line; see [`csv_table`].
pub fn csv_text<T: DeserializeOwned>(file: &Path, text: &str) -> Result<Vec<Row<T>>, Mistakes> {
    let mut mistakes = Vec::new();
    let rows = csv_table(file, text, &mut mistakes);
    if mistakes.is_empty() { Ok(rows) } else { Err(Mistakes(mistakes)) }
}

/// The rows of a CSV table that fit; each that does not is added to the mistakes, so that what fits can be
/// checked in the same pass. A column that the row's type gives a default may be left out of the header. A
/// text without a line is an empty table. What is wrong with every row in the same way is wrong with the
/// header, and is said once.
pub fn csv_table<T: DeserializeOwned>(file: &Path, text: &str, mistakes: &mut Vec<Mistake>) -> Vec<Row<T>> {
    // Spreadsheets put a byte order mark before what they save as UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(e) => {
            mistakes.push(Mistake::new(file, 1, reason_of(&e)));
            return rows;
        }
    };
    let mut lines = Lines { text, byte: 0, line: 1 };
    let mut found: Vec<Mistake> = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = lines.line_of(record.position());
                match record.deserialize(Some(&header)) {
                    Ok(value) => rows.push(Row { line, value }),
                    Err(e) => found.push(Mistake::new(file, line, reason_of(&e))),
                }
            }
            Err(e) => found.push(Mistake::new(file, lines.line_of(e.position()), reason_of(&e))),
        }
    }
    if rows.is_empty() && found.len() > 1 && found.iter().all(|m| m.reason == found[0].reason) {
        found.truncate(1);
        found[0].line = 1;
    }
    mistakes.append(&mut found);
    rows
}

/// The text of a file; nothing where there is no such file.
///
/// # Errors
/// The file cannot be read, or is not UTF-8.
pub fn read_text(file: &Path) -> Result<Option<String>, Mistake> {
    match std::fs::read(file) {
        Ok(bytes) => {
            String::from_utf8(bytes).map(Some).map_err(|_| Mistake::new(file, 0, "must be saved as UTF-8"))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Mistake::new(file, 0, e.to_string())),
    }
}

/// The reason without the position, which a mistake has already.
fn reason_of(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} columns where the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}

/// Counts the lines of a text. The reader says where it went on reading, and that may be a comment or an
/// empty line above the record.
struct Lines<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let Some(target) = position.and_then(|at| usize::try_from(at.byte()).ok()) else { return 0 };
        while let Some(rest) = self.text.get(self.byte..) {
            let Some(end) = rest.find('\n') else { break };
            let line = rest[..end].trim();
            let skipped = line.is_empty() || line.starts_with('#');
            if self.byte >= target && !skipped {
                break;
            }
            self.byte += end + 1;
            self.line += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        code: String,
        #[serde(default)]
        number: Option<u8>,
    }

    type Pairs = Vec<(u64, String, Option<u8>)>;

    fn read(text: &str) -> Result<Pairs, Vec<(u64, String)>> {
        csv_text::<Pair>(Path::new("pairs.csv"), text)
            .map(|rows| rows.into_iter().map(|r| (r.line, r.value.code, r.value.number)).collect())
            .map_err(|found| found.0.into_iter().map(|m| (m.line, m.reason)).collect())
    }

    #[test]
    fn columns_with_a_default_may_be_empty_or_missing() {
        assert_eq!(read("code\na\n").unwrap(), [(2, "a".into(), None)]);
        assert_eq!(
            read("number,code\n 7 ,甲\n,乙").unwrap(),
            [(2, "甲".into(), Some(7)), (3, "乙".into(), None)]
        );
        assert!(read("").unwrap().is_empty());
        assert!(read("code,number\n").unwrap().is_empty());
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let text = "\u{feff}# 说明\r\n\r\ncode,number\r\n# 一\r\n\r\na,1\r\n\"b\nb\",2\r\n# 二\r\nc,x\r\n";
        assert_eq!(read(text).unwrap_err(), [(10, "field 1: invalid digit found in string".into())]);
        let text = text.replace(",x", ",3");
        let lines: Vec<u64> = read(&text).unwrap().into_iter().map(|r| r.0).collect();
        assert_eq!(lines, [6, 7, 10]);
        assert_eq!(read("code,number\n#\na\n").unwrap_err()[0].0, 3);
    }

    #[test]
    fn a_mistake_of_the_header_is_said_once() {
        let found = read("code,numbers\na,1\nb,2\n").unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, 1);
        assert!(found[0].1.contains("numbers"), "{found:?}");
        assert!(read("number\n1\n2\n").unwrap_err()[0].1.contains("code"));
    }

    #[test]
    fn a_file_in_another_encoding_is_refused() {
        let file = std::env::temp_dir().join(format!("gbk-{}.csv", std::process::id()));
        std::fs::write(&file, [b'a', 0xb2, 0xe9]).unwrap();
        assert!(read_text(&file).unwrap_err().reason.contains("UTF-8"));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read_text(&file), Ok(None));
    }
}
