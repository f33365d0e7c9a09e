//! Changes are kept for a time and then forgotten, a bounded number at a time.

use std::{sync::Arc, time::Duration};

use fengqiao_county::Counties;
use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time;
use jiff::SignedDuration;
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::store::{self, FeedOf, StoreError};

const EVERY: Duration = Duration::from_secs(60);
/// More than the contract will ever have.
const MOST_SOURCES: i32 = 64;

/// Forgets changes that are older than `kept_for`, until told to stop. A failure only costs time.
pub async fn forget_old_changes(
    pool: PgPool,
    counties: Arc<Counties>,
    kept_for: SignedDuration,
    stop: CancellationToken,
) {
    loop {
        if let Err(error) = forget(&pool, &counties, kept_for).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old changes are forgotten later");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(EVERY) => {}
        }
    }
}

async fn forget(pool: &PgPool, counties: &Counties, kept_for: SignedDuration) -> Result<(), StoreError> {
    let Ok(before) = time::now().checked_sub(kept_for) else { return Ok(()) };
    for county in counties.codes() {
        for source in (1..MOST_SOURCES).map_while(|number| Source::try_from(number).ok()) {
            let of = FeedOf { county: &county, source };
            let forgotten = store::forget_changes(pool, of, before).await?;
            if forgotten > 0 {
                tracing::debug!(
                    county,
                    source = source.as_str_name(),
                    forgotten,
                    "old changes are forgotten"
                );
            }
        }
    }
    Ok(())
}
