//! Writing the rows of a table as a file.

use std::{fs::File, io::BufWriter, path::Path};

use datafusion::arrow::{
    array::{Array as _, AsArray as _, RecordBatch},
    csv,
    datatypes::{DataType, Date32Type, Int32Type, Int64Type, SchemaRef, TimestampMicrosecondType},
    util::display::{ArrayFormatter, FormatOptions},
};
use fengqiao_proto::statistics::v1::ExportFormat;
use futures::StreamExt as _;
use jiff::{Timestamp, civil::date, tz::TimeZone};
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::{Format, Workbook};

use super::jobs::Wanted;
use crate::{
    catalogue::ZONE,
    engine::{Caller, Engine},
    error::AnalystsError,
};

/// The rows of a sheet, without the line of names.
const SHEET_ROWS: u32 = 1_048_575;
/// A workbook has no more sheets of facts than this.
const MOST_SHEETS: u64 = 3;

/// Writes what is wanted into a file, as the caller sees it.
///
/// # Errors
/// [`AnalystsError`]
pub async fn write(
    engine: &Engine,
    caller: &Caller,
    wanted: &Wanted,
    path: &Path,
    most: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(), AnalystsError> {
    let table = engine.catalogue.table(&wanted.table)?;
    let by = if table.columns.iter().any(|column| column.name == "day") { "day" } else { "month" };
    // The table is one of ours, and days are written by us.
    let rows = format!(
        "FROM {} WHERE {by} >= DATE '{}' AND {by} < DATE '{}'",
        table.name, wanted.from, wanted.before
    );
    let total = count(engine, caller, &format!("SELECT count(*) {rows}")).await?;
    let most = match wanted.format() {
        ExportFormat::Xlsx => most.min(u64::from(SHEET_ROWS) * MOST_SHEETS),
        _ => most,
    };
    if total > most {
        return Err(AnalystsError::TooManyRows(most));
    }
    progress(0, total);
    let mut stream = engine.stream(caller, &format!("SELECT * {rows}")).await?;
    let mut writer = tokio::task::block_in_place(|| Writer::open(wanted.format(), path, stream.schema()))?;
    let mut done = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        tokio::task::block_in_place(|| writer.write(&batch))?;
        done += batch.num_rows() as u64;
        progress(done, total.max(done));
    }
    tokio::task::block_in_place(|| writer.close(path))
}

async fn count(engine: &Engine, caller: &Caller, query: &str) -> Result<u64, AnalystsError> {
    let mut rows = engine.stream(caller, query).await?;
    let mut sum = 0;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        let counts =
            batch.columns().first().and_then(|counts| counts.as_primitive_opt::<Int64Type>().cloned());
        sum += counts.iter().flatten().flatten().sum::<i64>();
    }
    Ok(u64::try_from(sum).unwrap_or_default())
}

enum Writer {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Parquet(Box<ArrowWriter<File>>),
    Xlsx(Box<Book>),
}

