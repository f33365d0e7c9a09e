//! Taking over the facts of an older version of the service, once, after the start: until then a county's questions wait.

use sqlx::PgPool;

use crate::{
    error::StatisticsError,
    store::{Rebuilding, waiting_counties},
};

/// Takes over what there is.
///
/// # Errors
/// [`StatisticsError`]
pub async fn take_over(pool: &PgPool, counties: &[String]) -> Result<(), StatisticsError> {
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
