//! Removing who and what of reports whose term is over.

use sqlx::PgConnection;
use uuid::Uuid;

use super::bounded;
use crate::error::RoutingError;

/// Removes who and what of reports, and of the cases of which no report says it any more. `nothing` is a sealed matter
/// that says nothing. Returns those cases. The histories stay: what officers said is a record.
///
/// # Errors
/// [`RoutingError`]
pub async fn expire_reports(
    conn: &mut PgConnection,
    county: &str,
    reports: &[Uuid],
    nothing: &[u8],
) -> Result<Vec<Uuid>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/expire_reports.sql"))
        .bind(county)
        .bind(reports)
        .bind(nothing)
        .fetch_all(conn);
    bounded("remove what reports said", statement).await
}
