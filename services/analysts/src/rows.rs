//! From rows of Postgres to columns of Arrow.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Int32Builder, Int64Builder, RecordBatch, StringViewBuilder,
    TimestampMicrosecondBuilder,
};
use fengqiao_statistics::domain::{disclosure::Dice, language::Words};
use sqlx::{Row as _, postgres::PgRow};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    catalogue::{Kind, Table, ZONE},
    error::AnalystsError,
};

/// The Julian day of 1 January 1970.
const EPOCH: i32 = 2_440_588;

/// Gathers rows of a table.
pub struct Rows<'a> {
    table: &'a Table,
    dice: &'a Dice,
    columns: Vec<Cells>,
    length: usize,
}

enum Cells {
    Key(Int64Builder),
    Date(Date32Builder),
    Text(StringViewBuilder),
    Code(Words, StringViewBuilder),
    Flag(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
    Number(Int32Builder),
}

/// A day as Arrow counts them, from 1970.
pub fn day_number(date: Date) -> i32 {
    date.to_julian_day() - EPOCH
}

impl<'a> Rows<'a> {
    /// None yet. The dice stand for the ids.
    pub fn of(table: &'a Table, dice: &'a Dice) -> Self {
        let column = |kind: Kind| match kind {
            Kind::Key => Cells::Key(Int64Builder::new()),
            Kind::Date => Cells::Date(Date32Builder::new()),
            Kind::Text => Cells::Text(text_builder()),
            Kind::Code(words) => Cells::Code(words, text_builder()),
            Kind::Flag => Cells::Flag(BooleanBuilder::new()),
            Kind::Time => Cells::Time(TimestampMicrosecondBuilder::new().with_timezone(ZONE)),
            Kind::Number => Cells::Number(Int32Builder::new()),
        };
        Self { table, dice, columns: table.columns.iter().map(|one| column(one.kind)).collect(), length: 0 }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Adds one, whose columns are those of the table, in their order.
    ///
    /// # Errors
    /// [`AnalystsError::Database`] where they are not.
    pub fn add(&mut self, row: &PgRow) -> Result<(), AnalystsError> {
        let failed = AnalystsError::database("reading a fact");
        for (place, cells) in self.columns.iter_mut().enumerate() {
            match cells {
                Cells::Key(keys) => {
                    let id: Option<Uuid> = row.try_get(place).map_err(&failed)?;
                    keys.append_option(id.map(|id| self.dice.key_of(id.as_bytes())));
                }
                Cells::Date(days) => {
                    let day: Option<Date> = row.try_get(place).map_err(&failed)?;
                    days.append_option(day.map(day_number));
                }
                Cells::Text(texts) => {
                    texts.append_option(row.try_get::<Option<&str>, _>(place).map_err(&failed)?);
                }
                Cells::Code(words, texts) => {
                    let number: Option<i16> = row.try_get(place).map_err(&failed)?;
                    texts.append_option(number.and_then(|number| words.word(number)));
                }
                Cells::Flag(flags) => {
                    flags.append_option(row.try_get::<Option<bool>, _>(place).map_err(&failed)?)
                }
                Cells::Time(times) => {
                    let at: Option<OffsetDateTime> = row.try_get(place).map_err(&failed)?;
                    let micros = at.map(|at| at.unix_timestamp_nanos().div_euclid(1_000));
                    times.append_option(micros.and_then(|micros| i64::try_from(micros).ok()));
                }
                Cells::Number(numbers) => {
                    numbers.append_option(row.try_get::<Option<i32>, _>(place).map_err(&failed)?);
                }
            }
        }
        self.length += 1;
        Ok(())
    }

    /// Takes what was gathered.
    ///
    /// # Errors
    /// [`AnalystsError::Query`], which does not happen: the columns are those of the table.
    pub fn take(&mut self) -> Result<RecordBatch, AnalystsError> {
        self.length = 0;
        let arrays = self.columns.iter_mut().map(|cells| -> ArrayRef {
            match cells {
                Cells::Key(keys) => Arc::new(keys.finish()),
                Cells::Date(days) => Arc::new(days.finish()),
                Cells::Text(texts) | Cells::Code(_, texts) => Arc::new(texts.finish()),
                Cells::Flag(flags) => Arc::new(flags.finish()),
                Cells::Time(times) => Arc::new(times.finish()),
                Cells::Number(numbers) => Arc::new(numbers.finish()),
            }
        });
        Ok(RecordBatch::try_new(self.table.schema(), arrays.collect())?)
    }
}

/// Codes and words come again and again.
fn text_builder() -> StringViewBuilder {
    StringViewBuilder::new().with_deduplicate_strings()
}
