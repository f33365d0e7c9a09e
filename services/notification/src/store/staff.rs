//! Who works where, sealed.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::Store;
use crate::error::NotificationError;

/// Keeps who works where by a version of the directory; an older one than is kept changes nothing.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn keep_staff(
    conn: &mut PgConnection,
    county: &str,
    version: i32,
    sealed: &[u8],
) -> Result<(), NotificationError> {
    const OPERATION: &str = "keep who works where";
    let query = sqlx::query(include_str!("sql/staff/keep.sql")).bind(county).bind(version).bind(sealed);
    Store::within(OPERATION, async {
        query.execute(conn).await.map(drop).map_err(NotificationError::database(OPERATION))
    })
    .await
}

impl Store {
    /// What is newer than these versions: county, version, and who works where.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn newer_staff(
        &self,
        seen: &HashMap<String, i32>,
    ) -> Result<Vec<(String, i32, Vec<u8>)>, NotificationError> {
        const OPERATION: &str = "look who works where";
        let (counties, versions): (Vec<&str>, Vec<i32>) =
            seen.iter().map(|(county, version)| (county.as_str(), *version)).unzip();
        let query = sqlx::query_as(include_str!("sql/staff/newer.sql")).bind(counties).bind(versions);
        Self::within(OPERATION, async {
            query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}
