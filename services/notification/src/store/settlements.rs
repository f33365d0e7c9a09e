//! What became of tries, written over a connection of its own.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use fengqiao_messaging::{Outbox, append};
use fengqiao_serving::time::to_sql;
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Row as _,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use uuid::Uuid;

use super::{QUEUED_BY_THEN, Store, millis};
use crate::{
    domain::{
        outcome::{Ending, Outcome},
        retry::Next,
    },
    error::NotificationError,
    events::of_tries,
};

const SETTLE: &str = "settle deliveries";
/// Writes down tries that brought their pushes.
pub(super) const ARRIVE: &str = concat!(include_str!("sql/arrive.sql"), "RETURNING push_id");
/// The same, where one of them has been written down as failed.
pub(super) const ARRIVE_AFTER_ALL: &str =
    concat!(include_str!("sql/arrive.sql"), include_str!("sql/arrive_after_all.sql"), "RETURNING push_id");

/// Where one settler writes. It writes one batch after the other: over one connection all of them find the plans and pages of
/// the batch before. From the pool that calls share it would get another each time, of which each has all to plan anew.
#[derive(Debug)]
pub struct Settlements {
    /// Of one connection.
    own: PgPool,
    outbox: Outbox,
}

/// An ending as the database numbers it, and how long the push waits then; none where the push has arrived.
const fn waits(ending: Ending) -> Option<(i16, Duration)> {
    match ending {
        Ending::Delivered => None,
        Ending::Failed(Next::After(wait)) => Some((2, wait)),
        Ending::Failed(Next::Park) => Some((3, Duration::ZERO)),
        Ending::Released => Some((4, Duration::ZERO)),
    }
}

impl Settlements {
    /// Over a connection beside those of the store's pool, made when it is opened or first needed.
    #[must_use]
    pub fn beside(store: &Store) -> Self {
        Self { own: store.beside(1), outbox: store.outbox.clone() }
    }

    /// Makes the connection before it is needed: what is sent while the first batch waited for it would come twice if the
    /// process died. Where it cannot be made now, the first batch makes it.
    pub async fn open(&self) {
        if let Err(error) = self.connection().await {
            tracing::debug!(error = &error as &dyn std::error::Error, "no connection to settle over yet");
        }
    }

    /// Ends the connection.
    pub async fn close(&self) {
        self.own.close().await;
    }

    /// Writes what became of tries of one county: attempt records, next states and receipts, in one
    /// transaction. At most one outcome for each push. Returns those that changed their push.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; then nothing is written.
    pub async fn settle<'o>(
        &self,
        county: &str,
        outcomes: &'o [Outcome],
    ) -> Result<Vec<&'o Outcome>, NotificationError> {
        if outcomes.is_empty() {
            return Ok(Vec::new());
        }
        let mut own = self.connection().await?;
        let settling = async {
            match self.settle_by(&mut own, ARRIVE, county, outcomes).await {
                // Looking for it each time would cost a quarter of the statement.
                Err(NotificationError::Database { source, .. }) if is_written_down(&source) => {
                    self.settle_by(&mut own, ARRIVE_AFTER_ALL, county, outcomes).await
                }
                done => done,
            }
        };
        let done = Store::within(SETTLE, settling).await;
        if matches!(done, Err(NotificationError::Late(_))) {
            // It is the only one, and may never answer again: the next batch gets a new one.
            own.close_on_drop();
        }
        done
    }

    async fn connection(&self) -> Result<PoolConnection<Postgres>, NotificationError> {
        let acquired = async { self.own.acquire().await.map_err(NotificationError::database(SETTLE)) };
        Store::within(SETTLE, acquired).await
    }

    async fn settle_by<'o>(
        &self,
        own: &mut PgConnection,
        arrive: &'static str,
        county: &str,
        outcomes: &'o [Outcome],
    ) -> Result<Vec<&'o Outcome>, NotificationError> {
        let database = || NotificationError::database(SETTLE);
        let mut tx = own.begin().await.map_err(database())?;
        let held = hold_owners(&mut tx, county, outcomes).await.map_err(database())?;
        // What an overtaken owner says changes nothing.
        let counts = |outcome: &&Outcome| {
            outcome
                .token
                .is_none_or(|token| held.get(&outcome.push.agency).is_some_and(|held| *held == token))
        };
        let (mut brought, mut failed) = (Vec::with_capacity(outcomes.len()), Vec::new());
        for outcome in outcomes.iter().filter(counts) {
            match waits(outcome.ending) {
                None => brought.push(outcome),
                Some(waits) => failed.push((outcome, waits)),
            }
        }
        let mut changed: HashSet<Uuid> = HashSet::with_capacity(outcomes.len());
        if !brought.is_empty() {
            let rows = arrived(arrive, county, &brought).fetch_all(&mut *tx).await.map_err(database())?;
            changed.extend(ids(&rows).map_err(database())?);
        }
        if !failed.is_empty() {
            let rows = settle_failed(county, &failed).fetch_all(&mut *tx).await.map_err(database())?;
            changed.extend(ids(&rows).map_err(database())?);
        }
        let (settled, others): (Vec<&Outcome>, Vec<&Outcome>) =
            outcomes.iter().partition(|outcome| changed.contains(&outcome.push.push_id));
        if !others.is_empty() {
            record(county, &others).execute(&mut *tx).await.map_err(database())?;
        }
        let events = of_tries(&settled);
        let first = append(&mut tx, county, &events).await?;
        tx.commit().await.map_err(database())?;
        self.outbox.sent(county, first, events);
        Ok(settled)
    }
}

