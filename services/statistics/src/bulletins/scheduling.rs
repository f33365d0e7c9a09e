//! Making bulletins by the county's calendar, in one process of several. What was missed is made up for; a bulletin of a kind
//! and period is kept once, whoever makes it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use fengqiao_calendar::end_of_day;
use fengqiao_serving::time::Clock;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    BulletinCounty,
    making::{Maker, Order},
};
use crate::{
    domain::bulletin::{page::Scope, schedule::due, template::Template, text::Only},
    error::StatisticsError,
    store::{Work, hold},
};

const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Makes bulletins by the calendar.
pub struct Scheduler {
    /// Names this process among the others.
    pub id: Uuid,
    /// Connections in the service's schema.
    pub pool: PgPool,
    /// What makes them.
    pub maker: Arc<Maker>,
    /// What time it is.
    pub clock: Clock,
}

impl Scheduler {
    /// Makes them until told to stop. What fails is tried again at the next look.
    ///
    /// # Errors
    /// None.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        while self.maker.prints() && !stop.is_cancelled() {
            for place in self.maker.counties().iter() {
                if let Some(Err(error)) = stop.run_until_cancelled(self.make_due(place)).await {
                    let (county, error) = (&place.county.code, &error as &dyn std::error::Error);
                    tracing::warn!(county, error, "bulletins could not be made");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        stop.cancelled().await;
        Ok(())
    }

    /// Makes what is due in a county and not made yet, as far as all of its period is known. Returns how many were made.
    ///
    /// # Errors
    /// [`StatisticsError`]; what is not made then is due again.
    pub async fn make_due(&self, place: &BulletinCounty) -> Result<usize, StatisticsError> {
        let county = &place.county;
        if hold(&self.pool, &county.code, Work::Bulletins, self.id, self.clock.now()).await?.is_none() {
            return Ok(0);
        }
        let mut made = 0;
        for template in place.bulletins.kinds.values() {
            made += self.make_kind(place, template).await?;
        }
        Ok(made)
    }

    async fn make_kind(&self, place: &BulletinCounty, template: &Template) -> Result<usize, StatisticsError> {
        let Some(schedule) = template.schedule else { return Ok(0) };
        let county = &place.county;
        let newest = self.maker.store().newest_of_calendar(&county.code, &template.kind).await?;
        let now = self.clock.now();
        let mut made = 0;
        for days in due(template.period, schedule, newest, &place.calendar, &county.time_zone, now) {
            let over = end_of_day(days.last, &county.time_zone);
            let known = self.maker.answers().figures().as_of(&county.code).await?;
            if known.is_none_or(|known| known < over) {
                break;
            }
            if newest.is_none() && !self.maker.store().has_reports_before(&county.code, over).await? {
                continue;
            }
            let scope = Scope { days, only: Only::default() };
            let order = Order { template, scope, by: "", request_id: "", push: true };
            let (_, new) = self.maker.make(place, &order, self.clock.now()).await?;
            made += usize::from(new);
            let (county, kind) = (county.code.clone(), template.kind.clone());
            metrics::counter!("fengqiao_statistics_bulletins_total", "county" => county, "kind" => kind)
                .increment(u64::from(new));
        }
        Ok(made)
    }
}
