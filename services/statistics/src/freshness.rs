//! Shows in the metrics how far the figures lag behind.

use std::{convert::Infallible, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use crate::store::Figures;

const EVERY: Duration = Duration::from_secs(10);

/// Measures until the process ends; owned by it. A failure shows as an age that no longer moves, and in the
/// receivers' own health.
///
/// # Errors
/// None.
pub async fn measure(
    figures: Figures,
    counties: Vec<String>,
    stopped: impl Future<Output = ()> + Send,
) -> Result<(), Infallible> {
    let mut stopped = std::pin::pin!(stopped);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(()),
            _ = ticks.tick() => {}
        }
        for county in &counties {
            match figures.as_of(county).await {
                Ok(Some(as_of)) => {
                    let age = fengqiao_serving::time::now().duration_since(as_of).as_secs_f64();
                    metrics::gauge!("fengqiao_statistics_as_of_age_seconds", "county" => county.clone())
                        .set(age.max(0.0));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the age of the figures is not known"
                    );
                }
            }
        }
    }
}
