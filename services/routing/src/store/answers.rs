//! What request ids stand for.

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use super::bounded;
use crate::error::RoutingError;

/// What a request id of a principal stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The case that the command changed.
    pub case_id: Uuid,
    /// A keyed hash of the command.
    pub digest: Vec<u8>,
}

/// The answer that was given to a request id.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn answer_of(
    conn: &mut PgConnection,
    county: &str,
    principal: &str,
    request_id: &str,
) -> Result<Option<Answer>, RoutingError> {
    let operation = "look for an answer";
    let statement = sqlx::query(include_str!("sql/answer_of.sql"))
        .bind(county)
        .bind(principal)
        .bind(request_id)
        .fetch_optional(conn);
    let Some(row) = bounded(operation, statement).await? else { return Ok(None) };
    let read = || -> Result<Answer, sqlx::Error> {
        Ok(Answer { case_id: row.try_get("case_id")?, digest: row.try_get("digest")? })
    };
    read().map(Some).map_err(|source| RoutingError::Database { operation, source })
}

/// Keeps an answer. `false` where the request id was used meanwhile.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn write_answer(
    conn: &mut PgConnection,
    county: &str,
    principal: &str,
    request_id: &str,
    answer: &Answer,
    at: Timestamp,
) -> Result<bool, RoutingError> {
    let statement = sqlx::query(include_str!("sql/write_answer.sql"))
        .bind(county)
        .bind(principal)
        .bind(request_id)
        .bind(answer.case_id)
        .bind(&answer.digest)
        .bind(to_sql(at))
        .execute(conn);
    Ok(bounded("keep an answer", statement).await?.rows_affected() == 1)
}

/// Forgets up to `limit` answers from before `before`. Returns how many.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn forget_answers(pool: &PgPool, before: Timestamp, limit: i64) -> Result<u64, RoutingError> {
    let statement =
        sqlx::query(include_str!("sql/forget_answers.sql")).bind(to_sql(before)).bind(limit).execute(pool);
    Ok(bounded("forget old answers", statement).await?.rows_affected())
}
