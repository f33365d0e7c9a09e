//! How endpoints are doing, and tries that were replayed by hand.

use std::{collections::HashMap, time::Duration};

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::Row as _;
use uuid::Uuid;

use super::Store;
use crate::{domain::outcome::Channel, error::NotificationError};

/// So many replays of one push may end at the same moment.
const REPLAYS_AT_ONCE: u32 = 16;

/// How an agency's queue is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointState {
    /// How many pushes wait, at most 10,000.
    pub waiting: i32,
    /// How many are parked, at most 10,000.
    pub parked: i32,
    /// The process that delivers; none where none does.
    pub owner: Option<Uuid>,
    /// The owner's token.
    pub token: i64,
}

/// What became of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed<'a> {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Whether the endpoint took it.
    pub delivered: bool,
    /// The HTTP status, or 0.
    pub http_status: i32,
    /// What went wrong.
    pub error: &'a str,
    /// What was answered, sealed.
    pub sealed_answer: Option<Vec<u8>>,
}

impl Store {
    /// How the queues of these agencies are doing, by agency.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn endpoint_states(
        &self,
        county: &str,
        agencies: &[String],
    ) -> Result<HashMap<String, EndpointState>, NotificationError> {
        const OPERATION: &str = "look at endpoints";
        Self::within(OPERATION, async {
            let found = sqlx::query(include_str!("sql/endpoint_states.sql"))
                .bind(county)
                .bind(agencies)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            found
                .iter()
                .map(|row| {
                    let state = EndpointState {
                        waiting: row.try_get("waiting")?,
                        parked: row.try_get("parked")?,
                        owner: row.try_get("owner")?,
                        token: row.try_get::<Option<i64>, _>("token")?.unwrap_or_default(),
                    };
                    Ok((row.try_get("agency")?, state))
                })
                .collect::<Result<_, sqlx::Error>>()
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Keeps a replay as a try of its own. Returns its number.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`], or of the database.
    pub async fn replayed(
        &self,
        county: &str,
        push_id: Uuid,
        replayed: &Replayed<'_>,
    ) -> Result<i32, NotificationError> {
        const OPERATION: &str = "keep a replay";
        Self::within(OPERATION, async {
            // Two replays at once find the same number; the one that comes second takes the next.
            for _ in 0..REPLAYS_AT_ONCE {
                let kept = sqlx::query_scalar(include_str!("sql/replayed.sql"))
                    .bind(county)
                    .bind(push_id)
                    .bind(to_sql(replayed.at))
                    .bind(Channel::Replay.name())
                    .bind(replayed.delivered)
                    .bind(replayed.http_status)
                    .bind(replayed.error)
                    .bind(i32::try_from(replayed.took.as_millis()).unwrap_or(i32::MAX))
                    .bind(&replayed.sealed_answer)
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(NotificationError::database(OPERATION))?;
                if let Some(number) = kept {
                    return Ok(number);
                }
            }
            Err(NotificationError::NoSuchPush)
        })
        .await
    }
}
