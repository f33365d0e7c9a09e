//! What is held under a name, for who only asks what would become of another content.

use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time::from_sql;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::StoreError;
use crate::domain::{
    linkage::Digest,
    police::{RecordName, Version},
};

const OPERATION: &str = "read what is held under a name";
const NO_DIGEST: StoreError = StoreError::Malformed("digest");

/// What a report that is there says, and has said.
#[derive(Debug, Clone)]
pub struct HeldReport {
    /// The keyed hash of its newest content.
    pub fingerprint: Digest,
    /// The keyed hashes of what that was made of and of all earlier contents.
    pub said_before: Vec<Digest>,
    /// Whether the newest has details of a form.
    pub detailed: bool,
}

/// What a report says; none where it is not there.
///
/// # Errors
/// [`StoreError`]
pub async fn held_report(
    pool: &PgPool,
    county: &str,
    source: Source,
    source_ref: &str,
) -> Result<Option<HeldReport>, StoreError> {
    let row: Option<(Vec<u8>, bool, Vec<Vec<u8>>)> = sqlx::query_as(include_str!("sql/held_report.sql"))
        .bind(county)
        .bind(source as i16)
        .bind(source_ref)
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database(OPERATION))?;
    let Some((fingerprint, detailed, said)) = row else { return Ok(None) };
    let said_before = said.into_iter().map(digest).collect::<Result<_, _>>()?;
    Ok(Some(HeldReport { fingerprint: digest(fingerprint)?, said_before, detailed }))
}

/// The keyed hash of what an activity says; none where it is not there.
///
/// # Errors
/// [`StoreError`]
pub async fn held_activity(
    pool: &PgPool,
    county: &str,
    source: Source,
    source_ref: &str,
) -> Result<Option<Digest>, StoreError> {
    let held: Option<Vec<u8>> = sqlx::query_scalar(include_str!("sql/held_activity.sql"))
        .bind(county)
        .bind(source as i16)
        .bind(source_ref)
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database(OPERATION))?;
    held.map(digest).transpose()
}

/// The version that holds of a record of the police; none where it is not there.
///
/// # Errors
/// [`StoreError`]
pub async fn held_police_record(
    pool: &PgPool,
    county: &str,
    name: &RecordName,
) -> Result<Option<Version>, StoreError> {
    let held: Option<(OffsetDateTime, Vec<u8>)> = sqlx::query_as(include_str!("sql/held_police_record.sql"))
        .bind(county)
        .bind(name.kind)
        .bind(&name.number)
        .fetch_optional(pool)
        .await
        .map_err(StoreError::database(OPERATION))?;
    held.map(|(told_at, said)| Ok(Version { told_at: from_sql(told_at), digest: digest(said)? })).transpose()
}

fn digest(bytes: Vec<u8>) -> Result<Digest, StoreError> {
    bytes.try_into().map_err(|_| NO_DIGEST)
}
