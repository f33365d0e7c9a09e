//! What mappings did not know.

use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::StoreError;

/// How often something came that a mapping does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedCount {
    /// The county.
    pub county: String,
    /// The mapping.
    pub mapping: String,
    /// The field.
    pub field: String,
    /// The code; empty where none is listed.
    pub value: String,
    /// How often.
    pub count: i64,
    /// When it came first.
    pub first_seen: Timestamp,
    /// When it came last.
    pub last_seen: Timestamp,
}

/// Adds counts to those that are there.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn add_unmapped(pool: &PgPool, counts: &[UnmappedCount]) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/add_unmapped.sql"))
        .bind(counts.iter().map(|one| one.county.as_str()).collect::<Vec<_>>())
        .bind(counts.iter().map(|one| one.mapping.as_str()).collect::<Vec<_>>())
        .bind(counts.iter().map(|one| one.field.as_str()).collect::<Vec<_>>())
        .bind(counts.iter().map(|one| one.value.as_str()).collect::<Vec<_>>())
        .bind(counts.iter().map(|one| one.count).collect::<Vec<_>>())
        .bind(counts.iter().map(|one| to_sql(one.first_seen)).collect::<Vec<_>>())
        .bind(counts.iter().map(|one| to_sql(one.last_seen)).collect::<Vec<_>>())
        .execute(pool)
        .await
        .map(|_| ())
        .map_err(StoreError::database("count what mappings do not know"))
}

/// A page of what is counted: by mapping, field and value, after the last of the page before.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn list_unmapped(
    pool: &PgPool,
    county: &str,
    mapping: &str,
    after: &(String, String, String),
    limit: usize,
) -> Result<Vec<UnmappedCount>, StoreError> {
    type Row = (String, String, String, i64, OffsetDateTime, OffsetDateTime);
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/list_unmapped.sql"))
        .bind(county)
        .bind(mapping)
        .bind(&after.0)
        .bind(&after.1)
        .bind(&after.2)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await
        .map_err(StoreError::database("list what mappings do not know"))?;
    let count = |(mapping, field, value, count, first, last): Row| UnmappedCount {
        county: county.to_owned(),
        mapping,
        field,
        value,
        count,
        first_seen: from_sql(first),
        last_seen: from_sql(last),
    };
    Ok(rows.into_iter().map(count).collect())
}
