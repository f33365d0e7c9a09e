//! Adding up facts for the board: done by the database while facts are written, once a county is named here.

use sqlx::{Executor as _, PgPool};

use crate::error::StatisticsError;

/// Adds up all facts of a county, its days in this zone, where that is not so already; from then on the database keeps the
/// counts with the facts. Who writes facts waits meanwhile.
///
/// # Errors
/// [`StatisticsError::Database`]
pub async fn roll_up(pool: &PgPool, county: &str, zone: &str) -> Result<bool, StatisticsError> {
    let failed = StatisticsError::database("adding up facts");
    let known: Option<String> = sqlx::query_scalar(include_str!("sql/board/rolled_in.sql"))
        .bind(county)
        .fetch_optional(pool)
        .await
        .map_err(&failed)?;
    if known.as_deref() == Some(zone) {
        return Ok(false);
    }
    let mut tx = pool.begin().await.map_err(&failed)?;
    // Ten million facts take about a minute.
    tx.execute("SET LOCAL statement_timeout = '600s'; SET LOCAL lock_timeout = '60s'")
        .await
        .map_err(&failed)?;
    sqlx::query(include_str!("sql/board/roll_up_county.sql"))
        .bind(county)
        .bind(zone)
        .execute(&mut *tx)
        .await
        .map_err(&failed)?;
    tx.commit().await.map_err(&failed)?;
    Ok(true)
}
