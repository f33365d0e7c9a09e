//! Makes what series owe, day by day and week by week (S2-02, S4-01, S4-02). A period is made once, whichever
//! process makes it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::Clock;
use sqlx::{Connection as _, PgPool};
use tokio_util::sync::CancellationToken;

use crate::{
    counties::{RoutingCounties, RoutingCounty},
    domain::standing::series::{duties, period_at},
    error::RoutingError,
    store::{begin_period, bounded, insert_standing, series_made},
};

const LOOK_EVERY: Duration = Duration::from_secs(20);
/// So many are written in one statement.
const AT_ONCE: usize = 1_000;

/// Makes what series owe.
#[derive(Clone)]
pub struct SeriesWorker {
    /// Connections in routing's schema.
    pub pool: PgPool,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Seals subjects.
    pub keyring: Arc<Keyring>,
    /// What time it is.
    pub clock: Clock,
}

impl SeriesWorker {
    /// Makes them until told to stop. What fails is tried again at the next look.
    ///
    /// # Errors
    /// Never; the type is that of an owned task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        while !stop.is_cancelled() {
            for place in self.counties.iter() {
                if let Err(error) = self.make_all(place).await {
                    tracing::warn!(
                        county = place.county.code,
                        error = &error as &dyn std::error::Error,
                        "the duties of series could not be made"
                    );
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    /// Makes what the series of a county owe now and was not made yet. Returns how many duties were made.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn make_all(&self, place: &RoutingCounty) -> Result<u64, RoutingError> {
        let rulebook = place.rulebook();
        if rulebook.practice.series.is_empty() {
            return Ok(0);
        }
        let county = &place.county;
        let now = self.clock.now();
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let made = series_made(&mut conn, &county.code).await?;
        let mut count = 0;
        for series in &rulebook.practice.series {
            let period = period_at(series, &rulebook.practice.agenda, now, &county.time_zone);
            let made = made.get(&series.code);
            if made.is_some_and(|made| *made >= period.first) {
                continue;
            }
            // A series that begins when its period is over begins with the next one. One that is kept owes it also
            // where no process ran before it was over.
            let owed = if made.is_none() && period.due_at <= now {
                Vec::new()
            } else {
                duties(series, period, rulebook.office(county), now)
            };
            let mut tx = bounded("begin", conn.begin()).await?;
            if begin_period(&mut tx, &county.code, &series.code, period.first).await? {
                for part in owed.chunks(AT_ONCE) {
                    count += insert_standing(&mut tx, &self.keyring, &county.code, part).await?;
                }
            }
            bounded("commit", tx.commit()).await?;
        }
        Ok(count)
    }
}
