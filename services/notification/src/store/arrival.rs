//! Pushes that routing asked for.

use std::{collections::HashSet, time::Duration};

use fengqiao_serving::time::to_sql;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{QUEUED_BY_THEN, millis};
use crate::{domain::push::RequestedPush, error::NotificationError};

/// Stores pushes of one county, in one statement; those that are `claimed` belong for `lease` to the
/// stream that waits for them. Returns those that are new.
///
/// # Errors
/// [`NotificationError::Database`].
pub async fn insert_pushes(
    conn: &mut PgConnection,
    county: &str,
    asked: &[RequestedPush],
    claimed: &[bool],
    lease: Duration,
) -> Result<HashSet<Uuid>, NotificationError> {
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let column = |get: fn(&RequestedPush) -> &str| asked.iter().map(get).collect::<Vec<_>>();
    let new: Vec<Uuid> = sqlx::query_scalar(include_str!("sql/insert_pushes.sql"))
        .bind(county)
        .bind(millis(QUEUED_BY_THEN))
        .bind(millis(lease))
        .bind(asked.iter().map(|p| p.push_id).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.case_id).collect::<Vec<_>>())
        .bind(column(|p| &p.case_number))
        .bind(column(|p| &p.agency))
        .bind(asked.iter().map(|p| p.form as i16).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.level as i16).collect::<Vec<_>>())
        .bind(column(|p| &p.area_code))
        .bind(column(|p| &p.area_name))
        .bind(column(|p| &p.category))
        .bind(column(|p| &p.reason))
        .bind(asked.iter().map(|p| to_sql(p.requested_at)).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.due_at.map(to_sql)).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.traceparent.as_deref()).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.sealed_matter.as_slice()).collect::<Vec<_>>())
        .bind(claimed)
        .fetch_all(conn)
        .await
        .map_err(NotificationError::database("store pushes"))?;
    Ok(new.into_iter().collect())
}
