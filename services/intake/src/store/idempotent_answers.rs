//! The answers of requests that carry an `Idempotency-Key`.

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::PgPool;

use super::StoreError;
use crate::domain::linkage::Digest;

/// Which request.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// The caller's county.
    pub county: String,
    /// Keyed hash of the caller, the method and the key.
    pub key: Digest,
    /// Keyed hash of what was asked.
    pub fingerprint: Digest,
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: i16,
    /// The content type.
    pub content_type: String,
    /// The body; no personal data.
    pub body: Vec<u8>,
}

/// How a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new, and to be worked on by who asked.
    New,
    /// The key was used with another request.
    OtherRequest,
    /// It is being worked on.
    InFlight,
    /// It is answered already.
    Answered(KeptAnswer),
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    status: Option<i16>,
    content_type: Option<String>,
    body: Option<Vec<u8>>,
}

/// Begins a request, unless it was begun already. One begun before `expired` does not count, nor one without an
/// answer begun before `abandoned`.
///
/// # Errors
/// [`StoreError`]
pub async fn begin_answer(
    pool: &PgPool,
    request: &RequestKey,
    now: Timestamp,
    expired: Timestamp,
    abandoned: Timestamp,
) -> Result<Begun, StoreError> {
    let begun: Option<bool> = sqlx::query_scalar(include_str!("sql/begin_answer.sql"))
        .bind(&request.county)
        .bind(request.key)
        .bind(request.fingerprint)
        .bind(to_sql(now))
        .bind(to_sql(expired))
        .bind(to_sql(abandoned))
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database("begin a request"))?;
    if begun.is_some() {
        return Ok(Begun::New);
    }
    let row: Option<Row> = sqlx::query_as(include_str!("sql/kept_answer.sql"))
        .bind(&request.county)
        .bind(request.key)
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database("read an answer"))?;
    Ok(match row {
        Some(row) if row.fingerprint != request.fingerprint => Begun::OtherRequest,
        Some(Row { status: Some(status), content_type: Some(content_type), body: Some(body), .. }) => {
            Begun::Answered(KeptAnswer { status, content_type, body })
        }
        // Not answered yet, or given up just now: who comes again finds it free.
        _ => Begun::InFlight,
    })
}

/// Keeps the answer of a request that was begun at a time.
///
/// # Errors
/// [`StoreError`]
pub async fn keep_answer(
    pool: &PgPool,
    request: &RequestKey,
    begun: Timestamp,
    answer: &KeptAnswer,
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/keep_answer.sql"))
        .bind(&request.county)
        .bind(request.key)
        .bind(to_sql(begun))
        .bind(answer.status)
        .bind(&answer.content_type)
        .bind(&answer.body)
        .execute(pool)
        .await
        .map(|_| ())
        .map_err(StoreError::database("keep an answer"))
}

/// Gives up a request that was begun at a time: it has to be sent again.
///
/// # Errors
/// [`StoreError`]
pub async fn drop_answer(pool: &PgPool, request: &RequestKey, begun: Timestamp) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/drop_answer.sql"))
        .bind(&request.county)
        .bind(request.key)
        .bind(to_sql(begun))
        .execute(pool)
        .await
        .map(|_| ())
        .map_err(StoreError::database("give up a request"))
}

/// Forgets a bounded number of answers from before a time.
///
/// # Errors
/// [`StoreError`]
pub async fn forget_answers(pool: &PgPool, county: &str, before: Timestamp) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/forget_answers.sql"))
        .bind(county)
        .bind(to_sql(before))
        .execute(pool)
        .await
        .map(|_| ())
        .map_err(StoreError::database("forget answers"))
}
