//! The police's records.

use std::collections::HashSet;

use fengqiao_serving::time::to_sql;
use sqlx::PgConnection;

use super::StoreError;
use crate::domain::police::{RecordName, Version};

/// A record that is to be kept.
#[derive(Debug, Clone)]
pub struct KeptRecord {
    /// Which.
    pub name: RecordName,
    /// Which version of it.
    pub version: Version,
    /// The call that it names.
    pub call: Option<String>,
    /// The dispatch that it names.
    pub dispatch: Option<String>,
    /// The sealed message.
    pub sealed: Vec<u8>,
}

/// A record as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RecordOfCall {
    /// The call that it belongs to.
    pub call: String,
    /// The kind.
    pub kind: i16,
    /// The sealed message.
    pub sealed_form: Vec<u8>,
}

/// Keeps the police's records of a county to this connection, until it is given up or they are let go.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn hold_police_records(conn: &mut PgConnection, county: &str) -> Result<(), StoreError> {
    let locked = sqlx::query(include_str!("sql/lock_police_records.sql")).bind(county).execute(conn).await;
    locked.map(|_| ()).map_err(StoreError::database("hold the police's records"))
}

/// Lets them go.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn release_police_records(conn: &mut PgConnection, county: &str) -> Result<(), StoreError> {
    let unlocked =
        sqlx::query(include_str!("sql/unlock_police_records.sql")).bind(county).execute(conn).await;
    unlocked.map(|_| ()).map_err(StoreError::database("release the police's records"))
}

/// Keeps records, each once, where they are later than what is there. Returns those that were.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn keep_police_records(
    conn: &mut PgConnection,
    county: &str,
    records: &[KeptRecord],
) -> Result<HashSet<RecordName>, StoreError> {
    let kept: Vec<(i16, String)> = sqlx::query_as(include_str!("sql/keep_police_records.sql"))
        .bind(county)
        .bind(records.iter().map(|record| record.name.kind).collect::<Vec<_>>())
        .bind(records.iter().map(|record| record.name.number.as_str()).collect::<Vec<_>>())
        .bind(records.iter().map(|record| record.call.as_deref()).collect::<Vec<_>>())
        .bind(records.iter().map(|record| record.dispatch.as_deref()).collect::<Vec<_>>())
        .bind(records.iter().map(|record| to_sql(record.version.told_at)).collect::<Vec<_>>())
        .bind(records.iter().map(|record| record.version.digest).collect::<Vec<_>>())
        .bind(records.iter().map(|record| record.sealed.as_slice()).collect::<Vec<_>>())
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("keep the police's records"))?;
    Ok(kept.into_iter().map(|(kind, number)| RecordName { kind, number }).collect())
}

/// All records of these calls, and of the calls that these dispatches belong to.
///
/// # Errors
/// [`StoreError::Database`]
pub async fn police_records_of_calls(
    conn: &mut PgConnection,
    county: &str,
    calls: &[&str],
    dispatches: &[&str],
) -> Result<Vec<RecordOfCall>, StoreError> {
    sqlx::query_as(include_str!("sql/police_records_of_calls.sql"))
        .bind(county)
        .bind(calls)
        .bind(dispatches)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("read the police's records"))
}
