//! One moment of the facts, for all counts of a question. It is bounded in time and memory, and who goes away takes
//! its statement along.

use std::time::Duration;

use fengqiao_serving::time::from_sql;
use jiff::Timestamp;
use sqlx::{Connection as _, Executor as _, PgPool, Postgres, pool::PoolConnection};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::error::StatisticsError;

/// How long the end of a statement that nobody waits for any more may take.
const CANCELLING: Duration = Duration::from_secs(5);

/// What a question may take.
#[derive(Debug, Clone, Copy)]
pub(super) enum Allowance {
    /// An answer in one piece.
    Answer,
    /// A long answer in parts.
    Stream,
}

impl Allowance {
    /// Memory is for each sort or hash of a statement; it has a few. Plans are made for the parameters at hand.
    const fn limits(self) -> &'static str {
        match self {
            Self::Answer => {
                "SET LOCAL statement_timeout = '10s'; SET LOCAL work_mem = '32MB'; SET LOCAL jit = off; \
                 SET LOCAL plan_cache_mode = force_custom_plan"
            }
            Self::Stream => {
                "SET LOCAL statement_timeout = '60s'; SET LOCAL work_mem = '32MB'; SET LOCAL jit = off; \
                 SET LOCAL idle_in_transaction_session_timeout = '120s'; SET LOCAL plan_cache_mode = force_custom_plan"
            }
        }
    }
}

/// One moment of a county's facts.
pub(super) struct Snapshot {
    /// There until the end.
    connection: Option<PoolConnection<Postgres>>,
    pool: PgPool,
    backend: i32,
    /// The generation of facts that holds.
    pub generation: i32,
    /// Up to when all topics were applied; none where one was never received.
    pub as_of: Option<Timestamp>,
    /// When the last of what it knows was received: what was known then is what it knows. None where nothing was.
    pub known_at: Option<Timestamp>,
}

impl Snapshot {
    /// Takes it.
    ///
    /// # Errors
    /// [`StatisticsError::Database`]; [`StatisticsError::Preparing`] while facts of an older version are taken over.
    pub async fn take(pool: &PgPool, county: &str, allowance: Allowance) -> Result<Self, StatisticsError> {
        let beginning = StatisticsError::database("beginning to count");
        let mut connection = pool.acquire().await.map_err(&beginning)?;
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut *connection)
            .await
            .map_err(&beginning)?;
        let connection = Some(connection);
        let mut taken =
            Self { connection, pool: pool.clone(), backend, generation: 0, as_of: None, known_at: None };
        let conn = taken.connection()?;
        conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(&beginning)?;
        conn.execute(allowance.limits()).await.map_err(&beginning)?;
        let as_of: Option<OffsetDateTime> = sqlx::query_scalar(include_str!("sql/as_of.sql"))
            .bind(county)
            .fetch_one(&mut *conn)
            .await
            .map_err(StatisticsError::database("reading the as-of"))?;
        let known: Option<(i32, OffsetDateTime)> = sqlx::query_as(include_str!("sql/current_generation.sql"))
            .bind(county)
            .fetch_optional(&mut *conn)
            .await
            .map_err(&beginning)?;
        taken.as_of = as_of.map(from_sql);
        taken.known_at = known.map(|(_, known_at)| from_sql(known_at));
        // A county of which nothing was received has no facts, of any generation.
        taken.generation = known.map_or(1, |(generation, _)| generation);
        if taken.generation == 0 {
            taken.end().await?;
            return Err(StatisticsError::Preparing);
        }
        Ok(taken)
    }

    /// For statements in it.
    ///
    /// # Errors
    /// [`StatisticsError::Database`] after its end.
    pub fn connection(&mut self) -> Result<&mut sqlx::PgConnection, StatisticsError> {
        let ended = || StatisticsError::database("counting")(sqlx::Error::PoolClosed);
        self.connection.as_deref_mut().ok_or_else(ended)
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`StatisticsError::Database`]
    pub async fn end(&mut self) -> Result<(), StatisticsError> {
        if let Some(conn) = self.connection.as_deref_mut() {
            conn.execute("COMMIT").await.map_err(StatisticsError::database("ending the count"))?;
        }
        // Only now it goes back: until here whoever drops us has the statement cancelled.
        self.connection = None;
        Ok(())
    }
}

impl Drop for Snapshot {
    /// The connection stays out of the pool until its statement is over, so that no other one is cancelled.
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (pool, backend) = (self.pool.clone(), self.backend);
        runtime.spawn(async move {
            let cancelled = async {
                sqlx::query("SELECT pg_cancel_backend($1)").bind(backend).execute(&pool).await?;
                connection.detach().close().await
            };
            if !matches!(timeout(CANCELLING, cancelled).await, Ok(Ok(()))) {
                tracing::warn!("a statement that nobody waits for runs to the end of its time");
            }
        });
    }
}
