//! The last cases of a county with what their newest reports say, for rules that are tried on them.

use fengqiao_proto::types::v1::Source;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::from_sql;
use jiff::Timestamp;
use sqlx::{PgPool, Row as _, postgres::PgRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{bounded, rows};
use crate::{domain::case::CaseFile, error::RoutingError};

/// A case and its newest report.
#[derive(Debug, Clone)]
pub struct RecentCase {
    /// The case.
    pub case: CaseFile,
    /// Its newest report; none where its reports went into another case.
    pub newest: Option<NewestReport>,
}

/// What is kept of a report beside its matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestReport {
    /// The door.
    pub source: Source,
    /// When it happened or was told.
    pub occurred_at: Timestamp,
    /// Whether it was a repeat call.
    pub repeat: bool,
    /// When the case's reports within the window were told, and through which door; this one among them.
    pub recent: Vec<(Timestamp, Source)>,
}

/// Up to so many cases before one, the newest first. `window_days` is how long before the newest report another of
/// the case still counts.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn recent_cases(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    before: Uuid,
    at_most: i64,
    window_days: i32,
) -> Result<Vec<RecentCase>, RoutingError> {
    let operation = "read the last cases";
    let statement = sqlx::query(include_str!("sql/recent_cases.sql"))
        .bind(county)
        .bind(before)
        .bind(at_most)
        .bind(window_days)
        .fetch_all(pool);
    let read = |row: &PgRow| {
        let newest = match row.try_get::<Option<OffsetDateTime>, _>("newest_at")? {
            Some(at) => {
                let times: Option<Vec<OffsetDateTime>> = row.try_get("recent")?;
                let sources: Option<Vec<i16>> = row.try_get("recent_sources")?;
                let times = times.unwrap_or_default().into_iter().map(from_sql);
                let sources = sources.unwrap_or_default().into_iter().map(rows::source);
                Some(NewestReport {
                    source: rows::source(row.try_get("newest_source")?),
                    occurred_at: from_sql(at),
                    repeat: row.try_get("newest_repeat")?,
                    recent: times.zip(sources).collect(),
                })
            }
            None => None,
        };
        Ok(RecentCase { case: rows::case_file(row, county, keyring)?, newest })
    };
    rows::read_all(operation, &bounded(operation, statement).await?, read)
}
