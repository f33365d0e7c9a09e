//! One transaction for a batch of reports of one county.

use std::time::Duration;

use fengqiao_messaging::{Backoff, Event};
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, Postgres, Transaction};
use tokio::time::{Instant, timeout};

use super::{StoreError, known::known_and_seen, rows::reasons_column};
use crate::{
    domain::decision::{Change, Decision, Known},
    reception::ReceivedReport,
};

/// A transaction in which no other process accepts reports of the county, so that which reports belong
/// together does not depend on who came through which process.
pub struct BatchTransaction<'c> {
    tx: Transaction<'c, Postgres>,
    county: &'c str,
}

impl<'c> BatchTransaction<'c> {
    /// A connection for transactions of this kind, to the pool's database but not from the pool. A Postgres
    /// that is just starting is waited for a little.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn connect(pool: &PgPool) -> Result<PgConnection, StoreError> {
        let options = pool.connect_options();
        let until = Instant::now() + CONNECT_PATIENCE;
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(300));
        let mut connection = loop {
            let connected = timeout(CONNECT_PATIENCE, PgConnection::connect_with(&options))
                .await
                .map_err(|_| StoreError::TooSlow { operation: "connect" })?
                .map_err(StoreError::database("connect"));
            match connected {
                Ok(connection) => break connection,
                Err(error) if error.is_of_the_connection() && Instant::now() < until => {
                    tokio::time::sleep(backoff.next_wait()).await;
                }
                Err(error) => return Err(error),
            }
        };
        connection.execute(PLANNING).await.map_err(StoreError::database("connect"))?;
        Ok(connection)
    }

    /// Begins, and waits for the county's turn: one round trip.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn begin(conn: &'c mut PgConnection, county: &'c str) -> Result<Self, StoreError> {
        // A county's code is a number; anything else gets no lock of its own and never reaches the text.
        let code: u32 = county.parse().map_err(|_| StoreError::Malformed("county"))?;
        // The lock is its own statement: the next one must see what was committed before it was given.
        let statement = format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK_SPACE}, {code})");
        let tx =
            conn.begin_with(AssertSqlSafe(statement)).await.map_err(StoreError::database("begin a batch"))?;
        Ok(Self { tx, county })
    }

    /// What the batch must know before it is decided.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn known(&mut self, batch: &[&ReceivedReport], window_hours: i32) -> Result<Known, StoreError> {
        known_and_seen(&mut self.tx, self.county, batch, window_hours).await
    }

    /// Writes what was decided. `decisions` has the batch's order.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn write(
        &mut self,
        batch: &[&ReceivedReport],
        decisions: &[Decision],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let of = |change: Change| {
            batch.iter().copied().zip(decisions).filter(move |(_, decision)| decision.change == change)
        };
        let new: Vec<_> = of(Change::New).collect();
        let revised: Vec<_> = of(Change::Revision).collect();
        if !revised.is_empty() {
            revise(&mut self.tx, self.county, &revised, now).await?;
        }
        if !new.is_empty() || !revised.is_empty() {
            insert(&mut self.tx, self.county, &new, &revised, now).await?;
        }
        Ok(())
    }

    /// Writes the events and commits.
    ///
    /// # Errors
    /// [`StoreError`]. After a failed commit it is unknown whether it happened; sending again finds out.
    pub async fn commit(mut self, events: &[Event]) -> Result<(), StoreError> {
        fengqiao_messaging::append(&mut self.tx, self.county, events)
            .await
            .map_err(|error| StoreError::Events(std::sync::Arc::new(error)))?;
        self.tx.commit().await.map_err(StoreError::database("commit a batch"))
    }
}

/// A plan is made once, perhaps while the tables are empty, and is used until they are large. So the only
/// way left to the planner is the right one at any size: down the index that has the order wanted.
const PLANNING: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
    SET enable_bitmapscan = off; SET enable_sort = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
    SET jit = off; SET lock_timeout = '5s'; SET statement_timeout = '8s'";

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// Sets our advisory locks apart from others in the same database.
const LOCK_SPACE: i32 = 0x696e;

type Decided<'a> = (&'a ReceivedReport, &'a Decision);

fn column<'a, T>(rows: &[Decided<'a>], of: impl Fn(Decided<'a>) -> T) -> Vec<T> {
    rows.iter().map(|row| of(*row)).collect()
}

async fn insert(
    conn: &mut PgConnection,
    county: &str,
    new: &[Decided<'_>],
    revised: &[Decided<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let people: Vec<_> = new
        .iter()
        .chain(revised)
        .flat_map(|(report, decision)| {
            report.parties.iter().enumerate().map(move |one| (report, decision, one))
        })
        .collect();
    sqlx::query(include_str!("sql/insert.sql"))
        .bind(county)
        .bind(to_sql(now))
        .bind(column(new, |(_, decision)| decision.report_id))
        .bind(column(new, |(report, _)| report.source as i16))
        .bind(column(new, |(report, _)| report.source_ref.as_str()))
        .bind(column(new, |(report, _)| report.fingerprint))
        .bind(column(new, |(report, _)| to_sql(report.occurred_at)))
        .bind(column(new, |(report, _)| report.area.as_str()))
        .bind(column(new, |(report, _)| report.category.as_str()))
        .bind(column(new, |(report, _)| report.source_category.as_str()))
        .bind(column(new, |(_, decision)| decision.linkage.cluster_id))
        .bind(column(new, |(_, decision)| reasons_column(&decision.linkage)))
        .bind(column(new, |(report, _)| report.address_key))
        .bind(column(new, |(report, _)| report.submitted_by.as_str()))
        .bind(column(new, |(report, _)| report.sealed_matter.as_slice()))
        .bind(people.iter().map(|(_, decision, _)| decision.report_id).collect::<Vec<_>>())
        // At most 50 people, so the ordinal fits.
        .bind(people.iter().map(|(_, _, (ordinal, _))| *ordinal as i16).collect::<Vec<_>>())
        .bind(people.iter().map(|(_, _, (_, person))| person.role as i16).collect::<Vec<_>>())
        .bind(people.iter().map(|(_, _, (_, person))| person.phone_key).collect::<Vec<_>>())
        .bind(people.iter().map(|(_, _, (_, person))| person.id_key).collect::<Vec<_>>())
        .bind(people.iter().map(|(_, decision, _)| decision.linkage.cluster_id).collect::<Vec<_>>())
        .bind(people.iter().map(|(report, ..)| to_sql(report.occurred_at)).collect::<Vec<_>>())
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("write reports"))
}

async fn revise(
    conn: &mut PgConnection,
    county: &str,
    revised: &[Decided<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/revise.sql"))
        .bind(county)
        .bind(to_sql(now))
        .bind(column(revised, |(_, decision)| decision.report_id))
        .bind(column(revised, |(_, decision)| decision.revision))
        .bind(column(revised, |(report, _)| report.fingerprint))
        .bind(column(revised, |(report, _)| to_sql(report.occurred_at)))
        .bind(column(revised, |(report, _)| report.area.as_str()))
        .bind(column(revised, |(report, _)| report.category.as_str()))
        .bind(column(revised, |(report, _)| report.source_category.as_str()))
        .bind(column(revised, |(report, _)| report.address_key))
        .bind(column(revised, |(report, _)| report.submitted_by.as_str()))
        .bind(column(revised, |(report, _)| report.sealed_matter.as_slice()))
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("write revisions"))
}
