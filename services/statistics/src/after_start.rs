//! Work that is done once after the start, while questions are answered already.

use std::{convert::Infallible, time::Duration};

use fengqiao_messaging::Backoff;
use tokio_util::sync::CancellationToken;

use crate::error::StatisticsError;

/// Does it, and then waits for the stop; tries again, ever more slowly, where the database is away. `what` is said in the
/// log.
///
/// # Errors
/// None.
pub async fn once(
    what: &'static str,
    stop: CancellationToken,
    work: impl AsyncFn() -> Result<(), StatisticsError>,
) -> Result<(), Infallible> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
    loop {
        let done = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            done = work() => done,
        };
        let Err(error) = done else {
            stop.cancelled().await;
            return Ok(());
        };
        tracing::warn!(error = &error as &dyn std::error::Error, "{what} is done later");
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(backoff.next_wait()) => {}
        }
    }
}
