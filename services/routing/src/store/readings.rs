//! Who read a protected case (S2-06): each reading is kept before anything is shown, and stands on the one before.

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::{PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{bounded, rows};
use crate::{
    domain::{audit::ReadingRow, history_seals::ReadingSeal},
    error::RoutingError,
};

/// Two who read the same case at once take the same place; one of them tries the next. More tries than this
/// mean that something else is wrong.
const TRIES: usize = 16;

/// Someone who is about to read a protected case.
#[derive(Debug, Clone, Copy)]
pub struct NewReading<'a> {
    /// The county.
    pub county: &'a str,
    /// The case.
    pub case_id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a str,
    /// In which capacity.
    pub capacity: &'a str,
    /// Why.
    pub purpose: &'a str,
}

/// A reading, as it is kept.
pub type Reading = ReadingRow;

/// Keeps a reading.
///
/// # Errors
/// [`RoutingError::Database`], [`RoutingError::TimedOut`], or [`RoutingError::Overtaken`] where others took each
/// place; nothing may be shown then.
pub async fn record_reading(
    pool: &PgPool,
    keyring: &Keyring,
    reading: NewReading<'_>,
) -> Result<(), RoutingError> {
    let operation = "keep who read a protected case";
    let NewReading { county, case_id, at, actor, capacity, purpose } = reading;
    for _ in 0..TRIES {
        let last =
            sqlx::query(include_str!("sql/last_reading.sql")).bind(county).bind(case_id).fetch_optional(pool);
        let (last, before) = match bounded(operation, last).await? {
            Some(row) => read_last(&row).map_err(|source| RoutingError::Database { operation, source })?,
            None => (0, Vec::new()),
        };
        let sequence = last + 1;
        let seal = ReadingSeal { county, case_id, sequence, at, actor, capacity, purpose };
        let insert = sqlx::query(include_str!("sql/record_reading.sql"))
            .bind(county)
            .bind(case_id)
            .bind(sequence)
            .bind(to_sql(at))
            .bind(actor)
            .bind(capacity)
            .bind(purpose)
            .bind(seal.over(&before, keyring))
            .execute(pool);
        if bounded(operation, insert).await?.rows_affected() == 1 {
            return Ok(());
        }
    }
    Err(RoutingError::Overtaken)
}

fn read_last(row: &PgRow) -> Result<(i64, Vec<u8>), sqlx::Error> {
    Ok((row.try_get("sequence")?, row.try_get("seal")?))
}

/// A page of a case's readings, the newest first, before a place.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn list_readings(
    pool: &PgPool,
    county: &str,
    case_id: Uuid,
    before: i64,
    limit: i64,
) -> Result<Vec<Reading>, RoutingError> {
    let operation = "list who read a case";
    let statement = sqlx::query(include_str!("sql/list_readings.sql"))
        .bind(county)
        .bind(case_id)
        .bind(before)
        .bind(limit)
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, reading_row)
}

pub(super) fn reading_row(row: &PgRow) -> Result<ReadingRow, sqlx::Error> {
    Ok(ReadingRow {
        case_id: row.try_get("case_id")?,
        sequence: row.try_get("sequence")?,
        at: from_sql(row.try_get("at")?),
        actor: row.try_get("actor")?,
        capacity: row.try_get("capacity")?,
        purpose: row.try_get("purpose")?,
        seal: row.try_get("seal")?,
    })
}
