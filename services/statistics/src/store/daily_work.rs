//! Work of a county that is done day by day by one process of several.
//!
//! Who holds the work for a while may be overtaken all the same, by a clock or a pause; so the end of each day is written
//! in the transaction that writes what the day brought, and only by who has the token and knows the day before. A day
//! is thus done once, whoever does it, and after a stop the days that were missed are done one after the other.

use std::time::Duration;

use fengqiao_serving::time::{date_from_sql, date_to_sql, to_sql};
use jiff::{SignedDuration, Timestamp, civil::Date};
use sqlx::{PgConnection, PgPool};
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::StatisticsError;

const PATIENCE: Duration = Duration::from_secs(5);
/// Who says nothing for so long is dead, and another goes on.
const HELD: SignedDuration = SignedDuration::from_secs(60);

/// What is done day by day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Indicators are watched.
    Watching,
    /// Bulletins are made.
    Bulletins,
}

impl Work {
    const fn name(self) -> &'static str {
        match self {
            Self::Watching => "watching",
            Self::Bulletins => "bulletins",
        }
    }
}

/// That a process holds the work of a county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    county: String,
    work: Work,
    token: i64,
    /// The last day that is done; none where none is.
    pub done_through: Option<Date>,
}

/// Takes or keeps the work of a county; none where another process has it.
///
/// # Errors
/// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
pub async fn hold(
    pool: &PgPool,
    county: &str,
    work: Work,
    holder: Uuid,
    now: Timestamp,
) -> Result<Option<Held>, StatisticsError> {
    let until = now.checked_add(HELD).unwrap_or(now);
    let held = sqlx::query_as::<_, (i64, Option<time::Date>)>(include_str!("sql/hold_daily_work.sql"))
        .bind(county)
        .bind(work.name())
        .bind(holder)
        .bind(to_sql(now))
        .bind(to_sql(until))
        .fetch_optional(pool);
    let held = timeout(PATIENCE, held).await.map_err(|_| StatisticsError::TooSlow)?;
    let held = held.map_err(StatisticsError::database("holding the daily work"))?;
    Ok(held.map(|(token, done)| Held {
        county: county.to_owned(),
        work,
        token,
        done_through: done.and_then(date_from_sql),
    }))
}

impl Held {
    /// Writes that a day is done, in the transaction that writes what it brought. False where another has done it, or
    /// does it: then nothing may be written.
    ///
    /// # Errors
    /// [`StatisticsError::Database`].
    pub async fn end_day(&self, tx: &mut PgConnection, day: Date) -> Result<bool, StatisticsError> {
        let ended: Option<i64> = sqlx::query_scalar(include_str!("sql/end_day.sql"))
            .bind(&self.county)
            .bind(self.work.name())
            .bind(self.token)
            .bind(self.done_through.map(date_to_sql))
            .bind(date_to_sql(day))
            .fetch_optional(tx)
            .await
            .map_err(StatisticsError::database("ending a day"))?;
        Ok(ended.is_some())
    }
}

/// The last day of a county's work that is done.
///
/// # Errors
/// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
pub async fn done_through(pool: &PgPool, county: &str, work: Work) -> Result<Option<Date>, StatisticsError> {
    let done = sqlx::query_scalar::<_, Option<time::Date>>(include_str!("sql/done_through.sql"))
        .bind(county)
        .bind(work.name())
        .fetch_optional(pool);
    let done = timeout(PATIENCE, done).await.map_err(|_| StatisticsError::TooSlow)?;
    let done = done.map_err(StatisticsError::database("reading the last day"))?;
    Ok(done.flatten().and_then(date_from_sql))
}
