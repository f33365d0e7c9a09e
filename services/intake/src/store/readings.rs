//! Who read whom, and why. A reading is kept before anything is shown.

use fengqiao_proto::intake::v1::{AskedBy, ReadingPurpose};
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgPool, types::Uuid};
use time::OffsetDateTime;

use super::StoreError;

/// The time in which readings are counted.
pub const COUNTED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// That someone read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// A UUID of version 7: the order of the ids is that of the readings.
    pub reading_id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The principal's name.
    pub reader: String,
    /// In which capacity.
    pub capacity: String,
    /// Why.
    pub purpose: ReadingPurpose,
    /// Why, in the reader's own words.
    pub purpose_words: String,
    /// By what was asked.
    pub asked_by: AskedBy,
    /// A keyed hash of what was asked.
    pub asked: Vec<u8>,
    /// How many reports what is shown is made of.
    pub shown: i32,
}

/// What became of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept: what was asked for may be shown.
    Kept,
    /// Its reader has had as many as the county allows; the oldest of those that are counted was then.
    TooMany {
        /// When the oldest was.
        oldest: Timestamp,
    },
}

#[derive(sqlx::FromRow)]
struct Row {
    reading_id: Uuid,
    at: OffsetDateTime,
    reader: String,
    capacity: String,
    purpose: i16,
    purpose_words: String,
    asked_by: i16,
    asked: Vec<u8>,
    shown: i32,
}

/// Keeps a reading, unless its reader has had `most` within [`COUNTED_FOR`] before it.
///
/// # Errors
/// [`StoreError`]; then nothing may be shown.
pub async fn keep_reading(
    pool: &PgPool,
    county: &str,
    reading: &Reading,
    most: u32,
) -> Result<Kept, StoreError> {
    let failed = || StoreError::database("keep who read");
    let mut tx = pool.begin().await.map_err(failed())?;
    sqlx::query(include_str!("sql/background/one_reader_at_a_time.sql"))
        .bind(county)
        .bind(&reading.reader)
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
    let since = reading.at.checked_sub(COUNTED_FOR).unwrap_or(Timestamp::MIN);
    let (kept, oldest): (bool, Option<OffsetDateTime>) =
        sqlx::query_as(include_str!("sql/background/keep_reading.sql"))
            .bind(county)
            .bind(reading.reading_id)
            .bind(to_sql(reading.at))
            .bind(&reading.reader)
            .bind(&reading.capacity)
            .bind(reading.purpose as i16)
            .bind(&reading.purpose_words)
            .bind(reading.asked_by as i16)
            .bind(&reading.asked)
            .bind(reading.shown)
            .bind(i64::from(most))
            .bind(to_sql(since))
            .fetch_one(&mut *tx)
            .await
            .map_err(failed())?;
    tx.commit().await.map_err(failed())?;
    Ok(match oldest {
        Some(oldest) if !kept => Kept::TooMany { oldest: from_sql(oldest) },
        _ => Kept::Kept,
    })
}

/// A page of readings, the newest first, before one; of one reader where a name is given.
///
/// # Errors
/// [`StoreError`]
pub async fn list_readings(
    pool: &PgPool,
    county: &str,
    before: Option<Uuid>,
    reader: &str,
    limit: i64,
) -> Result<Vec<Reading>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/background/list_readings.sql"))
        .bind(county)
        .bind(before.unwrap_or(Uuid::max()))
        .bind(reader)
        .bind(limit)
        .fetch_all(pool)
        .await
        .map_err(StoreError::database("list who read"))?;
    Ok(rows.into_iter().map(Row::reading).collect())
}

impl Row {
    /// Words of a later version read as not given.
    fn reading(self) -> Reading {
        Reading {
            reading_id: self.reading_id,
            at: from_sql(self.at),
            reader: self.reader,
            capacity: self.capacity,
            purpose: ReadingPurpose::try_from(i32::from(self.purpose)).unwrap_or_default(),
            purpose_words: self.purpose_words,
            asked_by: AskedBy::try_from(i32::from(self.asked_by)).unwrap_or_default(),
            asked: self.asked,
            shown: self.shown,
        }
    }
}
