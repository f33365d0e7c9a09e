//! Reading reports.

use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time::from_sql;
use jiff::Timestamp;
use sqlx::{PgExecutor, PgPool, types::Uuid};
use time::OffsetDateTime;

use super::{
    StoreError,
    rows::{LinkColumn, linkage},
};
use crate::domain::linkage::Linkage;

/// A report as it is stored; its matter is sealed.
#[derive(Debug, Clone)]
pub struct StoredReport {
    /// Its id.
    pub report_id: Uuid,
    /// The door it came through.
    pub source: Source,
    /// The source's own number for it.
    pub source_ref: String,
    /// Its newest revision.
    pub revision: i32,
    /// When it was told.
    pub occurred_at: Timestamp,
    /// When this revision was accepted.
    pub accepted_at: Timestamp,
    /// Where it belongs.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// The source's own word.
    pub source_category: String,
    /// Which others it belongs together with.
    pub linkage: Linkage,
    /// The sealed matter.
    pub sealed_matter: Vec<u8>,
    /// Whether the source keeps it confidential.
    pub confidential: bool,
    /// The sealed details of the source's own form, where it has any.
    pub sealed_details: Option<Vec<u8>>,
}

/// Which reports a page shows.
#[derive(Debug, Clone)]
pub struct ListFilter {
    /// Only ids below this one: the last of the page before.
    pub before: Option<Uuid>,
    /// Only those first accepted at or after this.
    pub accepted_from: Option<Timestamp>,
    /// Only those first accepted before this.
    pub accepted_before: Option<Timestamp>,
    /// Only this source.
    pub source: Option<Source>,
    /// Only areas whose code starts so.
    pub area_prefix: String,
    /// Only repeats.
    pub repeats_only: bool,
    /// At most so many.
    pub limit: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    report_id: Uuid,
    source: i16,
    source_ref: String,
    revision: i32,
    occurred_at: OffsetDateTime,
    accepted_at: OffsetDateTime,
    area_code: String,
    category: String,
    source_category: String,
    person_id: Uuid,
    household_id: Uuid,
    cluster_id: Uuid,
    repeat: bool,
    link_reasons: LinkColumn,
    follows_cluster_id: Option<Uuid>,
    sealed_matter: Vec<u8>,
    confidential: bool,
    sealed_details: Option<Vec<u8>>,
}

impl TryFrom<Row> for StoredReport {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            report_id: row.report_id,
            source: Source::try_from(i32::from(row.source))
                .map_err(|_| StoreError::Malformed("unknown source"))?,
            source_ref: row.source_ref,
            revision: row.revision,
            occurred_at: from_sql(row.occurred_at),
            accepted_at: from_sql(row.accepted_at),
            area_code: row.area_code,
            category: row.category,
            source_category: row.source_category,
            linkage: linkage(
                (row.person_id, row.household_id, row.cluster_id),
                row.repeat,
                row.link_reasons,
                row.follows_cluster_id,
            )?,
            sealed_matter: row.sealed_matter,
            confidential: row.confidential,
            sealed_details: row.sealed_details,
        })
    }
}

/// The report with this id.
///
/// # Errors
/// [`StoreError`]
pub async fn report_by_id(pool: &PgPool, county: &str, id: Uuid) -> Result<Option<StoredReport>, StoreError> {
    let row: Option<Row> = sqlx::query_as(include_str!("sql/report_by_id.sql"))
        .bind(county)
        .bind(id)
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database("read a report"))?;
    row.map(StoredReport::try_from).transpose()
}

/// The report that a source knows under this number.
///
/// # Errors
/// [`StoreError`]
pub async fn report_by_ref(
    conn: impl PgExecutor<'_>,
    county: &str,
    source: Source,
    source_ref: &str,
) -> Result<Option<StoredReport>, StoreError> {
    let row: Option<Row> = sqlx::query_as(include_str!("sql/report_by_ref.sql"))
        .bind(county)
        .bind(source as i16)
        .bind(source_ref)
        .fetch_optional(conn)
        .await
        .map_err(StoreError::database("read a report"))?;
    row.map(StoredReport::try_from).transpose()
}

/// A page of reports, newest first.
///
/// # Errors
/// [`StoreError`]
pub async fn list(pool: &PgPool, county: &str, filter: &ListFilter) -> Result<Vec<StoredReport>, StoreError> {
    let until = [filter.before, filter.accepted_before.map(first_id_at)].into_iter().flatten().min();
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/list.sql"))
        .bind(county)
        .bind(until.unwrap_or(Uuid::max()))
        .bind(filter.accepted_from.map_or(Uuid::nil(), first_id_at))
        .bind(filter.source.map(|source| source as i16))
        .bind(&filter.area_prefix)
        .bind(filter.repeats_only)
        .bind(filter.limit)
        .fetch_all(pool)
        .await
        .map_err(StoreError::database("list reports"))?;
    rows.into_iter().map(StoredReport::try_from).collect()
}

/// The lowest id that a report accepted at this time can have: an id of version 7 begins with its
/// milliseconds.
pub(super) fn first_id_at(time: Timestamp) -> Uuid {
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_bounded_by_their_time() {
        let now = Timestamp::now();
        let id = Uuid::now_v7();
        let later = Timestamp::from_millisecond(now.as_millisecond() + 10_000).unwrap();
        assert!(first_id_at(now) <= id && id < first_id_at(later));
        assert_eq!(first_id_at(Timestamp::MIN), Uuid::nil());
    }
}
