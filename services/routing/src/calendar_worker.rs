//! A calendar that changed: the limits of working days that run are counted anew, case by case, and so are the duties
//! besides cases.
//!
//! It is done in small batches in the county's turn, so that cases go on meanwhile, by one process at a time, and
//! how far it came is written down: another process goes on where one died. To do a batch twice changes nothing the
//! second time.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use fengqiao_messaging::Outbox;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::Clock;
use jiff::SignedDuration;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    counties::{RoutingCounties, RoutingCounty},
    domain::{happening::Happening, history::Occasion},
    error::RoutingError,
    ledger::{Heard, Ledger},
    rulebook::Rulebook,
    settings::SettingKind,
    store::{
        Attempt, Claim, HOLDING, advance_calendar_sweep, begin_calendar_sweep, bounded, claim_calendar_sweep,
        load_swept_cases,
    },
    watchers::Watchers,
};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many duties a batch looks at.
pub const AT_ONCE: i64 = 500;
/// By then every process counts by the new calendar, so that nothing new is counted by the old one behind the
/// sweep's back.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(3);
/// A worker that says nothing for so long is dead, and another goes on.
const CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// Applies calendars.
#[derive(Clone)]
pub struct CalendarWorker {
    /// Names this worker among those of other processes.
    pub id: Uuid,
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
    /// So many duties a batch looks at; [`AT_ONCE`] but in tests.
    pub at_once: i64,
}

/// What a batch did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweptBatch {
    /// How many cases and duties besides cases changed.
    pub moved: usize,
    /// Whether that was the last.
    pub ended: bool,
}

impl CalendarWorker {
    /// Applies calendars until told to stop. What fails is tried again at the next look.
    ///
    /// # Errors
    /// Never; the type is that of an owned task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        // What this process has said already: it speaks only when its own calendar changed, so that two
        // versions of the program with different notices do not take turns for ever.
        let mut said: HashMap<String, String> = HashMap::new();
        while !stop.is_cancelled() {
            for place in self.counties.iter() {
                if let Err(error) = self.look(place, &mut said, &stop).await {
                    tracing::warn!(
                        county = place.county.code,
                        error = &error as &dyn std::error::Error,
                        "a calendar could not be applied"
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

    async fn look(
        &self,
        place: &RoutingCounty,
        said: &mut HashMap<String, String>,
        stop: &CancellationToken,
    ) -> Result<(), RoutingError> {
        let county = &place.county.code;
        let calendar = place.rulebook().calendar.version().to_owned();
        if said.get(county) != Some(&calendar) {
            self.begin(place).await?;
            said.insert(county.clone(), calendar);
        }
        while let Some(batch) = self.sweep_some(place).await? {
            if batch.ended || stop.is_cancelled() {
                break;
            }
        }
        Ok(())
    }

    /// Says that the calendar that holds in a county is to be applied, unless it is already.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn begin(&self, place: &RoutingCounty) -> Result<(), RoutingError> {
        let rulebook = place.rulebook();
        let version = rulebook.versions.get(SettingKind::Calendar);
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let at = self.clock.now();
        begin_calendar_sweep(&mut conn, &place.county.code, version, rulebook.calendar.version(), at).await
    }

    /// Does the next batch; none where there is nothing to do, or another process does it.
    ///
    /// # Errors
    /// [`RoutingError`]; the batch is then done again.
    pub async fn sweep_some(&self, place: &RoutingCounty) -> Result<Option<SweptBatch>, RoutingError> {
        let (county, at) = (&place.county.code, self.clock.now());
        let rulebook = place.rulebook();
        let calendar = rulebook.calendar.version();
        let later = |by: SignedDuration| at.checked_add(by).unwrap_or(at);
        let claim = Claim { by: self.id, at, until: later(CLAIM), begun_by: later(-SETTLED_AFTER) };
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let Some(cursor) = claim_calendar_sweep(&mut conn, county, calendar, claim).await? else {
            return Ok(None);
        };
        let (moved, edge) = self.recount(&mut conn, place, &rulebook, cursor).await?;
        let ended_at = edge.is_none().then_some(at);
        let count = i64::try_from(moved).unwrap_or(i64::MAX);
        advance_calendar_sweep(&mut conn, county, calendar, edge.unwrap_or(cursor), count, ended_at).await?;
        if ended_at.is_some() {
            tracing::info!(county, calendar, "a calendar is applied to all limits that run");
        }
        Ok(Some(SweptBatch { moved, ended: edge.is_none() }))
    }

    /// Counts anew in the next cases and duties besides cases. Says how many changed, and how far that was.
    async fn recount(
        &self,
        conn: &mut PgConnection,
        place: &RoutingCounty,
        rulebook: &Rulebook,
        cursor: Uuid,
    ) -> Result<(usize, Option<Uuid>), RoutingError> {
        let county = &place.county.code;
        let _alone = place.alone().await;
        for holding in HOLDING {
            let at = self.clock.now();
            let mut attempt = Attempt::begin(conn, county, holding).await?;
            let (swept, turn) =
                load_swept_cases(&mut attempt, &self.keyring, county, cursor, self.at_once).await?;
            place.put_aside.put(county, &swept.unreadable, at)?;
            let mut ledger = Ledger::default();
            for case in &swept.cases {
                let occasion = Occasion::of_system(at);
                let change = rulebook.change(&place.county, case, &Happening::CalendarChanged, &occasion)?;
                if change.announced {
                    ledger.add(change, None, place, None);
                }
            }
            let mut moved = ledger.changes.case_ids().len();
            let clock = rulebook.office(&place.county).clock;
            for (id, mut duty) in swept.standing {
                if duty.recount(clock, rulebook.practice.terms(duty.kind), at).is_some() {
                    ledger.changes.add_standing(id, duty);
                    moved += 1;
                }
            }
            if moved == 0 {
                return Ok((0, swept.edge));
            }
            let heard = Heard { keyring: &self.keyring, outbox: &self.outbox, watchers: &self.watchers };
            if ledger.commit(attempt, county, turn, None, heard).await?.is_some() {
                metrics::counter!("fengqiao_routing_calendar_moved_total", "county" => county.clone())
                    .increment(u64::try_from(moved).unwrap_or_default());
                return Ok((moved, swept.edge));
            }
        }
        Err(RoutingError::Overtaken)
    }
}
