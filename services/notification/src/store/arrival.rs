//! Pushes that routing asked for.

use std::{collections::HashSet, sync::LazyLock, time::Duration};

use fengqiao_messaging::{IN_STEP, Step};
use fengqiao_serving::time::to_sql;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::{QUEUED_BY_THEN, millis};
use crate::{domain::push::RequestedPush, error::NotificationError};

static INSERT_PUSHES: LazyLock<String> =
    LazyLock::new(|| format!("{IN_STEP}{}", include_str!("sql/insert_pushes.sql")));

/// Stores pushes of one county and takes the receiver's step, in one statement that commits by itself; those
/// that are `claimed` belong for `lease` to the stream that waits for them. Returns those that are new; none
/// where another process took the step and nothing is stored.
///
/// # Errors
/// [`NotificationError::Database`].
pub async fn insert_pushes(
    conn: &mut PgConnection,
    step: &Step,
    asked: &[RequestedPush],
    claimed: &[bool],
    lease: Duration,
) -> Result<Option<HashSet<Uuid>>, NotificationError> {
    const OPERATION: &str = "store pushes";
    let column = |get: fn(&RequestedPush) -> &str| asked.iter().map(get).collect::<Vec<_>>();
    let rows = step
        .bind(sqlx::query(INSERT_PUSHES.as_str()))
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
        .bind(asked.iter().map(|p| p.subject as i16).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.evidence_for.bits()).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.sign_by.map(to_sql)).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.answer_by.map(to_sql)).collect::<Vec<_>>())
        .fetch_all(conn)
        .await
        .map_err(NotificationError::database(OPERATION))?;
    let ids: Vec<Option<Uuid>> = rows
        .iter()
        .map(|row| row.try_get("push_id"))
        .collect::<Result<_, _>>()
        .map_err(NotificationError::database(OPERATION))?;
    Ok((!ids.is_empty()).then(|| ids.into_iter().flatten().collect()))
}
