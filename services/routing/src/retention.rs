//! Removes who was out in people's homes once the county's term of personal data is over, and puts a hash in the place of
//! each name that a process of before wrote. That duties were met stays; what is counted is with statistics.

use std::{convert::Infallible, sync::Arc, time::Duration};

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::Clock;
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    counties::{RoutingCounties, RoutingCounty},
    error::RoutingError,
    store::{expire_stays, hash_named_stays},
};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(3600);
/// So many visits are looked at in one transaction.
const STEP: i64 = 500;
/// Between two steps, so that others' work goes first.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes what is past its term, in all counties.
#[derive(Clone)]
pub struct Retention {
    /// Connections in routing's schema.
    pub pool: PgPool,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Hashes names.
    pub keyring: Arc<Keyring>,
    /// What time it is.
    pub clock: Clock,
}

impl Retention {
    /// Looks again and again until told to stop. A failure only means that it is done later.
    ///
    /// # Errors
    /// Never; the type is that of an owned task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        while !stop.is_cancelled() {
            for place in self.counties.iter() {
                if let Err(error) = self.look(place, &stop).await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(
                        county = place.county.code,
                        error,
                        "who visited was not removed in its term"
                    );
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(EVERY) => {}
            }
        }
        Ok(())
    }

    /// Looks once at all visits of a county.
    ///
    /// # Errors
    /// [`RoutingError`]; what was done until then is done.
    pub async fn look(&self, place: &RoutingCounty, stop: &CancellationToken) -> Result<(), RoutingError> {
        let county = &place.county.code;
        while !stop.is_cancelled() && hash_named_stays(&self.pool, &self.keyring, county, STEP).await? > 0 {
            sleep(PAUSE).await;
        }
        let Some(before) = place.county.settings.retention.bound(self.clock.now()) else { return Ok(()) };
        while !stop.is_cancelled() && expire_stays(&self.pool, county, before, STEP).await? > 0 {
            sleep(PAUSE).await;
        }
        Ok(())
    }
}
