//! What linkage kept of reports, for who learns from it.

use fengqiao_serving::time::from_sql;
use sqlx::{PgPool, types::Uuid};
use time::OffsetDateTime;

use super::{StoreError, known::traits};
use crate::domain::past::EarlierReport;

/// The report after which the newest so many come; nil where there are no more.
///
/// # Errors
/// [`StoreError`]
pub async fn before_newest(pool: &PgPool, county: &str, newest: i64) -> Result<Uuid, StoreError> {
    let found: Option<Uuid> = sqlx::query_scalar(include_str!("sql/before_newest.sql"))
        .bind(county)
        .bind(newest)
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database("look for the newest reports"))?;
    Ok(found.unwrap_or_default())
}

/// A page of what linkage kept of reports by a lookup key, in the order of acceptance, after a report. Those whose personal part was
/// removed are left out.
///
/// # Errors
/// [`StoreError`]
pub async fn linked_after(
    pool: &PgPool,
    county: &str,
    lookup: u8,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, EarlierReport)>, StoreError> {
    type Row = (Uuid, OffsetDateTime, Uuid, Uuid, Uuid, Vec<u8>);
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/linked_after.sql"))
        .bind(county)
        .bind(after)
        .bind(limit)
        .bind(i16::from(lookup))
        .fetch_all(pool)
        .await
        .map_err(StoreError::database("read what linkage kept"))?;
    let read = |(id, at, person_id, household_id, cluster_id, bytes): Row| {
        let traits = traits(Some(&bytes))?;
        Ok((id, EarlierReport { told_at: from_sql(at), traits, person_id, household_id, cluster_id }))
    };
    rows.into_iter().map(read).collect()
}
