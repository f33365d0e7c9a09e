//! What operators see of the queues: how much waits, how old it is, how much is parked.

use std::time::Duration;

use fengqiao_proto::json::short_name;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{error::NotificationError, store::Store};

const EVERY: Duration = Duration::from_secs(5);

/// Shows the gauges until told to stop. Each process shows the whole county: take the largest.
pub async fn show_gauges(store: Store, counties: Vec<String>, stop: CancellationToken) {
    loop {
        for county in &counties {
            if let Err(error) = show(&store, county).await {
                tracing::warn!(county, error = &error as &dyn std::error::Error, "the gauges are old");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(EVERY) => {}
        }
    }
}

async fn show(store: &Store, county: &str) -> Result<(), NotificationError> {
    let mut oldest: f64 = 0.0;
    for waiting in store.waiting(county).await? {
        let level = short_name(waiting.level.as_str_name(), "LEVEL_UNSPECIFIED").to_lowercase();
        let age = waiting.oldest_seconds.unwrap_or(0.0).max(0.0);
        oldest = oldest.max(age);
        metrics::gauge!("fengqiao_notification_queue_depth", "county" => county.to_owned(), "level" => level.clone())
            .set(waiting.pushes as f64);
        metrics::gauge!("fengqiao_notification_oldest_waiting_seconds", "county" => county.to_owned(), "level" => level)
            .set(age);
    }
    metrics::gauge!("fengqiao_notification_oldest_undelivered_seconds", "county" => county.to_owned())
        .set(oldest);
    metrics::gauge!("fengqiao_notification_parked_pushes", "county" => county.to_owned())
        .set(store.parked(county).await? as f64);
    Ok(())
}
