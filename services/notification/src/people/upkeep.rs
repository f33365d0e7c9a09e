//! What operators see of messages to persons, and removing what is old.

use std::time::Duration;

use fengqiao_serving::time::now;
use tokio::time::sleep;

use crate::{error::NotificationError, store::Store};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(10);

/// Shows and sweeps until the future is dropped.
pub async fn keep_up_forever(store: Store, counties: Vec<String>) {
    loop {
        for county in &counties {
            if let Err(error) = keep_up(&store, county).await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(county, error, "messages to persons are counted and swept later");
            }
        }
        sleep(EVERY).await;
    }
}

async fn keep_up(store: &Store, county: &str) -> Result<(), NotificationError> {
    let (waiting, parked) = store.measure_messages(county).await?;
    metrics::gauge!("fengqiao_people_waiting_messages", "county" => county.to_owned()).set(waiting as f64);
    metrics::gauge!("fengqiao_people_parked_messages", "county" => county.to_owned()).set(parked as f64);
    store.sweep_messages(county, now()).await
}
