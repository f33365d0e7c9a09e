//! Cases that were taken out of indicators, and why.

use std::time::Duration;

use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::{FromRow, PgPool};
use time::OffsetDateTime;
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::StatisticsError;

const PATIENCE: Duration = Duration::from_secs(5);

/// That a case was taken out of an indicator.
#[derive(Debug, Clone, FromRow)]
pub struct Exclusion {
    /// Its id.
    pub exclusion_id: Uuid,
    /// The indicator's id.
    pub indicator: String,
    /// The case.
    pub case_id: Uuid,
    /// Why.
    pub reason: String,
    /// Who.
    pub excluded_by: String,
    excluded_at: OffsetDateTime,
    /// Who let it count again.
    pub included_by: Option<String>,
    included_at: Option<OffsetDateTime>,
    /// Why.
    pub included_reason: Option<String>,
}

impl Exclusion {
    /// When it was taken out.
    pub fn excluded_at(&self) -> Timestamp {
        from_sql(self.excluded_at)
    }

    /// When it was let in again.
    pub fn included_at(&self) -> Option<Timestamp> {
        self.included_at.map(from_sql)
    }
}

/// Who does what, when and why.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The principal's name.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: &'a str,
}

/// The exclusions of a database.
#[derive(Debug, Clone)]
pub struct Exclusions {
    pool: PgPool,
}

impl Exclusions {
    /// On this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Takes a case out of an indicator; none where it is out already.
    ///
    /// # Errors
    /// [`StatisticsError::NoSuchCase`], [`StatisticsError::Database`].
    pub async fn exclude(
        &self,
        county: &str,
        indicator: &str,
        case_id: Uuid,
        decision: Decision<'_>,
    ) -> Result<Option<Exclusion>, StatisticsError> {
        in_time(async {
            let known: bool = sqlx::query_scalar(include_str!("sql/case_is_known.sql"))
                .bind(county)
                .bind(case_id)
                .fetch_one(&self.pool)
                .await
                .map_err(StatisticsError::database("excluding"))?;
            if !known {
                return Err(StatisticsError::NoSuchCase);
            }
            sqlx::query_as(include_str!("sql/exclude.sql"))
                .bind(county)
                .bind(Uuid::now_v7())
                .bind(indicator)
                .bind(case_id)
                .bind(decision.reason)
                .bind(decision.by)
                .bind(to_sql(decision.at))
                .fetch_optional(&self.pool)
                .await
                .map_err(StatisticsError::database("excluding"))
        })
        .await
    }

    /// Lets a case count again; none where it does already, or was never out.
    ///
    /// # Errors
    /// [`StatisticsError::Database`].
    pub async fn include(
        &self,
        county: &str,
        exclusion_id: Uuid,
        decision: Decision<'_>,
    ) -> Result<Option<Exclusion>, StatisticsError> {
        in_time(async {
            sqlx::query_as(include_str!("sql/include.sql"))
                .bind(county)
                .bind(exclusion_id)
                .bind(decision.by)
                .bind(to_sql(decision.at))
                .bind(decision.reason)
                .fetch_optional(&self.pool)
                .await
                .map_err(StatisticsError::database("including"))
        })
        .await
    }

    /// Exclusions, the newest first; of one indicator, where it is not empty.
    ///
    /// # Errors
    /// [`StatisticsError::Database`].
    pub async fn list(
        &self,
        county: &str,
        indicator: &str,
        after: Option<(Timestamp, Uuid)>,
        most: i64,
    ) -> Result<Vec<Exclusion>, StatisticsError> {
        in_time(async {
            sqlx::query_as(include_str!("sql/exclusions.sql"))
                .bind(county)
                .bind(indicator)
                .bind(after.map(|(at, _)| to_sql(at)))
                .bind(after.map(|(_, id)| id))
                .bind(most)
                .fetch_all(&self.pool)
                .await
                .map_err(StatisticsError::database("listing exclusions"))
        })
        .await
    }

    /// How many cases are out of one of these indicators at a time.
    ///
    /// # Errors
    /// [`StatisticsError::Database`].
    pub async fn count(
        &self,
        county: &str,
        indicators: &[&str],
        at: Timestamp,
    ) -> Result<i64, StatisticsError> {
        in_time(async {
            sqlx::query_scalar(include_str!("sql/count_exclusions.sql"))
                .bind(county)
                .bind(indicators)
                .bind(to_sql(at))
                .fetch_one(&self.pool)
                .await
                .map_err(StatisticsError::database("counting exclusions"))
        })
        .await
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, StatisticsError>>) -> Result<T, StatisticsError> {
    timeout(PATIENCE, work).await.map_err(|_| StatisticsError::TooSlow)?
}
