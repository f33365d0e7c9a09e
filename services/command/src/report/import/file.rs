//! Reading a file line by line, whatever it is.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Cursor, Read as _},
    path::Path,
    sync::Arc,
};

use calamine::{Data, Dimensions, Reader as _, Xlsx};
use clap::ValueEnum;
use serde_json::Value;

use super::faults::Fault;
use crate::errors::CommandError;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table with commas, semicolons or tabs, in UTF-8, UTF-16 or GB18030.
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
            // The library panics at some damaged workbooks. All of a workbook is read here, so nothing of it stays.
            Format::Xlsx => std::panic::catch_unwind(|| workbook(path))
                .unwrap_or_else(|_| Err(io::Error::other("is a damaged workbook")))
                .map_err(of_file),
        }
    }
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Some(Format::Csv),
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

/// Excel writes GB18030 where it is not told to write UTF-8, and UTF-16 as its "Unicode text".
fn decoded(bytes: Vec<u8>) -> io::Result<String> {
    let marked = encoding_rs::Encoding::for_bom(&bytes).map(|(encoding, _)| encoding);
    if let Some(encoding) = marked.filter(|encoding| *encoding != encoding_rs::UTF_8) {
        let (text, _, broken) = encoding.decode(&bytes);
        return if broken { Err(io::Error::other("is damaged UTF-16")) } else { Ok(text.into_owned()) };
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => error.into_bytes(),
    };
    let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
    if broken { Err(io::Error::other("is neither UTF-8 nor GB18030")) } else { Ok(text.into_owned()) }
}

/// What stands between the cells: of a comma, a semicolon and a tab that which the head of the table has most of.
fn separator(text: &str) -> u8 {
    let (mut counts, mut quoted) = ([0_usize; 3], false);
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(HEAD) {
        for sign in line.bytes() {
            quoted ^= sign == b'"';
            if let Some(which) = SEPARATORS.iter().position(|one| *one == sign && !quoted) {
                counts[which] += 1;
            }
        }
    }
    // Of equals the first.
    let best = (0..SEPARATORS.len()).rev().max_by_key(|which| counts[*which]).unwrap_or_default();
    SEPARATORS[best]
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// Among so many rows the header is looked for: a title and some notes may stand above it.
const HEAD: usize = 10;

/// Which of the first rows names the columns: the first with more than one cell that says something; the first of all
/// where the table has one column.
fn header_among<'a>(rows: impl Iterator<Item = usize> + 'a) -> usize {
    rows.take(HEAD).position(|filled| filled > 1).unwrap_or(0)
}

fn csv_table(bytes: Vec<u8>) -> io::Result<Input> {
    let text = decoded(bytes)?;
    let mut builder = csv::ReaderBuilder::new();
    builder.trim(csv::Trim::All).delimiter(separator(&text)).has_headers(false).flexible(true);
    let filled = |record: &csv::StringRecord| record.iter().filter(|cell| !cell.is_empty()).count();
    let head: Vec<csv::StringRecord> =
        builder.from_reader(text.as_bytes()).into_records().take(HEAD).map_while(Result::ok).collect();
    let above = header_among(head.iter().map(filled));
    let header: Vec<String> = match head.get(above) {
        Some(names) => names.iter().map(str::to_owned).collect(),
        None => Vec::new(),
    };
    let columns = header.len();
    let text: Arc<[u8]> = text.into_bytes().into();
    let length = text.len() as u64;
    let mut records = builder.from_reader(Cursor::new(Arc::clone(&text))).into_records().skip(above + 1);
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
                Ok(record) => cells_of(&record, columns).map(Read::Cells),
                Err(_) => Err(Fault::new("", "is no line of a CSV table")),
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
        at += 1;
        // A lone CR ends a line too, as it does for the reader.
        line += u64::from(*sign == b'\n' || (*sign == b'\r' && text.get(at) != Some(&b'\n')));
    }
    (at, line)
}

/// A cell for each column. Empty ones behind the last are what a spreadsheet leaves there.
fn cells_of(record: &csv::StringRecord, columns: usize) -> Result<Vec<String>, Fault> {
    let said =
        record.iter().zip(1..).filter(|(cell, _)| !cell.is_empty()).last().map_or(0, |(_, count)| count);
    if said > columns || record.len() < columns {
        let found = if said > columns { said } else { record.len() };
        return Err(Fault::new("", format!("has {found} columns where the header has {columns}")));
    }
    Ok(record.iter().take(columns).map(str::to_owned).collect())
}

