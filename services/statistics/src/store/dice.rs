//! The key of the dice that counts outside the caller's own area are rounded with.

use sqlx::PgPool;
use uuid::Uuid;

use crate::{domain::disclosure::Dice, error::StatisticsError};

/// A county's dice, made at the first time.
///
/// # Errors
/// [`StatisticsError::Database`]
pub async fn dice(pool: &PgPool, county: &str) -> Result<Dice, StatisticsError> {
    let failed = StatisticsError::database("reading the key of the dice");
    let read = || async {
        sqlx::query_scalar::<_, Vec<u8>>(include_str!("sql/disclosure_key.sql"))
            .bind(county)
            .fetch_optional(pool)
            .await
            .map_err(&failed)
    };
    if let Some(key) = read().await?.and_then(|key| key.try_into().ok()) {
        return Ok(Dice::new(key));
    }
    // 122 bits of chance, from the system.
    sqlx::query(include_str!("sql/put_disclosure_key.sql"))
        .bind(county)
        .bind(Uuid::new_v4().as_bytes().as_slice())
        .execute(pool)
        .await
        .map_err(&failed)?;
    let kept = read().await?.and_then(|key| key.try_into().ok());
    kept.map(Dice::new).ok_or_else(|| failed(sqlx::Error::RowNotFound))
}
