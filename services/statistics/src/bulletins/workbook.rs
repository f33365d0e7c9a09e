//! A bulletin as XLSX: its text, a sheet for each table and chart, and how the figures are counted. The same bulletin gives
//! the same bytes.

use jiff::{Timestamp, tz::TimeZone};
use rust_xlsxwriter::{
    Chart, ChartType, DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError,
};

use crate::domain::bulletin::{
    page::{Chart as Drawing, Page, Table},
    template::Drawn,
};

/// Widths in characters.
const WIDE: f64 = 24.0;
const NARROW: f64 = 14.0;
const TEXT: f64 = 100.0;

/// The file's bytes.
///
/// # Errors
/// Where something does not fit into a sheet.
pub(super) fn workbook(page: &Page, made_at: Timestamp) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&properties(page, made_at)?);
    let bold = Format::new().set_bold();
    text(book.add_worksheet().set_name("正文")?, page, &bold)?;
    let mut number = 0;
    for section in &page.sections {
        for table in &section.tables {
            number += 1;
            self::table(book.add_worksheet().set_name(format!("表{number}"))?, table, &bold)?;
        }
    }
    let mut number = 0;
    for drawing in page.sections.iter().flat_map(|section| &section.charts) {
        number += 1;
        chart(book.add_worksheet(), &format!("图{number}"), drawing, &bold)?;
    }
    let notes = book.add_worksheet().set_name("统计口径")?;
    notes.set_column_width(0, TEXT)?;
    for (row, note) in (0..).zip(&page.notes) {
        notes.write_string(row, 0, note)?;
    }
    book.save_to_buffer()
}

fn properties(page: &Page, made_at: Timestamp) -> Result<DocProperties, XlsxError> {
    let made = TimeZone::UTC.to_datetime(made_at);
    let part = |part: i8| u8::try_from(part).unwrap_or_default();
    let created = ExcelDateTime::from_ymd(
        u16::try_from(made.year()).unwrap_or_default(),
        part(made.month()),
        part(made.day()),
    )?;
    let created =
        created.and_hms(u16::from(part(made.hour())), part(made.minute()), f64::from(made.second()))?;
    Ok(DocProperties::new().set_title(&page.title).set_author(&page.issuer).set_creation_datetime(&created))
}

fn text(sheet: &mut Worksheet, page: &Page, bold: &Format) -> Result<(), XlsxError> {
    sheet.set_column_width(0, TEXT)?;
    sheet.write_string_with_format(0, 0, format!("{}　{}", page.title, page.period), bold)?;
    sheet.write_string(1, 0, format!("{}　{}", page.issuer, page.made))?;
    let wrapped = Format::new().set_text_wrap();
    let mut row = 2;
    for section in &page.sections {
        sheet.write_string_with_format(row, 0, &section.heading, bold)?;
        row += 1;
        for paragraph in &section.paragraphs {
            sheet.write_string_with_format(row, 0, paragraph, &wrapped)?;
            row += 1;
        }
    }
    Ok(())
}

fn table(sheet: &mut Worksheet, table: &Table, bold: &Format) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, 0, &table.title, bold)?;
    for (column, name) in (0..).zip(&table.columns) {
        sheet.set_column_width(column, if column == 0 { WIDE } else { NARROW })?;
        sheet.write_string_with_format(1, column, name, bold)?;
    }
    for (row, cells) in (2..).zip(&table.rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number)?,
                Err(_) => sheet.write_string(row, column, cell)?,
            };
        }
    }
    Ok(())
}

fn chart(sheet: &mut Worksheet, name: &str, drawing: &Drawing, bold: &Format) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    sheet.set_column_width(0, WIDE)?;
    sheet.write_string_with_format(0, 0, &drawing.title, bold)?;
    sheet.write_string_with_format(1, 1, &drawing.name, bold)?;
    let mut last = 2;
    for (row, (label, value)) in (2..).zip(&drawing.values) {
        sheet.write_string(row, 0, label)?;
        if let Some(value) = value {
            sheet.write_number(row, 1, *value)?;
        }
        last = row;
    }
    let mut picture = Chart::new(match drawing.drawn {
        Drawn::Line => ChartType::Line,
        Drawn::Bars => ChartType::Column,
    });
    picture
        .add_series()
        .set_name((name, 1, 1))
        .set_categories((name, 2, 0, last, 0))
        .set_values((name, 2, 1, last, 1));
    picture.title().set_name(&drawing.title);
    sheet.insert_chart(1, 3, &picture)?;
    Ok(())
}
