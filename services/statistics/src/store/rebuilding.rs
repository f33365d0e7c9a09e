//! Making all facts anew: a new generation beside the old one, thing by thing, while events come in and questions are
//! answered; then the new one holds.

use std::time::Duration;

use ::time::OffsetDateTime;
use fengqiao_serving::time::{now, to_sql};
use sqlx::{Executor as _, PgPool, Postgres, Transaction};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    fact_tables,
    facts::{hold, make_in},
    kept_events::Thing,
};
use crate::error::StatisticsError;

/// So many things at a time: short enough that events do not wait for long.
const AT_A_TIME: i64 = 500;
/// So many rows of old generations at a time.
const DROPPED_AT_A_TIME: i64 = 10_000;
/// How long one step may take.
const STEP: Duration = Duration::from_secs(60);
/// How long the sum over all rows of a generation may take.
const SUM: Duration = Duration::from_secs(600);

/// The facts of a county that are being made anew.
#[derive(Debug)]
pub struct Rebuilding {
    pool: PgPool,
    county: String,
    before: i32,
    generation: i32,
    last: Thing,
    is_over: bool,
}

/// All rows of a generation, summed up: the same rows give the same sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Its rows.
    pub rows: i64,
    /// The sum over all bytes of all rows, table by table.
    pub sum: String,
}

/// What came of making facts anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The generation that holds now.
    pub generation: i32,
    /// What it holds.
    pub now: Fingerprint,
    /// What held before.
    pub before: Fingerprint,
}