fn workbook(path: &Path) -> io::Result<Input> {
    let mut workbook: Xlsx<_> = calamine::open_workbook(path).map_err(io::Error::other)?;
    let sheet = workbook
        .worksheet_range_at(0)
        .ok_or_else(|| io::Error::other("has no sheet"))?
        .map_err(io::Error::other)?;
    let (first, left) = sheet.start().unwrap_or((0, 0));
    let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    if rows.is_empty() {
        return Err(io::Error::other("is empty"));
    }
    let length = rows.len() as u64;
    let filled = |cells: &Vec<Data>| cells.iter().filter(|cell| **cell != Data::Empty).count();
    let above = header_among(rows.iter().map(filled));
    // Where the cells of several columns are one, what they have in common stands in it and their own names below.
    let merged = workbook.merge_cells_by_sheet_id(0).map_err(io::Error::other)?;
    let header = Header { row: first + u32::try_from(above).unwrap_or(u32::MAX), left, merged: &merged };
    let (header, rows_of_header) = header.names(&rows[above], rows.get(above + 1));
    let rows = rows.into_iter().enumerate().skip(above + rows_of_header);
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

/// The row that names the columns, and which of the sheet's cells are one.
struct Header<'a> {
    row: u32,
    left: u32,
    merged: &'a [Dimensions],
}

impl Header<'_> {
    /// The names, and how many rows they take: two where columns have a name in common and their own below.
    fn names(&self, cells: &[Data], below: Option<&Vec<Data>>) -> (Vec<String>, usize) {
        let text = |cell: &Data| text_of(cell).unwrap_or_default().trim().to_owned();
        let own: Vec<String> = cells.iter().map(text).collect();
        let grouped = |column: usize| self.group(column).map(|first| own[first].as_str());
        let below = below.filter(|_| (0..own.len()).any(|column| grouped(column).is_some()));
        let Some(below) = below else { return (own, 1) };
        let names = own.iter().zip(below).enumerate().map(|(column, (name, below))| match grouped(column) {
            Some(common) => format!("{common}{}", text(below)),
            None if name.is_empty() => text(below),
            None => name.clone(),
        });
        (names.collect(), 2)
    }

    /// The first column of those that have a name in common with this one; none where it has its own.
    fn group(&self, column: usize) -> Option<usize> {
        let at = self.left.checked_add(u32::try_from(column).ok()?)?;
        let holds = |one: &&Dimensions| {
            one.start.0 == self.row && one.end.0 == self.row && (one.start.1..=one.end.1).contains(&at)
        };
        let group = self.merged.iter().find(holds).filter(|one| one.end.1 > one.start.1)?;
        usize::try_from(group.start.1.checked_sub(self.left)?).ok()
    }
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

    type Numbered = Vec<(u64, Result<Read, Fault>)>;

    fn table(bytes: &[u8]) -> (Vec<String>, Numbered) {
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
    fn other_separators_utf_16_and_a_title_above_the_header_are_read() {
        let right = vec![(2, Ok(Read::Cells(vec!["GD-1".into(), "邻里,漏水".into()])))];
        for text in ["来源编号;标题\nGD-1;邻里,漏水\n", "来源编号\t标题\nGD-1\t邻里,漏水\n"]
        {
            assert_eq!(table(text.as_bytes()), (vec!["来源编号".into(), "标题".into()], right.clone()));
        }
        let text = "来源编号\t标题\r\nGD-1\t邻里,漏水\r\n";
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(table(&wide).1, right);
        // A title, a note, and empty cells that a spreadsheet left.
        let (header, lines) =
            table("麻城市工单明细,,\n\n2026年11月,,\n来源编号,标题\nA-1,漏水,,\nA-2,\nA-3\n".as_bytes());
        assert_eq!(header, ["来源编号", "标题"]);
        let read: Vec<_> = lines.iter().map(|(number, line)| (*number, line.is_ok())).collect();
        assert_eq!(read, [(5, true), (6, true), (7, false)]);
        assert_eq!(lines[2].1.as_ref().unwrap_err().reason, "has 1 columns where the header has 2");
        // A table of one column has its header in the first line.
        assert_eq!(
            table(b"title\nx\n"),
            (vec!["title".into()], vec![(2, Ok(Read::Cells(vec!["x".into()])))])
        );
    }

    #[test]
    fn columns_with_a_name_in_common_have_their_own_below_it() {
        let text = |text: &str| Data::String(text.to_owned());
        let merged = [
            Dimensions::new((2, 1), (2, 2)),
            Dimensions::new((2, 0), (3, 0)),
            Dimensions::new((0, 0), (0, 3)),
        ];
        let header = Header { row: 2, left: 0, merged: &merged };
        let above = [text("工单编号"), text("诉求人"), Data::Empty, text("标题")];
        let below = vec![Data::Empty, text("姓名"), text("电话"), Data::Empty];
        let names = header.names(&above, Some(&below));
        assert_eq!(
            names,
            (vec!["工单编号".into(), "诉求人姓名".into(), "诉求人电话".into(), "标题".into()], 2)
        );
        let plain = Header { merged: &[], ..header };
        assert_eq!(plain.names(&above, Some(&below)).1, 1);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let numbers = |bytes| table(bytes).1.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers(b"a,b\r1,2\r\n3,4\r5,6\n7,8"), [2, 3, 4, 5], "whatever ends them");
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
