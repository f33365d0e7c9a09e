//! Reading a file line by line, whatever it is.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Cursor, Read as _},
    path::Path,
    sync::Arc,
};

use calamine::{Data, Reader as _, Xlsx};
use clap::ValueEnum;
use serde_json::Value;

use super::faults::Fault;
use crate::errors::CommandError;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table with commas, in UTF-8 or GB18030.
    Csv,
    /// An Excel workbook; its first sheet is read.
    Xlsx,
    /// A JSON object a line.
    Jsonl,
}

/// A table is held in memory; a larger one is to be divided.
const MOST_TABLE_BYTES: u64 = 512 << 20;
/// A line that is longer is no report.
const MOST_LINE_BYTES: u64 = 4 << 20;
/// A number that a spreadsheet holds loses its digits beyond so many.
const SAFE_NUMBER: f64 = 1e15;

/// A file that is read.
pub struct Input {
    /// Its length, in the unit of [`Line::position`].
    pub length: u64,
    /// The names of the columns, where it is a table.
    pub header: Option<Vec<String>>,
    /// Its lines.
    pub lines: Box<dyn Iterator<Item = Line>>,
}

/// One line of a file.
pub struct Line {
    /// Its number, counted from 1, the header included.
    pub number: u64,
    /// How far the file is read.
    pub position: u64,
    /// What stands in it, or why it cannot be read.
    pub content: Result<Read, Fault>,
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// A JSON document.
    Document(Value),
    /// A cell for each column of the header.
    Cells(Vec<String>),
}

impl Input {
    /// Opens a file. It is what its name says, unless `format` does.
    ///
    /// # Errors
    /// It cannot be read, or nothing says what it is.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self, CommandError> {
        let format = format.or_else(|| format_of(path)).ok_or_else(|| {
            CommandError::Usage(format!(
                "{}: ends in none of .csv, .xlsx, .jsonl; say --format",
                path.display()
            ))
        })?;
        let of_file = |source| CommandError::File { path: path.to_owned(), source };
        let length = fs::metadata(path).map_err(of_file)?.len();
        if format != Format::Jsonl && length > MOST_TABLE_BYTES {
            return Err(of_file(io::Error::other("is larger than 512 MiB; divide it")));
        }
        match format {
            Format::Jsonl => File::open(path).map(|file| documents(file, length)).map_err(of_file),
            Format::Csv => fs::read(path).and_then(csv_table).map_err(of_file),
            Format::Xlsx => workbook(path).map_err(of_file),
        }
    }
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "xlsx" | "xlsm" => Some(Format::Xlsx),
        "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
        _ => None,
    }
}

fn documents(file: File, length: u64) -> Input {
    let mut reader = BufReader::new(file);
    let (mut number, mut position) = (0, 0);
    let lines = std::iter::from_fn(move || {
        loop {
            let mut bytes = Vec::new();
            number += 1;
            let read = reader.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut bytes);
            let content = match read {
                Ok(0) => return None,
                Ok(taken) => {
                    position += taken as u64;
                    if taken as u64 == MOST_LINE_BYTES && !bytes.ends_with(b"\n") {
                        position += skip_line(&mut reader);
                        Err(Fault::new("", "is longer than 4 MiB"))
                    } else {
                        let text = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1);
                        let text = text.unwrap_or(&bytes).trim_ascii();
                        if text.is_empty() {
                            continue;
                        }
                        document(text)
                    }
                }
                Err(error) => {
                    // What cannot be read now would fail again for ever: the file ends here, and it is told.
                    reader = BufReader::new(match File::open("/dev/null") {
                        Ok(nothing) => nothing,
                        Err(_) => return None,
                    });
                    Err(Fault::new("", error.to_string()))
                }
            };
            return Some(Line { number, position, content });
        }
    });
    Input { length, header: None, lines: Box::new(lines) }
}

/// Passes over the rest of a line; returns how many bytes that were.
fn skip_line(reader: &mut impl io::BufRead) -> u64 {
    let mut skipped = 0;
    while let Ok(buffer) = reader.fill_buf() {
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(taken);
        skipped += taken as u64;
        if end.is_some() || taken == 0 {
            break;
        }
    }
    skipped
}

fn document(text: &[u8]) -> Result<Read, Fault> {
    match serde_json::from_slice(text) {
        Ok(value @ Value::Object(_)) => Ok(Read::Document(value)),
        Ok(_) => Err(Fault::new("", "must be a JSON object")),
        // The error's text names the place in the line and quotes nothing of it.
        Err(error) => Err(Fault::new("", format!("is not JSON: {error}"))),
    }
}

/// Excel writes GB18030 where it is not told to write UTF-8.
fn decoded(bytes: Vec<u8>) -> io::Result<String> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => error.into_bytes(),
    };
    let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
    if broken { Err(io::Error::other("is neither UTF-8 nor GB18030")) } else { Ok(text.into_owned()) }
}

fn csv_table(bytes: Vec<u8>) -> io::Result<Input> {
    let text: Arc<[u8]> = decoded(bytes)?.into_bytes().into();
    let length = text.len() as u64;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(Cursor::new(Arc::clone(&text)));
    let header = reader.headers()?.iter().map(str::to_owned).collect();
    let mut records = reader.into_records();
    let mut counted = (0, 1);
    let lines = std::iter::from_fn(move || {
        loop {
            let record = records.next()?;
            let at = match &record {
                Ok(record) => record.position().map(csv::Position::byte),
                Err(error) => error.position().map(csv::Position::byte),
            };
            counted = line_at(&text, counted, usize::try_from(at.unwrap_or(0)).unwrap_or(usize::MAX));
            let content = match record {
                Ok(record) if record.iter().all(str::is_empty) => continue,
                Ok(record) => Ok(Read::Cells(record.iter().map(str::to_owned).collect())),
                Err(error) => Err(Fault::new("", uneven(&error))),
            };
            return Some(Line { number: counted.1, position: counted.0 as u64, content });
        }
    });
    Ok(Input { length, header: Some(header), lines: Box::new(lines) })
}