type Statement<'a> = Query<'a, Postgres, PgArguments>;

/// Whether a try of the same number has been written down already.
fn is_written_down(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Holds the queues of owners until the transaction ends. Returns the token of each.
async fn hold_owners(
    conn: &mut PgConnection,
    county: &str,
    outcomes: &[Outcome],
) -> Result<HashMap<String, i64>, sqlx::Error> {
    let agencies: HashSet<&str> =
        outcomes.iter().filter(|o| o.token.is_some()).map(|o| o.push.agency.as_str()).collect();
    if agencies.is_empty() {
        return Ok(HashMap::new());
    }
    let held = sqlx::query_as(include_str!("sql/hold_owners.sql"))
        .bind(county)
        .bind(agencies.into_iter().collect::<Vec<_>>());
    Ok(held.fetch_all(conn).await?.into_iter().collect())
}

fn ids(rows: &[PgRow]) -> Result<Vec<Uuid>, sqlx::Error> {
    rows.iter().map(|row| row.try_get(0)).collect()
}

fn arrived<'a>(statement: &'static str, county: &'a str, outcomes: &[&'a Outcome]) -> Statement<'a> {
    sqlx::query(statement)
        .bind(county)
        .bind(outcomes.iter().map(|o| o.push.push_id).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.attempt).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| to_sql(o.began_at)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| to_sql(o.ended_at())).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.channel.name()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.http_status).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| took_millis(o)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.token.is_some()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| sealed_answer(o)).collect::<Vec<_>>())
}

fn settle_failed<'a>(county: &'a str, outcomes: &[(&'a Outcome, (i16, Duration))]) -> Statement<'a> {
    sqlx::query(include_str!("sql/settle_failed.sql"))
        .bind(county)
        .bind(outcomes.iter().map(|(o, _)| o.push.push_id).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| o.attempt).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(_, (ending, _))| *ending).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(_, (_, wait))| millis(*wait)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| to_sql(o.began_at)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| to_sql(o.ended_at())).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| o.channel.name()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| o.http_status).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| o.error.as_str()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| took_millis(o)).collect::<Vec<_>>())
        .bind(millis(QUEUED_BY_THEN))
        .bind(outcomes.iter().map(|(o, _)| o.token.is_some()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|(o, _)| sealed_answer(o)).collect::<Vec<_>>())
}

fn record<'a>(county: &'a str, outcomes: &[&'a Outcome]) -> Statement<'a> {
    sqlx::query(include_str!("sql/record_attempts.sql"))
        .bind(county)
        .bind(outcomes.iter().map(|o| o.push.push_id).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.attempt).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| to_sql(o.began_at)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.channel.name()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.ending == Ending::Delivered).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.http_status).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.error.as_str()).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| took_millis(o)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| sealed_answer(o)).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|o| o.token.is_some()).collect::<Vec<_>>())
}

fn took_millis(outcome: &Outcome) -> i32 {
    i32::try_from(outcome.took.as_millis()).unwrap_or(i32::MAX)
}

fn sealed_answer(outcome: &Outcome) -> Option<&[u8]> {
    Some(outcome.sealed_answer.as_slice()).filter(|sealed| !sealed.is_empty())
}
