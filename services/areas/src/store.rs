//! The newest areas of each county, in the schema of the service that reads them.

use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow};

use crate::news::AreaNews;

/// Keeps areas in the transaction that applies the event which told of them; older ones than are kept change nothing.
///
/// # Errors
/// The database's.
pub async fn keep(conn: &mut PgConnection, news: &AreaNews) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/keep.sql"))
        .bind(&news.county)
        .bind(news.version)
        .bind(&news.areas)
        .bind(&news.codes)
        .bind(&news.changes)
        .execute(conn)
        .await
        .map(|_| ())
}

/// The areas that are newer than the versions seen of these counties.
pub(crate) async fn newer(
    pool: &PgPool,
    counties: &[String],
    seen: &[i32],
) -> Result<Vec<AreaNews>, sqlx::Error> {
    let read = |row: &PgRow| {
        Ok(AreaNews {
            county: row.try_get("county")?,
            version: row.try_get("version")?,
            areas: row.try_get("areas")?,
            codes: row.try_get("area_codes")?,
            changes: row.try_get("area_changes")?,
        })
    };
    let rows = sqlx::query(include_str!("sql/newer.sql")).bind(counties).bind(seen).fetch_all(pool).await?;
    rows.iter().map(read).collect()
}
