//! Writing a batch of reports of one county.
//!
//! Which reports belong together must not depend on who came through which process. So a batch is read and
//! written in one turn of the county: no other process accepts reports of it in between.

use std::{sync::LazyLock, time::Duration};

use fengqiao_linkage::Join;
use fengqiao_messaging::{Backoff, Event, InTurn, InTurnStatement, Turn, append_in_turn, hold_turn};
use fengqiao_serving::time::to_sql;
use jiff::{SignedDuration, Timestamp};
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool, Postgres, Transaction, types::Uuid};
use tokio::time::{Instant, timeout};

use super::{
    StoreError,
    joins::{join_clusters, repeated_calls},
    rows::link_column,
};
use crate::{
    domain::decision::{Change, Decision, Decisions},
    reception::ReceivedReport,
};

static INSERT: LazyLock<InTurnStatement> =
    LazyLock::new(|| InTurnStatement::new(include_str!("sql/insert.sql")));

/// A batch that is decided.
#[derive(Debug, Clone, Copy)]
pub struct DecidedBatch<'a> {
    /// The county.
    pub county: &'a str,
    /// The reports.
    pub reports: &'a [&'a ReceivedReport],
    /// What becomes of each, in the same order.
    pub decisions: &'a Decisions,
    /// The ids of its joins as decisions, in their order.
    pub join_ids: &'a [Uuid],
    /// What is sent.
    pub events: &'a [Event],
    /// How far back something counts.
    pub window: SignedDuration,
    /// When it is accepted.
    pub now: Timestamp,
}

/// A connection for batches, to the pool's database but not from the pool. A Postgres that is just starting
/// is waited for a little.
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
    connection.execute(PATIENCE).await.map_err(StoreError::database("connect"))?;
    Ok(connection)
}

/// Begins a transaction that holds the county's turn.
///
/// # Errors
/// [`StoreError`]
pub async fn begin_in_turn<'c>(
    conn: &'c mut PgConnection,
    county: &str,
) -> Result<Transaction<'c, Postgres>, StoreError> {
    let mut tx = conn.begin().await.map_err(StoreError::database("begin a batch"))?;
    hold_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
    Ok(tx)
}

/// Begins a transaction of the pool's that holds the county's turn.
///
/// # Errors
/// [`StoreError`]
pub async fn begin_alone(pool: &PgPool, county: &str) -> Result<Transaction<'static, Postgres>, StoreError> {
    let mut tx = pool.begin().await.map_err(StoreError::database("begin a change"))?;
    hold_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
    Ok(tx)
}

/// Commits a transaction that holds the county's turn.
///
/// # Errors
/// [`StoreError`]. It is then unknown whether it happened; sending again finds out.
pub async fn commit(tx: Transaction<'_, Postgres>) -> Result<(), StoreError> {
    tx.commit().await.map_err(StoreError::database("commit a batch"))
}

/// Where the events of a batch stand.
#[derive(Debug, Default)]
pub struct Written {
    /// The position of the first of its own; 0 for none.
    pub first: i64,
    /// What followed from its joins.
    pub later: Vec<Event>,
    /// The position of the first of those; 0 for none.
    pub later_first: i64,
}

