//! Keeping the facts fresh, and the segments small behind them.

use std::{convert::Infallible, sync::Arc, time::Duration};

use fengqiao_messaging::HealthReport;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;

const EVERY: Duration = Duration::from_secs(2);

/// Looks after the facts of all counties until told to stop. What fails is tried again at the next time.
///
/// # Errors
/// None.
pub async fn keep(
    engine: Arc<Engine>,
    health: HealthReport,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let mut works = true;
        for county in engine.warehouse.counties() {
            let kept = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                kept = county.keep() => kept,
            };
            if let Err(error) = kept {
                works = false;
                let county = county.code();
                tracing::warn!(
                    county,
                    error = &error as &dyn std::error::Error,
                    "facts are kept fresh later"
                );
            }
        }
        health("facts", works);
    }
}
