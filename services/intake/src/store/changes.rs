//! Reading what became of reports, and how far each webhook has taken it.

use std::time::Duration;

use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgPool, types::Uuid};

use super::StoreError;

/// A change as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StoredChange {
    /// Its place among the changes of county and source.
    pub position: i64,
    /// An encoded `fengqiao.intake.v1.ReportChange` without its words.
    pub change: Vec<u8>,
    /// What was said: a sealed text.
    pub sealed_words: Option<Vec<u8>>,
}

/// Which changes: those of a county's source.
#[derive(Debug, Clone, Copy)]
pub struct FeedOf<'a> {
    /// The county's 6-digit code.
    pub county: &'a str,
    /// Whose reports.
    pub source: Source,
}

/// The changes after a position, in order.
///
/// # Errors
/// [`StoreError`]
pub async fn changes_after(
    pool: &PgPool,
    of: FeedOf<'_>,
    position: i64,
    at_most: i64,
) -> Result<Vec<StoredChange>, StoreError> {
    sqlx::query_as(include_str!("sql/changes_after.sql"))
        .bind(of.county)
        .bind(of.source as i16)
        .bind(position)
        .bind(at_most)
        .fetch_all(pool)
        .await
        .map_err(StoreError::database("read changes"))
}

/// The position of the last change; 0 where there is none.
///
/// # Errors
/// [`StoreError`]
pub async fn last_change(pool: &PgPool, of: FeedOf<'_>) -> Result<i64, StoreError> {
    sqlx::query_scalar(include_str!("sql/last_change.sql"))
        .bind(of.county)
        .bind(of.source as i16)
        .fetch_one(pool)
        .await
        .map_err(StoreError::database("read the last change"))
}

/// Forgets a bounded number of changes from before a time. Says how many.
///
/// # Errors
/// [`StoreError`]
pub async fn forget_changes(pool: &PgPool, of: FeedOf<'_>, before: Timestamp) -> Result<u64, StoreError> {
    sqlx::query(include_str!("sql/forget_changes.sql"))
        .bind(of.county)
        .bind(of.source as i16)
        .bind(to_sql(before))
        .execute(pool)
        .await
        .map(|done| done.rows_affected())
        .map_err(StoreError::database("forget changes"))
}

/// How far a webhook has taken the changes; 0 where it never has.
///
/// # Errors
/// [`StoreError`]
pub async fn webhook_position(pool: &PgPool, of: FeedOf<'_>) -> Result<i64, StoreError> {
    sqlx::query_scalar(include_str!("sql/webhook_position.sql"))
        .bind(of.county)
        .bind(of.source as i16)
        .fetch_one(pool)
        .await
        .map_err(StoreError::database("read a webhook's position"))
}

/// Takes or keeps the care of a webhook for a while. Gives its position, or nothing where another process has it.
///
/// # Errors
/// [`StoreError`]
pub async fn hold_webhook(
    pool: &PgPool,
    of: FeedOf<'_>,
    holder: Uuid,
    lease: Duration,
) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar(include_str!("sql/hold_webhook.sql"))
        .bind(of.county)
        .bind(of.source as i16)
        .bind(holder)
        .bind(lease.as_secs_f64())
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database("hold a webhook"))
}

/// Writes down that a webhook has taken the changes up to a position, and keeps it for a while longer; with no time
/// it is free again. False where another process has it now.
///
/// # Errors
/// [`StoreError`]
pub async fn webhook_took(
    pool: &PgPool,
    of: FeedOf<'_>,
    holder: Uuid,
    position: i64,
    lease: Duration,
) -> Result<bool, StoreError> {
    sqlx::query(include_str!("sql/webhook_took.sql"))
        .bind(of.county)
        .bind(of.source as i16)
        .bind(holder)
        .bind(position)
        .bind(lease.as_secs_f64())
        .execute(pool)
        .await
        .map(|done| done.rows_affected() == 1)
        .map_err(StoreError::database("write a webhook's position"))
}
