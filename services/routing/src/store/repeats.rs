//! Calls that turned out to be repeats after they came.

use sqlx::PgConnection;
use uuid::Uuid;

use super::bounded;
use crate::error::RoutingError;

/// Keeps that calls are repeats.
///
/// # Errors
/// [`RoutingError`]
pub async fn calls_repeated(
    conn: &mut PgConnection,
    county: &str,
    reports: &[Uuid],
) -> Result<(), RoutingError> {
    if reports.is_empty() {
        return Ok(());
    }
    let statement =
        sqlx::query(include_str!("sql/calls_repeated.sql")).bind(county).bind(reports).execute(conn);
    bounded("keep that calls are repeats", statement).await.map(|_| ())
}