/// The line of a byte. The reader says where it went on reading, and empty lines may stand before the record.
fn line_at(text: &[u8], counted: (usize, u64), byte: usize) -> (usize, u64) {
    let (mut at, mut line) = counted;
    while let Some(sign) = text.get(at) {
        if at >= byte && !matches!(sign, b'\r' | b'\n') {
            break;
        }
        line += u64::from(*sign == b'\n');
        at += 1;
    }
    (at, line)
}

fn uneven(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} columns where the header has {expected_len}")
        }
        _ => "is no line of a CSV table".to_owned(),
    }
}

fn workbook(path: &Path) -> io::Result<Input> {
    let mut workbook: Xlsx<_> = calamine::open_workbook(path).map_err(io::Error::other)?;
    let sheet = workbook
        .worksheet_range_at(0)
        .ok_or_else(|| io::Error::other("has no sheet"))?
        .map_err(io::Error::other)?;
    let first = sheet.start().map_or(0, |(row, _)| row);
    let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    let length = rows.len() as u64;
    let mut rows = rows.into_iter().enumerate();
    let header: Vec<String> = match rows.next() {
        Some((_, names)) => {
            names.iter().map(|cell| text_of(cell).unwrap_or_default().trim().to_owned()).collect()
        }
        None => return Err(io::Error::other("is empty")),
    };
    let names = header.clone();
    let lines =
        rows.filter(|(_, cells)| cells.iter().any(|cell| *cell != Data::Empty)).map(move |(index, cells)| {
            let cells = names.iter().zip(&cells).map(|(name, cell)| {
                text_of(cell).map(|text| text.trim().to_owned()).map_err(|reason| Fault::new(name, reason))
            });
            Line {
                number: u64::from(first) + index as u64 + 1,
                position: index as u64 + 1,
                content: cells.collect::<Result<_, _>>().map(Read::Cells),
            }
        });
    Ok(Input { length, header: Some(header), lines: Box::new(lines) })
}

/// The text of a cell.
fn text_of(cell: &Data) -> Result<String, String> {
    match cell {
        Data::Empty => Ok(String::new()),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Ok(text.clone()),
        Data::Int(number) => Ok(number.to_string()),
        Data::Float(number) if number.abs() >= SAFE_NUMBER => {
            Err("is a number that has lost its last digits; format the column as text".to_owned())
        }
        // Without a fraction where it has none: 13800000000.
        Data::Float(number) => Ok(number.to_string()),
        Data::Bool(yes) => Ok(yes.to_string()),
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            Ok(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
        }
        _ => Err("holds an error of the spreadsheet".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(bytes: &[u8]) -> (Vec<String>, Vec<(u64, Result<Read, Fault>)>) {
        let input = csv_table(bytes.to_vec()).unwrap();
        (input.header.unwrap(), input.lines.map(|line| (line.number, line.content)).collect())
    }

    #[test]
    fn excel_s_encodings_are_read() {
        let text = "来源编号,标题\nGD-1,邻里漏水\n";
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        let marked = format!("\u{feff}{text}");
        for bytes in [text.as_bytes(), marked.as_bytes(), &gb] {
            let (header, lines) = table(bytes);
            assert_eq!(header, ["来源编号", "标题"]);
            assert_eq!(lines, [(2, Ok(Read::Cells(vec!["GD-1".into(), "邻里漏水".into()])))]);
        }
        assert!(decoded(vec![0xff, 0xff, 0x80]).is_err());
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let (_, lines) = table(b"a,b\r\n\r\n1,\"x\ny\"\r\n,\r\n\n1,2,3\n4,5\n");
        let numbers: Vec<_> = lines.iter().map(|line| line.0).collect();
        assert_eq!(numbers, [3, 7, 8], "{lines:?}");
        assert_eq!(lines[1].1.as_ref().unwrap_err().reason, "has 3 columns where the header has 2");
    }

    #[test]
    fn documents_are_read_line_by_line() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(5 << 20));
        io::Write::write_all(
            &mut file,
            format!("\u{feff}{{\"a\":1}}\r\n\n[1]\n{long}\n{{\"a\":\n{{\"a\":2}}").as_bytes(),
        )
        .unwrap();
        let input = Input::open(file.path(), Some(Format::Jsonl)).unwrap();
        let length = input.length;
        let lines: Vec<_> = input.lines.collect();
        let right: Vec<_> = lines.iter().map(|line| (line.number, line.content.is_ok())).collect();
        assert_eq!(right, [(1, true), (3, false), (4, false), (5, false), (6, true)]);
        assert_eq!(lines[4].position, length);
    }

    #[test]
    fn a_cell_never_loses_digits_silently() {
        assert_eq!(text_of(&Data::Float(13_800_000_000.0)).unwrap(), "13800000000");
        assert!(text_of(&Data::Float(1.101_051_949_123_1e17)).unwrap_err().contains("as text"));
        assert_eq!(text_of(&Data::Float(0.5)).unwrap(), "0.5");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(input) = csv_table(bytes.clone()) {
                input.lines.for_each(drop);
            }
            let _ = document(&bytes);
        }
    }
}