impl Writer {
    fn open(format: ExportFormat, path: &Path, schema: SchemaRef) -> Result<Self, AnalystsError> {
        let create = || File::create(path).map_err(AnalystsError::file(path));
        Ok(match format {
            ExportFormat::Parquet => Self::Parquet(Box::new(ArrowWriter::try_new(
                create()?,
                schema,
                Some(crate::segments::properties()),
            )?)),
            ExportFormat::Xlsx => Self::Xlsx(Box::new(Book::new(path, schema)?)),
            ExportFormat::Csv | ExportFormat::Unspecified => {
                let file = BufWriter::new(create()?);
                Self::Csv(Box::new(csv::WriterBuilder::new().with_header(true).build(file)))
            }
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), AnalystsError> {
        match self {
            Self::Csv(writer) => Ok(writer.write(batch)?),
            Self::Parquet(writer) => Ok(writer.write(batch)?),
            Self::Xlsx(book) => book.write(batch),
        }
    }

    fn close(self, path: &Path) -> Result<(), AnalystsError> {
        match self {
            Self::Csv(writer) => {
                let file = writer.into_inner().into_inner();
                file.map_err(std::io::IntoInnerError::into_error)
                    .and_then(|file| file.sync_all())
                    .map_err(AnalystsError::file(path))
            }
            Self::Parquet(writer) => {
                let file = writer.into_inner()?;
                file.sync_all().map_err(AnalystsError::file(path))
            }
            Self::Xlsx(mut book) => Ok(book.workbook.save(path)?),
        }
    }
}

/// A workbook that is written row by row; what is written lies on the disk, not in memory.
struct Book {
    workbook: Workbook,
    schema: SchemaRef,
    zone: TimeZone,
    day: Format,
    moment: Format,
    /// The next row of the present sheet, and which sheet it is.
    row: u32,
    sheet: usize,
}

impl Book {
    fn new(path: &Path, schema: SchemaRef) -> Result<Self, AnalystsError> {
        let mut workbook = Workbook::new();
        if let Some(folder) = path.parent() {
            workbook.set_tempdir(folder)?;
        }
        let zone = TimeZone::get(ZONE).map_err(|error| AnalystsError::Catalogue(error.to_string()))?;
        let (day, moment) =
            (Format::new().set_num_format("yyyy-mm-dd"), Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"));
        let mut book = Self { workbook, schema, zone, day, moment, row: 0, sheet: 0 };
        book.add_sheet()?;
        Ok(book)
    }

    fn add_sheet(&mut self) -> Result<(), AnalystsError> {
        let bold = Format::new().set_bold();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        for (column, field) in (0_u16..).zip(self.schema.fields()) {
            sheet.set_column_width(column, 18)?;
            sheet.write_string_with_format(0, column, field.name(), &bold)?;
        }
        self.sheet = self.workbook.worksheets().len() - 1;
        self.row = 1;
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), AnalystsError> {
        let options = FormatOptions::default();
        let texts = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            if self.row > SHEET_ROWS {
                self.add_sheet()?;
            }
            let sheet = self.workbook.worksheet_from_index(self.sheet)?;
            for (place, (column, text)) in (0_u16..).zip(batch.columns().iter().zip(&texts)) {
                if column.is_null(row) {
                    continue;
                }
                match column.data_type() {
                    DataType::Int32 => {
                        sheet.write_number(self.row, place, column.as_primitive::<Int32Type>().value(row))?;
                    }
                    DataType::Boolean => {
                        sheet.write_boolean(self.row, place, column.as_boolean().value(row))?;
                    }
                    DataType::Date32 => {
                        let days = column.as_primitive::<Date32Type>().value(row);
                        sheet.write_number_with_format(self.row, place, days + EXCEL_EPOCH, &self.day)?;
                    }
                    DataType::Timestamp(..) => {
                        let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
                        if let Some(serial) = serial(micros, &self.zone) {
                            sheet.write_number_with_format(self.row, place, serial, &self.moment)?;
                        }
                    }
                    // Keys as well: Excel keeps 15 digits of a number.
                    _ => {
                        sheet.write_string(self.row, place, text.value(row).to_string())?;
                    }
                }
            }
            self.row += 1;
        }
        Ok(())
    }
}

/// The days from Excel's day 0 to 1 January 1970.
const EXCEL_EPOCH: i32 = 25_569;

/// A moment as Excel counts: days, in local time.
fn serial(micros: i64, zone: &TimeZone) -> Option<f64> {
    let local = zone.to_datetime(Timestamp::from_microsecond(micros).ok()?);
    let since = local.since(date(1899, 12, 30).at(0, 0, 0, 0)).ok()?;
    Some(since.total(jiff::SpanTotal::from(jiff::Unit::Second).days_are_24_hours()).ok()? / 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_local_days_of_excel() {
        let zone = TimeZone::get(ZONE).unwrap();
        let at: Timestamp = "2026-11-24T04:00:00Z".parse().unwrap();
        assert_eq!(serial(at.as_microsecond(), &zone), Some(46_350.5));
    }
}