impl Rebuilding {
    /// Begins. Facts that an older version of the service kept become events first. None where nothing was received.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn begin(pool: &PgPool, county: &str) -> Result<Option<Self>, StatisticsError> {
        in_time(STEP, async {
            let mut tx = begin(pool).await?;
            let known: Option<(i32, OffsetDateTime)> =
                sqlx::query_as(include_str!("sql/current_generation.sql"))
                    .bind(county)
                    .fetch_optional(&mut *tx)
                    .await
                    .map_err(StatisticsError::database("beginning to rebuild"))?;
            if known.is_none() {
                return Ok(None);
            }
            let (generations, known_at) = hold(&mut tx, county, now()).await?;
            if generations.current == 0 {
                for statement in TAKE_OVER {
                    sqlx::query(statement)
                        .bind(county)
                        .bind(to_sql(known_at))
                        .execute(&mut *tx)
                        .await
                        .map_err(StatisticsError::database("taking over facts"))?;
                }
            }
            let (before, generation): (i32, i32) = sqlx::query_as(include_str!("sql/begin_building.sql"))
                .bind(county)
                .fetch_one(&mut *tx)
                .await
                .map_err(StatisticsError::database("beginning to rebuild"))?;
            commit(tx).await?;
            let last = (0, Uuid::nil());
            let (pool, county) = (pool.clone(), county.to_owned());
            Ok(Some(Self { pool, county, before, generation, last, is_over: false }))
        })
        .await
    }

    /// Makes the facts of the next things; says of how many, none where all are made.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn step(&mut self) -> Result<usize, StatisticsError> {
        in_time(STEP, async {
            let mut tx = begin(&self.pool).await?;
            // What is received while we look waits, and is then written in both generations.
            hold(&mut tx, &self.county, now()).await?;
            let things: Vec<Thing> = sqlx::query_as(include_str!("sql/things_after.sql"))
                .bind(&self.county)
                .bind(self.last.0)
                .bind(self.last.1)
                .bind(AT_A_TIME)
                .fetch_all(&mut *tx)
                .await
                .map_err(StatisticsError::database("rebuilding"))?;
            let Some(last) = things.last() else { return Ok(0) };
            make_in(&mut tx, &self.county, self.generation, &things).await?;
            commit(tx).await?;
            self.last = *last;
            Ok(things.len())
        })
        .await
    }

    /// From now on the new facts hold. The old ones are taken away.
    ///
    /// # Errors
    /// [`StatisticsError::Overtaken`] where another one was begun meanwhile.
    pub async fn finish(mut self) -> Result<Rebuilt, StatisticsError> {
        let (before, now) = self.fingerprints().await?;
        in_time(STEP, async {
            let switched: Option<i32> = sqlx::query_scalar(include_str!("sql/switch_generation.sql"))
                .bind(&self.county)
                .bind(self.generation)
                .fetch_optional(&self.pool)
                .await
                .map_err(StatisticsError::database("switching the facts"))?;
            switched.ok_or(StatisticsError::Overtaken)
        })
        .await?;
        self.is_over = true;
        self.drop_old().await?;
        Ok(Rebuilt { generation: self.generation, now, before })
    }

    /// Both generations, at one moment.
    async fn fingerprints(&self) -> Result<(Fingerprint, Fingerprint), StatisticsError> {
        in_time(SUM, async {
            let reading = StatisticsError::database("summing up facts");
            let mut tx = self
                .pool
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .await
                .map_err(&reading)?;
            (*tx).execute("SET LOCAL statement_timeout = '300s'").await.map_err(&reading)?;
            let before = fingerprint(&mut tx, &self.county, self.before).await?;
            let now = fingerprint(&mut tx, &self.county, self.generation).await?;
            Ok((before, now))
        })
        .await
    }

    /// Questions that have begun still see what they began with.
    async fn drop_old(&self) -> Result<(), StatisticsError> {
        for table in fact_tables::ALL {
            loop {
                let dropped = in_time(STEP, async {
                    sqlx::query(table.drop_old)
                        .bind(&self.county)
                        .bind(self.generation)
                        // One that was begun meanwhile.
                        .bind(self.generation.saturating_add(1))
                        .bind(DROPPED_AT_A_TIME)
                        .execute(&self.pool)
                        .await
                        .map_err(StatisticsError::database("taking away old facts"))
                })
                .await?;
                if dropped.rows_affected() == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Drop for Rebuilding {
    /// Whoever goes away gives up: the old facts hold on, and the new ones are written no more.
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.is_over {
            return;
        }
        let (pool, county, generation) = (self.pool.clone(), self.county.clone(), self.generation);
        runtime.spawn(async move {
            let stopping = sqlx::query(include_str!("sql/stop_building.sql")).bind(county).bind(generation);
            if !matches!(timeout(STEP, stopping.execute(&pool)).await, Ok(Ok(_))) {
                tracing::warn!(
                    "a generation of facts that was given up is written until the next one is begun"
                );
            }
        });
    }
}

/// What an older version of the service kept.
const TAKE_OVER: [&str; 4] = [
    include_str!("sql/take_over_reports.sql"),
    include_str!("sql/take_over_cases.sql"),
    include_str!("sql/take_over_pushes.sql"),
    include_str!("sql/take_over_activities.sql"),
];

/// Counties whose facts of an older version of the service are still to be taken over.
///
/// # Errors
/// [`StatisticsError`]
pub async fn waiting_counties(pool: &PgPool, counties: &[String]) -> Result<Vec<String>, StatisticsError> {
    in_time(STEP, async {
        sqlx::query_scalar(include_str!("sql/waiting_counties.sql"))
            .bind(counties)
            .fetch_all(pool)
            .await
            .map_err(StatisticsError::database("looking for old facts"))
    })
    .await
}

async fn fingerprint(
    tx: &mut Transaction<'_, Postgres>,
    county: &str,
    generation: i32,
) -> Result<Fingerprint, StatisticsError> {
    let mut rows = 0_i64;
    let mut sums = Vec::new();
    for table in fact_tables::ALL {
        let (count, sum): (i64, String) = sqlx::query_as(table.fingerprint)
            .bind(county)
            .bind(generation)
            .fetch_one(&mut **tx)
            .await
            .map_err(StatisticsError::database("summing up facts"))?;
        rows = rows.saturating_add(count);
        sums.push(format!("{}={count}:{sum}", table.name.trim_start_matches("fact_")));
    }
    Ok(Fingerprint { rows, sum: sums.join(" ") })
}

async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, StatisticsError> {
    pool.begin().await.map_err(StatisticsError::database("rebuilding"))
}

async fn commit(tx: Transaction<'_, Postgres>) -> Result<(), StatisticsError> {
    tx.commit().await.map_err(StatisticsError::database("rebuilding"))
}

async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StatisticsError>>,
) -> Result<T, StatisticsError> {
    timeout(limit, work).await.map_err(|_| StatisticsError::TooSlow)?
}
