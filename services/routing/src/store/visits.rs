//! Visits that no duty asked for.

use std::collections::BTreeMap;

use fengqiao_serving::time::to_sql;
use sqlx::PgConnection;
use uuid::Uuid;

use super::bounded;
use crate::{domain::standing::activities::Activity, error::RoutingError};

/// Keeps how long people were out; of an activity what was said last.
///
/// # Errors
/// [`RoutingError`]
pub async fn keep_visits(
    conn: &mut PgConnection,
    county: &str,
    visits: impl Iterator<Item = &Activity>,
) -> Result<(), RoutingError> {
    // A statement takes a row once.
    let visits: BTreeMap<Uuid, &Activity> = visits.map(|visit| (visit.id, visit)).collect();
    if visits.is_empty() {
        return Ok(());
    }
    let all = || visits.values();
    let statement = sqlx::query(include_str!("sql/keep_visits.sql"))
        .bind(county)
        .bind(all().map(|visit| visit.id).collect::<Vec<_>>())
        .bind(all().map(|visit| visit.visitor.as_str()).collect::<Vec<_>>())
        .bind(all().map(|visit| to_sql(visit.begun_at)).collect::<Vec<_>>())
        .bind(all().map(|visit| to_sql(visit.ended_at)).collect::<Vec<_>>())
        .execute(conn);
    bounded("keep visits", statement).await.map(|_| ())
}
