//! Learning weights from a county's own reports. What linkage kept of them is enough: no report is opened.

use std::sync::Arc;

use fengqiao_linkage::Weights;
use sqlx::PgPool;
use tokio::{sync::Mutex, time::timeout};
use uuid::Uuid;

use crate::{
    config::LEARN_TIMEOUT,
    county_weights::CountyWeights,
    domain::learning::Observing,
    error::IntakeError,
    store::{self, StoreError},
};

/// So many reports are read at once.
const PAGE: i64 = 1_000;

/// What was learned.
#[derive(Debug)]
pub struct Learned {
    /// The weights.
    pub weights: Weights,
    /// From so many reports.
    pub reports: usize,
    /// From so many pairs.
    pub pairs: usize,
}

/// Learns weights, one county at a time.
#[derive(Debug)]
pub struct Learning {
    pool: PgPool,
    in_force: CountyWeights,
    /// Held by who learns: it takes a processor and memory for a while.
    busy: Mutex<()>,
}

impl Learning {
    /// Starting from the weights in force.
    #[must_use]
    pub const fn new(pool: PgPool, in_force: CountyWeights) -> Self {
        Self { pool, in_force, busy: Mutex::const_new(()) }
    }

    /// The weights in force.
    #[must_use]
    pub fn in_force(&self, county: &str) -> Arc<Weights> {
        self.in_force.of(county)
    }

    /// Learns from so many of the newest reports, compared by a lookup key.
    ///
    /// # Errors
    /// [`IntakeError::Full`] while it learns already; where the reports cannot be read.
    pub async fn learn(
        &self,
        county: &str,
        version: &str,
        reports: usize,
        lookup: u8,
    ) -> Result<Learned, IntakeError> {
        let _busy = self.busy.try_lock().map_err(|_| IntakeError::Full)?;
        let too_slow = || StoreError::TooSlow { operation: "learn weights" };
        timeout(LEARN_TIMEOUT, self.learn_alone(county, version, reports, lookup))
            .await
            .map_err(|_| too_slow())?
    }

    async fn learn_alone(
        &self,
        county: &str,
        version: &str,
        reports: usize,
        lookup: u8,
    ) -> Result<Learned, IntakeError> {
        let mut observing = Observing::new(Weights::clone(&self.in_force.of(county)));
        let most = i64::try_from(reports).unwrap_or(i64::MAX);
        let mut after: Uuid = store::before_newest(&self.pool, county, most).await?;
        loop {
            let page = store::linked_after(&self.pool, county, lookup, after, PAGE).await?;
            let last = page.last().map(|(report, _)| *report);
            // Comparing keeps a processor busy for a while, and the connections must not wait for it.
            observing = tokio::task::spawn_blocking(move || {
                page.into_iter().for_each(|(id, report)| observing.add(id, report));
                observing
            })
            .await
            .map_err(|_| IntakeError::Ending)?;
            match last {
                Some(last) if observing.reports() < reports => after = last,
                _ => break,
            }
        }
        let version = version.to_owned();
        tokio::task::spawn_blocking(move || Learned {
            reports: observing.reports(),
            pairs: observing.pairs(),
            weights: observing.learn(&version),
        })
        .await
        .map_err(|_| IntakeError::Ending)
    }
}