impl DecidedBatch<'_> {
    /// Writes what was decided, in the turn in which it was read what it was decided by. `calls` makes the events of calls
    /// that its joins show to be repeats. Returns none where the turn was another's and nothing is written.
    ///
    /// # Errors
    /// [`StoreError`]. After a failure it is unknown whether it happened; sending again finds out.
    pub async fn write(
        &self,
        conn: &mut PgConnection,
        turn: Turn,
        calls: impl FnOnce(&[Uuid]) -> Vec<Event>,
    ) -> Result<Option<Written>, StoreError> {
        let of = |change: Change| {
            let both = self.reports.iter().copied().zip(&self.decisions.each);
            both.filter(move |(_, decision)| decision.change == change).collect::<Vec<_>>()
        };
        let (new, revised) = (of(Change::New), of(Change::Revision));
        if new.is_empty() && revised.is_empty() {
            return Ok(Some(Written::default()));
        }
        if revised.is_empty() && self.decisions.joins.is_empty() {
            let first = self.insert(conn, turn, &new).await?;
            return Ok(first.map(|first| Written { first, ..Written::default() }));
        }
        let mut tx = conn.begin().await.map_err(StoreError::database("begin a batch"))?;
        // With this the turn is held: another process that revises the same report comes before or after.
        let mut written =
            self.insert(&mut tx, turn, &new).await?.map(|first| Written { first, ..Written::default() });
        if let Some(written) = &mut written {
            revise(&mut tx, self.county, &revised, self.now).await?;
            let joins: Vec<Join> = self.decisions.joins.iter().map(|found| found.join).collect();
            let named: Vec<_> = joins.iter().copied().zip(self.join_ids.iter().copied()).collect();
            join_clusters(&mut tx, self.county, &named, self.now).await?;
            let shown = repeated_calls(&mut tx, self.county, &joins, self.window, self.now).await?;
            written.later = if shown.is_empty() { Vec::new() } else { calls(&shown) };
            written.later_first = append_in_turn(&mut tx, self.county, &written.later)
                .await
                .map_err(|error| StoreError::Events(error.into()))?;
        }
        let ended = if written.is_some() { tx.commit().await } else { tx.rollback().await };
        ended.map_err(StoreError::database("commit a batch"))?;
        Ok(written)
    }

    async fn insert(
        &self,
        conn: &mut PgConnection,
        turn: Turn,
        new: &[Decided<'_>],
    ) -> Result<Option<i64>, StoreError> {
        let (keys, keyed) = keys(new);
        let in_turn = InTurn { county: self.county, turn, step: None, events: self.events };
        let row = in_turn
            .query(&INSERT)
            .bind(to_sql(self.now))
            .bind(column(new, |(_, decision)| decision.report_id))
            .bind(column(new, |(report, _)| report.source as i16))
            .bind(column(new, |(report, _)| report.source_ref.as_str()))
            .bind(column(new, |(report, _)| report.fingerprint))
            .bind(column(new, |(report, _)| to_sql(report.occurred_at)))
            .bind(column(new, |(report, _)| report.area.as_str()))
            .bind(column(new, |(report, _)| report.category.as_str()))
            .bind(column(new, |(report, _)| report.source_category.as_str()))
            .bind(column(new, |(_, decision)| decision.linkage.cluster_id))
            .bind(column(new, |(_, decision)| decision.linkage.repeat))
            .bind(column(new, |(_, decision)| link_column(&decision.linkage)))
            .bind(column(new, |(_, decision)| decision.linkage.follows))
            .bind(column(new, |(report, _)| report.submitted_by.as_str()))
            .bind(column(new, |(report, _)| report.sealed_matter.as_slice()))
            .bind(column(new, |(report, _)| report.confidential))
            .bind(column(new, |(report, _)| report.sealed_details.as_deref()))
            .bind(column(new, |(_, decision)| decision.linkage.person_id))
            .bind(column(new, |(_, decision)| decision.linkage.household_id))
            .bind(column(new, |(report, _)| report.hashes.first().traits.encode()))
            .bind(keys)
            .bind(keyed)
            .bind(column(new, |(report, _)| lookup_of(report)))
            .bind(column(new, |(report, _)| next_traits_of(report)))
            .fetch_optional(conn)
            .await
            .map_err(StoreError::database("write reports"))?;
        InTurn::first_position(row.as_ref()).map_err(StoreError::database("write reports"))
    }
}

/// How long a batch waits for another process, and for its own statement.
const PATIENCE: &str = "SET lock_timeout = '5s'; SET statement_timeout = '8s'";

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

type Decided<'a> = (&'a ReceivedReport, &'a Decision);

fn column<'a, T>(rows: &[Decided<'a>], of: impl Fn(Decided<'a>) -> T) -> Vec<T> {
    rows.iter().map(|row| of(*row)).collect()
}

/// The keys under which reports are found, each with its report.
fn keys(rows: &[Decided<'_>]) -> (Vec<i64>, Vec<Uuid>) {
    rows.iter()
        .flat_map(|(report, decision)| report.hashes.keys().map(|key| (key.0, decision.report_id)))
        .unzip()
}

fn lookup_of(report: &ReceivedReport) -> i16 {
    report.hashes.first().lookup.into()
}

fn next_traits_of(report: &ReceivedReport) -> Option<Vec<u8>> {
    report.hashes.next().map(|next| next.traits.encode())
}

async fn revise(
    conn: &mut PgConnection,
    county: &str,
    revised: &[Decided<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    if revised.is_empty() {
        return Ok(());
    }
    let (stale, whose): (Vec<i64>, Vec<Uuid>) = revised
        .iter()
        .flat_map(|(_, decision)| decision.stale_keys.iter().map(|key| (key.0, decision.report_id)))
        .unzip();
    let (keys, keyed) = keys(revised);
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
        .bind(column(revised, |(report, _)| report.hashes.first().traits.encode()))
        .bind(column(revised, |(report, _)| report.submitted_by.as_str()))
        .bind(column(revised, |(report, _)| report.sealed_matter.as_slice()))
        .bind(column(revised, |(report, _)| report.confidential))
        .bind(column(revised, |(report, _)| report.sealed_details.as_deref()))
        .bind(stale)
        .bind(whose)
        .bind(keys)
        .bind(keyed)
        .bind(column(revised, |(report, _)| lookup_of(report)))
        .bind(column(revised, |(report, _)| next_traits_of(report)))
        .bind(column(revised, |(report, _)| (report.said != report.fingerprint).then_some(report.said)))
        .bind(column(revised, |(_, decision)| decision.linkage.repeat))
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("write revisions"))
}
