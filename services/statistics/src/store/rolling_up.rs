//! Adding up facts for the board: done by the database while facts are written, once a county is named here. What was there
//! before is added up step by step, so that who writes never waits for long; a process that ends in between, or another one
//! that does the same, costs nothing: the next step goes on where the last one was.

use std::time::Duration;

use sqlx::{Executor as _, PgPool};
use tokio::time::{Instant, sleep};

use crate::error::StatisticsError;

/// About so many facts of each table in a step: a tenth of a second.
pub const ROLLED_AT_A_TIME: i32 = 10_000;

/// Adds up all facts of a county, its days in this zone, where that is not so already; from then on the database keeps the
/// counts with the facts. `about` says how many facts of each table a step adds; who writes facts waits for one at most.
///
/// # Errors
/// [`StatisticsError::Database`]
pub async fn roll_up(pool: &PgPool, county: &str, zone: &str, about: i32) -> Result<bool, StatisticsError> {
    let failed = StatisticsError::database("adding up facts");
    let known: Option<String> = sqlx::query_scalar(include_str!("sql/board/rolled_in.sql"))
        .bind(county)
        .fetch_optional(pool)
        .await
        .map_err(&failed)?;
    if known.as_deref() == Some(zone) {
        return Ok(false);
    }
    loop {
        let began = Instant::now();
        if step(pool, county, zone, about).await? {
            return Ok(true);
        }
        // Those who wait have as long as the step took.
        sleep(began.elapsed().min(Duration::from_secs(1))).await;
    }
}

/// Adds up the next facts; whether all are.
async fn step(pool: &PgPool, county: &str, zone: &str, about: i32) -> Result<bool, StatisticsError> {
    let failed = StatisticsError::database("adding up facts");
    let mut tx = pool.begin().await.map_err(&failed)?;
    tx.execute("SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '10s'")
        .await
        .map_err(&failed)?;
    let is_over: bool = sqlx::query_scalar(include_str!("sql/board/roll_up_step.sql"))
        .bind(county)
        .bind(zone)
        .bind(about)
        .fetch_one(&mut *tx)
        .await
        .map_err(&failed)?;
    tx.commit().await.map_err(&failed)?;
    Ok(is_over)
}
