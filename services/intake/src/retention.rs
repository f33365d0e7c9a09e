//! Removes what says who and what of reports that are past the county's term, and of activities and of values that no
//! mapping knows. The counts stay.

use std::{convert::Infallible, sync::Arc, time::Duration};

use fengqiao_county::{Counties, County, RetentionSettings};
use fengqiao_messaging::Outbox;
use fengqiao_serving::time::Clock;
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    store::{Part, StoreError, remove_activities_past_term, remove_past_term, remove_unmapped_words},
    sums,
};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(3600);
/// So many reports are looked at in one transaction.
const STEP: i64 = 200;
/// Between two steps, so that whoever reports goes first.
const PAUSE: Duration = Duration::from_millis(50);
/// A step that takes longer is given up, and tried again with the next look.
const STEP_TIMEOUT: Duration = Duration::from_secs(15);

/// Removes what is past its term, in all counties that have one.
pub struct Retention {
    pool: PgPool,
    counties: Arc<Counties>,
    outbox: Outbox,
    clock: Clock,
}

impl Retention {
    /// For these counties.
    #[must_use]
    pub const fn new(pool: PgPool, counties: Arc<Counties>, outbox: Outbox, clock: Clock) -> Self {
        Self { pool, counties, outbox, clock }
    }

    /// Looks again and again until told to stop. A failure only means that it is done later.
    ///
    /// # Errors
    /// None.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        while !stop.is_cancelled() {
            for county in self.counties.iter() {
                let looked = match self.look(county, &stop).await {
                    Ok(_) => self.look_beside_reports(county, &stop).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = looked {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(county = county.code, error, "what is past its term was not removed");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(EVERY) => {}
            }
        }
        Ok(())
    }

    /// Looks once at all that is old enough in a county. Returns of how many reports the personal part was removed.
    ///
    /// # Errors
    /// [`StoreError`]; what was done until then is done.
    pub async fn look(&self, county: &County, stop: &CancellationToken) -> Result<usize, StoreError> {
        let mut removed = 0;
        let mut parts = vec![Part::KeptAfter(Uuid::nil()), Part::Next];
        while let Some(part) = parts.pop() {
            if stop.is_cancelled() {
                return Ok(removed);
            }
            let now = self.clock.now();
            let Some(bound) = county.settings.retention.bound(now) else { return Ok(removed) };
            let step = remove_past_term(&self.pool, &county.code, part, bound, now, STEP);
            let step = timeout(STEP_TIMEOUT, step)
                .await
                .unwrap_or(Err(StoreError::TooSlow { operation: "remove what is past its term" }))?;
            // Another process is at it.
            let Some(step) = step else { return Ok(removed) };
            if let Some((first, events)) = step.told {
                self.outbox.sent(&county.code, first, events);
            }
            removed += step.removed;
            sums::removed(&county.code, step.removed);
            if let Some(last) = step.last {
                parts.push(match part {
                    Part::Next => Part::Next,
                    Part::KeptAfter(_) => Part::KeptAfter(last),
                });
                sleep(PAUSE).await;
            }
        }
        Ok(removed)
    }

    /// Looks once at what is kept beside reports: activities, and values that no mapping knows. A process that does the
    /// same takes others.
    ///
    /// # Errors
    /// [`StoreError`]; what was done until then is done.
    pub async fn look_beside_reports(
        &self,
        county: &County,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let (code, retention) = (county.code.as_str(), county.settings.retention);
        let activities = |now, bound| remove_activities_past_term(&self.pool, code, bound, now, STEP);
        self.in_steps(retention, stop, activities).await?;
        self.in_steps(retention, stop, |_, bound| remove_unmapped_words(&self.pool, code, bound, STEP)).await
    }

    /// Takes steps, by now and what is past its term then, until one finds nothing.
    async fn in_steps<S>(
        &self,
        retention: RetentionSettings,
        stop: &CancellationToken,
        take: impl Fn(Timestamp, Timestamp) -> S,
    ) -> Result<(), StoreError>
    where
        S: Future<Output = Result<u64, StoreError>>,
    {
        while !stop.is_cancelled() {
            let now = self.clock.now();
            let Some(bound) = retention.bound(now) else { break };
            let removed = timeout(STEP_TIMEOUT, take(now, bound))
                .await
                .unwrap_or(Err(StoreError::TooSlow { operation: "remove what is past its term" }))?;
            if removed == 0 {
                break;
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }
}
