//! The clocks of a county's duties: whatever time has come is said, once, within a second.
//!
//! What comes next is asked of an index, so that it costs the same however many wait. What a clock said stands
//! in the duty, written in the county's turn: of two processes one writes and the other finds nothing left, and
//! what passed while no process ran is said when one runs again.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use fengqiao_messaging::Outbox;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::Clock;
use futures::future::join_all;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    counties::{RoutingCounties, RoutingCounty},
    domain::{
        duty::{DutyKind, Firing},
        happening::Happening,
        history::Occasion,
        standing::chasing::{DueDuty, Meanwhile, time_passed},
    },
    error::RoutingError,
    ledger::{Heard, Ledger},
    store::{Attempt, HOLDING, bounded, load_due_cases, settled_forms, told_by_grids},
    watchers::Watchers,
};

/// How often a county is looked at. A second is promised.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// So many duties are taken at once.
const AT_ONCE: i64 = 500;

/// Fires the clocks.
#[derive(Clone)]
pub struct ClockWorker {
    /// Connections in routing's schema.
    pub pool: PgPool,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Opens dockets.
    pub keyring: Arc<Keyring>,
    /// Nudged after each commit.
    pub outbox: Outbox,
    /// Woken after each commit.
    pub watchers: Watchers,
    /// What time it is.
    pub clock: Clock,
}

impl ClockWorker {
    /// Fires until told to stop. What fails is tried again at the next look.
    ///
    /// # Errors
    /// Never; the type is that of an owned task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        // All at once: what one county has piled up, or who holds its turn, is nothing to the others.
        join_all(self.counties.iter().map(|place| self.run_for(place, &stop))).await;
        Ok(())
    }

    async fn run_for(&self, place: &RoutingCounty, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.fire_all(place, stop).await {
                tracing::warn!(
                    county = place.county.code,
                    error = &error as &dyn std::error::Error,
                    "clocks could not be fired"
                );
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Fires everything whose time has come in a county. Returns how many duties were looked at.
    ///
    /// # Errors
    /// [`RoutingError`]; what was not said yet is said at the next try.
    pub async fn fire_all(
        &self,
        place: &RoutingCounty,
        stop: &CancellationToken,
    ) -> Result<u64, RoutingError> {
        let mut fired = 0;
        loop {
            let now = self.fire_some(place).await?;
            fired += u64::try_from(now).unwrap_or_default();
            if now < AT_ONCE || stop.is_cancelled() {
                return Ok(fired);
            }
        }
    }

    async fn fire_some(&self, place: &RoutingCounty) -> Result<i64, RoutingError> {
        let county = &place.county.code;
        let _alone = place.alone().await;
        // Only now: who waits for a turn needs no connection.
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let rulebook = place.rulebook();
        for holding in HOLDING {
            let at = self.clock.now();
            let mut attempt = Attempt::begin(&mut conn, county, holding).await?;
            let left_alone = place.put_aside.left_alone(county, at);
            let (due, turn) =
                load_due_cases(&mut attempt, &self.keyring, county, at, AT_ONCE, &left_alone).await?;
            place.put_aside.put(county, &due.unreadable, at)?;
            if due.cases.is_empty() && due.standing.is_empty() {
                return Ok(due.due);
            }
            let mut ledger = Ledger::default();
            for case in &due.cases {
                let occasion = Occasion::of_system(at);
                let change = rulebook.change(&place.county, case, &Happening::TimePassed, &occasion)?;
                ledger.add(change, None, place, None);
            }
            let excused = meanwhile(&mut attempt, county, &due.standing).await?;
            let mut said = Vec::new();
            for owed in &due.standing {
                let meanwhile = excused.get(&owed.id).copied().unwrap_or(Meanwhile::Nothing);
                let chased = time_passed(owed, meanwhile, at, rulebook.office(&place.county));
                said.extend(chased.firing.map(|firing| (owed.duty.kind, firing)));
                ledger.add_chased(owed, chased, place);
            }
            let heard = Heard { keyring: &self.keyring, outbox: &self.outbox, watchers: &self.watchers };
            if ledger.commit(attempt, county, turn, None, heard).await?.is_some() {
                metrics::counter!("fengqiao_routing_clocks_fired_total", "county" => county.clone())
                    .increment(u64::try_from(due.due).unwrap_or_default());
                for (kind, firing) in said {
                    count_standing_firing(county, kind, firing);
                }
                return Ok(due.due);
            }
        }
        Err(RoutingError::Overtaken)
    }
}

/// What became of what duties are about; of most nothing.
async fn meanwhile(
    attempt: &mut Attempt<'_>,
    county: &str,
    due: &[DueDuty],
) -> Result<HashMap<Uuid, Meanwhile>, RoutingError> {
    let of = |kinds: &[DutyKind]| -> Vec<Uuid> {
        due.iter().filter(|owed| kinds.contains(&owed.duty.kind)).map(|owed| owed.id).collect()
    };
    let mut excused = HashMap::new();
    let zero_reports = of(&[DutyKind::ZeroReport]);
    if !zero_reports.is_empty() {
        let told = told_by_grids(attempt, county, &zero_reports).await?;
        excused.extend(told.into_iter().map(|id| (id, Meanwhile::Told)));
    }
    let forms = of(&[DutyKind::SignForm, DutyKind::AnswerForm]);
    if !forms.is_empty() {
        let settled = settled_forms(attempt, county, &forms).await?;
        excused.extend(settled.into_iter().map(|id| (id, Meanwhile::Settled)));
    }
    Ok(excused)
}

/// A week without its meeting and a day without its report alert whoever watches this (S2-02).
fn count_standing_firing(county: &str, kind: DutyKind, firing: Firing) {
    let said = match firing {
        Firing::Near => "near",
        Firing::Over => "over",
        Firing::Chase(_) => "chased",
    };
    metrics::counter!(
        "fengqiao_routing_standing_duties_total",
        "county" => county.to_owned(), "kind" => kind.word(), "said" => said
    )
    .increment(1);
}
