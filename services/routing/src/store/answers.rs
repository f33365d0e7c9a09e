//! What request ids stand for.

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use super::bounded;
use crate::error::RoutingError;

/// What a request id of a principal stands for, so that a second send answers as the first did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who used it.
    pub principal: String,
    /// The id.
    pub request_id: String,
    /// The case that the command changed.
    pub case_id: Uuid,
    /// A keyed hash of the command.
    pub digest: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

/// Forgets up to `limit` answers from before `before`. Returns how many.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn forget_answers(pool: &PgPool, before: Timestamp, limit: i64) -> Result<u64, RoutingError> {
    let mut tx = bounded("begin", pool.begin()).await?;
    // The index by age knows only in which pages to look, which costs commands nothing; it is read as a bitmap.
    bounded("prepare to forget", tx.execute("SET LOCAL enable_bitmapscan = on")).await?;
    let statement = sqlx::query(include_str!("sql/forget_answers.sql"))
        .bind(to_sql(before))
        .bind(limit)
        .execute(&mut *tx);
    let forgotten = bounded("forget old answers", statement).await?.rows_affected();
    bounded("commit", tx.commit()).await?;
    Ok(forgotten)
}
