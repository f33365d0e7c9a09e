//! The sweeper: what should be on a queue and is not, gets there. So retries come back, and a Redis that
//! was emptied, killed or trimmed heals by itself.

use std::{sync::Arc, time::Duration};

use fengqiao_messaging::Backoff;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Delivery;
use crate::{domain::lane::Lane, error::NotificationError, queue::LANE_BOUND, store::LaneRoom};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(1);
/// How soon again where more is due than the queues had room for.
const SOON: Duration = Duration::from_millis(100);
/// How long at most where the stores do not answer.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How many agencies one statement looks at.
const AGENCIES_AT_ONCE: usize = 100;
/// A lane is filled up when it holds less than this.
const LOW: usize = LANE_BOUND / 2;
/// One page of waits that end when an agency comes.
const PAGE: u32 = 1_000;
/// Pages that end when an agency comes; what is beyond keeps its own time.
const PAGES: u32 = 100;

/// Sweeps for the agencies that this process serves, until told to stop.
pub async fn sweep_forever(delivery: Arc<Delivery>, counties: Vec<String>, stop: CancellationToken) {
    let mut backoff = Backoff::new(SOON, LONGEST_WAIT);
    let mut wait = EVERY;
    // Kept until a sweep with it has succeeded.
    let mut suspected = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = delivery.bells.suspected(), if !suspected => suspected = true,
            () = sleep(wait) => {}
        }
        match sweep_all(&delivery, &counties, suspected).await {
            Ok(more) => {
                wait = if more { SOON } else { EVERY };
                suspected = false;
                backoff.reset();
            }
            Err(error) => {
                wait = backoff.next_wait();
                metrics::counter!("fengqiao_notification_sweep_failures_total").increment(1);
                tracing::warn!(error = &error as &dyn std::error::Error, "the queues are not swept");
            }
        }
    }
}

/// Sweeps all counties. True where more is due than there was room for.
async fn sweep_all(
    delivery: &Delivery,
    counties: &[String],
    suspected: bool,
) -> Result<bool, NotificationError> {
    let mut more = false;
    let mut failed = None;
    for county in counties {
        // First, and for all: so what is due goes out by webhook while Redis is away.
        if let Err(error) = ring_owners(delivery, county).await {
            failed = Some(error);
        }
    }
    for county in counties {
        match sweep(delivery, county, suspected).await {
            Ok(of_county) => more |= of_county,
            // The others get their turn all the same.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(more), Err)
}

/// Owners read by themselves, and only have to hear of what is due.
async fn ring_owners(delivery: &Delivery, county: &str) -> Result<(), NotificationError> {
    for agencies in delivery.bells.owned(county).chunks(AGENCIES_AT_ONCE) {
        for agency in delivery.store.due_agencies(county, agencies).await? {
            delivery.bells.ring(county, &agency);
        }
    }
    Ok(())
}

/// Sweeps one county's queues in Redis. True where more is due than there was room for.
async fn sweep(delivery: &Delivery, county: &str, suspected: bool) -> Result<bool, NotificationError> {
    let emptied = delivery.queues.was_emptied(county).await?;
    let swept = sweep_served(delivery, county, suspected || emptied).await;
    if emptied && swept.is_err() {
        // The mark is there again, and would not say it twice.
        delivery.bells.suspect();
    }
    swept
}

async fn sweep_served(delivery: &Delivery, county: &str, lost: bool) -> Result<bool, NotificationError> {
    let served = delivery.bells.served(county);
    let mut more = false;
    for agencies in served.chunks(AGENCIES_AT_ONCE) {
        more |= if lost {
            delivery.refill(county, agencies, true).await?
        } else {
            let due = delivery.store.due_agencies(county, agencies).await?;
            delivery.refill(county, &due, false).await?
        };
    }
    Ok(more)
}

impl Delivery {
    /// Fills up the queues of some agencies. With `lost`, also with what should be on them already. True
    /// where more is due than there was room for.
    ///
    /// # Errors
    /// [`NotificationError`] of the stores.
    pub async fn refill(
        &self,
        county: &str,
        agencies: &[String],
        lost: bool,
    ) -> Result<bool, NotificationError> {
        let lengths = self.queues.lengths(county, agencies).await?;
        let mut lanes = Vec::new();
        for (agency, lengths) in agencies.iter().zip(lengths) {
            for (lane, length) in Lane::IN_ORDER.into_iter().zip(lengths) {
                if length < LOW {
                    lanes.push(LaneRoom { agency: agency.clone(), lane, room: LANE_BOUND - length });
                }
            }
        }
        let due = self.store.requeue(county, &lanes, lost).await?;
        self.queues.enqueue(county, &due).await?;
        if !due.is_empty() {
            metrics::counter!("fengqiao_notification_requeued_total", "county" => county.to_owned())
                .increment(due.len() as u64);
        }
        Ok(due.len() >= LOW)
    }

    /// An agency has come: all that waits for it is due now and on its queue.
    ///
    /// # Errors
    /// [`NotificationError`] of the stores. The sweeper makes good what is left.
    pub async fn welcome(&self, county: &str, agency: &str) -> Result<(), NotificationError> {
        for _ in 0..PAGES {
            if self.store.make_due(county, agency, PAGE).await? < u64::from(PAGE) {
                break;
            }
        }
        self.refill(county, &[agency.to_owned()], true).await.map(|_| ())
    }
}
