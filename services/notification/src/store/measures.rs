//! What the gauges show.

use fengqiao_proto::types::v1::Level;
use sqlx::Row as _;

use super::{Store, rows};
use crate::error::NotificationError;

/// Counting ends here: the gauges say how bad it is, and need not be exact beyond.
const COUNTED_AT_MOST: i64 = 100_000;

/// What waits of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Waiting {
    /// The level.
    pub level: Level,
    /// How many pushes, at most 100,000.
    pub pushes: i64,
    /// How old the oldest is; none where nothing waits.
    pub oldest_seconds: Option<f64>,
}

impl Store {
    /// How much waits, by level.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn waiting(&self, county: &str) -> Result<Vec<Waiting>, NotificationError> {
        const OPERATION: &str = "measure what waits";
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/measure_waiting.sql"))
                .bind(county)
                .bind(COUNTED_AT_MOST)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            found
                .iter()
                .map(|row| {
                    Ok(Waiting {
                        level: rows::level(row)?,
                        pushes: row.try_get("waiting")?,
                        oldest_seconds: row.try_get("oldest_seconds")?,
                    })
                })
                .collect::<Result<_, sqlx::Error>>()
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// How many pushes are parked, at most 100,000.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn parked(&self, county: &str) -> Result<i64, NotificationError> {
        const OPERATION: &str = "count parked pushes";
        Self::within(OPERATION, async {
            sqlx::query_scalar(include_str!("sql/measure_parked.sql"))
                .bind(county)
                .bind(COUNTED_AT_MOST)
                .fetch_one(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}
