//! Taking over the facts of an older version of the service, once, after the start: until then a county's questions wait.

use std::{convert::Infallible, time::Duration};

use fengqiao_messaging::Backoff;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    error::StatisticsError,
    store::{Rebuilding, waiting_counties},
};

/// Takes over what there is, and then waits for the stop; tries again, ever more slowly, where the database is away.
///
/// # Errors
/// None.
pub async fn take_over(
    pool: PgPool,
    counties: Vec<String>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
    loop {
        let taking = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            taken = all(&pool, &counties) => taken,
        };
        let Err(error) = taking else {
            stop.cancelled().await;
            return Ok(());
        };
        tracing::warn!(error = &error as &dyn std::error::Error, "older facts are taken over later");
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(backoff.next_wait()) => {}
        }
    }
}

async fn all(pool: &PgPool, counties: &[String]) -> Result<(), StatisticsError> {
    for county in waiting_counties(pool, counties).await? {
        let Some(mut rebuilding) = Rebuilding::begin(pool, &county).await? else { continue };
        while rebuilding.step().await? > 0 {}
        match rebuilding.finish().await {
            Ok(rebuilt) => tracing::info!(county, rows = rebuilt.now.rows, "older facts are taken over"),
            // Another process was quicker.
            Err(StatisticsError::Overtaken) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
