//! Counting facts: four fixed statements, everything of a question bound as a parameter.

use std::time::Duration;

use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::{Executor as _, PgPool, Postgres, Row as _, Transaction};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::{
    domain::{
        figure::{Group, most_groups},
        indicator::Fact,
        question::Question,
        wording,
    },
    error::StatisticsError,
};

/// The longest that all counts of one question may take together, a wait for a connection included.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a question was answered with.
#[derive(Debug)]
pub struct Counted {
    /// The groups of each fact.
    pub groups: Vec<(Fact, Vec<Group>)>,
    /// Up to when all topics were applied; none where one was never received.
    pub as_of: Option<Timestamp>,
}

/// Counts facts.
#[derive(Debug, Clone)]
pub struct Figures {
    pool: PgPool,
}

impl Figures {
    /// On this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Counts what a question asks for. All counts and the as-of are of one moment.
    ///
    /// # Errors
    /// [`StatisticsError::TooSlow`], [`StatisticsError::Question`] where the database does not know the
    /// time zone, [`StatisticsError::Database`].
    pub async fn count(&self, county: &str, question: &Question) -> Result<Counted, StatisticsError> {
        timeout(PATIENCE, self.count_at_once(county, question)).await.map_err(|_| StatisticsError::TooSlow)?
    }

    async fn count_at_once(&self, county: &str, question: &Question) -> Result<Counted, StatisticsError> {
        let mut snapshot = self
            .pool
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await
            .map_err(StatisticsError::database("beginning to count"))?;
        // A plan for these very parameters drops the branches of the other dimensions.
        (*snapshot)
            .execute("SET LOCAL statement_timeout = '10s'; SET LOCAL plan_cache_mode = force_custom_plan")
            .await
            .map_err(StatisticsError::database("setting limits"))?;
        let as_of = as_of(&mut snapshot, county).await?;
        let mut groups = Vec::new();
        for fact in question.facts() {
            groups.push((fact, count(&mut snapshot, county, question, fact).await?));
        }
        snapshot.commit().await.map_err(StatisticsError::database("ending the count"))?;
        Ok(Counted { groups, as_of })
    }

    /// Up to when all topics of a county were applied.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn as_of(&self, county: &str) -> Result<Option<Timestamp>, StatisticsError> {
        let read = async {
            let begun = self.pool.begin().await;
            let mut snapshot = begun.map_err(StatisticsError::database("reading the as-of"))?;
            as_of(&mut snapshot, county).await
        };
        timeout(PATIENCE, read).await.map_err(|_| StatisticsError::TooSlow)?
    }
}

async fn as_of(
    snapshot: &mut Transaction<'_, Postgres>,
    county: &str,
) -> Result<Option<Timestamp>, StatisticsError> {
    let caught_up: Option<OffsetDateTime> = sqlx::query_scalar(include_str!("sql/as_of.sql"))
        .bind(county)
        .fetch_one(&mut **snapshot)
        .await
        .map_err(StatisticsError::database("reading the as-of"))?;
    Ok(caught_up.map(from_sql))
}

async fn count(
    snapshot: &mut Transaction<'_, Postgres>,
    county: &str,
    question: &Question,
    fact: Fact,
) -> Result<Vec<Group>, StatisticsError> {
    let statement = match fact {
        Fact::Report => include_str!("sql/count_reports.sql"),
        Fact::Case => include_str!("sql/count_cases.sql"),
        Fact::Push => include_str!("sql/count_pushes.sql"),
        Fact::Activity => include_str!("sql/count_activities.sql"),
    };
    let dimensions: Vec<_> =
        question.group_by.iter().map(|dimension| wording::stored_dimension(*dimension)).collect();
    // One more than an answer holds, so that too many are noticed.
    let limit = i64::try_from(most_groups(question)).unwrap_or(i64::MAX).saturating_add(1);
    let rows = sqlx::query(statement)
        .bind(county)
        .bind(to_sql(question.window.from))
        .bind(to_sql(question.window.before))
        .bind(&question.time_zone)
        .bind(dimensions)
        .bind(question.area_digits)
        .bind(&question.area_prefix)
        .bind(&question.agencies)
        .bind(&question.sources)
        .bind(&question.levels)
        .bind(&question.categories)
        .bind(limit)
        .fetch_all(&mut **snapshot)
        .await
        .map_err(StatisticsError::counting)?;
    rows.iter()
        .map(|row| Ok(Group { dimensions: row.try_get("dimensions")?, measures: row.try_get("measures")? }))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(StatisticsError::database("reading counts"))
}
